//! Labels and jumps; conditions; exception blocks; return.
use ferlance_abi::fun_table::Fun;
use ferlance_abi::{layout, obj_word, qstr};
use ferlance_bytecode::op::{ITER_SLOTS, UNWIND_DROPS_LOOP};
use ferlance_bytecode::{Label, Op as CodeOp};
use ferlance_collections::{BitSet, OutOfMemory, TryVec};
use ferlance_native_emitter::nir::{self, Cond, Operand, Slot, Type, Vreg, Width};

use super::value::{Item, Value};
use super::{Lower, Walk};
use crate::types::Ty;

/// What is known of a label.
#[derive(Debug, Default)]
pub(super) struct LabelState {
    block: Option<nir::Block>,
    /// The stack there; none until something leads there.
    shape: Option<TryVec<Shape>>,
    /// Ops that name it and are still to come.
    to_come: u32,
    /// Jumps out of blocks lead there, whose edges are made late.
    late: bool,
    placed: bool,
    /// Locals bound on every edge so far.
    bound: Option<BitSet>,
}

/// What a place of the stack holds at a label.
#[derive(Debug, Clone, Copy)]
enum Shape {
    /// The same on every way.
    Fixed(Item),
    /// A value of this type, in the variable of the place.
    Value(Ty),
    /// A pending state, in both variables of the place.
    Pending,
}

/// An exception block.
#[derive(Debug)]
pub(super) struct Block {
    kind: Kind,
    state: State,
    handler: Label,
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
enum State {
    /// The buffer is linked.
    Protected,
    /// In the handler.
    Handling,
}

/// Where control goes when all blocks are left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cont {
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
const FROM_ABOVE: i64 = 0;
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
    /// Counts the ways to each label.
    pub(super) fn prepare_labels(&mut self) -> Walk {
        self.labels
            .resize_with(self.code.n_labels() as usize, LabelState::default)?;
        for op in self.code.ops() {
            let Some(to) = op.target() else { continue };
            let Some(state) = self.labels.get_mut(to.0 as usize) else {
                return self.malformed();
            };
            state.to_come += 1;
            state.late |= matches!(op, CodeOp::UnwindJump(..));
        }
        Ok(())
    }

    fn label(&mut self, label: Label) -> Walk<&mut LabelState> {
        let at = self.at;
        self.labels
            .get_mut(label.0 as usize)
            .ok_or_else(|| super::malformed(at))
    }

    fn block_of(&mut self, label: Label) -> Walk<nir::Block> {
        if let Some(block) = self.label(label)?.block {
            return Ok(block);
        }
        let block = self.b.block()?;
        self.label(label)?.block = Some(block);
        Ok(block)
    }

    /// The variable of a place of the stack.
    fn join(&mut self, depth: usize, ty: Type) -> Walk<nir::Var> {
        if self.joins.len() <= depth {
            self.joins.resize(depth + 1, [None; 2])?;
        }
        let which = usize::from(ty != Type::Obj);
        let known = self.joins.get(depth).and_then(|vars| vars[which]);
        if let Some(var) = known {
            return Ok(var);
        }
        let var = self.b.var(ty, qstr::Qstr::NONE)?;
        if let Some(vars) = self.joins.get_mut(depth) {
            vars[which] = Some(var);
        }
        Ok(var)
    }

    /// The type that a place of the stack has at a label.
    fn type_at(&self, to: Label, depth: usize) -> Walk<Ty> {
        let stack = self.types.stack_at(to).unwrap_or(&[]);
        match stack.get(depth) {
            Some(ty) => Ok(*ty),
            None => self.malformed(),
        }
    }

    /// Prepares an edge to `to` with this stack; the caller ends the block with it.
    fn edge(&mut self, to: Label, stack: &[Item]) -> Walk<nir::Block> {
        if self.types.stack_at(to).map_or(0, <[Ty]>::len) != stack.len() {
            return self.malformed();
        }
        let mut shape = TryVec::with_capacity(stack.len())?;
        for (depth, item) in stack.iter().enumerate() {
            if let Value::Pending(exc, how) = item.value {
                let var = self.join(depth, Type::Obj)?;
                self.b.write_local(var, exc)?;
                let var = self.join(depth, Type::Word)?;
                self.b.write_local(var, how)?;
                shape.push(Shape::Pending)?;
                continue;
            }
            let ty = self.type_at(to, depth)?;
            let item = self.converted(*item, ty)?;
            shape.push(match item.value {
                Value::Nothing | Value::Iter(_) => Shape::Fixed(item),
                _ if ty == Ty::Object => {
                    let value = self.object(item)?;
                    let var = self.join(depth, Type::Obj)?;
                    self.b.write_local(var, value)?;
                    Shape::Value(ty)
                }
                _ => {
                    let value = self.word(item)?;
                    let var = self.join(depth, Type::Word)?;
                    self.b.write_local(var, value)?;
                    Shape::Value(ty)
                }
            })?;
        }
        let block = self.block_of(to)?;
        let bound = self.bound.try_clone()?;
        let state = self.label(to)?;
        match &mut state.bound {
            Some(known) => drop(known.intersect_with(&bound)),
            None => state.bound = Some(bound),
        }
        state.shape.get_or_insert(shape);
        Ok(block)
    }

