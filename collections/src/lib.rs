//! Containers that report running out of memory instead of aborting.
//!
//! Device crates grow memory only through these types: every call that may allocate returns
//! `Result<_, OutOfMemory>`. Start reading at [`TryVec`]; the others are built from it.
#![no_std]
#![forbid(unsafe_code)]
extern crate alloc;
#[cfg(any(test, feature = "failing-alloc"))]
extern crate std;

pub mod arena;
pub mod bit_set;
pub mod hash_index;
pub mod index_vec;
pub mod oom;
pub mod sort;
pub mod try_string;
pub mod try_vec;

pub use arena::{Arena, ByteArena, ByteRange, Id, IdRange};
pub use bit_set::BitSet;
pub use hash_index::{HashIndex, hash_bytes};
pub use index_vec::{Index, IndexVec};
pub use oom::OutOfMemory;
pub use sort::sort_few;
pub use try_string::TryString;
pub use try_vec::{SCARCE_MEMORY, TryVec};
