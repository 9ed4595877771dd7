//! What does not change in a loop goes before it.
//!
//! Inner loops first, so that a value leaves as many loops as it can. Only pure instructions move, so it does no harm
//! if the loop would not have run them. Blocks that are rarely run keep theirs, and so does what only calls want as
//! arguments: it would take a register and save nothing. Constants that are cheap leave small loops without calls only,
//! where registers are to spare.
use ferlance_collections::{BitSet, IndexVec, OutOfMemory, TryVec};

use super::uses::homes;
use crate::analysis::{Cfg, Flow, Loops, loops::LoopId};
use crate::arch::Arch;
use crate::nir::{Block, Func, Inst, Op, Term, Vreg};

/// Hoists out of all loops.
pub(super) fn hoist(func: &mut Func, arch: &dyn Arch, flow: &Flow) -> Result<bool, OutOfMemory> {
    let Flow { cfg, loops, .. } = flow;
    let mut homes = homes(func)?;
    let is_worth = worth_a_register(func)?;
    let mut changed = false;
    for id in loops.loops.indices().rev() {
        let Some(before) = preheader(func, cfg, loops, id) else {
            continue;
        };
        let cheap_too = has_spare_registers(func, arch, loops, id, &homes)?;
        let mut moved: TryVec<Inst> = TryVec::new();
        for block in &cfg.order {
            if !loops.contains(id, *block) || func.blocks[*block].cold {
                continue;
            }
            let count = moved.len();
            for inst in &func.blocks[*block].insts {
                if can_move(inst, arch, &is_worth, cheap_too)
                    && is_outside(inst, &homes, loops, id)
                    && let Some(dst) = inst.dst
                {
                    homes[dst] = Some(before);
                    moved.push(*inst)?;
                }
            }
            if moved.len() > count {
                changed = true;
                let is_here = |inst: &Inst| inst.dst.is_none_or(|dst| homes[dst] != Some(before));
                func.blocks[*block].insts.retain(is_here);
            }
        }
        func.blocks[before].insts.append(&mut moved)?;
    }
    Ok(changed)
}

/// Does an innermost loop leave registers unused?
fn has_spare_registers(
    func: &Func,
    arch: &dyn Arch,
    loops: &Loops,
    id: LoopId,
    homes: &IndexVec<Vreg, Option<Block>>,
) -> Result<bool, OutOfMemory> {
    if loops.loops.iter().any(|inner| inner.outer == Some(id)) {
        return Ok(false);
    }
    // What lives through the loop or is carried around it.
    let mut lives = BitSet::with_limit(func.vregs.len())?;
    for block in &loops.loops[id].blocks {
        let data = &func.blocks[*block];
        if data.insts.iter().any(|inst| inst.op.may_call()) {
            return Ok(false);
        }
        let from_outside = |vreg: &Vreg| !homes[*vreg].is_some_and(|home| loops.contains(id, home));
        let operands = data.insts.iter().flat_map(Inst::operands);
        for vreg in operands.chain(data.term.operands()).filter(from_outside) {
            lives.insert(vreg.index())?;
        }
        for param in func.items(data.params) {
            lives.insert(param.index())?;
        }
    }
    Ok(lives.iter().count() + 4 < arch.regs().ints.len())
}

fn can_move(inst: &Inst, arch: &dyn Arch, is_worth: &BitSet, cheap_too: bool) -> bool {
    let Some(dst) = inst.dst else { return false };
    match inst.op {
        Op::Copy => false,
        Op::Const => (cheap_too || !arch.is_cheap(inst.imm)) && is_worth.contains(dst.index()),
        // An address in the frame is an addition to a register that is there.
        Op::SlotAddr(_) => false,
        op => op.is_pure() && is_worth.contains(dst.index()),
    }
}

/// Values that something other than the argument of a call wants.
fn worth_a_register(func: &Func) -> Result<BitSet, OutOfMemory> {
    let mut worth = BitSet::with_limit(func.vregs.len())?;
    for block in func.blocks.iter() {
        if block.cold {
            continue;
        }
        for inst in &block.insts {
            for operand in inst.operands() {
                worth.insert(operand.index())?;
            }
        }
        for operand in block.term.operands() {
            worth.insert(operand.index())?;
        }
        for edge in block.term.edges() {
            for arg in func.items(edge.args) {
                worth.insert(arg.index())?;
            }
        }
    }
    Ok(worth)
}

/// Are all operands from outside the loop?
fn is_outside(
    inst: &Inst,
    homes: &IndexVec<Vreg, Option<Block>>,
    loops: &Loops,
    id: LoopId,
) -> bool {
    inst.operands()
        .all(|vreg| homes[vreg].is_some_and(|home| !loops.contains(id, home)))
}

/// The block before a loop that goes nowhere else.
fn preheader(func: &Func, cfg: &Cfg, loops: &Loops, id: LoopId) -> Option<Block> {
    let header = loops.loops[id].header;
    let mut outside = cfg
        .preds(header)
        .iter()
        .filter(|pred| !loops.contains(id, **pred));
    let before = *outside.next()?;
    let is_only = outside.next().is_none();
    (is_only && matches!(func.blocks[before].term, Term::Jump(_))).then_some(before)
}

/// Gives each loop a block before it that goes nowhere else.
pub(super) fn add_preheaders(func: &mut Func, flow: Flow) -> Result<Flow, OutOfMemory> {
    let Flow { cfg, loops, .. } = &flow;
    let count = func.blocks.len();
    for id in loops.loops.indices() {
        if preheader(func, cfg, loops, id).is_some() {
            continue;
        }
        let header = loops.loops[id].header;
        if header.index() == 0 {
            continue;
        }
        let before = func.block()?;
        let mut params = TryVec::new();
        for at in 0..func.blocks[header].params.len as usize {
            let param = func.items(func.blocks[header].params)[at];
            let data = func.vregs[param];
            params.push(func.vregs.push(data)?)?;
        }
        func.blocks[before].params = func.list(&params)?;
        let edge = func.edge(header, &params)?;
        func.blocks[before].term = Term::Jump(edge);
        let mut all_cold = true;
        for pred in cfg.preds(header) {
            if loops.contains(id, *pred) {
                continue;
            }
            all_cold &= func.blocks[*pred].cold;
            for edge in func.blocks[*pred].term.edges_mut() {
                if edge.block == header {
                    edge.block = before;
                }
            }
            if let Term::Switch { start, len, .. } = func.blocks[*pred].term {
                for at in start as usize..start as usize + len as usize {
                    if func.targets[at] == header {
                        func.targets[at] = before;
                    }
                }
            }
        }
        func.blocks[before].cold = all_cold;
    }
    if func.blocks.len() == count {
        return Ok(flow);
    }
    Flow::new(func)
}
