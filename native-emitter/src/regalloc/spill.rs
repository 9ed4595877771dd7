//! Values in memory: the loads and stores that they need, and their slots.
//!
//! What the machine cannot take from memory gets a copy right before it, in a value of its own that lives for one
//! instruction only. A constant or an address is not kept in memory but made anew each time.
use ferlance_collections::{BitSet, IndexVec, OutOfMemory, SCARCE_MEMORY, TryVec};

use super::bundles::{Bundles, Roles, words};
use super::intervals::{Numbers, Range, asked, asked_at_end, meet, merged, point};
use crate::analysis::Liveness;
use crate::arch::{Arch, Constraints, Place, Preg, PregSet, Use};
use crate::nir::{Block, Func, Inst, List, Op, Term, Vreg};

/// Values with a role.
#[derive(Debug)]
pub(super) struct Memory {
    /// Made where they are wanted; their place is the constant.
    pub(super) constants: BitSet,
    /// In spill slots.
    pub(super) spilled: BitSet,
    /// Made to be short.
    pub(super) minimal: BitSet,
}

/// A value made to be short: where it is alive, by numbers from before it was made, and what it may be in.
#[derive(Debug)]
pub(super) struct Short {
    pub(super) vreg: Vreg,
    /// The second one may be empty.
    pub(super) ranges: [Range; 2],
    pub(super) regs: PregSet,
    pub(super) hint: Option<Preg>,
    pub(super) is_float: bool,
}

/// What became of a function's instructions.
#[derive(Debug)]
pub(super) struct Log {
    /// Numbers from before.
    numbers: Numbers,
    pub(super) shorts: TryVec<Short>,
    /// By number from before: how many instructions of the block there are before it now.
    before: TryVec<u32>,
    /// By block: instructions put at its start, behind its turn.
    at_start: IndexVec<Block, u32>,
}

impl Log {
    pub(super) fn new(func: &Func, numbers: Numbers) -> Result<Log, OutOfMemory> {
        Ok(Log {
            shorts: TryVec::new(),
            before: TryVec::filled(0, numbers.count as usize)?,
            at_start: IndexVec::filled(0, func.blocks.len())?,
            numbers,
        })
    }

    /// By number from before: the number now.
    pub(super) fn renumbered(
        mut self,
        func: &Func,
        order: &[Block],
    ) -> Result<TryVec<u32>, OutOfMemory> {
        let mut head = 0;
        for (at, block) in order.iter().enumerate() {
            let old = self.numbers.head[*block] as usize;
            let next = order
                .get(at + 1)
                .map_or(self.numbers.count, |next| self.numbers.head[*next]);
            let end = head + 1 + func.blocks[*block].insts.len() as u32;
            let first = head + 1 + self.at_start[*block];
            if let [head_at, insts @ .., end_at] = &mut self.before[old..next as usize] {
                *head_at = head;
                for number in insts {
                    *number += first;
                }
                *end_at = end;
            }
            head = end + 1;
        }
        Ok(self.before)
    }
}

/// Instructions that make values anew rather than loading them, by rising value.
struct Remade(TryVec<(Vreg, Inst)>);

impl Remade {
    fn new(func: &Func, gone: &BitSet) -> Result<Remade, OutOfMemory> {
        let mut found = TryVec::new();
        for inst in func.blocks.iter().flat_map(|data| &data.insts) {
            if let (Op::Const | Op::FConst | Op::SlotAddr(_), Some(dst)) = (inst.op, inst.dst)
                && gone.contains(dst.index())
            {
                found.push((dst, *inst))?;
            }
        }
        found.sort_unstable_by_key(|(vreg, _)| *vreg);
        Ok(Remade(found))
    }

    fn get(&self, vreg: Vreg) -> Option<&Inst> {
        let at = self.0.binary_search_by_key(&vreg, |(vreg, _)| *vreg).ok()?;
        self.0.get(at).map(|(_, inst)| inst)
    }
}

struct Rewriter<'a> {
    func: &'a mut Func,
    arch: &'a dyn Arch,
    /// Values that have no register from now on.
    gone: BitSet,
    /// How to make some of them anew.
    remade: Remade,
    memory: &'a mut Memory,
    /// What is wanted where blocks begin, before and after, if anybody wants to know.
    live: Option<&'a mut Liveness>,
    out: TryVec<Inst>,
    /// The number of the instruction at work, and where it is in `out`.
    number: u32,
    at: usize,
    log: Option<&'a mut Log>,
}

