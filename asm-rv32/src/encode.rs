//! Kinds of operands.
//!
//! Source: The RISC-V Instruction Set Manual, volume I, 20240411; Zcmp and Zcb: Code Size
//! Reduction, 1.0.

use ferlance_asm::kinds;
use ferlance_asm::row::By;

use crate::reg::{FReg, Reg};

/// What an operand looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// An integer register.
    R,
    /// A floating-point register.
    F,
    /// A constant.
    Int,
    /// A constant of which only these bits count, whatever else is written.
    Upper,
    /// A control and status register, by number or name.
    Csr,
    /// The constant of an address: what follows is its base, `4(a0)`.
    Offset,
    /// The base of an address.
    Base,
    /// A base without a constant: `(a0)`.
    Address,
    /// The constant of an address whose base is `sp`.
    OffsetSp,
    /// `sp`, which a program does not write.
    Sp,
    /// A place, as the distance from the instruction.
    Label,
    /// What a fence orders: a set of `iorw`.
    Fence,
    /// A rounding mode, or none for the one in force.
    Rounding,
    /// The register list of `cm.push` and its kin.
    List,
    /// The stack adjustment that goes with a list.
    Adjust,
}

/// The rounding mode in force.
pub const DYNAMIC: i32 = 7;

const POPULAR: By = By::Less(8);
/// `s0` to `s7`, as pair moves number them.
const SAVED: By = By::Table(&[8, 9, 18, 19, 20, 21, 22, 23]);

kinds! { Class;
    // Registers.
    /// Bits 11-7.
    Rd(Reg) = R, 0, 31, [(0, 5, 7)];
    /// Bits 19-15.
    Rs1(Reg) = R, 0, 31, [(0, 5, 15)];
    /// Bits 24-20.
    Rs2(Reg) = R, 0, 31, [(0, 5, 20)];
    /// Bits 19-15 and 24-20, the same in both.
    RsTwice(Reg) = R, 0, 31, [(0, 5, 15), (0, 5, 20)];
    /// Base in bits 19-15.
    Base1(Reg) = Base, 0, 31, [(0, 5, 15)];
    /// Base without a constant in bits 19-15.
    At1(Reg) = Address, 0, 31, [(0, 5, 15)];
    /// Bits 11-7 but `zero`.
    RdNotZero(Reg) = R, 0, 31, [(0, 5, 7)], deny 1;
    /// Bits 11-7 but `zero` and `sp`.
    RdNotZeroSp(Reg) = R, 0, 31, [(0, 5, 7)], deny 5;
    /// Bits 6-2.
    CRs2(Reg) = R, 0, 31, [(0, 5, 2)];
    /// Bits 6-2 but `zero`.
    CRs2NotZero(Reg) = R, 0, 31, [(0, 5, 2)], deny 1;
    /// One of eight in bits 4-2.
    P2(Reg) = R, 8, 15, [(0, 3, 2)], by POPULAR;
    /// One of eight in bits 9-7.
    P7(Reg) = R, 8, 15, [(0, 3, 7)], by POPULAR;
    /// Base, one of eight in bits 9-7.
    PBase7(Reg) = Base, 8, 15, [(0, 3, 7)], by POPULAR;
    /// `sp`, written by nobody.
    Sp(()) = Sp, 2, 2, [], by By::Fixed(2);
    /// One of `s0` to `s7` in bits 9-7.
    S7(Reg) = R, 8, 23, [(0, 3, 7)], by SAVED;
    /// One of `s0` to `s7` in bits 4-2.
    S2(Reg) = R, 8, 23, [(0, 3, 2)], by SAVED;
    /// Floating-point register in bits 11-7.
    Fd(FReg) = F, 0, 31, [(0, 5, 7)];
    /// Floating-point register in bits 19-15.
    F1(FReg) = F, 0, 31, [(0, 5, 15)];
    /// Floating-point register in bits 24-20.
    F2(FReg) = F, 0, 31, [(0, 5, 20)];
    /// Floating-point register in bits 31-27.
    F3(FReg) = F, 0, 31, [(0, 5, 27)];
    /// Floating-point register in bits 19-15 and 24-20, the same in both.
    FTwice(FReg) = F, 0, 31, [(0, 5, 15), (0, 5, 20)];
    /// Floating-point register in bits 6-2.
    CF2(FReg) = F, 0, 31, [(0, 5, 2)];
    /// Floating-point register, one of eight in bits 4-2.
    PF2(FReg) = F, 8, 15, [(0, 3, 2)], by POPULAR;

    // Constants.
    /// -2048 to 2047.
    I12(i32) = Int, -2048, 2047, [(0, 12, 20)];
    /// Offset -2048 to 2047 of loads.
    Off12(i32) = Offset, -2048, 2047, [(0, 12, 20)];
    /// Offset -2048 to 2047 of stores.
    OffS12(i32) = Offset, -2048, 2047, [(0, 5, 7), (5, 7, 25)];
    /// The upper 20 bits.
    U20(i32) = Upper, 0, 0xf_ffff, [(0, 20, 12)];
    /// Shift by 0-31.
    Shift5(i32) = Int, 0, 31, [(0, 5, 20)];
    /// Shift by 0-63.
    Shift6(i32) = Int, 0, 63, [(0, 6, 20)];
    /// Control and status register.
    Csr12(i32) = Csr, 0, 4095, [(0, 12, 20)];
    /// 0-31 in place of a register.
    Z5(i32) = Int, 0, 31, [(0, 5, 15)];
    /// What comes before a fence.
    FenceBefore(i32) = Fence, 1, 15, [(0, 4, 24)];
    /// What comes after a fence.
    FenceAfter(i32) = Fence, 1, 15, [(0, 4, 20)];
    /// Rounding mode.
    Rm(i32) = Rounding, 0, 7, [(0, 3, 12)], deny 0x60;
    /// -32 to 31.
    C6(i32) = Int, -32, 31, [(0, 5, 2), (5, 1, 12)];
    /// -32 to 31 but 0.
    C6NotZero(i32) = Int, -32, 31, [(0, 5, 2), (5, 1, 12)], deny 1;
    /// 1 to 31 and 0xfffe0 to 0xfffff: bits 17-12, with their sign.
    CUpper(i32) = Int, 1, 0xf_ffff, [(0, 5, 2), (5, 1, 12)],
        by By::Code { put: pack_upper, take: unpack_upper };
    /// Shift by 0-31; by 0 it is a hint.
    CShift5(i32) = Int, 0, 31, [(0, 5, 2)];
    /// Shift by 0-63; by 0 it is a hint.
    CShift6(i32) = Int, 0, 63, [(0, 5, 2), (5, 1, 12)];
    /// 4 to 1020 by 4.
    C4Spn(i32) = Int, 4, 1020, [(4, 2, 11), (6, 4, 7), (2, 1, 6), (3, 1, 5)];
    /// -512 to 496 by 16, but 0.
    C16Sp(i32) = Int, -512, 496, [(9, 1, 12), (4, 1, 6), (6, 1, 5), (7, 2, 3), (5, 1, 2)], deny 1;
    /// Offset 0-124 by 4.
    COffWord(i32) = Offset, 0, 124, [(6, 1, 5), (3, 3, 10), (2, 1, 6)];
    /// Offset 0-248 by 8.
    COffDouble(i32) = Offset, 0, 248, [(3, 3, 10), (6, 2, 5)];
    /// Offset 0-252 by 4 from `sp`, of loads.
    CSpWord(i32) = OffsetSp, 0, 252, [(5, 1, 12), (2, 3, 4), (6, 2, 2)];
    /// Offset 0-504 by 8 from `sp`, of loads.
    CSpDouble(i32) = OffsetSp, 0, 504, [(5, 1, 12), (3, 2, 5), (6, 3, 2)];
    /// Offset 0-252 by 4 from `sp`, of stores.
    CSpWordS(i32) = OffsetSp, 0, 252, [(2, 4, 9), (6, 2, 7)];
    /// Offset 0-504 by 8 from `sp`, of stores.
    CSpDoubleS(i32) = OffsetSp, 0, 504, [(3, 3, 10), (6, 3, 7)];
    /// Offset 0-3.
    COffByte(i32) = Offset, 0, 3, [(0, 1, 6), (1, 1, 5)];
    /// Offset 0 or 2.
    COffHalf(i32) = Offset, 0, 2, [(1, 1, 5)];
    /// Register list, by its code: 4 is `ra`, 5 is `ra, s0`, …, 15 is `ra, s0-s11`.
    List4(i32) = List, 4, 15, [(0, 4, 4)];
    /// 0-3 times 16 bytes beyond what the list takes.
    Extra2(i32) = Adjust, 0, 3, [(0, 2, 2)];

    // Places.
    /// ±4 KiB.
    To12(i32) = Label, -4096, 4094, [(1, 4, 8), (5, 6, 25), (11, 1, 7), (12, 1, 31)];
    /// ±1 MiB.
    To20(i32) = Label, -(1 << 20), (1 << 20) - 2, [(1, 10, 21), (11, 1, 20), (12, 8, 12), (20, 1, 31)];
    /// ±256 bytes.
    CTo8(i32) = Label, -256, 254, [(8, 1, 12), (3, 2, 10), (6, 2, 5), (1, 2, 3), (5, 1, 2)];
    /// ±2 KiB.
    CTo11(i32) = Label, -2048, 2046,
        [(11, 1, 12), (4, 1, 11), (8, 2, 9), (10, 1, 8), (6, 1, 7), (7, 1, 6), (1, 3, 3), (5, 1, 2)];
}

