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
//! Functions stay functions: walking the ops would need a frame that costs each program stack.
use ferlance_abi::fun_table::Fun;
use ferlance_abi::{BinaryOp, NativeType, UnaryOp, layout, obj_word, qstr};
use ferlance_bytecode::module::{Const, Number};
use ferlance_bytecode::op::ConstId;
use ferlance_bytecode::{Bytes, Label};
use ferlance_collections::OutOfMemory;
use ferlance_native_emitter::nir::{Cond, Op, Operand, Type, Vreg, Width};
use ferlance_native_emitter::target::{Fpu, Host};

use super::value::{Item, Value};
use super::{Lower, Walk};
use crate::rules::{self, Arith, arith};
use crate::types::Ty;

type Made<T = Vreg> = Result<T, OutOfMemory>;

/// Bits of each of two words.
const HALF: i64 = 32;

impl Lower<'_, '_> {
    // What values are.

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

    fn halves(&mut self, item: Item) -> Made<(Vreg, Vreg)> {
        Ok((self.word(item)?, self.second(item)?))
    }

    fn small_object(&mut self, value: isize) -> Made {
        self.b
            .constant(Type::Obj, obj_word::small_int(value) as i64)
    }

    fn object_op(&mut self, op: BinaryOp, a: Vreg, b: Vreg) -> Made {
        let number = self.b.word(i64::from(op as u8))?;
        self.call_fun(Fun::BinaryOp, &[number, a, b])
    }

    // Floats.

    /// A float constant that a register holds.
    fn float_const(&mut self, value: f64) -> Made {
        match self.env.target.fpu {
            Fpu::Single => {
                let bits = (value as f32).to_bits();
                self.b.float(Type::F32, i64::from(bits))
            }
            _ => self.b.float(Type::F64, value.to_bits() as i64),
        }
    }

    pub(super) fn literal_float(&mut self, value: f64, object: ConstId) -> Made {
        match self.env.target.fpu {
            Fpu::None => self.const_object(object),
            _ => self.float_const(value),
        }
    }

    pub(super) fn const_object(&mut self, object: ConstId) -> Made {
        let at = i64::from(object.0);
        self.b.number(Op::ConstObj, Type::Obj, at)
    }

    fn new_float(&mut self, value: Vreg) -> Made {
        match self.env.target.fpu {
            Fpu::None => Ok(value),
            Fpu::Single => self.call_fun(Fun::ObjNewFloatFromF, &[value]),
            Fpu::Double => self.call_fun(Fun::ObjNewFloatFromD, &[value]),
        }
    }

    fn get_float(&mut self, object: Vreg) -> Made {
        match self.env.target.fpu {
            Fpu::Single => self.call_fun(Fun::ObjGetFloatToF, &[object]),
            _ => self.call_fun(Fun::ObjGetFloatToD, &[object]),
        }
    }

    /// The float of an object that is a number.
    #[inline(never)]
    fn unbox_float(&mut self, object: Vreg) -> Made {
        let target = self.env.target;
        match target.fpu {
            Fpu::None => self.unbox_soft(object),
            Fpu::Double if target.host == Host::Ferlance && target.word() == 8 && !target.small => {
                self.look_into_float(object)
            }
            _ => self.get_float(object),
        }
    }

    /// Our own runtime's float objects, without asking it.
    #[inline(never)]
    fn look_into_float(&mut self, object: Vreg) -> Made {
        let (pointer, float) = (self.b.block()?, self.b.block()?);
        let (other, join) = (self.b.cold_block()?, self.b.block()?);
        let result = self.b.param(join, Type::F64)?;
        self.b
            .branch(Cond::TestZero, object, 3, (pointer, &[]), (other, &[]))?;
        self.b.enter(pointer)?;
        let ty = self.b.load(Type::Word, Width::Word, object, 0)?;
        let slot = Fun::TypeFloat.slot() as i64;
        let wanted = self.b.number(Op::FunTableWord, Type::Word, slot)?;
        self.b
            .branch(Cond::Eq, ty, wanted, (float, &[]), (other, &[]))?;
        self.b.enter(float)?;
        let at = layout::FLOAT_VALUE as i64 * self.word_bytes();
        let value = self.b.load(Type::F64, Width::F64, object, at)?;
        self.b.jump(join, &[value])?;
        self.b.enter(other)?;
        let value = self.get_float(object)?;
        self.b.jump(join, &[value])?;
        self.b.enter(join)?;
        Ok(result)
    }

