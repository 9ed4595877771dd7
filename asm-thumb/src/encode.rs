//! Kinds of operands, and the arithmetic of the odd ones.
//!
//! Source: Armv7-M Architecture Reference Manual, chapters A5 to A7; Armv6-M, chapter A5.
//! Registers that the manual calls unpredictable in a place are denied there.

use ferlance_asm::RegSet;
use ferlance_asm::kinds;
use ferlance_asm::row::{By, Slot};

use crate::reg::{Cond, DReg, Reg, SReg, Shift};

/// What an operand looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// A core register.
    R,
    /// A core register that opens an address: `[r1`. What follows in the row stands inside.
    Base,
    /// A base register with write-back outside brackets: `r1!`.
    Bang,
    /// A base register with write-back unless the list loads it: `ldm` in its narrow form.
    BangUnlessListed,
    /// A list of core registers.
    List,
    /// A list of one core register.
    One,
    /// `s0` to `s31`.
    S,
    /// Two neighbouring single registers.
    SPair,
    /// A run of single registers.
    SList,
    /// `d0` to `d15`.
    D,
    /// A run of double registers.
    DList,
    /// Half of a double register: `d0[1]`.
    DLane,
    /// A constant.
    Int,
    /// A constant that floating point has in eight bits.
    Float,
    /// The constant zero of a comparison.
    FloatZero,
    /// A condition, written into the mnemonic.
    Cond,
    /// The then-else pattern of `it`, written into the mnemonic.
    ItMask,
    /// The condition of `it`.
    ItCond,
    /// A special register of `mrs` and `msr`.
    Sys,
    /// `i`, `f` or `if`.
    Iflags,
    /// What a barrier waits for.
    Barrier,
    /// A place, as the distance from the instruction plus 4.
    Label,
    /// A place, as the distance from the instruction plus 4 rounded down to a word.
    LabelWord,
    /// `lsl #1` and the like; none when it is left out.
    Shift,
    /// `lsl #0` to `lsl #3` inside an address.
    Lsl,
    /// The `lsl #1` of `tbh`.
    LslOne,
    /// `lsl #n` of `pkhbt` and saturation.
    LslAmount,
    /// `asr #n` of `pkhtb` and saturation.
    AsrAmount,
    /// `ror #8`, `#16`, `#24`.
    Ror,
    /// The width of `bfi` and `bfc`, stored as the highest bit.
    WidthTo,
    /// The width of `sbfx` and `ubfx`.
    Width,
    /// A coprocessor, `p0` to `p15`.
    P,
    /// A coprocessor's register, `c0` to `c15`.
    C,
    /// The floating-point status register.
    Fpscr,
    /// The flags, as the target of `vmrs`.
    Apsr,
}

const NO_PC: u32 = 1 << 15;
const NO_SP: u32 = 1 << 13;
const NO_SP_PC: u32 = NO_PC | NO_SP;

