//! Kinds of operands.
//!
//! Source: Xtensa Instruction Set Architecture Reference Manual, chapters 6 and 7. Fields are
//! named as there: `op0` in bits 3-0, `t` 7-4, `s` 11-8, `r` 15-12, `op1` 19-16, `op2` 23-20.

use ferlance_asm::kinds;
use ferlance_asm::row::By;

use crate::reg::{BReg, FReg, MReg, Reg};

/// What an operand looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// `a0` to `a15`.
    R,
    /// `f0` to `f15`.
    F,
    /// `b0` to `b15`.
    B,
    /// `m0` to `m3`.
    M,
    /// A constant.
    Int,
    /// A special register, by number or name.
    Special,
    /// A user register, by number or name.
    User,
    /// A place, as the distance from the instruction plus 4.
    Label,
    /// A place, as the distance from the word of the instruction plus 4.
    LabelCall,
    /// A place, as the distance from the instruction plus 3, rounded down to a word.
    LabelLiteral,
}

/// Constants of branches that compare with signed ones (B4CONST).
const SIGNED: &[i32] = &[-1, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 32, 64, 128, 256];
/// Constants of branches that compare with unsigned ones (B4CONSTU).
const UNSIGNED: &[i32] = &[
    32768, 65536, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 32, 64, 128, 256,
];

