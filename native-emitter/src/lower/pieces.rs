//! Lowering in pieces: for whoever has no memory for a whole function.
//!
//! A piece begins at a label of the bytecode or at a place between two ops, and is entered there only. What lives
//! longer than a piece is in the frame: locals in the code state, where handlers look for them anyway and where each
//! store goes at once; the stack in words that are written where control leaves a piece; exception blocks and tables
//! in words of their own. So a piece is a function of its own for all that follows, and is gone when its code is
//! written. Where control leaves it, it names a *label*: those of the bytecode, then numbers for places without one.
//!
//! Nothing that a push of an exception buffer precedes may know values from before: a piece ends there.
use ferlance_bytecode::Code;
use ferlance_bytecode::op::{ITER_SLOTS, Label, Op};
use ferlance_collections::{BitSet, TryVec};

use super::env::{HOME_WORDS, lower_env_of_piece};
use super::flow::{Flow, IterId, LowerError};
use super::{Done, Lowering};
use crate::nir::{Block, Builder, Func, Home, Kept, Slot, Term, Type, Var, Vreg};
use crate::target::Target;

/// Takes pieces.
pub trait Sink {
    /// A piece that is entered at label `at`, the function's own entry if there is none; `next` is the label of the
    /// piece that comes then.
    fn piece(&mut self, piece: Func, at: Option<u32>, next: u32) -> Result<(), LowerError>;
}

/// A piece with so many values ends before the next statement, and with so many before the next op.
const STATEMENT_VALUES: usize = 24;
const MOST_VALUES: usize = 64;

/// Words for what [`Lowering::keep`] keeps.
const KEPT_WORDS: u32 = 8;
/// Words of arguments that ops want besides what they take from the stack.
const SPARE_ARGS: u32 = 8;

/// Words of the frame that are given away one by one; none in a function that is lowered at once.
pub(super) struct Homes {
    slot: Option<Slot>,
    word: i64,
    next: i64,
}

impl Homes {
    pub(super) fn none() -> Homes {
        Homes {
            slot: None,
            word: 0,
            next: 0,
        }
    }

    /// Room for all that lives longer than a piece, but for locals.
    fn new(flow: &Flow, b: &mut Builder, word: i64) -> Done<Homes> {
        let words = flow.max_depth + 2 * flow.blocks.len() as u32 + 2 + KEPT_WORDS;
        Ok(Homes {
            slot: Some(b.slot(words)?),
            word,
            next: 0,
        })
    }

    pub(super) fn is_used(&self) -> bool {
        self.slot.is_some()
    }

    pub(super) fn next(&mut self) -> Option<Home> {
        let at = self.next;
        self.next += self.word;
        Some(Home::Slot(self.slot?, at))
    }
}

/// A way out of the piece at hand.
struct Exit {
    label: u32,
    block: Block,
    /// The stack there.
    depth: u32,
    iter: Option<IterId>,
}

/// What lowering in pieces knows besides.
pub(super) struct Pieces<'t> {
    sink: &'t mut dyn Sink,
    /// Where the piece at hand begins.
    at: Option<u32>,
    /// The first number that is no label yet.
    n_labels: u32,
    exits: TryVec<Exit>,
    /// Labels of the bytecode that control comes to.
    reached: BitSet,
    pub(super) homes: Homes,
    /// Where tables are.
    env: Slot,
    /// Generators: where the first yield goes on; then the others, then the start.
    pub(super) resumes: u32,
    /// What `yield from` sends and throws next.
    pub(super) sent: [Var; 2],
}

