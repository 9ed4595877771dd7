//! Allocation: the bump window, and where runs come from when it is empty.

use core::ptr::NonNull;

use super::bits::bit;
use super::heap::Heap;
use super::{GRANULE, GRANULE_SHIFT, GROUP, GROUP_BYTES};

/// What the collector does with a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Kept while reachable; its words are looked at.
    Scanned,
    /// Kept while reachable; holds no references.
    Leaf,
    /// Kept until freed by hand; holds no references that the collector should follow.
    Owned,
}

impl Kind {
    fn of(leaf: bool) -> Kind {
        if leaf { Kind::Leaf } else { Kind::Scanned }
    }

    /// The head granule's bit in each plane (head, body, flag), as masks.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(super) fn planes(self) -> (usize, usize, usize) {
        match self {
            Kind::Scanned => (!0, 0, 0),
            Kind::Leaf => (!0, 0, !0),
            Kind::Owned => (0, !0, !0),
        }
    }
}

/// Sets bits in a plane: volatile, lest the compiler joins two planes into one vector, which stalls
/// when the store before it was of one word.
#[cfg_attr(not(feature = "small"), inline(always))]
fn set(plane: &mut usize, bits: usize) {
    let plane: *mut usize = plane;
    // SAFETY: made from a reference.
    unsafe { plane.write_volatile(plane.read_volatile() | bits) };
}

/// Granules by which the heap grows into the wilderness at least, when there are so many.
const GROWTH: usize = GROUP * GROUP;

