//! Memory of the host: address space for the heap, committed by touching it; the machine stack's bounds.

use std::ptr::NonNull;

use ferlance_vm::gc::{Heap, Region};
use ferlance_vm::hal::StackBounds;

/// Address space reserved when no cap was given. Only touched pages cost anything, and a program that goes
/// astray gets its `MemoryError` before the machine runs out of memory.
const RESERVE: usize = 2 << 30;
/// Machine stack left for functions that do not check.
const MARGIN: usize = 128 * 1024;

/// A region of at most `cap` bytes, side tables included. `None` when the system refuses.
pub(crate) fn region(cap: Option<usize>) -> Option<Region> {
    let mut len = cap.unwrap_or(RESERVE);
    loop {
        // SAFETY: a fresh private mapping touches nothing that exists.
        let at = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                len,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
                -1,
                0,
            )
        };
        if at != libc::MAP_FAILED {
            let base = NonNull::new(at.cast::<u8>())?;
            // SAFETY: the mapping is readable, writable, zeroed and ours.
            return Some(unsafe { Region::reserved(base, len, commit) });
        }
        // A system that limits address space: try with less, unless the user asked for this much.
        if cap.is_some() || len < 1 << 24 {
            return None;
        }
        len /= 2;
    }
}

/// Bytes of a heap before large pages are asked for, and what those are aligned to.
#[cfg(target_os = "linux")]
const BEFORE_LARGE: usize = 8 << 20;

/// Asks for large pages where a heap has grown beyond what small programs need: each page is filled by one fault,
/// and far more memory is within reach of the processor's translation buffers, so that random access to large
/// containers costs much the same as to middling ones. A system without them goes on as before.
#[cfg(target_os = "linux")]
pub(crate) fn prefer_large_pages(heap: &Heap) {
    let (start, len) = heap.blocks();
    if len > 2 * BEFORE_LARGE {
        let skip = start.align_offset(BEFORE_LARGE) + BEFORE_LARGE;
        // SAFETY: advice on a part of our own mapping; it changes no byte of it.
        unsafe { libc::madvise(start.add(skip).cast(), len - skip, libc::MADV_HUGEPAGE) };
    }
}

/// Other systems decide for themselves.
#[cfg(not(target_os = "linux"))]
pub(crate) fn prefer_large_pages(_: &Heap) {}

/// Pages come when they are touched.
unsafe fn commit(_: NonNull<u8>, _: usize) -> bool {
    true
}

/// Bounds of the main thread's stack. `main` has a local variable at the address `top`; what lies above it,
/// arguments and environment, holds no references but counts for the limit.
pub(crate) fn stack_bounds(top: usize) -> StackBounds {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: `limit` is a valid place for the answer.
    let known = unsafe { libc::getrlimit(libc::RLIMIT_STACK, &mut limit) } == 0;
    let size = if known {
        limit.rlim_cur.min(8 << 20) as usize
    } else {
        1 << 20
    };
    let start = strings_end().max(top);
    StackBounds {
        low: start.saturating_sub(size.saturating_sub(MARGIN)),
        high: top.next_multiple_of(size_of::<usize>()),
    }
}

/// End of the last string of the environment, which lies where the stack starts; 0 without one.
fn strings_end() -> usize {
    // SAFETY: `environ` is null or a list of C strings with a null at its end.
    unsafe {
        let mut last = std::ptr::null();
        let mut at = environ;
        while !at.is_null() && !at.read().is_null() {
            last = at.read();
            at = at.add(1);
        }
        if last.is_null() {
            return 0;
        }
        last.addr() + libc::strlen(last)
    }
}

unsafe extern "C" {
    static environ: *const *const std::ffi::c_char;
}

/// Switches for the tests that fail each allocation in turn, and that collect at each: `FERLANCE_FAIL_ALLOC=n`,
/// `FERLANCE_GC_STRESS=1`.
#[cfg(any(debug_assertions, feature = "sweeps"))]
pub(crate) fn test_switches(rt: &mut ferlance_vm::Runtime) {
    let number = |name| {
        let text = crate::sys::env(name)?;
        std::str::from_utf8(text).ok()?.parse::<usize>().ok()
    };
    if number(c"FERLANCE_GC_STRESS") == Some(1) {
        rt.heap.set_collect_always(true);
    }
    if let Some(n) = number(c"FERLANCE_FAIL_ALLOC") {
        rt.heap.set_fail_in(n);
    }
}
