//! Thumb instructions for values whose places are known.
//!
//! Each method takes the shortest encoding that there is for its registers. Armv6-M has only 16-bit ones, so each path
//! through here that such a core takes ends in `t16`.
use ferlance_asm::{CodeBuffer, Label, row};
use ferlance_asm_thumb::encode::is_constant;
use ferlance_asm_thumb::fixup::Branch;
use ferlance_asm_thumb::{
    Cond as Cc, DReg, Inst as Word, Reg, SReg, Shift, TABLES, emit, t16, t32, vfp,
};
use ferlance_collections::TryVec;

use super::Thumb;
use super::isel::{low_bits, word};
use crate::arch::{Callee, Emit, Emitted, Operands, Place, Preg};
use crate::emit::Emitter;
use crate::nir::{Alu, Cond, Inst, Op, Overflow, Shift as NirShift, Slot, Type, Width};
use crate::outline::Sizes;

pub(super) type E<'a> = Emitter<'a, Branch>;

/// Bytes that one operation takes at most, with all that it may do on the way.
const LONGEST_OP: u32 = 80;

/// A core register.
pub(super) fn int(preg: Preg) -> Reg {
    Reg::new(preg.number())
}

/// The core register of a place that the allocator made one.
fn reg(place: Place) -> Reg {
    debug_assert!(
        matches!(place, Place::Reg(preg) if !preg.is_float()),
        "{place:?}"
    );
    place.reg().map_or(Reg::R0, int)
}

/// The low half of a float register.
fn single(place: Place) -> SReg {
    debug_assert!(
        matches!(place, Place::Reg(preg) if preg.is_float()),
        "{place:?}"
    );
    SReg::new(place.reg().map_or(0, |preg| preg.number() * 2))
}

/// A float register.
fn double(place: Place) -> DReg {
    debug_assert!(
        matches!(place, Place::Reg(preg) if preg.is_float()),
        "{place:?}"
    );
    DReg::new(place.reg().map_or(0, |preg| preg.number() & 15))
}

/// Do 16-bit instructions reach all of these?
fn low(regs: &[Reg]) -> bool {
    regs.iter().all(|reg| reg.is_low())
}

/// The condition after a comparison of words.
fn condition(cond: Cond) -> Cc {
    match cond {
        Cond::Eq | Cond::TestZero => Cc::Eq,
        Cond::Ne | Cond::TestNonZero => Cc::Ne,
        Cond::Lt => Cc::Lt,
        Cond::Le => Cc::Le,
        Cond::Gt => Cc::Gt,
        Cond::Ge => Cc::Ge,
        Cond::Below => Cc::Cc,
        Cond::BelowEq => Cc::Ls,
        Cond::Above => Cc::Hi,
        Cond::AboveEq => Cc::Cs,
    }
}

/// The condition after a comparison of floats, whose unordered outcome is that of a sum with an overflow.
fn float_condition(cond: Cond) -> Cc {
    match cond {
        Cond::Eq | Cond::TestZero => Cc::Eq,
        Cond::Ne | Cond::TestNonZero => Cc::Ne,
        Cond::Lt | Cond::Below => Cc::Mi,
        Cond::Le | Cond::BelowEq => Cc::Ls,
        Cond::Gt | Cond::Above => Cc::Gt,
        Cond::Ge | Cond::AboveEq => Cc::Ge,
    }
}

/// The mask of an `it` with one instruction, or with a second one on the opposite condition.
fn then_mask(cond: Cc, with_else: bool) -> i32 {
    match with_else {
        false => 8,
        true => (!(cond as i32) & 1) << 3 | 4,
    }
}

impl Thumb {
    #[inline]
    pub(super) fn put(&self, e: &mut E<'_>, inst: Word) -> Emitted {
        debug_assert!(
            row::find(&TABLES, inst.0, self.features).is_some(),
            "{inst:?}"
        );
        emit(&mut e.buffer, inst)
    }

    /// Notes that the flags are now those of `reg`'s value.
    fn flags_of(&self, e: &E<'_>, reg: Reg) {
        self.flags.set(Some((e.buffer.offset(), reg)));
    }

    /// Are the flags those of `reg`'s value, whichever way control came here?
    fn has_flags(&self, e: &E<'_>, reg: Reg) -> bool {
        self.flags.get() == Some((e.buffer.offset(), reg)) && !e.buffer.is_target_here()
    }

    /// Places literals in the way of control if that cannot wait.
    pub(super) fn pool(&self, e: &mut E<'_>) -> Emitted {
        if e.buffer.pool_is_due(LONGEST_OP) {
            let over = e.buffer.new_label()?;
            e.buffer.fixup(Branch::b(self.features), over)?;
            e.buffer.place_pool()?;
            e.buffer.bind(over);
        }
        Ok(())
    }

