//! Values that are to share a place.
//!
//! An edge's argument and the parameter it goes to, a copy and what it copies, a result and the operand that the
//! machine overwrites: if they are never alive at once they become one bundle, most frequent pairs first, and the move
//! between them vanishes. A value that a loop carries then stays in one register all around.
use ferlance_collections::{BitSet, IndexVec, OutOfMemory, TryVec, index_type};

use super::intervals::{Numbers, Range, asked, asked_at_end, meet, merged, point};
use crate::arch::{Arch, Constraints, Preg, PregSet, Use, Which};
use crate::nir::{Block, Func, Inst, Op, Term, Type, Vreg};

index_type! {
    /// Values that share a place, or a register that an instruction uses itself.
    pub(super) struct Bundle(pub(super) u32);
}

#[derive(Debug, Default)]
pub(super) struct BundleData {
    pub(super) ranges: TryVec<Range>,
    pub(super) vregs: TryVec<Vreg>,
    /// Registers it may have.
    pub(super) regs: PregSet,
    /// Runs of the instructions that would have to go to memory.
    pub(super) weight: u64,
    /// Cannot be without a register: made to be short.
    pub(super) minimal: bool,
    /// Registers it would best have, and how many runs of a move that saves.
    pub(super) hints: TryVec<(Preg, u64)>,
    /// For which instruction it is a register of its own.
    pub(super) temp: Option<(u32, u8)>,
}

/// A value by itself.
#[derive(Debug)]
pub(super) struct Single {
    ranges: TryVec<Range>,
    regs: PregSet,
    weight: u64,
    hints: TryVec<(Preg, u64)>,
}

/// In short code, where a register is worth the more the more often it is used, however far apart: what a use of a
/// table's address counts.
const BASE: u64 = 4;

/// How often a block runs, in sixty-fourths of the function's runs.
pub(super) fn frequency(func: &Func, block: Block) -> u64 {
    let data = &func.blocks[block];
    let hot = 64u64 << (3 * u32::from(data.depth.min(7)));
    if data.cold { (hot >> 6).max(1) } else { hot }
}

/// What the allocator works with.
#[derive(Debug)]
pub(super) struct Bundles {
    pub(super) all: IndexVec<Bundle, BundleData>,
    pub(super) of: IndexVec<Vreg, Option<Bundle>>,
    /// Registers that instructions other than calls overwrite, and when.
    pub(super) fixed: TryVec<(Preg, Range)>,
    /// Numbers of the calls, rising, with their frequency if they are in cold blocks: 0 means hot.
    pub(super) calls: TryVec<(u32, u64)>,
    /// By value: what it is by itself.
    singles: IndexVec<Vreg, Single>,
    /// Pairs that are not in one bundle but would like the same register: value, value, runs; both ways, by the first.
    pub(super) likes: TryVec<(Vreg, Vreg, u64)>,
}

/// Which values have which role.
pub(super) struct Roles<'a> {
    /// Made where they are wanted.
    pub(super) constants: &'a BitSet,
    /// In memory.
    pub(super) spilled: &'a BitSet,
    /// Made to be short.
    pub(super) minimal: &'a BitSet,
    /// Wanted where exceptions arrive.
    pub(super) caught: &'a BitSet,
}

/// Two values that would save a move if they shared a place.
struct Pair {
    runs: u64,
    /// Of an edge: what loops carry comes first, so that the instructions in the loop adapt to it.
    edge: bool,
    one: Vreg,
    two: Vreg,
}

struct Maker<'a> {
    func: &'a Func,
    arch: &'a dyn Arch,
    /// Is it to be short code?
    small: bool,
    /// Pairs that would save a move.
    pairs: TryVec<Pair>,
    made: Bundles,
}

