//! Sorting: a stable merge sort that makes use of order already there.
//!
//! The items (with a key function: pairs of key and item) are sorted in a block of their own and written back
//! at the end, so a comparison or key function may do to the list what it likes. An exception leaves the list as
//! it was. Natural runs are found first; short ones are filled up by binary insertion; runs are merged when
//! their lengths call for it, taking whole stretches at a time where one side wins again and again.
//!
//! At most n log n comparisons, n - 1 for a list that is in order; n words and n / 2 more for merging (twice
//! that with a key).

#[cfg(test)]
mod tests;

use core::ptr::NonNull;

use ferlance_abi::ops::BinaryOp;

use crate::obj::list::List;
use crate::obj::ptr::Ptr;
use crate::obj::tuple::Tuple;
use crate::obj::word::Obj;
use crate::runtime::{R, Runtime};

/// `list.sort(key=key, reverse=reverse)`.
pub(crate) fn sort(
    rt: &mut Runtime,
    list: Ptr<List>,
    key: Option<Obj>,
    reverse: Option<Obj>,
) -> R<()> {
    let reverse = match reverse {
        Some(reverse) => rt.is_true(reverse)?,
        None => false,
    };
    let n = list.len();
    match key.filter(|key| !key.is_none()) {
        None if n < 2 => Ok(()),
        None => {
            if sort_words(list, reverse) {
                return Ok(());
            }
            let items = Block::new(rt, n, width::ONE)?;
            for (i, item) in list.items().iter().enumerate() {
                let item = item.get();
                items.set(i, Pair { key: item, item });
            }
            merge_sort(rt, items, reverse)?;
            write_back(rt, list, items)
        }
        Some(key) => {
            let items = Block::new(rt, n, width::TWO)?;
            for (i, item) in list.items().iter().enumerate() {
                let item = item.get();
                items.set(i, Pair { key: item, item });
            }
            for i in 0..n {
                let item = items.get(i).item;
                let key = rt.call(key, &[item])?;
                items.set(i, Pair { key, item });
            }
            merge_sort(rt, items, reverse)?;
            write_back(rt, list, items)
        }
    }
}

/// Sorts small ints in place, on hosts; whether all items are such. Equal ints cannot be told apart, so
/// the library's unstable sort will do.
#[cfg(feature = "std")]
fn sort_words(list: Ptr<List>, reverse: bool) -> bool {
    let items = list.items();
    if !items.iter().all(|item| item.get().is_small()) {
        return false;
    }
    // SAFETY: a cell may be written through; words of the same size; nobody looks at the list meanwhile.
    let words = unsafe {
        core::slice::from_raw_parts_mut(items.as_ptr().cast_mut().cast::<isize>(), items.len())
    };
    // Words of small ints are in the order of their values.
    words.sort_unstable();
    if reverse {
        words.reverse();
    }
    true
}

#[cfg(not(feature = "std"))]
fn sort_words(_: Ptr<List>, _: bool) -> bool {
    false
}

fn write_back<W: Width>(rt: &mut Runtime, list: Ptr<List>, items: Block<W>) -> R<()> {
    let n = items.len;
    if list.len() != n {
        list.clear(rt);
        for i in 0..n {
            list.push(rt, items.get(i).item)?;
        }
    } else {
        for i in 0..n {
            list.set(i, items.get(i).item);
        }
    }
    // Nothing can refer to the block any more.
    rt.free_block(items.at.cast());
    Ok(())
}

/// What is moved about: an item and its key, which may be the item itself.
#[derive(Clone, Copy)]
struct Pair {
    key: Obj,
    item: Obj,
}

/// Words that an element takes in a block.
trait Width: Copy {
    fn words(self) -> usize;
}

/// Hosts have code for each width.
#[cfg(not(feature = "small"))]
mod width {
    use super::Width;

    #[derive(Clone, Copy)]
    pub(super) struct One;
    #[derive(Clone, Copy)]
    pub(super) struct Two;

    impl Width for One {
        #[cfg_attr(not(feature = "small"), inline(always))]
        fn words(self) -> usize {
            1
        }
    }
    impl Width for Two {
        #[cfg_attr(not(feature = "small"), inline(always))]
        fn words(self) -> usize {
            2
        }
    }
    pub(super) const ONE: One = One;
    pub(super) const TWO: Two = Two;
}

/// Small builds have the code once.
#[cfg(feature = "small")]
mod width {
    use super::Width;

    #[derive(Clone, Copy)]
    pub(super) struct Words(usize);

    impl Width for Words {
        fn words(self) -> usize {
            self.0
        }
    }
    pub(super) const ONE: Words = Words(1);
    pub(super) const TWO: Words = Words(2);
}

