//! What every port needs to talk with people and with host tools.
//!
//! ```text
//! bytes ─▶ keys ─▶ edit ──▶ session: the friendly prompt, paste mode
//!   └────────────────────▶ raw: the raw prompt and its variant with flow control
//! ```
//! The editor ([`edit`]) knows nothing of Python; [`session`] runs what was typed; [`compile`] is the hook between the
//! two halves, for ports that have a compiler.
#![no_std]
#![forbid(unsafe_code)]
extern crate alloc;
#[cfg(feature = "fuzzing")]
extern crate std;

pub mod compile;
pub mod edit;
#[cfg(feature = "fuzzing")]
pub mod fuzz;
pub mod history;
pub mod keys;
pub mod program;
mod raw;
pub mod session;
