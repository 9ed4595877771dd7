//! The hash table behind `dict`, `set`, instance attributes and namespaces (C-visible part: spec native-abi 3.4).
//!
//! Insertion-ordered: entries stand densely in the C-visible table in the order they were inserted. A removed
//! entry leaves a tombstone and nothing moves, so a position stays good until the table is compacted, which
//! happens when it is full, on `clear` and in [`Map::pop_last`]. What else the block holds: see [`table`].
//!
//! A table is in one of two modes, bit 0 of the header word:
//! - **names**: every key is an interned string. Lookup of a name compares words; its hash comes from the number.
//! - **general**: 32 bits of each key's hash are kept, so that growth never calls Python and strangers are told
//!   apart before they are compared. Text hashes alike whether it is interned or not.
//!
//! Keys may compare themselves in Python and change the very map that is being searched: each search looks
//! whether the table is still the same after such a call and starts again if not.
//!
//! Native code may build fixed tables of its own (header bit 1): those have no parts behind the entries and are
//! scanned.

mod find;
mod grow;
mod names;
mod table;
#[cfg(test)]
mod tests;

pub(crate) use find::Waiting;

use core::cell::Cell;
use core::mem::offset_of;
use core::ptr::NonNull;

use ferlance_abi::layout;

use super::word::Obj;
use crate::runtime::{R, Runtime};
use table::{Entry, REMOVED, SMALL, Table, is_vacant};

/// A map.
#[repr(C)]
pub struct Map {
    /// Bit 0 all keys are qstrs, bit 1 fixed, bit 2 ordered array (always); bits 3.. entries used, tombstones
    /// included: a reader that scans that many entries and skips null and sentinel keys sees everything.
    head: Cell<usize>,
    alloc: Cell<usize>,
    table: Cell<NonNull<Entry>>,
}

const _: () = {
    let word = size_of::<usize>();
    assert!(size_of::<Map>() == 3 * word && size_of::<Entry>() == 2 * word);
    assert!(offset_of!(Map, head) == layout::MAP_USED * word);
    assert!(offset_of!(Map, alloc) == layout::MAP_ALLOC * word);
    assert!(offset_of!(Map, table) == layout::MAP_TABLE * word);
};

const NAMES: usize = layout::MAP_ALL_QSTRS;
const FIXED: usize = layout::MAP_FIXED;
const ORDERED: usize = layout::MAP_ORDERED;
const FLAGS: usize = NAMES | FIXED | ORDERED;
const SHIFT: u32 = layout::MAP_USED_SHIFT;

impl Default for Map {
    fn default() -> Self {
        Map::new()
    }
}

impl Map {
    /// An empty map. Has no table.
    pub const fn new() -> Map {
        Map {
            head: Cell::new(NAMES | ORDERED),
            alloc: Cell::new(0),
            table: Cell::new(NonNull::dangling()),
        }
    }

    /// A read-only map over `n` pairs of key and value that stand somewhere else: what native functions get their
    /// keyword arguments in.
    ///
    /// # Safety
    /// The pairs stay where they are for as long as the map is used.
    pub(crate) unsafe fn fixed(pairs: *const Option<Obj>, n: usize) -> Map {
        Map {
            head: Cell::new(NAMES | FIXED | ORDERED | n << SHIFT),
            alloc: Cell::new(n),
            table: Cell::new(NonNull::new(pairs.cast_mut().cast()).unwrap_or(NonNull::dangling())),
        }
    }

    // ---- positions: what inline caches and iterators use ----

    /// Entries used, tombstones included; positions are below this. Grows by one with each new key; shrinks
    /// only when [`crate::interp::Interp::map_moves`] changes (and, in a map of names,
    /// [`crate::interp::Interp::map_epoch`]).
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn entry_count(&self) -> usize {
        self.head.get() >> SHIFT
    }

