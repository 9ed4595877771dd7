//! Classes made by Python code, and their instances (spec language, section 10).
//!
//! A class is a [`Type`] on the heap whose `class_data` is a [`Class`]: namespace, bases, the built-in type
//! among its ancestors, and a version that grows whenever a method found through the class may have changed.
//! Lookup goes depth first, left to right over the bases; a built-in ancestor comes after all Python classes.

pub mod instance;
mod make;
mod special;

use core::cell::Cell;

use ferlance_abi::qstr;
use ferlance_abi::qstr::Qstr;

use super::builtin_fun::BuiltinFun;
use super::dict::Dict;
use super::map::Map;
use super::ptr::Ptr;
use super::tuple::Tuple;
use super::ty::{Header, Type, TypeFlags};
use super::word::Obj;
use crate::runtime::{R, Runtime};

pub use make::{BUILD_CLASS, build_class, new_class, new_instance, no_init_args, plain_init};
pub(crate) use special::{binary_text, unary_text};

/// What a Python class has beyond its type header.
#[repr(C)]
pub struct Class {
    /// The namespace.
    pub locals: Ptr<Dict>,
    /// The bases; empty when none was written.
    pub bases: Ptr<Tuple>,
    /// The built-in type among the ancestors, other than `object`, whose native object instances carry.
    pub native: Option<&'static Type>,
    /// Grows whenever a method lookup through this class may give another answer; numbers are never used twice.
    pub version: Cell<usize>,
    /// Room for the attributes of a new instance: as many as an instance has had, if they are few.
    pub(crate) room: Cell<usize>,
    /// What `plain_init` found, for the version it found it at.
    init: Cell<Option<Obj>>,
    init_version: Cell<usize>,
}

/// An instance of a Python class (layout: spec native-abi 3.8): attributes, then native base objects.
#[repr(C)]
pub struct Instance {
    base: Header,
    /// The instance's own attributes.
    pub attrs: Map,
    // The native base object follows when the class has one.
}

/// The instance structure of an object whose class is no metaclass.
#[cfg_attr(not(feature = "small"), inline(always))]
pub(crate) fn instance_of(obj: Obj) -> Ptr<Instance> {
    debug_assert!(obj.ty().is_class());
    // SAFETY: objects of Python classes other than metaclasses have this layout; callers come from the vtable of
    // instances or have tested it.
    unsafe { obj.cast_unchecked() }
}

/// Whether `meta` is a Python subclass of `type`.
#[inline]
pub fn is_metaclass(meta: &'static Type) -> bool {
    meta.class_data().is_some_and(|class| {
        class
            .native
            .is_some_and(|native| native.same(&super::type_type::TYPE))
    })
}

/// The bases of a class as types.
pub fn bases(class: Ptr<Class>) -> impl Iterator<Item = &'static Type> {
    class
        .get()
        .bases
        .get()
        .items()
        .iter()
        .filter_map(|base| base.get().as_type())
}

/// Whether `ty` is `base` or a subclass of it.
pub fn is_subclass(ty: &'static Type, base: &'static Type) -> bool {
    let mut at = ty;
    loop {
        if at.same(base) {
            return true;
        }
        if let Some(class) = at.class_data() {
            return base.same(&super::object::OBJECT) || has_base(class, base);
        }
        match at.parent() {
            Some(parent) => at = parent,
            None => return base.same(&super::object::OBJECT),
        }
    }
}

/// Is it one of the classes above?
#[inline(never)]
fn has_base(class: Ptr<Class>, base: &'static Type) -> bool {
    bases(class).any(|b| is_subclass(b, base))
}

/// The class member `name` in the Python part of the hierarchy.
#[inline]
pub fn lookup(rt: &Runtime, ty: &'static Type, name: Qstr) -> Option<Obj> {
    let (locals, at) = lookup_place(rt, ty, name)?;
    Some(locals.map.value_at(at))
}

