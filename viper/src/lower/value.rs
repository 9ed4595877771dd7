//! Values on the stack, and their conversions.
use ferlance_abi::NativeType;
use ferlance_abi::fun_table::Fun;
use ferlance_abi::obj_word;
use ferlance_bytecode::op::ConstId;
use ferlance_collections::OutOfMemory;
use ferlance_native_emitter::nir::{Cond, Op, Operand, Overflow, Slot, Type, Vreg};

use super::Lower;
use crate::types::Ty;

/// A value on the stack.
#[derive(Debug, Clone, Copy)]
pub(super) struct Item {
    pub(super) ty: Ty,
    pub(super) value: Value,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Value {
    /// In a register: an object or a word, as the type says.
    Reg(Vreg),
    /// A native constant.
    Imm(i64),
    /// A comparison that has not been made yet: a bool, or True and False.
    Test(Cond, Vreg, Operand),
    /// The only value of its type: None, null, the name of a cast.
    Nothing,
    /// A float literal, and the object of it.
    Float(f64, ConstId),
    /// A comparison of floats that has not been made yet: a bool.
    FTest(Cond, Vreg, Vreg),
    /// An object still in its native form: a value of that type.
    Direct(Vreg, Ty),
    /// The same of two words.
    DirectTwo(Vreg, Vreg, Ty),
    /// An object that was not made: what an operator gives of two such. The low word of it, its type, how many operators deep it
    /// is, and the number of the operator and its operands.
    Sum(Vreg, Ty, u8, u32),
    /// A pointer, and how many bytes it may address; or the low and the high word of a number.
    Two(Vreg, Vreg),
    /// Part of an iterator.
    Iter(Slot),
    /// Part of a loop that counts: its number.
    Range(u32),
    /// The state of a finally block: the exception, if it is one, and how the block was reached.
    Pending(Vreg, Vreg),
}

impl Item {
    /// The native value that an object still is, if it is one.
    pub(super) fn bare(self) -> Item {
        match self.value {
            Value::Direct(word, ty) => Item {
                ty,
                value: Value::Reg(word),
            },
            Value::DirectTwo(low, high, ty) => Item {
                ty,
                value: Value::Two(low, high),
            },
            Value::Sum(word, ty, ..) => Item {
                ty,
                value: Value::Reg(word),
            },
            _ => self,
        }
    }

    /// The number that an object can be without a conversion, and how many operators deep it is.
    pub(super) fn native(self) -> Option<(Ty, u8)> {
        match self.value {
            Value::Direct(_, ty) | Value::DirectTwo(_, _, ty) => Some((ty, 0)),
            Value::Sum(_, ty, nested, _) => Some((ty, nested)),
            _ => None,
        }
    }
}

impl Lower<'_, '_> {
    /// The value in a register: a machine word, the first of two words, a float.
    pub(super) fn word(&mut self, item: Item) -> Result<Vreg, OutOfMemory> {
        match item.value {
            Value::Reg(vreg)
            | Value::Direct(vreg, _)
            | Value::DirectTwo(vreg, ..)
            | Value::Sum(vreg, ..)
            | Value::Two(vreg, _) => Ok(vreg),
            Value::Imm(imm) => self.b.word(self.wrapped(imm)),
            Value::Float(value, object) => self.literal_float(value, object),
            Value::FTest(cond, a, b) => self.b.binary(Op::FCmp(cond), a, b),
            Value::Test(cond, a, b) => self.b.cmp(cond, a, b),
            Value::Nothing | Value::Iter(_) | Value::Range(_) => self.b.word(0),
            Value::Pending(_, how) => Ok(how),
        }
    }

    /// The value as a second operand.
    pub(super) fn operand(&mut self, item: Item) -> Result<Operand, OutOfMemory> {
        match item.value {
            Value::Imm(imm) => Ok(Operand::Imm(imm)),
            _ => Ok(Operand::Reg(self.word(item)?)),
        }
    }

