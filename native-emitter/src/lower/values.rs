//! Values: the stack, constants, and what is known of each.
use ferlance_abi::fun_table::Fun;
use ferlance_abi::{Qstr, obj_word};
use ferlance_bytecode::bytes::Bytes;
use ferlance_bytecode::module::Const;
use ferlance_bytecode::op::ConstId;
use ferlance_collections::TryVec;

use super::{Done, LowerError, Lowering, builtins, kinds, numeric};
use crate::nir::{Op, Type, Vreg};

/// What is known of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Facts {
    /// The number of a small int constant; of a constant in a float register, its bits.
    pub(super) value: Option<i64>,
    /// Certainly a small int.
    pub(super) is_small: bool,
    /// Certainly True or False.
    pub(super) is_bool: bool,
    /// Certainly null.
    pub(super) is_null: bool,
    /// Most likely a float.
    pub(super) is_likely_float: bool,
    /// Most likely a small int.
    pub(super) is_likely_small: bool,
    /// Certainly a str that is a name.
    pub(super) is_name: bool,
    /// Certainly a container with such items.
    pub(super) items: Option<kinds::Items>,
    /// What a global name stands for unless the program has given it another meaning.
    pub(super) builtin: Option<builtins::Builtin>,
}

impl Lowering<'_, '_> {
    /// Pushes an object; in the numeric copy of a loop also a number.
    pub(super) fn push(&mut self, value: Vreg) -> Done {
        if self.is_numeric() {
            self.depth += 1;
            return self.write_stack(self.depth - 1, value);
        }
        let var = *self
            .stack
            .get(self.depth as usize)
            .ok_or(LowerError::BadCode)?;
        self.depth += 1;
        Ok(self.b.write_local(var, value)?)
    }

    pub(super) fn pop(&mut self) -> Done<Vreg> {
        let value = self.peek(0)?;
        self.depth -= 1;
        Ok(value)
    }

    /// As [`Lowering::pop`], but a number stays one.
    pub(super) fn pop_value(&mut self) -> Done<Vreg> {
        let value = self.peek_value(0)?;
        self.depth -= 1;
        Ok(value)
    }

    /// The object `below` the top.
    pub(super) fn peek(&mut self, below: u32) -> Done<Vreg> {
        let value = self.peek_value(below)?;
        self.object(value)
    }

    /// As [`Lowering::peek`], but a number stays one.
    pub(super) fn peek_value(&mut self, below: u32) -> Done<Vreg> {
        let at = self
            .depth
            .checked_sub(below + 1)
            .ok_or(LowerError::BadCode)?;
        if self.is_numeric() {
            return self.read_stack(at);
        }
        let var = *self.stack.get(at as usize).ok_or(LowerError::BadCode)?;
        let value = self.b.read_local(var)?;
        if self.counts_at(at) && self.facts(value).value.is_none() {
            let facts = Facts {
                is_small: true,
                ..Facts::default()
            };
            self.note(value, facts)?;
        }
        Ok(value)
    }

    /// Pops the top values, the deepest one first in the list.
    pub(super) fn pop_many(&mut self, count: u32) -> Done<TryVec<Vreg>> {
        let mut values = TryVec::with_capacity(count as usize)?;
        for below in (0..count).rev() {
            values.push(self.peek(below)?)?;
        }
        self.depth -= count;
        Ok(values)
    }

    pub(super) fn rot_two(&mut self) -> Done {
        let top = self.pop_value()?;
        let below = self.pop_value()?;
        self.push(top)?;
        self.push(below)
    }

    pub(super) fn facts(&self, value: Vreg) -> Facts {
        self.facts.get(value.index()).copied().unwrap_or_default()
    }

    pub(super) fn note(&mut self, value: Vreg, facts: Facts) -> Done {
        if self.facts.len() <= value.index() {
            self.facts.resize(value.index() + 1, Facts::default())?;
        }
        self.facts[value.index()] = facts;
        Ok(())
    }

    pub(super) fn small_int(&mut self, value: i64) -> Done<Vreg> {
        let bits = self.target.word_bits() - 1;
        if !ferlance_abi::small_int::fits(value, bits) {
            return Err(LowerError::BadCode);
        }
        let vreg = self.b.constant(Type::Obj, value << 1 | 1)?;
        let facts = Facts {
            value: Some(value),
            is_small: true,
            ..Facts::default()
        };
        self.note(vreg, facts)?;
        Ok(vreg)
    }

    pub(super) fn null(&mut self) -> Done<Vreg> {
        let null = self.b.constant(Type::Obj, obj_word::NULL as i64)?;
        let facts = Facts {
            is_null: true,
            ..Facts::default()
        };
        self.note(null, facts)?;
        Ok(null)
    }

    pub(super) fn none(&mut self) -> Done<Vreg> {
        self.fixed(Fun::ConstNone)
    }

    pub(super) fn fixed(&mut self, fun: Fun) -> Done<Vreg> {
        let word = match fun {
            Fun::ConstNone => Some(obj_word::NONE),
            Fun::ConstFalse => Some(obj_word::FALSE),
            Fun::ConstTrue => Some(obj_word::TRUE),
            _ => None,
        };
        let value = match word {
            // In this process the words are known.
            Some(word) if self.is_ours() => self.b.constant(Type::Obj, word as i64)?,
            _ => self
                .b
                .number(Op::FunTableWord, Type::Obj, fun.slot() as i64)?,
        };
        if matches!(fun, Fun::ConstTrue | Fun::ConstFalse) {
            let facts = Facts {
                is_bool: true,
                ..Facts::default()
            };
            self.note(value, facts)?;
        }
        Ok(value)
    }

    pub(super) fn name(&mut self, name: Qstr) -> Done<Vreg> {
        if self.is_ours() {
            return self
                .b
                .word(i64::from(name.number()))
                .map_err(LowerError::from);
        }
        Ok(self.b.nullary(Op::QstrNumber(name), Type::Word)?)
    }

    pub(super) fn const_obj(&mut self, id: ConstId) -> Done<Vreg> {
        let op = Op::ConstObj;
        Ok(self.b.number(op, Type::Obj, i64::from(id.0))?)
    }

    /// A text that only we know, as a str object.
    pub(super) fn text(&mut self, text: &'static str) -> Done<Vreg> {
        let object = Const::Str(Bytes::Borrowed(text.as_bytes()));
        let id = self.tables.consts.index_of(object)?;
        self.const_obj(id)
    }

    pub(super) fn is_float(&self, id: ConstId) -> bool {
        let object = self.tables.consts.consts().get(id.0 as usize);
        matches!(object, Some(Const::Float(_)))
    }

    pub(super) fn note_likely_float(&mut self, value: Vreg) -> Done {
        if !numeric::IS_HERE {
            return Ok(());
        }
        let facts = Facts {
            is_likely_float: true,
            ..self.facts(value)
        };
        self.note(value, facts)
    }

    /// The number of a float constant, where floats are numbers.
    pub(super) fn float_number(&self, id: ConstId) -> Option<i64> {
        if !self.is_numeric() {
            return None;
        }
        match self.tables.consts.consts().get(id.0 as usize)? {
            Const::Float(number) => Some(number.value.to_bits() as i64),
            _ => None,
        }
    }
}
