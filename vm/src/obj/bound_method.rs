//! Bound methods: a function and its first argument (layout: spec native-abi 3.5).

use ferlance_abi::qstr;

use super::ptr::PyType;
use super::ty::{Header, Type, VTable};
use super::word::Obj;
use crate::runtime::{R, Runtime};

/// `bound_method`.
pub static BOUND_METHOD: Type = Type::builtin(qstr!("bound_method"), 0, &VT);
static VT: VTable = VTable { ..VTable::NEW };

/// A bound method.
#[repr(C)]
pub struct BoundMethod {
    base: Header,
    /// The function.
    pub fun: Obj,
    /// Its first argument.
    pub this: Obj,
}

// SAFETY: every structure of type BOUND_METHOD is a `BoundMethod`.
unsafe impl PyType for BoundMethod {
    fn ty() -> &'static Type {
        &BOUND_METHOD
    }
}

/// `fun` with `this` in front.
pub fn new(rt: &mut Runtime, fun: Obj, this: Obj) -> R<Obj> {
    Ok(rt
        .new_obj(BoundMethod {
            base: Header::new(&BOUND_METHOD),
            fun,
            this,
        })?
        .obj())
}
