//! Functions about objects and their attributes.

use ferlance_abi::ops::UnaryOp;
use ferlance_abi::qstr;
use ferlance_abi::qstr::Qstr;

use crate::call::Args;
use crate::obj::builtin_fun::BuiltinFun;
use crate::obj::class;
use crate::obj::list;
use crate::obj::module::Module;
use crate::obj::tuple::Tuple;
use crate::obj::ty::{Attr, Type, TypeFlags};
use crate::obj::word::Obj;
use crate::runtime::{R, Runtime};

/// `callable(obj)`
pub static CALLABLE: BuiltinFun = BuiltinFun::f1(qstr!("callable"), callable);
/// `id(obj)`
pub static ID: BuiltinFun = BuiltinFun::f1(qstr!("id"), |rt, obj| {
    crate::obj::int::from_usize(rt, obj.raw())
});
/// `hash(obj)`
pub static HASH: BuiltinFun = BuiltinFun::f1(qstr!("hash"), hash);
/// `isinstance(obj, class)`
pub static ISINSTANCE: BuiltinFun = BuiltinFun::f2(qstr!("isinstance"), isinstance);
/// `issubclass(class, class)`
pub static ISSUBCLASS: BuiltinFun = BuiltinFun::f2(qstr!("issubclass"), issubclass);
/// `getattr(obj, name[, default])`
pub static GETATTR: BuiltinFun = BuiltinFun::var(qstr!("getattr"), 2, 3, getattr);
/// `setattr(obj, name, value)`
pub static SETATTR: BuiltinFun = BuiltinFun::f3(qstr!("setattr"), setattr);
/// `delattr(obj, name)`
pub static DELATTR: BuiltinFun = BuiltinFun::f2(qstr!("delattr"), delattr);
/// `hasattr(obj, name)`
pub static HASATTR: BuiltinFun = BuiltinFun::f2(qstr!("hasattr"), hasattr);
/// `dir([obj])`
pub static DIR: BuiltinFun = BuiltinFun::var(qstr!("dir"), 0, 1, dir);

fn callable(rt: &mut Runtime, obj: Obj) -> R<Obj> {
    let ty = obj.ty();
    let yes = if ty.is_class() && !class::is_metaclass(ty) {
        class::instance::is_callable(rt, obj)
    } else {
        ty.vt().call.is_some()
    };
    Ok(Obj::bool(yes))
}

fn hash(rt: &mut Runtime, obj: Obj) -> R<Obj> {
    if obj.is_qstr() {
        let hash = rt.hash(obj)?;
        return Ok(Obj::int(hash as isize & crate::obj::word::SMALL_MAX));
    }
    rt.unary_op(UnaryOp::Hash, obj)
}

fn isinstance(rt: &mut Runtime, obj: Obj, what: Obj) -> R<Obj> {
    subclass_of(rt, obj.ty(), what)
}

fn issubclass(rt: &mut Runtime, class: Obj, what: Obj) -> R<Obj> {
    match class.as_type() {
        Some(ty) => subclass_of(rt, ty, what),
        None => Err(rt.type_error("issubclass() arg 1 must be a class")),
    }
}

fn subclass_of(rt: &mut Runtime, ty: &'static Type, what: Obj) -> R<Obj> {
    if let Some(base) = what.as_type() {
        return Ok(Obj::bool(class::is_subclass(ty, base)));
    }
    let Some(classes) = what.cast::<Tuple>() else {
        return Err(rt.type_error("issubclass() arg 2 must be a class or a tuple of classes"));
    };
    for base in classes.items() {
        // What is no class in the tuple is nobody's base.
        if let Some(base) = base.get().as_type()
            && class::is_subclass(ty, base)
        {
            return Ok(Obj::TRUE);
        }
    }
    Ok(Obj::FALSE)
}

fn getattr(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    let (obj, name) = (args.pos()[0], args.pos()[1]);
    let name = rt.attr_name(name)?;
    match args.get(2) {
        None => rt.load_attr(obj, name),
        Some(default) => Ok(rt.load_attr_maybe(obj, name)?.unwrap_or(default)),
    }
}

fn setattr(rt: &mut Runtime, obj: Obj, name: Obj, value: Obj) -> R<Obj> {
    let name = rt.attr_name(name)?;
    rt.store_attr(obj, name, Some(value))?;
    Ok(Obj::NONE)
}

