//! What instances of Python classes can do: special methods, then the native base object.

use ferlance_abi::ops::{BinaryOp, UnaryOp};
use ferlance_abi::qstr;
use ferlance_abi::qstr::Qstr;

use super::special::{binary_name, unary_name};
use super::{binds_self, instance_of, is_descriptor, lookup, native_base, unwrap_native};
use crate::call::Args;
use crate::exc;
use crate::obj::object::identity_hash;
use crate::obj::property::Property;
use crate::obj::static_method::{CLASS_METHOD, STATIC_METHOD, StaticMethod};
use crate::obj::ty::{Access, Attr, Buffer, PrintKind, Type, VTable};
use crate::obj::word::Obj;
use crate::obj::{dict, getitem_iter, not_implemented};
use crate::runtime::{R, Runtime};
use crate::text::print::{Hex, Print};

/// Behaviour of all instances.
pub static VT: VTable = VTable {
    make_new: Some(make_new),
    print: Some(print),
    call: Some(call),
    unary: Some(unary),
    binary: Some(binary),
    attr: Some(attr),
    set_attr: Some(set_attr),
    subscr: Some(subscr),
    iter: Some(iter),
    next: Some(next),
    buffer: Some(buffer),
    stream: None,
    ..VTable::NEW
};

/// Call of a class: `__new__`, then `__init__`.
fn make_new(rt: &mut Runtime, ty: &'static Type, args: Args<'_>) -> R<Obj> {
    let new = lookup(rt, ty, qstr!("__new__"));
    let this = match new {
        Some(new) => {
            let fun = match new.cast_static() {
                Some(fun) => fun,
                None => new,
            };
            let this = call_in_front(rt, fun, ty.obj(), args)?;
            if !crate::exc::is_instance(this, ty) {
                return Ok(this);
            }
            this
        }
        None => super::new_instance(rt, ty)?,
    };
    let native = ty.class_data().and_then(|class| class.native);
    if let Some(init) = lookup(rt, ty, qstr!("__init__")) {
        // The arguments of an exception are kept even if `__init__` does not pass them on.
        if let Some(native) = native
            && exc::is_subclass(native, &exc::BASE_EXCEPTION)
            && this.ty().is_class()
            && native_base(this).is_none()
        {
            init_native(rt, this, native, Args::positional(args.pos()))?;
        }
        let result = match bind(rt, init, this, this.ty())? {
            Attr::Method { fun, this } => call_in_front(rt, fun, this, args)?,
            Attr::Value(fun) => rt.call_args(fun, args)?,
            Attr::None => Obj::NONE,
        };
        if !result.is_none() {
            return Err(rt.type_error_of("__init__() should return None, not '{}'", result));
        }
    } else if let Some(native) = native
        && this.ty().is_class()
        && native_base(this).is_none()
    {
        init_native(rt, this, native, args)?;
    }
    Ok(this)
}

/// Makes the native base object of an instance: what `super().__init__(…)` of a built-in base does.
pub fn init_native(rt: &mut Runtime, this: Obj, native: &'static Type, args: Args<'_>) -> R<()> {
    let Some(make) = native.vt().make_new else {
        return Ok(());
    };
    let object = make(rt, native, args)?;
    super::set_native_base(this, object);
    Ok(())
}

/// Calls `fun` with one more argument in front.
pub fn call_in_front(rt: &mut Runtime, fun: Obj, first: Obj, args: Args<'_>) -> R<Obj> {
    let values = args.values();
    let mut small = [Obj::NONE; 8];
    if values.len() < small.len() {
        small[0] = first;
        small[1..=values.len()].copy_from_slice(values);
        return rt.call_args(fun, Args::new(&small[..=values.len()], args.n_pos() + 1));
    }
    let mut all = ferlance_collections::TryVec::new();
    if all.push(first).is_err() || all.extend_from_slice(values).is_err() {
        return Err(rt.no_memory(size_of_val(values)));
    }
    rt.call_args(fun, Args::new(&all, args.n_pos() + 1))
}

