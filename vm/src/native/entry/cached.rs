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
use crate::obj::module::Module;
use crate::obj::ptr::Ptr;
use crate::obj::ty::Member;
use crate::obj::word::Obj;
use crate::runtime::{R, Runtime};

/// What sites remember that see objects of several types: the site's own cell knows one of them, the others share
/// tables, one for each kind of site, with a place for each type and name.
#[derive(Clone, Copy)]
enum Kind {
    Load,
    Store,
    Method,
}

/// Places in one table.
const SHARED: usize = 128;

/// The place in the shared tables for a name in something, if there is one.
fn shared(rt: &mut Runtime, kind: Kind, key: usize, name: Qstr) -> Option<(usize, Cache)> {
    if !crate::config::QUICKEN {
        // Boards have no memory to spare.
        return None;
    }
    let tables = &mut rt.native.lookups;
    if tables.is_empty() {
        tables.resize(3 * SHARED, Cache::new(Qstr::NONE)).ok()?;
    }
    let hash = key >> 4 ^ key >> 11 ^ (name.number() as usize).wrapping_mul(7);
    let at = kind as usize * SHARED + hash % SHARED;
    let cache = *tables.get(at)?;
    let is_it = cache.name == name && cache.key == key;
    Some((at, if is_it { cache } else { Cache::new(name) }))
}

/// Keeps what was found.
fn share(rt: &mut Runtime, at: usize, cache: Cache) {
    if let Some(place) = rt.native.lookups.get_mut(at) {
        *place = cache;
    }
}

/// Does the site's own cell know another type than that of `base`?
fn is_for_another(base: Obj, cache: &Cache) -> bool {
    cache.key != 0 && cache.key != core::ptr::from_ref(base.ty()).addr()
}

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
    if is_for_another(base, cache) {
        return load_attr_shared(rt, base, cache.name);
    }
    let value = names::load_attr_cached(rt, base, cache)?;
    show_own(base, at);
    Ok(value)
}

fn load_attr_shared(rt: &mut Runtime, base: Obj, name: Qstr) -> R<Obj> {
    let key = core::ptr::from_ref(base.ty()).addr();
    let Some((at, mut cache)) = shared(rt, Kind::Load, key, name) else {
        return rt.load_attr(base, name);
    };
    match names::attr_hit(rt, base, &cache) {
        Hit::Value(value) => return Ok(value),
        Hit::Getter(getter) => return rt.call(getter.obj(), &[base]),
        Hit::NativeGetter(getter) => return rt.call(getter, &[base]),
        Hit::Miss => {}
    }
    let value = names::load_attr_cached(rt, base, &mut cache)?;
    share(rt, at, cache);
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
    if is_for_another(base, cache) {
        let (key, name) = (core::ptr::from_ref(base.ty()).addr(), cache.name);
        let Some((at, mut cache)) = shared(rt, Kind::Store, key, name) else {
            return rt.store_attr(base, name, value);
        };
        if !names::store_hit(rt, base, &cache, value) {
            names::store_attr_cached(rt, base, &mut cache, value)?;
            share(rt, at, cache);
        }
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
            None => match function_of_module(rt, base, cache.name) {
                Some(fun) => (fun, None),
                None if is_for_another(base, cache) => {
                    let name = cache.name;
                    load_method_shared(rt, base, name)?
                }
                None => names::load_method_cached(rt, base, cache)?,
            },
        };
        dest.write(Some(fun));
        dest.add(1).write(this);
    }
    Ok(())
}

fn load_method_shared(rt: &mut Runtime, base: Obj, name: Qstr) -> R<(Obj, Slot)> {
    let key = core::ptr::from_ref(base.ty()).addr();
    let Some((at, mut cache)) = shared(rt, Kind::Method, key, name) else {
        return rt.load_method(base, name);
    };
    if let Some(fun) = names::method_hit(rt, base, &cache) {
        return Ok((fun, Some(base)));
    }
    let found = names::load_method_cached(rt, base, &mut cache)?;
    share(rt, at, cache);
    Ok(found)
}

/// A function of a built-in module that computes no names: it stands in a table that never changes.
fn function_of_module(rt: &mut Runtime, base: Obj, name: Qstr) -> Option<Obj> {
    let module = base.cast::<Module>()?;
    let def = module.def?;
    if module.globals().is_some() || def.attr.is_some() {
        return None;
    }
    let key = core::ptr::from_ref(def).addr();
    let (at, mut cache) = shared(rt, Kind::Method, key, name)?;
    if cache.key == key {
        // SAFETY: a function of that table.
        return unsafe { Obj::from_raw(cache.value) };
    }
    let Some(Member::Fun(fun)) = def.members.get(name) else {
        return None;
    };
    let fun = Ptr::from_ref(fun).obj();
    (cache.key, cache.value) = (key, fun.raw());
    share(rt, at, cache);
    Some(fun)
}
