//! Compressed instructions: C, Zcb, Zcmp.

use ferlance_asm::rows;

use crate::encode::*;
use crate::inst::{C, D, F, Inst, M, RV32, RV64, ZBA, ZBB, ZCB, ZCMP};

rows! {
    /// 16-bit encodings.
    COMPRESSED: Class -> Inst;

    // Quadrant 0.
    "c.addi4spn" c_addi4spn(rd: P2, sp: Sp, imm: C4Spn) = 0x0000, C;
    "c.fld"      c_fld(fd: PF2, offset: COffDouble, rs1: PBase7) = 0x2000, C | D;
    "c.lw"       c_lw(rd: P2, offset: COffWord, rs1: PBase7) = 0x4000, C;
    "c.flw"      c_flw(fd: PF2, offset: COffWord, rs1: PBase7) = 0x6000, C | F | RV32;
    "c.ld"       c_ld(rd: P2, offset: COffDouble, rs1: PBase7) = 0x6000, C | RV64;
    "c.fsd"      c_fsd(fs: PF2, offset: COffDouble, rs1: PBase7) = 0xa000, C | D;
    "c.sw"       c_sw(rs2: P2, offset: COffWord, rs1: PBase7) = 0xc000, C;
    "c.fsw"      c_fsw(fs: PF2, offset: COffWord, rs1: PBase7) = 0xe000, C | F | RV32;
    "c.sd"       c_sd(rs2: P2, offset: COffDouble, rs1: PBase7) = 0xe000, C | RV64;

    // Quadrant 1.
    "c.nop"      c_nop() = 0x0001, C;
    "c.addi"     c_addi(rd: RdNotZero, imm: C6NotZero) = 0x0001, C;
    "c.jal"      c_jal(to: CTo11) = 0x2001, C | RV32;
    "c.addiw"    c_addiw(rd: RdNotZero, imm: C6) = 0x2001, C | RV64;
    "c.li"       c_li(rd: RdNotZero, imm: C6) = 0x4001, C;
    "c.addi16sp" c_addi16sp(sp: Sp, imm: C16Sp) = 0x6101, C;
    "c.lui"      c_lui(rd: RdNotZeroSp, imm: CUpper) = 0x6001, C;
    "c.srli"     c_srli(rd: P7, by: CShift5) = 0x8001, C | RV32;
    "c.srai"     c_srai(rd: P7, by: CShift5) = 0x8401, C | RV32;
    "c.srli"     c_srli_64(rd: P7, by: CShift6) = 0x8001, C | RV64;
    "c.srai"     c_srai_64(rd: P7, by: CShift6) = 0x8401, C | RV64;
    "c.andi"     c_andi(rd: P7, imm: C6) = 0x8801, C;
    "c.sub"      c_sub(rd: P7, rs2: P2) = 0x8c01, C;
    "c.xor"      c_xor(rd: P7, rs2: P2) = 0x8c21, C;
    "c.or"       c_or(rd: P7, rs2: P2) = 0x8c41, C;
    "c.and"      c_and(rd: P7, rs2: P2) = 0x8c61, C;
    "c.subw"     c_subw(rd: P7, rs2: P2) = 0x9c01, C | RV64;
    "c.addw"     c_addw(rd: P7, rs2: P2) = 0x9c21, C | RV64;
    "c.j"        c_j(to: CTo11) = 0xa001, C;
    "c.beqz"     c_beqz(rs: P7, to: CTo8) = 0xc001, C;
    "c.bnez"     c_bnez(rs: P7, to: CTo8) = 0xe001, C;

    // Quadrant 2.
    "c.slli"     c_slli(rd: RdNotZero, by: CShift5) = 0x0002, C | RV32;
    "c.slli"     c_slli_64(rd: RdNotZero, by: CShift6) = 0x0002, C | RV64;
    "c.fldsp"    c_fldsp(fd: Fd, offset: CSpDouble) = 0x2002, C | D;
    "c.lwsp"     c_lwsp(rd: RdNotZero, offset: CSpWord) = 0x4002, C;
    "c.flwsp"    c_flwsp(fd: Fd, offset: CSpWord) = 0x6002, C | F | RV32;
    "c.ldsp"     c_ldsp(rd: RdNotZero, offset: CSpDouble) = 0x6002, C | RV64;
    "c.jr"       c_jr(rs: RdNotZero) = 0x8002, C;
    "c.mv"       c_mv(rd: RdNotZero, rs2: CRs2NotZero) = 0x8002, C;
    "c.ebreak"   c_ebreak() = 0x9002, C;
    "c.jalr"     c_jalr(rs: RdNotZero) = 0x9002, C;
    "c.add"      c_add(rd: RdNotZero, rs2: CRs2NotZero) = 0x9002, C;
    "c.fsdsp"    c_fsdsp(fs: CF2, offset: CSpDoubleS) = 0xa002, C | D;
    "c.swsp"     c_swsp(rs2: CRs2, offset: CSpWordS) = 0xc002, C;
    "c.fswsp"    c_fswsp(fs: CF2, offset: CSpWordS) = 0xe002, C | F | RV32;
    "c.sdsp"     c_sdsp(rs2: CRs2, offset: CSpDoubleS) = 0xe002, C | RV64;

    // Zcb.
    "c.lbu"      c_lbu(rd: P2, offset: COffByte, rs1: PBase7) = 0x8000, C | ZCB;
    "c.lhu"      c_lhu(rd: P2, offset: COffHalf, rs1: PBase7) = 0x8400, C | ZCB;
    "c.lh"       c_lh(rd: P2, offset: COffHalf, rs1: PBase7) = 0x8440, C | ZCB;
    "c.sb"       c_sb(rs2: P2, offset: COffByte, rs1: PBase7) = 0x8800, C | ZCB;
    "c.sh"       c_sh(rs2: P2, offset: COffHalf, rs1: PBase7) = 0x8c00, C | ZCB;
    "c.zext.b"   c_zext_b(rd: P7) = 0x9c61, C | ZCB;
    "c.sext.b"   c_sext_b(rd: P7) = 0x9c65, C | ZCB | ZBB;
    "c.zext.h"   c_zext_h(rd: P7) = 0x9c69, C | ZCB | ZBB;
    "c.sext.h"   c_sext_h(rd: P7) = 0x9c6d, C | ZCB | ZBB;
    "c.zext.w"   c_zext_w(rd: P7) = 0x9c71, C | ZCB | ZBA | RV64;
    "c.not"      c_not(rd: P7) = 0x9c75, C | ZCB;
    "c.mul"      c_mul(rd: P7, rs2: P2) = 0x9c41, C | ZCB | M;

    // Zcmp.
    "cm.push"    cm_push(list: List4, extra: Extra2) = 0xb802, C | ZCMP;
    "cm.pop"     cm_pop(list: List4, extra: Extra2) = 0xba02, C | ZCMP;
    "cm.popretz" cm_popretz(list: List4, extra: Extra2) = 0xbc02, C | ZCMP;
    "cm.popret"  cm_popret(list: List4, extra: Extra2) = 0xbe02, C | ZCMP;
    "cm.mvsa01"  cm_mvsa01(r1: S7, r2: S2) = 0xac22, C | ZCMP;
    "cm.mva01s"  cm_mva01s(r1: S7, r2: S2) = 0xac62, C | ZCMP;
}
