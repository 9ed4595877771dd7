//! Iterators over things with positions. All are called `iterator`.
//!
//! An iterator holds the sequence and the next position, nothing else; so it is two granules, and a sequence that
//! changes meanwhile is simply seen as it is then.

use core::cell::Cell;

use ferlance_abi::qstr;

use super::builtin_fun::BuiltinFun;
use super::list::List;
use super::ptr::Ptr;
use super::tuple::Tuple;
use super::ty::{Header, Members, Type, VTable};
use super::word::Obj;
use crate::exc;
use crate::members;
use crate::runtime::{R, Runtime};

/// What all iterators have.
pub static MEMBERS: Members = members! { "__next__" => Fun(&NEXT) };
/// `__next__` of any built-in iterator.
pub static NEXT: BuiltinFun = BuiltinFun::f1(qstr!("__next__"), dunder_next);

/// Behaviour of an iterator but for its `next`.
pub const VT: VTable = VTable {
    members: &MEMBERS,
    ..VTable::NEW
};

static LIST_ITER: Type = Type::builtin(qstr!("iterator"), 0, &LIST_VT);
static LIST_VT: VTable = VTable {
    next: Some(list_next),
    ..VT
};
static TUPLE_ITER: Type = Type::builtin(qstr!("iterator"), 0, &TUPLE_VT);
static TUPLE_VT: VTable = VTable {
    next: Some(tuple_next),
    ..VT
};
/// A sequence and a position.
#[repr(C)]
pub struct SeqIter {
    base: Header,
    /// What is iterated over.
    pub seq: Obj,
    /// Position of the next item.
    pub at: Cell<usize>,
}

impl SeqIter {
    /// The iterator behind an object.
    ///
    /// # Safety
    /// `obj` was made by [`new`].
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub unsafe fn of(obj: Obj) -> Ptr<SeqIter> {
        // SAFETY: the caller's.
        unsafe { obj.cast_unchecked() }
    }
}

/// An iterator of type `ty`, whose `next` takes a [`SeqIter`].
pub fn new(rt: &mut Runtime, ty: &'static Type, seq: Obj) -> R<Obj> {
    let iter = SeqIter {
        base: Header::new(ty),
        seq,
        at: Cell::new(0),
    };
    Ok(rt.new_obj(iter)?.obj())
}

/// `iter(list)`.
pub fn list(rt: &mut Runtime, list: Obj) -> R<Obj> {
    new(rt, &LIST_ITER, list)
}

/// `iter(tuple)`.
pub fn tuple(rt: &mut Runtime, tuple: Obj) -> R<Obj> {
    new(rt, &TUPLE_ITER, tuple)
}

fn list_next(_: &mut Runtime, obj: Obj) -> R<Option<Obj>> {
    // SAFETY: iterators of this type are made over lists only.
    let (iter, list) = unsafe {
        let iter = SeqIter::of(obj);
        (iter, iter.seq.cast_unchecked::<List>())
    };
    let item = list.get().get(iter.at.get());
    if item.is_some() {
        iter.at.set(iter.at.get() + 1);
    }
    Ok(item)
}

fn tuple_next(_: &mut Runtime, obj: Obj) -> R<Option<Obj>> {
    // SAFETY: iterators of this type are made over tuples (of any type with that layout) only.
    let (iter, tuple) = unsafe {
        let iter = SeqIter::of(obj);
        (iter, iter.seq.cast_unchecked::<Tuple>())
    };
    let item = tuple.item(iter.at.get());
    if item.is_some() {
        iter.at.set(iter.at.get() + 1);
    }
    Ok(item)
}

/// `iterator.__next__()`.
fn dunder_next(rt: &mut Runtime, iter: Obj) -> R<Obj> {
    match rt.next(iter)? {
        Some(item) => Ok(item),
        None => Err(rt.raise(&exc::STOP_ITERATION, &[])),
    }
}
