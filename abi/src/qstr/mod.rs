//! Interned names ("qstrs"): a number per text.
//!
//! Numbers 1..=165 are fixed by the `.mpy` format; then come the other names known at build time
//! ([`rom`]); then those interned at run time, in the order in which a [`Pool`] met them.
//! Numbers are not limited to 16 bits. Structures shared with native code hold 16-bit numbers: what
//! fills those must check with [`Qstr::to_u16`].
mod hash;
mod pool;
pub mod rom;

use core::fmt;

pub use hash::{HASH_BITS, hash_bytes};
pub use pool::Pool;

/// The number of an interned name. 0 is "no name".
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(transparent)]
pub struct Qstr(u32);

impl Qstr {
    /// No name.
    pub const NONE: Qstr = Qstr(0);
    /// The empty name.
    pub const EMPTY: Qstr = Qstr(1);

    /// The name numbered `number`. The caller vouches that a pool gave it out.
    #[inline]
    pub const fn new(number: u32) -> Qstr {
        Qstr(number)
    }

    /// A ROM name while compiling; use through `qstr!`.
    #[doc(hidden)]
    pub const fn from_rom(name: &str) -> Qstr {
        Qstr(rom::number_of(name))
    }

    /// The number.
    #[inline]
    pub const fn number(self) -> u32 {
        self.0
    }

    /// Is this [`Qstr::NONE`]?
    #[inline]
    pub const fn is_none(self) -> bool {
        self.0 == 0
    }

    /// The number as structures of the native ABI hold it; `None` if it does not fit.
    #[inline]
    pub const fn to_u16(self) -> Option<u16> {
        if self.0 <= 0xffff {
            Some(self.0 as u16)
        } else {
            None
        }
    }

    /// Is the number one of the 165 that the `.mpy` format fixes?
    #[inline]
    pub const fn is_static(self) -> bool {
        self.0 != 0 && self.0 as usize <= rom::STATIC_COUNT
    }

    /// Is the name known at build time?
    #[inline]
    pub const fn is_rom(self) -> bool {
        self.0 != 0 && self.0 as usize <= rom::ROM_COUNT
    }

    /// Would the stock cross compiler have this name interned before reading any source, if the name
    /// is longer than ten bytes? (Shorter ones it always stores as names.)
    #[inline]
    pub const fn is_known_to_stock_tool(self) -> bool {
        self.0 != 0 && self.0 as usize <= rom::LAST_TOOL
    }

    /// The text of a ROM name; `None` for names interned at run time.
    pub fn rom_text(self) -> Option<&'static str> {
        rom::text((self.0 as usize).wrapping_sub(1))
    }
}

impl fmt::Debug for Qstr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.rom_text() {
            Some(text) => write!(f, "Qstr({text:?})"),
            None => write!(f, "Qstr({})", self.0),
        }
    }
}

/// The [`Qstr`] of a name known at build time, computed while compiling.
///
/// ```
/// use ferlance_abi::qstr;
/// assert_eq!(qstr!("append").number(), 60);
/// ```
///
/// A name that is not on the list does not compile:
///
/// ```compile_fail
/// let _ = ferlance_abi::qstr!("surely not a built-in name");
/// ```
#[macro_export]
macro_rules! qstr {
    ($name:literal) => {
        const { $crate::qstr::Qstr::from_rom($name) }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_the_format_are_fixed() {
        assert_eq!(qstr!("").number(), 1);
        assert_eq!(qstr!("\n").number(), 3);
        assert_eq!(qstr!(" ").number(), 4);
        assert_eq!(qstr!("<module>").number(), 7);
        assert_eq!(qstr!("__name__").number(), 23);
        assert_eq!(qstr!("append").number(), 60);
        assert_eq!(qstr!("zip").number(), 165);
        assert!(qstr!("zip").is_static());
    }

    #[test]
    fn names_of_the_stock_tool_follow_the_static_ones() {
        assert!(!qstr!("Interpolation").is_static());
        assert!(qstr!("vcvt_s32_f32").is_known_to_stock_tool());
        assert!(!qstr!("OrderedDict").is_known_to_stock_tool());
        assert!(qstr!("OrderedDict").is_rom());
    }

    #[test]
    fn every_rom_name_is_found_by_its_text() {
        let pool = Pool::new();
        for number in 1..=rom::ROM_COUNT as u32 {
            let name = Qstr::new(number);
            assert_eq!(pool.find(name.rom_text().unwrap().as_bytes()), Some(name));
        }
        assert_eq!(Qstr::NONE.rom_text(), None);
        assert_eq!(Qstr::new(rom::ROM_COUNT as u32 + 1).rom_text(), None);
    }
}
