//! `super`.

use ferlance_abi::qstr::Qstr;

use super::word::Obj;
use crate::runtime::{R, Runtime};

/// The method `name` that `super(class, this)` finds: function, and self if it takes one.
pub fn load_method(
    rt: &mut Runtime,
    _class: Obj,
    _this: Obj,
    _name: Qstr,
) -> R<(Obj, Option<Obj>)> {
    Err(rt.type_error("super"))
}
