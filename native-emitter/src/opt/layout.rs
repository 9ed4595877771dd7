//! The order of blocks: loops together, their tests at the end, what is rarely run behind everything else.
//!
//! 1. A depth-first walk that leaves loops last puts the blocks of a loop together, and each block before those it
//!    leads to; the likelier way comes right behind its branch.
//! 2. In a loop whose header may leave it, the blocks up to the one that leaves go behind the others: the jump back
//!    becomes falling through, and the test jumps back. One branch for each turn.
//! 3. Blocks marked as cold, and those that only such lead to, go last.
use ferlance_collections::{BitSet, OutOfMemory, TryVec};

use super::branch::reorder;
use crate::analysis::{Cfg, Flow, Loops};
use crate::nir::{Block, Func, Term};

/// Numbers the blocks in their order.
pub(super) fn order_blocks(func: &mut Func) -> Result<(), OutOfMemory> {
    let cfg = Cfg::new(func)?;
    spread_cold(func, &cfg);
    let order = block_order(func, &Flow::of(func, cfg)?.loops)?;
    reorder(func, &order)
}

/// The reachable blocks in the order in which they are to be emitted.
pub fn block_order(func: &Func, loops: &Loops) -> Result<TryVec<Block>, OutOfMemory> {
    let mut order = walk(func, loops)?;
    let cold = TryVec::from_items(order.iter().copied().filter(|at| func.blocks[*at].cold))?;
    order.retain(|block| !func.blocks[*block].cold);
    for id in loops.loops.indices().rev() {
        rotate(func, loops, id, &mut order)?;
    }
    order.extend(cold)?;
    Ok(order)
}

/// Blocks that only rarely run blocks lead to are rarely run.
pub(super) fn spread_cold(func: &mut Func, cfg: &Cfg) {
    let mut changed = true;
    while changed {
        changed = false;
        for block in cfg.order.iter().skip(1) {
            let all_cold = cfg.preds(*block).iter().all(|pred| func.blocks[*pred].cold);
            if all_cold && !func.blocks[*block].cold {
                func.blocks[*block].cold = true;
                changed = true;
            }
        }
    }
    func.blocks[Block::from_index(0)].cold = false;
}

/// Reverse postorder, with the successors that leave loops or are cold visited first, so that they come last.
fn walk(func: &Func, loops: &Loops) -> Result<TryVec<Block>, OutOfMemory> {
    let mut order = TryVec::with_capacity(func.blocks.len())?;
    let mut seen = BitSet::with_limit(func.blocks.len())?;
    // A block is met a second time when all below it are done.
    let mut stack = TryVec::new();
    let mut ranked = TryVec::new();
    stack.push((Block::from_index(0), false))?;
    while let Some((block, is_done)) = stack.pop() {
        if is_done {
            order.push(block)?;
            continue;
        }
        if !seen.insert(block.index())? {
            continue;
        }
        stack.push((block, true))?;
        rank(func, loops, block, &mut ranked)?;
        for (_, to) in &ranked {
            if !seen.contains(to.index()) {
                stack.push((*to, false))?;
            }
        }
    }
    order.reverse();
    Ok(order)
}

/// Successors with their ranks: the one to come right behind first, the one to be visited first last.
fn rank(
    func: &Func,
    loops: &Loops,
    block: Block,
    ranked: &mut TryVec<((bool, u8), Block)>,
) -> Result<(), OutOfMemory> {
    ranked.clear();
    let depth = loops.depth(block);
    for to in func.successors(block) {
        let left = depth.saturating_sub(loops.depth(to));
        ranked.push(((func.blocks[to].cold, left), to))?;
    }
    // Stable, and few: an insertion sort.
    for end in 1..ranked.len() {
        let mut at = end;
        while at > 0 && ranked[at].0 < ranked[at - 1].0 {
            ranked.swap(at, at - 1);
            at -= 1;
        }
    }
    Ok(())
}

/// Puts the blocks of a loop up to the first that leaves it behind the others.
fn rotate(
    func: &Func,
    loops: &Loops,
    id: crate::analysis::loops::LoopId,
    order: &mut TryVec<Block>,
) -> Result<(), OutOfMemory> {
    let header = loops.loops[id].header;
    let Some(start) = order.iter().position(|block| *block == header) else {
        return Ok(());
    };
    let mut end = start;
    while end < order.len() && loops.contains(id, order[end]) {
        end += 1;
    }
    // The last block has to go back to the header; else there is nothing to gain.
    let goes_back =
        |block: Block| matches!(func.blocks[block].term, Term::Jump(to) if to.block == header);
    if !order[start..end]
        .last()
        .is_some_and(|last| goes_back(*last))
    {
        return Ok(());
    }
    let leaves = |block: Block| {
        matches!(
            func.blocks[block].term,
            Term::Branch { .. } | Term::FBranch { .. }
        ) && func
            .successors(block)
            .any(|to| !loops.contains(id, to) && !func.blocks[to].cold)
    };
    let Some(last_of_test) = (start..end).find(|at| leaves(order[*at])) else {
        return Ok(());
    };
    // Only straight code may move: each block of the test goes to the next one.
    for at in start..last_of_test {
        if !func.successors(order[at]).any(|to| to == order[at + 1])
            || loops.of_block[order[at]] != Some(id)
        {
            return Ok(());
        }
    }
    // Behind the test the loop goes on with the block that comes first then.
    if last_of_test + 1 >= end {
        return Ok(());
    }
    order[start..end].rotate_left(last_of_test + 1 - start);
    Ok(())
}
