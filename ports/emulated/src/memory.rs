//! The allocator of the Rust side, and the heap's region.
//!
//! Blocks are powers of two from [`SMALLEST`] to [`LARGEST`], cut from pieces of [`PIECE`] bytes; freed ones wait in one
//! list per size. Larger ones are mappings of their own.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::ptr::{NonNull, null_mut};

use ferlance_vm::gc::Region;

use crate::linux;

/// Bytes of the heap when no cap was given.
const HEAP: usize = 64 << 20;
const SMALLEST: usize = 16;
const LARGEST: usize = 1 << 16;
const PIECE: usize = 1 << 20;
const CLASSES: usize = (LARGEST / SMALLEST).ilog2() as usize + 1;

/// A region of at most `cap` bytes, side tables included. `None` when the system refuses.
pub(crate) fn region(cap: Option<usize>) -> Option<Region> {
    let len = cap.unwrap_or(HEAP);
    let base = linux::map(len)?;
    // SAFETY: the mapping is readable, writable, zeroed and ours.
    Some(unsafe { Region::reserved(base, len, commit) })
}

/// Pages come when they are touched.
unsafe fn commit(_: NonNull<u8>, _: usize) -> bool {
    true
}

struct State {
    /// First freed block by size; its first word leads to the next.
    free: [*mut u8; CLASSES],
    /// What is left of the newest piece.
    next: *mut u8,
    left: usize,
    /// Bytes asked for and not given back, and the most there were of them.
    in_use: usize,
    peak: usize,
}

struct Blocks(UnsafeCell<State>);

// SAFETY: the program has one thread.
unsafe impl Sync for Blocks {}

#[global_allocator]
static BLOCKS: Blocks = Blocks(UnsafeCell::new(State {
    free: [null_mut(); CLASSES],
    next: null_mut(),
    left: 0,
    in_use: 0,
    peak: 0,
}));

/// Bytes that the Rust side has asked for and not given back, and the most there were of them since [`reset_peak`].
pub(crate) fn in_use() -> (usize, usize) {
    // SAFETY: one thread; the reference does not outlive this function.
    let state = unsafe { &*BLOCKS.0.get() };
    (state.in_use, state.peak)
}

/// The peak is what is in use.
pub(crate) fn reset_peak() {
    // SAFETY: as above.
    let state = unsafe { &mut *BLOCKS.0.get() };
    state.peak = state.in_use;
}

/// Bytes of the block for a layout.
fn size(layout: Layout) -> usize {
    layout
        .size()
        .max(layout.align())
        .max(SMALLEST)
        .next_power_of_two()
}

fn class(size: usize) -> usize {
    (size / SMALLEST).ilog2() as usize
}

// SAFETY: blocks do not overlap: each was cut from a piece once, and is in no list while it is in use. Nothing asks for
// more alignment than a page's.
unsafe impl GlobalAlloc for Blocks {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: one thread; the reference is gone at the end of the block.
        unsafe {
            let state = &mut *self.0.get();
            state.in_use += layout.size();
            state.peak = state.peak.max(state.in_use);
        }
        if layout.size() > LARGEST {
            return linux::map(layout.size()).map_or(null_mut(), NonNull::as_ptr);
        }
        let size = size(layout);
        // SAFETY: one thread; the reference does not outlive this function. Lists hold free blocks, in whose first
        // word we wrote the next.
        unsafe {
            let state = &mut *self.0.get();
            let head = &mut state.free[class(size)];
            if !head.is_null() {
                let block = *head;
                *head = block.cast::<*mut u8>().read();
                return block;
            }
            // A multiple of its size, or of a page.
            let gap = |next: *mut u8| next.addr().wrapping_neg() & (size.min(4096) - 1);
            if state.left < gap(state.next) + size {
                let Some(piece) = linux::map(PIECE) else {
                    return null_mut();
                };
                state.next = piece.as_ptr();
                state.left = PIECE;
            }
            let skip = gap(state.next);
            let block = state.next.add(skip);
            state.next = block.add(size);
            state.left -= skip + size;
            block
        }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as in `alloc`.
        unsafe { (*self.0.get()).in_use -= layout.size() };
        if layout.size() > LARGEST {
            if let Some(at) = NonNull::new(block) {
                // SAFETY: such blocks are mappings of that length.
                unsafe { linux::unmap(at, layout.size()) };
            }
            return;
        }
        // SAFETY: as in `alloc`; the block is free from now on.
        unsafe {
            let head = &mut (*self.0.get()).free[class(size(layout))];
            block.cast::<*mut u8>().write(*head);
            *head = block;
        }
    }
}
