//! The modules that this port has beyond those of the runtime.

use ferlance_extmod::json;
use ferlance_vm::obj::module::ModuleDef;

/// What [`ferlance_vm::import::Imports::extra`] becomes.
pub(crate) static EXTRA: &[&ModuleDef] = &[&json::MODULE];
