//! Names and attributes, with their inline caches.

use ferlance_abi::qstr::Qstr;

use super::code::Cache;
use super::frame::Slot;
use crate::exc;
use crate::obj::class::{self, Instance};
use crate::obj::dict::Dict;
use crate::obj::fun::Fun;
use crate::obj::map::Map;
use crate::obj::module::Module;
use crate::obj::property::Property;
use crate::obj::ptr::Ptr;
use crate::obj::ty::{Attr, Type};
use crate::obj::word::Obj;
use crate::runtime::{R, Runtime};

/// Whether `obj` is a function in machine code.
#[cfg_attr(not(feature = "native"), allow(unused_variables))]
fn is_native_fun(obj: Obj) -> bool {
    #[cfg(feature = "native")]
    return obj.is::<crate::native::NativeFun>();
    #[cfg(not(feature = "native"))]
    false
}

/// `NameError: local variable referenced before assignment`.
#[cold]
#[inline(never)]
pub(super) fn unbound_local(rt: &mut Runtime) {
    rt.raise_msg(
        &exc::NAME_ERROR,
        "local variable referenced before assignment",
    );
}

#[cold]
fn undefined(rt: &mut Runtime, name: Qstr) -> crate::Raised {
    let text = rt.name_str(name);
    rt.raise_fmt(
        &exc::NAME_ERROR,
        format_args!("name '{text}' isn't defined"),
    )
}

/// A number that changes whenever a name may have been added to `map` (or a built-in been replaced).
#[cfg_attr(not(feature = "small"), inline(always))]
fn negative_version(rt: &Runtime, map: &Map) -> usize {
    rt.interp
        .map_epoch
        .wrapping_mul(0x9e37_79b1)
        .wrapping_add(map.entry_count())
}

/// Whether the cache holds a built-in whose name was not in `map`, and still is not.
#[cfg_attr(not(feature = "small"), inline(always))]
pub(crate) fn is_builtin_hit(rt: &Runtime, map: &Map, cache: &Cache) -> bool {
    cache.key == core::ptr::from_ref(map).addr() && cache.version == negative_version(rt, map)
}

/// A global or built-in name.
pub(crate) fn load_global(rt: &mut Runtime, globals: Ptr<Dict>, name: Qstr) -> R<Obj> {
    if let Some(value) = globals.map.get_name(rt, name) {
        return Ok(value);
    }
    match crate::modules::builtins::lookup(rt, name)? {
        Some(value) => Ok(value),
        None => Err(undefined(rt, name)),
    }
}

/// [`load_global`] that fills the cache.
#[inline(never)]
pub(crate) fn load_global_cached(
    rt: &mut Runtime,
    globals: Ptr<Dict>,
    cache: &mut Cache,
) -> R<Obj> {
    let map = &globals.get().map;
    if let Some(at) = map.find_name(rt, cache.name) {
        cache.slot = at as u32;
        return Ok(map.value_at(at));
    }
    let value = load_global(rt, globals, cache.name)?;
    if map.is_names() {
        cache.key = core::ptr::from_ref(map).addr();
        cache.version = negative_version(rt, map);
        cache.value = value.raw();
    }
    Ok(value)
}

/// A name of a module or class body.
pub(crate) fn load_name(rt: &mut Runtime, globals: Ptr<Dict>, name: Qstr) -> R<Obj> {
    if let Some(locals) = rt.interp.locals
        && locals != globals
        && let Some(value) = locals.map.get_name(rt, name)
    {
        return Ok(value);
    }
    load_global(rt, globals, name)
}

/// Binds a name of a module or class body.
pub(crate) fn store_name(rt: &mut Runtime, globals: Ptr<Dict>, name: Qstr, value: Obj) -> R<()> {
    rt.interp
        .locals
        .unwrap_or(globals)
        .map
        .set_name(rt, name, value)
}

/// Unbinds a name of a module or class body.
pub(crate) fn delete_name(rt: &mut Runtime, globals: Ptr<Dict>, name: Qstr) -> R<()> {
    delete_global(rt, rt.interp.locals.unwrap_or(globals), name)
}

