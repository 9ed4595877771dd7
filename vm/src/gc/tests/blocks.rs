//! Handing out blocks: sizes, alignment, growth, joining, heaps of any size.

use super::*;

#[test]
fn blocks_are_aligned_and_disjoint() {
    let mut f = fixture(1 << 16);
    let mut end = 0;
    for bytes in [
        0,
        1,
        GRANULE - 1,
        GRANULE,
        GRANULE + 1,
        100,
        1000,
        GROUP_BYTES,
        5000,
    ] {
        let block = f.heap.alloc(bytes, false).unwrap();
        assert_eq!(address(block) % GRANULE, 0);
        assert!(address(block) >= end);
        // SAFETY: a block of this heap.
        let size = unsafe { f.heap.block_size(block) };
        assert!(size >= bytes && size < bytes.max(1) + GRANULE);
        end = address(block) + size;
    }
    f.heap.check().unwrap();
}

#[test]
fn impossible_sizes_are_refused() {
    let mut f = fixture(1 << 14);
    for bytes in [1 << 14, usize::MAX / 2, usize::MAX - 3, usize::MAX] {
        assert_eq!(f.heap.alloc(bytes, false), None);
        assert_eq!(f.heap.alloc_after_collect(bytes, true), None);
        assert_eq!(f.heap.alloc_owned(bytes), None);
    }
    let block = f.heap.alloc(8, false).unwrap();
    // SAFETY: a block of this heap.
    assert_eq!(unsafe { f.heap.realloc(block, usize::MAX) }, None);
    f.heap.check().unwrap();
}

#[test]
fn a_zeroed_block_is_zero() {
    let mut f = fixture(1 << 12);
    let block = f.heap.alloc_zeroed(64, true).unwrap();
    assert!((0..64 / WORD).all(|i| load(block, i) == 0));
}

#[test]
fn an_empty_heap_has_nothing() {
    let mut heap = Heap::empty();
    assert_eq!(heap.alloc(16, false), None);
    assert_eq!(heap.alloc_after_collect(16, false), None);
    collect(&mut heap, &[]);
    assert_eq!(heap.alloc(16, false), None);
    assert_eq!((heap.used(), heap.capacity()), (0, 0));
    heap.check().unwrap();
}

#[test]
fn owned_blocks_have_the_alignment_asked_for() {
    let mut f = fixture((1 << 18) / stride(4));
    let mut blocks = Vec::new();
    for shift in 0..14 {
        let _ = f.heap.alloc(GRANULE, true).unwrap();
        let block = f.heap.alloc_aligned(24, 1 << shift).unwrap();
        assert_eq!(address(block) % (1 << shift), 0);
        blocks.push(block);
        f.heap.check().unwrap();
    }
    for block in blocks {
        // SAFETY: a block of this heap, not used any more.
        unsafe { f.heap.free(block) };
        f.heap.check().unwrap();
    }
}

#[test]
fn tiny_heaps_work() {
    for skip in (0..40).step_by(stride(13)) {
        for bytes in (256..2304).step_by(128 * stride(9)) {
            let mut f = fixture_at(bytes, skip);
            let capacity = f.heap.capacity();
            assert!(capacity <= bytes);
            if bytes >= 1024 {
                assert!(capacity * 100 >= bytes * 88, "{capacity} of {bytes}");
            }
            for _ in 0..3 {
                let mut head = None;
                let mut n = 0;
                while let Some(block) = node(&mut f.heap, head.map_or(0, address)) {
                    head = Some(block);
                    n += 1;
                    f.heap.check().unwrap();
                }
                assert_eq!(n * GRANULE, capacity);
                assert_eq!(f.heap.free_bytes(), 0);
                collect(&mut f.heap, &[head.unwrap()]);
                assert_eq!(f.heap.used(), capacity);
                assert_eq!(f.heap.alloc_after_collect(1, true), None);
                collect(&mut f.heap, &[]);
                f.heap.check().unwrap();
                let all = f.heap.alloc(capacity, true).unwrap();
                f.heap.check().unwrap();
                assert_eq!(f.heap.alloc(1, true), None);
                // SAFETY: a block of this heap, not used any more.
                unsafe { f.heap.free(all) };
                f.heap.check().unwrap();
            }
        }
    }
}

#[test]
fn a_region_too_small_is_refused() {
    let mut memory = vec![0u64; 64].into_boxed_slice();
    let base = NonNull::new(memory.as_mut_ptr().cast()).unwrap();
    for bytes in (0..512).step_by(stride(9)) {
        // SAFETY: the buffer outlives the heap; one heap at a time.
        let region = unsafe { Region::fixed(base, bytes) };
        if let Some(mut heap) = Heap::new(region, Policy::WHEN_FULL) {
            assert!(heap.capacity() >= GRANULE && heap.capacity() < bytes);
            while heap.alloc(GRANULE, true).is_some() {}
            heap.check().unwrap();
        } else {
            assert!(bytes < 128);
        }
    }
}

#[test]
fn a_block_grows_in_place_where_there_is_room() {
    let mut f = fixture(1 << 20);
    // The last block, within the window, across groups, into the wilderness.
    let block = f.heap.alloc(GRANULE, false).unwrap();
    for bytes in [2 * GRANULE, 40 * GRANULE, 70 * GRANULE, 1 << 17, 1 << 19] {
        // SAFETY: a block of this heap.
        assert_eq!(unsafe { f.heap.realloc(block, bytes) }, Some(block));
        f.heap.check().unwrap();
    }
    // SAFETY: as above.
    assert_eq!(unsafe { f.heap.realloc(block, GRANULE) }, Some(block));
    assert_eq!(f.heap.used(), GRANULE);
    f.heap.check().unwrap();
    // Into a free run on a list.
    let next = f.heap.alloc(50 * GRANULE, true).unwrap();
    let _fence = f.heap.alloc(GRANULE, true).unwrap();
    // SAFETY: as above; `next` is not used any more.
    unsafe {
        f.heap.free(next);
        assert_eq!(f.heap.realloc(block, 20 * GRANULE), Some(block));
        f.heap.check().unwrap();
        assert_eq!(f.heap.realloc(block, 51 * GRANULE), Some(block));
        f.heap.check().unwrap();
        // No room: it moves, and what it held comes along.
        store(block, 0, 77);
        let moved = f.heap.realloc(block, 52 * GRANULE).unwrap();
        assert_ne!(moved, block);
        assert_eq!(load(moved, 0), 77);
    }
    f.heap.check().unwrap();
}

#[test]
fn freed_neighbours_join() {
    let mut f = fixture(1 << 14);
    let mut random = Random(7);
    for _ in 0..rounds(200) {
        let mut blocks = Vec::new();
        while let Some(block) = f.heap.alloc(GRANULE * (1 + random.below(9)), true) {
            blocks.push(block);
        }
        while !blocks.is_empty() {
            let block = blocks.swap_remove(random.below(blocks.len()));
            // SAFETY: a block of this heap, not used any more.
            unsafe { f.heap.free(block) };
            if blocks.len() % stride(16) == 0 {
                f.heap.check().unwrap();
            }
        }
        let whole = f.heap.alloc(f.heap.capacity(), true).unwrap();
        // SAFETY: as above.
        unsafe { f.heap.free(whole) };
    }
}
