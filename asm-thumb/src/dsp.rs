//! The DSP extension of Armv7E-M.

use ferlance_asm::rows;

use crate::encode::*;
use crate::inst::{DSP, Inst};

rows! {
    /// 32-bit encodings of the DSP extension.
    DSP_ROWS: Class -> Inst;

    // Halves, packed and extended (A5.3.11, A5.3.12).
    "pkhbt"    pkhbt(rd: Rd8, rn: Rn16, rm: Rm0, shift: LslBy) = 0xeac00000, DSP;
    "pkhtb"    pkhtb(rd: Rd8, rn: Rn16, rm: Rm0, shift: AsrBy32) = 0xeac00020, DSP;
    "sxtah"    sxtah(rd: Rd8, rn: Rn16, rm: Rm0, rotate: Rot) = 0xfa00f080, DSP;
    "uxtah"    uxtah(rd: Rd8, rn: Rn16, rm: Rm0, rotate: Rot) = 0xfa10f080, DSP;
    "sxtab16"  sxtab16(rd: Rd8, rn: Rn16, rm: Rm0, rotate: Rot) = 0xfa20f080, DSP;
    "uxtab16"  uxtab16(rd: Rd8, rn: Rn16, rm: Rm0, rotate: Rot) = 0xfa30f080, DSP;
    "sxtab"    sxtab(rd: Rd8, rn: Rn16, rm: Rm0, rotate: Rot) = 0xfa40f080, DSP;
    "uxtab"    uxtab(rd: Rd8, rn: Rn16, rm: Rm0, rotate: Rot) = 0xfa50f080, DSP;
    "sxtb16"   sxtb16(rd: Rd8, rm: Rm0, rotate: Rot) = 0xfa2ff080, DSP;
    "uxtb16"   uxtb16(rd: Rd8, rm: Rm0, rotate: Rot) = 0xfa3ff080, DSP;

    // Parallel addition and subtraction (A5.3.13, A5.3.14).
    "sadd8"    sadd8(rd: Rd8, rn: Rn16, rm: Rm0) = 0xfa80f000, DSP;
    "sadd16"   sadd16(rd: Rd8, rn: Rn16, rm: Rm0) = 0xfa90f000, DSP;
    "sasx"     sasx(rd: Rd8, rn: Rn16, rm: Rm0) = 0xfaa0f000, DSP;
    "ssub8"    ssub8(rd: Rd8, rn: Rn16, rm: Rm0) = 0xfac0f000, DSP;
    "ssub16"   ssub16(rd: Rd8, rn: Rn16, rm: Rm0) = 0xfad0f000, DSP;
    "ssax"     ssax(rd: Rd8, rn: Rn16, rm: Rm0) = 0xfae0f000, DSP;
    "qadd8"    qadd8(rd: Rd8, rn: Rn16, rm: Rm0) = 0xfa80f010, DSP;
    "qadd16"   qadd16(rd: Rd8, rn: Rn16, rm: Rm0) = 0xfa90f010, DSP;
    "qasx"     qasx(rd: Rd8, rn: Rn16, rm: Rm0) = 0xfaa0f010, DSP;
    "qsub8"    qsub8(rd: Rd8, rn: Rn16, rm: Rm0) = 0xfac0f010, DSP;
    "qsub16"   qsub16(rd: Rd8, rn: Rn16, rm: Rm0) = 0xfad0f010, DSP;
    "qsax"     qsax(rd: Rd8, rn: Rn16, rm: Rm0) = 0xfae0f010, DSP;
    "shadd8"   shadd8(rd: Rd8, rn: Rn16, rm: Rm0) = 0xfa80f020, DSP;
    "shadd16"  shadd16(rd: Rd8, rn: Rn16, rm: Rm0) = 0xfa90f020, DSP;
    "shasx"    shasx(rd: Rd8, rn: Rn16, rm: Rm0) = 0xfaa0f020, DSP;
    "shsub8"   shsub8(rd: Rd8, rn: Rn16, rm: Rm0) = 0xfac0f020, DSP;
    "shsub16"  shsub16(rd: Rd8, rn: Rn16, rm: Rm0) = 0xfad0f020, DSP;
    "shsax"    shsax(rd: Rd8, rn: Rn16, rm: Rm0) = 0xfae0f020, DSP;
    "uadd8"    uadd8(rd: Rd8, rn: Rn16, rm: Rm0) = 0xfa80f040, DSP;
    "uadd16"   uadd16(rd: Rd8, rn: Rn16, rm: Rm0) = 0xfa90f040, DSP;
    "uasx"     uasx(rd: Rd8, rn: Rn16, rm: Rm0) = 0xfaa0f040, DSP;
    "usub8"    usub8(rd: Rd8, rn: Rn16, rm: Rm0) = 0xfac0f040, DSP;
    "usub16"   usub16(rd: Rd8, rn: Rn16, rm: Rm0) = 0xfad0f040, DSP;
    "usax"     usax(rd: Rd8, rn: Rn16, rm: Rm0) = 0xfae0f040, DSP;
    "uqadd8"   uqadd8(rd: Rd8, rn: Rn16, rm: Rm0) = 0xfa80f050, DSP;
    "uqadd16"  uqadd16(rd: Rd8, rn: Rn16, rm: Rm0) = 0xfa90f050, DSP;
    "uqasx"    uqasx(rd: Rd8, rn: Rn16, rm: Rm0) = 0xfaa0f050, DSP;
    "uqsub8"   uqsub8(rd: Rd8, rn: Rn16, rm: Rm0) = 0xfac0f050, DSP;
    "uqsub16"  uqsub16(rd: Rd8, rn: Rn16, rm: Rm0) = 0xfad0f050, DSP;
    "uqsax"    uqsax(rd: Rd8, rn: Rn16, rm: Rm0) = 0xfae0f050, DSP;
    "uhadd8"   uhadd8(rd: Rd8, rn: Rn16, rm: Rm0) = 0xfa80f060, DSP;
    "uhadd16"  uhadd16(rd: Rd8, rn: Rn16, rm: Rm0) = 0xfa90f060, DSP;
    "uhasx"    uhasx(rd: Rd8, rn: Rn16, rm: Rm0) = 0xfaa0f060, DSP;
    "uhsub8"   uhsub8(rd: Rd8, rn: Rn16, rm: Rm0) = 0xfac0f060, DSP;
    "uhsub16"  uhsub16(rd: Rd8, rn: Rn16, rm: Rm0) = 0xfad0f060, DSP;
    "uhsax"    uhsax(rd: Rd8, rn: Rn16, rm: Rm0) = 0xfae0f060, DSP;

    // Saturating arithmetic (A5.3.15, A5.3.3).
    "qadd"     qadd(rd: Rd8, rm: Rm0, rn: Rn16) = 0xfa80f080, DSP;
    "qdadd"    qdadd(rd: Rd8, rm: Rm0, rn: Rn16) = 0xfa80f090, DSP;
    "qsub"     qsub(rd: Rd8, rm: Rm0, rn: Rn16) = 0xfa80f0a0, DSP;
    "qdsub"    qdsub(rd: Rd8, rm: Rm0, rn: Rn16) = 0xfa80f0b0, DSP;
    "ssat16"   ssat16(rd: Rd8, to: SatS16, rn: Rn16) = 0xf3200000, DSP;
    "usat16"   usat16(rd: Rd8, to: SatU16, rn: Rn16) = 0xf3a00000, DSP;
    "sel"      sel(rd: Rd8, rn: Rn16, rm: Rm0) = 0xfaa0f080, DSP;

    // Multiplication (A5.3.16, A5.3.17).
    "smulbb"   smulbb(rd: Rd8, rn: Rn16, rm: Rm0) = 0xfb10f000, DSP;
    "smlabb"   smlabb(rd: Rd8, rn: Rn16, rm: Rm0, ra: Rt12) = 0xfb100000, DSP;
    "smulbt"   smulbt(rd: Rd8, rn: Rn16, rm: Rm0) = 0xfb10f010, DSP;
    "smlabt"   smlabt(rd: Rd8, rn: Rn16, rm: Rm0, ra: Rt12) = 0xfb100010, DSP;
    "smultb"   smultb(rd: Rd8, rn: Rn16, rm: Rm0) = 0xfb10f020, DSP;
    "smlatb"   smlatb(rd: Rd8, rn: Rn16, rm: Rm0, ra: Rt12) = 0xfb100020, DSP;
    "smultt"   smultt(rd: Rd8, rn: Rn16, rm: Rm0) = 0xfb10f030, DSP;
    "smlatt"   smlatt(rd: Rd8, rn: Rn16, rm: Rm0, ra: Rt12) = 0xfb100030, DSP;
    "smuad"    smuad(rd: Rd8, rn: Rn16, rm: Rm0) = 0xfb20f000, DSP;
    "smlad"    smlad(rd: Rd8, rn: Rn16, rm: Rm0, ra: Rt12) = 0xfb200000, DSP;
    "smuadx"   smuadx(rd: Rd8, rn: Rn16, rm: Rm0) = 0xfb20f010, DSP;
    "smladx"   smladx(rd: Rd8, rn: Rn16, rm: Rm0, ra: Rt12) = 0xfb200010, DSP;
    "smulwb"   smulwb(rd: Rd8, rn: Rn16, rm: Rm0) = 0xfb30f000, DSP;
    "smlawb"   smlawb(rd: Rd8, rn: Rn16, rm: Rm0, ra: Rt12) = 0xfb300000, DSP;
    "smulwt"   smulwt(rd: Rd8, rn: Rn16, rm: Rm0) = 0xfb30f010, DSP;
    "smlawt"   smlawt(rd: Rd8, rn: Rn16, rm: Rm0, ra: Rt12) = 0xfb300010, DSP;
    "smusd"    smusd(rd: Rd8, rn: Rn16, rm: Rm0) = 0xfb40f000, DSP;
    "smlsd"    smlsd(rd: Rd8, rn: Rn16, rm: Rm0, ra: Rt12) = 0xfb400000, DSP;
    "smusdx"   smusdx(rd: Rd8, rn: Rn16, rm: Rm0) = 0xfb40f010, DSP;
    "smlsdx"   smlsdx(rd: Rd8, rn: Rn16, rm: Rm0, ra: Rt12) = 0xfb400010, DSP;
    "smmul"    smmul(rd: Rd8, rn: Rn16, rm: Rm0) = 0xfb50f000, DSP;
    "smmla"    smmla(rd: Rd8, rn: Rn16, rm: Rm0, ra: Rt12) = 0xfb500000, DSP;
    "smmulr"   smmulr(rd: Rd8, rn: Rn16, rm: Rm0) = 0xfb50f010, DSP;
    "smmlar"   smmlar(rd: Rd8, rn: Rn16, rm: Rm0, ra: Rt12) = 0xfb500010, DSP;
    "smmls"    smmls(rd: Rd8, rn: Rn16, rm: Rm0, ra: Rt12) = 0xfb600000, DSP;
    "smmlsr"   smmlsr(rd: Rd8, rn: Rn16, rm: Rm0, ra: Rt12) = 0xfb600010, DSP;
    "usad8"    usad8(rd: Rd8, rn: Rn16, rm: Rm0) = 0xfb70f000, DSP;
    "usada8"   usada8(rd: Rd8, rn: Rn16, rm: Rm0, ra: Rt12) = 0xfb700000, DSP;
    "smlalbb"  smlalbb(low: Rt12, high: Rt8, rn: Rn16, rm: Rm0) = 0xfbc00080, DSP;
    "smlalbt"  smlalbt(low: Rt12, high: Rt8, rn: Rn16, rm: Rm0) = 0xfbc00090, DSP;
    "smlaltb"  smlaltb(low: Rt12, high: Rt8, rn: Rn16, rm: Rm0) = 0xfbc000a0, DSP;
    "smlaltt"  smlaltt(low: Rt12, high: Rt8, rn: Rn16, rm: Rm0) = 0xfbc000b0, DSP;
    "smlald"   smlald(low: Rt12, high: Rt8, rn: Rn16, rm: Rm0) = 0xfbc000c0, DSP;
    "smlsld"   smlsld(low: Rt12, high: Rt8, rn: Rn16, rm: Rm0) = 0xfbd000c0, DSP;
    "smlaldx"  smlaldx(low: Rt12, high: Rt8, rn: Rn16, rm: Rm0) = 0xfbc000d0, DSP;
    "smlsldx"  smlsldx(low: Rt12, high: Rt8, rn: Rn16, rm: Rm0) = 0xfbd000d0, DSP;
    "umaal"    umaal(low: Rt12, high: Rt8, rn: Rn16, rm: Rm0) = 0xfbe00060, DSP;
}
