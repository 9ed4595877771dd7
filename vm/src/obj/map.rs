//! The hash table behind `dict`, instance attributes and namespaces (C-visible part: spec native-abi 3.4).
//!
//! Insertion-ordered: entries stand densely in the C-visible table in the order they were inserted; a
//! removed entry leaves a tombstone (key word SENTINEL) until the next growth.

use core::cell::Cell;
use core::ptr::NonNull;

use ferlance_abi::qstr::Qstr;

use super::word::Obj;
use crate::runtime::{R, Runtime};

/// One entry: key word (0 = never used, 4 = removed) and value.
#[repr(C)]
pub struct Entry {
    key: Cell<usize>,
    value: Cell<Obj>,
}

const REMOVED: usize = 4;

/// A map.
#[repr(C)]
pub struct Map {
    /// Bit 0 all keys are qstrs, bit 1 fixed, bit 2 ordered array; bits 3.. number of entries.
    head: Cell<usize>,
    alloc: Cell<usize>,
    table: Cell<NonNull<Entry>>,
}

impl Map {
    /// An empty map.
    pub const fn new() -> Map {
        Map {
            head: Cell::new(0b101),
            alloc: Cell::new(0),
            table: Cell::new(NonNull::dangling()),
        }
    }
}

impl Default for Map {
    fn default() -> Self {
        Map::new()
    }
}

impl Map {
    fn used(&self) -> usize {
        self.head.get() >> 3
    }

    fn entries<'a>(&self) -> &'a [Entry] {
        // SAFETY: `used` initialised entries stand in the block.
        unsafe { core::slice::from_raw_parts(self.table.get().as_ptr(), self.used()) }
    }

    /// Number of live entries.
    pub fn len(&self) -> usize {
        self.entries()
            .iter()
            .filter(|e| e.key.get() != REMOVED)
            .count()
    }

    /// Whether there are no live entries.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Position of the name's entry.
    pub fn find_name(&self, name: Qstr) -> Option<usize> {
        let key = Obj::qstr(name).raw();
        self.entries().iter().position(|e| e.key.get() == key)
    }

    /// Value stored under a name.
    pub fn get_name(&self, name: Qstr) -> Option<Obj> {
        Some(self.entries()[self.find_name(name)?].value.get())
    }

    /// Stores under a name.
    pub fn set_name(&self, rt: &mut Runtime, name: Qstr, value: Obj) -> R<()> {
        if let Some(at) = self.find_name(name) {
            self.entries()[at].value.set(value);
            return Ok(());
        }
        let used = self.used();
        if used == self.alloc.get() {
            let new = if used == 0 { 4 } else { used * 2 };
            let at = rt.alloc_words(new * 2, false)?;
            // SAFETY: both blocks hold what is copied; the rest is zeroed.
            unsafe {
                core::ptr::copy_nonoverlapping(self.table.get().as_ptr(), at.cast().as_ptr(), used);
                core::ptr::write_bytes(at.cast::<Entry>().as_ptr().add(used), 0, new - used);
            }
            self.table.set(at.cast());
            self.alloc.set(new);
        }
        // SAFETY: `used < alloc`.
        unsafe {
            self.table.get().add(used).write(Entry {
                key: Cell::new(Obj::qstr(name).raw()),
                value: Cell::new(value),
            })
        };
        self.head.set(((used + 1) << 3) | (self.head.get() & 7));
        Ok(())
    }

    /// Removes a name; what it stood for.
    pub fn remove_name(&self, name: Qstr) -> Option<Obj> {
        let entry = &self.entries()[self.find_name(name)?];
        entry.key.set(REMOVED);
        Some(entry.value.get())
    }

    /// The first live entry at or after position `from`: (position, key, value).
    pub fn next_from(&self, from: usize) -> Option<(usize, Obj, Obj)> {
        let (at, entry) = self
            .entries()
            .iter()
            .enumerate()
            .skip(from)
            .find(|(_, e)| e.key.get() > REMOVED)?;
        // SAFETY: a key word other than 0 and REMOVED is an object that the map keeps alive.
        Some((
            at,
            unsafe { Obj::from_raw(entry.key.get()) }?,
            entry.value.get(),
        ))
    }
}

impl Map {
    /// Entries used.
    pub fn entry_count(&self) -> usize {
        self.used()
    }
    /// Whether all keys are interned strings.
    pub fn is_names(&self) -> bool {
        true
    }
    /// The value at position `i` if the key there is this very word.
    #[inline(always)]
    pub fn cached(&self, i: usize, key: Obj) -> Option<Obj> {
        let entry = self.entries().get(i)?;
        (entry.key.get() == key.raw()).then(|| entry.value.get())
    }
    /// Replaces the value at position `i` if the key there is this very word.
    #[inline(always)]
    pub fn set_cached(&self, i: usize, key: Obj, value: Obj) -> bool {
        match self.entries().get(i) {
            Some(entry) if entry.key.get() == key.raw() => {
                entry.value.set(value);
                true
            }
            _ => false,
        }
    }
    /// The value of any key.
    pub fn lookup(&self, _rt: &mut Runtime, key: Obj) -> R<Option<Obj>> {
        Ok(key.as_qstr().and_then(|name| self.get_name(name)))
    }
    /// Stores under any key.
    pub fn store(&self, rt: &mut Runtime, key: Obj, value: Obj) -> R<()> {
        match key.as_qstr() {
            Some(name) => self.set_name(rt, name, value),
            None => Err(rt.type_error("key")),
        }
    }
}

impl Map {
    /// Value at a position that holds a live entry.
    pub fn value_at(&self, i: usize) -> Obj {
        self.entries().get(i).map_or(Obj::NONE, |e| e.value.get())
    }
}
