//! What every assembler here shares.
#![no_std]
#![forbid(unsafe_code)]
extern crate alloc;
