//! When a collection is asked for, what makes an allocation fail, what finalisers get.

use super::*;

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
    let mut f = fixture((1 << 20) / stride(8));
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
    let mut f = fixture((16 << 20) / stride(64));
    f.heap.policy = Policy {
        floor: 10_000,
        growth_percent: 100,
    };
    f.heap.set_collect_at();
    let mut roots = Vec::new();
    for _ in 0..6 / stride(2) {
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
