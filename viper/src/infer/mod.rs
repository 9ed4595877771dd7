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
use ferlance_bytecode::trace::StmtEnd;
use ferlance_bytecode::{Label, Op};
use ferlance_collections::{OutOfMemory, TryVec};

use crate::error::{Error, Problem, Stop};
use crate::types::Ty;

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

    fn error(&self, problem: Problem) -> Stop {
        Stop::Refused(Error {
            problem,
            at: self.at,
            stmt: None,
        })
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
