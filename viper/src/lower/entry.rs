//! The start and the end of a function: arguments, the module's globals, exits.
use ferlance_abi::fun_table::Fun;
use ferlance_abi::{Qstr, layout};
use ferlance_bytecode::{Local, Op};
use ferlance_collections::TryVec;
use ferlance_native_emitter::nir::{self, Cond, Slot, Type, Vreg, Width};
use ferlance_native_emitter::target::Host;

use super::{Lower, Place, Walk};
use crate::direct::{Default, Form};
use crate::types::Ty;

/// The globals that were in place before, to be put back.
#[derive(Debug, Clone, Copy)]
pub(super) struct Globals {
    /// Null if they are the same.
    former: Vreg,
}

impl Lower<'_, '_> {
    /// Looks over the ops for what the frame needs.
    pub(super) fn prepare(&mut self) -> Walk {
        self.prepare_labels()?;
        self.prepare_locals()?;
        let mut words = 0;
        for op in self.code.ops() {
            words = words.max(array_words(*op));
        }
        if let (Form::Direct, Some(own)) = (self.form, self.env.own) {
            words = words.max(own.array_words());
        }
        if words > 0 {
            self.array = Some(self.b.slot(words)?);
        }
        Ok(())
    }

    /// Locals live in registers, but for those that are assigned where a handler may look afterwards.
    fn prepare_locals(&mut self) -> Walk {
        let mut shared = TryVec::filled(false, self.code.n_locals as usize)?;
        let mut handlers = TryVec::new();
        for op in self.code.ops() {
            match *op {
                Op::SetupWith(to) | Op::SetupExcept(to) | Op::SetupFinally(to) => {
                    handlers.push(to)?;
                }
                Op::Label(label) if handlers.last() == Some(&label) => drop(handlers.pop()),
                Op::StoreFast(local) | Op::DeleteFast(local) => {
                    if matches!(op, Op::DeleteFast(_)) {
                        self.deleted.insert(local.0 as usize)?;
                    }
                    if let Some(shared) = shared.get_mut(local.0 as usize) {
                        *shared |= !handlers.is_empty();
                    }
                }
                _ => {}
            }
        }
        for (slot, shared) in shared.iter().enumerate() {
            let local = Local(slot as u32);
            let ty = self.types.locals.get(slot).copied().flatten();
            let ty = match self.is_cell(local) {
                true => Ty::Object,
                false => ty.unwrap_or(Ty::Null),
            };
            let name = self.code.local_names.get(slot).copied();
            let place = match ty {
                Ty::None | Ty::Null | Ty::Cast(_) => Place::Nowhere,
                _ if *shared => Place::Slot(self.b.slot(self.slot_words(ty))?),
                ty => {
                    let ty = self.ir_type(ty);
                    Place::Var(self.b.var(ty, name.unwrap_or(Qstr::NONE))?)
                }
            };
            let second = match (place, self.has_second(ty)) {
                (_, false) | (Place::Nowhere, _) => None,
                (Place::Slot(_), true) => Some(Place::Slot(self.b.slot(1)?)),
                (Place::Var(_), true) => Some(Place::Var(self.b.var(Type::Word, Qstr::NONE)?)),
            };
            self.seconds.push(second)?;
            self.locals.push(place)?;
        }
        Ok(())
    }

    /// Checks the number of arguments, switches globals, converts the arguments.
    pub(super) fn enter(&mut self, n_args: Vreg, n_kw: Vreg, args: Vreg) -> Walk {
        let code = self.code;
        self.b.line(code.line)?;
        let count = code.n_pos_args;
        let values = self.given(n_args, n_kw, args)?;
        self.enter_globals()?;
        for (slot, given) in values.iter().enumerate() {
            let local = Local(slot as u32);
            let ty = self.types.locals.get(slot).copied().flatten();
            let ty = ty.unwrap_or(Ty::Object);
            let value = match self.is_cell(local) {
                false => {
                    let item = self.native(*given, ty.native())?;
                    self.write_second(local, item)?;
                    self.word(item)?
                }
                true if local.0 < code.n_free => *given,
                true => self.new_cell(*given, ty)?,
            };
            self.write(local, value)?;
        }
        self.make_cells()?;
        self.clear_shared(count)
    }

