//! Inference: one pass over the ops in their order, as the source is written.
//!
//! Stock's compiler works in text order too, and its messages follow from that: a local has the type of the first
//! value assigned to it in the text, an expression with branches has the type of the last one. So there is no joining
//! and no iteration; dead code is checked like any other.
//!
//! Errors do not stop the pass at once. The last one within a statement counts, and the pass ends behind the first
//! faulty statement of a block: `Code::trace` tells where statements of blocks of several end.
use ferlance_abi::{BinaryOp, NativeType, Qstr, ScopeFlags, UnaryOp};
use ferlance_bytecode::code::Code;
use ferlance_bytecode::op::{CallArgs, ITER_SLOTS, UNWIND_DROPS_LOOP};
use ferlance_bytecode::trace::StmtEnd;
use ferlance_bytecode::{Label, Local, Op};
use ferlance_collections::{OutOfMemory, TryVec};

use crate::error::{Error, Problem, Stop};
use crate::rules;
use crate::types::{Ty, cast};

/// What inference found.
#[derive(Debug, Default, PartialEq)]
pub struct Types {
    /// By slot; none if it is never assigned.
    pub locals: TryVec<Option<Ty>>,
    /// By label: the values on the stack there, in `pool`.
    labels: TryVec<Option<(u32, u32)>>,
    pool: TryVec<Ty>,
}

impl Types {
    /// The types of the values on the stack where `label` stands; none if nothing leads there.
    pub fn stack_at(&self, label: Label) -> Option<&[Ty]> {
        let (start, len) = (*self.labels.get(label.0 as usize)?)?;
        self.pool.get(start as usize..(start + len) as usize)
    }
}

/// A value on the stack.
#[derive(Debug, Clone, Copy)]
struct Entry {
    ty: Ty,
    /// A literal, cast or not.
    literal: bool,
}

/// Infers the types of `code`, or tells what is wrong. `name` gives the text of a name.
pub fn infer<'p>(code: &Code, name: &dyn Fn(Qstr) -> &'p [u8]) -> Result<Types, Stop> {
    let mut infer = Infer {
        code,
        name,
        types: Types::default(),
        stack: TryVec::new(),
        blocks: TryVec::new(),
        dead: false,
        adrift: false,
        at: 0,
        found: None,
    };
    infer.parameters()?;
    infer.walk()?;
    match infer.found {
        Some(error) => Err(Stop::Refused(error)),
        None => Ok(infer.types),
    }
}

struct Infer<'a, 'p> {
    code: &'a Code,
    name: &'a dyn Fn(Qstr) -> &'p [u8],
    types: Types,
    stack: TryVec<Entry>,
    /// The depth below each exception block.
    blocks: TryVec<u32>,
    /// Control does not get here from above.
    dead: bool,
    /// Nor from anywhere else known so far: the depth is what corrections make of the one above.
    adrift: bool,
    at: u32,
    found: Option<Error>,
}

type Walk = Result<(), Stop>;

impl Infer<'_, '_> {
    fn parameters(&mut self) -> Walk {
        let code = self.code;
        self.types.locals.resize(code.n_locals as usize, None)?;
        self.types.labels.resize(code.n_labels() as usize, None)?;
        let flags = code.flags;
        if flags.has(ScopeFlags::GENERATOR) {
            return self.refuse(Problem::Yield);
        }
        if code.n_kwonly_args > 0
            || flags.has(ScopeFlags::VAR_ARGS)
            || flags.has(ScopeFlags::VAR_KEYWORDS)
        {
            return self.refuse(Problem::StarParameters);
        }
        for (slot, local) in self
            .types
            .locals
            .iter_mut()
            .take(code.n_pos_args as usize)
            .enumerate()
        {
            let annotated = code.param_types.get(slot).copied();
            *local = Some(Ty::of(annotated.unwrap_or(NativeType::Object)));
        }
        Ok(())
    }