    /// The value as an object.
    pub(super) fn object(&mut self, item: Item) -> Result<Vreg, OutOfMemory> {
        match (item.ty, item.value) {
            (Ty::Object, Value::Reg(vreg)) => Ok(vreg),
            (_, Value::Direct(..) | Value::DirectTwo(..)) => self.object(item.bare()),
            (_, Value::Sum(.., number)) => self.sum_object(number),
            (ty, _) if ty.is_wide() => self.box_wide(item),
            (Ty::None, _) => self.none(),
            (_, Value::Pending(exc, _)) => Ok(exc),
            (Ty::Object | Ty::Bool, Value::Test(..)) => {
                let truth = self.word(item)?;
                self.bool_object(truth)
            }
            (Ty::Bool, Value::Imm(imm)) => self.fun_table_word(match imm {
                0 => Fun::ConstFalse,
                _ => Fun::ConstTrue,
            }),
            (Ty::Bool, _) => {
                let word = self.word(item)?;
                let truth = self.b.cmp(Cond::Ne, word, 0)?;
                self.bool_object(truth)
            }
            (Ty::Int, Value::Imm(imm)) if self.is_small_int(imm) => {
                self.b.constant(Type::Obj, imm << 1 | 1)
            }
            (Ty::Int, _) => {
                let word = self.word(item)?;
                self.box_int(word)
            }
            (Ty::Uint | Ty::Ptr | Ty::Ptr8 | Ty::Ptr16 | Ty::Ptr32, _) => {
                let word = self.word(item)?;
                self.box_uint(word)
            }
            _ => self.null(),
        }
    }

    pub(super) fn is_small_int(&self, value: i64) -> bool {
        let bits = self.env.target.word_bits() - 1;
        ferlance_abi::small_int::fits(value, bits)
    }

    /// True or False for 1 or 0.
    fn bool_object(&mut self, truth: Vreg) -> Result<Vreg, OutOfMemory> {
        let yes = self.fun_table_word(Fun::ConstTrue)?;
        let no = self.fun_table_word(Fun::ConstFalse)?;
        self.b.select(truth, yes, no)
    }

    /// `2n + 1` if that fits a word, else an integer object.
    fn box_int(&mut self, word: Vreg) -> Result<Vreg, OutOfMemory> {
        if self.env.target.small {
            return self.box_by_call(word, NativeType::Int);
        }
        let big = self.b.cold_block()?;
        let join = self.b.block()?;
        let object = self.b.param(join, Type::Obj)?;
        let twice = self
            .b
            .checked(Overflow::Add, Type::Word, word, word, (big, &[]))?;
        let small = self.b.binary_to(Op::Or, Type::Obj, twice, 1)?;
        self.b.jump(join, &[small])?;
        self.b.enter(big)?;
        let called = self.box_by_call(word, NativeType::Int)?;
        self.b.jump(join, &[called])?;
        self.b.enter(join)?;
        Ok(object)
    }

    fn box_uint(&mut self, word: Vreg) -> Result<Vreg, OutOfMemory> {
        if self.env.target.small {
            return self.box_by_call(word, NativeType::Uint);
        }
        let big = self.b.cold_block()?;
        let small = self.b.block()?;
        let join = self.b.block()?;
        let object = self.b.param(join, Type::Obj)?;
        // Anything in the top two bits is no small int.
        let top = self
            .b
            .binary(Op::Shr, word, i64::from(self.env.target.word_bits()) - 2)?;
        self.b.branch(Cond::Eq, top, 0, (small, &[]), (big, &[]))?;
        self.b.enter(small)?;
        let twice = self.b.binary(Op::Shl, word, 1)?;
        let tagged = self.b.binary_to(Op::Or, Type::Obj, twice, 1)?;
        self.b.jump(join, &[tagged])?;
        self.b.enter(big)?;
        let called = self.box_by_call(word, NativeType::Uint)?;
        self.b.jump(join, &[called])?;
        self.b.enter(join)?;
        Ok(object)
    }

