//! `...`. Its type has no name, in stock neither.

use ferlance_abi::qstr;

use super::ptr::Ptr;
use super::ty::{Header, Type, VTable};

/// `ellipsis`.
pub static ELLIPSIS: Type = Type::builtin(qstr!(""), 0, &VT);
static VT: VTable = VTable {
    print: Some(|rt, _, _, out| out.write(rt, b"Ellipsis")),
    ..VTable::NEW
};

/// A structure that is only its type.
#[repr(C)]
pub struct Singleton {
    base: Header,
}

impl Singleton {
    /// The one structure of type `ty`.
    pub const fn new(ty: &'static Type) -> Singleton {
        Singleton {
            base: Header::new(ty),
        }
    }
}

// SAFETY: never written.
unsafe impl Sync for Singleton {}

static ELLIPSIS_SINGLETON: Singleton = Singleton {
    base: Header::new(&ELLIPSIS),
};

/// The object `...`.
pub fn object() -> super::word::Obj {
    Ptr::from_ref(&ELLIPSIS_SINGLETON).obj()
}
