//! RISC-V with 32-bit registers: I, M and C, with Zba and Zcmp where the flags say so.
//!
//! Instructions are written in their long forms and compressed where there is a short one: those are for `a0` to `a5`,
//! `s0` and `s1`, which come first therefore.
//!
//! `t0` and `t6` never hold a value: instructions use them for themselves.
mod abi;
mod emit;
mod isel;
mod regs;

use ferlance_abi::Arch as Name;
use ferlance_abi::mpy::{RV32_ZBA, RV32_ZCMP};
use ferlance_asm_rv32::Features;
use ferlance_asm_rv32::inline::RV32IMC;
use ferlance_asm_rv32::inst::{ZBA, ZCMP};

use crate::target::Target;

/// A 32-bit RISC-V core.
#[derive(Debug)]
pub struct Rv32 {
    target: Target,
    features: Features,
}

impl Rv32 {
    /// The core that `target` names; `None` if it is another one.
    pub fn new(target: Target) -> Option<Rv32> {
        if target.arch != Name::Rv32imc {
            return None;
        }
        let flags = u32::from(target.flags);
        let zba = if flags & RV32_ZBA != 0 { ZBA } else { 0 };
        let zcmp = if flags & RV32_ZCMP != 0 { ZCMP } else { 0 };
        let features = RV32IMC | zba | zcmp;
        Some(Rv32 { target, features })
    }

    fn has_zba(&self) -> bool {
        self.features & ZBA == ZBA
    }

    fn has_zcmp(&self) -> bool {
        self.features & ZCMP == ZCMP
    }
}
