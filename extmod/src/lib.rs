//! Modules of the standard library that a port may leave out, one file or folder each.
//!
//! A port puts the `MODULE` of those it wants into [`ferlance_vm::import::Imports::extra`].
#![no_std]
#![forbid(unsafe_code)]

#[cfg(test)]
extern crate std;

pub mod json;
