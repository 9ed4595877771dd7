//! What a region of a host does: counts what was committed, and has an end.

use core::sync::atomic::{AtomicUsize, Ordering};

use super::*;

static COMMITTED: AtomicUsize = AtomicUsize::new(0);
static LEFT: AtomicUsize = AtomicUsize::new(usize::MAX);

unsafe fn commit(_: NonNull<u8>, bytes: usize) -> bool {
    let fits = LEFT
        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| {
            n.checked_sub(bytes)
        })
        .is_ok();
    if fits {
        COMMITTED.fetch_add(bytes, Ordering::Relaxed);
    }
    fits
}

#[test]
fn a_reserved_region_is_committed_as_needed() {
    let mut memory = vec![0u64; 1 << 17].into_boxed_slice();
    let base = NonNull::new(memory.as_mut_ptr().cast()).unwrap();
    // SAFETY: the buffer outlives the heap.
    let region = unsafe { Region::reserved(base, 1 << 20, commit) };
    let mut heap = Heap::new(region, Policy::WHEN_FULL).unwrap();
    assert!(COMMITTED.load(Ordering::Relaxed) < 100);
    heap.alloc(100, true).unwrap();
    let first = COMMITTED.load(Ordering::Relaxed);
    assert!(first < 100_000, "{first}");
    heap.alloc(200_000, true).unwrap();
    let second = COMMITTED.load(Ordering::Relaxed);
    assert!((first + 100_000..400_000).contains(&second));
    // The host has no more: the heap carries on with what it has.
    LEFT.store(0, Ordering::Relaxed);
    while heap.alloc(100, true).is_some() {}
    heap.check().unwrap();
    collect(&mut heap, &[]);
    assert!(heap.alloc(200_000, true).is_some());
    assert!(heap.alloc(400_000, true).is_none());
    heap.check().unwrap();
}
