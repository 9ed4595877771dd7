//! Floating point: VFPv4 and FPv5, single and double precision (Armv7-M manual, chapter A6).

use ferlance_asm::rows;

use crate::encode::*;
use crate::inst::{DP, DP5, FP, FP5, Inst};

rows! {
    /// Encodings of the floating-point extensions.
    VFP: Class -> Inst;

    // Three registers (A6.4).
    "vmla{.f32}"     vmla_s(d: Sd, n: Sn, m: Sm) = 0xee000a00, FP;
    "vmla{.f64}"     vmla_d(d: Dd, n: Dn, m: Dm) = 0xee000b00, DP;
    "vmls{.f32}"     vmls_s(d: Sd, n: Sn, m: Sm) = 0xee000a40, FP;
    "vmls{.f64}"     vmls_d(d: Dd, n: Dn, m: Dm) = 0xee000b40, DP;
    "vnmls{.f32}"    vnmls_s(d: Sd, n: Sn, m: Sm) = 0xee100a00, FP;
    "vnmls{.f64}"    vnmls_d(d: Dd, n: Dn, m: Dm) = 0xee100b00, DP;
    "vnmla{.f32}"    vnmla_s(d: Sd, n: Sn, m: Sm) = 0xee100a40, FP;
    "vnmla{.f64}"    vnmla_d(d: Dd, n: Dn, m: Dm) = 0xee100b40, DP;
    "vmul{.f32}"     vmul_s(d: Sd, n: Sn, m: Sm) = 0xee200a00, FP;
    "vmul{.f64}"     vmul_d(d: Dd, n: Dn, m: Dm) = 0xee200b00, DP;
    "vnmul{.f32}"    vnmul_s(d: Sd, n: Sn, m: Sm) = 0xee200a40, FP;
    "vnmul{.f64}"    vnmul_d(d: Dd, n: Dn, m: Dm) = 0xee200b40, DP;
    "vadd{.f32}"     vadd_s(d: Sd, n: Sn, m: Sm) = 0xee300a00, FP;
    "vadd{.f64}"     vadd_d(d: Dd, n: Dn, m: Dm) = 0xee300b00, DP;
    "vsub{.f32}"     vsub_s(d: Sd, n: Sn, m: Sm) = 0xee300a40, FP;
    "vsub{.f64}"     vsub_d(d: Dd, n: Dn, m: Dm) = 0xee300b40, DP;
    "vdiv{.f32}"     vdiv_s(d: Sd, n: Sn, m: Sm) = 0xee800a00, FP;
    "vdiv{.f64}"     vdiv_d(d: Dd, n: Dn, m: Dm) = 0xee800b00, DP;
    "vfnms{.f32}"    vfnms_s(d: Sd, n: Sn, m: Sm) = 0xee900a00, FP;
    "vfnms{.f64}"    vfnms_d(d: Dd, n: Dn, m: Dm) = 0xee900b00, DP;
    "vfnma{.f32}"    vfnma_s(d: Sd, n: Sn, m: Sm) = 0xee900a40, FP;
    "vfnma{.f64}"    vfnma_d(d: Dd, n: Dn, m: Dm) = 0xee900b40, DP;
    "vfma{.f32}"     vfma_s(d: Sd, n: Sn, m: Sm) = 0xeea00a00, FP;
    "vfma{.f64}"     vfma_d(d: Dd, n: Dn, m: Dm) = 0xeea00b00, DP;
    "vfms{.f32}"     vfms_s(d: Sd, n: Sn, m: Sm) = 0xeea00a40, FP;
    "vfms{.f64}"     vfms_d(d: Dd, n: Dn, m: Dm) = 0xeea00b40, DP;

    // Two registers (A6.4).
    "vmov{.f32}"     vmov_s(d: Sd, m: Sm) = 0xeeb00a40, FP;
    "vmov{.f64}"     vmov_d(d: Dd, m: Dm) = 0xeeb00b40, DP;
    "vabs{.f32}"     vabs_s(d: Sd, m: Sm) = 0xeeb00ac0, FP;
    "vabs{.f64}"     vabs_d(d: Dd, m: Dm) = 0xeeb00bc0, DP;
    "vneg{.f32}"     vneg_s(d: Sd, m: Sm) = 0xeeb10a40, FP;
    "vneg{.f64}"     vneg_d(d: Dd, m: Dm) = 0xeeb10b40, DP;
    "vsqrt{.f32}"    vsqrt_s(d: Sd, m: Sm) = 0xeeb10ac0, FP;
    "vsqrt{.f64}"    vsqrt_d(d: Dd, m: Dm) = 0xeeb10bc0, DP;
    "vcmp{.f32}"     vcmp_s(d: Sd, m: Sm) = 0xeeb40a40, FP;
    "vcmp{.f64}"     vcmp_d(d: Dd, m: Dm) = 0xeeb40b40, DP;
    "vcmpe{.f32}"    vcmpe_s(d: Sd, m: Sm) = 0xeeb40ac0, FP;
    "vcmpe{.f64}"    vcmpe_d(d: Dd, m: Dm) = 0xeeb40bc0, DP;
    "vcmp{.f32}"     vcmp_s_zero(d: Sd, zero: FloatZero) = 0xeeb50a40, FP;
    "vcmp{.f64}"     vcmp_d_zero(d: Dd, zero: FloatZero) = 0xeeb50b40, DP;
    "vcmpe{.f32}"    vcmpe_s_zero(d: Sd, zero: FloatZero) = 0xeeb50ac0, FP;
    "vcmpe{.f64}"    vcmpe_d_zero(d: Dd, zero: FloatZero) = 0xeeb50bc0, DP;
    "vmov{.f32}"     vmov_s_const(d: Sd, bits: Float8) = 0xeeb00a00, FP;
    "vmov{.f64}"     vmov_d_const(d: Dd, bits: Float8) = 0xeeb00b00, DP;

    // Conversions (A7.7.226 to A7.7.230).
    "vcvtb.f32.f16"  vcvtb_f32_f16(d: Sd, m: Sm) = 0xeeb20a40, FP;
    "vcvtb.f16.f32"  vcvtb_f16_f32(d: Sd, m: Sm) = 0xeeb30a40, FP;
    "vcvtb.f64.f16"  vcvtb_f64_f16(d: Dd, m: Sm) = 0xeeb20b40, DP5;
    "vcvtb.f16.f64"  vcvtb_f16_f64(d: Sd, m: Dm) = 0xeeb30b40, DP5;
    "vcvtt.f32.f16"  vcvtt_f32_f16(d: Sd, m: Sm) = 0xeeb20ac0, FP;
    "vcvtt.f16.f32"  vcvtt_f16_f32(d: Sd, m: Sm) = 0xeeb30ac0, FP;
    "vcvtt.f64.f16"  vcvtt_f64_f16(d: Dd, m: Sm) = 0xeeb20bc0, DP5;
    "vcvtt.f16.f64"  vcvtt_f16_f64(d: Sd, m: Dm) = 0xeeb30bc0, DP5;
    "vcvt.f64.f32"   vcvt_f64_f32(d: Dd, m: Sm) = 0xeeb70ac0, DP;
    "vcvt.f32.f64"   vcvt_f32_f64(d: Sd, m: Dm) = 0xeeb70bc0, DP;
    "vcvt.f32.u32"   vcvt_f32_u32(d: Sd, m: Sm) = 0xeeb80a40, FP;
    "vcvt.f32.s32"   vcvt_f32_s32(d: Sd, m: Sm) = 0xeeb80ac0, FP;
    "vcvt.u32.f32"   vcvt_u32_f32(d: Sd, m: Sm) = 0xeebc0ac0, FP;
    "vcvtr.u32.f32"  vcvtr_u32_f32(d: Sd, m: Sm) = 0xeebc0a40, FP;
    "vcvt.s32.f32"   vcvt_s32_f32(d: Sd, m: Sm) = 0xeebd0ac0, FP;
    "vcvtr.s32.f32"  vcvtr_s32_f32(d: Sd, m: Sm) = 0xeebd0a40, FP;
    "vcvt.f32.s16"   vcvt_f32_s16_fixed(d: Sd, same: Sd, fraction: Frac16) = 0xeeba0a40, FP;
    "vcvt.s16.f32"   vcvt_s16_f32_fixed(d: Sd, same: Sd, fraction: Frac16) = 0xeebe0a40, FP;
    "vcvt.f32.s32"   vcvt_f32_s32_fixed(d: Sd, same: Sd, fraction: Frac32) = 0xeeba0ac0, FP;
    "vcvt.s32.f32"   vcvt_s32_f32_fixed(d: Sd, same: Sd, fraction: Frac32) = 0xeebe0ac0, FP;
    "vcvt.f32.u16"   vcvt_f32_u16_fixed(d: Sd, same: Sd, fraction: Frac16) = 0xeebb0a40, FP;
    "vcvt.u16.f32"   vcvt_u16_f32_fixed(d: Sd, same: Sd, fraction: Frac16) = 0xeebf0a40, FP;
    "vcvt.f32.u32"   vcvt_f32_u32_fixed(d: Sd, same: Sd, fraction: Frac32) = 0xeebb0ac0, FP;
    "vcvt.u32.f32"   vcvt_u32_f32_fixed(d: Sd, same: Sd, fraction: Frac32) = 0xeebf0ac0, FP;
    "vcvt.f64.u32"   vcvt_f64_u32(d: Dd, m: Sm) = 0xeeb80b40, DP;
    "vcvt.f64.s32"   vcvt_f64_s32(d: Dd, m: Sm) = 0xeeb80bc0, DP;
    "vcvt.u32.f64"   vcvt_u32_f64(d: Sd, m: Dm) = 0xeebc0bc0, DP;
    "vcvtr.u32.f64"  vcvtr_u32_f64(d: Sd, m: Dm) = 0xeebc0b40, DP;
    "vcvt.s32.f64"   vcvt_s32_f64(d: Sd, m: Dm) = 0xeebd0bc0, DP;
    "vcvtr.s32.f64"  vcvtr_s32_f64(d: Sd, m: Dm) = 0xeebd0b40, DP;
    "vcvt.f64.s16"   vcvt_f64_s16_fixed(d: Dd, same: Dd, fraction: Frac16) = 0xeeba0b40, DP;
    "vcvt.s16.f64"   vcvt_s16_f64_fixed(d: Dd, same: Dd, fraction: Frac16) = 0xeebe0b40, DP;
    "vcvt.f64.s32"   vcvt_f64_s32_fixed(d: Dd, same: Dd, fraction: Frac32) = 0xeeba0bc0, DP;
    "vcvt.s32.f64"   vcvt_s32_f64_fixed(d: Dd, same: Dd, fraction: Frac32) = 0xeebe0bc0, DP;
    "vcvt.f64.u16"   vcvt_f64_u16_fixed(d: Dd, same: Dd, fraction: Frac16) = 0xeebb0b40, DP;
    "vcvt.u16.f64"   vcvt_u16_f64_fixed(d: Dd, same: Dd, fraction: Frac16) = 0xeebf0b40, DP;
    "vcvt.f64.u32"   vcvt_f64_u32_fixed(d: Dd, same: Dd, fraction: Frac32) = 0xeebb0bc0, DP;
    "vcvt.u32.f64"   vcvt_u32_f64_fixed(d: Dd, same: Dd, fraction: Frac32) = 0xeebf0bc0, DP;

    // FPv5: selection, minimum and maximum, rounding.
    "vsel{.f32}"     vsel_s(cond: CondSel, d: Sd, n: Sn, m: Sm) = 0xfe000a00, FP5;
    "vmaxnm{.f32}"   vmaxnm_s(d: Sd, n: Sn, m: Sm) = 0xfe800a00, FP5;
    "vminnm{.f32}"   vminnm_s(d: Sd, n: Sn, m: Sm) = 0xfe800a40, FP5;
    "vrintr{.f32}"   vrintr_s(d: Sd, m: Sm) = 0xeeb60a40, FP5;
    "vrintz{.f32}"   vrintz_s(d: Sd, m: Sm) = 0xeeb60ac0, FP5;
    "vrintx{.f32}"   vrintx_s(d: Sd, m: Sm) = 0xeeb70a40, FP5;
    "vrinta{.f32}"   vrinta_s(d: Sd, m: Sm) = 0xfeb80a40, FP5;
    "vrintn{.f32}"   vrintn_s(d: Sd, m: Sm) = 0xfeb90a40, FP5;
    "vrintp{.f32}"   vrintp_s(d: Sd, m: Sm) = 0xfeba0a40, FP5;
    "vrintm{.f32}"   vrintm_s(d: Sd, m: Sm) = 0xfebb0a40, FP5;
    "vcvta.u32.f32"  vcvta_u32_f32(d: Sd, m: Sm) = 0xfebc0a40, FP5;
    "vcvta.s32.f32"  vcvta_s32_f32(d: Sd, m: Sm) = 0xfebc0ac0, FP5;
    "vcvtn.u32.f32"  vcvtn_u32_f32(d: Sd, m: Sm) = 0xfebd0a40, FP5;
    "vcvtn.s32.f32"  vcvtn_s32_f32(d: Sd, m: Sm) = 0xfebd0ac0, FP5;
    "vcvtp.u32.f32"  vcvtp_u32_f32(d: Sd, m: Sm) = 0xfebe0a40, FP5;
    "vcvtp.s32.f32"  vcvtp_s32_f32(d: Sd, m: Sm) = 0xfebe0ac0, FP5;
    "vcvtm.u32.f32"  vcvtm_u32_f32(d: Sd, m: Sm) = 0xfebf0a40, FP5;
    "vcvtm.s32.f32"  vcvtm_s32_f32(d: Sd, m: Sm) = 0xfebf0ac0, FP5;
    "vsel{.f64}"     vsel_d(cond: CondSel, d: Dd, n: Dn, m: Dm) = 0xfe000b00, DP5;
    "vmaxnm{.f64}"   vmaxnm_d(d: Dd, n: Dn, m: Dm) = 0xfe800b00, DP5;
    "vminnm{.f64}"   vminnm_d(d: Dd, n: Dn, m: Dm) = 0xfe800b40, DP5;
    "vrintr{.f64}"   vrintr_d(d: Dd, m: Dm) = 0xeeb60b40, DP5;
    "vrintz{.f64}"   vrintz_d(d: Dd, m: Dm) = 0xeeb60bc0, DP5;
    "vrintx{.f64}"   vrintx_d(d: Dd, m: Dm) = 0xeeb70b40, DP5;
    "vrinta{.f64}"   vrinta_d(d: Dd, m: Dm) = 0xfeb80b40, DP5;
    "vrintn{.f64}"   vrintn_d(d: Dd, m: Dm) = 0xfeb90b40, DP5;
    "vrintp{.f64}"   vrintp_d(d: Dd, m: Dm) = 0xfeba0b40, DP5;
    "vrintm{.f64}"   vrintm_d(d: Dd, m: Dm) = 0xfebb0b40, DP5;
    "vcvta.u32.f64"  vcvta_u32_f64(d: Sd, m: Dm) = 0xfebc0b40, DP5;
    "vcvta.s32.f64"  vcvta_s32_f64(d: Sd, m: Dm) = 0xfebc0bc0, DP5;
    "vcvtn.u32.f64"  vcvtn_u32_f64(d: Sd, m: Dm) = 0xfebd0b40, DP5;
    "vcvtn.s32.f64"  vcvtn_s32_f64(d: Sd, m: Dm) = 0xfebd0bc0, DP5;
    "vcvtp.u32.f64"  vcvtp_u32_f64(d: Sd, m: Dm) = 0xfebe0b40, DP5;
    "vcvtp.s32.f64"  vcvtp_s32_f64(d: Sd, m: Dm) = 0xfebe0bc0, DP5;
    "vcvtm.u32.f64"  vcvtm_u32_f64(d: Sd, m: Dm) = 0xfebf0b40, DP5;
    "vcvtm.s32.f64"  vcvtm_s32_f64(d: Sd, m: Dm) = 0xfebf0bc0, DP5;

    // To and from core registers (A6.6).
    "vmov"           vmov_s_r(n: Sn, rt: RtSp12) = 0xee000a10, FP;
    "vmov"           vmov_r_s(rt: RtSp12, n: Sn) = 0xee100a10, FP;
    "vmov{.32}"      vmov_lane_r(n: Lane, rt: Rt12) = 0xee000b10, FP;
    "vmov{.32}"      vmov_r_lane(rt: Rt12, n: Lane) = 0xee100b10, FP;
    "vmov"           vmov_ss_rr(m: SmPair, rt: Rt12, rt2: Rt16) = 0xec400a10, FP;
    "vmov"           vmov_rr_ss(rt: Rt12, rt2: Rt16, m: SmPair) = 0xec500a10, FP;
    "vmov"           vmov_d_rr(m: Dm, rt: Rt12, rt2: Rt16) = 0xec400b10, FP;
    "vmov"           vmov_rr_d(rt: Rt12, rt2: Rt16, m: Dm) = 0xec500b10, FP;
    "vmsr"           vmsr(fpscr: Fpscr, rt: Rt12) = 0xeee10a10, FP;
    "vmrs"           vmrs(rt: Rt12, fpscr: Fpscr) = 0xeef10a10, FP;
    "vmrs"           vmrs_flags(flags: Apsr, fpscr: Fpscr) = 0xeef1fa10, FP;

    // Loads and stores (A6.5).
    "vstr"           vstr_s(d: Sd, rn: Base16, offset: Off8Word) = 0xed000a00, FP;
    "vstr"           vstr_d(d: Dd, rn: Base16, offset: Off8Word) = 0xed000b00, FP;
    "vldr"           vldr_s(d: Sd, rn: Base16, offset: Off8Word) = 0xed100a00, FP;
    "vldr"           vldr_s_literal(d: Sd, to: ToWord8Wide) = 0xed1f0a00, FP;
    "vldr"           vldr_d(d: Dd, rn: Base16, offset: Off8Word) = 0xed100b00, FP;
    "vldr"           vldr_d_literal(d: Dd, to: ToWord8Wide) = 0xed1f0b00, FP;
    "vpush"          vpush_s(list: SRun) = 0xed2d0a00, FP;
    "vpop"           vpop_s(list: SRun) = 0xecbd0a00, FP;
    "vstmia"         vstmia_s(rn: RnSp16, list: SRun) = 0xec800a00, FP;
    "vstmia"         vstmia_s_back(rn: Bang16, list: SRun) = 0xeca00a00, FP;
    "vstmdb"         vstmdb_s_back(rn: Bang16, list: SRun) = 0xed200a00, FP;
    "vldmia"         vldmia_s(rn: RnSp16, list: SRun) = 0xec900a00, FP;
    "vldmia"         vldmia_s_back(rn: Bang16, list: SRun) = 0xecb00a00, FP;
    "vldmdb"         vldmdb_s_back(rn: Bang16, list: SRun) = 0xed300a00, FP;
    "vpush"          vpush_d(list: DRun) = 0xed2d0b00, FP;
    "vpop"           vpop_d(list: DRun) = 0xecbd0b00, FP;
    "vstmia"         vstmia_d(rn: RnSp16, list: DRun) = 0xec800b00, FP;
    "vstmia"         vstmia_d_back(rn: Bang16, list: DRun) = 0xeca00b00, FP;
    "vstmdb"         vstmdb_d_back(rn: Bang16, list: DRun) = 0xed200b00, FP;
    "vldmia"         vldmia_d(rn: RnSp16, list: DRun) = 0xec900b00, FP;
    "vldmia"         vldmia_d_back(rn: Bang16, list: DRun) = 0xecb00b00, FP;
    "vldmdb"         vldmdb_d_back(rn: Bang16, list: DRun) = 0xed300b00, FP;
}
