//! Calling any object from Rust.

use crate::call::Args;
use crate::obj::word::Obj;
use crate::runtime::{R, Raised, Runtime};

impl Runtime {
    /// Calls `fun` with positional arguments.
    pub fn call(&mut self, fun: Obj, args: &[Obj]) -> R<Obj> {
        self.call_args(fun, Args::positional(args))
    }

    /// Calls `fun`.
    pub fn call_args(&mut self, fun: Obj, args: Args<'_>) -> R<Obj> {
        self.check_stack()?;
        match fun.ty().vt().call {
            Some(call) => call(self, fun, args),
            None => Err(self.not_callable(fun)),
        }
    }

    /// Calls `fun` with `this` in front of the positional arguments.
    pub fn call_with(&mut self, fun: Obj, this: Option<Obj>, args: &[Obj]) -> R<Obj> {
        let Some(this) = this else {
            return self.call(fun, args);
        };
        if args.is_empty() {
            return self.call(fun, &[this]);
        }
        let mut small = [Obj::NONE; 6];
        if args.len() < small.len() {
            small[0] = this;
            small[1..=args.len()].copy_from_slice(args);
            return self.call(fun, &small[..=args.len()]);
        }
        let mut all = ferlance_collections::TryVec::new();
        if all.push(this).is_err() || all.extend_from_slice(args).is_err() {
            return Err(self.no_memory(core::mem::size_of_val(args)));
        }
        self.call(fun, &all)
    }

    /// Calls the method `name` of `obj`.
    pub fn call_method(
        &mut self,
        obj: Obj,
        name: ferlance_abi::qstr::Qstr,
        args: &[Obj],
    ) -> R<Obj> {
        let (fun, this) = self.load_method(obj, name)?;
        self.call_with(fun, this, args)
    }

    /// `TypeError: 'T' object isn't callable`.
    #[cold]
    pub fn not_callable(&mut self, fun: Obj) -> Raised {
        self.type_error_of("'{}' object isn't callable", fun)
    }
}
