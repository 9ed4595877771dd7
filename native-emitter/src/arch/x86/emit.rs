//! The instructions.
use ferlance_asm::{CodeBuffer, Label};
use ferlance_asm_x64::encode::{self, UD2};
use ferlance_asm_x64::inst;
use ferlance_asm_x64::{Cond as Flag, Jump, Mem, Reg, Rm, Size};

use super::arith::{ADD, AND, CMP, OR, SUB, XOR, add, alu_imm, divide, multiply, shift, two};
use super::compare::{compare, select, set, skip};
use super::float::{float_compare, float_set, float_sign, float_two, pick, width_of};
use super::words::{
    E, SCRATCH, is_wide, lea_sp, load, memory, mov, move_any, number_of, put, put_word, reg,
    reg_of, rm_of, store, word,
};
use super::{X86, abi};
use crate::arch::{Callee, Emit, Emitted, Operands, Place, Preg};
use crate::nir::{Cond, Inst, Op, Overflow, Slot, Type};

impl Emit for X86 {
    type Fixup = Jump;

    fn buffer(&self) -> Emitted<CodeBuffer<Jump>> {
        Ok(CodeBuffer::new())
    }

    fn prologue(&self, e: &mut E<'_>) -> Emitted {
        abi::enter(e)
    }

    fn epilogue(&self, e: &mut E<'_>) -> Emitted {
        abi::leave(e)
    }

    fn move_(&self, e: &mut E<'_>, dst: Place, src: Place, ty: Type) -> Emitted {
        move_any(e, dst, src, ty)
    }

