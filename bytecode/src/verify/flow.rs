//! Abstract interpretation of one function.
//!
//! Pass 1 decodes all bytes in order: instruction starts, operand ranges, cells, jump targets.
//!
//! Pass 2 follows control. States (stack of [`Ty`], innermost block) are kept at jump targets and handlers only ("joins");
//! between them the state is carried along. A join whose state changed is "dirty" and will be interpreted again; states
//! only ever get less precise, so that ends.
//!
//! Blocks are nodes of a tree, shared by all paths that set up the same block in the same surroundings, so comparing
//! block stacks is comparing node numbers.
//!
//! A jump that leaves finally blocks is registered with the first block that is not running: it is a
//! [`Continuation`]. Where `END_FINALLY` ends that block's handler (an [`Exit`]), the jump goes on. Each new pair of exit
//! and continuation is followed once, and again when the exit's state has changed.

mod blocks;
mod scan;
mod step;
mod transfer;

use ferlance_abi::ScopeFlags;
use ferlance_collections::{HashIndex, TryVec};

use super::state::{Ty, collapse, join_stacks, slots, store};
use super::{CodeInfo, Problem};
use crate::decode::Decoder;
use crate::module::{CompiledModule, RawCode};
use crate::prelude::PreludeParts;

/// Memory that is used for one function after the other.
#[derive(Default)]
pub(super) struct Scratch {
    /// By offset: is it an instruction, is it a join.
    marks: TryVec<u8>,
    /// By offset, while they are collected: jump targets.
    targets: TryVec<u32>,
    joins: TryVec<Join>,
    /// The stacks of joins and exits.
    stacks: TryVec<Ty>,
    blocks: TryVec<Block>,
    block_index: HashIndex,
    continuations: TryVec<Continuation>,
    exits: TryVec<Exit>,
    /// Pairs of exit and continuation to follow.
    to_resume: TryVec<(u32, u32)>,
    stack: TryVec<Ty>,
    spare: TryVec<Ty>,
}

const START: u8 = 1;
const JOIN: u8 = 2;
const NO_ENTRY: u32 = u32::MAX;
/// The node of "no block".
const NO_BLOCK: u16 = 0;

/// A place that control reaches from elsewhere, with what is known there.
struct Join {
    offset: u32,
    stack: u32,
    len: u32,
    block: u16,
    reached: bool,
    dirty: bool,
}

/// A kind of exception block, in its surroundings.
struct Block {
    handler: u32,
    /// Stack depth that an exception cuts to.
    saved: u32,
    parent: u16,
    height: u16,
    /// Finally or with, not except.
    is_finally: bool,
    /// Lists through this block's continuations and exits.
    continuations: u32,
    exits: u32,
}

/// A jump that goes on when a block's handler ends.
struct Continuation {
    to: u32,
    /// Blocks still to leave, and [`UNWIND_DROPS_LOOP`](crate::op::UNWIND_DROPS_LOOP).
    blocks: u8,
    next: u32,
}

/// An `END_FINALLY` that may end an interrupted transfer, with the state behind it.
struct Exit {
    offset: u32,
    stack: u32,
    len: u32,
    /// The block outside of the one that ended.
    block: u16,
    next: u32,
}

/// Verifies one function.
pub(super) fn check(
    module: &CompiledModule<'_>,
    raw: &RawCode<'_>,
    parts: &PreludeParts<'_>,
    scratch: &mut Scratch,
) -> Result<CodeInfo, Problem> {
    let mut info = scan::scan(module, raw, parts, scratch)?;
    let prelude = &parts.prelude;
    let mut flow = Flow {
        code: parts.code,
        module,
        s: scratch,
        room: prelude
            .frame_slots(info.n_locals)
            .saturating_sub(info.n_locals),
        n_exc_stack: prelude.n_exc_stack,
        is_generator: prelude.flags.has(ScopeFlags::GENERATOR),
        block: NO_BLOCK,
        n_marks: 0,
        max_slots: 0,
        n_dirty: 0,
        work: 5_000 + 60 * parts.code.len() as u64,
    };
    flow.run()?;
    info.max_stack = flow.max_slots;
    Ok(info)
}

/// What an instruction does to control.
#[derive(PartialEq, Eq)]
enum Then {
    FallThrough,
    Stop,
}

