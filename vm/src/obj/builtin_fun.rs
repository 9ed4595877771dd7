//! Built-in functions: a static with its argument counts and a Rust function.

use ferlance_abi::qstr::Qstr;

use super::ptr::{Ptr, PyType};
use super::ty::{Header, PrintKind, Type, TypeFlags, VTable};
use super::word::Obj;
use crate::call::Args;
use crate::runtime::{R, Runtime};
use crate::text::print::{Dec, Print};

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
    counts: Counts,
    code: StoredCode,
}

/// Argument counts: the most are `Count::MAX` if there is no limit.
#[cfg(not(feature = "small"))]
type Count = u16;
#[cfg(feature = "small")]
type Count = u8;

#[derive(Clone, Copy)]
struct Counts {
    /// Fewest positional arguments.
    min: Count,
    /// Most positional arguments.
    max: Count,
    /// Which field of the code is set.
    #[cfg(feature = "small")]
    kind: Kind,
}

#[cfg(not(feature = "small"))]
type StoredCode = Code;

/// [`Code`] without its kind, which stands beside the counts.
#[cfg(feature = "small")]
#[derive(Clone, Copy)]
union StoredCode {
    f0: fn(&mut Runtime) -> R<Obj>,
    f1: fn(&mut Runtime, Obj) -> R<Obj>,
    f2: fn(&mut Runtime, Obj, Obj) -> R<Obj>,
    f3: fn(&mut Runtime, Obj, Obj, Obj) -> R<Obj>,
    args: fn(&mut Runtime, Args<'_>) -> R<Obj>,
}

#[cfg(feature = "small")]
#[derive(Clone, Copy)]
#[repr(u8)]
enum Kind {
    F0,
    F1,
    F2,
    F3,
    Var,
    Kw,
}

// SAFETY: never written after construction.
unsafe impl Sync for BuiltinFun {}

impl BuiltinFun {
    #[cfg_attr(feature = "small", allow(unused_variables))]
    const fn with(name: Qstr, min: u16, max: u16, code: Code) -> BuiltinFun {
        #[cfg(feature = "small")]
        let (kind, code) = match code {
            Code::F0(f0) => (Kind::F0, StoredCode { f0 }),
            Code::F1(f1) => (Kind::F1, StoredCode { f1 }),
            Code::F2(f2) => (Kind::F2, StoredCode { f2 }),
            Code::F3(f3) => (Kind::F3, StoredCode { f3 }),
            Code::Var(args) => (Kind::Var, StoredCode { args }),
            Code::Kw(args) => (Kind::Kw, StoredCode { args }),
        };
        #[cfg(feature = "small")]
        assert!(max == u16::MAX || max < 255);
        BuiltinFun {
            base: Header::new(&BUILTIN_FUN),
            #[cfg(not(feature = "small"))]
            name,
            counts: Counts {
                min: min as Count,
                max: max as Count,
                #[cfg(feature = "small")]
                kind,
            },
            code,
        }
    }

    /// The function.
    #[cfg(not(feature = "small"))]
    #[inline(always)]
    fn code(&self) -> Code {
        self.code
    }

    /// The function.
    #[cfg(feature = "small")]
    fn code(&self) -> Code {
        // SAFETY: `with` set the field that the kind stands for.
        unsafe {
            match self.counts.kind {
                Kind::F0 => Code::F0(self.code.f0),
                Kind::F1 => Code::F1(self.code.f1),
                Kind::F2 => Code::F2(self.code.f2),
                Kind::F3 => Code::F3(self.code.f3),
                Kind::Var => Code::Var(self.code.args),
                Kind::Kw => Code::Kw(self.code.args),
            }
        }
    }

    /// Fewest positional arguments.
    fn min(&self) -> usize {
        self.counts.min as usize
    }

    /// Most positional arguments.
    fn max(&self) -> usize {
        match self.counts.max {
            Count::MAX => usize::MAX,
            max => max as usize,
        }
    }

    fn takes_keywords(&self) -> bool {
        matches!(self.code(), Code::Kw(_))
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
    if (n < fun.min()) | (n > fun.max()) || (args.n_kw() != 0 && !fun.takes_keywords()) {
        return Err(wrong_count(rt, fun, n, args.n_kw()));
    }
    let v = args.values();
    match fun.code() {
        Code::F0(f) => f(rt),
        Code::F1(f) => f(rt, v[0]),
        Code::F2(f) => f(rt, v[0], v[1]),
        Code::F3(f) => f(rt, v[0], v[1], v[2]),
        Code::Var(f) | Code::Kw(f) => f(rt, args),
    }
}

/// [`invoke`] of a function that takes one, two or three arguments and is given as many; anything else is not done.
///
/// # Safety
/// `n_pos` words stand at `args`.
#[cfg(feature = "native")]
#[cfg_attr(not(feature = "small"), inline(always))]
pub(crate) unsafe fn invoke_few(
    rt: &mut Runtime,
    fun: &BuiltinFun,
    n_pos: usize,
    n_kw: usize,
    args: *const Option<Obj>,
) -> Option<R<Obj>> {
    if n_kw != 0 {
        return None;
    }
    // SAFETY: the caller's.
    unsafe {
        match (fun.code(), n_pos) {
            (Code::F1(f), 1) => Some(f(rt, (*args)?)),
            (Code::F2(f), 2) => Some(f(rt, (*args)?, (*args.add(1))?)),
            (Code::F3(f), 3) => Some(f(rt, (*args)?, (*args.add(1))?, (*args.add(2))?)),
            _ => None,
        }
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
    check_count(rt, n_pos, n_kw, fun.min(), fun.max(), fun.takes_keywords())
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
    let (too_few, missing) = (n < min, Dec(min.wrapping_sub(n) as isize));
    let (exact, n, max) = (min == max, Dec(n as isize), Dec(max as isize));
    if exact {
        rt.type_error_fmt(format_args!(
            "function takes {max} positional arguments but {n} were given"
        ))
    } else if too_few {
        rt.type_error_fmt(format_args!(
            "function missing {missing} required positional arguments"
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