/// Unbinds a name of a namespace.
pub(crate) fn delete_global(rt: &mut Runtime, dict: Ptr<Dict>, name: Qstr) -> R<()> {
    match dict.map.remove_name(rt, name) {
        Some(_) => Ok(()),
        None => Err(rt.key_error(Obj::qstr(name))),
    }
}

/// The class builder, `builtins.__build_class__`.
pub(crate) fn build_class(rt: &mut Runtime) -> R<Obj> {
    match crate::modules::builtins::lookup(rt, ferlance_abi::qstr!("__build_class__"))? {
        Some(value) => Ok(value),
        None => Err(undefined(rt, ferlance_abi::qstr!("__build_class__"))),
    }
}

fn addr(ty: &'static Type) -> usize {
    core::ptr::from_ref(ty).addr()
}

/// The map in which an instance or loaded module keeps its own attributes.
#[cfg_attr(not(feature = "small"), inline(always))]
fn own_map<'a>(obj: Obj, ty: &'static Type) -> Option<&'a Map> {
    if ty.is_class() {
        if class::is_metaclass(ty) {
            return None;
        }
        // SAFETY: objects of Python classes that are not metaclasses are instances.
        return Some(unsafe { &obj.cast_unchecked::<Instance>().get().attrs });
    }
    let module = obj.cast::<Module>()?;
    Some(&module.get().globals()?.get().map)
}

/// What a cache of `LOAD_ATTR` has to say.
pub(crate) enum Hit {
    /// The attribute.
    Value(Obj),
    /// It is a property: call this with the object.
    Getter(Ptr<Fun>),
    /// The same, but the getter is machine code.
    NativeGetter(Obj),
    /// Nothing.
    Miss,
}

impl Cache {
    /// Position of the entry in the map of the object itself, if that is what the cache holds.
    pub(crate) fn own_slot(&self) -> Option<usize> {
        (self.key != 0 && self.slot < NEVER_OWN).then_some(self.slot as usize)
    }
}

/// Flag in `Cache::slot`: no instance has had an attribute of that name, else versions of classes have changed.
const NEVER_OWN: u32 = 1 << 29;
/// Flag in `Cache::slot`: the entry is one of a class, whose namespace is in `Cache::value`.
const IN_CLASS: u32 = 1 << 31;
/// Flag in `Cache::slot`: a property was found in the class, `Cache::value` holds its getter.
const GETTER: u32 = 1 << 30;

/// The attribute, if the cache knows where it is.
///
/// An object's own map comes before anything in the class, so its entry is the answer whatever the class holds; what
/// was found in the class counts as long as the class is the same and the object has no entry of its own.
#[cfg_attr(not(feature = "small"), inline(always))]
pub(crate) fn attr_hit(rt: &Runtime, obj: Obj, cache: &Cache) -> Hit {
    let Some(head) = obj.as_ptr() else {
        return Hit::Miss;
    };
    let ty = head.get().ty();
    if addr(ty) != cache.key {
        return Hit::Miss;
    }
    let map = if ty.is_class() {
        // SAFETY: the key is only set for classes whose objects are instances, and for `module`.
        unsafe { &obj.cast_unchecked::<Instance>().get().attrs }
    } else {
        // SAFETY: as above.
        let module = unsafe { obj.cast_unchecked::<Module>() };
        match module.get().globals() {
            Some(globals) => &globals.get().map,
            None => return Hit::Miss,
        }
    };
    if let Some(value) = map.cached(cache.slot as usize, Obj::qstr(cache.name)) {
        return Hit::Value(value);
    }
    if cache.slot >= NEVER_OWN {
        return class_hit(rt, ty, map, cache);
    }
    Hit::Miss
}

