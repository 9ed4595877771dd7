//! Searching a map for a key of any type.

use ferlance_abi::qstr::Qstr;

use super::table::{SMALL, fold, fold_name};
use super::{Found, Located, Map, live_key};
use crate::obj::ptr::Ptr;
use crate::obj::str::StrData;
use crate::obj::tuple::{self, Tuple};
use crate::obj::word::Obj;
use crate::runtime::{R, Runtime};

/// What tells that a map has not changed.
#[derive(PartialEq, Eq)]
struct Stamp {
    head: usize,
    table: usize,
    dead: usize,
}

/// A search that is waiting for a comparison in Python code.
pub(crate) struct Waiting {
    /// Address of the map it searches.
    map: usize,
    /// Positions in that map are no longer what they were.
    moved: bool,
}

/// Tells the searches of a map that its positions are no longer what they were. Other maps' searches hear nothing:
/// they would begin anew each time, and a comparison that always changes some other map would keep them for ever.
#[inline]
pub(super) fn tell(waiting: &mut [Waiting], map: &Map) {
    for search in waiting {
        search.moved |= search.map == core::ptr::from_ref(map).addr();
    }
}

/// How a key is to be looked for.
enum Wanted {
    /// By its hash.
    Hash(u32),
    /// By this name's word, in a map of names.
    Name(Qstr),
    /// A map of names cannot hold such a key; here is its hash, should it be inserted.
    Never(u32),
    /// An instance of a Python class, which may equal a name: every entry has to be looked at.
    Scan(u32),
}

impl Map {
    /// Position of this very word in a large table of names.
    #[inline]
    pub(super) fn find_word(&self, word: usize, hash: u32) -> Option<usize> {
        let table = self.view();
        let index = table.index();
        let mut probe = index.probe(hash);
        loop {
            let value = index.get(probe);
            if value == 0 {
                return None;
            }
            if let Some(at) = index.entry(value, probe)
                && table.entry(at).key.get() == word
            {
                return Some(at);
            }
            probe = index.next(probe);
        }
    }

    /// The quick search: names in maps of names, small ints and names in others. Calls nothing.
    #[inline]
    pub(super) fn locate(&self, rt: &Runtime, key: Obj) -> Located {
        let word = key.raw();
        if self.is_fixed() {
            return Located::Unknown;
        }
        let names = self.is_names();
        let hash = if names {
            if let Some(value) = key.as_small() {
                let hash = fold(value as usize);
                return Located::Absent { hash };
            }
            if !key.is_qstr() {
                return Located::Unknown;
            }
            fold_name(word)
        } else if let Some(value) = key.as_small() {
            fold(value as usize)
        } else if let Some(name) = key.as_qstr() {
            fold(rt.pool.hash(name) as usize)
        } else {
            return Located::Unknown;
        };
        let table = self.view();
        if !table.is_large() {
            let used = self.entry_count();
            for at in 0..used {
                if table.entry(at).key.get() == word {
                    return Located::At(at);
                }
            }
            if !names && (0..used).any(|at| table.hash(at) == hash) {
                return Located::Unknown;
            }
            return Located::Absent { hash };
        }
        let index = table.index();
        let mut probe = index.probe(hash);
        loop {
            let value = index.get(probe);
            if value == 0 {
                return Located::Absent { hash };
            }
            if let Some(at) = index.entry(value, probe) {
                if table.entry(at).key.get() == word {
                    return Located::At(at);
                }
                if !names && table.hash(at) == hash {
                    return Located::Unknown;
                }
            }
            probe = index.next(probe);
        }
    }

    /// Position of the key with a name's text in a map that is not one of names. Runs no Python: objects
    /// that claim to equal a str are not asked.
    #[cold]
    pub(super) fn find_text(&self, rt: &Runtime, name: Qstr) -> Option<usize> {
        let key = Obj::qstr(name);
        if let Some(at) = self.find_same(rt, key) {
            return Some(at);
        }
        let text = rt.name(name);
        let same = |at: usize| {
            let entry = self.entries().get(at)?;
            (live_key(entry)?.cast::<StrData>()?.get().bytes() == text).then_some(at)
        };
        if self.is_fixed() || self.alloc.get() <= SMALL {
            return (0..self.entry_count()).find_map(same);
        }
        let hash = fold(rt.pool.hash(name) as usize);
        let index = self.view().index();
        let mut probe = index.probe(hash);
        loop {
            let value = index.get(probe);
            if value == 0 {
                return None;
            }
            if let Some(at) = index.entry(value, probe).and_then(same) {
                return Some(at);
            }
            probe = index.next(probe);
        }
    }

