//! Built-in functions that are called by name: `len` of a list and `ord` of a character in place.
//!
//! What a global name is bound to is known when the function runs, so the code asks whether it is the built-in function
//! still, and calls whatever it is if not.
use ferlance_abi::fun_table::Fun;
use ferlance_abi::qstr::rom::ROM_COUNT;
use ferlance_abi::{Qstr, layout, obj_word, qstr};
use ferlance_bytecode::op::CallArgs;

use super::POINTER_BITS;
use super::{Done, Facts, Lowering};
use crate::nir::{Block, Cond, Op, Type, Vreg, Width};

/// A built-in function that is done in place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Builtin {
    Len,
    Ord,
}

impl Builtin {
    fn of(name: Qstr) -> Option<Builtin> {
        match name {
            name if name == qstr!("len") => Some(Builtin::Len),
            name if name == qstr!("ord") => Some(Builtin::Ord),
            _ => None,
        }
    }

    /// Where its object is.
    fn fun(self) -> Fun {
        match self {
            Builtin::Len => Fun::FunLen,
            Builtin::Ord => Fun::FunOrd,
        }
    }
}

impl Lowering<'_, '_> {
    /// Notes what the value of a global name most likely is.
    pub(super) fn note_builtin(&mut self, value: Vreg, name: Qstr) -> Done {
        let builtin = Builtin::of(name);
        if !self.has_room() || builtin.is_none() {
            return Ok(());
        }
        let facts = Facts {
            builtin,
            ..self.facts(value)
        };
        self.note(value, facts)
    }

    /// What stands `below` the top of the stack, if that is most likely a built-in function.
    pub(super) fn builtin_below(&mut self, below: u32) -> Done<Option<Builtin>> {
        if !self.has_room() {
            return Ok(None);
        }
        let function = self.peek_value(below)?;
        Ok(self.facts(function).builtin)
    }

    /// Calls what most likely is a built-in function of one argument.
    pub(super) fn call_builtin(&mut self, builtin: Builtin, args: CallArgs) -> Done {
        let (function, value) = (self.peek(1)?, self.peek(0)?);
        let (slow, join) = (self.b.cold_block()?, self.b.block()?);
        let result = self.b.param(join, Type::Obj)?;
        let wanted = self
            .b
            .number(Op::FunTableWord, Type::Obj, builtin.fun().slot() as i64)?;
        let is_it = self.b.block()?;
        self.b
            .branch(Cond::Eq, function, wanted, (is_it, &[]), (slow, &[]))?;
        self.b.enter(is_it)?;
        let number = match builtin {
            Builtin::Len => self.len_of_list(value, slow)?,
            Builtin::Ord => self.number_of_char(value, slow)?,
        };
        let object = self.int_of(number)?;
        self.b.jump(join, &[object])?;
        self.b.enter(slow)?;
        let other = self.aside(|this| this.called(args))?;
        self.b.jump(join, &[other])?;
        self.b.enter(join)?;
        self.push(result)
    }

    /// The length of a list; anything else goes to `slow`.
    fn len_of_list(&mut self, value: Vreg, slow: Block) -> Done<Vreg> {
        self.require(Cond::TestZero, value, POINTER_BITS, slow)?;
        self.require_type(value, Fun::TypeList, slow)?;
        let offset = layout::LIST_LEN as i64 * self.word();
        Ok(self.b.load(Type::Word, Width::Word, value, offset)?)
    }

    /// The number of a character that is a name; anything else goes to `slow`.
    fn number_of_char(&mut self, value: Vreg, slow: Block) -> Done<Vreg> {
        let tag = self.b.and(value, obj_word::TAG_MASK as i64)?;
        let (name, known) = (self.b.block()?, self.b.block()?);
        let is_name = obj_word::QSTR_TAG as i64;
        self.b
            .branch(Cond::Eq, tag, is_name, (name, &[]), (slow, &[]))?;
        self.b.enter(name)?;
        let number = self
            .b
            .binary(Op::Shr, value, i64::from(obj_word::TAG_BITS))?;
        self.require(Cond::BelowEq, number, ROM_COUNT as i64, slow)?;
        let slot = Fun::NameChars.slot() as i64;
        let chars = self.b.number(Op::FunTableWord, Type::Word, slot)?;
        let char = self
            .b
            .load_indexed(Type::Word, Width::U8, chars, Some(number), 0, 0)?;
        self.b
            .branch(Cond::Ne, char, 0, (known, &[]), (slow, &[]))?;
        self.b.enter(known)?;
        Ok(char)
    }
}
