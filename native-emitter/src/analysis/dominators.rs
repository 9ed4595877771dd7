//! Which blocks every way from the entry passes: Cooper, Harvey and Kennedy, *A Simple, Fast Dominance Algorithm*.
//!
//! Their walk up the tree takes a step for each level, which is too many where a thousand conditions of one expression
//! leave for the same block: each block also knows an ancestor farther up (Myers, *An Applicative Random-Access
//! Stack*), so that a walk takes steps logarithmic in the levels.
use ferlance_collections::{IndexVec, OutOfMemory};

use super::Cfg;
use crate::nir::Block;

/// The dominator tree.
#[derive(Debug)]
pub struct Dominators {
    /// The next block up the tree; the entry's is itself. Meaningless for blocks that control never reaches.
    parent: IndexVec<Block, Block>,
    /// Preorder number and the last one below, so that ancestry is two comparisons.
    span: IndexVec<Block, (u32, u32)>,
}

impl Dominators {
    /// The tree of a graph.
    pub fn new(cfg: &Cfg) -> Result<Dominators, OutOfMemory> {
        let count = cfg.order.iter().map(|block| block.index() + 1).max();
        let count = count.unwrap_or(0);
        let entry = Block::from_index(0);
        let mut parent: IndexVec<Block, Option<Block>> = IndexVec::filled(None, count)?;
        if count > 0 {
            parent[entry] = Some(entry);
        }
        let mut far: IndexVec<Block, Far> = IndexVec::filled(Far::entry(), count)?;
        let mut first_round = true;
        loop {
            let mut changed = false;
            for block in cfg.order.iter().skip(1) {
                let mut found = None;
                for pred in cfg.preds(*block) {
                    if parent[*pred].is_none() {
                        continue;
                    }
                    found = Some(match found {
                        None => *pred,
                        // What comes later in the order has seen no walk of this round.
                        Some(other)
                            if cfg.place(*pred).max(cfg.place(other)) < cfg.place(*block) =>
                        {
                            nearest(&parent, &far, *pred, other)
                        }
                        Some(other) => common(cfg, &parent, *pred, other),
                    });
                }
                if let Some(up) = found {
                    far[*block] = Far::below(up, &far);
                }
                if parent[*block] != found {
                    parent[*block] = found;
                    changed = true;
                }
            }
            // All that a block depends on comes before it where no jump leads back.
            changed &= cfg.leads_back();
            if !changed || first_round {
                let made = Dominators::of(cfg, &parent)?;
                // Nor would another round find anything if such jumps lead up the tree only.
                if !changed || made.are_above(cfg) {
                    return Ok(made);
                }
            }
            first_round = false;
        }
    }

    fn of(cfg: &Cfg, parent: &IndexVec<Block, Option<Block>>) -> Result<Dominators, OutOfMemory> {
        let mut known = IndexVec::with_capacity(parent.len())?;
        for block in parent.indices() {
            known.push(parent[block].unwrap_or(block))?;
        }
        let span = spans(cfg, &known)?;
        Ok(Dominators {
            parent: known,
            span,
        })
    }

    /// Do all jumps that lead back lead to blocks above them in the tree?
    fn are_above(&self, cfg: &Cfg) -> bool {
        cfg.order.iter().all(|block| {
            let mut preds = cfg.preds(*block).iter();
            preds.all(|pred| cfg.place(*pred) < cfg.place(*block) || self.dominates(*block, *pred))
        })
    }

    /// The next block up the tree; `None` for the entry and for blocks that control never reaches.
    pub fn parent(&self, block: Block) -> Option<Block> {
        self.parent
            .get(block)
            .copied()
            .filter(|parent| *parent != block)
    }

    /// Does every way to `below` pass `above`? A block dominates itself.
    pub fn dominates(&self, above: Block, below: Block) -> bool {
        match (self.span.get(above), self.span.get(below)) {
            (Some((first, last)), Some((at, _))) => first <= at && at <= last,
            _ => false,
        }
    }

    /// The number in a walk down the tree; parents before children.
    pub fn preorder(&self, block: Block) -> u32 {
        self.span.get(block).map_or(u32::MAX, |(at, _)| *at)
    }
}

/// An ancestor and how far down the tree a block is.
#[derive(Debug, Clone, Copy)]
struct Far {
    level: u32,
    up: Block,
}

impl Far {
    fn entry() -> Far {
        Far {
            level: 0,
            up: Block::from_index(0),
        }
    }

    /// For a child of `parent`.
    fn below(parent: Block, far: &IndexVec<Block, Far>) -> Far {
        let one = far[parent];
        let two = far[one.up];
        let three = far[two.up];
        // Two jumps of the same length make one that is longer.
        let alike = one.level - two.level == two.level - three.level;
        Far {
            level: one.level + 1,
            up: if alike { two.up } else { parent },
        }
    }
}

/// The nearest block above both, which precede the block at work.
fn nearest(
    parent: &IndexVec<Block, Option<Block>>,
    far: &IndexVec<Block, Far>,
    mut one: Block,
    mut two: Block,
) -> Block {
    let up = |block: Block| parent[block].unwrap_or(Block::from_index(0));
    if far[one].level < far[two].level {
        core::mem::swap(&mut one, &mut two);
    }
    let level = far[two].level;
    while far[one].level > level {
        let jump = far[one].up;
        one = if far[jump].level >= level {
            jump
        } else {
            up(one)
        };
    }
    while one != two {
        let jumps = (far[one].up, far[two].up);
        (one, two) = if jumps.0 == jumps.1 {
            (up(one), up(two))
        } else {
            jumps
        };
    }
    one
}

/// The nearest block above both.
fn common(
    cfg: &Cfg,
    parent: &IndexVec<Block, Option<Block>>,
    mut one: Block,
    mut two: Block,
) -> Block {
    while one != two {
        let later = if cfg.place(one) > cfg.place(two) {
            &mut one
        } else {
            &mut two
        };
        match parent[*later] {
            Some(up) if up != *later => *later = up,
            _ => return Block::from_index(0),
        }
    }
    one
}

fn spans(
    cfg: &Cfg,
    parent: &IndexVec<Block, Block>,
) -> Result<IndexVec<Block, (u32, u32)>, OutOfMemory> {
    // Sizes of subtrees from the last block up, then numbers from the first block down.
    let mut size = IndexVec::<Block, u32>::filled(1, parent.len())?;
    for block in cfg.order.iter().skip(1).rev() {
        let add = size[*block];
        size[parent[*block]] += add;
    }
    // First and last of nothing for blocks that control never reaches.
    let mut span = IndexVec::filled((u32::MAX, 0), parent.len())?;
    // The number that the next child of a block gets.
    let mut next = IndexVec::<Block, u32>::filled(0, parent.len())?;
    for (at, block) in cfg.order.iter().enumerate() {
        let first = if at == 0 {
            0
        } else {
            let up = parent[*block];
            let first = next[up];
            next[up] += size[*block];
            first
        };
        span[*block] = (first, first + size[*block] - 1);
        next[*block] = first + 1;
    }
    Ok(span)
}
