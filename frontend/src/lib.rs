//! Source text to tokens, syntax tree, scopes, and symbolic bytecode.
#![no_std]
#![forbid(unsafe_code)]
extern crate alloc;
