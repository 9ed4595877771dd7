//! Generators: where they start again, and how they stop for a while.
//!
//! `ip` of the code state holds the number of the yield to go on behind, counted from 1. Before the first resume the
//! runtime has put a code address there, which is greater than any of those numbers. At a yield everything that is
//! not in the code state yet goes there; behind it, everything is read back (what nobody wants is dropped later).
use ferlance_abi::fun_table::Fun;
use ferlance_abi::layout;
use ferlance_bytecode::op::Op;
use ferlance_collections::TryVec;

use super::flow::{BlockId, LowerError};
use super::prologue::{Frame, state_offset};
use super::{Done, Lowering};
use crate::nir::{Block, Cond, Type, Vreg};

/// How a resume ended, as the runtime reads it.
const RETURNED: i64 = 0;
const YIELDED: i64 = 1;
const RAISED: i64 = 2;

impl Lowering<'_, '_> {
    /// The start of the resume entry.
    pub(super) fn resume(&mut self) -> Done {
        let word = self.word();
        if !self.is_ours() {
            // Our own runtime sees for itself what leaves the code.
            self.catch_all()?;
        }
        let resumes = self.resume_blocks()?;
        let ip = self.load_state(Type::Word, layout::CODE_STATE_IP as i64 * word)?;
        let number = self.b.sub(ip, 1)?;
        match *resumes {
            [start] => self.b.jump(start, &[])?,
            _ => self.b.switch(number, &resumes)?,
        }
        let start = resumes.last().copied().ok_or(LowerError::BadCode)?;
        self.enter_resumed(start, resumes.len() - 1)?;
        self.set_line(super::FIRST_LINE)?;
        self.raise_thrown()?;
        self.load_bound_locals()
    }

    /// Where each yield goes on, then the start: in pieces ways out of the first one.
    fn resume_blocks(&mut self) -> Done<TryVec<Block>> {
        let Frame::Generator { resumes, .. } = &self.frame else {
            return Err(LowerError::BadCode);
        };
        let Some(first) = self.pieces.as_ref().map(|pieces| pieces.resumes) else {
            return Ok(resumes.try_clone()?);
        };
        let is_yield = |op: &&Op| matches!(op, Op::YieldValue | Op::YieldFrom);
        let n_yields = self.code.ops().iter().filter(is_yield).count() as u32;
        let mut blocks = TryVec::new();
        for at in 0..=n_yields {
            blocks.push(self.exit_to(first + at, 0, None)?)?;
        }
        Ok(blocks)
    }

    /// Goes on where number `at` of [`Lowering::resume_blocks`] is.
    fn enter_resumed(&mut self, block: Block, at: usize) -> Done {
        match self.pieces.as_ref().map(|pieces| pieces.resumes) {
            Some(first) => self.end_piece(first + at as u32),
            None => Ok(self.b.enter(block)?),
        }
    }

    /// What leaves the code is the runtime's to raise.
    fn catch_all(&mut self) -> Done {
        let word = self.word();
        let slot = self.new_nlr_slot()?;
        let (go_on, caught) = (self.b.block()?, self.b.cold_block()?);
        let behind = self.nlr_push(slot, go_on, caught)?;
        let offset = layout::NLR_RET_VAL as i64 * word;
        let exception = self.b.slot_load(Type::Obj, slot, offset)?;
        self.store_state(state_offset(0, word), exception)?;
        let kind = self.b.word(RAISED)?;
        self.b.ret(kind)?;
        self.behind_push(go_on, behind)
    }

    fn exit(&mut self, kind: i64) -> Done {
        if !self.is_ours() {
            self.b.call_void(Fun::NlrPop, &[])?;
        }
        let kind = self.b.word(kind)?;
        Ok(self.b.ret(kind)?)
    }

    /// Stores `value` in value slot `at` and makes it the top.
    fn store_top(&mut self, at: u32, value: Vreg) -> Done {
        let Frame::Generator { state, .. } = self.frame else {
            return Err(LowerError::BadCode);
        };
        let word = self.word();
        let offset = state_offset(at, word);
        self.store_state(offset, value)?;
        let state = self.b.kept(state)?;
        let top = self.b.add(state, offset)?;
        self.store_state(layout::CODE_STATE_SP as i64 * word, top)
    }

