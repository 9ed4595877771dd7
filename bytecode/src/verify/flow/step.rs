//! What each instruction does to the stack and to control.

use ferlance_abi::BinaryOp;

use super::{Flow, NO_BLOCK, Then};
use crate::decode::Instr;
use crate::op::{CompKind, ITER_SLOTS, Op};
use crate::verify::Problem;
use crate::verify::state::Ty;

impl Flow<'_> {
    /// Interprets one instruction on the current state.
    pub(super) fn step(&mut self, instr: &Instr) -> Result<Then, Problem> {
        let pc = instr.offset;
        let before = self.s.stack.len();
        let (pops, pushes) = instr.op.stack_effect();
        let low = before
            .checked_sub(pops as usize)
            .ok_or(Problem::Underflow(pc))?;
        if low as u64 + pushes as u64 > self.room as u64 {
            return Err(Problem::Overflow(pc));
        }
        // Copying changes nothing below; moving is looked at after the move.
        if !matches!(
            instr.op,
            Op::DupTop | Op::DupTopTwo | Op::RotTwo | Op::RotThree
        ) {
            self.touched(low, pc, false)?;
        }
        match instr.op {
            Op::LoadConstString(_)
            | Op::LoadName(_)
            | Op::LoadGlobal(_)
            | Op::LoadConstSmallInt(_)
            | Op::LoadConstObj(_)
            | Op::LoadFast(_)
            | Op::LoadDeref(_)
            | Op::MakeFunction(_)
            | Op::LoadConstFalse
            | Op::LoadConstTrue
            | Op::LoadBuildClass => self.push(Ty::OBJECT)?,
            Op::LoadConstNone => self.push(Ty::NONE)?,
            Op::LoadNull => self.push(Ty::NULL)?,
            Op::DeleteName(_) | Op::DeleteGlobal(_) | Op::DeleteFast(_) | Op::DeleteDeref(_) => {}
            Op::LoadAttr(_)
            | Op::ImportName(_)
            | Op::MakeClosure(..)
            | Op::BuildSlice(_)
            | Op::LoadSubscr
            | Op::GetIter
            | Op::Unary(_) => {
                self.objects(pops as usize, pc)?;
                self.push(Ty::OBJECT)?;
            }
            Op::LoadMethod(_) | Op::LoadSuperMethod(_) => {
                self.objects(pops as usize, pc)?;
                self.push(Ty::OBJECT)?;
                self.push(Ty::MAYBE_NULL)?;
            }
            Op::StoreName(_)
            | Op::StoreGlobal(_)
            | Op::StoreFast(_)
            | Op::StoreDeref(_)
            | Op::ImportStar => {
                self.objects(1, pc)?;
            }
            Op::StoreAttr(_) => {
                self.objects(1, pc)?;
                self.pop_if(pc, Ty::is_object_or_null)?;
            }
            Op::StoreSubscr => {
                self.objects(2, pc)?;
                self.pop_if(pc, Ty::is_object_or_null)?;
            }
            Op::ImportFrom(_) => {
                self.objects(1, pc)?;
                self.push(Ty::OBJECT)?;
                self.push(Ty::OBJECT)?;
            }
            Op::MakeClosureDefargs(_, cells) => {
                self.objects(cells as usize, pc)?;
                self.defaults(pc)?;
            }
            Op::MakeFunctionDefargs(_) => self.defaults(pc)?,
            Op::BuildTuple(_) => self.build(pops, Ty::TUPLE, pc)?,
            Op::BuildList(_) => self.build(pops, Ty::LIST, pc)?,
            Op::BuildSet(_) => self.build(pops, Ty::SET, pc)?,
            Op::BuildMap(_) => self.push(Ty::DICT)?,
            Op::StoreComp(comp) => self.store_comp(comp.kind(), comp.depth(), pops, pc)?,
            Op::StoreMap => {
                self.objects(2, pc)?;
                if !self.s.stack.last().is_some_and(|ty| ty.is_object()) {
                    return Err(Problem::Value(pc));
                }
            }
            Op::UnpackSequence(_) | Op::UnpackEx(_) => {
                self.objects(1, pc)?;
                self.spend(pushes as usize)?;
                let len = self.s.stack.len() + pushes as usize;
                self.s.stack.resize(len, Ty::OBJECT)?;
            }
            Op::CallFunction(args) => {
                self.objects(args.slots() as usize + 1, pc)?;
                self.push(Ty::OBJECT)?;
            }
            Op::CallMethod(args) => {
                self.objects(args.slots() as usize, pc)?;
                self.method(pc)?;
            }
            Op::CallFunctionVarKw(args) => {
                self.star_args(args.positional(), args.keyword(), pc)?;
                self.objects(1, pc)?;
                self.push(Ty::OBJECT)?;
            }
            Op::CallMethodVarKw(args) => {
                self.star_args(args.positional(), args.keyword(), pc)?;
                self.method(pc)?;
            }
            Op::UnwindJump(to, blocks) => {
                self.unwind(pc, to.0, blocks)?;
                return Ok(Then::Stop);
            }
            Op::Jump(to) => {
                self.edge(pc, to.0)?;
                return Ok(Then::Stop);
            }
            Op::PopJumpIfTrue(to) => self.branch(pc, to.0, true)?,
            Op::PopJumpIfFalse(to) => self.branch(pc, to.0, false)?,
            Op::JumpIfTrueOrPop(to) | Op::JumpIfFalseOrPop(to) => {
                let ty = self.pop_if(pc, Ty::is_object)?;
                self.push(ty.copied())?;
                self.edge(pc, to.0)?;
                self.pop(pc)?;
            }
            Op::SetupExcept(to) => self.set_up(pc, to.0, false)?,
            Op::SetupFinally(to) => self.set_up(pc, to.0, true)?,
            Op::SetupWith(to) => {
                self.objects(1, pc)?;
                self.push(Ty::OBJECT)?;
                self.push(Ty::MAYBE_NULL)?;
                self.set_up(pc, to.0, true)?;
                self.push(Ty::OBJECT)?;
            }
            Op::PopExceptJump(to) => {
                if self.block == NO_BLOCK {
                    return Err(Problem::Block(pc));
                }
                self.block = self.block(self.block).parent;
                self.edge(pc, to.0)?;
                return Ok(Then::Stop);
            }
            Op::ForIter(to) => self.for_iter(pc, to.0)?,
            Op::DupTop => {
                let top = *self.s.stack.last().ok_or(Problem::Underflow(pc))?;
                if top.testable().is_some() {
                    self.push(Ty::STATE_TOP)?;
                } else if top.is_object() {
                    self.push(top.copied())?;
                } else {
                    return Err(Problem::Value(pc));
                }
            }
            Op::DupTopTwo => {
                let [a, b] = *self
                    .s
                    .stack
                    .last_chunk::<2>()
                    .ok_or(Problem::Underflow(pc))?;
                if !a.is_object() || !b.is_object() {
                    return Err(Problem::Value(pc));
                }
                self.push(a.copied())?;
                self.push(b.copied())?;
            }
            Op::PopTop => {
                self.pop_if(pc, Ty::is_droppable)?;
            }
            Op::RotTwo => {
                let [a, b] = self.movable::<2>(pc)?;
                *a = core::mem::replace(b, *a);
                self.touched(low, pc, true)?;
            }
            Op::RotThree => {
                let [a, b, c] = self.movable::<3>(pc)?;
                (*a, *b, *c) = (*c, *a, *b);
                self.touched(low, pc, true)?;
            }
            Op::WithCleanup => {
                let state = self.pop_state(pc)?;
                self.pop_if(pc, Ty::is_object_or_null)?;
                self.objects(1, pc)?;
                self.touched(self.s.stack.len(), pc, false)?;
                self.push(state.after_cleanup())?;
                self.n_marks += state.may_be_mark() as u32;
            }
            Op::EndFinally => return self.end_finally(pc),
            Op::GetIterStack => {
                self.objects(1, pc)?;
                self.s.stack.extend_from_slice(&Ty::ITER)?;
            }
            Op::ReturnValue | Op::RaiseObj | Op::RaiseFrom => {
                self.objects(pops as usize, pc)?;
                return Ok(Then::Stop);
            }
            Op::RaiseLast => return Ok(Then::Stop),
            Op::YieldValue | Op::YieldFrom => {
                if !self.is_generator {
                    return Err(Problem::Yield(pc));
                }
                self.objects(pops as usize, pc)?;
                self.push(Ty::OBJECT)?;
            }
            Op::Binary(BinaryOp::ExceptionMatch) => self.exception_match(pc)?,
            Op::Binary(_) => {
                self.objects(2, pc)?;
                self.push(Ty::OBJECT)?;
            }
            // The decoder makes no markers.
            Op::Label(_) | Op::Line(_) => {}
        }
        Ok(Then::FallThrough)
    }

    fn build(&mut self, count: u32, made: Ty, pc: u32) -> Result<(), Problem> {
        self.objects(count as usize, pc)?;
        self.push(made)
    }

    /// Tuple or null and dict or null become a function.
    fn defaults(&mut self, pc: u32) -> Result<(), Problem> {
        self.pop_if(pc, |ty| ty.is_null_or(Ty::DICT))?;
        self.pop_if(pc, |ty| ty.is_null_or(Ty::TUPLE))?;
        self.push(Ty::OBJECT)
    }

    /// Self or null and a function become a result.
    fn method(&mut self, pc: u32) -> Result<(), Problem> {
        self.pop_if(pc, Ty::is_object_or_null)?;
        self.objects(1, pc)?;
        self.push(Ty::OBJECT)
    }

    fn star_args(&mut self, positional: u32, keyword: u32, pc: u32) -> Result<(), Problem> {
        // The bitmap.
        self.objects(1, pc)?;
        for _ in 0..keyword {
            self.objects(1, pc)?;
            self.pop_if(pc, Ty::is_object_or_null)?;
        }
        self.objects(positional as usize, pc)
    }

    fn store_comp(
        &mut self,
        kind: Option<CompKind>,
        depth: u32,
        pops: u32,
        pc: u32,
    ) -> Result<(), Problem> {
        let wanted = match kind {
            Some(CompKind::List) => Ty::LIST,
            Some(CompKind::Dict) => Ty::DICT,
            Some(CompKind::Set) => Ty::SET,
            None => return Err(Problem::Operand(pc)),
        };
        let stack = &self.s.stack;
        let above = stack
            .len()
            .checked_sub(depth as usize)
            .ok_or(Problem::Underflow(pc))?;
        let at = above.checked_sub(1).ok_or(Problem::Underflow(pc))?;
        // Slots above are counted, so none of them may be of unknown size; nor may the collection be popped.
        let sizes_known = stack
            .get(above..)
            .unwrap_or(&[])
            .iter()
            .all(|ty| !ty.may_be_mark());
        if stack.get(at) != Some(&wanted) || !sizes_known || depth < pops {
            return Err(Problem::Value(pc));
        }
        self.spend(depth as usize)?;
        self.objects(pops as usize, pc)
    }

    /// The top slots, which must be words that may move; tests lose their meaning by moving.
    fn movable<const N: usize>(&mut self, pc: u32) -> Result<&mut [Ty; N], Problem> {
        let top = self
            .s
            .stack
            .last_chunk_mut::<N>()
            .ok_or(Problem::Underflow(pc))?;
        if !top.iter().all(|ty| ty.is_movable()) {
            return Err(Problem::Value(pc));
        }
        for ty in top.iter_mut() {
            *ty = ty.copied();
        }
        Ok(top)
    }

    fn for_iter(&mut self, pc: u32, to: u32) -> Result<(), Problem> {
        let low = self
            .s
            .stack
            .len()
            .checked_sub(ITER_SLOTS as usize)
            .ok_or(Problem::Underflow(pc))?;
        self.touched(low, pc, false)?;
        self.pop_iter(pc)?;
        self.edge(pc, to)?;
        self.s.stack.extend_from_slice(&Ty::ITER)?;
        self.push(Ty::OBJECT)
    }

    pub(super) fn pop_iter(&mut self, pc: u32) -> Result<(), Problem> {
        let top = *self
            .s
            .stack
            .last_chunk::<4>()
            .ok_or(Problem::Underflow(pc))?;
        if top != Ty::ITER && top != Ty::RAW_ITER {
            return Err(Problem::Value(pc));
        }
        let len = self.s.stack.len() - top.len();
        self.s.stack.truncate(len);
        Ok(())
    }

    /// A conditional jump; one on the test of a finally state tells what the state is.
    fn branch(&mut self, pc: u32, to: u32, jumps_if: bool) -> Result<(), Problem> {
        let condition = self.pop_if(pc, Ty::is_object)?;
        if condition != Ty::STATE_TEST {
            return self.edge(pc, to);
        }
        let state = self.pop(pc)?;
        let block = state.testable().ok_or(Problem::Value(pc))?;
        self.n_marks -= 1;
        // Only one transfer at a time may be apart: halves of two must not be mixed.
        if self.is_apart(0) {
            return Err(Problem::Value(pc));
        }
        self.spend(self.s.stack.len())?;
        let exception: &[Ty] = &[Ty::EXC];
        let transfer: &[Ty] = &[Ty::data(block), Ty::marker(block)];
        let (jumping, staying) = if jumps_if {
            (exception, transfer)
        } else {
            (transfer, exception)
        };
        let len = self.s.stack.len();
        self.s.stack.extend_from_slice(jumping)?;
        self.edge(pc, to)?;
        self.s.stack.truncate(len);
        self.s.stack.extend_from_slice(staying)?;
        Ok(())
    }

    fn exception_match(&mut self, pc: u32) -> Result<(), Problem> {
        self.objects(1, pc)?;
        let left = self.pop_if(pc, Ty::is_object)?;
        if left != Ty::STATE_TOP {
            return self.push(Ty::OBJECT);
        }
        // What the interpreter goes by when it answers this one.
        let block = self.block(self.block);
        let is_running_finally = self.block != NO_BLOCK && block.is_finally && block.handler <= pc;
        let is_testable = self
            .s
            .stack
            .last()
            .is_some_and(|ty| ty.testable().is_some());
        if !is_running_finally || !is_testable {
            return Err(Problem::Block(pc));
        }
        self.push(Ty::STATE_TEST)
    }
}
