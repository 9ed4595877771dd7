//! Control flow: jumps over empty blocks, branches to one place, blocks that belong together, unreachable ones.
use ferlance_collections::{BitSet, IndexVec, OutOfMemory, TryVec};

use super::subst::Subst;
use super::uses::{constant, counts, places};
use crate::analysis::{Cfg, last_line};
use crate::nir::{Block, Cond, Edge, Func, Inst, Op, Term, Vreg};

/// Straightens control flow.
pub(super) fn simplify(func: &mut Func) -> Result<bool, OutOfMemory> {
    let mut changed = thread(func)?;
    let cfg = Cfg::new(func)?;
    let kept = merge(func, &cfg)?;
    if kept.len() != func.blocks.len() {
        changed = true;
        reorder(func, &kept)?;
    }
    Ok(changed)
}

/// Does the comparison of constants hold, on words of `bits`? Both are sign-extended from them.
pub(super) fn holds(cond: Cond, a: i64, b: i64, bits: u32) -> bool {
    let shift = 64 - bits.clamp(1, 64);
    let (a, b) = (a << shift >> shift, b << shift >> shift);
    let (ua, ub) = (a as u64, b as u64);
    match cond {
        Cond::Eq => a == b,
        Cond::Ne => a != b,
        Cond::Lt => a < b,
        Cond::Le => a <= b,
        Cond::Gt => a > b,
        Cond::Ge => a >= b,
        Cond::Below => ua < ub,
        Cond::BelowEq => ua <= ub,
        Cond::Above => ua > ub,
        Cond::AboveEq => ua >= ub,
        Cond::TestZero => a & b == 0,
        Cond::TestNonZero => a & b != 0,
    }
}

/// Edges go past blocks that do nothing but go on, and past branches whose outcome the edge decides.
fn thread(func: &mut Func) -> Result<bool, OutOfMemory> {
    let mut known = None;
    let mut changed = false;
    for block in func.blocks.indices() {
        let mut term = func.blocks[block].term;
        if let Term::NlrPush { .. } = term {
            // Its edges are not jumps: what is behind them has no other way in.
            continue;
        }
        for edge in term.edges_mut() {
            // Bounded: empty blocks may go round in circles.
            for _ in 0..8 {
                match past(func, &mut known, *edge)? {
                    Some(further) if further.block != edge.block => {
                        *edge = further;
                        changed = true;
                    }
                    _ => break,
                }
            }
        }
        if let Term::Branch { then, other, .. } | Term::FBranch { then, other, .. } = term
            && then.block == other.block
            && func.items(then.args) == func.items(other.args)
        {
            term = Term::Jump(then);
            changed = true;
        }
        func.blocks[block].term = term;
        if let Term::Switch { start, len, .. } = term {
            for at in start as usize..start as usize + len as usize {
                let target = func.targets[at];
                let data = &func.blocks[target];
                if let Term::Jump(to) = data.term
                    && is_empty(&data.insts)
                    && to.args.len == 0
                    && to.block != target
                {
                    func.targets[at] = to.block;
                    changed = true;
                }
            }
        }
    }
    Ok(changed)
}

fn is_empty(insts: &[Inst]) -> bool {
    insts.iter().all(|inst| inst.op == Op::Line)
}

/// Definitions of values and how often they are used.
type Known = (IndexVec<Vreg, (u32, u32)>, IndexVec<Vreg, u32>);

/// Where an edge to a block that does nothing really goes. What is `known` of values is found out when it is wanted:
/// going past blocks changes neither.
fn past(
    func: &mut Func,
    known: &mut Option<Known>,
    edge: Edge,
) -> Result<Option<Edge>, OutOfMemory> {
    let data = &func.blocks[edge.block];
    if !is_empty(&data.insts) {
        return Ok(None);
    }
    let onward = match data.term {
        Term::Jump(to) => to,
        Term::Branch {
            cond,
            a,
            b: None,
            imm,
            then,
            other,
        } => {
            let at = func.items(data.params).iter().position(|param| *param == a);
            let arg = at.and_then(|at| func.items(edge.args).get(at).copied());
            let Some(arg) = arg else {
                return Ok(None);
            };
            let (block, at) = find_out(func, known)?.0[arg];
            let def = func.blocks.get(Block::from_index(block as usize));
            let def = def.and_then(|data| data.insts.get(at as usize));
            let Some(value) = constant(def.copied()) else {
                return Ok(None);
            };
            // Small constants compare alike on words of any size.
            if i32::try_from(value).is_err() || i32::try_from(imm).is_err() {
                return Ok(None);
            }
            if holds(cond, value, imm, 32) {
                then
            } else {
                other
            }
        }
        _ => return Ok(None),
    };
    // Parameters must have no other use than here, or the value would be missing there.
    if data.params.len == 0 {
        return Ok(Some(onward));
    }
    let params = TryVec::from_slice(func.items(data.params))?;
    let mut uses_here = 0;
    for to in data.term.edges() {
        uses_here += func
            .items(to.args)
            .iter()
            .filter(|arg| params.contains(arg))
            .count();
    }
    uses_here += data
        .term
        .operands()
        .filter(|operand| params.contains(operand))
        .count();
    let counts = &find_out(func, known)?.1;
    let all: u32 = params.iter().map(|param| counts[*param]).sum();
    if all as usize != uses_here {
        return Ok(None);
    }
    let given = TryVec::from_slice(func.items(edge.args))?;
    let args = TryVec::from_items(func.items(onward.args).iter().map(|arg| {
        match params.iter().position(|param| param == arg) {
            Some(at) => given.get(at).copied().unwrap_or(*arg),
            None => *arg,
        }
    }))?;
    Ok(Some(func.edge(onward.block, &args)?))
}

