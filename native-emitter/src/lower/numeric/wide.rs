//! Ints of 32 bits without a sign, in code for firmware whose small ints have 31 bits with one.
//!
//! Checksums, hashes and random numbers are such ints, and each operator on them would be a call of the runtime that makes
//! a big int. Functions with a constant of that size have numeric copies of their loops in which such ints are words:
//!
//! ```text
//! & | ^ >>         of words are words; with a small constant that is not negative, & gives a small int
//! < == and truth   are those of words without a sign
//! item             of a bytearray or an array of 'I' or 'i' is a word where it meets one, without an object in between
//! anything else    takes an object: a small int, or one that the runtime makes of the word
//! ```
//!
//! A small int becomes a word if it is not negative; what is neither escapes. A big int becomes one only on the way to a label
//! that wants it, as a loop does where it is entered: what the runtime's conversion has left of it must be equal to it.
use ferlance_abi::fun_table::Fun;
use ferlance_abi::{BinaryOp, NativeType, layout};
use ferlance_bytecode::op::{ConstId, Op as Bytecode};

use super::{IS_HERE, SMALL_TAG, TAG_BITS};
use crate::lower::arith::{SMALL, comparison};
use crate::lower::containers::{BYTEARRAY, INTS, LIST, WORDS};
use crate::lower::flow::LowerError;
use crate::lower::kinds::{Class, Kind};
use crate::lower::region::wide_number;
use crate::lower::{Done, Lowering};
use crate::nir::{Block, Cond, Op, Type, Vreg, Width};

/// Longer loops have no such copy: files for any firmware are short.
pub(super) const MAX_WIDE_OPS: usize = 200;
const MAX_SMALL: i64 = (1 << 30) - 1;

impl Lowering<'_, '_> {
    /// Does the function look like one that computes with such ints? Has it such a constant?
    pub(in crate::lower) fn computes_wide(&self) -> bool {
        IS_HERE
            && !self.is_ours()
            && self.word() == 4
            && !self.target.small
            && self.pieces.is_none()
            && self.wide_const_of_code().is_some()
    }

    /// Do numeric copies of loops keep such ints in words?
    #[inline(always)]
    pub(in crate::lower) fn is_wide(&self) -> bool {
        IS_HERE && self.wide_likely
    }

    fn wide_const_of_code(&self) -> Option<ConstId> {
        self.code.ops().iter().find_map(|op| match *op {
            Bytecode::LoadConstObj(id) if self.wide_const_number(id).is_some() => Some(id),
            _ => None,
        })
    }

    fn wide_const_number(&self, id: ConstId) -> Option<u32> {
        wide_number(self.tables.consts.consts().get(id.0 as usize)?)
    }

    /// Notes what a constant is.
    pub(in crate::lower) fn note_wide_const(&mut self, value: Vreg, id: ConstId) -> Done {
        if self.is_wide()
            && let Some(number) = self.wide_const_number(id)
        {
            self.wide.push((value, Some(number)))?;
        }
        Ok(())
    }

    /// Notes what an operator has most likely given.
    pub(in crate::lower) fn note_likely_wide(
        &mut self,
        op: BinaryOp,
        [l, r]: [Vreg; 2],
        value: Vreg,
    ) -> Done {
        let has_wide = self.is_wide() && (self.is_likely_wide(l) || self.is_likely_wide(r));
        if has_wide && Class::of(op) == Class::Bits {
            self.wide.push((value, None))?;
        }
        Ok(())
    }

    pub(super) fn is_likely_wide(&self, value: Vreg) -> bool {
        self.wide.iter().any(|(wide, _)| *wide == value)
    }

    /// The number of an object that is such a constant.
    pub(super) fn wide_const(&self, value: Vreg) -> Option<u32> {
        let known = self.wide.iter().find(|(wide, _)| *wide == value);
        known.and_then(|(_, number)| *number)
    }

    // Between objects and words.

