//! `NotImplemented`: what a binary method answers when it cannot help.

use ferlance_abi::qstr;

use super::ellipsis::Singleton;
use super::ptr::Ptr;
use super::ty::{Type, VTable};
use super::word::Obj;

/// Type of `NotImplemented`.
pub static NOT_IMPLEMENTED: Type = Type::builtin(qstr!(""), 0, &VT);
static VT: VTable = VTable {
    print: Some(|rt, _, _, out| out.write(rt, b"NotImplemented")),
    ..VTable::NEW
};

static SINGLETON: Singleton = Singleton::new(&NOT_IMPLEMENTED);

/// The object `NotImplemented`.
pub fn object() -> Obj {
    Ptr::from_ref(&SINGLETON).obj()
}
