//! Pointers that walk along instead of index arithmetic.
//!
//! In a loop, an address that each turn changes by the same amount, `a + (i*n + k << 2)` say, becomes a pointer that
//! starts at the first address and to which each turn adds that amount. Where the machine adds a shifted counter in the
//! address itself, the rest of the address goes before the loop and the counter stays. [`super::trips`] then looks
//! whether the counter is still needed.
use ferlance_collections::{IndexVec, OutOfMemory, TryVec};

use super::uses::{constant, definitions, homes};
use crate::analysis::{Cfg, Dominators, Flow, Loops, loops::LoopId};
use crate::arch::Arch;
use crate::nir::{Block, Func, Inst, Op, Term, Type, Vreg};

/// What each turn of a loop adds to a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slope {
    Zero,
    Const(i64),
    /// A value from outside the loop, times a constant.
    Value(Vreg, i64),
}

impl Slope {
    fn plus(self, other: Slope, sign: i64) -> Option<Slope> {
        Some(match (self, other) {
            (slope, Slope::Zero) => slope,
            (Slope::Zero, slope) => slope.times(sign)?,
            (Slope::Const(a), Slope::Const(b)) => {
                Slope::Const(a.checked_add(b.checked_mul(sign)?)?)
            }
            _ => return None,
        })
    }

    fn times(self, factor: i64) -> Option<Slope> {
        Some(match self {
            Slope::Zero => Slope::Zero,
            Slope::Const(step) => Slope::Const(step.checked_mul(factor)?),
            Slope::Value(value, times) => Slope::Value(value, times.checked_mul(factor)?),
        })
    }
}

/// A counter of a loop: a parameter of the header, and what each turn adds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Counter {
    pub(super) param: Vreg,
    pub(super) step: Slope,
    /// Its value before the loop.
    pub(super) start: Vreg,
}

/// A loop with one way in and one way back.
#[derive(Debug)]
pub(super) struct Shape {
    pub(super) header: Block,
    pub(super) before: Block,
    pub(super) latch: Block,
}

/// A pointer made for a base, an index and a shift.
struct Walker {
    base: Vreg,
    index: Vreg,
    shift: u8,
    pointer: Vreg,
}

/// Pointers of one loop at most; more would spill.
const MAX_WALKERS: usize = 4;

/// How deep expressions are looked into.
const MAX_DEPTH: u8 = 6;

/// Makes pointers walk in all innermost loops.
pub(super) fn walk_pointers(
    func: &mut Func,
    arch: &dyn Arch,
    flow: &Flow,
) -> Result<bool, OutOfMemory> {
    each_innermost(func, flow, |func, _, loops, id, shape| {
        walk_in(func, arch, loops, id, shape)
    })
}

/// Asks `change` to do something to each innermost loop that has one way in and one way back; whether any was changed.
pub(super) fn each_innermost(
    func: &mut Func,
    flow: &Flow,
    mut change: impl FnMut(&mut Func, &Dominators, &Loops, LoopId, &Shape) -> Result<bool, OutOfMemory>,
) -> Result<bool, OutOfMemory> {
    let Flow {
        cfg,
        dominators,
        loops,
    } = flow;
    let mut changed = false;
    for id in loops.loops.indices() {
        let has_inner = loops.loops.iter().any(|inner| inner.outer == Some(id));
        if has_inner {
            continue;
        }
        if let Some(shape) = shape(func, cfg, loops, id) {
            changed |= change(func, dominators, loops, id, &shape)?;
        }
    }
    Ok(changed)
}

/// The loop's one way in and one way back, if it is so.
fn shape(func: &Func, cfg: &Cfg, loops: &Loops, id: LoopId) -> Option<Shape> {
    let header = loops.loops[id].header;
    let preds = cfg.preds(header);
    let only = |inside: bool| {
        let mut found = preds
            .iter()
            .filter(|pred| loops.contains(id, **pred) == inside);
        found.next().copied().filter(|_| found.next().is_none())
    };
    let (before, latch) = (only(false)?, only(true)?);
    matches!(func.blocks[before].term, Term::Jump(_)).then_some(Shape {
        header,
        before,
        latch,
    })
}

