//! What tells caches of names that something has changed.
//!
//! Caches of bytecode compare numbers of the interpreter. Native code has copies of them where it tells its line: each
//! function here that changes one sees to that.

use ferlance_abi::qstr::Qstr;

use crate::runtime::Runtime;

/// Some instance has had an attribute of this name.
const OWN: u8 = 1;
/// Some cache counts on that no instance has one.
const NEVER_OWN: u8 = 2;

impl Runtime {
    /// A version number for a class, never given before.
    pub(crate) fn next_class_version(&mut self) -> usize {
        self.interp.versions += 1;
        self.tell_changes();
        self.interp.versions
    }

    /// A method found through a class that has subclasses may have changed.
    pub(crate) fn classes_changed(&mut self) {
        self.interp.class_epoch += 1;
        self.tell_changes();
    }

    /// An absent name may be there, or a built-in name mean something else.
    pub(crate) fn names_changed(&mut self) {
        self.interp.map_epoch = self.interp.map_epoch.wrapping_add(1);
        self.tell_changes();
    }

    /// An instance may have an attribute that its class has a property, descriptor or `__setattr__` for.
    pub(crate) fn stores_are_late(&mut self) {
        self.interp.late_stores = true;
        self.tell_changes();
    }

    /// An instance gets an attribute.
    #[inline]
    pub(crate) fn name_is_own(&mut self, name: Qstr) {
        if !crate::config::QUICKEN {
            return;
        }
        let known = self.interp.attr_names.get(name.number() as usize);
        if known.is_none_or(|known| known & OWN == 0) {
            self.name_becomes_own(name);
        }
    }

    #[cold]
    fn name_becomes_own(&mut self, name: Qstr) {
        let Some(known) = self.known_of(name) else {
            // Nobody counts on that yet, nor will.
            self.interp.attr_names_lost = true;
            return;
        };
        let was = *known;
        *known |= OWN;
        if was & NEVER_OWN != 0 {
            self.classes_changed();
        }
    }

    /// Whether no instance has had an attribute of this name. If one gets one, the versions of all classes change.
    pub(crate) fn is_never_own(&mut self, name: Qstr) -> bool {
        if !crate::config::QUICKEN || self.interp.attr_names_lost {
            return false;
        }
        let Some(known) = self.known_of(name) else {
            return false;
        };
        *known |= NEVER_OWN;
        *known & OWN == 0
    }

    /// What is known of a name; `None` where nothing can be kept.
    fn known_of(&mut self, name: Qstr) -> Option<&mut u8> {
        let at = name.number() as usize;
        let names = &mut self.interp.attr_names;
        if at >= names.len() {
            names.resize(at + 1, 0).ok()?;
        }
        names.get_mut(at)
    }
}
