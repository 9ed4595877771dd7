//! RISC-V instructions for values whose places are known.
use ferlance_asm::{CodeBuffer, Label, row};
use ferlance_asm_rv32::fixup::Branch;
use ferlance_asm_rv32::{Inst as Word, Reg, TABLES, base, bits, emit, muldiv, pseudo, shortest};

use super::Riscv;
use super::isel::is_short;
use crate::arch::{Arch, Callee, Emit, Emitted, Operands, Place, Preg};
use crate::emit::Emitter;
use crate::nir::{Cond, Inst, Op, Overflow, Slot, Type, Width};

pub(super) type E<'a> = Emitter<'a, Branch>;

/// A register.
pub(super) fn int(preg: Preg) -> Reg {
    Reg::new(preg.number())
}

/// The register of a place that the allocator made one.
fn reg(place: Place) -> Reg {
    debug_assert!(matches!(place, Place::Reg(_)), "{place:?}");
    place.reg().map_or(Reg::ZERO, int)
}

/// The upper 20 bits and the signed rest of a word.
pub(super) fn split(value: i32) -> (i32, i32) {
    let upper = (value as u32).wrapping_add(0x800) >> 12;
    let low = (value as u32).wrapping_sub(upper << 12) as i32;
    (upper as i32, low)
}

impl Riscv {
    /// Writes an instruction in its shortest form.
    pub(super) fn put(&self, e: &mut E<'_>, inst: Word) -> Emitted {
        let inst = shortest(inst, self.features);
        debug_assert!(
            row::find(&TABLES, inst.0, self.features).is_some(),
            "{inst:?}"
        );
        emit(&mut e.buffer, inst)
    }

    fn copy(&self, e: &mut E<'_>, rd: Reg, rs: Reg) -> Emitted {
        match rd == rs {
            true => Ok(()),
            false => self.put(e, base::addi(rd, rs, 0)),
        }
    }

    /// Bytes of a word.
    pub(super) fn word_bytes(&self) -> i32 {
        if self.is_wide() { 8 } else { 4 }
    }

    /// Loads a word.
    pub(super) fn load_word(&self, rd: Reg, offset: i32, rs: Reg) -> Word {
        match self.is_wide() {
            true => base::ld(rd, offset, rs),
            false => base::lw(rd, offset, rs),
        }
    }

    /// Stores a word.
    pub(super) fn store_word(&self, value: Reg, offset: i32, rs: Reg) -> Word {
        match self.is_wide() {
            true => base::sd(value, offset, rs),
            false => base::sw(value, offset, rs),
        }
    }

    /// `rd = value`.
    pub(super) fn constant(&self, e: &mut E<'_>, rd: Reg, value: i64) -> Emitted {
        if self.is_wide() {
            let mut code = [Word(0); 8];
            let used = pseudo::li64(rd, value, &mut code);
            return code
                .iter()
                .take(used)
                .try_for_each(|inst| self.put(e, *inst));
        }
        let (first, second) = pseudo::li(rd, value as i32);
        self.put(e, first)?;
        second.map_or(Ok(()), |second| self.put(e, second))
    }

    fn branch_to(&self, e: &mut E<'_>, inst: Word, to: Label) -> Emitted {
        e.buffer
            .fixup(Branch::conditional(inst, self.features), to)?;
        Ok(())
    }

    // Memory at sp.

    /// `rd = sp + offset`.
    pub(super) fn sp_address(&self, e: &mut E<'_>, rd: Reg, offset: i32) -> Emitted {
        if is_short(offset.into()) {
            return self.put(e, base::addi(rd, Reg::SP, offset));
        }
        self.constant(e, rd, offset.into())?;
        self.put(e, base::add(rd, rd, Reg::SP))
    }

    fn load_sp(&self, e: &mut E<'_>, rd: Reg, offset: i32) -> Emitted {
        if is_short(offset.into()) {
            return self.put(e, self.load_word(rd, offset, Reg::SP));
        }
        let (upper, low) = split(offset);
        self.put(e, base::lui(rd, upper))?;
        self.put(e, base::add(rd, rd, Reg::SP))?;
        self.put(e, self.load_word(rd, low, rd))
    }

