//! Registers for bundles.
//!
//! Longest first, so that the long ones find room; one that is worth more per point of its life evicts those in
//! its way. A bundle that finds no room is taken apart, and a single value goes to memory.
use alloc::collections::BinaryHeap;

use ferlance_collections::{BitSet, IndexVec, OutOfMemory, SCARCE_MEMORY, TryVec};

use super::bundles::{Bundle, BundleData, Bundles};
use super::busy::Busy;
use super::intervals::{Numbers, Range, point};
use super::spill::Short;
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
    queue: Queue,
    busy: Busy,
    calls_before: TryVec<u32>,
}

impl Room {
    /// Gives registers that are free there, after all, to values that are alive for a moment: those that nobody has to
    /// save, if there are any. Returns which they are, or nothing if one of them gets none.
    pub(super) fn fill_in(
        &mut self,
        arch: &dyn Arch,
        shorts: &[Short],
        used: &mut PregSet,
    ) -> Result<Option<TryVec<Preg>>, OutOfMemory> {
        if self.busy.is_off() {
            return Ok(None);
        }
        let regs = arch.regs();
        let mut made = TryVec::with_capacity(shorts.len())?;
        for short in shorts {
            let free = self.busy.free(short.regs, &short.ranges);
            let costs = |preg: &Preg| !regs.callee_saved.contains(*preg) || used.contains(*preg);
            let list = match short.is_float {
                true => regs.floats,
                false => regs.ints,
            };
            let is_free = |preg: &&Preg| free.contains(**preg);
            let hint = short.hint.filter(|hint| list.contains(hint));
            let best = hint
                .iter()
                .find(|preg| free.contains(**preg) && costs(preg))
                .or_else(|| list.iter().find(|preg| is_free(preg) && costs(preg)))
                .or_else(|| list.iter().find(is_free));
            let Some(best) = best else {
                return Ok(None);
            };
            for range in &short.ranges {
                self.busy.mark(*best, range, true);
            }
            used.insert(*best);
            made.push(*best)?;
        }
        Ok(Some(made))
    }
}

/// Bundles that wait, the longest first, of those the first.
#[derive(Debug, Default)]
struct Queue {
    /// Lengths and numbers of those that are [`SHORT`] or longer.
    long: BinaryHeap<u64>,
    /// By length: the first of the others.
    first: TryVec<Option<Bundle>>,
    /// By bundle: the next of the same length.
    next: IndexVec<Bundle, Option<Bundle>>,
    /// No shorter one waits than those of this length and below.
    most: usize,
}

/// Points of a life that many bundles have less of.
const SHORT: u32 = 128;

impl Queue {
    fn reset(&mut self) -> Result<(), OutOfMemory> {
        self.long.clear();
        self.first.clear();
        self.most = 0;
        self.first.resize(SHORT as usize, None)
    }

    fn push(&mut self, bundle: Bundle, length: u32) -> Result<(), OutOfMemory> {
        if length >= SHORT {
            self.long.try_reserve(1).map_err(|_| OutOfMemory)?;
            let number = !(bundle.index() as u32);
            self.long.push(u64::from(length) << 32 | u64::from(number));
            return Ok(());
        }
        let length = length as usize;
        if self.next.len() <= bundle.index() {
            self.next.resize(bundle.index() + 1, None)?;
        }
        self.next[bundle] = self.first[length].replace(bundle);
        self.most = self.most.max(length);
        Ok(())
    }

    fn pop(&mut self) -> Option<Bundle> {
        if let Some(waits) = self.long.pop() {
            return Some(Bundle::from_index(!waits as u32 as usize));
        }
        loop {
            let first = self.first.get_mut(self.most)?;
            if let Some(bundle) = *first {
                *first = self.next[bundle];
                return Some(bundle);
            }
            self.most = self.most.checked_sub(1)?;
        }
    }
}

