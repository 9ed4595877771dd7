//! Sets of machine registers.

/// A set of register numbers below 32.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct RegSet(pub u32);

impl RegSet {
    /// The set without members.
    pub const EMPTY: RegSet = RegSet(0);

    /// The set of these register numbers, all below 32.
    pub const fn of(registers: &[u8]) -> RegSet {
        let mut bits = 0;
        let mut i = 0;
        while i < registers.len() {
            bits |= 1 << (registers[i] & 31);
            i += 1;
        }
        RegSet(bits)
    }

    /// All registers from `first` to `last`.
    pub const fn range(first: u8, last: u8) -> RegSet {
        RegSet((u32::MAX >> (31 - (last & 31))) & (u32::MAX << (first & 31)))
    }

    /// Whether `register` is in the set.
    #[inline]
    pub const fn contains(self, register: u8) -> bool {
        register < 32 && self.0 >> register & 1 != 0
    }

    /// Adds a register; numbers from 32 up are ignored.
    #[inline]
    pub fn insert(&mut self, register: u8) {
        self.0 |= 1u32.checked_shl(u32::from(register)).unwrap_or(0);
    }

    /// Takes a register out.
    #[inline]
    pub fn remove(&mut self, register: u8) {
        self.0 &= !1u32.checked_shl(u32::from(register)).unwrap_or(0);
    }

    /// Members of either set.
    #[inline]
    pub const fn union(self, other: RegSet) -> RegSet {
        RegSet(self.0 | other.0)
    }

    /// Members of both sets.
    #[inline]
    pub const fn intersection(self, other: RegSet) -> RegSet {
        RegSet(self.0 & other.0)
    }

    /// Members of this set that the other lacks.
    #[inline]
    pub const fn difference(self, other: RegSet) -> RegSet {
        RegSet(self.0 & !other.0)
    }

    /// How many registers it has.
    #[inline]
    pub const fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// Whether it has none.
    #[inline]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The lowest register.
    #[inline]
    pub const fn first(self) -> Option<u8> {
        if self.0 == 0 {
            None
        } else {
            Some(self.0.trailing_zeros() as u8)
        }
    }

    /// The registers, lowest first.
    pub fn iter(self) -> impl Iterator<Item = u8> {
        (0..32).filter(move |&register| self.contains(register))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    #[test]
    fn a_range_has_both_its_ends() {
        assert_eq!(RegSet::range(4, 7), RegSet::of(&[4, 5, 6, 7]));
        assert_eq!(RegSet::range(0, 31).len(), 32);
    }

    #[test]
    fn members_come_in_rising_order() {
        let mut set = RegSet::of(&[9, 2]);
        set.insert(31);
        set.insert(40);
        set.remove(9);
        assert_eq!(set.iter().collect::<Vec<_>>(), [2, 31]);
        assert_eq!(set.first(), Some(2));
    }
}