    fn walk(&mut self) -> Walk {
        let ops = self.code.ops();
        let trace = &self.code.trace;
        let mut stmts = trace.stmts.iter().peekable();
        let mut adjusts = trace.adjusts.iter().peekable();
        let mut at = 0;
        loop {
            // Ends of statements first: an error there skips the rest of the block.
            while let Some(end) = stmts.next_if(|end| end.at <= at) {
                if self.ends_block(end) {
                    let rest = stmts.by_ref();
                    match rest.find(|block| block.stmt.is_none() && block.depth == end.depth) {
                        Some(block) => at = block.at,
                        None => return Ok(()),
                    }
                }
            }
            while let Some(adjust) = adjusts.next_if(|adjust| adjust.at <= at) {
                if adjust.at == at && (self.dead || self.adrift) {
                    self.adjust(adjust.delta)?;
                }
            }
            let Some(op) = ops.get(at as usize) else {
                return Ok(());
            };
            self.at = at;
            self.op(*op)?;
            if !matches!(op, Op::Label(_) | Op::Line(_)) {
                self.adrift = false;
            }
            at += 1;
        }
    }

    /// Is what ends here a faulty statement?
    fn ends_block(&mut self, end: &StmtEnd) -> bool {
        let (Some(error), Some(stmt)) = (&mut self.found, end.stmt) else {
            return false;
        };
        error.stmt.get_or_insert(stmt);
        true
    }

    fn adjust(&mut self, delta: i32) -> Walk {
        for _ in 0..delta {
            self.push(Ty::Object)?;
        }
        for _ in delta..0 {
            self.pop()?;
        }
        Ok(())
    }

    /// Notes an error; the pass goes on.
    fn note(&mut self, problem: Problem) -> Walk {
        if problem.is_fatal() {
            return self.refuse(problem);
        }
        let stmt = self.found.and_then(|error| error.stmt);
        self.found = Some(Error {
            problem,
            at: self.at,
            stmt,
        });
        Ok(())
    }

    #[cold]
    fn refuse(&self, problem: Problem) -> Walk {
        Err(Stop::Refused(Error {
            problem,
            at: self.at,
            stmt: None,
        }))
    }

    fn push(&mut self, ty: Ty) -> Result<(), OutOfMemory> {
        self.stack.push(Entry { ty, literal: false })
    }

    fn push_literal(&mut self, ty: Ty) -> Result<(), OutOfMemory> {
        self.stack.push(Entry { ty, literal: true })
    }

    fn pop(&mut self) -> Result<Ty, Stop> {
        self.pop_entry().map(|entry| entry.ty)
    }

    fn pop_entry(&mut self) -> Result<Entry, Stop> {
        self.stack
            .pop()
            .ok_or_else(|| self.error(Problem::Malformed))
    }

    fn error(&self, problem: Problem) -> Stop {
        Stop::Refused(Error {
            problem,
            at: self.at,
            stmt: None,
        })
    }

    fn pops(&mut self, count: u32) -> Walk {
        for _ in 0..count {
            self.pop()?;
        }
        Ok(())
    }

    /// Pops a value that becomes an object.
    fn boxed(&mut self) -> Walk {
        let entry = self.pop_entry()?;
        self.boxes(entry)
    }

    fn boxes(&mut self, entry: Entry) -> Walk {
        let bare_pointer = entry.literal && entry.ty.is_pointer();
        match bare_pointer || matches!(entry.ty, Ty::Cast(_)) {
            true => self.refuse(Problem::Boxing),
            false => Ok(()),
        }
    }

    /// Pops a value that must be an object, or else `otherwise` is wrong.
    fn object(&mut self, otherwise: fn(Ty) -> Problem) -> Walk {
        match self.pop()? {
            Ty::Object => Ok(()),
            ty => self.note(otherwise(ty)),
        }
    }

    /// The stack less `drop` values, plus `more` objects, goes on at `to`.
    fn leads(&mut self, to: Label, keep: usize, more: u32) -> Walk {
        let slot = self.types.labels.get(to.0 as usize).copied();
        if slot.flatten().is_some() {
            return Ok(());
        }
        let start = self.types.pool.len() as u32;
        for entry in self.stack.iter().take(keep) {
            self.types.pool.push(entry.ty)?;
        }
        for _ in 0..more {
            self.types.pool.push(Ty::Object)?;
        }
        self.set_label(to, start)
    }

