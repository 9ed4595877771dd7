//! `try`, `with`, `raise`, and leaving through `finally`.
//!
//! A block links an exception buffer where it is set up and unlinks it where control leaves what it protects. An
//! exception arrives in the block's `caught` part, which takes changed locals from memory, puts the exception on
//! the stack and goes to the handler; the handler is the same code for all ways of getting there. Its state on the
//! stack is None, the exception, or a small int: a place in the block's list of interrupted transfers.
use ferlance_abi::fun_table::Fun;
use ferlance_abi::{layout, qstr};
use ferlance_bytecode::op::{ITER_SLOTS, Local, UNWIND_DROPS_LOOP};
use ferlance_collections::TryVec;

use super::flow::{BlockId, BlockKind, Cont, LowerError};
use super::{Complaint, Done, Lowering, Raising};
use crate::nir::{Block, Cond, Op, Slot, Type, Vreg, Width};

/// Where the runtime finds the exception being handled.
const HANDLED: i64 = layout::POSITION_HANDLED_BYTES as i64;

impl Lowering<'_, '_> {
    /// Tells the runtime which exception is being handled where control is in the handlers of `block` and around it.
    pub(super) fn tell_handled(&mut self, mut block: Option<BlockId>) -> Done {
        let Some(position) = self.position else {
            return Ok(());
        };
        let mut running = TryVec::new();
        while let Some(id) = block {
            let info = &self.flow.blocks[id];
            block = info.outer;
            if !self.flow.protects(id, self.at) {
                running.push(id)?;
                if info.kind == BlockKind::Except {
                    break;
                }
            }
        }
        let mut handled = self.null()?;
        for id in running.iter().rev() {
            let exception = self.b.read_local(self.block_vars[id.index()].exception)?;
            handled = match self.flow.blocks[*id].kind {
                BlockKind::Except => exception,
                // It may run without one.
                BlockKind::Finally => {
                    let has_one = self.b.cmp(Cond::Ne, exception, 0)?;
                    self.b.select(has_one, exception, handled)?
                }
            };
        }
        let position = self.b.kept(position)?;
        Ok(self.b.store(Width::Word, position, HANDLED, handled)?)
    }

    /// Raises what has been raised before: its traceback has this place already.
    pub(super) fn raise_again(&mut self, exception: Vreg) -> Done {
        let line = self.b.told_line();
        self.set_line(0)?;
        self.b.call_void(Fun::Raise, &[exception])?;
        self.b.set_told_line(line);
        Ok(())
    }

    /// Calls from here on belong to this line, 0 for none.
    pub(super) fn set_line(&mut self, line: u32) -> Done {
        match self.target.lines {
            true => self.b.line(line)?,
            false => self.b.set_told_line(line),
        }
        Ok(())
    }

    /// Memory for an exception buffer.
    pub(super) fn new_nlr_slot(&mut self) -> Done<Slot> {
        Ok(self
            .b
            .slot(self.target.arch.nlr_reserved_words().max(1) as u32)?)
    }

    pub(super) fn nlr_slot(&mut self, level: u32) -> Done<Slot> {
        while self.nlr_slots.len() <= level as usize {
            let slot = self.new_nlr_slot()?;
            self.nlr_slots.push(slot)?;
        }
        Ok(self.nlr_slots[level as usize])
    }

    /// `SETUP_EXCEPT`, `SETUP_FINALLY`.
    pub(super) fn set_up_block(&mut self) -> Done {
        let id = self.flow.block_at(self.at).ok_or(LowerError::BadCode)?;
        let null = self.null()?;
        let vars = self.block_vars[id.index()];
        self.b.write_home(vars.exception, null)?;
        self.block = Some(id);
        self.link(id)
    }

    /// Links the buffer of a block and makes its `caught` part. Goes on in a new block.
    pub(super) fn link(&mut self, id: BlockId) -> Done {
        let level = self.flow.blocks[id].level;
        let slot = self.nlr_slot(level)?;
        let (normal, caught) = (self.b.block()?, self.b.cold_block()?);
        let behind = self.nlr_push(slot, normal, caught)?;
        for local in 0..self.flow.n_locals {
            if self.homed.contains(local as usize) && self.pieces.is_none() {
                let value = self.load_home(local)?;
                let var = self.local(Local(local))?;
                self.b.write_local(var, value)?;
            }
        }
        let offset = layout::NLR_RET_VAL as i64 * self.word();
        let exception = self.b.slot_load(Type::Obj, slot, offset)?;
        let vars = self.block_vars[id.index()];
        self.b.write_home(vars.exception, exception)?;
        if let Some(position) = self.position {
            let position = self.b.kept(position)?;
            self.b.store(Width::Word, position, HANDLED, exception)?;
        }
        self.enter_handler(id, exception)?;
        self.behind_push(normal, behind)
    }

    /// Goes to a block's handler, which finds `state` on top of the stack.
    fn enter_handler(&mut self, id: BlockId, state: Vreg) -> Done {
        let info = &self.flow.blocks[id];
        let var = *self
            .stack
            .get(info.saved_depth as usize)
            .ok_or(LowerError::BadCode)?;
        let handler = info.handler;
        self.b.write_local(var, state)?;
        let handler = self.label_block(handler)?;
        Ok(self.b.jump(handler, &[])?)
    }