kinds! { Class;
    // 16-bit: registers.
    /// Low register in bits 2-0.
    Lo0(Reg) = R, 0, 7, [(0, 3, 0)];
    /// Low register in bits 5-3.
    Lo3(Reg) = R, 0, 7, [(0, 3, 3)];
    /// Low register in bits 8-6.
    Lo6(Reg) = R, 0, 7, [(0, 3, 6)];
    /// Low register in bits 10-8.
    Lo8(Reg) = R, 0, 7, [(0, 3, 8)];
    /// Any register in bits 6-3.
    Hi3(Reg) = R, 0, 15, [(0, 4, 3)];
    /// Any register but `pc` in bits 6-3.
    HiNoPc3(Reg) = R, 0, 15, [(0, 4, 3)], deny NO_PC;
    /// Any register in bits 7 and 2-0.
    HiDn(Reg) = R, 0, 15, [(0, 3, 0), (3, 1, 7)];
    /// Any register but `pc` in bits 7 and 2-0.
    HiDnNoPc(Reg) = R, 0, 15, [(0, 3, 0), (3, 1, 7)], deny NO_PC;
    /// `sp`.
    Sp(()) = R, 13, 13, [], by By::Fixed(13);
    /// Low base register in bits 5-3.
    LoBase3(Reg) = Base, 0, 7, [(0, 3, 3)];
    /// `[sp`.
    SpBase(()) = Base, 13, 13, [], by By::Fixed(13);
    /// Low base register with write-back in bits 10-8.
    LoBang8(Reg) = Bang, 0, 7, [(0, 3, 8)];
    /// Low base register of `ldm` in bits 10-8.
    LoBangUnless8(Reg) = BangUnlessListed, 0, 7, [(0, 3, 8)];
    /// Low registers.
    List8(RegSet) = List, 1, 0xff, [(0, 8, 0)];
    /// Low registers and `lr`.
    List8Lr(RegSet) = List, 1, 0x40ff, [(0, 8, 0), (14, 1, 8)];
    /// Low registers and `pc`.
    List8Pc(RegSet) = List, 1, 0x80ff, [(0, 8, 0), (15, 1, 8)];

    // 16-bit: constants.
    /// 0-7 in bits 8-6.
    U3(i32) = Int, 0, 7, [(0, 3, 6)];
    /// 0-31 in bits 10-6.
    U5(i32) = Int, 0, 31, [(0, 5, 6)];
    /// 1-31 in bits 10-6.
    U5NotZero(i32) = Int, 1, 31, [(0, 5, 6)];
    /// 1-32 in bits 10-6.
    Right5(i32) = Int, 1, 32, [(0, 5, 6)], by By::ZeroIs(32);
    /// 0-62 by 2 in bits 10-6.
    U5Half(i32) = Int, 0, 62, [(1, 5, 6)];
    /// 0-124 by 4 in bits 10-6.
    U5Word(i32) = Int, 0, 124, [(2, 5, 6)];
    /// 0-255 in bits 7-0.
    U8(i32) = Int, 0, 255, [(0, 8, 0)];
    /// 0-1020 by 4 in bits 7-0.
    U8Word(i32) = Int, 0, 1020, [(2, 8, 0)];
    /// 0-508 by 4 in bits 6-0.
    U7Word(i32) = Int, 0, 508, [(2, 7, 0)];
    /// Interrupt masks: 1 `f`, 2 `i`, 3 both.
    Iflags0(i32) = Iflags, 1, 3, [(0, 2, 0)];
    /// The condition of an `it`.
    ItCond4(Cond) = ItCond, 0, 13, [(0, 4, 4)];
    /// The mask of an `it`: 1-15.
    ItMask0(i32) = ItMask, 1, 15, [(0, 4, 0)];
    /// The condition of a narrow branch.
    Cond8(Cond) = Cond, 0, 13, [(0, 4, 8)];

    // 16-bit: places.
    /// -256 to 254.
    To8(i32) = Label, -256, 254, [(1, 8, 0)];
    /// -2048 to 2046.
    To11(i32) = Label, -2048, 2046, [(1, 11, 0)];
    /// 0 to 126, of `cbz`.
    ToCbz(i32) = Label, 0, 126, [(1, 5, 3), (6, 1, 9)];
    /// 0 to 1020 from the word.
    ToWord8(i32) = LabelWord, 0, 1020, [(2, 8, 0)];

    // 32-bit: registers.
    /// Bits 11-8.
    Rd8(Reg) = R, 0, 15, [(0, 4, 8)], deny NO_SP_PC;
    /// Bits 11-8, `sp` allowed.
    RdSp8(Reg) = R, 0, 15, [(0, 4, 8)], deny NO_PC;
    /// Bits 3-0.
    Rd0(Reg) = R, 0, 15, [(0, 4, 0)], deny NO_SP_PC;
    /// Bits 19-16.
    Rn16(Reg) = R, 0, 15, [(0, 4, 16)], deny NO_SP_PC;
    /// Bits 19-16, `sp` allowed.
    RnSp16(Reg) = R, 0, 15, [(0, 4, 16)], deny NO_PC;
    /// Bits 3-0.
    Rm0(Reg) = R, 0, 15, [(0, 4, 0)], deny NO_SP_PC;
    /// Bits 3-0, `sp` allowed.
    RmSp0(Reg) = R, 0, 15, [(0, 4, 0)], deny NO_PC;
    /// Bits 19-16 and 3-0, the same in both.
    RmTwice(Reg) = R, 0, 15, [(0, 4, 16), (0, 4, 0)], deny NO_SP_PC;
    /// Bits 15-12.
    Rt12(Reg) = R, 0, 15, [(0, 4, 12)], deny NO_SP_PC;
    /// Bits 15-12, `sp` allowed.
    RtSp12(Reg) = R, 0, 15, [(0, 4, 12)], deny NO_PC;
    /// Bits 15-12, any.
    RtAny12(Reg) = R, 0, 15, [(0, 4, 12)];
    /// Bits 11-8, of a pair.
    Rt8(Reg) = R, 0, 15, [(0, 4, 8)], deny NO_SP_PC;
    /// Bits 19-16, of a pair.
    Rt16(Reg) = R, 0, 15, [(0, 4, 16)], deny NO_SP_PC;
    /// Bits 15-12, alone in a list.
    OneRt12(Reg) = One, 0, 15, [(0, 4, 12)], deny NO_SP_PC;
    /// Bits 15-12, alone in a list, `pc` allowed.
    OneRtPc12(Reg) = One, 0, 15, [(0, 4, 12)], deny NO_SP;
    /// Base register in bits 19-16, `sp` excluded.
    BaseNoSp16(Reg) = Base, 0, 15, [(0, 4, 16)], deny NO_SP;
    /// Base register in bits 19-16.
    Base16(Reg) = Base, 0, 15, [(0, 4, 16)], deny NO_PC;
    /// Base register in bits 19-16, `pc` allowed.
    BasePc16(Reg) = Base, 0, 15, [(0, 4, 16)];
    /// Base register with write-back in bits 19-16.
    Bang16(Reg) = Bang, 0, 15, [(0, 4, 16)], deny NO_PC;
    /// Registers that `ldm` takes.
    ListLdm(RegSet) = List, 1, 0xdfff, [(0, 13, 0), (14, 2, 14)];
    /// Registers that `stm` takes.
    ListStm(RegSet) = List, 1, 0x5fff, [(0, 13, 0), (14, 1, 14)];

    // 32-bit: constants.
    /// A constant of eight bits, rotated or repeated.
    ModImm(i32) = Int, i32::MIN, i32::MAX, [(0, 8, 0), (8, 3, 12), (11, 1, 26)],
        by By::Code { put: pack_constant, take: unpack_constant };
    /// 0-4095 in three pieces.
    U12Split(i32) = Int, 0, 4095, [(0, 8, 0), (8, 3, 12), (11, 1, 26)];
    /// 0-65535 in four pieces.
    U16Split(i32) = Int, 0, 65535, [(0, 8, 0), (8, 3, 12), (11, 1, 26), (12, 4, 16)];
    /// 0-65535 of `udf`.
    U16Udf(i32) = Int, 0, 65535, [(0, 12, 0), (12, 4, 16)];
    /// 0-15 in bits 3-0.
    U4(i32) = Int, 0, 15, [(0, 4, 0)];
    /// Offset 0-4095.
    Off12(i32) = Int, 0, 4095, [(0, 12, 0)];
    /// Offset -1 to -255.
    Below8(i32) = Int, -255, -1, [(0, 8, 0)], by By::From(0);
    /// Offset -255 to 255, its sign in bit 9.
    Off8(i32) = Int, -255, 255, [(0, 8, 0), (8, 1, 9)],
        by By::Code { put: signed_8, take: unsigned_8 };
    /// Offset 0-255.
    Off8Up(i32) = Int, 0, 255, [(0, 8, 0)];
    /// Offset -1020 to 1020 by 4, its sign in bit 23.
    Off8Word(i32) = Int, -1020, 1020, [(0, 8, 0), (8, 1, 23)],
        by By::Code { put: signed_8_words, take: unsigned_8_words };
    /// Offset 0-1020 by 4.
    Off8WordUp(i32) = Int, 0, 1020, [(2, 8, 0)];
    /// Shift of a register by a constant.
    ShiftBy(Shift) = Shift, 0, 127, [(0, 2, 4), (2, 2, 6), (4, 3, 12)];
    /// 1-31 of a shift by a constant.
    Left5(i32) = Int, 1, 31, [(0, 2, 6), (2, 3, 12)];
    /// 1-32 of a right shift by a constant.
    RightWide5(i32) = Int, 1, 32, [(0, 2, 6), (2, 3, 12)], by By::ZeroIs(32);
    /// `lsl #0` to `#31`.
    LslBy(i32) = LslAmount, 0, 31, [(0, 2, 6), (2, 3, 12)];
    /// `asr #1` to `#32`.
    AsrBy32(i32) = AsrAmount, 1, 32, [(0, 2, 6), (2, 3, 12)], by By::ZeroIs(32);
    /// `asr #1` to `#31`.
    AsrBy31(i32) = AsrAmount, 1, 31, [(0, 2, 6), (2, 3, 12)];
    /// `lsl #0` to `#3` of an index.
    LslIndex(i32) = Lsl, 0, 3, [(0, 2, 4)];
    /// `lsl #1`.
    LslOne(()) = LslOne, 1, 1, [], by By::Fixed(1);
    /// Lowest bit of a bit field.
    Lsb(i32) = Int, 0, 31, [(0, 2, 6), (2, 3, 12)];
    /// Highest bit of a bit field, written as its width.
    Msb(i32) = WidthTo, 0, 31, [(0, 5, 0)];
    /// Width of a bit field.
    Width5(i32) = Width, 1, 32, [(0, 5, 0)], by By::Less(1);
    /// Bits to saturate to, signed: 1-32.
    SatS(i32) = Int, 1, 32, [(0, 5, 0)], by By::Less(1);
    /// Bits to saturate to, unsigned: 0-31.
    SatU(i32) = Int, 0, 31, [(0, 5, 0)];
    /// Bits to saturate two halves to, signed: 1-16.
    SatS16(i32) = Int, 1, 16, [(0, 4, 0)], by By::Less(1);
    /// Bits to saturate two halves to, unsigned: 0-15.
    SatU16(i32) = Int, 0, 15, [(0, 4, 0)];
    /// `ror #0` to `#24` by 8.
    Rot(i32) = Ror, 0, 24, [(3, 2, 4)];
    /// Special register that is read.
    SysRead(i32) = Sys, 0, 20, [(0, 8, 0)], deny 0xfc10;
    /// Special register that is written.
    SysWrite(i32) = Sys, 0, 20, [(0, 8, 0)], deny 0xfc10;
    /// Special register that is written, with its fields.
    Barrier0(i32) = Barrier, 0, 15, [(0, 4, 0)];
    /// Condition of a wide branch.
    Cond22(Cond) = Cond, 0, 13, [(0, 4, 22)];

    // 32-bit: places.
    /// ±16 MiB.
    To24(i32) = Label, -(1 << 24), (1 << 24) - 2,
        [(1, 11, 0), (12, 10, 16), (22, 1, 11), (23, 1, 13), (24, 1, 26)],
        by By::Code { put: cross_branch, take: uncross_branch };
    /// ±1 MiB.
    To20(i32) = Label, -(1 << 20), (1 << 20) - 2,
        [(1, 11, 0), (12, 6, 16), (18, 1, 13), (19, 1, 11), (20, 1, 26)];
    /// ±4095 from the word, its sign in bit 23.
    ToWord12(i32) = LabelWord, -4095, 4095, [(0, 12, 0), (12, 1, 23)],
        by By::Code { put: signed_12, take: unsigned_12 };
    /// 0 to 4095 from the word, in three pieces.
    ToWordUp(i32) = LabelWord, 0, 4095, [(0, 8, 0), (8, 3, 12), (11, 1, 26)];
    /// -1 to -4095 from the word, in three pieces.
    ToWordDown(i32) = LabelWord, -4095, -1, [(0, 8, 0), (8, 3, 12), (11, 1, 26)], by By::From(0);
    /// ±1020 by 4 from the word, its sign in bit 23.
    ToWord8Wide(i32) = LabelWord, -1020, 1020, [(0, 8, 0), (8, 1, 23)],
        by By::Code { put: signed_8_words, take: unsigned_8_words };

    // Coprocessors.
    /// Coprocessor.
    Cop8(i32) = P, 0, 15, [(0, 4, 8)], deny 1 << 10 | 1 << 11;
    /// Operation in bits 23-20.
    Op20(i32) = Int, 0, 15, [(0, 4, 20)];
    /// Operation in bits 23-21.
    Op21(i32) = Int, 0, 7, [(0, 3, 21)];
    /// Operation in bits 7-4.
    Op4(i32) = Int, 0, 15, [(0, 4, 4)];
    /// Operation in bits 7-5.
    Op5(i32) = Int, 0, 7, [(0, 3, 5)];
    /// Coprocessor register in bits 15-12.
    C12(i32) = C, 0, 15, [(0, 4, 12)];
    /// Coprocessor register in bits 19-16.
    C16(i32) = C, 0, 15, [(0, 4, 16)];
    /// Coprocessor register in bits 3-0.
    C0(i32) = C, 0, 15, [(0, 4, 0)];

    // Floating point.
    /// Bits 15-12 and 22.
    Sd(SReg) = S, 0, 31, [(1, 4, 12), (0, 1, 22)];
    /// Bits 19-16 and 7.
    Sn(SReg) = S, 0, 31, [(1, 4, 16), (0, 1, 7)];
    /// Bits 3-0 and 5.
    Sm(SReg) = S, 0, 31, [(1, 4, 0), (0, 1, 5)];
    /// Bits 3-0 and 5: the first of a pair.
    SmPair(SReg) = SPair, 0, 30, [(1, 4, 0), (0, 1, 5)];
    /// Bits 15-12 and 22.
    Dd(DReg) = D, 0, 15, [(0, 4, 12), (4, 1, 22)];
    /// Bits 19-16 and 7.
    Dn(DReg) = D, 0, 15, [(0, 4, 16), (4, 1, 7)];
    /// Bits 3-0 and 5.
    Dm(DReg) = D, 0, 15, [(0, 4, 0), (4, 1, 5)];
    /// A half of a double register: twice its number plus the half.
    Lane(i32) = DLane, 0, 31, [(0, 1, 21), (1, 4, 16), (5, 1, 7)];
    /// First single register, and 256 times how many.
    SRun(i32) = SList, 0x100, 0x201f, [(1, 4, 12), (0, 1, 22), (8, 8, 0)];
    /// First double register, and 256 times how many.
    DRun(i32) = DList, 0x100, 0x100f, [(0, 4, 12), (4, 1, 22), (8, 7, 1)];
    /// A float constant, by its bits in single precision.
    Float8(i32) = Float, i32::MIN, i32::MAX, [(0, 4, 0), (4, 4, 16)],
        by By::Code { put: pack_float, take: unpack_float };
    /// `#0.0`.
    FloatZero(()) = FloatZero, 0, 0, [], by By::Fixed(0);
    /// Fraction bits of 16: 0-16.
    Frac16(i32) = Int, 0, 16, [(0, 1, 5), (1, 4, 0)], by By::From(16);
    /// Fraction bits of 32: 1-32.
    Frac32(i32) = Int, 1, 32, [(0, 1, 5), (1, 4, 0)], by By::From(32);
    /// `fpscr`.
    Fpscr(()) = Fpscr, 0, 0, [], by By::Fixed(0);
    /// `APSR_nzcv`.
    Apsr(()) = Apsr, 0, 0, [], by By::Fixed(0);
    /// The condition of `vsel`: `eq`, `vs`, `ge`, `gt`.
    CondSel(Cond) = Cond, 0, 12, [(0, 2, 20)], by By::Table(&[0, 6, 10, 12]);
}

