//! Registers and conditions.

use core::fmt;

use ferlance_asm::row::Raw;

/// A core register, `r0` to `r15`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reg(u8);

/// Shorthands.
#[expect(missing_docs, reason = "the names are the manual's")]
impl Reg {
    pub const R0: Reg = Reg(0);
    pub const R1: Reg = Reg(1);
    pub const R2: Reg = Reg(2);
    pub const R3: Reg = Reg(3);
    pub const R4: Reg = Reg(4);
    pub const R5: Reg = Reg(5);
    pub const R6: Reg = Reg(6);
    pub const R7: Reg = Reg(7);
    pub const R8: Reg = Reg(8);
    pub const R9: Reg = Reg(9);
    pub const R10: Reg = Reg(10);
    pub const R11: Reg = Reg(11);
    pub const R12: Reg = Reg(12);
    pub const SP: Reg = Reg(13);
    pub const LR: Reg = Reg(14);
    pub const PC: Reg = Reg(15);
}

impl Reg {
    /// The register of that number, which is below 16.
    #[inline]
    pub const fn new(number: u8) -> Reg {
        debug_assert!(number < 16);
        Reg(number & 15)
    }

    /// Its number.
    #[inline]
    pub const fn number(self) -> u8 {
        self.0
    }

    /// Whether 16-bit instructions can name it: `r0` to `r7`.
    #[inline]
    pub const fn is_low(self) -> bool {
        self.0 < 8
    }

    /// The register that a program calls `name`: `r0` to `r15`, `sl`, `fp`, `sp`, `lr`, `pc`.
    pub fn from_name(name: &str) -> Option<Reg> {
        let number = match name {
            "sl" => 10,
            "fp" => 11,
            "ip" => 12,
            "sp" => 13,
            "lr" => 14,
            "pc" => 15,
            _ => numbered(name, "r", 15)?,
        };
        Some(Reg(number))
    }
}

/// Parses `prefix` and a decimal number without leading zeros, up to `last`.
fn numbered(name: &str, prefix: &str, last: u8) -> Option<u8> {
    let digits = name.strip_prefix(prefix)?;
    if digits.len() > 1 && digits.starts_with('0') || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok().filter(|&number| number <= last)
}

impl fmt::Display for Reg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            13 => f.write_str("sp"),
            14 => f.write_str("lr"),
            15 => f.write_str("pc"),
            number => write!(f, "r{number}"),
        }
    }
}

/// A single-precision register, `s0` to `s31`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SReg(u8);

impl SReg {
    /// The register of that number, which is below 32.
    #[inline]
    pub const fn new(number: u8) -> SReg {
        debug_assert!(number < 32);
        SReg(number & 31)
    }

    /// Its number.
    #[inline]
    pub const fn number(self) -> u8 {
        self.0
    }
}

/// A double-precision register, `d0` to `d15`; `d1` is `s2` and `s3`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DReg(u8);

impl DReg {
    /// The register of that number, which is below 16.
    #[inline]
    pub const fn new(number: u8) -> DReg {
        debug_assert!(number < 16);
        DReg(number & 15)
    }

    /// Its number.
    #[inline]
    pub const fn number(self) -> u8 {
        self.0
    }

    /// The register that a program calls `name`.
    pub fn from_name(name: &str) -> Option<DReg> {
        numbered(name, "d", 15).map(DReg)
    }
}

/// A condition, with the number that encodings use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
#[expect(missing_docs, reason = "the names are the manual's")]
pub enum Cond {
    Eq,
    Ne,
    Cs,
    Cc,
    Mi,
    Pl,
    Vs,
    Vc,
    Hi,
    Ls,
    Ge,
    Lt,
    Gt,
    Le,
}

/// Names of the conditions by number, and the two that the numbers leave over.
pub const COND_NAMES: [&str; 16] = [
    "eq", "ne", "cs", "cc", "mi", "pl", "vs", "vc", "hi", "ls", "ge", "lt", "gt", "le", "al", "nv",
];

impl Cond {
    const ALL: [Cond; 14] = [
        Cond::Eq,
        Cond::Ne,
        Cond::Cs,
        Cond::Cc,
        Cond::Mi,
        Cond::Pl,
        Cond::Vs,
        Cond::Vc,
        Cond::Hi,
        Cond::Ls,
        Cond::Ge,
        Cond::Lt,
        Cond::Gt,
        Cond::Le,
    ];

    /// The condition that holds exactly when this one does not.
    #[inline]
    pub const fn inverted(self) -> Cond {
        Cond::ALL[(self as usize ^ 1) % 14]
    }

    /// The condition of that name.
    pub fn from_name(name: &str) -> Option<Cond> {
        let position = COND_NAMES.iter().position(|&known| known == name)?;
        Cond::ALL.get(position).copied()
    }
}

macro_rules! raw {
    ($($type:ty),*) => {$(
        impl Raw for $type {
            #[inline(always)]
            fn raw(self) -> i32 {
                i32::from(self.0)
            }
        }
    )*};
}

raw!(Reg, SReg, DReg);

impl Raw for Cond {
    #[inline(always)]
    fn raw(self) -> i32 {
        self as i32
    }
}

/// A shift of the last register operand by a constant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shift(u8);

impl Shift {
    /// No shift.
    pub const NONE: Shift = Shift(0);
    /// Rotate right by one through the carry.
    pub const RRX: Shift = Shift(3);

    /// Left by 0 to 31.
    #[inline]
    pub const fn lsl(by: u8) -> Shift {
        Shift((by & 31) << 2)
    }

    /// Right by 1 to 32, zeros coming in.
    #[inline]
    pub const fn lsr(by: u8) -> Shift {
        Shift((by & 31) << 2 | 1)
    }

    /// Right by 1 to 32, the sign coming in.
    #[inline]
    pub const fn asr(by: u8) -> Shift {
        Shift((by & 31) << 2 | 2)
    }

    /// Right by 1 to 31, the low bits coming in.
    #[inline]
    pub const fn ror(by: u8) -> Shift {
        Shift((by & 31) << 2 | 3)
    }
}

impl Raw for Shift {
    #[inline(always)]
    fn raw(self) -> i32 {
        i32::from(self.0)
    }
}
