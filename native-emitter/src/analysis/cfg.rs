//! Predecessors, and blocks in reverse postorder.
use ferlance_collections::{IndexVec, OutOfMemory, TryVec};

use crate::nir::{Block, Func};

/// The control flow graph of a function.
#[derive(Debug)]
pub struct Cfg {
    /// Reachable blocks, each before those it leads to but for the back edges of loops; the entry first.
    pub order: TryVec<Block>,
    /// Place in `order`; `u32::MAX` for blocks that control never reaches.
    place: IndexVec<Block, u32>,
    /// Predecessors of block `b` are `preds[first[b]..first[b + 1]]`: one per edge from a reachable block.
    preds: TryVec<Block>,
    first: TryVec<u32>,
    leads_back: bool,
}

impl Cfg {
    /// The graph of `func`.
    pub fn new(func: &Func) -> Result<Cfg, OutOfMemory> {
        let count = func.blocks.len();
        let mut place = IndexVec::filled(u32::MAX, count)?;
        let order = reverse_postorder(func)?;
        for (at, block) in order.iter().enumerate() {
            place[*block] = at as u32;
        }
        let mut first = TryVec::filled(0u32, count + 1)?;
        let mut leads_back = false;
        for block in &order {
            for to in func.successors(*block) {
                first[to.index()] += 1;
                leads_back |= place[to] <= place[*block];
            }
        }
        // Ends of the lists; filling them from behind makes starts of them.
        let mut sum = 0;
        for at in first.iter_mut() {
            sum += *at;
            *at = sum;
        }
        let mut preds = TryVec::filled(Block::from_index(0), sum as usize)?;
        for block in order.iter().rev() {
            for to in func.successors(*block) {
                let at = &mut first[to.index()];
                *at -= 1;
                preds[*at as usize] = *block;
            }
        }
        Ok(Cfg {
            order,
            place,
            preds,
            first,
            leads_back,
        })
    }

    /// Where edges to `block` come from, one per edge.
    pub fn preds(&self, block: Block) -> &[Block] {
        let at = block.index();
        &self.preds[self.first[at] as usize..self.first[at + 1] as usize]
    }

    /// Does any jump lead back? Without one there are no loops.
    pub fn leads_back(&self) -> bool {
        self.leads_back
    }

    /// Can control reach the block?
    pub fn is_reachable(&self, block: Block) -> bool {
        self.place[block] != u32::MAX
    }

    /// The place in [`Cfg::order`]; great for blocks that control never reaches.
    pub fn place(&self, block: Block) -> u32 {
        self.place[block]
    }
}

fn reverse_postorder(func: &Func) -> Result<TryVec<Block>, OutOfMemory> {
    let mut order = TryVec::with_capacity(func.blocks.len())?;
    if func.blocks.is_empty() {
        return Ok(order);
    }
    let mut seen = IndexVec::<Block, bool>::filled(false, func.blocks.len())?;
    // A block, then those it leads to: the first of them first on the way back, so that it comes right behind its
    // block. A block is met a second time when all below it are done.
    let mut stack = TryVec::with_capacity(func.blocks.len() + 1)?;
    let entry = Block::from_index(0);
    stack.push((entry, false))?;
    while let Some((block, is_done)) = stack.pop() {
        if is_done {
            order.push(block)?;
            continue;
        }
        if core::mem::replace(&mut seen[block], true) {
            continue;
        }
        stack.push((block, true))?;
        for to in func.successors(block) {
            if !seen[to] {
                stack.push((to, false))?;
            }
        }
    }
    order.reverse();
    Ok(order)
}
