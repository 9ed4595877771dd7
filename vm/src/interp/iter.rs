//! Loop iterators in four stack slots.
//!
//! | slot 0 (deepest) | slot 1 | slot 2 | slot 3 |
//! | --- | --- | --- | --- |
//! | null | any iterator | | |
//! | 0 | list | next index | |
//! | 1 | tuple | next index | |
//! | 2 | next value | stop | step (all small ints) |
//!
//! The first form is also what generator expressions build by hand (spec bytecode 5.4).

use super::frame::Slot;
use crate::obj::list::List;
use crate::obj::range::Range;
use crate::obj::tuple::Tuple;
use crate::obj::word::Obj;
use crate::runtime::{R, Runtime};

const LIST: Obj = Obj::int(0);
const TUPLE: Obj = Obj::int(1);
const RANGE: Obj = Obj::int(2);

// Machine code of our own looks into these words.
const _: () = {
    use ferlance_abi::layout;
    assert!(LIST.raw() == layout::ITER_LIST && TUPLE.raw() == layout::ITER_TUPLE);
    assert!(RANGE.raw() == layout::ITER_RANGE);
};

/// Puts the iterator of `obj` into the four words at `slots`.
///
/// # Safety
/// Four words of the frame stand at `slots`.
#[inline]
pub(crate) unsafe fn start(rt: &mut Runtime, obj: Obj, slots: *mut Slot) -> R<()> {
    let (kind, a, b, c) = if obj.is::<List>() {
        (Some(LIST), obj, Some(Obj::int(0)), None)
    } else if let Some(range) = obj.cast::<Range>()
        && let (Some(at), Some(stop), Some(step)) = (
            Obj::small(range.start()),
            Obj::small(range.stop()),
            Obj::small(range.step()),
        )
    {
        (Some(RANGE), at, Some(stop), Some(step))
    } else if obj.is::<Tuple>() {
        (Some(TUPLE), obj, Some(Obj::int(0)), None)
    } else {
        (None, rt.get_iter(obj)?, None, None)
    };
    // SAFETY: the caller's.
    unsafe {
        slots.write(kind);
        slots.add(1).write(Some(a));
        slots.add(2).write(b);
        slots.add(3).write(c);
    }
    Ok(())
}

/// What a loop iterator gave without calling anything.
pub(crate) enum Fast {
    /// The next item.
    Item(Obj),
    /// The loop is over.
    End,
    /// Slot 1 holds an iterator to be asked.
    Slow,
}

/// Advances a loop iterator of one of the fast kinds.
///
/// # Safety
/// The four words at `slots` were filled by [`start`] or by a generator expression.
#[cfg_attr(not(feature = "small"), inline(always))]
pub(crate) unsafe fn fast_next(_rt: &mut Runtime, slots: *mut Slot) -> Fast {
    // SAFETY: the caller's; slot 1 is never null, and the kinds above say what the slots hold.
    unsafe {
        let Some(kind) = *slots else {
            return Fast::Slow;
        };
        let seq = (*slots.add(1)).unwrap_unchecked();
        if kind == RANGE {
            let (stop, step) = (
                (*slots.add(2)).unwrap_unchecked(),
                (*slots.add(3)).unwrap_unchecked(),
            );
            let (at, stop, step) = (seq.small_value(), stop.small_value(), step.small_value());
            if if step > 0 { at >= stop } else { at <= stop } {
                return Fast::End;
            }
            // The sum of two small ints fits a word; one past the last value may need more than a small int,
            // but is then past `stop`, which may stand for it.
            slots
                .add(1)
                .write(Some(Obj::small(at + step).unwrap_or(Obj::int(stop))));
            return Fast::Item(seq);
        }
        let index = (*slots.add(2)).unwrap_unchecked().small_value();
        let item = if kind == LIST {
            seq.cast_unchecked::<List>().item(index as usize)
        } else {
            seq.cast_unchecked::<Tuple>().item(index as usize)
        };
        match item {
            Some(item) => {
                slots.add(2).write(Some(Obj::int(index + 1)));
                Fast::Item(item)
            }
            None => Fast::End,
        }
    }
}
