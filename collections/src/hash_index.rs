//! A hash index: finds 32-bit ids by what they stand for.
//!
//! It does not own the keys. The caller keeps the items (in an arena, a vector), hashes, and says
//! whether an id's item is the wanted one; the index only stores `(hash, id)` pairs. Linear
//! probing in a power-of-two table at most three quarters full, eight bytes a slot; growth never
//! has to hash again.

use crate::oom::OutOfMemory;
use crate::try_vec::TryVec;

/// Ids must be below this one.
const EMPTY: u32 = u32::MAX;

#[derive(Clone, Copy)]
struct Slot {
    hash: u32,
    id: u32,
}

/// Maps hashes to ids. See the module text.
#[derive(Default)]
pub struct HashIndex {
    slots: TryVec<Slot>,
    used: usize,
}

impl HashIndex {
    /// An empty index. Does not allocate.
    pub const fn new() -> Self {
        HashIndex {
            slots: TryVec::new(),
            used: 0,
        }
    }

    /// An empty index with room for `count` ids: inserting those cannot fail.
    pub fn with_capacity(count: usize) -> Result<Self, OutOfMemory> {
        let mut made = HashIndex::new();
        if count > 0 {
            let least = count.checked_mul(4).ok_or(OutOfMemory)? / 3 + 1;
            made.rebuild(least.checked_next_power_of_two().ok_or(OutOfMemory)?)?;
        }
        Ok(made)
    }

    /// How many ids are in the index.
    #[inline]
    pub fn len(&self) -> usize {
        self.used
    }

    /// Whether the index is empty.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.used == 0
    }

    /// The first id stored under `hash` for which `is_it` holds.
    #[inline]
    pub fn find(&self, hash: u32, mut is_it: impl FnMut(u32) -> bool) -> Option<u32> {
        self.find_slot(hash, &mut is_it).map(|at| self.slots[at].id)
    }

    #[inline]
    fn find_slot(&self, hash: u32, is_it: &mut impl FnMut(u32) -> bool) -> Option<usize> {
        let mask = self.slots.len().wrapping_sub(1);
        let mut at = spread(hash) & mask;
        // Ends: a quarter of the slots is empty. An empty table has no slot 0.
        loop {
            let slot = self.slots.get(at)?;
            if slot.id == EMPTY {
                return None;
            }
            if slot.hash == hash && is_it(slot.id) {
                return Some(at);
            }
            at = (at + 1) & mask;
        }
    }

    /// Stores `id` under `hash`, beside others that may be there.
    pub fn insert(&mut self, hash: u32, id: u32) -> Result<(), OutOfMemory> {
        if id == EMPTY {
            return Err(OutOfMemory);
        }
        if (self.used + 1) * 4 > self.slots.len() * 3 {
            self.rebuild((self.slots.len() * 2).max(8))?;
        }
        self.place(Slot { hash, id });
        self.used += 1;
        Ok(())
    }

    /// The id for which `is_it` holds, or else the one that `make` makes, which is stored.
    pub fn find_or_insert<E: From<OutOfMemory>>(
        &mut self,
        hash: u32,
        is_it: impl FnMut(u32) -> bool,
        make: impl FnOnce() -> Result<u32, E>,
    ) -> Result<u32, E> {
        if let Some(id) = self.find(hash, is_it) {
            return Ok(id);
        }
        let id = make()?;
        self.insert(hash, id)?;
        Ok(id)
    }

    /// Takes out the id stored under `hash` for which `is_it` holds.
    pub fn remove(&mut self, hash: u32, mut is_it: impl FnMut(u32) -> bool) -> Option<u32> {
        let mut hole = self.find_slot(hash, &mut is_it)?;
        let gone = self.slots[hole].id;
        let mask = self.slots.len() - 1;
        // Move later members of the chain down, so that no search stops at the hole.
        let mut at = hole;
        loop {
            at = (at + 1) & mask;
            let slot = self.slots[at];
            if slot.id == EMPTY {
                break;
            }
            let home = spread(slot.hash) & mask;
            if at.wrapping_sub(home) & mask >= at.wrapping_sub(hole) & mask {
                self.slots[hole] = slot;
                hole = at;
            }
        }
        self.slots[hole].id = EMPTY;
        self.used -= 1;
        Some(gone)
    }

    /// Takes everything out, keeps the room.
    pub fn clear(&mut self) {
        self.slots.fill(Slot { hash: 0, id: EMPTY });
        self.used = 0;
    }

    #[cold]
    fn rebuild(&mut self, len: usize) -> Result<(), OutOfMemory> {
        let fresh = TryVec::filled(Slot { hash: 0, id: EMPTY }, len)?;
        let old = core::mem::replace(&mut self.slots, fresh);
        for slot in old {
            if slot.id != EMPTY {
                self.place(slot);
            }
        }
        Ok(())
    }

    fn place(&mut self, new: Slot) {
        let mask = self.slots.len() - 1;
        let mut at = spread(new.hash) & mask;
        while self.slots[at].id != EMPTY {
            at = (at + 1) & mask;
        }
        self.slots[at] = new;
    }
}

