//! What every port needs to talk with people and with host tools.
//!
//! ```text
//! bytes ─▶ keys ─▶ edit ──▶ session: the friendly prompt, paste mode
//!   └────────────────────▶ raw: the raw prompt and its variant with flow control
//! ```
//! The editor ([`edit`]) knows nothing of Python; [`session`] runs what was typed.
#![no_std]
#![forbid(unsafe_code)]
extern crate alloc;

pub mod edit;
pub mod history;
pub mod keys;
mod raw;
pub mod session;
