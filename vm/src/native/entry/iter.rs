//! Iteration: entries 30 and 31.
//!
//! Emitted loops reserve four words for an iterator. What is gone over most often is kept there itself:
//!
//! | word 0 | word 1 | word 2 | word 3 |
//! | --- | --- | --- | --- |
//! | null | any iterator | | |
//! | list, tuple, bytes, array, view | that object | next index | |
//! | str | the str | offset of the next character | |
//! | range | next value | stop | step |
//!
//! Word 0 is one of the marks of `abi::layout`. Marks, indices and the numbers of a range are small int words, which no
//! collection mistakes for addresses. Only these two entries, and code of our own emitter, look into the buffer.

use ferlance_abi::layout;

use crate::config::QUICKEN;
use crate::interp::frame::Slot;
use crate::interp::iter::{self, Fast};
use crate::obj::array::{ARRAY, Array};
use crate::obj::bytearray::BYTEARRAY;
use crate::obj::bytes::{self, BYTES};
use crate::obj::memoryview::{self, MEMORYVIEW};
use crate::obj::str::{STR, index::char_at};
use crate::obj::word::Obj;
use crate::runtime::{R, Runtime};

/// A mark of word 0.
const fn mark(word: usize) -> Obj {
    Obj::int((word >> 1) as isize)
}

const BYTES_MARK: Obj = mark(layout::ITER_BYTES);
const ARRAY_MARK: Obj = mark(layout::ITER_ARRAY);
const VIEW_MARK: Obj = mark(layout::ITER_VIEW);
const STR_MARK: Obj = mark(layout::ITER_STR);
const NAME_MARK: Obj = mark(layout::ITER_NAME);

/// The mark of what needs no iterator, besides what bytecode goes over without one.
fn mark_of(value: Obj) -> Option<Obj> {
    if !QUICKEN {
        return None;
    }
    if value.as_qstr().is_some() {
        return Some(NAME_MARK);
    }
    if !value.is_ptr() {
        return None;
    }
    let ty = value.ty();
    if ty.same(&STR) {
        Some(STR_MARK)
    } else if ty.same(&BYTES) || ty.same(&BYTEARRAY) {
        Some(BYTES_MARK)
    } else if ty.same(&MEMORYVIEW) {
        Some(VIEW_MARK)
    } else if ty.same(&ARRAY) {
        Some(ARRAY_MARK)
    } else {
        None
    }
}

/// Without a buffer a heap iterator; else fills the buffer and answers null.
pub(crate) fn getiter(rt: &mut Runtime, value: Obj, buf: *mut Slot) -> R<Option<Obj>> {
    if buf.is_null() {
        return rt.get_iter(value).map(Some);
    }
    // SAFETY: native code gives four words.
    unsafe {
        match mark_of(value) {
            Some(mark) => {
                buf.write(Some(mark));
                buf.add(1).write(Some(value));
                buf.add(2).write(Some(Obj::int(0)));
                buf.add(3).write(None);
            }
            None => iter::start(rt, value, buf)?,
        }
    }
    Ok(None)
}

/// The next byte of a view, if it is one of bytes and has another one.
///
/// # Safety
/// [`getiter`] filled the buffer.
#[inline(always)]
pub(in crate::native) unsafe fn next_byte(buf: *mut Slot) -> Option<Obj> {
    // SAFETY: the caller's: behind the mark stand the view and an offset.
    unsafe {
        if !QUICKEN || *buf != Some(VIEW_MARK) {
            return None;
        }
        let (view, at) = ((*buf.add(1))?, (*buf.add(2))?.small_value() as usize);
        let byte = memoryview::quick_byte(view, at)?;
        buf.add(2).write(Some(Obj::int(at as isize + 1)));
        Some(Obj::int(isize::from(byte)))
    }
}

/// The next value, or null at the end.
pub(crate) fn iternext(rt: &mut Runtime, buf: *mut Slot) -> R<Option<Obj>> {
    // SAFETY: native code gives a buffer that `getiter` filled. In the first form, word 1 is an iterator, and in those
    // with a mark of ours, what the mark says and an offset.
    unsafe {
        if QUICKEN
            && let Some(mark) = *buf
            && mark.raw() >= layout::ITER_BYTES
            && let (Some(seq), Some(at)) = (*buf.add(1), *buf.add(2))
        {
            let at = at.small_value() as usize;
            let Some((item, next)) = item_of(rt, mark, seq, at)? else {
                return Ok(None);
            };
            buf.add(2).write(Some(Obj::int(next as isize)));
            return Ok(Some(item));
        }
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

/// The item at `at`, and where the next one is.
#[inline(always)]
fn item_of(rt: &mut Runtime, mark: Obj, seq: Obj, at: usize) -> R<Option<(Obj, usize)>> {
    if mark == STR_MARK || mark == NAME_MARK {
        let text = rt.str_bytes(seq).unwrap_or(&[]);
        return char_at(rt, text, at);
    }
    let byte = if mark == VIEW_MARK {
        memoryview::quick_byte(seq, at)
    } else {
        bytes::any_byte(seq, at)
    };
    if let Some(byte) = byte {
        return Ok(Some((Obj::int(isize::from(byte)), at + 1)));
    }
    Ok(other_item(rt, mark, seq, at)?.map(|item| (item, at + 1)))
}

/// What is no byte, and the end.
#[inline(never)]
fn other_item(rt: &mut Runtime, mark: Obj, seq: Obj, at: usize) -> R<Option<Obj>> {
    if mark == VIEW_MARK {
        return memoryview::item_at(rt, seq, at);
    }
    match seq.cast::<Array>() {
        Some(array) => match array.small_item(at) {
            Some(item) => Ok(Some(item)),
            None => array.item(rt, at),
        },
        None => Ok(None),
    }
}