    /// Places literals where control does not come by, if they will not wait much longer.
    pub(super) fn after_jump(&self, e: &mut E<'_>) -> Emitted {
        if e.buffer.pool_is_due(400) {
            e.buffer.place_pool()?;
        }
        Ok(())
    }

    fn copy(&self, e: &mut E<'_>, rd: Reg, rm: Reg) -> Emitted {
        match rd == rm {
            true => Ok(()),
            false => self.put(e, t16::mov_hi(rd, rm)),
        }
    }

    /// `rd = value`.
    pub(super) fn constant(&self, e: &mut E<'_>, rd: Reg, value: u32) -> Emitted {
        let signed = value as i32;
        if rd.is_low() && value < 256 {
            return self.put(e, t16::mov_ri(rd, signed));
        }
        if self.is_v7() {
            if is_constant(signed) {
                return self.put(e, t32::mov_w_ri(rd, signed));
            }
            if is_constant(!signed) {
                return self.put(e, t32::mvn_w_ri(rd, !signed));
            }
            if value < 0x1_0000 {
                return self.put(e, t32::movw(rd, signed));
            }
        } else if rd.is_low() {
            if !value < 256 {
                self.put(e, t16::mov_ri(rd, !signed))?;
                return self.put(e, t16::mvn_rr(rd, rd));
            }
            if value < 511 {
                self.put(e, t16::mov_ri(rd, 255))?;
                return self.put(e, t16::add_ri(rd, signed - 255));
            }
            let zeros = value.trailing_zeros();
            if value >> zeros < 256 {
                self.put(e, t16::mov_ri(rd, (value >> zeros) as i32))?;
                return self.put(e, t16::lsl_rri(rd, rd, zeros as i32));
            }
        } else {
            self.put(e, t16::push(one(Reg::R7)))?;
            self.constant(e, Reg::R7, value)?;
            self.put(e, t16::mov_hi(rd, Reg::R7))?;
            return self.put(e, t16::pop(one(Reg::R7)));
        }
        e.buffer.literal(Branch::ldr(rd, self.features), value)?;
        Ok(())
    }

    // Memory at sp.

    /// `rd = sp + offset`.
    pub(super) fn sp_address(&self, e: &mut E<'_>, rd: Reg, offset: i32) -> Emitted {
        if rd.is_low() && offset % 4 == 0 && (0..=1020).contains(&offset) {
            return self.put(e, t16::add_r_sp_i(rd, (), offset));
        }
        if self.is_v7() && (0..4096).contains(&offset) {
            return self.put(e, t32::addw(rd, Reg::SP, offset));
        }
        self.constant(e, rd, offset as u32)?;
        self.put(e, t16::add_hi(rd, Reg::SP))
    }

    /// `rd = memory[sp + offset]`.
    fn load_sp(&self, e: &mut E<'_>, rd: Reg, offset: i32) -> Emitted {
        if rd.is_low() && (0..=1020).contains(&offset) {
            return self.put(e, t16::ldr_sp(rd, (), offset));
        }
        if self.is_v7() && (0..4096).contains(&offset) {
            return self.put(e, t32::ldr_w_ri(rd, Reg::SP, offset));
        }
        if !self.is_v7() && !rd.is_low() {
            self.put(e, t16::push(one(Reg::R7)))?;
            self.load_sp(e, Reg::R7, offset + 4)?;
            self.put(e, t16::mov_hi(rd, Reg::R7))?;
            return self.put(e, t16::pop(one(Reg::R7)));
        }
        self.sp_address(e, rd, offset)?;
        self.put(
            e,
            if rd.is_low() {
                t16::ldr_ri(rd, rd, 0)
            } else {
                t32::ldr_w_ri(rd, rd, 0)
            },
        )
    }

