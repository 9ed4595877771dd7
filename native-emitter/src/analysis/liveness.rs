//! Which values are wanted where.
use ferlance_collections::{BitSet, IndexVec, OutOfMemory};

use super::Cfg;
use crate::nir::{Block, Func};

/// Values wanted at the edges of blocks.
///
/// Parameters of a block are defined in it: they are not in its own `live_in`. Arguments of edges are used at the
/// end of the block where the edge begins: they are in no one's `live_out` for that reason alone.
#[derive(Debug)]
pub struct Liveness {
    /// By block: what is wanted at its start, from outside.
    pub live_in: IndexVec<Block, BitSet>,
    /// By block: what is wanted behind its end.
    pub live_out: IndexVec<Block, BitSet>,
}

impl Liveness {
    /// Liveness of all values. Sets of blocks that control never reaches are empty.
    pub fn new(func: &Func, cfg: &Cfg) -> Result<Liveness, OutOfMemory> {
        let count = func.vregs.len();
        let mut live_in = IndexVec::with_capacity(func.blocks.len())?;
        let mut live_out = IndexVec::with_capacity(func.blocks.len())?;
        for _ in func.blocks.indices() {
            live_in.push(BitSet::with_limit(count)?)?;
            live_out.push(BitSet::with_limit(count)?)?;
        }
        let mut live = Liveness { live_in, live_out };
        let mut now = BitSet::with_limit(count)?;
        let mut changed = true;
        while changed {
            changed = false;
            for block in cfg.order.iter().rev() {
                now.clear();
                for to in func.successors(*block) {
                    now.union_with(&live.live_in[to])?;
                }
                live.live_out[*block].copy_from(&now)?;
                step_back(func, *block, &mut now)?;
                changed |= live.live_in[*block].union_with(&now)?;
            }
        }
        Ok(live)
    }
}

/// From what is wanted behind a block to what is wanted before it.
fn step_back(func: &Func, block: Block, live: &mut BitSet) -> Result<(), OutOfMemory> {
    let data = &func.blocks[block];
    if let Some(dst) = data.term.def() {
        live.remove(dst.index());
    }
    for operand in data.term.operands() {
        live.insert(operand.index())?;
    }
    for edge in data.term.edges() {
        for arg in func.items(edge.args) {
            live.insert(arg.index())?;
        }
    }
    for inst in data.insts.iter().rev() {
        if let Some(dst) = inst.dst {
            live.remove(dst.index());
        }
        for operand in inst.operands() {
            live.insert(operand.index())?;
        }
        for arg in func.items(inst.args) {
            live.insert(arg.index())?;
        }
    }
    for param in func.items(data.params) {
        live.remove(param.index());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nir::text::parse;

    #[test]
    fn a_value_used_behind_a_loop_lives_through_it() {
        let func = parse(
            "func q0 words 2
            b0(v0: word, v1: word):
              jump b1(v1)
            b1(v2: word):
              v3: word = sub v2, 1
              branch ne v3, 0 then b1(v3) else b2
            b2:
              return v0",
        )
        .unwrap();
        let cfg = Cfg::new(&func).unwrap();
        let live = Liveness::new(&func, &cfg).unwrap();
        let set = |set: &BitSet| set.iter().collect::<std::vec::Vec<_>>();
        assert_eq!(set(&live.live_in[Block::from_index(1)]), [0]);
        assert_eq!(set(&live.live_out[Block::from_index(1)]), [0]);
        assert_eq!(set(&live.live_out[Block::from_index(0)]), [0]);
        assert!(live.live_out[Block::from_index(2)].is_empty());
    }
}
