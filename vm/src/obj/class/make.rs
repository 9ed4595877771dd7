//! Making classes and instances.

use core::cell::Cell;

use ferlance_abi::qstr;
use ferlance_abi::qstr::Qstr;

use super::{Class, Instance, effective_version, is_metaclass, is_special, lookup};
use crate::call::Args;
use crate::exc;
use crate::obj::builtin_fun::BuiltinFun;
use crate::obj::cell::Cell as PyCell;
use crate::obj::dict::{self, Dict};
use crate::obj::map::Map;
use crate::obj::object::OBJECT;
use crate::obj::ptr::Ptr;
use crate::obj::static_method;
use crate::obj::tuple::{self, Tuple};
use crate::obj::ty::{Header, Type, TypeFlags};
use crate::obj::type_type::TYPE;
use crate::obj::word::Obj;
use crate::runtime::{R, Runtime};

/// `__build_class__(body, name, *bases)`: what a `class` statement calls.
pub static BUILD_CLASS: BuiltinFun =
    BuiltinFun::var(qstr!("__build_class__"), 2, u16::MAX, build_class);

/// Runs a class body and makes the class.
pub fn build_class(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    let (body, name) = (args.pos()[0], args.pos()[1]);
    let bases = tuple::from_slice(rt, &args.pos()[2..])?;
    let locals = dict::new(rt)?;
    let before = rt.interp.locals.replace(locals);
    let cell = rt.call(body, &[]);
    rt.interp.locals = before;
    let cell = cell?;
    let meta = match bases.item(0) {
        Some(base) => base.ty(),
        None => &TYPE,
    };
    let class = rt.call(meta.obj(), &[name, bases.obj(), locals.obj()])?;
    if let Some(cell) = cell.cast::<PyCell>() {
        cell.value.set(Some(class));
    }
    Ok(class)
}

/// A class object. `meta` is its type, `locals` becomes its namespace.
pub fn new_class(
    rt: &mut Runtime,
    meta: &'static Type,
    name: Qstr,
    bases: Ptr<Tuple>,
    locals: Ptr<Dict>,
) -> R<Obj> {
    let mut native: Option<&'static Type> = None;
    let mut flags = 0;
    for base in bases.items() {
        let Some(base) = base.get().as_type() else {
            return Err(rt.raise(&exc::TYPE_ERROR, &[]));
        };
        let of_base = match base.class_data() {
            Some(class) => class.native,
            None if !base.makes_instances() => {
                let ty = rt.name_str(base.name());
                return Err(
                    rt.type_error_fmt(format_args!("type '{ty}' isn't an acceptable base type"))
                );
            }
            None if base.same(&OBJECT) => None,
            None => Some(base),
        };
        flags |= base.flags() & TypeFlags::SPECIAL_ACCESSORS;
        match (native, of_base) {
            (Some(a), Some(b)) if !a.same(b) => {
                return Err(rt.type_error("multiple bases have instance lay-out conflict"));
            }
            (None, Some(b)) => native = Some(b),
            _ => {}
        }
        if base.is_class() {
            base.set_flags(TypeFlags::SUBCLASSED);
        }
    }
    // `__new__` is a static method, whether it says so or not.
    let new = qstr!("__new__");
    if let Some(fun) = locals.map.get_name(rt, new)
        && super::binds_self(fun)
    {
        let wrapped = static_method::new(rt, fun)?;
        locals.map.set_name(rt, new, wrapped)?;
    }
    let mut at = 0;
    while let Some((i, key, value)) = locals.map.next_from(at) {
        if let Some(name) = key.as_qstr()
            && is_special(rt, name, value)
        {
            flags |= TypeFlags::SPECIAL_ACCESSORS;
        }
        at = i + 1;
    }
    if !native.is_some_and(|native| native.same(&TYPE)) {
        let hook = qstr!("__setattr__");
        let is_hooked = lookup_in(rt, locals, hook).is_some()
            || bases.items().iter().any(|base| {
                let base = base.get().as_type();
                base.is_some_and(|base| lookup(rt, base, hook).is_some())
            });
        flags |= TypeFlags::OWN_ATTRS;
        if !is_hooked {
            flags |= TypeFlags::STORES_OWN;
        }
    }
    rt.interp.lookups.prepare();
    let version = rt.next_class_version();
    let class = rt.new_obj(Class {
        locals,
        bases,
        native,
        version: Cell::new(version),
        room: Cell::new(0),
        init: Cell::new(None),
        init_version: Cell::new(0),
    })?;
    let eq = lookup_in(rt, locals, qstr!("__eq__")).is_some();
    if eq {
        flags |= TypeFlags::EQ_NOT_REFLEXIVE;
    }
    flags |= TypeFlags::EQ_CHECKS_OTHER_TYPE | TypeFlags::EQ_HAS_NE;
    if bases.items().iter().any(|b| {
        b.get()
            .as_type()
            .is_some_and(|b| b.is_class() && b.has(TypeFlags::EQ_NOT_REFLEXIVE))
    }) {
        flags |= TypeFlags::EQ_NOT_REFLEXIVE;
    }
    let vt = if native.is_some_and(|native| native.same(&TYPE)) {
        &super::special::META_VT
    } else {
        &super::instance::VT
    };
    let ty = rt.new_obj(Type::class(meta, name, flags, vt, class))?.obj();
    set_names(rt, ty, locals)?;
    Ok(ty)
}

