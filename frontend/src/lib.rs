//! Source text to tokens, syntax tree, scopes, and symbolic bytecode.
#![no_std]
#![forbid(unsafe_code)]
extern crate alloc;

pub mod ast;
pub mod diag;
pub mod error;
pub mod hir;
pub mod lower;
pub mod source;

pub use ast::Ast;
pub use error::Diag;