pub(super) fn bundles(
    func: &Func,
    arch: &dyn Arch,
    order: &[Block],
    numbers: &Numbers,
    ranges: IndexVec<Vreg, TryVec<Range>>,
    roles: &Roles<'_>,
) -> Result<Bundles, OutOfMemory> {
    let all = arch.regs().allocatable();
    let alive = ranges.iter().filter(|ranges| !ranges.is_empty()).count();
    let mut singles = IndexVec::with_capacity(func.vregs.len())?;
    for (data, ranges) in func.vregs.iter().zip(ranges.into_items()) {
        let class = if data.ty.is_float() {
            PregSet::FLOATS
        } else {
            PregSet::INTS
        };
        singles.push(Single {
            ranges,
            regs: all.intersection(class),
            weight: 0,
            hints: TryVec::new(),
        })?;
    }
    let mut maker = Maker {
        func,
        arch,
        small: arch.target().small,
        pairs: TryVec::new(),
        made: Bundles {
            all: IndexVec::with_capacity(alive)?,
            of: IndexVec::filled(None, func.vregs.len())?,
            fixed: TryVec::new(),
            calls: TryVec::new(),
            singles,
            likes: TryVec::new(),
        },
    };
    maker.entry()?;
    for block in order {
        maker.block(*block, numbers)?;
    }
    maker.join(roles)
}

