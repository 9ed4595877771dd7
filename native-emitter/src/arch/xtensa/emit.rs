//! Xtensa instructions for values whose places are known.
use ferlance_asm::row::Slot as _;
use ferlance_asm::{CodeBuffer, Label, row};
use ferlance_asm_xtensa::encode::{AddN, Signed};
use ferlance_asm_xtensa::fixup::Branch;
use ferlance_asm_xtensa::{Inst as Word, Reg, TABLES, base, density, emit};

use super::Xtensa;
use super::isel::{low_bits, only_bit, word};
use crate::arch::{Arch, Callee, Emit, Emitted, Operands, Place, Preg};
use crate::emit::Emitter;
use crate::nir::{Cond, Inst, Op, Overflow, Slot, Type, Width};

pub(super) type E<'a> = Emitter<'a, Branch>;

/// `a8`.
const A8: Reg = Reg::new(8);

/// `a9`, in windowed code: it has the fun table's address on the way to a call, and nothing else.
const A9: Reg = Reg::new(9);

/// A register.
pub(super) fn int(preg: Preg) -> Reg {
    Reg::new(preg.number() & 15)
}

/// The register of a place that the allocator made one.
fn reg(place: Place) -> Reg {
    debug_assert!(matches!(place, Place::Reg(_)), "{place:?}");
    place.reg().map_or(A8, int)
}

impl Xtensa {
    #[inline]
    pub(super) fn put(&self, e: &mut E<'_>, inst: Word) -> Emitted {
        debug_assert!(
            row::find(&TABLES, inst.0, self.features).is_some(),
            "{inst:?}"
        );
        emit(&mut e.buffer, inst)
    }

    fn copy(&self, e: &mut E<'_>, rd: Reg, rs: Reg) -> Emitted {
        match rd == rs {
            true => Ok(()),
            false => self.put(e, density::mov_n(rd, rs)),
        }
    }

    /// `rd = value`.
    pub(super) fn constant(&self, e: &mut E<'_>, rd: Reg, value: i32) -> Emitted {
        if (-32..=95).contains(&value) {
            return self.put(e, density::movi_n(rd, value));
        }
        if (-2048..2048).contains(&value) {
            return self.put(e, base::movi(rd, value));
        }
        let zeros = value.trailing_zeros() as i32;
        let odd = value >> zeros;
        if (-2048..2048).contains(&odd) {
            self.constant(e, rd, odd)?;
            return self.put(e, base::slli(rd, rd, zeros));
        }
        // 7 bytes with the word, 3 if another load shares it.
        e.buffer
            .front_literal(Branch::l32r(rd), value as u32, true)?;
        Ok(())
    }

    /// `rd = rs + imm`.
    fn add_imm(&self, e: &mut E<'_>, rd: Reg, rs: Reg, imm: i32) -> Emitted {
        match imm {
            0 => self.copy(e, rd, rs),
            _ if AddN::KIND.encode(imm).is_some() => self.put(e, density::addi_n(rd, rs, imm)),
            -128..=127 => self.put(e, base::addi(rd, rs, imm)),
            _ => self.put(e, base::addmi(rd, rs, imm)),
        }
    }

    fn add(&self, e: &mut E<'_>, rd: Reg, rs: Reg, rt: Reg) -> Emitted {
        self.put(e, density::add_n(rd, rs, rt))
    }

    fn branch_to(&self, e: &mut E<'_>, inst: Word, to: Label) -> Emitted {
        e.buffer
            .fixup(Branch::conditional(inst, self.features), to)?;
        Ok(())
    }

    // Memory.

    /// `rd = memory[rs + offset]` with an offset of a load.
    pub(super) fn load_near(&self, e: &mut E<'_>, rd: Reg, rs: Reg, offset: i32) -> Emitted {
        self.put(
            e,
            match offset {
                0..=60 => density::l32i_n(rd, rs, offset),
                _ => base::l32i(rd, rs, offset),
            },
        )
    }

