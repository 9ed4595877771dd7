//! Values that are to share a place.
//!
//! An edge's argument and the parameter it goes to, a copy and what it copies, a result and the operand that the
//! machine overwrites: if they are never alive at once they become one bundle, most frequent pairs first, and the move
//! between them vanishes. A value that a loop carries then stays in one register all around.
use ferlance_collections::{
    BitSet, IndexVec, OutOfMemory, SCARCE_MEMORY, TryVec, niche_index_type,
};

use super::intervals::{Numbers, Range, Ranges, asked, asked_at_end, meet, merge, point};
use crate::arch::{Arch, Constraints, Preg, PregSet, Use, Which};
use crate::nir::{Block, Effort, Func, Inst, Op, Term, Type, Vreg};

niche_index_type! {
    /// Values that share a place, or a register that an instruction uses itself.
    pub(super) struct Bundle;
}

#[derive(Debug, Default)]
pub(super) struct BundleData {
    /// Its ranges are a run of [`Bundles::ranges`].
    start: u32,
    len: u32,
    /// The last of its values; the others are in a ring with it by [`Bundles::next`]. None if it is a register that an
    /// instruction uses itself.
    last: Option<Vreg>,
    /// Runs of the instructions that would have to go to memory.
    pub(super) weight: u32,
    /// How many values, as far as numbers of this size go.
    count: u16,
    /// Cannot be without a register: made to be short.
    pub(super) minimal: bool,
    /// Registers it may have.
    pub(super) regs: PregSet,
}

// There is one for each value.
const _: () = assert!(size_of::<BundleData>() == 28 && size_of::<Single>() == 20);

/// A value by itself.
#[derive(Debug)]
struct Single {
    regs: PregSet,
    weight: u32,
    /// The first of its hints.
    hint: u32,
    /// The first of the pairs it is in that are not in one bundle.
    pair: u32,
}

/// The end of a list.
const NOTHING: u32 = u32::MAX;

/// A register that a value would best have, and how many runs of a move that saves.
#[derive(Debug)]
struct Hint {
    preg: Preg,
    runs: u32,
    next: u32,
}

/// In short code, where a register is worth the more the more often it is used, however far apart: what a use of a
/// table's address counts.
const BASE: u32 = 4;

/// How often a block runs, in sixty-fourths of the function's runs.
pub(super) fn frequency(func: &Func, block: Block) -> u32 {
    let data = &func.blocks[block];
    let hot = 64u32 << (3 * u32::from(data.depth.min(7)));
    if data.cold { (hot >> 6).max(1) } else { hot }
}

/// What the allocator works with.
#[derive(Debug)]
pub(super) struct Bundles {
    pub(super) all: IndexVec<Bundle, BundleData>,
    pub(super) of: IndexVec<Vreg, Option<Bundle>>,
    /// By value: the next one in its bundle, of the last the first.
    next: IndexVec<Vreg, Option<Vreg>>,
    /// Registers for instructions themselves: the instruction, and which of its registers it is.
    pub(super) temps: TryVec<(Bundle, u32, u8)>,
    /// Registers that instructions other than calls overwrite, and when.
    pub(super) fixed: TryVec<(Preg, Range)>,
    /// Numbers of the calls, rising, with their frequency if they are in cold blocks: 0 means hot.
    pub(super) calls: TryVec<(u32, u32)>,
    /// By value: what it is by itself.
    singles: IndexVec<Vreg, Single>,
    /// Ranges of values, then of instructions' registers and of bundles of several values.
    ranges: Ranges,
    hints: TryVec<Hint>,
    pairs: TryVec<Pair>,
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
#[derive(Debug, Clone)]
struct Pair {
    /// As a power of two.
    runs: u8,
    /// Are they in one bundle?
    joined: bool,
    one: Vreg,
    two: Vreg,
    /// The next pair of each that is not in one bundle; before that is known, the first is the next pair of equal
    /// worth.
    next: [u32; 2],
}

struct Maker<'a> {
    func: &'a Func,
    arch: &'a dyn Arch,
    /// All registers that values may get.
    regs: PregSet,
    /// Is it to be short code?
    small: bool,
    /// By worth: the last of the pairs.
    worth: [u32; WORTHS],
    made: Bundles,
}

