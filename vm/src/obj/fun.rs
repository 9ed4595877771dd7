//! Python functions (layout: spec native-abi 3.5): context, child table, code, then defaults.

use core::cell::Cell;

use ferlance_abi::qstr;
use ferlance_abi::qstr::Qstr;

use super::module::Module;
use super::ptr::{Ptr, PyType};
use super::ty::{Attr, Header, PrintKind, Type, TypeFlags, VTable};
use super::word::Obj;
use crate::interp::code::Code;
use crate::runtime::{R, Runtime};
use crate::text::print::{Hex, Print};

/// `function`.
pub static FUN: Type = Type::builtin(qstr!("function"), TypeFlags::BINDS_SELF, &VT);
/// Behaviour of functions.
pub(crate) const VT: VTable = VTable {
    print: Some(print),
    call: Some(crate::interp::call_fun),
    attr: Some(attr),
    ..VTable::NEW
};

/// A function made from bytecode.
#[repr(C)]
pub struct Fun {
    base: Header,
    /// The module it belongs to.
    pub context: Ptr<Module>,
    /// Its children, for native code.
    pub children: *const Ptr<Code>,
    /// Its code.
    pub code: Ptr<Code>,
    // `n_def_pos` defaults follow, then the dict of keyword defaults if the code has one.
}

// SAFETY: every structure of type FUN is a `Fun`.
unsafe impl PyType for Fun {
    fn ty() -> &'static Type {
        &FUN
    }
}

impl Fun {
    /// The head of a function without its defaults.
    pub fn new(
        ty: &'static Type,
        context: Ptr<Module>,
        children: *const Ptr<Code>,
        code: Ptr<Code>,
    ) -> Fun {
        Fun {
            base: Header::new(ty),
            context,
            children,
            code,
        }
    }

    /// The positional defaults, then the keyword-default dict: `n` words.
    #[inline]
    pub fn extra<'a>(&self, n: usize) -> &'a [Cell<Obj>] {
        // SAFETY: the maker of the function put as many words behind it as its code's flags call for.
        unsafe { core::slice::from_raw_parts((&raw const *self).add(1).cast(), n) }
    }
}

fn print(rt: &mut Runtime, obj: Obj, _: PrintKind, out: &mut dyn Print) -> R<()> {
    let name = rt.name_str(head(obj).code.name);
    crate::text::print::write_fmt(
        rt,
        out,
        format_args!("<function {name} at {}>", Hex(obj.raw())),
    )
}

/// The head of a function or generator function.
fn head(obj: Obj) -> Ptr<Fun> {
    // SAFETY: reached through the vtables of function types only, whose objects begin like this.
    unsafe { obj.cast_unchecked() }
}

/// `__name__`, `__globals__`.
pub fn attr(rt: &mut Runtime, obj: Obj, name: Qstr) -> R<Attr> {
    let _ = rt;
    let fun = head(obj);
    Ok(if name == qstr!("__name__") {
        Attr::Value(Obj::qstr(fun.code.name))
    } else if name == qstr!("__globals__") {
        match fun.context.globals() {
            Some(globals) => Attr::Value(globals.obj()),
            None => Attr::None,
        }
    } else {
        Attr::None
    })
}
