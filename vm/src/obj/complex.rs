//! `complex`.

use super::word::Obj;
use crate::runtime::{R, Runtime};

/// The number `re + im j`.
pub fn new(rt: &mut Runtime, _re: f64, _im: f64) -> R<Obj> {
    Err(rt.type_error("complex"))
}
