//! Modules. A built-in module answers from a read-only table; a loaded one has a globals dict and is the
//! context of its functions (layout: spec native-abi 3.6).

use core::cell::Cell;
use core::ptr::NonNull;

use ferlance_abi::qstr;
use ferlance_abi::qstr::Qstr;

use super::dict::Dict;
use super::ptr::{Ptr, PyType};
use super::ty::{Header, Members, Type, VTable};
use super::word::Obj;
use crate::runtime::{R, Runtime};

/// `module`.
pub static MODULE: Type = Type::builtin(qstr!("module"), 0, &VT);
static VT: VTable = VTable { ..VTable::NEW };

/// A module that is part of the runtime.
pub struct ModuleDef {
    /// Its name.
    pub name: Qstr,
    /// What it holds.
    pub members: Members,
    /// Whether a file of that name wins (spec language, section 15).
    pub extensible: bool,
    /// Reads a name that is not in `members`.
    pub attr: Option<fn(&mut Runtime, Qstr) -> R<Option<Obj>>>,
    /// Stores or deletes a name; `false` = refused.
    pub set_attr: Option<fn(&mut Runtime, Qstr, Option<Obj>) -> R<bool>>,
}

/// A module object, and the context that functions of a loaded module refer to.
#[repr(C)]
pub struct Module {
    base: Header,
    globals: Cell<Option<Ptr<Dict>>>,
    /// Run-time numbers of the file's names, for native code.
    pub qstr_table: Cell<Option<NonNull<u16>>>,
    /// The file's constants.
    pub obj_table: Cell<Option<NonNull<Obj>>>,
    /// The built-in module that this is.
    pub def: Option<&'static ModuleDef>,
    /// Run-time names of the file's name table, without native code's limit to 16 bits.
    pub names: Cell<Option<NonNull<Qstr>>>,
}

// SAFETY: every structure of type MODULE is a `Module`.
unsafe impl PyType for Module {
    fn ty() -> &'static Type {
        &MODULE
    }
}

impl Module {
    /// A module (or only the context of one) over `globals`.
    pub fn new(globals: Option<Ptr<Dict>>, def: Option<&'static ModuleDef>) -> Module {
        Module {
            base: Header::new(&MODULE),
            globals: Cell::new(globals),
            qstr_table: Cell::new(None),
            obj_table: Cell::new(None),
            def,
            names: Cell::new(None),
        }
    }

    /// The namespace; `None` for a built-in module.
    #[inline(always)]
    pub fn globals(&self) -> Option<Ptr<Dict>> {
        self.globals.get()
    }
}
