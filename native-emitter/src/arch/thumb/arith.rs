//! Arithmetic of words.
use ferlance_asm::Label;
use ferlance_asm_thumb::encode::is_constant;
use ferlance_asm_thumb::fixup::Branch;
use ferlance_asm_thumb::{Cond as Cc, Reg, Shift, t16, t32};

use super::Thumb;
use super::compare::then_mask;
use super::words::{E, int, low, reg};
use crate::arch::{Emit, Emitted, Operands, Place};
use crate::nir::{Op, Width};

impl Thumb {
    /// `rd = rn + imm`.
    pub(super) fn add_imm(&self, e: &mut E<'_>, rd: Reg, rn: Reg, imm: i32) -> Emitted {
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
    pub(super) fn with_imm(&self, e: &mut E<'_>, op: Op, rd: Reg, rn: Reg, imm: i32) -> Emitted {
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

    pub(super) fn not(&self, e: &mut E<'_>, rd: Reg, rm: Reg) -> Emitted {
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
    pub(super) fn with_reg(&self, e: &mut E<'_>, op: Op, rd: Reg, rn: Reg, rm: Reg) -> Emitted {
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

    pub(super) fn divide(&self, e: &mut E<'_>, op: Op, rd: Reg, rn: Reg, rm: Reg) -> Emitted {
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

    pub(super) fn extend(&self, e: &mut E<'_>, width: Width, rd: Reg, rm: Reg) -> Emitted {
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

    /// Armv6-M has no long product: factors of more than 16 bits count as an overflow.
    pub(super) fn checked_product(
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