    fn store_sp(&self, e: &mut E<'_>, rs: Reg, offset: i32) -> Emitted {
        if is_short(offset.into()) {
            return self.put(e, self.store_word(rs, offset, Reg::SP));
        }
        let at = if rs == Reg::T6 { Reg::T0 } else { Reg::T6 };
        let (upper, low) = split(offset);
        self.put(e, base::lui(at, upper))?;
        self.put(e, base::add(at, at, Reg::SP))?;
        self.put(e, self.store_word(rs, low, at))
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
            (Place::Const(value), _) => self.constant(e, rd, value),
            (Place::Reg(preg), _) => self.copy(e, rd, int(preg)),
            _ => Ok(()),
        }
    }

    // Arithmetic.

    /// An operation on a register and a constant that [`Arch::fits`].
    fn with_imm(&self, e: &mut E<'_>, op: Op, rd: Reg, rs: Reg, imm: i32) -> Emitted {
        self.put(
            e,
            match op {
                Op::Add => base::addi(rd, rs, imm),
                Op::Sub => base::addi(rd, rs, imm.wrapping_neg()),
                Op::And => base::andi(rd, rs, imm),
                Op::AndNot => base::andi(rd, rs, !imm),
                Op::Or => base::ori(rd, rs, imm),
                Op::Xor => base::xori(rd, rs, imm),
                Op::RevSub => base::neg(rd, rs),
                Op::Shl | Op::Shr | Op::Sar if imm == 0 => base::addi(rd, rs, 0),
                Op::Shl => base::slli_64(rd, rs, imm),
                Op::Shr => base::srli_64(rd, rs, imm),
                _ => base::srai_64(rd, rs, imm),
            },
        )
    }

    fn with_reg(&self, e: &mut E<'_>, op: Op, rd: Reg, rs1: Reg, rs2: Reg) -> Emitted {
        if op == Op::AndNot {
            self.put(e, base::not(Reg::T6, rs2))?;
            return self.put(e, base::and(rd, rs1, Reg::T6));
        }
        self.put(
            e,
            match op {
                Op::Add => base::add(rd, rs1, rs2),
                Op::Sub => base::sub(rd, rs1, rs2),
                Op::Mul => muldiv::mul(rd, rs1, rs2),
                Op::And => base::and(rd, rs1, rs2),
                Op::Or => base::or(rd, rs1, rs2),
                Op::Xor => base::xor(rd, rs1, rs2),
                Op::Shl => base::sll(rd, rs1, rs2),
                Op::Shr => base::srl(rd, rs1, rs2),
                _ => base::sra(rd, rs1, rs2),
            },
        )
    }

    fn divide(&self, e: &mut E<'_>, op: Op, rd: Reg, rs1: Reg, rs2: Reg) -> Emitted {
        let (t0, t6) = (Reg::T0, Reg::T6);
        match op {
            Op::DivUnsigned => self.put(e, muldiv::divu(rd, rs1, rs2)),
            Op::ModUnsigned => self.put(e, muldiv::remu(rd, rs1, rs2)),
            // The quotient is one too large if there is a remainder whose sign is not the divisor's.
            Op::DivFloor => {
                let end = e.buffer.new_label()?;
                self.put(e, muldiv::div(rd, rs1, rs2))?;
                self.put(e, muldiv::rem(t6, rs1, rs2))?;
                self.branch_to(e, base::beqz(t6, 0), end)?;
                self.put(e, base::xor(t0, t6, rs2))?;
                self.put(e, base::srai_64(t0, t0, self.sign_shift()))?;
                self.put(e, base::add(rd, rd, t0))?;
                e.buffer.bind(end);
                Ok(())
            }
            _ => {
                let end = e.buffer.new_label()?;
                self.put(e, muldiv::rem(rd, rs1, rs2))?;
                self.branch_to(e, base::beqz(rd, 0), end)?;
                self.put(e, base::xor(t6, rd, rs2))?;
                self.branch_to(e, base::bgez(t6, 0), end)?;
                self.put(e, base::add(rd, rd, rs2))?;
                e.buffer.bind(end);
                Ok(())
            }
        }
    }

    fn extend(&self, e: &mut E<'_>, width: Width, rd: Reg, rs: Reg) -> Emitted {
        let bits = match width {
            Width::U8 => return self.put(e, base::andi(rd, rs, 255)),
            Width::I32 if self.is_wide() => return self.put(e, base::addiw(rd, rs, 0)),
            Width::I8 => 8,
            Width::U16 | Width::I16 => 16,
            Width::U32 if self.is_wide() => 32,
            _ => return self.copy(e, rd, rs),
        };
        let by = self.sign_shift() + 1 - bits;
        self.put(e, base::slli_64(rd, rs, by))?;
        self.put(
            e,
            match width {
                Width::U16 | Width::U32 => base::srli_64(rd, rd, by),
                _ => base::srai_64(rd, rd, by),
            },
        )
    }

    // Memory.

    /// The base register of an access: with an index, `t6`.
    fn base_of(&self, e: &mut E<'_>, rs: Reg, index: Place, shift: u8) -> Emitted<Reg> {
        let Place::Reg(index) = index else {
            return Ok(rs);
        };
        let index = int(index);
        let t6 = Reg::T6;
        self.put(
            e,
            match shift {
                0 => base::add(t6, rs, index),
                1 => bits::sh1add(t6, index, rs),
                2 => bits::sh2add(t6, index, rs),
                _ => bits::sh3add(t6, index, rs),
            },
        )?;
        Ok(t6)
    }

    fn load(&self, e: &mut E<'_>, width: Width, rd: Reg, rs: Reg, offset: i32) -> Emitted {
        self.put(
            e,
            match width {
                Width::U8 => base::lbu(rd, offset, rs),
                Width::I8 => base::lb(rd, offset, rs),
                Width::U16 => base::lhu(rd, offset, rs),
                Width::I16 => base::lh(rd, offset, rs),
                Width::U32 if self.is_wide() => base::lwu(rd, offset, rs),
                Width::U32 | Width::I32 => base::lw(rd, offset, rs),
                _ => self.load_word(rd, offset, rs),
            },
        )
    }

    fn store(&self, e: &mut E<'_>, width: Width, value: Reg, rs: Reg, offset: i32) -> Emitted {
        self.put(
            e,
            match width.bytes(self.word_bytes() as u32) {
                1 => base::sb(value, offset, rs),
                2 => base::sh(value, offset, rs),
                4 => base::sw(value, offset, rs),
                _ => base::sd(value, offset, rs),
            },
        )
    }

    // Comparison.

    /// The second operand as a register: `zero` for the constant 0, the only one that fits a comparison.
    fn second(&self, operands: &Operands) -> Reg {
        match operands.b {
            Place::Reg(preg) => int(preg),
            _ => Reg::ZERO,
        }
    }

    /// `t6 = a & b`.
    fn test(&self, e: &mut E<'_>, operands: &Operands) -> Emitted {
        let rs = reg(operands.a);
        self.put(
            e,
            match operands.b {
                Place::Const(imm) => base::andi(Reg::T6, rs, self.word(imm).unwrap_or(0) as i32),
                _ => base::and(Reg::T6, rs, self.second(operands)),
            },
        )
    }

    fn compare_to(&self, e: &mut E<'_>, cond: Cond, operands: &Operands) -> Emitted {
        let rd = reg(operands.dst);
        let (a, b) = (reg(operands.a), self.second(operands));
        let zero = b == Reg::ZERO;
        let (inst, opposite) = match cond {
            Cond::Lt => (base::slt(rd, a, b), false),
            Cond::Ge => (base::slt(rd, a, b), true),
            Cond::Gt => (base::slt(rd, b, a), false),
            Cond::Le => (base::slt(rd, b, a), true),
            Cond::Below => (base::sltu(rd, a, b), false),
            Cond::AboveEq => (base::sltu(rd, a, b), true),
            Cond::Above => (base::sltu(rd, b, a), false),
            Cond::BelowEq => (base::sltu(rd, b, a), true),
            Cond::Eq | Cond::Ne => {
                let mut difference = a;
                if !zero {
                    self.put(e, base::sub(Reg::T6, a, b))?;
                    difference = Reg::T6;
                }
                match cond {
                    Cond::Eq => (base::seqz(rd, difference), false),
                    _ => (base::snez(rd, difference), false),
                }
            }
            Cond::TestZero | Cond::TestNonZero => {
                self.test(e, operands)?;
                match cond {
                    Cond::TestZero => (base::seqz(rd, Reg::T6), false),
                    _ => (base::snez(rd, Reg::T6), false),
                }
            }
        };
        self.put(e, inst)?;
        match opposite {
            true => self.put(e, base::xori(rd, rd, 1)),
            false => Ok(()),
        }
    }

    fn select(&self, e: &mut E<'_>, operands: &Operands) -> Emitted {
        let [rd, a, yes, no] = [operands.dst, operands.a, operands.b, operands.c].map(reg);
        if yes == no {
            return self.copy(e, rd, yes);
        }
        let mut flag = a;
        if rd == a && rd != no {
            self.copy(e, Reg::T6, a)?;
            flag = Reg::T6;
        }
        let end = e.buffer.new_label()?;
        if rd == yes {
            self.branch_to(e, base::bnez(flag, 0), end)?;
            self.copy(e, rd, no)?;
        } else {
            self.copy(e, rd, no)?;
            self.branch_to(e, base::beqz(flag, 0), end)?;
            self.copy(e, rd, yes)?;
        }
        e.buffer.bind(end);
        Ok(())
    }
}

