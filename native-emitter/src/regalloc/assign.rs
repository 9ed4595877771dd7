//! Registers for bundles.
//!
//! Longest first, so that the long ones find room; one that is worth more per point of its life evicts those in
//! its way. A bundle that finds no room is taken apart, and a single value goes to memory.
use alloc::collections::BinaryHeap;

use ferlance_collections::{BitSet, IndexVec, OutOfMemory, TryVec};

use super::bundles::{Bundle, BundleData, Bundles};
use super::intervals::{Range, point};
use crate::arch::{Arch, Preg, PregSet};
use crate::nir::Vreg;

/// Who has a register when: rising, apart from each other.
#[derive(Debug, Default)]
struct Calendar {
    entries: TryVec<(Range, Option<Bundle>)>,
}

impl Calendar {
    /// The first entry that ends behind `point`.
    fn first_after(&self, point: u32) -> usize {
        self.entries.partition_point(|(range, _)| range.to <= point)
    }

    fn insert(&mut self, range: Range, owner: Option<Bundle>) -> Result<(), OutOfMemory> {
        let at = self.first_after(range.from);
        self.entries.insert(at, (range, owner))
    }

    /// Calls `hit` with each owner whose time meets one of the ranges; stops when it says so. Returns whether it did.
    fn meets(&self, ranges: &[Range], mut hit: impl FnMut(Option<Bundle>) -> bool) -> bool {
        let Some(first) = ranges.first() else {
            return false;
        };
        let mut at = self.first_after(first.from);
        for range in ranges {
            if let Some((entry, _)) = self.entries.get(at)
                && entry.to <= range.from
            {
                at += self.entries[at..].partition_point(|(entry, _)| entry.to <= range.from);
            }
            let mut look = at;
            while let Some((entry, owner)) = self.entries.get(look) {
                if entry.from >= range.to {
                    break;
                }
                if hit(*owner) {
                    return true;
                }
                look += 1;
            }
        }
        false
    }
}

/// Numbers of registers are below this.
const N_REGS: usize = 64;

/// What came out.
#[derive(Debug)]
pub(super) struct Assignment {
    pub(super) regs: IndexVec<Bundle, Option<Preg>>,
    /// Values that must go to memory.
    pub(super) spilled: TryVec<Vreg>,
    /// Registers that are used.
    pub(super) used: PregSet,
    /// No register was left for something that cannot be in memory: constraints that cannot be met.
    pub(super) stuck: bool,
}

/// What is kept from one try to the next: its room.
#[derive(Debug, Default)]
pub(super) struct Room {
    calendars: TryVec<Calendar>,
    queue: alloc::vec::Vec<u64>,
}

struct Assigner<'a> {
    bundles: &'a mut Bundles,
    calendars: &'a mut [Calendar],
    /// Lengths and numbers of bundles that wait: the longest first, of those the first.
    queue: BinaryHeap<u64>,
    made: Assignment,
    clobbers: PregSet,
    /// Registers that values may get, the preferred ones first.
    regs: TryVec<Preg>,
    save_cost: i64,
    /// By call: how often calls before it run, if they are in cold blocks, and how many are not.
    before: TryVec<(u64, u32)>,
    /// By register: how often a move vanishes if the bundle at work gets it.
    gains: [u64; N_REGS],
    /// Registers and what they cost.
    costs: [(i64, Preg); N_REGS],
    /// By point: registers that somebody has then. Empty where memory is scarce: the calendars tell it too.
    busy: TryVec<PregSet>,
}

/// Longer lives are looked up in the calendars.
const SHORT: u32 = 512;
/// Points of functions for which memory is too scarce.
const TOO_LONG: u32 = 1 << 19;