impl Heap {
    /// A block of at least `bytes` bytes, not zeroed, aligned to `GRANULE`. A `leaf` is never
    /// looked into for references.
    ///
    /// `None` if a collection is due, memory is exhausted, or the heap is locked. The caller then
    /// collects, unless locked, and calls `alloc_after_collect`.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn alloc(&mut self, bytes: usize, leaf: bool) -> Option<NonNull<u8>> {
        // Zero bytes and sizes that could overflow fail this test, too.
        if bytes.wrapping_sub(1) < GROUP_BYTES {
            let n = bytes.wrapping_add(GRANULE - 1) >> GRANULE_SHIFT;
            let block = self.cur;
            let next = block.wrapping_add(n << GRANULE_SHIFT);
            if next <= self.end {
                self.cur = next;
                // Groups are aligned, so the address tells the position in the group.
                let at = block.addr() >> GRANULE_SHIFT;
                // SAFETY: `window` is the group of `[cur, end)`, initialised; `at` lies in it.
                let group = unsafe { &mut *self.window };
                set(&mut group.head, bit(at));
                if leaf {
                    set(&mut group.flag, bit(at));
                }
                // `n - 1` ones behind the head; `2 << 63` loses its bit, which is right for n = 64.
                if n > 1 {
                    let ones = 2usize.wrapping_shl((n - 1) as u32).wrapping_sub(2);
                    set(&mut group.body, ones.wrapping_shl(at as u32));
                }
                // SAFETY: `block < end`, in the region, so not null.
                return Some(unsafe { NonNull::new_unchecked(block) });
            }
        }
        self.alloc_slow(bytes, leaf)
    }

    /// `alloc` with all bytes zero.
    #[inline]
    pub fn alloc_zeroed(&mut self, bytes: usize, leaf: bool) -> Option<NonNull<u8>> {
        let block = self.alloc(bytes, leaf)?;
        // SAFETY: the block is new and has at least `bytes` bytes.
        unsafe { block.write_bytes(0, bytes) };
        Some(block)
    }

    /// `alloc` that grows the heap up to its cap rather than ask for a collection. `None` is final.
    #[cold]
    #[inline(never)]
    pub fn alloc_after_collect(&mut self, bytes: usize, leaf: bool) -> Option<NonNull<u8>> {
        self.alloc_or(bytes, Kind::of(leaf), true)
    }

    /// A block that stays until freed by hand, and that is not looked into for references.
    /// Grows the heap rather than ask for a collection.
    pub fn alloc_owned(&mut self, bytes: usize) -> Option<NonNull<u8>> {
        self.alloc_or(bytes, Kind::Owned, true)
    }

    /// An owned block aligned to `align`, a power of two. For a global allocator.
    pub fn alloc_aligned(&mut self, bytes: usize, align: usize) -> Option<NonNull<u8>> {
        let align_n = align >> GRANULE_SHIFT;
        if align_n <= 1 {
            return self.alloc_owned(bytes);
        }
        self.settle();
        if self.lock_depth > 0 {
            return None;
        }
        let n = Self::granules_for(bytes)?;
        let (from, to) = self.take_run(n.checked_add(align_n)?)?;
        let before = self.address(from).addr().wrapping_neg() & (align - 1);
        let at = from + (before >> GRANULE_SHIFT);
        self.take_block(at, n, Kind::Owned);
        if at > from {
            self.list_insert(from, at - from);
        }
        self.give_rest(at + n, to);
        NonNull::new(self.address(at))
    }

    #[cold]
    #[inline(never)]
    fn alloc_slow(&mut self, bytes: usize, leaf: bool) -> Option<NonNull<u8>> {
        self.alloc_or(bytes, Kind::of(leaf), false)
    }

    /// Whatever the fast path could not do. `growing`: without asking for a collection.
    fn alloc_or(&mut self, bytes: usize, kind: Kind, growing: bool) -> Option<NonNull<u8>> {
        self.step();
        self.settle();
        if self.lock_depth > 0 || self.is_made_to_fail(growing) {
            return None;
        }
        let n = Self::granules_for(bytes)?;
        if !growing && self.must_collect(n) {
            return None;
        }
        self.alloc_granules(n, kind)
    }

    /// A block of `n` granules from wherever there is room. `used` must be settled.
    pub(super) fn alloc_granules(&mut self, n: usize, kind: Kind) -> Option<NonNull<u8>> {
        let cur = self.granule(self.cur);
        if self.run_end - cur >= n {
            self.take_block(cur, n, kind);
            self.set_run(cur + n, self.run_end);
            return NonNull::new(self.address(cur));
        }
        let (at, to) = self.take_run(n)?;
        self.take_block(at, n, kind);
        self.give_rest(at + n, to);
        NonNull::new(self.address(at))
    }

    /// Whether `alloc` of `n` granules should ask for a collection instead.
    pub(super) fn must_collect(&self, n: usize) -> bool {
        self.collect_always || self.used.saturating_add(n) > self.collect_at
    }

    /// Counts down `set_fail_in`.
    pub(super) fn is_made_to_fail(&mut self, growing: bool) -> bool {
        if growing {
            return core::mem::take(&mut self.fail_again);
        }
        self.fail_again = false;
        if self.fail_in == 0 {
            return false;
        }
        self.fail_in -= 1;
        self.fail_again = self.fail_in == 0;
        self.fail_again
    }

    /// Makes the free granules `[at, at + n)`, on no list, a block.
    pub(super) fn take_block(&mut self, at: usize, n: usize, kind: Kind) {
        self.table.place(at, n, kind);
        self.used += n;
        if kind == Kind::Owned {
            self.owned += n;
        }
    }

    /// A free run of at least `n` granules, on no list: `[from, to)`. The current run stays what
    /// it is, unless the answer is it and more of the wilderness.
    fn take_run(&mut self, n: usize) -> Option<(usize, usize)> {
        if n > self.limit {
            return None;
        }
        if let Some(run) = self.list_take_fitting(n) {
            return Some(run);
        }
        if let Some(run) = self.sweep_for(n) {
            return Some(run);
        }
        if let Some(run) = self.list_take_larger(n) {
            return Some(run);
        }
        self.take_wilderness(n)
    }

    /// A run of at least `n` granules that ends at the new `top`.
    fn take_wilderness(&mut self, n: usize) -> Option<(usize, usize)> {
        let cur = self.granule(self.cur);
        let from = if self.run_end == self.top {
            cur
        } else {
            self.top
        };
        let need = n.saturating_sub(self.top - from);
        if need > self.limit - self.top {
            return None;
        }
        let wanted = need.max(GROWTH).min(self.limit - self.top);
        if !self.raise_top(self.top + wanted) && !self.raise_top(self.top + need) {
            return None;
        }
        if from == cur {
            self.set_run(self.top, self.top);
        }
        Some((from, self.top))
    }

    /// Moves `top` up, making memory and tables usable.
    pub(super) fn raise_top(&mut self, top: usize) -> bool {
        if top > self.committed {
            let start = self.address(self.committed);
            let bytes = (top - self.committed) << GRANULE_SHIFT;
            if !self.region.ensure(start, bytes) {
                return false;
            }
            self.committed = top;
        }
        if !self.prepare(top.div_ceil(GROUP)) {
            return false;
        }
        self.top = top;
        true
    }

    /// Keeps the longer of the current run and `[from, to)`, the end of a run just taken, as the
    /// current run; the other goes to the lists.
    fn give_rest(&mut self, from: usize, to: usize) {
        let cur = self.granule(self.cur);
        let (old, new) = ((cur, self.run_end), (from, to));
        if to - from > self.run_end - cur {
            self.set_run(from, to);
            self.give_run(old);
        } else {
            self.give_run(new);
        }
    }

    /// Puts a run that was taken, or was the current one, on a list or back into the wilderness.
    fn give_run(&mut self, (from, to): (usize, usize)) {
        if from == to {
        } else if to == self.top {
            self.top = from;
        } else {
            self.list_insert(from, to - from);
        }
    }

    /// Makes `[cur, run_end)` the current run. `used` must be settled.
    pub(super) fn set_run(&mut self, cur: usize, run_end: usize) {
        self.cur = self.address(cur);
        self.settled = self.cur;
        self.run_end = run_end;
        self.open_window();
    }

    /// Opens the window on the part of the current run that lies in one group.
    pub(super) fn open_window(&mut self) {
        self.settle();
        let cur = self.granule(self.cur);
        let closed = self.lock_depth > 0 || self.collect_always || self.fail_in != 0;
        if closed || cur >= self.run_end {
            self.end = self.cur;
            return;
        }
        let g = cur / GROUP;
        self.window = self.table.group_ptr(g);
        self.end = self.address(self.run_end.min((g + 1) * GROUP));
        self.table.set_used(g);
    }

    /// Granules taken from the window that `used` does not count yet.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(super) fn unsettled(&self) -> usize {
        (self.cur.addr() - self.settled.addr()) >> GRANULE_SHIFT
    }

    /// Brings `used` up to date.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(super) fn settle(&mut self) {
        self.used += self.unsettled();
        self.settled = self.cur;
        self.peak = self.peak.max(self.used);
    }
}
