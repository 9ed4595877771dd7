//! The heap as a value: layout of its region, limits, the modes that tests switch on.

use core::ptr::{self, NonNull};

use super::alloc::Kind;
use super::bits::{Group, Table};
use super::finalise::Registry;
use super::lists::Lists;
use super::region::Region;
use super::{GRANULE, GRANULE_SHIFT, GROUP, GROUP_BYTES, WORD};

/// Entries of the mark stack; two words each.
pub(super) const MARK_STACK: usize = if GROUP == 64 { 256 } else { 32 };

/// When `alloc` asks for a collection although memory is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Bytes that may always be allocated between two collections. `usize::MAX`: collect only
    /// when the region is exhausted (boards).
    pub floor: usize,
    /// Growth allowed between two collections, in percent of what the last one left alive.
    pub growth_percent: u32,
}

impl Policy {
    /// Collect only when the region is exhausted.
    pub const WHEN_FULL: Policy = Policy {
        floor: usize::MAX,
        growth_percent: 0,
    };
    /// Let the heap grow to three times the live data, and not bother below a megabyte.
    pub const GROWING: Policy = Policy {
        floor: 1 << 20,
        growth_percent: 200,
    };
}

/// A heap. See the module header for the picture and the invariants.
pub struct Heap {
    // The bump window, first because the fast path uses it: `[cur, end)` is free memory in the
    // group `window`. Empty while locked or in a test mode, so that `alloc` takes the slow path.
    pub(super) cur: *mut u8,
    pub(super) end: *mut u8,
    pub(super) window: *mut Group,
    /// The current run is `[cur, run_end)`; the window is its first part.
    pub(super) run_end: usize,
    /// `cur` when `used` was last brought up to date.
    pub(super) settled: *mut u8,

    /// Address of granule 0, a multiple of `GROUP_BYTES`. The granules before `first` are not ours.
    pub(super) base: *mut u8,
    pub(super) first: usize,
    /// Granules from here on have never been used, or not since they were given back.
    pub(super) top: usize,
    /// End of the region.
    pub(super) limit: usize,
    /// Granules below are usable memory.
    pub(super) committed: usize,
    pub(super) region: Region,
    pub(super) table: Table,
    pub(super) lists: Lists,

    /// Granules in blocks, without those between `settled` and `cur`. Exact at all times: dead
    /// blocks not yet swept do not count.
    pub(super) used: usize,
    /// Granules in owned blocks, part of `used`.
    pub(super) owned: usize,
    /// `used` after the last collection.
    pub(super) live: usize,
    pub(super) peak: usize,
    /// `alloc` asks for a collection when `used` would pass this.
    pub(super) collect_at: usize,
    pub(super) policy: Policy,
    pub(super) threshold: Option<usize>,
    pub(super) collections: usize,

    // The sweep: see sweep.rs.
    pub(super) sweeping: bool,
    pub(super) sweep_at: usize,
    pub(super) pending: Option<usize>,
    pub(super) dead_carry: bool,

    pub(super) registry: Registry,

    pub(super) lock_depth: usize,
    pub(super) collect_always: bool,
    /// Fail the n-th allocation from now; 0 is never.
    pub(super) fail_in: usize,
    /// The allocation just refused by `fail_in` must fail for good.
    pub(super) fail_again: bool,

    /// Entries of the mark stack that may be used; tests lower it.
    pub(super) mark_cap: usize,

    /// Units of work done in slow paths, for tests of complexity.
    #[cfg(test)]
    pub(super) steps: usize,
}

