//! Xtensa: the core architecture and the options of LX106, LX6 and LX7 cores.
#![no_std]
#![forbid(unsafe_code)]
extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod base;
pub mod density;
pub mod encode;
pub mod fixup;
pub mod float;
pub mod inline;
pub mod inst;
pub mod listing;
pub mod mac16;
pub mod reg;
pub mod system;

pub use fixup::Branch;
pub use inst::{Features, Inst, TABLES, emit};
pub use reg::{BReg, FReg, MReg, Reg};

/// What known cores have.
pub mod level {
    use crate::inst::*;

    /// LX106 (ESP8266).
    pub const LX106: Features = DENSITY | MUL16 | MUL32;
    /// LX6 and LX7 (ESP32, ESP32-S3).
    pub const LX6: Features = DENSITY
        | WINDOWED
        | LOOP
        | MUL16
        | MUL32
        | MULHIGH
        | DIV
        | MISC
        | BOOL
        | FP
        | MAC16
        | SYNC
        | CACHE;
}
