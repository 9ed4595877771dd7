//! The block behind a map: entries, and what finds them quickly.
//!
//! ```text
//! ┌────────────────────┬───────────────┬────────────────┬─────────────────────────┐
//! │ entries: key, value│ [`Tail`]      │ hashes: u32 …  │ index: u8, u16 or u32 … │
//! └────────────────────┴───────────────┴────────────────┴─────────────────────────┘
//!   alloc × 2 words      only if large   not if all keys   only if large
//!                                        are names
//! ```
//!
//! "Large" is more than [`SMALL`] entries; smaller tables are searched from end to end. The size of the index is a
//! power of two of at least 3/2 of the room for entries. A search begins where the low bits of the hash say
//! (those in which the keys differ: see [`Tail::same_bits`]), so that neighbouring ints are neighbours in memory, and
//! ints at regular distances and objects made one after the other are, too. It goes on by steps that depend on all
//! bits (double hashing), so that other regular hashes come apart. A slot holds the entry's number plus one (0 =
//! free) and, in the bits that are left above, bits of the mixed hash, so that most strangers are told apart
//! without a look at their entry.
//!
//! Nothing is ever taken out of the index but by making it anew. A slot whose entry was removed leads to a
//! tombstone, one whose entry was popped leads nowhere or to the key that got the number next; neither does harm,
//! since keys are compared anyway. [`Tail::filled`] counts slots in use, so that free ones remain.

use core::cell::Cell;
use core::ptr::NonNull;

use crate::obj::word::Obj;

/// Largest table that has no index.
pub(super) const SMALL: usize = 8;

/// Key word of a removed entry. Never an object: no object has this address.
pub(super) const REMOVED: usize = 4;

/// Whether a key word is no object. (Small ints have smaller words than [`REMOVED`].)
#[cfg_attr(not(feature = "small"), inline(always))]
pub(super) const fn is_vacant(word: usize) -> bool {
    word & !REMOVED == 0
}

/// One entry, as native code sees it: key word (0 = never used, [`REMOVED`]) and value.
#[repr(C)]
pub(super) struct Entry {
    pub(super) key: Cell<usize>,
    pub(super) value: Cell<Option<Obj>>,
}

/// What stands behind the entries of a large table.
#[repr(C)]
pub(super) struct Tail {
    /// Removed entries.
    pub(super) dead: Cell<usize>,
    /// Slots of the index that are not free.
    pub(super) filled: Cell<usize>,
    /// No entry before this one is live; saves a queue from looking at its dead head again and again.
    pub(super) first: Cell<usize>,
    /// So many low bits were the same in all hashes when the index was made: searches begin by the bits above, or
    /// keys at regular distances (multiples, addresses) would share the first slot and be scattered behind it.
    pub(super) same_bits: Cell<u32>,
}

/// A view of a table that is not fixed: where it is and what parts it has.
#[derive(Clone, Copy)]
pub(super) struct Table {
    /// The block.
    pub(super) base: NonNull<Entry>,
    /// Room for this many entries.
    pub(super) alloc: usize,
    /// All keys are names: their hashes are computed, not kept.
    pub(super) names: bool,
}

/// A hash in 32 bits. Small ints and names stay what they are.
#[cfg_attr(not(feature = "small"), inline(always))]
pub(super) const fn fold(hash: usize) -> u32 {
    #[cfg(target_pointer_width = "64")]
    {
        (hash as u32).wrapping_add(((hash >> 32) as u32).wrapping_mul(0x9e37_79b1))
    }
    #[cfg(not(target_pointer_width = "64"))]
    {
        hash as u32
    }
}

/// Hash of a name's word in a table of names: its number, so that the pool is not touched.
#[cfg_attr(not(feature = "small"), inline(always))]
pub(super) const fn fold_name(word: usize) -> u32 {
    (word >> 3) as u32
}