impl Obj {
    /// The function inside a static method.
    pub(crate) fn cast_static(self) -> Option<Obj> {
        (self.is_ptr() && self.ty().same(&STATIC_METHOD)).then(|| StaticMethod::of(self).fun)
    }
}

/// What a class member becomes when it is read from `this`, an instance of `ty`.
pub fn bind(rt: &mut Runtime, member: Obj, this: Obj, ty: &'static Type) -> R<Attr> {
    if !member.is_ptr() {
        return Ok(Attr::Value(member));
    }
    if binds_self(member) {
        return Ok(Attr::Method { fun: member, this });
    }
    let kind = member.ty();
    if kind.same(&STATIC_METHOD) {
        return Ok(Attr::Value(StaticMethod::of(member).fun));
    }
    if kind.same(&CLASS_METHOD) {
        return Ok(Attr::Method {
            fun: StaticMethod::of(member).fun,
            this: ty.obj(),
        });
    }
    if let Some(property) = member.cast::<Property>() {
        return match property.getter.get() {
            Some(getter) => Ok(Attr::Value(rt.call(getter, &[this])?)),
            None => Err(rt.raise_msg(&exc::ATTRIBUTE_ERROR, "unreadable attribute")),
        };
    }
    if is_descriptor(rt, member) && lookup(rt, kind, qstr!("__get__")).is_some() {
        return Ok(Attr::Value(rt.call_method(
            member,
            qstr!("__get__"),
            &[this, ty.obj()],
        )?));
    }
    Ok(Attr::Value(member))
}

fn attr(rt: &mut Runtime, obj: Obj, name: Qstr) -> R<Attr> {
    let instance = instance_of(obj);
    if let Some(value) = instance.attrs.get_name(rt, name) {
        return Ok(Attr::Value(value));
    }
    let ty = obj.ty();
    if name == qstr!("__dict__") {
        return Ok(Attr::Value(dict::read_only_copy(rt, &instance.attrs)?));
    }
    if let Some(member) = lookup(rt, ty, name) {
        return bind(rt, member, obj, ty);
    }
    if let Some(native_type) = ty.class_data().and_then(|class| class.native) {
        match native_base(obj) {
            Some(native) => match rt.find_attr(native, name)? {
                Attr::None => {}
                found => return Ok(found),
            },
            None => {
                if native_type.vt().members.get(name).is_some() {
                    return Err(
                        rt.raise_msg(&exc::ATTRIBUTE_ERROR, "call super().__init__() first")
                    );
                }
            }
        }
    }
    match crate::obj::object::member(rt, obj, name)? {
        Attr::None => {}
        found => return Ok(found),
    }
    if let Some(hook) = lookup(rt, ty, qstr!("__getattr__")) {
        return Ok(Attr::Value(rt.call(hook, &[obj, Obj::qstr(name)])?));
    }
    Ok(Attr::None)
}

fn set_attr(rt: &mut Runtime, obj: Obj, name: Qstr, value: Option<Obj>) -> R<bool> {
    let ty = obj.ty();
    if super::has_special_accessors(rt, ty) {
        if let Some(member) = lookup(rt, ty, name)
            && is_descriptor(rt, member)
        {
            if let Some(property) = member.cast::<Property>() {
                let fun = match value {
                    Some(_) => property.setter.get(),
                    None => property.deleter.get(),
                };
                let Some(fun) = fun else { return Ok(false) };
                match value {
                    Some(value) => rt.call(fun, &[obj, value])?,
                    None => rt.call(fun, &[obj])?,
                };
                return Ok(true);
            }
            let hook = if value.is_some() {
                qstr!("__set__")
            } else {
                qstr!("__delete__")
            };
            if lookup(rt, member.ty(), hook).is_some() {
                match value {
                    Some(value) => rt.call_method(member, hook, &[obj, value])?,
                    None => rt.call_method(member, hook, &[obj])?,
                };
                return Ok(true);
            }
        }
        let hook = if value.is_some() {
            qstr!("__setattr__")
        } else {
            qstr!("__delattr__")
        };
        if let Some(hook) = lookup(rt, ty, hook) {
            match value {
                Some(value) => rt.call(hook, &[obj, Obj::qstr(name), value])?,
                None => rt.call(hook, &[obj, Obj::qstr(name)])?,
            };
            return Ok(true);
        }
    }
    store_own(rt, obj, name, value)
}