    /// The object of a word.
    pub(super) fn box_wide(&mut self, word: Vreg) -> Done<Vreg> {
        let (small, large) = (self.b.block()?, self.b.cold_block()?);
        let join = self.b.block()?;
        let object = self.b.param(join, Type::Obj)?;
        self.b
            .branch(Cond::BelowEq, word, MAX_SMALL, (small, &[]), (large, &[]))?;
        self.b.enter(small)?;
        let value = self.int_of(word)?;
        self.b.jump(join, &[value])?;
        self.b.enter(large)?;
        let value = self.box_by_call(word)?;
        self.b.jump(join, &[value])?;
        self.b.enter(join)?;
        Ok(object)
    }

    /// The same where it is seldom done.
    pub(super) fn box_by_call(&mut self, word: Vreg) -> Done<Vreg> {
        let ty = self.b.word(i64::from(NativeType::Uint.number()))?;
        Ok(self.b.call(Fun::NativeToObj, &[word, ty])?)
    }

    /// The word of any object, perhaps null; what is no such int goes to `other`.
    pub(super) fn require_wide(&mut self, value: Vreg, is_small: bool, other: Block) -> Done<Vreg> {
        if let Some(number) = self.wide_const(value) {
            return self.wide_word(number);
        }
        if is_small || self.facts(value).is_small {
            self.require(Cond::Ge, value, 0, other)?;
            return Ok(self.b.binary(Op::Sar, value, 1)?);
        }
        let (small, object) = (self.b.block()?, self.b.cold_block()?);
        let join = self.b.block()?;
        let word = self.b.param(join, Type::Word)?;
        self.b.branch(
            Cond::TestNonZero,
            value,
            SMALL_TAG,
            (small, &[]),
            (object, &[]),
        )?;
        self.b.enter(small)?;
        self.require(Cond::Ge, value, 0, other)?;
        let number = self.b.binary(Op::Sar, value, 1)?;
        self.b.jump(join, &[number])?;

        self.b.enter(object)?;
        self.require(Cond::Ne, value, 0, other)?;
        self.require(Cond::TestZero, value, TAG_BITS, other)?;
        let id = self.wide_const_of_code().ok_or(LowerError::BadCode)?;
        let int = self.const_obj(id)?;
        let type_of = layout::BASE_TYPE as i64;
        let wanted = self.b.load(Type::Word, Width::Word, int, type_of)?;
        let found = self.b.load(Type::Word, Width::Word, value, type_of)?;
        let is_int = self.b.block()?;
        self.b
            .branch(Cond::Eq, found, wanted, (is_int, &[]), (other, &[]))?;
        self.b.enter(is_int)?;
        let ty = self.b.word(i64::from(NativeType::Uint.number()))?;
        let number = self.b.call(Fun::NativeFromObj, &[value, ty])?;
        let back = self.box_by_call(number)?;
        let same = self.ask_binary(BinaryOp::Equal, value, back)?;
        let truth = self.fixed(Fun::ConstTrue)?;
        let fits = self.b.block()?;
        self.b
            .branch(Cond::Eq, same, truth, (fits, &[]), (other, &[]))?;
        self.b.enter(fits)?;
        self.b.jump(join, &[number])?;
        self.b.enter(join)?;
        Ok(word)
    }

    /// A word as instructions have it.
    pub(super) fn wide_word(&mut self, number: u32) -> Done<Vreg> {
        Ok(self.b.word(i64::from(number as i32))?)
    }

    /// An operand as a word, a small int as one with its sign if it may have one; what is neither escapes.
    fn wide_operand(&mut self, below: u32, may_be_negative: bool) -> Done<Vreg> {
        let value = self.peek_value(below)?;
        if self.b.ty(value) == Type::Word {
            return Ok(value);
        }
        if let Some(number) = self.wide_const(value) {
            return self.wide_word(number);
        }
        let facts = self.facts(value);
        if let Some(number) = facts.value
            && (may_be_negative || number >= 0)
        {
            return Ok(self.b.word(number)?);
        }
        if !facts.is_small {
            let escape = self.escape()?;
            self.require(Cond::TestNonZero, value, SMALL_TAG, escape)?;
        }
        if !may_be_negative {
            let escape = self.escape()?;
            self.require(Cond::Ge, value, 0, escape)?;
        }
        Ok(self.b.binary(Op::Sar, value, 1)?)
    }