    /// Position of this very qstr in a map that is not one of names.
    fn find_same(&self, rt: &Runtime, key: Obj) -> Option<usize> {
        if self.is_fixed() || self.alloc.get() <= SMALL {
            return self.entries().iter().position(|e| e.key.get() == key.raw());
        }
        let hash = rt.pool.hash(key.as_qstr()?);
        self.find_word(key.raw(), fold(hash as usize))
    }

    /// [`Map::find`] when the short cuts do not apply; the map has entries.
    #[inline(never)]
    pub(super) fn find_any(&self, rt: &mut Runtime, key: Obj) -> R<Option<usize>> {
        if self.is_empty() {
            return Ok(None);
        }
        match self.wanted(rt, key)? {
            Wanted::Hash(hash) => self.search(rt, key, hash),
            Wanted::Name(name) => Ok(self.find_name(rt, name)),
            Wanted::Never(_) => Ok(None),
            Wanted::Scan(hash) => self.scan(rt, key, hash),
        }
    }

    /// Position of a key, or what is needed to insert it.
    pub(super) fn find_or_hash(&self, rt: &mut Runtime, key: Obj) -> R<Found> {
        let wanted = self.wanted(rt, key)?;
        let (found, key, hash) = match wanted {
            Wanted::Hash(hash) => (self.search(rt, key, hash)?, key, hash),
            Wanted::Name(name) => {
                let key = Obj::qstr(name);
                (self.find_name(rt, name), key, fold_name(key.raw()))
            }
            Wanted::Never(hash) => (None, key, hash),
            Wanted::Scan(hash) => (self.scan(rt, key, hash)?, key, hash),
        };
        match found {
            Some(at) => Ok(Found::At(at)),
            // A callback may have made this a map of another kind, whose hashes are others.
            None if matches!(wanted, Wanted::Hash(_)) && self.is_names() && key.is_qstr() => {
                let hash = fold_name(key.raw());
                Ok(Found::Absent { key, hash })
            }
            None => Ok(Found::Absent { key, hash }),
        }
    }

    /// Hashes a key (may run Python) and decides how to look for it.
    fn wanted(&self, rt: &mut Runtime, key: Obj) -> R<Wanted> {
        let names = |map: &Map| map.is_names() && !map.is_fixed();
        if let Some(value) = key.as_small() {
            let hash = fold(value as usize);
            return Ok(if names(self) {
                Wanted::Never(hash)
            } else {
                Wanted::Hash(hash)
            });
        }
        if let Some(name) = key.as_qstr() {
            return Ok(if names(self) {
                Wanted::Name(name)
            } else {
                Wanted::Hash(fold(rt.pool.hash(name) as usize))
            });
        }
        if let Some(text) = key.cast::<StrData>() {
            let hash = text_hash(text);
            if !names(self) {
                return Ok(Wanted::Hash(fold(hash as usize)));
            }
            return Ok(match rt.pool.find_hashed(text.bytes(), hash) {
                Some(name) => Wanted::Name(name),
                None => Wanted::Never(fold(hash as usize)),
            });
        }
        let hash = match key.as_bool() {
            Some(value) => fold(usize::from(value)),
            None => match tuple::hash_at_once(rt, key) {
                Some(hash) => fold(hash),
                None => fold(rt.hash(key)?),
            },
        };
        // Asked only now: `__hash__` may have changed the map.
        Ok(if !names(self) {
            Wanted::Hash(hash)
        } else if key.ty().is_class() && self.entry_count() != 0 {
            Wanted::Scan(hash)
        } else {
            Wanted::Never(hash)
        })
    }

    fn stamp(&self) -> Stamp {
        let large = self.alloc.get() > SMALL && !self.is_fixed();
        Stamp {
            head: self.head.get(),
            table: self.table.get().addr().get(),
            dead: if large {
                self.view().tail().dead.get()
            } else {
                0
            },
        }
    }

