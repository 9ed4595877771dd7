//! How a function starts and ends, and how a generator is resumed.
//!
//! ```text
//! function    code state in the frame: function object, saved globals, sp, n_state, -, locals
//!             arguments bound by the runtime, or taken from the array if there is nothing to bind
//!             globals of the module made current; if they were not, an exception buffer to put back the others
//! generator   code state in the generator object; state number in its `ip`; an exception buffer around it all
//! ```
use ferlance_abi::fun_table::Fun;
use ferlance_abi::{ScopeFlags, layout, qstr};
use ferlance_bytecode::code::Code;
use ferlance_bytecode::op::{Local, Op};
use ferlance_collections::TryVec;

use super::flow::{Flow, LowerError, bound_slots};
use super::pieces::Homes;
use super::{Done, Lowering};
use crate::nir::{Block, Builder, Cond, Home, Kept, Slot, Type, Vreg, Width};

/// Where the code state is, and what has to be undone at the end.
pub(super) enum Frame {
    /// A function's.
    Function {
        /// The code state.
        state: Slot,
        n_state: u32,
        /// The globals to put back, or null; missing if they were not switched.
        globals: Option<Kept>,
    },
    /// A generator's.
    Generator {
        /// The code state.
        state: Kept,
        thrown: Kept,
        n_state: u32,
        /// Where each yield goes on, in their order, then the start.
        resumes: TryVec<Block>,
    },
}

impl Frame {
    pub(super) fn n_state(&self) -> u32 {
        match self {
            Frame::Function { n_state, .. } | Frame::Generator { n_state, .. } => *n_state,
        }
    }
}

/// Makes the frame of `code`.
pub(super) fn frame(
    code: &Code,
    flow: &Flow,
    b: &mut Builder,
    params: &[Vreg],
    homes: &mut Homes,
) -> Result<Frame, LowerError> {
    if !code.flags.has(ScopeFlags::GENERATOR) {
        let n_state = flow.n_locals.max(1);
        let words = layout::CODE_STATE_STATE as u32 + n_state;
        return Ok(Frame::Function {
            state: b.slot(words)?,
            n_state,
            globals: None,
        });
    }
    let [state, thrown] = *params else {
        return Err(LowerError::BadCode);
    };
    let state = b.keep(state, homes.next())?;
    let thrown = b.keep(thrown, homes.next())?;
    // Two words per level of blocks: the exception being handled, the value being returned.
    let n_state = flow.n_locals + flow.max_depth + 2 * flow.max_level;
    let mut resumes = TryVec::new();
    let yields = code.ops().iter();
    let n_yields = yields.filter(|op| matches!(op, Op::YieldValue | Op::YieldFrom));
    if !homes.is_used() {
        for _ in 0..n_yields.count() + 1 {
            resumes.push(b.block()?)?;
        }
    }
    Ok(Frame::Generator {
        state,
        thrown,
        n_state: n_state.max(1),
        resumes,
    })
}

/// Does anything in the code look at the current globals, or call what may?
fn needs_globals(code: &Code) -> bool {
    code.ops().iter().any(|op| {
        matches!(
            op,
            Op::LoadName(_)
                | Op::LoadGlobal(_)
                | Op::StoreName(_)
                | Op::StoreGlobal(_)
                | Op::DeleteName(_)
                | Op::DeleteGlobal(_)
                | Op::ImportName(_)
                | Op::ImportFrom(_)
                | Op::ImportStar
                | Op::CallFunction(_)
                | Op::CallFunctionVarKw(_)
                | Op::CallMethod(_)
                | Op::CallMethodVarKw(_)
        )
    })
}

/// Byte offset of a value slot in a code state.
pub(super) fn state_offset(at: u32, word: i64) -> i64 {
    (layout::CODE_STATE_STATE as i64 + i64::from(at)) * word
}

impl Lowering<'_, '_> {
    pub(super) fn prologue(&mut self, params: &[Vreg]) -> Done {
        match (&self.frame, params) {
            (Frame::Function { state, .. }, &[fun, n_args, n_kw, args]) => {
                let state = *state;
                self.bind_arguments(state, [fun, n_args, n_kw, args])?;
                // Our own runtime makes them current itself.
                if !self.is_ours() && !self.is_run_in_place() && needs_globals(self.code) {
                    self.switch_globals()?;
                }
                Ok(())
            }
            (Frame::Generator { .. }, _) => self.resume(),
            _ => Err(LowerError::BadCode),
        }
    }

