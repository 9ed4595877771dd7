//! Thumb instructions for values whose places are known.
//!
//! Each method takes the shortest encoding that there is for its registers. Armv6-M has only 16-bit ones, so each path
//! through here that such a core takes ends in `t16`.
use ferlance_asm::{CodeBuffer, Label};
use ferlance_asm_thumb::fixup::Branch;
use ferlance_asm_thumb::{Cond as Cc, Reg, Shift, t16, t32};
use ferlance_collections::TryVec;

use super::Thumb;
use super::float::float_condition;
use super::isel::word;
use super::words::{E, int, low, reg};
use crate::arch::{Callee, Emit, Emitted, Operands, Place, Preg};
use crate::nir::{Alu, Cond, Inst, Op, Overflow, Shift as NirShift, Slot, Type, Width};
use crate::outline::Sizes;

impl Emit for Thumb {
    type Fixup = Branch;

    fn buffer(&self) -> Emitted<CodeBuffer<Branch>> {
        Ok(CodeBuffer::new())
    }

    fn prologue(&self, e: &mut E<'_>) -> Emitted {
        self.enter(e)
    }

    fn epilogue(&self, e: &mut E<'_>) -> Emitted {
        self.pool(e)?;
        self.leave(e)
    }

    fn move_(&self, e: &mut E<'_>, dst: Place, src: Place, ty: Type) -> Emitted {
        self.pool(e)?;
        match ty {
            Type::Obj | Type::Word => self.move_int(e, dst, src),
            Type::F32 => self.move_float(e, dst, src, false),
            Type::F64 => self.move_float(e, dst, src, true),
        }
    }

    fn inst(&self, e: &mut E<'_>, inst: &Inst, operands: &Operands) -> Emitted {
        self.pool(e)?;
        let Operands { dst, a, b, c, .. } = *operands;
        match inst.op {
            Op::Store(width, shift) => {
                return match b {
                    Place::Reg(index) => {
                        self.store_indexed(e, width, reg(c), reg(a), int(index), shift)
                    }
                    _ => self.store(e, width, c, reg(a), inst.imm as i32),
                };
            }
            Op::SlotStore(slot) => {
                let offset = e.frame.slot(slot, inst.imm);
                return match c {
                    Place::Reg(preg) if !preg.is_float() => self.store_sp(e, int(preg), offset),
                    _ => {
                        let wide = inst.c.is_some_and(|vreg| e.func.ty(vreg) == Type::F64);
                        let (base, offset) = self.near_sp(e, offset)?;
                        let width = if wide { Width::F64 } else { Width::F32 };
                        self.store(e, width, c, base, offset)
                    }
                };
            }
            Op::Line => return Ok(()),
            _ if dst == Place::None => return Ok(()),
            _ => {}
        }
        match inst.op {
            Op::Add
            | Op::Sub
            | Op::Mul
            | Op::And
            | Op::Or
            | Op::Xor
            | Op::AndNot
            | Op::Shl
            | Op::Shr
            | Op::Sar => match b {
                Place::Const(imm) => {
                    let imm = word(imm).unwrap_or(0);
                    self.with_imm(e, inst.op, reg(dst), reg(a), imm)
                }
                _ => self.with_reg(e, inst.op, reg(dst), reg(a), reg(b)),
            },
            Op::MulAdd => self.put(e, t32::mla(reg(dst), reg(a), reg(b), reg(c))),
            Op::Shifted(alu, shift) => {
                let shift = match shift {
                    NirShift::Shl => Shift::lsl(inst.imm as u8),
                    NirShift::Shr => Shift::lsr(inst.imm as u8),
                    NirShift::Sar => Shift::asr(inst.imm as u8),
                };
                let form = match alu {
                    Alu::Add => t32::adds_w_rrr,
                    Alu::Sub => t32::subs_w_rrr,
                    Alu::And => t32::ands_w_rrr,
                    Alu::Or => t32::orrs_w_rrr,
                    Alu::Xor => t32::eors_w_rrr,
                    Alu::AndNot => t32::bics_w_rrr,
                };
                self.put(e, form(reg(dst), reg(a), reg(b), shift))?;
                self.flags_of(e, reg(dst));
                Ok(())
            }
            Op::RevSub => {
                let imm = word(inst.imm).unwrap_or(0);
                self.with_imm(e, Op::RevSub, reg(dst), reg(a), imm)
            }
            Op::Not => self.not(e, reg(dst), reg(a)),
            Op::DivFloor | Op::ModFloor | Op::DivUnsigned | Op::ModUnsigned => {
                self.divide(e, inst.op, reg(dst), reg(a), reg(b))
            }
            Op::Extend(width) => self.extend(e, width, reg(dst), reg(a)),
            Op::Cmp(cond) => self.compare_to(e, cond, operands),
            Op::Select => self.select(e, operands),
            Op::Load(width, shift) => match b {
                Place::Reg(index) => {
                    self.load_indexed(e, width, reg(dst), reg(a), int(index), shift)
                }
                _ => self.load(e, width, dst, reg(a), inst.imm as i32),
            },
            Op::SlotAddr(slot) => {
                let offset = e.frame.slot(slot, inst.imm);
                self.sp_address(e, reg(dst), offset)
            }
            Op::SlotLoad(slot) => {
                let offset = e.frame.slot(slot, inst.imm);
                match inst.dst.map(|vreg| e.func.ty(vreg)) {
                    Some(ty @ (Type::F32 | Type::F64)) => {
                        let (base, offset) = self.near_sp(e, offset)?;
                        let width = if ty == Type::F64 {
                            Width::F64
                        } else {
                            Width::F32
                        };
                        self.load(e, width, dst, base, offset)
                    }
                    _ => self.load_sp(e, reg(dst), offset),
                }
            }
            Op::FCmp(cond) => {
                let wide = self.is_wide(e, inst);
                self.float_compare(e, operands, wide)?;
                self.set(e, reg(dst), float_condition(cond))
            }
            Op::FAdd
            | Op::FSub
            | Op::FMul
            | Op::FDiv
            | Op::FNeg
            | Op::FAbs
            | Op::FSqrt
            | Op::FloatOfInt
            | Op::IntOfFloat
            | Op::FConvert => {
                let wide = self.is_wide(e, inst);
                self.float(e, inst.op, operands, wide)
            }
            // Moves, calls, and what lowering has turned into loads.
            Op::Const
            | Op::FConst
            | Op::Copy
            | Op::Call(_)
            | Op::CallDirect
            | Op::Tell
            | Op::Cached(..)
            | Op::FunTableWord
            | Op::ConstObj
            | Op::QstrNumber(_)
            | Op::QstrObj(_)
            | Op::Child
            | Op::Context
            | Op::Line
            | Op::Store(..)
            | Op::SlotStore(_) => {
                debug_assert!(false, "no instruction for {:?}", inst.op);
                self.unreachable(e)
            }
        }
    }