    pub(super) fn set_up_with(&mut self) -> Done {
        let manager = self.pop()?;
        let area = self.area_of(2)?;
        let exit = self.name(qstr!("__exit__"))?;
        self.b.call_void(Fun::LoadMethod, &[manager, exit, area])?;
        self.push_method()?;
        let area = self.area_of(2)?;
        let enter = self.name(qstr!("__enter__"))?;
        self.b.call_void(Fun::LoadMethod, &[manager, enter, area])?;
        let zero = self.b.word(0)?;
        let value = self.b.call(Fun::CallMethodNKw, &[zero, zero, area])?;
        // The handler has something else there.
        self.push(value)?;
        self.set_up_block()
    }

    /// Calls the exit function below the state on top.
    pub(super) fn with_cleanup(&mut self) -> Done {
        let state = self.pop()?;
        let this = self.pop()?;
        let exit = self.pop()?;
        let has_conts = match self.block {
            Some(id) => !self.flow.blocks[id].conts.is_empty(),
            None => false,
        };
        let none = self.none()?;
        let (quiet, raised) = (self.b.block()?, self.b.cold_block()?);
        let done = self.b.block()?;
        let after = self.b.param(done, Type::Obj)?;
        if has_conts {
            let maybe = self.b.block()?;
            self.b
                .branch(Cond::TestNonZero, state, 1, (quiet, &[]), (maybe, &[]))?;
            self.b.enter(maybe)?;
        }
        self.b
            .branch(Cond::Eq, state, none, (quiet, &[]), (raised, &[]))?;

        self.b.enter(quiet)?;
        self.call_exit([exit, this, none, none, none])?;
        self.b.jump(done, &[state])?;

        self.b.enter(raised)?;
        let ty = self.b.load(Type::Obj, Width::Word, state, 0)?;
        let result = self.call_exit([exit, this, ty, state, none])?;
        let (swallow, keep) = (self.b.block()?, self.b.block()?);
        self.branch_truth(result, swallow, keep)?;
        self.b.enter(swallow)?;
        self.b.jump(done, &[none])?;
        self.b.enter(keep)?;
        self.b.jump(done, &[state])?;
        self.b.enter(done)?;
        self.push(after)
    }

    fn call_exit(&mut self, items: [Vreg; 5]) -> Done<Vreg> {
        let area = self.area(&items)?;
        let (three, zero) = (self.b.word(3)?, self.b.word(0)?);
        Ok(self.b.call(Fun::CallMethodNKw, &[three, zero, area])?)
    }

    pub(super) fn end_finally(&mut self) -> Done {
        let state = self.pop()?;
        let id = self.block.ok_or(LowerError::BadCode)?;
        let (kind, outer) = {
            let info = &self.flow.blocks[id];
            (info.kind, info.outer)
        };
        self.block = outer;
        if kind == BlockKind::Except {
            self.raise_again(state)?;
            return Ok(self.b.unreachable()?);
        }
        let none = self.none()?;
        let go_on = self.b.block()?;
        let ask = self.b.cold_block()?;
        self.b
            .branch(Cond::Eq, state, none, (go_on, &[]), (ask, &[]))?;
        self.b.enter(ask)?;
        if !self.flow.blocks[id].conts.is_empty() {
            self.interrupted(id, state)?;
        }
        self.raise_again(state)?;
        self.b.unreachable()?;
        self.b.enter(go_on)?;
        self.tell_handled(outer)
    }

    /// Takes up a return or jump that the block's handler has interrupted; goes on with an exception.
    fn interrupted(&mut self, id: BlockId, state: Vreg) -> Done {
        let conts = self.flow.blocks[id].conts.try_clone()?;
        let (resume, raised) = (self.b.block()?, self.b.cold_block()?);
        self.b
            .branch(Cond::TestNonZero, state, 1, (resume, &[]), (raised, &[]))?;
        self.b.enter(resume)?;
        let number = self.b.binary(Op::Sar, state, 1)?;
        let mut targets = TryVec::new();
        for _ in 0..conts.len() {
            targets.push(self.b.block()?)?;
        }
        match *targets {
            [only] => self.b.jump(only, &[])?,
            _ => self.b.switch(number, &targets)?,
        }
        let at = (self.depth, self.block);
        for (cont, target) in conts.iter().zip(&targets) {
            self.b.enter(*target)?;
            let value = match cont {
                Cont::Return => Some(self.b.read_local(self.block_vars[id.index()].data)?),
                Cont::Jump { .. } => None,
            };
            self.leave_blocks(*cont, value)?;
            (self.depth, self.block) = at;
        }
        Ok(self.b.enter(raised)?)
    }

