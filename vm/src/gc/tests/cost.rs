//! How much work there is, in steps that do not depend on the machine.

use super::*;

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