impl Heap {
    /// A heap in `region`, or `None` if that is too small for a single block or cannot be committed.
    pub fn new(region: Region, policy: Policy) -> Option<Heap> {
        let start = region.base.as_ptr();
        let skip = start.align_offset(GRANULE);
        let from = start.addr().checked_add(skip)?;
        // Bumping past the end of a window must not wrap around the address space.
        let to = start.addr().checked_add(region.len)? & !(GRANULE - 1);
        to.checked_add(2 * GROUP_BYTES)?;

        // Tables first. What they take, the blocks lack: begin with the number of groups that fills
        // the region, rounded down, and add the one or two that ragged ends may need.
        let layout = |groups: usize| {
            let first = from + Table::bytes(groups).next_multiple_of(GRANULE);
            let nominal = first & !(GROUP_BYTES - 1);
            let needed = to.checked_sub(nominal)?.div_ceil(GROUP_BYTES);
            Some((first, nominal, needed))
        };
        let len = to.checked_sub(from)?;
        let many = GROUP * GROUP_BYTES + Table::bytes(GROUP);
        let one = GROUP_BYTES + Table::bytes(1);
        let mut groups = len / many * GROUP + len % many / one;
        let (first, nominal) = loop {
            let (first, nominal, needed) = layout(groups)?;
            if needed <= groups {
                break (first, nominal);
            }
            groups += 1;
        };
        if first >= to {
            return None;
        }
        let limit = (to - nominal) >> GRANULE_SHIFT;
        let base = start.with_addr(nominal);
        let first = (first - nominal) >> GRANULE_SHIFT;
        // SAFETY: `[from, first)` holds `Table::bytes(groups)` bytes of the region, is aligned,
        // and is not handed out as blocks. `prepare` commits before it extends.
        let table = unsafe { Table::new(start.wrapping_add(skip), groups) };
        let mut heap = Heap {
            base,
            first,
            top: first,
            limit,
            committed: first,
            region,
            table,
            policy,
            ..Heap::empty()
        };
        if !heap.prepare(1) {
            return None;
        }
        heap.set_run(first, first);
        heap.set_collect_at();
        Some(heap)
    }

    /// A heap without memory: each allocation fails. Stands in while the real one is elsewhere.
    pub fn empty() -> Heap {
        Heap {
            cur: ptr::null_mut(),
            end: ptr::null_mut(),
            window: ptr::null_mut(),
            run_end: 0,
            settled: ptr::null_mut(),
            base: ptr::null_mut(),
            first: 0,
            top: 0,
            limit: 0,
            committed: 0,
            region: Region::none(),
            table: Table::none(),
            lists: Lists::new(),
            used: 0,
            owned: 0,
            live: 0,
            peak: 0,
            collect_at: 0,
            policy: Policy::WHEN_FULL,
            threshold: None,
            collections: 0,
            sweeping: false,
            sweep_at: 0,
            pending: None,
            dead_carry: false,
            registry: Registry::new(),
            lock_depth: 0,
            collect_always: false,
            fail_in: 0,
            fail_again: false,
            mark_cap: MARK_STACK,
            #[cfg(test)]
            steps: 0,
        }
    }

    /// Makes the tables of groups `[0, groups)` usable. Granules outside the region become
    /// one-granule owned blocks that nobody frees.
    pub(super) fn prepare(&mut self, groups: usize) -> bool {
        let ready = self.table.ready();
        if groups <= ready {
            return true;
        }
        let (start, bytes) = self.table.group_bytes(groups);
        let ok = self.region.ensure(start, bytes)
            && self
                .table
                .summary_bytes(groups)
                .iter()
                .all(|&(start, bytes)| self.region.ensure(start, bytes));
        if !ok {
            return false;
        }
        self.table.extend(groups);
        if ready == 0 {
            for at in 0..self.first {
                self.table.place(at, 1, Kind::Owned);
            }
        }
        let end = groups * GROUP;
        if end > self.limit {
            for at in self.limit..end {
                self.table.place(at, 1, Kind::Owned);
            }
        }
        true
    }

