//! `object`: the root of all types.

use ferlance_abi::qstr;

use super::ty::{Type, VTable};

/// `object`.
pub static OBJECT: Type = Type::builtin(qstr!("object"), 0, &VT);
static VT: VTable = VTable { ..VTable::NEW };

/// The hash of an object by identity.
pub fn identity_hash(obj: super::word::Obj) -> super::word::Obj {
    super::word::Obj::int((obj.raw() >> 4) as isize)
}
