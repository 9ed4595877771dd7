//! `type`: the type of types.

use ferlance_abi::qstr;

use super::ty::{Type, VTable};

/// `type`.
pub static TYPE: Type = Type::builtin(qstr!("type"), 0, &VT);
static VT: VTable = VTable { ..VTable::NEW };
