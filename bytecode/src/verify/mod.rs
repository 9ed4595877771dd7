//! The verifier: makes running bytecode that came from a file as safe as running our own.
//!
//! It interprets every bytecode function abstractly once, at load, in time linear in the code (times a small constant;
//! [`VerifyError::TooComplex`] guards against code made to be slow). It accepts all that stock compilers write and
//! refuses what could make an interpreter with raw pointers misbehave.
//!
//! ## What holds for verified code
//!
//! **Operands.** Every instruction is whole and assigned. Jumps and handlers land on instructions. Names, objects,
//! children and local slots are in range. Control never runs past the end. `YIELD_*` only occur in generators.
//!
//! **Value stack.** At each instruction the depth is known but for finally states (below) and the same on all paths.
//! It never underflows and is never higher than [`CodeInfo::max_stack`], and that with [`CodeInfo::n_locals`] fits in
//! `Prelude::frame_slots`. An interrupted transfer counts as two slots, an iterator as four; what an instruction
//! needs beyond its results while it runs (arguments of `__exit__`, for instance)
//! is not included.
//!
//! **Null.** A value used as an object is never null. Null may arrive, and only there: as the value of `STORE_ATTR`
//! and `STORE_SUBSCR`, as defaults of `MAKE_*_DEFARGS`, as self of `CALL_METHOD*` and `WITH_CLEANUP`, as a keyword's name in
//! `CALL_*_VAR_KW`, in `ROT_TWO`, `ROT_THREE` and `POP_TOP`. Local slots may be null: `LOAD_FAST` checks.
//!
//! **Iterators.** The four slots under `FOR_ITER` are those that `GET_ITER_STACK` or an earlier `FOR_ITER` left, untouched, or
//! null, any object, null, null (from the deepest), which is how generator expressions begin. Nothing else reads them; only
//! `POP_TOP`, the dropping `UNWIND_JUMP`, exceptions and returns discard them. So their content is the interpreter's own affair.
//!
//! **Blocks.** The block stack at each instruction is known, the same on all paths, and at most `n_exc_stack` high. A block is
//! running at address `p` if and only if its handler is at or before `p`, which is what the interpreter tests too.
//! `END_FINALLY` finds a running block, `POP_EXCEPT_JUMP` any, `UNWIND_JUMP` as many as it leaves. When a block is not running, the stack is at least as high as at its
//! start, so cutting it to the saved depth is safe. (`RAISE_LAST` outside of handlers is legal and an exception.)
//!
//! **Finally states.** Under `END_FINALLY` and `WITH_CLEANUP` lies None, an exception instance, or data and marker as the interpreter itself
//! pushed them for the block on top: these can be told apart by looking at the top word, and a jump in progress ends at an
//! instruction that was verified for it, after leaving just the blocks that the count says. Python code never sees or
//! touches data and marker.
//!
//! **Collections.** The target of `STORE_COMP` is the list, dict or set that `BUILD_*` made. Defaults of `MAKE_*_DEFARGS` are a tuple
//! (or null) and a dict (or null) fresh from `BUILD_*`.
//!
//! **Cells.** `*_DEREF` only name slots of the cell list, or one of the first [`CodeInfo::n_free`] slots; no instruction stores to
//! or deletes such a slot as a local.
//!
//! ## What the interpreter must still check or do
//!
//! 1. After binding arguments, that the first `n_free` slots hold cells (a function may be called without its closure).
//! 2. `EXCEPTION_MATCH` while the block on top is a running finally-kind block: the answer is "the left operand is an exception
//!    instance", whatever the right one is. (`async with` tells an exception from a jump marker that way, and loses a stack
//!    slot if somebody rebinds `BaseException`.)
//! 3. `MAKE_*_DEFARGS`: that the tuple is as long as the child's `n_def_pos_args`, and a dict is there iff the child's flags say so.
//! 4. `STORE_MAP`: that the target is a dict. Keyword names of calls may be any object, and the star bitmap need not be a small int.
//! 5. Leaving a running finally block by `UNWIND_JUMP`: cut the stack to the block's saved depth. Leaving except-kind blocks,
//!    and running ones by `RETURN_VALUE`: leave the stack as it is.
//! 6. Native code is not verified, only framed; running it is trusting it.
mod flow;
mod state;
#[cfg(test)]
mod tests;

use core::fmt;

use ferlance_collections::{IndexVec, OutOfMemory};

use crate::decode::DecodeError;
use crate::module::{CodeId, CompiledModule, RawCode, RawKind};
use crate::prelude::Prelude;

/// A module that was verified, and what was found out about its functions.
#[derive(Debug)]
pub struct Verified<'a> {
    module: CompiledModule<'a>,
    infos: IndexVec<CodeId, CodeInfo>,
}

/// What the verifier found out about a bytecode function. All zero for native code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CodeInfo {
    /// Local slots in use: parameters, other locals, cells. May be less than the compiler counted.
    pub n_locals: u32,
    /// Deepest value stack.
    pub max_stack: u32,
    /// Leading slots that have to hold cells when the function starts.
    pub n_free: u32,
    /// Where in the bytes the instructions begin.
    pub code_offset: u32,
}

/// Why code was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerifyError {
    /// The raw code.
    pub code: CodeId,
    /// What is wrong, and where.
    pub problem: Problem,
}

