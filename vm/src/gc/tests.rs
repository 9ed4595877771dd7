//! The heap alone, in a buffer, with explicit roots.

use core::ptr::NonNull;
use std::boxed::Box;
use std::collections::{BTreeMap, BTreeSet};
use std::vec;
use std::vec::Vec;

use super::*;

/// A heap in a buffer of its own.
struct Fixture {
    heap: Heap,
    _memory: Box<[u64]>,
}

fn fixture(bytes: usize) -> Fixture {
    fixture_at(bytes, 0)
}

/// A heap in a buffer that begins `skip` words off an aligned address.
fn fixture_at(bytes: usize, skip: usize) -> Fixture {
    // Not zero, so that nothing relies on that.
    let mut memory = vec![0xa5a5_a5a5_a5a5_a5a5u64; bytes / 8 + skip].into_boxed_slice();
    let base = NonNull::new(memory.as_mut_ptr().wrapping_add(skip).cast()).unwrap();
    // SAFETY: the buffer lives as long as the heap and is used by nobody else.
    let region = unsafe { Region::fixed(base, bytes / 8 * 8) };
    let heap = Heap::new(region, Policy::WHEN_FULL).unwrap();
    Fixture {
        heap,
        _memory: memory,
    }
}

type Block = NonNull<u8>;

fn store(block: Block, i: usize, word: usize) {
    // SAFETY: tests store inside their blocks.
    unsafe { block.cast::<usize>().add(i).write(word) };
}

fn load(block: Block, i: usize) -> usize {
    // SAFETY: tests load from inside their blocks.
    unsafe { block.cast::<usize>().add(i).read() }
}

fn address(block: Block) -> usize {
    block.as_ptr().expose_provenance()
}

fn collect(heap: &mut Heap, roots: &[Block]) {
    heap.collect(|marker| roots.iter().for_each(|root| marker.block(*root)));
}

/// A scanned block of two words, linking to `next`.
fn node(heap: &mut Heap, next: usize) -> Option<Block> {
    let block = heap.alloc(GRANULE, false)?;
    store(block, 0, next);
    store(block, 1, 1);
    Some(block)
}

/// A small generator of numbers, the same on each run.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % n
    }
}

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
fn unreachable_cycles_are_freed_and_reachable_ones_kept() {
    let mut f = fixture(1 << 14);
    let a = node(&mut f.heap, 0).unwrap();
    let b = node(&mut f.heap, address(a)).unwrap();
    store(a, 0, address(b));
    let c = node(&mut f.heap, 0).unwrap();
    let d = node(&mut f.heap, address(c)).unwrap();
    store(c, 0, address(d));
    collect(&mut f.heap, &[d]);
    assert_eq!(f.heap.used(), 2 * GRANULE);
    assert_eq!(load(d, 0), address(c));
    f.heap.check().unwrap();
    collect(&mut f.heap, &[]);
    assert_eq!(f.heap.used(), 0);
}

#[test]
fn leaves_are_not_looked_into() {
    let mut f = fixture(1 << 14);
    let hidden = node(&mut f.heap, 0).unwrap();
    let leaf = f.heap.alloc(2 * GRANULE, true).unwrap();
    for i in 0..4 {
        store(leaf, i, address(hidden));
    }
    collect(&mut f.heap, &[leaf]);
    assert_eq!(f.heap.used(), 2 * GRANULE);
}

#[test]
fn only_aligned_addresses_of_heads_are_references_in_the_heap() {
    let mut f = fixture(1 << 14);
    let target = f.heap.alloc(4 * GRANULE, true).unwrap();
    for offset in 1..4 * GRANULE {
        let holder = node(&mut f.heap, address(target) + offset).unwrap();
        collect(&mut f.heap, &[holder]);
        assert_eq!(f.heap.used(), GRANULE, "offset {offset}");
        // The block is gone, but nothing overwrote it.
        let target_again = f.heap.alloc(4 * GRANULE, true).unwrap();
        assert_eq!(target_again, target);
        collect(&mut f.heap, &[target_again]);
    }
}

