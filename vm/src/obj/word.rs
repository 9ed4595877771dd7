//! The object word (representation A, `abi::obj_word`): the only file that knows the bits.
//!
//! | low bits | meaning |
//! | --- | --- |
//! | `…1` | small int, arithmetic shift right by 1 |
//! | `…010` | interned string, shift right by 3 = qstr number |
//! | `…110` | immediate: 0 None, 1 False, 3 True |
//! | `…00` | address of a structure whose first word is its type |
//!
//! The zero word is "absent" everywhere: `Option<Obj>` is one word.

use core::num::NonZeroUsize;

use ferlance_abi::qstr::Qstr;

use super::ptr::Ptr;

/// A Python object: one non-zero machine word.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Obj(NonZeroUsize);

const _: () = assert!(size_of::<Option<Obj>>() == size_of::<usize>());

/// Largest small int.
pub const SMALL_MAX: isize = isize::MAX >> 1;
/// Smallest small int.
pub const SMALL_MIN: isize = isize::MIN >> 1;

const fn word(raw: usize) -> Obj {
    match NonZeroUsize::new(raw) {
        Some(raw) => Obj(raw),
        None => panic!("the zero word is not an object"),
    }
}

impl Obj {
    /// `None`.
    pub const NONE: Obj = word(0b0110);
    /// `False`.
    pub const FALSE: Obj = word((1 << 3) | 0b110);
    /// `True`.
    pub const TRUE: Obj = word((3 << 3) | 0b110);

    /// The small int `value`, if it is in range.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub const fn small(value: isize) -> Option<Obj> {
        if value >= SMALL_MIN && value <= SMALL_MAX {
            Some(word(((value as usize) << 1) | 1))
        } else {
            None
        }
    }

    /// The small int `value`, which the caller knows to be in range (an index, a length, a code point).
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub const fn int(value: isize) -> Obj {
        debug_assert!(value >= SMALL_MIN && value <= SMALL_MAX);
        word(((value as usize) << 1) | 1)
    }

    /// Value of a small int.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub const fn as_small(self) -> Option<isize> {
        if self.is_small() {
            Some(self.0.get() as isize >> 1)
        } else {
            None
        }
    }

    /// Value of a word known to be a small int.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub const fn small_value(self) -> isize {
        debug_assert!(self.is_small());
        self.0.get() as isize >> 1
    }

    /// Whether this is a small int.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub const fn is_small(self) -> bool {
        self.0.get() & 1 != 0
    }

    /// The interned string `name`.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub const fn qstr(name: Qstr) -> Obj {
        word(((name.number() as usize) << 3) | 0b010)
    }

    /// The name, if this is an interned string.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub const fn as_qstr(self) -> Option<Qstr> {
        if self.is_qstr() {
            Some(Qstr::new((self.0.get() >> 3) as u32))
        } else {
            None
        }
    }

    /// Whether this is an interned string.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub const fn is_qstr(self) -> bool {
        self.0.get() & 0b111 == 0b010
    }

    /// `True` or `False`.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub const fn bool(value: bool) -> Obj {
        if value { Obj::TRUE } else { Obj::FALSE }
    }

    /// Whether this is None, False or True.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub const fn is_immediate(self) -> bool {
        self.0.get() & 0b111 == 0b110
    }

    /// The truth value, if this is False or True.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn as_bool(self) -> Option<bool> {
        match self {
            Obj::TRUE => Some(true),
            Obj::FALSE => Some(false),
            _ => None,
        }
    }

    /// Whether this is `None`.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn is_none(self) -> bool {
        self == Obj::NONE
    }

    /// Whether this is the address of a structure.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub const fn is_ptr(self) -> bool {
        self.0.get() & 0b11 == 0
    }

    /// The address, if this is a structure.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn as_ptr(self) -> Option<Ptr<super::ty::Header>> {
        if self.is_ptr() {
            // SAFETY: a word with low bits 00 is always made from a live structure's address (`from_ptr`),
            // or by native code, which is held to the same contract.
            Some(unsafe { Ptr::from_addr(self.0) })
        } else {
            None
        }
    }

    /// The object at `ptr`.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn from_ptr<T>(ptr: Ptr<T>) -> Obj {
        Obj(ptr.addr())
    }

    /// The bits.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub const fn raw(self) -> usize {
        self.0.get()
    }

    /// The object with these bits; `None` for the zero word.
    ///
    /// # Safety
    /// `raw` is zero or was made by [`Obj::raw`] from an object that is still alive.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub unsafe fn from_raw(raw: usize) -> Option<Obj> {
        NonZeroUsize::new(raw).map(Obj)
    }
}

impl core::fmt::Debug for Obj {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        if let Some(value) = self.as_small() {
            write!(f, "int {value}")
        } else if let Some(name) = self.as_qstr() {
            write!(f, "qstr {}", name.number())
        } else if *self == Obj::NONE {
            f.write_str("None")
        } else if let Some(value) = self.as_bool() {
            write!(f, "{value}")
        } else {
            write!(f, "object at {:#x}", self.raw())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_have_the_stock_bits() {
        assert_eq!(Obj::NONE.raw(), 6);
        assert_eq!(Obj::FALSE.raw(), 0x0e);
        assert_eq!(Obj::TRUE.raw(), 0x1e);
        assert_eq!(Obj::int(-1).raw(), usize::MAX);
        assert_eq!(Obj::int(3).raw(), 7);
    }

    #[test]
    fn small_ints_stop_at_word_bits_minus_one() {
        assert_eq!(
            Obj::small(SMALL_MAX).and_then(Obj::as_small),
            Some(SMALL_MAX)
        );
        assert_eq!(
            Obj::small(SMALL_MIN).and_then(Obj::as_small),
            Some(SMALL_MIN)
        );
        assert_eq!(Obj::small(SMALL_MAX + 1), None);
        assert_eq!(Obj::small(SMALL_MIN - 1), None);
    }
}
