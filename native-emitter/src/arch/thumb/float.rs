//! Floats.
use ferlance_asm_thumb::{Cond as Cc, DReg, Reg, SReg, vfp};

use super::Thumb;
use super::words::{E, reg};
use crate::arch::{Emitted, Operands, Place, Preg};
use crate::nir::{Cond, Inst, Op, Type};

/// The low half of a float register.
pub(super) fn single(place: Place) -> SReg {
    debug_assert!(
        matches!(place, Place::Reg(preg) if preg.is_float()),
        "{place:?}"
    );
    SReg::new(place.reg().map_or(0, |preg| preg.number() * 2))
}

/// A float register.
pub(super) fn double(place: Place) -> DReg {
    debug_assert!(
        matches!(place, Place::Reg(preg) if preg.is_float()),
        "{place:?}"
    );
    DReg::new(place.reg().map_or(0, |preg| preg.number() & 15))
}

/// The condition after a comparison of floats, whose unordered outcome is that of a sum with an overflow.
pub(super) fn float_condition(cond: Cond) -> Cc {
    match cond {
        Cond::Eq | Cond::TestZero => Cc::Eq,
        Cond::Ne | Cond::TestNonZero => Cc::Ne,
        Cond::Lt | Cond::Below => Cc::Mi,
        Cond::Le | Cond::BelowEq => Cc::Ls,
        Cond::Gt | Cond::Above => Cc::Gt,
        Cond::Ge | Cond::AboveEq => Cc::Ge,
    }
}

impl Thumb {
    /// A base and an offset that float loads and stores take, for a place above sp.
    pub(super) fn near_sp(&self, e: &mut E<'_>, offset: i32) -> Emitted<(Reg, i32)> {
        if (0..=1020).contains(&offset) {
            return Ok((Reg::SP, offset));
        }
        self.sp_address(e, Reg::R12, offset)?;
        Ok((Reg::R12, 0))
    }

    pub(super) fn move_float(&self, e: &mut E<'_>, dst: Place, src: Place, wide: bool) -> Emitted {
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

    pub(super) fn float_constant(
        &self,
        e: &mut E<'_>,
        dst: Place,
        bits: i64,
        wide: bool,
    ) -> Emitted {
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

    pub(super) fn float_compare(&self, e: &mut E<'_>, operands: &Operands, wide: bool) -> Emitted {
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

    pub(super) fn float(&self, e: &mut E<'_>, op: Op, operands: &Operands, wide: bool) -> Emitted {
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
    pub(super) fn is_wide(&self, e: &E<'_>, inst: &Inst) -> bool {
        let value = match inst.op {
            Op::FloatOfInt => inst.dst,
            _ => inst.a,
        };
        value.is_some_and(|vreg| e.func.ty(vreg) == Type::F64)
    }
}
