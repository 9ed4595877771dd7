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
/// Parameters of a block are defined in it: they are not in its own set. Arguments of edges are used at the end of
/// the block where the edge begins: they are not wanted behind it for that reason alone.
///
/// Of many values few are wanted anywhere: those have numbers.
#[derive(Debug)]
pub struct Liveness {
    /// By number: the value; rising.
    wanted: TryVec<Vreg>,
    /// What is wanted at the start of block `b` is `sets[b * width..(b + 1) * width]`.
    sets: TryVec<usize>,
    width: usize,
    buffers: Buffers,
}

/// Numbers of a word of a set.
const WORD: usize = usize::BITS as usize;
/// Words of all sets together. A function with more is to be made piece by piece.
const MOST_WORDS: usize = 1 << 23;
const NO_NUMBER: u32 = u32::MAX;

impl Liveness {
    /// Liveness of all values but those in `without`. Sets of blocks that control never reaches are empty.
    #[inline(never)]
    pub fn new(func: &Func, cfg: &Cfg, without: &BitSet) -> Result<Liveness, OutOfMemory> {
        let buffers = Buffers::new(func, cfg)?;
        let homes = homes(func)?;
        let uses = uses_elsewhere(func, cfg, &homes)?;
        let mut number = IndexVec::filled(NO_NUMBER, func.vregs.len())?;
        for (_, vreg) in &uses {
            if !without.contains(vreg.index()) {
                number[*vreg] = 0;
            }
        }
        let mut wanted = TryVec::new();
        for vreg in func.vregs.indices() {
            let number = &mut number[vreg];
            if *number != NO_NUMBER {
                *number = wanted.len() as u32;
                wanted.push(vreg)?;
            }
        }
        let width = wanted.len().div_ceil(WORD);
        let words = width.checked_mul(func.blocks.len());
        let words = words.filter(|words| *words <= MOST_WORDS);
        let mut live = Liveness {
            sets: TryVec::filled(0, words.ok_or(OutOfMemory)?)?,
            wanted,
            width,
            buffers,
        };
        for (block, vreg) in &uses {
            let number = number[*vreg];
            if number != NO_NUMBER {
                live.insert(*block, number as usize);
            }
        }
        drop(uses);
        drop(number);
        let made = live.made_in_blocks(func.blocks.len(), &homes)?;
        drop(homes);
        live.spread(func, cfg, &made)?;
        Ok(live)
    }

    fn insert(&mut self, block: Block, number: usize) {
        if let Some(word) = self
            .sets
            .get_mut(block.index() * self.width + number / WORD)
        {
            *word |= 1 << (number % WORD);
        }
    }

    /// Numbers of the values that each block defines: one list behind the other, and where the lists begin.
    fn made_in_blocks(
        &self,
        blocks: usize,
        homes: &IndexVec<Vreg, Option<Block>>,
    ) -> Result<(TryVec<u32>, TryVec<u32>), OutOfMemory> {
        let mut first = TryVec::filled(0u32, blocks + 1)?;
        let home = |vreg: &Vreg| homes[*vreg];
        for home in self.wanted.iter().filter_map(home) {
            first[home.index()] += 1;
        }
        // Ends of the lists; filling them from behind makes starts of them.
        let mut sum = 0;
        for at in first.iter_mut() {
            sum += *at;
            *at = sum;
        }
        let mut items = TryVec::filled(0, sum as usize)?;
        for (number, vreg) in self.wanted.iter().enumerate() {
            if let Some(home) = home(vreg) {
                let at = &mut first[home.index()];
                *at -= 1;
                items[*at as usize] = number as u32;
            }
        }
        Ok((items, first))
    }

