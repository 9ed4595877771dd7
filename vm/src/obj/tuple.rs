//! `tuple`.

use core::cell::Cell;

use ferlance_abi::qstr;

use super::ptr::{Ptr, PyType};
use super::ty::{Header, Type, VTable};
use super::word::Obj;
use crate::runtime::{R, Runtime};

/// `tuple`.
pub static TUPLE: Type = Type::builtin(qstr!("tuple"), 0, &VT);
static VT: VTable = VTable { ..VTable::NEW };

/// A tuple: length, then the items in the same block (layout: spec native-abi 3.3).
#[repr(C)]
pub struct Tuple {
    base: Header,
    len: usize,
}

// SAFETY: every structure of type TUPLE is a `Tuple`.
unsafe impl PyType for Tuple {
    fn ty() -> &'static Type {
        &TUPLE
    }
}

/// The empty tuple, which needs no heap.
pub static EMPTY: Tuple = Tuple {
    base: Header::new(&TUPLE),
    len: 0,
};
// SAFETY: never written.
unsafe impl Sync for Tuple {}

impl Tuple {
    /// The items. A tuple under construction holds `None`s.
    #[inline(always)]
    pub fn items<'a>(&self) -> &'a [Cell<Obj>] {
        // SAFETY: `len` initialised words follow the header.
        unsafe { core::slice::from_raw_parts((&raw const *self).add(1).cast(), self.len) }
    }

    /// Item `i`.
    #[inline(always)]
    pub fn item(&self, i: usize) -> Option<Obj> {
        self.items().get(i).map(Cell::get)
    }

    /// Number of items.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

/// A tuple of these items.
pub fn from_slice(rt: &mut Runtime, items: &[Obj]) -> R<Ptr<Tuple>> {
    if items.is_empty() {
        return Ok(Ptr::from_ref(&EMPTY));
    }
    let tuple = of_len(rt, items.len())?;
    for (slot, item) in tuple.items().iter().zip(items) {
        slot.set(*item);
    }
    Ok(tuple)
}

/// A tuple of `len` `None`s, to be filled before anyone sees it.
pub fn of_len(rt: &mut Runtime, len: usize) -> R<Ptr<Tuple>> {
    if len == 0 {
        return Ok(Ptr::from_ref(&EMPTY));
    }
    let Some(words) = len.checked_add(2) else {
        return Err(rt.no_memory(usize::MAX));
    };
    let at = rt.alloc_words(words, false)?;
    // SAFETY: the block holds the header and `len` words.
    unsafe {
        at.cast::<Tuple>().write(Tuple {
            base: Header::new(&TUPLE),
            len,
        });
        for i in 0..len {
            at.add(2 + i).cast::<Obj>().write(Obj::NONE);
        }
        Ok(Ptr::from_non_null(at.cast()))
    }
}
