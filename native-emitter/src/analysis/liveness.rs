//! Which values are wanted where.
//!
//! An exception arrives in the `caught` block of the newest buffer, from anywhere the buffer is linked. So what that
//! block wants is live all the while, though no edge says so: its places must not be given to other values.
use ferlance_abi::fun_table::Fun;
use ferlance_collections::{BitSet, IndexVec, OutOfMemory, TryVec};

use super::Cfg;
use crate::nir::{Block, Func, Op, Term, Vreg};

/// Values wanted at the edges of blocks.
///
/// Parameters of a block are defined in it: they are not in its own `live_in`. Arguments of edges are used at the
/// end of the block where the edge begins: they are in no one's [`Liveness::live_out`] for that reason alone.
///
/// Of many values few are wanted anywhere: lists take less room than sets.
#[derive(Debug)]
pub struct Liveness {
    /// By block: what is wanted at its start, from outside; rising.
    pub live_in: IndexVec<Block, TryVec<Vreg>>,
    buffers: Buffers,
}

impl Liveness {
    /// Liveness of all values but those in `without`. Lists of blocks that control never reaches are empty.
    pub fn new(func: &Func, cfg: &Cfg, without: &BitSet) -> Result<Liveness, OutOfMemory> {
        let mut live_in = IndexVec::with_capacity(func.blocks.len())?;
        for _ in func.blocks.indices() {
            live_in.push(TryVec::new())?;
        }
        let buffers = Buffers::new(func, cfg)?;
        let mut live = Liveness { live_in, buffers };
        let mut now = BitSet::with_limit(func.vregs.len())?;
        let mut changed = true;
        while changed {
            changed = false;
            for block in cfg.order.iter().rev() {
                now.clear();
                for to in func.successors(*block) {
                    live.add(to, &mut now)?;
                }
                step_back(func, *block, &mut now)?;
                now.subtract(without);
                live.add_handlers(func, *block, &mut now)?;
                // Sets only grow.
                let count = now.len();
                let list = &mut live.live_in[*block];
                if count != list.len() {
                    list.clear();
                    list.reserve_exact(count)?;
                    list.extend(now.iter().map(Vreg::from_index))?;
                    changed = true;
                }
            }
        }
        Ok(live)
    }

    /// Makes `set` what is wanted behind the end of `block`.
    pub fn live_out(&self, func: &Func, block: Block, set: &mut BitSet) -> Result<(), OutOfMemory> {
        set.clear();
        for to in func.successors(block) {
            self.add(to, set)?;
        }
        // The block may unlink the buffer half way; until then what the handler wants is live.
        self.add_handlers(func, block, set)
    }

    /// Adds what is wanted at the start of a block.
    fn add(&self, block: Block, set: &mut BitSet) -> Result<(), OutOfMemory> {
        for vreg in &self.live_in[block] {
            set.insert(vreg.index())?;
        }
        Ok(())
    }

    /// Adds what is wanted where exceptions of a block may arrive.
    fn add_handlers(&self, func: &Func, block: Block, set: &mut BitSet) -> Result<(), OutOfMemory> {
        let mut at = self.buffers.at_entry[block];
        // Bounded, should a function link in a ring.
        for _ in 0..func.blocks.len() {
            let Some(push) = at else { break };
            if let Term::NlrPush { caught, .. } = func.blocks[push].term {
                self.add(caught.block, set)?;
            }
            at = self.buffers.at_end[push];
        }
        Ok(())
    }
}

/// Which exception buffers are linked where.
#[derive(Debug)]
struct Buffers {
    /// By block: the end that linked the newest buffer.
    at_entry: IndexVec<Block, Option<Block>>,
    /// By block: the same at its end, which need not be what it is at the entry: calls between may unlink. So of a
    /// block whose end links a buffer this is the buffer before.
    at_end: IndexVec<Block, Option<Block>>,
}

