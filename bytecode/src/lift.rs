//! Bytecode bytes back to symbolic [`Code`], so that what came from a file can go where compiled code goes:
//! to a native emitter, to `text`, back to bytes.
//!
//! Assembling a lifted function gives the same bytes again, line table included, as long as stock tools made them.
use ferlance_abi::Qstr;
use ferlance_collections::{OutOfMemory, TryVec};

use crate::code::Code;
use crate::decode::{DecodeError, Decoder, Instr};
use crate::line_info;
use crate::module::RawCode;
use crate::op::{Label, Op};
use crate::prelude::Prelude;

/// Why a function could not be lifted. What the verifier accepts can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LiftError {
    /// The prelude is cut or names what is not in the table.
    Prelude,
    /// An instruction cannot be decoded.
    Decode(DecodeError),
    /// A jump that ends at no instruction.
    Target(u32),
    /// No memory.
    OutOfMemory,
}

impl From<OutOfMemory> for LiftError {
    fn from(_: OutOfMemory) -> Self {
        LiftError::OutOfMemory
    }
}

/// Lifts a bytecode function of a module whose qstr table is `names`.
///
/// Bytes do not tell locals from stack slots: `n_locals` is what the verifier found (`CodeInfo::n_locals`), as is `n_free`.
pub fn lift(
    raw: &RawCode<'_>,
    names: &[Qstr],
    n_locals: u32,
    n_free: u32,
) -> Result<Code, LiftError> {
    let parts = Prelude::split(&raw.bytes).ok_or(LiftError::Prelude)?;
    let prelude = &parts.prelude;
    let mut code = Code::new();
    code.flags = prelude.flags;
    code.n_pos_args = prelude.n_pos_args;
    code.n_kwonly_args = prelude.n_kwonly_args;
    code.n_def_pos_args = prelude.n_def_pos_args;
    code.n_locals = n_locals;
    code.n_free = n_free;
    code.cells.extend_from_slice(parts.cells)?;
    code.children.extend_from_slice(&raw.children)?;
    let mut listed = parts
        .names()
        .map(|index| names.get(index as usize).copied().ok_or(LiftError::Prelude));
    code.name = listed.next().ok_or(LiftError::Prelude)??;
    for name in listed {
        code.param_names.push(name?)?;
    }
    if code.param_names.len() as u64 + 1 != prelude.n_names() {
        return Err(LiftError::Prelude);
    }

    let targets = targets(parts.code, names)?;
    let mut lines = line_info::steps(parts.line_table().ok_or(LiftError::Prelude)?);
    // The next place where the line steps on: its offset, and the line behind it.
    let (mut line_at, mut line) = (0u32, 1u32);
    let mut next_line = lines.next();
    let mut next_target = 0;
    let mut dead = false;
    for instr in Decoder::new(parts.code, names) {
        let instr = instr.map_err(LiftError::Decode)?;
        // Labels come first, as in code of the compiler: what stands behind a jump belongs to no line.
        if targets.get(next_target) == Some(&instr.offset) {
            code.place(Label(next_target as u32))?;
            next_target += 1;
        } else if dead {
            // The compiler had a label here that nothing jumps to.
            code.place(Label(targets.len() as u32))?;
        }
        while let Some((bytes, steps)) = next_line
            && line_at.saturating_add(bytes) <= instr.offset
        {
            line_at = line_at.saturating_add(bytes);
            line = line.saturating_add(steps);
            code.mark_line(line)?;
            next_line = lines.next();
        }
        dead = instr.op.ends_flow();
        let op = with_labels(&instr, &mut code, &targets)?;
        code.push(op)?;
    }
    // Lines of dead code at the end are in the table too.
    while let Some((_, steps)) = next_line {
        line = line.saturating_add(steps);
        code.mark_line(line)?;
        next_line = lines.next();
    }
    if let Some(missed) = targets.get(next_target) {
        return Err(LiftError::Target(*missed));
    }
    code.set_limits(
        prelude.n_state,
        prelude.n_exc_stack,
        targets.len() as u32 + 1,
    );
    Ok(code)
}

/// The label that [`lift`] gives to the instruction at `offset`, if a jump leads there.
pub fn label_at(
    raw: &RawCode<'_>,
    names: &[Qstr],
    offset: u32,
) -> Result<Option<Label>, LiftError> {
    let parts = Prelude::split(&raw.bytes).ok_or(LiftError::Prelude)?;
    let targets = targets(parts.code, names)?;
    let at = targets.binary_search(&offset).ok();
    Ok(at.map(|at| Label(at as u32)))
}

/// All jump targets, each once, in order.
fn targets(code: &[u8], names: &[Qstr]) -> Result<TryVec<u32>, LiftError> {
    let mut targets = TryVec::new();
    for instr in Decoder::new(code, names) {
        if let Some(to) = instr.map_err(LiftError::Decode)?.op.target() {
            targets.push(to.0)?;
        }
    }
    targets.sort_unstable();
    let mut kept: TryVec<u32> = TryVec::new();
    for target in targets {
        if kept.last() != Some(&target) {
            kept.push(target)?;
        }
    }
    Ok(kept)
}

/// The op with its offset replaced by a label, and its wide int by one of `code`.
fn with_labels(instr: &Instr, code: &mut Code, targets: &[u32]) -> Result<Op, LiftError> {
    let label = |to: Label| match targets.binary_search(&to.0) {
        Ok(at) => Ok(Label(at as u32)),
        Err(_) => Err(LiftError::Target(to.0)),
    };
    Ok(match instr.op {
        Op::UnwindJump(to, blocks) => Op::UnwindJump(label(to)?, blocks),
        Op::Jump(to) => Op::Jump(label(to)?),
        Op::PopJumpIfTrue(to) => Op::PopJumpIfTrue(label(to)?),
        Op::PopJumpIfFalse(to) => Op::PopJumpIfFalse(label(to)?),
        Op::JumpIfTrueOrPop(to) => Op::JumpIfTrueOrPop(label(to)?),
        Op::JumpIfFalseOrPop(to) => Op::JumpIfFalseOrPop(label(to)?),
        Op::SetupWith(to) => Op::SetupWith(label(to)?),
        Op::SetupExcept(to) => Op::SetupExcept(label(to)?),
        Op::SetupFinally(to) => Op::SetupFinally(label(to)?),
        Op::PopExceptJump(to) => Op::PopExceptJump(label(to)?),
        Op::ForIter(to) => Op::ForIter(label(to)?),
        Op::LoadConstSmallInt(operand) => {
            Op::LoadConstSmallInt(code.small_int(instr.int_value(operand))?)
        }
        op => op,
    })
}