    /// Address of granule `at`.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(super) fn address(&self, at: usize) -> *mut u8 {
        self.base.wrapping_add(at << GRANULE_SHIFT)
    }

    /// Granule at an address of the heap.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(super) fn granule(&self, ptr: *const u8) -> usize {
        (ptr.addr() - self.base.addr()) >> GRANULE_SHIFT
    }

    /// Granule of the block that starts at `ptr`.
    ///
    /// # Safety
    /// `ptr` was returned by an allocation of this heap and not freed since.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(super) unsafe fn head_at(&self, ptr: NonNull<u8>) -> usize {
        let at = self.granule(ptr.as_ptr());
        debug_assert!(at < self.top && self.table.is_head(at), "not a block");
        at
    }

    /// Granules for a block of `bytes`, at least one; `None` if no heap has so many.
    #[inline]
    pub(super) fn granules_for(bytes: usize) -> Option<usize> {
        Some((bytes.max(1).checked_add(GRANULE - 1)?) >> GRANULE_SHIFT)
    }

    /// Bytes that the block at `ptr` has, a multiple of `GRANULE`.
    ///
    /// # Safety
    /// `ptr` is a block of this heap.
    pub unsafe fn block_size(&self, ptr: NonNull<u8>) -> usize {
        // SAFETY: the caller's contract.
        let at = unsafe { self.head_at(ptr) };
        self.table.size(at) << GRANULE_SHIFT
    }

    /// The block, owned blocks excepted, of which the byte at address `addr` is a part.
    /// Dead blocks that are not yet swept may be found too.
    pub fn find_block(&self, addr: usize) -> Option<NonNull<u8>> {
        let at = addr.wrapping_sub(self.base.addr()) >> GRANULE_SHIFT;
        if at >= self.top {
            return None;
        }
        let head = self.table.head_of(at)?;
        if self.table.kind(head) == Kind::Owned {
            return None;
        }
        NonNull::new(self.address(head))
    }

    /// Whether `addr` lies in the part of the region that blocks come from.
    pub fn contains(&self, addr: usize) -> bool {
        let at = addr.wrapping_sub(self.base.addr()) >> GRANULE_SHIFT;
        (self.first..self.limit).contains(&at)
    }

    /// Allocation fails until the matching `unlock`. Locks nest.
    pub fn lock(&mut self) {
        self.lock_depth += 1;
        self.open_window();
    }

    /// Takes back one `lock`; returns how many are left.
    pub fn unlock(&mut self) -> usize {
        self.lock_depth = self.lock_depth.saturating_sub(1);
        self.open_window();
        self.lock_depth
    }

    /// Whether any lock is held.
    pub fn is_locked(&self) -> bool {
        self.lock_depth > 0
    }

    /// How many locks are held.
    pub fn lock_depth(&self) -> usize {
        self.lock_depth
    }

    /// Bytes that may be allocated before `alloc` asks for a collection, if set.
    pub fn threshold(&self) -> Option<usize> {
        self.threshold
    }

    /// Makes `alloc` ask for a collection after `bytes` were allocated; `None` leaves it to the policy.
    pub fn set_threshold(&mut self, bytes: Option<usize>) {
        self.threshold = bytes;
        self.set_collect_at();
    }

    pub(super) fn set_collect_at(&mut self) {
        let live_bytes = self.live << GRANULE_SHIFT;
        let growth = (live_bytes / 100).saturating_mul(self.policy.growth_percent as usize);
        let mut allowed = growth.max(self.policy.floor);
        if let Some(threshold) = self.threshold {
            allowed = allowed.min(threshold);
        }
        self.collect_at = self.live.saturating_add(allowed >> GRANULE_SHIFT);
    }

    /// Whether a collection is due: what `alloc` would say, for callers that must not collect
    /// just anywhere and use `alloc_after_collect` throughout.
    pub fn is_collection_due(&self) -> bool {
        self.used + self.unsettled() > self.collect_at
    }

    /// Test mode: each `alloc` asks for a collection first.
    pub fn set_collect_always(&mut self, on: bool) {
        self.collect_always = on;
        self.open_window();
    }

    /// Test mode: the `n`-th allocation from now fails, once; 0 switches it off.
    /// Attempts are counted at `alloc` and `realloc`; the `…_after_collect` call that follows fails as well.
    pub fn set_fail_in(&mut self, n: usize) {
        self.fail_in = n;
        self.fail_again = false;
        self.open_window();
    }

    /// Whether `set_fail_in` is still to strike.
    pub fn is_failure_pending(&self) -> bool {
        self.fail_in != 0
    }

    /// Counts a slow-path step in tests; nothing otherwise.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(super) fn step(&mut self) {
        #[cfg(test)]
        {
            self.steps += 1;
        }
    }
}

/// What debug builds write over freed memory: not an address of any block, being odd.
pub(super) const POISON: u8 = 0xdd;

impl Heap {
    /// In debug builds, overwrites the free granules `[at, at + n)`.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(super) fn poison(&mut self, at: usize, n: usize) {
        if cfg!(debug_assertions) {
            // SAFETY: the callers just freed these granules, which are committed memory.
            unsafe { self.address(at).write_bytes(POISON, n << GRANULE_SHIFT) };
        }
    }

    /// The word `i` words behind the start of granule `at`.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(super) fn word_of(&self, at: usize, i: usize) -> *mut usize {
        debug_assert!((i * WORD) < GRANULE * 2);
        self.address(at).cast::<usize>().wrapping_add(i)
    }
}
