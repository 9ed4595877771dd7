//! `range`.

use ferlance_abi::qstr;

use super::ptr::PyType;
use super::ty::{Header, Type, VTable};

/// `range`.
pub static RANGE: Type = Type::builtin(qstr!("range"), 0, &VT);
static VT: VTable = VTable { ..VTable::NEW };

/// A range.
#[repr(C)]
pub struct Range {
    base: Header,
    start: isize,
    stop: isize,
    step: isize,
}

// SAFETY: every structure of type RANGE is a `Range`.
unsafe impl PyType for Range {
    fn ty() -> &'static Type {
        &RANGE
    }
}

impl Range {
    /// First value.
    #[inline(always)]
    pub fn start(&self) -> isize {
        self.start
    }
    /// End.
    #[inline(always)]
    pub fn stop(&self) -> isize {
        self.stop
    }
    /// Step.
    #[inline(always)]
    pub fn step(&self) -> isize {
        self.step
    }
}
