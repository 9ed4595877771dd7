//! Operators of the numeric copy of a loop.
use ferlance_abi::{BinaryOp, UnaryOp};

use crate::lower::arith::{SMALL, comparison};
use crate::lower::kinds::{Class, Kind};
use crate::lower::{Done, Lowering};
use crate::nir::{Cond, Op, Overflow, Type, Vreg};

/// As many bits of an int a float holds, besides its sign.
const EXACT_BITS: i64 = f64::MANTISSA_DIGITS as i64;

fn is_exact(value: i64) -> bool {
    value >> EXACT_BITS == 0 || value >> EXACT_BITS == -1
}

impl Lowering<'_, '_> {
    /// An operator on what is known to be numbers: how many ops that covered. `None` if it is left to the others.
    pub(in crate::lower) fn numeric_binary(&mut self, op: BinaryOp) -> Done<Option<usize>> {
        if !self.is_numeric() {
            return Ok(None);
        }
        let (l, r) = (self.kind_below(1), self.kind_below(0));
        if self.is_wide() {
            return self.wide_binary(op);
        }
        let has_float = l == Kind::Float || r == Kind::Float;
        let both = l.is_number() && r.is_number();
        match Class::of(op) {
            // Whatever is no number is not equal: no reason to leave.
            Class::Order if has_float && !both && comparison(op).is_none_or(is_equality) => {}
            Class::Order if both && !has_float => return Ok(None),
            Class::Order if has_float => return self.float_order(op).map(Some),
            Class::Sum | Class::Quotient if has_float => return self.float_arith(op).map(Some),
            Class::Quotient if both => {
                self.require_exact()?;
                return self.float_arith(op).map(Some);
            }
            Class::Remainder if has_float && both => {
                self.end_escape();
                let (r, l) = (self.pop()?, self.pop()?);
                let object = self.call_binary(op, l, r)?;
                let value = self.float_value(object)?;
                self.push(value)?;
                self.end_escape();
                return Ok(Some(1));
            }
            Class::Sum | Class::Remainder if both => return self.small_op(op),
            Class::Bits if !has_float && (l == Kind::Small || r == Kind::Small) => {
                return self.small_op(op);
            }
            Class::Other if op == BinaryOp::Is && has_float => self.share_object()?,
            _ => {}
        }
        self.end_escape();
        Ok(None)
    }

    /// One object for both operands if they are the same number: as long as nobody asks, it has none.
    pub(super) fn share_object(&mut self) -> Done {
        let (l, r) = (
            self.read_stack(self.depth - 2)?,
            self.read_stack(self.depth - 1)?,
        );
        if l == r {
            let object = self.object(l)?;
            self.write_stack(self.depth - 2, object)?;
            self.write_stack(self.depth - 1, object)?;
        }
        Ok(())
    }

    /// An operator whose result is a small int, or leaves.
    pub(super) fn small_op(&mut self, op: BinaryOp) -> Done<Option<usize>> {
        let (l, r) = (self.peek(1)?, self.peek(0)?);
        let (l_facts, r_facts) = (self.facts(l), self.facts(r));
        if self.is_left_to_the_runtime(op, r_facts.value) {
            self.end_escape();
            return Ok(None);
        }
        if self.is_step() && l_facts.is_small {
            let by = r_facts.value.unwrap_or(0) << 1;
            let next = self.b.binary_to(Op::Add, Type::Obj, l, by)?;
            self.note(next, SMALL)?;
            self.depth -= 2;
            self.push(next)?;
            return Ok(Some(1));
        }
        let both = l_facts.is_small && r_facts.is_small;
        let never_fails = both
            && match op {
                BinaryOp::And
                | BinaryOp::InplaceAnd
                | BinaryOp::Or
                | BinaryOp::InplaceOr
                | BinaryOp::Xor
                | BinaryOp::InplaceXor => true,
                BinaryOp::ShiftRight | BinaryOp::InplaceShiftRight => r_facts.value.is_some(),
                _ => Class::of(op) == Class::Remainder && r_facts.value.is_some(),
            };
        let slow = match never_fails {
            true => self.b.cold_block()?,
            false => self.escape()?,
        };
        self.guard(l, r, slow)?;
        let Some((value, facts)) = self.small_arith(op, l, r, slow)? else {
            return Err(super::LowerError::BadCode);
        };
        self.note(value, facts)?;
        self.depth -= 2;
        self.push(value)?;
        Ok(Some(1))
    }

    /// Does [`Lowering::small_arith`] give up for this right operand?
    fn is_left_to_the_runtime(&self, op: BinaryOp, r: Option<i64>) -> bool {
        let most = i64::from(self.target.word_bits()) - 2;
        let Some(r) = r else { return false };
        match op {
            BinaryOp::ShiftLeft | BinaryOp::InplaceShiftLeft => !(0..=most).contains(&r),
            BinaryOp::ShiftRight | BinaryOp::InplaceShiftRight => r < 0,
            _ => Class::of(op) == Class::Remainder && matches!(r, 0 | -1),
        }
    }

