//! `tuple` (layout: spec native-abi 3.3). Named tuples and [`super::attrtuple`]s have the same layout.

use core::cell::Cell;
use core::mem::offset_of;
use core::ptr::NonNull;

use ferlance_abi::layout;
use ferlance_abi::ops::{BinaryOp, UnaryOp};
use ferlance_abi::qstr;

use super::builtin_fun::{BuiltinFun, expect_args};
use super::ptr::{Ptr, PyType};
use super::slice::Slice;
use super::ty::{Access, Header, Members, PrintKind, Type, TypeFlags, VTable};
use super::word::Obj;
use super::{class, iter, seq};
use crate::call::{Args, wrong_self};
use crate::members;
use crate::runtime::{R, Runtime};
use crate::text::print::Print;

/// `tuple`.
pub static TUPLE: Type = Type::builtin(qstr!("tuple"), FLAGS, &VT);
/// Tuples of all types may be equal.
pub const FLAGS: u16 = TypeFlags::EQ_CHECKS_OTHER_TYPE;
/// Behaviour of tuples; types with the same layout begin with it.
pub const VT: VTable = VTable {
    make_new: Some(make_new),
    print: Some(print),
    unary: Some(unary),
    binary: Some(binary),
    subscr: Some(subscr),
    iter: Some(iter::tuple),
    members: &MEMBERS,
    ..VTable::NEW
};
static MEMBERS: Members = members! { "count" => Fun(&COUNT), "index" => Fun(&INDEX) };
static COUNT: BuiltinFun = BuiltinFun::f2(qstr!("count"), count);
static INDEX: BuiltinFun = BuiltinFun::var(qstr!("index"), 2, 4, index);

/// A tuple: length, then the items in the same block.
#[repr(C)]
pub struct Tuple {
    base: Header,
    len: usize,
}

const _: () = assert!(
    offset_of!(Tuple, len) == layout::TUPLE_LEN * size_of::<usize>()
        && size_of::<Tuple>() == layout::TUPLE_ITEMS * size_of::<usize>()
);

// SAFETY: every structure of type TUPLE is a `Tuple`.
unsafe impl PyType for Tuple {
    fn ty() -> &'static Type {
        &TUPLE
    }
}

/// The empty tuple, which needs no heap.
pub static EMPTY: Tuple = Tuple {
    base: Header::new(&TUPLE),
    len: 0,
};
// SAFETY: never written.
unsafe impl Sync for Tuple {}

impl Tuple {
    /// The items. A tuple under construction holds `None`s.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn items<'a>(&self) -> &'a [Cell<Obj>] {
        // SAFETY: `len` initialised words follow the header.
        unsafe { core::slice::from_raw_parts((&raw const *self).add(1).cast(), self.len) }
    }

    /// The items as plain objects. A finished tuple does not change.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn slice<'a>(&self) -> &'a [Obj] {
        // SAFETY: as in `items`; a `Cell<Obj>` is laid out as an `Obj`, and nobody writes to a tuple once it is seen.
        unsafe { core::slice::from_raw_parts((&raw const *self).add(1).cast(), self.len) }
    }

    /// Item `i`.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn item(&self, i: usize) -> Option<Obj> {
        self.items().get(i).map(Cell::get)
    }

    /// Number of items.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    fn start(&self) -> NonNull<Cell<Obj>> {
        NonNull::from(self.items()).cast()
    }
}

/// The tuple that `obj` is or carries: a tuple, a named tuple, an instance of a Python subclass of one.
#[inline]
pub fn of(obj: Obj) -> Option<Ptr<Tuple>> {
    match obj.cast::<Tuple>() {
        Some(tuple) => Some(tuple),
        None => of_other(obj),
    }
}

fn of_other(obj: Obj) -> Option<Ptr<Tuple>> {
    let ty = obj.as_ptr()?.get().ty();
    if ty.is_class() {
        return class::native_base(obj).and_then(of);
    }
    let parent = ty.parent()?;
    // SAFETY: built-in types with this parent have the layout of tuples.
    parent
        .same(&TUPLE)
        .then(|| unsafe { obj.cast_unchecked::<Tuple>() })
}

/// A tuple of these items.
pub fn from_slice(rt: &mut Runtime, items: &[Obj]) -> R<Ptr<Tuple>> {
    let len = items.len();
    if len == 0 {
        return Ok(Ptr::from_ref(&EMPTY));
    }
    let Some(words) = len.checked_add(2) else {
        return Err(rt.no_memory(usize::MAX));
    };
    let at = rt.alloc_words(words, false)?;
    // SAFETY: the block holds the header and `len` words, and nothing is allocated before they are written.
    unsafe {
        at.cast::<Tuple>().write(Tuple {
            base: Header::new(&TUPLE),
            len,
        });
        let to = at.add(2).cast::<Obj>();
        for (i, item) in items.iter().enumerate() {
            to.add(i).write(*item);
        }
        Ok(Ptr::from_non_null(at.cast()))
    }
}