/// Where [`lookup`] finds `name`: a namespace, and the position in it.
///
/// Answers are remembered by class, name and version: names come and go, and functions change, only with the version;
/// plain values change in place.
pub fn lookup_place(rt: &Runtime, ty: &'static Type, name: Qstr) -> Option<(Ptr<Dict>, usize)> {
    let class = ty.class_data()?;
    let version = effective_version(rt, class);
    let key = core::ptr::from_ref(ty).addr();
    let Some(slot) = rt.interp.lookups.slot(key, name) else {
        return find_place(rt, ty, name);
    };
    let known = slot.get();
    if known.class == key && known.name == name && known.version == version {
        return known.found;
    }
    let found = find_place(rt, ty, name);
    slot.set(Lookup {
        class: key,
        name,
        version,
        found,
    });
    found
}

fn find_place(rt: &Runtime, ty: &'static Type, name: Qstr) -> Option<(Ptr<Dict>, usize)> {
    let class = ty.class_data()?;
    if let Some(at) = class.locals.map.find_name(rt, name) {
        return Some((class.locals, at));
    }
    bases(class).find_map(|base| find_place(rt, base, name))
}

/// What a lookup in a class gave.
#[derive(Clone, Copy)]
struct Lookup {
    class: usize,
    name: Qstr,
    version: usize,
    found: Option<(Ptr<Dict>, usize)>,
}

/// The latest lookups in classes. Keeps nothing alive: an entry only counts while its class is there and unchanged.
#[derive(Default)]
pub struct Lookups {
    slots: alloc::vec::Vec<Cell<Lookup>>,
}

impl Lookups {
    fn slot(&self, class: usize, name: Qstr) -> Option<&Cell<Lookup>> {
        let hash = (class >> 4) ^ (name.number() as usize).wrapping_mul(0x9e37_79b1);
        self.slots
            .get(hash & crate::config::CLASS_LOOKUPS.wrapping_sub(1))
    }

    /// Makes the slots, if there is memory for them.
    pub fn prepare(&mut self) {
        let n = crate::config::CLASS_LOOKUPS;
        if self.slots.is_empty() && self.slots.try_reserve_exact(n).is_ok() {
            let empty = Lookup {
                class: 0,
                name: Qstr::NONE,
                version: 0,
                found: None,
            };
            self.slots.resize(n, Cell::new(empty));
        }
    }
}

/// Whether a class member of this value is read as it is.
pub fn is_plain_value(rt: &Runtime, value: Obj) -> bool {
    if !value.is_ptr() {
        return true;
    }
    let ty = value.ty();
    !binds_self(value)
        && !ty.same(&super::static_method::STATIC_METHOD)
        && !ty.same(&super::static_method::CLASS_METHOD)
        && !is_descriptor(rt, value)
}

/// The word behind an instance's attributes that holds its native base object.
fn native_slot(obj: Obj) -> Option<*mut Option<Obj>> {
    let class = obj.ty().class_data()?;
    class.native?;
    if is_metaclass(obj.ty()) {
        return None;
    }
    // SAFETY: an instance of a class with a native ancestor has one word behind its attributes.
    Some(unsafe { instance_of(obj).as_non_null().add(1).cast().as_ptr() })
}

/// The native base object that an instance of a Python class carries; none before `super().__init__()`.
pub fn native_base(obj: Obj) -> Option<Obj> {
    // SAFETY: `native_slot` gives an initialised word.
    native_slot(obj).and_then(|slot| unsafe { slot.read() })
}

/// Gives an instance its native base object.
pub fn set_native_base(obj: Obj, native: Obj) {
    if let Some(slot) = native_slot(obj) {
        // SAFETY: as above.
        unsafe { slot.write(Some(native)) }
    }
}

/// The object itself, or the native base object of an instance of a Python subclass of a built-in.
#[inline]
pub fn unwrap_native(obj: Obj) -> Obj {
    if obj.is_ptr() && obj.ty().is_class() {
        native_base(obj).unwrap_or(obj)
    } else {
        obj
    }
}

/// Whether objects of this type become methods when found in a class.
#[inline]
pub fn binds_self(value: Obj) -> bool {
    let flags = value.ty().flags();
    flags & TypeFlags::BINDS_SELF != 0 && flags & TypeFlags::BUILTIN_FUN == 0
}

/// Whether a class member of this value makes attribute access special: properties, descriptors.
fn is_descriptor(rt: &Runtime, value: Obj) -> bool {
    if !value.is_ptr() {
        return false;
    }
    let ty = value.ty();
    if ty.same(&super::property::PROPERTY) {
        return true;
    }
    ty.is_class()
        && !is_metaclass(ty)
        && [qstr!("__get__"), qstr!("__set__"), qstr!("__delete__")]
            .iter()
            .any(|name| lookup(rt, ty, *name).is_some())
}

