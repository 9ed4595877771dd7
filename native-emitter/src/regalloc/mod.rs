//! Registers for values.
//!
//! Every value gets one place for its whole life: a register, a spill slot, or none at all if it is a constant that
//! is made where it is wanted. So registers and spill slots hold right values also when an exception arrives
//! and callee-saved registers jump back to what they were: see the header of [`crate::nir`].
//!
//! ```text
//!  prepare    edges with values get blocks, constants their own values; the order of the code
//!  intervals  when each value is alive
//!  bundles    values that are to share a place
//!  assign     registers for bundles, or memory ──┐
//!  spill      loads and stores; again from intervals
//!  checker    does every use read its value?
//! ```
//!
//! Who is in a hurry does not begin again: the values that loads and stores need live for a moment, and there are
//! registers free then, as a rule ([`spill::Log`], [`assign::Room::fill_in`]).
mod assign;
mod bundles;
mod busy;
mod checker;
mod intervals;
pub mod moves;
mod prepare;
mod spill;

use ferlance_collections::{BitSet, IndexVec, OutOfMemory, SCARCE_MEMORY, TryVec};

use self::assign::{Assignment, Room};
use self::bundles::{Bundles, Roles};
use self::intervals::Numbers;
use self::spill::{Log, Memory};
use crate::analysis::{Cfg, Dominators, Liveness, Loops, entry_lines};
use crate::arch::{Arch, MAX_TEMPS, Place, Preg, PregSet, Temps};
use crate::nir::{Block, BlockData, Effort, Func, Inst, Op, Term, Type, Vreg};

pub use checker::{Unsound, check};

/// Registers at one instruction that are not those of its operands.
#[derive(Debug, Clone, Copy)]
pub struct Extra {
    /// The instruction: see [`Allocation::extras`].
    pub at: u32,
    /// Registers for the instruction itself.
    pub temps: Temps,
    /// Registers that are stored before this call, in cold code, and loaded again behind it.
    pub kept: PregSet,
}

/// Where everything is. The allocator also changes the function: it splits edges that need moves, and adds
/// copies for operands that cannot be in memory.
#[derive(Debug)]
pub struct Allocation {
    /// The place of each value.
    pub places: IndexVec<Vreg, Place>,
    /// The blocks in the order in which they are laid out; the first is the entry.
    pub order: TryVec<Block>,
    /// The source line that each block begins in.
    pub entry_lines: IndexVec<Block, u32>,
    /// By instruction, rising. Instructions are numbered in `order`; the head of a block and its end count as one each.
    pub extras: TryVec<Extra>,
    /// Registers that are written.
    pub used: PregSet,
    /// Registers kept over calls in cold code.
    pub kept: PregSet,
    /// Words of the spill area.
    pub spill_words: u32,
    /// Does the spill area hold doubles, which want alignment?
    pub wide_spills: bool,
    /// Words of outgoing stack arguments.
    pub out_words: u32,
    /// Does the function call anything?
    pub calls: bool,
}

/// Why there are no registers. Never the program's fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AllocateError {
    /// No memory.
    OutOfMemory,
    /// An instruction asks for more registers than there are.
    Stuck,
}

impl From<OutOfMemory> for AllocateError {
    fn from(_: OutOfMemory) -> AllocateError {
        AllocateError::OutOfMemory
    }
}

