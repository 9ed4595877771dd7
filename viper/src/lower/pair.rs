//! 64-bit ints of viper as two words, low and high. See [`super::wide`].

use ferlance_abi::{BinaryOp, NativeType, obj_word};
use ferlance_native_emitter::nir::{Cond, Op, Operand, Type, Vreg};

use super::value::{Item, Value};
use super::wide::{HALF, Made};
use super::{Lower, Walk};
use crate::rules::Arith;
use crate::types::Ty;

impl Lower<'_, '_> {
    pub(super) fn halves(&mut self, item: Item) -> Made<(Vreg, Vreg)> {
        Ok((self.word(item)?, self.second(item)?))
    }

    #[inline(never)]
    pub(super) fn box_pair(&mut self, item: Item) -> Made {
        let (low, high) = self.halves(item)?;
        let signed = item.ty == Ty::Int64;
        let (short, long) = (self.b.block()?, self.b.cold_block()?);
        let join = self.b.block()?;
        let result = self.b.param(join, Type::Obj)?;
        let rest = match signed {
            true => {
                let sign = self.b.binary(Op::Sar, low, HALF - 1)?;
                Operand::Reg(sign)
            }
            false => Operand::Imm(0),
        };
        self.b
            .branch(Cond::Eq, high, rest, (short, &[]), (long, &[]))?;
        self.b.enter(short)?;
        let ty = if signed { Ty::Int } else { Ty::Uint };
        let value = Value::Reg(low);
        let object = self.object(Item { ty, value })?;
        self.b.jump(join, &[object])?;
        self.b.enter(long)?;
        let upper = self.box_by_call(high, ty.native())?;
        let shift = self.small_object(HALF as isize)?;
        let upper = self.object_op(BinaryOp::ShiftLeft, upper, shift)?;
        let lower = self.box_by_call(low, NativeType::Uint)?;
        let object = self.object_op(BinaryOp::Or, upper, lower)?;
        self.b.jump(join, &[object])?;
        self.b.enter(join)?;
        Ok(result)
    }

    #[inline(never)]
    pub(super) fn unbox_long(&mut self, object: Vreg, to: Ty) -> Made<Value> {
        if !self.is_pair(to) {
            let ty = match to {
                Ty::Uint64 => NativeType::Uint,
                _ => NativeType::Int,
            };
            return Ok(Value::Reg(self.unboxed(object, ty)?));
        }
        let (small, other) = (self.b.block()?, self.b.cold_block()?);
        let join = self.b.block()?;
        let low = self.b.param(join, Type::Word)?;
        let high = self.b.param(join, Type::Word)?;
        let tag = obj_word::SMALL_INT_TAG as i64;
        self.b
            .branch(Cond::TestNonZero, object, tag, (small, &[]), (other, &[]))?;
        self.b.enter(small)?;
        let value = self.b.binary(Op::Sar, object, 1)?;
        let sign = self.b.binary(Op::Sar, object, HALF - 1)?;
        self.b.jump(join, &[value, sign])?;
        self.b.enter(other)?;
        let lower = self.unbox_by_call(object, NativeType::Uint)?;
        let shift = self.small_object(HALF as isize)?;
        let upper = self.object_op(BinaryOp::ShiftRight, object, shift)?;
        let upper = self.unbox_by_call(upper, NativeType::Int)?;
        self.b.jump(join, &[lower, upper])?;
        self.b.enter(join)?;
        Ok(Value::Two(low, high))
    }

    /// A number as two words.
    #[inline(never)]
    pub(super) fn extended(&mut self, item: Item) -> Made<Value> {
        let signed = matches!(item.ty, Ty::Int);
        Ok(match item.value {
            Value::Two(..) => item.value,
            Value::Imm(_) if item.ty.is_long() => item.value,
            Value::Imm(imm) if signed => Value::Imm(imm),
            Value::Imm(imm) => Value::Imm(i64::from(imm as u32)),
            _ => {
                let low = self.word(item)?;
                let high = match signed {
                    true => self.b.binary(Op::Sar, low, HALF - 1)?,
                    false => self.b.word(0)?,
                };
                Value::Two(low, high)
            }
        })
    }

