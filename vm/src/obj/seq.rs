//! What `list` and `tuple` do alike: comparing, searching, printing, repeating. Items are looked up anew after
//! each call that can run Python, since a list may change under the loop.

use core::cell::Cell;
use core::ptr::NonNull;

use ferlance_abi::ops::{BinaryOp, UnaryOp};

use super::list::List;
use super::ptr::Ptr;
use super::slice;
use super::tuple::Tuple;
use super::ty::PrintKind;
use super::word::Obj;
use crate::call::Args;
use crate::runtime::{R, Runtime};
use crate::text::print::Print;

/// A sequence whose items lie in memory.
pub trait Items: Copy {
    /// The items, until the next call that can run Python.
    fn all<'a>(self) -> &'a [Cell<Obj>];

    /// Item `i`.
    #[cfg_attr(not(feature = "small"), inline(always))]
    fn at(self, i: usize) -> Option<Obj> {
        self.all().get(i).map(Cell::get)
    }
}

impl Items for Ptr<List> {
    #[cfg_attr(not(feature = "small"), inline(always))]
    fn all<'a>(self) -> &'a [Cell<Obj>] {
        self.get().items()
    }
}

impl Items for Ptr<Tuple> {
    #[cfg_attr(not(feature = "small"), inline(always))]
    fn all<'a>(self) -> &'a [Cell<Obj>] {
        self.get().items()
    }
}

/// Items of a list or tuple (or of what behaves like one: named tuples, subclass instances), until the next
/// call that can run Python.
#[inline]
pub fn items_of<'a>(seq: Obj) -> Option<&'a [Cell<Obj>]> {
    if let Some(list) = super::list::of(seq) {
        return Some(list.get().items());
    }
    Some(super::tuple::of(seq)?.get().items())
}

/// Items of a list or tuple.
///
/// # Errors
/// `TypeError: object 'T' isn't a tuple or list`.
pub fn expect_items<'a>(rt: &mut Runtime, seq: Obj) -> R<&'a [Cell<Obj>]> {
    match items_of(seq) {
        Some(items) => Ok(items),
        None => Err(rt.type_error_of("object '{}' isn't a tuple or list", seq)),
    }
}

/// Copies items, forwards, to words that are not part of `from`.
///
/// # Safety
/// `to` has room for them.
#[inline]
pub(super) unsafe fn copy(from: &[Cell<Obj>], to: NonNull<Cell<Obj>>) {
    // SAFETY: the caller's; a `Cell<Obj>` may be copied as a word.
    unsafe { core::ptr::copy(from.as_ptr(), to.as_ptr(), from.len()) };
}

/// `==`, `<` and so on; `None` for other operators.
pub(super) fn compare<S: Items>(rt: &mut Runtime, op: BinaryOp, a: S, b: S) -> R<Option<Obj>> {
    if op == BinaryOp::Equal {
        return Ok(Some(Obj::bool(equal(rt, a, b)?)));
    }
    // Upstream asks the operands in exchanged order, as its messages show.
    let (a, b, op) = match op {
        BinaryOp::Less => (b, a, BinaryOp::More),
        BinaryOp::LessEqual => (b, a, BinaryOp::MoreEqual),
        BinaryOp::More | BinaryOp::MoreEqual => (a, b, op),
        _ => return Ok(None),
    };
    rt.check_stack()?;
    let mut i = 0;
    loop {
        let (x, y) = match (a.at(i), b.at(i)) {
            (Some(x), Some(y)) => (x, y),
            (x, y) => {
                let (more, same) = (x.is_some(), x.is_none() && y.is_none());
                return Ok(Some(Obj::bool(more || (same && op == BinaryOp::MoreEqual))));
            }
        };
        if !rt.equal(x, y)? {
            return rt.binary_op(op, x, y).map(Some);
        }
        i += 1;
    }
}

