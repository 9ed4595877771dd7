//! Items of containers whose types are known where the loop begins.
use ferlance_abi::fun_table::Fun;
use ferlance_bytecode::op::Op as Bytecode;

use super::TAG_BITS;
use crate::lower::arith::SMALL;
use crate::lower::kinds::{Items, Kind};
use crate::lower::{Done, Facts, Lowering};
use crate::nir::{Block, Cond, Op, Type, Vreg, Width};

impl Lowering<'_, '_> {
    /// Goes to `other` unless `value` is a container with such items; null is none.
    pub(super) fn require_items(&mut self, value: Vreg, items: Items, other: Block) -> Done {
        self.require(Cond::TestZero, value, TAG_BITS, other)?;
        let (ty, letter) = match items {
            Items::Objects => (Fun::TypeList, None),
            Items::Bytes => (Fun::TypeBytearray, None),
            Items::Halves => (Fun::TypeArray, Some(b'h')),
            Items::Words => (Fun::TypeArray, Some(b'i')),
        };
        self.require_type(value, ty, other)?;
        let Some(letter) = letter else { return Ok(()) };
        let code = self.type_code(value)?;
        self.require(Cond::Eq, code, i64::from(letter), other)
    }

    /// Notes that a value is a container with such items.
    pub(super) fn note_items(&mut self, value: Vreg, items: Items) -> Done {
        let facts = Facts {
            items: Some(items),
            ..self.facts(value)
        };
        self.note(value, facts)
    }

    /// Is an op the load of an item at an index that is known to be a small int? It can be done again.
    pub(in crate::lower) fn is_known_load(&self, op: &Bytecode) -> bool {
        matches!(op, Bytecode::LoadSubscr)
            && matches!(self.kind_below(1), Kind::Items(_))
            && self.kind_below(0) == Kind::Small
    }

    /// Loads an item of a container of a known type, if it is one.
    pub(in crate::lower) fn load_known_item(&mut self) -> Done<bool> {
        let Some((items, base, index)) = self.known_item()? else {
            return Ok(false);
        };
        let (slow, join) = (self.b.cold_block()?, self.b.block()?);
        let value = self.b.param(join, Type::Obj)?;
        let (data, at) = self.place_within(base, index, slow)?;
        let (width, shift) = self.width_of(items);
        let (ty, is_object) = match items {
            Items::Objects => (Type::Obj, true),
            _ => (Type::Word, false),
        };
        let mut item = self.b.load_indexed(ty, width, data, Some(at), shift, 0)?;
        if !is_object {
            item = self.int_of(item)?;
        }
        self.b.jump(join, &[item])?;
        self.b.enter(slow)?;
        let other = self.aside(|this| this.load_any_item(base, index))?;
        self.b.jump(join, &[other])?;
        self.b.enter(join)?;
        if !is_object {
            self.note(value, SMALL)?;
        }
        self.depth -= 2;
        self.push(value)?;
        Ok(true)
    }

    /// Stores an item in a container of a known type, if it is one.
    pub(in crate::lower) fn store_known_item(&mut self) -> Done<bool> {
        let Some((items, base, index)) = self.known_item()? else {
            return Ok(false);
        };
        let value = self.peek(2)?;
        let facts = self.facts(value);
        if facts.is_null {
            return Ok(false);
        }
        let (slow, join) = (self.b.cold_block()?, self.b.block()?);
        let (width, shift) = self.width_of(items);
        if items != Items::Objects && !facts.is_small {
            self.require(Cond::TestNonZero, value, super::SMALL_TAG, slow)?;
        }
        let (data, at) = self.place_within(base, index, slow)?;
        let item = match items {
            Items::Objects => value,
            _ => self.b.binary(Op::Sar, value, 1)?,
        };
        self.b
            .store_indexed(width, data, Some(at), shift, 0, item)?;
        self.b.jump(join, &[])?;
        self.b.enter(slow)?;
        self.aside(|this| Ok(this.b.call_void(Fun::ObjSubscr, &[base, index, value])?))?;
        self.b.jump(join, &[])?;
        self.b.enter(join)?;
        self.depth -= 3;
        self.end_escape();
        Ok(true)
    }

    /// Container and index on the top of the stack, if the one is of a known type and the other a small int: if that is
    /// not known, it is that here.
    fn known_item(&mut self) -> Done<Option<(Items, Vreg, Vreg)>> {
        let Kind::Items(items) = self.kind_below(1) else {
            return Ok(None);
        };
        let index = self.peek_value(0)?;
        let facts = self.facts(index);
        if self.b.ty(index) != Type::Obj || facts.value.is_some_and(|value| value < 0) {
            return Ok(None);
        }
        if !facts.is_small {
            let escape = self.escape()?;
            self.require(Cond::TestNonZero, index, super::SMALL_TAG, escape)?;
        }
        Ok(Some((items, self.peek(1)?, index)))
    }

    /// How wide an item is, and the logarithm of that in bytes.
    fn width_of(&self, items: Items) -> (Width, u8) {
        let width = match items {
            Items::Objects => Width::Word,
            Items::Bytes => Width::U8,
            Items::Halves => Width::I16,
            Items::Words => Width::I32,
        };
        let bytes = width.bytes(self.target.word());
        (width, bytes.trailing_zeros() as u8)
    }
}
