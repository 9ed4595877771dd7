//! Calls, displays, functions.
use ferlance_abi::fun_table::Fun;
use ferlance_bytecode::op::{CallArgs, Child, Comp, CompKind};
use ferlance_collections::TryVec;
use ferlance_native_emitter::nir::{self, Slot, Type, Vreg};

use super::value::Value;
use super::{Lower, Walk};
use crate::types::Ty;

impl Lower<'_, '_> {
    /// The array for arguments and results, which has room for at least `words`.
    pub(super) fn array(&mut self, words: u32) -> Result<Slot, ferlance_collections::OutOfMemory> {
        match self.array {
            Some(slot) if self.b.func().slots[slot].words >= words => Ok(slot),
            _ => {
                // `prepare` has seen what ops need; only what they raise may need more.
                let slot = self.b.slot(words)?;
                self.array = Some(slot);
                Ok(slot)
            }
        }
    }

    /// Puts words into the array; gives its address.
    pub(super) fn store_words(&mut self, words: &[Vreg]) -> Walk<Vreg> {
        let array = self.array(words.len() as u32)?;
        for (at, word) in words.iter().enumerate() {
            let at = at as i64 * self.word_bytes();
            self.b.slot_store(array, at, *word)?;
        }
        Ok(self.b.slot_addr(array, 0)?)
    }

    /// Pops values as objects into the array; gives its address.
    fn pop_into_array(&mut self, count: u32) -> Walk<Vreg> {
        let items = self.pop_many(count)?;
        let mut words = TryVec::with_capacity(items.len())?;
        for item in items.iter() {
            words.push(self.object(*item)?)?;
        }
        self.store_words(&words)
    }

    pub(super) fn call_function(&mut self, args: CallArgs) -> Walk {
        let callee = self
            .stack
            .len()
            .checked_sub(args.slots() as usize + 1)
            .and_then(|at| self.stack.get(at))
            .map(|item| item.ty);
        if let Some(Ty::Cast(to)) = callee {
            let item = self.pop()?;
            self.pop()?;
            let item = self.converted(item, Ty::of(to))?;
            return Ok(self.stack.push(item)?);
        }
        let array = self.pop_into_array(args.slots())?;
        let callee = self.pop_object()?;
        let counts = self
            .b
            .word(i64::from(args.positional() | args.keyword() << 8))?;
        let result = self.call_fun(Fun::CallFunctionNKw, &[callee, counts, array])?;
        Ok(self.push_object(result)?)
    }

    pub(super) fn call_method(&mut self, args: CallArgs) -> Walk {
        let array = self.pop_into_array(args.slots() + 2)?;
        let positional = self.b.word(i64::from(args.positional()))?;
        let keyword = self.b.word(i64::from(args.keyword()))?;
        let result = self.call_fun(Fun::CallMethodNKw, &[positional, keyword, array])?;
        Ok(self.push_object(result)?)
    }

    pub(super) fn call_star(&mut self, args: CallArgs, method: bool) -> Walk {
        let slots = args.slots() + 2 + u32::from(method);
        let array = self.pop_into_array(slots)?;
        let method = self.b.word(i64::from(method))?;
        let counts = self
            .b
            .word(i64::from(args.positional() | args.keyword() << 8))?;
        let result = self.call_fun(Fun::CallMethodNKwVar, &[method, counts, array])?;
        Ok(self.push_object(result)?)
    }

    pub(super) fn display(&mut self, fun: Fun, count: u32) -> Walk {
        let items = match count {
            0 => self.b.word(0)?,
            _ => self.pop_into_array(count)?,
        };
        let count = self.b.word(i64::from(count))?;
        let made = self.call_fun(fun, &[count, items])?;
        Ok(self.push_object(made)?)
    }

    pub(super) fn slice(&mut self, count: u32) -> Walk {
        let step = match count {
            3 => self.pop_object()?,
            _ => self.none()?,
        };
        let stop = self.pop_object()?;
        let start = self.pop_object()?;
        let slice = self.call_fun(Fun::NewSlice, &[start, stop, step])?;
        Ok(self.push_object(slice)?)
    }

    pub(super) fn store_comp(&mut self, comp: Comp) -> Walk {
        // The depth counts from the top before anything is taken off.
        let place = self.stack.len().checked_sub(comp.depth() as usize + 1);
        let element = self.pop_object()?;
        let Some(&collection) = place.and_then(|at| self.stack.get(at)) else {
            return self.malformed();
        };
        let collection = self.object(collection)?;
        match comp.kind() {
            Some(CompKind::List) => {
                self.call_fun(Fun::ListAppend, &[collection, element])?;
            }
            Some(CompKind::Set) => self.b.call_void(Fun::SetStore, &[collection, element])?,
            Some(CompKind::Dict) => {
                let value = self.pop_object()?;
                self.call_fun(Fun::DictStore, &[collection, element, value])?;
            }
            None => return self.malformed(),
        }
        Ok(())
    }

    /// Items of a sequence, the first on top; the run time gives the last one first.
    pub(super) fn unpack(&mut self, fun: Fun, counts: u32, dest: u32) -> Walk {
        let sequence = self.pop_object()?;
        let counts = self.b.word(i64::from(counts))?;
        let array = self.array(dest.max(1))?;
        let address = self.b.slot_addr(array, 0)?;
        self.b.call_void(fun, &[sequence, counts, address])?;
        for at in 0..dest {
            let at = i64::from(at) * self.word_bytes();
            let item = self.b.slot_load(Type::Obj, array, at)?;
            self.push_object(item)?;
        }
        Ok(())
    }

    pub(super) fn make_function(&mut self, child: Child, with_defaults: bool) -> Walk {
        let defaults = match with_defaults {
            true => self.pop_into_array(2)?,
            false => self.b.word(0)?,
        };
        let made = self.function_of(child, defaults)?;
        Ok(self.push_object(made)?)
    }

    fn function_of(&mut self, child: Child, defaults: Vreg) -> Walk<Vreg> {
        let raw = self
            .b
            .number(nir::Op::Child, Type::Word, i64::from(child.0))?;
        let context = self.b.nullary(nir::Op::Context, Type::Word)?;
        Ok(self.call_fun(Fun::MakeFunctionFromProtoFun, &[raw, context, defaults])?)
    }

    pub(super) fn make_closure(&mut self, child: Child, cells: u8, with_defaults: bool) -> Walk {
        let items = self.pop_many(u32::from(cells))?;
        self.make_function(child, with_defaults)?;
        let fun = self.pop_object()?;
        let mut words = TryVec::with_capacity(items.len())?;
        for item in items.iter() {
            match item.value {
                Value::Reg(cell) => words.push(cell)?,
                _ => return self.malformed(),
            }
        }
        let array = self.store_words(&words)?;
        let count = self.b.word(i64::from(cells))?;
        let closure = self.call_fun(Fun::NewClosure, &[fun, count, array])?;
        Ok(self.push_object(closure)?)
    }
}
