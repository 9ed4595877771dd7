//! Random operations against a model.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

/// A block as the model knows it.
#[derive(Clone)]
struct Known {
    words: usize,
    /// Word index to block number.
    links: BTreeMap<usize, usize>,
    kind: u8,
}

const SCANNED: u8 = 0;
const LEAF: u8 = 1;
const OWNED: u8 = 2;

/// What word `i` of block `id` holds unless a link: odd, so never a reference.
fn filler(id: usize, i: usize) -> usize {
    (id.wrapping_mul(0x9e37_79b9) ^ i.wrapping_mul(0x85eb_ca6b)) | 1
}

/// A random walk over all operations, against a model.
struct Walk {
    f: Fixture,
    random: Random,
    blocks: BTreeMap<usize, (Block, Known)>,
    roots: BTreeSet<usize>,
    next_id: usize,
}

impl Walk {
    fn new(bytes: usize, seed: u64, mark_cap: usize) -> Walk {
        let mut f = fixture_at(bytes, seed as usize % 7 * 2);
        f.heap.mark_cap = mark_cap;
        Walk {
            f,
            random: Random(seed * 2 + 1),
            blocks: BTreeMap::new(),
            roots: BTreeSet::new(),
            next_id: 1,
        }
    }

    fn size(&mut self) -> usize {
        match self.random.below(20) {
            0 => self.random.below(400 * GRANULE),
            1..=4 => self.random.below(40 * GRANULE),
            _ => self.random.below(5 * GRANULE),
        }
    }

    fn pick(&mut self) -> Option<usize> {
        let n = self.blocks.len();
        if n == 0 {
            return None;
        }
        let i = self.random.below(n);
        self.blocks.keys().nth(i).copied()
    }

    fn allocate(&mut self) {
        let bytes = self.size();
        let kind = match self.random.below(10) {
            0 => OWNED,
            1..=3 => LEAF,
            _ => SCANNED,
        };
        let heap = &mut self.f.heap;
        let block = match kind {
            OWNED => heap.alloc_owned(bytes),
            _ => heap.alloc(bytes, kind == LEAF),
        };
        let Some(block) = block else {
            self.collect();
            return;
        };
        let id = self.next_id;
        self.next_id += 1;
        // SAFETY: a block of this heap.
        let words = unsafe { self.f.heap.block_size(block) } / WORD;
        for i in 0..words {
            store(block, i, filler(id, i));
        }
        let known = Known {
            words,
            links: BTreeMap::new(),
            kind,
        };
        self.blocks.insert(id, (block, known));
        if self.random.below(3) == 0 {
            self.roots.insert(id);
        }
    }

    fn link(&mut self) {
        let (Some(from), Some(to)) = (self.pick(), self.pick()) else {
            return;
        };
        let target = address(self.blocks[&to].0);
        let i = self.random.below(self.blocks[&from].1.words);
        let (block, known) = self.blocks.get_mut(&from).unwrap();
        store(*block, i, target);
        known.links.insert(i, to);
    }

    fn free(&mut self) {
        let Some(id) = self.pick() else { return };
        // Freed by hand: no links to it may be left, as its address may come back.
        self.forget(id);
        let (block, _) = self.blocks.remove(&id).unwrap();
        self.roots.remove(&id);
        // SAFETY: a block of this heap, not used any more.
        unsafe { self.f.heap.free(block) };
    }

    fn forget(&mut self, gone: usize) {
        for (id, (block, known)) in &mut self.blocks {
            known.links.retain(|i, to| {
                if *to == gone {
                    store(*block, *i, filler(*id, *i));
                }
                *to != gone
            });
        }
    }

    fn resize(&mut self) {
        let Some(id) = self.pick() else { return };
        let bytes = self.size();
        let block = self.blocks[&id].0;
        // SAFETY: a block of this heap.
        let Some(moved) = (unsafe { self.f.heap.realloc(block, bytes) }) else {
            self.collect();
            return;
        };
        // SAFETY: as above.
        let words = unsafe { self.f.heap.block_size(moved) } / WORD;
        let (slot, known) = self.blocks.get_mut(&id).unwrap();
        *slot = moved;
        known.links.retain(|i, _| *i < words);
        for i in known.words..words {
            store(moved, i, filler(id, i));
        }
        known.words = words;
        for (from, known) in self.blocks.values() {
            for (i, _) in known.links.iter().filter(|(_, to)| **to == id) {
                store(*from, *i, address(moved));
            }
        }
    }

    fn collect(&mut self) {
        let roots: Vec<Block> = self.roots.iter().map(|id| self.blocks[id].0).collect();
        collect(&mut self.f.heap, &roots);
        let mut reached: BTreeSet<usize> = BTreeSet::new();
        let mut open: Vec<usize> = self.roots.iter().copied().collect();
        while let Some(id) = open.pop() {
            let known = &self.blocks[&id].1;
            if reached.insert(id) && known.kind == SCANNED {
                open.extend(known.links.values());
            }
        }
        let dead: Vec<usize> = self
            .blocks
            .iter()
            .filter(|(id, (_, known))| known.kind != OWNED && !reached.contains(id))
            .map(|(id, _)| *id)
            .collect();
        for id in &dead {
            self.blocks.remove(id);
        }
        for id in dead {
            self.forget(id);
        }
        for id in self.blocks.keys().copied().collect::<Vec<_>>() {
            self.verify(id);
        }
    }

    /// Contents and size of a block are what the model says.
    fn verify(&self, id: usize) {
        let (block, known) = &self.blocks[&id];
        for i in 0..known.words {
            let expected = match known.links.get(&i) {
                Some(to) => address(self.blocks[to].0),
                None => filler(id, i),
            };
            assert_eq!(load(*block, i), expected, "block {id}, word {i}");
        }
        // SAFETY: a block of this heap.
        let size = unsafe { self.f.heap.block_size(*block) };
        assert_eq!(size, known.words * WORD);
    }

    fn run(mut self, steps: usize) {
        for step in 0..steps {
            match self.random.below(100) {
                0..=49 => self.allocate(),
                50..=69 => self.link(),
                70..=84 => self.free(),
                85..=95 => self.resize(),
                96 => self.collect(),
                97 => {
                    if let Some(id) = self.pick() {
                        self.roots.insert(id);
                    }
                }
                98 => {
                    let i = self.random.below(self.roots.len().max(1));
                    if let Some(id) = self.roots.iter().nth(i).copied() {
                        self.roots.remove(&id);
                    }
                }
                _ => match self.random.below(8) {
                    0 => self.f.heap.set_threshold(Some(4000)),
                    1 => self.f.heap.set_threshold(None),
                    2 => self.f.heap.set_collect_always(true),
                    3 => self.f.heap.lock(),
                    4..=6 => {
                        self.f.heap.set_collect_always(false);
                        while self.f.heap.unlock() > 0 {}
                    }
                    _ => drop(self.f.heap.info()),
                },
            }
            if let Err(what) = self.f.heap.check() {
                panic!("step {step}: {what}");
            }
            let words: usize = self.blocks.values().map(|(_, known)| known.words).sum();
            assert_eq!(self.f.heap.used(), words * WORD, "step {step}");
        }
    }
}

#[test]
fn random_operations_agree_with_a_model() {
    for seed in 1..=rounds(59) {
        Walk::new(8 << 10, seed, 1 + seed as usize % 5).run(800 / stride(4));
    }
    for seed in 1..=rounds(11) {
        Walk::new((200 << 10) / stride(10), seed, MARK_STACK).run(2_000 / stride(10));
    }
}
