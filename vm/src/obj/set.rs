//! `set`.

use super::word::Obj;
use crate::runtime::{R, Runtime};

/// A set of these items.
pub fn from_slice(rt: &mut Runtime, _items: &[Obj]) -> R<Obj> {
    Err(rt.type_error("set"))
}

/// Adds an item.
pub fn add(rt: &mut Runtime, _set: Obj, _item: Obj) -> R<()> {
    Err(rt.type_error("set"))
}
