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
/// Parameters of a block are defined in it: they are not in its own list. Arguments of edges are used at the end of
/// the block where the edge begins: they are not wanted behind it for that reason alone.
///
/// Of many values few are wanted anywhere: lists take less room than sets.
#[derive(Debug)]
pub struct Liveness {
    /// What is wanted at the start of block `b` is `items[first[b]..first[b + 1]]`.
    items: TryVec<Vreg>,
    first: TryVec<u32>,
    buffers: Buffers,
}

impl Liveness {
    /// Liveness of all values but those in `without`. Lists of blocks that control never reaches are empty.
    ///
    /// Value by value, from each use up to where the value is defined.
    pub fn new(func: &Func, cfg: &Cfg, without: &BitSet) -> Result<Liveness, OutOfMemory> {
        let buffers = Buffers::new(func, cfg)?;
        let protected = buffers.protected(func, cfg)?;
        let uses = Uses::new(func, cfg)?;
        let mut found: TryVec<(Block, Vreg)> = TryVec::new();
        let mut waiting: TryVec<Block> = TryVec::new();
        // The value that was last found to be wanted at the start of each block.
        let mut last: IndexVec<Block, Option<Vreg>> = IndexVec::filled(None, func.blocks.len())?;
        for vreg in func.vregs.indices() {
            let mut at = uses.of[vreg];
            if at == NO_USE || without.contains(vreg.index()) {
                continue;
            }
            let home = uses.homes[vreg];
            let mut want = |block: Block, waiting: &mut TryVec<Block>| {
                if last[block] == Some(vreg) || Some(block) == home {
                    return Ok(());
                }
                last[block] = Some(vreg);
                found.push((block, vreg))?;
                waiting.push(block)
            };
            while let Some((block, next)) = uses.all.get(at as usize) {
                want(*block, &mut waiting)?;
                at = *next;
            }
            while let Some(block) = waiting.pop() {
                for pred in cfg.preds(block) {
                    want(*pred, &mut waiting)?;
                }
                if protected.is_empty() {
                    continue;
                }
                // An exception arrives here from wherever the buffer is linked.
                let from = protected.partition_point(|(handler, _)| *handler < block);
                for (handler, inside) in protected.get(from..).unwrap_or(&[]) {
                    if *handler != block {
                        break;
                    }
                    want(*inside, &mut waiting)?;
                }
            }
        }
        drop(uses);
        let mut first = TryVec::filled(0u32, func.blocks.len() + 1)?;
        for (block, _) in &found {
            first[block.index()] += 1;
        }
        // Ends of the lists; filling them from behind makes starts of them, and they rise.
        let mut sum = 0;
        for at in first.iter_mut() {
            sum += *at;
            *at = sum;
        }
        let mut items = TryVec::new();
        if let Some((_, any)) = found.first() {
            items = TryVec::filled(*any, found.len())?;
        }
        for (block, vreg) in found.iter().rev() {
            let at = &mut first[block.index()];
            *at -= 1;
            items[*at as usize] = *vreg;
        }
        Ok(Liveness {
            items,
            first,
            buffers,
        })
    }

    /// What is wanted at the start of a block, from outside.
    pub fn live_in(&self, block: Block) -> &[Vreg] {
        let at = block.index();
        let run = self.first[at] as usize..self.first[at + 1] as usize;
        self.items.get(run).unwrap_or(&[])
    }

    /// Takes out values that are made anew wherever they are wanted.
    pub fn remove(&mut self, gone: impl Fn(Vreg) -> bool) {
        let (mut kept, mut start) = (0, 0);
        for end in self.first.iter_mut().skip(1) {
            for at in start..*end as usize {
                let vreg = self.items[at];
                if !gone(vreg) {
                    self.items[kept] = vreg;
                    kept += 1;
                }
            }
            start = *end as usize;
            *end = kept as u32;
        }
        self.items.truncate(kept);
    }

    /// At the start of `block` it is `new` that is wanted, and `old` from there on.
    pub fn replace(&mut self, block: Block, old: Vreg, new: Vreg) {
        let at = block.index();
        let run = self.first[at] as usize..self.first[at + 1] as usize;
        for vreg in self.items[run].iter_mut().filter(|vreg| **vreg == old) {
            *vreg = new;
        }
    }

