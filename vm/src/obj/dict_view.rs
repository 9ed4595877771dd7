//! What `keys()`, `values()` and `items()` of a dict give, and the iterators over maps, sets included.

use core::cell::Cell;

use ferlance_abi::ops::{BinaryOp, UnaryOp};
use ferlance_abi::qstr;

use super::dict::{DICT, Dict};
use super::frozenset::FROZENSET;
use super::iter::{self, SeqIter};
use super::ordered_dict::ORDERED_DICT;
use super::ptr::Ptr;
use super::set::SET;
use super::tuple;
use super::ty::{Header, PrintKind, Type, VTable};
use super::word::Obj;
use crate::runtime::{R, Runtime};
use crate::text::print::Print;

/// What of each entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// The key.
    Keys,
    /// The value.
    Values,
    /// A tuple of both.
    Items,
}

/// `dict_view`.
pub static DICT_VIEW: Type = Type::builtin(qstr!("dict_view"), 0, &VT);
static VT: VTable = VTable {
    print: Some(print),
    unary: Some(unary),
    binary: Some(binary),
    iter: Some(view_iter),
    ..VTable::NEW
};

#[repr(C)]
struct View {
    base: Header,
    dict: Ptr<Dict>,
    kind: Kind,
}

/// A view of a dict.
pub fn new(rt: &mut Runtime, dict: Ptr<Dict>, kind: Kind) -> R<Obj> {
    let base = Header::new(&DICT_VIEW);
    Ok(rt.new_obj(View { base, dict, kind })?.obj())
}

fn this(obj: Obj) -> Ptr<View> {
    // SAFETY: reached through the vtable of DICT_VIEW only.
    unsafe { obj.cast_unchecked() }
}

fn print(rt: &mut Runtime, obj: Obj, _: PrintKind, out: &mut dyn Print) -> R<()> {
    let view = this(obj);
    let name: &[u8] = match view.kind {
        Kind::Keys => b"dict_keys([",
        Kind::Values => b"dict_values([",
        Kind::Items => b"dict_items([",
    };
    out.write(rt, name)?;
    let mut at = 0;
    while let Some((i, key, value)) = view.dict.map.next_from(at) {
        if at != 0 {
            out.write(rt, b", ")?;
        }
        let item = pick(rt, view.kind, key, value)?;
        rt.print(item, PrintKind::Repr, out)?;
        at = i + 1;
    }
    out.write(rt, b"])")
}

fn unary(_: &mut Runtime, op: UnaryOp, obj: Obj) -> R<Option<Obj>> {
    let len = this(obj).dict.map.len();
    Ok(match op {
        UnaryOp::Bool => Some(Obj::bool(len != 0)),
        UnaryOp::Len => Some(Obj::int(len as isize)),
        _ => None,
    })
}

fn binary(rt: &mut Runtime, op: BinaryOp, obj: Obj, other: Obj) -> R<Option<Obj>> {
    let view = this(obj);
    // Values and items are looked for one by one.
    if op != BinaryOp::Contains || view.kind != Kind::Keys {
        return Ok(None);
    }
    Ok(Some(Obj::bool(view.dict.map.find(rt, other)?.is_some())))
}

fn view_iter(rt: &mut Runtime, obj: Obj) -> R<Obj> {
    let view = this(obj);
    iterator(rt, view.dict, view.kind)
}

#[inline]
fn pick(rt: &mut Runtime, kind: Kind, key: Obj, value: Obj) -> R<Obj> {
    match kind {
        Kind::Keys => Ok(key),
        Kind::Values => Ok(value),
        Kind::Items => Ok(tuple::from_slice(rt, &[key, value])?.obj()),
    }
}

/// The map that an iteration over `obj` runs over, and what of its entries it gives: dicts, sets and views.
pub(super) fn entries_of(obj: Obj) -> Option<(Ptr<Dict>, Kind)> {
    let ty = obj.as_ptr()?.get().ty();
    if ty.same(&DICT_VIEW) {
        let view = this(obj);
        return Some((view.dict, view.kind));
    }
    let alike = [&DICT, &ORDERED_DICT, &SET, &FROZENSET];
    // SAFETY: all four types have this layout.
    alike
        .iter()
        .any(|other| ty.same(other))
        .then(|| (unsafe { obj.cast_unchecked() }, Kind::Keys))
}

/// The item of the first entry at or after a position, and where it is.
#[inline]
pub(super) fn next_entry(
    rt: &mut Runtime,
    dict: Ptr<Dict>,
    kind: Kind,
    at: usize,
) -> R<Option<(usize, Obj)>> {
    match dict.map.next_from(at) {
        Some((i, key, value)) => Ok(Some((i, pick(rt, kind, key, value)?))),
        None => Ok(None),
    }
}

// ---- iterators ----

static KEYS_ITER: Type = Type::builtin(qstr!("iterator"), 0, &KEYS_VT);
static KEYS_VT: VTable = VTable {
    next: Some(|rt, obj| next(rt, obj, Kind::Keys)),
    ..iter::VT
};
static VALUES_ITER: Type = Type::builtin(qstr!("iterator"), 0, &VALUES_VT);
static VALUES_VT: VTable = VTable {
    next: Some(|rt, obj| next(rt, obj, Kind::Values)),
    ..iter::VT
};
static ITEMS_ITER: Type = Type::builtin(qstr!("iterator"), 0, &ITEMS_VT);
static ITEMS_VT: VTable = VTable {
    next: Some(|rt, obj| next(rt, obj, Kind::Items)),
    ..iter::VT
};

/// An iterator over a dict or set. Entries added meanwhile are seen, removed ones are not.
pub fn iterator(rt: &mut Runtime, dict: Ptr<Dict>, kind: Kind) -> R<Obj> {
    let ty = match kind {
        Kind::Keys => &KEYS_ITER,
        Kind::Values => &VALUES_ITER,
        Kind::Items => &ITEMS_ITER,
    };
    iter::new(rt, ty, dict.obj())
}

#[inline]
fn next(rt: &mut Runtime, obj: Obj, kind: Kind) -> R<Option<Obj>> {
    // SAFETY: iterators of these types are made over dicts and sets only, which are laid out alike.
    let (iter, dict) = unsafe {
        let iter = SeqIter::of(obj);
        (iter, iter.seq.cast_unchecked::<Dict>())
    };
    let at: &Cell<usize> = &iter.get().at;
    let Some((i, item)) = next_entry(rt, dict, kind, at.get())? else {
        return Ok(None);
    };
    at.set(i + 1);
    Ok(Some(item))
}