    fn set_label(&mut self, label: Label, start: u32) -> Walk {
        let len = self.types.pool.len() as u32 - start;
        match self.types.labels.get_mut(label.0 as usize) {
            Some(slot) => *slot = Some((start, len)),
            None => return self.refuse(Problem::Malformed),
        }
        Ok(())
    }

    /// `to` gets the whole stack.
    fn jump(&mut self, to: Label) -> Walk {
        self.leads(to, self.stack.len(), 0)
    }

    fn place(&mut self, label: Label) -> Walk {
        if self.dead {
            match self.types.stack_at(label) {
                Some(known) => {
                    self.stack.clear();
                    for &ty in known {
                        self.stack.push(Entry { ty, literal: false })?;
                    }
                    self.dead = false;
                    self.adrift = false;
                    return Ok(());
                }
                None => self.adrift = true,
            }
        }
        if !self.dead {
            self.join(label)?;
        }
        self.dead = false;
        // What stands last in the text counts, also for paths that came from above.
        let start = self.types.pool.len() as u32;
        for entry in self.stack.iter() {
            self.types.pool.push(entry.ty)?;
        }
        self.set_label(label, start)
    }

    /// None on one way and an object on another is an object, whichever stands last.
    fn join(&mut self, label: Label) -> Walk {
        let known = self.types.stack_at(label).unwrap_or(&[]);
        for (entry, known) in self.stack.iter_mut().zip(known) {
            match (entry.ty, *known) {
                (Ty::None, known) if known != Ty::None => entry.ty = Ty::Object,
                (Ty::Cast(a), Ty::Cast(b)) if a == b => {}
                (Ty::Cast(_), _) | (_, Ty::Cast(_)) => {
                    return Err(Stop::Refused(Error {
                        problem: Problem::Boxing,
                        at: self.at,
                        stmt: None,
                    }));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn local_name(&self, local: Local) -> Qstr {
        let names = &self.code.local_names;
        names.get(local.0 as usize).copied().unwrap_or(Qstr::NONE)
    }

    fn load_local(&mut self, local: Local) -> Walk {
        let known = self.types.locals.get(local.0 as usize).copied().flatten();
        match known {
            Some(ty) => self.push(ty)?,
            None => {
                self.push(Ty::Object)?;
                self.note(Problem::UntypedLocal(self.local_name(local)))?;
            }
        }
        Ok(())
    }

    fn store_local(&mut self, local: Local, ty: Ty) -> Walk {
        let name = self.local_name(local);
        match self.types.locals.get_mut(local.0 as usize) {
            Some(Some(known)) if *known != ty => {
                let known = *known;
                self.note(Problem::LocalType(name, known, ty))
            }
            Some(slot) => {
                *slot = Some(ty);
                Ok(())
            }
            None => self.refuse(Problem::Malformed),
        }
    }

    /// Variables that inner functions use hold objects; those of outer functions are typed from the start.
    fn store_cell(&mut self, local: Local) -> Walk {
        let ty = self.pop()?;
        let known = self.types.locals.get(local.0 as usize).copied().flatten();
        match known {
            None => self.note(Problem::UntypedLocal(self.local_name(local))),
            Some(_) if local.0 < self.code.n_free => self.boxes(Entry { ty, literal: false }),
            Some(_) => self.store_local(local, ty),
        }
    }

    fn condition(&mut self, ty: Ty) -> Walk {
        match rules::is_condition(ty) {
            true => Ok(()),
            false => self.note(Problem::Condition(ty)),
        }
    }

    fn op(&mut self, op: Op) -> Walk {
        match op {
            Op::Line(_) => {}
            Op::Label(label) => self.place(label)?,

            Op::LoadConstString(_) | Op::LoadConstObj(_) | Op::LoadBuildClass => {
                self.push(Ty::Object)?;
            }
            Op::LoadConstSmallInt(_) => self.push_literal(Ty::Int)?,
            Op::LoadConstFalse | Op::LoadConstTrue => self.push_literal(Ty::Bool)?,
            Op::LoadConstNone => self.push_literal(Ty::None)?,
            Op::LoadNull => self.push(Ty::Null)?,
            Op::LoadName(name) | Op::LoadGlobal(name) => {
                self.push(match cast((self.name)(name)) {
                    Some(ty) => Ty::Cast(ty),
                    None => Ty::Object,
                })?;
            }
            Op::LoadFast(local) | Op::LoadDeref(local) => self.load_local(local)?,
            Op::StoreFast(local) => {
                let ty = self.pop()?;
                self.store_local(local, ty)?;
            }
            Op::StoreDeref(local) => self.store_cell(local)?,
            Op::DeleteFast(local) | Op::DeleteDeref(local) => self.store_local(local, Ty::None)?,
            Op::StoreName(_) => match self.pop()? {
                Ty::Object | Ty::None => {}
                ty => self.note(Problem::ClassVariable(ty))?,
            },
            Op::StoreGlobal(_) => {
                if let Ty::Cast(_) = self.pop()? {
                    self.refuse(Problem::Boxing)?;
                }
            }
            Op::DeleteName(_) | Op::DeleteGlobal(_) => {}

            Op::LoadAttr(_) => {
                self.object(Problem::Attr)?;
                self.push(Ty::Object)?;
            }
            Op::LoadMethod(_) => {
                self.object(Problem::Attr)?;
                self.pushes(2)?;
            }
            Op::LoadSuperMethod(_) => {
                for _ in 0..3 {
                    self.object(Problem::Attr)?;
                }
                self.pushes(2)?;
            }
            Op::StoreAttr(_) => {
                self.object(Problem::Attr)?;
                self.boxed()?;
            }
            Op::LoadSubscr => self.load_item()?,
            Op::StoreSubscr => self.store_item()?,

            Op::BuildTuple(count) | Op::BuildList(count) | Op::BuildSet(count) => {
                for _ in 0..count {
                    self.boxed()?;
                }
                self.push(Ty::Object)?;
            }
            Op::BuildMap(_) => self.push(Ty::Object)?,
            Op::BuildSlice(count) => {
                for _ in 0..count {
                    self.object(Problem::SliceBound)?;
                }
                self.push(Ty::Object)?;
            }
            Op::StoreMap => {
                self.object(Problem::DictItem)?;
                self.object(Problem::DictItem)?;
            }
            Op::StoreComp(comp) => {
                for _ in 0..comp.pops() {
                    self.boxed()?;
                }
            }
            Op::UnpackSequence(count) => {
                self.object(Problem::Iterate)?;
                self.pushes(count)?;
            }
            Op::UnpackEx(counts) => {
                self.object(Problem::Iterate)?;
                self.pushes(counts.left() + counts.right() + 1)?;
            }

            Op::MakeFunction(_)
            | Op::MakeFunctionDefargs(_)
            | Op::MakeClosure(..)
            | Op::MakeClosureDefargs(..) => {
                let (pops, pushes) = op.stack_effect();
                self.pops(pops)?;
                self.pushes(pushes)?;
            }
            Op::CallFunction(args) => self.call(args)?,
            Op::CallMethod(args) => {
                for _ in 0..args.slots() {
                    self.boxed()?;
                }
                self.pops(2)?;
                self.push(Ty::Object)?;
            }
            Op::CallFunctionVarKw(args) => self.star_call(args.slots() + 1)?,
            Op::CallMethodVarKw(args) => self.star_call(args.slots() + 2)?,

            Op::Jump(to) | Op::PopExceptJump(to) => self.jump(to)?,
            Op::UnwindJump(to, crossed) => self.unwind(to, crossed)?,
            Op::PopJumpIfTrue(to) | Op::PopJumpIfFalse(to) => {
                let ty = self.pop()?;
                self.condition(ty)?;
                self.jump(to)?;
            }
            Op::JumpIfTrueOrPop(to) | Op::JumpIfFalseOrPop(to) => {
                let top = self.stack.last().map_or(Ty::Object, |entry| entry.ty);
                self.condition(top)?;
                self.jump(to)?;
                self.pop()?;
            }
            Op::SetupWith(to) => {
                self.object(Problem::Attr)?;
                self.blocks.push(self.stack.len() as u32)?;
                self.pushes(2)?;
                self.leads(to, self.stack.len(), 1)?;
                self.push(Ty::Object)?;
            }
            Op::SetupExcept(to) | Op::SetupFinally(to) => {
                self.blocks.push(self.stack.len() as u32)?;
                self.leads(to, self.stack.len(), 1)?;
            }
            Op::WithCleanup => {
                self.pops(3)?;
                self.push(Ty::Object)?;
            }
            Op::EndFinally => {
                self.blocks.pop();
                self.pop()?;
            }
            Op::GetIter => {
                self.object(Problem::Iterate)?;
                self.push(Ty::Object)?;
            }
            Op::GetIterStack => {
                self.object(Problem::Iterate)?;
                self.pushes(ITER_SLOTS)?;
            }
            Op::ForIter(to) => {
                let below = self.stack.len().saturating_sub(ITER_SLOTS as usize);
                self.leads(to, below, 0)?;
                self.push(Ty::Object)?;
            }
            Op::ImportName(_) => {
                self.pops(2)?;
                self.push(Ty::Object)?;
            }
            Op::ImportFrom(_) => self.push(Ty::Object)?,
            Op::ImportStar => self.pops(1)?,

            Op::DupTop => {
                let top = self.pop_entry()?;
                self.stack.push(top)?;
                self.stack.push(top)?;
            }
            Op::DupTopTwo => {
                let top = self.pop_entry()?;
                let below = self.pop_entry()?;
                for entry in [below, top, below, top] {
                    self.stack.push(entry)?;
                }
            }
            Op::PopTop => self.pops(1)?,
            Op::RotTwo => {
                let top = self.pop_entry()?;
                let below = self.pop_entry()?;
                self.stack.push(top)?;
                self.stack.push(below)?;
            }
            Op::RotThree => {
                let top = self.pop_entry()?;
                let middle = self.pop_entry()?;
                let below = self.pop_entry()?;
                for entry in [top, below, middle] {
                    self.stack.push(entry)?;
                }
            }

            Op::ReturnValue => self.return_value()?,
            Op::RaiseObj => {
                if self.pop()? != Ty::Object {
                    self.note(Problem::RaiseNative)?;
                }
            }
            Op::RaiseLast | Op::RaiseFrom => self.refuse(Problem::BareRaise)?,
            Op::YieldValue | Op::YieldFrom => self.refuse(Problem::Yield)?,
            Op::Unary(op) => self.unary(op)?,
            Op::Binary(op) => self.binary(op)?,
        }
        if op.ends_flow() {
            self.dead = true;
        }
        Ok(())
    }

    fn pushes(&mut self, count: u32) -> Walk {
        for _ in 0..count {
            self.push(Ty::Object)?;
        }
        Ok(())
    }

    fn unary(&mut self, op: UnaryOp) -> Walk {
        let operand = self.pop()?;
        let (ty, problem) = rules::unary(op, operand);
        self.push(ty)?;
        // The second half of `not in` and `is not`, whose first half was wrong.
        let before = self.at.checked_sub(1);
        let before = before.and_then(|at| self.code.ops().get(at as usize));
        match (problem, before) {
            (Some(_), Some(Op::Binary(BinaryOp::In | BinaryOp::Is))) => Ok(()),
            (Some(problem), _) => self.note(problem),
            (None, _) => Ok(()),
        }
    }

    fn binary(&mut self, op: BinaryOp) -> Walk {
        let right = self.pop()?;
        let left = self.pop()?;
        let (ty, problem) = rules::binary(op, left, right);
        self.push(ty)?;
        let behind = self.code.ops().get(self.at as usize + 1);
        let negated = matches!(behind, Some(Op::Unary(UnaryOp::Not)));
        match problem {
            Some(Problem::BinaryOp(BinaryOp::In)) if negated => {
                self.note(Problem::BinaryOp(BinaryOp::NotIn))
            }
            Some(problem) => self.note(problem),
            None => Ok(()),
        }
    }

    fn load_item(&mut self) -> Walk {
        let index = self.pop_entry()?;
        let base = self.pop()?;
        if let Ty::Object = base {
            self.boxes(index)?;
            return Ok(self.push(Ty::Object)?);
        }
        self.push(Ty::Int)?;
        if !index.ty.is_int() {
            self.note(Problem::LoadIndex(index.ty))?;
        }
        match base.element_bytes() {
            0 => self.note(Problem::LoadFrom(base)),
            _ => Ok(()),
        }
    }

    fn store_item(&mut self) -> Walk {
        let index = self.pop_entry()?;
        let base = self.pop()?;
        let value = self.pop_entry()?;
        if value.ty == Ty::Null {
            return match (base, index.ty) {
                (Ty::Object, Ty::Object) => Ok(()),
                (Ty::Object, ty) | (ty, _) => self.note(Problem::DeleteItem(ty)),
            };
        }
        if base == Ty::Object {
            self.boxes(index)?;
            return self.boxes(value);
        }
        if base.element_bytes() == 0 {
            return self.note(Problem::StoreTo(base));
        }
        if !index.ty.is_int() {
            self.note(Problem::StoreIndex(index.ty))?;
        }
        match value.ty {
            Ty::Bool | Ty::Int | Ty::Uint => Ok(()),
            ty => self.note(Problem::StoreValue(ty)),
        }
    }

    fn call(&mut self, args: CallArgs) -> Walk {
        let below = (args.slots() as usize).checked_add(1);
        let callee = below
            .and_then(|below| self.stack.len().checked_sub(below))
            .and_then(|at| self.stack.get(at))
            .map(|entry| entry.ty);
        match callee {
            None => self.refuse(Problem::Malformed),
            Some(Ty::Cast(to)) => self.cast(to, args),
            Some(callee) => {
                for _ in 0..args.slots() {
                    self.boxed()?;
                }
                self.pop()?;
                self.push(Ty::Object)?;
                match callee {
                    Ty::Object => Ok(()),
                    ty => self.note(Problem::Call(ty)),
                }
            }
        }
    }

    /// `T(x)`: another type for the same word, or a conversion of an object.
    fn cast(&mut self, to: NativeType, args: CallArgs) -> Walk {
        if (args.positional(), args.keyword()) != (1, 0) {
            self.pops(args.slots() + 1)?;
            self.push(Ty::of(to))?;
            return self.note(Problem::CastArguments);
        }
        let value = self.pop_entry()?;
        self.pop()?;
        if let Ty::Cast(_) = value.ty {
            return self.refuse(Problem::CastOfCast);
        }
        self.stack.push(Entry {
            ty: Ty::of(to),
            literal: value.literal,
        })?;
        Ok(())
    }

    fn star_call(&mut self, slots: u32) -> Walk {
        self.pop()?; // the bitmap
        for _ in 0..slots {
            let entry = self.pop_entry()?;
            self.boxes(entry)?;
            if entry.ty.is_native() {
                self.note(Problem::StarCall(entry.ty))?;
            }
        }
        Ok(self.push(Ty::Object)?)
    }

    fn unwind(&mut self, to: Label, crossed: u8) -> Walk {
        let count = usize::from(crossed & !UNWIND_DROPS_LOOP);
        let outermost = self.blocks.len().checked_sub(count);
        let Some(&base) = outermost.and_then(|at| self.blocks.get(at)) else {
            return self.refuse(Problem::Malformed);
        };
        let dropped = match crossed & UNWIND_DROPS_LOOP {
            0 => 0,
            _ => ITER_SLOTS,
        };
        self.leads(to, base.saturating_sub(dropped) as usize, 0)
    }

    fn return_value(&mut self) -> Walk {
        let given = self.pop()?;
        let declared = Ty::of(self.code.return_type.unwrap_or(NativeType::Object));
        match given {
            Ty::None => Ok(()),
            Ty::Cast(_) => self.refuse(Problem::Boxing),
            given if given == declared => Ok(()),
            given => self.note(Problem::Return(declared, given)),
        }
    }
}
