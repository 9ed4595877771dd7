//! Calls of functions of the module at their direct entries; see `crate::direct`.
use ferlance_abi::NativeType;
use ferlance_abi::fun_table::Fun;
use ferlance_bytecode::op::CallArgs;
use ferlance_collections::TryVec;
use ferlance_native_emitter::nir::{Cond, Type, Vreg};

use super::value::{Item, Value};
use super::{Lower, Walk};
use crate::direct::{MOST_NESTED, Signature};
use crate::infer::{Callee, Known};
use crate::types::Ty;

impl<'a> Lower<'a, '_> {
    /// The call of the op at `at`, if the runtime does not make it.
    pub(super) fn known_call(&self, at: u32) -> Option<Known> {
        let mut calls = self.types.calls.iter();
        calls.find(|known| known.call == at).copied()
    }

    /// Does the op at `at` only name who is called so?
    pub(super) fn is_known_callee(&self, at: u32) -> bool {
        let mut calls = self.types.calls.iter();
        calls.any(|known| known.load == at && !matches!(known.callee, Callee::Typed(_)))
    }

    fn signature(&self, callee: u32) -> Walk<&'a Signature> {
        let mut known = self.env.scene.direct.iter();
        match known.find(|signature| signature.callee == callee) {
            Some(signature) => Ok(signature),
            None => self.malformed(),
        }
    }

    pub(super) fn call_direct(&mut self, callee: u32) -> Walk {
        let signature = self.signature(callee)?;
        let items = self.pop_many(signature.params.len() as u32)?;
        self.pop()?;
        let mut words = TryVec::with_capacity(signature.words())?;
        for (item, ty) in items.iter().zip(signature.params.iter()) {
            words.push(self.argument(*item, Ty::of(*ty))?)?;
        }
        let ty = Ty::of(signature.result);
        let result = match (signature.calls, self.nested) {
            (true, Some(nested)) => self.call_nested(signature, &items, &words, nested)?,
            (true, None) => {
                let nested = self.b.word(MOST_NESTED)?;
                self.enter_directly(signature, &words, Some(nested))?
            }
            (false, _) => self.enter_directly(signature, &words, None)?,
        };
        let value = match ty {
            Ty::Object => Value::Reg(result),
            ty => Value::Direct(result, ty),
        };
        Ok(self.push(Ty::Object, value)?)
    }

    /// A call by the runtime whose result has a type.
    pub(super) fn call_typed(&mut self, args: CallArgs, result: NativeType) -> Walk {
        self.call_function(args)?;
        if result == NativeType::Object {
            return Ok(());
        }
        let object = self.pop_object()?;
        let item = self.native(object, result)?;
        let value = match item.value {
            Value::Two(low, high) if self.is_pair(item.ty) => Value::DirectTwo(low, high, item.ty),
            _ => Value::Direct(self.word(item)?, item.ty),
        };
        Ok(self.push(Ty::Object, value)?)
    }

    /// The call itself; gives an object, or a word.
    pub(super) fn enter_directly(
        &mut self,
        signature: &Signature,
        words: &[Vreg],
        nested: Option<Vreg>,
    ) -> Walk<Vreg> {
        let mut all = TryVec::with_capacity(signature.words())?;
        all.push(self.fun)?;
        all.extend_from_slice(words)?;
        all.extend(nested)?;
        let result = self.b.call_direct(i64::from(signature.callee), &all)?;
        Ok(match Ty::of(signature.result) {
            Ty::Object => self.b.copy(Type::Obj, result)?,
            _ => result,
        })
    }

    /// A call in a chain of direct calls: the runtime makes it if the chain is long.
    fn call_nested(
        &mut self,
        signature: &Signature,
        items: &[Item],
        words: &[Vreg],
        nested: Vreg,
    ) -> Walk<Vreg> {
        let ty = Ty::of(signature.result);
        let left = self.b.sub(nested, 1)?;
        let long = self.b.cold_block()?;
        let short = self.b.block()?;
        let join = self.b.block()?;
        let result = self.b.param(join, self.ir_type(ty))?;
        self.b
            .branch(Cond::Eq, left, 0, (long, &[]), (short, &[]))?;
        self.b.enter(short)?;
        let word = self.enter_directly(signature, words, Some(left))?;
        self.b.jump(join, &[word])?;

        self.b.enter(long)?;
        let name = self.qstr_number(signature.name)?;
        let callee = self.call_fun(Fun::LoadGlobal, &[name])?;
        let mut objects = TryVec::with_capacity(items.len())?;
        for item in items {
            objects.push(self.object(*item)?)?;
        }
        let args = match objects.is_empty() {
            true => self.b.word(0)?,
            false => self.store_words(&objects)?,
        };
        let count = self.b.word(items.len() as i64)?;
        let object = self.call_fun(Fun::CallFunctionNKw, &[callee, count, args])?;
        let value = self.unboxed(object, signature.result)?;
        self.b.jump(join, &[value])?;
        self.b.enter(join)?;
        Ok(result)
    }

    /// What a parameter of type `ty` is given.
    fn argument(&mut self, item: Item, ty: Ty) -> Walk<Vreg> {
        let item = self.known(item, ty)?.bare();
        Ok(match (item.ty, ty) {
            (_, Ty::Object) => self.object(item)?,
            // None is no number: the conversion says so.
            (Ty::Object | Ty::None | Ty::Null | Ty::Cast(_), _) => {
                let object = self.object(item)?;
                self.unboxed(object, ty.native())?
            }
            // What is no word goes by way of an object, as at any call: a float is no int.
            (given, _) if given == Ty::Float || self.is_pair(given) => {
                let object = self.object(item)?;
                self.unboxed(object, ty.native())?
            }
            (_, Ty::Bool) => self.truth_of(item)?,
            _ => self.word(item)?,
        })
    }

    /// 1 for a native value that is not 0, else 0.
    pub(super) fn truth_of(&mut self, item: Item) -> Walk<Vreg> {
        Ok(match item.value {
            Value::Imm(imm) => self.b.word(i64::from(imm != 0))?,
            Value::Test(..) => self.word(item)?,
            _ => {
                let word = self.word(item)?;
                self.b.cmp(Cond::Ne, word, 0)?
            }
        })
    }
}
