//! `super`: attributes past a class, for an instance of it (spec language 10.1).

use ferlance_abi::qstr;
use ferlance_abi::qstr::Qstr;

use super::class;
use super::class::instance;
use super::ptr::PyType;
use super::ty::{Attr, Header, Member, Type, VTable};
use super::word::Obj;
use crate::call::Args;
use crate::obj::builtin_fun::{BuiltinFun, expect_args};
use crate::runtime::{R, Runtime};

/// `super`.
pub static SUPER: Type = Type::builtin(qstr!("super"), 0, &VT);
static VT: VTable = VTable {
    make_new: Some(make_new),
    attr: Some(attr),
    print: Some(print),
    ..VTable::NEW
};

/// `super(class, this)`.
#[repr(C)]
pub struct Super {
    base: Header,
    class: Obj,
    this: Obj,
}

// SAFETY: every structure of type SUPER is a `Super`.
unsafe impl PyType for Super {
    fn ty() -> &'static Type {
        &SUPER
    }
}

fn make_new(rt: &mut Runtime, _: &'static Type, args: Args<'_>) -> R<Obj> {
    expect_args(rt, args, 2, 2, false)?;
    let (class, this) = (args.pos()[0], args.pos()[1]);
    if class.as_type().is_none() {
        return Err(rt.type_error("first argument to super() must be type"));
    }
    Ok(rt
        .new_obj(Super {
            base: Header::new(&SUPER),
            class,
            this,
        })?
        .obj())
}

fn print(
    rt: &mut Runtime,
    obj: Obj,
    _: super::ty::PrintKind,
    out: &mut dyn crate::text::print::Print,
) -> R<()> {
    out.write(rt, b"<super: ")?;
    if let Some(this) = obj.cast::<Super>() {
        rt.print(this.class, super::ty::PrintKind::Str, out)?;
        out.write(rt, b", ")?;
        rt.print(this.this, super::ty::PrintKind::Str, out)?;
    }
    out.write(rt, b">")
}

fn attr(rt: &mut Runtime, obj: Obj, name: Qstr) -> R<Attr> {
    match obj.cast::<Super>() {
        Some(this) => find(rt, this.class, this.this, name),
        None => Ok(Attr::None),
    }
}

/// The method `name` that `super(class, this)` finds: function, and self if it takes one.
pub fn load_method(rt: &mut Runtime, class: Obj, this: Obj, name: Qstr) -> R<(Obj, Option<Obj>)> {
    match find(rt, class, this, name)? {
        Attr::Value(value) => Ok((value, None)),
        Attr::Method { fun, this } => Ok((fun, Some(this))),
        Attr::None => {
            let text = rt.name_str(name);
            Err(rt.raise_fmt(
                &crate::exc::ATTRIBUTE_ERROR,
                format_args!("'super' object has no attribute '{text}'"),
            ))
        }
    }
}

fn find(rt: &mut Runtime, class: Obj, this: Obj, name: Qstr) -> R<Attr> {
    let Some(class) = class.as_type() else {
        return Ok(Attr::None);
    };
    let Some(data) = class.class_data() else {
        return Ok(Attr::None);
    };
    // The instance's class, or the class itself inside a class method or `__new__`.
    let owner = match this.as_type() {
        Some(ty) => ty,
        None => this.ty(),
    };
    for base in class::bases(data) {
        if let Some(member) = class::lookup(rt, base, name) {
            // Stock hands a property over as it is.
            if member.is::<super::property::Property>() {
                return Ok(Attr::Value(member));
            }
            return instance::bind(rt, member, this, owner);
        }
    }
    if let Some(native) = data.native {
        return native_member(rt, native, this, owner, name);
    }
    super::object::member(rt, this, name)
}

/// `super().name` in a built-in base: `__init__` and `__new__` make the native object, the rest acts on it.
fn native_member(
    rt: &mut Runtime,
    native: &'static Type,
    this: Obj,
    _owner: &'static Type,
    name: Qstr,
) -> R<Attr> {
    if name == qstr!("__init__") {
        let fun = if class::is_metaclass(this.ty()) {
            &INIT_NOTHING
        } else {
            &INIT_NATIVE
        };
        return Ok(Attr::Method {
            fun: super::ptr::Ptr::from_ref(fun).obj(),
            this,
        });
    }
    if name == qstr!("__new__") {
        let member = super::object::member(rt, this, name)?;
        return Ok(member);
    }
    if let Some(object) = class::native_base(this) {
        match rt.find_attr(object, name)? {
            Attr::None => {}
            found => return Ok(found),
        }
    } else if let Some(ty) = this.as_type() {
        // In a class method: the built-in's own class methods, with the class as self.
        if let Some(member @ Member::Class(_)) = native.vt().members.get(name) {
            return Ok(Attr::Method {
                fun: member.value(rt)?,
                this: ty.obj(),
            });
        }
        if class::is_metaclass(this.ty())
            && native.same(&super::type_type::TYPE)
            && name == qstr!("__call__")
        {
            return Ok(Attr::Method {
                fun: super::ptr::Ptr::from_ref(&CALL_TYPE).obj(),
                this,
            });
        }
    } else if native.vt().members.get(name).is_some() {
        return Err(rt.raise_msg(
            &crate::exc::ATTRIBUTE_ERROR,
            "call super().__init__() first",
        ));
    }
    super::object::member(rt, this, name)
}

/// `super().__init__(…)` of a class with a built-in base.
static INIT_NATIVE: BuiltinFun = BuiltinFun::kw(qstr!("__init__"), 1, u16::MAX, init_native);
/// `super().__init__(…)` of a metaclass.
static INIT_NOTHING: BuiltinFun =
    BuiltinFun::kw(qstr!("__init__"), 1, u16::MAX, |_, _| Ok(Obj::NONE));
/// `super().__call__(…)` of a metaclass.
static CALL_TYPE: BuiltinFun = BuiltinFun::kw(qstr!("__call__"), 1, u16::MAX, |rt, args| {
    super::type_type::instantiate(rt, args.pos()[0], args.skip(1))
});

fn init_native(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    let this = args.pos()[0];
    if let Some(native) = this.ty().class_data().and_then(|class| class.native) {
        instance::init_native(rt, this, native, args.skip(1))?;
    }
    Ok(Obj::NONE)
}
