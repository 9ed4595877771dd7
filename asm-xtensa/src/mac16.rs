//! The MAC16 option.

use ferlance_asm::rows;

use crate::encode::*;
use crate::inst::{Inst, MAC16};

rows! {
    /// Multiplication with accumulation.
    MAC16_ROWS: Class -> Inst;

    // Operands: multiplier register, multiplier register.
    "mul.dd.ll"  mul_dd_ll(mx: Mx, my: My) = 0x240004, MAC16;
    "mul.dd.hl"  mul_dd_hl(mx: Mx, my: My) = 0x250004, MAC16;
    "mul.dd.lh"  mul_dd_lh(mx: Mx, my: My) = 0x260004, MAC16;
    "mul.dd.hh"  mul_dd_hh(mx: Mx, my: My) = 0x270004, MAC16;
    "mula.dd.ll" mula_dd_ll(mx: Mx, my: My) = 0x280004, MAC16;
    "mula.dd.hl" mula_dd_hl(mx: Mx, my: My) = 0x290004, MAC16;
    "mula.dd.lh" mula_dd_lh(mx: Mx, my: My) = 0x2a0004, MAC16;
    "mula.dd.hh" mula_dd_hh(mx: Mx, my: My) = 0x2b0004, MAC16;
    "muls.dd.ll" muls_dd_ll(mx: Mx, my: My) = 0x2c0004, MAC16;
    "muls.dd.hl" muls_dd_hl(mx: Mx, my: My) = 0x2d0004, MAC16;
    "muls.dd.lh" muls_dd_lh(mx: Mx, my: My) = 0x2e0004, MAC16;
    "muls.dd.hh" muls_dd_hh(mx: Mx, my: My) = 0x2f0004, MAC16;

    // Operands: address register, multiplier register.
    "mul.ad.ll"  mul_ad_ll(rs: As, my: My) = 0x340004, MAC16;
    "mul.ad.hl"  mul_ad_hl(rs: As, my: My) = 0x350004, MAC16;
    "mul.ad.lh"  mul_ad_lh(rs: As, my: My) = 0x360004, MAC16;
    "mul.ad.hh"  mul_ad_hh(rs: As, my: My) = 0x370004, MAC16;
    "mula.ad.ll" mula_ad_ll(rs: As, my: My) = 0x380004, MAC16;
    "mula.ad.hl" mula_ad_hl(rs: As, my: My) = 0x390004, MAC16;
    "mula.ad.lh" mula_ad_lh(rs: As, my: My) = 0x3a0004, MAC16;
    "mula.ad.hh" mula_ad_hh(rs: As, my: My) = 0x3b0004, MAC16;
    "muls.ad.ll" muls_ad_ll(rs: As, my: My) = 0x3c0004, MAC16;
    "muls.ad.hl" muls_ad_hl(rs: As, my: My) = 0x3d0004, MAC16;
    "muls.ad.lh" muls_ad_lh(rs: As, my: My) = 0x3e0004, MAC16;
    "muls.ad.hh" muls_ad_hh(rs: As, my: My) = 0x3f0004, MAC16;

    // Operands: multiplier register, address register.
    "mul.da.ll"  mul_da_ll(mx: Mx, rt: At) = 0x640004, MAC16;
    "mul.da.hl"  mul_da_hl(mx: Mx, rt: At) = 0x650004, MAC16;
    "mul.da.lh"  mul_da_lh(mx: Mx, rt: At) = 0x660004, MAC16;
    "mul.da.hh"  mul_da_hh(mx: Mx, rt: At) = 0x670004, MAC16;
    "mula.da.ll" mula_da_ll(mx: Mx, rt: At) = 0x680004, MAC16;
    "mula.da.hl" mula_da_hl(mx: Mx, rt: At) = 0x690004, MAC16;
    "mula.da.lh" mula_da_lh(mx: Mx, rt: At) = 0x6a0004, MAC16;
    "mula.da.hh" mula_da_hh(mx: Mx, rt: At) = 0x6b0004, MAC16;
    "muls.da.ll" muls_da_ll(mx: Mx, rt: At) = 0x6c0004, MAC16;
    "muls.da.hl" muls_da_hl(mx: Mx, rt: At) = 0x6d0004, MAC16;
    "muls.da.lh" muls_da_lh(mx: Mx, rt: At) = 0x6e0004, MAC16;
    "muls.da.hh" muls_da_hh(mx: Mx, rt: At) = 0x6f0004, MAC16;

    // Operands: address register, address register.
    "umul.aa.ll" umul_aa_ll(rs: As, rt: At) = 0x700004, MAC16;
    "umul.aa.hl" umul_aa_hl(rs: As, rt: At) = 0x710004, MAC16;
    "umul.aa.lh" umul_aa_lh(rs: As, rt: At) = 0x720004, MAC16;
    "umul.aa.hh" umul_aa_hh(rs: As, rt: At) = 0x730004, MAC16;
    "mul.aa.ll"  mul_aa_ll(rs: As, rt: At) = 0x740004, MAC16;
    "mul.aa.hl"  mul_aa_hl(rs: As, rt: At) = 0x750004, MAC16;
    "mul.aa.lh"  mul_aa_lh(rs: As, rt: At) = 0x760004, MAC16;
    "mul.aa.hh"  mul_aa_hh(rs: As, rt: At) = 0x770004, MAC16;
    "mula.aa.ll" mula_aa_ll(rs: As, rt: At) = 0x780004, MAC16;
    "mula.aa.hl" mula_aa_hl(rs: As, rt: At) = 0x790004, MAC16;
    "mula.aa.lh" mula_aa_lh(rs: As, rt: At) = 0x7a0004, MAC16;
    "mula.aa.hh" mula_aa_hh(rs: As, rt: At) = 0x7b0004, MAC16;
    "muls.aa.ll" muls_aa_ll(rs: As, rt: At) = 0x7c0004, MAC16;
    "muls.aa.hl" muls_aa_hl(rs: As, rt: At) = 0x7d0004, MAC16;
    "muls.aa.lh" muls_aa_lh(rs: As, rt: At) = 0x7e0004, MAC16;
    "muls.aa.hh" muls_aa_hh(rs: As, rt: At) = 0x7f0004, MAC16;

    // With a load.
    "mula.dd.ll.ldinc" mula_dd_ll_ldinc(mw: Mw, rs: As, mx: Mx, my: My) = 0x080004, MAC16;
    "mula.dd.hl.ldinc" mula_dd_hl_ldinc(mw: Mw, rs: As, mx: Mx, my: My) = 0x090004, MAC16;
    "mula.dd.lh.ldinc" mula_dd_lh_ldinc(mw: Mw, rs: As, mx: Mx, my: My) = 0x0a0004, MAC16;
    "mula.dd.hh.ldinc" mula_dd_hh_ldinc(mw: Mw, rs: As, mx: Mx, my: My) = 0x0b0004, MAC16;
    "mula.dd.ll.lddec" mula_dd_ll_lddec(mw: Mw, rs: As, mx: Mx, my: My) = 0x180004, MAC16;
    "mula.dd.hl.lddec" mula_dd_hl_lddec(mw: Mw, rs: As, mx: Mx, my: My) = 0x190004, MAC16;
    "mula.dd.lh.lddec" mula_dd_lh_lddec(mw: Mw, rs: As, mx: Mx, my: My) = 0x1a0004, MAC16;
    "mula.dd.hh.lddec" mula_dd_hh_lddec(mw: Mw, rs: As, mx: Mx, my: My) = 0x1b0004, MAC16;
    "mula.da.ll.ldinc" mula_da_ll_ldinc(mw: Mw, rs: As, mx: Mx, rt: At) = 0x480004, MAC16;
    "mula.da.hl.ldinc" mula_da_hl_ldinc(mw: Mw, rs: As, mx: Mx, rt: At) = 0x490004, MAC16;
    "mula.da.lh.ldinc" mula_da_lh_ldinc(mw: Mw, rs: As, mx: Mx, rt: At) = 0x4a0004, MAC16;
    "mula.da.hh.ldinc" mula_da_hh_ldinc(mw: Mw, rs: As, mx: Mx, rt: At) = 0x4b0004, MAC16;
    "mula.da.ll.lddec" mula_da_ll_lddec(mw: Mw, rs: As, mx: Mx, rt: At) = 0x580004, MAC16;
    "mula.da.hl.lddec" mula_da_hl_lddec(mw: Mw, rs: As, mx: Mx, rt: At) = 0x590004, MAC16;
    "mula.da.lh.lddec" mula_da_lh_lddec(mw: Mw, rs: As, mx: Mx, rt: At) = 0x5a0004, MAC16;
    "mula.da.hh.lddec" mula_da_hh_lddec(mw: Mw, rs: As, mx: Mx, rt: At) = 0x5b0004, MAC16;
    "ldinc"      ldinc(mw: Mw, rs: As) = 0x800004, MAC16;
    "lddec"      lddec(mw: Mw, rs: As) = 0x900004, MAC16;
}
