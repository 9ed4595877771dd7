//! What every assembler here shares.
//!
//! An instruction set is a table of [`row::Row`]s in its own crate (`asm-thumb`, `asm-rv32`,
//! `asm-xtensa`). This crate holds what such a table is made of, the [`buffer::CodeBuffer`] that
//! machine code is collected in, and the [`inline`] form in which a decorated Python function
//! reaches an assembler. It knows no architecture and no Python syntax.
//!
//! ```text
//!  native emitter ──▶ typed encoder ─┐
//!                                    ├─▶ CodeBuffer: bytes, labels, fixups, literals ──▶ Code
//!  inline::Body ──▶ lookup in rows ──┘
//! ```
#![no_std]
#![forbid(unsafe_code)]
extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod assembly;
pub mod buffer;
pub mod error;
pub mod fixup;
pub mod inline;
pub mod label;
pub mod layout;
pub mod lines;
pub mod listing;
pub mod literal;
pub mod reg_set;
pub mod row;

pub use buffer::CodeBuffer;
pub use error::{AsmError, BufferError, Exception, Message};
pub use fixup::{Fixup, Reach};
pub use label::Label;
pub use layout::Code;
pub use reg_set::RegSet;