/// The twelve bits of a constant that data-processing instructions take (ThumbExpandImm, A5.3.2),
/// in the shortest of its spellings.
pub fn pack_constant(value: i32) -> Option<u32> {
    let value = value as u32;
    let low = value & 0xff;
    if value < 0x100 {
        return Some(value);
    }
    if value == low * 0x0001_0001 {
        return Some(0x100 | low);
    }
    if value == low * 0x0101_0101 {
        return Some(0x300 | low);
    }
    if value == (value & 0xff00) * 0x0001_0001 {
        return Some(0x200 | value >> 8 & 0xff);
    }
    // Eight bits that begin with a one, rotated right by 8 to 31.
    let rotation = value.leading_zeros() + 8;
    let byte = value.rotate_left(rotation);
    (byte < 0x100 && rotation < 32).then_some(rotation << 7 | byte & 0x7f)
}

/// The constant of these twelve bits.
pub fn unpack_constant(bits: u32) -> i32 {
    let low = bits & 0xff;
    let value = match bits >> 8 {
        0 => low,
        1 => low * 0x0001_0001,
        2 => low * 0x0100_0100,
        3 => low * 0x0101_0101,
        _ => (0x80 | bits & 0x7f).rotate_right(bits >> 7 & 31),
    };
    value as i32
}

