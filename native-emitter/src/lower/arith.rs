//! Operators: small ints in place, everything else by the runtime.
//!
//! A small int `n` is the word `2n + 1`. What is done in place, with `l` and `r` as words:
//!
//! ```text
//! a + b   l - 1 + r      a & b   l & r          a << k   (l - 1 << k) + 1, if shifting back gives l - 1
//! a - b   l - r + 1      a | b   l | r          a >> k   l >> k | 1
//! a * b   (l - 1) * b + 1        a ^ b   (l ^ r) | 1        a < b    l < r
//! ```
//!
//! The first, third and fourth row check for overflow. Whatever fails a check goes to a cold block with the call.
use ferlance_abi::fun_table::Fun;
use ferlance_abi::{BinaryOp, UnaryOp, layout, obj_word};
use ferlance_bytecode::op::Op as Bytecode;

use super::kinds::Class;
use super::{Done, Facts, Lowering};
use crate::nir::{Block, Cond, Op, Operand, Overflow, Type, Vreg, Width};
use crate::target::Fpu;

pub(super) const SMALL: Facts = Facts {
    value: None,
    is_small: true,
    is_bool: false,
    is_null: false,
    is_likely_float: false,
    is_likely_small: false,
    is_name: false,
    items: None,
    builtin: None,
};
const BOOL: Facts = Facts {
    value: None,
    is_small: false,
    is_bool: true,
    is_null: false,
    is_likely_float: false,
    is_likely_small: false,
    is_name: false,
    items: None,
    builtin: None,
};

/// The comparison of small ints that an operator is.
pub(super) fn comparison(op: BinaryOp) -> Option<Cond> {
    Some(match op {
        BinaryOp::Less => Cond::Lt,
        BinaryOp::More => Cond::Gt,
        BinaryOp::Equal => Cond::Eq,
        BinaryOp::LessEqual => Cond::Le,
        BinaryOp::MoreEqual => Cond::Ge,
        BinaryOp::NotEqual => Cond::Ne,
        _ => return None,
    })
}

impl Lowering<'_, '_> {
    /// Arithmetic of whatever is no small int: floats in place if our own runtime is to run it.
    pub(super) fn call_binary(&mut self, op: BinaryOp, l: Vreg, r: Vreg) -> Done<Vreg> {
        let float = match op {
            BinaryOp::Add | BinaryOp::InplaceAdd => Op::FAdd,
            BinaryOp::Subtract | BinaryOp::InplaceSubtract => Op::FSub,
            BinaryOp::Multiply | BinaryOp::InplaceMultiply => Op::FMul,
            BinaryOp::TrueDivide | BinaryOp::InplaceTrueDivide => Op::FDiv,
            _ => return self.ask_binary(op, l, r),
        };
        if !self.has_floats() || self.facts(l).is_small || self.facts(r).is_small {
            return self.ask_binary(op, l, r);
        }
        let (ask, join) = (self.b.cold_block()?, self.b.block()?);
        let result = self.b.param(join, Type::Obj)?;
        let (a, b) = self.floats(l, r, ask)?;
        if float == Op::FDiv {
            // Division by zero raises.
            let (zero, some) = (self.b.float(Type::F64, 0)?, self.b.block()?);
            self.b.float_branch(Cond::Eq, b, zero, ask, some)?;
            self.b.enter(some)?;
        }
        let value = self.b.binary_to(float, Type::F64, a, b)?;
        let object = self.b.call(Fun::ObjNewFloatFromD, &[value])?;
        self.b.jump(join, &[object])?;
        self.b.enter(ask)?;
        let other = self.ask_binary(op, l, r)?;
        self.b.jump(join, &[other])?;
        self.b.enter(join)?;
        Ok(result)
    }

    /// Are floats objects that the code may look into, and has the machine registers for them?
    pub(super) fn has_floats(&self) -> bool {
        self.is_cached() && self.target.fpu == Fpu::Double && self.target.word() == 8
    }

