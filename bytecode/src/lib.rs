//! The bytecode machine as data: ops, code, bytes, modules.
//!
//! [`op`] is the table that everything else is made from. Producers build a [`Code`] per scope, an [`Assembler`]
//! turns it into bytes, and a [`CompiledModule`] collects the bytes.
#![no_std]
#![deny(unsafe_code)]

#[cfg(test)]
extern crate alloc;

pub mod assemble;
pub mod bytes;
pub mod code;
pub mod decode;
pub mod disasm;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzz;
pub mod lift;
pub mod line_info;
pub mod module;
pub mod mpy;
pub mod op;
pub mod prelude;
pub mod stream;
pub mod tables;
pub mod text;
pub mod varint;
pub mod verify;

pub use assemble::{AssembleError, Assembler};
pub use bytes::Bytes;
pub use code::Code;
pub use module::{CodeId, CompiledModule, Const, RawCode, RawKind};
pub use op::{Child, ConstId, Label, Local, Op};
pub use prelude::Prelude;
pub use tables::{ConstTable, NameTable};
pub use verify::{CodeInfo, Verified, VerifyError, verify};
