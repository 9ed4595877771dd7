//! Xtensa, both conventions. Words of a buffer, call0: 2 a0, 3 a1, 4 a8 … 8 a12 (the starred one), 9 a13, 10 a14,
//! 11 a15; windowed: 2 to 18 the registers of `setjmp`, of which 6 is the starred one.
//!
//! Stable Rust has no assembly for Xtensa, so the functions are symbols that the port links in, assembled from
//! `xtensa.S` or `xtensa_windowed.S` beside this file. Windowed code links a buffer by `push` and calls `setjmp` then.

use super::{Buf, link};

/// The word of a buffer with the stack pointer.
pub(in crate::native) const SP: usize = 3;

unsafe extern "C" {
    /// Entry 49 of the function table; null in the call0 convention.
    #[link_name = "ferlance_nlr_setjmp"]
    pub(in crate::native) fn setjmp(registers: *mut usize) -> usize;
    #[link_name = "ferlance_nlr_push"]
    pub(in crate::native) fn push(buf: *mut Buf) -> usize;
    /// Where what a frame has called, whose stack pointer is `bottom`, returns to; 0 if that is not known.
    #[link_name = "ferlance_nlr_returned"]
    pub(in crate::native) fn returned(bottom: usize) -> usize;
    /// In the call0 convention, entries of the function table that save where they return to where `returned` finds it:
    /// so many times [`ENTRY_BYTES`]. No entries in the other, which saves it itself.
    #[link_name = "ferlance_nlr_entries"]
    safe static ENTRIES: u8;
    /// Behind the last of them.
    #[link_name = "ferlance_nlr_entries_end"]
    safe static ENTRIES_END: u8;
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

/// Bytes of an entry of [`entries`].
const ENTRY_BYTES: usize = 8;

/// The address of the entry with a number, if there are such entries.
pub(in crate::native) fn entries(slot: usize) -> Option<usize> {
    let (first, end) = (&raw const ENTRIES, &raw const ENTRIES_END);
    let at = first.expose_provenance() + slot * ENTRY_BYTES;
    (at < end.addr()).then_some(at)
}

/// What `push` ends with.
#[unsafe(no_mangle)]
unsafe extern "C" fn ferlance_nlr_link(buf: *mut Buf) -> usize {
    // SAFETY: as there.
    unsafe { link(buf) }
}
