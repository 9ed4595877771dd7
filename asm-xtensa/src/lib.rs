//! Encodings and mnemonics of xtensa.
#![no_std]
#![forbid(unsafe_code)]
extern crate alloc;
