//! Loads and stores.
use ferlance_asm_thumb::{Reg, t16, t32, vfp};

use super::Thumb;
use super::float::{double, single};
use super::words::{E, low, reg};
use crate::arch::{Emitted, Place};
use crate::nir::Width;

impl Thumb {
    pub(super) fn load(
        &self,
        e: &mut E<'_>,
        width: Width,
        dst: Place,
        rn: Reg,
        offset: i32,
    ) -> Emitted {
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

    pub(super) fn load_indexed(
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

    pub(super) fn store(
        &self,
        e: &mut E<'_>,
        width: Width,
        src: Place,
        rn: Reg,
        offset: i32,
    ) -> Emitted {
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

    pub(super) fn store_indexed(
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
}