/// Takes registers away from `spilled`. What is wanted where blocks begin changes little by that.
pub(super) fn spill(
    func: &mut Func,
    arch: &dyn Arch,
    spilled: &[Vreg],
    memory: &mut Memory,
    live: Option<&mut Liveness>,
    log: Option<&mut Log>,
) -> Result<(), OutOfMemory> {
    let count = func.vregs.len();
    let mut gone = BitSet::with_limit(count)?;
    for vreg in spilled {
        gone.insert(vreg.index())?;
    }
    let remade = Remade::new(func, &gone)?;
    for vreg in spilled {
        match remade.get(*vreg) {
            Some(Inst {
                op: Op::Const | Op::FConst,
                ..
            }) => memory.constants.insert(vreg.index())?,
            Some(_) => true,
            None => memory.spilled.insert(vreg.index())?,
        };
    }
    let mut rewriter = Rewriter {
        func,
        arch,
        gone,
        remade,
        memory,
        live,
        out: TryVec::new(),
        number: 0,
        at: 0,
        log,
    };
    for at in 0..rewriter.func.blocks.len() {
        rewriter.block(Block::from_index(at))?;
    }
    let Rewriter {
        gone, memory, live, ..
    } = rewriter;
    let Some(live) = live else { return Ok(()) };
    live.remove(|vreg| gone.contains(vreg.index()) && !memory.spilled.contains(vreg.index()))
}

type Done = Result<(), OutOfMemory>;