    /// Leaves blocks on the way of a return or jump, up to the first whose handler has to run. Ends the block.
    pub(super) fn leave_blocks(&mut self, cont: Cont, value: Option<Vreg>) -> Done {
        let mut left = match cont {
            Cont::Return => u8::MAX,
            Cont::Jump { left, .. } => left & !UNWIND_DROPS_LOOP,
        };
        while left > 0
            && let Some(id) = self.block
        {
            if cont != Cont::Return {
                left -= 1;
            }
            let is_active = self.flow.protects(id, self.at);
            let info = &self.flow.blocks[id];
            let kind = info.kind;
            self.block = info.outer;
            if is_active {
                self.b.call_void(Fun::NlrPop, &[])?;
            } else if cont != Cont::Return {
                self.tell_handled(self.block)?;
            }
            if kind == BlockKind::Except {
                continue;
            }
            if !is_active {
                self.depth = self.depth.checked_sub(1).ok_or(LowerError::BadCode)?;
                continue;
            }
            let rest = match cont {
                Cont::Return => Cont::Return,
                Cont::Jump { to, left: all } => Cont::Jump {
                    to,
                    left: left | all & UNWIND_DROPS_LOOP,
                },
            };
            let conts = &self.flow.blocks[id].conts;
            let number = conts.iter().position(|known| *known == rest);
            let number = number.ok_or(LowerError::BadCode)?;
            if let Some(value) = value {
                let data = self.block_vars[id.index()].data;
                self.b.write_home(data, value)?;
            }
            let marker = self.small_int(number as i64)?;
            return self.enter_handler(id, marker);
        }
        match (cont, value) {
            (Cont::Return, Some(value)) => self.end(value),
            (Cont::Return, None) => Err(LowerError::BadCode),
            (Cont::Jump { to, left }, _) => {
                if left & UNWIND_DROPS_LOOP != 0 {
                    let depth = self.depth.checked_sub(ITER_SLOTS);
                    self.depth = depth.ok_or(LowerError::BadCode)?;
                }
                self.go_to(to)
            }
        }
    }

    /// Raises an exception or class; anything else is a TypeError.
    pub(super) fn raise_obj(&mut self, value: Vreg) -> Done {
        self.b.call_void(Fun::Raise, &[value])?;
        // The entry returns for None; what bytecode says to None it says to False.
        let other = self.fixed(Fun::ConstFalse)?;
        self.b.call_void(Fun::Raise, &[other])?;
        Ok(self.b.unreachable()?)
    }

    /// Raises again what the innermost handler around is handling.
    pub(super) fn raise_last(&mut self) -> Done {
        let mut at = self.block;
        while let Some(id) = at {
            let info = &self.flow.blocks[id];
            let (outer, kind) = (info.outer, info.kind);
            if !self.flow.protects(id, self.at) {
                let exception = self.b.read_local(self.block_vars[id.index()].exception)?;
                if kind == BlockKind::Except {
                    self.raise_again(exception)?;
                    return Ok(self.b.unreachable()?);
                }
                // A finally block may run without an exception; then the next one counts.
                let (next, raise) = (self.b.block()?, self.b.block()?);
                self.b
                    .branch(Cond::Eq, exception, 0, (next, &[]), (raise, &[]))?;
                self.b.enter(raise)?;
                self.raise_again(exception)?;
                self.b.unreachable()?;
                self.b.enter(next)?;
            }
            at = outer;
        }
        let raise = self.raise_block(Complaint::NothingToReraise)?;
        Ok(self.b.jump(raise, &[])?)
    }

    /// A block that raises; one for each exception block around, since values that handlers want must be the same.
    pub(super) fn raise_block(&mut self, complaint: Complaint) -> Done<Block> {
        let around = self.block;
        let raising = Raising {
            complaint,
            copy: self.copies,
            line: match self.position.is_some() || self.target.lines {
                true => self.b.told_line(),
                false => 0,
            },
        };
        for (block, known, target) in &self.raises {
            if (*block, *known) == (around, raising) {
                return Ok(*target);
            }
        }
        let target = self.b.cold_block()?;
        self.raises.push((around, raising, target))?;
        Ok(target)
    }

    /// Fills the blocks of [`Lowering::raise_block`], once all jumps to them are made.
    pub(super) fn fill_raise_blocks(&mut self) -> Done {
        for at in 0..self.raises.len() {
            let (_, raising, block) = self.raises[at];
            self.b.set_told_line(raising.line);
            self.b.enter(block)?;
            if raising.complaint == Complaint::UnboundLocal && self.is_ours() {
                self.b.call_void(Fun::RaiseUnbound, &[])?;
                self.b.unreachable()?;
                continue;
            }
            let (class, text) = match raising.complaint {
                Complaint::UnboundLocal => (
                    qstr!("NameError"),
                    "local variable referenced before assignment",
                ),
                Complaint::NothingToReraise => {
                    (qstr!("RuntimeError"), "no active exception to reraise")
                }
            };
            let class = self.name(class)?;
            let class = self.b.call(Fun::LoadGlobal, &[class])?;
            let text = self.text(text)?;
            let area = self.area(&[text])?;
            let one = self.b.word(1)?;
            let exception = self.b.call(Fun::CallFunctionNKw, &[class, one, area])?;
            self.b.call_void(Fun::Raise, &[exception])?;
            self.b.unreachable()?;
        }
        Ok(())
    }
}
