//! Xtensa, call0 convention. Words of a buffer: 2 a0, 3 a1, 4 a8 … 8 a12 (the starred one), 9 a13, 10 a14, 11 a15.
//!
//! Stable Rust has no assembly for Xtensa, so the three functions are symbols that the port links in, assembled
//! from `xtensa.S` beside this file.

use super::{Buf, link};

unsafe extern "C" {
    #[link_name = "ferlance_nlr_push"]
    pub(in crate::native) fn push(buf: *mut Buf) -> usize;
    #[link_name = "ferlance_nlr_jump"]
    pub(in crate::native) fn jump(buf: *mut Buf) -> !;
    #[link_name = "ferlance_nlr_call"]
    pub(in crate::native) fn call(
        buf: *mut Buf,
        code: usize,
        a: usize,
        b: usize,
        c: usize,
        d: usize,
    ) -> usize;
}

/// What `push` ends with.
#[unsafe(no_mangle)]
unsafe extern "C" fn ferlance_nlr_link(buf: *mut Buf) -> usize {
    // SAFETY: as there.
    unsafe { link(buf) }
}
