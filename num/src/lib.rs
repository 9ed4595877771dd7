//! Numbers beyond the machine word, and their text.
#![no_std]
#![forbid(unsafe_code)]
extern crate alloc;
