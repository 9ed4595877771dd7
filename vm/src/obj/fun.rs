//! Python functions (layout: spec native-abi 3.5): context, child table, code, then defaults.

use core::cell::Cell;

use ferlance_abi::qstr;

use super::module::Module;
use super::ptr::{Ptr, PyType};
use super::ty::{Header, Type, TypeFlags, VTable};
use super::word::Obj;
use crate::interp::code::Code;

/// `function`.
pub static FUN: Type = Type::builtin(qstr!("function"), TypeFlags::BINDS_SELF, &VT);
static VT: VTable = VTable { ..VTable::NEW };

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
    pub fn new(context: Ptr<Module>, children: *const Ptr<Code>, code: Ptr<Code>) -> Fun {
        Fun {
            base: Header::new(&FUN),
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
