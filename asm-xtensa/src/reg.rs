//! Registers.

use core::fmt;

use ferlance_asm::row::Raw;

macro_rules! registers {
    ($(#[$doc:meta])* $name:ident, $letter:literal, $count:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u8);

        impl $name {
            /// The register of that number, which must exist.
            #[inline]
            pub const fn new(number: u8) -> $name {
                debug_assert!(number < $count);
                $name(number % $count)
            }

            /// Its number.
            #[inline]
            pub const fn number(self) -> u8 {
                self.0
            }

            /// The register that a program calls `name`: the letter and a number without leading zeros.
            pub fn from_name(name: &str) -> Option<$name> {
                let digits = name.strip_prefix($letter)?;
                let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
                if !plain || digits.len() > 1 && digits.starts_with('0') {
                    return None;
                }
                digits.parse().ok().filter(|&number: &u8| number < $count).map($name)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}{}", $letter, self.0)
            }
        }

        impl Raw for $name {
            #[inline(always)]
            fn raw(self) -> i32 {
                i32::from(self.0)
            }
        }
    };
}

registers! {
    /// An address register, `a0` to `a15`: what integers live in.
    Reg, 'a', 16
}

registers! {
    /// A floating-point register, `f0` to `f15`.
    FReg, 'f', 16
}

registers! {
    /// A boolean register, `b0` to `b15`.
    BReg, 'b', 16
}

registers! {
    /// A register of the multiplier, `m0` to `m3`.
    MReg, 'm', 4
}

/// Shorthands.
#[expect(missing_docs, reason = "the names are the manual's")]
impl Reg {
    pub const A0: Reg = Reg(0);
    pub const A1: Reg = Reg(1);
    pub const A2: Reg = Reg(2);
    pub const A3: Reg = Reg(3);
    pub const A4: Reg = Reg(4);
    pub const A5: Reg = Reg(5);
    pub const A6: Reg = Reg(6);
    pub const A7: Reg = Reg(7);
    pub const A8: Reg = Reg(8);
    pub const A9: Reg = Reg(9);
    pub const A10: Reg = Reg(10);
    pub const A11: Reg = Reg(11);
    pub const A12: Reg = Reg(12);
    pub const A13: Reg = Reg(13);
    pub const A14: Reg = Reg(14);
    pub const A15: Reg = Reg(15);
}

/// Special registers of `rsr`, `wsr` and `xsr` by name.
#[rustfmt::skip]
pub const SPECIAL_REGISTERS: &[(&str, i32)] = &[
    ("lbeg", 0), ("lend", 1), ("lcount", 2), ("sar", 3), ("br", 4), ("litbase", 5), ("scompare1", 12),
    ("acclo", 16), ("acchi", 17), ("m0", 32), ("m1", 33), ("m2", 34), ("m3", 35),
    ("windowbase", 72), ("windowstart", 73), ("ibreakenable", 96), ("memctl", 97), ("atomctl", 99), ("ddr", 104),
    ("ibreaka0", 128), ("ibreaka1", 129), ("dbreaka0", 144), ("dbreaka1", 145), ("dbreakc0", 160), ("dbreakc1", 161),
    ("configid0", 176), ("epc1", 177), ("epc2", 178), ("epc3", 179), ("epc4", 180), ("epc5", 181), ("epc6", 182), ("epc7", 183),
    ("depc", 192), ("eps2", 194), ("eps3", 195), ("eps4", 196), ("eps5", 197), ("eps6", 198), ("eps7", 199), ("configid1", 208),
    ("excsave1", 209), ("excsave2", 210), ("excsave3", 211), ("excsave4", 212), ("excsave5", 213), ("excsave6", 214), ("excsave7", 215),
    ("cpenable", 224), ("interrupt", 226), ("intset", 226), ("intclear", 227), ("intenable", 228), ("ps", 230), ("vecbase", 231),
    ("exccause", 232), ("debugcause", 233), ("ccount", 234), ("prid", 235), ("icount", 236), ("icountlevel", 237), ("excvaddr", 238),
    ("ccompare0", 240), ("ccompare1", 241), ("ccompare2", 242), ("misc0", 244), ("misc1", 245), ("misc2", 246), ("misc3", 247),
];

/// User registers of `rur` and `wur` by name.
pub const USER_REGISTERS: &[(&str, i32)] = &[("threadptr", 231), ("fcr", 232), ("fsr", 233)];