#[cfg_attr(not(feature = "small"), inline(always))]
fn class_hit(rt: &Runtime, ty: &'static Type, map: &Map, cache: &Cache) -> Hit {
    let Some(class) = ty.class_data() else {
        return Hit::Miss;
    };
    if class::effective_version(rt, class) != cache.version
        || cache.slot & NEVER_OWN == 0 && map.find_name(rt, cache.name).is_some()
    {
        return Hit::Miss;
    }
    // SAFETY: found through a class that is alive and has not changed since.
    let Some(found) = (unsafe { Obj::from_raw(cache.value) }) else {
        return Hit::Miss;
    };
    if cache.slot & IN_CLASS != 0 {
        // The version does not tell about plain values: the namespace has the one of now.
        let value = found.cast::<Dict>().and_then(|locals| {
            locals.map.cached(
                (cache.slot & !(IN_CLASS | NEVER_OWN)) as usize,
                Obj::qstr(cache.name),
            )
        });
        return value.map_or(Hit::Miss, Hit::Value);
    }
    match found.cast::<Fun>() {
        Some(getter) => Hit::Getter(getter),
        None => Hit::NativeGetter(found),
    }
}

/// `obj.name`, filling the cache.
#[inline(never)]
pub(crate) fn load_attr_cached(rt: &mut Runtime, obj: Obj, cache: &mut Cache) -> R<Obj> {
    let ty = obj.ty();
    if let Some(map) = own_map(obj, ty) {
        if let Some(at) = map.find_name(rt, cache.name) {
            cache.key = addr(ty);
            cache.slot = at as u32;
            return Ok(map.value_at(at));
        }
        if let Some(class) = ty.class_data()
            && let Some((locals, at)) = class::lookup_place(rt, ty, cache.name)
        {
            let member = locals.map.value_at(at);
            let getter = member
                .cast::<Property>()
                .and_then(|p| p.getter.get())
                .filter(|g| g.is::<Fun>() || is_native_fun(*g));
            if let Some(getter) = getter {
                cache.slot = GETTER;
                cache.value = getter.raw();
            } else if class::is_plain_value(rt, member) {
                cache.slot = IN_CLASS | at as u32;
                cache.value = locals.obj().raw();
            } else {
                return rt.load_attr(obj, cache.name);
            }
            cache.slot |= never_own(rt, cache.name);
            cache.key = addr(ty);
            cache.version = class::effective_version(rt, class);
        }
    }
    rt.load_attr(obj, cache.name)
}

fn never_own(rt: &mut Runtime, name: Qstr) -> u32 {
    if rt.is_never_own(name) { NEVER_OWN } else { 0 }
}

/// Whether the method that [`method_hit`] gives for `obj` is that of any object of its type, until a class changes.
#[cfg(feature = "native")]
pub(crate) fn is_method_of_all(rt: &Runtime, obj: Obj, cache: &Cache) -> bool {
    obj.is_ptr() && cache.slot & NEVER_OWN != 0 && method_hit(rt, obj, cache).is_some()
}

/// The method, if the cache holds the one for the object's type.
#[cfg_attr(not(feature = "small"), inline(always))]
pub(crate) fn method_hit(rt: &Runtime, obj: Obj, cache: &Cache) -> Option<Obj> {
    let ty = obj.ty();
    if addr(ty) != cache.key {
        return None;
    }
    if let Some(class) = ty.class_data() {
        if class::effective_version(rt, class) != cache.version {
            return None;
        }
        // SAFETY: the key is only set for classes whose objects are instances.
        let map = unsafe { &obj.cast_unchecked::<Instance>().get().attrs };
        if cache.slot & NEVER_OWN == 0 && map.find_name(rt, cache.name).is_some() {
            return None;
        }
    }
    // SAFETY: found in a type that is alive and has not changed since: the object still refers to it.
    unsafe { Obj::from_raw(cache.value) }
}

/// The function and self of `obj.name(…)`, filling the cache.
#[inline(never)]
pub(crate) fn load_method_cached(rt: &mut Runtime, obj: Obj, cache: &mut Cache) -> R<(Obj, Slot)> {
    match rt.find_attr(obj, cache.name)? {
        Attr::Value(value) => Ok((value, None)),
        Attr::Method { fun, this } => {
            let ty = obj.ty();
            // What a class finds is its own, not that of its type.
            if this == obj && obj.as_type().is_none() {
                cache.key = addr(ty);
                cache.version = ty
                    .class_data()
                    .map_or(0, |class| class::effective_version(rt, class));
                cache.value = fun.raw();
                cache.slot = match ty.class_data() {
                    Some(_) => never_own(rt, cache.name),
                    None => NEVER_OWN,
                };
            }
            Ok((fun, Some(this)))
        }
        Attr::None => Err(rt.no_attribute(obj, cache.name)),
    }
}

