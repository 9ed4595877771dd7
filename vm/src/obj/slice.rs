//! `slice`.

use super::word::Obj;
use crate::runtime::{R, Runtime};

/// A slice.
pub fn new(rt: &mut Runtime, _start: Obj, _stop: Obj, _step: Obj) -> R<Obj> {
    Err(rt.type_error("slice"))
}