/// What is wrong with a function. Offsets count from the first instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// The prelude is cut, or its numbers contradict each other.
    Prelude,
    /// Raw codes do not form a tree.
    Tree,
    /// An instruction cannot be decoded.
    Decode(DecodeError),
    /// An operand is out of range at this offset.
    Operand(u32),
    /// A jump or handler that is not an instruction.
    Target(u32),
    /// Control runs past the end.
    End,
    /// The stack is too short, or would be cut higher than it is.
    Underflow(u32),
    /// Locals and stack need more than the prelude's slots.
    Overflow(u32),
    /// A value of the wrong kind: null for an object, an iterator slot, a finally state.
    Value(u32),
    /// Paths with different stacks meet.
    Merge(u32),
    /// A block is missing, in the wrong state, too many, or differs between paths.
    Block(u32),
    /// A local slot that holds a cell is used as a plain local, or the other way round.
    Cell(u32),
    /// `YIELD_*` outside of a generator.
    Yield(u32),
    /// Verification takes too long.
    TooComplex,
    /// No memory.
    OutOfMemory,
}

impl VerifyError {
    /// The text of the exception that Python programs see.
    pub const fn message(&self) -> &'static str {
        match self.problem {
            Problem::OutOfMemory => "memory allocation failed",
            _ => "incompatible .mpy file",
        }
    }
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "raw code {}: {:?}", self.code.0, self.problem)
    }
}

impl core::error::Error for VerifyError {}

impl From<OutOfMemory> for Problem {
    fn from(_: OutOfMemory) -> Self {
        Problem::OutOfMemory
    }
}

/// Verifies all functions of a module.
pub fn verify(module: CompiledModule<'_>) -> Result<Verified<'_>, VerifyError> {
    match check_module(&module) {
        Ok(infos) => Ok(Verified { module, infos }),
        Err(error) => Err(error),
    }
}

impl<'a> Verified<'a> {
    /// The module.
    pub const fn module(&self) -> &CompiledModule<'a> {
        &self.module
    }

    /// What was found out about a raw code of it.
    pub fn info(&self, code: CodeId) -> CodeInfo {
        self.infos.get(code).copied().unwrap_or_default()
    }

    /// The module by itself, for tools.
    pub fn into_module(self) -> CompiledModule<'a> {
        self.module
    }
}

fn check_module(module: &CompiledModule<'_>) -> Result<IndexVec<CodeId, CodeInfo>, VerifyError> {
    let fail = |code, problem| VerifyError { code, problem };
    let mut infos = IndexVec::default();
    let mut scratch = flow::Scratch::default();
    if module.codes.is_empty() {
        return Err(fail(CodeId::ROOT, Problem::Tree));
    }
    for (id, code) in module.codes.iter_enumerated() {
        // Children come behind their parents: so there are no cycles.
        if !code
            .children
            .iter()
            .all(|child| child.0 > id.0 && module.codes.get(*child).is_some())
        {
            return Err(fail(id, Problem::Tree));
        }
        let info = check_code(module, code, &mut scratch).map_err(|problem| fail(id, problem))?;
        infos
            .push(info)
            .map_err(|_| fail(id, Problem::OutOfMemory))?;
    }
    Ok(infos)
}

fn check_code(
    module: &CompiledModule<'_>,
    code: &RawCode<'_>,
    scratch: &mut flow::Scratch,
) -> Result<CodeInfo, Problem> {
    match code.kind {
        RawKind::Bytecode => {
            let parts = Prelude::split(&code.bytes).ok_or(Problem::Prelude)?;
            check_names(module, &parts)?;
            let info = flow::check(module, code, &parts, scratch)?;
            Ok(CodeInfo {
                code_offset: parts.code_offset as u32,
                ..info
            })
        }
        RawKind::Native { prelude_offset } => {
            let prelude = code
                .bytes
                .get(prelude_offset as usize..)
                .ok_or(Problem::Prelude)?;
            let parts = Prelude::split(prelude).ok_or(Problem::Prelude)?;
            check_names(module, &parts)?;
            // The index word, and for generators the start point, come before the code.
            let word = module.header.arch.word_bytes();
            let index = code.bytes.get(..word).ok_or(Problem::Prelude)?;
            let children = index
                .iter()
                .rev()
                .fold(0u64, |value, byte| value << 8 | *byte as u64);
            if children != code.children.len() as u64 {
                return Err(Problem::Prelude);
            }
            Ok(CodeInfo::default())
        }
        RawKind::Viper { .. } => Ok(CodeInfo::default()),
        RawKind::Asm { n_pos_args, .. } if n_pos_args <= 4 => Ok(CodeInfo::default()),
        RawKind::Asm { .. } => Err(Problem::Prelude),
    }
}

/// The names of a prelude are all there and in the table, and its numbers fit together.
fn check_names(
    module: &CompiledModule<'_>,
    parts: &crate::prelude::PreludeParts<'_>,
) -> Result<(), Problem> {
    let prelude = &parts.prelude;
    if prelude.n_def_pos_args > prelude.n_pos_args {
        return Err(Problem::Prelude);
    }
    let mut count = 0;
    for name in parts.names() {
        if name >= module.names.len() as u64 {
            return Err(Problem::Prelude);
        }
        count += 1;
    }
    if count == prelude.n_names() {
        Ok(())
    } else {
        Err(Problem::Prelude)
    }
}