    /// Is the value `below` the top certainly not negative?
    fn has_no_sign(&mut self, below: u32) -> Done<bool> {
        let value = self.peek_value(below)?;
        Ok(self.b.ty(value) == Type::Word
            || self.wide_const(value).is_some()
            || self.facts(value).value.is_some_and(|number| number >= 0))
    }

    // Operators.

    /// An operator of a copy with wide ints: how many ops that covered. `None` if it is left to the others.
    pub(super) fn wide_binary(&mut self, op: BinaryOp) -> Done<Option<usize>> {
        let at = self.at as usize;
        let numeric = self.numeric.as_ref().ok_or(LowerError::BadCode)?;
        if numeric.region.wide.contains(at)
            && let Some(ops) = self.on_words(op)?
        {
            return Ok(Some(ops));
        }
        let both = self.kind_below(1) == Kind::Small && self.kind_below(0) == Kind::Small;
        match Class::of(op) {
            Class::Sum | Class::Remainder | Class::Bits if both => return self.small_op(op),
            Class::Other if op == BinaryOp::Is => self.share_object()?,
            _ => {}
        }
        self.end_escape();
        Ok(None)
    }

    fn on_words(&mut self, op: BinaryOp) -> Done<Option<usize>> {
        let right = self.peek_value(0)?;
        let constant = self.facts(right).value;
        if let Some(cond) = comparison(op) {
            return self.order_of_words(cond).map(Some);
        }
        let word = match op {
            BinaryOp::And | BinaryOp::InplaceAnd => {
                let [l_has_none, r_has_none] = [self.has_no_sign(1)?, self.has_no_sign(0)?];
                let l = self.wide_operand(1, r_has_none)?;
                let r = self.wide_operand(0, l_has_none)?;
                let word = self.b.and(l, r)?;
                if constant.is_some_and(|number| number >= 0) {
                    let value = self.int_of(word)?;
                    self.note(value, SMALL)?;
                    value
                } else {
                    word
                }
            }
            BinaryOp::Or | BinaryOp::InplaceOr | BinaryOp::Xor | BinaryOp::InplaceXor => {
                let (l, r) = (self.wide_operand(1, false)?, self.wide_operand(0, false)?);
                match op {
                    BinaryOp::Or | BinaryOp::InplaceOr => self.b.binary(Op::Or, l, r)?,
                    _ => self.b.binary(Op::Xor, l, r)?,
                }
            }
            BinaryOp::ShiftRight | BinaryOp::InplaceShiftRight => {
                let l = self.wide_operand(1, false)?;
                match constant {
                    Some(count @ 0..32) => self.b.binary(Op::Shr, l, count)?,
                    Some(_) => return Ok(None),
                    None => {
                        let count = self.wide_operand(0, true)?;
                        let escape = self.escape()?;
                        self.require(Cond::BelowEq, count, 31, escape)?;
                        self.b.binary(Op::Shr, l, count)?
                    }
                }
            }
            _ => return Ok(None),
        };
        self.depth -= 2;
        self.push(word)?;
        Ok(Some(1))
    }

    fn order_of_words(&mut self, cond: Cond) -> Done<usize> {
        let (l, r) = (self.wide_operand(1, false)?, self.wide_operand(0, false)?);
        let cond = match cond {
            Cond::Lt => Cond::Below,
            Cond::Le => Cond::BelowEq,
            Cond::Gt => Cond::Above,
            Cond::Ge => Cond::AboveEq,
            cond => cond,
        };
        self.depth -= 2;
        if let Some((to, when)) = self.jump_behind() {
            self.at += 1;
            self.jump_on(to, when, |this, yes, no| {
                Ok(this.b.branch(cond, l, r, (yes, &[]), (no, &[]))?)
            })?;
            return Ok(2);
        }
        let value = self.bool_of(cond, l, r)?;
        self.push(value)?;
        Ok(1)
    }

    // Items.

