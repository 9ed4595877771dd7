//! Labels: blocks, and what is on the stack where paths join.
use ferlance_abi::fun_table::Fun;
use ferlance_abi::qstr;
use ferlance_bytecode::{Label, Op as CodeOp};
use ferlance_collections::{BitSet, TryVec};
use ferlance_native_emitter::nir::{self, Type};

use super::handler::{FROM_ABOVE, Kind, State};
use super::value::{Item, Value};
use super::{Lower, Walk};
use crate::types::Ty;

/// Blocks that take arguments, about.
const BLOCKS_OF_ENTRY: usize = 12;

/// What is known of a label.
#[derive(Debug, Default)]
pub(super) struct LabelState {
    pub(super) block: Option<nir::Block>,
    /// The stack there; none until something leads there.
    shape: Option<TryVec<Shape>>,
    /// Where it stands among the ops.
    position: usize,
    /// Ops that name it and are still to come.
    to_come: u32,
    /// An op that control gets to has named it.
    is_named: bool,
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

impl Lower<'_, '_> {
    /// Counts the ways to each label.
    pub(super) fn prepare_labels(&mut self) -> Walk {
        let branches = self.code.ops().iter().filter(|op| op.target().is_some());
        let blocks = self.code.n_labels() as usize + branches.count() + BLOCKS_OF_ENTRY;
        self.b.reserve(blocks, 0)?;
        self.labels
            .resize_with(self.code.n_labels() as usize, LabelState::default)?;
        for (at, op) in self.code.ops().iter().enumerate() {
            if let CodeOp::Label(label) = *op {
                self.label(label)?.position = at;
            }
            let Some(to) = op.target() else { continue };
            let Some(state) = self.labels.get_mut(to.0 as usize) else {
                return self.malformed();
            };
            state.to_come += 1;
            state.late |= matches!(op, CodeOp::UnwindJump(..));
        }
        Ok(())
    }

    pub(super) fn label(&mut self, label: Label) -> Walk<&mut LabelState> {
        let at = self.at;
        self.labels
            .get_mut(label.0 as usize)
            .ok_or_else(|| super::malformed(at))
    }

    pub(super) fn block_of(&mut self, label: Label) -> Walk<nir::Block> {
        if let Some(block) = self.label(label)?.block {
            return Ok(block);
        }
        let block = self.b.block()?;
        self.label(label)?.block = Some(block);
        Ok(block)
    }

    /// The variable of a place of the stack.
    pub(super) fn join(&mut self, depth: usize, ty: Type) -> Walk<nir::Var> {
        if self.joins.len() <= depth {
            self.joins.resize(depth + 1, [None; 3])?;
        }
        let which = match ty {
            Type::Obj => 0,
            Type::Word => 1,
            Type::F32 | Type::F64 => 2,
        };
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
    pub(super) fn type_at(&self, to: Label, depth: usize) -> Walk<Ty> {
        let stack = self.types.stack_at(to).unwrap_or(&[]);
        match stack.get(depth) {
            Some(ty) => Ok(*ty),
            None => self.malformed(),
        }
    }

    /// Prepares an edge to `to` with this stack; the caller ends the block with it.
    pub(super) fn edge(&mut self, to: Label, stack: &[Item]) -> Walk<nir::Block> {
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
                Value::Nothing | Value::Iter(_) | Value::Range(_) => Shape::Fixed(item),
                _ if ty == Ty::Object => {
                    let value = self.object(item)?;
                    let var = self.join(depth, Type::Obj)?;
                    self.b.write_local(var, value)?;
                    Shape::Value(ty)
                }
                _ => {
                    let value = self.word(item)?;
                    let var = self.join(depth, self.ir_type(ty))?;
                    self.b.write_local(var, value)?;
                    if self.has_second(ty) {
                        let second = self.second(item)?;
                        let var = self.join_second(depth)?;
                        self.b.write_local(var, second)?;
                    }
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
    pub(super) fn needs_conversion(&self, to: Label, stack: &[Item]) -> Walk<bool> {
        for (depth, item) in stack.iter().enumerate() {
            let fixed = matches!(item.value, Value::Pending(..) | Value::Nothing);
            let is_boxed = item.native().is_some();
            if !fixed && (is_boxed || self.type_at(to, depth)? != item.ty) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Where a label stands among the ops.
    pub(super) fn position(&self, label: Label) -> usize {
        let state = self.labels.get(label.0 as usize);
        state.map_or(usize::MAX, |state| state.position)
    }

    /// Has an op that control gets to named a label that is still to be placed?
    pub(super) fn is_awaited(&self, label: Label) -> bool {
        let state = self.labels.get(label.0 as usize);
        state.is_some_and(|state| state.is_named && !state.placed)
    }

    /// An op that names `label` is done.
    pub(super) fn named(&mut self, label: Label) -> Walk {
        self.label(label)?.is_named = true;
        self.count_down(label)
    }

    fn count_down(&mut self, label: Label) -> Walk {
        let state = self.label(label)?;
        state.to_come = state.to_come.saturating_sub(1);
        self.seal_if_complete(label)
    }

    pub(super) fn seal_if_complete(&mut self, label: Label) -> Walk {
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
            Some(label) => self.count_down(label),
            None => Ok(()),
        }
    }

    pub(super) fn jump(&mut self, to: Label) -> Walk {
        let stack = self.stack.try_clone()?;
        self.jump_with(to, &stack)?;
        self.named(to)
    }

    pub(super) fn jump_with(&mut self, to: Label, stack: &[Item]) -> Walk {
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
        let is_live = reached || comes_later && self.is_led_to_later(label)?;
        self.dead = !is_live;
        if self.dead {
            return Ok(());
        }
        let block = self.block_of(label)?;
        if comes_later {
            self.keep_around(label, block)?;
        }
        self.b.switch_to(block);
        self.seal_if_complete(label)?;
        self.take_shape(label)
    }

    /// Makes the stack what it is at `label`.
    pub(super) fn take_shape(&mut self, label: Label) -> Walk {
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
                    let var = self.join(depth, self.ir_type(ty))?;
                    let word = self.b.read_local(var)?;
                    let value = match self.has_second(ty) {
                        false => Value::Reg(word),
                        true => {
                            let second = self.join_second(depth)?;
                            Value::Two(word, self.b.read_local(second)?)
                        }
                    };
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
                Value::Nothing | Value::Iter(_) | Value::Range(_) => Shape::Fixed(*item),
                Value::Pending(..) => Shape::Pending,
                _ => Shape::Value(self.type_at(label, depth)?),
            })?;
        }
        Ok(shape)
    }
}
