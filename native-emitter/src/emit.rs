//! From an allocated function to bytes.
use ferlance_asm::{CodeBuffer, Fixup, Label};
use ferlance_collections::{IndexVec, OutOfMemory, TryVec};

use crate::arch::Place;
use crate::frame::Frame;
use crate::nir::{Block, Func, Vreg};
use crate::regalloc::Allocation;

/// From this offset on, code belongs to this line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineMark {
    /// Bytes from the function's first byte.
    pub offset: u32,
    /// The source line.
    pub line: u32,
}

/// A call of another function of the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DirectCall {
    /// Bytes from the function's first byte to the call.
    pub offset: u32,
    /// Whom it calls: see [`crate::nir::Op::CallDirect`].
    pub callee: u32,
}

/// A finished function.
#[derive(Debug)]
pub struct Machine {
    /// The code. It begins with the function's entry.
    pub bytes: TryVec<u8>,
    /// Source lines, by rising offset.
    pub lines: TryVec<LineMark>,
    /// Calls whose distance is written when the callee's place is known.
    pub calls: TryVec<DirectCall>,
    /// Bytes of stack that the function takes.
    pub frame_bytes: u32,
}

/// A function being written.
#[derive(Debug)]
pub struct Emitter<'a, F> {
    /// The function.
    pub func: &'a Func,
    /// Where its values are.
    pub allocation: &'a Allocation,
    /// Its frame.
    pub frame: &'a Frame,
    /// The code so far.
    pub buffer: CodeBuffer<F>,
    labels: IndexVec<Block, Label>,
    lines: TryVec<(Label, u32)>,
    calls: TryVec<(Label, u32)>,
}

impl<F: Fixup> Emitter<'_, F> {
    /// The place of a value.
    pub fn place(&self, vreg: Vreg) -> Place {
        self.allocation.places[vreg]
    }

    /// The label of a block.
    pub fn label(&self, block: Block) -> Label {
        self.labels[block]
    }

    /// Notes that the call that is written next has no distance yet.
    pub fn direct_call(&mut self, callee: u32) -> Result<(), OutOfMemory> {
        let here = self.buffer.here()?;
        self.calls.push((here, callee))
    }
}
