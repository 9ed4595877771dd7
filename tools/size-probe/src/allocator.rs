//! An allocator that only grows: the smallest there is, since what is counted here is not the allocator.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::ptr::null_mut;

struct Bump {
    next: UnsafeCell<usize>,
}

// SAFETY: a probe has one thread.
unsafe impl Sync for Bump {}

const SIZE: usize = 16 * 1024;

struct Arena(UnsafeCell<[u8; SIZE]>);

// SAFETY: as above.
unsafe impl Sync for Arena {}

static ARENA: Arena = Arena(UnsafeCell::new([0; SIZE]));

#[global_allocator]
static ALLOCATOR: Bump = Bump {
    next: UnsafeCell::new(0),
};

// SAFETY: blocks do not overlap: `next` only grows.
unsafe impl GlobalAlloc for Bump {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: one thread, no reference outlives this function.
        let next = unsafe { &mut *self.next.get() };
        let at = next.next_multiple_of(layout.align());
        if SIZE - at.min(SIZE) < layout.size() {
            return null_mut();
        }
        *next = at + layout.size();
        // SAFETY: `at` was checked to lie in the arena.
        unsafe { ARENA.0.get().cast::<u8>().add(at) }
    }
    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}
