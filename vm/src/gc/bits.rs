//! The side tables: three bit planes per group and two summary bitmaps.
//!
//! All raw access to the tables is in this file. Functions take positions that their callers
//! derive from blocks and runs inside `[0, ready * GROUP)`; debug builds check it.

use core::ptr;

use super::alloc::Kind;
use super::{GROUP, WORD};

/// The state of one group of granules; bit `i` of each plane is granule `i` (see the module header).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[repr(C)]
pub(super) struct Group {
    pub(super) head: usize,
    pub(super) body: usize,
    pub(super) flag: usize,
}

impl Group {
    /// Granules that continue a block.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(super) fn bodies(&self) -> usize {
        self.body & !self.head & !self.flag
    }

    /// Heads of owned blocks.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(super) fn owned(&self) -> usize {
        self.body & self.flag & !self.head
    }

    /// Marked heads whose contents wait to be scanned. Only between the start and end of marking.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(super) fn gray(&self) -> usize {
        self.flag & !self.head & !self.body
    }

    /// Granules not free. Not to be asked while gray heads exist.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(super) fn occupied(&self) -> usize {
        self.head | self.body
    }
}

/// The bit of granule `at` in its group.
#[cfg_attr(not(feature = "small"), inline(always))]
pub(super) fn bit(at: usize) -> usize {
    1usize.wrapping_shl(at as u32)
}

/// Bits `[from, to)` of a word; `from < to <= GROUP`.
#[cfg_attr(not(feature = "small"), inline(always))]
pub(super) fn span(from: usize, to: usize) -> usize {
    debug_assert!(from < to && to <= GROUP);
    (!0 >> (GROUP - (to - from))) << from
}

/// A block that `mark` marked.
pub(super) struct Marked {
    /// See `ends`.
    pub(super) ends: usize,
    pub(super) is_leaf: bool,
}

/// Marks the head at `at`; `None` if there is no head or it is marked.
///
/// # Safety
/// `groups` are the groups of a table, and that of `at` is initialised.
#[cfg_attr(not(feature = "small"), inline(always))]
pub(super) unsafe fn mark(groups: *mut Group, at: usize) -> Option<Marked> {
    // SAFETY: the caller's contract.
    let slot = unsafe { &mut *groups.add(at / GROUP) };
    let group = *slot;
    if group.head & !group.body & bit(at) == 0 {
        return None;
    }
    slot.body = group.body | bit(at);
    Some(Marked {
        ends: ends(group, at),
        is_leaf: group.flag & bit(at) != 0,
    })
}

/// The granules of `group` behind `at` that are no body: the first of them ends the block with its
/// head at `at`. None: the block goes on in the next group.
#[cfg_attr(not(feature = "small"), inline(always))]
fn ends(group: Group, at: usize) -> usize {
    !group.bodies() & (bit(at) << 1).wrapping_neg()
}

/// Pointers to the tables of one heap.
///
/// Invariant: groups below `ready` are initialised, as are the summary words of those groups.
/// A group whose bit in `used` is clear is all zero.
#[derive(Debug)]
pub(super) struct Table {
    groups: *mut Group,
    used: *mut usize,
    gray: *mut usize,
    ready: usize,
}

impl Table {
    /// Bytes of tables for `n` groups.
    pub(super) const fn bytes(n: usize) -> usize {
        n * size_of::<Group>() + 2 * n.div_ceil(GROUP) * WORD
    }

    /// Tables for no group.
    pub(super) const fn none() -> Self {
        Table {
            groups: ptr::null_mut(),
            used: ptr::null_mut(),
            gray: ptr::null_mut(),
            ready: 0,
        }
    }

    /// Tables for at most `n` groups in the memory at `start`.
    ///
    /// # Safety
    /// `start` is word-aligned and `Table::bytes(n)` bytes from it belong to the table for its life.
    /// A group may be touched once `extend` was called for it, so that far the bytes must be usable.
    pub(super) unsafe fn new(start: *mut u8, n: usize) -> Self {
        let words = n.div_ceil(GROUP);
        let used = start.cast::<usize>();
        let gray = used.wrapping_add(words);
        let groups = gray.wrapping_add(words).cast::<Group>();
        Table {
            groups,
            used,
            gray,
            ready: 0,
        }
    }

    /// Groups in use so far.
    pub(super) fn ready(&self) -> usize {
        self.ready
    }

    /// The bytes of the tables between `ready` and `n` groups that `extend(n)` will write:
    /// summary words (all `words` of them on the first call) and groups.
    pub(super) fn group_bytes(&self, n: usize) -> (*mut u8, usize) {
        let start = self.groups.wrapping_add(self.ready).cast::<u8>();
        (
            start,
            n.saturating_sub(self.ready)
                .saturating_mul(size_of::<Group>()),
        )
    }