#[test]
fn the_stack_may_point_into_blocks() {
    let mut f = fixture(1 << 18);
    let small = f.heap.alloc(3 * GRANULE, true).unwrap();
    let _gap = f.heap.alloc(10 * GRANULE, true).unwrap();
    let large = f.heap.alloc(100_000, true).unwrap();
    let stack = [
        3,
        address(small) + 2 * GRANULE + 1,
        address(large) + 99_999,
        7,
    ];
    f.heap.collect(|marker| {
        let low = stack.as_ptr().expose_provenance();
        // SAFETY: the array, with a ragged start.
        unsafe { marker.stack_range(low + 1, low + size_of_val(&stack)) };
        assert!(marker.is_marked(small) && marker.is_marked(large));
    });
    assert_eq!(
        f.heap.used(),
        3 * GRANULE + 100_000usize.next_multiple_of(GRANULE)
    );
    assert_eq!(f.heap.find_block(address(large) + 50_000), Some(large));
    assert_eq!(f.heap.find_block(address(small) - 1), None);
    assert_eq!(f.heap.find_block(0), None);
    assert_eq!(f.heap.find_block(usize::MAX), None);
}

#[test]
fn owned_blocks_stay_until_freed_and_are_not_looked_into() {
    let mut f = fixture(1 << 14);
    let hidden = node(&mut f.heap, 0).unwrap();
    let owned = f.heap.alloc_owned(3 * GRANULE).unwrap();
    store(owned, 0, address(hidden));
    for _ in 0..3 {
        collect(&mut f.heap, &[]);
        assert_eq!(f.heap.used(), 3 * GRANULE);
        f.heap.check().unwrap();
    }
    assert_eq!(f.heap.find_block(address(owned)), None);
    // SAFETY: a block of this heap, not used any more.
    unsafe { f.heap.free(owned) };
    assert_eq!(f.heap.used(), 0);
    f.heap.check().unwrap();
}

