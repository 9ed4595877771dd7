//! Built-in functions: a static with its argument counts and a Rust function.

use ferlance_abi::qstr::Qstr;

use super::ptr::{Ptr, PyType};
use super::ty::{Header, PrintKind, Type, TypeFlags, VTable};
use super::word::Obj;
use crate::call::Args;
use crate::runtime::{R, Runtime};
use crate::text::print::Print;

/// The Rust function behind a built-in.
#[derive(Clone, Copy)]
pub enum Code {
    /// No arguments.
    F0(fn(&mut Runtime) -> R<Obj>),
    /// One argument.
    F1(fn(&mut Runtime, Obj) -> R<Obj>),
    /// Two arguments.
    F2(fn(&mut Runtime, Obj, Obj) -> R<Obj>),
    /// Three arguments.
    F3(fn(&mut Runtime, Obj, Obj, Obj) -> R<Obj>),
    /// Between `min` and `max` positional arguments.
    Var(fn(&mut Runtime, Args<'_>) -> R<Obj>),
    /// At least `min` positional arguments, and keywords.
    Kw(fn(&mut Runtime, Args<'_>) -> R<Obj>),
}

/// A built-in function.
#[repr(C)]
pub struct BuiltinFun {
    base: Header,
    /// Name; shown nowhere by stock, kept for `explain` and profiles.
    #[cfg(not(feature = "small"))]
    pub name: Qstr,
    /// Fewest positional arguments.
    pub min: u16,
    /// Most positional arguments; `u16::MAX` = no limit.
    pub max: u16,
    /// The function.
    pub code: Code,
}

// SAFETY: never written after construction.
unsafe impl Sync for BuiltinFun {}

impl BuiltinFun {
    #[cfg_attr(feature = "small", allow(unused_variables))]
    const fn with(name: Qstr, min: u16, max: u16, code: Code) -> BuiltinFun {
        BuiltinFun {
            base: Header::new(&BUILTIN_FUN),
            #[cfg(not(feature = "small"))]
            name,
            min,
            max,
            code,
        }
    }
    /// A function without arguments.
    pub const fn f0(name: Qstr, f: fn(&mut Runtime) -> R<Obj>) -> BuiltinFun {
        BuiltinFun::with(name, 0, 0, Code::F0(f))
    }
    /// A function of one argument.
    pub const fn f1(name: Qstr, f: fn(&mut Runtime, Obj) -> R<Obj>) -> BuiltinFun {
        BuiltinFun::with(name, 1, 1, Code::F1(f))
    }
    /// A function of two arguments.
    pub const fn f2(name: Qstr, f: fn(&mut Runtime, Obj, Obj) -> R<Obj>) -> BuiltinFun {
        BuiltinFun::with(name, 2, 2, Code::F2(f))
    }
    /// A function of three arguments.
    pub const fn f3(name: Qstr, f: fn(&mut Runtime, Obj, Obj, Obj) -> R<Obj>) -> BuiltinFun {
        BuiltinFun::with(name, 3, 3, Code::F3(f))
    }
    /// A function of `min` to `max` positional arguments (`u16::MAX`: no limit).
    pub const fn var(
        name: Qstr,
        min: u16,
        max: u16,
        f: fn(&mut Runtime, Args<'_>) -> R<Obj>,
    ) -> BuiltinFun {
        BuiltinFun::with(name, min, max, Code::Var(f))
    }
    /// A function that takes keywords; `min` and `max` limit the positional ones.
    pub const fn kw(
        name: Qstr,
        min: u16,
        max: u16,
        f: fn(&mut Runtime, Args<'_>) -> R<Obj>,
    ) -> BuiltinFun {
        BuiltinFun::with(name, min, max, Code::Kw(f))
    }
}

/// The type of built-in functions.
pub static BUILTIN_FUN: Type = Type::builtin(
    ferlance_abi::qstr!("function"),
    TypeFlags::BINDS_SELF | TypeFlags::BUILTIN_FUN,
    &VT,
);
static VT: VTable = VTable {
    print: Some(print),
    call: Some(call),
    ..VTable::NEW
};

// SAFETY: all structures of this type are `BuiltinFun` statics.
unsafe impl PyType for BuiltinFun {
    fn ty() -> &'static Type {
        &BUILTIN_FUN
    }
}

fn print(rt: &mut Runtime, _: Obj, _: PrintKind, out: &mut dyn Print) -> R<()> {
    out.write(rt, b"<function>")
}

/// Calls a built-in function object.
pub fn call(rt: &mut Runtime, fun: Obj, args: Args<'_>) -> R<Obj> {
    // SAFETY: reached through the vtable of `BUILTIN_FUN` only.
    let fun: Ptr<BuiltinFun> = unsafe { fun.cast_unchecked() };
    invoke(rt, fun.get(), args)
}

/// Checks the argument counts and calls.
#[inline]
pub fn invoke(rt: &mut Runtime, fun: &BuiltinFun, args: Args<'_>) -> R<Obj> {
    let n = args.n_pos();
    if (n < fun.min as usize) | (n > fun.max as usize && fun.max != u16::MAX)
        || (args.n_kw() != 0 && !matches!(fun.code, Code::Kw(_)))
    {
        return Err(wrong_count(rt, fun, n, args.n_kw()));
    }
    let v = args.values();
    match fun.code {
        Code::F0(f) => f(rt),
        Code::F1(f) => f(rt, v[0]),
        Code::F2(f) => f(rt, v[0], v[1]),
        Code::F3(f) => f(rt, v[0], v[1], v[2]),
        Code::Var(f) | Code::Kw(f) => f(rt, args),
    }
}

/// The `TypeError` for a call with the wrong number of arguments (spec language 14.3).
#[cold]
pub fn wrong_count(
    rt: &mut Runtime,
    fun: &BuiltinFun,
    n_pos: usize,
    n_kw: usize,
) -> crate::runtime::Raised {
    check_count(
        rt,
        n_pos,
        n_kw,
        fun.min as usize,
        fun.max as usize,
        matches!(fun.code, Code::Kw(_)),
    )
}

/// The same without a function object.
#[cold]
pub(crate) fn check_count(
    rt: &mut Runtime,
    n: usize,
    n_kw: usize,
    min: usize,
    max: usize,
    kw: bool,
) -> crate::runtime::Raised {
    if n_kw != 0 && !kw {
        return rt.type_error("function doesn't take keyword arguments");
    }
    if min == max {
        rt.type_error_fmt(format_args!(
            "function takes {min} positional arguments but {n} were given"
        ))
    } else if n < min {
        rt.type_error_fmt(format_args!(
            "function missing {} required positional arguments",
            min - n
        ))
    } else {
        rt.type_error_fmt(format_args!(
            "function expected at most {max} arguments, got {n}"
        ))
    }
}

/// Checks the argument counts of a `make_new` or a vtable call: `max == usize::MAX` = no limit.
#[inline]
pub fn expect_args(rt: &mut Runtime, args: Args<'_>, min: usize, max: usize, kw: bool) -> R<()> {
    let n = args.n_pos();
    if n < min || n > max || (args.n_kw() != 0 && !kw) {
        return Err(check_count(rt, n, args.n_kw(), min, max, kw));
    }
    Ok(())
}
