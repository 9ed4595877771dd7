//! Floats in expressions outside of loops over numbers: what an operator gives to another one is not made an object.
//!
//! A value on the stack that only arithmetic takes has two halves: the object, or null, and in that case the number.
//! Whether it has is known from the ops that follow, so that nothing else ever meets one.
//!
//! ```text
//! result   small ints: (object, -)    floats: (null, number)    whatever else, by the runtime: (object, -)
//! ```
use ferlance_abi::BinaryOp;
use ferlance_abi::fun_table::Fun;
use ferlance_bytecode::module::Const;
use ferlance_bytecode::op::Op as Bytecode;

use super::kinds::Class;
use super::numeric::IS_HERE;
use super::{Done, Lowering};
use crate::nir::{Block, Cond, Op, Type, Vreg};

/// An operand.
#[derive(Clone, Copy)]
struct Operand {
    object: Vreg,
    /// The number if the object is null.
    number: Option<Vreg>,
}

/// How far behind an op what takes its result is looked for.
const FAR: usize = 64;

/// The operation on floats.
fn on_floats(op: BinaryOp) -> Option<Op> {
    Some(match op {
        BinaryOp::Add | BinaryOp::InplaceAdd => Op::FAdd,
        BinaryOp::Subtract | BinaryOp::InplaceSubtract => Op::FSub,
        BinaryOp::Multiply | BinaryOp::InplaceMultiply => Op::FMul,
        BinaryOp::TrueDivide | BinaryOp::InplaceTrueDivide => Op::FDiv,
        _ => return None,
    })
}

impl Lowering<'_, '_> {
    /// Does the code look like one that computes with floats? Has it a float constant, or a division?
    pub(super) fn computes_floats(&self) -> bool {
        IS_HERE
            && self.has_floats()
            && self.pieces.is_none()
            && self.code.ops().iter().any(|op| match *op {
                Bytecode::LoadConstObj(id) => {
                    let object = self.tables.consts.consts().get(id.0 as usize);
                    matches!(object, Some(Const::Float(_)))
                }
                Bytecode::Binary(op) => Class::of(op) == Class::Quotient,
                _ => false,
            })
    }

    /// Is the result of the op at hand taken by arithmetic, before anything else happens to it?
    fn goes_into_arithmetic(&self) -> bool {
        let behind = self.at as usize + 1;
        let ops = self.code.ops().get(behind..).unwrap_or(&[]);
        let mut above = 0u32;
        for op in ops.iter().take(FAR) {
            match *op {
                Bytecode::Line(_) => {}
                Bytecode::LoadFast(_)
                | Bytecode::LoadConstSmallInt(_)
                | Bytecode::LoadConstObj(_) => above += 1,
                Bytecode::LoadAttr(_) | Bytecode::Unary(_) if above > 0 => {}
                Bytecode::Binary(op) => match above {
                    0 | 1 => return on_floats(op).is_some(),
                    _ => above -= 1,
                },
                _ => return false,
            }
        }
        false
    }

    fn halves_bit(&self, place: u32) -> u64 {
        1u64.checked_shl(place).unwrap_or(0)
    }

    /// Arithmetic whose result or whose operands have halves; says whether it is that.
    pub(super) fn in_halves(&mut self, op: BinaryOp) -> Done<bool> {
        if !self.floats_likely || self.is_numeric() {
            return Ok(false);
        }
        let Some(float) = on_floats(op) else {
            return Ok(false);
        };
        let (Some(left), Some(right)) = (self.depth.checked_sub(2), self.depth.checked_sub(1))
        else {
            return Ok(false);
        };
        let taken = self.halves & (self.halves_bit(left) | self.halves_bit(right));
        let gives = !self.is_copied && left < u64::BITS && self.goes_into_arithmetic();
        let (l, r) = (self.operand(left)?, self.operand(right)?);
        let are_ints = self.facts(l.object).is_small && self.facts(r.object).is_small;
        if taken == 0 && (!gives || are_ints) {
            return Ok(false);
        }
        self.halves &= !taken;
        self.depth = left;
        self.arith_in_halves((op, float), l, r, gives)?;
        Ok(true)
    }

    fn operand(&mut self, place: u32) -> Done<Operand> {
        let below = self.depth - 1 - place;
        let object = self.peek_value(below)?;
        let number = match self.halves & self.halves_bit(place) {
            0 => None,
            _ => {
                let var = self.stack_float_var(place)?;
                Some(self.b.read_local(var)?)
            }
        };
        Ok(Operand { object, number })
    }