/// Runs are powers of two; of pairs of equal runs, those of edges are worth more.
const WORTHS: usize = 64;

#[inline(never)]
pub(super) fn bundles(
    func: &Func,
    arch: &dyn Arch,
    order: &[Block],
    numbers: &Numbers,
    ranges: Ranges,
    roles: &Roles<'_>,
) -> Result<Bundles, OutOfMemory> {
    let all = arch.regs().allocatable();
    let alive = |vreg: &Vreg| ranges.run(*vreg).1 > 0 && !roles.constants.contains(vreg.index());
    let alive = func.vregs.indices().filter(alive).count();
    let mut singles = IndexVec::with_capacity(func.vregs.len())?;
    for data in &func.vregs {
        let class = if data.ty.is_float() {
            PregSet::FLOATS
        } else {
            PregSet::INTS
        };
        singles.push(Single {
            regs: all.intersection(class),
            weight: 0,
            hint: NOTHING,
            pair: NOTHING,
        })?;
    }
    let mut maker = Maker {
        func,
        arch,
        regs: all,
        small: arch.target().small,
        worth: [NOTHING; WORTHS],
        made: Bundles {
            // Some are taken apart.
            all: IndexVec::with_capacity(alive + alive / 8)?,
            of: IndexVec::filled(None, func.vregs.len())?,
            next: IndexVec::filled(None, func.vregs.len())?,
            temps: TryVec::new(),
            fixed: TryVec::new(),
            calls: TryVec::new(),
            singles,
            ranges,
            hints: TryVec::new(),
            pairs: TryVec::new(),
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
            self.weigh(*param, 64);
        }
        Ok(())
    }

    fn weigh(&mut self, vreg: Vreg, runs: u32) {
        let weight = &mut self.made.singles[vreg].weight;
        *weight = weight.saturating_add(runs);
    }

    fn hint(&mut self, vreg: Vreg, preg: Option<Preg>, runs: u32) -> Result<(), OutOfMemory> {
        let Some(preg) = preg else { return Ok(()) };
        let single = &mut self.made.singles[vreg];
        if !single.regs.contains(preg) {
            return Ok(());
        }
        let next = single.hint;
        single.hint = self.made.hints.len() as u32;
        self.made.hints.push(Hint { preg, runs, next })
    }

    /// Notes a pair; what loops carry over an `edge` comes first, so that the instructions in the loop adapt to it.
    fn pair(&mut self, runs: u32, edge: bool, one: Vreg, two: Vreg) -> Result<(), OutOfMemory> {
        debug_assert!(runs.is_power_of_two());
        let power = runs.trailing_zeros();
        let worth = power as usize * 2 + usize::from(edge);
        let last = &mut self.worth[worth % WORTHS];
        let next = core::mem::replace(last, self.made.pairs.len() as u32);
        self.made.pairs.push(Pair {
            runs: power as u8,
            joined: false,
            one,
            two,
            next: [next; 2],
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
        let aside = if data.cold || self.small {
            runs
        } else {
            (runs >> 6).max(1)
        };
        for (at, inst) in data.insts.iter().enumerate() {
            let number = numbers.inst(block, at);
            match inst.op {
                Op::Line => {}
                Op::Call(_) | Op::CallDirect => self.call(inst, number, runs, cold)?,
                Op::Copy => {
                    if let (Some(dst), Some(a)) = (inst.dst, inst.a) {
                        self.pair(runs, false, dst, a)?;
                        self.weigh(dst, runs);
                        self.weigh(a, runs);
                    }
                }
                Op::Const | Op::FConst => {
                    if let Some(dst) = inst.dst {
                        self.weigh(dst, runs / 2);
                    }
                }
                Op::Cached(..) => {
                    self.made.calls.push((number, aside))?;
                    self.inst(inst, number, runs)?;
                    for arg in func.items(inst.args) {
                        self.weigh(*arg, aside);
                    }
                }
                _ => self.inst(inst, number, runs)?,
            }
        }
        self.end(block, numbers.end(func, block), runs)
    }

    fn call(&mut self, inst: &Inst, number: u32, runs: u32, cold: u32) -> Result<(), OutOfMemory> {
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
                self.weigh(*arg, runs / 2);
            }
        }
        if let Some(table) = inst.a {
            self.weigh(table, if self.small { BASE * runs } else { runs });
        }
        if let Some(dst) = inst.dst {
            let result = if self.func.ty(dst).is_float() {
                regs.float_result
            } else {
                regs.result
            };
            if self.small {
                // Rather the register of the argument that it becomes: others may want this one before.
                self.hint(dst, Some(result), runs / 4 * 3)?;
            } else {
                self.hint(dst, Some(result), runs)?;
                self.weigh(dst, runs);
            }
        }
        Ok(())
    }

    fn inst(&mut self, inst: &Inst, number: u32, runs: u32) -> Result<(), OutOfMemory> {
        let asks = asked(self.arch, self.func, inst);
        for (operand, asks) in [(inst.a, asks.a), (inst.b, asks.b), (inst.c, asks.c)] {
            if let Some(vreg) = operand {
                self.operand(vreg, &asks, runs)?;
            }
        }
        if let (true, Op::Load(..) | Op::Store(..), Some(base)) = (self.small, inst.op, inst.a) {
            self.weigh(base, (BASE - 1) * runs);
        }
        if let Some(dst) = inst.dst {
            self.result(dst, [inst.a, inst.b, inst.c], &asks, runs)?;
        }
        self.registers(&asks, number, matches!(inst.op, Op::Cached(..)))
    }

    fn operand(&mut self, vreg: Vreg, asks: &Use, runs: u32) -> Result<(), OutOfMemory> {
        let single = &mut self.made.singles[vreg];
        let regs = single.regs.intersection(asks.regs);
        if !regs.is_empty() {
            single.regs = regs;
        }
        self.weigh(vreg, if asks.memory { runs / 4 * 3 } else { runs });
        self.hint(vreg, asks.hint, runs)
    }

    fn result(
        &mut self,
        dst: Vreg,
        operands: [Option<Vreg>; 3],
        asks: &Constraints,
        runs: u32,
    ) -> Result<(), OutOfMemory> {
        let single = &mut self.made.singles[dst];
        let regs = single.regs.intersection(asks.dst);
        if !regs.is_empty() {
            single.regs = regs;
        }
        self.weigh(dst, runs);
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
            self.pair(runs, false, dst, b)?;
        }
        if let Some(operand) = tied {
            self.pair(runs, false, dst, operand)?;
        }
        Ok(())
    }

    /// What an instruction does to registers besides its operands. Its own may be `early`: free again before the result is
    /// written, and before a call that it may need.
    fn registers(
        &mut self,
        asks: &Constraints,
        number: u32,
        early: bool,
    ) -> Result<(), OutOfMemory> {
        let base = point(number);
        for (set, to) in [
            (asks.clobbers.difference(asks.busy), base + 2),
            (asks.busy, base + 3),
        ] {
            for preg in set.intersection(self.regs).iter() {
                let range = Range { from: base + 1, to };
                self.made.fixed.push((preg, range))?;
            }
        }
        for at in 0..asks.temps {
            let ints = PregSet::of(self.arch.regs().ints);
            let length = if early { 1 } else { 3 };
            let range = Range {
                from: base,
                to: base + length,
            };
            let start = self.made.ranges.items.len() as u32;
            self.made.ranges.items.push(range)?;
            let bundle = self.made.all.push(BundleData {
                start,
                len: 1,
                weight: u32::MAX,
                minimal: true,
                regs: ints.intersection(asks.temp_regs),
                ..BundleData::default()
            })?;
            self.made.temps.push((bundle, number, at))?;
        }
        Ok(())
    }

    fn end(&mut self, block: Block, number: u32, runs: u32) -> Result<(), OutOfMemory> {
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
        self.registers(&asks, number, false)?;
        match *term {
            Term::Jump(edge) => {
                let params = func.items(func.blocks[edge.block].params);
                for (param, arg) in params.iter().zip(func.items(edge.args)) {
                    self.pair(runs, true, *param, *arg)?;
                    self.weigh(*param, runs / 2);
                    self.weigh(*arg, runs / 2);
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
            if roles.constants.contains(vreg.index()) || self.made.ranges.run(vreg).1 == 0 {
                continue;
            }
            let bundle = self.made.single(vreg)?;
            // What is as short as can be gains nothing from memory: an unused result, say.
            let data = &self.made.all[bundle];
            let is_short = data.len == 1 && self.made.length(data) <= 3;
            let short = is_short && !params.contains(vreg.index());
            self.made.all[bundle].minimal = short || roles.minimal.contains(vreg.index());
        }
        // Of pairs of equal worth the last ones first: a chain of operations grows from its result backwards.
        for worth in self.worth.iter().rev() {
            let mut at = *worth;
            while let Some(&Pair { one, two, next, .. }) = self.made.pairs.get(at as usize) {
                let joined = self.made.join(one, two, roles)?;
                self.made.pairs[at as usize].joined = joined;
                at = next[0];
            }
        }
        // Who is in a hurry tries them again.
        if SCARCE_MEMORY && self.func.effort != Effort::Little {
            let pairs = &mut self.made.pairs;
            pairs.retain(|pair| !pair.joined);
            *pairs = TryVec::from_slice(pairs)?;
            self.made.ranges.items = TryVec::from_slice(&self.made.ranges.items)?;
        }
        for (at, pair) in self.made.pairs.iter_mut().enumerate() {
            if !pair.joined {
                let singles = &mut self.made.singles;
                pair.next = [singles[pair.one].pair, singles[pair.two].pair];
                (singles[pair.one].pair, singles[pair.two].pair) = (at as u32, at as u32);
            }
        }
        Ok(self.made)
    }
}

impl Bundles {
    /// When the bundle is alive.
    pub(super) fn ranges(&self, data: &BundleData) -> &[Range] {
        let start = data.start as usize;
        let run = start..start + data.len as usize;
        self.ranges.items.get(run).unwrap_or(&[])
    }

    /// Points in the ranges of a bundle.
    pub(super) fn length(&self, data: &BundleData) -> u32 {
        let ranges = self.ranges(data).iter();
        ranges.map(|range| range.to - range.from).sum()
    }

    /// The first value of a bundle.
    pub(super) fn first(&self, data: &BundleData) -> Option<Vreg> {
        self.next[data.last?]
    }

    /// The values of a bundle.
    pub(super) fn vregs(&self, data: &BundleData) -> impl Iterator<Item = Vreg> + '_ {
        let last = data.last;
        let mut at = self.first(data);
        core::iter::from_fn(move || {
            let vreg = at?;
            at = self.next[vreg].filter(|_| at != last);
            Some(vreg)
        })
    }

    /// Calls `each` with registers that a value would best have, and the runs of a move that each saves.
    pub(super) fn each_hint(&self, vreg: Vreg, mut each: impl FnMut(Preg, u32)) {
        let mut at = self.singles[vreg].hint;
        while let Some(hint) = self.hints.get(at as usize) {
            each(hint.preg, hint.runs);
            at = hint.next;
        }
    }

    /// Calls `each` with values in other bundles that would like the register of this one, and how much.
    pub(super) fn each_like(&self, vreg: Vreg, mut each: impl FnMut(Vreg, u32)) {
        let mut at = self.singles[vreg].pair;
        while let Some(pair) = self.pairs.get(at as usize) {
            let (other, next) = match pair.one == vreg {
                true => (pair.two, pair.next[0]),
                false => (pair.one, pair.next[1]),
            };
            each(other, 1 << pair.runs);
            at = next;
        }
    }

    /// A bundle of one value.
    pub(super) fn single(&mut self, vreg: Vreg) -> Result<Bundle, OutOfMemory> {
        let single = &self.singles[vreg];
        let (start, len) = self.ranges.run(vreg);
        let data = BundleData {
            start,
            len,
            last: Some(vreg),
            weight: single.weight,
            count: 1,
            minimal: false,
            regs: single.regs,
        };
        let bundle = self.all.push(data)?;
        self.of[vreg] = Some(bundle);
        self.next[vreg] = Some(vreg);
        Ok(bundle)
    }

    /// Takes a bundle apart: calls `each` with a bundle for each of its values.
    pub(super) fn take_apart(
        &mut self,
        bundle: Bundle,
        mut each: impl FnMut(&mut Bundles, Bundle) -> Result<(), OutOfMemory>,
    ) -> Result<(), OutOfMemory> {
        let data = core::mem::take(&mut self.all[bundle]);
        let mut at = self.first(&data);
        while let Some(vreg) = at {
            at = self.next[vreg].filter(|_| at != data.last);
            let own = self.single(vreg)?;
            each(self, own)?;
        }
        Ok(())
    }

    /// Makes bundles of values in memory that would like to share a place, as far as they may.
    pub(super) fn join_spilled(&mut self, roles: &Roles<'_>) -> Result<(), OutOfMemory> {
        for at in 0..self.pairs.len() {
            let Pair { one, two, .. } = self.pairs[at];
            if roles.spilled.contains(one.index()) && roles.spilled.contains(two.index()) {
                self.join(one, two, roles)?;
            }
        }
        Ok(())
    }

    /// Gives back what only the choice of registers asks for.
    pub(super) fn forget_likes(&mut self) {
        self.singles = IndexVec::new();
        self.hints = TryVec::new();
        self.pairs = TryVec::new();
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
            || meet(self.ranges(x), self.ranges(y))
            || spilled(one) && self.vregs(x).chain(self.vregs(y)).any(kept)
        {
            return Ok(false);
        }
        let (start, len) = self.both(a, b)?;
        let (keep, gone) = if self.all[a].count >= self.all[b].count {
            (a, b)
        } else {
            (b, a)
        };
        let gone = core::mem::take(&mut self.all[gone]);
        let first = self.first(&gone);
        let mut at = first;
        while let Some(vreg) = at {
            self.of[vreg] = Some(keep);
            at = self.next[vreg].filter(|_| at != gone.last);
        }
        let into = &mut self.all[keep];
        if let (Some(last), Some(gone)) = (into.last, gone.last) {
            self.next[gone] = core::mem::replace(&mut self.next[last], first);
        }
        into.last = gone.last;
        into.count = into.count.saturating_add(gone.count);
        (into.start, into.len) = (start, len);
        into.regs = regs;
        into.weight = into.weight.saturating_add(gone.weight);
        Ok(true)
    }

    /// The ranges of both bundles as one run: in the place of those of one of them, if that is no value by itself.
    fn both(&mut self, a: Bundle, b: Bundle) -> Result<(u32, u32), OutOfMemory> {
        let (x, y) = (&self.all[a], &self.all[b]);
        let start = self.ranges.items.len();
        let most = x.len as usize + y.len as usize;
        self.ranges
            .items
            .resize(start + most, Range { from: 0, to: 0 })?;
        let (old, new) = self.ranges.items.split_at_mut(start);
        let of = |data: &BundleData| {
            let start = data.start as usize;
            old.get(start..start + data.len as usize).unwrap_or(&[])
        };
        let mut len = 0;
        merge(of(x), of(y), |range| {
            if let Some(place) = new.get_mut(len) {
                *place = range;
                len += 1;
            }
            Ok(())
        })?;
        let home = [x, y]
            .into_iter()
            .find(|data| data.count > 1 && data.len as usize >= len);
        let Some(home) = home else {
            self.ranges.items.truncate(start + len);
            return Ok((start as u32, len as u32));
        };
        let at = home.start;
        self.ranges
            .items
            .copy_within(start..start + len, at as usize);
        self.ranges.items.truncate(start);
        Ok((at, len as u32))
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
