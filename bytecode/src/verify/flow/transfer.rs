//! Jumps through finally blocks: interrupted by a handler, going on where that ends.

use super::{Continuation, Exit, Flow, NO_BLOCK, Scratch, Then, join_into};
use crate::op::UNWIND_DROPS_LOOP;
use crate::verify::Problem;
use crate::verify::state::store;

impl Flow<'_> {
    pub(super) fn end_finally(&mut self, pc: u32) -> Result<Then, Problem> {
        let node = self.block;
        if node == NO_BLOCK || self.block(node).handler > pc {
            return Err(Problem::Block(pc));
        }
        let state = self.pop_state(pc)?;
        if !state.is_state_of(node) {
            return Err(Problem::Value(pc));
        }
        self.touched(self.s.stack.len(), pc, false)?;
        self.block = self.block(node).parent;
        if state.may_be_mark() {
            self.exit(node, pc)?;
        }
        Ok(if state.may_be_none() {
            Then::FallThrough
        } else {
            Then::Stop
        })
    }

    /// An interrupted transfer through `node` may go on behind the `END_FINALLY` at `pc`, with the current state.
    fn exit(&mut self, node: u16, pc: u32) -> Result<(), Problem> {
        let mut at = self.block(node).exits;
        while let Some(exit) = self.s.exits.get(at as usize)
            && exit.offset != pc
        {
            at = exit.next;
            self.spend(1)?;
        }
        self.spend(self.s.stack.len())?;
        let Scratch {
            exits,
            stacks,
            stack,
            spare,
            blocks,
            ..
        } = &mut *self.s;
        let changed = match exits.get_mut(at as usize) {
            Some(exit) => join_into(stacks, exit.stack, &mut exit.len, stack, spare)
                .map_err(|bad| bad.unwrap_or(Problem::Merge(pc)))?,
            None => {
                let Some(block) = blocks.get_mut(node as usize) else {
                    return Err(Problem::Block(pc));
                };
                let start = store(stacks, stack)?;
                at = exits.len() as u32;
                exits.push(Exit {
                    offset: pc,
                    stack: start,
                    len: stack.len() as u32,
                    block: self.block,
                    next: block.exits,
                })?;
                block.exits = at;
                true
            }
        };
        if changed {
            let mut next = self.block(node).continuations;
            while let Some(continuation) = self.s.continuations.get(next as usize) {
                let following = continuation.next;
                self.s.to_resume.push((at, next))?;
                next = following;
                self.spend(1)?;
            }
        }
        Ok(())
    }

    /// A jump through `node` goes on when its handler ends.
    fn interrupt(&mut self, node: u16, to: u32, blocks: u8) -> Result<(), Problem> {
        let first = self.block(node).continuations;
        let mut at = first;
        while let Some(known) = self.s.continuations.get(at as usize) {
            if known.to == to && known.blocks == blocks {
                return Ok(());
            }
            at = known.next;
            self.spend(1)?;
        }
        let new = self.s.continuations.len() as u32;
        self.s.continuations.push(Continuation {
            to,
            blocks,
            next: first,
        })?;
        if let Some(block) = self.s.blocks.get_mut(node as usize) {
            block.continuations = new;
        }
        let mut exit = self.block(node).exits;
        while let Some(known) = self.s.exits.get(exit as usize) {
            let next = known.next;
            self.s.to_resume.push((exit, new))?;
            exit = next;
            self.spend(1)?;
        }
        Ok(())
    }

    /// Follows an interrupted jump from the end of a handler.
    pub(super) fn resume(&mut self, exit: u32, continuation: u32) -> Result<(), Problem> {
        let (Some(exit), Some(continuation)) = (
            self.s.exits.get(exit as usize),
            self.s.continuations.get(continuation as usize),
        ) else {
            return Ok(());
        };
        let (pc, start, len) = (exit.offset, exit.stack, exit.len);
        let (to, blocks) = (continuation.to, continuation.blocks);
        self.block = exit.block;
        self.load(start, len)?;
        self.unwind(pc, to, blocks)
    }

    /// Leaves `blocks` blocks from the instruction at `pc` on the way to `to`.
    pub(super) fn unwind(&mut self, pc: u32, to: u32, blocks: u8) -> Result<(), Problem> {
        let flag = blocks & UNWIND_DROPS_LOOP;
        for left in (0..blocks & !UNWIND_DROPS_LOOP).rev() {
            let node = self.block;
            if node == NO_BLOCK {
                return Err(Problem::Block(pc));
            }
            self.spend(1)?;
            let block = self.block(node);
            let (parent, saved) = (block.parent, block.saved as usize);
            if block.is_finally {
                if block.handler > pc {
                    return self.interrupt(node, to, left | flag);
                }
                // Inside of its handler, whose state is dropped.
                let state = self.pop_state(pc)?;
                if !state.is_state_of(node) || self.s.stack.len() != saved {
                    return Err(Problem::Block(pc));
                }
            }
            self.block = parent;
        }
        if flag != 0 {
            self.pop_iter(pc)?;
        }
        self.edge(pc, to)
    }
}
