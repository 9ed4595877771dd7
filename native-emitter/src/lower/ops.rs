//! What each op of bytecode becomes.
use ferlance_abi::Qstr;
use ferlance_abi::fun_table::Fun;
use ferlance_bytecode::op::{Comp, CompKind, Op};
use ferlance_collections::TryVec;

use super::{Done, Facts, LowerError, Lowering, flow};
use crate::nir::{Type, Vreg};

/// May an op be done again, with what was before it? Operators say so themselves.
pub(super) fn keeps_escape(op: &Op) -> bool {
    matches!(
        op,
        Op::Line(_)
            | Op::LoadFast(_)
            | Op::LoadConstSmallInt(_)
            | Op::LoadConstObj(_)
            | Op::DupTop
            | Op::DupTopTwo
            | Op::RotTwo
            | Op::RotThree
            | Op::Unary(_)
            | Op::Binary(_)
    )
}

impl Lowering<'_, '_> {
    /// Lowers the op at hand; says how many ops that covered.
    pub(super) fn op(&mut self, op: Op) -> Done<usize> {
        match op {
            Op::Label(_) => {}
            Op::Line(line) => self.b.line(line)?,
            Op::LoadConstString(name) => {
                let value = self.name_obj(name)?;
                if self.has_room() {
                    let facts = Facts {
                        is_name: true,
                        ..Facts::default()
                    };
                    self.note(value, facts)?;
                }
                self.push(value)?;
            }
            Op::LoadConstSmallInt(value) => {
                let value = self.small_int(self.code.int_value(value))?;
                self.push(value)?;
            }
            Op::LoadConstObj(id) => {
                let value = match self.float_number(id) {
                    Some(bits) => self.float_const(bits)?,
                    None => self.const_obj(id)?,
                };
                if self.is_float(id) {
                    self.note_likely_float(value)?;
                }
                self.note_wide_const(value, id)?;
                self.push(value)?;
            }
            Op::LoadConstFalse => {
                let value = self.fixed(Fun::ConstFalse)?;
                self.push(value)?;
            }
            Op::LoadConstNone => {
                let value = self.none()?;
                self.push(value)?;
            }
            Op::LoadConstTrue => {
                let value = self.fixed(Fun::ConstTrue)?;
                self.push(value)?;
            }
            Op::LoadNull => {
                let value = self.null()?;
                self.push(value)?;
            }
            Op::LoadFast(local) => {
                let value = self.read_local(local)?;
                if self.unbound.contains(self.at as usize) && self.b.ty(value) == Type::Obj {
                    self.check_bound(value)?;
                }
                self.push(value)?;
            }
            Op::StoreFast(local) => {
                let value = self.pop_value()?;
                self.store_local(local, value)?;
            }
            Op::DeleteFast(local) => {
                if self.unbound.contains(self.at as usize) {
                    let value = self.read_local(local)?;
                    if self.b.ty(value) == Type::Obj {
                        self.check_bound(value)?;
                    }
                }
                let null = self.null()?;
                self.store_local(local, null)?;
            }
            Op::LoadDeref(local) => {
                let (_, value) = self.cell_value(local)?;
                self.push(value)?;
            }
            Op::StoreDeref(local) => {
                let value = self.pop()?;
                let var = self.local(local)?;
                let cell = self.b.read_local(var)?;
                self.store_cell(cell, value)?;
            }
            Op::DeleteDeref(local) => {
                let (cell, _) = self.cell_value(local)?;
                let null = self.null()?;
                self.store_cell(cell, null)?;
            }
            Op::LoadName(name) => self.load_named(Fun::LoadName, name)?,
            Op::LoadGlobal(name) => self.load_global(name)?,
            Op::StoreName(name) => self.store_named(Fun::StoreName, name)?,
            Op::StoreGlobal(name) => self.store_named(Fun::StoreGlobal, name)?,
            Op::DeleteName(name) => {
                let name = self.name(name)?;
                self.b.call_void(Fun::DeleteName, &[name])?;
            }
            Op::DeleteGlobal(name) => {
                let name = self.name(name)?;
                self.b.call_void(Fun::DeleteGlobal, &[name])?;
            }
            Op::LoadAttr(name) => {
                let base = self.pop()?;
                let value = self.load_attr(base, name)?;
                self.push(value)?;
            }
            Op::StoreAttr(name) => {
                let base = self.pop()?;
                let value = self.pop()?;
                self.store_attr(base, name, value)?;
            }
            Op::LoadMethod(name) => self.load_method(name)?,
            Op::LoadSuperMethod(name) => self.load_super_method(name)?,
            Op::ImportName(name) => {
                let fromlist = self.pop()?;
                let level = self.pop()?;
                let name = self.name(name)?;
                let value = self.b.call(Fun::ImportName, &[name, fromlist, level])?;
                self.push(value)?;
            }
            Op::ImportFrom(name) => {
                let module = self.peek(0)?;
                let name = self.name(name)?;
                let value = self.b.call(Fun::ImportFrom, &[module, name])?;
                self.push(value)?;
            }
            Op::ImportStar => {
                let module = self.pop()?;
                self.b.call_void(Fun::ImportAll, &[module])?;
            }
            Op::MakeFunction(child) => self.make_function(child, false)?,
            Op::MakeFunctionDefargs(child) => self.make_function(child, true)?,
            Op::MakeClosure(child, cells) => self.make_closure(child, cells, false)?,
            Op::MakeClosureDefargs(child, cells) => self.make_closure(child, cells, true)?,
            Op::LoadBuildClass => {
                let value = self.b.call(Fun::LoadBuildClass, &[])?;
                self.push(value)?;
            }
            Op::BuildTuple(count) => self.build(Fun::NewTuple, count)?,
            Op::BuildList(count) => self.build(Fun::NewList, count)?,
            Op::BuildSet(count) => self.build(Fun::NewSet, count)?,
            Op::BuildMap(count) => {
                let count = self.b.word(i64::from(count))?;
                let value = self.b.call(Fun::NewDict, &[count])?;
                self.push(value)?;
            }
            Op::BuildSlice(count) => {
                let step = match count {
                    3 => self.pop()?,
                    _ => self.none()?,
                };
                let stop = self.pop()?;
                let start = self.pop()?;
                let value = self.b.call(Fun::NewSlice, &[start, stop, step])?;
                self.push(value)?;
            }
            Op::StoreComp(comp) => self.store_comp(comp)?,
            Op::StoreMap => {
                let key = self.pop()?;
                let value = self.pop()?;
                let dict = self.peek(0)?;
                self.b.call_void(Fun::DictStore, &[dict, key, value])?;
            }
            Op::UnpackSequence(count) => {
                let sequence = self.pop()?;
                let n = self.b.word(i64::from(count))?;
                self.unpack(Fun::UnpackSequence, sequence, n, count)?;
            }
            Op::UnpackEx(counts) => {
                let sequence = self.pop()?;
                let n = self.b.word(i64::from(counts.0))?;
                let count = counts.left() + counts.right() + 1;
                self.unpack(Fun::UnpackEx, sequence, n, count)?;
            }
            Op::LoadSubscr if self.load_wide_item()? => {}
            Op::LoadSubscr => self.load_subscr()?,
            Op::StoreSubscr => self.store_subscr()?,
            Op::CallFunction(args) => self.call_function(args)?,
            Op::CallMethod(args) => self.call_method(args)?,
            Op::CallFunctionVarKw(args) => self.call_star(args, false)?,
            Op::CallMethodVarKw(args) => self.call_star(args, true)?,
            Op::DupTop => {
                let top = self.peek_value(0)?;
                self.push(top)?;
            }
            Op::DupTopTwo => {
                let (below, top) = (self.peek_value(1)?, self.peek_value(0)?);
                self.push(below)?;
                self.push(top)?;
            }
            Op::PopTop => {
                self.pop_value()?;
            }
            Op::RotTwo => self.rot_two()?,
            Op::RotThree => {
                let top = self.pop_value()?;
                let (one, two) = (self.pop_value()?, self.pop_value()?);
                self.push(top)?;
                self.push(two)?;
                self.push(one)?;
            }
            Op::Unary(op) => return self.unary(op),
            Op::Binary(op) => return self.binary(op),
            Op::Jump(to) => self.go_to(to)?,
            Op::PopJumpIfTrue(to) => self.pop_jump_if(to, true)?,
            Op::PopJumpIfFalse(to) => self.pop_jump_if(to, false)?,
            Op::JumpIfTrueOrPop(to) => self.jump_if_or_pop(to, true)?,
            Op::JumpIfFalseOrPop(to) => self.jump_if_or_pop(to, false)?,
            Op::GetIter => {
                let value = self.pop()?;
                let null = self.b.word(0)?;
                let iter = self.b.call(Fun::GetIter, &[value, null])?;
                self.push(iter)?;
            }
            Op::GetIterStack => self.get_iter_stack()?,
            Op::ForIter(to) => self.for_iter(to)?,
            Op::SetupExcept(_) | Op::SetupFinally(_) => self.set_up_block()?,
            Op::SetupWith(_) => self.set_up_with()?,
            Op::PopExceptJump(to) => {
                let outer = self.block.and_then(|id| self.flow.blocks[id].outer);
                self.tell_handled(outer)?;
                self.go_to(to)?;
            }
            Op::WithCleanup => self.with_cleanup()?,
            Op::EndFinally => self.end_finally()?,
            Op::UnwindJump(to, left) => {
                self.leave_blocks(flow::Cont::Jump { to, left }, None)?;
            }
            Op::ReturnValue => {
                let value = self.pop()?;
                self.leave_blocks(flow::Cont::Return, Some(value))?;
            }
            Op::RaiseObj => {
                let value = self.pop()?;
                self.raise_obj(value)?;
            }
            Op::RaiseFrom => {
                // The cause has been evaluated; all that the runtime makes of it is a warning, for which stock has no entry.
                let cause = self.pop()?;
                let value = self.pop()?;
                if self.is_ours() {
                    self.b.call_void(Fun::WarnCause, &[cause])?;
                }
                self.raise_obj(value)?;
            }
            Op::RaiseLast => self.raise_last()?,
            Op::YieldValue => self.yield_value()?,
            Op::YieldFrom => self.yield_from()?,
        }
        Ok(1)
    }