    /// The numbers of two floats; whatever is none goes to `other`.
    pub(super) fn floats(&mut self, l: Vreg, r: Vreg, other: Block) -> Done<(Vreg, Vreg)> {
        let tags = if l == r {
            l
        } else {
            self.b.binary(Op::Or, l, r)?
        };
        self.require(Cond::TestZero, tags, 3, other)?;
        let float = self
            .b
            .number(Op::FunTableWord, Type::Word, Fun::TypeFloat.slot() as i64)?;
        let operands: &[Vreg] = if l == r { &[l] } else { &[l, r] };
        for operand in operands {
            let ty = self.b.load(Type::Word, Width::Word, *operand, 0)?;
            let go_on = self.b.block()?;
            self.b
                .branch(Cond::Eq, ty, float, (go_on, &[]), (other, &[]))?;
            self.b.enter(go_on)?;
        }
        let offset = layout::FLOAT_VALUE as i64 * self.word();
        let a = self.b.load(Type::F64, Width::F64, l, offset)?;
        let b = self.b.load(Type::F64, Width::F64, r, offset)?;
        Ok((a, b))
    }

    pub(super) fn ask_binary(&mut self, op: BinaryOp, l: Vreg, r: Vreg) -> Done<Vreg> {
        let number = self.b.word(op as i64)?;
        Ok(self.b.call(Fun::BinaryOp, &[number, l, r])?)
    }

    /// The jump right behind the op at hand, if it takes its result.
    pub(super) fn jump_behind(&self) -> Option<(ferlance_bytecode::op::Label, bool)> {
        match self.code.ops().get(self.at as usize + 1) {
            Some(Bytecode::PopJumpIfTrue(to)) => Some((*to, true)),
            Some(Bytecode::PopJumpIfFalse(to)) => Some((*to, false)),
            _ => None,
        }
    }

    pub(super) fn binary(&mut self, op: BinaryOp) -> Done<usize> {
        if self.count_on()? {
            return Ok(1);
        }
        if let Some(ops) = self.numeric_binary(op)? {
            return Ok(ops);
        }
        if self.in_halves(op)? {
            return Ok(1);
        }
        let r = self.pop()?;
        let l = self.pop()?;
        if op == BinaryOp::Is || comparison(op).is_some() {
            if let Some((to, when)) = self.jump_behind() {
                self.at += 1;
                self.jump_on(to, when, |this, yes, no| this.branch_on(op, l, r, yes, no))?;
                return Ok(2);
            }
            let value = self.compare(op, l, r)?;
            self.push(value)?;
            return Ok(1);
        }
        let value = match op {
            _ if self.is_small() => self.call_binary(op, l, r)?,
            BinaryOp::In | BinaryOp::ExceptionMatch => {
                let value = self.call_binary(op, l, r)?;
                self.note(value, BOOL)?;
                value
            }
            op => self.arith(op, l, r)?,
        };
        let has_likely = self.facts(l).is_likely_float || self.facts(r).is_likely_float;
        match Class::of(op) {
            Class::Quotient => self.note_likely_float(value)?,
            Class::Sum if has_likely => self.note_likely_float(value)?,
            _ => {}
        }
        self.note_likely_wide(op, [l, r], value)?;
        self.push(value)?;
        Ok(1)
    }

    /// Branches on a comparison.
    fn branch_on(&mut self, op: BinaryOp, l: Vreg, r: Vreg, yes: Block, no: Block) -> Done {
        let Some(cond) = comparison(op) else {
            return Ok(self.b.branch(Cond::Eq, l, r, (yes, &[]), (no, &[]))?);
        };
        if self.is_small() {
            let value = self.call_binary(op, l, r)?;
            return self.branch_truth(value, yes, no);
        }
        let slow = self.b.cold_block()?;
        let has_name = self.facts(l).is_name || self.facts(r).is_name;
        if has_name && matches!(cond, Cond::Eq | Cond::Ne) {
            return self.branch_on_name(op, l, r, slow, (yes, no));
        }
        self.guard(l, r, slow)?;
        self.b.branch(cond, l, r, (yes, &[]), (no, &[]))?;
        if self.b.is_reached(slow) {
            self.b.enter(slow)?;
            if self.has_floats() && !self.facts(l).is_small && !self.facts(r).is_small {
                let ask = self.b.cold_block()?;
                let (a, b) = self.floats(l, r, ask)?;
                self.b.float_branch(cond, a, b, yes, no)?;
                self.b.enter(ask)?;
            }
            let value = self.aside(|this| this.ask_binary(op, l, r))?;
            self.branch_truth(value, yes, no)?;
        }
        Ok(())
    }

