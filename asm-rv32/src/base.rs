//! The base sets RV32I and RV64I, Zicsr, Zifencei, and their pseudo-instructions.

use ferlance_asm::rows;

use crate::encode::*;
use crate::inst::{ALIAS, BASE, Inst, RV32, RV64};

rows! {
    /// The base set.
    BASE_ROWS: Class -> Inst;

    // Upper constants and jumps.
    "lui"        lui(rd: Rd, imm: U20) = 0x00000037, BASE;
    "auipc"      auipc(rd: Rd, imm: U20) = 0x00000017, BASE;
    "jal"        jal(rd: Rd, to: To20) = 0x0000006f, BASE;
    "jalr"       jalr(rd: Rd, rs1: Rs1, imm: I12) = 0x00000067, BASE;

    // Branches.
    "beq"        beq(rs1: Rs1, rs2: Rs2, to: To12) = 0x00000063, BASE;
    "bne"        bne(rs1: Rs1, rs2: Rs2, to: To12) = 0x00001063, BASE;
    "blt"        blt(rs1: Rs1, rs2: Rs2, to: To12) = 0x00004063, BASE;
    "bge"        bge(rs1: Rs1, rs2: Rs2, to: To12) = 0x00005063, BASE;
    "bltu"       bltu(rs1: Rs1, rs2: Rs2, to: To12) = 0x00006063, BASE;
    "bgeu"       bgeu(rs1: Rs1, rs2: Rs2, to: To12) = 0x00007063, BASE;

    // Loads and stores.
    "lb"         lb(rd: Rd, offset: Off12, rs1: Base1) = 0x00000003, BASE;
    "lh"         lh(rd: Rd, offset: Off12, rs1: Base1) = 0x00001003, BASE;
    "lw"         lw(rd: Rd, offset: Off12, rs1: Base1) = 0x00002003, BASE;
    "ld"         ld(rd: Rd, offset: Off12, rs1: Base1) = 0x00003003, RV64;
    "lbu"        lbu(rd: Rd, offset: Off12, rs1: Base1) = 0x00004003, BASE;
    "lhu"        lhu(rd: Rd, offset: Off12, rs1: Base1) = 0x00005003, BASE;
    "lwu"        lwu(rd: Rd, offset: Off12, rs1: Base1) = 0x00006003, RV64;
    "sb"         sb(rs2: Rs2, offset: OffS12, rs1: Base1) = 0x00000023, BASE;
    "sh"         sh(rs2: Rs2, offset: OffS12, rs1: Base1) = 0x00001023, BASE;
    "sw"         sw(rs2: Rs2, offset: OffS12, rs1: Base1) = 0x00002023, BASE;
    "sd"         sd(rs2: Rs2, offset: OffS12, rs1: Base1) = 0x00003023, RV64;

    // Register and constant.
    "addi"       addi(rd: Rd, rs1: Rs1, imm: I12) = 0x00000013, BASE;
    "slti"       slti(rd: Rd, rs1: Rs1, imm: I12) = 0x00002013, BASE;
    "sltiu"      sltiu(rd: Rd, rs1: Rs1, imm: I12) = 0x00003013, BASE;
    "xori"       xori(rd: Rd, rs1: Rs1, imm: I12) = 0x00004013, BASE;
    "ori"        ori(rd: Rd, rs1: Rs1, imm: I12) = 0x00006013, BASE;
    "andi"       andi(rd: Rd, rs1: Rs1, imm: I12) = 0x00007013, BASE;
    "slli"       slli(rd: Rd, rs1: Rs1, by: Shift5) = 0x00001013, RV32;
    "srli"       srli(rd: Rd, rs1: Rs1, by: Shift5) = 0x00005013, RV32;
    "srai"       srai(rd: Rd, rs1: Rs1, by: Shift5) = 0x40005013, RV32;
    "slli"       slli_64(rd: Rd, rs1: Rs1, by: Shift6) = 0x00001013, RV64;
    "srli"       srli_64(rd: Rd, rs1: Rs1, by: Shift6) = 0x00005013, RV64;
    "srai"       srai_64(rd: Rd, rs1: Rs1, by: Shift6) = 0x40005013, RV64;

    // Registers.
    "add"        add(rd: Rd, rs1: Rs1, rs2: Rs2) = 0x00000033, BASE;
    "sub"        sub(rd: Rd, rs1: Rs1, rs2: Rs2) = 0x40000033, BASE;
    "sll"        sll(rd: Rd, rs1: Rs1, rs2: Rs2) = 0x00001033, BASE;
    "slt"        slt(rd: Rd, rs1: Rs1, rs2: Rs2) = 0x00002033, BASE;
    "sltu"       sltu(rd: Rd, rs1: Rs1, rs2: Rs2) = 0x00003033, BASE;
    "xor"        xor(rd: Rd, rs1: Rs1, rs2: Rs2) = 0x00004033, BASE;
    "srl"        srl(rd: Rd, rs1: Rs1, rs2: Rs2) = 0x00005033, BASE;
    "sra"        sra(rd: Rd, rs1: Rs1, rs2: Rs2) = 0x40005033, BASE;
    "or"         or(rd: Rd, rs1: Rs1, rs2: Rs2) = 0x00006033, BASE;
    "and"        and(rd: Rd, rs1: Rs1, rs2: Rs2) = 0x00007033, BASE;

    // Words in 64-bit registers.
    "addiw"      addiw(rd: Rd, rs1: Rs1, imm: I12) = 0x0000001b, RV64;
    "slliw"      slliw(rd: Rd, rs1: Rs1, by: Shift5) = 0x0000101b, RV64;
    "srliw"      srliw(rd: Rd, rs1: Rs1, by: Shift5) = 0x0000501b, RV64;
    "sraiw"      sraiw(rd: Rd, rs1: Rs1, by: Shift5) = 0x4000501b, RV64;
    "addw"       addw(rd: Rd, rs1: Rs1, rs2: Rs2) = 0x0000003b, RV64;
    "subw"       subw(rd: Rd, rs1: Rs1, rs2: Rs2) = 0x4000003b, RV64;
    "sllw"       sllw(rd: Rd, rs1: Rs1, rs2: Rs2) = 0x0000103b, RV64;
    "srlw"       srlw(rd: Rd, rs1: Rs1, rs2: Rs2) = 0x0000503b, RV64;
    "sraw"       sraw(rd: Rd, rs1: Rs1, rs2: Rs2) = 0x4000503b, RV64;

    // System.
    "fence"      fence(before: FenceBefore, after: FenceAfter) = 0x0000000f, BASE;
    "fence.i"    fence_i() = 0x0000100f, BASE;
    "ecall"      ecall() = 0x00000073, BASE;
    "ebreak"     ebreak() = 0x00100073, BASE;
    "sret"       sret() = 0x10200073, BASE;
    "mret"       mret() = 0x30200073, BASE;
    "wfi"        wfi() = 0x10500073, BASE;
    "csrrw"      csrrw(rd: Rd, csr: Csr12, rs1: Rs1) = 0x00001073, BASE;
    "csrrs"      csrrs(rd: Rd, csr: Csr12, rs1: Rs1) = 0x00002073, BASE;
    "csrrc"      csrrc(rd: Rd, csr: Csr12, rs1: Rs1) = 0x00003073, BASE;
    "csrrwi"     csrrwi(rd: Rd, csr: Csr12, imm: Z5) = 0x00005073, BASE;
    "csrrsi"     csrrsi(rd: Rd, csr: Csr12, imm: Z5) = 0x00006073, BASE;
    "csrrci"     csrrci(rd: Rd, csr: Csr12, imm: Z5) = 0x00007073, BASE;

    // Other names: the manual's pseudo-instructions that are one instruction.
    "nop"        nop() = 0x00000013, BASE;
    "not"        not(rd: Rd, rs: Rs1) = 0xfff04013, BASE;
    "neg"        neg(rd: Rd, rs: Rs2) = 0x40000033, BASE;
    "negw"       negw(rd: Rd, rs: Rs2) = 0x4000003b, RV64;
    "sext.w"     sext_w(rd: Rd, rs: Rs1) = 0x0000001b, RV64;
    "seqz"       seqz(rd: Rd, rs: Rs1) = 0x00103013, BASE;
    "snez"       snez(rd: Rd, rs: Rs2) = 0x00003033, BASE;
    "sltz"       sltz(rd: Rd, rs: Rs1) = 0x00002033, BASE;
    "sgtz"       sgtz(rd: Rd, rs: Rs2) = 0x00002033, BASE;
    "beqz"       beqz(rs: Rs1, to: To12) = 0x00000063, BASE;
    "bnez"       bnez(rs: Rs1, to: To12) = 0x00001063, BASE;
    "bgez"       bgez(rs: Rs1, to: To12) = 0x00005063, BASE;
    "bltz"       bltz(rs: Rs1, to: To12) = 0x00004063, BASE;
    "blez"       blez(rs: Rs2, to: To12) = 0x00005063, BASE;
    "bgtz"       bgtz(rs: Rs2, to: To12) = 0x00004063, BASE;
    "bgt"        bgt(rs: Rs2, rt: Rs1, to: To12) = 0x00004063, BASE, ALIAS;
    "ble"        ble(rs: Rs2, rt: Rs1, to: To12) = 0x00005063, BASE, ALIAS;
    "bgtu"       bgtu(rs: Rs2, rt: Rs1, to: To12) = 0x00006063, BASE, ALIAS;
    "bleu"       bleu(rs: Rs2, rt: Rs1, to: To12) = 0x00007063, BASE, ALIAS;
    "j"          j(to: To20) = 0x0000006f, BASE;
    "jal"        jal_ra(to: To20) = 0x000000ef, BASE;
    "jr"         jr(rs: Rs1) = 0x00000067, BASE;
    "jalr"       jalr_ra(rs: Rs1) = 0x000000e7, BASE;
    "ret"        ret() = 0x00008067, BASE;
    "csrr"       csrr(rd: Rd, csr: Csr12) = 0x00002073, BASE;
    "csrw"       csrw(csr: Csr12, rs: Rs1) = 0x00001073, BASE;
    "csrs"       csrs(csr: Csr12, rs: Rs1) = 0x00002073, BASE;
    "csrc"       csrc(csr: Csr12, rs: Rs1) = 0x00003073, BASE;
    "csrwi"      csrwi(csr: Csr12, imm: Z5) = 0x00005073, BASE;
    "csrsi"      csrsi(csr: Csr12, imm: Z5) = 0x00006073, BASE;
    "csrci"      csrci(csr: Csr12, imm: Z5) = 0x00007073, BASE;
    "fence"      fence_all() = 0x0ff0000f, BASE;
}