/// Stores into (or deletes from) the instance's own attributes.
pub fn store_own(rt: &mut Runtime, obj: Obj, name: Qstr, value: Option<Obj>) -> R<bool> {
    let instance = instance_of(obj);
    match value {
        Some(value) => {
            rt.name_is_own(name);
            instance.attrs.set_name(rt, name, value)?;
            Ok(true)
        }
        None => Ok(instance.attrs.remove_name(rt, name).is_some()),
    }
}

/// The special method `name` of an instance's class, bound.
fn special(rt: &mut Runtime, obj: Obj, name: Qstr) -> R<Option<(Obj, Option<Obj>)>> {
    let ty = obj.ty();
    let Some(member) = lookup(rt, ty, name) else {
        return Ok(None);
    };
    if binds_self(member) {
        return Ok(Some((member, Some(obj))));
    }
    Ok(match bind(rt, member, obj, ty)? {
        Attr::Method { fun, this } => Some((fun, Some(this))),
        Attr::Value(fun) => Some((fun, None)),
        Attr::None => None,
    })
}

/// Calls the special method `name`, if the class has it.
fn call_special(rt: &mut Runtime, obj: Obj, name: Qstr, args: &[Obj]) -> R<Option<Obj>> {
    match special(rt, obj, name)? {
        Some((fun, this)) => rt.call_with(fun, this, args).map(Some),
        None => Ok(None),
    }
}

fn print(rt: &mut Runtime, obj: Obj, kind: PrintKind, out: &mut dyn Print) -> R<()> {
    let names: &[Qstr] = match kind {
        PrintKind::Str | PrintKind::Exc | PrintKind::Json => &[qstr!("__str__"), qstr!("__repr__")],
        PrintKind::Repr => &[qstr!("__repr__")],
    };
    for (i, name) in names.iter().enumerate() {
        // An exception prints its arguments rather than its `__repr__`.
        if i == 1 && native_base(obj).is_some() && kind != PrintKind::Json {
            break;
        }
        if let Some(text) = call_special(rt, obj, *name, &[])? {
            return rt.print(text, PrintKind::Str, out);
        }
    }
    if let Some(native) = native_base(obj) {
        if exc::is_instance(native, &exc::BASE_EXCEPTION) && kind == PrintKind::Repr {
            let name = rt.type_name(obj);
            out.write(rt, name.as_bytes())?;
            return crate::obj::exception::print_args(rt, native, out);
        }
        return rt.print(native, kind, out);
    }
    let name = rt.type_name(obj);
    out.write(rt, b"<")?;
    out.write(rt, name.as_bytes())?;
    crate::text::print::write_fmt(rt, out, format_args!(" object at {}>", Hex(obj.raw())))
}

fn call(rt: &mut Runtime, obj: Obj, args: Args<'_>) -> R<Obj> {
    match special(rt, obj, qstr!("__call__"))? {
        Some((fun, Some(this))) => call_in_front(rt, fun, this, args),
        Some((fun, None)) => rt.call_args(fun, args),
        None => match native_base(obj) {
            Some(native) => rt.call_args(native, args),
            None => Err(rt.not_callable(obj)),
        },
    }
}

/// Whether `callable(obj)` holds for an instance.
pub fn is_callable(rt: &Runtime, obj: Obj) -> bool {
    lookup(rt, obj.ty(), qstr!("__call__")).is_some()
}