struct Walk<'a> {
    func: &'a mut Func,
    loops: &'a Loops,
    id: LoopId,
    defs: IndexVec<Vreg, Option<Inst>>,
    homes: IndexVec<Vreg, Option<Block>>,
    counters: TryVec<Counter>,
    before: Block,
}

impl Walk<'_> {
    fn is_outside(&self, vreg: Vreg) -> bool {
        match self.homes.get(vreg) {
            Some(home) => home.is_some_and(|home| !self.loops.contains(self.id, home)),
            // Made by this pass, before the loop.
            None => true,
        }
    }

    fn counter(&self, vreg: Vreg) -> Option<&Counter> {
        self.counters.iter().find(|counter| counter.param == vreg)
    }

    #[inline(never)]
    fn slope(&self, vreg: Vreg, depth: u8) -> Option<Slope> {
        if self.is_outside(vreg) {
            return Some(Slope::Zero);
        }
        if let Some(counter) = self.counter(vreg) {
            return Some(counter.step);
        }
        let inst = self.defs.get(vreg).copied().flatten()?;
        let depth = depth.checked_sub(1)?;
        let a = self.slope(inst.a?, depth)?;
        let b = match inst.b {
            Some(b) => self.slope(b, depth)?,
            None => Slope::Zero,
        };
        match (inst.op, inst.b) {
            (Op::Copy, _) => Some(a),
            (Op::Add, _) => a.plus(b, 1),
            (Op::Sub, _) => a.plus(b, -1),
            (Op::Shl, None) if (0..31).contains(&inst.imm) => a.times(1 << inst.imm),
            (Op::Mul, None) => a.times(inst.imm),
            (Op::Mul, Some(factor)) => match (a, b) {
                (Slope::Zero, Slope::Zero) => Some(Slope::Zero),
                (Slope::Const(step), Slope::Zero) if self.is_outside(factor) => {
                    Some(Slope::Value(factor, step))
                }
                (Slope::Zero, Slope::Const(step)) if self.is_outside(inst.a?) => {
                    Some(Slope::Value(inst.a?, step))
                }
                _ => None,
            },
            _ => (a == Slope::Zero && b == Slope::Zero && inst.op.is_pure() && inst.c.is_none())
                .then_some(Slope::Zero),
        }
    }

    fn push(&mut self, inst: Inst) -> Result<Vreg, OutOfMemory> {
        let dst = self.func.vreg(Type::Word)?;
        self.func.blocks[self.before].insts.push(Inst {
            dst: Some(dst),
            ..inst
        })?;
        Ok(dst)
    }

    /// The value that `vreg`, which has a slope, has in the first turn; made before the loop.
    fn first(&mut self, vreg: Vreg) -> Result<Vreg, OutOfMemory> {
        if self.is_outside(vreg) {
            return Ok(vreg);
        }
        if let Some(counter) = self.counter(vreg) {
            return Ok(counter.start);
        }
        let Some(mut inst) = self.defs[vreg] else {
            return Ok(vreg);
        };
        if let Some(a) = inst.a {
            inst.a = Some(self.first(a)?);
        }
        if let Some(b) = inst.b {
            inst.b = Some(self.first(b)?);
        }
        self.push(inst)
    }

    /// `base + (index << shift)` in the first turn.
    #[inline(never)]
    fn first_address(&mut self, base: Vreg, index: Vreg, shift: u8) -> Result<Vreg, OutOfMemory> {
        let base = self.first(base)?;
        let index = self.first(index)?;
        if constant(self.defs.get(index).copied().flatten()) == Some(0) {
            return Ok(base);
        }
        let scaled = match shift {
            0 => index,
            _ => self.push(Inst {
                a: Some(index),
                imm: shift.into(),
                ..Inst::new(Op::Shl)
            })?,
        };
        self.push(Inst {
            a: Some(base),
            b: Some(scaled),
            ..Inst::new(Op::Add)
        })
    }

    /// What each turn adds, as operand `b` and constant of an addition.
    #[inline(never)]
    fn step(&mut self, slope: Slope) -> Result<(Option<Vreg>, i64), OutOfMemory> {
        Ok(match slope {
            Slope::Zero => (None, 0),
            Slope::Const(step) => (None, step),
            Slope::Value(value, 1) => (Some(value), 0),
            Slope::Value(value, times) => {
                let is_power = times > 0 && times & (times - 1) == 0;
                let (op, imm) = match is_power {
                    true => (Op::Shl, i64::from(times.trailing_zeros())),
                    false => (Op::Mul, times),
                };
                let step = self.push(Inst {
                    a: Some(value),
                    imm,
                    ..Inst::new(op)
                })?;
                (Some(step), 0)
            }
        })
    }
}