fn equal<S: Items>(rt: &mut Runtime, a: S, b: S) -> R<bool> {
    if a.all().len() != b.all().len() {
        return Ok(false);
    }
    let mut i = 0;
    loop {
        match (a.at(i), b.at(i)) {
            (Some(x), Some(y)) => {
                if !rt.equal(x, y)? {
                    return Ok(false);
                }
            }
            (x, y) => return Ok(x.is_none() && y.is_none()),
        }
        i += 1;
    }
}

/// `seq.count(item)`.
pub(super) fn count<S: Items>(rt: &mut Runtime, seq: S, item: Obj) -> R<Obj> {
    let (mut n, mut i) = (0, 0);
    while let Some(x) = seq.at(i) {
        n += isize::from(rt.equal(x, item)?);
        i += 1;
    }
    Ok(Obj::int(n))
}

/// Position of an item.
pub(super) fn find<S: Items>(rt: &mut Runtime, seq: S, item: Obj) -> R<Option<usize>> {
    let mut i = 0;
    while let Some(x) = seq.at(i) {
        if rt.equal(x, item)? {
            return Ok(Some(i));
        }
        i += 1;
    }
    Ok(None)
}

/// `seq.index(item[, start[, stop]])`; `args` begins with the sequence.
pub(super) fn index<S: Items>(rt: &mut Runtime, what: &str, seq: S, args: Args<'_>) -> R<Obj> {
    let item = args.get(1).unwrap_or(Obj::NONE);
    let len = seq.all().len();
    let mut start = 0;
    let mut stop = usize::MAX;
    if let Some(from) = args.get(2) {
        start = slice::clamp_index(rt, what, len, from)?;
    }
    if let Some(to) = args.get(3) {
        stop = slice::clamp_index(rt, what, len, to)?;
    }
    let mut i = start;
    while i < stop
        && let Some(x) = seq.at(i)
    {
        if rt.equal(x, item)? {
            return Ok(Obj::int(i as isize));
        }
        i += 1;
    }
    Err(not_in_sequence(rt))
}

/// `ValueError: object not in sequence`.
#[cold]
pub(super) fn not_in_sequence(rt: &mut Runtime) -> crate::runtime::Raised {
    rt.value_error("object not in sequence")
}

/// Prints items between brackets.
pub(super) fn print<S: Items>(
    rt: &mut Runtime,
    seq: S,
    kind: PrintKind,
    brackets: [&[u8]; 2],
    out: &mut dyn Print,
) -> R<()> {
    let kind = match kind {
        PrintKind::Json => kind,
        _ => PrintKind::Repr,
    };
    out.write(rt, brackets[0])?;
    let mut i = 0;
    while let Some(item) = seq.at(i) {
        if i != 0 {
            out.write(rt, b", ")?;
        }
        rt.print(item, kind, out)?;
        i += 1;
    }
    out.write(rt, brackets[1])
}

/// How often `seq * times` repeats; `None` when `times` is no integer.
pub(super) fn repeats(rt: &mut Runtime, len: usize, times: Obj) -> R<Option<usize>> {
    if times.as_float().is_some() {
        return Ok(None);
    }
    let Some(times) = rt.int_maybe(times)? else {
        return Ok(None);
    };
    let times = usize::try_from(times).unwrap_or(0);
    match len.checked_mul(times) {
        Some(total) if total <= isize::MAX as usize / size_of::<Obj>() => Ok(Some(times)),
        _ => Err(rt.no_memory(usize::MAX)),
    }
}

/// Copies the items `times` times to `to`.
///
/// # Safety
/// `to` has room for all copies.
pub(super) unsafe fn repeat(items: &[Cell<Obj>], times: usize, to: NonNull<Cell<Obj>>) {
    for i in 0..times {
        // SAFETY: copy `i` lies within the caller's room.
        unsafe { copy(items, to.add(i * items.len())) };
    }
}

/// What `bool` and `len` give for a container of `len` items.
pub(super) fn truth_or_len(op: UnaryOp, len: usize) -> Option<Obj> {
    match op {
        UnaryOp::Bool => Some(Obj::bool(len != 0)),
        UnaryOp::Len => Some(Obj::int(len as isize)),
        _ => None,
    }
}
