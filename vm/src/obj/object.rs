//! `object`: the root of all types.

use ferlance_abi::qstr;
use ferlance_abi::qstr::Qstr;

use super::class::{self, instance};
use super::ptr::Ptr;
use super::ty::{Attr, Header, Member, Members, Type, VTable};
use super::word::Obj;
use crate::call::Args;
use crate::exc;
use crate::members;
use crate::obj::builtin_fun::{BuiltinFun, expect_args};
use crate::runtime::{R, Runtime};

/// `object`.
pub static OBJECT: Type = Type::builtin(qstr!("object"), 0, &VT);
static VT: VTable = VTable {
    make_new: Some(make_new),
    members: &MEMBERS,
    ..VTable::NEW
};
static MEMBERS: Members = members! {
    "__init__" => Fun(&INIT),
    "__new__" => Static(&NEW),
    "__setattr__" => Fun(&SETATTR),
    "__delattr__" => Fun(&DELATTR),
};
static INIT: BuiltinFun = BuiltinFun::var(qstr!("__init__"), 1, 1, |_, _| Ok(Obj::NONE));
static NEW: BuiltinFun = BuiltinFun::kw(qstr!("__new__"), 1, u16::MAX, new);
static SETATTR: BuiltinFun = BuiltinFun::f3(qstr!("__setattr__"), setattr);
static DELATTR: BuiltinFun = BuiltinFun::f2(qstr!("__delattr__"), delattr);

/// A bare `object()`.
#[repr(C)]
struct Object {
    base: Header,
}

fn make_new(rt: &mut Runtime, _: &'static Type, args: Args<'_>) -> R<Obj> {
    expect_args(rt, args, 0, 0, false)?;
    let made: Ptr<Object> = rt.new_leaf(Object {
        base: Header::new(&OBJECT),
    })?;
    Ok(made.obj())
}

fn new(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    // An instance of a metaclass is a type, which only `type` can make.
    let Some(ty) = args.pos()[0]
        .as_type()
        .filter(|ty| ty.is_class() && !class::is_metaclass(ty))
    else {
        return Err(rt.type_error("arg must be user-type"));
    };
    let this = class::new_instance(rt, ty)?;
    // A built-in base gets the arguments of the call, unless an `__init__` will say otherwise.
    if let Some(native) = ty.class_data().and_then(|class| class.native)
        && class::lookup(rt, ty, qstr!("__init__")).is_none()
    {
        instance::init_native(rt, this, native, args.skip(1))?;
    }
    Ok(this)
}

fn user_instance(rt: &mut Runtime, this: Obj) -> R<()> {
    if this.is_ptr() && this.ty().is_class() && !class::is_metaclass(this.ty()) {
        return Ok(());
    }
    Err(rt.type_error("arg must be user-type"))
}

fn setattr(rt: &mut Runtime, this: Obj, name: Obj, value: Obj) -> R<Obj> {
    user_instance(rt, this)?;
    let name = rt.attr_name(name)?;
    if class::has_descriptor(rt, this.ty(), name) {
        rt.stores_are_late();
    }
    instance::store_own(rt, this, name, Some(value))?;
    Ok(Obj::NONE)
}

fn delattr(rt: &mut Runtime, this: Obj, name: Obj) -> R<Obj> {
    user_instance(rt, this)?;
    let name = rt.attr_name(name)?;
    if instance::store_own(rt, this, name, None)? {
        return Ok(Obj::NONE);
    }
    Err(rt.raise_msg(&exc::ATTRIBUTE_ERROR, "no such attribute"))
}

/// A member of `object` itself, for an instance.
pub fn member(rt: &mut Runtime, this: Obj, name: Qstr) -> R<Attr> {
    match MEMBERS.get(name) {
        Some(member @ Member::Fun(_)) => Ok(Attr::Method {
            fun: member.value(rt)?,
            this,
        }),
        Some(member) => Ok(Attr::Value(member.value(rt)?)),
        None => Ok(Attr::None),
    }
}

/// A member of `object`, or what every class has, read from a class.
pub fn type_member(rt: &mut Runtime, ty: &'static Type, name: Qstr) -> R<Attr> {
    if ty.is_class() || ty.same(&OBJECT) {
        return match MEMBERS.get(name) {
            Some(member) => Ok(Attr::Value(member.value(rt)?)),
            None => Ok(Attr::None),
        };
    }
    Ok(Attr::None)
}

/// The hash of an object by identity.
pub fn identity_hash(obj: Obj) -> Obj {
    // Not mixed: objects made one after the other are to be neighbours in a table, too, which puts up with regular
    // distances.
    Obj::int((obj.raw() >> 3) as isize)
}
