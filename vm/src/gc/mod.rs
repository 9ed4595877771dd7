//! The heap: blocks of granules in one region, non-moving mark and lazy sweep.
//!
//! ```text
//!  region  [ side tables | granules ............ | wilderness, not yet used ]
//!                        ^first                  ^top                   limit^
//!
//!  granule = 2 words, the unit of size       group = as many granules as a word has bits
//!
//!  side tables: one `Group` per group, three bit planes, so eight states per granule
//!     head body flag
//!      0    0    0    free                   1    0    0    head of a scanned block
//!      0    1    0    body (not the first)   1    0    1    head of a leaf block
//!      0    0    1    gray: marked head,     1    1    0    the same, marked
//!                     contents to be scanned 1    1    1    the same, marked
//!      0    1    1    head of an owned block
//! ```
//!
//! - **Blocks.** *Scanned* blocks: each aligned word inside that holds the address of a block's
//!   head keeps that block alive, whatever the word means. *Leaf* blocks are kept alive like any
//!   other but never looked into (bytes, code, digits). *Owned* blocks belong to the caller: never
//!   swept, never looked into, freed by hand.
//! - **Allocation** bumps through a free run, one group's worth (the *window*) at a time, so that
//!   the fast path touches one `Group`. Free runs come from the sweep, from lists by length, or
//!   from the wilderness; each maximal free run of the swept part is in exactly one place
//!   (list, current run, or pending at the sweep's frontier).
//! - **Collection** marks with a small stack; what does not fit is turned gray and found again
//!   through a summary bitmap, so that each object is scanned once. Sweeping is lazy, word-parallel,
//!   and passes over groups in use only: cost follows live and allocated data, not heap size.
//! - **Roots** come from the caller through [`Marker`]. The module knows no object layout.
//!
//! The heap never collects by itself: `alloc` returns `None` when it is time (or memory is
//! exhausted); the caller collects and then calls `alloc_after_collect`, whose `None` is final.
//!
//! Granule positions are plain `usize` counted from `base`, called `at`; lengths in granules are
//! called `n`; anything in bytes says so.
#![allow(
    unsafe_code,
    reason = "island: raw memory and side tables; see the safety notes on each block"
)]

mod alloc;
mod bits;
mod check;
mod finalise;
mod free;
mod heap;
mod lists;
mod mark;
mod region;
mod stack_scan;
mod stats;
mod sweep;

#[cfg(test)]
mod tests;

pub use heap::{Heap, Policy};
pub use mark::Marker;
pub use region::Region;
pub use stack_scan::with_stack;
pub use stats::Info;

/// Bytes of a machine word.
const WORD: usize = size_of::<usize>();
/// Bytes of a granule: block sizes are multiples of this, heads are aligned to it.
pub const GRANULE: usize = 2 * WORD;
const GRANULE_SHIFT: u32 = GRANULE.trailing_zeros();
/// Granules in a group.
const GROUP: usize = usize::BITS as usize;
/// Bytes in a group.
const GROUP_BYTES: usize = GROUP * GRANULE;