    /// Searches by hash.
    fn search(&self, rt: &mut Runtime, key: Obj, hash: u32) -> R<Option<usize>> {
        if self.is_fixed() || self.alloc.get() <= SMALL {
            return self.scan(rt, key, hash);
        }
        'again: loop {
            if self.is_names() || self.is_fixed() || self.alloc.get() <= SMALL {
                // A comparison has emptied or replaced the table.
                return self.scan(rt, key, hash);
            }
            let (table, index) = (self.view(), self.view().index());
            let mut probe = index.probe(hash);
            loop {
                let value = index.get(probe);
                if value == 0 {
                    return Ok(None);
                }
                if let Some(at) = index.entry(value, probe) {
                    let entry = table.entry(at);
                    if entry.key.get() == key.raw() {
                        return Ok(Some(at));
                    }
                    if let Some(other) = live_key(entry)
                        && table.hash(at) == hash
                    {
                        if crate::config::QUICKEN && tuple::has_same_words(other, key) {
                            return Ok(Some(at));
                        }
                        match self.compare(rt, at, other, key)? {
                            Compared::Equal => return Ok(Some(at)),
                            Compared::Changed => continue 'again,
                            Compared::Different => {}
                        }
                    }
                }
                probe = index.next(probe);
            }
        }
    }

    /// Searches by looking at every entry: small tables, fixed ones, and instances in a map of names.
    fn scan(&self, rt: &mut Runtime, key: Obj, hash: u32) -> R<Option<usize>> {
        let word = key.raw();
        if let Some(at) = self.entries().iter().position(|e| e.key.get() == word) {
            return Ok(Some(at));
        }
        if key.is_qstr() && self.is_names() {
            return Ok(None);
        }
        'again: loop {
            let mut at = 0;
            while let Some(entry) = self.entries().get(at) {
                let other = match live_key(entry) {
                    Some(other) if entry.key.get() == word => {
                        debug_assert!(other == key);
                        return Ok(Some(at));
                    }
                    Some(other) if self.hash_may_be(rt, at, other, hash) => other,
                    _ => {
                        at += 1;
                        continue;
                    }
                };
                match self.compare(rt, at, other, key)? {
                    Compared::Equal => return Ok(Some(at)),
                    Compared::Changed => continue 'again,
                    Compared::Different => at += 1,
                }
            }
            return Ok(None);
        }
    }

    /// Whether the entry's hash is this one, as far as is known.
    fn hash_may_be(&self, rt: &Runtime, at: usize, key: Obj, hash: u32) -> bool {
        if self.is_fixed() {
            return true;
        }
        match key.as_qstr() {
            Some(name) if self.is_names() => fold(rt.pool.hash(name) as usize) == hash,
            _ => self.view().hash(at) == hash,
        }
    }

    /// Compares the key of entry `at` with another object of the same hash.
    fn compare(&self, rt: &mut Runtime, at: usize, other: Obj, key: Obj) -> R<Compared> {
        let equal = match equal_at_once(rt, other, key) {
            Some(equal) => equal,
            None => {
                let before = self.stamp();
                let search = Waiting {
                    map: core::ptr::from_ref(self).addr(),
                    moved: false,
                };
                if rt.interp.waiting.push(search).is_err() {
                    return Err(rt.no_memory(size_of::<Waiting>()));
                }
                let equal = rt.equal(other, key);
                // Comparisons nest: the last one is ours.
                let moved = rt.interp.waiting.pop().is_none_or(|search| search.moved);
                let equal = equal?;
                if (moved || self.stamp() != before) && !(equal && self.key_at(at) == other.raw()) {
                    return Ok(Compared::Changed);
                }
                // A small table counts no dead: it may look the same although this entry was removed.
                equal && self.key_at(at) == other.raw()
            }
        };
        Ok(if equal {
            Compared::Equal
        } else {
            Compared::Different
        })
    }
}

enum Compared {
    Equal,
    Different,
    /// Python code changed the map meanwhile.
    Changed,
}

/// Equality of two different words where it needs no call: text, and tuples of simple things.
#[inline]
fn equal_at_once(rt: &Runtime, a: Obj, b: Obj) -> Option<bool> {
    if let Some(equal) = equal_scalars(rt, a, b) {
        return Some(equal);
    }
    let (a, b) = (a.cast::<Tuple>()?, b.cast::<Tuple>()?);
    if a.len() != b.len() {
        return Some(false);
    }
    for (x, y) in a.items().iter().zip(b.items()) {
        let (x, y) = (x.get(), y.get());
        let same_word = x == y && x.as_float().is_none();
        if !same_word && !equal_scalars(rt, x, y)? {
            return Some(false);
        }
    }
    Some(true)
}

#[inline]
fn equal_scalars(rt: &Runtime, a: Obj, b: Obj) -> Option<bool> {
    if (a.is_small() && b.is_small()) || (a.is_qstr() && b.is_qstr()) {
        return Some(a == b);
    }
    if let (Some(a), Some(b)) = (a.as_float(), b.as_float()) {
        return Some(a == b);
    }
    match (rt.str_bytes(a), rt.str_bytes(b)) {
        (Some(a), Some(b)) => Some(a == b),
        _ => None,
    }
}

/// Hash of a str that is not interned: computed once, the same as its name would have.
#[inline]
fn text_hash(text: Ptr<StrData>) -> u32 {
    text.hash()
}
