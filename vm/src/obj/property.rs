//! `property` (layout: spec native-abi 3.5).

use core::cell::Cell;

use ferlance_abi::qstr;

use super::ptr::{Ptr, PyType};
use super::ty::{Header, Members, Type, VTable};
use super::word::Obj;
use crate::call::Args;
use crate::members;
use crate::obj::builtin_fun::{BuiltinFun, expect_args};
use crate::runtime::{R, Runtime};

/// `property`.
pub static PROPERTY: Type = Type::builtin(qstr!("property"), 0, &VT);
static VT: VTable = VTable {
    make_new: Some(make_new),
    members: &MEMBERS,
    ..VTable::NEW
};
static MEMBERS: Members = members! {
    "getter" => Fun(&GETTER),
    "setter" => Fun(&SETTER),
    "deleter" => Fun(&DELETER),
};
static GETTER: BuiltinFun = BuiltinFun::f2(qstr!("getter"), getter);
static SETTER: BuiltinFun = BuiltinFun::f2(qstr!("setter"), setter);
static DELETER: BuiltinFun = BuiltinFun::f2(qstr!("deleter"), deleter);

/// A property.
#[repr(C)]
pub struct Property {
    base: Header,
    /// Called to read.
    pub getter: Cell<Option<Obj>>,
    /// Called to store.
    pub setter: Cell<Option<Obj>>,
    /// Called to delete.
    pub deleter: Cell<Option<Obj>>,
}

// SAFETY: every structure of type PROPERTY is a `Property`.
unsafe impl PyType for Property {
    fn ty() -> &'static Type {
        &PROPERTY
    }
}

fn make_new(rt: &mut Runtime, _: &'static Type, args: Args<'_>) -> R<Obj> {
    expect_args(rt, args, 0, 4, true)?;
    let arg = |i: usize, name| {
        args.get(i)
            .or_else(|| args.keyword(name))
            .filter(|value| !value.is_none())
    };
    let property = Property {
        base: Header::new(&PROPERTY),
        getter: Cell::new(arg(0, qstr!("fget"))),
        setter: Cell::new(arg(1, qstr!("fset"))),
        deleter: Cell::new(arg(2, qstr!("fdel"))),
    };
    Ok(rt.new_obj(property)?.obj())
}

fn with(rt: &mut Runtime, this: Obj, change: impl FnOnce(&Property)) -> R<Obj> {
    let Some(old) = this.cast::<Property>() else {
        return Err(rt.type_error_of("argument should be a 'property' not a '{}'", this));
    };
    let new: Ptr<Property> = rt.new_obj(Property {
        base: Header::new(&PROPERTY),
        getter: old.getter.clone(),
        setter: old.setter.clone(),
        deleter: old.deleter.clone(),
    })?;
    change(new.get());
    Ok(new.obj())
}

fn getter(rt: &mut Runtime, this: Obj, fun: Obj) -> R<Obj> {
    with(rt, this, |p| p.getter.set(Some(fun)))
}

fn setter(rt: &mut Runtime, this: Obj, fun: Obj) -> R<Obj> {
    with(rt, this, |p| p.setter.set(Some(fun)))
}

fn deleter(rt: &mut Runtime, this: Obj, fun: Obj) -> R<Obj> {
    with(rt, this, |p| p.deleter.set(Some(fun)))
}
