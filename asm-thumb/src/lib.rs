//! Encodings and mnemonics of thumb.
#![no_std]
#![forbid(unsafe_code)]
extern crate alloc;
