//! A dense set of small numbers, one bit each.

use core::fmt;

use crate::oom::OutOfMemory;
use crate::try_vec::TryVec;

const BITS: usize = usize::BITS as usize;

/// A set of small numbers. It grows as far as the largest number inserted and never shrinks;
/// numbers beyond its room are simply absent.
#[derive(Default)]
pub struct BitSet {
    words: TryVec<usize>,
}

impl BitSet {
    /// An empty set. Does not allocate.
    pub const fn new() -> Self {
        BitSet {
            words: TryVec::new(),
        }
    }

    /// An empty set with room for the numbers below `limit`: inserting those cannot fail.
    pub fn with_limit(limit: usize) -> Result<Self, OutOfMemory> {
        Ok(BitSet {
            words: TryVec::filled(0, limit.div_ceil(BITS))?,
        })
    }

    /// Whether `item` is in the set.
    #[inline]
    pub fn contains(&self, item: usize) -> bool {
        match self.words.get(item / BITS) {
            Some(word) => word >> (item % BITS) & 1 != 0,
            None => false,
        }
    }

    /// Adds `item`; says whether it is new.
    #[inline]
    pub fn insert(&mut self, item: usize) -> Result<bool, OutOfMemory> {
        let at = item / BITS;
        if at >= self.words.len() {
            self.words.resize(at + 1, 0)?;
        }
        let word = &mut self.words[at];
        let bit = 1 << (item % BITS);
        let new = *word & bit == 0;
        *word |= bit;
        Ok(new)
    }

    /// Takes `item` out; says whether it was there.
    #[inline]
    pub fn remove(&mut self, item: usize) -> bool {
        let Some(word) = self.words.get_mut(item / BITS) else {
            return false;
        };
        let bit = 1 << (item % BITS);
        let there = *word & bit != 0;
        *word &= !bit;
        there
    }

    /// How many numbers below `item` are in the set, given how many there are below the first of `item`'s
    /// [`BitSet::RUN`].
    #[inline]
    pub fn rank(&self, item: usize, before: usize) -> usize {
        let word = self.words.get(item / BITS).copied().unwrap_or(0);
        let below = word & ((1 << (item % BITS)) - 1);
        before + below.count_ones() as usize
    }

    /// Numbers that share a word of the set.
    pub const RUN: usize = BITS;

    /// How many of each [`BitSet::RUN`] numbers are in the set.
    pub fn runs(&self) -> impl Iterator<Item = usize> + '_ {
        self.words.iter().map(|word| word.count_ones() as usize)
    }

    /// Takes everything out, keeps the room.
    pub fn clear(&mut self) {
        self.words.fill(0);
    }

    /// Whether nothing is in the set.
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|&word| word == 0)
    }

    /// How many numbers are in the set.
    pub fn len(&self) -> usize {
        self.words
            .iter()
            .map(|word| word.count_ones() as usize)
            .sum()
    }

    /// Adds everything in `other`; says whether anything was new.
    pub fn union_with(&mut self, other: &BitSet) -> Result<bool, OutOfMemory> {
        let needed = other
            .words
            .iter()
            .rposition(|&word| word != 0)
            .map_or(0, |at| at + 1);
        if needed > self.words.len() {
            self.words.resize(needed, 0)?;
        }
        let mut new = 0;
        for (word, more) in self.words.iter_mut().zip(&other.words) {
            new |= more & !*word;
            *word |= more;
        }
        Ok(new != 0)
    }

    /// Keeps only what is in `other` too; says whether anything went.
    pub fn intersect_with(&mut self, other: &BitSet) -> bool {
        let mut gone = 0;
        for (at, word) in self.words.iter_mut().enumerate() {
            let keep = other.words.get(at).copied().unwrap_or(0);
            gone |= *word & !keep;
            *word &= keep;
        }
        gone != 0
    }

    /// Takes out everything in `other`; says whether anything went.
    pub fn subtract(&mut self, other: &BitSet) -> bool {
        let mut gone = 0;
        for (word, less) in self.words.iter_mut().zip(&other.words) {
            gone |= *word & less;
            *word &= !less;
        }
        gone != 0
    }

    /// Whether the two sets share a number.
    pub fn intersects(&self, other: &BitSet) -> bool {
        self.words.iter().zip(&other.words).any(|(a, b)| a & b != 0)
    }

    /// Makes this set equal to `other`, reusing its room.
    pub fn copy_from(&mut self, other: &BitSet) -> Result<(), OutOfMemory> {
        self.words.clear();
        self.words.extend_from_slice(&other.words)
    }

    /// A copy.
    pub fn try_clone(&self) -> Result<Self, OutOfMemory> {
        Ok(BitSet {
            words: self.words.try_clone()?,
        })
    }

    /// The numbers, ascending.
    pub fn iter(&self) -> Iter<'_> {
        Iter {
            words: &self.words,
            at: 0,
            rest: self.words.first().copied().unwrap_or(0),
        }
    }
}

