//! Functions that are emitted piece by piece, for whoever has no memory for a whole one.
//!
//! Lowering hands over each piece as soon as it has it (see [`crate::lower::Sink`]); it takes the way of a whole
//! function from there on, and leaves nothing behind but its code. What whole functions find out before their first
//! instruction is agreed on beforehand: the frame has room for any piece's spilled values and outgoing arguments, and
//! the prologue saves all registers that pieces may use. A piece that wants more makes all begin again, with more room.
use ferlance_abi::fun_table::Fun;
use ferlance_asm::{CodeBuffer, Label};
use ferlance_bytecode::Code;
use ferlance_collections::{IndexVec, OutOfMemory, TryVec};

use super::{EmitError, Machine, Writer, finish, way};
use crate::arch::{Emit, PregSet};
use crate::frame::Frame;
use crate::lower::{LowerError, Sink, Tables, lower_in_pieces};
use crate::nir::shape::param_type;
use crate::nir::{Effort, Func, Type};
use crate::opt::optimise;
use crate::regalloc::{Allocation, allocate};

/// A function in pieces is done.
#[derive(Debug)]
pub struct Made {
    /// Its code.
    pub machine: Machine,
    /// See [`crate::lower::Lowered::n_state`].
    pub n_state: u32,
}

/// Lowers and emits `code` piece by piece. `arch` is for short code.
pub fn emit_in_pieces<A: Emit>(
    code: &Code,
    tables: &mut Tables<'_>,
    arch: &A,
) -> Result<Made, EmitError> {
    let mut room = Room::first(arch);
    loop {
        let mut out = Out::new(arch, room)?;
        match lower_in_pieces(code, arch.target(), tables, &mut out) {
            Ok(n_state) => {
                let machine = out.finish()?;
                return Ok(Made { machine, n_state });
            }
            Err(error @ (LowerError::OutOfMemory | LowerError::BadCode)) => {
                return Err(error.into());
            }
            Err(LowerError::Refused) => match out.stop {
                Stop::Room(wanted) => room = wanted,
                Stop::Error(error) => return Err(error),
            },
        }
    }
}

/// What pieces share of the frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Room {
    spill_words: u32,
    saved: PregSet,
}

/// Words for spilled values, at first.
const SPILL_WORDS: u32 = 8;

impl Room {
    fn first<A: Emit>(arch: &A) -> Room {
        let regs = arch.regs();
        let saved = regs.callee_saved.intersection(regs.allocatable());
        Room {
            spill_words: SPILL_WORDS,
            saved: saved.intersection(PregSet::INTS),
        }
    }

    /// Room for this, too.
    fn with<A: Emit>(self, arch: &A, allocation: &Allocation) -> Room {
        let saved = allocation.used.intersection(arch.regs().callee_saved);
        Room {
            spill_words: self
                .spill_words
                .max(allocation.spill_words.next_power_of_two().max(SPILL_WORDS)),
            saved: self.saved.union(saved),
        }
    }
}

/// Why pieces are refused.
enum Stop {
    Room(Room),
    Error(EmitError),
}

impl<E: Into<EmitError>> From<E> for Stop {
    fn from(error: E) -> Stop {
        Stop::Error(error.into())
    }
}

/// Takes pieces and writes them.
struct Out<'a, A: Emit> {
    arch: &'a A,
    room: Room,
    buffer: CodeBuffer<A::Fixup>,
    ways: TryVec<Option<Label>>,
    lines: TryVec<(Label, u32)>,
    /// The line that was marked last.
    line: u32,
    /// Once the first piece has told of its slots.
    frame: Option<Frame>,
    stop: Stop,
}

impl<'a, A: Emit> Out<'a, A> {
    fn new(arch: &'a A, room: Room) -> Result<Self, OutOfMemory> {
        Ok(Out {
            arch,
            room,
            buffer: arch.buffer()?,
            ways: TryVec::new(),
            lines: TryVec::new(),
            line: 0,
            frame: None,
            stop: Stop::Error(EmitError::Stuck),
        })
    }

    fn frame(&self, func: &Func) -> Result<Frame, OutOfMemory> {
        let target = self.arch.target();
        let all = Allocation {
            places: IndexVec::new(),
            order: TryVec::new(),
            entry_lines: IndexVec::new(),
            extras: TryVec::new(),
            used: self.room.saved,
            kept: PregSet::EMPTY,
            spill_words: self.room.spill_words,
            wide_spills: target.word() == 4 && !self.arch.regs().floats.is_empty(),
            out_words: most_out_words(self.arch.regs().args.len()),
            calls: true,
        };
        Frame::new(func, &all, self.arch)
    }

    fn write(&mut self, mut func: Func, at: Option<u32>, next: u32) -> Result<(), Stop> {
        func.effort = Effort::Little;
        optimise(&mut func, self.arch)?;
        let allocation = allocate(&mut func, self.arch)?;
        #[cfg(debug_assertions)]
        if let Err(unsound) = crate::regalloc::check(&func, self.arch, &allocation) {
            panic!("{unsound:?} in\n{func}\n{:?}", allocation.places);
        }
        let wanted = self.room.with(self.arch, &allocation);
        if wanted != self.room {
            return Err(Stop::Room(wanted));
        }
        let frame = match self.frame.take() {
            Some(frame) => frame,
            None => self.frame(&func)?,
        };
        let buffer = core::mem::take(&mut self.buffer);
        let mut writer = Writer::new(&func, self.arch, &allocation, &frame, None, buffer)?;
        writer.e.lines = core::mem::take(&mut self.lines);
        writer.ways = core::mem::take(&mut self.ways);
        writer.line = self.line;
        writer.next = Some(next);
        match at {
            None => {
                self.arch.prologue(&mut writer.e)?;
                writer.params()?;
            }
            Some(at) => {
                let label = way(&mut writer.ways, &mut writer.e.buffer, at)?;
                writer.e.buffer.bind(label);
            }
        }
        writer.blocks()?;
        self.line = writer.line;
        self.ways = writer.ways;
        self.lines = writer.e.lines;
        self.buffer = writer.e.buffer;
        self.frame = Some(frame);
        Ok(())
    }

    fn finish(mut self) -> Result<Machine, EmitError> {
        // Control never comes to a yield without code, though its number is known.
        for label in self.ways.iter().flatten() {
            if !self.buffer.is_bound(*label) {
                self.buffer.bind(*label);
            }
        }
        drop(self.ways);
        let frame = self.frame.ok_or(EmitError::Stuck)?;
        finish(self.buffer, &self.lines, &[], &frame)
    }
}

impl<A: Emit> Sink for Out<'_, A> {
    fn piece(&mut self, piece: Func, at: Option<u32>, next: u32) -> Result<(), LowerError> {
        self.write(piece, at, next).map_err(|stop| match stop {
            Stop::Error(EmitError::OutOfMemory) => LowerError::OutOfMemory,
            stop => {
                self.stop = stop;
                LowerError::Refused
            }
        })
    }
}

/// Words of arguments on the stack that any runtime function may want, where so many go in registers.
fn most_out_words(in_registers: usize) -> u32 {
    let words = |fun: &Fun| {
        let types = fun.params().iter().map(|kind| param_type(*kind));
        types
            .map(|ty| if ty == Type::F64 { 2 } else { 1 })
            .sum::<usize>()
    };
    let most = Fun::ALL.iter().map(words).max().unwrap_or(0);
    most.saturating_sub(in_registers) as u32
}