impl Maker<'_> {
    fn entry(&mut self) -> Result<(), OutOfMemory> {
        let entry = Block::from_index(0);
        let params = self.func.items(self.func.blocks[entry].params);
        for (param, preg) in params.iter().zip(self.arch.regs().params) {
            self.hint(*param, Some(*preg), 64)?;
            self.made.singles[*param].weight += 64;
        }
        Ok(())
    }

    fn hint(&mut self, vreg: Vreg, preg: Option<Preg>, runs: u64) -> Result<(), OutOfMemory> {
        let Some(preg) = preg else { return Ok(()) };
        if !self.made.singles[vreg].regs.contains(preg) {
            return Ok(());
        }
        let hints = &mut self.made.singles[vreg].hints;
        if hints.is_empty() {
            // Most have no second one.
            hints.reserve_exact(1)?;
        }
        hints.push((preg, runs))
    }

    fn pair(&mut self, runs: u64, one: Vreg, two: Vreg) -> Result<(), OutOfMemory> {
        self.pairs.push(Pair {
            runs,
            edge: false,
            one,
            two,
        })
    }

    fn block(&mut self, block: Block, numbers: &Numbers) -> Result<(), OutOfMemory> {
        let func = self.func;
        let data = &func.blocks[block];
        // For short code it is bytes that count, wherever they are.
        let runs = if self.small {
            64
        } else {
            frequency(func, block)
        };
        let cold = if data.cold { runs } else { 0 };
        for (at, inst) in data.insts.iter().enumerate() {
            let number = numbers.inst(block, at);
            match inst.op {
                Op::Line => {}
                Op::Call(_) | Op::CallDirect => self.call(inst, number, runs, cold)?,
                Op::Copy => {
                    if let (Some(dst), Some(a)) = (inst.dst, inst.a) {
                        self.pair(runs, dst, a)?;
                        self.made.singles[dst].weight += runs;
                        self.made.singles[a].weight += runs;
                    }
                }
                Op::Const | Op::FConst => {
                    if let Some(dst) = inst.dst {
                        self.made.singles[dst].weight += runs / 2;
                    }
                }
                _ => self.inst(inst, number, runs)?,
            }
        }
        self.end(block, numbers.end(func, block), runs)
    }

    fn call(&mut self, inst: &Inst, number: u32, runs: u64, cold: u64) -> Result<(), OutOfMemory> {
        self.made.calls.push((number, cold))?;
        let regs = self.arch.regs();
        let (mut words, mut floats) = (regs.args.iter(), regs.float_args.iter());
        for arg in self.func.items(inst.args) {
            let preg = if self.func.ty(*arg).is_float() {
                floats.next()
            } else {
                words.next()
            };
            self.hint(*arg, preg.copied(), runs)?;
            // Loading an argument costs what moving it does, nearly, and has as many bytes.
            if !self.small {
                self.made.singles[*arg].weight += runs / 2;
            }
        }
        if let Some(table) = inst.a {
            self.made.singles[table].weight += if self.small { BASE * runs } else { runs };
        }
        if let Some(dst) = inst.dst {
            let result = if self.func.ty(dst).is_float() {
                regs.float_result
            } else {
                regs.result
            };
            if self.small {
                // Rather the register of the argument that it becomes: others may want this one before.
                self.hint(dst, Some(result), runs * 3 / 4)?;
            } else {
                self.hint(dst, Some(result), runs)?;
                self.made.singles[dst].weight += runs;
            }
        }
        Ok(())
    }

    fn inst(&mut self, inst: &Inst, number: u32, runs: u64) -> Result<(), OutOfMemory> {
        let asks = asked(self.arch, self.func, inst);
        for (operand, asks) in [(inst.a, asks.a), (inst.b, asks.b), (inst.c, asks.c)] {
            if let Some(vreg) = operand {
                self.operand(vreg, &asks, runs)?;
            }
        }
        if let (true, Op::Load(..) | Op::Store(..), Some(base)) = (self.small, inst.op, inst.a) {
            self.made.singles[base].weight += (BASE - 1) * runs;
        }
        if let Some(dst) = inst.dst {
            self.result(dst, [inst.a, inst.b, inst.c], &asks, runs)?;
        }
        self.registers(&asks, number)
    }

    fn operand(&mut self, vreg: Vreg, asks: &Use, runs: u64) -> Result<(), OutOfMemory> {
        let single = &mut self.made.singles[vreg];
        let regs = single.regs.intersection(asks.regs);
        if !regs.is_empty() {
            single.regs = regs;
        }
        single.weight += if asks.memory { runs * 3 / 4 } else { runs };
        self.hint(vreg, asks.hint, runs)
    }

    fn result(
        &mut self,
        dst: Vreg,
        operands: [Option<Vreg>; 3],
        asks: &Constraints,
        runs: u64,
    ) -> Result<(), OutOfMemory> {
        let single = &mut self.made.singles[dst];
        let regs = single.regs.intersection(asks.dst);
        if !regs.is_empty() {
            single.regs = regs;
        }
        single.weight += runs;
        self.hint(dst, asks.dst_hint, runs)?;
        let [a, b, c] = operands;
        let tied = match asks.tied {
            Some(Which::A) => a,
            Some(Which::B) => b,
            Some(Which::C) => c,
            None => None,
        };
        // Pairs are taken last first: the operand that is as good comes before the first.
        if let (Some(b), true) = (b, asks.commutes) {
            self.pair(runs, dst, b)?;
        }
        if let Some(operand) = tied {
            self.pair(runs, dst, operand)?;
        }
        Ok(())
    }

    /// What an instruction does to registers besides its operands.
    fn registers(&mut self, asks: &Constraints, number: u32) -> Result<(), OutOfMemory> {
        let base = point(number);
        let mut fix = |set: PregSet, to: u32| {
            for preg in set.intersection(self.arch.regs().allocatable()).iter() {
                let range = Range { from: base + 1, to };
                self.made.fixed.push((preg, range))?;
            }
            Ok::<(), OutOfMemory>(())
        };
        fix(asks.clobbers.difference(asks.busy), base + 2)?;
        fix(asks.busy, base + 3)?;
        let regs = PregSet::of(self.arch.regs().ints).intersection(asks.temp_regs);
        for at in 0..asks.temps {
            let mut ranges = TryVec::new();
            ranges.push(Range {
                from: base,
                to: base + 3,
            })?;
            self.made.all.push(BundleData {
                ranges,
                vregs: TryVec::new(),
                regs,
                weight: u64::MAX,
                minimal: true,
                hints: TryVec::new(),
                temp: Some((number, at)),
            })?;
        }
        Ok(())
    }

    fn end(&mut self, block: Block, number: u32, runs: u64) -> Result<(), OutOfMemory> {
        let func = self.func;
        let term = &func.blocks[block].term;
        let asks = asked_at_end(self.arch, func, term);
        for (vreg, asks) in term.operands().zip([asks.a, asks.b, asks.c]) {
            self.operand(vreg, &asks, runs)?;
        }
        if let Some(dst) = term.def() {
            let mut operands = term.operands();
            let operands = [operands.next(), operands.next(), None];
            self.result(dst, operands, &asks, runs)?;
        }
        self.registers(&asks, number)?;
        match *term {
            Term::Jump(edge) => {
                let params = func.items(func.blocks[edge.block].params);
                for (param, arg) in params.iter().zip(func.items(edge.args)) {
                    self.pairs.push(Pair {
                        runs,
                        edge: true,
                        one: *param,
                        two: *arg,
                    })?;
                    self.made.singles[*param].weight += runs / 2;
                    self.made.singles[*arg].weight += runs / 2;
                }
            }
            Term::Return { a } => {
                let ret = self.arch.regs().ret;
                self.hint(a, Some(ret), runs)?;
            }
            // Never in cold code: the second return would find stale registers in the frame.
            Term::NlrPush { .. } => self.made.calls.push((number, 0))?,
            _ => {}
        }
        Ok(())
    }

    fn join(mut self, roles: &Roles<'_>) -> Result<Bundles, OutOfMemory> {
        // A block that only jumps may pass on more parameters than there are registers: they may go to memory.
        let mut params = BitSet::with_limit(self.func.vregs.len())?;
        for data in &self.func.blocks {
            for param in self.func.items(data.params) {
                params.insert(param.index())?;
            }
        }
        for vreg in self.func.vregs.indices() {
            if roles.constants.contains(vreg.index()) || self.made.singles[vreg].ranges.is_empty() {
                continue;
            }
            let bundle = self.made.single(vreg)?;
            let data = &mut self.made.all[bundle];
            // What is as short as can be gains nothing from memory: an unused result, say.
            let short = matches!(&*data.ranges, [range] if range.to - range.from <= 3)
                && !params.contains(vreg.index());
            data.minimal = short || roles.minimal.contains(vreg.index());
        }
        // Of pairs of equal worth the last ones first: a chain of operations grows from its result backwards.
        self.pairs.reverse();
        self.pairs
            .sort_by_key(|pair| (core::cmp::Reverse(pair.runs), !pair.edge));
        for at in 0..self.pairs.len() {
            let Pair { runs, one, two, .. } = self.pairs[at];
            if !self.made.join(one, two, roles)? {
                self.made.likes.push((one, two, runs))?;
                self.made.likes.push((two, one, runs))?;
            }
        }
        self.made.likes.sort_by_key(|(vreg, ..)| *vreg);
        Ok(self.made)
    }
}

