//! Thumb: Armv6-M, Armv7-M, Armv7E-M, VFPv4 and FPv5.
#![no_std]
#![forbid(unsafe_code)]
extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod dsp;
pub mod encode;
pub mod fixup;
pub mod inline;
pub mod inst;
pub mod listing;
pub mod reg;
mod stock;
pub mod t16;
pub mod t32;
pub mod vfp;

pub use fixup::Branch;
pub use inst::{Features, Inst, TABLES, emit};
/// What each architecture name of `mpy-cross -march` has.
pub mod level {
    use crate::inst::{DP5, DSP, FP, Features, V6M, V7M};

    /// `armv6`, `armv6m`.
    pub const ARMV6M: Features = V6M;
    /// `armv7m`.
    pub const ARMV7M: Features = V7M;
    /// `armv7em`.
    pub const ARMV7EM: Features = DSP;
    /// `armv7emsp`.
    pub const ARMV7EMSP: Features = DSP | FP;
    /// `armv7emdp`.
    pub const ARMV7EMDP: Features = DSP | DP5;
}

pub use reg::{Cond, DReg, Reg, SReg, Shift};
