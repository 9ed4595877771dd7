//! `%` formatting.

use crate::obj::word::Obj;
use crate::runtime::{R, Runtime};

/// `format % args`.
pub fn format(rt: &mut Runtime, format: Obj, args: Obj) -> R<Obj> {
    let _ = args;
    Err(rt.not_callable(format))
}
