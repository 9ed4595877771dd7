//! Lines of native code from files, by where its calls return to.
//!
//! Code for this process tells its lines (see [`super::activation`]). Code in a file cannot, as stock firmware has nobody
//! to be told; but its lines may be known ([`ferlance_bytecode::machine_lines`]). Then the call that has failed is found
//! on the machine stack:
//!
//! ```text
//!   trampoline      its buffer has the stack pointer at the call of the code
//!   native frame    so many bytes, says the table
//!   shim            the first word from above that is an address in the code is where the shim returns to:
//!                   pushed by the call, or the link register, which is saved at the top of frames
//! ```
//!
//! On Xtensa frames may begin with words that were never written; there the address is asked for ([`nlr::returned`]).
//!
//! Functions with lines are called by trampolines only, and not by [`super::direct`] or [`super::step`], so that there
//! is such a buffer.

use ferlance_bytecode::machine_lines::MachineLines;

use super::ARCH;
#[cfg(target_arch = "xtensa")]
use super::nlr;
use super::nlr::Buf;
use crate::interp::code::Code;

/// Bits of a return address that are part of the address: the upper two tell windows apart.
const ADDRESS: usize = if cfg!(target_arch = "xtensa") {
    usize::MAX >> 2
} else {
    usize::MAX
};

/// The line of the call at hand in code that a trampoline with this buffer has called; 0 if it is not known.
///
/// # Safety
/// The code has a table and is below that trampoline, and whoever asks is a shim that it has called.
#[inline(never)]
pub(super) unsafe fn current(code: &Code, buf: *const Buf) -> u32 {
    // SAFETY: the caller's: the loader's table.
    let table = unsafe { core::slice::from_raw_parts(code.lines, code.n_lines as usize) };
    let Some(lines) = MachineLines::read(table) else {
        return 0;
    };
    // SAFETY: the caller's: the trampoline has filled its buffer.
    let top = unsafe { (*buf).stack_pointer() };
    let bottom = top.saturating_sub(lines.frame_bytes as usize) & !(size_of::<usize>() - 1);
    let here = 0usize;
    let low = (&raw const here).addr();
    if bottom <= low {
        // It cannot be: the table is damaged.
        return 0;
    }
    // SAFETY: the caller's; it is on the machine stack, and above this frame.
    match unsafe { offset_of_call(code, (low, bottom)) } {
        Some(offset) => lines.line_at(offset),
        None => 0,
    }
}

/// Offset in the code of the call whose return address a word is.
fn offset_behind(code: &Code, word: usize) -> Option<usize> {
    let first = code.bytes.addr() + usize::from(ARCH.is_thumb());
    let behind = word.wrapping_sub(first) & ADDRESS;
    (1..=code.n_bytes as usize)
        .contains(&behind)
        .then(|| behind - 1)
}

/// Offset of the call that code makes at the moment, whose frame ends at `bottom`.
///
/// # Safety
/// From `low` to `bottom`, which is that of a word, there is the machine stack.
#[cfg(not(target_arch = "xtensa"))]
unsafe fn offset_of_call(code: &Code, (low, bottom): (usize, usize)) -> Option<usize> {
    const WORD: usize = size_of::<usize>();
    let mut at = bottom;
    while at > low {
        at -= WORD;
        // SAFETY: the caller's.
        let word = unsafe { core::ptr::with_exposed_provenance::<usize>(at).read_volatile() };
        if let Some(offset) = offset_behind(code, word) {
            return Some(offset);
        }
    }
    None
}

/// The same by convention.
///
/// # Safety
/// The same.
#[cfg(target_arch = "xtensa")]
unsafe fn offset_of_call(code: &Code, (_, bottom): (usize, usize)) -> Option<usize> {
    // SAFETY: the caller's.
    offset_behind(code, unsafe { nlr::returned(bottom) })
}
