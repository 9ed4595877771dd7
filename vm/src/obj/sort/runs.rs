//! Merging runs found in the items, as hosts sort.

use super::{Block, Pair, Width, less};
use crate::runtime::{R, Runtime};

/// Shorter runs are filled up to this length.
const MIN_RUN: usize = 24;
/// So many wins in a row start galloping.
const GALLOP: usize = 7;
/// Pending runs: their lengths grow at least like Fibonacci numbers.
const MAX_RUNS: usize = 96;

#[derive(Clone, Copy, Default)]
struct Run {
    start: usize,
    len: usize,
}

struct Sorter<W> {
    items: Block<W>,
    spare: Option<Block<W>>,
    reverse: bool,
    runs: [Run; MAX_RUNS],
    n_runs: usize,
}

pub(super) fn merge_sort<W: Width>(rt: &mut Runtime, items: Block<W>, reverse: bool) -> R<()> {
    let mut sorter = Sorter {
        items,
        spare: None,
        reverse,
        runs: [Run::default(); MAX_RUNS],
        n_runs: 0,
    };
    let n = items.len;
    let mut start = 0;
    while start < n {
        let mut len = sorter.find_run(rt, start)?;
        if len < MIN_RUN && start + len < n {
            let want = MIN_RUN.min(n - start);
            sorter.insert_rest(rt, start, start + len, start + want)?;
            len = want;
        }
        sorter.runs[sorter.n_runs] = Run { start, len };
        sorter.n_runs += 1;
        start += len;
        while let Some(at) = sorter.unbalanced() {
            sorter.merge_at(rt, at)?;
        }
    }
    while sorter.n_runs > 1 {
        let at = sorter.n_runs - 2;
        let at = if at > 0 && sorter.runs[at - 1].len < sorter.runs[at + 1].len {
            at - 1
        } else {
            at
        };
        sorter.merge_at(rt, at)?;
    }
    if let Some(spare) = sorter.spare {
        rt.free_block(spare.at.cast());
    }
    Ok(())
}

impl<W: Width> Sorter<W> {
    /// Whether `b`, which comes later, must go before `a`.
    #[cfg_attr(not(feature = "small"), inline(always))]
    fn precedes(&self, rt: &mut Runtime, b: Pair, a: Pair) -> R<bool> {
        if self.reverse {
            less(rt, a.key, b.key)
        } else {
            less(rt, b.key, a.key)
        }
    }

    /// Length of the run at `start`; a strictly falling one is turned round.
    fn find_run(&self, rt: &mut Runtime, start: usize) -> R<usize> {
        let (items, n) = (self.items, self.items.len);
        let mut end = start + 1;
        if end == n {
            return Ok(1);
        }
        let falling = self.precedes(rt, items.get(end), items.get(start))?;
        end += 1;
        while end < n && self.precedes(rt, items.get(end), items.get(end - 1))? == falling {
            end += 1;
        }
        if falling {
            let (mut i, mut j) = (start, end - 1);
            while i < j {
                let held = items.get(i);
                items.set(i, items.get(j));
                items.set(j, held);
                i += 1;
                j -= 1;
            }
        }
        Ok(end - start)
    }

    /// Inserts the elements `sorted..end` into the sorted ones from `start` on.
    fn insert_rest(&self, rt: &mut Runtime, start: usize, sorted: usize, end: usize) -> R<()> {
        let items = self.items;
        for at in sorted..end {
            let item = items.get(at);
            let (mut low, mut high) = (start, at);
            while low < high {
                let mid = low + (high - low) / 2;
                if self.precedes(rt, item, items.get(mid))? {
                    high = mid;
                } else {
                    low = mid + 1;
                }
            }
            items.copy(low + 1, items, low, at - low);
            items.set(low, item);
        }
        Ok(())
    }

