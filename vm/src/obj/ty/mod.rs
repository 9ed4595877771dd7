//! Type objects.
//!
//! A type begins with the header that C code knows (`abi::layout`, spec native-abi 3.1): type, flags, name,
//! twelve slot index bytes, eleven slot words. A type that is ours has flag [`RUST`] set and goes on with a
//! Rust vtable whose functions return `Result`; a type that a native module built has only the C part and is
//! reached through the border ([`crate::native`]).
//!
//! ```text
//! ┌──────┬───────┬──────┬──────────────┬───────────────┐┌─────────┬──────┬────────┐
//! │ type │ flags │ name │ 12 slot index│ 11 slot words ││ vtable  │ name │ class  │
//! └──────┴───────┴──────┴──────────────┴───────────────┘└─────────┴──────┴────────┘
//!   C-visible: the stock layout                            only with flag RUST
//! ```

mod header;
mod members;
mod vtable;

pub use header::{Header, Type, TypeFlags};
pub use members::{Entry, Member, Members, sorted};
pub use vtable::*;
