//! Pointers that walk along instead of index arithmetic.
//!
//! In a loop, `memory[base + (i << k) + offset]` with a `base` from outside and a counter `i` that each turn changes
//! by a constant becomes `memory[p + offset]` with a pointer `p` that each turn changes by a constant too. That pays
//! where the machine cannot add a shifted index in the address itself.
use ferlance_collections::{IndexVec, OutOfMemory, TryVec};

use super::licm::add_preheaders;
use super::uses::{definitions, homes};
use crate::analysis::{Cfg, Dominators, Loops, loops::LoopId};
use crate::arch::Arch;
use crate::nir::{Block, Func, Inst, Op, Term, Type, Vreg};

/// A counter of a loop: a parameter of the header, and what each turn adds.
#[derive(Clone, Copy)]
struct Counter {
    param: Vreg,
    step: i64,
    /// Its value before the loop.
    start: Vreg,
}

/// A pointer made for a base, a counter and a shift.
struct Walker {
    base: Vreg,
    index: Vreg,
    shift: u8,
    pointer: Vreg,
}

/// Pointers of one loop at most; more would spill.
const MAX_WALKERS: usize = 4;

/// Makes pointers walk in all innermost loops.
pub(super) fn walk_pointers(func: &mut Func, arch: &dyn Arch) -> Result<bool, OutOfMemory> {
    add_preheaders(func)?;
    let cfg = Cfg::new(func)?;
    let dominators = Dominators::new(&cfg)?;
    let loops = Loops::new(func, &cfg, &dominators)?;
    let mut changed = false;
    for id in loops.loops.indices() {
        let has_inner = loops.loops.iter().any(|inner| inner.outer == Some(id));
        if !has_inner {
            changed |= walk_in(func, arch, &cfg, &loops, id)?;
        }
    }
    Ok(changed)
}

fn walk_in(
    func: &mut Func,
    arch: &dyn Arch,
    cfg: &Cfg,
    loops: &Loops,
    id: LoopId,
) -> Result<bool, OutOfMemory> {
    let header = loops.loops[id].header;
    let preds = cfg.preds(header);
    let mut outside = preds.iter().filter(|pred| !loops.contains(id, **pred));
    let (Some(before), None) = (outside.next().copied(), outside.next()) else {
        return Ok(false);
    };
    let mut inside = preds.iter().filter(|pred| loops.contains(id, **pred));
    let (Some(latch), None) = (inside.next().copied(), inside.next()) else {
        return Ok(false);
    };
    let Term::Jump(_) = func.blocks[before].term else {
        return Ok(false);
    };
    let defs = definitions(func)?;
    let homes = homes(func)?;
    let counters = counters(func, &defs, header, before, latch)?;
    if counters.is_empty() {
        return Ok(false);
    }
    let mut walkers: TryVec<Walker> = TryVec::new();
    for block in &loops.loops[id].blocks {
        for at in 0..func.blocks[*block].insts.len() {
            let inst = func.blocks[*block].insts[at];
            let (Op::Load(width, shift) | Op::Store(width, shift)) = inst.op else {
                continue;
            };
            let (Some(base), Some(index)) = (inst.a, inst.b) else {
                continue;
            };
            // Free in the address: nothing to gain.
            if arch.address(width, Some(shift), inst.imm) {
                continue;
            }
            let is_outside = homes[base].is_some_and(|home| !loops.contains(id, home));
            // The index may be the counter, or the counter and a constant.
            let (index, more) = match defs[index] {
                Some(Inst {
                    op: Op::Add,
                    a: Some(a),
                    b: None,
                    imm,
                    ..
                }) => (a, imm),
                _ => (index, 0),
            };
            let Some(offset) = more
                .checked_shl(shift.into())
                .and_then(|more| more.checked_add(inst.imm))
            else {
                continue;
            };
            let counter = counters.iter().find(|counter| counter.param == index);
            let (true, Some(counter)) = (is_outside, counter) else {
                continue;
            };
            if !arch.address(width, None, offset) {
                continue;
            }
            let known = walkers
                .iter()
                .find(|walker| (walker.base, walker.index, walker.shift) == (base, index, shift));
            let pointer = match known {
                Some(walker) => walker.pointer,
                None if walkers.len() < MAX_WALKERS => {
                    let pointer = make(func, header, before, latch, base, shift, counter)?;
                    walkers.push(Walker {
                        base,
                        index,
                        shift,
                        pointer,
                    })?;
                    pointer
                }
                None => continue,
            };
            // `make` may have added to this very block, but only behind what is here.
            let inst = &mut func.blocks[*block].insts[at];
            inst.a = Some(pointer);
            inst.b = None;
            inst.imm = offset;
            match &mut inst.op {
                Op::Load(_, shift) | Op::Store(_, shift) => *shift = 0,
                _ => {}
            }
        }
    }
    Ok(!walkers.is_empty())
}

/// Parameters of the header that the latch gives back with a constant added.
fn counters(
    func: &Func,
    defs: &IndexVec<Vreg, Option<Inst>>,
    header: Block,
    before: Block,
    latch: Block,
) -> Result<TryVec<Counter>, OutOfMemory> {
    let mut counters = TryVec::new();
    let edge_from = |block: Block| {
        let mut edges = func.blocks[block]
            .term
            .edges()
            .filter(|edge| edge.block == header);
        let first = edges.next();
        first.filter(|_| edges.next().is_none())
    };
    let (Some(enter), Some(back)) = (edge_from(before), edge_from(latch)) else {
        return Ok(counters);
    };
    for (at, param) in func.items(func.blocks[header].params).iter().enumerate() {
        let (Some(start), Some(next)) = (
            func.items(enter.args).get(at).copied(),
            func.items(back.args).get(at).copied(),
        ) else {
            continue;
        };
        if let Some(Inst {
            op: Op::Add,
            a: Some(a),
            b: None,
            imm,
            ..
        }) = defs[next]
            && a == *param
        {
            counters.push(Counter {
                param: *param,
                step: imm,
                start,
            })?;
        }
    }
    Ok(counters)
}

/// A pointer that starts at `base + (start << shift)` and walks with the counter.
fn make(
    func: &mut Func,
    header: Block,
    before: Block,
    latch: Block,
    base: Vreg,
    shift: u8,
    counter: &Counter,
) -> Result<Vreg, OutOfMemory> {
    let scaled = func.vreg(Type::Word)?;
    let first = func.vreg(Type::Word)?;
    let pointer = func.vreg(Type::Word)?;
    let next = func.vreg(Type::Word)?;
    let insts = &mut func.blocks[before].insts;
    insts.push(Inst {
        dst: Some(scaled),
        a: Some(counter.start),
        imm: shift.into(),
        ..Inst::new(Op::Shl)
    })?;
    insts.push(Inst {
        dst: Some(first),
        a: Some(base),
        b: Some(scaled),
        ..Inst::new(Op::Add)
    })?;
    func.blocks[latch].insts.push(Inst {
        dst: Some(next),
        a: Some(pointer),
        imm: counter.step.wrapping_shl(shift.into()),
        ..Inst::new(Op::Add)
    })?;
    let mut params = TryVec::from_slice(func.items(func.blocks[header].params))?;
    params.push(pointer)?;
    func.blocks[header].params = func.list(&params)?;
    for (block, value) in [(before, first), (latch, next)] {
        let mut term = func.blocks[block].term;
        for edge in term.edges_mut() {
            if edge.block == header {
                let mut args = TryVec::from_slice(func.items(edge.args))?;
                args.push(value)?;
                edge.args = func.list(&args)?;
            }
        }
        func.blocks[block].term = term;
    }
    Ok(pointer)
}