    fn inst(&self, e: &mut E<'_>, inst: &Inst, o: &Operands) -> Emitted {
        let float = |vreg: Option<_>| vreg.map_or(Type::Word, |vreg| e.func.ty(vreg));
        match inst.op {
            Op::Add => add(e, o),
            Op::Sub => match o.b {
                Place::Const(imm) => {
                    let b = Place::Const(imm.wrapping_neg());
                    add(e, &Operands { b, ..*o })
                }
                _ => two(e, SUB, false, o),
            },
            Op::And => two(e, AND, true, o),
            Op::Or => two(e, OR, true, o),
            Op::Xor => two(e, XOR, true, o),
            Op::AndNot => match o.b {
                Place::Const(imm) => {
                    let b = Place::Const(!imm);
                    two(e, AND, true, &Operands { b, ..*o })
                }
                // Sets the bits of `b`, then clears them.
                b => {
                    let (dst, b) = (reg_of(o.dst), reg_of(b));
                    mov(e, dst, reg_of(o.a))?;
                    put_word(e, inst::OR_RM, dst.number(), b)?;
                    put_word(e, inst::XOR_RM, dst.number(), b)
                }
            },
            Op::RevSub => {
                let dst = reg_of(o.dst);
                mov(e, dst, reg_of(o.a))?;
                put_word(e, inst::NEG, 0, dst)?;
                match inst.imm {
                    0 => Ok(()),
                    imm => alu_imm(e, ADD, dst.into(), imm),
                }
            }
            Op::Not => {
                let dst = reg_of(o.dst);
                mov(e, dst, reg_of(o.a))?;
                put_word(e, inst::NOT, 0, dst)
            }
            Op::Mul => multiply(e, o),
            Op::Shl | Op::Shr | Op::Sar => shift(e, inst.op, o),
            Op::DivFloor | Op::ModFloor | Op::DivUnsigned | Op::ModUnsigned => {
                divide(e, inst.op, o)
            }
            Op::Extend(width) => {
                let from = rm_of(e, o.a);
                load(e, width, o.dst, from)
            }
            Op::Cmp(cond) => set(e, cond, o),
            Op::Shifted(..) => {
                let mem = Mem {
                    base: Some(reg_of(o.a)),
                    index: Some((reg_of(o.b), inst.imm as u8)),
                    disp: 0,
                };
                put_word(e, inst::LEA, number_of(o.dst), mem)
            }
            Op::Select => {
                let is_float = float(inst.dst).is_float();
                select(e, o, is_float)
            }
            Op::Load(width, shift) => load(e, width, o.dst, memory(inst, shift, o).into()),
            Op::Store(width, shift) => store(e, width, memory(inst, shift, o), o.c),
            Op::SlotAddr(slot) => {
                let byte = e.frame.slot(slot, inst.imm);
                lea_sp(e, reg_of(o.dst), byte)
            }
            Op::SlotLoad(slot) => {
                let width = width_of(float(inst.dst));
                let mem = Mem::base(Reg::RSP, e.frame.slot(slot, inst.imm));
                load(e, width, o.dst, mem.into())
            }
            Op::SlotStore(slot) => {
                let width = width_of(float(inst.c));
                let mem = Mem::base(Reg::RSP, e.frame.slot(slot, inst.imm));
                store(e, width, mem, o.c)
            }
            Op::FAdd => {
                let code = pick(float(inst.a), inst::ADDSS, inst::ADDSD);
                float_two(e, code, true, o)
            }
            Op::FMul => {
                let code = pick(float(inst.a), inst::MULSS, inst::MULSD);
                float_two(e, code, true, o)
            }
            Op::FSub => {
                let code = pick(float(inst.a), inst::SUBSS, inst::SUBSD);
                float_two(e, code, false, o)
            }
            Op::FDiv => {
                let code = pick(float(inst.a), inst::DIVSS, inst::DIVSD);
                float_two(e, code, false, o)
            }
            Op::FNeg | Op::FAbs => {
                let ty = float(inst.a);
                float_sign(e, inst.op, ty, o)
            }
            Op::FSqrt => {
                let code = pick(float(inst.a), inst::SQRTSS, inst::SQRTSD);
                let from = rm_of(e, o.a);
                put(e, encode::rm(Size::D, code, number_of(o.dst), from))
            }
            Op::FCmp(cond) => {
                let ty = float(inst.a);
                float_set(e, cond, ty, o)
            }
            Op::FloatOfInt => {
                let dst = number_of(o.dst);
                let code = pick(float(inst.dst), inst::CVTSI2SS, inst::CVTSI2SD);
                // The conversion leaves the upper half alone, and would wait for it.
                put(e, encode::rm(Size::D, inst::XORPS, dst, Rm::Reg(dst)))?;
                put(e, encode::rm(Size::Q, code, dst, reg_of(o.a)))
            }
            Op::IntOfFloat => {
                let code = pick(float(inst.a), inst::CVTTSS2SI, inst::CVTTSD2SI);
                put(e, encode::rm(Size::Q, code, number_of(o.dst), reg_of(o.a)))
            }
            Op::FConvert => {
                let code = pick(float(inst.a), inst::CVTSS2SD, inst::CVTSD2SS);
                put(e, encode::rm(Size::D, code, number_of(o.dst), reg_of(o.a)))
            }
            // Moves, calls and what `lower_env` replaced: never asked for.
            Op::Const
            | Op::FConst
            | Op::Copy
            | Op::Line
            | Op::MulAdd
            | Op::Call(_)
            | Op::CallDirect
            | Op::Tell
            | Op::Cached(..)
            | Op::FunTableWord
            | Op::ConstObj
            | Op::QstrNumber(_)
            | Op::QstrObj(_)
            | Op::Child
            | Op::Context => {
                debug_assert!(false, "no instruction: {inst:?}");
                put(e, UD2)
            }
        }
    }

    fn call(&self, e: &mut E<'_>, callee: Callee) -> Emitted {
        abi::call(e, callee)
    }

    fn nlr_push(&self, e: &mut E<'_>, table: Place, slot: Slot, caught: Label) -> Emitted {
        abi::push_handler(e, table, slot, caught)
    }

    fn jump(&self, e: &mut E<'_>, to: Label) -> Emitted {
        e.buffer.fixup(Jump::ALWAYS, to)?;
        Ok(())
    }

    fn branch(&self, e: &mut E<'_>, cond: Cond, o: &Operands, to: Label) -> Emitted {
        let flag = compare(e, cond, o.a, o.b)?;
        e.buffer.fixup(Jump::when(flag), to)?;
        Ok(())
    }

