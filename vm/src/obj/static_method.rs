//! `staticmethod` and `classmethod` (layout: spec native-abi 3.5).

use ferlance_abi::qstr;

use super::ptr::Ptr;
use super::ty::{Header, Type, VTable};
use super::word::Obj;
use crate::call::Args;
use crate::obj::builtin_fun::expect_args;
use crate::runtime::{R, Runtime};

/// `staticmethod`.
pub static STATIC_METHOD: Type = Type::builtin(qstr!("staticmethod"), 0, &VT);
/// `classmethod`.
pub static CLASS_METHOD: Type = Type::builtin(qstr!("classmethod"), 0, &VT);
static VT: VTable = VTable {
    make_new: Some(make_new),
    ..VTable::NEW
};

/// A wrapped function.
#[repr(C)]
pub struct StaticMethod {
    base: Header,
    /// The function.
    pub fun: Obj,
}

impl StaticMethod {
    /// The structure behind an object of either type.
    pub fn of<'a>(obj: Obj) -> &'a StaticMethod {
        debug_assert!(obj.ty().same(&STATIC_METHOD) || obj.ty().same(&CLASS_METHOD));
        // SAFETY: both types have this layout; callers have tested the type.
        unsafe { obj.cast_unchecked::<StaticMethod>() }.get()
    }
}

fn make_new(rt: &mut Runtime, ty: &'static Type, args: Args<'_>) -> R<Obj> {
    expect_args(rt, args, 1, 1, false)?;
    wrap(rt, ty, args.pos()[0])
}

fn wrap(rt: &mut Runtime, ty: &'static Type, fun: Obj) -> R<Obj> {
    let made: Ptr<StaticMethod> = rt.new_obj(StaticMethod {
        base: Header::new(ty),
        fun,
    })?;
    Ok(made.obj())
}

/// `staticmethod(fun)`.
pub fn new(rt: &mut Runtime, fun: Obj) -> R<Obj> {
    wrap(rt, &STATIC_METHOD, fun)
}
