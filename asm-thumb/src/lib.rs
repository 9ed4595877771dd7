//! Thumb: Armv6-M, Armv7-M, Armv7E-M, VFPv4 and FPv5.
#![no_std]
#![forbid(unsafe_code)]
extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod dsp;
pub mod encode;
pub mod fixup;
pub mod inst;
pub mod listing;
pub mod reg;
pub mod t16;
pub mod t32;
pub mod vfp;

pub use fixup::Branch;
pub use inst::{Features, Inst, TABLES, emit};
pub use reg::{Cond, DReg, Reg, SReg, Shift};
