//! The order of blocks: loops together, their tests at the end, what is rarely run behind everything else.
//!
//! 1. A depth-first walk that leaves loops last puts the blocks of a loop together, and each block before those it
//!    leads to; the likelier way comes right behind its branch.
//! 2. In a loop whose header may leave it, the blocks up to the one that leaves go behind the others: the jump back
//!    becomes falling through, and the test jumps back. One branch for each turn.
//! 3. Blocks marked as cold, and those that only such lead to, go last.
use ferlance_collections::{BitSet, OutOfMemory, TryVec};

use super::branch::reorder;
use crate::analysis::{Cfg, Dominators, Loops};
use crate::nir::{Block, Func, Term};

/// Numbers the blocks in their order.
pub(super) fn order_blocks(func: &mut Func) -> Result<(), OutOfMemory> {
    let cfg = Cfg::new(func)?;
    spread_cold(func, &cfg)?;
    let order = block_order(func)?;
    reorder(func, &order)
}

/// The reachable blocks in the order in which they are to be emitted.
pub fn block_order(func: &Func) -> Result<TryVec<Block>, OutOfMemory> {
    let cfg = Cfg::new(func)?;
    let dominators = Dominators::new(&cfg)?;
    let loops = Loops::new(func, &cfg, &dominators)?;
    let mut order = walk(func, &loops)?;
    let cold = TryVec::from_items(order.iter().copied().filter(|at| func.blocks[*at].cold))?;
    order.retain(|block| !func.blocks[*block].cold);
    for id in loops.loops.indices().rev() {
        rotate(func, &loops, id, &mut order)?;
    }
    order.extend(cold)?;
    Ok(order)
}

/// Blocks that only rarely run blocks lead to are rarely run.
fn spread_cold(func: &mut Func, cfg: &Cfg) -> Result<(), OutOfMemory> {
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
    Ok(())
}

/// Reverse postorder, with the successors that leave loops or are cold visited first, so that they come last.
fn walk(func: &Func, loops: &Loops) -> Result<TryVec<Block>, OutOfMemory> {
    let mut order = TryVec::new();
    let mut seen = BitSet::with_limit(func.blocks.len())?;
    let mut stack: TryVec<(Block, TryVec<Block>)> = TryVec::new();
    let entry = Block::from_index(0);
    seen.insert(0)?;
    stack.push((entry, ranked(func, loops, entry)?))?;
    while let Some((block, left)) = stack.last_mut() {
        match left.pop() {
            None => {
                order.push(*block)?;
                stack.pop();
            }
            Some(to) => {
                if seen.insert(to.index())? {
                    stack.push((to, ranked(func, loops, to)?))?;
                }
            }
        }
    }
    order.reverse();
    Ok(order)
}

/// Successors: the one to come right behind first, the one to be visited first last.
fn ranked(func: &Func, loops: &Loops, block: Block) -> Result<TryVec<Block>, OutOfMemory> {
    let mut to = TryVec::from_items(func.successors(block))?;
    let depth = loops.depth(block);
    // Stable, and few: an insertion sort.
    for end in 1..to.len() {
        let mut at = end;
        while at > 0 && rank(func, loops, depth, to[at]) < rank(func, loops, depth, to[at - 1]) {
            to.swap(at, at - 1);
            at -= 1;
        }
    }
    Ok(to)
}

/// Small for what should come right behind.
fn rank(func: &Func, loops: &Loops, depth: u8, to: Block) -> (bool, u8) {
    let there = loops.depth(to);
    (func.blocks[to].cold, depth.saturating_sub(there))
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