fn find_out<'a>(func: &Func, known: &'a mut Option<Known>) -> Result<&'a Known, OutOfMemory> {
    Ok(match known {
        Some(known) => known,
        None => known.insert((places(func)?, counts(func)?)),
    })
}

/// A block and the only one that leads to it become one. Lists the blocks that are left and that control reaches, in
/// the order of their numbers.
fn merge(func: &mut Func, cfg: &Cfg) -> Result<TryVec<Block>, OutOfMemory> {
    let mut subst = Subst::new(func)?;
    let mut gone = BitSet::with_limit(func.blocks.len())?;
    for block in &cfg.order {
        let mut line = None;
        while let Term::Jump(to) = func.blocks[*block].term {
            // `preds` is of before, but a block that had one predecessor still has: it is now `block`.
            if to.block == *block || to.block.index() == 0 || cfg.preds(to.block).len() != 1 {
                break;
            }
            let n_params = func.blocks[to.block].params.len as usize;
            for at in 0..n_params {
                let (params, args) = (func.blocks[to.block].params, to.args);
                if let (Some(param), Some(arg)) =
                    (func.items(params).get(at), func.items(args).get(at))
                {
                    subst.replace(*param, *arg);
                }
            }
            let mut insts = core::mem::take(&mut func.blocks[to.block].insts);
            let (term, next) = (func.blocks[to.block].term, func.blocks[to.block].line);
            func.blocks[to.block].term = Term::Unreachable;
            func.blocks[to.block].params = Default::default();
            let data = &mut func.blocks[*block];
            if func.keeps_lines {
                let before = line.or_else(|| last_line(&data.insts)).unwrap_or(data.line);
                line = last_line(&insts).or(Some(before));
                // Only of calls it matters where they are.
                let mut marked = insts.iter().take_while(|inst| inst.op != Op::Line);
                if next != 0 && next != before && marked.any(|inst| inst.op.may_call()) {
                    let mark = Inst {
                        imm: i64::from(next),
                        ..Inst::new(Op::Line)
                    };
                    data.insts.push(mark)?;
                    line = last_line(&insts).or(Some(next));
                }
            }
            data.insts.append(&mut insts)?;
            func.blocks[*block].term = term;
            gone.insert(to.block.index())?;
        }
    }
    subst.apply(func);
    TryVec::from_items(
        func.blocks
            .indices()
            .filter(|block| cfg.is_reachable(*block) && !gone.contains(block.index())),
    )
}

/// Keeps the blocks listed, in that order; the first must be the entry.
pub(super) fn reorder(func: &mut Func, order: &[Block]) -> Result<(), OutOfMemory> {
    let mut number: IndexVec<Block, Option<Block>> = IndexVec::filled(None, func.blocks.len())?;
    for (at, block) in order.iter().enumerate() {
        number[*block] = Some(Block::from_index(at));
    }
    let mut old = core::mem::take(&mut func.blocks);
    for block in order {
        let data = core::mem::replace(
            &mut old[*block],
            crate::nir::BlockData {
                params: Default::default(),
                insts: TryVec::new(),
                term: Term::Open,
                line: 0,
                cold: false,
                depth: 0,
            },
        );
        func.blocks.push(data)?;
    }
    let targets = core::mem::take(&mut func.targets);
    let mut blocks = core::mem::take(&mut func.blocks);
    for data in blocks.iter_mut() {
        for edge in data.term.edges_mut() {
            edge.block = number[edge.block].unwrap_or(edge.block);
        }
        if let Term::Switch { start, len, .. } = &mut data.term {
            let from = *start as usize;
            *start = func.targets.len() as u32;
            for target in &targets[from..from + *len as usize] {
                func.targets.push(number[*target].unwrap_or(*target))?;
            }
        }
    }
    func.blocks = blocks;
    Ok(())
}
