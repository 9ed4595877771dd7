//! Xtensa, with both calling conventions: call0 (LX106), and register windows (LX6, LX7).
//!
//! In a windowed function `a2` to `a7` keep their values over calls at no cost, and what it passes lies eight registers
//! higher than what it got; so these are two machines with the same instructions.
//!
//! `a8` never holds a value: instructions use it for themselves. Constants that instructions cannot make are loaded
//! from words before the function's code, since such loads reach backwards only.
mod abi;
mod emit;
mod isel;
mod regs;

use ferlance_abi::Arch as Name;
use ferlance_asm_xtensa::inst::{MISC, MULHIGH};
use ferlance_asm_xtensa::{Features, level};

use crate::target::Target;

/// An Xtensa core.
#[derive(Debug)]
pub struct Xtensa {
    target: Target,
    features: Features,
    windowed: bool,
}

impl Xtensa {
    /// The core that `target` names; `None` if it is another one.
    pub fn new(target: Target) -> Option<Xtensa> {
        let (features, windowed) = match target.arch {
            Name::Xtensa => (level::LX106, false),
            Name::Xtensawin => (level::LX6, true),
            _ => return None,
        };
        Some(Xtensa {
            target,
            features,
            windowed,
        })
    }

    fn has_long_product(&self) -> bool {
        self.features & MULHIGH == MULHIGH
    }

    fn has_sext(&self) -> bool {
        self.features & MISC == MISC
    }
}
