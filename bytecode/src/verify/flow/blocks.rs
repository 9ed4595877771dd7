//! Exception blocks: setting them up, and what their handlers may find on the stack.

use super::{Block, Flow, NO_BLOCK, NO_ENTRY, Scratch};
use crate::verify::Problem;
use crate::verify::state::Ty;

impl Flow<'_> {
    pub(super) fn block(&self, node: u16) -> &Block {
        // Node 0 is always there, and numbers come from `set_up`.
        &self.s.blocks[node as usize]
    }

    /// The innermost block, from `node` outwards, whose handler does not run at `pc`.
    pub(super) fn pending(&mut self, mut node: u16, pc: u32) -> Result<Option<u16>, Problem> {
        while node != NO_BLOCK {
            let block = self.block(node);
            if block.handler > pc {
                return Ok(Some(node));
            }
            node = block.parent;
            self.spend(1)?;
        }
        Ok(None)
    }

    /// Begins a block with the current depth.
    pub(super) fn set_up(
        &mut self,
        pc: u32,
        handler: u32,
        is_finally: bool,
    ) -> Result<(), Problem> {
        let parent = self.block;
        let saved = self.s.stack.len() as u32;
        let height = self.block(parent).height + 1;
        if height as u32 > self.n_exc_stack {
            return Err(Problem::Block(pc));
        }
        // Depths would no longer mean the same once the halves are put together.
        self.spend(saved as usize)?;
        if self.is_apart(0) {
            return Err(Problem::Value(pc));
        }
        let Scratch {
            blocks,
            block_index,
            ..
        } = &mut *self.s;
        let hash = (handler.wrapping_mul(31) ^ saved).wrapping_mul(31) ^ parent as u32;
        let same = |node: u32| {
            blocks.get(node as usize).is_some_and(|block: &Block| {
                (block.handler, block.saved, block.parent, block.is_finally)
                    == (handler, saved, parent, is_finally)
            })
        };
        let node = match block_index.find(hash, same) {
            Some(node) => node as u16,
            None => {
                let node = u16::try_from(blocks.len()).map_err(|_| Problem::TooComplex)?;
                if height == u16::MAX {
                    return Err(Problem::TooComplex);
                }
                let (continuations, exits) = (NO_ENTRY, NO_ENTRY);
                blocks.push(Block {
                    handler,
                    saved,
                    parent,
                    height,
                    is_finally,
                    continuations,
                    exits,
                })?;
                block_index.insert(hash, node as u32)?;
                node
            }
        };
        self.block = node;
        self.reach_handler(node, pc)
    }

    /// The handler of `node` may be entered with the slots below its saved depth as they are now.
    fn reach_handler(&mut self, node: u16, pc: u32) -> Result<(), Problem> {
        let block = self.block(node);
        let (handler, saved) = (block.handler, block.saved as usize);
        let state = if block.is_finally {
            Ty::handler_state(node)
        } else {
            Ty::EXC
        };
        let cut = match self.s.stack.get(saved..) {
            Some(above) => above.len(),
            None => return Err(Problem::Underflow(pc)),
        };
        self.spend(cut + 1)?;
        let Scratch { stack, spare, .. } = &mut *self.s;
        spare.clear();
        spare.extend_from_slice(stack.get(saved..).unwrap_or(&[]))?;
        stack.truncate(saved);
        stack.push(state)?;
        let current = core::mem::replace(&mut self.block, node);
        // `join_current` uses `spare` only to collapse, which a stack that was never taken apart does not need;
        // so what was cut is kept aside.
        let above = core::mem::take(&mut self.s.spare);
        let at = self.join_at(handler)?;
        self.join_current(at, handler)?;
        self.block = current;
        self.s.stack.truncate(saved);
        self.s.stack.extend_from_slice(&above)?;
        self.s.spare = above;
        Ok(())
    }

    /// Slots from index `low` up were replaced by an instruction at `pc`, which cannot raise if `only_moves`.
    pub(super) fn touched(&mut self, low: usize, pc: u32, only_moves: bool) -> Result<(), Problem> {
        let Some(pending) = self.pending(self.block, pc)? else {
            return Ok(());
        };
        if low >= self.block(pending).saved as usize {
            return Ok(());
        }
        if !only_moves {
            return Err(Problem::Underflow(pc));
        }
        if self.is_apart(low) {
            return Err(Problem::Value(pc));
        }
        // Upstream's `async with` exchanges a slot below the block's saved depth.
        let mut node = pending;
        while node != NO_BLOCK {
            self.spend(1)?;
            let block = self.block(node);
            let (parent, handler, saved) = (block.parent, block.handler, block.saved as usize);
            if handler > pc && saved > low {
                self.reach_handler(node, pc)?;
            }
            node = parent;
        }
        Ok(())
    }
}