/// Whether data-processing instructions take this constant.
#[inline]
pub fn is_constant(value: i32) -> bool {
    pack_constant(value).is_some()
}

/// The eight bits of a float constant (VFPExpandImm, A6.4.1), from its single-precision bits.
pub fn pack_float(bits: i32) -> Option<u32> {
    let bits = bits as u32;
    let packed = bits >> 24 & 0x80 | bits >> 19 & 0x7f;
    (unpack_float(packed) as u32 == bits).then_some(packed)
}

/// The single-precision bits of a packed float constant.
pub fn unpack_float(packed: u32) -> i32 {
    let exponent = if packed & 0x40 == 0 {
        0x4000_0000
    } else {
        0x3e00_0000
    };
    ((packed & 0x80) << 24 | exponent | (packed & 0x3f) << 19) as i32
}

/// Bits 23 and 22 of a long branch are stored inverted unless it goes backwards (A7.7.12).
fn cross_branch(distance: i32) -> Option<u32> {
    let crossed = if distance < 0 {
        distance
    } else {
        distance ^ (3 << 22)
    };
    Some(crossed as u32)
}

fn uncross_branch(number: u32) -> i32 {
    if number >> 24 & 1 != 0 {
        (number | 0xff << 24) as i32
    } else {
        (number ^ 3 << 22) as i32
    }
}

