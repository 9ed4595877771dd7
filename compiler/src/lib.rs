//! Ties the front end to the emitters: source in, compiled module out.
#![no_std]
#![forbid(unsafe_code)]
extern crate alloc;
