//! Natural loops: a header that dominates where its back edges come from, and what is between.
use ferlance_collections::{BitSet, IndexVec, OutOfMemory, TryVec, index_type};

use super::{Cfg, Dominators};
use crate::nir::{Block, Func};

index_type! {
    /// A loop.
    pub struct LoopId(pub u32);
}

/// A loop. Back edges to one header are one loop.
#[derive(Debug)]
pub struct Loop {
    /// Where control enters it.
    pub header: Block,
    /// Its blocks, those of inner loops included; the header is the first.
    pub blocks: TryVec<Block>,
    /// The loop around it.
    pub outer: Option<LoopId>,
    /// How many loops it is in, itself included.
    pub depth: u8,
}

/// All loops, outer ones before those inside.
#[derive(Debug)]
pub struct Loops {
    /// The loops.
    pub loops: IndexVec<LoopId, Loop>,
    /// By block: the innermost loop around it.
    pub of_block: IndexVec<Block, Option<LoopId>>,
}

impl Loops {
    /// The loops of a function.
    pub fn new(func: &Func, cfg: &Cfg, dominators: &Dominators) -> Result<Loops, OutOfMemory> {
        let mut loops: IndexVec<LoopId, Loop> = IndexVec::new();
        let mut of_block = IndexVec::filled(None, func.blocks.len())?;
        let mut inside = BitSet::with_limit(func.blocks.len())?;
        // In reverse postorder, headers of outer loops come first.
        for header in &cfg.order {
            // Most blocks have no way back to them.
            let is_back = |pred: &Block| dominators.dominates(*header, *pred);
            if !cfg.preds(*header).iter().any(is_back) {
                continue;
            }
            let mut blocks = TryVec::new();
            inside.clear();
            inside.insert(header.index())?;
            blocks.push(*header)?;
            for pred in cfg.preds(*header) {
                if dominators.dominates(*header, *pred) && inside.insert(pred.index())? {
                    blocks.push(*pred)?;
                }
            }
            let mut at = 1;
            while at < blocks.len() {
                for pred in cfg.preds(blocks[at]) {
                    if inside.insert(pred.index())? {
                        blocks.push(*pred)?;
                    }
                }
                at += 1;
            }
            let outer = of_block[*header];
            let depth = outer
                .map_or(0, |outer| loops[outer].depth)
                .saturating_add(1);
            let members = blocks.try_clone()?;
            let id = loops.push(Loop {
                header: *header,
                blocks,
                outer,
                depth,
            })?;
            for block in &members {
                of_block[*block] = Some(id);
            }
        }
        Ok(Loops { loops, of_block })
    }

    /// Of a function without jumps that lead back.
    pub fn none(func: &Func) -> Result<Loops, OutOfMemory> {
        Ok(Loops {
            loops: IndexVec::new(),
            of_block: IndexVec::filled(None, func.blocks.len())?,
        })
    }

    /// How many loops `block` is in.
    pub fn depth(&self, block: Block) -> u8 {
        self.of_block[block].map_or(0, |id| self.loops[id].depth)
    }

    /// Is `block` in the loop, or in one inside it?
    pub fn contains(&self, id: LoopId, block: Block) -> bool {
        let mut at = self.of_block.get(block).copied().flatten();
        while let Some(inner) = at {
            if inner == id {
                return true;
            }
            at = self.loops[inner].outer;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nir::text::parse;

    fn loops(text: &str) -> Loops {
        let func = parse(text).unwrap();
        let cfg = Cfg::new(&func).unwrap();
        let dominators = Dominators::new(&cfg).unwrap();
        Loops::new(&func, &cfg, &dominators).unwrap()
    }

    #[test]
    fn nested_loops_are_told_apart() {
        let loops = loops(
            "func q0 words 1
            b0(v0: word):
              jump b1
            b1:
              jump b2
            b2:
              branch eq v0, 1 then b2 else b3
            b3:
              branch eq v0, 2 then b1 else b4
            b4:
              return v0",
        );
        let depths: std::vec::Vec<u8> = (0..5)
            .map(|at| loops.depth(Block::from_index(at)))
            .collect();
        assert_eq!(depths, [0, 1, 2, 1, 0]);
        assert_eq!(loops.loops[LoopId(1)].outer, Some(LoopId(0)));
        assert!(loops.contains(LoopId(0), Block::from_index(2)));
        assert!(!loops.contains(LoopId(1), Block::from_index(3)));
    }

    #[test]
    fn a_ring_with_two_entries_is_no_loop() {
        let loops = loops(
            "func q0 words 1
            b0(v0: word):
              branch eq v0, 1 then b1 else b2
            b1:
              jump b2
            b2:
              branch eq v0, 2 then b1 else b3
            b3:
              return v0",
        );
        assert!(loops.loops.is_empty());
    }
}