fn unary(rt: &mut Runtime, op: UnaryOp, obj: Obj) -> R<Option<Obj>> {
    let Some(name) = unary_name(op) else {
        return Ok(None);
    };
    if let Some(value) = call_special(rt, obj, name, &[])? {
        if op == UnaryOp::Hash {
            // A hash beyond a small int is cut down to one.
            let word = crate::obj::int::low_word(value) as isize;
            return Ok(Some(Obj::int(word >> 2))
                .filter(|_| !value.is_small())
                .or(Some(value)));
        }
        return Ok(Some(value));
    }
    if let Some(native) = native_base(obj) {
        // Stock gives a subclass of bytes no length.
        if op == UnaryOp::Len && native.ty().same(&crate::obj::bytes::BYTES) {
            return Ok(None);
        }
        return rt.unary_maybe(op, native);
    }
    match op {
        UnaryOp::Hash if lookup(rt, obj.ty(), qstr!("__eq__")).is_none() => {
            Ok(Some(identity_hash(obj)))
        }
        _ => Ok(None),
    }
}

fn binary(rt: &mut Runtime, op: BinaryOp, lhs: Obj, rhs: Obj) -> R<Option<Obj>> {
    let Some(name) = binary_name(op) else {
        return Ok(None);
    };
    if let Some(value) = call_special(rt, lhs, name, &[rhs])? {
        return Ok((value != not_implemented::object()).then_some(value));
    }
    if op == BinaryOp::NotEqual {
        return Ok(None);
    }
    let Some(native) = native_base(lhs) else {
        return Ok(None);
    };
    let other = unwrap_native(rhs);
    match native.ty().vt().binary {
        Some(binary) => {
            if op == BinaryOp::Equal {
                return Ok(Some(Obj::bool(rt.equal(native, other)?)));
            }
            if let Some(plain) = super::special::from_reverse(op)
                && let Some(binary) = other.ty().vt().binary
                && let Some(value) = binary(rt, plain, other, native)?
            {
                return Ok(Some(value));
            }
            binary(rt, op, native, other)
        }
        None => Ok(None),
    }
}

fn subscr(rt: &mut Runtime, obj: Obj, index: Obj, access: Access) -> R<Option<Obj>> {
    let value = match access {
        Access::Load => call_special(rt, obj, qstr!("__getitem__"), &[index])?,
        Access::Store(value) => call_special(rt, obj, qstr!("__setitem__"), &[index, value])?,
        Access::Delete => call_special(rt, obj, qstr!("__delitem__"), &[index])?,
    };
    if value.is_some() {
        return Ok(value);
    }
    match native_base(obj) {
        Some(native) => rt.subscr(native, index, access).map(Some),
        None => Ok(None),
    }
}

fn iter(rt: &mut Runtime, obj: Obj) -> R<Obj> {
    if let Some(iter) = call_special(rt, obj, qstr!("__iter__"), &[])? {
        return Ok(iter);
    }
    if let Some(native) = native_base(obj) {
        return rt.get_iter(native);
    }
    if lookup(rt, obj.ty(), qstr!("__getitem__")).is_some() {
        return getitem_iter::new(rt, obj);
    }
    Err(rt.not_iterable(obj))
}

fn next(rt: &mut Runtime, obj: Obj) -> R<Option<Obj>> {
    if let Some(value) = call_special(rt, obj, qstr!("__next__"), &[])? {
        return Ok(Some(value));
    }
    if let Some(native) = native_base(obj) {
        return rt.next(native);
    }
    Err(rt.type_error_of("'{}' object isn't an iterator", obj))
}

fn buffer(rt: &mut Runtime, obj: Obj, write: bool) -> Option<Buffer> {
    let native = native_base(obj)?;
    native.ty().vt().buffer?(rt, native, write)
}
