//! A method read from a built-in type, `str.upper`: its first argument must be of exactly that type.
//!
//! Methods found through an object need no such test, so only this way to them pays for it.

use super::builtin_fun::{self, BuiltinFun};
use super::ptr::{Ptr, PyType};
use super::ty::{Header, PrintKind, Type, TypeFlags, VTable};
use super::word::Obj;
use crate::call::{Args, wrong_self};
use crate::runtime::{R, Runtime};
use crate::text::print::Print;

/// The type of such methods.
static CHECKED_FUN: Type =
    Type::builtin(ferlance_abi::qstr!("function"), TypeFlags::BINDS_SELF, &VT);
static VT: VTable = VTable {
    print: Some(print),
    call: Some(call),
    ..VTable::NEW
};

/// A function and the type of its first argument.
#[repr(C)]
struct CheckedFun {
    base: Header,
    this: &'static Type,
    fun: &'static BuiltinFun,
}

// SAFETY: every structure of type CHECKED_FUN is a `CheckedFun`.
unsafe impl PyType for CheckedFun {
    fn ty() -> &'static Type {
        &CHECKED_FUN
    }
}

/// `fun` for objects of the built-in type `this`.
pub(super) fn new(rt: &mut Runtime, this: &'static Type, fun: &'static BuiltinFun) -> R<Obj> {
    let made = CheckedFun {
        base: Header::of::<CheckedFun>(),
        this,
        fun,
    };
    Ok(rt.new_leaf(made)?.obj())
}

fn print(rt: &mut Runtime, _: Obj, _: PrintKind, out: &mut dyn Print) -> R<()> {
    out.write(rt, b"<function>")
}

fn call(rt: &mut Runtime, fun: Obj, args: Args<'_>) -> R<Obj> {
    // SAFETY: reached through the vtable of `CHECKED_FUN` only.
    let checked: Ptr<CheckedFun> = unsafe { fun.cast_unchecked() };
    match args.pos().first() {
        Some(this) if !this.ty().same(checked.this) => Err(wrong_self(rt, checked.this, *this)),
        _ => builtin_fun::invoke(rt, checked.fun, args),
    }
}
