//! `list` (layout: spec native-abi 3.3).

use core::cell::Cell;
use core::ptr::NonNull;

use ferlance_abi::qstr;

use super::ptr::{Ptr, PyType};
use super::ty::{Header, Type, VTable};
use super::word::Obj;
use crate::runtime::{R, Runtime};

/// `list`.
pub static LIST: Type = Type::builtin(qstr!("list"), 0, &VT);
static VT: VTable = VTable { ..VTable::NEW };

/// A list. Words of the item block behind `len` are zero, so that the collector sees nothing stale.
#[repr(C)]
pub struct List {
    base: Header,
    alloc: Cell<usize>,
    len: Cell<usize>,
    items: Cell<NonNull<Cell<Obj>>>,
}

// SAFETY: every structure of type LIST is a `List`.
unsafe impl PyType for List {
    fn ty() -> &'static Type {
        &LIST
    }
}

impl List {
    /// Number of items.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.len.get()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len.get() == 0
    }

    /// The items, until the next call that can run Python or change the list.
    #[inline(always)]
    pub fn items<'a>(&self) -> &'a [Cell<Obj>] {
        // SAFETY: the block holds `len` initialised words; see the module header of `obj::ptr`.
        unsafe { core::slice::from_raw_parts(self.items.get().as_ptr(), self.len.get()) }
    }

    /// Item `i`.
    #[inline(always)]
    pub fn item(&self, i: usize) -> Option<Obj> {
        self.items().get(i).map(Cell::get)
    }

    /// Replaces item `i`; `false` when there is none.
    #[inline(always)]
    pub fn set(&self, i: usize, value: Obj) -> bool {
        match self.items().get(i) {
            Some(slot) => {
                slot.set(value);
                true
            }
            None => false,
        }
    }

    /// Appends an item.
    #[inline]
    pub fn push(&self, rt: &mut Runtime, item: Obj) -> R<()> {
        let len = self.len.get();
        if len == self.alloc.get() {
            self.grow(rt, len + 1)?;
        }
        // SAFETY: `len < alloc` words are in the block.
        unsafe { self.items.get().add(len).cast::<Obj>().write(item) };
        self.len.set(len + 1);
        Ok(())
    }

    /// Removes the last item.
    pub fn pop(&self) -> Option<Obj> {
        let len = self.len.get().checked_sub(1)?;
        let item = self.items()[len].get();
        self.len.set(len);
        // SAFETY: `len < alloc`.
        unsafe { self.items.get().add(len).cast::<usize>().write(0) };
        Some(item)
    }

    /// Makes room for `want` items in all.
    #[cold]
    pub fn grow(&self, rt: &mut Runtime, want: usize) -> R<()> {
        let old = self.alloc.get();
        let new = want.max(old + old / 2).max(4);
        let word = size_of::<usize>();
        let Some(bytes) = new.checked_mul(word) else {
            return Err(rt.no_memory(usize::MAX));
        };
        let at = if old == 0 {
            rt.alloc_block(bytes, false)?
        } else {
            rt.realloc_block(self.items.get().cast(), old * word, bytes, false)?
        };
        // SAFETY: the block holds `new` words, of which the first `old` are kept.
        unsafe { core::ptr::write_bytes(at.cast::<usize>().add(old).as_ptr(), 0, new - old) };
        self.items.set(at.cast());
        self.alloc.set(new);
        Ok(())
    }
}

/// An empty list with room for `alloc` items.
pub fn with_capacity(rt: &mut Runtime, alloc: usize) -> R<Ptr<List>> {
    let list = rt.new_obj(List {
        base: Header::new(&LIST),
        alloc: Cell::new(0),
        len: Cell::new(0),
        items: Cell::new(NonNull::dangling()),
    })?;
    if alloc != 0 {
        list.grow(rt, alloc)?;
    }
    Ok(list)
}

/// A list of these items.
pub fn from_slice(rt: &mut Runtime, items: &[Obj]) -> R<Ptr<List>> {
    let list = with_capacity(rt, items.len())?;
    for item in items {
        list.push(rt, *item)?;
    }
    Ok(list)
}

/// A list of the items of an iterable.
pub fn from_iterable(rt: &mut Runtime, iterable: Obj) -> R<Obj> {
    let list = with_capacity(rt, 0)?;
    rt.for_each(iterable, |rt, item| list.push(rt, item))?;
    Ok(list.obj())
}