    /// `memory[sp + offset] = rs`.
    fn store_sp(&self, e: &mut E<'_>, rs: Reg, offset: i32) -> Emitted {
        if rs.is_low() && (0..=1020).contains(&offset) {
            return self.put(e, t16::str_sp(rs, (), offset));
        }
        if self.is_v7() {
            if (0..4096).contains(&offset) {
                return self.put(e, t32::str_w_ri(rs, Reg::SP, offset));
            }
            // With a frame that large the prologue saves `lr`.
            let at = if rs == Reg::R12 { Reg::LR } else { Reg::R12 };
            self.sp_address(e, at, offset)?;
            return self.put(e, t32::str_w_ri(rs, at, 0));
        }
        let temp = if rs == Reg::R7 { Reg::R6 } else { Reg::R7 };
        self.put(e, t16::push(one(temp)))?;
        if rs.is_low() {
            self.sp_address(e, temp, offset + 4)?;
            self.put(e, t16::str_ri(rs, temp, 0))?;
        } else {
            self.put(e, t16::mov_hi(temp, rs))?;
            self.store_sp(e, temp, offset + 4)?;
        }
        self.put(e, t16::pop(one(temp)))
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
            (Place::Const(value), _) => self.constant(e, rd, value as u32),
            (Place::Reg(preg), _) => self.copy(e, rd, int(preg)),
            _ => Ok(()),
        }
    }

    /// `rd = memory[base + offset]`, for the fun table.
    pub(super) fn load_far_word(&self, e: &mut E<'_>, rd: Reg, base: Reg, offset: i32) -> Emitted {
        if low(&[rd, base]) && offset <= 124 {
            return self.put(e, t16::ldr_ri(rd, base, offset));
        }
        if self.is_v7() {
            return self.put(e, t32::ldr_w_ri(rd, base, offset));
        }
        // `rd` may be the base, or has to become it: then the offset has no register.
        if rd == base || !base.is_low() {
            self.copy(e, rd, base)?;
            while_adding(offset, |step| self.put(e, t16::add_ri(rd, step)))?;
            return self.put(e, t16::ldr_ri(rd, rd, 0));
        }
        self.constant(e, rd, offset as u32)?;
        self.put(e, t16::ldr_rr(rd, base, rd))
    }

    fn move_int(&self, e: &mut E<'_>, dst: Place, src: Place) -> Emitted {
        if let Place::Reg(preg) = dst {
            return self.load_place(e, int(preg), src);
        }
        let Some(to) = self.offset_of(e, dst) else {
            return Ok(());
        };
        if let Place::Reg(preg) = src {
            return self.store_sp(e, int(preg), to);
        }
        if self.is_v7() {
            self.load_place(e, Reg::R12, src)?;
            return self.store_sp(e, Reg::R12, to);
        }
        self.put(e, t16::push(one(Reg::R7)))?;
        match self.offset_of(e, src) {
            Some(from) => self.load_sp(e, Reg::R7, from + 4)?,
            None => self.load_place(e, Reg::R7, src)?,
        }
        self.store_sp(e, Reg::R7, to + 4)?;
        self.put(e, t16::pop(one(Reg::R7)))
    }

    /// A base and an offset that float loads and stores take, for a place above sp.
    fn near_sp(&self, e: &mut E<'_>, offset: i32) -> Emitted<(Reg, i32)> {
        if (0..=1020).contains(&offset) {
            return Ok((Reg::SP, offset));
        }
        self.sp_address(e, Reg::R12, offset)?;
        Ok((Reg::R12, 0))
    }

    fn move_float(&self, e: &mut E<'_>, dst: Place, src: Place, wide: bool) -> Emitted {
        const SCRATCH: Place = Place::Reg(Preg::float(7));
        match (dst, src) {
            (Place::Reg(_), Place::Reg(_)) if dst == src => Ok(()),
            (Place::Reg(_), Place::Reg(_)) if wide => {
                self.put(e, vfp::vmov_d(double(dst), double(src)))
            }
            (Place::Reg(_), Place::Reg(_)) => self.put(e, vfp::vmov_s(single(dst), single(src))),
            (Place::Reg(_), Place::Const(bits)) => self.float_constant(e, dst, bits, wide),
            (Place::Reg(_), _) => {
                let from = self.offset_of(e, src).unwrap_or(0);
                let (base, offset) = self.near_sp(e, from)?;
                self.put(
                    e,
                    if wide {
                        vfp::vldr_d(double(dst), base, offset)
                    } else {
                        vfp::vldr_s(single(dst), base, offset)
                    },
                )
            }
            (_, Place::Reg(_)) => {
                let to = self.offset_of(e, dst).unwrap_or(0);
                let (base, offset) = self.near_sp(e, to)?;
                self.put(
                    e,
                    if wide {
                        vfp::vstr_d(double(src), base, offset)
                    } else {
                        vfp::vstr_s(single(src), base, offset)
                    },
                )
            }
            (Place::None, _) | (_, Place::None) => Ok(()),
            _ => {
                self.move_float(e, SCRATCH, src, wide)?;
                self.move_float(e, dst, SCRATCH, wide)
            }
        }
    }

    fn float_constant(&self, e: &mut E<'_>, dst: Place, bits: i64, wide: bool) -> Emitted {
        use ferlance_asm_thumb::encode::pack_float;
        if wide {
            let short = f64::from_bits(bits as u64) as f32;
            if f64::from(short).to_bits() == bits as u64
                && pack_float(short.to_bits() as i32).is_some()
            {
                return self.put(e, vfp::vmov_d_const(double(dst), short.to_bits() as i32));
            }
            let lane = 2 * i32::from(double(dst).number());
            self.constant(e, Reg::R12, bits as u32)?;
            self.put(e, vfp::vmov_lane_r(lane, Reg::R12))?;
            if bits as u32 != (bits >> 32) as u32 {
                self.constant(e, Reg::R12, (bits >> 32) as u32)?;
            }
            return self.put(e, vfp::vmov_lane_r(lane + 1, Reg::R12));
        }
        let bits = bits as u32;
        if pack_float(bits as i32).is_some() {
            return self.put(e, vfp::vmov_s_const(single(dst), bits as i32));
        }
        self.constant(e, Reg::R12, bits)?;
        self.put(e, vfp::vmov_s_r(single(dst), Reg::R12))
    }

    // Arithmetic.

    /// `rd = rn + imm`.
    fn add_imm(&self, e: &mut E<'_>, rd: Reg, rn: Reg, imm: i32) -> Emitted {
        let negative = imm.wrapping_neg();
        if imm == 0 {
            return self.copy(e, rd, rn);
        }
        if low(&[rd, rn]) {
            let narrow = match imm {
                1..=7 => Some(t16::add_rri3(rd, rn, imm)),
                -7..=-1 => Some(t16::sub_rri3(rd, rn, negative)),
                8..=255 if rd == rn => Some(t16::add_ri(rd, imm)),
                -255..=-8 if rd == rn => Some(t16::sub_ri(rd, negative)),
                _ => None,
            };
            if let Some(inst) = narrow {
                self.put(e, inst)?;
                self.flags_of(e, rd);
                return Ok(());
            }
        }
        if !self.is_v7() {
            self.copy(e, rd, rn)?;
            return self.add_imm(e, rd, rd, imm);
        }
        if is_constant(imm) {
            self.put(e, t32::adds_w_rri(rd, rn, imm))?;
        } else if is_constant(negative) {
            self.put(e, t32::subs_w_rri(rd, rn, negative))?;
        } else if imm > 0 {
            return self.put(e, t32::addw(rd, rn, imm));
        } else {
            return self.put(e, t32::subw(rd, rn, negative));
        }
        self.flags_of(e, rd);
        Ok(())
    }

    /// An operation on a register and a constant that [`Arch::fits`](crate::arch::Arch::fits).
    fn with_imm(&self, e: &mut E<'_>, op: Op, rd: Reg, rn: Reg, imm: i32) -> Emitted {
        let both_low = low(&[rd, rn]);
        let inst = match op {
            Op::Add => return self.add_imm(e, rd, rn, imm),
            Op::Sub => return self.add_imm(e, rd, rn, imm.wrapping_neg()),
            Op::RevSub if imm == 0 && both_low => t16::neg_rr(rd, rn),
            Op::RevSub => t32::rsbs_w_rri(rd, rn, imm),
            Op::And if imm == 0xff && both_low => {
                return self.put(e, t16::uxtb(rd, rn));
            }
            Op::And if imm == 0xffff && both_low => {
                return self.put(e, t16::uxth(rd, rn));
            }
            Op::And if imm == 0xffff => return self.put(e, t32::uxth_w(rd, rn, 0)),
            Op::And if is_constant(imm) => t32::ands_w_rri(rd, rn, imm),
            Op::And => t32::bics_w_rri(rd, rn, !imm),
            Op::AndNot if is_constant(imm) => t32::bics_w_rri(rd, rn, imm),
            Op::AndNot => t32::ands_w_rri(rd, rn, !imm),
            Op::Or if is_constant(imm) => t32::orrs_w_rri(rd, rn, imm),
            Op::Or => t32::orns_w_rri(rd, rn, !imm),
            Op::Xor if imm == -1 => return self.not(e, rd, rn),
            Op::Xor => t32::eors_w_rri(rd, rn, imm),
            Op::Shl | Op::Shr | Op::Sar if imm == 0 => return self.copy(e, rd, rn),
            Op::Shl if both_low => t16::lsl_rri(rd, rn, imm),
            Op::Shr if both_low => t16::lsr_rri(rd, rn, imm),
            Op::Sar if both_low => t16::asr_rri(rd, rn, imm),
            Op::Shl => t32::lsls_w_rri(rd, rn, imm),
            Op::Shr => t32::lsrs_w_rri(rd, rn, imm),
            _ => t32::asrs_w_rri(rd, rn, imm),
        };
        self.put(e, inst)?;
        self.flags_of(e, rd);
        Ok(())
    }

    fn not(&self, e: &mut E<'_>, rd: Reg, rm: Reg) -> Emitted {
        self.put(
            e,
            if low(&[rd, rm]) {
                t16::mvn_rr(rd, rm)
            } else {
                t32::mvns_w_rr(rd, rm, Shift::NONE)
            },
        )?;
        self.flags_of(e, rd);
        Ok(())
    }

    /// `rd = rn op rm`.
    fn with_reg(&self, e: &mut E<'_>, op: Op, rd: Reg, rn: Reg, rm: Reg) -> Emitted {
        let all_low = low(&[rd, rn, rm]);
        // Of two operands that can trade places, the one that is overwritten goes first.
        let (rn, rm) = match op.is_commutative() && rd == rm {
            true => (rm, rn),
            false => (rn, rm),
        };
        if !self.is_v7() && rd != rn && !matches!(op, Op::Add | Op::Sub) {
            self.copy(e, rd, rn)?;
            return self.with_reg(e, op, rd, rd, rm);
        }
        let over = all_low && rd == rn;
        let none = Shift::NONE;
        let inst = match op {
            Op::Add if all_low => t16::add_rrr(rd, rn, rm),
            Op::Add if rd == rn => return self.put(e, t16::add_hi(rd, rm)),
            Op::Add => t32::adds_w_rrr(rd, rn, rm, none),
            Op::Sub if all_low => t16::sub_rrr(rd, rn, rm),
            Op::Sub => t32::subs_w_rrr(rd, rn, rm, none),
            Op::And if over => t16::and_rr(rd, rm),
            Op::And => t32::ands_w_rrr(rd, rn, rm, none),
            Op::Or if over => t16::orr_rr(rd, rm),
            Op::Or => t32::orrs_w_rrr(rd, rn, rm, none),
            Op::Xor if over => t16::eor_rr(rd, rm),
            Op::Xor => t32::eors_w_rrr(rd, rn, rm, none),
            Op::AndNot if over => t16::bic_rr(rd, rm),
            Op::AndNot => t32::bics_w_rrr(rd, rn, rm, none),
            Op::Shl if over => t16::lsl_rr(rd, rm),
            Op::Shl => t32::lsls_w_rrr(rd, rn, rm),
            Op::Shr if over => t16::lsr_rr(rd, rm),
            Op::Shr => t32::lsrs_w_rrr(rd, rn, rm),
            Op::Sar if over => t16::asr_rr(rd, rm),
            Op::Sar => t32::asrs_w_rrr(rd, rn, rm),
            // Its flags may be late on some cores.
            _ if over => return self.put(e, t16::mul_rr(rd, rm)),
            _ => return self.put(e, t32::mul_rrr(rd, rn, rm)),
        };
        self.put(e, inst)?;
        self.flags_of(e, rd);
        Ok(())
    }

    fn divide(&self, e: &mut E<'_>, op: Op, rd: Reg, rn: Reg, rm: Reg) -> Emitted {
        let ip = Reg::R12;
        match op {
            Op::DivUnsigned => self.put(e, t32::udiv(rd, rn, rm)),
            Op::ModUnsigned => {
                self.put(e, t32::udiv(ip, rn, rm))?;
                self.put(e, t32::mls(rd, ip, rm, rn))
            }
            // The quotient is one too large if there is a remainder whose sign is not the divisor's.
            Op::DivFloor => {
                self.put(e, t32::sdiv(rd, rn, rm))?;
                self.put(e, t32::mls(ip, rd, rm, rn))?;
                self.put(e, t32::cmp_w_ri(ip, 0))?;
                self.put(e, t16::it(Cc::Ne, then_mask(Cc::Ne, false)))?;
                self.put(e, t32::eor_w_rrr(ip, ip, rm, Shift::NONE))?;
                self.put(e, t32::add_w_rrr(rd, rd, ip, Shift::asr(31)))
            }
            _ => {
                self.put(e, t32::sdiv(ip, rn, rm))?;
                self.put(e, t32::mls(rd, ip, rm, rn))?;
                self.put(e, t32::cmp_w_ri(rd, 0))?;
                self.put(e, t16::it(Cc::Ne, then_mask(Cc::Ne, false)))?;
                self.put(e, t32::eors_w_rrr(ip, rd, rm, Shift::NONE))?;
                self.put(e, t16::it(Cc::Mi, then_mask(Cc::Mi, false)))?;
                self.put(e, t32::add_w_rrr(rd, rd, rm, Shift::NONE))
            }
        }
    }

    fn extend(&self, e: &mut E<'_>, width: Width, rd: Reg, rm: Reg) -> Emitted {
        let narrow = low(&[rd, rm]);
        let inst = match width {
            Width::U8 if narrow => t16::uxtb(rd, rm),
            Width::U8 => t32::uxtb_w(rd, rm, 0),
            Width::I8 if narrow => t16::sxtb(rd, rm),
            Width::I8 => t32::sxtb_w(rd, rm, 0),
            Width::U16 if narrow => t16::uxth(rd, rm),
            Width::U16 => t32::uxth_w(rd, rm, 0),
            Width::I16 if narrow => t16::sxth(rd, rm),
            Width::I16 => t32::sxth_w(rd, rm, 0),
            _ => return self.copy(e, rd, rm),
        };
        self.put(e, inst)
    }

    // Memory.

    fn load(&self, e: &mut E<'_>, width: Width, dst: Place, rn: Reg, offset: i32) -> Emitted {
        match width {
            Width::F32 => return self.put(e, vfp::vldr_s(single(dst), rn, offset)),
            Width::F64 => return self.put(e, vfp::vldr_d(double(dst), rn, offset)),
            _ => {}
        }
        let rt = reg(dst);
        let bytes = width.bytes(4) as i32;
        if low(&[rt, rn]) && offset % bytes == 0 && (0..32 * bytes).contains(&offset) {
            let inst = match width {
                Width::U8 => Some(t16::ldrb_ri(rt, rn, offset)),
                Width::U16 => Some(t16::ldrh_ri(rt, rn, offset)),
                Width::I8 | Width::I16 if self.is_v7() => None,
                Width::I8 => {
                    self.put(e, t16::ldrb_ri(rt, rn, offset))?;
                    Some(t16::sxtb(rt, rt))
                }
                Width::I16 => {
                    self.put(e, t16::ldrh_ri(rt, rn, offset))?;
                    Some(t16::sxth(rt, rt))
                }
                _ => Some(t16::ldr_ri(rt, rn, offset)),
            };
            if let Some(inst) = inst {
                return self.put(e, inst);
            }
        }
        let inst = match (width, offset < 0) {
            (Width::U8, false) => t32::ldrb_w_ri(rt, rn, offset),
            (Width::U8, true) => t32::ldrb_w_below(rt, rn, offset),
            (Width::I8, false) => t32::ldrsb_w_ri(rt, rn, offset),
            (Width::I8, true) => t32::ldrsb_w_below(rt, rn, offset),
            (Width::U16, false) => t32::ldrh_w_ri(rt, rn, offset),
            (Width::U16, true) => t32::ldrh_w_below(rt, rn, offset),
            (Width::I16, false) => t32::ldrsh_w_ri(rt, rn, offset),
            (Width::I16, true) => t32::ldrsh_w_below(rt, rn, offset),
            (_, false) => t32::ldr_w_ri(rt, rn, offset),
            (_, true) => t32::ldr_w_below(rt, rn, offset),
        };
        self.put(e, inst)
    }

    fn load_indexed(
        &self,
        e: &mut E<'_>,
        width: Width,
        rt: Reg,
        rn: Reg,
        rm: Reg,
        shift: u8,
    ) -> Emitted {
        let lsl = i32::from(shift);
        let narrow = low(&[rt, rn, rm]) && shift == 0;
        let inst = match width {
            Width::U8 if narrow => t16::ldrb_rr(rt, rn, rm),
            Width::U8 => t32::ldrb_w_rr(rt, rn, rm, lsl),
            Width::I8 if narrow => t16::ldrsb_rr(rt, rn, rm),
            Width::I8 => t32::ldrsb_w_rr(rt, rn, rm, lsl),
            Width::U16 if narrow => t16::ldrh_rr(rt, rn, rm),
            Width::U16 => t32::ldrh_w_rr(rt, rn, rm, lsl),
            Width::I16 if narrow => t16::ldrsh_rr(rt, rn, rm),
            Width::I16 => t32::ldrsh_w_rr(rt, rn, rm, lsl),
            _ if narrow => t16::ldr_rr(rt, rn, rm),
            _ => t32::ldr_w_rr(rt, rn, rm, lsl),
        };
        self.put(e, inst)
    }

    fn store(&self, e: &mut E<'_>, width: Width, src: Place, rn: Reg, offset: i32) -> Emitted {
        match width {
            Width::F32 => return self.put(e, vfp::vstr_s(single(src), rn, offset)),
            Width::F64 => return self.put(e, vfp::vstr_d(double(src), rn, offset)),
            _ => {}
        }
        let rt = reg(src);
        let bytes = width.bytes(4);
        let span = 32 * bytes as i32;
        let narrow = low(&[rt, rn]) && offset % bytes as i32 == 0 && (0..span).contains(&offset);
        let inst = match (bytes, narrow, offset < 0) {
            (1, true, _) => t16::strb_ri(rt, rn, offset),
            (1, _, false) => t32::strb_w_ri(rt, rn, offset),
            (1, ..) => t32::strb_w_below(rt, rn, offset),
            (2, true, _) => t16::strh_ri(rt, rn, offset),
            (2, _, false) => t32::strh_w_ri(rt, rn, offset),
            (2, ..) => t32::strh_w_below(rt, rn, offset),
            (_, true, _) => t16::str_ri(rt, rn, offset),
            (_, _, false) => t32::str_w_ri(rt, rn, offset),
            _ => t32::str_w_below(rt, rn, offset),
        };
        self.put(e, inst)
    }

    fn store_indexed(
        &self,
        e: &mut E<'_>,
        width: Width,
        rt: Reg,
        rn: Reg,
        rm: Reg,
        shift: u8,
    ) -> Emitted {
        let lsl = i32::from(shift);
        let narrow = low(&[rt, rn, rm]) && shift == 0;
        let inst = match width.bytes(4) {
            1 if narrow => t16::strb_rr(rt, rn, rm),
            1 => t32::strb_w_rr(rt, rn, rm, lsl),
            2 if narrow => t16::strh_rr(rt, rn, rm),
            2 => t32::strh_w_rr(rt, rn, rm, lsl),
            _ if narrow => t16::str_rr(rt, rn, rm),
            _ => t32::str_w_rr(rt, rn, rm, lsl),
        };
        self.put(e, inst)
    }

    // Comparison.

    /// Sets the flags for a comparison; gives the condition to look for.
    fn compare(&self, e: &mut E<'_>, cond: Cond, operands: &Operands) -> Emitted<Cc> {
        let rn = reg(operands.a);
        let cc = condition(cond);
        let test = matches!(cond, Cond::TestZero | Cond::TestNonZero);
        if let Place::Reg(preg) = operands.b {
            let rm = int(preg);
            self.put(
                e,
                match (test, low(&[rn, rm])) {
                    (true, true) => t16::tst_rr(rn, rm),
                    (true, false) => t32::tst_w_rr(rn, rm, Shift::NONE),
                    (false, true) => t16::cmp_rr(rn, rm),
                    (false, false) => t16::cmp_hi(rn, rm),
                },
            )?;
            return Ok(cc);
        }
        let imm = match operands.b {
            Place::Const(imm) => word(imm).unwrap_or(0),
            _ => 0,
        };
        if test && imm != -1 {
            match (self.is_v7(), low_bits(imm), operands.temps[0]) {
                (true, ..) => self.put(e, t32::tst_w_ri(rn, imm))?,
                (false, Some(bits), Some(temp)) => {
                    self.put(e, t16::lsl_rri(int(temp), rn, 32 - bits as i32))?;
                }
                _ => debug_assert!(false, "a test that does not fit"),
            }
            return Ok(cc);
        }
        if test || imm == 0 {
            let known = match cond {
                Cond::Eq | Cond::Ne | Cond::TestZero | Cond::TestNonZero => Some(cc),
                Cond::Lt => Some(Cc::Mi),
                Cond::Ge => Some(Cc::Pl),
                _ => None,
            };
            if let Some(cc) = known
                && self.has_flags(e, rn)
            {
                return Ok(cc);
            }
        }
        let imm = if test { 0 } else { imm };
        self.put(
            e,
            if rn.is_low() && (0..256).contains(&imm) {
                t16::cmp_ri(rn, imm)
            } else if is_constant(imm) {
                t32::cmp_w_ri(rn, imm)
            } else {
                t32::cmn_w_ri(rn, imm.wrapping_neg())
            },
        )?;
        Ok(cc)
    }

    /// `rd = 1` if `cc` holds, else 0. Armv7-M.
    fn set(&self, e: &mut E<'_>, rd: Reg, cc: Cc) -> Emitted {
        self.put(e, t16::it(cc, then_mask(cc, true)))?;
        for value in [1, 0] {
            self.put(
                e,
                if rd.is_low() {
                    t16::mov_ri(rd, value)
                } else {
                    t32::mov_w_ri(rd, value)
                },
            )?;
        }
        Ok(())
    }

    fn compare_to(&self, e: &mut E<'_>, cond: Cond, operands: &Operands) -> Emitted {
        let rd = reg(operands.dst);
        let rn = reg(operands.a);
        if operands.b == Place::Const(0) && cond == Cond::Lt {
            return self.with_imm(e, Op::Shr, rd, rn, 31);
        }
        if self.is_v7() {
            match (cond, operands.b) {
                (Cond::Eq, Place::Const(0)) => {
                    self.put(e, t32::clz(rd, rn))?;
                    return self.with_imm(e, Op::Shr, rd, rd, 5);
                }
                (Cond::Ne, Place::Const(0)) => {
                    self.put(e, t32::subs_w_rri(Reg::R12, rn, 1))?;
                    return self.put(e, t32::sbc_w_rrr(rd, rn, Reg::R12, Shift::NONE));
                }
                _ => {}
            }
            let cc = self.compare(e, cond, operands)?;
            return self.set(e, rd, cc);
        }
        self.put(e, t16::mov_ri(rd, 1))?;
        let cc = self.compare(e, cond, operands)?;
        let end = e.buffer.new_label()?;
        e.buffer.fixup(Branch::b_cond(cc, self.features), end)?;
        self.put(e, t16::mov_ri(rd, 0))?;
        e.buffer.bind(end);
        Ok(())
    }

    fn select(&self, e: &mut E<'_>, operands: &Operands) -> Emitted {
        let [rd, yes, no] = [operands.dst, operands.b, operands.c].map(reg);
        if yes == no {
            return self.copy(e, rd, yes);
        }
        let zero = Operands {
            b: Place::Const(0),
            ..*operands
        };
        let cc = self.compare(e, Cond::Ne, &zero)?;
        if self.is_v7() {
            let (cc, others) = match rd {
                _ if rd == no => (cc, [Some(yes), None]),
                _ if rd == yes => (cc.inverted(), [Some(no), None]),
                _ => (cc, [Some(yes), Some(no)]),
            };
            self.put(e, t16::it(cc, then_mask(cc, others[1].is_some())))?;
            for value in others.into_iter().flatten() {
                self.put(e, t16::mov_hi(rd, value))?;
            }
            return Ok(());
        }
        // A move between any registers leaves the flags alone.
        let (first, skip, last) = match rd == yes {
            true => (yes, cc, no),
            false => (no, cc.inverted(), yes),
        };
        self.copy(e, rd, first)?;
        let end = e.buffer.new_label()?;
        e.buffer.fixup(Branch::b_cond(skip, self.features), end)?;
        self.copy(e, rd, last)?;
        e.buffer.bind(end);
        Ok(())
    }

    // Floats.

    fn float_compare(&self, e: &mut E<'_>, operands: &Operands, wide: bool) -> Emitted {
        let [a, b] = [operands.a, operands.b];
        self.put(
            e,
            if wide {
                vfp::vcmp_d(double(a), double(b))
            } else {
                vfp::vcmp_s(single(a), single(b))
            },
        )?;
        self.put(e, vfp::vmrs_flags((), ()))
    }

    fn float(&self, e: &mut E<'_>, op: Op, operands: &Operands, wide: bool) -> Emitted {
        let Operands { dst, a, b, .. } = *operands;
        let inst = match (op, wide) {
            (Op::FAdd, false) => vfp::vadd_s(single(dst), single(a), single(b)),
            (Op::FAdd, true) => vfp::vadd_d(double(dst), double(a), double(b)),
            (Op::FSub, false) => vfp::vsub_s(single(dst), single(a), single(b)),
            (Op::FSub, true) => vfp::vsub_d(double(dst), double(a), double(b)),
            (Op::FMul, false) => vfp::vmul_s(single(dst), single(a), single(b)),
            (Op::FMul, true) => vfp::vmul_d(double(dst), double(a), double(b)),
            (Op::FDiv, false) => vfp::vdiv_s(single(dst), single(a), single(b)),
            (Op::FDiv, true) => vfp::vdiv_d(double(dst), double(a), double(b)),
            (Op::FNeg, false) => vfp::vneg_s(single(dst), single(a)),
            (Op::FNeg, true) => vfp::vneg_d(double(dst), double(a)),
            (Op::FAbs, false) => vfp::vabs_s(single(dst), single(a)),
            (Op::FAbs, true) => vfp::vabs_d(double(dst), double(a)),
            (Op::FSqrt, false) => vfp::vsqrt_s(single(dst), single(a)),
            (Op::FSqrt, true) => vfp::vsqrt_d(double(dst), double(a)),
            (Op::FloatOfInt, _) => {
                self.put(e, vfp::vmov_s_r(single(dst), reg(a)))?;
                match wide {
                    true => vfp::vcvt_f64_s32(double(dst), single(dst)),
                    false => vfp::vcvt_f32_s32(single(dst), single(dst)),
                }
            }
            (Op::IntOfFloat, _) => {
                let scratch = SReg::new(14);
                self.put(
                    e,
                    match wide {
                        true => vfp::vcvt_s32_f64(scratch, double(a)),
                        false => vfp::vcvt_s32_f32(scratch, single(a)),
                    },
                )?;
                vfp::vmov_r_s(reg(dst), scratch)
            }
            // `wide` is the operand's.
            (_, true) => vfp::vcvt_f32_f64(single(dst), double(a)),
            (_, false) => vfp::vcvt_f64_f32(double(dst), single(a)),
        };
        self.put(e, inst)
    }

    /// Are the floats of this instruction doubles? Those of its operand, unless it makes a float of an int.
    fn is_wide(&self, e: &E<'_>, inst: &Inst) -> bool {
        let value = match inst.op {
            Op::FloatOfInt => inst.dst,
            _ => inst.a,
        };
        value.is_some_and(|vreg| e.func.ty(vreg) == Type::F64)
    }
}