    /// A float object of any number. What is none cannot be divided by 1, or gives no float.
    #[inline(never)]
    fn unbox_soft(&mut self, object: Vreg) -> Made {
        let one = Number {
            value: 1.0,
            text: Bytes::Borrowed(b"1.0"),
        };
        let one = self.env.consts.index_of(Const::Float(one))?;
        let one = self.const_object(one)?;
        let wanted = self.call_fun(Fun::ObjGetType, &[one])?;
        let ty = self.call_fun(Fun::ObjGetType, &[object])?;
        let (other, wrong) = (self.b.cold_block()?, self.b.cold_block()?);
        let join = self.b.block()?;
        let result = self.b.param(join, Type::Obj)?;
        self.b
            .branch(Cond::Eq, ty, wanted, (join, &[object]), (other, &[]))?;
        self.b.enter(other)?;
        let unit = self.small_object(1)?;
        let value = self.object_op(BinaryOp::TrueDivide, object, unit)?;
        let ty = self.call_fun(Fun::ObjGetType, &[value])?;
        self.b
            .branch(Cond::Eq, ty, wanted, (join, &[value]), (wrong, &[]))?;
        self.b.enter(wrong)?;
        self.raise_text(qstr!("TypeError"), b"can't convert to float")?;
        self.b.enter(join)?;
        Ok(result)
    }

    /// The float of a number.
    #[inline(never)]
    fn float_of(&mut self, item: Item) -> Made {
        if item.ty == Ty::Float {
            return self.word(item);
        }
        let bits = self.env.target.word_bits();
        if self.env.target.fpu == Fpu::None {
            // True and False are numbers too, but only as numbers sure to be divided.
            let item = match item.ty {
                Ty::Bool => Item {
                    ty: Ty::Int,
                    ..item
                },
                _ => item,
            };
            let object = self.object(item)?;
            let one = self.small_object(1)?;
            return self.object_op(BinaryOp::TrueDivide, object, one);
        }
        let ty = self.ir_type(Ty::Float);
        let unsigned = matches!(item.ty, Ty::Uint | Ty::Uint64);
        if let Value::Imm(imm) = item.value {
            let value = match (item.ty, bits) {
                (Ty::Uint, 32) => f64::from(imm as u32),
                (Ty::Uint | Ty::Uint64, _) => return self.wide_float_const(imm as u64),
                _ if ty == Type::F32 => f64::from(imm as f32),
                _ => imm as f64,
            };
            return self.float_const(value);
        }
        if self.is_pair(item.ty) {
            let object = self.object(item)?;
            return self.get_float(object);
        }
        let word = self.word(item)?;
        if !unsigned {
            return self.b.unary(Op::FloatOfInt, ty, word);
        }
        // Half of it has a sign that tells the truth; its last bit stands for two, so that it is rounded once.
        let (usual, big) = (self.b.block()?, self.b.cold_block()?);
        let join = self.b.block()?;
        let result = self.b.param(join, ty)?;
        self.b.branch(Cond::Ge, word, 0, (usual, &[]), (big, &[]))?;
        self.b.enter(usual)?;
        let value = self.b.unary(Op::FloatOfInt, ty, word)?;
        self.b.jump(join, &[value])?;
        self.b.enter(big)?;
        let half = self.b.binary(Op::Shr, word, 1)?;
        let last = self.b.and(word, 1)?;
        let half = self.b.binary(Op::Or, half, last)?;
        let half = self.b.unary(Op::FloatOfInt, ty, half)?;
        let value = self.b.binary_to(Op::FAdd, ty, half, half)?;
        self.b.jump(join, &[value])?;
        self.b.enter(join)?;
        Ok(result)
    }

