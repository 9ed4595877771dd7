//! Names and attributes with the caches of our own emitter's code: entries 89 to 92.
//!
//! Each site has a cell: the cache that bytecode has for such a site, and behind it what the code itself looks at before
//! it asks here.

use core::mem::offset_of;

use ferlance_abi::layout;
use ferlance_abi::qstr::Qstr;

use crate::interp::code::Cache;
use crate::interp::frame::Slot;
use crate::interp::names::{self, Hit, Put};
use crate::obj::map::Map;
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

    /// Tells the code that the name is a built-in in these globals.
    fn show_builtin(&mut self, rt: &Runtime, map: &Map) {
        (self.limit, self.offset) = (rt.names_shown(), map.head());
    }

    /// Tells the code that the method is that of any object of the type, or that it has to ask.
    fn show_method(&mut self, rt: &Runtime, base: Obj) {
        self.limit = match names::is_method_of_all(rt, base, &self.cache) {
            true => rt.interp.classes(),
            false => usize::MAX,
        };
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
            cell.show_builtin(rt, map);
            return Ok(value);
        }
    }
    let value = names::load_global_cached(rt, globals, &mut cell.cache)?;
    let map = &globals.get().map;
    let slot = cell.cache.slot as usize;
    let found = map.cached(slot, Obj::qstr(cell.cache.name));
    cell.show(found.map(|_| slot));
    if found.is_none() && names::is_builtin_hit(rt, map, &cell.cache) {
        cell.show_builtin(rt, map);
    }
    Ok(value)
}

pub(crate) fn load_attr_cached(rt: &mut Runtime, base: Obj, at: *mut Cell) -> R<Obj> {
    match find_attr_cached(rt, base, at)? {
        Attr::Value(value) => Ok(value),
        Attr::Getter(getter) => rt.call(getter, &[base]),
    }
}

/// What there is to do for an attribute.
pub(in crate::native) enum Attr {
    /// Nothing more: it is this.
    Value(Obj),
    /// To call the getter, which is a function, with the object.
    Getter(Obj),
}

/// [`load_attr_cached`] but for the call of a getter that is known already.
pub(in crate::native) fn find_attr_cached(rt: &mut Runtime, base: Obj, at: *mut Cell) -> R<Attr> {
    // SAFETY: native code gives a cell of its own.
    let cache = unsafe { &mut cell(at).cache };
    match names::attr_hit(rt, base, cache) {
        Hit::Value(value) => {
            show_own(base, at);
            return Ok(Attr::Value(value));
        }
        Hit::Getter(getter) => return Ok(Attr::Getter(getter.obj())),
        Hit::NativeGetter(getter) => return Ok(Attr::Getter(getter)),
        Hit::Miss => {}
    }
    if is_for_another(base, cache) {
        return find_attr_shared(rt, base, cache.name);
    }
    let value = names::load_attr_cached(rt, base, cache)?;
    show_own(base, at);
    Ok(Attr::Value(value))
}

fn find_attr_shared(rt: &mut Runtime, base: Obj, name: Qstr) -> R<Attr> {
    let key = core::ptr::from_ref(base.ty()).addr();
    let Some((at, mut cache)) = shared(rt, Kind::Load, key, name) else {
        return rt.load_attr(base, name).map(Attr::Value);
    };
    match names::attr_hit(rt, base, &cache) {
        Hit::Value(value) => return Ok(Attr::Value(value)),
        Hit::Getter(getter) => return Ok(Attr::Getter(getter.obj())),
        Hit::NativeGetter(getter) => return Ok(Attr::Getter(getter)),
        Hit::Miss => {}
    }
    let value = names::load_attr_cached(rt, base, &mut cache)?;
    share(rt, at, cache);
    Ok(Attr::Value(value))
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
    let setter = put_attr_cached(rt, base, at, value)?;
    if let (Some(setter), Some(value)) = (setter, value) {
        rt.call(setter, &[base, value])?;
    }
    Ok(())
}

/// [`store_attr_cached`], but for the call of a setter in machine code that is known already: the setter.
pub(in crate::native) fn put_attr_cached(
    rt: &mut Runtime,
    base: Obj,
    at: *mut Cell,
    value: Option<Obj>,
) -> R<Option<Obj>> {
    let Some(new) = value else {
        // SAFETY: native code gives a cell of its own.
        let name = unsafe { cell(at).cache.name };
        rt.store_attr(base, name, None)?;
        return Ok(None);
    };
    // SAFETY: as above.
    let cache = unsafe { &mut cell(at).cache };
    match names::put_hit(rt, base, cache, new)? {
        Put::Done => {
            show_own(base, at);
            return Ok(None);
        }
        Put::Setter(setter) => return Ok(Some(setter)),
        Put::Miss => {}
    }
    if is_for_another(base, cache) {
        let name = cache.name;
        return put_attr_shared(rt, base, name, new);
    }
    names::store_attr_cached(rt, base, cache, value)?;
    show_own(base, at);
    Ok(None)
}

fn put_attr_shared(rt: &mut Runtime, base: Obj, name: Qstr, value: Obj) -> R<Option<Obj>> {
    let key = core::ptr::from_ref(base.ty()).addr();
    let Some((at, mut cache)) = shared(rt, Kind::Store, key, name) else {
        rt.store_attr(base, name, Some(value))?;
        return Ok(None);
    };
    match names::put_hit(rt, base, &cache, value)? {
        Put::Done => return Ok(None),
        Put::Setter(setter) => return Ok(Some(setter)),
        Put::Miss => {}
    }
    names::store_attr_cached(rt, base, &mut cache, Some(value))?;
    share(rt, at, cache);
    Ok(None)
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
            Some(fun) => {
                cell(at).show_method(rt, base);
                (fun, Some(base))
            }
            None => match function_of_module(base, cache) {
                Some(fun) => (fun, None),
                None if is_for_another(base, cache) => {
                    let name = cache.name;
                    load_method_shared(rt, base, name)?
                }
                None => {
                    let found = names::load_method_cached(rt, base, cache)?;
                    cell(at).show_method(rt, base);
                    found
                }
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

/// A function of a built-in module that computes no names: it stands in a table that never changes, whose address is
/// the key of the site's cell.
#[inline(always)]
fn function_of_module(base: Obj, cache: &mut Cache) -> Option<Obj> {
    let module = base.cast::<Module>()?;
    let def = module.def?;
    if !crate::config::QUICKEN || module.globals().is_some() || def.attr.is_some() {
        return None;
    }
    let key = core::ptr::from_ref(def).addr();
    if cache.key == key {
        // SAFETY: a function of that table.
        return unsafe { Obj::from_raw(cache.value) };
    }
    let Some(Member::Fun(fun)) = def.members.get(cache.name) else {
        return None;
    };
    let fun = Ptr::from_ref(fun).obj();
    (cache.key, cache.value) = (key, fun.raw());
    Some(fun)
}