/// Replaces an attribute that stands where the cache says; `false` = not done.
#[cfg_attr(not(feature = "small"), inline(always))]
pub(crate) fn store_hit(rt: &Runtime, obj: Obj, cache: &Cache, value: Slot) -> bool {
    let (Some(head), Some(value)) = (obj.as_ptr(), value) else {
        return false;
    };
    let ty = head.get().ty();
    if addr(ty) != cache.key {
        return false;
    }
    let Some(class) = ty.class_data() else {
        return false;
    };
    if class::effective_version(rt, class) != cache.version {
        return false;
    }
    // SAFETY: the key is only set for classes whose objects are instances.
    let map = unsafe { &obj.cast_unchecked::<Instance>().get().attrs };
    map.set_cached(cache.slot as usize, Obj::qstr(cache.name), value)
}

/// `obj.name = value`, filling the cache.
#[inline(never)]
pub(crate) fn store_attr_cached(
    rt: &mut Runtime,
    obj: Obj,
    cache: &mut Cache,
    value: Slot,
) -> R<()> {
    let ty = obj.ty();
    if let (Some(value), Some(class)) = (value, ty.class_data())
        && class::stores_plainly(rt, ty, cache.name)
        && !class::is_metaclass(ty)
    {
        // SAFETY: objects of Python classes that are not metaclasses are instances.
        let map = unsafe { &obj.cast_unchecked::<Instance>().get().attrs };
        rt.name_is_own(cache.name);
        let at = map.set_name_at(rt, cache.name, value)?;
        class.room.set(class.room.get().max(at + 1));
        cache.key = addr(ty);
        cache.version = class::effective_version(rt, class);
        cache.slot = at as u32;
        return Ok(());
    }
    if cfg!(feature = "native") && value.is_some() {
        note_setter(rt, obj, cache);
    }
    rt.store_attr(obj, cache.name, value)
}

/// Keeps the setter of a property, if it is machine code.
fn note_setter(rt: &Runtime, obj: Obj, cache: &mut Cache) {
    let ty = obj.ty();
    let setter = class::lookup(rt, ty, cache.name)
        .and_then(Obj::cast::<Property>)
        .and_then(|property| property.setter.get())
        .filter(|setter| is_native_fun(*setter));
    if let Some(setter) = setter
        && let Some(class) = ty.class_data()
        && !class::is_metaclass(ty)
        && class::has_special_accessors(rt, ty)
    {
        cache.key = addr(ty);
        cache.version = class::effective_version(rt, class);
        cache.slot = GETTER;
        cache.value = setter.raw();
    }
}

/// What became of a store.
#[cfg(feature = "native")]
pub(crate) enum Put {
    /// The value is stored.
    Done,
    /// It is a property: call this with object and value. It is machine code.
    Setter(Obj),
    /// The cache knows nothing.
    Miss,
}

/// [`store_hit`] that also adds an attribute where the cache says that it is the next one, and knows setters.
#[cfg(feature = "native")]
#[inline]
pub(crate) fn put_hit(rt: &mut Runtime, obj: Obj, cache: &Cache, value: Obj) -> R<Put> {
    let ty = obj.ty();
    if !obj.is_ptr() || addr(ty) != cache.key {
        return Ok(Put::Miss);
    }
    let Some(class) = ty.class_data() else {
        return Ok(Put::Miss);
    };
    if class::effective_version(rt, class) != cache.version {
        return Ok(Put::Miss);
    }
    if cache.slot == GETTER {
        // SAFETY: found through a class that is alive and has not changed since.
        let setter = unsafe { Obj::from_raw(cache.value) };
        return Ok(setter.map_or(Put::Miss, Put::Setter));
    }
    let at = cache.slot as usize;
    // SAFETY: the key is only set for classes whose objects are instances.
    let map = unsafe { &obj.cast_unchecked::<Instance>().get().attrs };
    let done = map.set_cached(at, Obj::qstr(cache.name), value)
        || map.add_name(rt, (cache.name, at), value, class.room.get())?;
    Ok(if done { Put::Done } else { Put::Miss })
}