/// Magnitude and, above it, whether the sign is plus.
fn sign_up(value: i32, width: u32) -> Option<u32> {
    Some(value.unsigned_abs() | u32::from(value >= 0) << width)
}

fn sign_down(number: u32, width: u32) -> i32 {
    let magnitude = (number & ((1 << width) - 1)) as i32;
    if number >> width & 1 != 0 {
        magnitude
    } else {
        -magnitude
    }
}

fn signed_8(value: i32) -> Option<u32> {
    sign_up(value, 8)
}

fn unsigned_8(number: u32) -> i32 {
    sign_down(number, 8)
}

fn signed_12(value: i32) -> Option<u32> {
    sign_up(value, 12)
}

fn unsigned_12(number: u32) -> i32 {
    sign_down(number, 12)
}

fn signed_8_words(value: i32) -> Option<u32> {
    (value & 3 == 0).then(|| value.unsigned_abs() >> 2 | u32::from(value >= 0) << 8)
}

fn unsigned_8_words(number: u32) -> i32 {
    sign_down(number, 8) * 4
}

/// Whether operands of one instruction agree with each other, where the manual has a rule that
/// no operand alone can break. `word` is an instruction of some row.
pub fn is_predictable(word: u32) -> bool {
    let field = |at: u32| word >> at & 15;
    let (rn, rt, rt2) = (field(16), field(12), field(8));
    let high = word >> 16;
    let lsb = Lsb::KIND.take(word);
    match high {
        // bfi, bfc: the field must not end before it begins.
        0xf360..=0xf36f => Msb::KIND.take(word) >= lsb,
        // sbfx, ubfx: the field must end in the register.
        0xf340..=0xf34f | 0xf3c0..=0xf3cf => lsb + Width5::KIND.take(word) <= 32,
        // ldrd, strd: two registers; write-back must not meet them.
        0xe840..=0xe9ff if high & 0x0040 != 0 && (high & 0x0120) != 0 => {
            let load = high & 0x10 != 0;
            let back = high & 0x20 != 0;
            !(load && rt == rt2 || back && (rn == rt || rn == rt2 || rn == 15))
        }
        // strex, strexb, strexh: the status must not fall on an input.
        0xe840..=0xe84f => rt2 != rt && rt2 != rn,
        0xe8c0..=0xe8cf => field(0) != rt && field(0) != rn,
        // ldm, stm: more than one register; not both lr and pc; write-back not among them.
        0xe880..=0xe8bf | 0xe900..=0xe93f => {
            let list = word & 0xffff;
            let back = high & 0x20 != 0;
            list.count_ones() > 1 && list >> 14 != 3 && !(back && list >> rn & 1 != 0)
        }
        // Loads and stores of one register with write-back.
        0xf800..=0xf9ff if word & 0x0900 == 0x0900 && high & 0x80 == 0 => rn != rt,
        // Long products: two different halves.
        0xfb80..=0xfbff if high & 0xf0 != 0x90 && high & 0xf0 != 0xb0 => rt != rt2,
        // mrrc: two registers.
        0xec50..=0xec5f | 0xfc50..=0xfc5f => rn != rt,
        // vldm and friends: a run must end where the registers end.
        0xec80..=0xed7f if is_run(word) => {
            let (first, count, limit) = if word & 0x100 == 0 {
                (Sd::KIND.take(word), word as i32 & 0xff, 32)
            } else {
                (Dd::KIND.take(word), (word as i32 & 0xff) / 2, 16)
            };
            count > 0 && count <= 16.max(limit) && first + count <= limit
        }
        _ => true,
    }
}

