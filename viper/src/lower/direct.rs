//! Calls of functions of the module at their direct entries; see `crate::direct`.
use ferlance_abi::NativeType;
use ferlance_abi::fun_table::Fun;
use ferlance_bytecode::op::CallArgs;
use ferlance_collections::TryVec;
use ferlance_native_emitter::nir::{self, Cond, Type, Vreg};

use super::value::{Item, Value};
use super::{Lower, Walk};
use crate::direct::{MOST_NESTED, NESTED_WORDS, Signature};
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
        let result = self.enter_directly(signature, &words)?;
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
    pub(super) fn enter_directly(&mut self, signature: &Signature, words: &[Vreg]) -> Walk<Vreg> {
        let mut all = TryVec::with_capacity(signature.words())?;
        all.push(self.fun)?;
        all.extend_from_slice(words)?;
        if signature.recursive {
            all.push(match self.nested {
                Some(left) => left,
                None => self.b.word(MOST_NESTED)?,
            })?;
        }
        let result = self.b.call_direct(i64::from(signature.callee), &all)?;
        self.value_of(result, Ty::of(signature.result))
    }

    /// A word of a direct call as a value of its type.
    pub(super) fn value_of(&mut self, word: Vreg, ty: Ty) -> Walk<Vreg> {
        Ok(match ty {
            Ty::Object => self.b.copy(Type::Obj, word)?,
            _ => word,
        })
    }

    /// Counts down what nested direct calls may still take of the machine stack: when too little is left the runtime makes
    /// the call after all, which looks at the stack. How much this function takes, [`Lower::count_frame`] tells later.
    pub(super) fn count_nested(&mut self, own: &Signature, params: &[Vreg], nested: Vreg) -> Walk {
        let left = self.b.sub(nested, 1)?;
        self.nested = Some(left);
        let long = self.b.cold_block()?;
        let short = self.b.block()?;
        self.b
            .branch(Cond::Lt, left, 0, (long, &[]), (short, &[]))?;
        self.b.enter(long)?;
        // Globals may be another module's. The context is its module.
        let module = self.b.nullary(nir::Op::Context, Type::Obj)?;
        let name = self.qstr_number(own.name)?;
        let callee = self.call_fun(Fun::LoadAttr, &[module, name])?;
        let mut objects = TryVec::with_capacity(params.len())?;
        for (word, ty) in params.iter().zip(own.params.iter()) {
            let ty = Ty::of(*ty);
            let value = Value::Reg(self.value_of(*word, ty)?);
            objects.push(self.object(Item { ty, value })?)?;
        }
        // What pointers point to is alive as long as they stand in the frame.
        for (word, ty) in params.iter().zip(own.params.iter()) {
            if Ty::of(*ty).is_pointer() {
                objects.push(*word)?;
            }
        }
        let args = match objects.is_empty() {
            true => self.b.word(0)?,
            false => self.store_words(&objects)?,
        };
        let count = self.b.word(params.len() as i64)?;
        let object = self.call_fun(Fun::CallFunctionNKw, &[callee, count, args])?;
        let result = self.unboxed(object, own.result)?;
        self.b.ret(result)?;
        Ok(self.b.enter(short)?)
    }

    /// Tells the counter how large the frame is, as far as that is known before registers are allocated.
    pub(super) fn count_frame(&mut self) {
        let Some(left) = self.nested else { return };
        let slots = self.b.func().slots.iter();
        let slots: u32 = slots.map(|slot| slot.words).sum();
        let words = slots.saturating_add(self.code.n_state());
        // Whoever is large is called once by each call that the runtime makes.
        let parts = (1 + i64::from(words / NESTED_WORDS)).min(MOST_NESTED);
        self.b.set_constant(left, parts);
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
