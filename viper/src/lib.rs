//! The typed subset of Python, `@micropython.viper`: which type each value has, what is refused, and the lowering of
//! what is accepted to the native IR.
//!
//! ```text
//! Code ──infer──▶ Types (locals, values at labels) ──lower──▶ native IR
//!           └───▶ Error (problem, op, statement)
//! ```
//!
//! The dialect is that of stock MicroPython, down to which of several errors is reported and for which line; see
//! `docs/viper.md` for where we go further.
#![no_std]
#![forbid(unsafe_code)]
extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod direct;
pub mod error;
pub mod infer;
pub mod lower;
pub mod rules;
pub mod types;

pub use direct::{Default, Dialect, Form, Signature};
pub use error::{Error, Problem};
pub use infer::{Scene, Types, infer};
pub use lower::{Env, lower};
pub use types::Ty;