    /// Branches on whether something is, or is not, equal to a str that is a name: two names are if they are one.
    fn branch_on_name(
        &mut self,
        op: BinaryOp,
        l: Vreg,
        r: Vreg,
        slow: Block,
        (yes, no): (Block, Block),
    ) -> Done {
        let other = if self.facts(r).is_name { l } else { r };
        let (same, different) = match op {
            BinaryOp::Equal => (yes, no),
            _ => (no, yes),
        };
        let unlike = self.b.block()?;
        self.b.branch(Cond::Eq, l, r, (same, &[]), (unlike, &[]))?;
        self.b.enter(unlike)?;
        let tag = self.b.and(other, obj_word::TAG_MASK as i64)?;
        let is_name = obj_word::QSTR_TAG as i64;
        self.b
            .branch(Cond::Eq, tag, is_name, (different, &[]), (slow, &[]))?;
        self.b.enter(slow)?;
        let value = self.aside(|this| this.ask_binary(op, l, r))?;
        self.branch_truth(value, yes, no)
    }

    fn compare(&mut self, op: BinaryOp, l: Vreg, r: Vreg) -> Done<Vreg> {
        let Some(cond) = comparison(op) else {
            return self.bool_of(Cond::Eq, l, r);
        };
        if self.is_small() {
            return self.call_binary(op, l, r);
        }
        self.fast_or(
            l,
            r,
            |this, _| Ok(Some((this.bool_of(cond, l, r)?, BOOL))),
            |this| this.call_binary(op, l, r),
        )
    }

    /// True or False by a comparison of words.
    pub(super) fn bool_of(&mut self, cond: Cond, l: Vreg, r: impl Into<Operand>) -> Done<Vreg> {
        let holds = self.b.cmp(cond, l, r)?;
        let yes = self.fixed(Fun::ConstTrue)?;
        let no = self.fixed(Fun::ConstFalse)?;
        let value = self.b.select(holds, yes, no)?;
        self.note(value, BOOL)?;
        Ok(value)
    }

    /// Goes to `slow` unless both are small ints.
    pub(super) fn guard(&mut self, l: Vreg, r: Vreg, slow: Block) -> Done {
        let tag = obj_word::SMALL_INT_TAG as i64;
        let tested = match (self.facts(l).is_small, self.facts(r).is_small) {
            (true, true) => return Ok(()),
            (true, false) => r,
            (false, true) => l,
            (false, false) if l == r => l,
            (false, false) => self.b.and(l, r)?,
        };
        let go_on = self.b.block()?;
        self.b
            .branch(Cond::TestZero, tested, tag, (slow, &[]), (go_on, &[]))?;
        Ok(self.b.enter(go_on)?)
    }

    /// `fast` for small ints; it may give up before it starts, or jump to the slow block it is given.
    fn fast_or(
        &mut self,
        l: Vreg,
        r: Vreg,
        fast: impl FnOnce(&mut Self, Block) -> Done<Option<(Vreg, Facts)>>,
        call: impl FnOnce(&mut Self) -> Done<Vreg>,
    ) -> Done<Vreg> {
        let slow = self.b.cold_block()?;
        self.guard(l, r, slow)?;
        let Some((value, facts)) = fast(self, slow)? else {
            self.b.jump(slow, &[])?;
            self.b.enter(slow)?;
            return call(self);
        };
        if !self.b.is_reached(slow) {
            self.note(value, facts)?;
            return Ok(value);
        }
        let join = self.b.block()?;
        let result = self.b.param(join, Type::Obj)?;
        self.b.jump(join, &[value])?;
        self.b.enter(slow)?;
        let other = self.aside(call)?;
        self.b.jump(join, &[other])?;
        self.b.enter(join)?;
        self.note(
            result,
            Facts {
                is_bool: facts.is_bool && self.facts(other).is_bool,
                ..Facts::default()
            },
        )?;
        Ok(result)
    }

    fn arith(&mut self, op: BinaryOp, l: Vreg, r: Vreg) -> Done<Vreg> {
        let class = Class::of(op);
        let is_done_here = matches!(class, Class::Sum | Class::Bits | Class::Remainder);
        // The dividend of a `%` is often a str.
        let is_format = matches!(op, BinaryOp::Modulo | BinaryOp::InplaceModulo)
            && self.facts(r).value.is_none();
        if !is_done_here || is_format && !self.facts(r).is_small && !self.facts(l).is_small {
            return self.call_binary(op, l, r);
        }
        self.fast_or(
            l,
            r,
            |this, slow| this.small_arith(op, l, r, slow),
            |this| this.call_binary(op, l, r),
        )
    }

