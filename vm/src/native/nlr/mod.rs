//! Non-local return: buffers that remember a place in native code, and the jump back to one.
//!
//! Three functions per architecture, in assembly, a page each:
//!
//! - `push(buf)`: table entry 32. Saves the callee-saved registers, links the buffer, returns 0. After a jump it
//!   returns once more, with 1; only native code, which expects that, ever calls it. Code for windowed Xtensa has
//!   `setjmp`, entry 49, for all of this but the linking.
//! - `jump(buf)`: goes back to the place that `buf` remembers.
//! - `call(buf, code, a, b, c, d)`: calls `code` with four words. Returns 0 and leaves the result in the buffer, or
//!   1 with the exception there, when a jump to `buf` ended the call. It returns once, so Rust may call it.
//!
//! Buffers have the stock layout (spec native-abi 3.11), since emitted code writes into the starred word and reads
//! the exception; they lie on the machine stack, the newest at the lowest address.

#[cfg(target_arch = "arm")]
mod thumb;
#[cfg(target_arch = "arm")]
pub(super) use thumb::{SP, call, jump, push};

#[cfg(target_arch = "riscv32")]
mod rv32;
#[cfg(target_arch = "riscv32")]
pub(super) use rv32::{SP, call, jump, push};

#[cfg(target_arch = "riscv64")]
mod rv64;
#[cfg(target_arch = "riscv64")]
pub(super) use rv64::{SP, call, jump, push};

#[cfg(all(target_arch = "x86", not(windows)))]
mod x86;
#[cfg(all(target_arch = "x86", not(windows)))]
pub(super) use x86::{SP, call, jump, push};

#[cfg(all(target_arch = "x86_64", not(windows)))]
mod x64;
#[cfg(all(target_arch = "x86_64", not(windows)))]
pub(super) use x64::{SP, call, jump, push};

#[cfg(target_arch = "xtensa")]
mod xtensa;
#[cfg(target_arch = "xtensa")]
pub(super) use xtensa::{SP, call, entries, jump, push, returned, setjmp};

#[cfg(not(any(
    target_arch = "arm",
    target_arch = "riscv32",
    target_arch = "riscv64",
    all(target_arch = "x86", not(windows)),
    all(target_arch = "x86_64", not(windows)),
    target_arch = "xtensa"
)))]
mod none;
#[cfg(not(any(
    target_arch = "arm",
    target_arch = "riscv32",
    target_arch = "riscv64",
    all(target_arch = "x86", not(windows)),
    all(target_arch = "x86_64", not(windows)),
    target_arch = "xtensa"
)))]
pub(super) use none::{SP, call, jump, push};

use core::mem::MaybeUninit;

use super::{activation, current};
use crate::obj::word::Obj;
use crate::runtime::Raised;

/// Most words that an architecture saves (windowed Xtensa).
const REGS: usize = 17;

/// An exception buffer. Native code reserves at least as many words as its architecture needs; ours has room for
/// the largest.
#[repr(C)]
pub(crate) struct Buf {
    /// The buffer that was the newest before.
    pub(in crate::native) prev: *mut Buf,
    /// The exception that arrived, or the result of a call.
    pub(in crate::native) value: usize,
    regs: MaybeUninit<[usize; REGS]>,
}

const _: () = {
    use core::mem::offset_of;
    use ferlance_abi::layout;
    let word = size_of::<usize>();
    assert!(offset_of!(Buf, prev) == layout::NLR_PREV * word);
    assert!(offset_of!(Buf, value) == layout::NLR_RET_VAL * word);
    assert!(offset_of!(Buf, regs) == layout::NLR_REGS * word);
};

impl Buf {
    /// A buffer that remembers nothing yet.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(super) const fn new(prev: *mut Buf) -> Buf {
        Buf {
            prev,
            value: 0,
            regs: MaybeUninit::uninit(),
        }
    }

    /// The stack pointer of whoever filled it.
    ///
    /// # Safety
    /// It is filled.
    pub(super) unsafe fn stack_pointer(&self) -> usize {
        let words: *const usize = (&raw const *self).cast();
        // SAFETY: the caller's.
        unsafe { words.add(SP).read() }
    }
}

/// Links a buffer that native code just filled: the second half of `push`.
pub(super) unsafe extern "C" fn link(buf: *mut Buf) -> usize {
    // SAFETY: called from native code; the buffer is in a frame of it. The exception word stays as it is: it may
    // hold the exception being handled.
    unsafe {
        let rt = current::runtime();
        (&raw mut (*buf).prev).write(rt.native.newest);
        rt.native.newest = buf;
    }
    0
}

/// Ends the native frames above the newest buffer with the exception that is being raised.
///
/// # Safety
/// Called by a shim: between here and that buffer there are only native frames, the shim's, and nothing to drop.
#[cold]
#[inline(never)]
pub(super) unsafe fn throw(raised: Raised) -> ! {
    // SAFETY: the caller's; the chain is never empty below a trampoline.
    unsafe {
        let rt = current::runtime();
        let exc: Obj = rt.take_exception(raised);
        let buf = rt.native.newest;
        let exc = activation::unwind(rt, exc, buf);
        rt.native.newest = (*buf).prev;
        (&raw mut (*buf).value).write(exc.raw());
        jump(buf)
    }
}