    /// Word 0: flags and number of entries.
    #[cfg(feature = "native")]
    pub(crate) fn head(&self) -> usize {
        self.head.get()
    }

    /// Word of the key at a position; 0 or 4 when nothing (any more) stands there.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn key_at(&self, i: usize) -> usize {
        match self.entries().get(i) {
            Some(entry) => entry.key.get(),
            None => 0,
        }
    }

    /// Value at a position that holds a live entry; `None` (the object) elsewhere.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn value_at(&self, i: usize) -> Obj {
        match self.entries().get(i) {
            Some(entry) => entry.value.get().unwrap_or(Obj::NONE),
            None => Obj::NONE,
        }
    }

    /// Replaces the value at a position that holds a live entry.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn set_value_at(&self, i: usize, value: Obj) {
        if let Some(entry) = self.entries().get(i) {
            entry.value.set(Some(value));
        }
    }

    /// The value at position `i` if the key there is this very word: the check of an inline cache.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn cached(&self, i: usize, key: Obj) -> Option<Obj> {
        let entry = self.entries().get(i)?;
        if entry.key.get() == key.raw() {
            entry.value.get()
        } else {
            None
        }
    }

    /// Replaces the value at position `i` if the key there is this very word; whether it was.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn set_cached(&self, i: usize, key: Obj, value: Obj) -> bool {
        match self.entries().get(i) {
            Some(entry) if entry.key.get() == key.raw() => {
                entry.value.set(Some(value));
                true
            }
            _ => false,
        }
    }

    /// Whether all keys are interned strings. Only then may "this name is not in here" be remembered, by the
    /// map's address, [`Map::entry_count`] and [`crate::interp::Interp::map_epoch`].
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn is_names(&self) -> bool {
        self.head.get() & NAMES != 0
    }

    /// Whether the map is read-only.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn is_fixed(&self) -> bool {
        self.head.get() & FIXED != 0
    }

    /// Address of the table; another one after growth.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn table_addr(&self) -> usize {
        self.table.get().addr().get()
    }

    /// Makes the map read-only: stores raise from now on.
    pub fn fix(&self) {
        self.head.set(self.head.get() | FIXED);
    }

    /// Number of live entries.
    #[inline]
    pub fn len(&self) -> usize {
        let used = self.entry_count();
        if self.alloc.get() > SMALL && !self.is_fixed() {
            return used - self.view().tail().dead.get();
        }
        self.entries()
            .iter()
            .filter(|entry| !is_vacant(entry.key.get()))
            .count()
    }

    /// Whether there are no live entries.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.entry_count() == 0 || self.len() == 0
    }

    /// The first live entry at or after position `from`: (position, key, value).
    #[inline]
    pub fn next_from(&self, from: usize) -> Option<(usize, Obj, Obj)> {
        let mut i = from;
        let head = self.alloc.get() > SMALL && !self.is_fixed() && {
            let first = self.view().tail().first.get();
            i = i.max(first);
            from <= first
        };
        let entries = self.entries();
        while let Some(entry) = entries.get(i) {
            if let Some(key) = live_key(entry) {
                if head {
                    self.view().tail().first.set(i);
                }
                return Some((i, key, entry.value.get().unwrap_or(Obj::NONE)));
            }
            i += 1;
        }
        if head {
            self.view().tail().first.set(entries.len());
        }
        None
    }

    // ---- any key ----

    /// Position of a key. An empty map does not ask for the key's hash.
    ///
    /// # Errors
    /// The key cannot be hashed; its `__hash__` or an `__eq__` raised.
    #[inline]
    pub fn find(&self, rt: &mut Runtime, key: Obj) -> R<Option<usize>> {
        match self.locate(rt, key) {
            Located::At(at) => Ok(Some(at)),
            Located::Absent { .. } => Ok(None),
            Located::Unknown => self.find_any(rt, key),
        }
    }

    /// Value of a key.
    ///
    /// # Errors
    /// As [`Map::find`].
    #[inline]
    pub fn lookup(&self, rt: &mut Runtime, key: Obj) -> R<Option<Obj>> {
        Ok(self.find(rt, key)?.map(|at| self.value_at(at)))
    }

    /// Stores a value; keeps the old key if there is an equal one.
    ///
    /// # Errors
    /// As [`Map::find`]; out of memory; the map is fixed.
    #[inline]
    pub fn store(&self, rt: &mut Runtime, key: Obj, value: Obj) -> R<()> {
        match self.locate(rt, key) {
            Located::At(at) => {
                self.set_value_at(at, value);
                Ok(())
            }
            Located::Absent { hash } => self.append(rt, key, hash, value),
            Located::Unknown => self.store_any(rt, key, value),
        }
    }

    #[inline(never)]
    fn store_any(&self, rt: &mut Runtime, key: Obj, value: Obj) -> R<()> {
        match self.find_or_hash(rt, key)? {
            Found::At(at) if !self.is_fixed() => {
                self.set_value_at(at, value);
                Ok(())
            }
            Found::At(_) => Err(fixed(rt)),
            Found::Absent { key, hash } => self.append(rt, key, hash, value),
        }
    }

    /// The value of a key, which is stored first if it is not there.
    ///
    /// # Errors
    /// As [`Map::store`].
    pub fn get_or_insert(&self, rt: &mut Runtime, key: Obj, value: Obj) -> R<Obj> {
        match self.find_or_hash(rt, key)? {
            Found::At(at) => Ok(self.value_at(at)),
            Found::Absent { key, hash } => {
                self.append(rt, key, hash, value)?;
                Ok(value)
            }
        }
    }

    /// Removes a key; what it stood for.
    ///
    /// # Errors
    /// As [`Map::find`]; the map is fixed.
    pub fn remove(&self, rt: &mut Runtime, key: Obj) -> R<Option<Obj>> {
        let Some(at) = self.find(rt, key)? else {
            return Ok(None);
        };
        if self.is_fixed() {
            return Err(fixed(rt));
        }
        Ok(Some(self.remove_at(at)))
    }

    /// Removes the live entry at a position; its value. No other entry moves.
    pub fn remove_at(&self, at: usize) -> Obj {
        let Some(entry) = self.entries().get(at) else {
            return Obj::NONE;
        };
        if is_vacant(entry.key.get()) || self.is_fixed() {
            return Obj::NONE;
        }
        let table = self.view();
        if table.is_large() {
            table.tail().dead.set(table.tail().dead.get() + 1);
        }
        entry.key.set(REMOVED);
        entry.value.take().unwrap_or(Obj::NONE)
    }

    /// Removes the newest entry: (key, value).
    ///
    /// # Errors
    /// The map is fixed.
    pub fn pop_last(&self, rt: &mut Runtime) -> R<Option<(Obj, Obj)>> {
        if self.is_fixed() {
            return Err(fixed(rt));
        }
        let mut used = self.entry_count();
        if used == 0 {
            return Ok(None);
        }
        let table = self.view();
        let mut popped = None;
        while used > 0 && popped.is_none() {
            used -= 1;
            let entry = table.entry(used);
            match live_key(entry) {
                Some(key) => popped = Some((key, entry.value.get().unwrap_or(Obj::NONE))),
                None if table.is_large() => {
                    table.tail().dead.set(table.tail().dead.get() - 1);
                }
                None => {}
            }
            entry.key.set(0);
            entry.value.set(None);
        }
        if table.is_large() {
            let first = &table.tail().first;
            first.set(first.get().min(used));
        }
        self.moved(rt);
        self.set_used(used);
        Ok(popped)
    }

    /// Removes everything and gives the table back.
    ///
    /// # Errors
    /// The map is fixed.
    pub fn clear(&self, rt: &mut Runtime) -> R<()> {
        if self.is_fixed() {
            return Err(fixed(rt));
        }
        self.moved(rt);
        let (alloc, table) = (self.alloc.get(), self.table.get());
        self.head.set(NAMES | ORDERED);
        self.alloc.set(0);
        self.table.set(NonNull::dangling());
        if alloc != 0 {
            rt.free_block(table.cast());
        }
        Ok(())
    }

    /// Makes room for `n` entries in all.
    ///
    /// # Errors
    /// Out of memory.
    pub fn reserve(&self, rt: &mut Runtime, n: usize) -> R<()> {
        if n > self.alloc.get() && !self.is_fixed() {
            self.rebuild(rt, n, self.is_names())?;
        }
        Ok(())
    }

    /// A map of the same entries.
    ///
    /// # Errors
    /// Out of memory. A fixed map that native code built may hold keys that have to be hashed, too.
    pub fn copy(&self, rt: &mut Runtime) -> R<Map> {
        let copy = Map::new();
        if self.is_fixed() {
            let mut at = 0;
            while let Some((i, key, value)) = self.next_from(at) {
                copy.store(rt, key, value)?;
                at = i + 1;
            }
            return Ok(copy);
        }
        let live = self.len();
        if live != 0 {
            copy.table.set(self.copied(rt, live, self.is_names())?);
            copy.alloc.set(live);
            copy.head.set((live << SHIFT) | (self.head.get() & FLAGS));
        }
        Ok(copy)
    }

    /// Takes over the entries of `other`, which is left empty.
    pub fn take(&self, rt: &mut Runtime, other: &Map) {
        self.moved(rt);
        self.head.set(other.head.replace(NAMES | ORDERED));
        self.alloc.set(other.alloc.replace(0));
        self.table.set(other.table.replace(NonNull::dangling()));
    }

    // ---- details ----

    #[cfg_attr(not(feature = "small"), inline(always))]
    fn entries<'a>(&self) -> &'a [Entry] {
        // SAFETY: that many initialised entries stand in the block.
        unsafe { core::slice::from_raw_parts(self.table.get().as_ptr(), self.entry_count()) }
    }

    /// The table, which is not fixed.
    #[cfg_attr(not(feature = "small"), inline(always))]
    fn view(&self) -> Table {
        debug_assert!(!self.is_fixed());
        Table {
            base: self.table.get(),
            alloc: self.alloc.get(),
            names: self.is_names(),
        }
    }

    #[cfg_attr(not(feature = "small"), inline(always))]
    fn set_used(&self, used: usize) {
        self.head.set((used << SHIFT) | (self.head.get() & FLAGS));
    }

    /// Positions are no longer what they were, or the number of entries shrinks.
    fn moved(&self, rt: &mut Runtime) {
        rt.interp.map_moves = rt.interp.map_moves.wrapping_add(1);
        find::tell(&mut rt.interp.waiting, self);
        if self.is_names() {
            rt.names_changed();
        }
    }
}

/// Outcome of the quick search for names and small ints.
enum Located {
    At(usize),
    Absent {
        hash: u32,
    },
    /// Another kind of key, table or neighbour: search thoroughly.
    Unknown,
}

/// Outcome of a search that may be followed by an insertion.
enum Found {
    At(usize),
    /// Not there; `key` is the interned string if there is one with the same text.
    Absent {
        key: Obj,
        hash: u32,
    },
}

/// The key of an entry that is neither free nor removed.
#[cfg_attr(not(feature = "small"), inline(always))]
fn live_key(entry: &Entry) -> Option<Obj> {
    let word = entry.key.get();
    if is_vacant(word) {
        return None;
    }
    // SAFETY: any other key word is an object, which the entry keeps alive.
    unsafe { Obj::from_raw(word) }
}

#[cold]
fn fixed(rt: &mut Runtime) -> crate::runtime::Raised {
    rt.raise(&crate::exc::TYPE_ERROR, &[])
}