    /// Which pair of runs is to be merged so that lengths keep growing downwards.
    fn unbalanced(&self) -> Option<usize> {
        let n = self.n_runs;
        let len = |back: usize| self.runs[n - back].len;
        if n < 2 {
            return None;
        }
        if (n >= 3 && len(3) <= len(2) + len(1)) || (n >= 4 && len(4) <= len(3) + len(2)) {
            return Some(if len(3) < len(1) { n - 3 } else { n - 2 });
        }
        (len(2) <= len(1)).then_some(n - 2)
    }

    /// Merges runs `at` and `at + 1`.
    fn merge_at(&mut self, rt: &mut Runtime, at: usize) -> R<()> {
        let (a, b) = (self.runs[at], self.runs[at + 1]);
        self.runs[at].len = a.len + b.len;
        for i in at + 1..self.n_runs - 1 {
            self.runs[i] = self.runs[i + 1];
        }
        self.n_runs -= 1;
        // The head of `a` that stays, and the tail of `b` that stays.
        let first = self.items.get(b.start);
        let skip = self.upper(rt, first, self.items, a.start, a.len)?;
        let (start, len_a) = (a.start + skip, a.len - skip);
        if len_a == 0 {
            return Ok(());
        }
        let last = self.items.get(start + len_a - 1);
        let len_b = self.lower(rt, last, self.items, b.start, b.len)?;
        if len_b == 0 {
            return Ok(());
        }
        let spare = self.spare(rt, len_a.min(len_b))?;
        if len_a <= len_b {
            self.merge_up(rt, spare, start, len_a, len_b)
        } else {
            self.merge_down(rt, spare, start, len_a, len_b)
        }
    }

    /// Room for `n` elements outside the sorted block.
    fn spare(&mut self, rt: &mut Runtime, n: usize) -> R<Block<W>> {
        if let Some(spare) = self.spare {
            if spare.len >= n {
                return Ok(spare);
            }
            self.spare = None;
            rt.free_block(spare.at.cast());
        }
        let spare = Block::new(rt, n, self.items.width)?;
        self.spare = Some(spare);
        Ok(spare)
    }

    /// How many of the `n` elements at `start` stay before an element that comes after them all.
    /// Gallops from the front.
    fn upper(
        &self,
        rt: &mut Runtime,
        item: Pair,
        block: Block<W>,
        start: usize,
        n: usize,
    ) -> R<usize> {
        let (mut low, mut step) = (0, 1);
        let mut high = n;
        while low + step <= n {
            if self.precedes(rt, item, block.get(start + low + step - 1))? {
                high = low + step - 1;
                break;
            }
            low += step;
            step *= 2;
        }
        while low < high {
            let mid = low + (high - low) / 2;
            if self.precedes(rt, item, block.get(start + mid))? {
                high = mid;
            } else {
                low = mid + 1;
            }
        }
        Ok(low)
    }

    /// How many of the `n` elements at `start` go before an element that comes before them all.
    /// Gallops from the end.
    fn lower(
        &self,
        rt: &mut Runtime,
        item: Pair,
        block: Block<W>,
        start: usize,
        n: usize,
    ) -> R<usize> {
        let (mut high, mut step) = (n, 1);
        let mut low = 0;
        while step <= high {
            if self.precedes(rt, block.get(start + high - step), item)? {
                low = high - step + 1;
                break;
            }
            high -= step;
            step *= 2;
        }
        while low < high {
            let mid = low + (high - low) / 2;
            if self.precedes(rt, block.get(start + mid), item)? {
                low = mid + 1;
            } else {
                high = mid;
            }
        }
        Ok(low)
    }