    /// The operands of an operator as floats; the stack is left as it is.
    fn two_floats(
        &mut self,
        may_divide_by_zero: bool,
    ) -> Done<(Vreg, Vreg, Option<crate::nir::Block>)> {
        let both = self.kind_below(1).is_number() && self.kind_below(0).is_number();
        let slow = match both && !may_divide_by_zero {
            true => None,
            false => Some(self.escape()?),
        };
        let l = self.read_stack(self.depth - 2)?;
        let r = self.read_stack(self.depth - 1)?;
        let a = self.number(l, slow)?;
        let b = self.number(r, slow)?;
        Ok((a, b, slow))
    }

    fn float_arith(&mut self, op: BinaryOp) -> Done<usize> {
        let float = match op {
            BinaryOp::Add | BinaryOp::InplaceAdd => Op::FAdd,
            BinaryOp::Subtract | BinaryOp::InplaceSubtract => Op::FSub,
            BinaryOp::Multiply | BinaryOp::InplaceMultiply => Op::FMul,
            _ => Op::FDiv,
        };
        let r = self.read_stack(self.depth - 1)?;
        let is_some = match self.facts(r).value {
            Some(bits) if self.b.ty(r) == Type::F64 => f64::from_bits(bits as u64) != 0.0,
            Some(value) => value != 0,
            None => false,
        };
        let may_divide_by_zero = float == Op::FDiv && !is_some;
        let (a, b, slow) = self.two_floats(may_divide_by_zero)?;
        if let (true, Some(slow)) = (may_divide_by_zero, slow) {
            let (zero, some) = (self.b.float(Type::F64, 0)?, self.b.block()?);
            self.b.float_branch(Cond::Eq, b, zero, slow, some)?;
            self.b.enter(some)?;
        }
        let value = self.b.binary_to(float, Type::F64, a, b)?;
        self.depth -= 2;
        self.push(value)?;
        Ok(1)
    }

    /// Leaves unless floats hold the two small ints that a quotient is of: it is rounded once. With a float for one
    /// of the two, the other one is rounded on its way to it anyway.
    fn require_exact(&mut self) -> Done {
        let mut sign = None;
        for below in 0..2 {
            let value = self.peek(below)?;
            if self.facts(value).value.is_some_and(is_exact) {
                continue;
            }
            // The bits above those that a float holds: 0 or -1, and with 1 added 1 or 0.
            let above = self.b.binary(Op::Sar, value, EXACT_BITS + 1)?;
            let above = self.b.binary(Op::Add, above, 1)?;
            sign = Some(match sign {
                Some(sign) => self.b.binary(Op::Or, sign, above)?,
                None => above,
            });
        }
        let Some(sign) = sign else { return Ok(()) };
        let slow = self.escape()?;
        self.require(Cond::BelowEq, sign, 1, slow)
    }

    fn float_order(&mut self, op: BinaryOp) -> Done<usize> {
        let cond = comparison(op).ok_or(super::LowerError::BadCode)?;
        let (a, b, _) = self.two_floats(false)?;
        self.depth -= 2;
        if let Some((to, when)) = self.jump_behind() {
            self.at += 1;
            self.jump_on(to, when, |this, yes, no| {
                Ok(this.b.float_branch(cond, a, b, yes, no)?)
            })?;
            return Ok(2);
        }
        let holds = self.b.binary(Op::FCmp(cond), a, b)?;
        let value = self.bool_of(Cond::Ne, holds, 0)?;
        self.push(value)?;
        Ok(1)
    }

    /// A unary operator on a number; `None` if it is left to the others.
    pub(in crate::lower) fn numeric_unary(&mut self, op: UnaryOp) -> Done<Option<usize>> {
        if !self.is_numeric() {
            return Ok(None);
        }
        let kind = self.kind_below(0);
        let value = match (op, kind) {
            (UnaryOp::Positive, Kind::Small | Kind::Float) => return Ok(Some(1)),
            (UnaryOp::Negative, Kind::Float) => {
                let value = self.read_stack(self.depth - 1)?;
                self.b.unary(Op::FNeg, Type::F64, value)?
            }
            (UnaryOp::Negative, Kind::Small) => {
                let slow = self.escape()?;
                let value = self.peek(0)?;
                let two = self.b.word(2)?;
                let value = self
                    .b
                    .checked(Overflow::Sub, Type::Obj, two, value, (slow, &[]))?;
                self.note(value, SMALL)?;
                value
            }
            (UnaryOp::Invert, Kind::Small) => {
                let value = self.peek(0)?;
                let value = self.b.binary_to(Op::Xor, Type::Obj, value, -2)?;
                self.note(value, SMALL)?;
                value
            }
            _ => {
                self.end_escape();
                return Ok(None);
            }
        };
        self.depth -= 1;
        self.push(value)?;
        Ok(Some(1))
    }
}

fn is_equality(cond: Cond) -> bool {
    matches!(cond, Cond::Eq | Cond::Ne)
}