fn lookup_in(rt: &Runtime, locals: Ptr<Dict>, name: Qstr) -> Option<Obj> {
    locals.map.get_name(rt, name)
}

/// Calls `__set_name__` of the members that have it.
fn set_names(rt: &mut Runtime, class: Obj, locals: Ptr<Dict>) -> R<()> {
    let mut at = 0;
    while let Some((i, key, value)) = locals.map.next_from(at) {
        at = i + 1;
        if value.is_ptr()
            && value.ty().is_class()
            && !is_metaclass(value.ty())
            && lookup(rt, value.ty(), qstr!("__set_name__")).is_some()
        {
            rt.call_method(value, qstr!("__set_name__"), &[class, key])?;
        }
    }
    Ok(())
}

/// A new instance without attributes; a native base object is still to come.
pub fn new_instance(rt: &mut Runtime, ty: &'static Type) -> R<Obj> {
    let words = size_of::<Instance>() / size_of::<usize>();
    let has_native = ty.class_data().is_some_and(|class| class.native.is_some());
    if !has_native {
        return Ok(rt
            .new_obj(Instance {
                base: Header::new(ty),
                attrs: Map::new(),
            })?
            .obj());
    }
    let at = rt.alloc_words(words + 1, false)?;
    // SAFETY: the block holds the instance and one word.
    unsafe {
        at.cast::<Instance>().write(Instance {
            base: Header::new(ty),
            attrs: Map::new(),
        });
        at.add(words).write(0);
        Ok(Ptr::<Instance>::from_non_null(at.cast()).obj())
    }
}

/// What calling the class `ty` does when it is nothing special: `Some(init)` = make an instance and call `init`
/// (if it has one) with it; `None` = it has its own `__new__`, a built-in base, or a metaclass.
#[inline]
pub fn plain_init(rt: &Runtime, ty: &'static Type) -> Option<Option<Obj>> {
    let class = ty.class_data()?;
    if class.init_version.get() == effective_version(rt, class) {
        return Some(class.init.get());
    }
    find_plain_init(rt, ty, class)
}

#[cold]
fn find_plain_init(rt: &Runtime, ty: &'static Type, class: Ptr<Class>) -> Option<Option<Obj>> {
    if class.native.is_some()
        || !ty.obj().ty().same(&TYPE)
        || lookup(rt, ty, qstr!("__new__")).is_some()
    {
        return None;
    }
    let init = lookup(rt, ty, qstr!("__init__"));
    if init.is_some_and(|init| !super::binds_self(init)) {
        return None;
    }
    class.init.set(init);
    class.init_version.set(effective_version(rt, class));
    Some(init)
}

/// What a call of a class without `__init__` gives: stock accepts any arguments.
pub fn no_init_args(
    _rt: &mut Runtime,
    _ty: &'static Type,
    this: Obj,
    _n_pos: usize,
    _n_kw: usize,
) -> R<Obj> {
    Ok(this)
}
