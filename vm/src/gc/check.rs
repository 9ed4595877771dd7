//! The heap's invariants, checked one by one: for tests and debugging sessions.

use super::alloc::Kind;
use super::heap::Heap;
use super::{GRANULE, GROUP};

impl Heap {
    /// Walks everything and names the first invariant that does not hold.
    pub fn check(&self) -> Result<(), &'static str> {
        self.check_planes()?;
        self.check_runs()?;
        self.check_counts()
    }

    fn check_planes(&self) -> Result<(), &'static str> {
        let ready = self.table.ready();
        if self.top > self.committed || self.top > ready * GROUP || self.top > self.limit {
            return Err("top is beyond what is prepared");
        }
        for g in 0..ready {
            let group = self.table.group(g);
            if group.gray() != 0 {
                return Err("gray outside marking");
            }
            if group.occupied() != 0 && self.table.next_used(g, ready) != g {
                return Err("occupied group not marked used");
            }
            if !self.is_unclean(g) && group.head & group.body != 0 {
                return Err("mark left in a clean group");
            }
        }
        for at in self.top..(ready * GROUP).min(self.limit) {
            if !self.table.is_free(at) {
                return Err("block in the wilderness");
            }
        }
        Ok(())
    }

    /// Whether the sweep has yet to clean group `g`.
    fn is_unclean(&self, g: usize) -> bool {
        self.sweeping && g * GROUP >= self.sweep_at
    }

    /// Each maximal free run before the frontier is in exactly one place.
    fn check_runs(&self) -> Result<(), &'static str> {
        let cur = self.granule(self.cur);
        let mut listed = 0;
        let mut wrong = false;
        self.for_each_listed(|class, at| {
            listed += 1;
            wrong |= at >= self.top
                || !self.table.is_free(at)
                || Self::list_of(self.listed_len(at)) != class;
        });
        if wrong {
            return Err("listed run is not free or on the wrong list");
        }
        let mut at = self.first;
        while at < self.top && self.is_swept(at) {
            if !self.table.is_free(at) {
                at += 1;
                continue;
            }
            let from = at;
            while at < self.top && self.is_swept(at) && self.table.is_free(at) {
                at += 1;
            }
            let is_current = cur < self.run_end && from == cur;
            if is_current {
                if at != self.run_end {
                    return Err("current run is not maximal");
                }
            } else if self.pending == Some(from) {
                if self.is_swept(at) && at < self.top {
                    return Err("pending run does not touch the frontier");
                }
            } else if !self.sweeping && at == self.top && at < self.limit {
                return Err("free run before the wilderness");
            } else {
                if self.listed_len(from) != at - from {
                    return Err("listed run is not maximal");
                }
                listed -= 1;
            }
        }
        if listed != 0 {
            return Err("more runs listed than there are");
        }
        Ok(())
    }

    fn check_counts(&self) -> Result<(), &'static str> {
        let (mut used, mut owned) = (0, 0);
        let mut at = self.first;
        let mut in_dead = false;
        while at < self.top {
            if self.table.is_head(at) {
                let n = self.table.size(at);
                let group = at / GROUP;
                let kind = self.table.kind(at);
                in_dead = self.is_unclean(group) && !self.is_marked_at(at);
                if !in_dead {
                    used += n;
                }
                if kind == Kind::Owned {
                    owned += n;
                }
                at += n;
            } else if self.table.is_free(at) {
                in_dead = false;
                at += 1;
            } else if in_dead || self.dead_carry {
                at += 1;
            } else {
                return Err("body without a head");
            }
        }
        if owned != self.owned {
            return Err("owned granules miscounted");
        }
        if used != self.used + self.unsettled() {
            return Err("used granules miscounted");
        }
        let settled = self.settled.addr() <= self.cur.addr() && self.cur.addr() <= self.end.addr();
        let in_run = self.granule(self.end) <= self.run_end;
        if !settled || !in_run || !self.cur.addr().is_multiple_of(GRANULE) {
            return Err("window out of its run");
        }
        Ok(())
    }
}