struct Assigner<'a> {
    bundles: &'a mut Bundles,
    calendars: &'a mut [Calendar],
    queue: &'a mut Queue,
    made: Assignment,
    clobbers: PregSet,
    /// Registers that values may get, the preferred ones first: integers and floats.
    regs: [&'static [Preg]; 2],
    save_cost: i64,
    /// By call: how often calls before it run, if they are in cold blocks, and how many are not.
    before: TryVec<(u64, u32)>,
    /// By register: how often a move vanishes if the bundle at work gets it.
    gains: [u64; N_REGS],
    /// Who has a register at all, where memory is not scarce; the calendars tell it too.
    busy: &'a mut Busy,
    /// By number of an instruction: the calls before it. Empty where memory is scarce.
    calls_before: &'a [u32],
}

/// Points of functions for which memory is too scarce.
const TOO_LONG: u32 = 1 << 19;

/// Gives registers to all bundles of values that are not in memory already.
#[inline(never)]
pub(super) fn assign(
    arch: &dyn Arch,
    bundles: &mut Bundles,
    in_memory: &BitSet,
    numbers: &Numbers,
    room: &mut Room,
) -> Result<Assignment, OutOfMemory> {
    let Room {
        calendars,
        queue,
        busy,
        calls_before,
    } = room;
    calendars.resize_with(N_REGS, Calendar::default)?;
    for calendar in calendars.iter_mut() {
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
    calls_before.clear();
    if !SCARCE_MEMORY && point(numbers.count) < TOO_LONG {
        busy.reset(point(numbers.count))?;
        calls_before.reserve(numbers.count as usize + 1)?;
        for (at, (number, _)) in bundles.calls.iter().enumerate() {
            calls_before.resize(*number as usize + 1, at as u32)?;
        }
        calls_before.resize(numbers.count as usize + 1, bundles.calls.len() as u32)?;
    }
    queue.reset()?;
    queue.next.reserve(bundles.all.capacity())?;
    queue.next.resize(count, None)?;
    for (bundle, data) in bundles.all.iter_enumerated().rev() {
        let first = bundles.first(data);
        let memory = first.is_some_and(|vreg| in_memory.contains(vreg.index()));
        let length = bundles.length(data);
        if length != 0 && !memory {
            queue.push(bundle, length)?;
        }
    }
    let mut assigner = Assigner {
        clobbers: arch.call_clobbers(),
        calendars,
        queue,
        made: Assignment {
            regs: IndexVec::filled(None, count)?,
            spilled: TryVec::new(),
            used: PregSet::EMPTY,
            stuck: false,
        },
        bundles,
        regs: [regs.ints, regs.floats],
        save_cost: arch.save_cost(),
        before,
        gains: [0; N_REGS],
        busy,
        calls_before,
    };
    for (preg, range) in &assigner.bundles.fixed {
        assigner.calendars[preg.index()].insert(*range, None)?;
        assigner.busy.mark(*preg, range, true);
    }
    while let Some(next) = assigner.queue.pop() {
        assigner.place(next)?;
    }
    let mut made = assigner.made;
    made.used = PregSet::EMPTY;
    for preg in made.regs.iter().flatten() {
        made.used.insert(*preg);
    }
    Ok(made)
}

/// Worth per point of life, for comparisons.
fn density(bundles: &Bundles, data: &BundleData) -> u64 {
    if data.minimal {
        return u64::MAX;
    }
    (u64::from(data.weight) << 12) / u64::from(bundles.length(data).max(1))
}

impl Assigner<'_> {
    fn enqueue(&mut self, bundle: Bundle) -> Result<(), OutOfMemory> {
        let length = self.bundles.length(&self.bundles.all[bundle]);
        self.queue.push(bundle, length)
    }

    /// Calls before the instruction of this number.
    fn calls_before(&self, number: u32) -> usize {
        match self.calls_before.get(number as usize) {
            Some(calls) => *calls as usize,
            None => {
                let calls = &self.bundles.calls;
                calls.partition_point(|(call, _)| *call < number)
            }
        }
    }

    /// Does the bundle live over a call in hot code? And how often do calls in cold code run that it lives over?
    fn crosses(&self, ranges: &[Range]) -> (bool, u64) {
        let mut cold = 0;
        for range in ranges {
            // Alive both before and behind the call's middle.
            let first = self.calls_before((range.from + 2) / 4);
            let done = self.calls_before((range.to + 2) / 4);
            if first >= done {
                continue;
            }
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
        let liked = gains(self.bundles, &self.made, data, &mut self.gains);
        let mut free = self.busy.free(allowed, ranges);
        let best = loop {
            let best = self.cheapest(free, liked, cold);
            // What a register costs is told sooner than by the calendars whether it is free.
            if let (Some((_, preg)), true) = (best, self.busy.is_off())
                && self.calendars[preg.index()].meets(ranges, |_| true)
            {
                free.remove(preg);
                continue;
            }
            break best;
        };
        for preg in liked.iter() {
            self.gains[preg.index()] = 0;
        }
        match best {
            Some((cost, preg)) if data.minimal || cost <= i64::from(data.weight) => {
                self.give(bundle, preg)
            }
            Some(_) => self.evict_or_spill(bundle, PregSet::EMPTY),
            None => self.evict_or_spill(bundle, allowed),
        }
    }

    /// Registers of the kind that a set is of, the preferred ones first.
    fn regs(&self, set: PregSet) -> &'static [Preg] {
        let [ints, floats] = self.regs;
        match set.intersection(PregSet::INTS).is_empty() {
            true => floats,
            false => ints,
        }
    }

    /// The first of the cheapest in a set, for a life over calls in cold code that run so often.
    fn cheapest(&self, set: PregSet, liked: PregSet, cold: u64) -> Option<(i64, Preg)> {
        let mut best: Option<(i64, Preg)> = None;
        let is_liked = !liked.intersection(set).is_empty();
        for preg in self.regs(set) {
            if !set.contains(*preg) {
                continue;
            }
            let mut cost = match self.clobbers.contains(*preg) {
                // Stored before and loaded behind.
                true => 2 * cold as i64,
                false if self.made.used.contains(*preg) => 0,
                false => self.save_cost,
            };
            if liked.contains(*preg) {
                cost -= self.gains[preg.index()] as i64;
            }
            if best.is_none_or(|(least, _)| cost < least) {
                best = Some((cost, *preg));
                if cost == 0 && !is_liked {
                    break;
                }
            }
        }
        best
    }

    fn give(&mut self, bundle: Bundle, preg: Preg) -> Result<(), OutOfMemory> {
        let calendar = &mut self.calendars[preg.index()];
        for range in self.bundles.ranges(&self.bundles.all[bundle]) {
            calendar.insert(*range, Some(bundle))?;
            self.busy.mark(preg, range, true);
        }
        self.made.regs[bundle] = Some(preg);
        self.made.used.insert(preg);
        Ok(())
    }

    #[inline(never)]
    fn evict_or_spill(&mut self, bundle: Bundle, allowed: PregSet) -> Result<(), OutOfMemory> {
        let data = &self.bundles.all[bundle];
        let ranges = self.bundles.ranges(data);
        let mine = density(self.bundles, data);
        // The register whose owners, all less dense, are the least dense.
        let mut best: Option<(u64, Preg)> = None;
        for preg in self.regs(allowed) {
            if !allowed.contains(*preg) {
                continue;
            }
            let mut most = 0;
            let stays = self.calendars[preg.index()].meets(ranges, |owner| match owner {
                Some(owner) => {
                    most = most.max(density(self.bundles, &self.bundles.all[owner]));
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
        let spilled = self.bundles.first(data);
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
                self.busy.mark(preg, range, false);
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
            queue.push(own, bundles.length(&bundles.all[own]))
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
