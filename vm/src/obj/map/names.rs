//! Names as keys: what namespaces and instances are asked for.

use ferlance_abi::qstr::Qstr;

use super::Map;
use super::table::{self, SMALL, fold_name};
#[cfg(feature = "native")]
use super::{NAMES, ORDERED, SHIFT};
use crate::obj::word::Obj;
use crate::runtime::{R, Runtime};

impl Map {
    /// Position of the name's entry.
    #[inline]
    pub fn find_name(&self, rt: &Runtime, name: Qstr) -> Option<usize> {
        if !self.is_names() {
            return self.find_text(rt, name);
        }
        self.find_own_name(name)
    }

    /// Position of the name's entry in a map of names; `None` in any other map, whose keys' text would have to be
    /// looked at. Attributes of instances are always maps of names.
    #[inline]
    pub fn find_own_name(&self, name: Qstr) -> Option<usize> {
        let word = Obj::qstr(name).raw();
        if self.alloc.get() <= SMALL || self.is_fixed() {
            return self.entries().iter().position(|e| e.key.get() == word);
        }
        if !self.is_names() {
            return None;
        }
        self.find_word(word, fold_name(word))
    }

    /// Value stored under a name.
    #[inline]
    pub fn get_name(&self, rt: &Runtime, name: Qstr) -> Option<Obj> {
        Some(self.value_at(self.find_name(rt, name)?))
    }

    /// Stores under a name.
    ///
    /// # Errors
    /// Out of memory, or the map is fixed.
    #[inline]
    pub fn set_name(&self, rt: &mut Runtime, name: Qstr, value: Obj) -> R<()> {
        self.set_name_at(rt, name, value).map(|_| ())
    }

    /// Stores under a name; the position.
    ///
    /// # Errors
    /// As [`Map::set_name`].
    #[inline]
    pub fn set_name_at(&self, rt: &mut Runtime, name: Qstr, value: Obj) -> R<usize> {
        match self.find_name(rt, name) {
            Some(at) if !self.is_fixed() => {
                self.set_value_at(at, value);
                Ok(at)
            }
            _ => {
                let hash = if self.is_names() {
                    fold_name(Obj::qstr(name).raw())
                } else {
                    table::fold(rt.pool.hash(name) as usize)
                };
                self.append(rt, Obj::qstr(name), hash, value)?;
                Ok(self.entry_count() - 1)
            }
        }
    }

    /// Stores under a name that is not there as entry `at`, in a map of names that has no other place free before that:
    /// one of a few entries, which gets room for `room` of them at first. `false`: it is not so, and nothing was done.
    ///
    /// # Errors
    /// Out of memory.
    #[cfg(feature = "native")]
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(crate) fn add_name(
        &self,
        rt: &mut Runtime,
        (name, at): (Qstr, usize),
        value: Obj,
        room: usize,
    ) -> R<bool> {
        let key = Obj::qstr(name).raw();
        let is_next = at < SMALL && self.head.get() == (at << SHIFT | NAMES | ORDERED);
        if !is_next || self.entries().iter().any(|entry| entry.key.get() == key) {
            return Ok(false);
        }
        if at >= self.alloc.get() {
            if at != 0 {
                return Ok(false);
            }
            self.begin(rt, room.clamp(1, SMALL))?;
        }
        if self.alloc.get() > SMALL {
            return Ok(false);
        }
        let entry = self.view().entry(at);
        entry.key.set(key);
        entry.value.set(Some(value));
        self.head.set((at + 1) << SHIFT | NAMES | ORDERED);
        Ok(true)
    }

    /// Removes a name; what it stood for.
    pub fn remove_name(&self, rt: &Runtime, name: Qstr) -> Option<Obj> {
        if self.is_fixed() {
            return None;
        }
        let at = self.find_name(rt, name)?;
        Some(self.remove_at(at))
    }
}
