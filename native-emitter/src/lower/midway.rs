//! A function that bytecode has begun goes on as machine code, at a loop of it.
//!
//! The function has a second way in, which leads to the beginning of a loop: with [`layout::MIDWAY`] keyword arguments,
//! the words at the argument pointer are no arguments but the locals of a frame of bytecode, then its stack. Iterators
//! have the same four words there as in machine code.
//!
//! What the function knows of small ints where the loop begins would be lost if a frame could come with anything else.
//! So one that does is refused, with the argument pointer as the result, unless the way in is to be loose. Of loops that
//! are lowered twice it leads to the copy that counts in small ints, which takes no other frames.
use ferlance_abi::layout;
use ferlance_bytecode::op::{ITER_SLOTS, Label, Local, Op};
use ferlance_collections::TryVec;

use super::counted::pattern;
use super::flow::{IterId, LowerError, State};
use super::prologue::Frame;
use super::{Done, Facts, Lowering};
use crate::nir::{Block, Cond, Type, Var, Vreg, Width};

/// A second way into a function.
#[derive(Debug, Clone, Copy)]
pub struct Midway {
    /// The beginning of the loop to which it leads, which is in no block.
    pub label: Label,
    /// Is any frame good enough?
    pub is_loose: bool,
}

/// Where the second way in arrives.
#[derive(Clone, Copy)]
pub(super) struct Arrival {
    /// The op.
    at: usize,
    /// The block that begins there.
    block: Block,
    state: State,
    line: u32,
    is_loose: bool,
    /// The block on the way that is to take the frame over.
    take_over: Block,
    frame: Vreg,
}

/// What is known of a word of the frame.
struct Known {
    var: Var,
    word: u32,
    facts: Facts,
}

impl Lowering<'_, '_> {
    /// Makes the way to a loop, up to where it takes the frame over; the function's own way in comes next.
    pub(super) fn enter_midway(&mut self, params: &[Vreg], midway: Midway) -> Done {
        let &[_, _, n_kw, frame] = params else {
            return Err(LowerError::BadCode);
        };
        let Midway { label, is_loose } = midway;
        let state = self.flow.state(label).ok_or(LowerError::BadCode)?;
        let is_fit = state.block.is_none() && matches!(self.frame, Frame::Function { .. });
        if !is_fit || self.pieces.is_some() {
            return Err(LowerError::BadCode);
        }
        let at = self.flow.label_at[label.index()] as usize;
        // A loop that counts is known by the jump to its test, which is none the worse for being made once more.
        let test = at.checked_sub(1);
        let test = test.filter(|at| pattern(self.code, &self.flow, *at).is_some());
        let lines = self.code.ops().iter().take(at);
        let line = lines.filter_map(|op| match op {
            Op::Line(line) => Some(*line),
            _ => None,
        });
        let (take_over, begin) = (self.b.cold_block()?, self.b.block()?);
        let block = self.b.block()?;
        self.arrival = Some(Arrival {
            at: test.unwrap_or(at),
            block,
            state,
            line: line.max().unwrap_or(super::FIRST_LINE),
            is_loose,
            take_over,
            frame,
        });
        let midway = layout::MIDWAY as i64;
        self.b
            .branch(Cond::Eq, n_kw, midway, (take_over, &[]), (begin, &[]))?;
        self.b.seal_block(take_over)?;
        Ok(self.b.enter(begin)?)
    }

