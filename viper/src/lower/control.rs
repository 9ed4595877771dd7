//! Conditions, loops, return.
use ferlance_abi::fun_table::Fun;
use ferlance_abi::{layout, obj_word};
use ferlance_bytecode::Label;
use ferlance_bytecode::op::ITER_SLOTS;
use ferlance_collections::{OutOfMemory, TryVec};
use ferlance_native_emitter::nir::{Cond, Operand, Slot, Type, Vreg};

use super::handler::{Block, Cont, State, slot_of};
use super::value::{Item, Value};
use super::{Lower, Walk};
use crate::direct::Form;
use crate::types::Ty;

impl Lower<'_, '_> {
    /// A comparison that tells the truth of a value.
    pub(super) fn test(&mut self, item: Item) -> Result<(Cond, Vreg, Operand), OutOfMemory> {
        match (item.ty, item.value) {
            (_, Value::Test(cond, a, b)) => Ok((cond, a, b)),
            (ty, Value::Reg(_) | Value::Two(..) | Value::Float(..)) if ty.is_wide() => {
                self.test_wide(item)
            }
            (_, Value::FTest(..)) => Ok((Cond::Ne, self.word(item)?, Operand::Imm(0))),
            (_, Value::Direct(_, ty) | Value::DirectTwo(_, _, ty)) if ty.is_wide() => {
                self.test_wide(item.bare())
            }
            (_, Value::Direct(word, _)) => Ok((Cond::Ne, word, Operand::Imm(0))),
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
    pub(super) fn branch(&mut self, item: Item, sense: bool, to: Label, stack: &[Item]) -> Walk {
        if let Value::Imm(imm) = item.value {
            if (imm != 0) == sense {
                self.jump_with(to, stack)?;
                self.dead = true;
            }
            return Ok(());
        }
        let item = self.float_test(item)?;
        if let Value::FTest(cond, a, b) = item.value {
            return self.branch_floats((cond, a, b), sense, to, stack);
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
        if let Some(&Item {
            value: Value::Range(number),
            ..
        }) = self.stack.get(below)
        {
            let rest = TryVec::from_slice(self.stack.get(..below).unwrap_or(&[]))?;
            return self.next_of_range(number, &rest, to);
        }
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

    /// What the function returns: an object, or what it is declared to.
    pub(super) fn result_type(&self) -> Type {
        match self.form {
            Form::Direct => self.ir_type(self.declared()),
            _ => Type::Obj,
        }
    }

    fn declared(&self) -> Ty {
        self.code.return_type.map_or(Ty::Object, Ty::of)
    }

    pub(super) fn raise(&mut self) -> Walk {
        let exc = self.pop_object()?;
        self.b.call_void(Fun::Raise, &[exc])?;
        // None comes back: raise something that is no exception either.
        let number = self.b.constant(Type::Obj, obj_word::small_int(0) as i64)?;
        self.b.call_void(Fun::Raise, &[number])?;
        Ok(self.b.unreachable()?)
    }

    pub(super) fn return_value(&mut self) -> Walk {
        let item = self.pop()?;
        let declared = self.declared();
        let item = self.converted(item, declared)?;
        let result = match (self.form, declared) {
            (Form::Direct, Ty::Bool) => self.truth_of(item)?,
            (Form::Direct, ty) if ty != Ty::Object => self.word(item)?,
            _ => self.object(item)?,
        };
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

    pub(super) fn result_slot(&mut self) -> Walk<Slot> {
        match self.result {
            Some(slot) => Ok(slot),
            None => Ok(*self.result.insert(self.b.slot(1)?)),
        }
    }
}