    pub(super) fn end_generator(&mut self, value: Vreg) -> Done {
        self.store_top(0, value)?;
        self.exit(RETURNED)
    }

    /// The next yield: which one it is, and where it goes on.
    fn next_yield(&mut self) -> Done<(usize, Block)> {
        // Yields that control never reaches have numbers too, which nobody uses.
        let is_yield = |op: &&Op| matches!(op, Op::YieldValue | Op::YieldFrom);
        let before = &self.code.ops()[..self.at as usize];
        let at = before.iter().filter(is_yield).count();
        match &self.frame {
            // In pieces there are no blocks.
            Frame::Generator { .. } if self.pieces.is_some() => Ok((at, self.b.current())),
            Frame::Generator { resumes, .. } => {
                let block = resumes.get(at).copied().ok_or(LowerError::BadCode)?;
                Ok((at, block))
            }
            Frame::Function { .. } => Err(LowerError::BadCode),
        }
    }

    /// Is stack place `at` a word of an iterator, which is in memory anyway?
    fn is_iter_word(&self, at: u32) -> bool {
        self.is_word_of(self.iter, at)
    }

    /// Where a block's two variables are while the generator rests.
    fn block_words(&self, id: BlockId) -> [i64; 2] {
        let at = self.flow.max_depth + 2 * self.flow.blocks[id].level;
        [at, at + 1].map(|at| state_offset(at, self.word()))
    }

    /// Stops with `value`, which takes the place of the top of the stack; goes on when resumed, with the stack as
    /// it was. Gives what was sent.
    fn suspend(&mut self, value: Vreg) -> Done<Vreg> {
        let (at_yield, resumed) = self.next_yield()?;
        let word = self.word();
        let top = self.depth.checked_sub(1).ok_or(LowerError::BadCode)?;
        for at in 0..top {
            if !self.is_iter_word(at) {
                let value = self.b.read_local(self.stack[at as usize])?;
                self.store_state(state_offset(at, word), value)?;
            }
        }
        let mut around = TryVec::new();
        let mut block = self.block;
        while let Some(id) = block {
            around.push(id)?;
            block = self.flow.blocks[id].outer;
        }
        for id in &around {
            let vars = self.block_vars[id.index()];
            let [exception, data] = self.block_words(*id);
            let value = self.b.read_local(vars.exception)?;
            self.store_state(exception, value)?;
            let value = self.b.read_local(vars.data)?;
            self.store_state(data, value)?;
        }
        self.store_top(top, value)?;
        let number = self.b.word(at_yield as i64 + 1)?;
        self.store_state(layout::CODE_STATE_IP as i64 * word, number)?;
        for _ in 0..self.flow.n_active(self.block, self.at) {
            self.b.call_void(Fun::NlrPop, &[])?;
        }
        self.exit(YIELDED)?;

        let line = self.b.told_line();
        self.enter_resumed(resumed, at_yield)?;
        self.set_line(line)?;
        // In pieces they are taken from there anyway.
        let n_locals = match self.pieces.is_some() {
            true => 0,
            false => self.flow.n_locals,
        };
        for local in 0..n_locals {
            let value = self.load_home(local)?;
            let var = self.locals[local as usize];
            self.b.write_local(var, value)?;
        }
        for at in 0..top {
            let value = if self.is_iter_word(at) {
                self.null()?
            } else {
                self.load_state(Type::Obj, state_offset(at, word))?
            };
            self.b.write_local(self.stack[at as usize], value)?;
        }
        for id in &around {
            let vars = self.block_vars[id.index()];
            let [exception, data] = self.block_words(*id);
            let value = self.load_state(Type::Obj, exception)?;
            self.b.write_home(vars.exception, value)?;
            let value = self.load_state(Type::Obj, data)?;
            self.b.write_home(vars.data, value)?;
        }
        let mut sent = self.load_state(Type::Obj, state_offset(top, word))?;
        if around.iter().any(|id| !self.flow.protects(*id, self.at)) {
            self.tell_handled(self.block)?;
        }
        for id in around.iter().rev() {
            if self.flow.protects(*id, self.at) {
                self.link(*id)?;
                if self.pieces.is_some() {
                    // That was another piece.
                    sent = self.load_state(Type::Obj, state_offset(top, word))?;
                }
            }
        }
        Ok(sent)
    }

