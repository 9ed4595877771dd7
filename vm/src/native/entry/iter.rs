//! Iteration: entries 30 and 31.
//!
//! Emitted loops reserve four words for an iterator. Lists, tuples and ranges keep theirs there:
//!
//! | word 0 | word 1 | word 2 | word 3 |
//! | --- | --- | --- | --- |
//! | null | any iterator | | |
//! | mark 1 | list | next index | |
//! | mark 2 | tuple | next index | |
//! | mark 3 | next value | stop | step |
//!
//! Marks, indices and the numbers of a range are small int words, which no collection mistakes for addresses. Nobody
//! but these two entries looks into the buffer.

use crate::interp::frame::Slot;
use crate::interp::iter::{self, Fast};
use crate::obj::word::Obj;
use crate::runtime::{R, Runtime};

/// Without a buffer a heap iterator; else fills the buffer and answers null.
pub(crate) fn getiter(rt: &mut Runtime, value: Obj, buf: *mut Slot) -> R<Option<Obj>> {
    if buf.is_null() {
        return rt.get_iter(value).map(Some);
    }
    // SAFETY: native code gives four words.
    unsafe { iter::start(rt, value, buf)? };
    Ok(None)
}

/// The next value, or null at the end.
pub(crate) fn iternext(rt: &mut Runtime, buf: *mut Slot) -> R<Option<Obj>> {
    // SAFETY: native code gives a buffer that `getiter` filled. In the first form, word 1 is an iterator.
    unsafe {
        match iter::fast_next(rt, buf) {
            Fast::Item(item) => Ok(Some(item)),
            Fast::End => Ok(None),
            Fast::Slow => match *buf.add(1) {
                Some(it) => rt.next(it),
                None => Err(super::unbound(rt)),
            },
        }
    }
}
