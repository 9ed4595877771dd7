//! Comparison, and what depends on it.
use ferlance_asm_thumb::encode::is_constant;
use ferlance_asm_thumb::fixup::Branch;
use ferlance_asm_thumb::{Cond as Cc, Reg, Shift, t16, t32};

use super::Thumb;
use super::isel::{low_bits, word};
use super::words::{E, int, low, reg};
use crate::arch::{Emitted, Operands, Place};
use crate::nir::{Cond, Op};

/// The condition after a comparison of words.
pub(super) fn condition(cond: Cond) -> Cc {
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

/// The mask of an `it` with one instruction, or with a second one on the opposite condition.
pub(super) fn then_mask(cond: Cc, with_else: bool) -> i32 {
    match with_else {
        false => 8,
        true => (!(cond as i32) & 1) << 3 | 4,
    }
}

impl Thumb {
    /// Sets the flags for a comparison; gives the condition to look for.
    pub(super) fn compare(&self, e: &mut E<'_>, cond: Cond, operands: &Operands) -> Emitted<Cc> {
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
    pub(super) fn set(&self, e: &mut E<'_>, rd: Reg, cc: Cc) -> Emitted {
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

    pub(super) fn compare_to(&self, e: &mut E<'_>, cond: Cond, operands: &Operands) -> Emitted {
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

    pub(super) fn select(&self, e: &mut E<'_>, operands: &Operands) -> Emitted {
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
}