impl Rewriter<'_> {
    fn is_gone(&self, vreg: Vreg) -> bool {
        self.gone.contains(vreg.index())
    }

    /// A value for one instruction.
    fn short(&mut self, like: Vreg) -> Result<Vreg, OutOfMemory> {
        let short = self.func.vregs.push(self.func.vregs[like])?;
        self.memory.minimal.insert(short.index())?;
        Ok(short)
    }

    /// Notes where a value for one instruction is alive.
    fn note(&mut self, short: Vreg, from: u32, to: u32, regs: PregSet, hint: Option<Preg>) -> Done {
        let base = point(self.number);
        let is_float = self.func.ty(short).is_float();
        let Some(log) = &mut self.log else {
            return Ok(());
        };
        let range = Range {
            from: base + from,
            to: base + to,
        };
        let ranges = [range, Range { from: 0, to: 0 }];
        log.shorts.push(Short {
            vreg: short,
            ranges,
            regs,
            hint,
            is_float,
        })
    }

    /// The instruction at work, which is kept.
    fn keep(&mut self, inst: Inst) -> Done {
        self.at = self.out.len();
        self.out.push(inst)
    }

    /// Loads `vreg`, or makes it anew, for the next instruction.
    fn fetch(&mut self, vreg: Vreg, asks: &Use) -> Result<Vreg, OutOfMemory> {
        let short = self.short(vreg)?;
        self.note(
            short,
            0,
            if asks.late { 3 } else { 1 },
            asks.regs,
            asks.hint,
        )?;
        let inst = match self.remade.get(vreg) {
            Some(inst) => Inst {
                dst: Some(short),
                ..*inst
            },
            _ => Inst {
                dst: Some(short),
                a: Some(vreg),
                ..Inst::new(Op::Copy)
            },
        };
        self.out.push(inst)?;
        Ok(short)
    }

    /// Is it an address, which arguments of calls and edges do not take as it is?
    fn is_address(&self, vreg: Vreg) -> bool {
        self.is_gone(vreg)
            && matches!(
                self.remade.get(vreg),
                Some(Inst {
                    op: Op::SlotAddr(_),
                    ..
                })
            )
    }

    fn list(&mut self, list: List) -> Result<List, OutOfMemory> {
        let items = self.func.items(list);
        if !items.iter().any(|item| self.is_address(*item)) {
            return Ok(list);
        }
        let mut items = TryVec::from_slice(items)?;
        for item in items.iter_mut() {
            if self.is_address(*item) {
                *item = self.fetch(*item, &Use::ANY)?;
            }
        }
        self.func.list(&items)
    }

    /// Does anything in the block have no register any more?
    fn is_touched(&self, block: Block) -> bool {
        let func = &*self.func;
        let data = &func.blocks[block];
        let gone = |vreg: Vreg| self.is_gone(vreg);
        let any = |list: List| func.items(list).iter().any(|vreg| self.is_gone(*vreg));
        data.insts
            .iter()
            .any(|inst| inst.dst.is_some_and(gone) || inst.operands().any(gone) || any(inst.args))
            || data.term.operands().any(gone)
            || data.term.def().is_some_and(gone)
            || data.term.edges().any(|edge| any(edge.args))
    }

    fn block(&mut self, block: Block) -> Result<(), OutOfMemory> {
        if !self.is_touched(block) {
            if let Some(log) = &mut self.log {
                let first = log.numbers.head[block] as usize + 1;
                let put = core::mem::take(&mut log.at_start[block]);
                let count = self.func.blocks[block].insts.len() as u32;
                for at in put..count {
                    log.before[first + (at - put) as usize] = at;
                }
            }
            return Ok(());
        }
        let insts = core::mem::take(&mut self.func.blocks[block].insts);
        if !SCARCE_MEMORY {
            self.out.reserve(insts.len())?;
        }
        self.number = self.log.as_ref().map_or(0, |log| log.numbers.head[block]);
        // What blocks before this one have put here has no number.
        let put = match &mut self.log {
            Some(log) => core::mem::take(&mut log.at_start[block]) as usize,
            None => 0,
        };
        for (at, inst) in insts.into_iter().enumerate() {
            if at < put {
                self.out.push(inst)?;
                continue;
            }
            self.number += 1;
            self.inst(inst)?;
            if let Some(log) = &mut self.log {
                log.before[self.number as usize] = self.at as u32;
            }
        }
        self.number += 1;
        let mut term = self.func.blocks[block].term;
        self.term(&mut term)?;
        self.func.blocks[block].term = term;
        self.func.blocks[block].insts = match SCARCE_MEMORY {
            true => TryVec::from_slice(&self.out)?,
            false => core::mem::take(&mut self.out),
        };
        self.out.clear();
        if let Term::Checked { dst, fits, .. } = &mut self.func.blocks[block].term
            && self.gone.contains(dst.index())
        {
            let (old, to) = (*dst, fits.block);
            let short = self.func.vregs.push(self.func.vregs[old])?;
            self.memory.minimal.insert(short.index())?;
            if let Term::Checked { dst, .. } = &mut self.func.blocks[block].term {
                *dst = short;
            }
            if self.log.is_some() {
                let asks = asked_at_end(self.arch, self.func, &self.func.blocks[block].term);
                self.note(short, 2, 4, asks.dst, asks.dst_hint)?;
            }
            if let Some(log) = &mut self.log {
                log.at_start[to] += 1;
                let base = point(log.numbers.head[to]);
                if let Some(short) = log.shorts.last_mut() {
                    short.ranges[1] = Range {
                        from: base,
                        to: base + 4,
                    };
                }
            }
            // The block behind is this one's alone, or else the result would not be alive there.
            let store = Inst {
                dst: Some(old),
                a: Some(short),
                ..Inst::new(Op::Copy)
            };
            self.func.blocks[to].insts.insert(0, store)?;
            if let Some(live) = &mut self.live {
                live.replace(to, old, short)?;
            }
        }
        Ok(())
    }

    fn inst(&mut self, mut inst: Inst) -> Result<(), OutOfMemory> {
        if matches!(inst.op, Op::SlotAddr(_)) && inst.dst.is_some_and(|dst| self.is_gone(dst)) {
            return Ok(());
        }
        if inst.args.len > 0 {
            inst.args = self.list(inst.args)?;
        }
        match inst.op {
            Op::Call(_) | Op::CallDirect | Op::Const | Op::FConst | Op::Line => {
                return self.keep(inst);
            }
            Op::Copy => {
                if let Some(a) = inst.a
                    && self.is_address(a)
                {
                    inst.a = Some(self.fetch(a, &Use::ANY)?);
                }
                return self.keep(inst);
            }
            _ => {}
        }
        if inst.operands().any(|vreg| self.is_gone(vreg)) {
            let asks = asked(self.arch, self.func, &inst);
            if self.wants_swap(&inst, &asks) {
                core::mem::swap(&mut inst.a, &mut inst.b);
            }
            let Inst { a, b, c, .. } = inst;
            [inst.a, inst.b, inst.c] = self.operands([a, b, c], &asks)?;
        }
        if let Some(dst) = inst.dst
            && self.is_gone(dst)
        {
            let short = self.short(dst)?;
            if self.log.is_some() {
                let asks = asked(self.arch, self.func, &inst);
                self.note(short, 2, 4, asks.dst, asks.dst_hint)?;
            }
            inst.dst = Some(short);
            self.keep(inst)?;
            return self.out.push(Inst {
                dst: Some(dst),
                a: Some(short),
                ..Inst::new(Op::Copy)
            });
        }
        self.keep(inst)
    }

    /// Is the first operand in memory, where only the second may be, and the second in a register?
    fn wants_swap(&self, inst: &Inst, asks: &Constraints) -> bool {
        let (Some(a), Some(b)) = (inst.a, inst.b) else {
            return false;
        };
        let in_memory = |vreg: Vreg| self.memory.spilled.contains(vreg.index());
        asks.commutes
            && asks.b.memory
            && !asks.a.memory
            && (self.is_gone(a) && in_memory(a))
            && !(self.is_gone(b) || in_memory(b))
    }

    fn term(&mut self, term: &mut Term) -> Result<(), OutOfMemory> {
        if let Term::Jump(edge) = term {
            edge.args = self.list(edge.args)?;
        }
        match term {
            Term::Return { a } if self.is_address(*a) => {
                *a = self.fetch(*a, &Use::ANY)?;
            }
            Term::Return { .. } | Term::NlrPush { .. } => {}
            _ if term.operands().any(|vreg| self.is_gone(vreg)) => {
                let asks = asked_at_end(self.arch, self.func, term);
                let mut now = term.operands();
                let now = [now.next(), now.next(), None];
                let new = self.operands(now, &asks)?;
                term.map_operands(|vreg| {
                    let at = now.iter().position(|old| *old == Some(vreg));
                    at.and_then(|at| new[at]).unwrap_or(vreg)
                });
            }
            _ => {}
        }
        Ok(())
    }

    /// Registers for the operands that have none, but for one that the machine takes from memory.
    fn operands(
        &mut self,
        old: [Option<Vreg>; 3],
        asks: &Constraints,
    ) -> Result<[Option<Vreg>; 3], OutOfMemory> {
        let mut new = old;
        let mut in_memory = None;
        for (at, asks) in [asks.a, asks.b, asks.c].iter().enumerate() {
            let Some(vreg) = old[at] else { continue };
            if !self.is_gone(vreg) {
                // Spilled before and left in memory then.
                if self.memory.spilled.contains(vreg.index()) {
                    in_memory = Some(vreg);
                }
                continue;
            }
            let twice = old.iter().filter(|other| **other == Some(vreg)).count() > 1;
            if asks.memory
                && !twice
                && in_memory.is_none()
                && self.memory.spilled.contains(vreg.index())
            {
                in_memory = Some(vreg);
            }
        }
        for at in 0..3 {
            let Some(vreg) = old[at] else { continue };
            if !self.is_gone(vreg) || in_memory == Some(vreg) {
                continue;
            }
            let before = (0..at).find(|before| old[*before] == Some(vreg));
            new[at] = match before {
                Some(before) => new[before],
                None => {
                    let asks = [&asks.a, &asks.b, &asks.c];
                    let late = (at..3).any(|at| old[at] == Some(vreg) && asks[at].late);
                    let regs = (at..3)
                        .filter(|at| old[*at] == Some(vreg))
                        .fold(PregSet::ALL, |regs, at| regs.intersection(asks[at].regs));
                    let asks = Use {
                        late,
                        regs,
                        ..*asks[at]
                    };
                    Some(self.fetch(vreg, &asks)?)
                }
            };
        }
        Ok(new)
    }
}

