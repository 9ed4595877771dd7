//! The contract with MicroPython: numbers, orders, layouts.
//!
//! Everything that a `.mpy` file and a running MicroPython 1.29 agree on, and nothing else: tables and lookups;
//! the only algorithm is qstr interning. The run time and the emitters both import this crate and never each other.
#![no_std]
#![forbid(unsafe_code)]
extern crate alloc;

pub mod arch;
pub mod code_kind;
pub mod fun_table;
pub mod layout;
pub mod mpy;
pub mod native_type;
pub mod obj_word;
pub mod ops;
pub mod qstr;
pub mod scope_flags;
pub mod small_int;

pub use ferlance_collections::OutOfMemory;

pub use arch::Arch;
pub use code_kind::CodeKind;
pub use fun_table::Fun;
pub use native_type::NativeType;
pub use ops::{BinaryOp, UnaryOp};
pub use qstr::Qstr;
pub use scope_flags::ScopeFlags;