    /// Calls `each` with what is wanted behind the end of `block`, some of it more than once.
    pub fn each_out(&self, func: &Func, block: Block, mut each: impl FnMut(Vreg)) {
        for to in func.successors(block) {
            for vreg in self.live_in(to) {
                each(*vreg);
            }
        }
        // The block may unlink the buffer half way; until then what the handler wants is live.
        self.buffers.each_handler(func, block, |handler| {
            for vreg in self.live_in(handler) {
                each(*vreg);
            }
        });
    }
}

const NO_USE: u32 = u32::MAX;

/// Where values are defined, and in which other blocks they are used.
struct Uses {
    homes: IndexVec<Vreg, Option<Block>>,
    /// By value: the first of its uses.
    of: IndexVec<Vreg, u32>,
    /// Blocks, and the next use of the same value.
    all: TryVec<(Block, u32)>,
}

impl Uses {
    fn new(func: &Func, cfg: &Cfg) -> Result<Uses, OutOfMemory> {
        let mut uses = Uses {
            homes: homes(func)?,
            of: IndexVec::filled(NO_USE, func.vregs.len())?,
            all: TryVec::new(),
        };
        for block in &cfg.order {
            let data = &func.blocks[*block];
            for inst in &data.insts {
                for operand in inst.operands() {
                    uses.note(*block, operand)?;
                }
                for arg in func.items(inst.args) {
                    uses.note(*block, *arg)?;
                }
            }
            for operand in data.term.operands() {
                uses.note(*block, operand)?;
            }
            for edge in data.term.edges() {
                for arg in func.items(edge.args) {
                    uses.note(*block, *arg)?;
                }
            }
        }
        Ok(uses)
    }

    fn note(&mut self, block: Block, vreg: Vreg) -> Result<(), OutOfMemory> {
        if self.homes[vreg] == Some(block) {
            return Ok(());
        }
        let of = &mut self.of[vreg];
        if let Some((last, _)) = self.all.get(*of as usize)
            && *last == block
        {
            return Ok(());
        }
        let at = self.all.len() as u32;
        self.all.push((block, *of))?;
        *of = at;
        Ok(())
    }
}

/// The block in which each value is defined.
pub fn homes(func: &Func) -> Result<IndexVec<Vreg, Option<Block>>, OutOfMemory> {
    let mut homes = IndexVec::filled(None, func.vregs.len())?;
    for (block, data) in func.blocks.iter_enumerated() {
        for param in func.items(data.params) {
            homes[*param] = Some(block);
        }
        for inst in &data.insts {
            if let Some(dst) = inst.dst {
                homes[dst] = Some(block);
            }
        }
        if let Some(dst) = data.term.def() {
            homes[dst] = Some(block);
        }
    }
    Ok(homes)
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

    /// Calls `each` with the blocks where exceptions of a block may arrive.
    fn each_handler(&self, func: &Func, block: Block, mut each: impl FnMut(Block)) {
        let mut at = self.at_entry[block];
        // Bounded, should a function link in a ring.
        for _ in 0..func.blocks.len() {
            let Some(push) = at else { break };
            if let Term::NlrPush { caught, .. } = func.blocks[push].term {
                each(caught.block);
            }
            at = self.at_end[push];
        }
    }

    /// Where exceptions arrive, with each block that they arrive from; rising.
    fn protected(&self, func: &Func, cfg: &Cfg) -> Result<TryVec<(Block, Block)>, OutOfMemory> {
        let mut all = TryVec::new();
        let mut is_full = false;
        for block in &cfg.order {
            self.each_handler(func, *block, |handler| {
                is_full |= all.push((handler, *block)).is_err();
            });
        }
        if is_full {
            return Err(OutOfMemory);
        }
        all.sort_unstable();
        Ok(all)
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
        let is_live = |block| live.live_in(Block::from_index(block)).contains(&value);
        assert_eq!([1, 2, 3].map(is_live), [true, true, false]);
        let mut is_wanted = false;
        live.each_out(&func, Block::from_index(1), |it| is_wanted |= it == value);
        assert!(is_wanted);
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
            let live_in = live.live_in(Block::from_index(block));
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
            let mut all = std::vec::Vec::new();
            live.each_out(&func, Block::from_index(block), |it| all.push(it.index()));
            all
        };
        assert_eq!(*live.live_in(Block::from_index(1)), [Vreg::from_index(0)]);
        assert!(out(1).iter().all(|it| *it == 0) && !out(1).is_empty());
        assert_eq!(out(0), [0]);
        assert!(out(2).is_empty());
    }
}
