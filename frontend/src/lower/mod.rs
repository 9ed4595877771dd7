//! Syntax tree to symbolic bytecode: two walks over each scope by the same code.
//!
//! ```text
//!            ┌ walk 1, all scopes in list order ┐   ┌ walk 2, scope by scope ┐
//!   Ast ───▶ │ scopes, kinds of names, errors,  │──▶│ ops, line marks,       │──▶ Code ──▶ assembler
//!            │ numbers of names and objects     │   │ stack depth            │
//!            └──────────────────────────────────┘   └────────────────────────┘
//! ```
//!
//! Upstream walks its tree in the same way, and the numbers in a `.mpy` file depend on what is met when: attribute,
//! method, import and string names are claimed in walk 1, plain variables only when their scope is assembled; objects
//! are claimed in walk 1; scopes are listed when their construct begins, children numbered when it ends. One body of
//! code for both walks keeps these orders right by construction. [`Lower::op`] is silent in walk 1.
//!
//! All errors but those of limits (cells beyond slot 255, blocks crossed) are found in walk 1.
//!
//! ```text
//! scope.rs          parameters and bodies            class.rs, function.rs   making functions and classes
//! stmt.rs, loops.rs, try_with.rs, import.rs          statements
//! assign.rs         targets                          expr.rs, call.rs, comprehension.rs
//! emit.rs           ops, names, constants, marks, jumps
//! ```

mod assign;
mod call;
mod class;
mod comprehension;
mod constant;
mod emit;
mod expr;
mod function;
mod import;
mod loops;
mod refusal;
mod scope;
mod stmt;
#[cfg(test)]
mod tests;
mod try_with;

use core::ops::RangeInclusive;

use ferlance_abi::code_kind::CodeKind;
use ferlance_abi::qstr::{Pool, Qstr};
use ferlance_bytecode::{Code, ConstId, ConstTable, Label, NameTable};
use ferlance_collections::{OutOfMemory, TryVec};

use crate::ast::{Ast, ExprId, Suite};
use crate::diag::Code as Message;
use crate::error::Diag;
use crate::hir::{ScopeId, Scopes};
use crate::source::Pos;
use crate::stack::StackLimit;
use refusal::Around;

/// Whether functions can be anything but bytecode.
const MACHINE: bool = cfg!(feature = "machine");

/// What lowering depends on besides the source.
#[derive(Debug, Clone)]
pub struct Options {
    /// Optimisation level: from 1 on, asserts are dropped.
    pub optimise: u8,
    /// Bits of the small int range.
    pub small_int_bits: u8,
    /// Whether to mark lines.
    pub lines: bool,
    /// The emitter for code without a decorator.
    pub emit: CodeKind,
    /// Whether `native` and `viper` can be emitted for the chosen architecture.
    pub native: bool,
    /// Whether viper has the types that stock lacks.
    pub wide_types: bool,
    /// Which decorators of inline assembler there are.
    pub asm: AsmDecorators,
    /// Whether float constants need the text that `.mpy` files hold.
    pub float_text: bool,
    /// Where the machine stack ends.
    pub stack: StackLimit,
}

/// Which decorators of inline assembler there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AsmDecorators {
    /// All names are known, and the chosen architecture has an assembler, whatever name is written.
    Any,
    /// All names are known, and the chosen architecture has no assembler.
    InvalidArch,
    /// The compiler of a device knows its own assembler's decorator, if it has one, and no other.
    Only(Option<Qstr>),
}

impl Default for Options {
    fn default() -> Options {
        Options {
            optimise: 0,
            small_int_bits: 31,
            lines: true,
            emit: CodeKind::Bytecode,
            native: false,
            wide_types: true,
            asm: AsmDecorators::InvalidArch,
            float_text: true,
            stack: StackLimit::default(),
        }
    }
}

/// A walk stops: the reason is in [`Lower::refusal`], or else memory ran out. Results stay one bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stop;

impl From<OutOfMemory> for Stop {
    fn from(_: OutOfMemory) -> Stop {
        Stop
    }
}

/// What walks give.
pub(crate) type Walk<T = ()> = Result<T, Stop>;

/// How deeply expressions and statements may be nested.
const MAX_NESTING: u32 = 400;

