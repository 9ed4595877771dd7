//! What each op does to the stack of types.
use ferlance_abi::{BinaryOp, NativeType, UnaryOp};
use ferlance_bytecode::Op;
use ferlance_bytecode::op::ITER_SLOTS;

use super::{Entry, Infer, Walk};
use crate::error::Problem;
use crate::rules;
use crate::types::{Literal, Ty};

impl Infer<'_, '_> {
    pub(super) fn op(&mut self, op: Op) -> Walk {
        match op {
            Op::Line(_) => {}
            Op::Label(label) => self.place(label)?,

            Op::LoadConstString(_) | Op::LoadBuildClass => self.push(Ty::Object)?,
            Op::LoadConstObj(object) => match Literal::of(self.consts, object) {
                Some(Literal::Float(_)) if self.wide => self.push_literal(Ty::Float)?,
                Some(Literal::Int(_, ty)) if self.wide => self.push_literal(ty)?,
                _ => self.push(Ty::Object)?,
            },
            Op::LoadConstSmallInt(value) => self.stack.push(Entry {
                literal: true,
                int: Some(self.code.int_value(value)),
                ..Entry::of(Ty::Int)
            })?,
            Op::LoadConstFalse | Op::LoadConstTrue => self.push_literal(Ty::Bool)?,
            Op::LoadConstNone => self.push_literal(Ty::None)?,
            Op::LoadNull => self.push(Ty::Null)?,
            Op::LoadName(name) | Op::LoadGlobal(name) => {
                let ty = match self.scene.cast(self.code, name) {
                    Some(ty) => Ty::Cast(ty),
                    None => Ty::Object,
                };
                self.stack.push(Entry {
                    origin: Some(self.at),
                    ..Entry::of(ty)
                })?;
            }
            // The cell itself, for a closure.
            Op::LoadFast(local)
                if self.is_full() && self.code.cell_slots().any(|cell| cell == local) =>
            {
                self.push(Ty::Object)?;
            }
            Op::LoadFast(local) | Op::LoadDeref(local) => self.load_local(local)?,
            Op::StoreFast(local) => {
                let entry = self.pop_entry()?;
                self.store_entry(local, entry)?;
            }
            Op::StoreDeref(local) => self.store_cell(local)?,
            Op::DeleteFast(local) | Op::DeleteDeref(local) => self.store_local(local, Ty::None)?,
            Op::StoreName(_) => match self.pop()? {
                Ty::Object | Ty::None => {}
                ty => self.note(Problem::ClassVariable(ty))?,
            },
            Op::StoreGlobal(_) => {
                if let Ty::Cast(_) = self.pop()? {
                    self.refuse(Problem::Boxing)?;
                }
            }
            Op::DeleteName(_) | Op::DeleteGlobal(_) => {}

            Op::LoadAttr(_) => {
                self.object(Problem::Attr)?;
                self.push(Ty::Object)?;
            }
            Op::LoadMethod(_) => {
                self.object(Problem::Attr)?;
                self.pushes(2)?;
            }
            Op::LoadSuperMethod(_) => {
                for _ in 0..3 {
                    self.object(Problem::Attr)?;
                }
                self.pushes(2)?;
            }
            Op::StoreAttr(_) => {
                self.object(Problem::Attr)?;
                self.boxed()?;
            }
            Op::LoadSubscr => self.load_item()?,
            Op::StoreSubscr => self.store_item()?,

            Op::BuildTuple(count) | Op::BuildList(count) | Op::BuildSet(count) => {
                for _ in 0..count {
                    self.boxed()?;
                }
                self.push(Ty::Object)?;
            }
            Op::BuildMap(_) => self.push(Ty::Object)?,
            Op::BuildSlice(count) => {
                for _ in 0..count {
                    self.object(Problem::SliceBound)?;
                }
                self.push(Ty::Object)?;
            }
            Op::StoreMap => {
                self.object(Problem::DictItem)?;
                self.object(Problem::DictItem)?;
            }
            Op::StoreComp(comp) => {
                for _ in 0..comp.pops() {
                    self.boxed()?;
                }
            }
            Op::UnpackSequence(count) => {
                self.object(Problem::Iterate)?;
                self.pushes(count)?;
            }
            Op::UnpackEx(counts) => {
                self.object(Problem::Iterate)?;
                self.pushes(counts.left() + counts.right() + 1)?;
            }

            Op::MakeFunction(_)
            | Op::MakeFunctionDefargs(_)
            | Op::MakeClosure(..)
            | Op::MakeClosureDefargs(..) => {
                let (pops, pushes) = op.stack_effect();
                self.pops(pops)?;
                self.pushes(pushes)?;
            }
            Op::CallFunction(args) => self.call(args)?,
            Op::CallMethod(args) => {
                for _ in 0..args.slots() {
                    self.boxed()?;
                }
                self.pops(2)?;
                self.push(Ty::Object)?;
            }
            Op::CallFunctionVarKw(args) => self.star_call(args.slots() + 1)?,
            Op::CallMethodVarKw(args) => self.star_call(args.slots() + 2)?,

            Op::Jump(to) | Op::PopExceptJump(to) => self.jump(to)?,
            Op::UnwindJump(to, crossed) => self.unwind(to, crossed)?,
            Op::PopJumpIfTrue(to) | Op::PopJumpIfFalse(to) => {
                let ty = self.pop()?;
                self.condition(ty)?;
                self.jump(to)?;
            }
            Op::JumpIfTrueOrPop(to) | Op::JumpIfFalseOrPop(to) => {
                let top = self.stack.last().map_or(Ty::Object, |entry| entry.ty);
                self.condition(top)?;
                self.jump(to)?;
                self.pop()?;
            }
            Op::SetupWith(to) => {
                self.object(Problem::Attr)?;
                self.blocks.push(self.stack.len() as u32)?;
                self.pushes(2)?;
                self.leads(to, self.stack.len(), 1)?;
                self.push(Ty::Object)?;
            }
            Op::SetupExcept(to) | Op::SetupFinally(to) => {
                self.blocks.push(self.stack.len() as u32)?;
                self.leads(to, self.stack.len(), 1)?;
            }
            Op::WithCleanup => {
                self.pops(3)?;
                self.push(Ty::Object)?;
            }
            Op::EndFinally => {
                self.blocks.pop();
                self.pop()?;
            }
            Op::GetIter => {
                self.object(Problem::Iterate)?;
                self.push(Ty::Object)?;
            }
            Op::GetIterStack => {
                let counts = self.stack.last().and_then(|entry| entry.counts);
                self.object(Problem::Iterate)?;
                for _ in 0..ITER_SLOTS {
                    self.stack.push(Entry {
                        counts,
                        ..Entry::of(Ty::Object)
                    })?;
                }
            }
            Op::ForIter(to) => {
                let below = self.stack.len().saturating_sub(ITER_SLOTS as usize);
                self.leads(to, below, 0)?;
                let counts = self.stack.last().and_then(|entry| entry.counts);
                self.push(counts.unwrap_or(Ty::Object))?;
            }
            Op::ImportName(_) => {
                self.pops(2)?;
                self.push(Ty::Object)?;
            }
            Op::ImportFrom(_) => self.push(Ty::Object)?,
            Op::ImportStar => self.pops(1)?,

            Op::DupTop => {
                let top = self.pop_entry()?;
                self.stack.push(top)?;
                self.stack.push(top)?;
            }
            Op::DupTopTwo => {
                let top = self.pop_entry()?;
                let below = self.pop_entry()?;
                for entry in [below, top, below, top] {
                    self.stack.push(entry)?;
                }
            }
            Op::PopTop => self.pops(1)?,
            Op::RotTwo => {
                let top = self.pop_entry()?;
                let below = self.pop_entry()?;
                self.stack.push(top)?;
                self.stack.push(below)?;
            }
            Op::RotThree => {
                let top = self.pop_entry()?;
                let middle = self.pop_entry()?;
                let below = self.pop_entry()?;
                for entry in [top, below, middle] {
                    self.stack.push(entry)?;
                }
            }

            Op::ReturnValue => self.return_value()?,
            Op::RaiseObj => {
                if self.pop()? != Ty::Object {
                    self.note(Problem::RaiseNative)?;
                }
            }
            Op::RaiseLast | Op::RaiseFrom => self.refuse(Problem::BareRaise)?,
            Op::YieldValue | Op::YieldFrom => self.refuse(Problem::Yield)?,
            Op::Unary(op) => self.unary(op)?,
            Op::Binary(op) => self.binary(op)?,
        }
        if op.ends_flow() {
            self.dead = true;
        }
        Ok(())
    }