    /// The arguments, counted, defaults in place of those that are missing.
    fn given(&mut self, n_args: Vreg, n_kw: Vreg, args: Vreg) -> Walk<TryVec<Vreg>> {
        self.check_count(n_args, n_kw)?;
        let count = self.code.n_pos_args;
        let word = self.word_bytes();
        let mut values = TryVec::with_capacity(count as usize)?;
        let required = self.required();
        for at in 0..count {
            values.push(match at < required {
                true => self
                    .b
                    .load(Type::Obj, Width::Word, args, i64::from(at) * word)?,
                false => self.argument_or_default(n_args, args, at, required)?,
            })?;
        }
        Ok(values)
    }

    /// All of the function is a call of its own direct entry.
    pub(super) fn wrap(&mut self, n_args: Vreg, n_kw: Vreg, args: Vreg) -> Walk {
        self.b.line(self.code.line)?;
        let values = self.given(n_args, n_kw, args)?;
        let Some(own) = self.env.own else {
            return self.malformed();
        };
        let mut words = TryVec::with_capacity(values.len())?;
        for (given, ty) in values.iter().zip(own.params.iter()) {
            words.push(self.unboxed(*given, *ty)?)?;
        }
        let result = self.enter_directly(own, &words)?;
        let item = super::Item {
            ty: Ty::of(own.result),
            value: super::Value::Reg(result),
        };
        let result = self.object(item)?;
        Ok(self.b.ret(result)?)
    }

    /// Takes the words of a direct call.
    pub(super) fn enter_directed(&mut self, words: &[Vreg]) -> Walk {
        self.b.line(self.code.line)?;
        let count = self.code.n_pos_args as usize;
        let Some((params, nested)) = words.split_at_checked(count) else {
            return self.malformed();
        };
        if let (Some(own), Some(nested)) = (self.env.own, nested.first()) {
            self.count_nested(own, params, *nested)?;
        }
        self.enter_globals()?;
        for (slot, word) in params.iter().enumerate() {
            let local = Local(slot as u32);
            let ty = self.types.locals.get(slot).copied().flatten();
            let ty = ty.unwrap_or(Ty::Object);
            let value = self.value_of(*word, ty)?;
            let value = match self.is_cell(local) {
                false => value,
                true => {
                    let value = super::Value::Reg(value);
                    let object = self.object(super::Item { ty, value })?;
                    self.cell_of(object)?
                }
            };
            self.write(local, value)?;
        }
        self.make_cells()?;
        self.clear_shared(count as u32)
    }

    /// Cells for variables that are no parameters, still unbound.
    fn make_cells(&mut self) -> Walk {
        for slot in self.code.n_pos_args..self.code.n_locals {
            let local = Local(slot);
            if !self.is_cell(local) {
                continue;
            }
            let none = self.none()?;
            let cell = self.cell_of(none)?;
            self.write(local, cell)?;
            self.delete_deref(local)?;
        }
        Ok(())
    }

    /// Frame slots of objects begin unset.
    fn clear_shared(&mut self, from: u32) -> Walk {
        for slot in from as usize..self.locals.len() {
            let ty = self.types.locals.get(slot).copied().flatten();
            let object = ty.is_some_and(|ty| ty == Ty::Object || self.is_soft(ty));
            if let (Some(&Place::Slot(place)), true) = (self.locals.get(slot), object) {
                let null = self.null()?;
                self.b.slot_store(place, 0, null)?;
            }
        }
        Ok(())
    }

    /// Parameters that must be given. Function objects of stock firmware keep no defaults: there they must be in the
    /// source.
    fn required(&self) -> u32 {
        let all = self.code.n_pos_args;
        let defaults = self.code.n_def_pos_args;
        let known = self.env.defaults.len() == defaults as usize;
        match self.env.target.host {
            Host::Stock if !known => all,
            _ => all.saturating_sub(defaults),
        }
    }

