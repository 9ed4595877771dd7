//! The lazy sweep: frees dead blocks a group at a time and finds the free runs.
//!
//! While `sweeping`, granules from `sweep_at` on (the *frontier*) are not yet swept. If the
//! frontier is inside a group, that group's planes are already clean and only its runs remain to
//! be found. A free run that touches the frontier is *pending*: it may go on behind it. A run that
//! ends before the frontier has at least one occupied granule between.

use super::GROUP;
use super::bits::{Group, bit};
use super::heap::Heap;

/// Frees the unmarked blocks of a group and unmarks the others. `carry`: the group begins with the
/// body of a dead block. Returns the new planes, and whether the next group does.
///
/// Adding the bit behind each dead head to the plane of body bits makes a carry run through, and
/// thereby clear, just the body of that block. A carry ends on a bit that is no body and is masked
/// away; no two can meet, as between them lies a head.
fn clean(group: Group, carry: bool) -> (Group, bool) {
    let Group { head, body, flag } = group;
    let bodies = group.bodies();
    let owned = group.owned();
    let dead = head & !body;
    let (added, overflow) = bodies.overflowing_add(dead << 1 | usize::from(carry));
    let cleaned = Group {
        head: head & body,
        body: bodies & added | owned,
        flag: flag & (head & body | owned),
    };
    (cleaned, overflow | (dead >> (GROUP - 1) != 0))
}

impl Heap {
    /// Starts the sweep of a heap just marked. All free runs are to be found anew.
    pub(super) fn start_sweep(&mut self) {
        self.lists.clear();
        self.sweeping = true;
        self.sweep_at = 0;
        self.pending = None;
        self.dead_carry = false;
    }

    /// Cleans the planes of group `g`.
    fn clean_group(&mut self, g: usize) {
        self.step();
        let old = self.table.group(g);
        let (new, carry) = clean(old, self.dead_carry);
        self.dead_carry = carry;
        *self.table.group_mut(g) = new;
        if new.occupied() == 0 {
            self.table.clear_used(g);
        }
        if cfg!(debug_assertions) {
            let mut freed = old.occupied() & !new.occupied();
            while freed != 0 {
                self.poison(g * GROUP + freed.trailing_zeros() as usize, 1);
                freed &= freed - 1;
            }
        }
    }

    /// Cleans the rest of the heap without looking for runs: they are about to be found anew.
    pub(super) fn finish_cleaning(&mut self) {
        if !self.sweeping {
            return;
        }
        let end = self.top.div_ceil(GROUP);
        let mut g = self.table.next_used(self.sweep_at.div_ceil(GROUP), end);
        while g < end {
            self.clean_group(g);
            g = self.table.next_used(g + 1, end);
        }
        self.sweeping = false;
        self.pending = None;
    }

    /// Sweeps all that is left.
    pub(super) fn finish_sweep(&mut self) {
        // No run is that long, so each found one goes on a list.
        let none = self.sweep_for(usize::MAX);
        debug_assert!(none.is_none());
    }

    /// Sweeps ahead until a run of at least `n` granules is found. Shorter ones go on the lists,
    /// the one that touches `top` goes to the wilderness.
    pub(super) fn sweep_for(&mut self, n: usize) -> Option<(usize, usize)> {
        while self.sweeping {
            if self.sweep_at >= self.top {
                self.sweeping = false;
                if let Some(from) = self.pending.take() {
                    self.top = from;
                }
                break;
            }
            let g = self.sweep_at / GROUP;
            if self.sweep_at.is_multiple_of(GROUP) {
                let used = self.table.next_used(g, self.top.div_ceil(GROUP));
                if used != g {
                    self.pending = self.pending.or(Some(self.sweep_at));
                    self.sweep_at = used * GROUP;
                    continue;
                }
                self.clean_group(g);
            }
            if let Some((from, to)) = self.next_run_in_group(g) {
                if to - from >= n {
                    return Some((from, to));
                }
                self.list_insert(from, to - from);
            }
        }
        None
    }

    /// The next run that ends inside group `g`, which is clean, from the frontier on. Moves the
    /// frontier behind the granule that ends the run, or to the next group.
    fn next_run_in_group(&mut self, g: usize) -> Option<(usize, usize)> {
        self.step();
        let occupied = self.table.group(g).occupied();
        let mut i = self.sweep_at % GROUP;
        let from = match self.pending {
            Some(from) => from,
            None => {
                i += (occupied >> i).trailing_ones() as usize;
                g * GROUP + i
            }
        };
        let rest = if i < GROUP { occupied >> i } else { 0 };
        if rest == 0 {
            self.pending = (i < GROUP).then_some(from);
            self.sweep_at = (g + 1) * GROUP;
            return None;
        }
        let to = g * GROUP + i + rest.trailing_zeros() as usize;
        if to >= self.top {
            // What ends the run is the end of the region, behind the wilderness.
            self.pending = Some(from);
            self.sweep_at = to;
            return None;
        }
        self.pending = None;
        self.sweep_at = to + 1;
        (to > from).then_some((from, to))
    }

    /// Whether granule `at` is before the frontier.
    pub(super) fn is_swept(&self, at: usize) -> bool {
        !self.sweeping || at < self.sweep_at
    }

    /// Whether the head at `at` was marked by the collection now being made.
    pub(super) fn is_marked_at(&self, at: usize) -> bool {
        let group = self.table.group(at / GROUP);
        (group.head & group.body | group.gray() | group.owned()) & bit(at) != 0
    }
}