/// The six stored bits of what `c.lui` puts into bits 31-12.
fn pack_upper(value: i32) -> Option<u32> {
    (!(32..0xf_ffe0).contains(&value)).then_some(value as u32 & 0x3f)
}

fn unpack_upper(number: u32) -> i32 {
    (if number & 0x20 != 0 {
        number | 0xf_ffc0
    } else {
        number
    }) as i32
}

/// Bytes that the registers of a list take on the stack, rounded up to 16.
pub const fn list_bytes(code: u32, wide: bool) -> u32 {
    let registers = match code {
        4..=14 => code - 3,
        _ => 13,
    };
    let bytes = registers * if wide { 8 } else { 4 };
    (bytes + 15) & !15
}

/// Whether operands of one instruction agree with each other, where the manual has a rule that
/// no operand alone can break.
pub fn is_legal(word: u32) -> bool {
    match word {
        // cm.mvsa01: two different registers.
        _ if word >> 16 == 0 && word & 0xfc63 == 0xac22 => word >> 7 & 7 != word >> 2 & 7,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_take_what_the_manual_says() {
        // Code Size Reduction 1.0, cm.push: stack_adj_base.
        for (code, narrow, wide) in [
            (4, 16, 16),
            (7, 16, 32),
            (8, 32, 48),
            (11, 32, 64),
            (12, 48, 80),
            (14, 48, 96),
            (15, 64, 112),
        ] {
            assert_eq!(list_bytes(code, false), narrow, "{code}");
            assert_eq!(list_bytes(code, true), wide, "{code}");
        }
    }
}
