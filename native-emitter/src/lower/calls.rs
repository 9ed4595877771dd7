//! Calls, methods, functions and closures.
use ferlance_abi::Qstr;
use ferlance_abi::fun_table::Fun;
use ferlance_bytecode::op::{CallArgs, Child};

use super::{Done, Lowering};
use crate::nir::{Op, Type, Vreg};

impl Lowering<'_, '_> {
    pub(super) fn load_method(&mut self, name: Qstr) -> Done {
        let base = self.pop()?;
        if self.is_cached() {
            let (function, this) = self.method(base, name)?;
            self.push(function)?;
            return self.push(this);
        }
        let area = self.area_of(2)?;
        let name = self.name(name)?;
        self.b.call_void(Fun::LoadMethod, &[base, name, area])?;
        self.push_method()
    }

    /// Function and self from the argument area.
    pub(super) fn push_method(&mut self) -> Done {
        let (function, this) = (self.area_word(0)?, self.area_word(1)?);
        self.push(function)?;
        self.push(this)
    }

    pub(super) fn load_super_method(&mut self, name: Qstr) -> Done {
        let values = self.pop_many(3)?;
        let area = self.area(&values)?;
        let name = self.name(name)?;
        self.b.call_void(Fun::LoadSuperMethod, &[name, area])?;
        self.push_method()
    }

    fn counts(&mut self, args: CallArgs) -> Done<Vreg> {
        let counts = i64::from(args.positional() | args.keyword() << 8);
        Ok(self.b.word(counts)?)
    }

    pub(super) fn call_function(&mut self, args: CallArgs) -> Done {
        if args.keyword() == 0
            && args.positional() == 1
            && let Some(builtin) = self.builtin_below(1)?
        {
            return self.call_builtin(builtin, args);
        }
        let result = self.called(args)?;
        self.push(result)
    }

    /// What a function gives, after a call that takes it and its arguments off the stack.
    pub(super) fn called(&mut self, args: CallArgs) -> Done<Vreg> {
        let values = self.pop_many(args.slots())?;
        let area = self.area(&values)?;
        let function = self.pop()?;
        let counts = self.counts(args)?;
        let args = [function, counts, area];
        Ok(self.b.call(Fun::CallFunctionNKw, &args)?)
    }

    pub(super) fn call_method(&mut self, args: CallArgs) -> Done {
        let values = self.pop_many(args.slots() + 2)?;
        let area = self.area(&values)?;
        let positional = self.b.word(i64::from(args.positional()))?;
        let keyword = self.b.word(i64::from(args.keyword()))?;
        let result = self
            .b
            .call(Fun::CallMethodNKw, &[positional, keyword, area])?;
        self.push(result)
    }

    /// A call with starred arguments; the bitmap of their places is on top.
    pub(super) fn call_star(&mut self, args: CallArgs, is_method: bool) -> Done {
        let below = if is_method { 3 } else { 2 };
        let values = self.pop_many(args.slots() + below)?;
        let area = self.area(&values)?;
        let has_self = self.b.word(is_method.into())?;
        let counts = self.counts(args)?;
        let result = self
            .b
            .call(Fun::CallMethodNKwVar, &[has_self, counts, area])?;
        self.push(result)
    }

    fn function(&mut self, child: Child, defaults: Vreg) -> Done<Vreg> {
        let raw = self.b.number(Op::Child, Type::Word, i64::from(child.0))?;
        let context = self.b.nullary(Op::Context, Type::Word)?;
        let args = [raw, context, defaults];
        Ok(self.b.call(Fun::MakeFunctionFromProtoFun, &args)?)
    }

    pub(super) fn make_function(&mut self, child: Child, has_defaults: bool) -> Done {
        let defaults = if has_defaults {
            let values = self.pop_many(2)?;
            self.area(&values)?
        } else {
            self.b.word(0)?
        };
        let function = self.function(child, defaults)?;
        self.push(function)
    }

    pub(super) fn make_closure(&mut self, child: Child, cells: u8, has_defaults: bool) -> Done {
        let cells = self.pop_many(u32::from(cells))?;
        self.make_function(child, has_defaults)?;
        let function = self.pop()?;
        let count = self.b.word(cells.len() as i64)?;
        let area = self.area(&cells)?;
        let closure = self.b.call(Fun::NewClosure, &[function, count, area])?;
        self.push(closure)
    }
}
