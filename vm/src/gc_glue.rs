//! The heap meets the runtime: what happens when an allocation does not fit, and what the roots are.

use core::ptr::NonNull;

use crate::gc::{Heap, with_stack};
use crate::runtime::{R, Runtime};

/// Collects because the heap asked for it, unless `gc.disable()` forbids: the heap then grows as far as it can.
fn collect_if_enabled(rt: &mut Runtime) {
    if !rt.state.gc_disabled {
        collect(rt);
    }
}

/// Called when the heap refused: collect, try again, else `MemoryError`.
#[cold]
pub(crate) fn alloc_slow(rt: &mut Runtime, bytes: usize, leaf: bool) -> R<NonNull<u8>> {
    if !rt.heap.is_locked() {
        collect_if_enabled(rt);
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
        collect_if_enabled(rt);
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
    rt.names_changed();
    rt.state.chars.clear();
    let high = rt.hal.stack_bounds().high;
    // The marker lies deeper in the machine stack than `low`. Were it above, the addresses that a collection
    // leaves behind on the mark stack would be roots of the next, and what was live once would live for ever.
    with_stack(|low| {
        let mut heap = core::mem::replace(&mut rt.heap, Heap::empty());
        mark(rt, &mut heap, low, high);
        rt.heap = heap;
    });
    while let Some(block) = rt.heap.take_dead() {
        // SAFETY: what registers a finaliser is a structure that begins with its type, and it is still whole.
        let object =
            unsafe { crate::obj::ptr::Ptr::<crate::obj::ty::Header>::from_non_null(block.cast()) };
        #[cfg(feature = "native")]
        if let Some(code) = object.obj().cast::<crate::native::CodeBlock>() {
            code.release(rt);
            continue;
        }
        crate::stream::finalise(rt, object.obj());
    }
}

#[inline(never)]
fn mark(rt: &Runtime, heap: &mut Heap, low: usize, high: usize) {
    heap.collect(|marker| {
        rt.each_root(|word| marker.word(word));
        rt.interp.each_range(|from, words| {
            // SAFETY: the interpreter names initialised words of its own stacks.
            unsafe { marker.range(from, words) }
        });
        // SAFETY: `low..high` is the part in use of this thread's machine stack.
        unsafe { marker.stack_range(low, high) }
    });
}

#[cfg(test)]
mod tests {
    #[test]
    fn nothing_is_collected_while_collection_is_disabled() {
        let rt = &mut crate::testing::runtime();
        rt.state.gc_disabled = true;
        let failed = (0..10_000).find(|_| rt.alloc_words(100, true).is_err());
        // A heap of a megabyte takes about 1,300 such blocks.
        assert!(failed.is_some_and(|n| (1000..1400).contains(&n)));
        assert!(rt.alloc_words(100, true).is_err());
        rt.state.gc_disabled = false;
        assert!(rt.alloc_words(100, true).is_ok());
    }

    #[test]
    fn garbage_comes_back_although_it_was_marked_once() {
        let rt = &mut crate::testing::runtime();
        let mut held = None;
        for i in 0..2000usize {
            let words = (i * 7919) % 6000 + 1;
            // Each block lives through one collection.
            held = Some((
                held.take().map(|(_, newest)| newest),
                rt.alloc_words(words, true).unwrap(),
            ));
            rt.collect();
        }
        assert!(held.is_some());
        assert!(rt.heap.used() < 200_000);
    }
}
