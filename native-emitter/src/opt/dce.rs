//! Dead code: instructions whose result nobody wants, parameters that only feed such, and their arguments.
use ferlance_collections::{BitSet, OutOfMemory, TryVec};

use super::uses::{counts, places};
use crate::nir::{Block, Func, Vreg};

/// As [`remove_dead`], but leaves parameters, what only they want, and what a way round takes to find.
pub(super) fn remove_unused(func: &mut Func) -> Result<(), OutOfMemory> {
    let mut counts = counts(func)?;
    let mut blocks = core::mem::take(&mut func.blocks);
    for data in blocks.iter_mut().rev() {
        let mut is_any = false;
        for inst in data.insts.iter().rev() {
            if inst.op.is_droppable() && inst.dst.is_none_or(|dst| counts[dst] == 0) {
                is_any = true;
                for operand in inst.operands() {
                    counts[operand] -= 1;
                }
                for arg in func.items(inst.args) {
                    counts[*arg] -= 1;
                }
            }
        }
        // Nothing that is left wants the result of what goes.
        if is_any {
            data.insts.retain(|inst| {
                !inst.op.is_droppable() || inst.dst.is_some_and(|dst| counts[dst] != 0)
            });
        }
    }
    func.blocks = blocks;
    Ok(())
}

/// Drops what is not needed for calls, stores, branches and the result.
pub(super) fn remove_dead(func: &mut Func) -> Result<bool, OutOfMemory> {
    let needed = needed(func)?;
    let mut changed = false;
    let entry = Block::from_index(0);
    // Which parameters stay, by block; the entry's are the calling convention's.
    for block in func.blocks.indices() {
        let before = func.blocks[block].insts.len();
        func.blocks[block].insts.retain(|inst| {
            !inst.op.is_droppable() || inst.dst.is_some_and(|dst| needed.contains(dst.index()))
        });
        changed |= func.blocks[block].insts.len() != before;
        let mut term = func.blocks[block].term;
        for edge in term.edges_mut() {
            let params = func.items(func.blocks[edge.block].params);
            if params.iter().all(|param| needed.contains(param.index())) {
                continue;
            }
            let args = TryVec::from_items(
                params
                    .iter()
                    .zip(func.items(edge.args))
                    .filter(|(param, _)| needed.contains(param.index()))
                    .map(|(_, arg)| *arg),
            )?;
            edge.args = func.list(&args)?;
        }
        func.blocks[block].term = term;
    }
    for block in func.blocks.indices() {
        if block == entry {
            continue;
        }
        let params = func.items(func.blocks[block].params);
        if params.iter().all(|param| needed.contains(param.index())) {
            continue;
        }
        let kept = TryVec::from_items(
            params
                .iter()
                .copied()
                .filter(|param| needed.contains(param.index())),
        )?;
        func.blocks[block].params = func.list(&kept)?;
        changed = true;
    }
    Ok(changed)
}

/// Values that something with an effect depends on.
fn needed(func: &Func) -> Result<BitSet, OutOfMemory> {
    let mut needed = BitSet::with_limit(func.vregs.len())?;
    let mut waiting: TryVec<Vreg> = TryVec::new();
    let defs = places(func)?;
    // Where each parameter's arguments are.
    let incoming = super::params::Incoming::new(func)?;
    let want = |needed: &mut BitSet, waiting: &mut TryVec<Vreg>, vreg: Vreg| {
        if needed.insert(vreg.index())? {
            waiting.push(vreg)?;
        }
        Ok::<(), OutOfMemory>(())
    };
    for param in func.items(func.blocks[Block::from_index(0)].params) {
        needed.insert(param.index())?;
    }
    for block in func.blocks.iter() {
        for inst in &block.insts {
            if inst.op.is_droppable() {
                continue;
            }
            for operand in inst.operands().chain(func.items(inst.args).iter().copied()) {
                want(&mut needed, &mut waiting, operand)?;
            }
        }
        for operand in block.term.operands() {
            want(&mut needed, &mut waiting, operand)?;
        }
    }
    while let Some(vreg) = waiting.pop() {
        let (block, at) = defs[vreg];
        let def = func.blocks.get(Block::from_index(block as usize));
        if let Some(inst) = def.and_then(|data| data.insts.get(at as usize)) {
            for operand in inst.operands().chain(func.items(inst.args).iter().copied()) {
                want(&mut needed, &mut waiting, operand)?;
            }
        } else if let Some((block, at)) = incoming.param(vreg) {
            for edge in incoming.edges(block) {
                if let Some(arg) = func.items(edge.args).get(at) {
                    want(&mut needed, &mut waiting, *arg)?;
                }
            }
        }
    }
    Ok(needed)
}
