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

struct Assigner<'a> {
    arch: &'a dyn Arch,
    bundles: &'a mut Bundles,
    calendars: TryVec<Calendar>,
    queue: BinaryHeap<(u32, core::cmp::Reverse<u32>)>,
    made: Assignment,
    clobbers: PregSet,
}

/// Gives registers to all bundles of values that are not in memory already.
pub(super) fn assign(
    arch: &dyn Arch,
    bundles: &mut Bundles,
    in_memory: &BitSet,
) -> Result<Assignment, OutOfMemory> {
    let mut calendars = TryVec::new();
    calendars.resize_with(N_REGS, Calendar::default)?;
    let count = bundles.all.len();
    let mut assigner = Assigner {
        arch,
        clobbers: arch.call_clobbers(),
        calendars,
        queue: BinaryHeap::new(),
        made: Assignment {
            regs: IndexVec::filled(None, count)?,
            spilled: TryVec::new(),
            used: PregSet::EMPTY,
            stuck: false,
        },
        bundles,
    };
    for (preg, range) in &assigner.bundles.fixed {
        assigner.calendars[preg.index()].insert(*range, None)?;
    }
    assigner.queue.try_reserve(count).map_err(|_| OutOfMemory)?;
    for bundle in assigner.bundles.all.indices() {
        let data = &assigner.bundles.all[bundle];
        let memory = data
            .vregs
            .first()
            .is_some_and(|vreg| in_memory.contains(vreg.index()));
        if !data.ranges.is_empty() && !memory {
            assigner.enqueue(bundle)?;
        }
    }
    while let Some((_, core::cmp::Reverse(bundle))) = assigner.queue.pop() {
        assigner.place(Bundle(bundle))?;
    }
    let mut made = assigner.made;
    made.used = PregSet::EMPTY;
    for preg in made.regs.iter().flatten() {
        made.used.insert(*preg);
    }
    Ok(made)
}

fn length(data: &BundleData) -> u32 {
    data.ranges.iter().map(|range| range.to - range.from).sum()
}

/// Worth per point of life, for comparisons.
fn density(data: &BundleData) -> u64 {
    if data.minimal {
        return u64::MAX;
    }
    data.weight.saturating_mul(1 << 12) / u64::from(length(data).max(1))
}

impl Assigner<'_> {
    fn enqueue(&mut self, bundle: Bundle) -> Result<(), OutOfMemory> {
        self.queue.try_reserve(1).map_err(|_| OutOfMemory)?;
        let key = length(&self.bundles.all[bundle]);
        self.queue.push((key, core::cmp::Reverse(bundle.0)));
        Ok(())
    }

    /// Does the bundle live over a call in hot code? And how often do calls in cold code run that it lives over?
    fn crosses(&self, ranges: &[Range]) -> (bool, u64) {
        let calls = &self.bundles.calls;
        let mut cold = 0;
        for range in ranges {
            let first = calls.partition_point(|(number, _)| point(*number) + 1 < range.from);
            for (number, runs) in &calls[first..] {
                // Alive both before and behind the call's middle.
                if point(*number) + 2 > range.to {
                    break;
                }
                if *runs == 0 {
                    return (true, 0);
                }
                cold += runs;
            }
        }
        (false, cold)
    }

    fn place(&mut self, bundle: Bundle) -> Result<(), OutOfMemory> {
        let data = &self.bundles.all[bundle];
        let (hot, cold) = self.crosses(&data.ranges);
        let mut allowed = data.regs;
        if hot {
            allowed = allowed.difference(self.clobbers);
        }
        let liked = self.liked(bundle);
        let regs = self.arch.regs();
        let mut best: Option<(i64, Preg)> = None;
        for preg in regs.ints.iter().chain(regs.floats) {
            if !allowed.contains(*preg)
                || self.calendars[preg.index()].meets(&data.ranges, |_| true)
            {
                continue;
            }
            let mut cost = 0i64;
            if self.clobbers.contains(*preg) {
                // Stored before and loaded behind.
                cost += 2 * cold as i64;
            } else if !self.made.used.contains(*preg) {
                cost += self.arch.save_cost();
            }
            for (hint, runs) in &data.hints {
                if hint == preg {
                    cost -= *runs as i64;
                }
            }
            cost -= liked[preg.index()] as i64;
            if best.is_none_or(|(least, _)| cost < least) {
                best = Some((cost, *preg));
            }
        }
        match best {
            Some((cost, preg)) if data.minimal || cost <= data.weight as i64 => {
                self.give(bundle, preg)
            }
            Some(_) => self.evict_or_spill(bundle, PregSet::EMPTY),
            None => self.evict_or_spill(bundle, allowed),
        }
    }

    fn give(&mut self, bundle: Bundle, preg: Preg) -> Result<(), OutOfMemory> {
        let calendar = &mut self.calendars[preg.index()];
        for range in &self.bundles.all[bundle].ranges {
            calendar.insert(*range, Some(bundle))?;
        }
        self.made.regs[bundle] = Some(preg);
        self.made.used.insert(preg);
        Ok(())
    }

    fn evict_or_spill(&mut self, bundle: Bundle, allowed: PregSet) -> Result<(), OutOfMemory> {
        let data = &self.bundles.all[bundle];
        let mine = density(data);
        // The register whose owners, all less dense, are the least dense.
        let mut best: Option<(u64, Preg)> = None;
        let regs = self.arch.regs();
        for preg in regs.ints.iter().chain(regs.floats) {
            if !allowed.contains(*preg) {
                continue;
            }
            let mut most = 0;
            let stays = self.calendars[preg.index()].meets(&data.ranges, |owner| match owner {
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
        if data.vregs.len() > 1 {
            return self.take_apart(bundle);
        }
        let spilled = data.vregs.first().copied();
        self.made.spilled.extend(spilled)
    }

    /// Clears the time of `bundle` in a register.
    fn evict(&mut self, preg: Preg, bundle: Bundle) -> Result<(), OutOfMemory> {
        let mut gone = TryVec::new();
        let mut full = false;
        self.calendars[preg.index()].meets(&self.bundles.all[bundle].ranges, |owner| {
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
        self.calendars[preg.index()]
            .entries
            .retain(|(_, owner)| owner.is_none_or(|owner| !gone.contains(&owner)));
        for owner in gone {
            self.made.regs[owner] = None;
            self.enqueue(owner)?;
        }
        Ok(())
    }

    /// Each value of the bundle by itself.
    fn take_apart(&mut self, bundle: Bundle) -> Result<(), OutOfMemory> {
        let data = core::mem::take(&mut self.bundles.all[bundle]);
        for vreg in data.vregs {
            let own = self.bundles.single(vreg)?;
            self.made.regs.resize(self.bundles.all.len(), None)?;
            self.enqueue(own)?;
        }
        Ok(())
    }

    /// By register: how often a move vanishes if the bundle gets it.
    fn liked(&self, bundle: Bundle) -> [u64; N_REGS] {
        let likes = &self.bundles.likes;
        let mut sums = [0; N_REGS];
        for vreg in &self.bundles.all[bundle].vregs {
            let first = likes.partition_point(|(one, ..)| one < vreg);
            for (one, other, runs) in &likes[first..] {
                if one != vreg {
                    break;
                }
                if let Some(other) = self.bundles.of[*other]
                    && let Some(preg) = self.made.regs[other]
                {
                    sums[preg.index()] += runs;
                }
            }
        }
        sums
    }
}