    /// Merges the neighbours of `len_a` and `len_b` elements from the front; the first of `b` precedes all of `a`'s
    /// first.
    fn merge_up(
        &self,
        rt: &mut Runtime,
        spare: Block<W>,
        start: usize,
        len_a: usize,
        len_b: usize,
    ) -> R<()> {
        let items = self.items;
        spare.copy(0, items, start, len_a);
        let (mut a, mut b, mut to) = (0, start + len_a, start);
        let end = b + len_b;
        let (mut wins_a, mut wins_b) = (0, 0);
        while a < len_a && b < end {
            if self.precedes(rt, items.get(b), spare.get(a))? {
                items.set(to, items.get(b));
                b += 1;
                wins_b += 1;
                wins_a = 0;
            } else {
                items.set(to, spare.get(a));
                a += 1;
                wins_a += 1;
                wins_b = 0;
            }
            to += 1;
            if wins_a >= GALLOP && a < len_a && b < end {
                let n = self.upper(rt, items.get(b), spare, a, len_a - a)?;
                items.copy(to, spare, a, n);
                (a, to, wins_a) = (a + n, to + n, 0);
            } else if wins_b >= GALLOP && a < len_a && b < end {
                let n = self.gallop(rt, spare.get(a), b, end - b)?;
                items.copy(to, items, b, n);
                (b, to, wins_b) = (b + n, to + n, 0);
            }
        }
        items.copy(to, spare, a, len_a - a);
        Ok(())
    }

    /// How many of the `n` elements at `start` must go before `item`. Gallops from the front.
    fn gallop(&self, rt: &mut Runtime, item: Pair, start: usize, n: usize) -> R<usize> {
        let (mut low, mut step) = (0, 1);
        let mut high = n;
        while low + step <= n {
            if !self.precedes(rt, self.items.get(start + low + step - 1), item)? {
                high = low + step - 1;
                break;
            }
            low += step;
            step *= 2;
        }
        while low < high {
            let mid = low + (high - low) / 2;
            if self.precedes(rt, self.items.get(start + mid), item)? {
                low = mid + 1;
            } else {
                high = mid;
            }
        }
        Ok(low)
    }

    /// Merges from the end, for a shorter `b`.
    fn merge_down(
        &self,
        rt: &mut Runtime,
        spare: Block<W>,
        start: usize,
        len_a: usize,
        len_b: usize,
    ) -> R<()> {
        let items = self.items;
        spare.copy(0, items, start + len_a, len_b);
        let (mut a, mut b) = (len_a, len_b);
        let (mut wins_a, mut wins_b) = (0, 0);
        while a > 0 && b > 0 {
            let to = start + a + b - 1;
            if self.precedes(rt, spare.get(b - 1), items.get(start + a - 1))? {
                items.set(to, items.get(start + a - 1));
                a -= 1;
                wins_a += 1;
                wins_b = 0;
            } else {
                items.set(to, spare.get(b - 1));
                b -= 1;
                wins_b += 1;
                wins_a = 0;
            }
            if wins_b >= GALLOP && a > 0 && b > 0 {
                let keep = self.lower(rt, items.get(start + a - 1), spare, 0, b)?;
                items.copy(start + a + keep, spare, keep, b - keep);
                (b, wins_b) = (keep, 0);
            } else if wins_a >= GALLOP && a > 0 && b > 0 {
                let keep = self.gallop_back(rt, spare.get(b - 1), start, a)?;
                items.copy(start + keep + b, items, start + keep, a - keep);
                (a, wins_a) = (keep, 0);
            }
        }
        items.copy(start + a, spare, 0, b);
        Ok(())
    }

    /// How many of the `n` elements at `start` stay before `item`. Gallops from the end.
    fn gallop_back(&self, rt: &mut Runtime, item: Pair, start: usize, n: usize) -> R<usize> {
        let (mut high, mut step) = (n, 1);
        let mut low = 0;
        while step <= high {
            if !self.precedes(rt, item, self.items.get(start + high - step))? {
                low = high - step + 1;
                break;
            }
            high -= step;
            step *= 2;
        }
        while low < high {
            let mid = low + (high - low) / 2;
            if self.precedes(rt, item, self.items.get(start + mid))? {
                high = mid;
            } else {
                low = mid + 1;
            }
        }
        Ok(low)
    }
}
