//! Numbers that stock viper lacks: `float`, `int64`, `uint64`.
//!
//! ```text
//! float           in a float register: F64 or F32, what the target's unit has; without a unit the float object itself,
//!                 and the runtime reckons
//! int64, uint64   one word where words have 64 bits, else two: low, high
//! ```
//! All of it is made of what stock firmware has. A float object comes of entries 60 and 61, its number of 62 and 63. An
//! int object of two words is `high << 32 | low`, reckoned by the runtime; so are division of two words, and `//`, `%`
//! and `**` of floats.
//!
//! Here it is chosen which of these a value is; floats stand in [`super::float`], two words in [`super::pair`].
//!
//! Functions stay functions: walking the ops would need a frame that costs each program stack.

use ferlance_abi::fun_table::Fun;
use ferlance_abi::{BinaryOp, UnaryOp, obj_word};
use ferlance_collections::OutOfMemory;
use ferlance_native_emitter::nir::{Cond, Op, Operand, Type, Vreg};
use ferlance_native_emitter::target::Fpu;

use super::value::{Item, Value};
use super::{Lower, Walk};
use crate::rules::{self, Arith, arith};
use crate::types::Ty;

pub(super) type Made<T = Vreg> = Result<T, OutOfMemory>;

/// Bits of each of two words.
pub(super) const HALF: i64 = 32;

impl Lower<'_, '_> {
    /// What the builder calls a type.
    pub(super) fn ir_type(&self, ty: Ty) -> Type {
        match (ty, self.env.target.fpu) {
            (Ty::Object, _) | (Ty::Float, Fpu::None) => Type::Obj,
            (Ty::Float, Fpu::Single) => Type::F32,
            (Ty::Float, Fpu::Double) => Type::F64,
            _ => Type::Word,
        }
    }

    /// Is a value of this type an object, though it is no `object`?
    pub(super) fn is_soft(&self, ty: Ty) -> bool {
        ty == Ty::Float && self.env.target.fpu == Fpu::None
    }

    /// Is a value of this type two words?
    pub(super) fn is_pair(&self, ty: Ty) -> bool {
        ty.is_long() && self.env.target.word_bits() == 32
    }

    /// Words of a frame slot for such a value.
    pub(super) fn slot_words(&self, ty: Ty) -> u32 {
        match self.ir_type(ty) {
            Type::F64 => 8 / self.env.target.word(),
            _ => 1,
        }
    }

    /// On targets of 64 bits: the value as a number that stock has.
    fn as_word(item: Item) -> Item {
        let ty = match item.ty {
            Ty::Int64 => Ty::Int,
            Ty::Uint64 => Ty::Uint,
            ty => ty,
        };
        Item { ty, ..item }
    }

    pub(super) fn small_object(&mut self, value: isize) -> Made {
        self.b
            .constant(Type::Obj, obj_word::small_int(value) as i64)
    }

    pub(super) fn object_op(&mut self, op: BinaryOp, a: Vreg, b: Vreg) -> Made {
        let number = self.b.word(i64::from(op as u8))?;
        self.call_fun(Fun::BinaryOp, &[number, a, b])
    }

    // Objects.

    /// The object of a wide number.
    #[inline(never)]
    pub(super) fn box_wide(&mut self, item: Item) -> Made {
        match (item.ty, item.value) {
            (Ty::Float, Value::Float(_, object)) => self.const_object(object),
            (Ty::Float, _) => {
                let value = self.word(item)?;
                self.new_float(value)
            }
            (Ty::Int64, Value::Imm(imm)) if self.is_small_int(imm) => {
                self.b.constant(Type::Obj, imm << 1 | 1)
            }
            (ty, _) if self.is_pair(ty) => self.box_pair(item),
            _ => self.object(Self::as_word(item)),
        }
    }

    /// The wide number of an object.
    #[inline(never)]
    pub(super) fn unbox_wide(&mut self, object: Vreg, to: Ty) -> Made<Value> {
        match to {
            Ty::Float => Ok(Value::Reg(self.unbox_float(object)?)),
            _ => self.unbox_long(object, to),
        }
    }

    // Conversions.

    /// `T(x)` where one of both types is wide and the other is not the same.
    #[inline(never)]
    pub(super) fn convert_wide(&mut self, item: Item, to: Ty) -> Made<Item> {
        let item = item.bare();
        let value = match (item.ty, to) {
            (from, to) if from == to => item.value,
            (_, Ty::None | Ty::Null | Ty::Cast(_)) => Value::Nothing,
            (_, Ty::Object) => Value::Reg(self.object(item)?),
            (Ty::Object, to) => {
                let object = self.object(item)?;
                self.unbox_wide(object, to)?
            }
            // As for other numbers.
            (Ty::None | Ty::Null | Ty::Cast(_), Ty::Float) => {
                let zero = Item {
                    ty: Ty::Int,
                    value: Value::Imm(0),
                };
                Value::Reg(self.float_of(zero)?)
            }
            (Ty::None | Ty::Null | Ty::Cast(_), _) => Value::Imm(0),
            (_, Ty::Float) => Value::Reg(self.float_of(item)?),
            (_, Ty::Bool) => {
                let (cond, a, b) = self.test(item)?;
                Value::Test(cond, a, b)
            }
            (Ty::Float, to) => self.int_of_float(item, to)?,
            (_, to) if self.is_pair(to) => self.extended(item)?,
            (from, _) if self.is_pair(from) => match item.value {
                Value::Imm(imm) => Value::Imm(self.wrapped(imm)),
                _ => Value::Reg(self.word(item)?),
            },
            _ => item.value,
        };
        Ok(Item { ty: to, value })
    }

