//! The bytecode machine as data: ops, code, bytes, modules.
#![no_std]

extern crate alloc;