    /// `memory[rs + offset] = value` with an offset of a store.
    pub(super) fn store_near(&self, e: &mut E<'_>, value: Reg, rs: Reg, offset: i32) -> Emitted {
        self.put(
            e,
            match offset {
                0..=60 => density::s32i_n(value, rs, offset),
                _ => base::s32i(value, rs, offset),
            },
        )
    }

    /// `rd = sp + offset`.
    pub(super) fn sp_address(&self, e: &mut E<'_>, rd: Reg, offset: i32) -> Emitted {
        if offset <= 127 {
            return self.add_imm(e, rd, Reg::A1, offset);
        }
        self.constant(e, rd, offset)?;
        self.add(e, rd, rd, Reg::A1)
    }

    pub(super) fn load_sp(&self, e: &mut E<'_>, rd: Reg, offset: i32) -> Emitted {
        if offset <= 1020 {
            return self.load_near(e, rd, Reg::A1, offset);
        }
        self.sp_address(e, rd, offset)?;
        self.load_near(e, rd, rd, 0)
    }

    pub(super) fn store_sp(&self, e: &mut E<'_>, rs: Reg, offset: i32) -> Emitted {
        if offset <= 1020 {
            return self.store_near(e, rs, Reg::A1, offset);
        }
        // With a frame that large the prologue saves `a0`.
        let at = match (rs == A8, self.windowed) {
            (false, _) => A8,
            (true, true) => A9,
            (true, false) => Reg::A0,
        };
        self.sp_address(e, at, offset)?;
        self.store_near(e, rs, at, 0)
    }

    /// The sp offset of a place in memory.
    fn offset_of(&self, e: &E<'_>, place: Place) -> Option<i32> {
        match place {
            Place::Spill(word) => Some(e.frame.spill(word)),
            Place::In(word) => Some(e.frame.incoming(word)),
            Place::Out(word) => Some(e.frame.outgoing(word)),
            Place::None | Place::Reg(_) | Place::Const(_) => None,
        }
    }

    /// `rd =` a word from anywhere.
    pub(super) fn load_place(&self, e: &mut E<'_>, rd: Reg, place: Place) -> Emitted {
        match (place, self.offset_of(e, place)) {
            (_, Some(offset)) => self.load_sp(e, rd, offset),
            (Place::Const(value), _) => self.constant(e, rd, value as i32),
            (Place::Reg(preg), _) => self.copy(e, rd, int(preg)),
            _ => Ok(()),
        }
    }

    /// The base register of an access: with an index, `a8`.
    fn base_of(&self, e: &mut E<'_>, rs: Reg, index: Place, shift: u8) -> Emitted<Reg> {
        let Place::Reg(index) = index else {
            return Ok(rs);
        };
        let index = int(index);
        self.put(
            e,
            match shift {
                0 => density::add_n(A8, rs, index),
                1 => base::addx2(A8, index, rs),
                2 => base::addx4(A8, index, rs),
                _ => base::addx8(A8, index, rs),
            },
        )?;
        Ok(A8)
    }

    fn load(&self, e: &mut E<'_>, width: Width, rd: Reg, rs: Reg, offset: i32) -> Emitted {
        match width {
            Width::U8 => self.put(e, base::l8ui(rd, rs, offset)),
            Width::I8 => {
                self.put(e, base::l8ui(rd, rs, offset))?;
                self.extend(e, width, rd, rd)
            }
            Width::U16 => self.put(e, base::l16ui(rd, rs, offset)),
            Width::I16 => self.put(e, base::l16si(rd, rs, offset)),
            _ => self.load_near(e, rd, rs, offset),
        }
    }

    fn store(&self, e: &mut E<'_>, width: Width, value: Reg, rs: Reg, offset: i32) -> Emitted {
        match width.bytes(4) {
            1 => self.put(e, base::s8i(value, rs, offset)),
            2 => self.put(e, base::s16i(value, rs, offset)),
            _ => self.store_near(e, value, rs, offset),
        }
    }

