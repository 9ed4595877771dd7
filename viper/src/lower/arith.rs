//! Operators.
use ferlance_abi::fun_table::Fun;
use ferlance_abi::{Arch, BinaryOp, UnaryOp, obj_word};
use ferlance_collections::OutOfMemory;
use ferlance_native_emitter::nir::{Cond, Op, Operand, Vreg};

use super::value::{Item, Value};
use super::{Lower, Walk};
use crate::rules::{self, Arith, arith};
use crate::types::Ty;

/// The operands as inference saw them: see [`rules::agreed`].
fn agreed(left: Item, right: Item) -> (Item, Item) {
    let native = |item: Item| item.native().map(|(ty, _)| ty);
    let found = rules::agreed((left.ty, native(left)), (right.ty, native(right)));
    let pick = |item: Item, ty| match ty == item.ty {
        true => item,
        false => item.bare(),
    };
    (pick(left, found.0), pick(right, found.1))
}

impl Lower<'_, '_> {
    pub(super) fn unary(&mut self, op: UnaryOp) -> Walk {
        let item = self.pop()?;
        match (item.ty, op) {
            (Ty::Object, UnaryOp::Not) => self.not(item)?,
            (Ty::Object, _) => {
                let operand = self.object(item)?;
                let number = self.b.word(i64::from(op as u8))?;
                let result = self.call_fun(Fun::UnaryOp, &[number, operand])?;
                self.push_object(result)?;
            }
            (ty, _) if ty.is_wide() => self.wide_unary(op, item)?,
            (ty, UnaryOp::Positive) => self.push(ty, item.value)?,
            (ty, UnaryOp::Negative) => {
                let value = match item.value {
                    Value::Imm(imm) => Value::Imm(imm.wrapping_neg()),
                    _ => {
                        let word = self.word(item)?;
                        Value::Reg(self.b.rev_sub(0, word)?)
                    }
                };
                self.push(ty, value)?;
            }
            (ty, UnaryOp::Invert) => {
                let value = match item.value {
                    Value::Imm(imm) => Value::Imm(!imm),
                    _ => {
                        let word = self.word(item)?;
                        Value::Reg(self.b.unary(
                            Op::Not,
                            ferlance_native_emitter::nir::Type::Word,
                            word,
                        )?)
                    }
                };
                self.push(ty, value)?;
            }
            _ => return self.malformed(),
        }
        Ok(())
    }

    /// `not` of an object: True or False.
    fn not(&mut self, item: Item) -> Walk {
        let value = match item.value {
            Value::Test(cond, a, b) => Value::Test(cond.negated(), a, b),
            _ => {
                let operand = self.object(item)?;
                let truth = self.truth(operand)?;
                Value::Test(Cond::TestZero, truth, Operand::Imm(0xff))
            }
        };
        Ok(self.push(Ty::Object, value)?)
    }

    pub(super) fn binary(&mut self, op: BinaryOp) -> Walk {
        let right = self.pop()?;
        let left = self.pop()?;
        let (left, right) = agreed(left, right);
        if left.ty == Ty::Object || right.ty == Ty::Object {
            return match self.sum(op, left, right)? {
                Some(sum) => Ok(self.push(Ty::Object, sum)?),
                None => self.object_binary(op, left, right),
            };
        }
        if left.ty.is_wide() || right.ty.is_wide() {
            return self.wide_binary(op, left, right);
        }
        let Some(arith) = arith(op) else {
            return self.malformed();
        };
        let value = match arith {
            Arith::Less
            | Arith::More
            | Arith::Equal
            | Arith::LessEqual
            | Arith::MoreEqual
            | Arith::NotEqual => {
                let value = self.compare(arith, left, right)?;
                return Ok(self.push(Ty::Bool, value)?);
            }
            Arith::Div | Arith::Mod => self.divide(arith == Arith::Div, left, right)?,
            Arith::Shl | Arith::Shr => self.shift(arith == Arith::Shl, left, right)?,
            _ => self.simple(arith, left, right)?,
        };
        Ok(self.push(left.ty, value)?)
    }

    fn object_binary(&mut self, op: BinaryOp, left: Item, right: Item) -> Walk {
        if op == BinaryOp::Is {
            let a = self.object(left)?;
            let b = self.object(right)?;
            return Ok(self.push(Ty::Object, Value::Test(Cond::Eq, a, Operand::Reg(b)))?);
        }
        let result = self.operated(op, left, right)?;
        Ok(self.push_object(result)?)
    }