kinds! { Class;
    // Registers.
    /// `r`.
    Ar(Reg) = R, 0, 15, [(0, 4, 12)];
    /// `s`.
    As(Reg) = R, 0, 15, [(0, 4, 8)];
    /// `t`.
    At(Reg) = R, 0, 15, [(0, 4, 4)];
    /// `s` and `t`, the same in both.
    AsTwice(Reg) = R, 0, 15, [(0, 4, 8), (0, 4, 4)];
    /// Float in `r`.
    Fr(FReg) = F, 0, 15, [(0, 4, 12)];
    /// Float in `s`.
    Fs(FReg) = F, 0, 15, [(0, 4, 8)];
    /// Float in `t`.
    Ft(FReg) = F, 0, 15, [(0, 4, 4)];
    /// Boolean in `r`.
    Br(BReg) = B, 0, 15, [(0, 4, 12)];
    /// Boolean in `s`.
    Bs(BReg) = B, 0, 15, [(0, 4, 8)];
    /// Boolean in `t`.
    Bt(BReg) = B, 0, 15, [(0, 4, 4)];
    /// The first of four booleans in `s`.
    Bs4(BReg) = B, 0, 12, [(2, 2, 10)];
    /// The first of eight booleans in `s`.
    Bs8(BReg) = B, 0, 8, [(3, 1, 11)];
    /// Any multiplier register.
    Mw(MReg) = M, 0, 3, [(0, 2, 12)];
    /// `m0` or `m1`.
    Mx(MReg) = M, 0, 1, [(0, 1, 14)];
    /// `m2` or `m3`.
    My(MReg) = M, 2, 3, [(0, 1, 6)], by By::Less(2);

    // Constants.
    /// -128 to 127.
    I8(i32) = Int, -128, 127, [(0, 8, 16)];
    /// -32768 to 32512 by 256.
    I8Hundred(i32) = Int, -32768, 32512, [(8, 8, 16)];
    /// -2048 to 2047.
    I12(i32) = Int, -2048, 2047, [(0, 8, 16), (8, 4, 8)];
    /// 0 to 255.
    U8(i32) = Int, 0, 255, [(0, 8, 16)];
    /// 0 to 510 by 2.
    U8Half(i32) = Int, 0, 510, [(1, 8, 16)];
    /// 0 to 1020 by 4.
    U8Word(i32) = Int, 0, 1020, [(2, 8, 16)];
    /// 0 to 240 by 16, of locked lines.
    U4Line(i32) = Int, 0, 240, [(4, 4, 20)];
    /// -64 to -4 by 4.
    Below64(i32) = Int, -64, -4, [(2, 4, 12)], by By::Less(-64);
    /// Left shift by 1-31.
    Left(i32) = Int, 1, 31, [(0, 4, 4), (4, 1, 20)], by By::From(32);
    /// Right shift by 0-31.
    Right(i32) = Int, 0, 31, [(0, 4, 8), (4, 1, 20)];
    /// Right shift by 0-15.
    Right4(i32) = Int, 0, 15, [(0, 4, 8)];
    /// What the shift register is set to, 0-31.
    ShiftAmount(i32) = Int, 0, 31, [(0, 4, 8), (4, 1, 4)];
    /// Lowest bit of a field.
    Lsb(i32) = Int, 0, 31, [(0, 4, 8), (4, 1, 16)];
    /// Width of a field, 1-16.
    Width(i32) = Int, 1, 16, [(0, 4, 20)], by By::Less(1);
    /// Sign bit to extend from, 7-22.
    SignBit(i32) = Int, 7, 22, [(0, 4, 4)], by By::Less(7);
    /// How far to rotate the window.
    Rotation(i32) = Int, -8, 7, [(0, 4, 4)];
    /// Size of a frame, 0 to 32760 by 8.
    Frame(i32) = Int, 0, 32760, [(3, 12, 12)];
    /// A bit number.
    Bit(i32) = Int, 0, 31, [(0, 4, 4), (4, 1, 12)];
    /// What to compare with, signed.
    Signed(i32) = Int, -1, 256, [(0, 4, 12)], by By::Table(SIGNED);
    /// What to compare with, unsigned.
    Unsigned(i32) = Int, 2, 65536, [(0, 4, 12)], by By::Table(UNSIGNED);
    /// 0-15 in `s`.
    U4s(i32) = Int, 0, 15, [(0, 4, 8)];
    /// 0-15 in `t`.
    U4t(i32) = Int, 0, 15, [(0, 4, 4)];
    /// -1 and 1 to 15.
    AddN(i32) = Int, -1, 15, [(0, 4, 4)],
        by By::Table(&[-1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
    /// -32 to 95.
    MoveN(i32) = Int, -32, 95, [(0, 4, 12), (4, 3, 4)],
        by By::Code { put: pack_move, take: unpack_move };
    /// 0 to 60 by 4.
    U4Word(i32) = Int, 0, 60, [(2, 4, 12)];
    /// Special register.
    Sr(i32) = Special, 0, 255, [(0, 8, 8)];
    /// User register that is read.
    UrRead(i32) = User, 0, 255, [(0, 8, 4)];
    /// User register that is written.
    UrWrite(i32) = User, 0, 255, [(0, 8, 8)];

    // Places.
    /// -128 to 127.
    To8(i32) = Label, -128, 127, [(0, 8, 16)];
    /// -2048 to 2047.
    To12(i32) = Label, -2048, 2047, [(0, 12, 12)];
    /// ±128 KiB.
    To18(i32) = Label, -131072, 131071, [(0, 18, 6)];
    /// 0 to 255: the end of a loop.
    ToEnd(i32) = Label, 0, 255, [(0, 8, 16)];
    /// 0 to 63.
    To6(i32) = Label, 0, 63, [(0, 4, 12), (4, 2, 4)];
    /// ±512 KiB by 4.
    ToCall(i32) = LabelCall, -524_288, 524_284, [(2, 18, 6)];
    /// -256 KiB to -4 by 4.
    ToLiteral(i32) = LabelLiteral, -262_144, -4, [(2, 16, 8)],
        by By::Code { put: same, take: always_back };
}

fn pack_move(value: i32) -> Option<u32> {
    Some(value as u32 & 0x7f)
}

fn unpack_move(number: u32) -> i32 {
    let value = number as i32;
    if value >= 96 { value - 128 } else { value }
}

fn same(value: i32) -> Option<u32> {
    Some(value as u32)
}

/// Literals lie behind: the upper bits are ones.
fn always_back(number: u32) -> i32 {
    (number | 0xfffc_0000) as i32
}