/// Whether a floating-point load or store is one of several registers.
fn is_run(word: u32) -> bool {
    let mode = word >> 21 & 0b1101;
    // P U W: 010, 011, 101 in bits 24, 23, 21.
    (word & 0xe00) == 0xa00 && matches!(mode, 0b0100 | 0b0101 | 0b1001)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_are_packed_as_the_manual_says() {
        for (value, bits) in [
            (0, 0),
            (0xff, 0xff),
            (0x00ab_00ab, 0x1ab),
            (0xab00_ab00u32 as i32, 0x2ab),
            (0xabab_ababu32 as i32, 0x3ab),
            (0x100, 0xf80),
            (0x8000_0000u32 as i32, 0x400),
            (0x0003_fc00, 0xb7f),
            (0xff00_0000u32 as i32, 0x47f),
        ] {
            assert_eq!(pack_constant(value), Some(bits), "{value:#x}");
            assert_eq!(unpack_constant(bits), value);
        }
        for value in [0x101, 0x1ff, 0x0100_00ff, -1 << 4, 0x0001_0002] {
            assert_eq!(pack_constant(value), None, "{value:#x}");
        }
    }

    #[test]
    fn every_packed_constant_unpacks_to_itself() {
        for bits in 0..4096 {
            let value = unpack_constant(bits);
            let packed = pack_constant(value).unwrap();
            assert_eq!(unpack_constant(packed), value);
        }
    }

    #[test]
    fn float_constants_are_those_of_eight_bits() {
        for packed in 0..256 {
            assert_eq!(pack_float(unpack_float(packed)), Some(packed));
        }
        assert_eq!(unpack_float(0x70), 1.0f32.to_bits() as i32);
        assert_eq!(pack_float(0.1f32.to_bits() as i32), None);
        assert_eq!(pack_float(0), None);
    }

    #[test]
    fn branch_distances_come_back() {
        for distance in [-(1 << 24), -4194304, -4, 0, 2, 4194304, (1 << 24) - 2] {
            let bits = To24::KIND.encode(distance).unwrap();
            assert_eq!(To24::KIND.take(bits), distance);
        }
    }
}
