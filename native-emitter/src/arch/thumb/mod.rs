//! Thumb: Armv6-M (also for Armv6 cores, behind a stub in Arm state), Armv7-M, with and without float registers.
//!
//! Armv7-M has three operands and any register almost everywhere; encodings are half as long for `r0` to `r7`, which
//! come first therefore. Armv6-M uses these eight only, and most of its instructions overwrite an operand.
//!
//! `r12` never holds a value: it breaks cycles of moves, and on Armv7-M instructions use it for themselves.
mod abi;
mod arith;
mod compare;
mod emit;
mod float;
mod isel;
mod memory;
mod regs;
mod words;

use core::cell::Cell;

use ferlance_abi::Arch as Name;
use ferlance_asm_thumb::inst::{FP, V7M};
use ferlance_asm_thumb::{Features, Reg, level};

use crate::target::{Fpu, Target};

/// A Thumb core.
#[derive(Debug)]
pub struct Thumb {
    target: Target,
    features: Features,
    /// The flags are those of this register's value, as long as nothing is written behind this offset.
    flags: Cell<Option<(u32, Reg)>>,
}

impl Thumb {
    /// The core that `target` names; `None` if it is not one of these.
    pub fn new(target: Target) -> Option<Thumb> {
        let features = match target.arch {
            Name::Armv6 | Name::Armv6m => level::ARMV6M,
            Name::Armv7m => level::ARMV7M,
            Name::Armv7em => level::ARMV7EM,
            Name::Armv7emsp => level::ARMV7EMSP,
            Name::Armv7emdp => level::ARMV7EMDP,
            _ => return None,
        };
        let features = match target.fpu {
            Fpu::None => features & !(level::ARMV7EMDP & !level::ARMV7EM),
            Fpu::Single => features & !(level::ARMV7EMDP & !level::ARMV7EMSP),
            Fpu::Double => features,
        };
        Some(Thumb {
            target,
            features,
            flags: Cell::new(None),
        })
    }

    /// Has it Thumb-2?
    fn is_v7(&self) -> bool {
        self.features & V7M != 0
    }

    /// Has it float registers?
    fn has_fpu(&self) -> bool {
        self.features & FP == FP
    }
}
