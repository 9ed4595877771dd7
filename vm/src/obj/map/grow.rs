//! Room for entries: a key more, and another block when there is none left.

use core::ptr::NonNull;

use super::table::{self, Entry, Table};
use super::{Map, NAMES, ORDERED, SHIFT, fixed, live_key};
use crate::obj::word::Obj;
use crate::runtime::{R, Runtime};

impl Map {
    /// Adds a key that is not there.
    #[inline]
    pub(super) fn append(&self, rt: &mut Runtime, key: Obj, hash: u32, value: Obj) -> R<()> {
        // Native code may have made the table fixed.
        if self.entry_count() >= self.alloc.get()
            || (self.is_names() && !key.is_qstr())
            || self.is_fixed()
            || self.view().is_index_full()
        {
            self.make_room(rt, key)?;
        }
        let at = self.entry_count();
        let table = self.view();
        debug_assert!(at < table.alloc);
        let entry = table.entry(at);
        entry.key.set(key.raw());
        entry.value.set(Some(value));
        table.set_hash(at, hash);
        table.link(at, hash);
        self.set_used(at + 1);
        Ok(())
    }

    /// Makes room for one more entry, or makes the table one that can hold this key.
    #[cold]
    #[inline(never)]
    fn make_room(&self, rt: &mut Runtime, key: Obj) -> R<()> {
        if self.is_fixed() {
            return Err(fixed(rt));
        }
        let alloc = self.alloc.get();
        let names = self.is_names() && key.is_qstr();
        let live = self.len();
        if self.entry_count() < alloc && names != self.is_names() {
            return self.rebuild(rt, alloc, names);
        }
        // A quarter of the room must come free for a compaction to be worth while, else churn would be dear.
        let new = if self.entry_count() < alloc {
            // Only the index is full, of entries that were popped.
            alloc
        } else if live > alloc - alloc / 4 || alloc < 4 {
            (alloc * 2).max(4)
        } else if live < alloc / 8 {
            (live * 2).next_power_of_two().max(4)
        } else {
            alloc
        };
        if new == alloc && names == self.is_names() {
            self.moved(rt);
            let live = self.view().compact(self.entry_count());
            self.set_used(live);
            return Ok(());
        }
        self.rebuild(rt, new, names)
    }

    /// Moves the live entries to a new block.
    pub(super) fn rebuild(&self, rt: &mut Runtime, alloc: usize, names: bool) -> R<()> {
        let live = self.len();
        let new = self.copied(rt, alloc, names)?;
        if live != self.entry_count() || names != self.is_names() {
            self.moved(rt);
        }
        let old = (self.alloc.get(), self.table.get());
        self.table.set(new);
        self.alloc.set(alloc);
        let names = if names { NAMES } else { 0 };
        self.head.set((live << SHIFT) | ORDERED | names);
        if old.0 != 0 {
            rt.free_block(old.1.cast());
        }
        Ok(())
    }

    /// A new block with room for `alloc` entries that holds the live ones.
    pub(super) fn copied(&self, rt: &mut Runtime, alloc: usize, names: bool) -> R<NonNull<Entry>> {
        let Some(bytes) = Table::bytes(alloc, names) else {
            return Err(rt.no_memory(usize::MAX));
        };
        let to = Table {
            base: rt.alloc_block(bytes, false)?.cast(),
            alloc,
            names,
        };
        // SAFETY: the block was made for this table.
        unsafe { to.wipe() };
        let from = self.view();
        let mut live = 0;
        for (i, entry) in self.entries().iter().enumerate() {
            let Some(key) = live_key(entry) else {
                continue;
            };
            let hash = match key.as_qstr() {
                Some(name) if from.names && !names => table::fold(rt.pool.hash(name) as usize),
                _ => from.hash(i),
            };
            let new = to.entry(live);
            new.key.set(key.raw());
            new.value.set(entry.value.get());
            to.set_hash(live, hash);
            live += 1;
        }
        to.link_all(live);
        Ok(to.base)
    }

    /// Gives an empty map of names without a table one for `alloc` entries, which are few.
    #[cfg(feature = "native")]
    pub(super) fn begin(&self, rt: &mut Runtime, alloc: usize) -> R<()> {
        let words = alloc * size_of::<Entry>() / size_of::<usize>();
        let at = rt.alloc_words(words, false)?;
        for i in 0..words {
            // SAFETY: so many words were allocated; a small table of names is no more than its entries.
            unsafe { at.add(i).write(0) };
        }
        self.table.set(at.cast());
        self.alloc.set(alloc);
        Ok(())
    }
}
