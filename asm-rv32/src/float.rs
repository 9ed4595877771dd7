//! Floating point, single and double precision.

use ferlance_asm::rows;

use crate::encode::*;
use crate::inst::{D, F, Inst, RV64};

rows! {
    /// The F and D extensions.
    FLOAT: Class -> Inst;

    // Single precision.
    "flw"        flw(fd: Fd, offset: Off12, rs1: Base1) = 0x00002007, F;
    "fsw"        fsw(fs: F2, offset: OffS12, rs1: Base1) = 0x00002027, F;
    "fmadd.s"    fmadd_s(fd: Fd, f1: F1, f2: F2, f3: F3, rounding: Rm) = 0x00000043, F;
    "fmsub.s"    fmsub_s(fd: Fd, f1: F1, f2: F2, f3: F3, rounding: Rm) = 0x00000047, F;
    "fnmsub.s"   fnmsub_s(fd: Fd, f1: F1, f2: F2, f3: F3, rounding: Rm) = 0x0000004b, F;
    "fnmadd.s"   fnmadd_s(fd: Fd, f1: F1, f2: F2, f3: F3, rounding: Rm) = 0x0000004f, F;
    "fadd.s"     fadd_s(fd: Fd, f1: F1, f2: F2, rounding: Rm) = 0x00000053, F;
    "fsub.s"     fsub_s(fd: Fd, f1: F1, f2: F2, rounding: Rm) = 0x08000053, F;
    "fmul.s"     fmul_s(fd: Fd, f1: F1, f2: F2, rounding: Rm) = 0x10000053, F;
    "fdiv.s"     fdiv_s(fd: Fd, f1: F1, f2: F2, rounding: Rm) = 0x18000053, F;
    "fsqrt.s"    fsqrt_s(fd: Fd, f1: F1, rounding: Rm) = 0x58000053, F;
    "fsgnj.s"    fsgnj_s(fd: Fd, f1: F1, f2: F2) = 0x20000053, F;
    "fsgnjn.s"   fsgnjn_s(fd: Fd, f1: F1, f2: F2) = 0x20001053, F;
    "fsgnjx.s"   fsgnjx_s(fd: Fd, f1: F1, f2: F2) = 0x20002053, F;
    "fmin.s"     fmin_s(fd: Fd, f1: F1, f2: F2) = 0x28000053, F;
    "fmax.s"     fmax_s(fd: Fd, f1: F1, f2: F2) = 0x28001053, F;
    "fmv.s"      fmv_s(fd: Fd, f: FTwice) = 0x20000053, F;
    "fneg.s"     fneg_s(fd: Fd, f: FTwice) = 0x20001053, F;
    "fabs.s"     fabs_s(fd: Fd, f: FTwice) = 0x20002053, F;
    "fle.s"      fle_s(rd: Rd, f1: F1, f2: F2) = 0xa0000053, F;
    "flt.s"      flt_s(rd: Rd, f1: F1, f2: F2) = 0xa0001053, F;
    "feq.s"      feq_s(rd: Rd, f1: F1, f2: F2) = 0xa0002053, F;
    "fclass.s"   fclass_s(rd: Rd, f1: F1) = 0xe0001053, F;
    "fcvt.w.s"   fcvt_w_s(rd: Rd, f1: F1, rounding: Rm) = 0xc0000053, F;
    "fcvt.s.w"   fcvt_s_w(fd: Fd, rs1: Rs1, rounding: Rm) = 0xd0000053, F;
    "fcvt.wu.s"  fcvt_wu_s(rd: Rd, f1: F1, rounding: Rm) = 0xc0100053, F;
    "fcvt.s.wu"  fcvt_s_wu(fd: Fd, rs1: Rs1, rounding: Rm) = 0xd0100053, F;
    "fcvt.l.s"   fcvt_l_s(rd: Rd, f1: F1, rounding: Rm) = 0xc0200053, F | RV64;
    "fcvt.s.l"   fcvt_s_l(fd: Fd, rs1: Rs1, rounding: Rm) = 0xd0200053, F | RV64;
    "fcvt.lu.s"  fcvt_lu_s(rd: Rd, f1: F1, rounding: Rm) = 0xc0300053, F | RV64;
    "fcvt.s.lu"  fcvt_s_lu(fd: Fd, rs1: Rs1, rounding: Rm) = 0xd0300053, F | RV64;
    "fmv.x.w"    fmv_x_w(rd: Rd, f1: F1) = 0xe0000053, F;
    "fmv.w.x"    fmv_w_x(fd: Fd, rs1: Rs1) = 0xf0000053, F;

    // Double precision.
    "fld"        fld(fd: Fd, offset: Off12, rs1: Base1) = 0x00003007, D;
    "fsd"        fsd(fs: F2, offset: OffS12, rs1: Base1) = 0x00003027, D;
    "fmadd.d"    fmadd_d(fd: Fd, f1: F1, f2: F2, f3: F3, rounding: Rm) = 0x02000043, D;
    "fmsub.d"    fmsub_d(fd: Fd, f1: F1, f2: F2, f3: F3, rounding: Rm) = 0x02000047, D;
    "fnmsub.d"   fnmsub_d(fd: Fd, f1: F1, f2: F2, f3: F3, rounding: Rm) = 0x0200004b, D;
    "fnmadd.d"   fnmadd_d(fd: Fd, f1: F1, f2: F2, f3: F3, rounding: Rm) = 0x0200004f, D;
    "fadd.d"     fadd_d(fd: Fd, f1: F1, f2: F2, rounding: Rm) = 0x02000053, D;
    "fsub.d"     fsub_d(fd: Fd, f1: F1, f2: F2, rounding: Rm) = 0x0a000053, D;
    "fmul.d"     fmul_d(fd: Fd, f1: F1, f2: F2, rounding: Rm) = 0x12000053, D;
    "fdiv.d"     fdiv_d(fd: Fd, f1: F1, f2: F2, rounding: Rm) = 0x1a000053, D;
    "fsqrt.d"    fsqrt_d(fd: Fd, f1: F1, rounding: Rm) = 0x5a000053, D;
    "fsgnj.d"    fsgnj_d(fd: Fd, f1: F1, f2: F2) = 0x22000053, D;
    "fsgnjn.d"   fsgnjn_d(fd: Fd, f1: F1, f2: F2) = 0x22001053, D;
    "fsgnjx.d"   fsgnjx_d(fd: Fd, f1: F1, f2: F2) = 0x22002053, D;
    "fmin.d"     fmin_d(fd: Fd, f1: F1, f2: F2) = 0x2a000053, D;
    "fmax.d"     fmax_d(fd: Fd, f1: F1, f2: F2) = 0x2a001053, D;
    "fmv.d"      fmv_d(fd: Fd, f: FTwice) = 0x22000053, D;
    "fneg.d"     fneg_d(fd: Fd, f: FTwice) = 0x22001053, D;
    "fabs.d"     fabs_d(fd: Fd, f: FTwice) = 0x22002053, D;
    "fle.d"      fle_d(rd: Rd, f1: F1, f2: F2) = 0xa2000053, D;
    "flt.d"      flt_d(rd: Rd, f1: F1, f2: F2) = 0xa2001053, D;
    "feq.d"      feq_d(rd: Rd, f1: F1, f2: F2) = 0xa2002053, D;
    "fclass.d"   fclass_d(rd: Rd, f1: F1) = 0xe2001053, D;
    "fcvt.w.d"   fcvt_w_d(rd: Rd, f1: F1, rounding: Rm) = 0xc2000053, D;
    "fcvt.d.w"   fcvt_d_w(fd: Fd, rs1: Rs1) = 0xd2000053, D;
    "fcvt.wu.d"  fcvt_wu_d(rd: Rd, f1: F1, rounding: Rm) = 0xc2100053, D;
    "fcvt.d.wu"  fcvt_d_wu(fd: Fd, rs1: Rs1) = 0xd2100053, D;
    "fcvt.l.d"   fcvt_l_d(rd: Rd, f1: F1, rounding: Rm) = 0xc2200053, D | RV64;
    "fcvt.d.l"   fcvt_d_l(fd: Fd, rs1: Rs1, rounding: Rm) = 0xd2200053, D | RV64;
    "fcvt.lu.d"  fcvt_lu_d(rd: Rd, f1: F1, rounding: Rm) = 0xc2300053, D | RV64;
    "fcvt.d.lu"  fcvt_d_lu(fd: Fd, rs1: Rs1, rounding: Rm) = 0xd2300053, D | RV64;
    "fcvt.s.d"   fcvt_s_d(fd: Fd, f1: F1, rounding: Rm) = 0x40100053, D;
    "fcvt.d.s"   fcvt_d_s(fd: Fd, f1: F1) = 0x42000053, D;
    "fmv.x.d"    fmv_x_d(rd: Rd, f1: F1) = 0xe2000053, D | RV64;
    "fmv.d.x"    fmv_d_x(fd: Fd, rs1: Rs1) = 0xf2000053, D | RV64;
}