    /// The bytes of the summary words between `ready` and `n` groups, `used` first, then `gray`.
    pub(super) fn summary_bytes(&self, n: usize) -> [(*mut u8, usize); 2] {
        let from = self.ready.div_ceil(GROUP);
        let bytes = n.div_ceil(GROUP).saturating_sub(from) * WORD;
        [self.used, self.gray].map(|map| (map.wrapping_add(from).cast::<u8>(), bytes))
    }

    /// Initialises groups up to `n` as free.
    pub(super) fn extend(&mut self, n: usize) {
        for g in self.ready..n {
            // SAFETY: `new`'s contract; `n` does not exceed the number of groups given there.
            unsafe { self.groups.add(g).write(Group::default()) };
            if g % GROUP == 0 {
                // SAFETY: as above; word `g / GROUP` is the summary word of group `g`.
                unsafe {
                    self.used.add(g / GROUP).write(0);
                    self.gray.add(g / GROUP).write(0);
                }
            }
        }
        self.ready = self.ready.max(n);
    }

    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(super) fn group_ptr(&self, g: usize) -> *mut Group {
        self.groups.wrapping_add(g)
    }

    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(super) fn group(&self, g: usize) -> Group {
        debug_assert!(g < self.ready);
        // SAFETY: `g < ready` by the callers' contract (file header).
        unsafe { self.groups.add(g).read() }
    }

    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(super) fn group_mut(&mut self, g: usize) -> &mut Group {
        debug_assert!(g < self.ready);
        // SAFETY: as in `group`; the borrow of `self` keeps the reference unique.
        unsafe { &mut *self.groups.add(g) }
    }

    /// The word of summary bitmap `map` that has the bit of group `g`.
    #[cfg_attr(not(feature = "small"), inline(always))]
    fn word(map: *mut usize, g: usize) -> *mut usize {
        map.wrapping_add(g / GROUP)
    }

    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(super) fn set_used(&mut self, g: usize) {
        debug_assert!(g < self.ready);
        // SAFETY: `g < ready`, whose summary words are initialised.
        unsafe { *Self::word(self.used, g) |= bit(g) };
    }

    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(super) fn clear_used(&mut self, g: usize) {
        debug_assert!(g < self.ready);
        // SAFETY: `g < ready`, whose summary words are initialised.
        unsafe { *Self::word(self.used, g) &= !bit(g) };
    }

    /// First group in use in `[g, end)`, or `end`.
    pub(super) fn next_used(&self, g: usize, end: usize) -> usize {
        debug_assert!(end <= self.ready);
        next_set(self.used, g, end)
    }

    /// Last group in use in `[0, g]`.
    pub(super) fn last_used(&self, g: usize) -> Option<usize> {
        debug_assert!(g < self.ready);
        let mut w = g / GROUP;
        let mut mask = !0 >> (GROUP - 1 - g % GROUP);
        loop {
            // SAFETY: `w * GROUP <= g < ready`, whose summary words are initialised.
            let word = unsafe { self.used.add(w).read() } & mask;
            if word != 0 {
                return Some(w * GROUP + word.ilog2() as usize);
            }
            w = w.checked_sub(1)?;
            mask = !0;
        }
    }

    #[inline]
    pub(super) fn set_gray(&mut self, g: usize) {
        debug_assert!(g < self.ready);
        // SAFETY: `g < ready`, whose summary words are initialised.
        unsafe { *Self::word(self.gray, g) |= bit(g) };
    }

    #[inline]
    pub(super) fn clear_gray(&mut self, g: usize) {
        debug_assert!(g < self.ready);
        // SAFETY: `g < ready`, whose summary words are initialised.
        unsafe { *Self::word(self.gray, g) &= !bit(g) };
    }

    /// First group with gray heads in `[g, ready)`, or `ready`.
    pub(super) fn next_gray(&self, g: usize) -> usize {
        next_set(self.gray, g, self.ready)
    }