    /// What the runtime makes of an operator and two objects.
    fn operated(&mut self, op: BinaryOp, left: Item, right: Item) -> Result<Vreg, OutOfMemory> {
        let a = self.object(left)?;
        let b = self.object(right)?;
        let number = self.b.word(i64::from(op as u8))?;
        self.call_fun(Fun::BinaryOp, &[number, a, b])
    }

    /// An operator on two objects that are still numbers, if it keeps low words: see [`rules::sum`].
    fn sum(&mut self, op: BinaryOp, left: Item, right: Item) -> Result<Option<Value>, OutOfMemory> {
        let (Some((a, m)), Some((b, n)), Some(arith)) = (left.native(), right.native(), arith(op))
        else {
            return Ok(None);
        };
        let nested = m.max(n);
        let Some(ty) = rules::sum(op, Some(a), Some(b), nested) else {
            return Ok(None);
        };
        let value = self.simple(arith, left.bare(), right.bare())?;
        let word = self.word(Item { ty, value })?;
        let number = self.sums.len() as u32;
        self.sums.push((op, left, right))?;
        Ok(Some(Value::Sum(word, ty, nested + 1, number)))
    }

    /// The object of a [`Value::Sum`]. If nobody asks for it, it is not made.
    pub(super) fn sum_object(&mut self, number: u32) -> Result<Vreg, OutOfMemory> {
        match self.sums.get(number as usize).copied() {
            Some((op, left, right)) => self.operated(op, left, right),
            None => self.null(),
        }
    }

    pub(super) fn compare(
        &mut self,
        arith: Arith,
        left: Item,
        right: Item,
    ) -> Result<Value, OutOfMemory> {
        let unsigned = left.ty == Ty::Uint;
        let cond = match (arith, unsigned) {
            (Arith::Less, false) => Cond::Lt,
            (Arith::More, false) => Cond::Gt,
            (Arith::LessEqual, false) => Cond::Le,
            (Arith::MoreEqual, false) => Cond::Ge,
            (Arith::Less, true) => Cond::Below,
            (Arith::More, true) => Cond::Above,
            (Arith::LessEqual, true) => Cond::BelowEq,
            (Arith::MoreEqual, true) => Cond::AboveEq,
            (Arith::NotEqual, _) => Cond::Ne,
            _ => Cond::Eq,
        };
        // Constants stand on the right.
        if let (Value::Imm(imm), false) = (left.value, matches!(right.value, Value::Imm(_))) {
            let right = self.word(right)?;
            return Ok(Value::Test(cond.swapped(), right, Operand::Imm(imm)));
        }
        let a = self.word(left)?;
        let b = self.operand(right)?;
        Ok(Value::Test(cond, a, b))
    }

    /// Arithmetic that wraps.
    pub(super) fn simple(
        &mut self,
        arith: Arith,
        left: Item,
        right: Item,
    ) -> Result<Value, OutOfMemory> {
        let (op, fold): (Op, fn(i64, i64) -> i64) = match arith {
            Arith::Add => (Op::Add, i64::wrapping_add),
            Arith::Sub => (Op::Sub, i64::wrapping_sub),
            Arith::Mul => (Op::Mul, i64::wrapping_mul),
            Arith::And => (Op::And, |a, b| a & b),
            Arith::Or => (Op::Or, |a, b| a | b),
            _ => (Op::Xor, |a, b| a ^ b),
        };
        if let (Value::Imm(a), Value::Imm(b)) = (left.value, right.value) {
            return Ok(Value::Imm(self.wrapped(fold(a, b))));
        }
        if let Value::Imm(imm) = left.value {
            let right = self.word(right)?;
            return Ok(Value::Reg(match arith {
                Arith::Sub => self.b.rev_sub(imm, right)?,
                _ => self.b.binary(op, right, imm)?,
            }));
        }
        let a = self.word(left)?;
        let b = self.operand(right)?;
        Ok(Value::Reg(self.b.binary(op, a, b)?))
    }

    /// A constant as a word of the target holds it, sign-extended.
    pub(super) fn wrapped(&self, imm: i64) -> i64 {
        match self.env.target.word() {
            4 => i64::from(imm as i32),
            _ => imm,
        }
    }