    /// The slot of a local in the code state.
    fn home(&self, local: u32) -> i64 {
        let at = self.frame.n_state().saturating_sub(1 + local);
        state_offset(at, self.word())
    }

    /// Where a local is between pieces.
    pub(super) fn home_of(&self, local: u32) -> Home {
        let offset = self.home(local);
        match self.frame {
            Frame::Function { state, .. } => Home::Slot(state, offset),
            Frame::Generator {
                state: Kept::Home(base),
                ..
            } => Home::Behind(base, offset),
            // Nothing is lowered in pieces.
            Frame::Generator { .. } => Home::Slot(self.args, 0),
        }
    }

    pub(super) fn is_generator(&self) -> bool {
        matches!(self.frame, Frame::Generator { .. })
    }

    pub(super) fn store_home(&mut self, local: u32, value: Vreg) -> Done {
        let offset = self.home(local);
        self.store_state(offset, value)
    }

    pub(super) fn load_home(&mut self, local: u32) -> Done<Vreg> {
        let offset = self.home(local);
        self.load_state(Type::Obj, offset)
    }

    /// Stores at a byte offset of the code state.
    pub(super) fn store_state(&mut self, offset: i64, value: Vreg) -> Done {
        match self.frame {
            Frame::Function { state, .. } => self.b.slot_store(state, offset, value)?,
            Frame::Generator { state, .. } => {
                let state = self.b.kept(state)?;
                self.b.store(Width::Word, state, offset, value)?;
            }
        }
        Ok(())
    }

    /// Loads from a byte offset of the code state.
    pub(super) fn load_state(&mut self, ty: Type, offset: i64) -> Done<Vreg> {
        Ok(match self.frame {
            Frame::Function { state, .. } => self.b.slot_load(ty, state, offset)?,
            Frame::Generator { state, .. } => {
                let state = self.b.kept(state)?;
                self.b.load(ty, Width::Word, state, offset)?
            }
        })
    }

    /// Takes all locals from the code state that binding may have set; the others are unbound.
    pub(super) fn load_bound_locals(&mut self) -> Done {
        let bound = bound_slots(self.code);
        for local in 0..self.flow.n_locals {
            let is_cell = self.code.cells.iter().any(|slot| u32::from(*slot) == local);
            let is_bound = local < bound || is_cell;
            let var = self.local(Local(local))?;
            if is_bound && self.pieces.is_some() {
                // It is where it is wanted.
                continue;
            }
            let value = match is_bound {
                true => self.load_home(local)?,
                false => self.no_value()?,
            };
            self.b.write_home(var, value)?;
        }
        Ok(())
    }

    /// Is it called in one place only, with the arguments that it has, while the module's globals are current? So the
    /// module's own code is, and so are comprehensions, by what they stand in.
    fn is_run_in_place(&self) -> bool {
        let names = [
            qstr!("<module>"),
            qstr!("<listcomp>"),
            qstr!("<dictcomp>"),
            qstr!("<setcomp>"),
        ];
        !self.is_ours() && names.contains(&self.code.name)
    }

    fn bind_arguments(&mut self, state: Slot, params: [Vreg; 4]) -> Done {
        let [_, n_args, n_kw, args] = params;
        let n_pos = self.code.n_pos_args;
        let stars = [
            ScopeFlags::VAR_ARGS,
            ScopeFlags::VAR_KEYWORDS,
            ScopeFlags::KW_DEFAULTS,
        ];
        let is_simple = self.code.cells.is_empty()
            && self.code.n_kwonly_args == 0
            && !stars.iter().any(|flag| self.code.flags.has(*flag));
        let is_class = self
            .code
            .ops()
            .contains(&Op::StoreName(qstr!("__module__")));
        if is_simple && !self.is_ours() && (is_class || self.is_run_in_place()) {
            return self.take_arguments(args);
        }
        // On any firmware it is what the stock compiler's functions do, too.
        if !is_simple || !self.is_cached() {
            self.call_set_up(state, params)?;
            return self.load_bound_locals();
        }
        // One for both ways.
        self.no_value = Some(self.null()?);
        // As many as there are parameters, none by keyword: they are the array's.
        let differ = self
            .b
            .binary(crate::nir::Op::Xor, n_args, i64::from(n_pos))?;
        let other = self.b.binary(crate::nir::Op::Or, differ, n_kw)?;
        let (plain, general) = (self.b.block()?, self.b.cold_block()?);
        let go_on = self.b.block()?;
        self.b
            .branch(Cond::Eq, other, 0, (plain, &[]), (general, &[]))?;
        self.b.enter(general)?;
        self.call_set_up(state, params)?;
        self.load_bound_locals()?;
        self.b.jump(go_on, &[])?;
        self.b.enter(plain)?;
        self.take_arguments(args)?;
        self.b.jump(go_on, &[])?;
        self.no_value = None;
        Ok(self.b.enter(go_on)?)
    }

