//! Registers and conditions.

/// A general register, by the number that encodings use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Reg(u8);

impl Reg {
    /// Register `number` of 16.
    pub const fn new(number: u8) -> Reg {
        Reg(number & 15)
    }

    /// Its number.
    pub const fn number(self) -> u8 {
        self.0
    }
}

macro_rules! registers {
    ($($name:ident = $number:literal),*) => {
        impl Reg {
            $(
                #[doc = concat!("Register ", $number, ".")]
                pub const $name: Reg = Reg($number);
            )*
        }
    };
}
registers!(
    RAX = 0,
    RCX = 1,
    RDX = 2,
    RBX = 3,
    RSP = 4,
    RBP = 5,
    RSI = 6,
    RDI = 7,
    R8 = 8,
    R9 = 9,
    R10 = 10,
    R11 = 11,
    R12 = 12,
    R13 = 13,
    R14 = 14,
    R15 = 15
);

/// A vector register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Xmm(u8);

impl Xmm {
    /// Register `number` of 16.
    pub const fn new(number: u8) -> Xmm {
        Xmm(number & 15)
    }

    /// Its number.
    pub const fn number(self) -> u8 {
        self.0
    }
}

/// A condition, by the number that encodings use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Cond {
    /// Overflow.
    O = 0,
    /// No overflow.
    NO = 1,
    /// Unsigned less; after a float comparison less or unordered.
    B = 2,
    /// Unsigned at least.
    AE = 3,
    /// Equal.
    E = 4,
    /// Not equal.
    NE = 5,
    /// Unsigned at most.
    BE = 6,
    /// Unsigned greater.
    A = 7,
    /// Negative.
    S = 8,
    /// Not negative.
    NS = 9,
    /// Parity even; after a float comparison unordered.
    P = 10,
    /// Parity odd.
    NP = 11,
    /// Less.
    L = 12,
    /// At least.
    GE = 13,
    /// At most.
    LE = 14,
    /// Greater.
    G = 15,
}

impl Cond {
    /// All of them, by number.
    pub const ALL: [Cond; 16] = [
        Cond::O,
        Cond::NO,
        Cond::B,
        Cond::AE,
        Cond::E,
        Cond::NE,
        Cond::BE,
        Cond::A,
        Cond::S,
        Cond::NS,
        Cond::P,
        Cond::NP,
        Cond::L,
        Cond::GE,
        Cond::LE,
        Cond::G,
    ];

    /// The opposite.
    pub const fn negated(self) -> Cond {
        Cond::ALL[(self as u8 ^ 1) as usize]
    }
}
