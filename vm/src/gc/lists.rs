//! Free runs by length: one list per length below a group, one per power of two above.
//!
//! A run on a list keeps its links in its first granule and, when it has a second one, its
//! length in the word after them. (A run of one granule is known by its neighbour being occupied:
//! listed runs are maximal.)

use core::ptr;

use super::heap::Heap;
use super::{GRANULE_SHIFT, GROUP};

/// Lists `1..GROUP` hold runs of that length; list `GROUP + k` runs of `[GROUP << k, GROUP << k + 1)`.
const LARGE: usize = GROUP - GRANULE_SHIFT as usize - GROUP.trailing_zeros() as usize;
const LISTS: usize = GROUP + LARGE;
/// Runs looked at in the list of a large request's own size before a bigger one is split.
const PROBES: usize = 8;

/// The links of a free run, in its memory.
#[repr(C)]
struct Free {
    next: *mut Free,
    prev: *mut Free,
}

/// The heads of the lists.
pub(super) struct Lists {
    heads: [*mut Free; LISTS],
    /// Which of the lists below `GROUP` have runs, and which above.
    small: usize,
    large: usize,
}

/// The list for runs of `n` granules.
fn class(n: usize) -> usize {
    debug_assert!(n > 0);
    if n < GROUP {
        n
    } else {
        GROUP + (n.ilog2() - GROUP.trailing_zeros()) as usize
    }
}

impl Lists {
    pub(super) const fn new() -> Self {
        Lists {
            heads: [ptr::null_mut(); LISTS],
            small: 0,
            large: 0,
        }
    }

    /// Forgets all runs.
    pub(super) fn clear(&mut self) {
        *self = Self::new();
    }

    fn mask_mut(&mut self, class: usize) -> &mut usize {
        if class < GROUP {
            &mut self.small
        } else {
            &mut self.large
        }
    }

    fn set_head(&mut self, class: usize, head: *mut Free) {
        self.heads[class] = head;
        let bit = 1 << (class % GROUP);
        if head.is_null() {
            *self.mask_mut(class) &= !bit;
        } else {
            *self.mask_mut(class) |= bit;
        }
    }

    /// First list after `class` that has runs.
    fn after(&self, class: usize) -> Option<usize> {
        let above = |class: usize| (!0usize << (class % GROUP)) << 1;
        let small = if class < GROUP {
            self.small & above(class)
        } else {
            0
        };
        if small != 0 {
            return Some(small.trailing_zeros() as usize);
        }
        let large = if class < GROUP {
            self.large
        } else {
            self.large & above(class)
        };
        (large != 0).then(|| GROUP + large.trailing_zeros() as usize)
    }
}

impl Heap {
    /// Puts the free run `[at, at + n)` on its list. It must be maximal and nowhere else.
    pub(super) fn list_insert(&mut self, at: usize, n: usize) {
        let class = class(n);
        let run = self.address(at).cast::<Free>();
        let next = self.lists.heads[class];
        // SAFETY: a free granule is ours to write, aligned, and holds two words; so does `next`,
        // the head of a list. The third word is in the second granule, free as well.
        unsafe {
            run.write(Free {
                next,
                prev: ptr::null_mut(),
            });
            if n > 1 {
                self.word_of(at, 2).write(n);
            }
            if !next.is_null() {
                (*next).prev = run;
            }
        }
        self.lists.set_head(class, run);
    }

    /// Granules of the listed run that starts at `at`.
    pub(super) fn listed_len(&self, at: usize) -> usize {
        if self.table.is_free(at + 1) {
            // SAFETY: the run has a second granule, in which `list_insert` wrote the length.
            unsafe { self.word_of(at, 2).read() }
        } else {
            1
        }
    }

    /// Takes the listed run of `n` granules at `at` off its list.
    pub(super) fn list_remove(&mut self, at: usize, n: usize) {
        let run = self.address(at).cast::<Free>();
        // SAFETY: the run is on a list, so its links are valid, as are those of its neighbours.
        unsafe {
            let Free { next, prev } = run.read();
            if !next.is_null() {
                (*next).prev = prev;
            }
            if prev.is_null() {
                self.lists.set_head(class(n), next);
            } else {
                (*prev).next = next;
            }
        }
    }

    /// Takes a run off list `class`, the first of at least `n` granules among a few.
    fn list_take(&mut self, class: usize, n: usize) -> Option<(usize, usize)> {
        let mut run = self.lists.heads[class];
        for _ in 0..PROBES {
            if run.is_null() {
                break;
            }
            self.step();
            let at = self.granule(run.cast());
            let len = if class < GROUP {
                class
            } else {
                self.listed_len(at)
            };
            if len >= n {
                self.list_remove(at, len);
                return Some((at, at + len));
            }
            // SAFETY: `run` is on a list, so its links are valid.
            run = unsafe { (*run).next };
        }
        None
    }

    /// A run from the list for exactly `n` granules (for large ones: about `n`).
    pub(super) fn list_take_fitting(&mut self, n: usize) -> Option<(usize, usize)> {
        self.list_take(class(n), n)
    }

    /// A run from a list of longer ones.
    pub(super) fn list_take_larger(&mut self, n: usize) -> Option<(usize, usize)> {
        let class = self.lists.after(class(n))?;
        self.list_take(class, n)
    }

    /// Calls `each` with every listed run.
    pub(super) fn for_each_listed(&self, mut each: impl FnMut(usize, usize)) {
        for class in 1..LISTS {
            let mut run = self.lists.heads[class];
            while !run.is_null() {
                let at = self.granule(run.cast());
                each(class, at);
                // SAFETY: `run` is on a list, so its links are valid.
                run = unsafe { (*run).next };
            }
        }
    }

    /// The list on which a run of `n` granules belongs; for checks.
    pub(super) fn list_of(n: usize) -> usize {
        class(n)
    }
}
