//! The heap meets the runtime: what happens when an allocation does not fit, and what the roots are.

use core::ptr::NonNull;

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
pub(crate) fn realloc(
    rt: &mut Runtime,
    at: NonNull<u8>,
    old_bytes: usize,
    bytes: usize,
    leaf: bool,
) -> R<NonNull<u8>> {
    if let Some(new) = rt.heap.realloc(at, bytes) {
        return Ok(new);
    }
    let new = alloc_slow(rt, bytes, leaf)?;
    // SAFETY: both blocks hold the smaller of the two sizes, and the new block is not the old one.
    unsafe { core::ptr::copy_nonoverlapping(at.as_ptr(), new.as_ptr(), old_bytes.min(bytes)) };
    rt.heap.free(at);
    Ok(new)
}

/// Collects garbage: marks what the runtime, the frames and the machine stack refer to, then sweeps.
pub(crate) fn collect(rt: &mut Runtime) {
    let bounds = rt.hal.stack_bounds();
    rt.heap.begin_collect();
    let mut heap = core::mem::replace(&mut rt.heap, crate::gc::Heap::empty());
    rt.each_root(|word| heap.mark_word(word));
    rt.interp.each_range(|from, words| {
        // SAFETY: the interpreter names initialised words of its own stacks.
        unsafe { heap.mark_range(from, words) }
    });
    crate::gc::with_stack(|sp| {
        // SAFETY: `sp..high` is this thread's machine stack.
        unsafe { heap.mark_stack_range(sp, bounds.high) }
    });
    heap.finish_mark();
    rt.heap = heap;
    rt.heap.begin_sweep();
}