    /// The result for two small ints.
    pub(super) fn small_arith(
        &mut self,
        op: BinaryOp,
        l: Vreg,
        r: Vreg,
        slow: Block,
    ) -> Done<Option<(Vreg, Facts)>> {
        let constant = self.facts(r).value;
        let value = match op {
            BinaryOp::Add | BinaryOp::InplaceAdd => match (constant, self.facts(l).value) {
                (Some(k), _) => self
                    .b
                    .checked(Overflow::Add, Type::Obj, l, k << 1, (slow, &[]))?,
                (None, Some(k)) => {
                    self.b
                        .checked(Overflow::Add, Type::Obj, r, k << 1, (slow, &[]))?
                }
                (None, None) => {
                    let l = self.b.sub(l, 1)?;
                    self.b
                        .checked(Overflow::Add, Type::Obj, l, r, (slow, &[]))?
                }
            },
            BinaryOp::Subtract | BinaryOp::InplaceSubtract => match constant {
                Some(k) => self
                    .b
                    .checked(Overflow::Sub, Type::Obj, l, k << 1, (slow, &[]))?,
                None => {
                    let value = self
                        .b
                        .checked(Overflow::Sub, Type::Word, l, r, (slow, &[]))?;
                    self.b.binary_to(Op::Add, Type::Obj, value, 1)?
                }
            },
            BinaryOp::Multiply | BinaryOp::InplaceMultiply => {
                let l = self.b.sub(l, 1)?;
                let value = match constant {
                    Some(k) => self
                        .b
                        .checked(Overflow::Mul, Type::Word, l, k, (slow, &[]))?,
                    None => {
                        let r = self.b.binary(Op::Sar, r, 1)?;
                        self.b
                            .checked(Overflow::Mul, Type::Word, l, r, (slow, &[]))?
                    }
                };
                self.b.binary_to(Op::Add, Type::Obj, value, 1)?
            }
            BinaryOp::And | BinaryOp::InplaceAnd => self.b.binary_to(Op::And, Type::Obj, l, r)?,
            BinaryOp::Or | BinaryOp::InplaceOr => self.b.binary_to(Op::Or, Type::Obj, l, r)?,
            BinaryOp::Xor | BinaryOp::InplaceXor => match constant {
                Some(k) => self.b.binary_to(Op::Xor, Type::Obj, l, k << 1)?,
                None => {
                    let value = self.b.binary(Op::Xor, l, r)?;
                    self.b.binary_to(Op::Or, Type::Obj, value, 1)?
                }
            },
            BinaryOp::ShiftLeft | BinaryOp::InplaceShiftLeft => {
                return self.shift_left(l, r, slow);
            }
            BinaryOp::ShiftRight | BinaryOp::InplaceShiftRight => {
                return self.shift_right(l, r, slow);
            }
            BinaryOp::FloorDivide | BinaryOp::InplaceFloorDivide => {
                return self.divide(l, r, slow, false);
            }
            BinaryOp::Modulo | BinaryOp::InplaceModulo => return self.divide(l, r, slow, true),
            _ => return Ok(None),
        };
        Ok(Some((value, SMALL)))
    }

    fn shift_left(&mut self, l: Vreg, r: Vreg, slow: Block) -> Done<Option<(Vreg, Facts)>> {
        let most = i64::from(self.target.word_bits()) - 2;
        let low = self.b.sub(l, 1)?;
        let (shifted, back) = match self.facts(r).value {
            Some(k) if (0..=most).contains(&k) => {
                let shifted = self.b.binary(Op::Shl, low, k)?;
                (shifted, self.b.binary(Op::Sar, shifted, k)?)
            }
            Some(_) => return Ok(None),
            None => {
                let count = self.b.binary(Op::Sar, r, 1)?;
                // A negative count is a great one here.
                self.require(Cond::BelowEq, count, most, slow)?;
                let shifted = self.b.binary(Op::Shl, low, count)?;
                (shifted, self.b.binary(Op::Sar, shifted, count)?)
            }
        };
        let go_on = self.b.block()?;
        self.b
            .branch(Cond::Eq, back, low, (go_on, &[]), (slow, &[]))?;
        self.b.enter(go_on)?;
        let value = self.b.binary_to(Op::Add, Type::Obj, shifted, 1)?;
        Ok(Some((value, SMALL)))
    }

    fn shift_right(&mut self, l: Vreg, r: Vreg, slow: Block) -> Done<Option<(Vreg, Facts)>> {
        let most = i64::from(self.target.word_bits()) - 1;
        let shifted = match self.facts(r).value {
            Some(k) if k >= 0 => self.b.binary(Op::Sar, l, k.min(most))?,
            Some(_) => return Ok(None),
            None => {
                let count = self.b.binary(Op::Sar, r, 1)?;
                self.require(Cond::BelowEq, count, most, slow)?;
                self.b.binary(Op::Sar, l, count)?
            }
        };
        let value = self.b.binary_to(Op::Or, Type::Obj, shifted, 1)?;
        Ok(Some((value, SMALL)))
    }