    #[inline(never)]
    pub(super) fn compare_pairs(&mut self, arith: Arith, left: Item, right: Item) -> Made<Value> {
        let unsigned = left.ty == Ty::Uint64;
        let (a, b) = (self.halves(left)?, self.halves(right)?);
        let cond = match arith {
            Arith::Equal | Arith::NotEqual => {
                let low = self.b.binary(Op::Xor, a.0, b.0)?;
                let high = self.b.binary(Op::Xor, a.1, b.1)?;
                let off = self.b.binary(Op::Or, low, high)?;
                let cond = match arith {
                    Arith::Equal => Cond::Eq,
                    _ => Cond::Ne,
                };
                return Ok(Value::Test(cond, off, Operand::Imm(0)));
            }
            Arith::Less => (Cond::Below, Cond::Lt),
            Arith::LessEqual => (Cond::BelowEq, Cond::Lt),
            Arith::More => (Cond::Above, Cond::Gt),
            _ => (Cond::AboveEq, Cond::Gt),
        };
        let strict = match (unsigned, cond.1) {
            (true, Cond::Lt) => Cond::Below,
            (true, _) => Cond::Above,
            (false, cond) => cond,
        };
        // The high words decide unless they are equal.
        let low = self.b.cmp(cond.0, a.0, b.0)?;
        let high = self.b.cmp(strict, a.1, b.1)?;
        let equal = self.b.cmp(Cond::Eq, a.1, b.1)?;
        let truth = self.b.select(equal, low, high)?;
        Ok(Value::Test(Cond::Ne, truth, Operand::Imm(0)))
    }

    #[inline(never)]
    pub(super) fn pair_binary(
        &mut self,
        op: BinaryOp,
        arith: Arith,
        left: Item,
        right: Item,
    ) -> Walk<Value> {
        if let Arith::Div | Arith::Mod = arith {
            let a = self.object(left)?;
            let b = self.object(right)?;
            let object = self.object_op(op, a, b)?;
            return Ok(self.unbox_long(object, left.ty)?);
        }
        if let Arith::Shl | Arith::Shr = arith {
            return Ok(self.shift_pair(arith == Arith::Shl, left, right)?);
        }
        let (a, b) = (self.halves(left)?, self.halves(right)?);
        Ok(match arith {
            Arith::Add => {
                let low = self.b.add(a.0, b.0)?;
                let carry = self.b.cmp(Cond::Below, low, a.0)?;
                let high = self.b.add(a.1, b.1)?;
                Value::Two(low, self.b.add(high, carry)?)
            }
            Arith::Sub => {
                let low = self.b.sub(a.0, b.0)?;
                let borrow = self.b.cmp(Cond::Below, a.0, b.0)?;
                let high = self.b.sub(a.1, b.1)?;
                Value::Two(low, self.b.sub(high, borrow)?)
            }
            Arith::Mul => self.multiply_pairs(a, b)?,
            _ => {
                let op = match arith {
                    Arith::And => Op::And,
                    Arith::Or => Op::Or,
                    _ => Op::Xor,
                };
                let low = self.b.binary(op, a.0, b.0)?;
                Value::Two(low, self.b.binary(op, a.1, b.1)?)
            }
        })
    }

