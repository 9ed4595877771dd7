//! Inference: one pass over the ops in their order, as the source is written.
//!
//! Stock's compiler works in text order too, and its messages follow from that: a local has the type of the first
//! value assigned to it in the text, an expression with branches has the type of the last one. So there is no joining
//! and no iteration; dead code is checked like any other.
//!
//! Errors do not stop the pass at once. The last one within a statement counts, and the pass ends behind the first
//! faulty statement of a block: `Code::trace` tells where statements of blocks of several end.
mod call;
mod item;
mod label;
mod local;
mod op;

use ferlance_abi::{NativeType, Qstr, ScopeFlags};
use ferlance_bytecode::code::Code;
use ferlance_bytecode::module::Const;
use ferlance_bytecode::trace::StmtEnd;
use ferlance_bytecode::{Label, Op};
use ferlance_collections::{OutOfMemory, TryVec};

use crate::direct::{Dialect, Signature};
use crate::error::{Error, Problem, Stop};
use crate::types::{Ty, cast};

/// What inference found.
#[derive(Debug, Default, PartialEq)]
pub struct Types {
    /// By slot; none if it is never assigned.
    pub locals: TryVec<Option<Ty>>,
    /// By label: the values on the stack there, in `pool`.
    labels: TryVec<Option<(u32, u32)>>,
    pool: TryVec<Ty>,
    /// Calls that are no calls of the runtime, by rising place.
    pub(crate) calls: TryVec<Known>,
}

/// A call whose callee is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Known {
    /// The op that would load the callee.
    pub(crate) load: u32,
    /// The op that calls.
    pub(crate) call: u32,
    pub(crate) callee: Callee,
}

/// Who is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Callee {
    /// A function of the module: its number.
    Direct(u32),
    /// A function of the module with more words than direct entries take: the runtime calls it.
    Typed(NativeType),
    /// `range` of numbers of this type, as what a loop goes over.
    Range(Ty),
}

/// What inference knows besides the function.
#[derive(Clone, Copy)]
pub struct Scene<'a, 'p> {
    /// The text of names.
    pub name: &'a dyn Fn(Qstr) -> &'p [u8],
    /// Which sources are accepted.
    pub dialect: Dialect,
    /// Do pointers know their length?
    pub sound: bool,
    /// Is code to be short? Then the runtime makes the calls whose types are known.
    pub small: bool,
    /// The functions of the module that may be called directly.
    pub direct: &'a [Signature],
}

impl Scene<'_, '_> {
    /// The type that `name` converts to in a function.
    pub fn cast(&self, code: &Code, name: Qstr) -> Option<NativeType> {
        cast((self.name)(name)).filter(|ty| !ty.is_wide() || self.has_wide(code))
    }

    /// Does a function know the numbers that stock lacks? Only if its parameters or its result have such a type, which
    /// stock refuses: so what stock accepts means the same here.
    pub fn has_wide(&self, code: &Code) -> bool {
        let params = code.param_types.iter().copied();
        self.dialect == Dialect::Full && params.chain(code.return_type).any(NativeType::is_wide)
    }

    /// The function of the module that `name` always means.
    pub fn direct(&self, name: Qstr) -> Option<&Signature> {
        self.direct.iter().find(|known| known.name == name)
    }
}

impl Types {
    /// Does the function call function `callee` of the module directly?
    pub fn calls_directly(&self, callee: u32) -> bool {
        let callee = Callee::Direct(callee);
        self.calls.iter().any(|known| known.callee == callee)
    }

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
    /// Of an object: what it can be without a conversion, where an object would be wrong.
    native: Option<Ty>,
    /// Of such an object: how many operators deep it is. See [`rules::sum`].
    nested: u8,
    /// The op that loaded it, if it is a global.
    origin: Option<u32>,
    /// Of a literal int: its value. It may become a wide number.
    int: Option<i64>,
    /// Of an iterator: the type of the numbers that it counts.
    counts: Option<Ty>,
}

impl Entry {
    fn of(ty: Ty) -> Entry {
        Entry {
            ty,
            literal: false,
            native: None,
            nested: 0,
            origin: None,
            int: None,
            counts: None,
        }
    }

    /// A literal that can be a wide number of this type?
    fn fits(self, wide: Ty) -> bool {
        match (self.int, wide) {
            (Some(_), Ty::Int64 | Ty::Float) => true,
            (Some(value), Ty::Uint64) => value >= 0,
            _ => false,
        }
    }

    /// What it is where a value of type `wanted` is asked for.
    fn as_wanted(self, wanted: Ty) -> Ty {
        match self.native {
            Some(native) if native == wanted => native,
            _ if self.fits(wanted) => wanted,
            _ => self.ty,
        }
    }

    /// Its type as a number, if it can be one.
    fn as_number(self) -> Ty {
        match self.native {
            Some(native) if native.is_int() => native,
            _ => self.ty,
        }
    }
}

/// Infers the types of `code`, or tells what is wrong.
pub fn infer(code: &Code, scene: &Scene<'_, '_>, consts: &[Const<'_>]) -> Result<Types, Stop> {
    let mut infer = Infer {
        code,
        scene,
        consts,
        wide: scene.has_wide(code),
        origins: TryVec::new(),
        first_leads: TryVec::filled(u32::MAX, code.n_labels() as usize)?,
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
    scene: &'a Scene<'a, 'p>,
    /// The module's objects so far.
    consts: &'a [Const<'a>],
    /// Are there the numbers that stock lacks?
    wide: bool,
    types: Types,
    /// By place in the pool of types: the op that loaded the global.
    origins: TryVec<Option<u32>>,
    /// By label: the first op that leads there.
    first_leads: TryVec<u32>,
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

type Walk<T = ()> = Result<T, Stop>;

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

    fn error(&self, problem: Problem) -> Stop {
        Stop::Refused(Error {
            problem,
            at: self.at,
            stmt: None,
        })
    }

    fn push(&mut self, ty: Ty) -> Result<(), OutOfMemory> {
        self.stack.push(Entry::of(ty))
    }

    fn push_literal(&mut self, ty: Ty) -> Result<(), OutOfMemory> {
        self.stack.push(Entry {
            literal: true,
            ..Entry::of(ty)
        })
    }

    fn pop(&mut self) -> Result<Ty, Stop> {
        self.pop_entry().map(|entry| entry.ty)
    }

    fn pop_entry(&mut self) -> Result<Entry, Stop> {
        self.stack
            .pop()
            .ok_or_else(|| self.error(Problem::Malformed))
    }

    /// Is more accepted than stock does?
    fn is_full(&self) -> bool {
        self.scene.dialect == Dialect::Full
    }

    /// The op `offset` places behind this one.
    fn op_behind(&self, offset: usize) -> Option<Op> {
        self.code.ops().get(self.at as usize + offset).copied()
    }

    fn pops(&mut self, count: u32) -> Walk {
        for _ in 0..count {
            self.pop()?;
        }
        Ok(())
    }

    fn pushes(&mut self, count: u32) -> Walk {
        for _ in 0..count {
            self.push(Ty::Object)?;
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
}