    /// What a local is that has no value yet.
    fn no_value(&mut self) -> Done<Vreg> {
        match self.no_value {
            Some(null) => Ok(null),
            None => self.null(),
        }
    }

    /// Takes parameters from the array as they are; the other locals are unbound.
    fn take_arguments(&mut self, args: Vreg) -> Done {
        for local in 0..self.flow.n_locals {
            let value = if local < self.code.n_pos_args {
                let offset = i64::from(local) * self.word();
                self.b.load(Type::Obj, Width::Word, args, offset)?
            } else {
                self.no_value()?
            };
            self.store_local(Local(local), value)?;
        }
        Ok(())
    }

    fn call_set_up(&mut self, state: Slot, params: [Vreg; 4]) -> Done {
        let [fun, n_args, n_kw, args] = params;
        let word = self.word();
        let n_state = self.b.word(i64::from(self.frame.n_state()))?;
        self.b
            .slot_store(state, layout::CODE_STATE_FUN as i64 * word, fun)?;
        self.b
            .slot_store(state, layout::CODE_STATE_N_STATE as i64 * word, n_state)?;
        let address = self.b.slot_addr(state, 0)?;
        let args = [address, n_args, n_kw, args];
        Ok(self.b.call_void(Fun::SetupCodeStateNative, &args)?)
    }

    /// Makes the module's globals current. If others were, they come back when the function ends in any way.
    fn switch_globals(&mut self) -> Done {
        let word = self.word();
        let context = self.b.nullary(crate::nir::Op::Context, Type::Word)?;
        let offset = layout::MODULE_GLOBALS as i64 * word;
        let own = self.b.load(Type::Word, Width::Word, context, offset)?;
        let old = self.b.call(Fun::SwapGlobals, &[own])?;
        let kept = self.keep(old)?;
        let (protect, caught) = (self.b.cold_block()?, self.b.cold_block()?);
        let body = self.b.block()?;
        self.b
            .branch(Cond::Eq, old, 0, (body, &[]), (protect, &[]))?;
        self.b.enter(protect)?;
        let slot = self.new_nlr_slot()?;
        let behind = self.nlr_push(slot, body, caught)?;
        let old = self.b.kept(kept)?;
        self.b.call_void(Fun::SwapGlobals, &[old])?;
        let exception = self
            .b
            .slot_load(Type::Obj, slot, layout::NLR_RET_VAL as i64 * word)?;
        self.raise_again(exception)?;
        self.b.unreachable()?;
        self.behind_push(body, behind)?;
        if let Frame::Function { globals, .. } = &mut self.frame {
            *globals = Some(kept);
        }
        Ok(())
    }

    /// Ends the function with `value`; all blocks have been left.
    pub(super) fn end(&mut self, value: Vreg) -> Done {
        match self.frame {
            Frame::Generator { .. } => self.end_generator(value),
            Frame::Function { globals: None, .. } => Ok(self.b.ret(value)?),
            Frame::Function {
                globals: Some(old), ..
            } => {
                let (restore, done) = (self.b.cold_block()?, self.b.block()?);
                let old = self.b.kept(old)?;
                self.b
                    .branch(Cond::Eq, old, 0, (done, &[]), (restore, &[]))?;
                self.b.enter(restore)?;
                self.b.call_void(Fun::NlrPop, &[])?;
                self.b.call_void(Fun::SwapGlobals, &[old])?;
                self.b.jump(done, &[])?;
                self.b.enter(done)?;
                Ok(self.b.ret(value)?)
            }
        }
    }
}
