//! Closures: a function and the cells it gets in front of its arguments (layout: spec native-abi 3.5).

use core::cell::Cell;

use ferlance_abi::qstr;
use ferlance_abi::qstr::Qstr;

use super::ptr::{Ptr, PyType};
use super::ty::{Attr, Header, PrintKind, Type, TypeFlags, VTable};
use super::word::Obj;
use crate::runtime::{R, Runtime};
use crate::text::print::{Dec, Hex, Print, write_fmt};

/// `closure`.
pub static CLOSURE: Type = Type::builtin(qstr!("closure"), TypeFlags::BINDS_SELF, &VT);
static VT: VTable = VTable {
    print: Some(print),
    attr: Some(attr),
    call: Some(crate::interp::call_closure),
    ..VTable::NEW
};

/// A closure.
#[repr(C)]
pub struct Closure {
    base: Header,
    /// The function.
    pub fun: Obj,
    len: usize,
    // The cells follow.
}

// SAFETY: every structure of type CLOSURE is a `Closure`.
unsafe impl PyType for Closure {
    fn ty() -> &'static Type {
        &CLOSURE
    }
}

impl Closure {
    /// The cells.
    #[inline]
    pub fn cells<'a>(&self) -> &'a [Cell<Obj>] {
        // SAFETY: `len` words follow the header.
        unsafe { core::slice::from_raw_parts((&raw const *self).add(1).cast(), self.len) }
    }
}

/// A closure of `fun` over `cells`.
pub fn new(rt: &mut Runtime, fun: Obj, cells: &[Obj]) -> R<Obj> {
    let head = size_of::<Closure>() / size_of::<usize>();
    let at = rt.alloc_words(head + cells.len(), false)?;
    // SAFETY: the block holds the header and the cells.
    unsafe {
        at.cast::<Closure>().write(Closure {
            base: Header::new(&CLOSURE),
            fun,
            len: cells.len(),
        });
        core::ptr::copy_nonoverlapping(cells.as_ptr(), at.add(head).cast().as_ptr(), cells.len());
        Ok(Ptr::<Closure>::from_non_null(at.cast()).obj())
    }
}

fn this(obj: Obj) -> Ptr<Closure> {
    // SAFETY: reached through the vtable of `CLOSURE` only.
    unsafe { obj.cast_unchecked() }
}

fn print(rt: &mut Runtime, obj: Obj, _: PrintKind, out: &mut dyn Print) -> R<()> {
    let closure = this(obj);
    out.write(rt, b"<closure ")?;
    rt.print(closure.fun, PrintKind::Repr, out)?;
    write_fmt(
        rt,
        out,
        format_args!(
            " at {}, n_closed={} ",
            Hex(obj.raw()),
            Dec(closure.len as isize)
        ),
    )?;
    for cell in closure.cells() {
        rt.print(cell.get(), PrintKind::Repr, out)?;
        out.write(rt, b" ")?;
    }
    out.write(rt, b">")
}

fn attr(rt: &mut Runtime, obj: Obj, name: Qstr) -> R<Attr> {
    rt.find_attr(this(obj).fun, name)
}