/// The numbers of a [`BitSet`], ascending.
#[derive(Clone, Debug)]
pub struct Iter<'a> {
    words: &'a [usize],
    at: usize,
    rest: usize,
}

impl Iterator for Iter<'_> {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        while self.rest == 0 {
            self.at += 1;
            self.rest = *self.words.get(self.at)?;
        }
        let item = self.at * BITS + self.rest.trailing_zeros() as usize;
        self.rest &= self.rest - 1;
        Some(item)
    }
}

impl<'a> IntoIterator for &'a BitSet {
    type Item = usize;
    type IntoIter = Iter<'a>;
    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

/// Equal when they hold the same numbers, whatever their room.
impl PartialEq for BitSet {
    fn eq(&self, other: &BitSet) -> bool {
        let shared = self.words.len().min(other.words.len());
        self.words[..shared] == other.words[..shared]
            && self.words[shared..]
                .iter()
                .chain(&other.words[shared..])
                .all(|&word| word == 0)
    }
}

impl Eq for BitSet {}

impl fmt::Debug for BitSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    fn set(items: &[usize]) -> BitSet {
        let mut made = BitSet::new();
        for &item in items {
            made.insert(item).unwrap();
        }
        made
    }

    #[test]
    fn members_come_back_in_order() {
        let items = [0, 31, 32, 63, 64, 65, 127, 128, 1000];
        let s = set(&items);
        assert_eq!(s.iter().collect::<Vec<_>>(), items);
        assert_eq!(s.len(), items.len());
        assert!(s.contains(1000) && !s.contains(999) && !s.contains(1 << 40));
        assert_eq!(set(&[]).iter().next(), None);
    }

    #[test]
    fn insert_and_remove_say_what_changed() {
        let mut s = BitSet::with_limit(10).unwrap();
        assert_eq!(s.insert(3), Ok(true));
        assert_eq!(s.insert(3), Ok(false));
        assert!(s.remove(3));
        assert!(!s.remove(3));
        assert!(!s.remove(12345));
        assert!(s.is_empty());
    }

    #[test]
    fn set_algebra_reports_change() {
        let mut s = set(&[1, 70]);
        assert_eq!(s.union_with(&set(&[1, 200])), Ok(true));
        assert_eq!(s.union_with(&set(&[1, 200])), Ok(false));
        assert_eq!(s, set(&[1, 70, 200]));
        assert!(s.subtract(&set(&[70])));
        assert!(!s.subtract(&set(&[70])));
        assert!(s.intersects(&set(&[200])) && !s.intersects(&set(&[70])));
        assert!(s.intersect_with(&set(&[1])));
        assert_eq!(s, set(&[1]));
        assert!(!s.intersect_with(&set(&[1, 5])));
    }

    #[test]
    fn room_does_not_count_for_equality() {
        let mut wide = set(&[1, 500]);
        wide.remove(500);
        assert_eq!(wide, set(&[1]));
        assert_ne!(wide, set(&[1, 500]));
    }

    #[test]
    fn a_limit_makes_inserting_safe() {
        let mut s = BitSet::with_limit(100).unwrap();
        let failing = crate::oom::failing::Failing::at(0);
        assert_eq!(s.insert(99), Ok(true));
        assert_eq!(s.insert(128), Err(OutOfMemory));
        drop(failing);
    }
}