impl Table {
    /// Whether there is an index.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(super) fn is_large(self) -> bool {
        self.alloc > SMALL
    }

    /// Binary logarithm of the index's size.
    #[cfg_attr(not(feature = "small"), inline(always))]
    fn index_bits(alloc: usize) -> u32 {
        usize::BITS - (alloc + alloc / 2).leading_zeros()
    }

    #[cfg_attr(not(feature = "small"), inline(always))]
    fn index_width(alloc: usize) -> usize {
        if alloc < 0x100 {
            1
        } else if alloc < 0x1_0000 {
            2
        } else {
            4
        }
    }

    fn hash_bytes(alloc: usize, names: bool) -> usize {
        if names { 0 } else { alloc * 4 }
    }

    /// Bytes of a block for this many entries; `None` if that is more than there can be.
    pub(super) fn bytes(alloc: usize, names: bool) -> Option<usize> {
        if alloc > (u32::MAX >> 2) as usize {
            return None;
        }
        let mut bytes = alloc
            .checked_mul(size_of::<Entry>())?
            .checked_add(Table::hash_bytes(alloc, names))?;
        if alloc > SMALL {
            let index = (1usize << Table::index_bits(alloc)) * Table::index_width(alloc);
            bytes = bytes.checked_add(size_of::<Tail>())?.checked_add(index)?;
        }
        (bytes <= isize::MAX as usize).then_some(bytes)
    }

    /// Makes all entries free and the index empty.
    ///
    /// # Safety
    /// The block has `bytes(alloc, names)` bytes.
    pub(super) unsafe fn wipe(self) {
        // SAFETY: the caller says so; all parts may be zero bytes.
        unsafe {
            let bytes = Table::bytes(self.alloc, self.names).unwrap_or(0);
            self.base.cast::<u8>().write_bytes(0, bytes);
        }
    }

    /// Entry `i`.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(super) fn entry<'a>(self, i: usize) -> &'a Entry {
        debug_assert!(i < self.alloc);
        // SAFETY: all callers have checked `i` against the number of entries; the block is initialised.
        unsafe { self.base.add(i).as_ref() }
    }

    fn tail_ptr(self) -> NonNull<Tail> {
        debug_assert!(self.is_large());
        // SAFETY: a large table has a tail right behind its entries.
        unsafe { self.base.add(self.alloc).cast() }
    }

    /// The counts behind the entries of a large table.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(super) fn tail<'a>(self) -> &'a Tail {
        // SAFETY: as in `tail_ptr`; initialised by `wipe`.
        unsafe { self.tail_ptr().as_ref() }
    }

    fn hash_cells(self) -> NonNull<Cell<u32>> {
        // SAFETY: the hashes follow the entries, or the tail if there is one.
        unsafe {
            if self.is_large() {
                self.tail_ptr().add(1).cast()
            } else {
                self.base.add(self.alloc).cast()
            }
        }
    }

    /// The kept hash of entry `i`, which is live, or what it is computed to in a table of names.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(super) fn hash(self, i: usize) -> u32 {
        if self.names {
            fold_name(self.entry(i).key.get())
        } else {
            debug_assert!(i < self.alloc);
            // SAFETY: `i` is an entry's number, and there is a hash for each.
            unsafe { self.hash_cells().add(i).as_ref() }.get()
        }
    }

    /// Keeps the hash of entry `i`.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(super) fn set_hash(self, i: usize, hash: u32) {
        if !self.names {
            debug_assert!(i < self.alloc);
            // SAFETY: as in `hash`.
            unsafe { self.hash_cells().add(i).as_ref() }.set(hash);
        }
    }

    /// The index of a large table.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(super) fn index(self) -> Index {
        let bits = Table::index_bits(self.alloc);
        // SAFETY: the index follows the hashes.
        let base = unsafe {
            self.tail_ptr()
                .add(1)
                .cast::<u8>()
                .add(Table::hash_bytes(self.alloc, self.names))
        };
        Index {
            base,
            mask: (1 << bits) - 1,
            width: Table::index_width(self.alloc),
            number_bits: usize::BITS - self.alloc.leading_zeros(),
            same_bits: self.tail().same_bits.get(),
        }
    }

    /// Enters the first `n` entries, which are live, into an index that is empty.
    pub(super) fn link_all(self, n: usize) {
        if !self.is_large() || n == 0 {
            return;
        }
        let first = self.hash(0);
        let differ = (1..n).fold(0, |bits, i| bits | self.hash(i) ^ first);
        let same_bits = if differ == 0 {
            0
        } else {
            differ.trailing_zeros()
        };
        self.tail().same_bits.set(same_bits);
        for i in 0..n {
            self.link(i, self.hash(i));
        }
    }

    /// Whether the index needs to be made anew before one more entry is linked.
    #[inline]
    pub(super) fn is_index_full(self) -> bool {
        self.is_large() && {
            let slots = 1usize << Table::index_bits(self.alloc);
            self.tail().filled.get() >= slots - slots / 4
        }
    }

    /// Enters entry `i`, whose hash is `hash`, into the index, if there is one.
    #[inline]
    pub(super) fn link(self, i: usize, hash: u32) {
        if !self.is_large() {
            return;
        }
        let index = self.index();
        let mut probe = index.probe(hash);
        while index.get(probe) != 0 {
            probe = index.next(probe);
        }
        index.set(probe, probe.tag | (i + 1) as u32);
        let filled = &self.tail().filled;
        filled.set(filled.get() + 1);
    }

    /// Moves the live ones among the first `used` entries to the front and makes the index anew; how many
    /// there are.
    pub(super) fn compact(self, used: usize) -> usize {
        let mut live = 0;
        for i in 0..used {
            let entry = self.entry(i);
            if is_vacant(entry.key.get()) {
                continue;
            }
            if i != live {
                let hash = self.hash(i);
                let to = self.entry(live);
                to.key.set(entry.key.get());
                to.value.set(entry.value.get());
                self.set_hash(live, hash);
            }
            live += 1;
        }
        for i in live..used {
            let entry = self.entry(i);
            entry.key.set(0);
            entry.value.set(None);
        }
        if self.is_large() {
            self.tail().dead.set(0);
            self.tail().first.set(0);
            self.tail().filled.set(0);
            let index = self.index();
            // SAFETY: the index has `mask + 1` slots of `width` bytes.
            unsafe { index.base.write_bytes(0, (index.mask + 1) * index.width) };
            self.link_all(live);
        }
        live
    }
}