/// A block of elements on the heap. Nobody else knows it, so Python code cannot change it.
#[derive(Clone, Copy)]
struct Block<W> {
    at: NonNull<Obj>,
    len: usize,
    width: W,
}

impl<W: Width> Block<W> {
    fn new(rt: &mut Runtime, len: usize, width: W) -> R<Block<W>> {
        let words = len.saturating_mul(width.words()).max(1);
        let at = rt.alloc_words(words, false)?.cast::<Obj>();
        for i in 0..words {
            // SAFETY: within the new block.
            unsafe { at.add(i).write(Obj::NONE) };
        }
        Ok(Block { at, len, width })
    }

    #[cfg_attr(not(feature = "small"), inline(always))]
    fn get(self, i: usize) -> Pair {
        debug_assert!(i < self.len);
        let words = self.width.words();
        // SAFETY: all positions are computed from run lengths, which add up to `len`; all are initialised.
        unsafe {
            let at = self.at.add(i * words);
            Pair {
                key: at.read(),
                item: at.add(words - 1).read(),
            }
        }
    }

    #[cfg_attr(not(feature = "small"), inline(always))]
    fn set(self, i: usize, value: Pair) {
        debug_assert!(i < self.len);
        let words = self.width.words();
        // SAFETY: as in `get`. Of one word, both are the same.
        unsafe {
            let at = self.at.add(i * words);
            at.write(value.key);
            at.add(words - 1).write(value.item);
        }
    }

    /// Moves `n` elements from `from` of `source` (which may be this block) to `to` of this one.
    #[inline]
    fn copy(self, to: usize, source: Block<W>, from: usize, n: usize) {
        debug_assert!(to + n <= self.len && from + n <= source.len);
        let words = self.width.words();
        // SAFETY: both ranges lie in their blocks.
        unsafe {
            source
                .at
                .add(from * words)
                .copy_to(self.at.add(to * words), n * words);
        }
    }
}

/// `a < b`, the short cuts first. `binary` is asked with the operands in this order; a message names them the
/// other way round, because upstream would have compared `b < a` in its order of things.
#[cfg_attr(not(feature = "small"), inline(always))]
fn less(rt: &mut Runtime, a: Obj, b: Obj) -> R<bool> {
    if a.is_small() && b.is_small() {
        return Ok((a.raw() as isize) < b.raw() as isize);
    }
    less_other(rt, a, b)
}

fn less_other(rt: &mut Runtime, a: Obj, b: Obj) -> R<bool> {
    if let Some(less) = less_at_once(rt, a, b) {
        return Ok(less);
    }
    if let Some(binary) = a.ty().vt().binary
        && let Some(value) = binary(rt, BinaryOp::Less, a, b)?
    {
        return rt.is_true(value);
    }
    Err(rt.unsupported_binary(BinaryOp::Less, b, a))
}

/// `a < b` where it needs no call: text, floats, tuples whose first difference is one of these.
fn less_at_once(rt: &Runtime, a: Obj, b: Obj) -> Option<bool> {
    if let (Some(a), Some(b)) = (a.as_float(), b.as_float()) {
        return Some(a < b);
    }
    if let (Some(a), Some(b)) = (rt.str_bytes(a), rt.str_bytes(b)) {
        return Some(a < b);
    }
    let (a, b) = (a.cast::<Tuple>()?, b.cast::<Tuple>()?);
    for (x, y) in a.items().iter().zip(b.items()) {
        let (x, y) = (x.get(), y.get());
        if x == y && x.as_float().is_none() {
            continue;
        }
        if x.is_small() && y.is_small() {
            return Some(x.small_value() < y.small_value());
        }
        if let (Some(x), Some(y)) = (x.as_float(), y.as_float()) {
            if x == y {
                continue;
            }
            return Some(x < y);
        }
        let (x, y) = (rt.str_bytes(x)?, rt.str_bytes(y)?);
        if x != y {
            return Some(x < y);
        }
    }
    Some(a.len() < b.len())
}

/// `a < b` for heaps and the like, with upstream's message.
#[inline]
pub(crate) fn is_less(rt: &mut Runtime, a: Obj, b: Obj) -> R<bool> {
    if a.is_small() && b.is_small() {
        return Ok((a.raw() as isize) < b.raw() as isize);
    }
    if let Some(less) = less_at_once(rt, a, b) {
        return Ok(less);
    }
    let value = rt.binary_op(BinaryOp::Less, a, b)?;
    rt.is_true(value)
}

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

fn merge_sort<W: Width>(rt: &mut Runtime, items: Block<W>, reverse: bool) -> R<()> {
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
