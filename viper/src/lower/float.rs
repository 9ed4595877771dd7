//! Floats of viper: what they are made of, how they become objects and ints, and their operators. See [`super::wide`].

use ferlance_abi::fun_table::Fun;
use ferlance_abi::{BinaryOp, layout, qstr};
use ferlance_bytecode::module::{Const, Number};
use ferlance_bytecode::op::ConstId;
use ferlance_bytecode::{Bytes, Label};
use ferlance_native_emitter::nir::{Cond, Op, Operand, Type, Vreg, Width};
use ferlance_native_emitter::target::{Fpu, Host};

use super::value::{Item, Value};
use super::wide::{HALF, Made};
use super::{Lower, Walk};
use crate::rules::{Arith, arith};
use crate::types::Ty;

impl Lower<'_, '_> {
    /// A float constant that a register holds.
    pub(super) fn float_const(&mut self, value: f64) -> Made {
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

    pub(super) fn new_float(&mut self, value: Vreg) -> Made {
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
    pub(super) fn unbox_float(&mut self, object: Vreg) -> Made {
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
    pub(super) fn float_of(&mut self, item: Item) -> Made {
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
    pub(super) fn int_of_float(&mut self, item: Item, to: Ty) -> Made<Value> {
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

    #[inline(never)]
    pub(super) fn float_binary(&mut self, op: BinaryOp, left: Item, right: Item) -> Walk {
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
}