    // Arithmetic.

    /// An operation on a register and a constant that [`Arch::fits`].
    fn with_imm(&self, e: &mut E<'_>, op: Op, rd: Reg, rs: Reg, imm: i32) -> Emitted {
        let inst = match op {
            Op::Add => return self.add_imm(e, rd, rs, imm),
            Op::Sub => return self.add_imm(e, rd, rs, imm.wrapping_neg()),
            Op::And => base::extui(rd, rs, 0, low_bits(imm).unwrap_or(16)),
            Op::AndNot => base::extui(rd, rs, 0, low_bits(!imm).unwrap_or(16)),
            Op::RevSub => base::neg(rd, rs),
            _ if imm == 0 => return self.copy(e, rd, rs),
            Op::Shl => base::slli(rd, rs, imm),
            Op::Shr if imm < 16 => base::srli(rd, rs, imm),
            Op::Shr => base::extui(rd, rs, imm, 32 - imm),
            _ => base::srai(rd, rs, imm),
        };
        self.put(e, inst)
    }

    fn with_reg(&self, e: &mut E<'_>, op: Op, rd: Reg, rs: Reg, rt: Reg) -> Emitted {
        let inst = match op {
            Op::Add => density::add_n(rd, rs, rt),
            Op::Sub => base::sub(rd, rs, rt),
            Op::Mul => base::mull(rd, rs, rt),
            Op::And => base::and(rd, rs, rt),
            // `a & b` is what `b` takes of `a`; the rest is the difference.
            Op::AndNot => {
                self.put(e, base::and(A8, rs, rt))?;
                base::sub(rd, rs, A8)
            }
            Op::Or => base::or(rd, rs, rt),
            Op::Xor => base::xor(rd, rs, rt),
            Op::Shl => {
                self.put(e, base::ssl(rt))?;
                base::sll(rd, rs)
            }
            Op::Shr => {
                self.put(e, base::ssr(rt))?;
                base::srl(rd, rs)
            }
            _ => {
                self.put(e, base::ssr(rt))?;
                base::sra(rd, rs)
            }
        };
        self.put(e, inst)
    }

    fn divide(&self, e: &mut E<'_>, op: Op, rd: Reg, rs: Reg, rt: Reg) -> Emitted {
        match op {
            Op::DivUnsigned => self.put(e, base::quou(rd, rs, rt)),
            Op::ModUnsigned => self.put(e, base::remu(rd, rs, rt)),
            // The quotient is one too large if there is a remainder whose sign is not the divisor's.
            Op::DivFloor => {
                let end = e.buffer.new_label()?;
                self.put(e, base::quos(rd, rs, rt))?;
                self.put(e, base::rems(A8, rs, rt))?;
                self.branch_to(e, base::beqz(A8, 0), end)?;
                self.put(e, base::xor(A8, A8, rt))?;
                self.put(e, base::srai(A8, A8, 31))?;
                self.add(e, rd, rd, A8)?;
                e.buffer.bind(end);
                Ok(())
            }
            _ => {
                let end = e.buffer.new_label()?;
                self.put(e, base::rems(rd, rs, rt))?;
                self.branch_to(e, base::beqz(rd, 0), end)?;
                self.put(e, base::xor(A8, rd, rt))?;
                self.branch_to(e, base::bgez(A8, 0), end)?;
                self.add(e, rd, rd, rt)?;
                e.buffer.bind(end);
                Ok(())
            }
        }
    }

    fn extend(&self, e: &mut E<'_>, width: Width, rd: Reg, rs: Reg) -> Emitted {
        let bits = match width {
            Width::U8 => return self.put(e, base::extui(rd, rs, 0, 8)),
            Width::U16 => return self.put(e, base::extui(rd, rs, 0, 16)),
            Width::I8 => 8,
            Width::I16 => 16,
            _ => return self.copy(e, rd, rs),
        };
        if self.has_sext() {
            return self.put(e, base::sext(rd, rs, bits - 1));
        }
        self.put(e, base::slli(rd, rs, 32 - bits))?;
        self.put(e, base::srai(rd, rd, 32 - bits))
    }