    pub(super) fn load_named(&mut self, fun: Fun, name: Qstr) -> Done {
        let name = self.name(name)?;
        let value = self.b.call(fun, &[name])?;
        self.push(value)
    }

    pub(super) fn store_named(&mut self, fun: Fun, name: Qstr) -> Done {
        let value = self.pop()?;
        let name = self.name(name)?;
        Ok(self.b.call_void(fun, &[name, value])?)
    }

    pub(super) fn build(&mut self, fun: Fun, count: u32) -> Done {
        let items = self.pop_many(count)?;
        let area = self.area(&items)?;
        let count = self.b.word(i64::from(count))?;
        let value = self.b.call(fun, &[count, area])?;
        self.push(value)
    }

    pub(super) fn unpack(&mut self, fun: Fun, sequence: Vreg, n: Vreg, count: u32) -> Done {
        let area = self.area_of(count)?;
        self.b.call_void(fun, &[sequence, n, area])?;
        // The last item comes first, and the first one ends up on top.
        let mut items = TryVec::with_capacity(count as usize)?;
        for at in 0..count {
            items.push(self.area_word(at)?)?;
        }
        for item in items {
            self.push(item)?;
        }
        Ok(())
    }

    pub(super) fn store_comp(&mut self, comp: Comp) -> Done {
        let collection = self.peek(comp.depth())?;
        let top = self.pop()?;
        match comp.kind().ok_or(LowerError::BadCode)? {
            CompKind::List => self.b.call_void(Fun::ListAppend, &[collection, top])?,
            CompKind::Set => self.b.call_void(Fun::SetStore, &[collection, top])?,
            CompKind::Dict => {
                let value = self.pop()?;
                self.b
                    .call_void(Fun::DictStore, &[collection, top, value])?;
            }
        }
        Ok(())
    }
}