    fn arith_in_halves(
        &mut self,
        (op, float): (BinaryOp, Op),
        l: Operand,
        r: Operand,
        gives: bool,
    ) -> Done {
        let (l_facts, r_facts) = (self.facts(l.object), self.facts(r.object));
        let likely = l_facts.is_likely_float || r_facts.is_likely_float;
        let is_sum = Class::of(op) == Class::Sum;
        let (floats, ask) = (self.b.block()?, self.b.cold_block()?);
        let join = self.b.block()?;
        let object = self.b.param(join, Type::Obj)?;
        let number = match gives {
            true => Some(self.b.param(join, Type::F64)?),
            false => None,
        };
        if is_sum && !likely {
            self.guard(l.object, r.object, floats)?;
            if let Some((value, _)) = self.small_arith(op, l.object, r.object, floats)? {
                self.join_halves(join, value, gives)?;
            }
            self.b.enter(floats)?;
        }
        let (a, b) = self.numbers(l, r, ask)?;
        if float == Op::FDiv {
            let (zero, some) = (self.b.float(Type::F64, 0)?, self.b.block()?);
            self.b.float_branch(Cond::Eq, b, zero, ask, some)?;
            self.b.enter(some)?;
        }
        let value = self.b.binary_to(float, Type::F64, a, b)?;
        if gives {
            let null = self.null()?;
            self.b.jump(join, &[null, value])?;
        } else {
            let object = self.b.call(Fun::ObjNewFloatFromD, &[value])?;
            self.b.jump(join, &[object])?;
        }
        // Everything else.
        self.b.enter(ask)?;
        let l = self.whole(l)?;
        let r = self.whole(r)?;
        let other = self.ask_binary(op, l, r)?;
        self.join_halves(join, other, gives)?;
        self.b.enter(join)?;
        if likely || !is_sum {
            self.note_likely_float(object)?;
        }
        self.push(object)?;
        if let Some(number) = number {
            let place = self.depth - 1;
            let var = self.stack_float_var(place)?;
            self.b.write_local(var, number)?;
            self.halves |= self.halves_bit(place);
        }
        Ok(())
    }

    /// The numbers of two operands of which one at least is no small int; what is no float goes to `ask`.
    fn numbers(&mut self, l: Operand, r: Operand, ask: Block) -> Done<(Vreg, Vreg)> {
        let is_plain =
            |this: &Self, it: Operand| it.number.is_none() && !this.facts(it.object).is_small;
        if is_plain(self, l) && is_plain(self, r) {
            return self.floats(l.object, r.object, ask);
        }
        Ok((self.number_of(l, ask)?, self.number_of(r, ask)?))
    }

    fn number_of(&mut self, it: Operand, ask: Block) -> Done<Vreg> {
        if self.facts(it.object).is_small {
            return self.number(it.object, None);
        }
        let Some(number) = it.number else {
            self.require_float(it.object, ask)?;
            return self.float_value(it.object);
        };
        let (found, other) = (self.b.block()?, self.b.cold_block()?);
        let value = self.b.param(found, Type::F64)?;
        self.b
            .branch(Cond::Eq, it.object, 0, (found, &[number]), (other, &[]))?;
        self.b.enter(other)?;
        self.require_float(it.object, ask)?;
        let loaded = self.float_value(it.object)?;
        self.b.jump(found, &[loaded])?;
        self.b.enter(found)?;
        Ok(value)
    }

    /// The object of an operand.
    fn whole(&mut self, it: Operand) -> Done<Vreg> {
        let Some(number) = it.number else {
            return Ok(it.object);
        };
        let (make, join) = (self.b.cold_block()?, self.b.cold_block()?);
        let object = self.b.param(join, Type::Obj)?;
        self.b
            .branch(Cond::Eq, it.object, 0, (make, &[]), (join, &[it.object]))?;
        self.b.enter(make)?;
        let made = self.b.call(Fun::ObjNewFloatFromD, &[number])?;
        self.b.jump(join, &[made])?;
        self.b.enter(join)?;
        Ok(object)
    }

    /// Goes to `join` with an object.
    fn join_halves(&mut self, join: Block, object: Vreg, gives: bool) -> Done {
        if gives {
            let none = self.b.float(Type::F64, 0)?;
            return Ok(self.b.jump(join, &[object, none])?);
        }
        Ok(self.b.jump(join, &[object])?)
    }
}
