//! Numbers beyond the machine word, and their text.
//!
//! - [`bigint`]: integers of any size, on borrowed limbs ([`BigRef`]) and owned ones ([`BigInt`]).
//!
//! Nothing here knows about objects or exceptions: errors are [`NumError`] and the parsers' own.
#![no_std]
#![forbid(unsafe_code)]
extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod bigint;
mod error;

pub use bigint::{BigInt, BigRef, Limb, SmallBig};
pub use error::NumError;