/// Whether a member of this name and value sets [`TypeFlags::SPECIAL_ACCESSORS`].
fn is_special(rt: &Runtime, name: Qstr, value: Obj) -> bool {
    name == qstr!("__setattr__") || name == qstr!("__delattr__") || is_descriptor(rt, value)
}

/// Whether stores into instances of `ty` must look for properties, descriptors or `__setattr__`.
#[inline]
pub fn has_special_accessors(rt: &Runtime, ty: &'static Type) -> bool {
    ty.has(TypeFlags::SPECIAL_ACCESSORS) || (rt.interp.late_special && any_base_is_special(ty))
}

/// Whether `name` is a descriptor of `ty`.
pub fn has_descriptor(rt: &Runtime, ty: &'static Type, name: Qstr) -> bool {
    has_special_accessors(rt, ty)
        && lookup(rt, ty, name).is_some_and(|member| is_descriptor(rt, member))
}

/// Whether a store of `name` into an instance of `ty` goes straight to the instance.
pub fn stores_plainly(rt: &Runtime, ty: &'static Type, name: Qstr) -> bool {
    !has_special_accessors(rt, ty)
        || lookup(rt, ty, qstr!("__setattr__")).is_none()
            && lookup(rt, ty, name).is_none_or(|member| !is_descriptor(rt, member))
}

fn any_base_is_special(ty: &'static Type) -> bool {
    ty.has(TypeFlags::SPECIAL_ACCESSORS)
        || ty
            .class_data()
            .is_some_and(|class| bases(class).any(any_base_is_special))
}

/// A number that changes whenever a method found through `class` may have changed.
#[cfg_attr(not(feature = "small"), inline(always))]
pub fn effective_version(rt: &Runtime, class: Ptr<Class>) -> usize {
    class.version.get().wrapping_add(rt.interp.class_epoch)
}

/// Tells the caches that `name` of a class is about to change from `old` to `new`.
fn note_change(
    rt: &mut Runtime,
    ty: &'static Type,
    name: Qstr,
    old: Option<Obj>,
    new: Option<Obj>,
) {
    // Plain values are never cached: a counter in a class costs nothing.
    let matters = |value: Option<Obj>| {
        value.is_none_or(|value| {
            value.is_ptr() && !value.ty().is_class() || is_descriptor(rt, value)
        })
    };
    if !matters(old) && !matters(new) {
        return;
    }
    if let Some(new) = new
        && is_special(rt, name, new)
    {
        ty.set_flags(TypeFlags::SPECIAL_ACCESSORS);
        rt.interp.late_special |= ty.has(TypeFlags::SUBCLASSED);
    }
    if let Some(class) = ty.class_data() {
        class.version.set(rt.next_class_version());
    }
    if ty.has(TypeFlags::SUBCLASSED) {
        rt.classes_changed();
    }
}

/// Stores (or deletes) an attribute of a class.
pub fn set_class_attr(
    rt: &mut Runtime,
    ty: &'static Type,
    name: Qstr,
    value: Option<Obj>,
) -> R<bool> {
    let Some(class) = ty.class_data() else {
        return Ok(false);
    };
    let old = class.locals.map.get_name(rt, name);
    let makes_descriptors = [qstr!("__get__"), qstr!("__set__"), qstr!("__delete__")];
    if let Some(new) = value
        && (is_special(rt, name, new) || makes_descriptors.contains(&name))
    {
        // Instances may have attributes of that name.
        rt.stores_are_late();
    }
    match value {
        Some(new) => {
            note_change(rt, ty, name, old, Some(new));
            class.locals.map.set_name(rt, name, new)?;
            Ok(true)
        }
        None if old.is_some() => {
            note_change(rt, ty, name, old, None);
            Ok(class.locals.map.remove_name(rt, name).is_some())
        }
        None => Ok(false),
    }
}

/// The built-in function behind a member, for tests on identity.
pub fn is_builtin(value: Obj, fun: &'static BuiltinFun) -> bool {
    value == Ptr::from_ref(fun).obj()
}