    /// The low words by halves of theirs, since not all machines tell the upper half of a product.
    #[inline(never)]
    fn multiply_pairs(&mut self, a: (Vreg, Vreg), b: (Vreg, Vreg)) -> Made<Value> {
        const QUARTER: i64 = 16;
        const MASK: i64 = 0xffff;
        let (a0, a1) = (
            self.b.and(a.0, MASK)?,
            self.b.binary(Op::Shr, a.0, QUARTER)?,
        );
        let (b0, b1) = (
            self.b.and(b.0, MASK)?,
            self.b.binary(Op::Shr, b.0, QUARTER)?,
        );
        let low = self.b.binary(Op::Mul, a0, b0)?;
        let mixed = self.b.binary(Op::Mul, a1, b0)?;
        let carry = self.b.binary(Op::Shr, low, QUARTER)?;
        let mixed = self.b.add(mixed, carry)?;
        let other = self.b.binary(Op::Mul, a0, b1)?;
        let carry = self.b.and(mixed, MASK)?;
        let other = self.b.add(other, carry)?;
        let high = self.b.binary(Op::Mul, a1, b1)?;
        let mixed = self.b.binary(Op::Shr, mixed, QUARTER)?;
        let high = self.b.add(high, mixed)?;
        let other = self.b.binary(Op::Shr, other, QUARTER)?;
        let high = self.b.add(high, other)?;
        let cross = self.b.binary(Op::Mul, a.0, b.1)?;
        let high = self.b.add(high, cross)?;
        let cross = self.b.binary(Op::Mul, a.1, b.0)?;
        let high = self.b.add(high, cross)?;
        let low = self.b.binary(Op::Mul, a.0, b.0)?;
        Ok(Value::Two(low, high))
    }

    /// Counts are taken modulo 64.
    #[inline(never)]
    fn shift_pair(&mut self, left_shift: bool, left: Item, right: Item) -> Made<Value> {
        let (low, high) = self.halves(left)?;
        let signed = left.ty == Ty::Int64;
        let outer = match signed {
            true => Op::Sar,
            false => Op::Shr,
        };
        if let Value::Imm(count) = right.value {
            let count = count & 63;
            let rest = HALF - count;
            return Ok(match (left_shift, count) {
                (_, 0) => Value::Two(low, high),
                (true, 1..HALF) => {
                    let moved = self.b.binary(Op::Shr, low, rest)?;
                    let high = self.b.binary(Op::Shl, high, count)?;
                    let high = self.b.binary(Op::Or, high, moved)?;
                    Value::Two(self.b.binary(Op::Shl, low, count)?, high)
                }
                (true, _) => {
                    let high = self.b.binary(Op::Shl, low, count - HALF)?;
                    Value::Two(self.b.word(0)?, high)
                }
                (false, 1..HALF) => {
                    let moved = self.b.binary(Op::Shl, high, rest)?;
                    let low = self.b.binary(Op::Shr, low, count)?;
                    let low = self.b.binary(Op::Or, low, moved)?;
                    Value::Two(low, self.b.binary(outer, high, count)?)
                }
                (false, _) => {
                    let low = self.b.binary(outer, high, count - HALF)?;
                    let high = match signed {
                        true => self.b.binary(Op::Sar, high, HALF - 1)?,
                        false => self.b.word(0)?,
                    };
                    Value::Two(low, high)
                }
            });
        }
        let count = self.word(right)?;
        let within = self.b.and(count, HALF - 1)?;
        let across = self.b.and(count, HALF)?;
        // By 31 - n and one more: a count of 32 is no count.
        let rest = self.b.binary(Op::Xor, within, HALF - 1)?;
        Ok(match left_shift {
            true => {
                let moved = self.b.binary(Op::Shr, low, 1)?;
                let moved = self.b.binary(Op::Shr, moved, rest)?;
                let upper = self.b.binary(Op::Shl, high, within)?;
                let upper = self.b.binary(Op::Or, upper, moved)?;
                let lower = self.b.binary(Op::Shl, low, within)?;
                let zero = self.b.word(0)?;
                let high = self.b.select(across, lower, upper)?;
                Value::Two(self.b.select(across, zero, lower)?, high)
            }
            false => {
                let moved = self.b.binary(Op::Shl, high, 1)?;
                let moved = self.b.binary(Op::Shl, moved, rest)?;
                let lower = self.b.binary(Op::Shr, low, within)?;
                let lower = self.b.binary(Op::Or, lower, moved)?;
                let upper = self.b.binary(outer, high, within)?;
                let filled = match signed {
                    true => self.b.binary(Op::Sar, high, HALF - 1)?,
                    false => self.b.word(0)?,
                };
                let low = self.b.select(across, upper, lower)?;
                Value::Two(low, self.b.select(across, filled, upper)?)
            }
        })
    }
}