    fn wide_float_const(&mut self, value: u64) -> Made {
        match self.env.target.fpu {
            Fpu::Single => self.float_const(f64::from(value as f32)),
            _ => self.float_const(value as f64),
        }
    }

    /// The int of a float, cut towards zero: what `int(x)` is, as a word or two.
    #[inline(never)]
    fn int_of_float(&mut self, item: Item, to: Ty) -> Made<Value> {
        let pair = self.is_pair(to);
        let float = self.word(item)?;
        if self.is_soft(Ty::Float) {
            return self.int_by_call(float, to);
        }
        let ty = self.ir_type(Ty::Float);
        let size = self.b.unary(Op::FAbs, ty, float)?;
        let bits = self.env.target.word_bits() - 1;
        let limit = self.float_const((1_u64 << bits) as f64)?;
        // Also what is no number.
        let (fits, other) = (self.b.block()?, self.b.cold_block()?);
        let join = self.b.block()?;
        let low = self.b.param(join, Type::Word)?;
        let high = match pair {
            true => Some(self.b.param(join, Type::Word)?),
            false => None,
        };
        self.b.float_branch(Cond::Lt, size, limit, fits, other)?;
        self.b.enter(fits)?;
        let word = self.b.unary(Op::IntOfFloat, Type::Word, float)?;
        match pair {
            true => {
                let sign = self.b.binary(Op::Sar, word, HALF - 1)?;
                self.b.jump(join, &[word, sign])?;
            }
            false => self.b.jump(join, &[word])?,
        }
        self.b.enter(other)?;
        let object = self.new_float(float)?;
        match self.int_by_call(object, to)? {
            Value::Two(low, high) => self.b.jump(join, &[low, high])?,
            Value::Reg(word) => self.b.jump(join, &[word])?,
            _ => self.b.unreachable()?,
        }
        self.b.enter(join)?;
        Ok(high.map_or(Value::Reg(low), |high| Value::Two(low, high)))
    }