    fn check_count(&mut self, n_args: Vreg, n_kw: Vreg) -> Walk {
        let max = self.code.n_pos_args;
        let min = self.required();
        let wrong = self.b.cold_block()?;
        let right = self.b.block()?;
        // Zero if the count is right; keywords there are none.
        let off = match min == max {
            true => self.b.binary(nir::Op::Xor, n_args, i64::from(max))?,
            false => {
                let above = self.b.sub(n_args, i64::from(min))?;
                self.b.cmp(Cond::Above, above, i64::from(max - min))?
            }
        };
        let off = self.b.binary(nir::Op::Or, off, n_kw)?;
        self.b
            .branch(Cond::Ne, off, 0, (wrong, &[]), (right, &[]))?;
        self.b.enter(wrong)?;
        let signature = self
            .b
            .word(i64::from(layout::arg_signature(min, max, false)))?;
        self.b
            .call_void(Fun::ArgCheckNumSig, &[n_args, n_kw, signature])?;
        self.b.unreachable()?;
        Ok(self.b.enter(right)?)
    }

    /// An argument, or the default that the function object keeps.
    fn argument_or_default(
        &mut self,
        n_args: Vreg,
        args: Vreg,
        at: u32,
        required: u32,
    ) -> Walk<Vreg> {
        let word = self.word_bytes();
        let given = self.b.block()?;
        let missing = self.b.block()?;
        let join = self.b.block()?;
        let value = self.b.param(join, Type::Obj)?;
        self.b.branch(
            Cond::Above,
            n_args,
            i64::from(at),
            (given, &[]),
            (missing, &[]),
        )?;
        self.b.enter(given)?;
        let arg = self
            .b
            .load(Type::Obj, Width::Word, args, i64::from(at) * word)?;
        self.b.jump(join, &[arg])?;
        self.b.enter(missing)?;
        let known = self.env.defaults.get((at - required) as usize).copied();
        let default = match (self.env.target.host, known) {
            (Host::Stock, Some(known)) => self.default(known)?,
            _ => {
                let place = layout::FUN_BC_EXTRA_ARGS as i64 + i64::from(at - required);
                self.b
                    .load(Type::Obj, Width::Word, self.fun, place * word)?
            }
        };
        self.b.jump(join, &[default])?;
        self.b.enter(join)?;
        Ok(value)
    }

    fn default(&mut self, known: Default) -> Walk<Vreg> {
        let item = |ty, value| super::Item { ty, value };
        Ok(match known {
            Default::Int(value) => self.object(item(Ty::Int, super::Value::Imm(value)))?,
            Default::Bool(value) => {
                self.object(item(Ty::Bool, super::Value::Imm(i64::from(value))))?
            }
            Default::None => self.none()?,
            Default::Name(name) => self.b.nullary(nir::Op::QstrObj(name), Type::Obj)?,
            Default::Obj(at) => {
                let at = i64::from(at.0);
                self.b.number(nir::Op::ConstObj, Type::Obj, at)?
            }
        })
    }

    /// A cell for a parameter that inner functions use.
    ///
    /// The table of runtime functions makes no cells. Whoever uses one looks at its second word only, and that of a
    /// slice is its start.
    fn new_cell(&mut self, given: Vreg, ty: Ty) -> Walk<Vreg> {
        // Wrong arguments are refused on entry, as for other parameters.
        let object = match ty {
            Ty::Object => given,
            ty => {
                let item = self.native(given, ty.native())?;
                self.object(item)?
            }
        };
        self.cell_of(object)
    }

    fn cell_of(&mut self, object: Vreg) -> Walk<Vreg> {
        let none = self.none()?;
        Ok(self.call_fun(Fun::NewSlice, &[object, none, none])?)
    }