    pub(super) fn unary(&mut self, op: UnaryOp) -> Walk {
        let operand = self.pop()?;
        let (ty, problem) = rules::unary(op, operand);
        self.push(ty)?;
        // The second half of `not in` and `is not`, whose first half was wrong.
        let before = self.at.checked_sub(1);
        let before = before.and_then(|at| self.code.ops().get(at as usize));
        match (problem, before) {
            (Some(_), Some(Op::Binary(BinaryOp::In | BinaryOp::Is))) => Ok(()),
            (Some(problem), _) => self.note(problem),
            (None, _) => Ok(()),
        }
    }

    pub(super) fn binary(&mut self, op: BinaryOp) -> Walk {
        let mut right = self.pop_entry()?;
        let mut left = self.pop_entry()?;
        // A literal beside a wide number is one.
        let types = (left.ty, right.ty);
        for (one, other) in [(&mut left, types.1), (&mut right, types.0)] {
            if one.fits(other) {
                one.ty = other;
            }
        }
        let nested = left.nested.max(right.nested);
        let native = rules::sum(op, left.native, right.native, nested);
        let (left, right) = rules::agreed((left.ty, left.native), (right.ty, right.native));
        let (left, right) = match (left, right) {
            (Ty::Object, _) if right.is_native() && self.is_attribute_update(op) => (left, left),
            // None is an object beside objects.
            (Ty::Object, Ty::None) | (Ty::None, Ty::Object) if self.is_full() => {
                (Ty::Object, Ty::Object)
            }
            types => types,
        };
        let (ty, problem) = rules::binary(op, left, right);
        self.stack.push(Entry {
            native,
            nested: native.map_or(0, |_| nested + 1),
            ..Entry::of(ty)
        })?;
        let behind = self.code.ops().get(self.at as usize + 1);
        let negated = matches!(behind, Some(Op::Unary(UnaryOp::Not)));
        match problem {
            Some(Problem::BinaryOp(BinaryOp::In)) if negated => {
                self.note(Problem::BinaryOp(BinaryOp::NotIn))
            }
            Some(problem) => self.note(problem),
            None => Ok(()),
        }
    }

    /// Is `op` that of `o.a += n`? The number becomes an object there.
    fn is_attribute_update(&self, op: BinaryOp) -> bool {
        self.is_full()
            && op.from_inplace().is_some()
            && matches!(self.op_behind(1), Some(Op::RotTwo))
            && matches!(self.op_behind(2), Some(Op::StoreAttr(_)))
    }

    pub(super) fn return_value(&mut self) -> Walk {
        let declared = Ty::of(self.code.return_type.unwrap_or(NativeType::Object));
        let given = self.pop_entry()?.as_wanted(declared);
        match given {
            Ty::None => Ok(()),
            Ty::Cast(_) => self.refuse(Problem::Boxing),
            given if given == declared => Ok(()),
            given => self.note(Problem::Return(declared, given)),
        }
    }
}
