//! The contract with MicroPython: numbers, orders, layouts.
#![no_std]
#![forbid(unsafe_code)]
extern crate alloc;