    /// Goes to `slow` unless the comparison holds.
    pub(super) fn require(&mut self, cond: Cond, a: Vreg, imm: i64, slow: Block) -> Done {
        let go_on = self.b.block()?;
        self.b.branch(cond, a, imm, (go_on, &[]), (slow, &[]))?;
        Ok(self.b.enter(go_on)?)
    }

    /// Quotient or remainder. Division by zero raises and by -1 may overflow: both are the runtime's.
    fn divide(
        &mut self,
        l: Vreg,
        r: Vreg,
        slow: Block,
        is_modulo: bool,
    ) -> Done<Option<(Vreg, Facts)>> {
        let constant = self.facts(r).value;
        let op = if is_modulo {
            Op::ModFloor
        } else {
            Op::DivFloor
        };
        let value = match constant {
            Some(0 | -1) => return Ok(None),
            Some(k) if k > 0 && k & (k - 1) == 0 => {
                if is_modulo {
                    let mask = (k - 1) << 1 | 1;
                    let value = self.b.binary_to(Op::And, Type::Obj, l, mask)?;
                    return Ok(Some((value, SMALL)));
                }
                let shift = i64::from(k.trailing_zeros());
                let value = self.b.binary(Op::Sar, l, shift)?;
                let value = self.b.binary_to(Op::Or, Type::Obj, value, 1)?;
                return Ok(Some((value, SMALL)));
            }
            Some(k) => {
                let l = self.b.binary(Op::Sar, l, 1)?;
                let k = self.b.word(k)?;
                self.b.binary(op, l, k)?
            }
            None => {
                let divisor = self.b.binary(Op::Sar, r, 1)?;
                let above = self.b.add(divisor, 1)?;
                self.require(Cond::Above, above, 1, slow)?;
                let l = self.b.binary(Op::Sar, l, 1)?;
                self.b.binary(op, l, divisor)?
            }
        };
        let value = self.b.binary(Op::Shl, value, 1)?;
        let value = self.b.binary_to(Op::Add, Type::Obj, value, 1)?;
        Ok(Some((value, SMALL)))
    }

    pub(super) fn unary(&mut self, op: UnaryOp) -> Done<usize> {
        if let Some(ops) = self.numeric_unary(op)? {
            return Ok(ops);
        }
        if op == UnaryOp::Not {
            let value = self.pop_value()?;
            let result = self.not(value)?;
            self.push(result)?;
            return Ok(1);
        }
        let value = self.pop()?;
        let result = match op {
            UnaryOp::Negative | UnaryOp::Invert | UnaryOp::Positive if !self.is_small() => self
                .fast_or(
                    value,
                    value,
                    |this, slow| {
                        let result = match op {
                            UnaryOp::Negative => {
                                let two = this.b.word(2)?;
                                this.b
                                    .checked(Overflow::Sub, Type::Obj, two, value, (slow, &[]))?
                            }
                            UnaryOp::Invert => this.b.binary_to(Op::Xor, Type::Obj, value, -2)?,
                            _ => value,
                        };
                        Ok(Some((result, SMALL)))
                    },
                    |this| this.call_unary(op, value),
                )?,
            op => self.call_unary(op, value)?,
        };
        self.push(result)?;
        Ok(1)
    }

    fn call_unary(&mut self, op: UnaryOp, value: Vreg) -> Done<Vreg> {
        let number = self.b.word(op as i64)?;
        Ok(self.b.call(Fun::UnaryOp, &[number, value])?)
    }

    fn not(&mut self, value: Vreg) -> Done<Vreg> {
        let (yes, no) = (self.b.block()?, self.b.block()?);
        let join = self.b.block()?;
        let result = self.b.param(join, Type::Obj)?;
        self.branch_truth(value, yes, no)?;
        self.b.enter(yes)?;
        let falsehood = self.fixed(Fun::ConstFalse)?;
        self.b.jump(join, &[falsehood])?;
        self.b.enter(no)?;
        let truth = self.fixed(Fun::ConstTrue)?;
        self.b.jump(join, &[truth])?;
        self.b.enter(join)?;
        self.note(result, BOOL)?;
        Ok(result)
    }
}