    /// `int(x)` of a float object, by the runtime: the type of small ints is what `int` means.
    #[inline(never)]
    fn int_by_call(&mut self, float: Vreg, to: Ty) -> Made<Value> {
        let zero = self.small_object(0)?;
        let class = self.call_fun(Fun::ObjGetType, &[zero])?;
        let class = self.b.copy(Type::Obj, class)?;
        let array = self.array(1)?;
        self.b.slot_store(array, 0, float)?;
        let args = self.b.slot_addr(array, 0)?;
        let count = self.b.word(1)?;
        let object = self.call_fun(Fun::CallFunctionNKw, &[class, count, args])?;
        match to.is_long() {
            true => self.unbox_long(object, to),
            false => Ok(Value::Reg(self.unboxed(object, to.native())?)),
        }
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

    #[inline(never)]
    fn box_pair(&mut self, item: Item) -> Made {
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

    /// The wide number of an object.
    #[inline(never)]
    pub(super) fn unbox_wide(&mut self, object: Vreg, to: Ty) -> Made<Value> {
        match to {
            Ty::Float => Ok(Value::Reg(self.unbox_float(object)?)),
            _ => self.unbox_long(object, to),
        }
    }

    #[inline(never)]
    fn unbox_long(&mut self, object: Vreg, to: Ty) -> Made<Value> {
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

    /// A number as two words.
    #[inline(never)]
    fn extended(&mut self, item: Item) -> Made<Value> {
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

    /// The truth of a float in a register as a comparison of floats.
    pub(super) fn float_test(&mut self, item: Item) -> Made<Item> {
        if item.ty != Ty::Float || self.is_soft(item.ty) {
            return Ok(item);
        }
        let value = self.word(item)?;
        let zero = self.float_const(0.0)?;
        Ok(Item {
            ty: Ty::Bool,
            value: Value::FTest(Cond::Ne, value, zero),
        })
    }

    /// Goes to `to` if the comparison of floats is `sense`, else on behind.
    #[inline(never)]
    pub(super) fn branch_floats(
        &mut self,
        (cond, a, b): (Cond, Vreg, Vreg),
        sense: bool,
        to: Label,
        stack: &[Item],
    ) -> Walk {
        let behind = self.b.block()?;
        let between = match self.needs_conversion(to, stack)? {
            true => Some(self.b.block()?),
            false => None,
        };
        let block = match between {
            Some(between) => between,
            None => self.edge(to, stack)?,
        };
        // The opposite of an order of floats is none: the edges are swapped.
        match sense {
            true => self.b.float_branch(cond, a, b, block, behind)?,
            false => self.b.float_branch(cond, a, b, behind, block)?,
        }
        if let Some(between) = between {
            self.b.enter(between)?;
            self.jump_with(to, stack)?;
        }
        Ok(self.b.enter(behind)?)
    }

    // Operators.

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

    #[inline(never)]
    fn float_binary(&mut self, op: BinaryOp, left: Item, right: Item) -> Walk {
        let comparison = arith(op).filter(|arith| arith.is_comparison());
        if self.is_soft(Ty::Float) {
            let a = self.object(left)?;
            let b = self.object(right)?;
            let object = self.object_op(op, a, b)?;
            if comparison.is_none() {
                // A power of a negative number may be complex.
                let power = matches!(op, BinaryOp::Power | BinaryOp::InplacePower);
                let float = match power {
                    true => self.unbox_soft(object)?,
                    false => object,
                };
                return Ok(self.push(Ty::Float, Value::Reg(float))?);
            }
            let truth = self.truth(object)?;
            let test = Value::Test(Cond::TestNonZero, truth, Operand::Imm(0xff));
            return Ok(self.push(Ty::Bool, test)?);
        }
        let left = self.converted(left, Ty::Float)?;
        let right = self.converted(right, Ty::Float)?;
        if let Some(arith) = comparison {
            let cond = match arith {
                Arith::Less => Cond::Lt,
                Arith::More => Cond::Gt,
                Arith::LessEqual => Cond::Le,
                Arith::MoreEqual => Cond::Ge,
                Arith::NotEqual => Cond::Ne,
                _ => Cond::Eq,
            };
            let a = self.word(left)?;
            let b = self.word(right)?;
            return Ok(self.push(Ty::Bool, Value::FTest(cond, a, b))?);
        }
        let ty = self.ir_type(Ty::Float);
        let simple = match op {
            BinaryOp::TrueDivide | BinaryOp::InplaceTrueDivide => Some(Op::FDiv),
            _ => match arith(op) {
                Some(Arith::Add) => Some(Op::FAdd),
                Some(Arith::Sub) => Some(Op::FSub),
                Some(Arith::Mul) => Some(Op::FMul),
                _ => None,
            },
        };
        let value = match simple {
            Some(simple) => {
                let a = self.word(left)?;
                let b = self.word(right)?;
                if simple == Op::FDiv {
                    let zero = self.float_const(0.0)?;
                    let none = self.b.cold_block()?;
                    let some = self.b.block()?;
                    self.b.float_branch(Cond::Eq, b, zero, none, some)?;
                    self.b.enter(none)?;
                    self.raise_zero_division()?;
                    self.b.enter(some)?;
                }
                self.b.binary_to(simple, ty, a, b)?
            }
            None => {
                let a = self.object(left)?;
                let b = self.object(right)?;
                let object = self.object_op(op, a, b)?;
                self.get_float(object)?
            }
        };
        Ok(self.push(Ty::Float, Value::Reg(value))?)
    }

    // Two words.

    #[inline(never)]
    fn compare_pairs(&mut self, arith: Arith, left: Item, right: Item) -> Made<Value> {
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
    fn pair_binary(&mut self, op: BinaryOp, arith: Arith, left: Item, right: Item) -> Walk<Value> {
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