struct Flow<'a> {
    code: &'a [u8],
    module: &'a CompiledModule<'a>,
    s: &'a mut Scratch,
    /// Slots that the stack may have.
    room: u32,
    n_exc_stack: u32,
    is_generator: bool,
    /// The innermost block of the current state; its stack is `s.stack`.
    block: u16,
    /// Values on the stack that may take two slots.
    n_marks: u32,
    max_slots: u32,
    n_dirty: usize,
    /// Steps that may still be taken.
    work: u64,
}

impl Flow<'_> {
    fn run(&mut self) -> Result<(), Problem> {
        let s = &mut *self.s;
        s.stacks.clear();
        s.blocks.clear();
        s.block_index.clear();
        s.continuations.clear();
        s.exits.clear();
        s.to_resume.clear();
        s.stack.clear();
        // Node 0 is "no block".
        s.blocks.push(Block {
            handler: 0,
            saved: 0,
            parent: NO_BLOCK,
            height: 0,
            is_finally: false,
            continuations: NO_ENTRY,
            exits: NO_ENTRY,
        })?;

        self.follow(0, false)?;
        let mut cursor = 0;
        loop {
            if let Some((exit, continuation)) = self.s.to_resume.pop() {
                self.resume(exit, continuation)?;
                continue;
            }
            if self.n_dirty == 0 {
                return Ok(());
            }
            match self.s.joins.get_mut(cursor) {
                None => cursor = 0,
                Some(join) if !join.dirty => cursor += 1,
                Some(join) => {
                    let offset = join.offset;
                    self.enter(cursor)?;
                    self.follow(offset, true)?;
                }
            }
            self.spend(1)?;
        }
    }

    /// Interprets from `pc` until control ends or joins what is known already. `entered` says that the current state
    /// is that of a join at `pc`.
    fn follow(&mut self, mut pc: u32, mut entered: bool) -> Result<(), Problem> {
        loop {
            let mark = *self.s.marks.get(pc as usize).ok_or(Problem::End)?;
            if mark & JOIN != 0 && !entered {
                let at = self.join_at(pc)?;
                self.join_current(at, pc)?;
                if !self.s.joins.get(at).is_some_and(|join| join.dirty) {
                    return Ok(());
                }
                self.enter(at)?;
            }
            entered = false;
            self.spend(1)?;
            let mut decoder = Decoder::starting_at(self.code, &self.module.names, pc);
            let instr = decoder
                .next()
                .ok_or(Problem::End)?
                .map_err(Problem::Decode)?;
            if self.step(&instr)? == Then::Stop {
                return Ok(());
            }
            self.note_slots(pc)?;
            pc = instr.next;
        }
    }

    fn spend(&mut self, work: usize) -> Result<(), Problem> {
        self.work = self
            .work
            .checked_sub(work as u64)
            .ok_or(Problem::TooComplex)?;
        Ok(())
    }

    fn note_slots(&mut self, pc: u32) -> Result<(), Problem> {
        let slots = self.s.stack.len() as u32 + self.n_marks;
        if slots > self.max_slots {
            if slots > self.room {
                return Err(Problem::Overflow(pc));
            }
            self.max_slots = slots;
        }
        Ok(())
    }

    /// Makes a join's state the current one and the join clean.
    fn enter(&mut self, at: usize) -> Result<(), Problem> {
        let Some(join) = self.s.joins.get_mut(at) else {
            return Err(Problem::End);
        };
        if join.dirty {
            join.dirty = false;
            self.n_dirty -= 1;
        }
        self.block = join.block;
        let (offset, start, len) = (join.offset, join.stack, join.len);
        self.load(start, len)?;
        self.note_slots(offset)
    }

    /// Makes a stored stack the current one.
    fn load(&mut self, start: u32, len: u32) -> Result<(), Problem> {
        let Scratch { stacks, stack, .. } = &mut *self.s;
        stack.clear();
        stack.extend_from_slice(stored(stacks, start, len))?;
        self.n_marks = slots(stack) - stack.len() as u32;
        self.spend(len as usize + 1)
    }

    fn join_at(&self, offset: u32) -> Result<usize, Problem> {
        let found = self
            .s
            .joins
            .binary_search_by_key(&offset, |join| join.offset);
        found.map_err(|_| Problem::Target(offset))
    }

    /// Control goes from `pc` to `to` with the current state.
    fn edge(&mut self, pc: u32, to: u32) -> Result<(), Problem> {
        if to <= pc {
            // A handler that runs must not look as if it did not run yet.
            let mut node = self.block;
            while node != NO_BLOCK {
                self.spend(1)?;
                let block = self.block(node);
                if block.handler <= pc && block.handler > to {
                    return Err(Problem::Block(pc));
                }
                node = block.parent;
            }
        }
        if let Some(pending) = self.pending(self.block, to)?
            && self.s.stack.len() < self.block(pending).saved as usize
        {
            return Err(Problem::Underflow(pc));
        }
        let at = self.join_at(to)?;
        self.join_current(at, to)
    }

    /// Joins the current state into a join's.
    fn join_current(&mut self, at: usize, offset: u32) -> Result<(), Problem> {
        let len = self.s.stack.len();
        self.spend(len)?;
        let Scratch {
            joins,
            stacks,
            stack,
            spare,
            ..
        } = &mut *self.s;
        let Some(join) = joins.get_mut(at) else {
            return Err(Problem::Target(offset));
        };
        let changed = if !join.reached {
            *join = Join {
                offset,
                stack: store(stacks, stack)?,
                len: len as u32,
                block: self.block,
                reached: true,
                dirty: join.dirty,
            };
            true
        } else {
            if join.block != self.block {
                return Err(Problem::Block(offset));
            }
            join_into(stacks, join.stack, &mut join.len, stack, spare)
                .map_err(|bad| bad.unwrap_or(Problem::Merge(offset)))?
        };
        if changed && !join.dirty {
            join.dirty = true;
            self.n_dirty += 1;
        }
        Ok(())
    }

    /// Is half of an interrupted transfer among the slots from `low` up?
    fn is_apart(&self, low: usize) -> bool {
        let slots = self.s.stack.get(low..).unwrap_or(&[]);
        slots.iter().any(|ty| ty.is_data() || ty.is_marker())
    }

    fn push(&mut self, ty: Ty) -> Result<(), Problem> {
        Ok(self.s.stack.push(ty)?)
    }

    fn pop(&mut self, pc: u32) -> Result<Ty, Problem> {
        self.s.stack.pop().ok_or(Problem::Underflow(pc))
    }

    /// Pops `count` objects.
    fn objects(&mut self, count: usize, pc: u32) -> Result<(), Problem> {
        let stack = &mut self.s.stack;
        let low = stack
            .len()
            .checked_sub(count)
            .ok_or(Problem::Underflow(pc))?;
        if !stack
            .get(low..)
            .unwrap_or(&[])
            .iter()
            .all(|ty| ty.is_object())
        {
            return Err(Problem::Value(pc));
        }
        stack.truncate(low);
        self.spend(count)
    }

    fn pop_if(&mut self, pc: u32, fits: impl FnOnce(Ty) -> bool) -> Result<Ty, Problem> {
        let ty = self.pop(pc)?;
        if fits(ty) {
            Ok(ty)
        } else {
            Err(Problem::Value(pc))
        }
    }

    /// Pops a finally state, putting it together first if it was taken apart.
    fn pop_state(&mut self, pc: u32) -> Result<Ty, Problem> {
        if self.s.stack.last().is_some_and(|ty| ty.is_marker()) {
            let len = collapse(&mut self.s.stack);
            self.s.stack.truncate(len);
            self.n_marks = slots(&self.s.stack) - len as u32;
            self.spend(len)?;
        }
        let state = self.pop_if(pc, Ty::is_state)?;
        self.n_marks -= state.may_be_mark() as u32;
        Ok(state)
    }
}

