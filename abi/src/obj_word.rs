//! How one machine word tells what object it is.
//!
//! Representation A, the default of nearly every port and the one that stock native code is made for:
//!
//! ```text
//! ...1    small int, arithmetic shift right by 1
//! ...010  qstr object, shift right by 3
//! ...110  immediate, shift right by 3: 0 None, 1 False, 3 True
//! ...00   pointer to a structure that begins with a type pointer; or 0 null / end of iteration, 4 sentinel
//! ```
//!
//! Native code bakes in small ints, null and the sentinel; None, False and True it loads from the function table.
//! The other representations are listed as data for tools; the functions are of A.

/// The null object: absent, not supported, end of an iteration.
pub const NULL: usize = 0;
/// The marker that asks type slots to load or to delete.
pub const SENTINEL: usize = 4;

/// The tag of a small int, and its mask.
pub const SMALL_INT_TAG: usize = 1;
/// The tag of a qstr object under [`TAG_MASK`].
pub const QSTR_TAG: usize = 2;
/// The tag of an immediate object under [`TAG_MASK`].
pub const IMMEDIATE_TAG: usize = 6;
/// Bits that tell qstr and immediate objects.
pub const TAG_MASK: usize = 7;
/// How far a qstr number or immediate stands above its tag.
pub const TAG_BITS: u32 = 3;

/// The word of None.
pub const NONE: usize = IMMEDIATE_TAG;
/// The word of False.
pub const FALSE: usize = 1 << TAG_BITS | IMMEDIATE_TAG;
/// The word of True.
pub const TRUE: usize = 3 << TAG_BITS | IMMEDIATE_TAG;

/// The word of a small int; the top bit of `value` is lost.
#[inline]
pub const fn small_int(value: isize) -> usize {
    (value as usize) << 1 | SMALL_INT_TAG
}

/// Is the word a small int?
#[inline]
pub const fn is_small_int(word: usize) -> bool {
    word & SMALL_INT_TAG != 0
}

/// The value of a small int's word.
#[inline]
pub const fn small_int_value(word: usize) -> isize {
    word as isize >> 1
}

/// The word of an interned str.
#[inline]
pub const fn qstr(number: u32) -> usize {
    (number as usize) << TAG_BITS | QSTR_TAG
}

/// Is the word an interned str?
#[inline]
pub const fn is_qstr(word: usize) -> bool {
    word & TAG_MASK == QSTR_TAG
}

/// The qstr number of an interned str's word.
#[inline]
pub const fn qstr_number(word: usize) -> u32 {
    (word >> TAG_BITS) as u32
}

/// Is the word None, False or True?
#[inline]
pub const fn is_immediate(word: usize) -> bool {
    word & TAG_MASK == IMMEDIATE_TAG
}

/// Is the word a pointer (or null or the sentinel)?
#[inline]
pub const fn is_pointer(word: usize) -> bool {
    word & 3 == 0
}

/// An object representation, as far as small ints and the shared tags go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Representation {
    /// Its letter.
    pub letter: char,
    /// Shift and tag of small ints.
    pub small_int: (u32, u64),
    /// Shift and tag of interned strs.
    pub qstr: (u32, u64),
    /// Can it run native code made by stock tools?
    pub runs_stock_native_code: bool,
}

/// The four of them. C and D keep floats in the word too.
pub const REPRESENTATIONS: [Representation; 4] = [
    Representation {
        letter: 'A',
        small_int: (1, 1),
        qstr: (3, 2),
        runs_stock_native_code: true,
    },
    Representation {
        letter: 'B',
        small_int: (2, 1),
        qstr: (3, 3),
        runs_stock_native_code: false,
    },
    Representation {
        letter: 'C',
        small_int: (1, 1),
        qstr: (4, 6),
        runs_stock_native_code: true,
    },
    Representation {
        letter: 'D',
        small_int: (1, 0x0001_0000_0000_0001),
        qstr: (1, 0x0002_0000_0000_0001),
        runs_stock_native_code: false,
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_upstreams() {
        assert_eq!((NONE, FALSE, TRUE), (6, 0x0e, 0x1e));
        assert_eq!(small_int(-1), usize::MAX);
        assert_eq!(small_int_value(small_int(-5)), -5);
        assert_eq!(
            small_int_value(small_int(crate::small_int::MIN)),
            crate::small_int::MIN
        );
        assert_eq!(qstr_number(qstr(70_000)), 70_000);
        assert!(
            is_qstr(qstr(1))
                && !is_small_int(qstr(1))
                && !is_immediate(qstr(1))
                && !is_pointer(qstr(1))
        );
        assert!(is_immediate(TRUE) && is_pointer(SENTINEL) && is_pointer(NULL));
    }
}