/// The state of lowering a source.
pub struct Lower<'a> {
    ast: &'a Ast,
    pool: &'a mut Pool,
    options: &'a Options,
    /// The target's small ints.
    small_ints: RangeInclusive<i64>,
    /// All scopes.
    scopes: Scopes,
    /// The names that the `.mpy` file numbers.
    names: NameTable,
    /// The objects that the `.mpy` file numbers.
    consts: ConstTable,
    /// By constant of the tree: its object, once it has one.
    objects: TryVec<Option<ConstId>>,
    /// Whether this is walk 2.
    emitting: bool,
    /// The scope being walked.
    scope: ScopeId,
    /// Walk 2: the next scope that a construct makes. They come in the order of walk 1.
    next_scope: ScopeId,
    /// The code being made, in walk 2.
    code: Code,
    /// The innermost loop of the scope.
    current_loop: Option<Loop>,
    /// Exception blocks around the current statement, in this scope.
    blocks: u32,
    /// Depth of recursion.
    nesting: u32,
    /// Trailers on their way from the outermost to the atom.
    chain: TryVec<ExprId>,
    /// For dotted names.
    dotted: TryVec<u8>,
    /// Whether expression statements of the module are printed: interactive mode.
    prints: bool,
    /// What is being walked, as far as it has a line for errors.
    around: Around,
    /// The expression or statement being walked.
    at: Pos,
    /// Blocks of several statements around it.
    blocks_of_several: u32,
    refusal: Option<Diag>,
}

/// Where `break` and `continue` go.
#[derive(Clone, Copy)]
struct Loop {
    on_break: Label,
    on_continue: Label,
    /// Exception blocks around the loop.
    blocks: u32,
    /// Whether `break` has four iterator slots to drop.
    iterator: bool,
}

impl<'a> Lower<'a> {
    /// Prepares to lower `ast`, whose file is called `source_name`.
    pub fn new(
        ast: &'a Ast,
        pool: &'a mut Pool,
        source_name: Qstr,
        options: &'a Options,
    ) -> Result<Lower<'a>, OutOfMemory> {
        Ok(Lower {
            ast,
            pool,
            options,
            small_ints: constant::small_ints(options.small_int_bits),
            scopes: Scopes::default(),
            names: NameTable::new(source_name)?,
            consts: ConstTable::new(),
            objects: TryVec::new(),
            emitting: false,
            scope: ScopeId::MODULE,
            next_scope: ScopeId::MODULE,
            code: Code::new(),
            current_loop: None,
            blocks: 0,
            nesting: 0,
            chain: TryVec::new(),
            dotted: TryVec::new(),
            prints: false,
            around: Around::Scope(Pos(0), Suite::EMPTY),
            at: Pos(0),
            blocks_of_several: 0,
            refusal: None,
        })
    }

    /// Walk 1: finds all scopes and their names, and every error.
    pub fn resolve(&mut self) -> Result<(), Diag> {
        let walked = self.walk_all_scopes();
        self.explain(walked)
    }

    /// Walk 2 of one scope. Scopes must come in the order of their numbers.
    ///
    /// `code` is cleared first; giving the same one again saves allocations.
    pub fn lower_scope(&mut self, scope: ScopeId, code: &mut Code) -> Result<(), Diag> {
        core::mem::swap(&mut self.code, code);
        self.code.clear();
        let walked = self.emit_scope(scope);
        core::mem::swap(&mut self.code, code);
        // Its parent, which looks at them too, came before it.
        self.scopes[scope].drop_names();
        self.explain(walked)
    }

    /// The scopes found.
    pub fn scopes(&self) -> &Scopes {
        &self.scopes
    }

    /// The tree.
    pub fn ast(&self) -> &'a Ast {
        self.ast
    }

    /// The text of names.
    pub fn pool(&self) -> &Pool {
        self.pool
    }

    /// The tables of names and objects, in which emitters claim places too.
    pub fn tables_mut(&mut self) -> (&mut NameTable, &mut ConstTable) {
        (&mut self.names, &mut self.consts)
    }

    /// The pool, and the name and object tables so far.
    pub fn pool_and_tables(&mut self) -> (&Pool, &mut NameTable, &mut ConstTable) {
        (self.pool, &mut self.names, &mut self.consts)
    }

    /// The object table so far.
    pub fn consts(&self) -> &ConstTable {
        &self.consts
    }

    /// The tables, when all scopes are assembled.
    pub fn into_tables(self) -> (NameTable, ConstTable) {
        (self.names, self.consts)
    }

    /// An error at the start of `scope`, as of its assembler.
    pub fn scope_error(&self, scope: ScopeId, message: Message) -> Diag {
        self.error_within(scope, message, self.scope_pos(scope))
    }

    /// An error at `pos` within `scope`, found by what emits it.
    pub fn error_within(&self, scope: ScopeId, message: Message, pos: Pos) -> Diag {
        let mut diag = Diag::new(message, pos, self.ast.line(pos));
        diag.scope = Some(self.scopes[scope].name);
        diag
    }

    fn explain(&mut self, walked: Walk) -> Result<(), Diag> {
        walked.map_err(|Stop| self.refusal.take().unwrap_or_else(|| OutOfMemory.into()))
    }

    /// Goes one level deeper, up to the limit.
    #[inline]
    fn deeper(&mut self, pos: Pos) -> Walk {
        self.nesting += 1;
        match self.nesting > MAX_NESTING || self.options.stack.passed() {
            true => self.refuse(Message::TooDeep, pos),
            false => Ok(()),
        }
    }
}