    /// Before the op at `at`: joins the second way in, if it arrives here; tells whether control comes here.
    pub(super) fn arrive_at(&mut self, at: usize, alive: bool) -> Done<bool> {
        let Some(arrival) = self.arrival.filter(|arrival| arrival.at == at) else {
            return Ok(alive);
        };
        if self.is_copied || self.is_numeric() {
            return Ok(alive);
        }
        self.arrival = None;
        let mut known = TryVec::new();
        if alive {
            known = self.known_at(at)?;
            self.b.jump(arrival.block, &[])?;
        }
        self.b.switch_to(arrival.take_over);
        let frame = arrival.frame;
        let mut small = TryVec::new();
        for depth in (0..arrival.state.depth).filter(|depth| self.counts_at(*depth)) {
            small.push(self.flow.n_locals + depth)?;
        }
        for Known { word, facts, .. } in &known {
            if facts.is_small && !arrival.is_loose {
                small.push(*word)?;
            }
        }
        let mut refuse = None;
        for word in small {
            let refused = match refuse {
                Some(block) => block,
                None => self.b.cold_block()?,
            };
            refuse = Some(refused);
            let value = self.frame_word(frame, word)?;
            let tag = ferlance_abi::obj_word::SMALL_INT_TAG as i64;
            self.require(Cond::TestNonZero, value, tag, refused)?;
        }
        self.take_over(frame, arrival.state)?;
        self.b.jump(arrival.block, &[])?;
        if let Some(block) = refuse {
            self.b.enter(block)?;
            self.b.ret(frame)?;
        }
        let State { depth, block, iter } = arrival.state;
        (self.depth, self.block, self.iter) = (depth, block, iter);
        self.b.enter(arrival.block)?;
        self.b.line(arrival.line)?;
        for Known { var, facts, .. } in known {
            let value = self.b.read_local(var)?;
            let facts = Facts {
                is_small: facts.is_small && !arrival.is_loose,
                is_likely_float: facts.is_likely_float,
                ..Facts::default()
            };
            self.note(value, facts)?;
        }
        Ok(true)
    }

    /// What is known of numbers where the loop begins.
    fn known_at(&mut self, at: usize) -> Done<TryVec<Known>> {
        let mut known = TryVec::new();
        if !self.find_live()? {
            return Ok(known);
        }
        let live = self.live_before(at);
        let n_locals = self.flow.n_locals;
        for word in 0..n_locals + self.depth {
            let var = match word.checked_sub(n_locals) {
                Some(depth) => self.stack.get(depth as usize),
                None if word < u64::BITS && live >> word & 1 != 0 => self.locals.get(word as usize),
                None => continue,
            };
            let var = *var.ok_or(LowerError::BadCode)?;
            let value = self.b.read_local(var)?;
            let facts = self.facts(value);
            if facts.is_small || facts.is_likely_float {
                known.push(Known { var, word, facts })?;
            }
        }
        Ok(known)
    }

    /// Takes over the frame at `args`.
    fn take_over(&mut self, args: Vreg, state: State) -> Done {
        let n_locals = self.flow.n_locals;
        self.depth = 0;
        for local in 0..n_locals {
            let value = self.frame_word(args, local)?;
            self.store_local(Local(local), value)?;
        }
        while self.depth < state.depth {
            let word = n_locals + self.depth;
            if self.begins_iterator(state.iter) {
                let address = self.iter_address(self.depth)?;
                for i in 0..ITER_SLOTS {
                    let value = self.frame_word(args, word + i)?;
                    let offset = i64::from(i) * self.word();
                    self.b.store(Width::Word, address, offset, value)?;
                }
                self.push_iter()?;
            } else {
                let value = self.frame_word(args, word)?;
                self.push(value)?;
            }
        }
        // The frame has no part in what lives from here on.
        let null = self.null()?;
        for word in 0..n_locals + state.depth {
            let offset = i64::from(word) * self.word();
            self.b.store(Width::Word, args, offset, null)?;
        }
        Ok(())
    }

    fn frame_word(&mut self, args: Vreg, word: u32) -> Done<Vreg> {
        let offset = i64::from(word) * self.word();
        Ok(self.b.load(Type::Obj, Width::Word, args, offset)?)
    }

    /// Is the next entry of the stack the first word of an iterator?
    fn begins_iterator(&self, mut iter: Option<IterId>) -> bool {
        while let Some(id) = iter {
            let info = self.flow.iters[id];
            if info.depth == self.depth {
                return true;
            }
            iter = info.outer;
        }
        false
    }
}