/// Gives every value a place. Changes the function: see [`Allocation`].
pub fn allocate(func: &mut Func, arch: &dyn Arch) -> Result<Allocation, AllocateError> {
    prepare::split_edges(func)?;
    let cfg = Cfg::new(func)?;
    let loops = match cfg.leads_back() {
        true => Loops::new(func, &cfg, &Dominators::new(&cfg)?)?,
        false => Loops::none(func)?,
    };
    for block in func.blocks.indices() {
        func.blocks[block].depth = loops.depth(block);
    }
    let order = crate::opt::layout::block_order(func, &loops)?;
    drop(loops);
    // What several tries want is kept from one to the next where there is memory for that.
    let lines = match SCARCE_MEMORY {
        true => None,
        false => Some(entry_lines(func, &cfg)?),
    };
    let mut memory = Memory {
        constants: prepare::split_constants(func, arch)?,
        spilled: BitSet::new(),
        minimal: BitSet::new(),
    };
    let mut kept = Some(Liveness::new(func, &cfg, &memory.constants)?);
    drop(cfg);
    let mut room = Room::default();
    loop {
        let numbers = Numbers::new(func, &order)?;
        let live = match kept.take() {
            Some(live) => live,
            None => Liveness::new(func, &Cfg::new(func)?, &memory.constants)?,
        };
        let ranges = intervals::ranges(func, arch, &order, &numbers, &live)?;
        let caught = caught(func, &live)?;
        kept = Some(live).filter(|_| !SCARCE_MEMORY);
        let roles = Roles {
            constants: &memory.constants,
            spilled: &memory.spilled,
            minimal: &memory.minimal,
            caught: &caught,
        };
        let mut bundles = bundles::bundles(func, arch, &order, &numbers, ranges, &roles)?;
        let mut assignment =
            assign::assign(arch, &mut bundles, &memory.spilled, &numbers, &mut room)?;
        let mut filled = None;
        if !assignment.spilled.is_empty() {
            // Who is in a hurry takes what registers are left where such values are wanted.
            if func.effort != Effort::Little || assignment.stuck {
                let spilled = assignment.spilled;
                if SCARCE_MEMORY {
                    (room, kept) = (Room::default(), None);
                }
                drop((bundles, numbers, assignment.regs, caught));
                spill::spill(func, arch, &spilled, &mut memory, kept.as_mut(), None)?;
                continue;
            }
            let mut log = Log::new(func, numbers)?;
            let (spilled, live) = (&assignment.spilled, kept.as_mut());
            spill::spill(func, arch, spilled, &mut memory, live, Some(&mut log))?;
            filled = fill_in(func, arch, &order, log, &mut room, &mut assignment)?;
            if filled.is_none() {
                continue;
            }
        }
        if assignment.stuck {
            return Err(AllocateError::Stuck);
        }
        let roles = Roles {
            constants: &memory.constants,
            spilled: &memory.spilled,
            minimal: &memory.minimal,
            caught: &caught,
        };
        let shorts = match &filled {
            Some((shorts, _)) => {
                bundles.join_spilled(&roles)?;
                &shorts[..]
            }
            None => &[],
        };
        drop(room);
        bundles.forget_likes();
        let mut extras = extras(arch, &bundles, &assignment)?;
        if let Some((_, numbers)) = &filled {
            for extra in extras.iter_mut() {
                extra.at = numbers.get(extra.at as usize).copied().unwrap_or(extra.at);
            }
        }
        let mut made = finish(func, arch, &bundles, &assignment, &roles, shorts, extras)?;
        drop((bundles, assignment));
        made.order = order;
        made.entry_lines = match lines {
            Some(lines) => lines,
            None => entry_lines(func, &Cfg::new(func)?)?,
        };
        return Ok(made);
    }
}

/// Short values with registers, and the new number of each instruction.
type Filled = (TryVec<(Vreg, Preg)>, TryVec<u32>);

/// Registers for the values that were made to be short, if there is one for each.
fn fill_in(
    func: &Func,
    arch: &dyn Arch,
    order: &[Block],
    log: Log,
    room: &mut Room,
    assignment: &mut Assignment,
) -> Result<Option<Filled>, OutOfMemory> {
    let Some(pregs) = room.fill_in(arch, &log.shorts, &mut assignment.used)? else {
        return Ok(None);
    };
    let vregs = log.shorts.iter().map(|short| short.vreg);
    let shorts = TryVec::from_items(vregs.zip(pregs))?;
    Ok(Some((shorts, log.renumbered(func, order)?)))
}

/// Values that are wanted where exceptions arrive.
fn caught(func: &Func, live: &Liveness) -> Result<BitSet, OutOfMemory> {
    let mut set = BitSet::new();
    for data in &func.blocks {
        if let Term::NlrPush { caught, .. } = data.term {
            for vreg in live.live_in(caught.block) {
                set.insert(vreg.index())?;
            }
        }
    }
    Ok(set)
}