    /// Loads an item as a word, if it is wanted as one and the container's kind is known.
    pub(in crate::lower) fn load_wide_item(&mut self) -> Done<bool> {
        let at = self.at as usize;
        if !self.is_wide() {
            return Ok(false);
        }
        let Some(numeric) = &self.numeric else {
            return Ok(false);
        };
        let is_last = matches!(self.code.ops().get(at + 1), None | Some(Bytecode::Label(_)));
        if is_last || !numeric.region.wide.contains(at) {
            return Ok(false);
        }
        let (base, index) = (self.peek(1)?, self.peek_value(0)?);
        let Some(kind) = self.kind_of_base(base)? else {
            return Ok(false);
        };
        let (slow, join) = (self.b.cold_block()?, self.b.block()?);
        let word = self.b.param(join, Type::Word)?;
        let place = match self.b.ty(index) {
            Type::Word => index,
            _ => {
                if !self.facts(index).is_small {
                    self.require(Cond::TestNonZero, index, SMALL_TAG, slow)?;
                }
                self.b.binary(Op::Sar, index, 1)?
            }
        };
        // What has no known kind may have no length either.
        self.require(Cond::Ne, kind, 0, slow)?;
        let data = self.data_within(base, place, slow)?;
        let (bytes, no_bytes) = (self.b.block()?, self.b.block()?);
        self.b
            .branch(Cond::Eq, kind, BYTEARRAY, (bytes, &[]), (no_bytes, &[]))?;
        self.b.enter(bytes)?;
        let byte = self
            .b
            .load_indexed(Type::Word, Width::U8, data, Some(place), 0, 0)?;
        self.b.jump(join, &[byte])?;
        self.b.enter(no_bytes)?;
        let (words, no_words) = (self.b.block()?, self.b.block()?);
        self.b
            .branch(Cond::Eq, kind, WORDS, (words, &[]), (no_words, &[]))?;
        self.b.enter(words)?;
        let item = self
            .b
            .load_indexed(Type::Word, Width::Word, data, Some(place), 2, 0)?;
        self.b.jump(join, &[item])?;
        self.b.enter(no_words)?;
        let (ints, no_ints) = (self.b.block()?, self.b.block()?);
        self.b
            .branch(Cond::Eq, kind, INTS, (ints, &[]), (no_ints, &[]))?;
        self.b.enter(ints)?;
        let item = self
            .b
            .load_indexed(Type::Word, Width::Word, data, Some(place), 2, 0)?;
        self.require(Cond::Ge, item, 0, slow)?;
        self.b.jump(join, &[item])?;
        self.b.enter(no_ints)?;
        self.require(Cond::Eq, kind, LIST, slow)?;
        let item = self
            .b
            .load_indexed(Type::Obj, Width::Word, data, Some(place), 2, 0)?;
        self.require(Cond::TestNonZero, item, SMALL_TAG, slow)?;
        self.require(Cond::Ge, item, 0, slow)?;
        let number = self.b.binary(Op::Sar, item, 1)?;
        self.b.jump(join, &[number])?;

        // By the runtime; what is no small int then goes on behind this op in the rare copy.
        self.b.enter(slow)?;
        let index = self.object(index)?;
        let item = self.load_any_item(base, index)?;
        self.depth -= 2;
        self.push(item)?;
        let rare = self.escape_behind()?;
        self.require(Cond::TestNonZero, item, SMALL_TAG, rare)?;
        self.require(Cond::Ge, item, 0, rare)?;
        let number = self.b.binary(Op::Sar, item, 1)?;
        self.b.jump(join, &[number])?;
        self.b.enter(join)?;
        self.depth -= 1;
        self.push(word)?;
        Ok(true)
    }

    /// Where to go on in the rare copy behind the op at hand, whose result has been pushed.
    fn escape_behind(&mut self) -> Done<Block> {
        let (at, depth) = (self.at + 1, self.depth);
        let numeric = self.numeric.as_mut().ok_or(LowerError::BadCode)?;
        let before = (numeric.at, numeric.depth);
        (numeric.at, numeric.depth, numeric.escape) = (at, depth, None);
        let rare = self.escape()?;
        let numeric = self.numeric.as_mut().ok_or(LowerError::BadCode)?;
        (numeric.at, numeric.depth) = before;
        numeric.escape = None;
        Ok(rare)
    }
}
