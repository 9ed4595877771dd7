//! Bit manipulation: Zba, Zbb, Zbs, Zicond.

use ferlance_asm::rows;

use crate::encode::*;
use crate::inst::{Inst, RV32, RV64, ZBA, ZBB, ZBS, ZICOND};

rows! {
    /// Bit manipulation.
    BITS: Class -> Inst;

    // Zba.
    "sh1add"     sh1add(rd: Rd, rs1: Rs1, rs2: Rs2) = 0x20002033, ZBA;
    "sh2add"     sh2add(rd: Rd, rs1: Rs1, rs2: Rs2) = 0x20004033, ZBA;
    "sh3add"     sh3add(rd: Rd, rs1: Rs1, rs2: Rs2) = 0x20006033, ZBA;
    "add.uw"     add_uw(rd: Rd, rs1: Rs1, rs2: Rs2) = 0x0800003b, ZBA | RV64;
    "sh1add.uw"  sh1add_uw(rd: Rd, rs1: Rs1, rs2: Rs2) = 0x2000203b, ZBA | RV64;
    "sh2add.uw"  sh2add_uw(rd: Rd, rs1: Rs1, rs2: Rs2) = 0x2000403b, ZBA | RV64;
    "sh3add.uw"  sh3add_uw(rd: Rd, rs1: Rs1, rs2: Rs2) = 0x2000603b, ZBA | RV64;
    "slli.uw"    slli_uw(rd: Rd, rs1: Rs1, by: Shift6) = 0x0800101b, ZBA | RV64;
    "zext.w"     zext_w(rd: Rd, rs: Rs1) = 0x0800003b, ZBA | RV64;

    // Zbb.
    "andn"       andn(rd: Rd, rs1: Rs1, rs2: Rs2) = 0x40007033, ZBB;
    "orn"        orn(rd: Rd, rs1: Rs1, rs2: Rs2) = 0x40006033, ZBB;
    "xnor"       xnor(rd: Rd, rs1: Rs1, rs2: Rs2) = 0x40004033, ZBB;
    "clz"        clz(rd: Rd, rs: Rs1) = 0x60001013, ZBB;
    "ctz"        ctz(rd: Rd, rs: Rs1) = 0x60101013, ZBB;
    "cpop"       cpop(rd: Rd, rs: Rs1) = 0x60201013, ZBB;
    "sext.b"     sext_b(rd: Rd, rs: Rs1) = 0x60401013, ZBB;
    "sext.h"     sext_h(rd: Rd, rs: Rs1) = 0x60501013, ZBB;
    "orc.b"      orc_b(rd: Rd, rs: Rs1) = 0x28705013, ZBB;
    "clzw"       clzw(rd: Rd, rs: Rs1) = 0x6000101b, ZBB | RV64;
    "ctzw"       ctzw(rd: Rd, rs: Rs1) = 0x6010101b, ZBB | RV64;
    "cpopw"      cpopw(rd: Rd, rs: Rs1) = 0x6020101b, ZBB | RV64;
    "zext.h"     zext_h(rd: Rd, rs: Rs1) = 0x08004033, ZBB | RV32;
    "zext.h"     zext_h_64(rd: Rd, rs: Rs1) = 0x0800403b, ZBB | RV64;
    "rev8"       rev8(rd: Rd, rs: Rs1) = 0x69805013, ZBB | RV32;
    "rev8"       rev8_64(rd: Rd, rs: Rs1) = 0x6b805013, ZBB | RV64;
    "min"        min(rd: Rd, rs1: Rs1, rs2: Rs2) = 0x0a004033, ZBB;
    "minu"       minu(rd: Rd, rs1: Rs1, rs2: Rs2) = 0x0a005033, ZBB;
    "max"        max(rd: Rd, rs1: Rs1, rs2: Rs2) = 0x0a006033, ZBB;
    "maxu"       maxu(rd: Rd, rs1: Rs1, rs2: Rs2) = 0x0a007033, ZBB;
    "rol"        rol(rd: Rd, rs1: Rs1, rs2: Rs2) = 0x60001033, ZBB;
    "ror"        ror(rd: Rd, rs1: Rs1, rs2: Rs2) = 0x60005033, ZBB;
    "rori"       rori(rd: Rd, rs1: Rs1, by: Shift5) = 0x60005013, ZBB | RV32;
    "rori"       rori_64(rd: Rd, rs1: Rs1, by: Shift6) = 0x60005013, ZBB | RV64;
    "rolw"       rolw(rd: Rd, rs1: Rs1, rs2: Rs2) = 0x6000103b, ZBB | RV64;
    "rorw"       rorw(rd: Rd, rs1: Rs1, rs2: Rs2) = 0x6000503b, ZBB | RV64;
    "roriw"      roriw(rd: Rd, rs1: Rs1, by: Shift5) = 0x6000501b, ZBB | RV64;

    // Zbs.
    "bclr"       bclr(rd: Rd, rs1: Rs1, rs2: Rs2) = 0x48001033, ZBS;
    "bclri"      bclri(rd: Rd, rs1: Rs1, bit: Shift5) = 0x48001013, ZBS | RV32;
    "bclri"      bclri_64(rd: Rd, rs1: Rs1, bit: Shift6) = 0x48001013, ZBS | RV64;
    "bext"       bext(rd: Rd, rs1: Rs1, rs2: Rs2) = 0x48005033, ZBS;
    "bexti"      bexti(rd: Rd, rs1: Rs1, bit: Shift5) = 0x48005013, ZBS | RV32;
    "bexti"      bexti_64(rd: Rd, rs1: Rs1, bit: Shift6) = 0x48005013, ZBS | RV64;
    "binv"       binv(rd: Rd, rs1: Rs1, rs2: Rs2) = 0x68001033, ZBS;
    "binvi"      binvi(rd: Rd, rs1: Rs1, bit: Shift5) = 0x68001013, ZBS | RV32;
    "binvi"      binvi_64(rd: Rd, rs1: Rs1, bit: Shift6) = 0x68001013, ZBS | RV64;
    "bset"       bset(rd: Rd, rs1: Rs1, rs2: Rs2) = 0x28001033, ZBS;
    "bseti"      bseti(rd: Rd, rs1: Rs1, bit: Shift5) = 0x28001013, ZBS | RV32;
    "bseti"      bseti_64(rd: Rd, rs1: Rs1, bit: Shift6) = 0x28001013, ZBS | RV64;

    // Zicond.
    "czero.eqz"  czero_eqz(rd: Rd, rs1: Rs1, rs2: Rs2) = 0x0e005033, ZICOND;
    "czero.nez"  czero_nez(rd: Rd, rs1: Rs1, rs2: Rs2) = 0x0e007033, ZICOND;
}
