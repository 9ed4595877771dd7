//! The C frame of a compiled function.
//!
//! ```text
//!              caller's frame
//!              ┌──────────────────────┐
//!   In(1)      │ stack argument 1     │
//!   In(0)      │ stack argument 0     │
//!              ├──────────────────────┤ ◀ sp at entry, before the return address where calls push it
//!              │ saved registers      │   `saved`; pushed by the prologue
//!              ├──────────────────────┤
//!              │ padding to `align`   │ ┐
//!              │ registers kept over  │ │
//!              │   calls in cold code │ │
//!              │ scratch words        │ │
//!              │ spill slots          │ │ `locals` bytes
//!              │ frame slots          │ │
//!   Out(1)     │                      │ │
//!   Out(0)     │ outgoing arguments   │ │
//!              └──────────────────────┘ ┘ ◀ sp in the body; all offsets count from here
//! ```
//!
//! Outgoing arguments lie lowest since the callee looks for them there; frame slots come before spill slots since
//! their addresses are taken and small machines have short offsets for that.
use ferlance_collections::{IndexVec, OutOfMemory, TryVec};

use crate::arch::{Arch, Place, Preg, PregSet};
use crate::nir::{Func, Slot};
use crate::regalloc::Allocation;

/// What a machine asks of frames.
#[derive(Debug, Clone, Copy)]
pub struct FrameShape {
    /// Alignment of sp at calls, in bytes.
    pub align: u32,
    /// Bytes between sp at entry and the first stack argument: a return address that calls push.
    pub above_entry: u32,
    /// Bytes right above the locals that the prologue leaves there besides saved registers: spill area of a window.
    pub extra: u32,
    /// The register with the return address, saved like the others unless the function calls nothing; none where
    /// calls push it or the window keeps it.
    pub link: Option<Preg>,
    /// Bytes that a saved register takes: integer, float.
    pub saved_bytes: [u32; 2],
    /// The saved registers' bytes are rounded up to this, before locals.
    pub saved_align: u32,
}

/// A function's frame. Offsets are in bytes from sp in the body.
#[derive(Debug)]
pub struct Frame {
    /// Bytes of a word.
    pub word: u32,
    /// Registers that the prologue saves.
    pub saved: PregSet,
    /// Bytes of the saved registers, `saved_align` included.
    pub saved_bytes: u32,
    /// Bytes below the saved registers.
    pub locals: u32,
    /// Does the function call anything?
    pub calls: bool,
    /// First byte of each frame slot.
    slots: IndexVec<Slot, u32>,
    /// First byte of the spill area.
    spills: u32,
    /// First byte of the scratch words: [`Place::SCRATCH_WORD`].
    scratch: u32,
    /// First byte of the registers kept over cold calls, and which these are.
    kept: u32,
    kept_regs: PregSet,
    /// First byte of the incoming stack arguments.
    incoming: u32,
}

impl Frame {
    /// Lays out the frame of an allocated function.
    pub fn new(
        func: &Func,
        allocation: &Allocation,
        arch: &dyn Arch,
    ) -> Result<Frame, OutOfMemory> {
        let shape = arch.frame_shape();
        let word = arch.target().word();
        let float_bytes = shape.saved_bytes[1];
        let mut saved = allocation.used.intersection(arch.regs().callee_saved);
        if let (Some(link), true) = (shape.link, allocation.calls) {
            saved.insert(link);
        }
        let bytes_of = |set: PregSet| {
            set.intersection(PregSet::INTS).len() * shape.saved_bytes[0]
                + set.intersection(PregSet::FLOATS).len() * float_bytes
        };
        let saved_bytes = align_up(bytes_of(saved), shape.saved_align.max(1));
        let mut at = allocation.out_words.saturating_mul(word);
        let mut slots = IndexVec::from_items(TryVec::with_capacity(func.slots.len())?);
        for data in &func.slots {
            slots.push(at)?;
            at = at.saturating_add(data.words.saturating_mul(word));
        }
        let widest = if allocation.wide_spills { 8 } else { word };
        let spills = align_up(at, widest);
        let scratch = spills.saturating_add(allocation.spill_words.saturating_mul(word));
        let regs = arch.regs();
        let in_frame = regs.scratch == Place::SCRATCH_WORD
            || regs.moves_use_scratch && allocation.spill_words > 0;
        let (scratch, scratch_bytes) = match in_frame {
            true => (align_up(scratch, widest), widest),
            false => (scratch, 0),
        };
        let kept = align_up(
            scratch.saturating_add(scratch_bytes),
            if allocation.kept.intersection(PregSet::FLOATS).is_empty() {
                word
            } else {
                8
            },
        );
        let end = kept.saturating_add(kept_bytes(allocation.kept, word));
        // A function that calls nothing need not align its sp beyond words.
        let align = if allocation.calls || allocation.wide_spills {
            shape.align
        } else {
            word
        };
        let above = shape.above_entry + saved_bytes + shape.extra;
        let locals = align_up(end.saturating_add(above), align) - above;
        Ok(Frame {
            word,
            saved,
            saved_bytes,
            locals,
            calls: allocation.calls,
            slots,
            spills,
            scratch,
            kept,
            kept_regs: allocation.kept,
            incoming: locals + above,
        })
    }

    /// A byte of a frame slot.
    pub fn slot(&self, slot: Slot, byte: i64) -> i32 {
        let first = self.slots.get(slot).copied().unwrap_or(0);
        (i64::from(first) + byte) as i32
    }

    /// A word of the spill area.
    pub fn spill(&self, word: u32) -> i32 {
        match Place::Spill(word) {
            Place::SCRATCH_WORD => self.scratch as i32,
            _ => (self.spills + word * self.word) as i32,
        }
    }

    /// An incoming stack argument.
    pub fn incoming(&self, word: u32) -> i32 {
        (self.incoming + word * self.word) as i32
    }

    /// An outgoing stack argument.
    pub fn outgoing(&self, word: u32) -> i32 {
        (word * self.word) as i32
    }

    /// Where a register is kept over a call in cold code.
    pub fn kept(&self, preg: Preg) -> i32 {
        let below = |set: PregSet| PregSet(set.0 & ((1 << preg.index()) - 1));
        let floats = self.kept_regs.intersection(PregSet::FLOATS);
        let ints = self.kept_regs.intersection(PregSet::INTS);
        // Floats first, since they may need more alignment.
        let bytes = if preg.is_float() {
            kept_bytes(below(floats), self.word)
        } else {
            kept_bytes(floats.union(below(ints)), self.word)
        };
        (self.kept + bytes) as i32
    }

    /// All bytes from sp where the function is called down, a return address that the call pushes among them.
    pub fn from_caller(&self) -> u32 {
        self.incoming
    }

    /// All bytes from sp at entry down.
    pub fn total(&self) -> u32 {
        self.locals + self.saved_bytes
    }
}

/// Bytes of registers kept over cold calls, whatever the prologue saves.
fn kept_bytes(set: PregSet, word: u32) -> u32 {
    set.intersection(PregSet::INTS).len() * word + set.intersection(PregSet::FLOATS).len() * 8
}

/// The next multiple of `to`, a power of two.
pub const fn align_up(value: u32, to: u32) -> u32 {
    value.saturating_add(to - 1) & !(to - 1)
}
