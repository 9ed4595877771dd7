//! `None`.

use ferlance_abi::qstr;

use super::ty::{Type, VTable};

/// `NoneType`.
pub static NONE_TYPE: Type = Type::builtin(qstr!("NoneType"), 0, &VT);
static VT: VTable = VTable { ..VTable::NEW };