    // Comparison.

    /// The branch for a comparison, without its target.
    fn branch_inst(&self, cond: Cond, operands: &Operands) -> Word {
        let a = reg(operands.a);
        if let Place::Reg(preg) = operands.b {
            let b = int(preg);
            return match cond {
                Cond::Eq => base::beq(a, b, 0),
                Cond::Ne => base::bne(a, b, 0),
                Cond::Lt => base::blt(a, b, 0),
                Cond::Ge => base::bge(a, b, 0),
                Cond::Gt => base::blt(b, a, 0),
                Cond::Le => base::bge(b, a, 0),
                Cond::Below => base::bltu(a, b, 0),
                Cond::AboveEq => base::bgeu(a, b, 0),
                Cond::Above => base::bltu(b, a, 0),
                Cond::BelowEq => base::bgeu(b, a, 0),
                Cond::TestZero => base::bnone(a, b, 0),
                Cond::TestNonZero => base::bany(a, b, 0),
            };
        }
        let imm = match operands.b {
            Place::Const(imm) => word(imm).unwrap_or(0),
            _ => 0,
        };
        // A comparison with the next number serves where there is none.
        let (cond, imm) = match cond {
            Cond::Le => (Cond::Lt, imm.wrapping_add(1)),
            Cond::Gt => (Cond::Ge, imm.wrapping_add(1)),
            Cond::BelowEq => (Cond::Below, imm.wrapping_add(1)),
            Cond::Above => (Cond::AboveEq, imm.wrapping_add(1)),
            cond => (cond, imm),
        };
        match (cond, imm) {
            (Cond::Eq, 0) => base::beqz(a, 0),
            (Cond::Ne, 0) => base::bnez(a, 0),
            (Cond::Lt, 0) => base::bltz(a, 0),
            (Cond::Ge, 0) => base::bgez(a, 0),
            (Cond::Eq, _) => base::beqi(a, imm, 0),
            (Cond::Ne, _) => base::bnei(a, imm, 0),
            (Cond::Lt, _) => base::blti(a, imm, 0),
            (Cond::Ge, _) => base::bgei(a, imm, 0),
            (Cond::Below, _) => base::bltui(a, imm, 0),
            (Cond::AboveEq, _) => base::bgeui(a, imm, 0),
            (Cond::TestZero, -1) => base::beqz(a, 0),
            (Cond::TestNonZero, -1) => base::bnez(a, 0),
            (Cond::TestZero, _) => base::bbci(a, only_bit(imm).unwrap_or(0), 0),
            // The others were turned into these above.
            _ => base::bbsi(a, only_bit(imm).unwrap_or(0), 0),
        }
    }

    fn compare_to(&self, e: &mut E<'_>, cond: Cond, operands: &Operands) -> Emitted {
        let rd = reg(operands.dst);
        let end = e.buffer.new_label()?;
        self.constant(e, rd, 1)?;
        self.branch_to(e, self.branch_inst(cond, operands), end)?;
        self.constant(e, rd, 0)?;
        e.buffer.bind(end);
        Ok(())
    }

    fn select(&self, e: &mut E<'_>, operands: &Operands) -> Emitted {
        let [rd, a, yes, no] = [operands.dst, operands.a, operands.b, operands.c].map(reg);
        if rd == yes {
            return self.put(e, base::moveqz(rd, no, a));
        }
        self.copy(e, rd, no)?;
        self.put(e, base::movnez(rd, yes, a))
    }
}

impl Emit for Xtensa {
    type Fixup = Branch;

    fn buffer(&self) -> Emitted<CodeBuffer<Branch>> {
        CodeBuffer::with_front_pool(Branch::j())
    }

