//! Machine code for decorated functions: symbolic bytecode becomes [`nir`], a small typed IR in SSA form, which is
//! optimised, allocated to registers and handed to an architecture.
//!
//! ```text
//!  Code (bytecode) ──lower──▶ Func ──opt──▶ Func ──regalloc──▶ Func + places ──arch──▶ bytes, relocations, lines
//!  viper's types ───────────▶
//! ```
#![no_std]
#![forbid(unsafe_code)]
extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod accesses;
pub mod analysis;
pub mod arch;
pub mod emit;
pub mod frame;
pub mod link;
pub mod lower;
pub mod nir;
pub mod opt;
pub mod outline;
pub mod regalloc;
pub mod remark;
pub mod target;

pub use emit::Machine;
pub use target::{Fpu, Host, Target};
