//! Exception blocks: try, with, finally; jumps out of them.
use ferlance_abi::fun_table::Fun;
use ferlance_abi::{layout, qstr};
use ferlance_bytecode::Label;
use ferlance_bytecode::op::{ITER_SLOTS, UNWIND_DROPS_LOOP};
use ferlance_collections::TryVec;
use ferlance_native_emitter::nir::{self, Cond, Slot, Type, Vreg, Width};

use super::value::Value;
use super::{Lower, Walk};
use crate::types::Ty;

/// An exception block.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) kind: Kind,
    pub(super) state: State,
    pub(super) handler: Label,
    /// The depth of the stack below it.
    base: usize,
    /// What jumps and returns through it go on with.
    conts: TryVec<Cont>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Except,
    Finally,
    With,
    /// Never entered.
    Dead,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// The buffer is linked.
    Protected,
    /// In the handler.
    Handling,
}

/// Where control goes when all blocks are left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cont {
    /// To a label, inside the outermost `blocks` blocks, with that many values on the stack.
    Jump {
        to: Label,
        blocks: usize,
        depth: usize,
    },
    /// To the caller, with what the result slot holds.
    Return,
}

/// How a finally block was reached.
pub(super) const FROM_ABOVE: i64 = 0;
const BY_EXCEPTION: i64 = 1;
const FIRST_CONT: i64 = 2;

impl Block {
    pub(super) fn dead() -> Block {
        Block {
            kind: Kind::Dead,
            state: State::Handling,
            handler: Label(u32::MAX),
            base: 0,
            conts: TryVec::new(),
        }
    }
}

impl Lower<'_, '_> {
    pub(super) fn push_pending(&mut self, exc: Option<Vreg>, how: i64) -> Walk {
        let exc = match exc {
            Some(exc) => exc,
            None => self.null()?,
        };
        let how = self.b.word(how)?;
        Ok(self.push(Ty::Object, Value::Pending(exc, how))?)
    }

    pub(super) fn setup(&mut self, to: Label, kind: Kind) -> Walk {
        let base = self.stack.len();
        self.enter_block(to, kind, base)
    }

    pub(super) fn enter_block(&mut self, to: Label, kind: Kind, base: usize) -> Walk {
        let depth = self.blocks.len();
        let words = self.env.target.arch.nlr_reserved_words() as u32;
        let buffer = slot_of(&mut self.b, &mut self.buffers, depth, words)?;
        let normal = self.b.block()?;
        let caught = self.b.cold_block()?;
        self.b.nlr_push(buffer, normal, caught)?;

        self.b.enter(caught)?;
        let exc = layout::NLR_RET_VAL as i64 * self.word_bytes();
        let exc = self.b.slot_load(Type::Obj, buffer, exc)?;
        match kind {
            Kind::Except => self.push_object(exc)?,
            _ => self.push_pending(Some(exc), BY_EXCEPTION)?,
        }
        let stack = self.stack.try_clone()?;
        self.jump_with(to, &stack)?;
        self.pop()?;
        self.named(to)?;

        self.b.enter(normal)?;
        Ok(self.blocks.push(Block {
            kind,
            state: State::Protected,
            handler: to,
            base,
            conts: TryVec::new(),
        })?)
    }

    pub(super) fn pop_except_jump(&mut self, to: Label) -> Walk {
        match self.blocks.last() {
            Some(block) if block.state == State::Protected => {
                self.b.call_void(Fun::NlrPop, &[])?;
            }
            Some(_) => {}
            None => return self.malformed(),
        }
        self.jump(to)
    }

    pub(super) fn setup_with(&mut self, to: Label) -> Walk {
        let manager = self.pop_object()?;
        let base = self.stack.len();
        let [exit, exit_self] = self.method(manager, qstr!("__exit__"))?;
        let [enter, enter_self] = self.method(manager, qstr!("__enter__"))?;
        self.push_object(exit)?;
        self.push_object(exit_self)?;
        let entered = self.call_words(&[enter, enter_self])?;
        self.enter_block(to, Kind::With, base)?;
        Ok(self.push_object(entered)?)
    }

    /// Calls a method without keywords: function, self or null, arguments.
    pub(super) fn call_words(&mut self, words: &[Vreg]) -> Walk<Vreg> {
        let array = self.store_words(words)?;
        let positional = self.b.word(words.len() as i64 - 2)?;
        let keyword = self.b.word(0)?;
        Ok(self.call_fun(Fun::CallMethodNKw, &[positional, keyword, array])?)
    }

    /// `exit(type, exception, None)` for an exception, which a true answer swallows; else `exit(None, None, None)`.
    pub(super) fn with_cleanup(&mut self) -> Walk {
        let Value::Pending(exc, how) = self.pop()?.value else {
            return self.malformed();
        };
        let exit_self = self.pop_object()?;
        let exit = self.pop_object()?;
        let none = self.none()?;
        let raised = self.b.cold_block()?;
        let quiet = self.b.block()?;
        let join = self.b.block()?;
        let after = self.b.param(join, Type::Word)?;
        self.b
            .branch(Cond::Eq, how, BY_EXCEPTION, (raised, &[]), (quiet, &[]))?;

        self.b.enter(raised)?;
        let ty = layout::BASE_TYPE as i64 * self.word_bytes();
        let ty = self.b.load(Type::Obj, Width::Word, exc, ty)?;
        let answer = self.call_words(&[exit, exit_self, ty, exc, none])?;
        let swallowed = self.truth(answer)?;
        let still = self.b.cmp(Cond::TestZero, swallowed, 0xff)?;
        self.b.jump(join, &[still])?;

        self.b.enter(quiet)?;
        self.call_words(&[exit, exit_self, none, none, none])?;
        self.b.jump(join, &[how])?;

        self.b.enter(join)?;
        Ok(self.push(Ty::Object, Value::Pending(exc, after))?)
    }

