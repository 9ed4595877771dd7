//! The side array of the tree: lists and records of 32-bit words.
//!
//! Whatever does not fit in a node's eleven bytes stands here: lists as a count followed by their elements,
//! records as their fields. A node refers to both by a 32-bit index with a type.

use core::marker::PhantomData;
use core::num::NonZeroU32;

use ferlance_abi::ops::BinaryOp;
use ferlance_abi::qstr::Qstr;
use ferlance_collections::{OutOfMemory, TryVec};

use super::node::{ConstId, ExprId, StmtId};
use crate::source::Pos;

/// A value stored as a fixed number of words.
pub trait Words: Copy {
    /// How many words it takes.
    const LEN: usize;
    /// Reads it from its words. Short input gives whatever zero words mean.
    fn read(words: &[u32]) -> Self;
    /// Appends its words in order.
    fn write(self, out: &mut TryVec<u32>) -> Result<(), OutOfMemory>;
}

/// A list in the side array. The empty list is index 1.
pub struct List<T> {
    pub(super) at: NonZeroU32,
    of: PhantomData<T>,
}

/// A record in the side array.
pub struct Rec<T> {
    pub(super) at: NonZeroU32,
    of: PhantomData<T>,
}

macro_rules! index_traits {
    ($name:ident) => {
        impl<T> Clone for $name<T> {
            fn clone(&self) -> Self {
                *self
            }
        }
        impl<T> Copy for $name<T> {}
        impl<T> PartialEq for $name<T> {
            fn eq(&self, other: &Self) -> bool {
                self.at == other.at
            }
        }
        impl<T> Eq for $name<T> {}
        impl<T> core::fmt::Debug for $name<T> {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                write!(f, "{}@{}", stringify!($name), self.at)
            }
        }
        impl<T> $name<T> {
            pub(crate) fn new(at: NonZeroU32) -> Self {
                $name {
                    at,
                    of: PhantomData,
                }
            }
        }
        impl<T> Words for $name<T> {
            const LEN: usize = 1;
            fn read(words: &[u32]) -> Self {
                Self::new(NonZeroU32::new(word(words, 0)).unwrap_or(NonZeroU32::MIN))
            }
            fn write(self, out: &mut TryVec<u32>) -> Result<(), OutOfMemory> {
                out.push(self.at.get())
            }
        }
    };
}
index_traits!(List);
index_traits!(Rec);

impl<T> List<T> {
    /// The list without elements.
    pub const EMPTY: List<T> = List {
        at: NonZeroU32::MIN,
        of: PhantomData,
    };
}

/// Word `i`, or 0 past the end.
pub(super) fn word(words: &[u32], i: usize) -> u32 {
    words.get(i).copied().unwrap_or(0)
}

/// The elements of a [`List`].
#[derive(Debug)]
pub struct Items<'a, T> {
    words: &'a [u32],
    of: PhantomData<T>,
}

impl<T> Clone for Items<'_, T> {
    fn clone(&self) -> Self {
        Items {
            words: self.words,
            of: PhantomData,
        }
    }
}

impl<'a, T: Words> Items<'a, T> {
    pub(super) fn new(words: &'a [u32]) -> Self {
        Items {
            words,
            of: PhantomData,
        }
    }

    /// How many are left.
    pub fn len(&self) -> usize {
        self.words.len() / T::LEN
    }

    /// Whether none is left.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Element `i` of those left.
    pub fn get(&self, i: usize) -> Option<T> {
        let start = i.checked_mul(T::LEN)?;
        let words = self.words.get(start..start.checked_add(T::LEN)?)?;
        Some(T::read(words))
    }

    /// The first of those left.
    pub fn first(&self) -> Option<T> {
        self.get(0)
    }

    /// The last of those left.
    pub fn last(&self) -> Option<T> {
        self.get(self.len().checked_sub(1)?)
    }
}

impl<T: Words> Iterator for Items<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        let (first, rest) = self.words.split_at_checked(T::LEN)?;
        self.words = rest;
        Some(T::read(first))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.len(), Some(self.len()))
    }
}

impl<T: Words> ExactSizeIterator for Items<'_, T> {}

impl<T: Words> DoubleEndedIterator for Items<'_, T> {
    fn next_back(&mut self) -> Option<T> {
        let at = self.words.len().checked_sub(T::LEN)?;
        let (rest, last) = self.words.split_at_checked(at)?;
        self.words = rest;
        Some(T::read(last))
    }
}

macro_rules! one_word {
    ($t:ty, |$w:ident| $read:expr, |$v:ident| $write:expr) => {
        impl Words for $t {
            const LEN: usize = 1;
            fn read(words: &[u32]) -> Self {
                let $w = word(words, 0);
                $read
            }
            fn write(self, out: &mut TryVec<u32>) -> Result<(), OutOfMemory> {
                let $v = self;
                out.push($write)
            }
        }
    };
}

one_word!(u32, |w| w, |v| v);
one_word!(bool, |w| w != 0, |v| u32::from(v));
one_word!(Pos, |w| Pos(w), |v| v.0);
one_word!(Qstr, |w| Qstr::new(w), |v| v.number());
one_word!(
    Option<Qstr>,
    |w| Some(Qstr::new(w)).filter(|q| !q.is_none()),
    |v| v.unwrap_or(Qstr::NONE).number()
);
one_word!(
    BinaryOp,
    |w| BinaryOp::from_number(w as u8).unwrap_or(BinaryOp::Add),
    |v| u32::from(v.number())
);
one_word!(
    ExprId,
    |w| ExprId(NonZeroU32::new(w).unwrap_or(NonZeroU32::MIN)),
    |v| v.0.get()
);
one_word!(
    StmtId,
    |w| StmtId(NonZeroU32::new(w).unwrap_or(NonZeroU32::MIN)),
    |v| v.0.get()
);
one_word!(ConstId, |w| ConstId(w), |v| v.0);
one_word!(Option<ExprId>, |w| NonZeroU32::new(w).map(ExprId), |v| v
    .map_or(0, |e| e.0.get()));

impl<T> Words for Option<List<T>> {
    const LEN: usize = 1;
    fn read(words: &[u32]) -> Self {
        NonZeroU32::new(word(words, 0)).map(List::new)
    }
    fn write(self, out: &mut TryVec<u32>) -> Result<(), OutOfMemory> {
        out.push(self.map_or(0, |l| l.at.get()))
    }
}
