//! Encodings and mnemonics of rv32.
#![no_std]
#![forbid(unsafe_code)]
extern crate alloc;