impl<'t> Pieces<'t> {
    /// Makes the builder ready for pieces.
    pub(super) fn new(
        sink: &'t mut dyn Sink,
        code: &Code,
        flow: &Flow,
        b: &mut Builder,
        target: &Target,
    ) -> Done<Pieces<'t>> {
        let word = i64::from(target.word());
        let mut homes = Homes::new(flow, b, word)?;
        let sent = [
            b.var(Type::Obj, ferlance_abi::Qstr::NONE)?,
            b.var(Type::Obj, ferlance_abi::Qstr::NONE)?,
        ];
        for var in sent {
            if let Some(home) = homes.next() {
                b.give_home(var, home)?;
            }
        }
        let is_yield = |op: &&Op| matches!(op, Op::YieldValue | Op::YieldFrom);
        let n_yields = code.ops().iter().filter(is_yield).count() as u32;
        Ok(Pieces {
            sink,
            at: None,
            n_labels: code.n_labels() + n_yields + 1,
            exits: TryVec::new(),
            reached: BitSet::with_limit(code.n_labels() as usize)?,
            homes,
            env: b.slot(HOME_WORDS)?,
            resumes: code.n_labels(),
            sent,
        })
    }
}

/// Words that the argument area may have.
pub(super) fn most_args(flow: &Flow) -> u32 {
    flow.max_depth + SPARE_ARGS
}

impl Lowering<'_, '_> {
    /// Gives the memory that lowering asks for on its way at once: the first piece's code counts on the frame.
    pub(super) fn settle_frame(&mut self) -> Done {
        if self.pieces.is_none() {
            return Ok(());
        }
        for local in 0..self.flow.n_locals {
            let home = self.home_of(local);
            self.b.give_home(self.locals[local as usize], home)?;
        }
        let n_blocks = self.flow.blocks.len();
        for at in 0..self.stack.len() {
            self.give_word(self.stack[at])?;
        }
        for at in 0..n_blocks {
            let vars = self.block_vars[at];
            self.give_word(vars.exception)?;
            self.give_word(vars.data)?;
        }
        for level in 0..self.flow.max_level {
            self.nlr_slot(level)?;
        }
        if !self.is_generator() {
            for at in 0..self.flow.iters.len() {
                let depth = self.flow.iters[IterId(at as u32)].depth;
                self.iter_slot(depth)?;
            }
        }
        Ok(())
    }

    fn give_word(&mut self, var: Var) -> Done {
        let home = self.pieces.as_mut().and_then(|pieces| pieces.homes.next());
        if let Some(home) = home {
            self.b.give_home(var, home)?;
        }
        Ok(())
    }

    /// A value for all of the function.
    pub(super) fn keep(&mut self, value: Vreg) -> Done<Kept> {
        let home = self.pieces.as_mut().and_then(|pieces| pieces.homes.next());
        Ok(self.b.keep(value, home)?)
    }

    /// A label for a place that has none.
    pub(super) fn new_label(&mut self) -> Done<u32> {
        let pieces = self.pieces.as_mut().ok_or(LowerError::BadCode)?;
        let label = pieces.n_labels;
        pieces.n_labels += 1;
        Ok(label)
    }

    /// The block that leaves the piece for a label of the bytecode.
    pub(super) fn exit_to_label(&mut self, label: Label) -> Done<Block> {
        let state = self.flow.state(label).ok_or(LowerError::BadCode)?;
        let pieces = self.pieces.as_mut().ok_or(LowerError::BadCode)?;
        pieces.reached.insert(label.index())?;
        self.exit_to(label.0, state.depth, state.iter)
    }

    /// The block that leaves the piece for a label where the stack is so deep.
    pub(super) fn exit_to(&mut self, label: u32, depth: u32, iter: Option<IterId>) -> Done<Block> {
        let pieces = self.pieces.as_mut().ok_or(LowerError::BadCode)?;
        if let Some(known) = pieces.exits.iter().find(|exit| exit.label == label) {
            return Ok(known.block);
        }
        let block = self.b.block()?;
        pieces.exits.push(Exit {
            label,
            block,
            depth,
            iter,
        })?;
        Ok(block)
    }

    /// Leaves the piece at hand for a label, with the stack as it is.
    pub(super) fn go_on_at(&mut self, label: u32) -> Done {
        let exit = self.exit_to(label, self.depth, self.iter)?;
        Ok(self.b.jump(exit, &[])?)
    }