    fn thrown(&mut self) -> Done<Vreg> {
        match self.frame {
            Frame::Generator { thrown, .. } => Ok(self.b.kept(thrown)?),
            Frame::Function { .. } => Err(LowerError::BadCode),
        }
    }

    /// Raises what the resume was given for that, if there is something.
    fn raise_thrown(&mut self) -> Done {
        let thrown = self.thrown()?;
        if !self.is_cached() || self.pieces.is_some() {
            return Ok(self.b.call_void(Fun::Raise, &[thrown])?);
        }
        let (raise, go_on) = (self.b.cold_block()?, self.b.block()?);
        self.b
            .branch(Cond::Ne, thrown, 0, (raise, &[]), (go_on, &[]))?;
        self.b.enter(raise)?;
        self.b.call_void(Fun::Raise, &[thrown])?;
        self.b.jump(go_on, &[])?;
        Ok(self.b.enter(go_on)?)
    }

    pub(super) fn yield_value(&mut self) -> Done {
        let value = self.peek(0)?;
        let sent = self.suspend(value)?;
        self.raise_thrown()?;
        self.pop()?;
        self.push(sent)
    }

    /// Delegates to the iterator below the value to send, until it is done.
    pub(super) fn yield_from(&mut self) -> Done {
        if self.pieces.is_some() {
            return self.yield_from_in_pieces();
        }
        let step = self.b.block()?;
        let sent = self.b.param(step, Type::Obj)?;
        let thrown = self.b.param(step, Type::Obj)?;
        let (first, null) = (self.peek(0)?, self.null()?);
        self.b.jump(step, &[first, null])?;
        self.b.switch_to(step);
        let delegate = self.peek(1)?;
        let area = self.area_of(1)?;
        let place = self.area_offset();
        self.b.slot_store(self.args, place, thrown)?;
        let truth = self.b.call(Fun::YieldFrom, &[delegate, sent, area])?;
        let result = self.area_word(0)?;
        let (yielded, done) = (self.b.block()?, self.b.block()?);
        self.branch_c_bool(truth, yielded, done)?;
        self.b.enter(yielded)?;
        let sent = self.suspend(result)?;
        let thrown = self.thrown()?;
        self.b.jump(step, &[sent, thrown])?;
        self.b.seal_block(step)?;
        self.b.enter(done)?;
        self.pop()?;
        self.pop()?;
        self.push(result)
    }

    /// The same, where a piece ends with each yield.
    fn yield_from_in_pieces(&mut self) -> Done {
        let pieces = self.pieces.as_ref().ok_or(LowerError::BadCode)?;
        let [sent, thrown] = pieces.sent;
        let (first, null) = (self.peek(0)?, self.null()?);
        self.b.write_home(sent, first)?;
        self.b.write_home(thrown, null)?;
        let (step, behind) = (self.new_label()?, self.new_label()?);
        self.go_on_at(step)?;
        self.end_piece(step)?;
        let delegate = self.peek(1)?;
        let area = self.area_of(1)?;
        let place = self.area_offset();
        let (to_send, to_throw) = (self.b.read_local(sent)?, self.b.read_local(thrown)?);
        self.b.slot_store(self.args, place, to_throw)?;
        let truth = self.b.call(Fun::YieldFrom, &[delegate, to_send, area])?;
        let result = self.area_word(0)?;
        let (yielded, done) = (self.b.block()?, self.b.block()?);
        self.branch_c_bool(truth, yielded, done)?;
        self.b.enter(done)?;
        let depth = self.depth;
        self.pop()?;
        self.pop()?;
        self.push(result)?;
        self.go_on_at(behind)?;
        let after = core::mem::replace(&mut self.depth, depth);
        self.b.enter(yielded)?;
        let value = self.suspend(result)?;
        self.b.write_home(sent, value)?;
        let value = self.thrown()?;
        self.b.write_home(thrown, value)?;
        self.go_on_at(step)?;
        self.end_piece(behind)?;
        self.depth = after;
        Ok(())
    }
}