    pub(super) fn box_by_call(&mut self, word: Vreg, ty: NativeType) -> Result<Vreg, OutOfMemory> {
        let ty = self.b.word(i64::from(ty.number()))?;
        self.call_fun(Fun::NativeToObj, &[word, ty])
    }

    /// An object as a native value.
    pub(super) fn unboxed(&mut self, object: Vreg, to: NativeType) -> Result<Vreg, OutOfMemory> {
        match to {
            NativeType::Object => Ok(object),
            NativeType::Bool => self.truth_word(object),
            NativeType::Int | NativeType::Uint if !self.env.target.small => {
                self.unbox_int(object, to)
            }
            _ => self.unbox_by_call(object, to),
        }
    }

    pub(super) fn unbox_by_call(
        &mut self,
        object: Vreg,
        to: NativeType,
    ) -> Result<Vreg, OutOfMemory> {
        let ty = self.b.word(i64::from(to.number()))?;
        self.call_fun(Fun::NativeFromObj, &[object, ty])
    }

    fn unbox_int(&mut self, object: Vreg, to: NativeType) -> Result<Vreg, OutOfMemory> {
        let small = self.b.block()?;
        let other = self.b.cold_block()?;
        let join = self.b.block()?;
        let result = self.b.param(join, Type::Word)?;
        self.b.branch(
            Cond::TestNonZero,
            object,
            obj_word::SMALL_INT_TAG as i64,
            (small, &[]),
            (other, &[]),
        )?;
        self.b.enter(small)?;
        let value = self.b.binary(Op::Sar, object, 1)?;
        self.b.jump(join, &[value])?;
        self.b.enter(other)?;
        let value = self.unbox_by_call(object, to)?;
        self.b.jump(join, &[value])?;
        self.b.enter(join)?;
        Ok(result)
    }

    /// Truth of an object; only the low byte means something.
    pub(super) fn truth(&mut self, object: Vreg) -> Result<Vreg, OutOfMemory> {
        self.call_fun(Fun::ObjIsTrue, &[object])
    }

    /// Truth of an object, 0 or 1.
    fn truth_word(&mut self, object: Vreg) -> Result<Vreg, OutOfMemory> {
        let truth = self.truth(object)?;
        self.b.cmp(Cond::TestNonZero, truth, 0xff)
    }

    /// The value with as much known of it as a conversion to `to` takes: the low word is enough for a word only.
    pub(super) fn known(&mut self, item: Item, to: Ty) -> Result<Item, OutOfMemory> {
        match item.value {
            Value::Sum(..) if !to.is_int() => Ok(Item {
                ty: Ty::Object,
                value: Value::Reg(self.object(item)?),
            }),
            _ => Ok(item),
        }
    }

    /// `T(x)`; also what makes values of different branches one type.
    pub(super) fn converted(&mut self, item: Item, to: Ty) -> Result<Item, OutOfMemory> {
        if item.ty == to {
            return Ok(item);
        }
        let item = self.known(item, to)?;
        if to.is_wide() || item.bare().ty.is_wide() {
            return self.convert_wide(item, to);
        }
        let value = match (item.ty, to) {
            // As the truth of an object is asked for.
            (Ty::Object, Ty::Bool) if item.native().is_some() => {
                let word = self.word(item)?;
                Value::Reg(self.b.cmp(Cond::Ne, word, 0)?)
            }
            (Ty::Object, to) if to.is_native() && item.native().is_some() => item.bare().value,
            (_, Ty::None | Ty::Null | Ty::Cast(_)) => Value::Nothing,
            (_, Ty::Object) => Value::Reg(self.object(item)?),
            (Ty::Object, _) => {
                let object = self.object(item)?;
                self.native(object, to.native())?.value
            }
            (Ty::None | Ty::Null | Ty::Cast(_), _) => Value::Imm(0),
            // The same word.
            _ => item.value,
        };
        Ok(Item { ty: to, value })
    }
}
