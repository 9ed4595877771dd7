//! `type`: the type of types.

use ferlance_abi::qstr;
use ferlance_abi::qstr::Qstr;

use super::builtin_fun::expect_args;
use super::checked_fun;
use super::class::{self, instance};
use super::dict::{self, Dict};
use super::object::OBJECT;
use super::ptr::Ptr;
use super::tuple::{self, Tuple};
use super::ty::{Attr, Member, PrintKind, Type, TypeFlags, VTable};
use super::word::Obj;
use crate::call::Args;
use crate::exc;
use crate::runtime::{R, Runtime};
use crate::text::print::{Print, Word};

/// `type`.
pub static TYPE: Type = Type::builtin(qstr!("type"), 0, &VT);
/// Behaviour of types.
pub const VT: VTable = VTable {
    make_new: Some(make_new),
    print: Some(print),
    call: Some(call),
    attr: Some(attr),
    set_attr: Some(set_attr),
    ..VTable::NEW
};

fn print(rt: &mut Runtime, obj: Obj, _: PrintKind, out: &mut dyn Print) -> R<()> {
    let name = obj.as_type().map_or(Word("?"), |ty| rt.name_str(ty.name()));
    out.write(rt, b"<class '")?;
    out.write(rt, name.as_bytes())?;
    out.write(rt, b"'>")
}

/// Call of a type: a metaclass may define `__call__`.
fn call(rt: &mut Runtime, obj: Obj, args: Args<'_>) -> R<Obj> {
    if let Some(hook) = class::lookup(rt, obj.ty(), qstr!("__call__")) {
        return instance::call_in_front(rt, hook, obj, args);
    }
    instantiate(rt, obj, args)
}

/// Makes an instance of the type `obj`.
pub fn instantiate(rt: &mut Runtime, obj: Obj, args: Args<'_>) -> R<Obj> {
    let Some(ty) = obj.as_type() else {
        return Err(rt.not_callable(obj));
    };
    match ty.vt().make_new {
        Some(make) => make(rt, ty, args),
        None => {
            let name = rt.name_str(ty.name());
            Err(rt.type_error_fmt(format_args!("can't create '{name}' instances")))
        }
    }
}

/// `type(object)`, `type(name, bases, namespace)`.
fn make_new(rt: &mut Runtime, ty: &'static Type, args: Args<'_>) -> R<Obj> {
    expect_args(rt, args, 1, 3, false)?;
    match *args.pos() {
        [obj] => Ok(obj.ty().shown().obj()),
        [name, bases, locals] => make_class(rt, ty, name, bases, locals),
        _ => Err(rt.type_error("type takes 1 or 3 arguments")),
    }
}

fn make_class(rt: &mut Runtime, meta: &'static Type, name: Obj, bases: Obj, locals: Obj) -> R<Obj> {
    let (Some(text), Some(bases), Some(locals)) = (
        rt.str_bytes(name),
        bases.cast::<Tuple>(),
        locals.cast::<Dict>(),
    ) else {
        return Err(rt.raise(&exc::TYPE_ERROR, &[]));
    };
    let name = match name.as_qstr() {
        Some(name) => name,
        None => rt.intern(text)?,
    };
    // A namespace of its own: whoever holds the dict could change the class behind the caches' back.
    let own = dict::new(rt)?;
    let mut at = 0;
    while let Some((i, key, value)) = locals.map.next_from(at) {
        own.map.store(rt, key, value)?;
        at = i + 1;
    }
    class::new_class(rt, meta, name, bases, own)
}

/// Call of a Python subclass of `type`.
pub fn make_new_meta(rt: &mut Runtime, ty: &'static Type, args: Args<'_>) -> R<Obj> {
    let made = match class::lookup(rt, ty, qstr!("__new__")) {
        Some(new) => {
            let fun = new.cast_static().unwrap_or(new);
            instance::call_in_front(rt, fun, ty.obj(), args)?
        }
        None => make_new(rt, ty, args)?,
    };
    if made.ty().same(ty)
        && let Some(init) = class::lookup(rt, ty, qstr!("__init__"))
    {
        instance::call_in_front(rt, init, made, args)?;
    }
    Ok(made)
}