fn stored(stacks: &[Ty], start: u32, len: u32) -> &[Ty] {
    stacks
        .get(start as usize..)
        .and_then(|rest| rest.get(..len as usize))
        .unwrap_or(&[])
}

/// Joins a stack into a stored one, whose length shrinks if a finally state comes in one piece on one path and apart on the
/// other. `Err(None)` if they cannot join.
fn join_into(
    stacks: &mut [Ty],
    start: u32,
    len: &mut u32,
    from: &[Ty],
    spare: &mut TryVec<Ty>,
) -> Result<bool, Option<Problem>> {
    let ours = stacks
        .get_mut(start as usize..)
        .and_then(|rest| rest.get_mut(..*len as usize))
        .ok_or(None)?;
    if ours.len() == from.len() {
        return join_stacks(ours, from).map_err(|()| None);
    }
    let kept = collapse(ours);
    let shrunk = kept != ours.len();
    *len = kept as u32;
    spare.clear();
    spare
        .extend_from_slice(from)
        .map_err(|_| Some(Problem::OutOfMemory))?;
    let from_len = collapse(spare);
    let ours = ours.get_mut(..kept).ok_or(None)?;
    let changed = join_stacks(ours, spare.get(..from_len).unwrap_or(&[])).map_err(|()| None)?;
    Ok(changed || shrunk)
}