    fn access_and_step(
        &self,
        e: &mut E<'_>,
        inst: &Inst,
        operands: &Operands,
        step: i64,
    ) -> Emitted {
        self.pool(e)?;
        let Operands { dst, a, c, .. } = *operands;
        let step = step as i32;
        let inst = match inst.op {
            Op::Load(width, _) => match width {
                Width::U8 => t32::ldrb_post(reg(dst), reg(a), step),
                Width::I8 => t32::ldrsb_post(reg(dst), reg(a), step),
                Width::U16 => t32::ldrh_post(reg(dst), reg(a), step),
                Width::I16 => t32::ldrsh_post(reg(dst), reg(a), step),
                _ => t32::ldr_post(reg(dst), reg(a), step),
            },
            Op::Store(width, _) => match width.bytes(4) {
                1 => t32::strb_post(reg(c), reg(a), step),
                2 => t32::strh_post(reg(c), reg(a), step),
                _ => t32::str_post(reg(c), reg(a), step),
            },
            _ => return self.unreachable(e),
        };
        self.put(e, inst)
    }

    fn call(&self, e: &mut E<'_>, callee: Callee) -> Emitted {
        self.call_(e, callee)
    }

    fn nlr_push(&self, e: &mut E<'_>, table: Place, slot: Slot, caught: Label) -> Emitted {
        self.pool(e)?;
        self.push_handler(e, table, slot, caught)
    }

    fn jump(&self, e: &mut E<'_>, to: Label) -> Emitted {
        self.pool(e)?;
        e.buffer.fixup(Branch::b(self.features), to)?;
        self.after_jump(e)
    }

    fn branch(&self, e: &mut E<'_>, cond: Cond, operands: &Operands, to: Label) -> Emitted {
        self.pool(e)?;
        let rn = reg(operands.a);
        let nonzero = match cond {
            Cond::Eq => Some(false),
            Cond::Ne => Some(true),
            _ => None,
        };
        if let (Some(nonzero), Place::Const(0), true) = (nonzero, operands.b, self.is_v7())
            && rn.is_low()
            && !e.buffer.is_bound(to)
            && !self.has_flags(e, rn)
        {
            e.buffer.fixup(Branch::cbz(nonzero, rn), to)?;
            return Ok(());
        }
        let cc = self.compare(e, cond, operands)?;
        e.buffer.fixup(Branch::b_cond(cc, self.features), to)?;
        Ok(())
    }