fn attr(rt: &mut Runtime, obj: Obj, name: Qstr) -> R<Attr> {
    let Some(ty) = obj.as_type() else {
        return Ok(Attr::None);
    };
    if name == qstr!("__name__") {
        return Ok(Attr::Value(Obj::qstr(ty.name())));
    }
    if name == qstr!("__bases__") {
        return bases(rt, ty).map(|bases| Attr::Value(bases.obj()));
    }
    if let Some(data) = ty.class_data() {
        if name == qstr!("__dict__") {
            return Ok(Attr::Value(dict::read_only_copy(
                rt,
                &data.locals.get().map,
            )?));
        }
        if let Some(member) = class::lookup(rt, ty, name) {
            return Ok(bind_to_class(member, obj));
        }
        if let Some(native) = data.native
            && !native.same(&TYPE)
        {
            match member(rt, native, obj, name)? {
                Attr::None => {}
                found => return Ok(found),
            }
        }
    } else {
        if name == qstr!("__dict__") {
            return builtin_dict(rt, ty).map(Attr::Value);
        }
        match member(rt, ty, obj, name)? {
            Attr::None => {}
            found => return Ok(found),
        }
    }
    // A metaclass's own members, for its classes.
    if let Some(member) = class::lookup(rt, obj.ty(), name) {
        return instance::bind(rt, member, obj, obj.ty());
    }
    super::object::type_member(rt, ty, name)
}

/// What a member of a class becomes when it is read from the class: only class and static methods change.
fn bind_to_class(member: Obj, class: Obj) -> Attr {
    if let Some(fun) = member.cast_static() {
        return Attr::Value(fun);
    }
    if member.is_ptr() && member.ty().same(&super::static_method::CLASS_METHOD) {
        return Attr::Method {
            fun: super::static_method::StaticMethod::of(member).fun,
            this: class,
        };
    }
    Attr::Value(member)
}

/// A member of a built-in type, read from the type `this` (itself or a Python subclass).
fn member(rt: &mut Runtime, ty: &'static Type, this: Obj, name: Qstr) -> R<Attr> {
    // Anything is an object, and through a Python subclass come instances of that.
    let checked = this == ty.obj() && !ty.same(&OBJECT);
    let mut at = Some(ty);
    while let Some(found_in) = at {
        #[cfg(feature = "native")]
        if !found_in.has(TypeFlags::RUST) {
            match crate::native::c_type::member(rt, found_in, this, name) {
                Attr::Method { fun, this: own } if own == this => return Ok(Attr::Value(fun)),
                Attr::None => {
                    at = found_in.parent();
                    continue;
                }
                found => return Ok(found),
            }
        }
        match found_in.vt().members.get(name) {
            Some(Member::Fun(fun)) if checked => {
                return checked_fun::new(rt, ty, fun).map(Attr::Value);
            }
            Some(member @ Member::Class(_)) => {
                return Ok(Attr::Method {
                    fun: member.value(rt)?,
                    this,
                });
            }
            Some(member) => return Ok(Attr::Value(member.value(rt)?)),
            None => at = found_in.parent(),
        }
    }
    Ok(Attr::None)
}

/// The bases of any type as a tuple.
pub fn bases(rt: &mut Runtime, ty: &'static Type) -> R<Ptr<Tuple>> {
    if let Some(class) = ty.class_data()
        && !class.bases.is_empty()
    {
        return Ok(class.bases);
    }
    if ty.same(&OBJECT) {
        return tuple::from_slice(rt, &[]);
    }
    let parent = ty.parent().filter(|_| !ty.is_class()).unwrap_or(&OBJECT);
    tuple::from_slice(rt, &[parent.obj()])
}

/// The members of a built-in type as a dict.
fn builtin_dict(rt: &mut Runtime, ty: &'static Type) -> R<Obj> {
    let copy = dict::new(rt)?;
    for (name, member) in ty.vt().members.iter() {
        let value = member.value(rt)?;
        copy.map.set_name(rt, name, value)?;
    }
    Ok(copy.obj())
}

fn set_attr(rt: &mut Runtime, obj: Obj, name: Qstr, value: Option<Obj>) -> R<bool> {
    match obj.as_type() {
        Some(ty) => class::set_class_attr(rt, ty, name, value),
        None => Ok(false),
    }
}