impl Buffers {
    fn new(func: &Func, cfg: &Cfg) -> Result<Buffers, OutOfMemory> {
        let mut at_entry: IndexVec<Block, Option<Block>> =
            IndexVec::filled(None, func.blocks.len())?;
        let mut at_end = at_entry.try_clone()?;
        let mut seen = BitSet::with_limit(func.blocks.len())?;
        let mut waiting = TryVec::new();
        let is_push = |block: &Block| matches!(func.blocks[*block].term, Term::NlrPush { .. });
        if !cfg.order.iter().any(is_push) {
            return Ok(Buffers { at_entry, at_end });
        }
        waiting.push(Block::from_index(0))?;
        seen.insert(0)?;
        // As they were when the block was last looked at: an outer buffer may be found after the inner ones.
        let mut depths = IndexVec::filled(0, func.blocks.len())?;
        while let Some(block) = waiting.pop() {
            let data = &func.blocks[block];
            let mut newest = at_entry[block];
            for inst in &data.insts {
                if inst.op == Op::Call(Fun::NlrPop)
                    && let Some(push) = newest
                {
                    newest = at_end[push];
                }
            }
            at_end[block] = newest;
            let caught = match data.term {
                Term::NlrPush { caught, .. } => Some(caught.block),
                _ => None,
            };
            for to in func.successors(block) {
                let there = match caught {
                    Some(caught) if caught == to => newest,
                    Some(_) => Some(block),
                    None => newest,
                };
                // Where ways meet that differ, as behind a buffer that is linked only sometimes, the longer one counts.
                let depth = depth(&at_end, func, there);
                let is_longer = depth > depths[to];
                if is_longer {
                    at_entry[to] = there;
                    depths[to] = depth;
                }
                if seen.insert(to.index())? || is_longer {
                    waiting.push(to)?;
                }
            }
        }
        Ok(Buffers { at_entry, at_end })
    }
}

/// How many buffers are linked. Ends at the number of blocks, should a function link in a ring.
fn depth(at_end: &IndexVec<Block, Option<Block>>, func: &Func, mut newest: Option<Block>) -> usize {
    let mut count = 0;
    while let Some(push) = newest
        && count < func.blocks.len()
    {
        count += 1;
        newest = at_end[push];
    }
    count
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
    fn what_a_handler_wants_lives_while_its_buffer_is_linked() {
        let func = parse(
            "func q0 words 2
            slot s0 13
            b0(v0: word, v1: word):
              nlr_push s0 normal b1 caught b4
            b1:
              jump b2
            b2:
              call nlr_pop()
              jump b3
            b3:
              return v1
            b4:
              return v0",
        )
        .unwrap();
        let cfg = Cfg::new(&func).unwrap();
        let live = Liveness::new(&func, &cfg, &BitSet::new()).unwrap();
        let value = Vreg::from_index(0);
        let is_live = |block| live.live_in[Block::from_index(block)].contains(&value);
        assert_eq!([1, 2, 3].map(is_live), [true, true, false]);
        let mut out = BitSet::new();
        live.live_out(&func, Block::from_index(1), &mut out)
            .unwrap();
        assert!(out.contains(0));
    }

    #[test]
    fn a_block_may_unlink_one_buffer_and_link_the_next() {
        let func = parse(
            "func q0 words 2
            slot s0 13
            b0(v0: word, v1: word):
              jump b1(v1)
            b1(v2: word):
              nlr_push s0 normal b2 caught b5
            b2:
              call nlr_pop()
              nlr_push s0 normal b3 caught b6
            b3:
              call nlr_pop()
              jump b4
            b4:
              v3: word = sub v2, 1
              branch ne v3, 0 then b1(v3) else b7
            b5:
              return v0
            b6:
              jump b4
            b7:
              return v1",
        )
        .unwrap();
        let cfg = Cfg::new(&func).unwrap();
        let live = Liveness::new(&func, &cfg, &BitSet::new()).unwrap();
        let is_live = |value, block| {
            let live_in = &live.live_in[Block::from_index(block)];
            live_in.contains(&Vreg::from_index(value))
        };
        // The counter is defined where the loop begins, so nothing wants it from outside.
        let counter = [1, 2, 3, 4, 5, 6, 7].map(|block| is_live(2, block));
        assert_eq!(counter, [false, true, true, true, false, true, false]);
        // Nothing is linked behind the loop.
        assert!(!is_live(0, 7));
    }

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
        let live = Liveness::new(&func, &cfg, &BitSet::new()).unwrap();
        let out = |block| {
            let mut set = BitSet::new();
            live.live_out(&func, Block::from_index(block), &mut set)
                .unwrap();
            set.iter().collect::<std::vec::Vec<_>>()
        };
        assert_eq!(*live.live_in[Block::from_index(1)], [Vreg::from_index(0)]);
        assert_eq!(out(1), [0]);
        assert_eq!(out(0), [0]);
        assert!(out(2).is_empty());
    }
}
