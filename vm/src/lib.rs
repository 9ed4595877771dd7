//! The runtime: objects, heap, interpreter, built-in types and modules.
#![no_std]

extern crate alloc;
