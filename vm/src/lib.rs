//! The runtime: objects, heap, interpreter, built-in types and modules.
//!
//! Start reading at [`runtime::Runtime`], then [`obj`] (words, handles, types), [`interp`] (the loop).
//! Unsafe code lives on four islands: `obj` (words, handles, layouts), `gc`, `native`, and the value stack
//! and unchecked stream of `interp`.
#![no_std]
// A build without all parts has no use for some helpers of those it has.
#![cfg_attr(
    not(all(feature = "native", feature = "verify")),
    allow(dead_code, unused_imports)
)]
#![deny(clippy::undocumented_unsafe_blocks)]

extern crate alloc;
#[cfg(any(test, feature = "std", feature = "testing"))]
extern crate std;

extern crate self as ferlance_vm;

pub mod builtins;
pub mod call;
pub mod config;
pub mod exc;
pub mod gc;
mod gc_glue;
pub mod hal;
pub mod import;
pub mod interp;
pub mod modules;
#[cfg(feature = "native")]
pub mod native;
#[cfg(not(feature = "native"))]
#[path = "native/absent.rs"]
pub mod native;
pub mod obj;
mod protocol;
pub mod repl;
pub mod runtime;
pub mod sched;
pub mod stream;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod text;

pub use runtime::{R, Raised, Runtime};
