//! Names and attributes with the caches of our own emitter's code: entries 89 to 92.
//!
//! Each site has a cell: the cache that bytecode has for such a site, and behind it what the code itself looks at before
//! it asks here.

use core::mem::offset_of;

use ferlance_abi::layout;
use ferlance_abi::qstr::Qstr;

use crate::interp::code::Cache;
use crate::interp::frame::Slot;
use crate::interp::names::{self, Hit};
use crate::obj::word::Obj;
use crate::runtime::{R, Runtime};

/// What one site remembers.
#[repr(C)]
pub(crate) struct Cell {
    cache: Cache,
    /// The smallest word 0 of a map that has the entry; no map has one so great if the code is to ask.
    limit: usize,
    /// Byte offset of the entry.
    offset: usize,
}

const _: () = {
    let word = size_of::<usize>();
    let head = layout::CELL_HEAD_BYTES;
    assert!(offset_of!(Cell, cache) == 0);
    assert!(offset_of!(Cache, key) == head + layout::CELL_KEY * word);
    assert!(offset_of!(Cell, limit) == head + layout::CELL_LIMIT * word);
    assert!(offset_of!(Cell, offset) == head + layout::CELL_OFFSET * word);
    assert!(size_of::<Cell>() == layout::cell_bytes(word));
};

impl Cell {
    /// A cell that knows nothing.
    pub(crate) fn new(name: Qstr) -> Cell {
        Cell {
            cache: Cache::new(name),
            limit: usize::MAX,
            offset: 0,
        }
    }

    /// Tells the code where the entry is, or that it has to ask.
    fn show(&mut self, slot: Option<usize>) {
        match slot {
            Some(slot) => {
                self.limit = (slot + 1) << layout::MAP_USED_SHIFT;
                self.offset = slot * 2 * size_of::<usize>();
            }
            None => self.limit = usize::MAX,
        }
    }
}

/// The cell that native code means.
///
/// # Safety
/// The pointer is one into the cells of the code that runs, which live as long as it, and nobody else holds it.
unsafe fn cell<'a>(at: *mut Cell) -> &'a mut Cell {
    // SAFETY: the caller's.
    unsafe { &mut *at }
}

pub(crate) fn load_global_cached(rt: &mut Runtime, at: *mut Cell) -> R<Obj> {
    // SAFETY: native code gives a cell of its own.
    let cell = unsafe { cell(at) };
    let Some(globals) = rt.interp.globals() else {
        return super::load_global(rt, cell.cache.name);
    };
    let map = &globals.get().map;
    if names::is_builtin_hit(rt, map, &cell.cache) {
        // SAFETY: found among the built-ins, which have not changed since.
        if let Some(value) = unsafe { Obj::from_raw(cell.cache.value) } {
            return Ok(value);
        }
    }
    let value = names::load_global_cached(rt, globals, &mut cell.cache)?;
    let slot = cell.cache.slot as usize;
    let found = globals.get().map.cached(slot, Obj::qstr(cell.cache.name));
    cell.show(found.map(|_| slot));
    Ok(value)
}

pub(crate) fn load_attr_cached(rt: &mut Runtime, base: Obj, at: *mut Cell) -> R<Obj> {
    // SAFETY: native code gives a cell of its own.
    let cache = unsafe { &mut cell(at).cache };
    match names::attr_hit(rt, base, cache) {
        Hit::Value(value) => {
            show_own(base, at);
            return Ok(value);
        }
        Hit::Getter(getter) => return rt.call(getter.obj(), &[base]),
        Hit::NativeGetter(getter) => return rt.call(getter, &[base]),
        Hit::Miss => {}
    }
    let value = names::load_attr_cached(rt, base, cache)?;
    show_own(base, at);
    Ok(value)
}

/// Shows the code the entry of an instance. Modules have their maps elsewhere.
fn show_own(base: Obj, at: *mut Cell) {
    // SAFETY: as in the callers; what they called in between is done with the cell.
    let cell = unsafe { cell(at) };
    let is_instance = base.is_ptr()
        && base.ty().is_class()
        && core::ptr::from_ref(base.ty()).addr() == cell.cache.key;
    cell.show(cell.cache.own_slot().filter(|_| is_instance));
}

pub(crate) fn store_attr_cached(
    rt: &mut Runtime,
    base: Obj,
    at: *mut Cell,
    value: Option<Obj>,
) -> R<()> {
    // SAFETY: native code gives a cell of its own.
    let cache = unsafe { &mut cell(at).cache };
    if names::store_hit(rt, base, cache, value) {
        return Ok(());
    }
    names::store_attr_cached(rt, base, cache, value)
}

pub(crate) fn load_method_cached(
    rt: &mut Runtime,
    base: Obj,
    at: *mut Cell,
    dest: *mut Slot,
) -> R<()> {
    // SAFETY: native code gives a cell of its own, and room for two words.
    unsafe {
        let cache = &mut cell(at).cache;
        let (fun, this) = match names::method_hit(rt, base, cache) {
            Some(fun) => (fun, Some(base)),
            None => names::load_method_cached(rt, base, cache)?,
        };
        dest.write(Some(fun));
        dest.add(1).write(this);
    }
    Ok(())
}
