//! The heap meets the runtime: what happens when an allocation does not fit, and what the roots are.

use core::ptr::NonNull;

use crate::gc::{Heap, with_stack};
use crate::runtime::{R, Runtime};

/// Called when the heap refused: collect, try again, else `MemoryError`.
#[cold]
pub(crate) fn alloc_slow(rt: &mut Runtime, bytes: usize, leaf: bool) -> R<NonNull<u8>> {
    if !rt.heap.is_locked() {
        collect(rt);
        if let Some(at) = rt.heap.alloc_after_collect(bytes, leaf) {
            return Ok(at);
        }
    }
    Err(rt.no_memory(bytes))
}

/// Grows or shrinks a block, collecting if need be.
pub(crate) fn realloc(rt: &mut Runtime, at: NonNull<u8>, bytes: usize) -> R<NonNull<u8>> {
    // SAFETY: `at` is a block of this heap, as `Runtime::realloc_block` asks.
    if let Some(new) = unsafe { rt.heap.realloc(at, bytes) } {
        return Ok(new);
    }
    if !rt.heap.is_locked() {
        collect(rt);
        // SAFETY: as above; the block survived, being on the machine stack if nowhere else.
        if let Some(new) = unsafe { rt.heap.realloc_after_collect(at, bytes) } {
            return Ok(new);
        }
    }
    Err(rt.no_memory(bytes))
}

/// Collects garbage: marks what the runtime, the frames and the machine stack refer to, then sweeps.
pub(crate) fn collect(rt: &mut Runtime) {
    // A dead map's address may be taken by another map from here on.
    rt.interp.map_epoch = rt.interp.map_epoch.wrapping_add(1);
    let high = rt.hal.stack_bounds().high;
    let mut heap = core::mem::replace(&mut rt.heap, Heap::empty());
    heap.collect(|marker| {
        rt.each_root(|word| marker.word(word));
        rt.interp.each_range(|from, words| {
            // SAFETY: the interpreter names initialised words of its own stacks.
            unsafe { marker.range(from, words) }
        });
        with_stack(|low| {
            // SAFETY: `low..high` is the part in use of this thread's machine stack.
            unsafe { marker.stack_range(low, high) }
        });
    });
    rt.heap = heap;
}