/// Lets poor hashes use the whole table.
#[inline]
fn spread(hash: u32) -> usize {
    let mixed = hash.wrapping_mul(0x9e37_79b1);
    (mixed ^ mixed >> 15) as usize
}

/// A quick hash of a byte string, for [`HashIndex`]. Not for hostile input, not stable between versions.
#[inline]
pub fn hash_bytes(bytes: &[u8]) -> u32 {
    const K: u32 = 0x9e37_79b1;
    let mut hash = bytes.len() as u32;
    let (words, rest) = bytes.as_chunks::<4>();
    for word in words {
        hash = (hash.rotate_left(5) ^ u32::from_le_bytes(*word)).wrapping_mul(K);
    }
    for &byte in rest {
        hash = (hash.rotate_left(5) ^ u32::from(byte)).wrapping_mul(K);
    }
    hash ^ hash >> 16
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;
    use std::format;
    use std::vec::Vec;

    #[test]
    fn interning_gives_one_id_to_one_text() {
        let mut texts: Vec<std::string::String> = Vec::new();
        let mut index = HashIndex::new();
        for round in 0..3 {
            for n in 0..1000u32 {
                let text = format!("name{n}");
                let hash = hash_bytes(text.as_bytes());
                let known = index.find(hash, |id| texts[id as usize] == text);
                assert_eq!(known, if round == 0 { None } else { Some(n) });
                if known.is_none() {
                    index.insert(hash, n).unwrap();
                    texts.push(text);
                }
            }
        }
        assert_eq!(index.len(), 1000);
    }

    #[test]
    fn removal_keeps_the_others_reachable_even_when_all_hashes_collide() {
        for hash_of in [
            |_: u32| 7u32,
            |n: u32| n / 3,
            |n: u32| n.wrapping_mul(0x1234_5677),
        ] {
            let mut index = HashIndex::new();
            let mut model = HashMap::new();
            let mut seed = 1u32;
            for _ in 0..4000 {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let n = seed >> 8 & 63;
                if seed >> 24 & 1 == 0 {
                    assert_eq!(index.remove(hash_of(n), |id| id == n), model.remove(&n));
                } else if model.insert(n, n).is_none() {
                    index.insert(hash_of(n), n).unwrap();
                }
                for n in 0..64 {
                    assert_eq!(index.find(hash_of(n), |id| id == n), model.get(&n).copied());
                }
            }
            assert_eq!(index.len(), model.len());
        }
    }

    #[test]
    fn capacity_makes_inserting_safe() {
        for count in [0, 1, 2, 3, 5, 6, 7, 8, 9, 95, 96, 97, 100] {
            let mut index = HashIndex::with_capacity(count).unwrap();
            let _failing = crate::oom::failing::Failing::at(0);
            for n in 0..count as u32 {
                index.insert(n, n).unwrap();
            }
        }
        assert!(HashIndex::with_capacity(usize::MAX).is_err());
    }

    #[test]
    fn an_empty_index_finds_nothing() {
        let mut index = HashIndex::new();
        assert_eq!(index.find(0, |_| true), None);
        assert_eq!(index.remove(0, |_| true), None);
        assert_eq!(index.insert(0, u32::MAX), Err(OutOfMemory));
        index.insert(0, 0).unwrap();
        index.clear();
        assert_eq!(index.find(0, |_| true), None);
    }
}
