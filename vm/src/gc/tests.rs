//! The heap alone, in a buffer, with explicit roots.

use core::ptr::NonNull;
use std::boxed::Box;
use std::vec;
use std::vec::Vec;

use super::*;

mod blocks;
mod committing;
mod cost;
mod marking;
mod model;
mod policy;

/// A heap in a buffer of its own.
struct Fixture {
    heap: Heap,
    // Not a box, which would claim the buffer for itself while the heap has pointers into it.
    memory: NonNull<[u64]>,
}

impl Drop for Fixture {
    fn drop(&mut self) {
        // SAFETY: it was a box, and the heap is used no longer.
        drop(unsafe { Box::from_raw(self.memory.as_ptr()) });
    }
}

fn fixture(bytes: usize) -> Fixture {
    fixture_at(bytes, 0)
}

/// A heap in a buffer that begins `skip` words off an aligned address.
fn fixture_at(bytes: usize, skip: usize) -> Fixture {
    // Not zero, so that nothing relies on that.
    let memory = vec![0xa5a5_a5a5_a5a5_a5a5u64; bytes / 8 + skip].into_boxed_slice();
    let memory = NonNull::new(Box::into_raw(memory)).unwrap();
    // SAFETY: the buffer has `skip` words and more.
    let base = unsafe { memory.cast::<u64>().add(skip) }.cast();
    // SAFETY: the buffer lives as long as the heap and is used by nobody else.
    let region = unsafe { Region::fixed(base, bytes / 8 * 8) };
    let heap = Heap::new(region, Policy::WHEN_FULL).unwrap();
    Fixture { heap, memory }
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

/// How often a test is tried over: seldom under Miri, which takes some thousand times as long.
fn rounds(usually: u64) -> u64 {
    if cfg!(miri) {
        usually.div_ceil(100)
    } else {
        usually
    }
}

/// The step through a test's cases: all of them but under Miri.
fn stride(under_miri: usize) -> usize {
    if cfg!(miri) { under_miri } else { 1 }
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

/// Entries of the mark stack as built.
const MARK_STACK: usize = super::heap::MARK_STACK;
