//! When each value is alive.
//!
//! Instructions are numbered in the order of the code; the head of a block, where its parameters come to life, and its
//! end count as instructions. Each number `n` has four points:
//!
//! ```text
//!   4n      operands are read              an operand that dies here lives until 4n+1 (a late one until 4n+3)
//!   4n+1    clobbered registers die
//!   4n+2    the result is written          a result lives from here
//!   4n+3
//! ```
use ferlance_abi::{Qstr, obj_word};
use ferlance_collections::{IndexVec, OutOfMemory, TryVec};

use crate::analysis::{Liveness, liveness::bits};
use crate::arch::{Arch, Constraints};
use crate::nir::{Block, Cond, Func, Inst, Op, Term, Vreg, Width};

/// Points from `from` up to and without `to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) from: u32,
    pub(super) to: u32,
}

/// The first point of an instruction.
pub(super) const fn point(number: u32) -> u32 {
    number * 4
}

/// Numbers of instructions: of each block's head. Instruction `i` of a block has the head's number plus `i + 1`.
#[derive(Debug)]
pub(super) struct Numbers {
    pub(super) head: IndexVec<Block, u32>,
    /// How many there are.
    pub(super) count: u32,
}

impl Numbers {
    pub(super) fn new(func: &Func, order: &[Block]) -> Result<Numbers, OutOfMemory> {
        let mut head = IndexVec::filled(u32::MAX, func.blocks.len())?;
        let mut at = 0;
        for block in order {
            head[*block] = at;
            at += func.blocks[*block].insts.len() as u32 + 2;
        }
        Ok(Numbers { head, count: at })
    }

    pub(super) fn inst(&self, block: Block, at: usize) -> u32 {
        self.head[block] + 1 + at as u32
    }

    pub(super) fn end(&self, func: &Func, block: Block) -> u32 {
        self.inst(block, func.blocks[block].insts.len())
    }
}

/// What an instruction asks for; calls and moves ask nothing here.
pub(super) fn asked(arch: &dyn Arch, func: &Func, inst: &Inst) -> Constraints {
    match inst.op {
        Op::Call(_) | Op::CallDirect | Op::Const | Op::FConst | Op::Copy | Op::Line => {
            Constraints::NONE
        }
        Op::Tell => told(arch, func),
        Op::Cached(_, name) => looked_up(arch, func, name),
        _ => arch.constraints(func, inst),
    }
}

/// What telling a line asks for: a register for it where stores take no constants.
fn told(arch: &dyn Arch, func: &Func) -> Constraints {
    let store = Inst::new(Op::Store(Width::U32, 0));
    Constraints {
        temps: u8::from(!arch.constraints(func, &store).c.constant),
        ..Constraints::NONE
    }
}

/// What a lookup by a cell asks for: registers that are free again before the result is written.
fn looked_up(arch: &dyn Arch, func: &Func, name: Qstr) -> Constraints {
    let store = Inst::new(Op::Store(Width::Word, 0));
    let c = arch.constraints(func, &store).c;
    let fits = c.constant && arch.fits(Op::Cmp(Cond::Eq), obj_word::qstr(name.number()) as i64);
    Constraints {
        c,
        temps: if fits { 2 } else { 3 },
        ..Constraints::NONE
    }
}

/// What the end of a block asks for.
pub(super) fn asked_at_end(arch: &dyn Arch, func: &Func, term: &Term) -> Constraints {
    match term {
        Term::NlrPush { .. }
        | Term::Jump(_)
        | Term::Leave(_)
        | Term::Unreachable
        | Term::Open
        | Term::Return { .. } => Constraints::NONE,
        _ => arch.term_constraints(func, term),
    }
}

/// The ranges of all values, one list behind the other.
#[derive(Debug)]
pub(super) struct Ranges {
    pub(super) items: TryVec<Range>,
    /// Those of value `v` are `items[first[v]..first[v + 1]]`, rising and apart from each other.
    first: TryVec<u32>,
}

impl Ranges {
    /// First place of a value's ranges, and how many they are.
    pub(super) fn run(&self, vreg: Vreg) -> (u32, u32) {
        let at = vreg.index();
        match self.first.get(at..at + 2) {
            Some([first, next]) => (*first, next - first),
            _ => (0, 0),
        }
    }
}

/// The ranges of all values. Those that `live` leaves out, since they have no place, are of no meaning.
pub(super) fn ranges(
    func: &Func,
    arch: &dyn Arch,
    order: &[Block],
    numbers: &Numbers,
    live: &Liveness,
) -> Result<Ranges, OutOfMemory> {
    let mut builder = Builder {
        found: TryVec::new(),
        last: IndexVec::filled(NOTHING, func.vregs.len())?,
        open: IndexVec::filled(0, func.vregs.len())?,
    };
    // What is alive at the start of the block behind in the order of the code, and at the end of the block at work.
    let mut behind = TryVec::filled(0, live.width())?;
    let mut out = TryVec::filled(0, live.width())?;
    for block in order.iter().rev() {
        let data = &func.blocks[*block];
        let start = point(numbers.head[*block]);
        let end = numbers.end(func, *block);
        live.out(func, *block, &mut out);
        builder.go_on(live, &behind, &out, point(end + 1))?;
        let base = point(end);
        if let Some(dst) = data.term.def() {
            builder.write(dst, base)?;
        }
        for edge in data.term.edges() {
            for arg in func.items(edge.args) {
                builder.read(*arg, base + 1);
            }
        }
        let asks = asked_at_end(arch, func, &data.term);
        builder.operands(data.term.operands(), &asks, base);
        for (at, inst) in data.insts.iter().enumerate().rev() {
            let base = point(numbers.inst(*block, at));
            if let Some(dst) = inst.dst {
                builder.write(dst, base)?;
            }
            for arg in func.items(inst.args) {
                builder.read(*arg, base + 1);
            }
            if inst.a.is_none() && inst.b.is_none() && inst.c.is_none() {
                continue;
            }
            let asks = asked(arch, func, inst);
            for (operand, asks) in [(inst.a, asks.a), (inst.b, asks.b), (inst.c, asks.c)] {
                if let Some(operand) = operand {
                    builder.read(operand, base + if asks.late { 3 } else { 1 });
                }
            }
        }
        for param in func.items(data.params) {
            builder.write(*param, start)?;
        }
        behind.copy_from_slice(live.set_in(*block));
    }
    out.fill(0);
    builder.go_on(live, &behind, &out, 0)?;
    builder.finish()
}

