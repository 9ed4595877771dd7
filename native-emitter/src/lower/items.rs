//! Items: of lists, bytearrays and arrays in place, of everything else by the runtime.
use ferlance_abi::fun_table::Fun;
use ferlance_abi::{layout, obj_word};

use super::{Done, Facts, Lowering};
use crate::nir::{Block, Cond, Op, Type, Vreg, Width};

/// Items that are loaded in place, by type code: small ints where a word is longer.
const QUICK_LOADS: [(u8, Width); 2] = [(b'h', Width::I16), (b'i', Width::I32)];
/// What makes a letter one of lower case.
const IS_LOWER_CASE: i64 = 0x20;

impl Lowering<'_, '_> {
    pub(super) fn load_subscr(&mut self) -> Done {
        if self.load_known_item()? {
            return Ok(());
        }
        let index = self.pop()?;
        let base = self.pop()?;
        if self.is_small() || !self.may_index_list(index) {
            let value = self.load_any_item(base, index)?;
            return self.push(value);
        }
        let (slow, join) = (self.b.cold_block()?, self.b.block()?);
        let value = self.b.param(join, Type::Obj)?;
        if let Some(kind) = self.kind_of_base(base)? {
            self.load_known(kind, (base, index), slow, join)?;
            self.b.enter(slow)?;
            let other = self.aside(|this| this.load_any_item(base, index))?;
            self.b.jump(join, &[other])?;
            self.b.enter(join)?;
            let facts = Facts {
                is_likely_small: true,
                ..Facts::default()
            };
            self.note(value, facts)?;
            return self.push(value);
        }
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
            let arrays = self.other_arrays(slow)?;
            let (data, at) = self.item_place(Fun::TypeBytearray, base, index, slow, arrays)?;
            self.load_machine_int(Width::U8, data, at, join)?;
            if arrays != slow {
                self.b.enter(arrays)?;
                let (data, at) = self.item_place(Fun::TypeArray, base, index, slow, slow)?;
                let code = self.type_code(base)?;
                let word = self.target.word();
                for (letter, width) in QUICK_LOADS {
                    if width.bytes(word) >= word {
                        continue;
                    }
                    let (is_it, other) = (self.b.block()?, self.b.block()?);
                    let letter = i64::from(letter);
                    self.b
                        .branch(Cond::Eq, code, letter, (is_it, &[]), (other, &[]))?;
                    self.b.enter(is_it)?;
                    self.load_machine_int(width, data, at, join)?;
                    self.b.enter(other)?;
                }
                self.b.jump(slow, &[])?;
            }
        }
        self.b.enter(slow)?;
        let other = self.aside(|this| this.load_any_item(base, index))?;
        self.b.jump(join, &[other])?;
        self.b.enter(join)?;
        self.push(value)
    }

    /// An item of whatever it is, by the runtime.
    pub(super) fn load_any_item(&mut self, base: Vreg, index: Vreg) -> Done<Vreg> {
        let sentinel = self.b.constant(Type::Obj, obj_word::SENTINEL as i64)?;
        Ok(self.b.call(Fun::ObjSubscr, &[base, index, sentinel])?)
    }

    pub(super) fn store_subscr(&mut self) -> Done {
        if self.store_known_item()? {
            return Ok(());
        }
        let index = self.pop()?;
        let base = self.pop()?;
        let value = self.pop()?;
        let is_delete = self.facts(value).is_null;
        if self.is_small() || is_delete || !self.may_index_list(index) {
            self.b.call_void(Fun::ObjSubscr, &[base, index, value])?;
            return Ok(());
        }
        let (slow, join) = (self.b.cold_block()?, self.b.block()?);
        let call = |this: &mut Self| -> Done {
            Ok(this.b.call_void(Fun::ObjSubscr, &[base, index, value])?)
        };
        if let Some(kind) = self.kind_of_base(base)? {
            self.store_known(kind, (base, index, value), slow, join)?;
            self.b.enter(slow)?;
            self.aside(call)?;
            self.b.jump(join, &[])?;
            return Ok(self.b.enter(join)?);
        }
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
            let arrays = self.other_arrays(slow)?;
            let (data, at) = self.item_place(Fun::TypeBytearray, base, index, slow, arrays)?;
            let byte = self.b.binary(Op::Sar, value, 1)?;
            self.b
                .store_indexed(Width::U8, data, Some(at), 0, 0, byte)?;
            self.b.jump(join, &[])?;
            if arrays != slow {
                self.b.enter(arrays)?;
                let (data, at) = self.item_place(Fun::TypeArray, base, index, slow, slow)?;
                let code = self.type_code(base)?;
                let code = self.b.binary(Op::Or, code, IS_LOWER_CASE)?;
                self.require(Cond::Eq, code, i64::from(b'h'), slow)?;
                let number = self.b.binary(Op::Sar, value, 1)?;
                self.b
                    .store_indexed(Width::U16, data, Some(at), 1, 0, number)?;
                self.b.jump(join, &[])?;
            }
        }
        self.b.enter(slow)?;
        self.aside(call)?;
        self.b.jump(join, &[])?;
        Ok(self.b.enter(join)?)
    }

    /// Where arrays other than bytearrays are looked into: in loops a block of their own, elsewhere the slow one.
    fn other_arrays(&mut self, slow: Block) -> Done<Block> {
        match self.has_room() && self.loops.contains(self.at as usize) {
            true => Ok(self.b.block()?),
            false => Ok(slow),
        }
    }

    /// The type code of an array.
    pub(super) fn type_code(&mut self, base: Vreg) -> Done<Vreg> {
        let offset = layout::ARRAY_TYPECODE as i64 * self.word();
        Ok(self.b.load(Type::Word, Width::U8, base, offset)?)
    }

    /// Loads an integer of at most 32 bits, whose object goes to `join`.
    pub(super) fn load_machine_int(
        &mut self,
        width: Width,
        data: Vreg,
        at: Vreg,
        join: Block,
    ) -> Done {
        let shift = width.bytes(self.target.word()).trailing_zeros() as u8;
        let number = self
            .b
            .load_indexed(Type::Word, width, data, Some(at), shift, 0)?;
        let object = self.int_of(number)?;
        Ok(self.b.jump(join, &[object])?)
    }

    /// The object of a number that is a small int.
    pub(super) fn int_of(&mut self, number: Vreg) -> Done<Vreg> {
        let doubled = self.b.binary(Op::Shl, number, 1)?;
        Ok(self.b.binary_to(Op::Add, Type::Obj, doubled, 1)?)
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
        self.require(Cond::TestZero, base, 3, slow)?;
        let (items, at) = self.item_place(Fun::TypeList, base, index, slow, other)?;
        Ok((items, at, self.word().trailing_zeros() as u8))
    }

    /// Data and place of an item of a list or array; `base` is an object on the heap. What is outside goes to `slow`, an
    /// object of another type than `ty` to `other`.
    fn item_place(
        &mut self,
        ty: Fun,
        base: Vreg,
        index: Vreg,
        slow: Block,
        other: Block,
    ) -> Done<(Vreg, Vreg)> {
        self.require_type(base, ty, other)?;
        self.place_inside(base, index, slow)
    }

    /// The same of what is a list or an array.
    pub(super) fn place_inside(
        &mut self,
        base: Vreg,
        index: Vreg,
        slow: Block,
    ) -> Done<(Vreg, Vreg)> {
        if !self.facts(index).is_small {
            self.require(Cond::TestNonZero, index, 1, slow)?;
        }
        self.place_within(base, index, slow)
    }

    /// The same if the index is a small int, too.
    pub(super) fn place_within(
        &mut self,
        base: Vreg,
        index: Vreg,
        slow: Block,
    ) -> Done<(Vreg, Vreg)> {
        let at = self.b.binary(Op::Sar, index, 1)?;
        let data = self.data_within(base, at, slow)?;
        Ok((data, at))
    }

    /// The data of what is a list or an array, unless `place` is outside.
    pub(super) fn data_within(&mut self, base: Vreg, place: Vreg, slow: Block) -> Done<Vreg> {
        let word = self.word();
        let offset = layout::LIST_LEN as i64 * word;
        let len = self.b.load(Type::Word, Width::Word, base, offset)?;
        let inside = self.b.block()?;
        self.b
            .branch(Cond::Below, place, len, (inside, &[]), (slow, &[]))?;
        self.b.enter(inside)?;
        let offset = layout::LIST_ITEMS as i64 * word;
        Ok(self.b.load(Type::Word, Width::Word, base, offset)?)
    }

    /// Goes on if `base`, an object on the heap, is of the type `ty`, else at `other`.
    pub(super) fn require_type(&mut self, base: Vreg, ty: Fun, other: Block) -> Done {
        let found = self
            .b
            .load(Type::Word, Width::Word, base, layout::BASE_TYPE as i64)?;
        let wanted = self
            .b
            .number(Op::FunTableWord, Type::Word, ty.slot() as i64)?;
        let is_it = self.b.block()?;
        self.b
            .branch(Cond::Eq, found, wanted, (is_it, &[]), (other, &[]))?;
        Ok(self.b.enter(is_it)?)
    }
}