/// Gives registers to all bundles of values that are not in memory already.
#[inline(never)]
pub(super) fn assign(
    arch: &dyn Arch,
    bundles: &mut Bundles,
    in_memory: &BitSet,
    points: u32,
    room: &mut Room,
) -> Result<Assignment, OutOfMemory> {
    room.calendars.resize_with(N_REGS, Calendar::default)?;
    for calendar in room.calendars.iter_mut() {
        calendar.entries.clear();
    }
    let count = bundles.all.len();
    let regs = arch.regs();
    let mut before = TryVec::with_capacity(bundles.calls.len() + 1)?;
    let (mut cold, mut hot) = (0, 0);
    before.push((cold, hot))?;
    for (_, runs) in &bundles.calls {
        cold += u64::from(*runs);
        hot += u32::from(*runs == 0);
        before.push((cold, hot))?;
    }
    let mut waiting = core::mem::take(&mut room.queue);
    waiting.clear();
    waiting.try_reserve(count).map_err(|_| OutOfMemory)?;
    for (bundle, data) in bundles.all.iter_enumerated() {
        let memory = data
            .first
            .is_some_and(|vreg| in_memory.contains(vreg.index()));
        if data.length != 0 && !memory {
            waiting.push(waits(bundle, data));
        }
    }
    let mut assigner = Assigner {
        clobbers: arch.call_clobbers(),
        calendars: &mut room.calendars,
        queue: BinaryHeap::from(waiting),
        made: Assignment {
            regs: IndexVec::filled(None, count)?,
            spilled: TryVec::new(),
            used: PregSet::EMPTY,
            stuck: false,
        },
        bundles,
        regs: TryVec::from_items(regs.ints.iter().chain(regs.floats).copied())?,
        save_cost: arch.save_cost(),
        before,
        gains: [0; N_REGS],
        costs: [(0, Preg(0)); N_REGS],
        busy: match cfg!(target_pointer_width = "64") && points < TOO_LONG {
            true => TryVec::filled(PregSet::EMPTY, points as usize)?,
            false => TryVec::new(),
        },
    };
    for (preg, range) in &assigner.bundles.fixed {
        assigner.calendars[preg.index()].insert(*range, None)?;
        mark(&mut assigner.busy, *preg, range, true);
    }
    while let Some(next) = assigner.queue.pop() {
        assigner.place(Bundle::from_index(!next as u32 as usize))?;
    }
    room.queue = assigner.queue.into_vec();
    let mut made = assigner.made;
    made.used = PregSet::EMPTY;
    for preg in made.regs.iter().flatten() {
        made.used.insert(*preg);
    }
    Ok(made)
}

/// Notes that a register is taken, or free again.
fn mark(busy: &mut [PregSet], preg: Preg, range: &Range, is_taken: bool) {
    let points = range.from as usize..range.to as usize;
    for set in busy.get_mut(points).unwrap_or(&mut []) {
        match is_taken {
            true => set.insert(preg),
            false => set.remove(preg),
        }
    }
}

/// A bundle in the queue.
fn waits(bundle: Bundle, data: &BundleData) -> u64 {
    u64::from(data.length) << 32 | u64::from(!(bundle.index() as u32))
}

/// Worth per point of life, for comparisons.
fn density(data: &BundleData) -> u64 {
    if data.minimal {
        return u64::MAX;
    }
    (u64::from(data.weight) << 12) / u64::from(data.length.max(1))
}