#[test]
fn owned_blocks_have_the_alignment_asked_for() {
    let mut f = fixture(1 << 18);
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
fn a_list_of_a_million_needs_one_stack_entry() {
    let n = 1_000_000;
    let mut f = fixture(n * GRANULE * 11 / 10);
    let mut head = None;
    for _ in 0..n {
        head = Some(node(&mut f.heap, head.map_or(0, address)).unwrap());
    }
    f.heap.mark_cap = 1;
    f.heap.steps = 0;
    collect(&mut f.heap, &[head.unwrap()]);
    assert_eq!(f.heap.used(), n * GRANULE);
    assert!(f.heap.steps <= n + 10, "{} steps", f.heap.steps);
}

#[test]
fn a_wide_block_does_not_flood_the_stack() {
    let n = 100_000;
    let mut f = fixture(n * (GRANULE + WORD) * 11 / 10);
    let wide = f.heap.alloc_zeroed(n * WORD, false).unwrap();
    for i in 0..n {
        let child = node(&mut f.heap, address(wide)).unwrap();
        store(wide, i, address(child));
    }
    for cap in [1, 2, 3, 64, MARK_STACK] {
        f.heap.mark_cap = cap;
        f.heap.steps = 0;
        collect(&mut f.heap, &[wide]);
        assert_eq!(f.heap.used(), n * (GRANULE + WORD));
        // One step per child and per slice, two if it went through gray.
        assert!(f.heap.steps < 3 * n, "{cap}: {} steps", f.heap.steps);
    }
    f.heap.check().unwrap();
}

#[test]
fn each_object_of_a_wide_tree_is_scanned_once_with_a_tiny_stack() {
    // A tree with a fan-out of 16, filled breadth first, marked with room for two entries.
    let n = 60_000;
    let bytes = 16 * WORD;
    let mut f = fixture(n * bytes * 11 / 10);
    let nodes: Vec<Block> = (0..n)
        .map(|_| f.heap.alloc_zeroed(bytes, false).unwrap())
        .collect();
    for (i, child) in nodes.iter().enumerate().skip(1) {
        store(nodes[(i - 1) / 16], (i - 1) % 16, address(*child));
    }
    f.heap.mark_cap = 2;
    f.heap.steps = 0;
    collect(&mut f.heap, &nodes[..1]);
    assert_eq!(f.heap.used(), n * bytes);
    assert!(f.heap.steps < 3 * n, "{} steps", f.heap.steps);
    f.heap.check().unwrap();
}

#[test]
fn pairs_into_a_heap_of_single_holes_is_linear() {
    // Fill with single granules, free every other one, then ask for pairs: none of the holes fits,
    // and each may be looked at once only.
    let steps = |n: usize| {
        let mut f = fixture(n * GRANULE * 4);
        let singles: Vec<Block> = (0..n)
            .map(|_| f.heap.alloc(GRANULE, true).unwrap())
            .collect();
        let kept: Vec<Block> = singles.iter().copied().step_by(2).collect();
        collect(&mut f.heap, &kept);
        f.heap.steps = 0;
        for _ in 0..n / 2 {
            f.heap.alloc(2 * GRANULE, true).unwrap();
        }
        let steps = f.heap.steps;
        f.heap.check().unwrap();
        // The holes serve what fits them, before the heap grows.
        let extent = f.heap.extent();
        for _ in 0..n / 2 {
            f.heap.alloc(GRANULE, true).unwrap();
        }
        assert_eq!(f.heap.extent(), extent);
        assert!(f.heap.alloc(GRANULE, true).is_some());
        steps
    };
    let (small, large) = (steps(4_000), steps(64_000));
    assert!(
        large <= small * 17,
        "{small} steps, {large} for 16 times as many"
    );
}

#[test]
fn mixed_sizes_into_random_holes_are_linear() {
    let steps = |n: usize| {
        let mut random = Random(42);
        let mut f = fixture(n * GRANULE * 16);
        let blocks: Vec<Block> = (0..n)
            .map(|_| f.heap.alloc(GRANULE * (1 + random.below(7)), true).unwrap())
            .collect();
        let kept: Vec<Block> = blocks
            .into_iter()
            .filter(|_| random.below(2) == 0)
            .collect();
        collect(&mut f.heap, &kept);
        f.heap.steps = 0;
        for _ in 0..n / 2 {
            f.heap.alloc(GRANULE * (1 + random.below(100)), true);
        }
        f.heap.steps
    };
    let (small, large) = (steps(2_000), steps(32_000));
    assert!(
        large <= small * 18,
        "{small} steps, {large} for 16 times as many"
    );
}

#[test]
fn the_cost_of_collecting_follows_what_is_used() {
    // A heap that was full once and is empty but for one block costs next to nothing.
    let mut f = fixture(64 << 20);
    let keep = f.heap.alloc(GRANULE, true).unwrap();
    while f.heap.alloc(8 * GRANULE, true).is_some() {}
    collect(&mut f.heap, &[keep]);
    collect(&mut f.heap, &[keep]);
    assert_eq!(f.heap.used(), GRANULE);
    f.heap.steps = 0;
    for _ in 0..10 {
        collect(&mut f.heap, &[keep]);
    }
    assert!(f.heap.steps <= 40, "{} steps", f.heap.steps);
}

#[test]
fn tiny_heaps_work() {
    for skip in 0..40 {
        for bytes in (256..2304).step_by(128) {
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
    for bytes in 0..512 {
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
    for _ in 0..200 {
        let mut blocks = Vec::new();
        while let Some(block) = f.heap.alloc(GRANULE * (1 + random.below(9)), true) {
            blocks.push(block);
        }
        while !blocks.is_empty() {
            let block = blocks.swap_remove(random.below(blocks.len()));
            // SAFETY: a block of this heap, not used any more.
            unsafe { f.heap.free(block) };
            f.heap.check().unwrap();
        }
        let whole = f.heap.alloc(f.heap.capacity(), true).unwrap();
        // SAFETY: as above.
        unsafe { f.heap.free(whole) };
    }
}

#[test]
fn a_locked_heap_gives_nothing() {
    let mut f = fixture(1 << 14);
    let block = f.heap.alloc(GRANULE, false).unwrap();
    f.heap.lock();
    f.heap.lock();
    assert_eq!(f.heap.alloc(1, false), None);
    assert_eq!(f.heap.alloc_after_collect(1, false), None);
    assert_eq!(f.heap.alloc_owned(1), None);
    // SAFETY: a block of this heap.
    assert_eq!(unsafe { f.heap.realloc(block, 100) }, None);
    assert_eq!(f.heap.unlock(), 1);
    assert!(f.heap.is_locked());
    assert_eq!(f.heap.alloc(1, false), None);
    assert_eq!(f.heap.unlock(), 0);
    assert!(f.heap.alloc(1, false).is_some());
    assert_eq!(f.heap.unlock(), 0);
    f.heap.check().unwrap();
}

#[test]
fn a_threshold_asks_for_collection() {
    let mut f = fixture(1 << 20);
    f.heap.set_threshold(Some(10_000));
    let mut bytes = 0;
    while f.heap.alloc(100, true).is_some() {
        bytes += 100usize.next_multiple_of(GRANULE);
    }
    // Exact to a window or two.
    assert!(bytes.abs_diff(10_000) < 2 * GROUP_BYTES, "{bytes}");
    assert!(f.heap.alloc_after_collect(100, true).is_some());
    collect(&mut f.heap, &[]);
    assert!(f.heap.alloc(100, true).is_some());
    f.heap.set_threshold(None);
    while f.heap.alloc(100, true).is_some() {}
    assert!(f.heap.free_bytes() < 112);
}

#[test]
fn the_growing_policy_collects_at_twice_the_live_data() {
    let mut f = fixture(16 << 20);
    f.heap.policy = Policy {
        floor: 10_000,
        growth_percent: 100,
    };
    f.heap.set_collect_at();
    let mut roots = Vec::new();
    for _ in 0..6 {
        while let Some(block) = f.heap.alloc(1000, true) {
            roots.push(block);
        }
        collect(&mut f.heap, &roots);
        let live = f.heap.used();
        let block = f.heap.alloc(1000, true).unwrap();
        roots.push(block);
        assert!(f.heap.collect_at * GRANULE >= live * 19 / 10);
    }
}

#[test]
fn the_nth_allocation_fails_once() {
    let mut f = fixture(1 << 14);
    f.heap.set_fail_in(3);
    assert!(f.heap.alloc(8, false).is_some());
    let block = f.heap.alloc(8, false).unwrap();
    assert_eq!(f.heap.alloc(8, false), None);
    assert_eq!(f.heap.alloc_after_collect(8, false), None);
    assert!(f.heap.alloc_after_collect(8, false).is_some());
    assert!(!f.heap.is_failure_pending());
    f.heap.set_fail_in(1);
    // SAFETY: a block of this heap.
    assert_eq!(unsafe { f.heap.realloc(block, 1000) }, None);
    f.heap.set_collect_always(true);
    assert_eq!(f.heap.alloc(8, false), None);
    assert!(f.heap.alloc_after_collect(8, false).is_some());
    f.heap.set_collect_always(false);
    assert!(f.heap.alloc(8, false).is_some());
    f.heap.check().unwrap();
}

#[test]
fn the_dead_with_finalisers_are_handed_out_in_order_and_kept_once() {
    let mut f = fixture(1 << 16);
    let mut blocks = Vec::new();
    for _ in 0..20 {
        let child = node(&mut f.heap, 0).unwrap();
        let block = node(&mut f.heap, address(child)).unwrap();
        // SAFETY: a block of this heap, not freed by hand.
        assert!(unsafe { f.heap.register_finaliser(block) });
        blocks.push(block);
    }
    let registry = f.heap.used() - 40 * GRANULE;
    let living = [blocks[3], blocks[8]];
    let mut marked_before = 0;
    f.heap.collect_weak(
        |marker| living.iter().for_each(|b| marker.block(*b)),
        |marker| marked_before = blocks.iter().filter(|b| marker.is_marked(**b)).count(),
    );
    assert_eq!(marked_before, 2);
    f.heap.check().unwrap();
    // All are still there, and what they lead to.
    assert_eq!(f.heap.used(), 40 * GRANULE + registry);
    // A collection in the middle of the queue changes nothing.
    let mut taken: Vec<Block> = (0..5).filter_map(|_| f.heap.take_dead()).collect();
    collect(&mut f.heap, &[living[0], living[1], taken[4]]);
    assert_eq!(f.heap.used(), 32 * GRANULE + registry);
    while let Some(block) = f.heap.take_dead() {
        taken.push(block);
    }
    let expected: Vec<Block> = blocks
        .iter()
        .copied()
        .filter(|b| !living.contains(b))
        .collect();
    assert_eq!(taken, expected);
    collect(&mut f.heap, &living);
    assert_eq!(f.heap.used(), 4 * GRANULE + registry);
    assert_eq!(f.heap.take_dead(), None);
    f.heap.unregister_finaliser(living[0]);
    collect(&mut f.heap, &[]);
    assert_eq!(f.heap.take_dead(), Some(living[1]));
    assert_eq!(f.heap.take_dead(), None);
    f.heap.check().unwrap();
}

#[test]
fn all_finalisers_can_be_queued_at_the_end() {
    let mut f = fixture(1 << 14);
    let a = node(&mut f.heap, 0).unwrap();
    let b = node(&mut f.heap, 0).unwrap();
    for block in [b, a] {
        // SAFETY: a block of this heap, not freed by hand.
        assert!(unsafe { f.heap.register_finaliser(block) });
    }
    f.heap.finalise_all();
    assert_eq!((f.heap.take_dead(), f.heap.take_dead()), (Some(b), Some(a)));
    assert_eq!(f.heap.take_dead(), None);
}

#[test]
fn the_numbers_add_up() {
    let mut f = fixture(1 << 14);
    let a = f.heap.alloc(GRANULE, true).unwrap();
    let b = f.heap.alloc(2 * GRANULE, true).unwrap();
    let _hole = f.heap.alloc(7 * GRANULE, true).unwrap();
    let c = f.heap.alloc(5 * GRANULE, true).unwrap();
    assert_eq!(f.heap.used(), 15 * GRANULE);
    collect(&mut f.heap, &[a, b, c]);
    assert_eq!(f.heap.used(), 8 * GRANULE);
    assert_eq!(f.heap.free_bytes(), f.heap.capacity() - 8 * GRANULE);
    assert_eq!(f.heap.peak(), 15 * GRANULE);
    let info = f.heap.info();
    let expected = Info {
        blocks_of_1: 1,
        blocks_of_2: 1,
        blocks: 3,
        max_block: 5,
        max_free: f.heap.capacity() / GRANULE - 15,
    };
    assert_eq!(info, expected);
    assert_eq!(f.heap.collections(), 1);
    f.heap.check().unwrap();
}

#[test]
fn registers_and_stack_are_seen() {
    let mut f = fixture(1 << 16);
    // A block known only to a local variable survives, one that is forgotten need not.
    let block = node(&mut f.heap, 0).unwrap();
    let high = 0usize;
    let top = (&raw const high).expose_provenance() + WORD;
    f.heap.collect(|marker| {
        with_stack(|low| {
            assert!(low < top);
            // SAFETY: this thread's stack between a callee and a local of ours.
            unsafe { marker.stack_range(low, top) };
        });
    });
    assert!(f.heap.used() >= GRANULE);
    let other = node(&mut f.heap, 0).unwrap();
    assert_ne!(core::hint::black_box(block), other);
}

/// A value known to one preserved register only is among the words that `with_stack` names.
#[cfg(target_arch = "x86_64")]
#[test]
fn preserved_registers_are_on_the_stack() {
    const SECRET: usize = 0x1357_9bdf_0246_8ace;

    extern "C" fn probe(found: &mut usize) {
        with_stack(|low| {
            for i in 0..64 {
                let word = core::ptr::with_exposed_provenance::<usize>(low + i * WORD);
                // SAFETY: this thread's stack; the test's own frames are far longer than that.
                let word = unsafe { super::mark::stack_word(word) };
                *found += usize::from(word == SECRET);
            }
        });
    }

    macro_rules! check {
        ($register:literal) => {
            let mut found = 0usize;
            // The complement is what the compiler sees, so that it keeps no copy of the secret.
            let hidden = core::hint::black_box(!SECRET);
            // SAFETY: calls a function of the C ABI; the register is declared or restored.
            unsafe {
                core::arch::asm!(
                    concat!("push ", $register),
                    "push rax",
                    concat!("mov ", $register, ", rsi"),
                    concat!("not ", $register),
                    "xor esi, esi",
                    "call {probe}",
                    "pop rax",
                    concat!("pop ", $register),
                    probe = sym probe,
                    in("rdi") &mut found,
                    inout("rsi") hidden => _,
                    clobber_abi("C"),
                );
            }
            assert!(found > 0, $register);
        };
    }
    check!("rbx");
    check!("rbp");
    check!("r12");
    check!("r13");
    check!("r14");
    check!("r15");
}

/// What a region of a host does: counts what was committed, and has an end.
mod committing {
    use super::*;
    use core::sync::atomic::{AtomicUsize, Ordering};

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
}

/// A block as the model knows it.
#[derive(Clone)]
struct Known {
    words: usize,
    /// Word index to block number.
    links: BTreeMap<usize, usize>,
    kind: u8,
}

const SCANNED: u8 = 0;
const LEAF: u8 = 1;
const OWNED: u8 = 2;

/// What word `i` of block `id` holds unless a link: odd, so never a reference.
fn filler(id: usize, i: usize) -> usize {
    (id.wrapping_mul(0x9e37_79b9) ^ i.wrapping_mul(0x85eb_ca6b)) | 1
}

/// A random walk over all operations, against a model.
struct Walk {
    f: Fixture,
    random: Random,
    blocks: BTreeMap<usize, (Block, Known)>,
    roots: BTreeSet<usize>,
    next_id: usize,
}

impl Walk {
    fn new(bytes: usize, seed: u64, mark_cap: usize) -> Walk {
        let mut f = fixture_at(bytes, seed as usize % 7 * 2);
        f.heap.mark_cap = mark_cap;
        Walk {
            f,
            random: Random(seed * 2 + 1),
            blocks: BTreeMap::new(),
            roots: BTreeSet::new(),
            next_id: 1,
        }
    }

    fn size(&mut self) -> usize {
        match self.random.below(20) {
            0 => self.random.below(400 * GRANULE),
            1..=4 => self.random.below(40 * GRANULE),
            _ => self.random.below(5 * GRANULE),
        }
    }

    fn pick(&mut self) -> Option<usize> {
        let n = self.blocks.len();
        if n == 0 {
            return None;
        }
        let i = self.random.below(n);
        self.blocks.keys().nth(i).copied()
    }

    fn allocate(&mut self) {
        let bytes = self.size();
        let kind = match self.random.below(10) {
            0 => OWNED,
            1..=3 => LEAF,
            _ => SCANNED,
        };
        let heap = &mut self.f.heap;
        let block = match kind {
            OWNED => heap.alloc_owned(bytes),
            _ => heap.alloc(bytes, kind == LEAF),
        };
        let Some(block) = block else {
            self.collect();
            return;
        };
        let id = self.next_id;
        self.next_id += 1;
        // SAFETY: a block of this heap.
        let words = unsafe { self.f.heap.block_size(block) } / WORD;
        for i in 0..words {
            store(block, i, filler(id, i));
        }
        let known = Known {
            words,
            links: BTreeMap::new(),
            kind,
        };
        self.blocks.insert(id, (block, known));
        if self.random.below(3) == 0 {
            self.roots.insert(id);
        }
    }

    fn link(&mut self) {
        let (Some(from), Some(to)) = (self.pick(), self.pick()) else {
            return;
        };
        let target = address(self.blocks[&to].0);
        let i = self.random.below(self.blocks[&from].1.words);
        let (block, known) = self.blocks.get_mut(&from).unwrap();
        store(*block, i, target);
        known.links.insert(i, to);
    }

    fn free(&mut self) {
        let Some(id) = self.pick() else { return };
        // Freed by hand: no links to it may be left, as its address may come back.
        self.forget(id);
        let (block, _) = self.blocks.remove(&id).unwrap();
        self.roots.remove(&id);
        // SAFETY: a block of this heap, not used any more.
        unsafe { self.f.heap.free(block) };
    }

    fn forget(&mut self, gone: usize) {
        for (id, (block, known)) in &mut self.blocks {
            known.links.retain(|i, to| {
                if *to == gone {
                    store(*block, *i, filler(*id, *i));
                }
                *to != gone
            });
        }
    }

    fn resize(&mut self) {
        let Some(id) = self.pick() else { return };
        let bytes = self.size();
        let block = self.blocks[&id].0;
        // SAFETY: a block of this heap.
        let Some(moved) = (unsafe { self.f.heap.realloc(block, bytes) }) else {
            self.collect();
            return;
        };
        // SAFETY: as above.
        let words = unsafe { self.f.heap.block_size(moved) } / WORD;
        let (slot, known) = self.blocks.get_mut(&id).unwrap();
        *slot = moved;
        known.links.retain(|i, _| *i < words);
        for i in known.words..words {
            store(moved, i, filler(id, i));
        }
        known.words = words;
        for (from, known) in self.blocks.values() {
            for (i, _) in known.links.iter().filter(|(_, to)| **to == id) {
                store(*from, *i, address(moved));
            }
        }
    }

    fn collect(&mut self) {
        let roots: Vec<Block> = self.roots.iter().map(|id| self.blocks[id].0).collect();
        collect(&mut self.f.heap, &roots);
        let mut reached: BTreeSet<usize> = BTreeSet::new();
        let mut open: Vec<usize> = self.roots.iter().copied().collect();
        while let Some(id) = open.pop() {
            let known = &self.blocks[&id].1;
            if reached.insert(id) && known.kind == SCANNED {
                open.extend(known.links.values());
            }
        }
        let dead: Vec<usize> = self
            .blocks
            .iter()
            .filter(|(id, (_, known))| known.kind != OWNED && !reached.contains(id))
            .map(|(id, _)| *id)
            .collect();
        for id in &dead {
            self.blocks.remove(id);
        }
        for id in dead {
            self.forget(id);
        }
        for id in self.blocks.keys().copied().collect::<Vec<_>>() {
            self.verify(id);
        }
    }

    /// Contents and size of a block are what the model says.
    fn verify(&self, id: usize) {
        let (block, known) = &self.blocks[&id];
        for i in 0..known.words {
            let expected = match known.links.get(&i) {
                Some(to) => address(self.blocks[to].0),
                None => filler(id, i),
            };
            assert_eq!(load(*block, i), expected, "block {id}, word {i}");
        }
        // SAFETY: a block of this heap.
        let size = unsafe { self.f.heap.block_size(*block) };
        assert_eq!(size, known.words * WORD);
    }

    fn run(mut self, steps: usize) {
        for step in 0..steps {
            match self.random.below(100) {
                0..=49 => self.allocate(),
                50..=69 => self.link(),
                70..=84 => self.free(),
                85..=95 => self.resize(),
                96 => self.collect(),
                97 => {
                    if let Some(id) = self.pick() {
                        self.roots.insert(id);
                    }
                }
                98 => {
                    let i = self.random.below(self.roots.len().max(1));
                    if let Some(id) = self.roots.iter().nth(i).copied() {
                        self.roots.remove(&id);
                    }
                }
                _ => match self.random.below(8) {
                    0 => self.f.heap.set_threshold(Some(4000)),
                    1 => self.f.heap.set_threshold(None),
                    2 => self.f.heap.set_collect_always(true),
                    3 => self.f.heap.lock(),
                    4..=6 => {
                        self.f.heap.set_collect_always(false);
                        while self.f.heap.unlock() > 0 {}
                    }
                    _ => drop(self.f.heap.info()),
                },
            }
            if let Err(what) = self.f.heap.check() {
                panic!("step {step}: {what}");
            }
            let words: usize = self.blocks.values().map(|(_, known)| known.words).sum();
            assert_eq!(self.f.heap.used(), words * WORD, "step {step}");
        }
    }
}

#[test]
fn random_operations_agree_with_a_model() {
    for seed in 1..60 {
        Walk::new(8 << 10, seed, 1 + seed as usize % 5).run(800);
    }
    for seed in 1..12 {
        Walk::new(200 << 10, seed, MARK_STACK).run(2_000);
    }
}

/// Entries of the mark stack as built.
const MARK_STACK: usize = super::heap::MARK_STACK;
