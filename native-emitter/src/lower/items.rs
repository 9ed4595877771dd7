//! Items: of lists, bytearrays and arrays in place, of everything else by the runtime.
use ferlance_abi::fun_table::Fun;
use ferlance_abi::{layout, obj_word};

use super::{Done, Lowering};
use crate::nir::{Block, Cond, Op, Type, Vreg, Width};

impl Lowering<'_, '_> {
    pub(super) fn load_subscr(&mut self) -> Done {
        let index = self.pop()?;
        let base = self.pop()?;
        let load = |this: &mut Self| -> Done<Vreg> {
            let sentinel = this.b.constant(Type::Obj, obj_word::SENTINEL as i64)?;
            Ok(this.b.call(Fun::ObjSubscr, &[base, index, sentinel])?)
        };
        if self.is_small() || !self.may_index_list(index) {
            let value = load(self)?;
            return self.push(value);
        }
        let (slow, join) = (self.b.cold_block()?, self.b.block()?);
        let value = self.b.param(join, Type::Obj)?;
        let bytes = match self.is_cached() {
            true => self.b.block()?,
            false => slow,
        };
        let (items, at, shift) = self.list_item(base, index, slow, bytes)?;
        let item = self
            .b
            .load_indexed(Type::Obj, Width::Word, items, Some(at), shift, 0)?;
        self.b.jump(join, &[item])?;
        if self.is_cached() {
            self.b.enter(bytes)?;
            let (data, at) = self.byte_place(base, index, slow)?;
            let byte = self
                .b
                .load_indexed(Type::Word, Width::U8, data, Some(at), 0, 0)?;
            let byte = self.b.binary(Op::Shl, byte, 1)?;
            let byte = self.b.binary_to(Op::Add, Type::Obj, byte, 1)?;
            self.b.jump(join, &[byte])?;
        }
        self.b.enter(slow)?;
        let other = self.aside(load)?;
        self.b.jump(join, &[other])?;
        self.b.enter(join)?;
        self.push(value)
    }

    pub(super) fn store_subscr(&mut self) -> Done {
        let index = self.pop()?;
        let base = self.pop()?;
        let value = self.pop()?;
        let is_delete = self.facts(value).is_null;
        if self.is_small() || is_delete || !self.may_index_list(index) {
            self.b.call_void(Fun::ObjSubscr, &[base, index, value])?;
            return Ok(());
        }
        let (slow, join) = (self.b.cold_block()?, self.b.block()?);
        let bytes = match self.is_cached() {
            true => self.b.block()?,
            false => slow,
        };
        let (items, at, shift) = self.list_item(base, index, slow, bytes)?;
        self.b
            .store_indexed(Width::Word, items, Some(at), shift, 0, value)?;
        self.b.jump(join, &[])?;
        if self.is_cached() {
            self.b.enter(bytes)?;
            if !self.facts(value).is_small {
                self.require(Cond::TestNonZero, value, 1, slow)?;
            }
            let (data, at) = self.byte_place(base, index, slow)?;
            let byte = self.b.binary(Op::Sar, value, 1)?;
            self.b
                .store_indexed(Width::U8, data, Some(at), 0, 0, byte)?;
            self.b.jump(join, &[])?;
        }
        self.b.enter(slow)?;
        self.aside(|this| Ok(this.b.call_void(Fun::ObjSubscr, &[base, index, value])?))?;
        self.b.jump(join, &[])?;
        Ok(self.b.enter(join)?)
    }

    /// Negative constants are left to the runtime.
    fn may_index_list(&self, index: Vreg) -> bool {
        match self.facts(index).value {
            Some(value) => value >= 0,
            None => true,
        }
    }

    /// Items and place of a list's item; what is outside goes to `slow`, an object of another type to `other`.
    fn list_item(
        &mut self,
        base: Vreg,
        index: Vreg,
        slow: Block,
        other: Block,
    ) -> Done<(Vreg, Vreg, u8)> {
        let word = self.word();
        self.require(Cond::TestZero, base, 3, slow)?;
        let ty = self
            .b
            .load(Type::Word, Width::Word, base, layout::BASE_TYPE as i64)?;
        let list = self
            .b
            .number(Op::FunTableWord, Type::Word, Fun::TypeList.slot() as i64)?;
        let go_on = self.b.block()?;
        self.b
            .branch(Cond::Eq, ty, list, (go_on, &[]), (other, &[]))?;
        self.b.enter(go_on)?;
        if !self.facts(index).is_small {
            self.require(Cond::TestNonZero, index, 1, slow)?;
        }
        let at = self.b.binary(Op::Sar, index, 1)?;
        let len = self.b.load(
            Type::Word,
            Width::Word,
            base,
            layout::LIST_LEN as i64 * word,
        )?;
        let inside = self.b.block()?;
        self.b
            .branch(Cond::Below, at, len, (inside, &[]), (slow, &[]))?;
        self.b.enter(inside)?;
        let items = self.b.load(
            Type::Word,
            Width::Word,
            base,
            layout::LIST_ITEMS as i64 * word,
        )?;
        Ok((items, at, word.trailing_zeros() as u8))
    }

    /// Data and place of a bytearray's item; `base` is an object on the heap. Whatever is no bytearray, or outside,
    /// goes to `slow`.
    fn byte_place(&mut self, base: Vreg, index: Vreg, slow: Block) -> Done<(Vreg, Vreg)> {
        let word = self.word();
        let ty = self
            .b
            .load(Type::Word, Width::Word, base, layout::BASE_TYPE as i64)?;
        let slot = Fun::TypeBytearray.slot() as i64;
        let wanted = self.b.number(Op::FunTableWord, Type::Word, slot)?;
        let is_it = self.b.block()?;
        self.b
            .branch(Cond::Eq, ty, wanted, (is_it, &[]), (slow, &[]))?;
        self.b.enter(is_it)?;
        if !self.facts(index).is_small {
            self.require(Cond::TestNonZero, index, 1, slow)?;
        }
        let at = self.b.binary(Op::Sar, index, 1)?;
        let offset = layout::ARRAY_LEN as i64 * word;
        let len = self.b.load(Type::Word, Width::Word, base, offset)?;
        let inside = self.b.block()?;
        self.b
            .branch(Cond::Below, at, len, (inside, &[]), (slow, &[]))?;
        self.b.enter(inside)?;
        let offset = layout::ARRAY_ITEMS as i64 * word;
        let data = self.b.load(Type::Word, Width::Word, base, offset)?;
        Ok((data, at))
    }
}
