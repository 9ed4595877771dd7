//! Marking: which blocks are reachable from the roots that the caller names.
//!
//! The mark stack holds ranges of words still to be looked at. A long range is looked at in slices,
//! the rest staying below what the slice finds, so that wide blocks do not flood the stack. A block
//! that finds the stack full is turned gray; when the stack is empty, a gray block is looked up in
//! the summary and the work goes on from there. So each block is scanned once, with a stack of any size.

use core::mem::MaybeUninit;
use core::ptr::{self, NonNull};

use super::bits::{self, Table, bit};
use super::heap::{Heap, MARK_STACK};
use super::{GRANULE_SHIFT, GROUP, WORD};

/// Start and end of words to be looked at.
type Range = (*const usize, *const usize);

/// Asks memory for what lies at `at`. (Taking the stack's entries through a queue that runs ahead
/// was tried: it helps objects scattered at random, and hurts those in order by as much.)
#[cfg_attr(not(feature = "small"), inline(always))]
fn prefetch(at: *const usize) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a hint; it reads nothing as far as the program can tell.
    unsafe {
        use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(at.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = at;
}

/// Words looked at before what they led to is followed.
const SLICE: usize = MARK_STACK / 4;

/// A collection in its marking phase; made by [`Heap::collect`].
pub struct Marker<'h> {
    heap: &'h mut Heap,
    base: usize,
    top: usize,
    /// Granules marked so far.
    live: usize,
    stack: [MaybeUninit<Range>; MARK_STACK],
    stack_len: usize,
    gray_count: usize,
    gray_cursor: usize,
}

