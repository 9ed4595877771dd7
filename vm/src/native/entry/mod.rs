//! What the entries of the function table do, by subject. Each has the name of its row in `abi::fun_table`; the
//! shims that native code calls are in [`super::fun_table`].

mod build;
mod cached;
mod calls;
mod convert;
pub(super) mod data;
mod iter;
mod memory;
mod modules;
mod names;
mod operators;
mod print;

pub(super) use build::*;
pub(super) use cached::*;
pub(super) use calls::*;
pub(super) use convert::*;
pub(super) use iter::*;
pub(super) use memory::*;
pub(super) use modules::*;
pub(super) use names::*;
pub(super) use operators::*;
pub(super) use print::*;

pub(super) use super::code_state::setup_code_state_native;

pub(super) use super::fun_table::unbound;
use crate::interp::frame::Slot;
pub(super) use crate::interp::warn_cause;
use crate::obj::word::Obj;
use crate::runtime::{R, Runtime};

/// `n` words of native code as objects; null among them is an unbound local.
///
/// # Safety
/// `n` words that are objects or null stand at `at` and stay while the slice is used.
#[inline]
pub(super) unsafe fn objects<'a>(rt: &mut Runtime, at: *const Slot, n: usize) -> R<&'a [Obj]> {
    if n == 0 {
        return Ok(&[]);
    }
    // SAFETY: the caller's.
    let words = unsafe { core::slice::from_raw_parts(at, n) };
    if words.iter().any(Option::is_none) {
        return Err(unbound(rt));
    }
    // SAFETY: none is null; `Option<Obj>` and `Obj` have one layout.
    Ok(unsafe { core::slice::from_raw_parts(at.cast(), n) })
}
