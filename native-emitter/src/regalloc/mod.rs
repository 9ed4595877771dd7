//! Registers for values.
//!
//! Every value gets one place for its whole life: a register, a spill slot, or none at all if it is a constant that
//! is made where it is wanted. So registers and spill slots hold right values also when an exception arrives
//! and callee-saved registers jump back to what they were: see the header of [`crate::nir`].
use ferlance_collections::{IndexVec, TryVec};

use crate::arch::{Place, PregSet, Temps};
use crate::nir::{Block, Vreg};

/// Registers at one instruction that are not those of its operands.
#[derive(Debug, Clone, Copy)]
pub struct Extra {
    /// The instruction: see [`Allocation::extra`].
    pub at: u32,
    /// Registers for the instruction itself.
    pub temps: Temps,
    /// Registers that are stored before this call, in cold code, and loaded again behind it.
    pub kept: PregSet,
}

/// Where everything is. The allocator also changes the function: it splits edges that need moves, and adds
/// copies for operands that cannot be in memory.
#[derive(Debug)]
pub struct Allocation {
    /// The place of each value.
    pub places: IndexVec<Vreg, Place>,
    /// The blocks in the order in which they are laid out; the first is the entry.
    pub order: TryVec<Block>,
    /// By instruction, rising. Instructions are numbered in `order`; the end of a block counts as one.
    pub extras: TryVec<Extra>,
    /// Registers that are written.
    pub used: PregSet,
    /// Registers kept over calls in cold code.
    pub kept: PregSet,
    /// Words of the spill area.
    pub spill_words: u32,
    /// Does the spill area hold doubles, which want alignment?
    pub wide_spills: bool,
    /// Words of outgoing stack arguments.
    pub out_words: u32,
    /// Does the function call anything?
    pub calls: bool,
}