    fn prologue(&self, e: &mut E<'_>) -> Emitted {
        self.enter(e)
    }

    fn epilogue(&self, e: &mut E<'_>) -> Emitted {
        self.leave(e)
    }

    fn move_(&self, e: &mut E<'_>, dst: Place, src: Place, _: Type) -> Emitted {
        if let Place::Reg(preg) = dst {
            return self.load_place(e, int(preg), src);
        }
        let Some(to) = self.offset_of(e, dst) else {
            return Ok(());
        };
        if let Place::Reg(preg) = src {
            return self.store_sp(e, int(preg), to);
        }
        self.load_place(e, A8, src)?;
        self.store_sp(e, A8, to)
    }

    fn inst(&self, e: &mut E<'_>, inst: &Inst, operands: &Operands) -> Emitted {
        let Operands { dst, a, b, c, .. } = *operands;
        match inst.op {
            Op::Store(width, shift) => {
                let base = self.base_of(e, reg(a), b, shift)?;
                return self.store(e, width, reg(c), base, inst.imm as i32);
            }
            Op::SlotStore(slot) => {
                let offset = e.frame.slot(slot, inst.imm);
                return self.store_sp(e, reg(c), offset);
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
            Op::RevSub => self.with_imm(e, Op::RevSub, reg(dst), reg(a), 0),
            Op::Not => {
                self.constant(e, A8, -1)?;
                self.put(e, base::xor(reg(dst), reg(a), A8))
            }
            Op::DivFloor | Op::ModFloor | Op::DivUnsigned | Op::ModUnsigned => {
                self.divide(e, inst.op, reg(dst), reg(a), reg(b))
            }
            Op::Extend(width) => self.extend(e, width, reg(dst), reg(a)),
            Op::Cmp(cond) => self.compare_to(e, cond, operands),
            Op::Shifted(..) => {
                let form = match inst.imm {
                    1 => base::addx2,
                    2 => base::addx4,
                    _ => base::addx8,
                };
                self.put(e, form(reg(dst), reg(b), reg(a)))
            }
            Op::Select => self.select(e, operands),
            Op::Load(width, shift) => {
                let base = self.base_of(e, reg(a), b, shift)?;
                self.load(e, width, reg(dst), base, inst.imm as i32)
            }
            Op::SlotAddr(slot) => {
                let offset = e.frame.slot(slot, inst.imm);
                self.sp_address(e, reg(dst), offset)
            }
            Op::SlotLoad(slot) => {
                let offset = e.frame.slot(slot, inst.imm);
                self.load_sp(e, reg(dst), offset)
            }
            // Moves, calls, floats, and what lowering has turned into loads.
            _ => {
                debug_assert!(!self.has(inst.op), "no instruction for {:?}", inst.op);
                self.unreachable(e)
            }
        }
    }

    fn call(&self, e: &mut E<'_>, callee: Callee) -> Emitted {
        self.call_(e, callee)
    }

    fn nlr_push(&self, e: &mut E<'_>, table: Place, slot: Slot, caught: Label) -> Emitted {
        self.push_handler(e, table, slot, caught)
    }

    fn jump(&self, e: &mut E<'_>, to: Label) -> Emitted {
        e.buffer.fixup(Branch::j(), to)?;
        Ok(())
    }

    fn branch(&self, e: &mut E<'_>, cond: Cond, operands: &Operands, to: Label) -> Emitted {
        self.branch_to(e, self.branch_inst(cond, operands), to)
    }

    fn float_branch(
        &self,
        e: &mut E<'_>,
        _: Cond,
        _: bool,
        _: &Operands,
        _: Type,
        _: Label,
    ) -> Emitted {
        debug_assert!(false, "there are no floats");
        self.unreachable(e)
    }

    fn checked(&self, e: &mut E<'_>, op: Overflow, operands: &Operands, over: Label) -> Emitted {
        let a = reg(operands.a);
        let [Some(temp), Some(spare), _] = operands.temps else {
            debug_assert!(false, "no registers for a check");
            return self.unreachable(e);
        };
        let (temp, spare) = (int(temp), int(spare));
        let rd = match operands.dst {
            Place::None => spare,
            dst => reg(dst),
        };
        if let Place::Const(imm) = operands.b {
            let imm = word(imm).unwrap_or(0);
            let imm = if op == Overflow::Sub {
                imm.wrapping_neg()
            } else {
                imm
            };
            self.add_imm(e, rd, a, imm)?;
            // A positive constant makes the sum larger, a negative one smaller.
            return match imm {
                0 => Ok(()),
                1.. => self.branch_to(e, base::blt(rd, a, 0), over),
                _ => self.branch_to(e, base::blt(a, rd, 0), over),
            };
        }
        let b = reg(operands.b);
        match op {
            Overflow::Mul if self.has_long_product() => {
                self.put(e, base::mulsh(A8, a, b))?;
                self.put(e, base::mull(rd, a, b))?;
                self.put(e, base::srai(temp, rd, 31))?;
                return self.branch_to(e, base::bne(temp, A8, 0), over);
            }
            Overflow::Mul => {
                // Without a long product, factors of more than 16 bits count as an overflow.
                for factor in [a, b] {
                    self.put(e, base::slli(A8, factor, 16))?;
                    self.put(e, base::srai(A8, A8, 16))?;
                    self.branch_to(e, base::bne(A8, factor, 0), over)?;
                }
                return self.put(e, base::mull(rd, a, b));
            }
            // The sum's sign is neither operand's.
            Overflow::Add => {
                self.add(e, rd, a, b)?;
                self.put(e, base::xor(A8, rd, a))?;
                self.put(e, base::xor(temp, rd, b))?;
            }
            // The operands' signs differ, and the difference's is not the first one's.
            Overflow::Sub => {
                self.put(e, base::sub(rd, a, b))?;
                self.put(e, base::xor(A8, a, b))?;
                self.put(e, base::xor(temp, rd, a))?;
            }
        }
        self.put(e, base::and(A8, A8, temp))?;
        self.branch_to(e, base::bltz(A8, 0), over)
    }

    fn switch(&self, e: &mut E<'_>, operands: &Operands, to: &[Label]) -> Emitted {
        let Some((last, others)) = to.split_last() else {
            return self.unreachable(e);
        };
        let a = reg(operands.a);
        for (number, label) in others.iter().enumerate() {
            let number = number as i32;
            let inst = if number == 0 {
                base::beqz(a, 0)
            } else if Signed::KIND.encode(number).is_some() {
                base::beqi(a, number, 0)
            } else {
                self.constant(e, A8, number)?;
                base::beq(a, A8, 0)
            };
            self.branch_to(e, inst, *label)?;
        }
        self.jump(e, *last)
    }

    fn keep(&self, e: &mut E<'_>, preg: Preg, back: bool) -> Emitted {
        let offset = e.frame.kept(preg);
        match back {
            true => self.load_sp(e, int(preg), offset),
            false => self.store_sp(e, int(preg), offset),
        }
    }

    fn unreachable(&self, e: &mut E<'_>) -> Emitted {
        self.put(e, density::ill_n())
    }

    fn patch_call(&self, bytes: &mut [u8], at: u32, target: u32) -> bool {
        let distance = i64::from(target) - i64::from(at & !3) - 4;
        let Some(out) = bytes.get_mut(at as usize..at as usize + 3) else {
            return false;
        };
        if distance & 3 != 0 || !(-(1 << 19)..1 << 19).contains(&distance) {
            return false;
        }
        let inst = match self.windowed {
            true => base::call8(distance as i32),
            false => base::call0(distance as i32),
        };
        out.copy_from_slice(&inst.0.to_le_bytes()[..3]);
        true
    }
}