const NOTHING: u32 = u32::MAX;

struct Builder {
    /// Ranges, those that come first last, and the one behind it of the same value.
    found: TryVec<(Range, u32)>,
    /// By value: the range that was found last.
    last: IndexVec<Vreg, u32>,
    /// Where the range at work ends; 0 if the value is not alive.
    open: IndexVec<Vreg, u32>,
}

impl Builder {
    /// Between two blocks, at a point: what lives on is left as it is.
    fn go_on(
        &mut self,
        live: &Liveness,
        behind: &[usize],
        before: &[usize],
        at: u32,
    ) -> Result<(), OutOfMemory> {
        for (word, (behind, before)) in behind.iter().zip(before).enumerate() {
            for bit in bits(behind ^ before) {
                let vreg = live.value(word, bit);
                if before >> bit & 1 != 0 {
                    self.open[vreg] = at;
                } else {
                    let to = core::mem::take(&mut self.open[vreg]);
                    self.push(vreg, Range { from: at, to })?;
                }
            }
        }
        Ok(())
    }

    fn read(&mut self, vreg: Vreg, until: u32) {
        let open = &mut self.open[vreg];
        *open = (*open).max(until);
    }

    fn operands(&mut self, vregs: impl Iterator<Item = Vreg>, asks: &Constraints, base: u32) {
        for (vreg, asks) in vregs.zip([asks.a, asks.b, asks.c]) {
            self.read(vreg, base + if asks.late { 3 } else { 1 });
        }
    }

    fn write(&mut self, vreg: Vreg, base: u32) -> Result<(), OutOfMemory> {
        let to = core::mem::take(&mut self.open[vreg]).max(base + 3);
        self.push(vreg, Range { from: base + 2, to })
    }

    /// Ranges come last first.
    fn push(&mut self, vreg: Vreg, range: Range) -> Result<(), OutOfMemory> {
        let last = &mut self.last[vreg];
        if let Some((found, _)) = self.found.get_mut(*last as usize)
            && found.from == range.to
        {
            found.from = range.from;
            return Ok(());
        }
        let at = self.found.len() as u32;
        self.found.push((range, *last))?;
        *last = at;
        Ok(())
    }

    fn finish(self) -> Result<Ranges, OutOfMemory> {
        drop(self.open);
        let mut ranges = Ranges {
            items: TryVec::with_capacity(self.found.len())?,
            first: TryVec::with_capacity(self.last.len() + 1)?,
        };
        for last in &self.last {
            ranges.first.push(ranges.items.len() as u32)?;
            let mut at = *last;
            while let Some((range, next)) = self.found.get(at as usize) {
                ranges.items.push(*range)?;
                at = *next;
            }
        }
        ranges.first.push(ranges.items.len() as u32)?;
        Ok(ranges)
    }
}

/// Do two lists of ranges meet?
pub(super) fn meet(one: &[Range], two: &[Range]) -> bool {
    let (few, many) = if one.len() <= two.len() {
        (one, two)
    } else {
        (two, one)
    };
    let (Some(first), Some(last)) = (few.first(), few.last()) else {
        return false;
    };
    // What is before all of the others, as a rule most.
    let start = many.partition_point(|range| range.to <= first.from);
    let (mut a, mut b) = (0, start);
    while let (Some(x), Some(y)) = (few.get(a), many.get(b)) {
        if y.from >= last.to {
            return false;
        }
        if x.to <= y.from {
            a += 1;
        } else if y.to <= x.from {
            b += 1;
        } else {
            return true;
        }
    }
    false
}

/// Calls `each` with the ranges of both lists, which do not meet, as one list.
pub(super) fn merge(
    one: &[Range],
    two: &[Range],
    mut each: impl FnMut(Range) -> Result<(), OutOfMemory>,
) -> Result<(), OutOfMemory> {
    let (mut a, mut b) = (0, 0);
    let mut held: Option<Range> = None;
    loop {
        let next = match (one.get(a), two.get(b)) {
            (Some(x), Some(y)) if x.from < y.from => {
                a += 1;
                *x
            }
            (_, Some(y)) => {
                b += 1;
                *y
            }
            (Some(x), None) => {
                a += 1;
                *x
            }
            (None, None) => break,
        };
        held = Some(match held {
            Some(last) if last.to == next.from => Range {
                to: next.to,
                ..last
            },
            Some(last) => {
                each(last)?;
                next
            }
            None => next,
        });
    }
    match held {
        Some(last) => each(last),
        None => Ok(()),
    }
}

/// Both lists, which do not meet, as one.
pub(super) fn merged(one: &[Range], two: &[Range]) -> Result<TryVec<Range>, OutOfMemory> {
    let mut made = TryVec::with_capacity(one.len() + two.len())?;
    merge(one, two, |range| made.push(range))?;
    Ok(made)
}