    /// From where values are used up to where they are made, until nothing changes.
    fn spread(
        &mut self,
        func: &Func,
        cfg: &Cfg,
        (made, first): &(TryVec<u32>, TryVec<u32>),
    ) -> Result<(), OutOfMemory> {
        let mut now = TryVec::filled(0, self.width)?;
        // One round is enough where nothing leads back.
        let has_loops = cfg.leads_back() || !self.buffers.at_entry.is_empty();
        let mut changed = self.width > 0;
        while changed {
            changed = false;
            for block in cfg.order.iter().rev() {
                self.out(func, *block, &mut now);
                let at = block.index();
                for number in &made[first[at] as usize..first[at + 1] as usize] {
                    let number = *number as usize;
                    now[number / WORD] &= !(1 << (number % WORD));
                }
                let set = &mut self.sets[at * self.width..(at + 1) * self.width];
                let mut new = 0;
                for (word, more) in set.iter_mut().zip(&now) {
                    new |= more & !*word;
                    *word |= more;
                }
                changed |= new != 0;
            }
            changed &= has_loops;
        }
        Ok(())
    }

    /// Words of a set.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The value that a bit of a set stands for.
    pub fn value(&self, word: usize, bit: u32) -> Vreg {
        self.wanted[word * WORD + bit as usize]
    }

    /// The set of what is wanted at the start of a block, from outside.
    pub fn set_in(&self, block: Block) -> &[usize] {
        let start = block.index() * self.width;
        self.sets.get(start..start + self.width).unwrap_or(&[])
    }

    /// What is wanted at the start of a block, from outside.
    pub fn live_in(&self, block: Block) -> impl Iterator<Item = Vreg> + '_ {
        let words = self.set_in(block).iter().enumerate();
        words.flat_map(move |(at, word)| bits(*word).map(move |bit| self.value(at, bit)))
    }

    /// Makes `set` that of what is wanted behind the end of `block`.
    pub fn out(&self, func: &Func, block: Block, set: &mut [usize]) {
        set.fill(0);
        let mut add = |from: Block| {
            for (word, more) in set.iter_mut().zip(self.set_in(from)) {
                *word |= more;
            }
        };
        for to in func.successors(block) {
            add(to);
        }
        // The block may unlink the buffer half way; until then what the handler wants is live.
        self.buffers.each_handler(func, block, add);
    }

    /// Takes out values that are made anew wherever they are wanted.
    pub fn remove(&mut self, gone: impl Fn(Vreg) -> bool) -> Result<(), OutOfMemory> {
        let mut kept = TryVec::filled(usize::MAX, self.width)?;
        for (number, vreg) in self.wanted.iter().enumerate() {
            if gone(*vreg) {
                kept[number / WORD] &= !(1 << (number % WORD));
            }
        }
        for set in self.sets.chunks_mut(self.width.max(1)) {
            for (word, kept) in set.iter_mut().zip(&kept) {
                *word &= kept;
            }
        }
        Ok(())
    }

    /// At the start of `block` it is `new` that is wanted, the newest of all values, and `old` from there on.
    pub fn replace(&mut self, block: Block, old: Vreg, new: Vreg) -> Result<(), OutOfMemory> {
        let Ok(number) = self.wanted.binary_search(&old) else {
            return Ok(());
        };
        let bit = 1 << (number % WORD);
        match self
            .sets
            .get_mut(block.index() * self.width + number / WORD)
        {
            Some(word) if *word & bit != 0 => *word &= !bit,
            _ => return Ok(()),
        }
        if self.wanted.len() == self.width * WORD {
            self.widen()?;
        }
        self.wanted.push(new)?;
        self.insert(block, self.wanted.len() - 1);
        Ok(())
    }

    /// Makes room for further values.
    fn widen(&mut self) -> Result<(), OutOfMemory> {
        let width = self.width + self.width.div_ceil(8);
        let blocks = self.sets.len() / self.width.max(1);
        let mut sets = TryVec::filled(0, blocks * width)?;
        for (new, old) in sets.chunks_mut(width).zip(self.sets.chunks(self.width)) {
            new[..old.len()].copy_from_slice(old);
        }
        (self.sets, self.width) = (sets, width);
        Ok(())
    }
}