// Neither it nor what it asks is put into its callers: LLVM 22 finds no register for Xtensa in a frame that large.
#[inline(never)]
fn walk_in(
    func: &mut Func,
    arch: &dyn Arch,
    loops: &Loops,
    id: LoopId,
    shape: &Shape,
) -> Result<bool, OutOfMemory> {
    let is_indexed = |inst: &Inst| {
        matches!(inst.op, Op::Load(..) | Op::Store(..)) && inst.a.is_some() && inst.b.is_some()
    };
    let mut blocks = loops.loops[id].blocks.iter().map(|at| &func.blocks[*at]);
    if !blocks.any(|data| !data.cold && data.insts.iter().any(is_indexed)) {
        return Ok(false);
    }
    let defs = definitions(func)?;
    let homes = homes(func)?;
    let counters = counters(func, &defs, &homes, loops, id, shape)?;
    if counters.is_empty() {
        return Ok(false);
    }
    let mut walk = Walk {
        func,
        loops,
        id,
        defs,
        homes,
        counters,
        before: shape.before,
    };
    let mut walkers = TryVec::new();
    let mut changed = false;
    for block in &loops.loops[id].blocks {
        if walk.func.blocks[*block].cold {
            continue;
        }
        for at in 0..walk.func.blocks[*block].insts.len() {
            changed |= redirect(&mut walk, arch, shape, &mut walkers, *block, at)?;
        }
    }
    Ok(changed)
}

/// Gives the access to memory at a place of the loop an address that costs less, if there is one.
#[inline(never)]
fn redirect(
    walk: &mut Walk<'_>,
    arch: &dyn Arch,
    shape: &Shape,
    walkers: &mut TryVec<Walker>,
    block: Block,
    at: usize,
) -> Result<bool, OutOfMemory> {
    let inst = walk.func.blocks[block].insts[at];
    let (Op::Load(width, shift) | Op::Store(width, shift)) = inst.op else {
        return Ok(false);
    };
    let (Some(base), Some(index)) = (inst.a, inst.b) else {
        return Ok(false);
    };
    // What the index has in constants goes into the offset.
    let (index, more) = match walk.defs.get(index).copied().flatten() {
        Some(Inst {
            op: Op::Add,
            a: Some(a),
            b: None,
            imm,
            ..
        }) => (a, imm),
        _ => (index, 0),
    };
    let Some(offset) = more
        .checked_shl(shift.into())
        .and_then(|more| more.checked_add(inst.imm))
    else {
        return Ok(false);
    };
    let scaled = |slope: Slope| slope.times(1 << shift);
    let slope = (|| {
        let a = walk.slope(base, MAX_DEPTH)?;
        let b = walk.slope(index, MAX_DEPTH)?;
        a.plus(scaled(b)?, 1)
    })();
    let Some(slope) = slope.filter(|slope| *slope != Slope::Zero) else {
        return Ok(false);
    };
    let steps = match slope {
        Slope::Const(step) => block == shape.latch && arch.post_increment(width, step),
        _ => false,
    };
    let plain = walk.is_outside(base) && walk.counter(index).is_some();
    if !steps {
        // Free in the address, or one addition either way: nothing to gain.
        let takes = |offset| arch.adds_index() && arch.address(width, Some(shift), offset);
        let is_free = takes(inst.imm) && more == 0;
        let is_short = shift == 0 && matches!(slope, Slope::Value(..));
        if plain && (is_free || is_short) {
            return Ok(false);
        }
        // The rest of the address goes before the loop, the counter stays.
        let counter = walk.counters.iter().copied().find(|counter| {
            scaled(counter.step) == Some(slope) && constant(walk.defs[counter.start]) == Some(0)
        });
        if let Some(counter) = counter
            && takes(offset)
        {
            let base = walk.first_address(base, index, shift)?;
            let inst = &mut walk.func.blocks[block].insts[at];
            (inst.a, inst.b, inst.imm) = (Some(base), Some(counter.param), offset);
            return Ok(true);
        }
    }
    if !arch.address(width, None, offset) {
        return Ok(false);
    }
    let known = walkers
        .iter()
        .find(|walker| (walker.base, walker.index, walker.shift) == (base, index, shift));
    let pointer = match known {
        Some(walker) => walker.pointer,
        None if walkers.len() < MAX_WALKERS => {
            let start = walk.first_address(base, index, shift)?;
            let (b, imm) = walk.step(slope)?;
            let pointer = add_counter(walk.func, shape, start, b, imm)?;
            walkers.push(Walker {
                base,
                index,
                shift,
                pointer,
            })?;
            pointer
        }
        None => return Ok(false),
    };
    // Something may have been added to this very block, but only behind what is here.
    let inst = &mut walk.func.blocks[block].insts[at];
    (inst.a, inst.b, inst.imm) = (Some(pointer), None, offset);
    if let Op::Load(_, shift) | Op::Store(_, shift) = &mut inst.op {
        *shift = 0;
    }
    Ok(true)
}

