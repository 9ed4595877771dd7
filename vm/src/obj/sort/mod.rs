//! Sorting: a stable merge sort that makes use of order already there.
//!
//! The items (with a key function: pairs of key and item) are sorted in a block of their own and written back
//! at the end, so a comparison or key function may do to the list what it likes. An exception leaves the list as
//! it was. Natural runs are found first; short ones are filled up by binary insertion; runs are merged when
//! their lengths call for it, taking whole stretches at a time where one side wins again and again.
//!
//! At most n log n comparisons, n - 1 for a list that is in order; n words and n / 2 more for merging (twice
//! that with a key). Small builds merge pieces of 1, 2, 4, … items instead, with n words for merging.

#[cfg(feature = "small")]
mod plain;
#[cfg(not(feature = "small"))]
mod runs;
#[cfg(test)]
mod tests;

#[cfg(feature = "small")]
use plain::merge_sort;
#[cfg(not(feature = "small"))]
use runs::merge_sort;

use core::ptr::NonNull;

use ferlance_abi::ops::BinaryOp;

use crate::obj::list::List;
use crate::obj::ptr::Ptr;
#[cfg(not(feature = "small"))]
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
#[cfg(not(feature = "small"))]
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

/// Small builds leave all of it to the type.
#[cfg(feature = "small")]
fn less_at_once(_: &Runtime, _: Obj, _: Obj) -> Option<bool> {
    None
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