/// The bits that are set in a word, the lowest first.
pub fn bits(word: usize) -> impl Iterator<Item = u32> {
    let mut rest = word;
    core::iter::from_fn(move || {
        if rest == 0 {
            return None;
        }
        let bit = rest.trailing_zeros();
        rest &= rest - 1;
        Some(bit)
    })
}

/// Values used in other blocks than they are defined in, with these blocks; few of them more than once.
fn uses_elsewhere(
    func: &Func,
    cfg: &Cfg,
    homes: &IndexVec<Vreg, Option<Block>>,
) -> Result<TryVec<(Block, Vreg)>, OutOfMemory> {
    let mut uses = TryVec::new();
    let mut last: IndexVec<Vreg, Option<Block>> = IndexVec::filled(None, func.vregs.len())?;
    for block in &cfg.order {
        let data = &func.blocks[*block];
        let mut note = |vreg: Vreg| {
            if homes[vreg] == Some(*block) || last[vreg] == Some(*block) {
                return Ok(());
            }
            last[vreg] = Some(*block);
            uses.push((*block, vreg))
        };
        for inst in &data.insts {
            for operand in inst.operands() {
                note(operand)?;
            }
            for arg in func.items(inst.args) {
                note(*arg)?;
            }
        }
        for operand in data.term.operands() {
            note(operand)?;
        }
        for edge in data.term.edges() {
            for arg in func.items(edge.args) {
                note(*arg)?;
            }
        }
    }
    Ok(uses)
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

/// Which exception buffers are linked where; nothing if there are none.
#[derive(Debug, Default)]
struct Buffers {
    /// By block: the end that linked the newest buffer.
    at_entry: IndexVec<Block, Option<Block>>,
    /// By block: the same at its end, which need not be what it is at the entry: calls between may unlink. So of a
    /// block whose end links a buffer this is the buffer before.
    at_end: IndexVec<Block, Option<Block>>,
}

impl Buffers {
    fn new(func: &Func, cfg: &Cfg) -> Result<Buffers, OutOfMemory> {
        let is_push = |block: &Block| matches!(func.blocks[*block].term, Term::NlrPush { .. });
        if !cfg.order.iter().any(is_push) {
            return Ok(Buffers::default());
        }
        let mut at_entry: IndexVec<Block, Option<Block>> =
            IndexVec::filled(None, func.blocks.len())?;
        let mut at_end = at_entry.try_clone()?;
        let mut seen = BitSet::with_limit(func.blocks.len())?;
        let mut waiting = TryVec::new();
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
        let mut at = self.at_entry.get(block).copied().flatten();
        // Bounded, should a function link in a ring.
        for _ in 0..func.blocks.len() {
            let Some(push) = at else { break };
            if let Term::NlrPush { caught, .. } = func.blocks[push].term {
                each(caught.block);
            }
            at = self.at_end[push];
        }
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

    /// Numbers of the values that are wanted behind a block.
    fn out(live: &Liveness, func: &Func, block: usize) -> std::vec::Vec<usize> {
        let mut set = std::vec![0; live.width()];
        live.out(func, Block::from_index(block), &mut set);
        let words = set.iter().enumerate();
        words
            .flat_map(|(at, word)| bits(*word).map(move |bit| live.value(at, bit).index()))
            .collect()
    }

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
        let is_live = |block| live.live_in(Block::from_index(block)).any(|it| it == value);
        assert_eq!([1, 2, 3].map(is_live), [true, true, false]);
        assert!(out(&live, &func, 1).contains(&0));
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
            let mut live_in = live.live_in(Block::from_index(block));
            live_in.any(|it| it == Vreg::from_index(value))
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
        let out = |block| out(&live, &func, block);
        assert!(live.live_in(Block::from_index(1)).eq([Vreg::from_index(0)]));
        assert_eq!(out(1), [0]);
        assert_eq!(out(0), [0]);
        assert!(out(2).is_empty());
    }
}
