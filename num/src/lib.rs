//! Numbers beyond the machine word, and their text.
//!
//! - [`bigint`]: integers of any size, on borrowed limbs ([`BigRef`]) and owned ones ([`BigInt`]).
//! - [`parse_int`], [`parse_float`]: Python's number text to values.
//! - [`format_float`]: floats to Python's and C's text.
//! - [`mpy_float`]: the float text that `.mpy` files hold.
//!
//! Nothing here knows about objects or exceptions: errors are [`NumError`] and the parsers' own.
#![no_std]
#![forbid(unsafe_code)]
extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod bigint;
mod error;
#[cfg(any(test, feature = "small"))]
mod exact_float;
pub mod format_float;
pub mod mpy_float;
pub mod parse_float;
pub mod parse_int;
mod remainder;

pub use bigint::{BigInt, BigRef, ByteOrder, Limb, SmallBig};
pub use error::NumError;
pub use format_float::{FloatForm, FloatFormat, FloatText, PlusSign, repr, repr_f32, write_float};
pub use mpy_float::{mpy_text, mpy_text_bare, scan_as_upstream};
pub use parse_float::{ParseFloatError, parse_float, scan_float};
pub use parse_int::{ParseIntError, ParsedInt, parse_int};
pub use remainder::{floor_divmod, remainder};