/// A tuple of `len` `None`s, to be filled before anyone sees it.
pub fn of_len(rt: &mut Runtime, len: usize) -> R<Ptr<Tuple>> {
    if len == 0 {
        return Ok(Ptr::from_ref(&EMPTY));
    }
    of_type(rt, &TUPLE, len, 0)
}

/// A structure of `ty`, which has the layout of a tuple, with `len` `None`s and `extra` zero words behind them.
pub fn of_type(rt: &mut Runtime, ty: &'static Type, len: usize, extra: usize) -> R<Ptr<Tuple>> {
    let Some(words) = len.checked_add(2 + extra) else {
        return Err(rt.no_memory(usize::MAX));
    };
    let at = rt.alloc_words(words, false)?;
    // SAFETY: the block holds the header, `len` words and `extra` words.
    unsafe {
        at.cast::<Tuple>().write(Tuple {
            base: Header::new(ty),
            len,
        });
        for i in 0..len {
            at.add(2 + i).cast::<Obj>().write(Obj::NONE);
        }
        for i in 0..extra {
            at.add(2 + len + i).write(0);
        }
        Ok(Ptr::from_non_null(at.cast()))
    }
}

/// A tuple of the items of an iterable.
pub fn from_iterable(rt: &mut Runtime, iterable: Obj) -> R<Ptr<Tuple>> {
    if let Some(tuple) = iterable.cast::<Tuple>() {
        return Ok(tuple);
    }
    if let Some(tuple) = of(iterable) {
        return copy_of(rt, tuple.len(), |_| tuple.items());
    }
    let list = match iterable.cast::<super::list::List>() {
        Some(list) => list,
        None => super::list::from_iterable(rt, iterable)?,
    };
    copy_of(rt, list.len(), |_| list.items())
}

/// A tuple of what `items` gives once memory is there; at most `len`.
fn copy_of<'a>(
    rt: &mut Runtime,
    len: usize,
    items: impl Fn(()) -> &'a [Cell<Obj>],
) -> R<Ptr<Tuple>> {
    let tuple = of_len(rt, len)?;
    for (slot, item) in tuple.items().iter().zip(items(())) {
        slot.set(item.get());
    }
    Ok(tuple)
}

fn make_new(rt: &mut Runtime, _: &'static Type, args: Args<'_>) -> R<Obj> {
    expect_args(rt, args, 0, 1, false)?;
    match args.get(0) {
        None => Ok(Ptr::from_ref(&EMPTY).obj()),
        Some(iterable) => Ok(from_iterable(rt, iterable)?.obj()),
    }
}

#[cfg_attr(not(feature = "small"), inline(always))]
fn this(obj: Obj) -> Ptr<Tuple> {
    // SAFETY: reached through the vtable of types with this layout only.
    unsafe { obj.cast_unchecked() }
}

fn print(rt: &mut Runtime, obj: Obj, kind: PrintKind, out: &mut dyn Print) -> R<()> {
    let tuple = this(obj);
    let brackets: [&[u8]; 2] = match kind {
        PrintKind::Json => [b"[", b"]"],
        _ if tuple.len() == 1 => [b"(", b",)"],
        _ => [b"(", b")"],
    };
    seq::print(rt, tuple, kind, brackets, out)
}

fn unary(rt: &mut Runtime, op: UnaryOp, obj: Obj) -> R<Option<Obj>> {
    let tuple = this(obj);
    match op {
        UnaryOp::Hash => hash(rt, tuple).map(Some),
        _ => Ok(super::seq::truth_or_len(op, tuple.len())),
    }
}

/// The hash of a tuple of small ints and names.
#[inline]
pub(super) fn hash_at_once(rt: &Runtime, obj: Obj) -> Option<usize> {
    if !crate::config::QUICKEN {
        return None;
    }
    let tuple = obj.cast::<Tuple>()?;
    let mut sum = tuple.len();
    for item in tuple.items() {
        let item = item.get();
        let hash = match item.as_small() {
            Some(value) => value as usize,
            None => rt.pool.hash(item.as_qstr()?) as usize,
        };
        sum = mix(sum, hash);
    }
    Some(cut(sum) as usize)
}