impl Heap {
    /// Collects. `roots` names the roots; what they do not lead to is free afterwards.
    pub fn collect(&mut self, roots: impl FnOnce(&mut Marker<'_>)) {
        self.collect_weak(roots, |_| ());
    }

    /// `collect` with `weak` called between marking and freeing, so that it can ask
    /// [`Marker::is_marked`] and forget what died. Blocks with a finaliser count as dead there,
    /// although they survive once more.
    pub fn collect_weak(
        &mut self,
        roots: impl FnOnce(&mut Marker<'_>),
        weak: impl FnOnce(&mut Marker<'_>),
    ) {
        let mut marker = self.start_marking();
        roots(&mut marker);
        weak(&mut marker);
        marker.finish();
    }

    /// The words of the block of `n` granules at `at`.
    #[cfg_attr(not(feature = "small"), inline(always))]
    fn block_range(&self, at: usize, n: usize) -> Range {
        let start = self.address(at).cast::<usize>();
        (start, start.wrapping_byte_add(n << GRANULE_SHIFT))
    }

    fn start_marking(&mut self) -> Marker<'_> {
        self.settle();
        self.finish_cleaning();
        self.set_run(self.first, self.first);
        Marker {
            base: self.base.addr(),
            top: self.top,
            live: 0,
            stack: [MaybeUninit::uninit(); MARK_STACK],
            stack_len: 0,
            gray_count: 0,
            gray_cursor: 0,
            heap: self,
        }
    }
}

impl Marker<'_> {
    /// Marks the block whose address is `word`, if it is one, and what it leads to.
    pub fn word(&mut self, word: usize) {
        let at = word.wrapping_sub(self.base).rotate_right(GRANULE_SHIFT);
        if at < self.top {
            self.visit_block(at);
            self.drain();
        }
    }

    /// Marks a block and what it leads to.
    pub fn block(&mut self, block: NonNull<u8>) {
        self.word(block.addr().get());
    }

    /// `word` for each of `n` words from `start`.
    ///
    /// # Safety
    /// The words are readable.
    pub unsafe fn range(&mut self, start: *const usize, n: usize) {
        // The stack is empty between calls.
        if self.push((start, start.wrapping_add(n))) {
            self.drain();
        }
    }

    /// Marks the blocks into which the words between the addresses `low` and `high` point, to
    /// their heads or their insides, and what they lead to. For machine stacks.
    ///
    /// # Safety
    /// All memory between the two is readable.
    pub unsafe fn stack_range(&mut self, low: usize, high: usize) {
        let low = low.next_multiple_of(WORD);
        for i in 0..high.saturating_sub(low) / WORD {
            let at = ptr::with_exposed_provenance::<usize>(low + i * WORD);
            // SAFETY: `at` is aligned, and between `low` and `high` as the caller promises.
            let word = unsafe { stack_word(at) };
            let inside = word.wrapping_sub(self.base) >> GRANULE_SHIFT;
            if inside < self.top
                && let Some(head) = self.heap.table.head_of(inside)
            {
                self.visit_block(head);
            }
        }
        self.drain();
    }

    /// Whether a block is known to be reachable.
    pub fn is_marked(&self, block: NonNull<u8>) -> bool {
        let at = self.heap.granule(block.as_ptr());
        at < self.top && self.heap.is_marked_at(at)
    }

    /// Marks the block at `at`, if one starts there that is not marked, and remembers to scan it.
    fn visit_block(&mut self, at: usize) {
        // SAFETY: `at < top`, as the callers saw, all groups of which are initialised.
        let Some(block) = (unsafe { bits::mark(self.heap.table.group_ptr(0), at) }) else {
            return;
        };
        let n = self.heap.table.size_from(at, block.ends);
        self.live += n;
        if !block.is_leaf && !self.push(self.heap.block_range(at, n)) {
            make_gray(&mut self.heap.table, at);
            self.gray_count += 1;
        }
    }

    /// Pushes a range, unless the stack is full.
    fn push(&mut self, range: Range) -> bool {
        if self.stack_len >= self.heap.mark_cap {
            return false;
        }
        let Some(entry) = self.stack.get_mut(self.stack_len) else {
            return false;
        };
        *entry = MaybeUninit::new(range);
        self.stack_len += 1;
        true
    }

    /// Follows everything found so far.
    #[inline(never)]
    fn drain(&mut self) {
        let (base, top) = (self.base, self.top);
        let groups = self.heap.table.group_ptr(0);
        let mut live = 0;
        loop {
            // Until `self` is borrowed whole, which is when the stack has run empty.
            let bottom = self.stack.as_mut_ptr().cast::<Range>();
            let full = bottom.wrapping_add(self.heap.mark_cap.min(MARK_STACK));
            let mut sp = bottom.wrapping_add(self.stack_len);
            while sp != bottom {
                self.heap.step();
                sp = sp.wrapping_sub(1);
                // SAFETY: entries from `bottom` to the old `sp` are written, and in `self.stack`.
                let (mut next, end) = unsafe { sp.read() };
                let mut stop = end;
                if end.addr() - next.addr() > SLICE * WORD {
                    stop = next.wrapping_add(SLICE);
                    // SAFETY: the entry just read.
                    unsafe { sp.write((stop, end)) };
                    sp = sp.wrapping_add(1);
                }
                while next != stop {
                    // SAFETY: the range is a part of a block or was promised readable.
                    let word = unsafe { next.read() };
                    next = next.wrapping_add(1);
                    // One comparison rules out what lies elsewhere and what is not aligned to a
                    // granule, whose low bits the rotation makes high.
                    let at = word.wrapping_sub(base).rotate_right(GRANULE_SHIFT);
                    if at >= top {
                        continue;
                    }
                    // SAFETY: `at < top`, all groups of which are initialised.
                    let Some(block) = (unsafe { bits::mark(groups, at) }) else {
                        continue;
                    };
                    let n = self.heap.table.size_from(at, block.ends);
                    live += n;
                    if block.is_leaf {
                        continue;
                    }
                    let start = ptr::with_exposed_provenance::<usize>(word);
                    let end = start.wrapping_byte_add(n << GRANULE_SHIFT);
                    if next == stop && n << GRANULE_SHIFT <= SLICE * WORD {
                        // It would be the next to be taken from the stack.
                        (next, stop) = (start, end);
                        continue;
                    }
                    if sp == full {
                        make_gray(&mut self.heap.table, at);
                        self.gray_count += 1;
                        continue;
                    }
                    prefetch(start);
                    // SAFETY: `sp` is below `full`, so in `self.stack`.
                    unsafe { sp.write((start, end)) };
                    sp = sp.wrapping_add(1);
                }
            }
            self.stack_len = 0;
            if self.gray_count == 0 {
                break;
            }
            self.push_gray();
        }
        self.live += live;
    }

    /// Pushes a gray block as a marked one. The cursor goes round and round.
    #[cold]
    #[inline(never)]
    fn push_gray(&mut self) {
        self.heap.step();
        let mut g = self.heap.table.next_gray(self.gray_cursor);
        if g >= self.heap.table.ready() {
            g = self.heap.table.next_gray(0);
        }
        self.gray_cursor = g;
        let group = self.heap.table.group_mut(g);
        let grays = group.gray();
        debug_assert!(grays != 0);
        let at = g * GROUP + grays.trailing_zeros() as usize;
        group.flag &= !bit(at);
        group.head |= bit(at);
        group.body |= bit(at);
        if grays & (grays - 1) == 0 {
            self.heap.table.clear_gray(g);
        }
        self.gray_count -= 1;
        let n = self.heap.table.size(at);
        let pushed = self.push(self.heap.block_range(at, n));
        debug_assert!(pushed, "the stack was empty");
    }

    /// Keeps what is to be finalised, then hands the heap to the sweep.
    fn finish(mut self) {
        self.keep_finalisable();
        let heap = self.heap;
        heap.used = self.live + heap.owned;
        heap.live = heap.used;
        heap.collections += 1;
        heap.set_collect_at();
        heap.start_sweep();
    }

    /// Finds the blocks with finalisers that died, and marks what they lead to.
    fn keep_finalisable(&mut self) {
        for i in 0..self.heap.registry.len() {
            let Some(block) = self.heap.registry.waiting(i) else {
                continue;
            };
            if !self.is_marked(block) {
                self.heap.registry.set_dead(i);
            }
        }
        for i in 0..self.heap.registry.len() {
            if let Some(block) = self.heap.registry.dead(i) {
                self.block(block);
            }
        }
    }
}

/// Puts a block just marked off until there is room.
#[cold]
#[inline(never)]
fn make_gray(table: &mut Table, at: usize) {
    let group = table.group_mut(at / GROUP);
    group.head &= !bit(at);
    group.body &= !bit(at);
    group.flag |= bit(at);
    table.set_gray(at / GROUP);
}

/// A word of a machine stack, whatever it is a part of.
///
/// # Safety
/// `at` is aligned and readable.
#[cfg(not(ferlance_asan))]
#[cfg_attr(not(feature = "small"), inline(always))]
pub(super) unsafe fn stack_word(at: *const usize) -> usize {
    // SAFETY: the caller's. What lies there need not be initialised for the compiler, hence volatile.
    unsafe { at.read_volatile() }
}

/// The same where AddressSanitizer watches: between variables lie words that no Rust code may read.
///
/// # Safety
/// As above.
#[cfg(ferlance_asan)]
#[cfg_attr(not(feature = "small"), inline(always))]
pub(super) unsafe fn stack_word(at: *const usize) -> usize {
    let word;
    // SAFETY: the caller's; reads one word.
    unsafe {
        core::arch::asm!(
            "mov {word}, [{at}]",
            at = in(reg) at,
            word = out(reg) word,
            options(nostack, readonly, preserves_flags),
        );
    }
    word
}