    pub(super) fn end_finally(&mut self) -> Walk {
        let Some(block) = self.blocks.pop() else {
            return self.malformed();
        };
        if self.dead {
            return Ok(());
        }
        let top = self.pop()?;
        let Value::Pending(exc, how) = top.value else {
            // No clause has matched.
            let exc = self.object(top)?;
            self.b.call_void(Fun::Raise, &[exc])?;
            self.b.unreachable()?;
            self.dead = true;
            return Ok(());
        };
        let behind = self.b.block()?;
        let raise = self.b.cold_block()?;
        let mut other = match block.conts.is_empty() {
            true => raise,
            false => self.b.block()?,
        };
        self.b
            .branch(Cond::Eq, how, FROM_ABOVE, (behind, &[]), (other, &[]))?;
        let stack = self.stack.try_clone()?;
        let bound = self.bound.try_clone()?;
        for (number, cont) in block.conts.iter().enumerate() {
            self.b.enter(other)?;
            let mine = self.b.block()?;
            other = match number + 1 == block.conts.len() {
                true => raise,
                false => self.b.block()?,
            };
            let number = FIRST_CONT + number as i64;
            self.b
                .branch(Cond::Eq, how, number, (mine, &[]), (other, &[]))?;
            self.b.enter(mine)?;
            self.unwind(*cont)?;
            self.stack = stack.try_clone()?;
            self.bound = bound.try_clone()?;
        }
        self.b.enter(raise)?;
        self.b.call_void(Fun::Raise, &[exc])?;
        self.b.unreachable()?;
        Ok(self.b.enter(behind)?)
    }

    pub(super) fn unwind_jump(&mut self, to: Label, crossed: u8) -> Walk {
        let count = usize::from(crossed & !UNWIND_DROPS_LOOP);
        let Some(blocks) = self.blocks.len().checked_sub(count) else {
            return self.malformed();
        };
        let Some(base) = self.blocks.get(blocks).map(|block| block.base) else {
            return self.malformed();
        };
        let dropped = match crossed & UNWIND_DROPS_LOOP {
            0 => 0,
            _ => ITER_SLOTS as usize,
        };
        let depth = base.saturating_sub(dropped);
        let stack = self.stack.try_clone()?;
        self.unwind(Cont::Jump { to, blocks, depth })?;
        self.stack = stack;
        self.named(to)
    }

    /// Leaves blocks from the innermost on, then goes on with `cont`. Ends the block; the stack is used up.
    pub(super) fn unwind(&mut self, cont: Cont) -> Walk {
        let stop = match cont {
            Cont::Jump { blocks, .. } => blocks,
            Cont::Return => 0,
        };
        let mut level = self.blocks.len();
        while level > stop {
            level -= 1;
            let Some(block) = self.blocks.get_mut(level) else {
                return self.malformed();
            };
            if block.state == State::Handling {
                continue;
            }
            let (kind, handler, base) = (block.kind, block.handler, block.base);
            if kind == Kind::Except {
                self.b.call_void(Fun::NlrPop, &[])?;
                continue;
            }
            let known = block.conts.iter().position(|known| *known == cont);
            let number = match known {
                Some(number) => number,
                None => {
                    block.conts.push(cont)?;
                    block.conts.len() - 1
                }
            };
            self.b.call_void(Fun::NlrPop, &[])?;
            let kept = match kind {
                Kind::With => base + 2,
                _ => base,
            };
            self.stack.truncate(kept);
            self.push_pending(None, FIRST_CONT + number as i64)?;
            let stack = self.stack.try_clone()?;
            return self.jump_with(handler, &stack);
        }
        match cont {
            Cont::Jump { to, depth, .. } => {
                self.stack.truncate(depth);
                let stack = self.stack.try_clone()?;
                self.jump_with(to, &stack)
            }
            Cont::Return => {
                let slot = self.result_slot()?;
                let result = self.b.slot_load(self.result_type(), slot, 0)?;
                self.finish_return(result)
            }
        }
    }
}

/// The frame slot for `depth`, made at first use.
pub(super) fn slot_of(
    b: &mut nir::Builder,
    slots: &mut TryVec<Option<Slot>>,
    depth: usize,
    words: u32,
) -> Walk<Slot> {
    if slots.len() <= depth {
        slots.resize(depth + 1, None)?;
    }
    if let Some(Some(slot)) = slots.get(depth) {
        return Ok(*slot);
    }
    let slot = b.slot(words)?;
    if let Some(place) = slots.get_mut(depth) {
        *place = Some(slot);
    }
    Ok(slot)
}