/// A slot of the spill area.
#[derive(Debug)]
struct Slot {
    ranges: TryVec<Range>,
    /// First word.
    at: u32,
    words: u32,
    float: bool,
    /// Holds a value that is wanted where exceptions arrive, and so nothing else.
    alone: bool,
}

/// Gives slots to what is in memory. Returns the words of the spill area.
pub(super) fn slots(
    func: &Func,
    arch: &dyn Arch,
    bundles: &Bundles,
    roles: &Roles<'_>,
    places: &mut IndexVec<Vreg, Place>,
) -> Result<u32, OutOfMemory> {
    let word = arch.target().word();
    let mut slots: TryVec<Slot> = TryVec::new();
    let mut end = 0u32;
    for data in &bundles.all {
        let Some(first) = bundles.first(data) else {
            continue;
        };
        if !roles.spilled.contains(first.index()) {
            continue;
        }
        let ranges = bundles.ranges(data);
        let ty = func.ty(first);
        let needed = words(ty, word);
        let alone = bundles
            .vregs(data)
            .any(|vreg| roles.caught.contains(vreg.index()));
        let found = slots.iter_mut().find(|slot| {
            !alone
                && !slot.alone
                && slot.words == needed
                && slot.float == ty.is_float()
                && !meet(&slot.ranges, ranges)
        });
        let at = match found {
            Some(slot) => {
                slot.ranges = merged(&slot.ranges, ranges)?;
                slot.at
            }
            None => {
                let at = if needed == 2 {
                    end.next_multiple_of(2)
                } else {
                    end
                };
                end = at + needed;
                slots.push(Slot {
                    ranges: TryVec::from_slice(ranges)?,
                    at,
                    words: needed,
                    float: ty.is_float(),
                    alone,
                })?;
                at
            }
        };
        for vreg in bundles.vregs(data) {
            places[vreg] = Place::Spill(at);
        }
    }
    Ok(end)
}