fn delattr(rt: &mut Runtime, obj: Obj, name: Obj) -> R<Obj> {
    let name = rt.attr_name(name)?;
    rt.store_attr(obj, name, None)?;
    Ok(Obj::NONE)
}

fn hasattr(rt: &mut Runtime, obj: Obj, name: Obj) -> R<Obj> {
    let name = rt.attr_name(name)?;
    Ok(Obj::bool(rt.load_attr_maybe(obj, name)?.is_some()))
}

/// The names that `dir` gives for an object.
pub fn names_of(rt: &mut Runtime, obj: Obj) -> R<Obj> {
    dir(rt, Args::new(&[obj], 1))
}

fn dir(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    let names = list::with_capacity(rt, 0)?;
    let mut add = |rt: &mut Runtime, name: Obj| -> R<()> {
        // A name stands once, however many bases have it.
        for known in names.items() {
            if known.get() == name {
                return Ok(());
            }
        }
        names.push(rt, name)
    };
    let Some(obj) = args.get(0) else {
        if let Some(globals) = rt.interp.locals.or(rt.interp.globals()) {
            let mut at = 0;
            while let Some((i, key, _)) = globals.map.next_from(at) {
                add(rt, key)?;
                at = i + 1;
            }
        }
        return Ok(names.obj());
    };
    if obj.is_ptr()
        && obj.ty().is_class()
        && !class::is_metaclass(obj.ty())
        && class::lookup(rt, obj.ty(), qstr!("__dir__")).is_some()
    {
        return rt.call_method(obj, qstr!("__dir__"), &[]);
    }
    if let Some(module) = obj.cast::<Module>() {
        if let Some(def) = module.def {
            for (name, _) in def.members.iter() {
                add(rt, Obj::qstr(name))?;
            }
        }
        if let Some(globals) = module.globals() {
            let mut at = 0;
            while let Some((i, key, _)) = globals.map.next_from(at) {
                add(rt, key)?;
                at = i + 1;
            }
        }
        return Ok(names.obj());
    }
    let ty = match obj.as_type() {
        Some(ty) => ty,
        None => {
            if obj.is_ptr() && obj.ty().is_class() {
                let mut at = 0;
                while let Some((i, key, _)) = class::instance_of(obj).attrs.next_from(at) {
                    add(rt, key)?;
                    at = i + 1;
                }
            }
            obj.ty()
        }
    };
    add(rt, Obj::qstr(qstr!("__class__")))?;
    if obj.as_type().is_none() && !ty.is_class() {
        computed_names(rt, obj, &mut add)?;
    }
    type_names(rt, ty, &mut add)?;
    Ok(names.obj())
}

/// Attributes that a built-in object computes: fields of named tuples, parts of a slice. Nothing lists them, so
/// every name there is gets tried, as upstream does.
fn computed_names(
    rt: &mut Runtime,
    obj: Obj,
    add: &mut impl FnMut(&mut Runtime, Obj) -> R<()>,
) -> R<()> {
    let Some(attr) = obj.ty().vt().attr else {
        return Ok(());
    };
    for number in 1..=rt.pool.len() {
        let name = Qstr::new(number as u32);
        match attr(rt, obj, name) {
            Ok(Attr::None) => {}
            Ok(_) => add(rt, Obj::qstr(name))?,
            Err(raised) => {
                rt.take_exception(raised);
            }
        }
    }
    Ok(())
}

fn type_names(
    rt: &mut Runtime,
    ty: &'static Type,
    add: &mut impl FnMut(&mut Runtime, Obj) -> R<()>,
) -> R<()> {
    rt.check_stack()?;
    if let Some(data) = ty.class_data() {
        let mut at = 0;
        while let Some((i, key, _)) = data.locals.map.next_from(at) {
            add(rt, key)?;
            at = i + 1;
        }
        for base in class::bases(data) {
            type_names(rt, base, add)?;
        }
        return Ok(());
    }
    for (name, _) in ty.vt().members.iter() {
        add(rt, Obj::qstr(name))?;
    }
    #[cfg(feature = "native")]
    if !ty.has(TypeFlags::RUST)
        && let Some(dict) = crate::native::c_type::locals(ty)
    {
        let mut at = 0;
        while let Some((i, key, _)) = dict.map.next_from(at) {
            add(rt, key)?;
            at = i + 1;
        }
    }
    match ty.parent() {
        Some(parent) => type_names(rt, parent, add),
        None => Ok(()),
    }
}
