//! RISC-V: RV32 and RV64 with M, C, A, F, D, bit manipulation, Zcb and Zcmp.
#![no_std]
#![forbid(unsafe_code)]
extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod atomic;
pub mod base;
pub mod bits;
pub mod compress;
pub mod compressed;
pub mod encode;
pub mod fixup;
pub mod float;
pub mod inline;
pub mod inst;
pub mod listing;
pub mod muldiv;
pub mod pseudo;
pub mod reg;

pub use compress::shortest;
pub use fixup::Branch;
pub use inst::{Features, Inst, TABLES, emit};
pub use reg::{FReg, Reg};
