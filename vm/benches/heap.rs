//! How long allocation and collection take, alone. `cargo bench -p ferlance-vm --bench heap`
//!
//! Prints nanoseconds of wall time, least of several runs: the machine may be shared.

use std::alloc::Layout;
use std::hint::black_box;
use std::ptr::NonNull;
use std::time::Instant;

use ferlance_vm::gc::{Heap, Policy, Region};

/// A heap that may grow to `bytes`; the pages come when touched.
fn heap(bytes: usize, policy: Policy) -> Heap {
    let layout = Layout::from_size_align(bytes, 4096).unwrap();
    // SAFETY: the size is not zero. The memory is never given back.
    let base = NonNull::new(unsafe { std::alloc::alloc_zeroed(layout) }).unwrap();
    // SAFETY: nobody else has the memory.
    Heap::new(unsafe { Region::fixed(base, bytes) }, policy).unwrap()
}

/// Least time of `runs` runs of `run`, in ns per one of `n`.
fn least(runs: usize, n: usize, mut run: impl FnMut()) -> f64 {
    let mut best = f64::MAX;
    for _ in 0..runs {
        let start = Instant::now();
        run();
        best = best.min(start.elapsed().as_nanos() as f64 / n as f64);
    }
    best
}

#[inline(never)]
fn alloc_32(heap: &mut Heap) -> Option<NonNull<u8>> {
    heap.alloc(32, false)
}

#[inline(never)]
fn alloc_any(heap: &mut Heap, bytes: usize, leaf: bool) -> Option<NonNull<u8>> {
    heap.alloc(bytes, leaf)
}

/// Short-lived objects: allocate, collect when asked, nothing survives.
fn churn(bytes: usize) {
    let mut heap = heap(64 << 20, Policy::GROWING);
    let n = 4_000_000;
    let ns = least(7, n, || {
        for _ in 0..n {
            let block = match alloc_any(&mut heap, bytes, false) {
                Some(block) => block,
                None => {
                    heap.collect(|_| ());
                    heap.alloc_after_collect(bytes, false).unwrap()
                }
            };
            black_box(block);
        }
    });
    println!("alloc/short-lived/{bytes:<4} {ns:7.2} ns");
}

/// Objects into a heap of which every other one survived.
fn holes(bytes: usize) {
    let mut heap = heap(256 << 20, Policy::WHEN_FULL);
    let n = 1_000_000;
    let blocks: Vec<_> = (0..n).map(|_| heap.alloc(bytes, true).unwrap()).collect();
    let ns = least(5, n / 2, || {
        heap.collect(|marker| blocks.iter().step_by(2).for_each(|b| marker.block(*b)));
        let start = Instant::now();
        for _ in 0..n / 2 {
            black_box(alloc_any(&mut heap, bytes, true));
        }
        black_box(start);
    });
    println!("alloc/into-holes+mark/{bytes:<4} {ns:7.2} ns");
}

/// A full collection with `n` live linked objects of 32 bytes, half of the heap being dead.
fn collect(n: usize, shuffled: bool) {
    let mut heap = heap((n * 32 * 4).max(1 << 20), Policy::WHEN_FULL);
    let mut blocks = Vec::new();
    for _ in 0..n {
        blocks.push(heap.alloc_zeroed(32, false).unwrap());
        heap.alloc_zeroed(32, false).unwrap();
    }
    if shuffled {
        let mut seed = 1u64;
        for i in (1..n).rev() {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            blocks.swap(i, (seed >> 33) as usize % (i + 1));
        }
    }
    // A binary tree.
    for i in 1..n {
        // SAFETY: the word is in the block.
        unsafe {
            let parent = blocks[(i - 1) / 2].cast::<usize>();
            parent
                .add(i % 2)
                .write(blocks[i].as_ptr().expose_provenance());
        }
    }
    let root = blocks[0];
    let ns = least(5, 1, || heap.collect(|marker| marker.block(root)));
    let again = least(3, 1, || {
        heap.collect(|marker| marker.block(root));
        black_box(heap.info());
    });
    println!(
        "collect/tree{}/{n:<8} {:9.1} us, {:5.1} ns per object; with sweep and walk {:9.1} us",
        if shuffled { "-shuffled" } else { "" },
        ns / 1e3,
        ns / n as f64,
        again / 1e3
    );
}

/// One array of n words, each leading to an object of 32 bytes.
fn collect_wide(n: usize) {
    let mut heap = heap(n * 64 + (1 << 20), Policy::WHEN_FULL);
    let wide = heap.alloc_zeroed(n * 8, false).unwrap();
    for i in 0..n {
        let block = heap.alloc_zeroed(32, false).unwrap();
        // SAFETY: the word is in the block.
        unsafe {
            wide.cast::<usize>()
                .add(i)
                .write(block.as_ptr().expose_provenance())
        };
    }
    let ns = least(5, n, || heap.collect(|marker| marker.block(wide)));
    println!("collect/wide/{n:<8} {ns:5.1} ns per object");
}

/// An empty collection of a heap that was full.
fn collect_dead() {
    let mut full = heap(512 << 20, Policy::WHEN_FULL);
    while full.alloc_zeroed(1000, true).is_some() {}
    let first = least(1, 1, || full.collect(|_| ()));
    let second = least(1, 1, || full.collect(|_| ()));
    let third = least(3, 1, || full.collect(|_| ()));
    println!("collect/512M-all-dead {first:.0} ns, then {second:.0} ns, then {third:.0} ns");
}

/// A board's heap of 140 KB, half full of linked pairs of words and 4-word blocks: what one full
/// collection costs. `valgrind --tool=callgrind` over the binary with `pause` counts instructions.
fn pause(rounds: usize) {
    let mut heap = heap(140 << 10, Policy::WHEN_FULL);
    let mut last = 0;
    let mut n = 0;
    while heap.used() < heap.capacity() / 2 {
        let pair = heap.alloc_zeroed(16, false).unwrap().cast::<usize>();
        let four = heap.alloc_zeroed(32, false).unwrap().cast::<usize>();
        // SAFETY: the words are in the blocks.
        unsafe {
            pair.write(last);
            four.write(pair.as_ptr().expose_provenance());
        }
        last = four.as_ptr().expose_provenance();
        n += 2;
    }
    let ns = least(1, rounds, || {
        for _ in 0..rounds {
            heap.collect(|marker| marker.word(last));
        }
    });
    println!(
        "pause/140K-half-full {:.1} us, {n} objects, {rounds} rounds",
        ns / 1e3
    );
}

fn main() {
    let wanted = std::env::args().skip(1).find(|arg| !arg.starts_with('-'));
    let is_wanted = |group: &str| wanted.as_ref().is_none_or(|wanted| wanted == group);
    let mut small = heap(1 << 20, Policy::WHEN_FULL);
    black_box(alloc_32(&mut small));
    if is_wanted("short-lived") {
        [16, 32, 48, 64, 200, 2000].into_iter().for_each(churn);
    }
    if is_wanted("holes") {
        [16, 32, 48].into_iter().for_each(holes);
    }
    if is_wanted("pause") {
        pause(1000);
    }
    if is_wanted("pause-once") {
        pause(1);
    }
    if is_wanted("collect") {
        for n in [1_000, 10_000, 100_000, 1_000_000, 4_000_000] {
            collect(n, false);
        }
        for n in [100_000, 1_000_000, 4_000_000] {
            collect(n, true);
        }
        collect_wide(1_000_000);
        collect_dead();
    }
}