impl Assigner<'_> {
    fn enqueue(&mut self, bundle: Bundle) -> Result<(), OutOfMemory> {
        self.queue.try_reserve(1).map_err(|_| OutOfMemory)?;
        self.queue.push(waits(bundle, &self.bundles.all[bundle]));
        Ok(())
    }

    /// Does the bundle live over a call in hot code? And how often do calls in cold code run that it lives over?
    fn crosses(&self, ranges: &[Range]) -> (bool, u64) {
        let calls = &self.bundles.calls;
        let mut cold = 0;
        let mut done = 0;
        for range in ranges {
            let rest = calls.get(done..).unwrap_or(&[]);
            let first = done + rest.partition_point(|(number, _)| point(*number) + 1 < range.from);
            let rest = calls.get(first..).unwrap_or(&[]);
            // Alive both before and behind the call's middle.
            let is_in = |(number, _): &(u32, u32)| point(*number) + 2 <= range.to;
            if !rest.first().is_some_and(is_in) {
                done = first;
                continue;
            }
            done = first + rest.partition_point(is_in);
            let ((cold_from, hot_from), (cold_to, hot_to)) =
                (self.before[first], self.before[done]);
            if hot_to > hot_from {
                return (true, 0);
            }
            cold += cold_to - cold_from;
        }
        (false, cold)
    }

    #[inline(never)]
    fn place(&mut self, bundle: Bundle) -> Result<(), OutOfMemory> {
        let data = &self.bundles.all[bundle];
        let ranges = self.bundles.ranges(data);
        let (hot, cold) = self.crosses(ranges);
        let mut allowed = data.regs;
        if hot {
            allowed = allowed.difference(self.clobbers);
        }
        // What a register costs is told sooner than whether it is free.
        let liked = gains(self.bundles, &self.made, data, &mut self.gains);
        let mut count = 0;
        for preg in &self.regs {
            if !allowed.contains(*preg) {
                continue;
            }
            let mut cost = 0i64;
            if self.clobbers.contains(*preg) {
                // Stored before and loaded behind.
                cost += 2 * cold as i64;
            } else if !self.made.used.contains(*preg) {
                cost += self.save_cost;
            }
            if liked.contains(*preg) {
                cost -= self.gains[preg.index()] as i64;
            }
            self.costs[count] = (cost, *preg);
            count += 1;
        }
        for preg in liked.iter() {
            self.gains[preg.index()] = 0;
        }
        let is_exact = data.length <= SHORT && !self.busy.is_empty();
        let taken = self.taken(is_exact, ranges);
        let costs = &mut self.costs[..count];
        let mut best = None;
        for _ in 0..costs.len() {
            // The first of the cheapest.
            let mut at = None;
            for (other, (cost, preg)) in costs.iter().enumerate() {
                if !taken.contains(*preg)
                    && *cost != i64::MAX
                    && at.is_none_or(|at: usize| *cost < costs[at].0)
                {
                    at = Some(other);
                }
            }
            let Some(at) = at else { break };
            let (cost, preg) = costs[at];
            if is_exact || !self.calendars[preg.index()].meets(ranges, |_| true) {
                best = Some((cost, preg));
                break;
            }
            costs[at].0 = i64::MAX;
        }
        match best {
            Some((cost, preg)) if data.minimal || cost <= i64::from(data.weight) => {
                self.give(bundle, preg)
            }
            Some(_) => self.evict_or_spill(bundle, PregSet::EMPTY),
            None => self.evict_or_spill(bundle, allowed),
        }
    }

    /// Registers that are not free all the while, as far as that is told quickly.
    fn taken(&self, is_exact: bool, ranges: &[Range]) -> PregSet {
        let mut taken = PregSet::EMPTY;
        if is_exact {
            for range in ranges {
                let points = range.from as usize..range.to as usize;
                for set in self.busy.get(points).unwrap_or(&[]) {
                    taken = taken.union(*set);
                }
            }
        }
        taken
    }

    fn give(&mut self, bundle: Bundle, preg: Preg) -> Result<(), OutOfMemory> {
        let calendar = &mut self.calendars[preg.index()];
        for range in self.bundles.ranges(&self.bundles.all[bundle]) {
            calendar.insert(*range, Some(bundle))?;
            mark(&mut self.busy, preg, range, true);
        }
        self.made.regs[bundle] = Some(preg);
        self.made.used.insert(preg);
        Ok(())
    }

    #[inline(never)]
    fn evict_or_spill(&mut self, bundle: Bundle, allowed: PregSet) -> Result<(), OutOfMemory> {
        let data = &self.bundles.all[bundle];
        let ranges = self.bundles.ranges(data);
        let mine = density(data);
        // The register whose owners, all less dense, are the least dense.
        let mut best: Option<(u64, Preg)> = None;
        for preg in &self.regs {
            if !allowed.contains(*preg) {
                continue;
            }
            let mut most = 0;
            let stays = self.calendars[preg.index()].meets(ranges, |owner| match owner {
                Some(owner) => {
                    most = most.max(density(&self.bundles.all[owner]));
                    most >= mine
                }
                None => true,
            });
            if !stays && best.is_none_or(|(least, _)| most < least) {
                best = Some((most, *preg));
            }
        }
        if let Some((_, preg)) = best {
            self.evict(preg, bundle)?;
            return self.give(bundle, preg);
        }
        if data.minimal {
            self.made.stuck = true;
            return Ok(());
        }
        if self.bundles.vregs(data).nth(1).is_some() {
            return self.take_apart(bundle);
        }
        let spilled = data.first;
        self.made.spilled.extend(spilled)
    }

    /// Clears the time of `bundle` in a register.
    fn evict(&mut self, preg: Preg, bundle: Bundle) -> Result<(), OutOfMemory> {
        let mut gone = TryVec::new();
        let mut full = false;
        let calendar = &mut self.calendars[preg.index()];
        let ranges = self.bundles.ranges(&self.bundles.all[bundle]);
        calendar.meets(ranges, |owner| {
            if let Some(owner) = owner
                && !gone.contains(&owner)
            {
                full |= gone.push(owner).is_err();
            }
            false
        });
        if full {
            return Err(OutOfMemory);
        }
        calendar
            .entries
            .retain(|(_, owner)| owner.is_none_or(|owner| !gone.contains(&owner)));
        for owner in gone {
            for range in self.bundles.ranges(&self.bundles.all[owner]) {
                mark(&mut self.busy, preg, range, false);
            }
            self.made.regs[owner] = None;
            self.enqueue(owner)?;
        }
        Ok(())
    }

    /// Each value of the bundle by itself.
    fn take_apart(&mut self, bundle: Bundle) -> Result<(), OutOfMemory> {
        let (regs, queue) = (&mut self.made.regs, &mut self.queue);
        self.bundles.take_apart(bundle, |bundles, own| {
            regs.resize(bundles.all.len(), None)?;
            queue.try_reserve(1).map_err(|_| OutOfMemory)?;
            queue.push(waits(own, &bundles.all[own]));
            Ok(())
        })
    }
}

/// By register: adds up how often a move vanishes if the bundle gets it. Returns which registers these are.
fn gains(
    bundles: &Bundles,
    made: &Assignment,
    data: &BundleData,
    sums: &mut [u64; N_REGS],
) -> PregSet {
    let mut set = PregSet::EMPTY;
    for vreg in bundles.vregs(data) {
        bundles.each_hint(vreg, |preg, runs| {
            set.insert(preg);
            sums[preg.index()] += u64::from(runs);
        });
        bundles.each_like(vreg, |other, runs| {
            if let Some(other) = bundles.of[other]
                && let Some(preg) = made.regs[other]
            {
                set.insert(preg);
                sums[preg.index()] += u64::from(runs);
            }
        });
    }
    set
}