impl Emit for Riscv {
    type Fixup = Branch;

    fn buffer(&self) -> Emitted<CodeBuffer<Branch>> {
        Ok(CodeBuffer::new())
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
        match src {
            Place::Reg(preg) => self.store_sp(e, int(preg), to),
            Place::Const(0) => self.store_sp(e, Reg::ZERO, to),
            _ => {
                self.load_place(e, Reg::T0, src)?;
                self.store_sp(e, Reg::T0, to)
            }
        }
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
                    let imm = self.word(imm).unwrap_or(0) as i32;
                    self.with_imm(e, inst.op, reg(dst), reg(a), imm)
                }
                _ => self.with_reg(e, inst.op, reg(dst), reg(a), reg(b)),
            },
            Op::RevSub => self.with_imm(e, Op::RevSub, reg(dst), reg(a), 0),
            Op::Not => self.put(e, base::not(reg(dst), reg(a))),
            Op::DivFloor | Op::ModFloor | Op::DivUnsigned | Op::ModUnsigned => {
                self.divide(e, inst.op, reg(dst), reg(a), reg(b))
            }
            Op::Extend(width) => self.extend(e, width, reg(dst), reg(a)),
            Op::Cmp(cond) => self.compare_to(e, cond, operands),
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
        e.buffer.fixup(Branch::j(self.features), to)?;
        Ok(())
    }

    fn branch(&self, e: &mut E<'_>, cond: Cond, operands: &Operands, to: Label) -> Emitted {
        let (a, b) = (reg(operands.a), self.second(operands));
        let inst = match cond {
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
            Cond::TestZero | Cond::TestNonZero => {
                let whole = operands.b == Place::Const(-1);
                if !whole {
                    self.test(e, operands)?;
                }
                let tested = if whole { a } else { Reg::T6 };
                match cond {
                    Cond::TestZero => base::beqz(tested, 0),
                    _ => base::bnez(tested, 0),
                }
            }
        };
        self.branch_to(e, inst, to)
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
        let (t0, t6) = (Reg::T0, Reg::T6);
        let a = reg(operands.a);
        let rd = match operands.dst {
            Place::None => t6,
            dst => reg(dst),
        };
        if op == Overflow::Mul {
            let b = reg(operands.b);
            self.put(e, muldiv::mulh(t0, a, b))?;
            self.put(e, muldiv::mul(rd, a, b))?;
            // `rd` may be `t6` itself.
            self.put(e, base::srai_64(t6, rd, self.sign_shift()))?;
            return self.branch_to(e, base::bne(t0, t6, 0), over);
        }
        if let Place::Const(imm) = operands.b {
            let imm = self.word(imm).unwrap_or(0) as i32;
            let imm = if op == Overflow::Sub {
                imm.wrapping_neg()
            } else {
                imm
            };
            self.put(e, base::addi(rd, a, imm))?;
            // A positive constant makes the sum larger, a negative one smaller.
            return match imm {
                0 => Ok(()),
                1.. => self.branch_to(e, base::blt(rd, a, 0), over),
                _ => self.branch_to(e, base::blt(a, rd, 0), over),
            };
        }
        let b = reg(operands.b);
        if op == Overflow::Add {
            self.put(e, base::add(rd, a, b))?;
            self.put(e, base::slt(t0, b, Reg::ZERO))?;
        } else {
            self.put(e, base::sub(rd, a, b))?;
            self.put(e, base::slt(t0, Reg::ZERO, b))?;
        }
        self.put(e, base::slt(t6, rd, a))?;
        self.branch_to(e, base::bne(t0, t6, 0), over)
    }

    fn switch(&self, e: &mut E<'_>, operands: &Operands, to: &[Label]) -> Emitted {
        let Some((last, others)) = to.split_last() else {
            return self.unreachable(e);
        };
        let a = reg(operands.a);
        for (number, label) in others.iter().enumerate() {
            let inst = match number {
                0 => base::beqz(a, 0),
                _ => {
                    self.constant(e, Reg::T6, number as i64)?;
                    base::beq(a, Reg::T6, 0)
                }
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
        self.put(e, base::ebreak())
    }

    fn patch_call(&self, bytes: &mut [u8], at: u32, target: u32) -> bool {
        let distance = i64::from(target) - i64::from(at);
        let Some(out) = bytes.get_mut(at as usize..at as usize + 4) else {
            return false;
        };
        if !(-(1 << 20)..1 << 20).contains(&distance) {
            return false;
        }
        out.copy_from_slice(&base::jal(Reg::RA, distance as i32).0.to_le_bytes());
        true
    }
}
