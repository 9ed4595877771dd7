//! `float`.

use ferlance_abi::qstr;

use super::ptr::PyType;
use super::ty::{Header, Type, VTable};
use super::word::Obj;
use crate::runtime::{R, Runtime};

/// `float`.
pub static FLOAT: Type = Type::builtin(qstr!("float"), 0, &VT);
static VT: VTable = VTable { ..VTable::NEW };

/// A float on the heap.
#[repr(C)]
pub struct Float {
    base: Header,
    /// The value.
    pub value: f64,
}

// SAFETY: every structure of type FLOAT is a `Float`.
unsafe impl PyType for Float {
    fn ty() -> &'static Type {
        &FLOAT
    }
}

/// The float `value`.
#[inline]
pub fn new(rt: &mut Runtime, value: f64) -> R<Obj> {
    Ok(rt
        .new_leaf(Float {
            base: Header::new(&FLOAT),
            value,
        })?
        .obj())
}

impl Obj {
    /// The value, if this is exactly a float.
    #[inline(always)]
    pub fn as_float(self) -> Option<f64> {
        Some(self.cast::<Float>()?.value)
    }
}
