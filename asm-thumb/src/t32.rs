//! The 32-bit encodings but those of the DSP and floating-point extensions (Armv7-M manual, A5.3).
//!
//! `{.w}` marks instructions that have a narrow sibling. Without it the narrow one is tried first.

use ferlance_asm::rows;

use crate::encode::*;
use crate::inst::{Inst, POST, PRE, V6M, V7M};

rows! {
    /// 32-bit encodings.
    T32: Class -> Inst;

    // Data processing, shifted register (A5.3.11).
    "and{.w}"    and_w_rrr(rd: Rd8, rn: Rn16, rm: Rm0, shift: ShiftBy) = 0xea000000, V7M;
    "ands{.w}"   ands_w_rrr(rd: Rd8, rn: Rn16, rm: Rm0, shift: ShiftBy) = 0xea100000, V7M;
    "bic{.w}"    bic_w_rrr(rd: Rd8, rn: Rn16, rm: Rm0, shift: ShiftBy) = 0xea200000, V7M;
    "bics{.w}"   bics_w_rrr(rd: Rd8, rn: Rn16, rm: Rm0, shift: ShiftBy) = 0xea300000, V7M;
    "orr{.w}"    orr_w_rrr(rd: Rd8, rn: Rn16, rm: Rm0, shift: ShiftBy) = 0xea400000, V7M;
    "orrs{.w}"   orrs_w_rrr(rd: Rd8, rn: Rn16, rm: Rm0, shift: ShiftBy) = 0xea500000, V7M;
    "orn"        orn_w_rrr(rd: Rd8, rn: Rn16, rm: Rm0, shift: ShiftBy) = 0xea600000, V7M;
    "orns"       orns_w_rrr(rd: Rd8, rn: Rn16, rm: Rm0, shift: ShiftBy) = 0xea700000, V7M;
    "eor{.w}"    eor_w_rrr(rd: Rd8, rn: Rn16, rm: Rm0, shift: ShiftBy) = 0xea800000, V7M;
    "eors{.w}"   eors_w_rrr(rd: Rd8, rn: Rn16, rm: Rm0, shift: ShiftBy) = 0xea900000, V7M;
    "add{.w}"    add_w_rrr(rd: RdSp8, rn: RnSp16, rm: Rm0, shift: ShiftBy) = 0xeb000000, V7M;
    "adds{.w}"   adds_w_rrr(rd: Rd8, rn: RnSp16, rm: Rm0, shift: ShiftBy) = 0xeb100000, V7M;
    "adc{.w}"    adc_w_rrr(rd: Rd8, rn: Rn16, rm: Rm0, shift: ShiftBy) = 0xeb400000, V7M;
    "adcs{.w}"   adcs_w_rrr(rd: Rd8, rn: Rn16, rm: Rm0, shift: ShiftBy) = 0xeb500000, V7M;
    "sbc{.w}"    sbc_w_rrr(rd: Rd8, rn: Rn16, rm: Rm0, shift: ShiftBy) = 0xeb600000, V7M;
    "sbcs{.w}"   sbcs_w_rrr(rd: Rd8, rn: Rn16, rm: Rm0, shift: ShiftBy) = 0xeb700000, V7M;
    "sub{.w}"    sub_w_rrr(rd: RdSp8, rn: RnSp16, rm: Rm0, shift: ShiftBy) = 0xeba00000, V7M;
    "subs{.w}"   subs_w_rrr(rd: Rd8, rn: RnSp16, rm: Rm0, shift: ShiftBy) = 0xebb00000, V7M;
    "rsb{.w}"    rsb_w_rrr(rd: Rd8, rn: Rn16, rm: Rm0, shift: ShiftBy) = 0xebc00000, V7M;
    "rsbs{.w}"   rsbs_w_rrr(rd: Rd8, rn: Rn16, rm: Rm0, shift: ShiftBy) = 0xebd00000, V7M;
    "tst{.w}"    tst_w_rr(rn: Rn16, rm: Rm0, shift: ShiftBy) = 0xea100f00, V7M;
    "teq"        teq_w_rr(rn: Rn16, rm: Rm0, shift: ShiftBy) = 0xea900f00, V7M;
    "cmn{.w}"    cmn_w_rr(rn: RnSp16, rm: Rm0, shift: ShiftBy) = 0xeb100f00, V7M;
    "cmp{.w}"    cmp_w_rr(rn: RnSp16, rm: Rm0, shift: ShiftBy) = 0xebb00f00, V7M;
    "mov{.w}"    mov_w_rr(rd: RdSp8, rm: RmSp0) = 0xea4f0000, V7M;
    "movs{.w}"   movs_w_rr(rd: Rd8, rm: Rm0) = 0xea5f0000, V7M;
    "lsl{.w}"    lsl_w_rri(rd: Rd8, rm: Rm0, imm: Left5) = 0xea4f0000, V7M;
    "lsls{.w}"   lsls_w_rri(rd: Rd8, rm: Rm0, imm: Left5) = 0xea5f0000, V7M;
    "lsr{.w}"    lsr_w_rri(rd: Rd8, rm: Rm0, imm: RightWide5) = 0xea4f0010, V7M;
    "lsrs{.w}"   lsrs_w_rri(rd: Rd8, rm: Rm0, imm: RightWide5) = 0xea5f0010, V7M;
    "asr{.w}"    asr_w_rri(rd: Rd8, rm: Rm0, imm: RightWide5) = 0xea4f0020, V7M;
    "asrs{.w}"   asrs_w_rri(rd: Rd8, rm: Rm0, imm: RightWide5) = 0xea5f0020, V7M;
    "ror{.w}"    ror_w_rri(rd: Rd8, rm: Rm0, imm: Left5) = 0xea4f0030, V7M;
    "rors{.w}"   rors_w_rri(rd: Rd8, rm: Rm0, imm: Left5) = 0xea5f0030, V7M;
    "rrx"        rrx(rd: Rd8, rm: Rm0) = 0xea4f0030, V7M;
    "rrxs"       rrxs(rd: Rd8, rm: Rm0) = 0xea5f0030, V7M;
    "mvn{.w}"    mvn_w_rr(rd: Rd8, rm: Rm0, shift: ShiftBy) = 0xea6f0000, V7M;
    "mvns{.w}"   mvns_w_rr(rd: Rd8, rm: Rm0, shift: ShiftBy) = 0xea7f0000, V7M;

    // Data processing, modified immediate (A5.3.1).
    "and{.w}"    and_w_rri(rd: Rd8, rn: Rn16, imm: ModImm) = 0xf0000000, V7M;
    "ands{.w}"   ands_w_rri(rd: Rd8, rn: Rn16, imm: ModImm) = 0xf0100000, V7M;
    "bic{.w}"    bic_w_rri(rd: Rd8, rn: Rn16, imm: ModImm) = 0xf0200000, V7M;
    "bics{.w}"   bics_w_rri(rd: Rd8, rn: Rn16, imm: ModImm) = 0xf0300000, V7M;
    "orr{.w}"    orr_w_rri(rd: Rd8, rn: Rn16, imm: ModImm) = 0xf0400000, V7M;
    "orrs{.w}"   orrs_w_rri(rd: Rd8, rn: Rn16, imm: ModImm) = 0xf0500000, V7M;
    "orn"        orn_w_rri(rd: Rd8, rn: Rn16, imm: ModImm) = 0xf0600000, V7M;
    "orns"       orns_w_rri(rd: Rd8, rn: Rn16, imm: ModImm) = 0xf0700000, V7M;
    "eor{.w}"    eor_w_rri(rd: Rd8, rn: Rn16, imm: ModImm) = 0xf0800000, V7M;
    "eors{.w}"   eors_w_rri(rd: Rd8, rn: Rn16, imm: ModImm) = 0xf0900000, V7M;
    "add{.w}"    add_w_rri(rd: RdSp8, rn: RnSp16, imm: ModImm) = 0xf1000000, V7M;
    "adds{.w}"   adds_w_rri(rd: Rd8, rn: RnSp16, imm: ModImm) = 0xf1100000, V7M;
    "adc{.w}"    adc_w_rri(rd: Rd8, rn: Rn16, imm: ModImm) = 0xf1400000, V7M;
    "adcs{.w}"   adcs_w_rri(rd: Rd8, rn: Rn16, imm: ModImm) = 0xf1500000, V7M;
    "sbc{.w}"    sbc_w_rri(rd: Rd8, rn: Rn16, imm: ModImm) = 0xf1600000, V7M;
    "sbcs{.w}"   sbcs_w_rri(rd: Rd8, rn: Rn16, imm: ModImm) = 0xf1700000, V7M;
    "sub{.w}"    sub_w_rri(rd: RdSp8, rn: RnSp16, imm: ModImm) = 0xf1a00000, V7M;
    "subs{.w}"   subs_w_rri(rd: Rd8, rn: RnSp16, imm: ModImm) = 0xf1b00000, V7M;
    "rsb{.w}"    rsb_w_rri(rd: Rd8, rn: Rn16, imm: ModImm) = 0xf1c00000, V7M;
    "rsbs{.w}"   rsbs_w_rri(rd: Rd8, rn: Rn16, imm: ModImm) = 0xf1d00000, V7M;
    "tst{.w}"    tst_w_ri(rn: Rn16, imm: ModImm) = 0xf0100f00, V7M;
    "teq"        teq_w_ri(rn: Rn16, imm: ModImm) = 0xf0900f00, V7M;
    "cmn{.w}"    cmn_w_ri(rn: RnSp16, imm: ModImm) = 0xf1100f00, V7M;
    "cmp{.w}"    cmp_w_ri(rn: RnSp16, imm: ModImm) = 0xf1b00f00, V7M;
    "mov{.w}"    mov_w_ri(rd: Rd8, imm: ModImm) = 0xf04f0000, V7M;
    "movs{.w}"   movs_w_ri(rd: Rd8, imm: ModImm) = 0xf05f0000, V7M;
    "mvn{.w}"    mvn_w_ri(rd: Rd8, imm: ModImm) = 0xf06f0000, V7M;
    "mvns{.w}"   mvns_w_ri(rd: Rd8, imm: ModImm) = 0xf07f0000, V7M;

    // Data processing, plain immediate (A5.3.3).
    "adr{.w}"    adr_w_up(rd: Rd8, to: ToWordUp) = 0xf20f0000, V7M;
    "adr{.w}"    adr_w_down(rd: Rd8, to: ToWordDown) = 0xf2af0000, V7M;
    "add{w}"     addw(rd: RdSp8, rn: RnSp16, imm: U12Split) = 0xf2000000, V7M;
    "sub{w}"     subw(rd: RdSp8, rn: RnSp16, imm: U12Split) = 0xf2a00000, V7M;
    "mov{w}"     movw(rd: RdSp8, imm: U16Split) = 0xf2400000, V7M;
    "movt"       movt(rd: RdSp8, imm: U16Split) = 0xf2c00000, V7M;
    "ssat"       ssat_asr(rd: Rd8, to: SatS, rn: Rn16, shift: AsrBy31) = 0xf3200000, V7M;
    "ssat"       ssat(rd: Rd8, to: SatS, rn: Rn16, shift: LslBy) = 0xf3000000, V7M;
    "usat"       usat_asr(rd: Rd8, to: SatU, rn: Rn16, shift: AsrBy31) = 0xf3a00000, V7M;
    "usat"       usat(rd: Rd8, to: SatU, rn: Rn16, shift: LslBy) = 0xf3800000, V7M;
    "sbfx"       sbfx(rd: Rd8, rn: Rn16, lsb: Lsb, width: Width5) = 0xf3400000, V7M;
    "bfi"        bfi(rd: Rd8, rn: Rn16, lsb: Lsb, width: Msb) = 0xf3600000, V7M;
    "bfc"        bfc(rd: Rd8, lsb: Lsb, width: Msb) = 0xf36f0000, V7M;
    "ubfx"       ubfx(rd: Rd8, rn: Rn16, lsb: Lsb, width: Width5) = 0xf3c00000, V7M;

    // Branches and system (A5.3.4).
    "b{.w}"      b_cond_w(cond: Cond22, to: To20) = 0xf0008000, V7M;
    "b{.w}"      b_w(to: To24) = 0xf0009000, V7M;
    "bl"         bl(to: To24) = 0xf000d000, V6M;
    "msr"        msr(special: SysWrite, rn: Rn16) = 0xf3808800, V6M;
    "mrs"        mrs(rd: Rd8, special: SysRead) = 0xf3ef8000, V6M;
    "nop.w"      nop_w() = 0xf3af8000, V7M;
    "yield.w"    yield_w() = 0xf3af8001, V7M;
    "wfe.w"      wfe_w() = 0xf3af8002, V7M;
    "wfi.w"      wfi_w() = 0xf3af8003, V7M;
    "sev.w"      sev_w() = 0xf3af8004, V7M;
    "dbg"        dbg(option: U4) = 0xf3af80f0, V7M;
    "clrex"      clrex() = 0xf3bf8f2f, V7M;
    "dsb"        dsb(option: Barrier0) = 0xf3bf8f40, V6M;
    "dmb"        dmb(option: Barrier0) = 0xf3bf8f50, V6M;
    "isb"        isb(option: Barrier0) = 0xf3bf8f60, V6M;
    "udf.w"      udf_w(imm: U16Udf) = 0xf7f0a000, V6M;

    // Several registers (A5.3.5).
    "push{.w}"   push_w(list: ListStm) = 0xe92d0000, V7M;
    "pop{.w}"    pop_w(list: ListLdm) = 0xe8bd0000, V7M;
    "stmia{.w}"  stmia_w(rn: RnSp16, list: ListStm) = 0xe8800000, V7M;
    "stmia{.w}"  stmia_w_back(rn: Bang16, list: ListStm) = 0xe8a00000, V7M;
    "ldmia{.w}"  ldmia_w(rn: RnSp16, list: ListLdm) = 0xe8900000, V7M;
    "ldmia{.w}"  ldmia_w_back(rn: Bang16, list: ListLdm) = 0xe8b00000, V7M;
    "stmdb"      stmdb(rn: RnSp16, list: ListStm) = 0xe9000000, V7M;
    "stmdb"      stmdb_back(rn: Bang16, list: ListStm) = 0xe9200000, V7M;
    "ldmdb"      ldmdb(rn: RnSp16, list: ListLdm) = 0xe9100000, V7M;
    "ldmdb"      ldmdb_back(rn: Bang16, list: ListLdm) = 0xe9300000, V7M;
    "push{.w}"   push_one(rt: OneRt12) = 0xf84d0d04, V7M;
    "pop{.w}"    pop_one(rt: OneRtPc12) = 0xf85d0b04, V7M;

    // Pairs, exclusives, table branches (A5.3.6).
    "strd"       strd(rt: Rt12, rt2: Rt8, rn: Base16, offset: Off8Word) = 0xe9400000, V7M;
    "strd"       strd_pre(rt: Rt12, rt2: Rt8, rn: Base16, offset: Off8Word) = 0xe9600000, V7M, PRE;
    "strd"       strd_post(rt: Rt12, rt2: Rt8, rn: Base16, offset: Off8Word) = 0xe8600000, V7M, POST;
    "ldrd"       ldrd(rt: Rt12, rt2: Rt8, rn: Base16, offset: Off8Word) = 0xe9500000, V7M;
    "ldrd"       ldrd_pre(rt: Rt12, rt2: Rt8, rn: Base16, offset: Off8Word) = 0xe9700000, V7M, PRE;
    "ldrd"       ldrd_post(rt: Rt12, rt2: Rt8, rn: Base16, offset: Off8Word) = 0xe8700000, V7M, POST;
    "ldrd"       ldrd_literal(rt: Rt12, rt2: Rt8, to: ToWord8Wide) = 0xe95f0000, V7M;
    "strex"      strex(rd: Rd8, rt: Rt12, rn: Base16, offset: Off8WordUp) = 0xe8400000, V7M;
    "ldrex"      ldrex(rt: Rt12, rn: Base16, offset: Off8WordUp) = 0xe8500f00, V7M;
    "strexb"     strexb(rd: Rd0, rt: Rt12, rn: Base16) = 0xe8c00f40, V7M;
    "strexh"     strexh(rd: Rd0, rt: Rt12, rn: Base16) = 0xe8c00f50, V7M;
    "ldrexb"     ldrexb(rt: Rt12, rn: Base16) = 0xe8d00f4f, V7M;
    "ldrexh"     ldrexh(rt: Rt12, rn: Base16) = 0xe8d00f5f, V7M;
    "tbb"        tbb(rn: BaseNoSp16, rm: Rm0) = 0xe8d0f000, V7M;
    "tbh"        tbh(rn: BaseNoSp16, rm: Rm0, twice: LslOne) = 0xe8d0f010, V7M;

    // Loads and stores of one register (A5.3.7 to A5.3.10).
    "str{.w}"    str_w_ri(rt: RtSp12, rn: Base16, offset: Off12) = 0xf8c00000, V7M;
    "str"        str_w_below(rt: RtSp12, rn: Base16, offset: Below8) = 0xf8400c00, V7M;
    "str"        str_pre(rt: RtSp12, rn: Base16, offset: Off8) = 0xf8400d00, V7M, PRE;
    "str"        str_post(rt: RtSp12, rn: Base16, offset: Off8) = 0xf8400900, V7M, POST;
    "str{.w}"    str_w_rr(rt: RtSp12, rn: Base16, rm: Rm0, shift: LslIndex) = 0xf8400000, V7M;
    "ldr{.w}"    ldr_w_ri(rt: RtAny12, rn: Base16, offset: Off12) = 0xf8d00000, V7M;
    "ldr"        ldr_w_below(rt: RtAny12, rn: Base16, offset: Below8) = 0xf8500c00, V7M;
    "ldr"        ldr_pre(rt: RtAny12, rn: Base16, offset: Off8) = 0xf8500d00, V7M, PRE;
    "ldr"        ldr_post(rt: RtAny12, rn: Base16, offset: Off8) = 0xf8500900, V7M, POST;
    "ldr{.w}"    ldr_w_rr(rt: RtAny12, rn: Base16, rm: Rm0, shift: LslIndex) = 0xf8500000, V7M;
    "ldr{.w}"    ldr_w_literal(rt: RtAny12, to: ToWord12) = 0xf85f0000, V7M;
    "strb{.w}"   strb_w_ri(rt: Rt12, rn: Base16, offset: Off12) = 0xf8800000, V7M;
    "strb"       strb_w_below(rt: Rt12, rn: Base16, offset: Below8) = 0xf8000c00, V7M;
    "strb"       strb_pre(rt: Rt12, rn: Base16, offset: Off8) = 0xf8000d00, V7M, PRE;
    "strb"       strb_post(rt: Rt12, rn: Base16, offset: Off8) = 0xf8000900, V7M, POST;
    "strb{.w}"   strb_w_rr(rt: Rt12, rn: Base16, rm: Rm0, shift: LslIndex) = 0xf8000000, V7M;
    "ldrb{.w}"   ldrb_w_ri(rt: Rt12, rn: Base16, offset: Off12) = 0xf8900000, V7M;
    "ldrb"       ldrb_w_below(rt: Rt12, rn: Base16, offset: Below8) = 0xf8100c00, V7M;
    "ldrb"       ldrb_pre(rt: Rt12, rn: Base16, offset: Off8) = 0xf8100d00, V7M, PRE;
    "ldrb"       ldrb_post(rt: Rt12, rn: Base16, offset: Off8) = 0xf8100900, V7M, POST;
    "ldrb{.w}"   ldrb_w_rr(rt: Rt12, rn: Base16, rm: Rm0, shift: LslIndex) = 0xf8100000, V7M;
    "ldrb{.w}"   ldrb_w_literal(rt: Rt12, to: ToWord12) = 0xf81f0000, V7M;
    "strh{.w}"   strh_w_ri(rt: Rt12, rn: Base16, offset: Off12) = 0xf8a00000, V7M;
    "strh"       strh_w_below(rt: Rt12, rn: Base16, offset: Below8) = 0xf8200c00, V7M;
    "strh"       strh_pre(rt: Rt12, rn: Base16, offset: Off8) = 0xf8200d00, V7M, PRE;
    "strh"       strh_post(rt: Rt12, rn: Base16, offset: Off8) = 0xf8200900, V7M, POST;
    "strh{.w}"   strh_w_rr(rt: Rt12, rn: Base16, rm: Rm0, shift: LslIndex) = 0xf8200000, V7M;
    "ldrh{.w}"   ldrh_w_ri(rt: Rt12, rn: Base16, offset: Off12) = 0xf8b00000, V7M;
    "ldrh"       ldrh_w_below(rt: Rt12, rn: Base16, offset: Below8) = 0xf8300c00, V7M;
    "ldrh"       ldrh_pre(rt: Rt12, rn: Base16, offset: Off8) = 0xf8300d00, V7M, PRE;
    "ldrh"       ldrh_post(rt: Rt12, rn: Base16, offset: Off8) = 0xf8300900, V7M, POST;
    "ldrh{.w}"   ldrh_w_rr(rt: Rt12, rn: Base16, rm: Rm0, shift: LslIndex) = 0xf8300000, V7M;
    "ldrh{.w}"   ldrh_w_literal(rt: Rt12, to: ToWord12) = 0xf83f0000, V7M;
    "ldrsb{.w}"  ldrsb_w_ri(rt: Rt12, rn: Base16, offset: Off12) = 0xf9900000, V7M;
    "ldrsb"      ldrsb_w_below(rt: Rt12, rn: Base16, offset: Below8) = 0xf9100c00, V7M;
    "ldrsb"      ldrsb_pre(rt: Rt12, rn: Base16, offset: Off8) = 0xf9100d00, V7M, PRE;
    "ldrsb"      ldrsb_post(rt: Rt12, rn: Base16, offset: Off8) = 0xf9100900, V7M, POST;
    "ldrsb{.w}"  ldrsb_w_rr(rt: Rt12, rn: Base16, rm: Rm0, shift: LslIndex) = 0xf9100000, V7M;
    "ldrsb{.w}"  ldrsb_w_literal(rt: Rt12, to: ToWord12) = 0xf91f0000, V7M;
    "ldrsh{.w}"  ldrsh_w_ri(rt: Rt12, rn: Base16, offset: Off12) = 0xf9b00000, V7M;
    "ldrsh"      ldrsh_w_below(rt: Rt12, rn: Base16, offset: Below8) = 0xf9300c00, V7M;
    "ldrsh"      ldrsh_pre(rt: Rt12, rn: Base16, offset: Off8) = 0xf9300d00, V7M, PRE;
    "ldrsh"      ldrsh_post(rt: Rt12, rn: Base16, offset: Off8) = 0xf9300900, V7M, POST;
    "ldrsh{.w}"  ldrsh_w_rr(rt: Rt12, rn: Base16, rm: Rm0, shift: LslIndex) = 0xf9300000, V7M;
    "ldrsh{.w}"  ldrsh_w_literal(rt: Rt12, to: ToWord12) = 0xf93f0000, V7M;
    "strt"       strt(rt: Rt12, rn: Base16, offset: Off8Up) = 0xf8400e00, V7M;
    "ldrt"       ldrt(rt: Rt12, rn: Base16, offset: Off8Up) = 0xf8500e00, V7M;
    "strbt"      strbt(rt: Rt12, rn: Base16, offset: Off8Up) = 0xf8000e00, V7M;
    "ldrbt"      ldrbt(rt: Rt12, rn: Base16, offset: Off8Up) = 0xf8100e00, V7M;
    "strht"      strht(rt: Rt12, rn: Base16, offset: Off8Up) = 0xf8200e00, V7M;
    "ldrht"      ldrht(rt: Rt12, rn: Base16, offset: Off8Up) = 0xf8300e00, V7M;
    "ldrsbt"     ldrsbt(rt: Rt12, rn: Base16, offset: Off8Up) = 0xf9100e00, V7M;
    "ldrsht"     ldrsht(rt: Rt12, rn: Base16, offset: Off8Up) = 0xf9300e00, V7M;
    "pld"        pld(rn: Base16, offset: Off12) = 0xf890f000, V7M;
    "pld"        pld_below(rn: Base16, offset: Below8) = 0xf810fc00, V7M;
    "pld"        pld_rr(rn: Base16, rm: Rm0, shift: LslIndex) = 0xf810f000, V7M;
    "pld"        pld_literal(to: ToWord12) = 0xf81ff000, V7M;
    "pli"        pli(rn: Base16, offset: Off12) = 0xf990f000, V7M;
    "pli"        pli_below(rn: Base16, offset: Below8) = 0xf910fc00, V7M;
    "pli"        pli_rr(rn: Base16, rm: Rm0, shift: LslIndex) = 0xf910f000, V7M;
    "pli"        pli_literal(to: ToWord12) = 0xf91ff000, V7M;

    // Data processing, register (A5.3.12).
    "lsl{.w}"    lsl_w_rrr(rd: Rd8, rn: Rn16, rm: Rm0) = 0xfa00f000, V7M;
    "lsls{.w}"   lsls_w_rrr(rd: Rd8, rn: Rn16, rm: Rm0) = 0xfa10f000, V7M;
    "lsr{.w}"    lsr_w_rrr(rd: Rd8, rn: Rn16, rm: Rm0) = 0xfa20f000, V7M;
    "lsrs{.w}"   lsrs_w_rrr(rd: Rd8, rn: Rn16, rm: Rm0) = 0xfa30f000, V7M;
    "asr{.w}"    asr_w_rrr(rd: Rd8, rn: Rn16, rm: Rm0) = 0xfa40f000, V7M;
    "asrs{.w}"   asrs_w_rrr(rd: Rd8, rn: Rn16, rm: Rm0) = 0xfa50f000, V7M;
    "ror{.w}"    ror_w_rrr(rd: Rd8, rn: Rn16, rm: Rm0) = 0xfa60f000, V7M;
    "rors{.w}"   rors_w_rrr(rd: Rd8, rn: Rn16, rm: Rm0) = 0xfa70f000, V7M;
    "sxth{.w}"   sxth_w(rd: Rd8, rm: Rm0, rotate: Rot) = 0xfa0ff080, V7M;
    "uxth{.w}"   uxth_w(rd: Rd8, rm: Rm0, rotate: Rot) = 0xfa1ff080, V7M;
    "sxtb{.w}"   sxtb_w(rd: Rd8, rm: Rm0, rotate: Rot) = 0xfa4ff080, V7M;
    "uxtb{.w}"   uxtb_w(rd: Rd8, rm: Rm0, rotate: Rot) = 0xfa5ff080, V7M;
    "rev{.w}"    rev_w(rd: Rd8, rm: RmTwice) = 0xfa90f080, V7M;
    "rev16{.w}"  rev16_w(rd: Rd8, rm: RmTwice) = 0xfa90f090, V7M;
    "revsh{.w}"  revsh_w(rd: Rd8, rm: RmTwice) = 0xfa90f0b0, V7M;
    "rbit"       rbit(rd: Rd8, rm: RmTwice) = 0xfa90f0a0, V7M;
    "clz"        clz(rd: Rd8, rm: RmTwice) = 0xfab0f080, V7M;

    // Multiply, divide (A5.3.16, A5.3.17).
    "mul"        mul_rrr(rd: Rd8, rn: Rn16, rm: Rm0) = 0xfb00f000, V7M;
    "mla"        mla(rd: Rd8, rn: Rn16, rm: Rm0, ra: Rt12) = 0xfb000000, V7M;
    "mls"        mls(rd: Rd8, rn: Rn16, rm: Rm0, ra: Rt12) = 0xfb000010, V7M;
    "smull"      smull(low: Rt12, high: Rt8, rn: Rn16, rm: Rm0) = 0xfb800000, V7M;
    "sdiv"       sdiv(rd: Rd8, rn: Rn16, rm: Rm0) = 0xfb90f0f0, V7M;
    "umull"      umull(low: Rt12, high: Rt8, rn: Rn16, rm: Rm0) = 0xfba00000, V7M;
    "udiv"       udiv(rd: Rd8, rn: Rn16, rm: Rm0) = 0xfbb0f0f0, V7M;
    "smlal"      smlal(low: Rt12, high: Rt8, rn: Rn16, rm: Rm0) = 0xfbc00000, V7M;
    "umlal"      umlal(low: Rt12, high: Rt8, rn: Rn16, rm: Rm0) = 0xfbe00000, V7M;

    // Coprocessors (A5.3.18).
    "cdp"        cdp(p: Cop8, op1: Op20, cd: C12, cn: C16, cm: C0, op2: Op5) = 0xee000000, V7M;
    "mcr"        mcr(p: Cop8, op1: Op21, rt: Rt12, cn: C16, cm: C0, op2: Op5) = 0xee000010, V7M;
    "mrc"        mrc(p: Cop8, op1: Op21, rt: RtSp12, cn: C16, cm: C0, op2: Op5) = 0xee100010, V7M;
    "mcrr"       mcrr(p: Cop8, op1: Op4, rt: Rt12, rt2: Rt16, cm: C0) = 0xec400000, V7M;
    "mrrc"       mrrc(p: Cop8, op1: Op4, rt: Rt12, rt2: Rt16, cm: C0) = 0xec500000, V7M;
    "stc"        stc(p: Cop8, cd: C12, rn: Base16, offset: Off8Word) = 0xed000000, V7M;
    "stc"        stc_pre(p: Cop8, cd: C12, rn: Base16, offset: Off8Word) = 0xed200000, V7M, PRE;
    "stc"        stc_post(p: Cop8, cd: C12, rn: Base16, offset: Off8Word) = 0xec200000, V7M, POST;
    "stcl"       stcl(p: Cop8, cd: C12, rn: Base16, offset: Off8Word) = 0xed400000, V7M;
    "stcl"       stcl_pre(p: Cop8, cd: C12, rn: Base16, offset: Off8Word) = 0xed600000, V7M, PRE;
    "stcl"       stcl_post(p: Cop8, cd: C12, rn: Base16, offset: Off8Word) = 0xec600000, V7M, POST;
    "ldc"        ldc(p: Cop8, cd: C12, rn: Base16, offset: Off8Word) = 0xed100000, V7M;
    "ldc"        ldc_pre(p: Cop8, cd: C12, rn: Base16, offset: Off8Word) = 0xed300000, V7M, PRE;
    "ldc"        ldc_post(p: Cop8, cd: C12, rn: Base16, offset: Off8Word) = 0xec300000, V7M, POST;
    "ldcl"       ldcl(p: Cop8, cd: C12, rn: Base16, offset: Off8Word) = 0xed500000, V7M;
    "ldcl"       ldcl_pre(p: Cop8, cd: C12, rn: Base16, offset: Off8Word) = 0xed700000, V7M, PRE;
    "ldcl"       ldcl_post(p: Cop8, cd: C12, rn: Base16, offset: Off8Word) = 0xec700000, V7M, POST;
    "cdp2"       cdp2(p: Cop8, op1: Op20, cd: C12, cn: C16, cm: C0, op2: Op5) = 0xfe000000, V7M;
    "mcr2"       mcr2(p: Cop8, op1: Op21, rt: Rt12, cn: C16, cm: C0, op2: Op5) = 0xfe000010, V7M;
    "mrc2"       mrc2(p: Cop8, op1: Op21, rt: RtSp12, cn: C16, cm: C0, op2: Op5) = 0xfe100010, V7M;
    "mcrr2"      mcrr2(p: Cop8, op1: Op4, rt: Rt12, rt2: Rt16, cm: C0) = 0xfc400000, V7M;
    "mrrc2"      mrrc2(p: Cop8, op1: Op4, rt: Rt12, rt2: Rt16, cm: C0) = 0xfc500000, V7M;
    "stc2"       stc2(p: Cop8, cd: C12, rn: Base16, offset: Off8Word) = 0xfd000000, V7M;
    "stc2"       stc2_pre(p: Cop8, cd: C12, rn: Base16, offset: Off8Word) = 0xfd200000, V7M, PRE;
    "stc2"       stc2_post(p: Cop8, cd: C12, rn: Base16, offset: Off8Word) = 0xfc200000, V7M, POST;
    "stc2l"      stc2l(p: Cop8, cd: C12, rn: Base16, offset: Off8Word) = 0xfd400000, V7M;
    "stc2l"      stc2l_pre(p: Cop8, cd: C12, rn: Base16, offset: Off8Word) = 0xfd600000, V7M, PRE;
    "stc2l"      stc2l_post(p: Cop8, cd: C12, rn: Base16, offset: Off8Word) = 0xfc600000, V7M, POST;
    "ldc2"       ldc2(p: Cop8, cd: C12, rn: Base16, offset: Off8Word) = 0xfd100000, V7M;
    "ldc2"       ldc2_pre(p: Cop8, cd: C12, rn: Base16, offset: Off8Word) = 0xfd300000, V7M, PRE;
    "ldc2"       ldc2_post(p: Cop8, cd: C12, rn: Base16, offset: Off8Word) = 0xfc300000, V7M, POST;
    "ldc2l"      ldc2l(p: Cop8, cd: C12, rn: Base16, offset: Off8Word) = 0xfd500000, V7M;
    "ldc2l"      ldc2l_pre(p: Cop8, cd: C12, rn: Base16, offset: Off8Word) = 0xfd700000, V7M, PRE;
    "ldc2l"      ldc2l_post(p: Cop8, cd: C12, rn: Base16, offset: Off8Word) = 0xfc700000, V7M, POST;
}
