//! Floats: tests for them, the numbers in them, and memory for those while something is called.
use ferlance_abi::fun_table::Fun;
use ferlance_abi::layout;
use ferlance_collections::TryVec;

use super::{Aside, IS_HERE, SMALL_TAG, TAG_BITS};
use crate::lower::flow::LowerError;
use crate::lower::{Done, Facts, Lowering};
use crate::nir::{Block, Cond, Op, Slot, Type, Vreg, Width};

impl Lowering<'_, '_> {
    /// Goes to `other` unless `value` is a float; null is none.
    pub(in crate::lower) fn require_float(&mut self, value: Vreg, other: Block) -> Done {
        self.require(Cond::TestZero, value, TAG_BITS, other)?;
        self.require_float_pointer(value, other)
    }

    /// Goes to `other` unless the object at `value` is a float.
    pub(super) fn require_float_pointer(&mut self, value: Vreg, other: Block) -> Done {
        let float = self
            .b
            .number(Op::FunTableWord, Type::Word, Fun::TypeFloat.slot() as i64)?;
        let ty = self.b.load(Type::Word, Width::Word, value, 0)?;
        let go_on = self.b.block()?;
        self.b
            .branch(Cond::Eq, ty, float, (go_on, &[]), (other, &[]))?;
        Ok(self.b.enter(go_on)?)
    }

    /// The number in a float.
    pub(in crate::lower) fn float_value(&mut self, value: Vreg) -> Done<Vreg> {
        let offset = layout::FLOAT_VALUE as i64 * self.word();
        Ok(self.b.load(Type::F64, Width::F64, value, offset)?)
    }

    /// A value as a float; what is no number goes to `other`.
    pub(in crate::lower) fn number(&mut self, value: Vreg, other: Option<Block>) -> Done<Vreg> {
        if self.b.ty(value) == Type::F64 {
            return Ok(value);
        }
        let facts = self.facts(value);
        if let Some(value) = facts.value {
            return self.float_const((value as f64).to_bits() as i64);
        }
        if facts.is_small {
            return self.float_of_small(value);
        }
        let other = other.ok_or(LowerError::BadCode)?;
        let (small, object) = (self.b.block()?, self.b.block()?);
        let join = self.b.block()?;
        let number = self.b.param(join, Type::F64)?;
        self.b.branch(
            Cond::TestNonZero,
            value,
            SMALL_TAG,
            (small, &[]),
            (object, &[]),
        )?;
        self.b.enter(small)?;
        let converted = self.float_of_small(value)?;
        self.b.jump(join, &[converted])?;
        self.b.enter(object)?;
        self.require_float(value, other)?;
        let loaded = self.float_value(value)?;
        self.b.jump(join, &[loaded])?;
        self.b.enter(join)?;
        Ok(number)
    }

    fn float_of_small(&mut self, value: Vreg) -> Done<Vreg> {
        let word = self.b.binary(Op::Sar, value, 1)?;
        Ok(self.b.unary(Op::FloatOfInt, Type::F64, word)?)
    }

    /// A float known now.
    pub(in crate::lower) fn float_const(&mut self, bits: i64) -> Done<Vreg> {
        let value = self.b.float(Type::F64, bits)?;
        let facts = Facts {
            value: Some(bits),
            ..Facts::default()
        };
        self.note(value, facts)?;
        Ok(value)
    }

    // Floats in memory: registers do not survive calls, and a value that a rare call finds in one would be kept in
    // memory everywhere.

    pub(super) fn float_area(&mut self, words: u32) -> Done<Slot> {
        self.floats.words = self.floats.words.max(words);
        if let Some(area) = self.floats.area {
            return Ok(area);
        }
        let area = self.b.slot(1)?;
        self.floats.area = Some(area);
        Ok(area)
    }

    /// The memory that the function needs for floats.
    pub(in crate::lower) fn float_slot(&self) -> Option<(Slot, u32)> {
        self.floats.area.map(|area| (area, self.floats.words))
    }

    pub(super) fn put_floats(&mut self, places: &[usize]) -> Done<Aside> {
        let mut aside = TryVec::with_capacity(places.len())?;
        let area = self.float_area(places.len() as u32)?;
        for (at, place) in places.iter().enumerate() {
            let var = self.number_var(*place)?;
            let value = self.b.read_local(var)?;
            let offset = at as i64 * self.word();
            self.b.slot_store(area, offset, value)?;
            aside.push((*place, offset))?;
        }
        Ok(aside)
    }

    pub(super) fn take_float(&mut self, offset: i64) -> Done<Vreg> {
        let area = self.float_area(0)?;
        Ok(self.b.slot_load(Type::F64, area, offset)?)
    }

    /// Does something with calls that is rarely done: floats are in memory meanwhile.
    pub(in crate::lower) fn aside<T>(
        &mut self,
        call: impl FnOnce(&mut Self) -> Done<T>,
    ) -> Done<T> {
        let live = match &self.numeric {
            Some(numeric) if IS_HERE => self.live_before(numeric.at as usize),
            _ => return call(self),
        };
        let places = self.live_floats(live, self.depth)?;
        if places.is_empty() {
            return call(self);
        }
        let aside = self.put_floats(&places)?;
        let result = call(self)?;
        for (place, offset) in &aside {
            let value = self.take_float(*offset)?;
            let var = self.number_var(*place)?;
            self.b.write_local(var, value)?;
        }
        Ok(result)
    }
}
