//! Generators and coroutines: a suspended frame on the heap.

use ferlance_abi::qstr;

use super::ty::{Type, VTable};

/// `generator`.
pub static GENERATOR: Type = Type::builtin(qstr!("generator"), 0, &VT);
static VT: VTable = VTable { ..VTable::NEW };