/// Are both tuples of the same small ints and names?
#[inline]
pub(super) fn has_same_words(a: Obj, b: Obj) -> bool {
    let (Some(a), Some(b)) = (a.cast::<Tuple>(), b.cast::<Tuple>()) else {
        return false;
    };
    a.len() == b.len()
        && a.items().iter().zip(b.items()).all(|(a, b)| {
            // Something that is equal to itself without a question.
            let word = a.get();
            word == b.get() && (word.is_small() || word.is_qstr())
        })
}

#[inline(always)]
fn mix(sum: usize, hash: usize) -> usize {
    const FACTOR: usize = 0x9e37_79b1_85eb_ca85_u64 as usize;
    sum.wrapping_mul(FACTOR).wrapping_add(hash)
}

/// The two highest bits go, so that it is a small int.
#[inline(always)]
fn cut(sum: usize) -> isize {
    (sum << 2) as isize >> 2
}

/// Mixes the items' hashes so that neither order nor small differences get lost.
/// A polynomial of the items' hashes: tuples that differ by a little in their last item have hashes that do, so that
/// the cells of a grid are neighbours in a table (see [`super::map`]).
fn hash(rt: &mut Runtime, tuple: Ptr<Tuple>) -> R<Obj> {
    rt.check_stack()?;
    let mut sum = tuple.len();
    for item in tuple.items() {
        let hash = match item.get().as_small() {
            Some(value) => value as usize,
            None => rt.hash(item.get())?,
        };
        sum = mix(sum, hash);
    }
    Ok(Obj::int(cut(sum)))
}

fn binary(rt: &mut Runtime, op: BinaryOp, obj: Obj, other: Obj) -> R<Option<Obj>> {
    let a = this(obj);
    match op {
        BinaryOp::Add | BinaryOp::InplaceAdd => {
            let Some(b) = of(other) else { return Ok(None) };
            let Some(len) = a.len().checked_add(b.len()) else {
                return Err(rt.no_memory(usize::MAX));
            };
            let sum = of_len(rt, len)?;
            for (slot, item) in sum.items().iter().zip(a.items().iter().chain(b.items())) {
                slot.set(item.get());
            }
            Ok(Some(sum.obj()))
        }
        BinaryOp::Multiply | BinaryOp::InplaceMultiply | BinaryOp::ReverseMultiply => {
            let Some(times) = seq::repeats(rt, a.len(), other)? else {
                return Ok(None);
            };
            let all = of_len(rt, a.len() * times)?;
            // SAFETY: the new tuple has room for `times` copies (`repeats` checked the product); the empty one
            // is copied into nothing.
            unsafe {
                seq::repeat(
                    a.items(),
                    if all.is_empty() { 0 } else { times },
                    all.start(),
                )
            };
            Ok(Some(all.obj()))
        }
        BinaryOp::Equal
        | BinaryOp::Less
        | BinaryOp::LessEqual
        | BinaryOp::More
        | BinaryOp::MoreEqual => match of(other) {
            Some(b) => seq::compare(rt, op, a, b),
            None => Ok(None),
        },
        BinaryOp::Contains => Ok(Some(Obj::bool(seq::find(rt, a, other)?.is_some()))),
        _ => Ok(None),
    }
}

fn subscr(rt: &mut Runtime, obj: Obj, index: Obj, access: Access) -> R<Option<Obj>> {
    let Access::Load = access else {
        return Ok(None);
    };
    let tuple = this(obj);
    if let Some(slice) = index.cast::<Slice>() {
        let span = slice.span(rt, tuple.len())?;
        let Some((from, to)) = span.simple() else {
            return Err(step_not_supported(rt));
        };
        if to - from == tuple.len() && obj.is::<Tuple>() {
            return Ok(Some(obj));
        }
        let part = copy_of(rt, to - from, |()| {
            tuple.items().get(from..to).unwrap_or(&[])
        })?;
        return Ok(Some(part.obj()));
    }
    let i = rt.index_of("tuple", tuple.len(), index)?;
    Ok(tuple.item(i))
}

/// `NotImplementedError: only slices with step=1 (aka None) are supported`.
#[cold]
pub fn step_not_supported(rt: &mut Runtime) -> crate::Raised {
    rt.raise_msg(
        &crate::exc::NOT_IMPLEMENTED_ERROR,
        "only slices with step=1 (aka None) are supported",
    )
}

fn method_self(rt: &mut Runtime, obj: Obj) -> R<Ptr<Tuple>> {
    match of(obj) {
        Some(tuple) => Ok(tuple),
        None => Err(wrong_self(rt, &TUPLE, obj)),
    }
}

fn count(rt: &mut Runtime, obj: Obj, item: Obj) -> R<Obj> {
    let tuple = method_self(rt, obj)?;
    seq::count(rt, tuple, item)
}

fn index(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    let tuple = method_self(rt, args.pos()[0])?;
    seq::index(rt, "tuple", tuple, args)
}