impl Bundles {
    /// A bundle of one value.
    pub(super) fn single(&mut self, vreg: Vreg) -> Result<Bundle, OutOfMemory> {
        let single = &self.singles[vreg];
        let vregs = TryVec::from_slice(&[vreg])?;
        let bundle = self.all.push(BundleData {
            ranges: single.ranges.try_clone()?,
            vregs,
            regs: single.regs,
            weight: single.weight,
            minimal: false,
            hints: single.hints.try_clone()?,
            temp: None,
        })?;
        self.of[vreg] = Some(bundle);
        Ok(bundle)
    }

    /// Makes one bundle of those of two values, if they may share a place. Returns whether they share it.
    fn join(&mut self, one: Vreg, two: Vreg, roles: &Roles<'_>) -> Result<bool, OutOfMemory> {
        let (Some(a), Some(b)) = (self.of[one], self.of[two]) else {
            return Ok(false);
        };
        if a == b {
            return Ok(true);
        }
        let (x, y) = (&self.all[a], &self.all[b]);
        let spilled = |vreg: Vreg| roles.spilled.contains(vreg.index());
        // A slot keeps its value for the place where exceptions arrive; a register is restored anyway.
        let kept = |vreg: Vreg| spilled(vreg) && roles.caught.contains(vreg.index());
        let regs = x.regs.intersection(y.regs);
        // What was made to be short must stay so.
        if x.minimal
            || y.minimal
            || spilled(one) != spilled(two)
            || regs.is_empty()
            || x.vregs.iter().chain(&y.vregs).any(|vreg| kept(*vreg))
            || meet(&x.ranges, &y.ranges)
        {
            return Ok(false);
        }
        let ranges = merged(&x.ranges, &y.ranges)?;
        let (keep, gone) = if x.vregs.len() >= y.vregs.len() {
            (a, b)
        } else {
            (b, a)
        };
        let gone = core::mem::take(&mut self.all[gone]);
        let into = &mut self.all[keep];
        into.ranges = ranges;
        into.regs = regs;
        into.weight += gone.weight;
        into.hints.extend_from_slice(&gone.hints)?;
        for vreg in gone.vregs {
            into.vregs.push(vreg)?;
            self.of[vreg] = Some(keep);
        }
        Ok(true)
    }
}

/// Words that a value takes in memory.
pub(super) const fn words(ty: Type, word: u32) -> u32 {
    if matches!(ty, Type::F64) && word == 4 {
        2
    } else {
        1
    }
}
