//! The 16-bit encodings (Armv6-M manual, A5.2; Armv7-M manual, A5.2).
//!
//! `{s}`: outside an IT block these set the flags. Inside they do not, and listings show the
//! mnemonic without it.

use ferlance_asm::rows;

use crate::encode::*;
use crate::inst::{Inst, V6M, V7M};

rows! {
    /// 16-bit encodings.
    T16: Class -> Inst;

    // Shift, add, subtract, move, compare.
    "mov{s}"   movs_rr(rd: Lo0, rm: Lo3) = 0x0000, V6M;
    "lsl{s}"   lsl_rri(rd: Lo0, rm: Lo3, imm: U5) = 0x0000, V6M;
    "lsr{s}"   lsr_rri(rd: Lo0, rm: Lo3, imm: Right5) = 0x0800, V6M;
    "asr{s}"   asr_rri(rd: Lo0, rm: Lo3, imm: Right5) = 0x1000, V6M;
    "add{s}"   add_rrr(rd: Lo0, rn: Lo3, rm: Lo6) = 0x1800, V6M;
    "sub{s}"   sub_rrr(rd: Lo0, rn: Lo3, rm: Lo6) = 0x1a00, V6M;
    "add{s}"   add_rri3(rd: Lo0, rn: Lo3, imm: U3) = 0x1c00, V6M;
    "sub{s}"   sub_rri3(rd: Lo0, rn: Lo3, imm: U3) = 0x1e00, V6M;
    "mov{s}"   mov_ri(rd: Lo8, imm: U8) = 0x2000, V6M;
    "cmp"      cmp_ri(rn: Lo8, imm: U8) = 0x2800, V6M;
    "add{s}"   add_ri(rdn: Lo8, imm: U8) = 0x3000, V6M;
    "sub{s}"   sub_ri(rdn: Lo8, imm: U8) = 0x3800, V6M;

    // Data processing.
    "and{s}"   and_rr(rdn: Lo0, rm: Lo3) = 0x4000, V6M;
    "eor{s}"   eor_rr(rdn: Lo0, rm: Lo3) = 0x4040, V6M;
    "lsl{s}"   lsl_rr(rdn: Lo0, rm: Lo3) = 0x4080, V6M;
    "lsr{s}"   lsr_rr(rdn: Lo0, rm: Lo3) = 0x40c0, V6M;
    "asr{s}"   asr_rr(rdn: Lo0, rm: Lo3) = 0x4100, V6M;
    "adc{s}"   adc_rr(rdn: Lo0, rm: Lo3) = 0x4140, V6M;
    "sbc{s}"   sbc_rr(rdn: Lo0, rm: Lo3) = 0x4180, V6M;
    "ror{s}"   ror_rr(rdn: Lo0, rm: Lo3) = 0x41c0, V6M;
    "tst"      tst_rr(rn: Lo0, rm: Lo3) = 0x4200, V6M;
    "neg{s}"   neg_rr(rd: Lo0, rn: Lo3) = 0x4240, V6M;
    "cmp"      cmp_rr(rn: Lo0, rm: Lo3) = 0x4280, V6M;
    "cmn"      cmn_rr(rn: Lo0, rm: Lo3) = 0x42c0, V6M;
    "orr{s}"   orr_rr(rdn: Lo0, rm: Lo3) = 0x4300, V6M;
    "mul{s}"   mul_rr(rdn: Lo0, rm: Lo3) = 0x4340, V6M;
    "bic{s}"   bic_rr(rdn: Lo0, rm: Lo3) = 0x4380, V6M;
    "mvn{s}"   mvn_rr(rd: Lo0, rm: Lo3) = 0x43c0, V6M;

    // All registers.
    "add"      add_hi(rdn: HiDn, rm: Hi3) = 0x4400, V6M;
    "cmp"      cmp_hi(rn: HiDnNoPc, rm: HiNoPc3) = 0x4500, V6M;
    "mov"      mov_hi(rd: HiDn, rm: Hi3) = 0x4600, V6M;
    "bx"       bx(rm: Hi3) = 0x4700, V6M;
    "blx"      blx(rm: HiNoPc3) = 0x4780, V6M;

    // Loads and stores.
    "ldr"      ldr_literal(rt: Lo8, to: ToWord8) = 0x4800, V6M;
    "str"      str_rr(rt: Lo0, rn: LoBase3, rm: Lo6) = 0x5000, V6M;
    "strh"     strh_rr(rt: Lo0, rn: LoBase3, rm: Lo6) = 0x5200, V6M;
    "strb"     strb_rr(rt: Lo0, rn: LoBase3, rm: Lo6) = 0x5400, V6M;
    "ldrsb"    ldrsb_rr(rt: Lo0, rn: LoBase3, rm: Lo6) = 0x5600, V6M;
    "ldr"      ldr_rr(rt: Lo0, rn: LoBase3, rm: Lo6) = 0x5800, V6M;
    "ldrh"     ldrh_rr(rt: Lo0, rn: LoBase3, rm: Lo6) = 0x5a00, V6M;
    "ldrb"     ldrb_rr(rt: Lo0, rn: LoBase3, rm: Lo6) = 0x5c00, V6M;
    "ldrsh"    ldrsh_rr(rt: Lo0, rn: LoBase3, rm: Lo6) = 0x5e00, V6M;
    "str"      str_ri(rt: Lo0, rn: LoBase3, offset: U5Word) = 0x6000, V6M;
    "ldr"      ldr_ri(rt: Lo0, rn: LoBase3, offset: U5Word) = 0x6800, V6M;
    "strb"     strb_ri(rt: Lo0, rn: LoBase3, offset: U5) = 0x7000, V6M;
    "ldrb"     ldrb_ri(rt: Lo0, rn: LoBase3, offset: U5) = 0x7800, V6M;
    "strh"     strh_ri(rt: Lo0, rn: LoBase3, offset: U5Half) = 0x8000, V6M;
    "ldrh"     ldrh_ri(rt: Lo0, rn: LoBase3, offset: U5Half) = 0x8800, V6M;
    "str"      str_sp(rt: Lo8, sp: SpBase, offset: U8Word) = 0x9000, V6M;
    "ldr"      ldr_sp(rt: Lo8, sp: SpBase, offset: U8Word) = 0x9800, V6M;
    "adr"      adr(rd: Lo8, to: ToWord8) = 0xa000, V6M;
    "add"      add_r_sp_i(rd: Lo8, sp: Sp, imm: U8Word) = 0xa800, V6M;

    // Miscellaneous.
    "add"      add_sp(sp: Sp, same: Sp, imm: U7Word) = 0xb000, V6M;
    "sub"      sub_sp(sp: Sp, same: Sp, imm: U7Word) = 0xb080, V6M;
    "cbz"      cbz(rn: Lo0, to: ToCbz) = 0xb100, V7M;
    "sxth"     sxth(rd: Lo0, rm: Lo3) = 0xb200, V6M;
    "sxtb"     sxtb(rd: Lo0, rm: Lo3) = 0xb240, V6M;
    "uxth"     uxth(rd: Lo0, rm: Lo3) = 0xb280, V6M;
    "uxtb"     uxtb(rd: Lo0, rm: Lo3) = 0xb2c0, V6M;
    "push"     push(list: List8Lr) = 0xb400, V6M;
    "cpsie"    cpsie(masks: Iflags0) = 0xb660, V6M;
    "cpsid"    cpsid(masks: Iflags0) = 0xb670, V6M;
    "cbnz"     cbnz(rn: Lo0, to: ToCbz) = 0xb900, V7M;
    "rev"      rev(rd: Lo0, rm: Lo3) = 0xba00, V6M;
    "rev16"    rev16(rd: Lo0, rm: Lo3) = 0xba40, V6M;
    "revsh"    revsh(rd: Lo0, rm: Lo3) = 0xbac0, V6M;
    "pop"      pop(list: List8Pc) = 0xbc00, V6M;
    "bkpt"     bkpt(imm: U8) = 0xbe00, V6M;
    "nop"      nop() = 0xbf00, V6M;
    "yield"    yield_() = 0xbf10, V6M;
    "wfe"      wfe() = 0xbf20, V6M;
    "wfi"      wfi() = 0xbf30, V6M;
    "sev"      sev() = 0xbf40, V6M;
    "it"       it(cond: ItCond4, mask: ItMask0) = 0xbf00, V7M;
    "stmia"    stmia(rn: LoBang8, list: List8) = 0xc000, V6M;
    "ldmia"    ldmia(rn: LoBangUnless8, list: List8) = 0xc800, V6M;

    // Branches. The distance counts from the instruction plus 4.
    "b{.n}"    b_cond_n(cond: Cond8, to: To8) = 0xd000, V6M;
    "udf"      udf(imm: U8) = 0xde00, V6M;
    "svc"      svc(imm: U8) = 0xdf00, V6M;
    "b{.n}"    b_n(to: To11) = 0xe000, V6M;
}