/// Adds `offset` in steps that an 8-bit constant holds.
fn while_adding(mut offset: i32, mut add: impl FnMut(i32) -> Emitted) -> Emitted {
    while offset > 0 {
        let step = offset.min(255);
        offset -= step;
        add(step)?;
    }
    Ok(())
}

/// The list of one register.
fn one(reg: Reg) -> ferlance_asm::RegSet {
    ferlance_asm::RegSet(1 << reg.number())
}

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

impl Thumb {
    /// Armv6-M has no long product: factors of more than 16 bits count as an overflow.
    fn checked_product(
        &self,
        e: &mut E<'_>,
        operands: &Operands,
        rn: Reg,
        rm: Reg,
        over: Label,
    ) -> Emitted {
        let Some(temp) = operands.temps[0].map(int) else {
            debug_assert!(false, "no register for a product");
            return self.unreachable(e);
        };
        for factor in [rn, rm] {
            self.put(e, t16::sxth(temp, factor))?;
            self.put(e, t16::cmp_rr(temp, factor))?;
            e.buffer
                .fixup(Branch::b_cond(Cc::Ne, self.features), over)?;
        }
        match operands.dst {
            Place::None => Ok(()),
            dst => self.with_reg(e, Op::Mul, reg(dst), rn, rm),
        }
    }
}