    fn float_branch(
        &self,
        e: &mut E<'_>,
        cond: Cond,
        holds: bool,
        o: &Operands,
        ty: Type,
        to: Label,
    ) -> Emitted {
        let flag = float_compare(e, cond, ty, o.a, o.b)?;
        let equality = matches!(flag, Flag::E | Flag::NE);
        if !equality {
            let flag = if holds { flag } else { flag.negated() };
            e.buffer.fixup(Jump::when(flag), to)?;
        } else if (flag == Flag::NE) == holds {
            // Different, or unordered.
            e.buffer.fixup(Jump::when(Flag::NE), to)?;
            e.buffer.fixup(Jump::when(Flag::P), to)?;
        } else {
            let end = skip(e, Flag::P)?;
            e.buffer.fixup(Jump::when(Flag::E), to)?;
            e.buffer.bind(end);
        }
        Ok(())
    }

    fn checked(&self, e: &mut E<'_>, op: Overflow, o: &Operands, over: Label) -> Emitted {
        match op {
            Overflow::Add => two(e, ADD, true, o)?,
            Overflow::Sub => two(e, SUB, false, o)?,
            Overflow::Mul => multiply(e, o)?,
        }
        e.buffer.fixup(Jump::when(Flag::O), over)?;
        Ok(())
    }

    fn switch(&self, e: &mut E<'_>, o: &Operands, to: &[Label]) -> Emitted {
        let Some((last, rest)) = to.split_last() else {
            return put(e, UD2);
        };
        let a = reg_of(o.a);
        // In 32-bit code no instruction knows where it is.
        if rest.len() <= 4 || !is_wide(e) {
            for (number, label) in rest.iter().enumerate() {
                let flag = compare(e, Cond::Eq, o.a, Place::Const(number as i64))?;
                e.buffer.fixup(Jump::when(flag), *label)?;
            }
            e.buffer.fixup(Jump::ALWAYS, *last)?;
            return Ok(());
        }
        let Some(temp) = o.temps[0] else {
            return put(e, UD2);
        };
        let temp = reg(temp);
        alu_imm(e, CMP, a.into(), rest.len() as i64)?;
        e.buffer.fixup(Jump::when(Flag::AE), *last)?;
        let table = e.buffer.new_label()?;
        e.buffer.fixup(Jump::lea(SCRATCH), table)?;
        let entry = Mem {
            base: Some(SCRATCH),
            index: Some((a, 2)),
            disp: 0,
        };
        put(e, encode::rm(Size::Q, inst::MOVSXD, temp.number(), entry))?;
        put(e, encode::rm(Size::Q, inst::ADD_RM, temp.number(), SCRATCH))?;
        put(e, encode::rm(Size::D, inst::JMP, 0, temp))?;
        e.buffer.bind(table);
        for label in rest {
            e.buffer.difference(*label, Some(table), 4)?;
        }
        Ok(())
    }

    fn keep(&self, e: &mut E<'_>, preg: Preg, back: bool) -> Emitted {
        let mem = Mem::base(Reg::RSP, e.frame.kept(preg));
        let code = match (preg.is_float(), back) {
            (false, false) => inst::MOV_MR,
            (false, true) => inst::MOV_RM,
            (true, false) => inst::MOVSD_MR,
            (true, true) => inst::MOVSD_RM,
        };
        let size = if preg.is_float() { Size::D } else { word(e) };
        put(e, encode::rm(size, code, preg.number(), mem))
    }

    fn unreachable(&self, e: &mut E<'_>) -> Emitted {
        put(e, UD2)
    }

    fn patch_call(&self, bytes: &mut [u8], at: u32, target: u32) -> bool {
        let distance = target.wrapping_sub(at).wrapping_sub(5);
        let at = at as usize + 1;
        match bytes.get_mut(at..at + 4) {
            Some(field) => field.copy_from_slice(&distance.to_le_bytes()),
            None => return false,
        }
        true
    }
}
