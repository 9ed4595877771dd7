//! `bool`: not a subclass of `int` here, but it computes like 0 and 1.

use ferlance_abi::qstr;

use super::ty::{Type, VTable};

/// `bool`.
pub static BOOL: Type = Type::builtin(qstr!("bool"), 0, &VT);
static VT: VTable = VTable { ..VTable::NEW };
