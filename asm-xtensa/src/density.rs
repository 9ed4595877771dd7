//! The density option: 16-bit instructions.

use ferlance_asm::rows;

use crate::encode::*;
use crate::inst::{DENSITY, Inst, WINDOWED};

rows! {
    /// 16-bit encodings.
    DENSITY_ROWS: Class -> Inst;

    // Narrow forms.
    "add.n"      add_n(ar: Ar, rs: As, rt: At) = 0x000a, DENSITY;
    "addi.n"     addi_n(ar: Ar, rs: As, imm: AddN) = 0x000b, DENSITY;
    "mov.n"      mov_n(rt: At, rs: As) = 0x000d, DENSITY;
    "movi.n"     movi_n(rs: As, imm: MoveN) = 0x000c, DENSITY;
    "l32i.n"     l32i_n(rt: At, rs: As, offset: U4Word) = 0x0008, DENSITY;
    "s32i.n"     s32i_n(rt: At, rs: As, offset: U4Word) = 0x0009, DENSITY;
    "beqz.n"     beqz_n(rs: As, to: To6) = 0x008c, DENSITY;
    "bnez.n"     bnez_n(rs: As, to: To6) = 0x00cc, DENSITY;
    "ret.n"      ret_n() = 0xf00d, DENSITY;
    "retw.n"     retw_n() = 0xf01d, DENSITY | WINDOWED;
    "break.n"    break_n(imm: U4s) = 0xf02d, DENSITY;
    "nop.n"      nop_n() = 0xf03d, DENSITY;
    "ill.n"      ill_n() = 0xf06d, DENSITY;
}
