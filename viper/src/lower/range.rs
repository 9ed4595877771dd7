//! Loops over `range` whose step is known only when they run.
//!
//! ```text
//! start, stop, step      before: step 0 is refused by `range` itself
//! mask = step >> 31      all ones if the loop counts down
//! left = distance from start to stop, 0 if there is none; size = the step without its sign
//! top: left == 0 ? end : variable = counter; counter += step; left -= size, at least 0
//! ```
//! Complements have the opposite order, so one comparison serves both directions. What is left cannot wrap round, as
//! the counter could where the last step goes past the ends of the word.
use ferlance_abi::fun_table::Fun;
use ferlance_abi::{Qstr, qstr};
use ferlance_bytecode::Label;
use ferlance_bytecode::op::ITER_SLOTS;
use ferlance_collections::TryVec;
use ferlance_native_emitter::nir::{self, Cond, Op, Type, Vreg};

use super::value::{Item, Value};
use super::{Lower, Walk};
use crate::types::Ty;

/// The state of a loop that counts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Range {
    counter: nir::Var,
    left: nir::Var,
    step: Vreg,
    size: Vreg,
    zero: Vreg,
    ty: Ty,
}

impl Lower<'_, '_> {
    /// `range(start, stop, step)` in the head of a loop.
    pub(super) fn range(&mut self, ty: Ty) -> Walk {
        let items = self.pop_many(3)?;
        self.pop()?;
        let mut words = TryVec::with_capacity(3)?;
        for item in items.iter() {
            words.push(self.word(item.bare())?)?;
        }
        let &[start, stop, step] = words.as_slice() else {
            return self.malformed();
        };
        let zero = self.b.cold_block()?;
        let counts = self.b.block()?;
        self.b
            .branch(Cond::Eq, step, 0, (zero, &[]), (counts, &[]))?;
        self.b.enter(zero)?;
        let name = self.qstr_number(qstr!("range"))?;
        let callee = self.call_fun(Fun::LoadGlobal, &[name])?;
        let one = ferlance_abi::obj_word::small_int(0) as i64;
        let one = self.b.constant(Type::Obj, one)?;
        let args = self.store_words(&[one, one, one])?;
        let count = self.b.word(3)?;
        self.call_fun(Fun::CallFunctionNKw, &[callee, count, args])?;
        // Whatever `range` means by now: there is no such loop.
        self.raise_zero_division()?;

        self.b.enter(counts)?;
        let bits = i64::from(self.env.target.word_bits());
        let mask = self.b.binary(Op::Sar, step, bits - 1)?;
        let size = self.b.binary(Op::Xor, step, mask)?;
        let size = self.b.sub(size, mask)?;
        let from = self.b.binary(Op::Xor, start, mask)?;
        let to = self.b.binary(Op::Xor, stop, mask)?;
        let cond = match ty {
            Ty::Uint => Cond::Below,
            _ => Cond::Lt,
        };
        let some = self.b.cmp(cond, from, to)?;
        let distance = self.b.sub(to, from)?;
        let zero = self.b.word(0)?;
        let distance = self.b.select(some, distance, zero)?;
        let left = self.b.var(Type::Word, Qstr::NONE)?;
        self.b.write_local(left, distance)?;
        let counter = self.b.var(Type::Word, Qstr::NONE)?;
        self.b.write_local(counter, start)?;
        let number = self.ranges.len() as u32;
        self.ranges.push(Range {
            counter,
            left,
            step,
            size,
            zero,
            ty,
        })?;
        Ok(self.push(Ty::Object, Value::Range(number))?)
    }

    /// The iterator of a loop that counts is the range itself.
    pub(super) fn iterate_range(&mut self, number: u32) -> Walk {
        self.pop()?;
        for _ in 0..ITER_SLOTS {
            self.push(Ty::Object, Value::Range(number))?;
        }
        Ok(())
    }

    /// The next number, or on to `to`.
    pub(super) fn next_of_range(&mut self, number: u32, rest: &[Item], to: Label) -> Walk {
        let Some(range) = self.ranges.get(number as usize).copied() else {
            return self.malformed();
        };
        let left = self.b.read_local(range.left)?;
        let end = self.edge(to, rest)?;
        let behind = self.b.block()?;
        self.b
            .branch(Cond::Eq, left, 0, (end, &[]), (behind, &[]))?;
        self.b.enter(behind)?;
        let current = self.b.read_local(range.counter)?;
        let more = self.b.cmp(Cond::Above, left, range.size)?;
        let rest = self.b.sub(left, range.size)?;
        let rest = self.b.select(more, rest, range.zero)?;
        self.b.write_local(range.left, rest)?;
        let next = self.b.add(current, range.step)?;
        self.b.write_local(range.counter, next)?;
        self.named(to)?;
        Ok(self.push(range.ty, Value::Reg(current))?)
    }
}
