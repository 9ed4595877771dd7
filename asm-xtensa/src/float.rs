//! The floating-point coprocessor option, single precision.

use ferlance_asm::rows;

use crate::encode::*;
use crate::inst::{BOOL, FP, Inst};

rows! {
    /// Floating point.
    FLOAT: Class -> Inst;

    // Arithmetic.
    "add.s"      add_s(fr: Fr, fs: Fs, ft: Ft) = 0x0a0000, FP;
    "sub.s"      sub_s(fr: Fr, fs: Fs, ft: Ft) = 0x1a0000, FP;
    "mul.s"      mul_s(fr: Fr, fs: Fs, ft: Ft) = 0x2a0000, FP;
    "madd.s"     madd_s(fr: Fr, fs: Fs, ft: Ft) = 0x4a0000, FP;
    "msub.s"     msub_s(fr: Fr, fs: Fs, ft: Ft) = 0x5a0000, FP;
    "maddn.s"    maddn_s(fr: Fr, fs: Fs, ft: Ft) = 0x6a0000, FP;
    "divn.s"     divn_s(fr: Fr, fs: Fs, ft: Ft) = 0x7a0000, FP;
    "mov.s"      mov_s(fr: Fr, fs: Fs) = 0xfa0000, FP;
    "abs.s"      abs_s(fr: Fr, fs: Fs) = 0xfa0010, FP;
    "neg.s"      neg_s(fr: Fr, fs: Fs) = 0xfa0060, FP;
    "div0.s"     div0_s(fr: Fr, fs: Fs) = 0xfa0070, FP;
    "recip0.s"   recip0_s(fr: Fr, fs: Fs) = 0xfa0080, FP;
    "sqrt0.s"    sqrt0_s(fr: Fr, fs: Fs) = 0xfa0090, FP;
    "rsqrt0.s"   rsqrt0_s(fr: Fr, fs: Fs) = 0xfa00a0, FP;
    "nexp01.s"   nexp01_s(fr: Fr, fs: Fs) = 0xfa00b0, FP;
    "mksadj.s"   mksadj_s(fr: Fr, fs: Fs) = 0xfa00c0, FP;
    "mkdadj.s"   mkdadj_s(fr: Fr, fs: Fs) = 0xfa00d0, FP;
    "addexp.s"   addexp_s(fr: Fr, fs: Fs) = 0xfa00e0, FP;
    "addexpm.s"  addexpm_s(fr: Fr, fs: Fs) = 0xfa00f0, FP;
    "const.s"    const_s(fr: Fr, index: U4s) = 0xfa0030, FP;

    // Conversions and moves.
    "round.s"    round_s(ar: Ar, fs: Fs, scale: U4t) = 0x8a0000, FP;
    "trunc.s"    trunc_s(ar: Ar, fs: Fs, scale: U4t) = 0x9a0000, FP;
    "floor.s"    floor_s(ar: Ar, fs: Fs, scale: U4t) = 0xaa0000, FP;
    "ceil.s"     ceil_s(ar: Ar, fs: Fs, scale: U4t) = 0xba0000, FP;
    "utrunc.s"   utrunc_s(ar: Ar, fs: Fs, scale: U4t) = 0xea0000, FP;
    "float.s"    float_s(fr: Fr, rs: As, scale: U4t) = 0xca0000, FP;
    "ufloat.s"   ufloat_s(fr: Fr, rs: As, scale: U4t) = 0xda0000, FP;
    "rfr"        rfr(ar: Ar, fs: Fs) = 0xfa0040, FP;
    "wfr"        wfr(fr: Fr, rs: As) = 0xfa0050, FP;
    "moveqz.s"   moveqz_s(fr: Fr, fs: Fs, rt: At) = 0x8b0000, FP;
    "movnez.s"   movnez_s(fr: Fr, fs: Fs, rt: At) = 0x9b0000, FP;
    "movltz.s"   movltz_s(fr: Fr, fs: Fs, rt: At) = 0xab0000, FP;
    "movgez.s"   movgez_s(fr: Fr, fs: Fs, rt: At) = 0xbb0000, FP;
    "movf.s"     movf_s(fr: Fr, fs: Fs, bt: Bt) = 0xcb0000, FP | BOOL;
    "movt.s"     movt_s(fr: Fr, fs: Fs, bt: Bt) = 0xdb0000, FP | BOOL;

    // Comparisons.
    "un.s"       un_s(br: Br, fs: Fs, ft: Ft) = 0x1b0000, FP | BOOL;
    "oeq.s"      oeq_s(br: Br, fs: Fs, ft: Ft) = 0x2b0000, FP | BOOL;
    "ueq.s"      ueq_s(br: Br, fs: Fs, ft: Ft) = 0x3b0000, FP | BOOL;
    "olt.s"      olt_s(br: Br, fs: Fs, ft: Ft) = 0x4b0000, FP | BOOL;
    "ult.s"      ult_s(br: Br, fs: Fs, ft: Ft) = 0x5b0000, FP | BOOL;
    "ole.s"      ole_s(br: Br, fs: Fs, ft: Ft) = 0x6b0000, FP | BOOL;
    "ule.s"      ule_s(br: Br, fs: Fs, ft: Ft) = 0x7b0000, FP | BOOL;

    // Loads and stores. The manual writes the updating forms `lsiu` or, later, `lsip`, which update after.
    "lsi"        lsi(ft: Ft, rs: As, offset: U8Word) = 0x000003, FP;
    "ssi"        ssi(ft: Ft, rs: As, offset: U8Word) = 0x004003, FP;
    "lsip"       lsip(ft: Ft, rs: As, offset: U8Word) = 0x008003, FP;
    "ssip"       ssip(ft: Ft, rs: As, offset: U8Word) = 0x00c003, FP;
    "lsx"        lsx(fr: Fr, rs: As, rt: At) = 0x080000, FP;
    "ssx"        ssx(fr: Fr, rs: As, rt: At) = 0x480000, FP;
    "lsxp"       lsxp(fr: Fr, rs: As, rt: At) = 0x180000, FP;
    "ssxp"       ssxp(fr: Fr, rs: As, rt: At) = 0x580000, FP;
}