    /// Whether granule `at` belongs to no block.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(super) fn is_free(&self, at: usize) -> bool {
        self.group(at / GROUP).occupied() & bit(at) == 0
    }

    /// Whether granule `at` is the first of a block of any kind.
    pub(super) fn is_head(&self, at: usize) -> bool {
        let group = self.group(at / GROUP);
        (group.head | group.owned() | group.gray()) & bit(at) != 0
    }

    /// The kind of the block whose head is at `at`.
    pub(super) fn kind(&self, at: usize) -> Kind {
        let group = self.group(at / GROUP);
        if group.owned() & bit(at) != 0 {
            Kind::Owned
        } else if group.flag & group.head & bit(at) != 0 {
            Kind::Leaf
        } else {
            Kind::Scanned
        }
    }

    /// Granules of the block whose head is at `at`.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(super) fn size(&self, at: usize) -> usize {
        self.size_from(at, ends(self.group(at / GROUP), at))
    }

    /// `size` when the answer of `ends` is known.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(super) fn size_from(&self, at: usize, ends: usize) -> usize {
        if ends == 0 {
            return self.size_across(at, GROUP - at % GROUP);
        }
        ends.trailing_zeros() as usize - at % GROUP
    }

    /// `size` of a block that reaches the end of its first group, of which it has `n` granules.
    #[cold]
    #[inline(never)]
    fn size_across(&self, at: usize, mut n: usize) -> usize {
        for g in at / GROUP + 1..self.ready {
            let more = self.group(g).bodies().trailing_ones() as usize;
            n += more;
            if more < GROUP {
                break;
            }
        }
        n
    }

    /// The head of the block of which `at` is a granule; `None` if `at` is free or gray.
    pub(super) fn head_of(&self, at: usize) -> Option<usize> {
        let mut g = at / GROUP;
        let mut mask = !0 >> (GROUP - 1 - at % GROUP);
        loop {
            let group = self.group(g);
            // The last granule up to `at` that is not a body is the head, if it is one.
            let word = !group.bodies() & mask;
            if word != 0 {
                let head = word.ilog2() as usize;
                return (group.occupied() >> head & 1 != 0).then_some(g * GROUP + head);
            }
            g = g.checked_sub(1)?;
            mask = !0;
        }
    }

    /// First granule of the free run of which `at` is a part.
    pub(super) fn free_start(&self, at: usize) -> usize {
        debug_assert!(self.is_free(at));
        let mut g = at / GROUP;
        let mut mask = !0 >> (GROUP - 1 - at % GROUP);
        loop {
            let word = self.group(g).occupied() & mask;
            if word != 0 {
                return g * GROUP + word.ilog2() as usize + 1;
            }
            let Some(below) = g.checked_sub(1).and_then(|g| self.last_used(g)) else {
                return 0;
            };
            g = below;
            mask = !0;
        }
    }

    /// Turns the free granules `[at, at + n)` into a block.
    pub(super) fn place(&mut self, at: usize, n: usize, kind: Kind) {
        let group = self.group_mut(at / GROUP);
        let (head, body, flag) = kind.planes();
        group.head |= head & bit(at);
        group.body |= body & bit(at);
        group.flag |= flag & bit(at);
        if at % GROUP + n <= GROUP {
            group.body |= span(at % GROUP, at % GROUP + n) & !bit(at);
            self.set_used(at / GROUP);
        } else {
            self.set_used(at / GROUP);
            self.add_body(at + 1, n - 1);
        }
    }

    /// Adds the free granules `[at, at + n)` to the block that ends at `at`.
    pub(super) fn add_body(&mut self, at: usize, n: usize) {
        for (g, mask) in pieces(at, n) {
            self.group_mut(g).body |= mask;
            self.set_used(g);
        }
    }

    /// Frees granules `[at, at + n)`.
    pub(super) fn clear(&mut self, at: usize, n: usize) {
        for (g, mask) in pieces(at, n) {
            let group = self.group_mut(g);
            group.head &= !mask;
            group.body &= !mask;
            group.flag &= !mask;
        }
    }
}

/// First set bit in `[from, end)` of a bitmap, or `end`.
fn next_set(map: *mut usize, from: usize, end: usize) -> usize {
    if from >= end {
        return end;
    }
    let mut w = from / GROUP;
    let mut mask = !0 << (from % GROUP);
    while w * GROUP < end {
        // SAFETY: `end <= ready` at both callers, whose summary words are initialised.
        let word = unsafe { map.add(w).read() } & mask;
        if word != 0 {
            return (w * GROUP + word.trailing_zeros() as usize).min(end);
        }
        w += 1;
        mask = !0;
    }
    end
}

/// Granules `[at, at + n)` cut at group borders: group and bits.
fn pieces(at: usize, n: usize) -> impl Iterator<Item = (usize, usize)> {
    let end = at + n;
    let mut from = at;
    core::iter::from_fn(move || {
        if from >= end {
            return None;
        }
        let g = from / GROUP;
        let to = end.min((g + 1) * GROUP);
        let mask = span(from % GROUP, to - g * GROUP);
        from = to;
        Some((g, mask))
    })
}
