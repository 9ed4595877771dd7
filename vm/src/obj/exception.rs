//! Built-in exceptions: arguments and a traceback (layout: spec native-abi 3.7).

use core::cell::Cell;
use core::ptr::NonNull;

use ferlance_abi::qstr;
use ferlance_abi::qstr::Qstr;

use super::ptr::Ptr;
use super::tuple::Tuple;
use super::ty::{Attr, Header, PrintKind, Type, VTable};
use super::word::Obj;
use crate::call::Args;
use crate::runtime::{R, Runtime};
use crate::text::print::{Dec, Print};

/// An exception instance.
#[repr(C)]
pub struct Exception {
    base: Header,
    /// Traceback words: allocated in the low half, used in the high half.
    counts: Cell<usize>,
    traceback: Cell<Option<NonNull<usize>>>,
    args: Cell<Option<Ptr<Tuple>>>,
}

const HALF: u32 = usize::BITS / 2;

impl Exception {
    /// Most traceback words.
    pub const MAX_TRACEBACK: usize = 0xffff;

    /// An instance without a traceback; no `args` = the empty tuple.
    pub fn new(ty: &'static Type, args: Option<Ptr<Tuple>>) -> Exception {
        Exception {
            base: Header::new(ty),
            counts: Cell::new(0),
            traceback: Cell::new(None),
            args: Cell::new(args),
        }
    }

    /// The arguments.
    pub fn args(&self) -> Option<Ptr<Tuple>> {
        self.args.get()
    }

    /// Replaces the arguments.
    pub fn set_args(&self, args: Option<Ptr<Tuple>>) {
        self.args.set(args);
    }

    /// Argument `i`.
    pub fn arg(&self, i: usize) -> Option<Obj> {
        self.args.get()?.get().item(i)
    }

    /// Words used and allocated.
    pub fn traceback_counts(&self) -> (usize, usize) {
        let counts = self.counts.get();
        (counts >> HALF, counts & ((1 << HALF) - 1))
    }

    /// The traceback's words.
    pub fn traceback_data(&self) -> Option<NonNull<usize>> {
        self.traceback.get()
    }

    /// Replaces the traceback.
    pub fn set_traceback(&self, data: Option<NonNull<usize>>, len: usize, alloc: usize) {
        self.traceback.set(data);
        self.counts.set((len << HALF) | alloc);
    }

    /// Forgets the traceback.
    pub fn clear_traceback(&self) {
        self.set_traceback(None, 0, 0);
    }
}

/// The `Exception` inside an exception object: itself, or the native part of a Python subclass's instance.
pub fn native_part(exc: Obj) -> Option<Ptr<Exception>> {
    let ty = exc.ty();
    if !crate::exc::is_subclass(ty, &crate::exc::BASE_EXCEPTION) {
        return None;
    }
    if ty.is_class() {
        return super::class::native_base(exc).and_then(native_part);
    }
    // SAFETY: a built-in type below BaseException has this layout.
    Some(unsafe { exc.cast_unchecked() })
}

/// Behaviour of all built-in exceptions; each type's vtable adds its parent.
pub static VT: VTable = VTable {
    make_new: Some(make_new),
    print: Some(print),
    attr: Some(attr),
    set_attr: Some(set_attr),
    ..VTable::NEW
};

pub(crate) fn make_new(rt: &mut Runtime, ty: &'static Type, args: Args<'_>) -> R<Obj> {
    if args.n_kw() != 0 {
        return Err(rt.type_error("function doesn't take keyword arguments"));
    }
    crate::exc::new(rt, ty, args.pos())
}

pub(crate) fn print(rt: &mut Runtime, obj: Obj, kind: PrintKind, out: &mut dyn Print) -> R<()> {
    if kind == PrintKind::Repr {
        let name = rt.type_name(obj);
        out.write(rt, name.as_bytes())?;
        return print_args(rt, obj, out);
    }
    let Some(native) = native_part(obj) else {
        return Ok(());
    };
    let Some(args) = native.args() else {
        return Ok(());
    };
    match args.len() {
        0 => Ok(()),
        n => {
            let first = args.items()[0].get();
            if crate::exc::is_instance(obj, &crate::exc::OS_ERROR)
                && n <= 2
                && print_errno(rt, first, args.item(1), out)?
            {
                return Ok(());
            }
            if n == 1 {
                return rt.print(first, PrintKind::Str, out);
            }
            rt.print(args.obj(), PrintKind::Repr, out)
        }
    }
}

/// `[Errno 2] ENOENT`, and the file if there is one; `false` when the number has no name.
fn print_errno(rt: &mut Runtime, number: Obj, file: Option<Obj>, out: &mut dyn Print) -> R<bool> {
    let Some(name) = number.as_small().and_then(crate::modules::errno::name_of) else {
        return Ok(false);
    };
    let number = Dec(number.small_value());
    let name = rt.name_str(name);
    crate::text::print::write_fmt(rt, out, format_args!("[Errno {number}] {name}"))?;
    if let Some(file) = file {
        out.write(rt, b": ")?;
        rt.print(file, PrintKind::Str, out)?;
    }
    Ok(true)
}

/// The arguments as a tuple: what follows the class name in `repr`.
pub fn print_args(rt: &mut Runtime, obj: Obj, out: &mut dyn Print) -> R<()> {
    let args = match native_part(obj).and_then(|native| native.args()) {
        Some(args) => args,
        None => Ptr::from_ref(&super::tuple::EMPTY),
    };
    rt.print(args.obj(), PrintKind::Repr, out)
}

pub(crate) fn attr(_: &mut Runtime, obj: Obj, name: Qstr) -> R<Attr> {
    let Some(native) = native_part(obj) else {
        return Ok(Attr::None);
    };
    Ok(if name == qstr!("args") {
        Attr::Value(
            native
                .args()
                .unwrap_or(Ptr::from_ref(&super::tuple::EMPTY))
                .obj(),
        )
    } else if name == qstr!("value") || name == qstr!("errno") {
        Attr::Value(native.arg(0).unwrap_or(Obj::NONE))
    } else {
        Attr::None
    })
}

pub(crate) fn set_attr(_: &mut Runtime, obj: Obj, name: Qstr, value: Option<Obj>) -> R<bool> {
    if name == qstr!("__traceback__") && value == Some(Obj::NONE) {
        if let Some(native) = native_part(obj) {
            native.clear_traceback();
        }
        return Ok(true);
    }
    Ok(false)
}