    /// Does an edge to `to` with this stack need conversions, which must not run on another way?
    fn needs_conversion(&self, to: Label, stack: &[Item]) -> Walk<bool> {
        for (depth, item) in stack.iter().enumerate() {
            let fixed = matches!(item.value, Value::Pending(..) | Value::Nothing);
            if !fixed && self.type_at(to, depth)? != item.ty {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// An op that names `label` is done.
    fn named(&mut self, label: Label) -> Walk {
        let state = self.label(label)?;
        state.to_come = state.to_come.saturating_sub(1);
        self.seal_if_complete(label)
    }

    fn seal_if_complete(&mut self, label: Label) -> Walk {
        let state = self.label(label)?;
        let complete = state.placed && state.to_come == 0 && !state.late;
        if let (true, Some(block)) = (complete, state.block) {
            self.b.seal_block(block)?;
        }
        Ok(())
    }

    /// Of ops that are not walked since control never gets there.
    pub(super) fn skip(&mut self, op: CodeOp) -> Walk {
        match op.target() {
            Some(label) => self.named(label),
            None => Ok(()),
        }
    }

    pub(super) fn jump(&mut self, to: Label) -> Walk {
        let stack = self.stack.try_clone()?;
        self.jump_with(to, &stack)?;
        self.named(to)
    }

    fn jump_with(&mut self, to: Label, stack: &[Item]) -> Walk {
        let block = self.edge(to, stack)?;
        Ok(self.b.jump(block, &[])?)
    }

    pub(super) fn place_label(&mut self, label: Label) -> Walk {
        let handled = match self.blocks.last() {
            Some(block) if block.handler == label => Some(block.kind),
            _ => None,
        };
        if !self.dead {
            if let Some(Kind::Finally | Kind::With) = handled {
                // The end of the protected part, with None on the stack.
                self.pop()?;
                self.b.call_void(Fun::NlrPop, &[])?;
                self.push_pending(None, FROM_ABOVE)?;
            }
            let stack = self.stack.try_clone()?;
            self.jump_with(label, &stack)?;
        }
        if let Some(block) = self.blocks.last_mut().filter(|_| handled.is_some()) {
            block.state = State::Handling;
        }
        let state = self.label(label)?;
        state.placed = true;
        let comes_later = state.to_come > 0 || state.late;
        let reached = match state.block {
            Some(block) => self.b.is_reached(block),
            None => false,
        };
        if !reached && !comes_later {
            self.dead = true;
            return Ok(());
        }
        let block = self.block_of(label)?;
        self.b.switch_to(block);
        self.seal_if_complete(label)?;
        self.dead = false;
        self.take_shape(label)
    }

    /// Makes the stack what it is at `label`.
    fn take_shape(&mut self, label: Label) -> Walk {
        let state = self.label(label)?;
        let shape = match state.shape.take() {
            Some(shape) => shape,
            None => self.shape_of_stack(label)?,
        };
        self.stack.clear();
        for (depth, place) in shape.iter().enumerate() {
            let item = match *place {
                Shape::Fixed(item) => item,
                Shape::Value(ty) => {
                    let which = match ty {
                        Ty::Object => Type::Obj,
                        _ => Type::Word,
                    };
                    let var = self.join(depth, which)?;
                    let value = Value::Reg(self.b.read_local(var)?);
                    Item { ty, value }
                }
                Shape::Pending => {
                    let exc = self.join(depth, Type::Obj)?;
                    let exc = self.b.read_local(exc)?;
                    let how = self.join(depth, Type::Word)?;
                    let how = self.b.read_local(how)?;
                    Item {
                        ty: Ty::Object,
                        value: Value::Pending(exc, how),
                    }
                }
            };
            self.stack.push(item)?;
        }
        let state = self.label(label)?;
        state.shape = Some(shape);
        if let Some(bound) = &state.bound {
            self.bound = bound.try_clone()?;
        }
        Ok(())
    }

    /// Of the top of a loop, which only later ops lead to: what stands above it is what they will bring.
    fn shape_of_stack(&self, label: Label) -> Walk<TryVec<Shape>> {
        let mut shape = TryVec::with_capacity(self.stack.len())?;
        for (depth, item) in self.stack.iter().enumerate() {
            shape.push(match item.value {
                Value::Nothing | Value::Iter(_) => Shape::Fixed(*item),
                Value::Pending(..) => Shape::Pending,
                _ => Shape::Value(self.type_at(label, depth)?),
            })?;
        }
        Ok(shape)
    }

    // Conditions.

    /// A comparison that tells the truth of a value.
    fn test(&mut self, item: Item) -> Result<(Cond, Vreg, Operand), OutOfMemory> {
        match (item.ty, item.value) {
            (_, Value::Test(cond, a, b)) => Ok((cond, a, b)),
            (Ty::Object, _) => {
                let object = self.object(item)?;
                let truth = self.truth(object)?;
                Ok((Cond::TestNonZero, truth, Operand::Imm(0xff)))
            }
            _ => Ok((Cond::Ne, self.word(item)?, Operand::Imm(0))),
        }
    }

    pub(super) fn pop_jump_if(&mut self, sense: bool, to: Label) -> Walk {
        let item = self.pop()?;
        let stack = self.stack.try_clone()?;
        self.branch(item, sense, to, &stack)?;
        self.named(to)
    }

    pub(super) fn jump_if_or_pop(&mut self, sense: bool, to: Label) -> Walk {
        let stack = self.stack.try_clone()?;
        let item = self.pop()?;
        self.branch(item, sense, to, &stack)?;
        self.named(to)
    }

    /// Goes to `to` with `stack` if the truth of `item` is `sense`, else on behind.
    fn branch(&mut self, item: Item, sense: bool, to: Label, stack: &[Item]) -> Walk {
        if let Value::Imm(imm) = item.value {
            if (imm != 0) == sense {
                self.jump_with(to, stack)?;
                self.dead = true;
            }
            return Ok(());
        }
        let (cond, a, b) = self.test(item)?;
        let cond = match sense {
            true => cond,
            false => cond.negated(),
        };
        let behind = self.b.block()?;
        if self.needs_conversion(to, stack)? {
            let between = self.b.block()?;
            self.b.branch(cond, a, b, (between, &[]), (behind, &[]))?;
            self.b.enter(between)?;
            self.jump_with(to, stack)?;
        } else {
            let block = self.edge(to, stack)?;
            self.b.branch(cond, a, b, (block, &[]), (behind, &[]))?;
        }
        Ok(self.b.enter(behind)?)
    }

    // Loops.

    /// The buffer of an iterator that begins at this depth of the stack.
    pub(super) fn iter_slot(&mut self) -> Walk<Slot> {
        let depth = self.stack.len();
        slot_of(
            &mut self.b,
            &mut self.iters,
            depth,
            layout::ITER_BUF_WORDS as u32,
        )
    }

    pub(super) fn for_iter(&mut self, to: Label) -> Walk {
        let below = self.stack.len().wrapping_sub(ITER_SLOTS as usize);
        let Some(&Item {
            value: Value::Iter(slot),
            ..
        }) = self.stack.get(below)
        else {
            return self.malformed();
        };
        let buffer = self.b.slot_addr(slot, 0)?;
        let next = self.call_fun(Fun::IterNext, &[buffer])?;
        let rest = TryVec::from_slice(self.stack.get(..below).unwrap_or(&[]))?;
        let block = self.edge(to, &rest)?;
        let behind = self.b.block()?;
        let end = obj_word::NULL as i64;
        self.b
            .branch(Cond::Eq, next, end, (block, &[]), (behind, &[]))?;
        self.b.enter(behind)?;
        self.named(to)?;
        Ok(self.push_object(next)?)
    }

    // Exception blocks.

    fn push_pending(&mut self, exc: Option<Vreg>, how: i64) -> Walk {
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

    fn enter_block(&mut self, to: Label, kind: Kind, base: usize) -> Walk {
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
    fn call_words(&mut self, words: &[Vreg]) -> Walk<Vreg> {
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
    fn unwind(&mut self, cont: Cont) -> Walk {
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
                let result = self.b.slot_load(Type::Obj, slot, 0)?;
                self.finish_return(result)
            }
        }
    }

    fn result_slot(&mut self) -> Walk<Slot> {
        match self.result {
            Some(slot) => Ok(slot),
            None => Ok(*self.result.insert(self.b.slot(1)?)),
        }
    }

    pub(super) fn return_value(&mut self) -> Walk {
        let item = self.pop()?;
        let declared = self.code.return_type.map_or(Ty::Object, Ty::of);
        let item = self.converted(item, declared)?;
        let result = self.object(item)?;
        let protected = |block: &Block| block.state == State::Protected;
        if !self.blocks.iter().any(protected) {
            return self.finish_return(result);
        }
        let slot = self.result_slot()?;
        self.b.slot_store(slot, 0, result)?;
        let stack = self.stack.try_clone()?;
        self.unwind(Cont::Return)?;
        self.stack = stack;
        Ok(())
    }

    pub(super) fn raise(&mut self) -> Walk {
        let exc = self.pop_object()?;
        self.b.call_void(Fun::Raise, &[exc])?;
        // None comes back: raise something that is no exception either.
        let number = self.b.constant(Type::Obj, obj_word::small_int(0) as i64)?;
        self.b.call_void(Fun::Raise, &[number])?;
        Ok(self.b.unreachable()?)
    }
}

/// The frame slot for `depth`, made at first use.
fn slot_of(
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