/// The slots of a large table's index.
#[derive(Clone, Copy)]
pub(super) struct Index {
    base: NonNull<u8>,
    mask: usize,
    width: usize,
    /// Bits of a slot that hold the entry's number plus one; those above hold bits of the hash.
    number_bits: u32,
    /// As in [`Tail`].
    same_bits: u32,
}

/// A search: where it is, how it goes on, what slots of its hash look like.
#[derive(Clone, Copy)]
pub(super) struct Probe {
    slot: usize,
    step: usize,
    tag: u32,
}

impl Index {
    /// The search for a hash.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(super) fn probe(self, hash: u32) -> Probe {
        let mixed = hash.wrapping_mul(0x9e37_79b1);
        let unused = 32 - 8 * self.width as u32;
        let step = (mixed ^ (mixed >> 15)).wrapping_mul(0x85eb_ca6b);
        Probe {
            slot: hash.rotate_right(self.same_bits) as usize & self.mask,
            // Odd, so that every slot is come to.
            step: (step ^ (step >> 16)) as usize | 1,
            tag: ((mixed >> unused) >> self.number_bits) << self.number_bits,
        }
    }

    /// The search one slot further.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(super) fn next(self, probe: Probe) -> Probe {
        Probe {
            slot: probe.slot.wrapping_add(probe.step) & self.mask,
            ..probe
        }
    }

    /// The entry that a slot leads to, if the slot's tag is that of the search. The slot is not free.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(super) fn entry(self, slot_value: u32, probe: Probe) -> Option<usize> {
        let number = slot_value ^ probe.tag;
        // Another tag leaves bits above the number.
        if number >> self.number_bits == 0 {
            Some((number as usize).wrapping_sub(1))
        } else {
            None
        }
    }

    /// The slot that a search has come to; 0 = free.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(super) fn get(self, probe: Probe) -> u32 {
        let slot = probe.slot;
        debug_assert!(slot <= self.mask);
        // SAFETY: `probe` and `next` give slots within the index, which is initialised and aligned: it follows
        // words and 32-bit hashes.
        unsafe {
            match self.width {
                1 => u32::from(self.base.add(slot).read()),
                2 => u32::from(self.base.cast::<u16>().add(slot).read()),
                _ => self.base.cast::<u32>().add(slot).read(),
            }
        }
    }

    #[cfg_attr(not(feature = "small"), inline(always))]
    fn set(self, probe: Probe, to: u32) {
        let slot = probe.slot;
        debug_assert!(slot <= self.mask);
        // SAFETY: as in `get`; `to` fits, as the width was chosen by the number of entries.
        unsafe {
            match self.width {
                1 => self.base.add(slot).write(to as u8),
                2 => self.base.cast::<u16>().add(slot).write(to as u16),
                _ => self.base.cast::<u32>().add(slot).write(to),
            }
        }
    }
}