fn finish(
    func: &Func,
    arch: &dyn Arch,
    bundles: &Bundles,
    assignment: &Assignment,
    roles: &Roles<'_>,
    shorts: &[(Vreg, Preg)],
    extras: TryVec<Extra>,
) -> Result<Allocation, OutOfMemory> {
    let mut places = IndexVec::filled(Place::None, func.vregs.len())?;
    for data in &func.blocks {
        for inst in &data.insts {
            if let (Op::Const | Op::FConst, Some(dst)) = (inst.op, inst.dst)
                && roles.constants.contains(dst.index())
            {
                places[dst] = Place::Const(inst.imm);
            }
        }
    }
    for vreg in func.vregs.indices() {
        let bundle = bundles.of.get(vreg).copied().flatten();
        if let Some(preg) = bundle.and_then(|bundle| assignment.regs[bundle]) {
            places[vreg] = Place::Reg(preg);
        }
    }
    for (short, preg) in shorts {
        places[*short] = Place::Reg(*preg);
    }
    let spill_words = spill::slots(func, arch, bundles, roles, &mut places)?;
    let wide = |vreg: &Vreg| func.ty(*vreg) == Type::F64 && arch.target().word() == 4;
    let wide_spills = func
        .vregs
        .indices()
        .any(|vreg| matches!(places[vreg], Place::Spill(_)) && wide(&vreg));
    let kept = extras
        .iter()
        .fold(PregSet::EMPTY, |all, extra| all.union(extra.kept));
    Ok(Allocation {
        places,
        order: TryVec::new(),
        entry_lines: IndexVec::new(),
        extras,
        used: assignment.used,
        kept,
        spill_words,
        wide_spills,
        out_words: out_words(func, arch),
        calls: !bundles.calls.is_empty(),
    })
}

/// Stack arguments of the call that has most.
fn out_words(func: &Func, arch: &dyn Arch) -> u32 {
    let room = arch.regs().args.len();
    let of_call = |inst: &Inst| {
        let words = match inst.op {
            Op::Cached(site, _) => site.fun().params().len(),
            _ => {
                let words = func.items(inst.args).iter();
                words.filter(|arg| !func.ty(**arg).is_float()).count()
            }
        };
        words.saturating_sub(room) as u32
    };
    let insts = func.blocks.iter().flat_map(|data| &data.insts);
    let of_calls = insts.filter(|inst| inst.op.may_call()).map(of_call).max();
    // The buffer's address.
    let pushes = |data: &BlockData| matches!(data.term, Term::NlrPush { .. });
    let of_push = match func.blocks.iter().any(pushes) {
        true => 1u32.saturating_sub(room as u32),
        false => 0,
    };
    of_calls.unwrap_or(0).max(of_push)
}

/// Registers at instructions besides operands.
fn extras(
    arch: &dyn Arch,
    bundles: &Bundles,
    assignment: &Assignment,
) -> Result<TryVec<Extra>, OutOfMemory> {
    let mut extras: TryVec<Extra> = TryVec::new();
    let clobbers = arch.call_clobbers();
    for (bundle, data) in bundles.all.iter_enumerated() {
        let Some(preg) = assignment.regs[bundle] else {
            continue;
        };
        if !clobbers.contains(preg) || bundles.first(data).is_none() {
            continue;
        }
        for range in bundles.ranges(data) {
            let first = bundles
                .calls
                .partition_point(|(number, _)| intervals::point(*number) + 1 < range.from);
            for (number, _) in &bundles.calls[first..] {
                if intervals::point(*number) + 2 > range.to {
                    break;
                }
                extras.push(Extra {
                    at: *number,
                    temps: NO_TEMPS,
                    kept: PregSet::of(&[preg]),
                })?;
            }
        }
    }
    for (bundle, at, which) in &bundles.temps {
        let mut temps = NO_TEMPS;
        temps[usize::from(*which) % MAX_TEMPS] = assignment.regs[*bundle];
        let (at, kept) = (*at, PregSet::EMPTY);
        extras.push(Extra { at, temps, kept })?;
    }
    extras.sort_unstable_by_key(|extra| extra.at);
    // One for each instruction.
    let mut merged: TryVec<Extra> = TryVec::new();
    for extra in extras {
        match merged.last_mut() {
            Some(last) if last.at == extra.at => {
                last.kept = last.kept.union(extra.kept);
                for (into, from) in last.temps.iter_mut().zip(extra.temps) {
                    *into = into.or(from);
                }
            }
            _ => merged.push(extra)?,
        }
    }
    Ok(merged)
}

const NO_TEMPS: Temps = [None; MAX_TEMPS];