    /// A comparison that tells the truth of a wide number.
    #[inline(never)]
    pub(super) fn test_wide(&mut self, item: Item) -> Made<(Cond, Vreg, Operand)> {
        let word = match item.ty {
            Ty::Float if self.is_soft(item.ty) => {
                let object = self.word(item)?;
                let truth = self.truth(object)?;
                return Ok((Cond::TestNonZero, truth, Operand::Imm(0xff)));
            }
            Ty::Float => {
                let value = self.word(item)?;
                let zero = self.float_const(0.0)?;
                self.b.binary(Op::FCmp(Cond::Ne), value, zero)?
            }
            ty if self.is_pair(ty) => {
                let (low, high) = self.halves(item)?;
                self.b.binary(Op::Or, low, high)?
            }
            _ => self.word(item)?,
        };
        Ok((Cond::Ne, word, Operand::Imm(0)))
    }

    #[inline(never)]
    pub(super) fn wide_unary(&mut self, op: UnaryOp, item: Item) -> Walk {
        let ty = item.ty;
        let value = match (ty, op) {
            (_, UnaryOp::Positive) => item.value,
            (Ty::Float, UnaryOp::Negative) if self.is_soft(ty) => {
                let object = self.word(item)?;
                let number = self.b.word(i64::from(op as u8))?;
                Value::Reg(self.call_fun(Fun::UnaryOp, &[number, object])?)
            }
            (Ty::Float, UnaryOp::Negative) => {
                let value = self.word(item)?;
                Value::Reg(self.b.unary(Op::FNeg, self.ir_type(ty), value)?)
            }
            (ty, UnaryOp::Negative | UnaryOp::Invert) if ty.is_long() => match (op, item.value) {
                (UnaryOp::Negative, Value::Imm(imm)) => Value::Imm(imm.wrapping_neg()),
                (_, Value::Imm(imm)) => Value::Imm(!imm),
                _ if self.is_pair(ty) => {
                    let (low, high) = self.halves(item)?;
                    let not_low = self.b.unary(Op::Not, Type::Word, low)?;
                    let not_high = self.b.unary(Op::Not, Type::Word, high)?;
                    match op {
                        UnaryOp::Negative => {
                            // One more than the complement.
                            let carry = self.b.cmp(Cond::Eq, low, 0)?;
                            let low = self.b.rev_sub(0, low)?;
                            Value::Two(low, self.b.add(not_high, carry)?)
                        }
                        _ => Value::Two(not_low, not_high),
                    }
                }
                (UnaryOp::Negative, _) => {
                    let word = self.word(item)?;
                    Value::Reg(self.b.rev_sub(0, word)?)
                }
                _ => {
                    let word = self.word(item)?;
                    Value::Reg(self.b.unary(Op::Not, Type::Word, word)?)
                }
            },
            _ => return self.malformed(),
        };
        Ok(self.push(ty, value)?)
    }

    /// An operator of which one operand, or both, are wide.
    #[inline(never)]
    pub(super) fn wide_binary(&mut self, op: BinaryOp, left: Item, right: Item) -> Walk {
        let ty = rules::common(left.ty, right.ty);
        if ty == Ty::Float {
            return self.float_binary(op, left, right);
        }
        let Some(arith) = arith(op) else {
            return self.malformed();
        };
        let left = self.converted(left, ty)?;
        let right = self.converted(right, ty)?;
        if arith.is_comparison() {
            let value = match self.is_pair(ty) {
                true => self.compare_pairs(arith, left, right)?,
                false => self.compare(arith, Self::as_word(left), Self::as_word(right))?,
            };
            return Ok(self.push(Ty::Bool, value)?);
        }
        let value = match self.is_pair(ty) {
            true => self.pair_binary(op, arith, left, right)?,
            false => {
                let (left, right) = (Self::as_word(left), Self::as_word(right));
                match arith {
                    Arith::Div | Arith::Mod if ty == Ty::Uint64 => {
                        self.divide_unsigned(arith == Arith::Div, left, right)?
                    }
                    Arith::Div | Arith::Mod => self.divide(arith == Arith::Div, left, right)?,
                    Arith::Shl | Arith::Shr => self.shift(arith == Arith::Shl, left, right)?,
                    _ => self.simple(arith, left, right)?,
                }
            }
        };
        Ok(self.push(ty, value)?)
    }

    #[inline(never)]
    fn divide_unsigned(&mut self, quotient: bool, left: Item, right: Item) -> Walk<Value> {
        let a = self.word(left)?;
        let b = self.word(right)?;
        let zero = self.b.cold_block()?;
        let usual = self.b.block()?;
        self.b.branch(Cond::Eq, b, 0, (zero, &[]), (usual, &[]))?;
        self.b.enter(zero)?;
        self.raise_zero_division()?;
        self.b.enter(usual)?;
        let op = match quotient {
            true => Op::DivUnsigned,
            false => Op::ModUnsigned,
        };
        Ok(Value::Reg(self.b.binary(op, a, b)?))
    }
}