    /// Ends the piece at hand; the next one begins at `next`.
    pub(super) fn end_piece(&mut self, next: u32) -> Done {
        let line = self.b.told_line();
        self.fill_raise_blocks()?;
        self.raises.clear();
        self.b.set_told_line(line);
        let pieces = self.pieces.as_mut().ok_or(LowerError::BadCode)?;
        let exits = core::mem::take(&mut pieces.exits);
        let (at, env) = (pieces.at, pieces.env);
        for exit in &exits {
            self.b.enter(exit.block)?;
            for at in 0..exit.depth {
                if !self.is_word_of(exit.iter, at) {
                    self.b.send_home(self.stack[at as usize])?;
                }
            }
            self.b.leave(exit.label)?;
        }
        let mut piece = self.b.take_piece()?;
        // What falls into the next piece is the last.
        for data in piece.blocks.iter_mut() {
            data.cold = data.term == Term::Leave(next);
        }
        piece.blocks[Block::from_index(0)].cold = false;
        self.facts.clear();
        lower_env_of_piece(&mut piece, self.target, self.tables, env)?;
        let pieces = self.pieces.as_mut().ok_or(LowerError::BadCode)?;
        pieces.sink.piece(piece, at, next)?;
        pieces.at = Some(next);
        if line != 0 {
            self.b.line(line)?;
        }
        Ok(())
    }

    /// Is stack place `at` a word of this iterator or of one around it, all of which are in memory anyway?
    pub(super) fn is_word_of(&self, mut iter: Option<IterId>, at: u32) -> bool {
        while let Some(id) = iter {
            let info = self.flow.iters[id];
            if (info.depth..info.depth + ITER_SLOTS).contains(&at) {
                return true;
            }
            iter = info.outer;
        }
        false
    }

    /// Ends the piece before the op at hand if it has become long.
    pub(super) fn end_long_piece(&mut self, op: &Op) -> Done {
        if self.pieces.is_none() {
            return Ok(());
        }
        let values = self.b.func().vregs.len();
        if values < STATEMENT_VALUES || !matches!(op, Op::Line(_)) && values < MOST_VALUES {
            return Ok(());
        }
        let label = self.new_label()?;
        self.go_on_at(label)?;
        self.end_piece(label)
    }

    /// Arguments are where locals are only behind the prologue: nothing may take them from there before.
    pub(super) fn end_prologue(&mut self) -> Done {
        if self.pieces.is_none() {
            return Ok(());
        }
        let label = self.new_label()?;
        self.go_on_at(label)?;
        self.end_piece(label)
    }

    /// At a label of the bytecode: begins a piece there if control comes to it; tells whether it does.
    pub(super) fn piece_at(&mut self, label: Label) -> Done<bool> {
        let is_loop = self.flow.is_loop[label.index()];
        let pieces = self.pieces.as_ref().ok_or(LowerError::BadCode)?;
        let is_reached = is_loop || pieces.reached.contains(label.index());
        if is_reached {
            self.end_piece(label.0)?;
        }
        Ok(is_reached)
    }

    /// Links an exception buffer, and goes on where an exception arrives; behind that see [`Lowering::behind_push`].
    pub(super) fn nlr_push(
        &mut self,
        slot: Slot,
        normal: Block,
        caught: Block,
    ) -> Done<Option<u32>> {
        if self.pieces.is_none() {
            self.b.nlr_push(slot, normal, caught)?;
            self.b.enter(caught)?;
            return Ok(None);
        }
        let (behind, arrived) = (self.new_label()?, self.new_label()?);
        let caught = self.exit_to(arrived, 0, None)?;
        self.b.nlr_push(slot, normal, caught)?;
        self.b.enter(normal)?;
        self.go_on_at(behind)?;
        self.end_piece(arrived)?;
        Ok(Some(behind))
    }

    /// Goes on where no exception has arrived.
    pub(super) fn behind_push(&mut self, normal: Block, behind: Option<u32>) -> Done {
        match behind {
            Some(label) => self.end_piece(label),
            None => Ok(self.b.enter(normal)?),
        }
    }
}