    fn float_branch(
        &self,
        e: &mut E<'_>,
        cond: Cond,
        holds: bool,
        operands: &Operands,
        ty: Type,
        to: Label,
    ) -> Emitted {
        self.pool(e)?;
        self.float_compare(e, operands, ty == Type::F64)?;
        let cc = float_condition(cond);
        let cc = if holds { cc } else { cc.inverted() };
        e.buffer.fixup(Branch::b_cond(cc, self.features), to)?;
        Ok(())
    }

    fn checked(&self, e: &mut E<'_>, op: Overflow, operands: &Operands, over: Label) -> Emitted {
        self.pool(e)?;
        let rd = match operands.dst {
            Place::None => Reg::R12,
            dst => reg(dst),
        };
        let rn = reg(operands.a);
        let cc = match (op, operands.b) {
            (Overflow::Mul, b) if self.is_v7() => {
                self.put(e, t32::smull(rd, Reg::R12, rn, reg(b)))?;
                self.put(e, t32::cmp_w_rr(Reg::R12, rd, Shift::asr(31)))?;
                Cc::Ne
            }
            (Overflow::Mul, b) => return self.checked_product(e, operands, rn, reg(b), over),
            (_, Place::Reg(b)) => {
                let rm = int(b);
                self.put(
                    e,
                    match (op, low(&[rd, rn, rm])) {
                        (Overflow::Add, true) => t16::add_rrr(rd, rn, rm),
                        (Overflow::Add, false) => t32::adds_w_rrr(rd, rn, rm, Shift::NONE),
                        (_, true) => t16::sub_rrr(rd, rn, rm),
                        (_, false) => t32::subs_w_rrr(rd, rn, rm, Shift::NONE),
                    },
                )?;
                Cc::Vs
            }
            (_, b) => {
                let imm = match b {
                    Place::Const(imm) => word(imm).unwrap_or(0),
                    _ => 0,
                };
                let imm = if op == Overflow::Sub {
                    imm.wrapping_neg()
                } else {
                    imm
                };
                if imm == 0 {
                    return self.copy(e, rd, rn);
                }
                // All forms that `fits_checked` admits set the flags in their last instruction.
                self.add_imm(e, rd, rn, imm)?;
                Cc::Vs
            }
        };
        e.buffer.fixup(Branch::b_cond(cc, self.features), over)?;
        Ok(())
    }

    fn switch(&self, e: &mut E<'_>, operands: &Operands, to: &[Label]) -> Emitted {
        let Some((last, others)) = to.split_last() else {
            return self.unreachable(e);
        };
        for (number, label) in others.iter().enumerate() {
            let case = Operands {
                b: Place::Const(number as i64),
                ..*operands
            };
            self.branch(e, Cond::Eq, &case, *label)?;
        }
        self.jump(e, *last)
    }

    fn keep(&self, e: &mut E<'_>, preg: Preg, back: bool) -> Emitted {
        let offset = e.frame.kept(preg);
        match (preg.is_float(), back) {
            (false, true) => self.load_sp(e, int(preg), offset),
            (false, false) => self.store_sp(e, int(preg), offset),
            (true, true) => {
                let (base, offset) = self.near_sp(e, offset)?;
                self.load(e, Width::F64, Place::Reg(preg), base, offset)
            }
            (true, false) => {
                let (base, offset) = self.near_sp(e, offset)?;
                self.store(e, Width::F64, Place::Reg(preg), base, offset)
            }
        }
    }

    fn outlines(&self) -> Option<Sizes> {
        Some(Sizes { call: 4 })
    }

    fn thunk_starts(&self, code: &[u8], out: &mut TryVec<u32>) -> Emitted {
        Thumb::starts(code, out)
    }

    fn call_thunk(&self, e: &mut E<'_>, thunk: Label) -> Emitted {
        self.flags.set(None);
        e.buffer.fixup(Branch::bl(), thunk)?;
        Ok(())
    }

    fn thunk(&self, e: &mut E<'_>, code: &[u8]) -> Emitted {
        self.write_thunk(e, code)
    }

    fn unreachable(&self, e: &mut E<'_>) -> Emitted {
        self.put(e, t16::udf(0))?;
        self.after_jump(e)
    }

    fn patch_call(&self, bytes: &mut [u8], at: u32, target: u32) -> bool {
        let distance = i64::from(target) - i64::from(at) - 4;
        let Some(out) = bytes.get_mut(at as usize..at as usize + 4) else {
            return false;
        };
        if !(-(1 << 24)..1 << 24).contains(&distance) {
            return false;
        }
        let inst = t32::bl(distance as i32).to_memory();
        out.copy_from_slice(&inst.to_le_bytes());
        true
    }
}