    /// What the machine's shift makes of a count: x64 looks at six bits, RISC-V and Xtensa at five, Thumb at eight.
    pub(super) fn shift(
        &mut self,
        left_shift: bool,
        left: Item,
        right: Item,
    ) -> Result<Value, OutOfMemory> {
        let op = match (left_shift, left.ty) {
            (true, _) => Op::Shl,
            (false, Ty::Uint) => Op::Shr,
            (false, _) => Op::Sar,
        };
        let bits = i64::from(self.env.target.word_bits());
        let count = match right.value {
            Value::Imm(imm) => Operand::Imm(imm & self.shift_mask()),
            _ => Operand::Reg(self.word(right)?),
        };
        match (left.value, count) {
            (Value::Imm(0), _) => return Ok(Value::Imm(0)),
            (_, Operand::Imm(0)) => return Ok(left.value),
            (_, Operand::Imm(count)) if count >= bits => {
                if op != Op::Sar {
                    return Ok(Value::Imm(0));
                }
                let word = self.word(left)?;
                return Ok(Value::Reg(self.b.binary(Op::Sar, word, bits - 1)?));
            }
            _ => {}
        }
        let word = self.word(left)?;
        Ok(Value::Reg(self.b.binary(op, word, count)?))
    }

    fn shift_mask(&self) -> i64 {
        match self.env.target.arch {
            Arch::X64 | Arch::Rv64imc => 63,
            arch if arch.is_thumb() || arch == Arch::Armv6 => 255,
            _ => 31,
        }
    }

    /// Rounded down, as Python has it. A divisor of 0 raises, which stock leaves to the machine.
    pub(super) fn divide(&mut self, quotient: bool, left: Item, right: Item) -> Walk<Value> {
        if let Value::Imm(divisor) = right.value {
            return self.divide_by(quotient, left, divisor);
        }
        let a = self.word(left)?;
        let b = self.word(right)?;
        // 0 and -1 need care: the smallest number has no negative.
        let odd = self.b.cold_block()?;
        let usual = self.b.block()?;
        let join = self.b.block()?;
        let result = self
            .b
            .param(join, ferlance_native_emitter::nir::Type::Word)?;
        let above = self.b.add(b, 1)?;
        self.b
            .branch(Cond::BelowEq, above, 1, (odd, &[]), (usual, &[]))?;
        self.b.enter(odd)?;
        let zero = self.b.cold_block()?;
        let minus_one = self.b.cold_block()?;
        self.b
            .branch(Cond::Eq, b, 0, (zero, &[]), (minus_one, &[]))?;
        self.b.enter(zero)?;
        self.raise_zero_division()?;
        self.b.enter(minus_one)?;
        let value = match quotient {
            true => self.b.rev_sub(0, a)?,
            false => self.b.word(0)?,
        };
        self.b.jump(join, &[value])?;
        self.b.enter(usual)?;
        let value = self.divided(quotient, a, Operand::Reg(b))?;
        self.b.jump(join, &[value])?;
        self.b.enter(join)?;
        Ok(Value::Reg(result))
    }

    fn divide_by(&mut self, quotient: bool, left: Item, divisor: i64) -> Walk<Value> {
        let a = self.word(left)?;
        Ok(match (divisor, quotient) {
            (0, _) => {
                self.raise_zero_division()?;
                // What follows is never run.
                let rest = self.b.block()?;
                self.b.enter(rest)?;
                Value::Imm(0)
            }
            (1, true) => Value::Reg(a),
            (-1, true) => Value::Reg(self.b.rev_sub(0, a)?),
            (1 | -1, false) => Value::Imm(0),
            (power, true) if power > 0 && power & (power - 1) == 0 => {
                let bits = i64::from(power.trailing_zeros());
                Value::Reg(self.b.binary(Op::Sar, a, bits)?)
            }
            (power, false) if power > 0 && power & (power - 1) == 0 => {
                Value::Reg(self.b.and(a, power - 1)?)
            }
            _ => Value::Reg(self.divided(quotient, a, Operand::Imm(divisor))?),
        })
    }

    fn divided(&mut self, quotient: bool, a: Vreg, b: Operand) -> Result<Vreg, OutOfMemory> {
        let (op, fun) = match quotient {
            true => (Op::DivFloor, Fun::SmallIntFloorDivide),
            false => (Op::ModFloor, Fun::SmallIntModulo),
        };
        if self.env.target.divides() {
            return self.b.binary(op, a, b);
        }
        let b = match b {
            Operand::Reg(b) => b,
            Operand::Imm(b) => self.b.word(b)?,
        };
        self.b.call(fun, &[a, b])
    }

    /// By dividing objects: the table has nothing shorter. Ends the block.
    pub(super) fn raise_zero_division(&mut self) -> Result<(), OutOfMemory> {
        let number = self.b.word(i64::from(BinaryOp::FloorDivide as u8))?;
        let zero = obj_word::small_int(0) as i64;
        let zero = self
            .b
            .constant(ferlance_native_emitter::nir::Type::Obj, zero)?;
        self.call_fun(Fun::BinaryOp, &[number, zero, zero])?;
        self.b.unreachable()
    }
}