    /// Puts the module's globals in place, if the function asks for names at all.
    fn enter_globals(&mut self) -> Walk {
        let mut names = false;
        for (at, op) in self.code.ops().iter().enumerate() {
            if self.is_known_callee(at as u32) {
                continue;
            }
            names |= match *op {
                Op::LoadName(name) | Op::LoadGlobal(name) => self.cast_of(name).is_none(),
                Op::StoreName(_)
                | Op::StoreGlobal(_)
                | Op::DeleteName(_)
                | Op::DeleteGlobal(_)
                | Op::ImportName(_)
                | Op::ImportFrom(_)
                | Op::ImportStar
                | Op::MakeFunction(_)
                | Op::MakeFunctionDefargs(_)
                | Op::MakeClosure(..)
                | Op::MakeClosureDefargs(..) => true,
                _ => false,
            };
        }
        if !names {
            return Ok(());
        }
        let context = self.b.nullary(nir::Op::Context, Type::Word)?;
        let at = layout::MODULE_GLOBALS as i64 * self.word_bytes();
        let own = self.b.load(Type::Word, Width::Word, context, at)?;
        let former = self.call_fun(Fun::SwapGlobals, &[own])?;
        let words = self.env.target.arch.nlr_reserved_words() as u32;
        let buffer = self.b.slot(words)?;
        let link = self.b.cold_block()?;
        let body = self.b.block()?;
        let caught = self.b.cold_block()?;
        self.b
            .branch(Cond::Ne, former, 0, (link, &[]), (body, &[]))?;
        self.b.enter(link)?;
        self.b.nlr_push(buffer, body, caught)?;
        self.b.enter(caught)?;
        self.leave_by_exception(former, buffer)?;
        self.b.enter(body)?;
        self.globals = Some(Globals { former });
        let exit = self.b.block()?;
        let result = self.b.param(exit, self.result_type())?;
        self.exit = Some((exit, result));
        Ok(())
    }

    fn leave_by_exception(&mut self, former: Vreg, buffer: Slot) -> Walk {
        let exc = layout::NLR_RET_VAL as i64 * self.word_bytes();
        let exc = self.b.slot_load(Type::Obj, buffer, exc)?;
        self.call_fun(Fun::SwapGlobals, &[former])?;
        self.b.call_void(Fun::Raise, &[exc])?;
        Ok(self.b.unreachable()?)
    }

    /// Returns an object.
    pub(super) fn finish_return(&mut self, result: Vreg) -> Walk {
        match self.exit {
            Some((exit, _)) => self.b.jump(exit, &[result])?,
            None => self.b.ret(result)?,
        }
        Ok(())
    }

    /// Behind the last op.
    pub(super) fn leave(&mut self) -> Walk {
        let (Some((exit, result)), Some(Globals { former })) = (self.exit, self.globals) else {
            return Ok(());
        };
        self.b.enter(exit)?;
        let undo = self.b.cold_block()?;
        let done = self.b.block()?;
        self.b
            .branch(Cond::Ne, former, 0, (undo, &[]), (done, &[]))?;
        self.b.enter(undo)?;
        self.b.call_void(Fun::NlrPop, &[])?;
        self.call_fun(Fun::SwapGlobals, &[former])?;
        self.b.jump(done, &[])?;
        self.b.enter(done)?;
        Ok(self.b.ret(result)?)
    }
}

/// Words of the array that an op needs.
fn array_words(op: Op) -> u32 {
    match op {
        Op::CallFunction(args) => args.slots(),
        Op::CallMethod(args) => args.slots() + 2,
        Op::CallFunctionVarKw(args) => args.slots() + 2,
        Op::CallMethodVarKw(args) => args.slots() + 3,
        Op::LoadMethod(_) | Op::MakeFunctionDefargs(_) => 2,
        Op::LoadSuperMethod(_) => 3,
        Op::MakeClosure(_, cells) => u32::from(cells),
        Op::MakeClosureDefargs(_, cells) => u32::from(cells).max(2),
        Op::SetupWith(_) => 5,
        Op::BuildTuple(count) | Op::BuildList(count) | Op::BuildSet(count) => count,
        Op::UnpackSequence(count) => count.max(1),
        Op::UnpackEx(counts) => counts.left() + counts.right() + 1,
        _ => 0,
    }
}
