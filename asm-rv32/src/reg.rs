//! Registers.

use core::fmt;

use ferlance_asm::row::Raw;

/// An integer register, `x0` to `x31`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reg(u8);

/// The calling convention's names, by number.
pub const REGISTER_NAMES: [&str; 32] = [
    "zero", "ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1", "a0", "a1", "a2", "a3", "a4",
    "a5", "a6", "a7", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4",
    "t5", "t6",
];

/// Shorthands.
#[expect(missing_docs, reason = "the names are the manual's")]
impl Reg {
    pub const ZERO: Reg = Reg(0);
    pub const RA: Reg = Reg(1);
    pub const SP: Reg = Reg(2);
    pub const GP: Reg = Reg(3);
    pub const TP: Reg = Reg(4);
    pub const T0: Reg = Reg(5);
    pub const T1: Reg = Reg(6);
    pub const T2: Reg = Reg(7);
    pub const S0: Reg = Reg(8);
    pub const S1: Reg = Reg(9);
    pub const A0: Reg = Reg(10);
    pub const A1: Reg = Reg(11);
    pub const A2: Reg = Reg(12);
    pub const A3: Reg = Reg(13);
    pub const A4: Reg = Reg(14);
    pub const A5: Reg = Reg(15);
    pub const A6: Reg = Reg(16);
    pub const A7: Reg = Reg(17);
    pub const S2: Reg = Reg(18);
    pub const S11: Reg = Reg(27);
    pub const T3: Reg = Reg(28);
    pub const T4: Reg = Reg(29);
    pub const T5: Reg = Reg(30);
    pub const T6: Reg = Reg(31);
}

impl Reg {
    /// The register of that number, which is below 32.
    #[inline]
    pub const fn new(number: u8) -> Reg {
        debug_assert!(number < 32);
        Reg(number & 31)
    }

    /// Its number.
    #[inline]
    pub const fn number(self) -> u8 {
        self.0
    }

    /// Whether all compressed instructions can name it: `s0`, `s1`, `a0` to `a5`.
    #[inline]
    pub const fn is_popular(self) -> bool {
        self.0 >= 8 && self.0 < 16
    }

    /// The register that a program calls `name`: `x0` to `x31`, or the calling convention's name.
    pub fn from_name(name: &str) -> Option<Reg> {
        if let Some(number) = REGISTER_NAMES.iter().position(|&known| known == name) {
            return Some(Reg(number as u8));
        }
        numbered(name, 'x').map(Reg)
    }
}

/// A letter and a decimal number below 32 without leading zeros.
fn numbered(name: &str, letter: char) -> Option<u8> {
    let digits = name.strip_prefix(letter)?;
    if digits.len() > 1 && digits.starts_with('0') || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok().filter(|&number| number < 32)
}

impl fmt::Display for Reg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REGISTER_NAMES[usize::from(self.0 & 31)])
    }
}

/// A floating-point register, `f0` to `f31`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FReg(u8);

/// The calling convention's names of floating-point registers, by number.
pub const FLOAT_NAMES: [&str; 32] = [
    "ft0", "ft1", "ft2", "ft3", "ft4", "ft5", "ft6", "ft7", "fs0", "fs1", "fa0", "fa1", "fa2",
    "fa3", "fa4", "fa5", "fa6", "fa7", "fs2", "fs3", "fs4", "fs5", "fs6", "fs7", "fs8", "fs9",
    "fs10", "fs11", "ft8", "ft9", "ft10", "ft11",
];

impl FReg {
    /// The register of that number, which is below 32.
    #[inline]
    pub const fn new(number: u8) -> FReg {
        debug_assert!(number < 32);
        FReg(number & 31)
    }

    /// Its number.
    #[inline]
    pub const fn number(self) -> u8 {
        self.0
    }

    /// The register that a program calls `name`.
    pub fn from_name(name: &str) -> Option<FReg> {
        if let Some(number) = FLOAT_NAMES.iter().position(|&known| known == name) {
            return Some(FReg(number as u8));
        }
        numbered(name, 'f').map(FReg)
    }
}

impl fmt::Display for FReg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(FLOAT_NAMES[usize::from(self.0 & 31)])
    }
}

impl Raw for Reg {
    #[inline(always)]
    fn raw(self) -> i32 {
        i32::from(self.0)
    }
}

impl Raw for FReg {
    #[inline(always)]
    fn raw(self) -> i32 {
        i32::from(self.0)
    }
}

/// Control and status registers by name: those that a microcontroller's programs meet.
#[rustfmt::skip]
pub const CSR_NAMES: &[(&str, i32)] = &[
    ("fflags", 0x001), ("frm", 0x002), ("fcsr", 0x003), ("jvt", 0x017),
    ("sstatus", 0x100), ("sie", 0x104), ("stvec", 0x105), ("scounteren", 0x106),
    ("sscratch", 0x140), ("sepc", 0x141), ("scause", 0x142), ("stval", 0x143), ("sip", 0x144), ("satp", 0x180),
    ("mstatus", 0x300), ("misa", 0x301), ("medeleg", 0x302), ("mideleg", 0x303), ("mie", 0x304), ("mtvec", 0x305),
    ("mcounteren", 0x306), ("mstatush", 0x310), ("mcountinhibit", 0x320),
    ("mscratch", 0x340), ("mepc", 0x341), ("mcause", 0x342), ("mtval", 0x343), ("mip", 0x344),
    ("pmpcfg0", 0x3a0), ("pmpcfg1", 0x3a1), ("pmpcfg2", 0x3a2), ("pmpcfg3", 0x3a3), ("pmpaddr0", 0x3b0),
    ("tselect", 0x7a0), ("tdata1", 0x7a1), ("tdata2", 0x7a2), ("dcsr", 0x7b0), ("dpc", 0x7b1),
    ("mcycle", 0xb00), ("minstret", 0xb02), ("mcycleh", 0xb80), ("minstreth", 0xb82),
    ("cycle", 0xc00), ("time", 0xc01), ("instret", 0xc02), ("cycleh", 0xc80), ("timeh", 0xc81), ("instreth", 0xc82),
    ("mvendorid", 0xf11), ("marchid", 0xf12), ("mimpid", 0xf13), ("mhartid", 0xf14),
];
