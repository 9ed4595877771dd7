//! Blocks with a finaliser: a list beside the bit planes, as they are few.
//!
//! A collection finds the registered blocks that died, keeps them (and what they lead to) alive
//! once more and queues them, oldest registration first. The caller takes them off the queue and
//! runs their finalisers after the collection, when allocating is legal again.

use core::ptr::NonNull;

use super::alloc::Kind;
use super::heap::Heap;
use super::{GRANULE_SHIFT, WORD};

/// Tag on the address of a block that died.
const DEAD: usize = 1;
/// An entry whose block was taken off the queue.
const GONE: usize = 0;

/// Addresses of blocks with finalisers in the order of registration, in an owned block.
pub(super) struct Registry {
    entries: Option<NonNull<usize>>,
    len: usize,
    room: usize,
    dead: usize,
    /// No dead entries before this one.
    next: usize,
}

impl Registry {
    pub(super) const fn new() -> Self {
        Registry {
            entries: None,
            len: 0,
            room: 0,
            dead: 0,
            next: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    fn entries(&self) -> &[usize] {
        match self.entries {
            // SAFETY: the block has room for `room` words, of which `len` are written.
            Some(entries) => unsafe { core::slice::from_raw_parts(entries.as_ptr(), self.len) },
            None => &[],
        }
    }

    fn entries_mut(&mut self) -> &mut [usize] {
        match self.entries {
            // SAFETY: as in `entries`; we are the only user of the block.
            Some(entries) => unsafe { core::slice::from_raw_parts_mut(entries.as_ptr(), self.len) },
            None => &mut [],
        }
    }

    /// The registered block of entry `i`, if it is not known to be dead.
    pub(super) fn waiting(&self, i: usize) -> Option<NonNull<u8>> {
        let entry = *self.entries().get(i)?;
        if entry & DEAD != 0 {
            return None;
        }
        NonNull::new(core::ptr::with_exposed_provenance_mut(entry))
    }

    /// The block of entry `i`, if it is dead and not yet taken.
    pub(super) fn dead(&self, i: usize) -> Option<NonNull<u8>> {
        let entry = *self.entries().get(i)?;
        if entry & DEAD == 0 {
            return None;
        }
        NonNull::new(core::ptr::with_exposed_provenance_mut(entry & !DEAD))
    }

    pub(super) fn set_dead(&mut self, i: usize) {
        if let Some(entry) = self.entries_mut().get_mut(i)
            && *entry != GONE
            && *entry & DEAD == 0
        {
            *entry |= DEAD;
            self.dead += 1;
            self.next = self.next.min(i);
        }
    }

    /// Closes the gaps that taken entries left.
    fn compact(&mut self) {
        let entries = self.entries_mut();
        let mut kept = 0;
        for i in 0..entries.len() {
            if let Some(&entry) = entries.get(i).filter(|entry| **entry != GONE) {
                if let Some(slot) = entries.get_mut(kept) {
                    *slot = entry;
                }
                kept += 1;
            }
        }
        self.len = kept;
        self.next = 0;
    }
}

impl Heap {
    /// Queues `block` for finalisation when it dies. False if there is no memory to note that.
    ///
    /// # Safety
    /// `block` is a block of this heap, not owned, and not freed or resized by hand while registered.
    #[must_use]
    pub unsafe fn register_finaliser(&mut self, block: NonNull<u8>) -> bool {
        // SAFETY: the caller's contract.
        let at = unsafe { self.head_at(block) };
        debug_assert!(self.table.kind(at) != Kind::Owned);
        if self.registry.len == self.registry.room {
            let bytes = (self.registry.room * 2).max(4) * WORD;
            let entries = match self.registry.entries {
                // SAFETY: the block is the registry's own.
                Some(entries) => unsafe { self.realloc_after_collect(entries.cast(), bytes) },
                None => self.alloc_owned(bytes),
            };
            let Some(entries) = entries else { return false };
            self.registry.entries = Some(entries.cast());
            self.registry.room =
                (self.table.size(self.granule(entries.as_ptr())) << GRANULE_SHIFT) / WORD;
        }
        if let Some(entries) = self.registry.entries {
            let entry = block.as_ptr().expose_provenance();
            // SAFETY: `len < room`, the words that the block has.
            unsafe { entries.add(self.registry.len).write(entry) };
            self.registry.len += 1;
        }
        true
    }

    /// Forgets that `block` has a finaliser. Cost: the number of registered blocks.
    pub fn unregister_finaliser(&mut self, block: NonNull<u8>) {
        let address = block.addr().get();
        let registry = &mut self.registry;
        for entry in registry.entries_mut() {
            if *entry & !DEAD == address {
                let was_dead = *entry & DEAD != 0;
                *entry = GONE;
                if was_dead {
                    registry.dead -= 1;
                }
                break;
            }
        }
        if registry.dead == 0 {
            registry.compact();
        }
    }

    /// The next block that died and has a finaliser, which the caller is to run. The block is no
    /// longer registered: it stays until a collection finds it unreachable.
    pub fn take_dead(&mut self) -> Option<NonNull<u8>> {
        let registry = &mut self.registry;
        if registry.dead == 0 {
            return None;
        }
        for i in registry.next..registry.len {
            let Some(block) = registry.dead(i) else {
                continue;
            };
            if let Some(entry) = registry.entries_mut().get_mut(i) {
                *entry = GONE;
            }
            registry.next = i + 1;
            registry.dead -= 1;
            if registry.dead == 0 {
                registry.compact();
            }
            return Some(block);
        }
        None
    }

    /// Queues all registered blocks, reachable or not: for the end of a program.
    pub fn finalise_all(&mut self) {
        for i in 0..self.registry.len {
            self.registry.set_dead(i);
        }
    }
}
