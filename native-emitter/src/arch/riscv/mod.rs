//! RISC-V with 32-bit or 64-bit registers: I, M and C; on the narrow one Zba and Zcmp where the flags say so.
//!
//! Instructions are written in their long forms and compressed where there is a short one: those are for `a0` to `a5`,
//! `s0` and `s1`, which come first therefore.
//!
//! Both widths are one emitter: words are as wide as registers, so the same instructions compute with them. Only loads
//! and stores of words, extensions and constants differ.
//!
//! `t0` and `t6` never hold a value: instructions use them for themselves.
mod abi;
mod emit;
mod isel;
mod regs;

use ferlance_abi::Arch as Name;
use ferlance_abi::mpy::{RV32_ZBA, RV32_ZCMP};
use ferlance_asm_rv32::Features;
use ferlance_asm_rv32::inline::{RV32IMC, RV64IMC};
use ferlance_asm_rv32::inst::{RV64, ZBA, ZCMP};

use crate::target::Target;

/// A RISC-V core.
#[derive(Debug)]
pub struct Riscv {
    target: Target,
    features: Features,
}

impl Riscv {
    /// The core that `target` names; `None` if it is another one.
    pub fn new(target: Target) -> Option<Riscv> {
        let features = match target.arch {
            Name::Rv32imc => {
                let flags = u32::from(target.flags);
                let zba = if flags & RV32_ZBA != 0 { ZBA } else { 0 };
                let zcmp = if flags & RV32_ZCMP != 0 { ZCMP } else { 0 };
                RV32IMC | zba | zcmp
            }
            Name::Rv64imc => RV64IMC,
            _ => return None,
        };
        Some(Riscv { target, features })
    }

    fn has_zba(&self) -> bool {
        self.features & ZBA == ZBA
    }

    fn has_zcmp(&self) -> bool {
        self.features & ZCMP == ZCMP
    }

    /// Are registers 64 bits wide?
    fn is_wide(&self) -> bool {
        self.features & RV64 == RV64
    }

    /// The shift that leaves only the sign of a word.
    fn sign_shift(&self) -> i32 {
        if self.is_wide() { 63 } else { 31 }
    }
}
