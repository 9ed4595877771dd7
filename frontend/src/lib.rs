//! Source text to tokens, syntax tree, scopes, and symbolic bytecode.
#![no_std]
#![forbid(unsafe_code)]
extern crate alloc;

pub mod ast;
pub mod diag;
pub mod error;
mod fold;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzz;
pub mod hir;
mod lexer;
pub mod lower;
pub mod parser;
pub mod source;
mod stack;
pub mod token;

pub use ast::Ast;
pub use error::Diag;
pub use parser::{Mode, ParseOptions, parse};
pub use stack::StackLimit;
