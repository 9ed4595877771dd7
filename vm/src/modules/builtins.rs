//! `builtins`: the names that every module sees.

use ferlance_abi::qstr::Qstr;

use crate::exc;
use crate::obj::dict::Dict;
use crate::obj::word::Obj;
use crate::runtime::{R, Runtime};

/// A built-in name: one assigned in `builtins`, else one of the runtime's own.
pub fn lookup(rt: &mut Runtime, name: Qstr) -> R<Option<Obj>> {
    if let Some(value) = rt
        .state
        .builtins
        .and_then(Obj::cast::<Dict>)
        .and_then(|dict| dict.map.get_name(rt, name))
    {
        return Ok(Some(value));
    }
    match exc::ALL.iter().find(|(n, _)| *n == name) {
        Some((_, member)) => member.value(rt).map(Some),
        None => Ok(None),
    }
}
