//! Merging pieces of 1, 2, 4, … items: the stable sort with the least code. A list that is in order takes n - 1
//! comparisons.

use super::{Block, Width, less};
use crate::runtime::{R, Runtime};

pub(super) fn merge_sort<W: Width>(rt: &mut Runtime, items: Block<W>, reverse: bool) -> R<()> {
    let n = items.len;
    let spare = Block::new(rt, n, items.width)?;
    let mut width = 1;
    while width < n {
        let mut start = 0;
        while n - start > width {
            let middle = start + width;
            let end = n.min(middle + width);
            merge(rt, items, spare, reverse, start, middle, end)?;
            start = end;
        }
        width *= 2;
    }
    rt.free_block(spare.at.cast());
    Ok(())
}

/// Merges the sorted pieces `start..middle` and `middle..end`.
fn merge<W: Width>(
    rt: &mut Runtime,
    items: Block<W>,
    spare: Block<W>,
    reverse: bool,
    start: usize,
    middle: usize,
    end: usize,
) -> R<()> {
    let (mut at, mut a, mut b) = (start, 0, middle);
    let len = middle - start;
    // What must go before what: nothing to do if the pieces are in order as they stand.
    let mut last = items.get(middle - 1);
    let mut copied = false;
    while a < len && b < end {
        let next = items.get(b);
        let (first, second) = if reverse { (last, next) } else { (next, last) };
        let precedes = less(rt, first.key, second.key)?;
        if !copied {
            if !precedes {
                return Ok(());
            }
            spare.copy(0, items, start, len);
            copied = true;
        } else if precedes {
            items.set(at, next);
            (at, b) = (at + 1, b + 1);
        } else {
            items.set(at, last);
            (at, a) = (at + 1, a + 1);
        }
        if a < len {
            last = spare.get(a);
        }
    }
    items.copy(at, spare, a, len - a);
    Ok(())
}
