//! Counters that only count turns.
//!
//! When pointers walk, the counter of a loop is often there for its test alone. Then a pointer that walks anyway is
//! compared with where it will end, and the counter vanishes. If there is no such pointer but the number of turns is
//! known, the counter counts down to zero, which machines test for nothing.
//!
//! A pointer that moves by more than a byte comes round after less than 2^32 turns: it takes the counter's place
//! only if each turn surely accesses memory there and the test is the only way out, as then no program gets that far.
use ferlance_collections::{IndexVec, OutOfMemory};

use super::induct::{Counter, Shape, Slope, add_counter, counters, each_innermost};
use super::uses::{constant, counts, definitions, homes};
use crate::analysis::{Dominators, Flow, Loops, loops::LoopId};
use crate::arch::Arch;
use crate::nir::{Block, Cond, Func, Inst, Op, Term, Type, Vreg};

/// Replaces the tests of all innermost loops whose counters nobody else wants.
pub(super) fn replace_tests(
    func: &mut Func,
    arch: &dyn Arch,
    flow: &Flow,
) -> Result<bool, OutOfMemory> {
    each_innermost(func, flow, |func, dominators, loops, id, shape| {
        replace(func, arch, dominators, loops, id, shape)
    })
}

fn replace(
    func: &mut Func,
    arch: &dyn Arch,
    dominators: &Dominators,
    loops: &Loops,
    id: LoopId,
    shape: &Shape,
) -> Result<bool, OutOfMemory> {
    let Term::Branch {
        cond,
        a,
        b,
        imm,
        then,
        other,
    } = func.blocks[shape.header].term
    else {
        return Ok(false);
    };
    // `stay if a < b`, or `leave if a >= b`.
    let (inside, outside, stays) = match cond {
        Cond::Lt => (then.block, other.block, Cond::Ne),
        Cond::Ge => (other.block, then.block, Cond::Eq),
        _ => return Ok(false),
    };
    if !loops.contains(id, inside) || loops.contains(id, outside) || inside == shape.header {
        return Ok(false);
    }
    let defs = definitions(func)?;
    let homes = homes(func)?;
    let uses = counts(func)?;
    let counters = counters(func, &defs, &homes, loops, id, shape)?;
    let is_outside = |vreg: Vreg| homes[vreg].is_some_and(|home| !loops.contains(id, home));
    // Used by the test and its own increment, which goes nowhere but round.
    let Some(counter) = counters.iter().copied().find(|counter| {
        counter.param == a && counter.step == Slope::Const(1) && uses[counter.param] == 2
    }) else {
        return Ok(false);
    };
    let next_uses = next_of(func, &defs, shape, counter.param).map(|next| uses[next]);
    if next_uses != Some(1) || b.is_some_and(|b| !is_outside(b)) {
        return Ok(false);
    }
    let bound = b.map_or(Some(imm), |b| constant(defs[b]));
    let start = constant(defs[counter.start]);
    let turns = match (start, bound) {
        (Some(start), Some(bound)) => Some(bound.saturating_sub(start).max(0)),
        _ => None,
    };
    let is_only_exit = loops.loops[id].blocks.iter().all(|block| {
        *block == shape.header || func.successors(*block).all(|to| loops.contains(id, to))
    });
    let walks = |pointer: &&Counter| {
        let Slope::Const(step) = pointer.step else {
            return false;
        };
        let is_sure = || {
            is_only_exit
                && loops.loops[id].blocks.iter().any(|block| {
                    let mut insts = func.blocks[*block].insts.iter();
                    *block != shape.header
                        && dominators.dominates(*block, shape.latch)
                        && insts.any(|inst| {
                            matches!(inst.op, Op::Load(..) | Op::Store(..))
                                && inst.a == Some(pointer.param)
                                && inst.b.is_none()
                        })
                })
        };
        pointer.param != a && (step == 1 || matches!(step, 2 | 4 | 8) && is_sure())
    };
    let word_bits = i64::from(arch.target().word_bits());
    if let Some(pointer) = counters.iter().find(walks).copied() {
        let Slope::Const(step) = pointer.step else {
            return Ok(false);
        };
        let end = end_of(
            func,
            shape.before,
            &counter,
            &pointer,
            b,
            imm,
            start,
            turns,
            step,
            word_bits,
        )?;
        func.blocks[shape.header].term = Term::Branch {
            cond: stays,
            a: pointer.param,
            b: Some(end),
            imm: 0,
            then,
            other,
        };
        return Ok(true);
    }
    let Some(turns) = turns else {
        return Ok(false);
    };
    let first = push(
        func,
        shape.before,
        Inst {
            imm: turns,
            ..Inst::new(Op::Const)
        },
    )?;
    let left = add_counter(func, shape, first, None, -1)?;
    func.blocks[shape.header].term = Term::Branch {
        cond: stays,
        a: left,
        b: None,
        imm: 0,
        then,
        other,
    };
    Ok(true)
}

/// What the latch gives back for a parameter of the header.
fn next_of(
    func: &Func,
    defs: &IndexVec<Vreg, Option<Inst>>,
    shape: &Shape,
    param: Vreg,
) -> Option<Vreg> {
    let params = func.items(func.blocks[shape.header].params);
    let at = params.iter().position(|known| *known == param)?;
    let mut edges = func.blocks[shape.latch].term.edges();
    let back = edges.find(|edge| edge.block == shape.header)?;
    let next = func.items(back.args).get(at).copied()?;
    defs[next].is_some().then_some(next)
}

fn push(func: &mut Func, block: Block, inst: Inst) -> Result<Vreg, OutOfMemory> {
    let dst = func.vreg(Type::Word)?;
    func.blocks[block].insts.push(Inst {
        dst: Some(dst),
        ..inst
    })?;
    Ok(dst)
}

/// Where the pointer is when the counter has come to its bound, or where it starts if the counter starts there.
#[allow(clippy::too_many_arguments, reason = "one caller, which has them all")]
fn end_of(
    func: &mut Func,
    before: Block,
    counter: &Counter,
    pointer: &Counter,
    b: Option<Vreg>,
    imm: i64,
    start: Option<i64>,
    turns: Option<i64>,
    step: i64,
    word_bits: i64,
) -> Result<Vreg, OutOfMemory> {
    let binary = |op, a, b| Inst {
        a: Some(a),
        b: Some(b),
        ..Inst::new(op)
    };
    let with_imm = |op, a, imm| Inst {
        a: Some(a),
        imm,
        ..Inst::new(op)
    };
    if let Some(turns) = turns {
        let bytes = turns.wrapping_mul(step);
        return push(func, before, with_imm(Op::Add, pointer.start, bytes));
    }
    let bound = match b {
        Some(b) => b,
        None => push(
            func,
            before,
            Inst {
                imm,
                ..Inst::new(Op::Const)
            },
        )?,
    };
    let turns = if start == Some(0) {
        let sign = push(func, before, with_imm(Op::Sar, bound, word_bits - 1))?;
        push(func, before, binary(Op::AndNot, bound, sign))?
    } else {
        let more = push(
            func,
            before,
            binary(Op::Cmp(Cond::Gt), bound, counter.start),
        )?;
        let end = push(
            func,
            before,
            Inst {
                c: Some(counter.start),
                ..binary(Op::Select, more, bound)
            },
        )?;
        push(func, before, binary(Op::Sub, end, counter.start))?
    };
    let bytes = match step {
        1 => turns,
        _ => {
            let shift = i64::from(step.trailing_zeros());
            push(func, before, with_imm(Op::Shl, turns, shift))?
        }
    };
    push(func, before, binary(Op::Add, pointer.start, bytes))
}