/// Parameters of the header that the latch gives back with something from outside added.
#[inline(never)]
pub(super) fn counters(
    func: &Func,
    defs: &IndexVec<Vreg, Option<Inst>>,
    homes: &IndexVec<Vreg, Option<Block>>,
    loops: &Loops,
    id: LoopId,
    shape: &Shape,
) -> Result<TryVec<Counter>, OutOfMemory> {
    let mut counters = TryVec::new();
    let edge_from = |block: Block| {
        let mut edges = func.blocks[block]
            .term
            .edges()
            .filter(|edge| edge.block == shape.header);
        let first = edges.next();
        first.filter(|_| edges.next().is_none())
    };
    let (Some(enter), Some(back)) = (edge_from(shape.before), edge_from(shape.latch)) else {
        return Ok(counters);
    };
    let outside = |vreg: Vreg| homes[vreg].is_some_and(|home| !loops.contains(id, home));
    let params = func.items(func.blocks[shape.header].params);
    for (at, param) in params.iter().enumerate() {
        let (Some(start), Some(next)) = (
            func.items(enter.args).get(at).copied(),
            func.items(back.args).get(at).copied(),
        ) else {
            continue;
        };
        let Some(Inst {
            op: Op::Add | Op::Sub,
            a: Some(a),
            b,
            imm,
            ..
        }) = defs[next]
        else {
            continue;
        };
        let is_sub = defs[next].is_some_and(|inst| inst.op == Op::Sub);
        let step = match b {
            None if a == *param && is_sub => Slope::Const(imm.wrapping_neg()),
            None if a == *param => Slope::Const(imm),
            Some(b) if a == *param && outside(b) && !is_sub => Slope::Value(b, 1),
            Some(b) if b == *param && outside(a) && !is_sub => Slope::Value(a, 1),
            _ => continue,
        };
        counters.push(Counter {
            param: *param,
            step,
            start,
        })?;
    }
    Ok(counters)
}

/// A new parameter of the header: `start` at first, and each turn adds `b`, or `imm` if there is none.
#[inline(never)]
pub(super) fn add_counter(
    func: &mut Func,
    shape: &Shape,
    start: Vreg,
    b: Option<Vreg>,
    imm: i64,
) -> Result<Vreg, OutOfMemory> {
    let param = func.vreg(Type::Word)?;
    let next = func.vreg(Type::Word)?;
    func.blocks[shape.latch].insts.push(Inst {
        dst: Some(next),
        a: Some(param),
        b,
        imm,
        ..Inst::new(Op::Add)
    })?;
    let mut params = TryVec::from_slice(func.items(func.blocks[shape.header].params))?;
    params.push(param)?;
    func.blocks[shape.header].params = func.list(&params)?;
    for (block, value) in [(shape.before, start), (shape.latch, next)] {
        let mut term = func.blocks[block].term;
        for edge in term.edges_mut() {
            if edge.block == shape.header {
                let mut args = TryVec::from_slice(func.items(edge.args))?;
                args.push(value)?;
                edge.args = func.list(&args)?;
            }
        }
        func.blocks[block].term = term;
    }
    Ok(param)
}
