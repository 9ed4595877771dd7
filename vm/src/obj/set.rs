//! `set`. What `frozenset` shares with it is here, too; both are laid out as a dict whose values mean nothing.

use ferlance_abi::ops::{BinaryOp, UnaryOp};
use ferlance_abi::qstr;

use super::builtin_fun::{BuiltinFun, expect_args};
use super::dict::{self, Dict};
use super::dict_view::{self, Kind};
use super::frozenset::FROZENSET;
use super::map::Map;
use super::ptr::Ptr;
use super::ty::{Members, PrintKind, Type, TypeFlags, VTable};
use super::word::Obj;
use super::{class, seq};
use crate::call::{Args, wrong_self};
use crate::members;
use crate::runtime::{R, Runtime};
use crate::text::print::Print;

/// `set`.
pub static SET: Type = Type::builtin(qstr!("set"), TypeFlags::EQ_CHECKS_OTHER_TYPE, &SET_VT);
static SET_VT: VTable = VTable {
    members: &MEMBERS,
    ..VT
};
/// Behaviour of both kinds but for their members.
pub const VT: VTable = VTable {
    make_new: Some(make_new),
    print: Some(print),
    unary: Some(unary),
    binary: Some(binary),
    iter: Some(iter),
    ..VTable::NEW
};
static MEMBERS: Members = members! {
    "__contains__" => Fun(&CONTAINS),
    "add" => Fun(&ADD),
    "clear" => Fun(&CLEAR),
    "copy" => Fun(&COPY),
    "difference" => Fun(&DIFFERENCE),
    "difference_update" => Fun(&DIFFERENCE_UPDATE),
    "discard" => Fun(&DISCARD),
    "intersection" => Fun(&INTERSECTION),
    "intersection_update" => Fun(&INTERSECTION_UPDATE),
    "isdisjoint" => Fun(&ISDISJOINT),
    "issubset" => Fun(&ISSUBSET),
    "issuperset" => Fun(&ISSUPERSET),
    "pop" => Fun(&POP),
    "remove" => Fun(&REMOVE),
    "symmetric_difference" => Fun(&SYMMETRIC_DIFFERENCE),
    "symmetric_difference_update" => Fun(&SYMMETRIC_DIFFERENCE_UPDATE),
    "union" => Fun(&UNION),
    "update" => Fun(&UPDATE),
};
pub(super) static CONTAINS: BuiltinFun = BuiltinFun::f2(qstr!("__contains__"), |rt, obj, item| {
    let set = either(rt, obj)?;
    Ok(Obj::bool(set.map.find(rt, item)?.is_some()))
});
static ADD: BuiltinFun = BuiltinFun::f2(qstr!("add"), |rt, obj, item| {
    changeable(rt, obj)?.map.store(rt, item, Obj::NONE)?;
    Ok(Obj::NONE)
});
static CLEAR: BuiltinFun = BuiltinFun::f1(qstr!("clear"), |rt, obj| {
    changeable(rt, obj)?.map.clear(rt)?;
    Ok(Obj::NONE)
});
pub(super) static COPY: BuiltinFun = BuiltinFun::f1(qstr!("copy"), copy);
pub(super) static DIFFERENCE: BuiltinFun =
    BuiltinFun::var(qstr!("difference"), 1, u16::MAX, difference);
static DIFFERENCE_UPDATE: BuiltinFun =
    BuiltinFun::var(qstr!("difference_update"), 1, u16::MAX, difference_update);
static DISCARD: BuiltinFun = BuiltinFun::f2(qstr!("discard"), |rt, obj, item| {
    changeable(rt, obj)?.map.remove(rt, item)?;
    Ok(Obj::NONE)
});
pub(super) static INTERSECTION: BuiltinFun =
    BuiltinFun::f2(qstr!("intersection"), |rt, obj, other| {
        new_by(rt, obj, other, intersect)
    });
static INTERSECTION_UPDATE: BuiltinFun =
    BuiltinFun::f2(qstr!("intersection_update"), |rt, obj, other| {
        update_by(rt, obj, other, intersect)
    });
pub(super) static ISDISJOINT: BuiltinFun = BuiltinFun::f2(qstr!("isdisjoint"), isdisjoint);
pub(super) static ISSUBSET: BuiltinFun = BuiltinFun::f2(qstr!("issubset"), |rt, obj, other| {
    let (set, other) = (either(rt, obj)?, as_map(rt, other)?);
    Ok(Obj::bool(is_subset(rt, set, other)?))
});
pub(super) static ISSUPERSET: BuiltinFun = BuiltinFun::f2(qstr!("issuperset"), |rt, obj, other| {
    let (set, other) = (either(rt, obj)?, as_map(rt, other)?);
    Ok(Obj::bool(is_subset(rt, other, set)?))
});
static POP: BuiltinFun = BuiltinFun::f1(qstr!("pop"), pop);
static REMOVE: BuiltinFun = BuiltinFun::f2(qstr!("remove"), remove);
pub(super) static SYMMETRIC_DIFFERENCE: BuiltinFun =
    BuiltinFun::f2(qstr!("symmetric_difference"), |rt, obj, other| {
        new_by(rt, obj, other, exclusive)
    });
static SYMMETRIC_DIFFERENCE_UPDATE: BuiltinFun =
    BuiltinFun::f2(qstr!("symmetric_difference_update"), |rt, obj, other| {
        update_by(rt, obj, other, exclusive)
    });
pub(super) static UNION: BuiltinFun = BuiltinFun::f2(qstr!("union"), |rt, obj, other| {
    new_by(rt, obj, other, unite)
});
static UPDATE: BuiltinFun = BuiltinFun::var(qstr!("update"), 1, u16::MAX, update);

/// A set or frozenset. Its type object tells which; its layout is that of a dict.
pub type Set = Dict;

/// The set or frozenset that `obj` is or carries.
#[inline]
pub fn of(obj: Obj) -> Option<Ptr<Set>> {
    let ty = obj.as_ptr()?.get().ty();
    if ty.same(&SET) || ty.same(&FROZENSET) {
        // SAFETY: both types have this layout.
        return Some(unsafe { obj.cast_unchecked() });
    }
    if ty.is_class() {
        return class::native_base(obj).and_then(of);
    }
    None
}

/// An empty set.
pub fn new(rt: &mut Runtime) -> R<Ptr<Set>> {
    dict::of_type(rt, &SET, Map::new())
}

/// A set of these items.
pub fn from_slice(rt: &mut Runtime, items: &[Obj]) -> R<Obj> {
    let set = new(rt)?;
    if items.len() > 4 {
        set.map.reserve(rt, items.len())?;
    }
    for item in items {
        set.map.store(rt, *item, Obj::NONE)?;
    }
    Ok(set.obj())
}

/// Adds an item to a set.
pub fn add(rt: &mut Runtime, set: Obj, item: Obj) -> R<()> {
    changeable(rt, set)?.map.store(rt, item, Obj::NONE)
}

/// Adds the items of an iterable.
fn add_all(rt: &mut Runtime, set: Ptr<Set>, source: Obj) -> R<()> {
    if let Some(other) = of(source) {
        return add_map(rt, set, other);
    }
    if let Some(items) = seq::items_of(source) {
        if set.map.entry_count() == 0 && items.len() > 4 {
            let n = items.len().min(64);
            set.map.reserve(rt, n)?;
        }
        let mut i = 0;
        while let Some(item) = seq::items_of(source).and_then(|items| items.get(i)) {
            set.map.store(rt, item.get(), Obj::NONE)?;
            i += 1;
        }
        return Ok(());
    }
    let iter = rt.get_iter(source)?;
    while let Some(item) = rt.next(iter)? {
        set.map.store(rt, item, Obj::NONE)?;
    }
    Ok(())
}

fn add_map(rt: &mut Runtime, set: Ptr<Set>, other: Ptr<Set>) -> R<()> {
    if set.map.entry_count() == 0 {
        let copy = other.map.copy(rt)?;
        set.map.take(rt, &copy);
        return Ok(());
    }
    let mut at = 0;
    while let Some((i, item, _)) = other.map.next_from(at) {
        set.map.store(rt, item, Obj::NONE)?;
        at = i + 1;
    }
    Ok(())
}

/// The set that `source` is, or a new one of its items.
fn as_map(rt: &mut Runtime, source: Obj) -> R<Ptr<Set>> {
    if let Some(set) = of(source) {
        return Ok(set);
    }
    let set = new(rt)?;
    add_all(rt, set, source)?;
    Ok(set)
}

fn make_new(rt: &mut Runtime, ty: &'static Type, args: Args<'_>) -> R<Obj> {
    expect_args(rt, args, 0, 1, false)?;
    let frozen = ty.same(&FROZENSET);
    let set = dict::of_type(rt, if frozen { &FROZENSET } else { &SET }, Map::new())?;
    if let Some(source) = args.get(0) {
        add_all(rt, set, source)?;
    }
    Ok(set.obj())
}

#[cfg_attr(not(feature = "small"), inline(always))]
fn this(obj: Obj) -> Ptr<Set> {
    // SAFETY: reached through the vtables of SET and FROZENSET only.
    unsafe { obj.cast_unchecked() }
}

fn print(rt: &mut Runtime, obj: Obj, _: PrintKind, out: &mut dyn Print) -> R<()> {
    let set = this(obj);
    let frozen = obj.ty().same(&FROZENSET);
    if set.map.is_empty() {
        let text: &[u8] = if frozen { b"frozenset()" } else { b"set()" };
        return out.write(rt, text);
    }
    let text: &[u8] = if frozen { b"frozenset({" } else { b"{" };
    out.write(rt, text)?;
    let mut at = 0;
    while let Some((i, item, _)) = set.map.next_from(at) {
        if at != 0 {
            out.write(rt, b", ")?;
        }
        rt.print(item, PrintKind::Repr, out)?;
        at = i + 1;
    }
    let text: &[u8] = if frozen { b"})" } else { b"}" };
    out.write(rt, text)
}

fn unary(rt: &mut Runtime, op: UnaryOp, obj: Obj) -> R<Option<Obj>> {
    let set = this(obj);
    Ok(match op {
        UnaryOp::Hash if obj.ty().same(&FROZENSET) => Some(hash(rt, set)?),
        _ => super::seq::truth_or_len(op, set.map.len()),
    })
}

/// Adds up the well-mixed hashes of the items, so that order does not matter.
fn hash(rt: &mut Runtime, set: Ptr<Set>) -> R<Obj> {
    rt.check_stack()?;
    let mut sum = set.map.len().wrapping_mul(0x9e37_79b1);
    let mut at = 0;
    while let Some((i, item, _)) = set.map.next_from(at) {
        let hash = rt.hash(item)?;
        let mixed = (hash ^ (hash << 16) ^ 0x5bd1_e995).wrapping_mul(0xc2b2_ae35);
        sum = sum.wrapping_add(mixed ^ (mixed >> (usize::BITS / 2)));
        at = i + 1;
    }
    Ok(Obj::int((sum.wrapping_mul(0x85eb_ca6b) >> 2) as isize))
}

fn binary(rt: &mut Runtime, op: BinaryOp, obj: Obj, other: Obj) -> R<Option<Obj>> {
    if op == BinaryOp::Contains {
        return Ok(Some(Obj::bool(this(obj).map.find(rt, other)?.is_some())));
    }
    let Some(b) = of(other) else { return Ok(None) };
    let a = this(obj);
    let (change, in_place): (Change, bool) = match op {
        BinaryOp::Equal => {
            let same = a.map.len() == b.map.len() && is_subset(rt, a, b)?;
            return Ok(Some(Obj::bool(same)));
        }
        BinaryOp::LessEqual => return is_subset(rt, a, b).map(|yes| Some(Obj::bool(yes))),
        BinaryOp::MoreEqual => return is_subset(rt, b, a).map(|yes| Some(Obj::bool(yes))),
        BinaryOp::Less => {
            let less = a.map.len() < b.map.len() && is_subset(rt, a, b)?;
            return Ok(Some(Obj::bool(less)));
        }
        BinaryOp::More => {
            let more = a.map.len() > b.map.len() && is_subset(rt, b, a)?;
            return Ok(Some(Obj::bool(more)));
        }
        BinaryOp::Or => (unite, false),
        BinaryOp::InplaceOr => (unite, true),
        BinaryOp::And => (intersect, false),
        BinaryOp::InplaceAnd => (intersect, true),
        BinaryOp::Xor => (exclusive, false),
        BinaryOp::InplaceXor => (exclusive, true),
        BinaryOp::Subtract => (subtract, false),
        BinaryOp::InplaceSubtract => (subtract, true),
        _ => return Ok(None),
    };
    let target = if in_place && obj.ty().same(&SET) {
        a
    } else {
        copy_of(rt, a)?
    };
    change(rt, target, b)?;
    Ok(Some(target.obj()))
}

fn iter(rt: &mut Runtime, obj: Obj) -> R<Obj> {
    dict_view::iterator(rt, this(obj), Kind::Keys)
}

// ---- changes of the first set by the second, which may be the same ----

type Change = fn(&mut Runtime, Ptr<Set>, Ptr<Set>) -> R<()>;

fn unite(rt: &mut Runtime, set: Ptr<Set>, other: Ptr<Set>) -> R<()> {
    if set == other {
        return Ok(());
    }
    add_map(rt, set, other)
}

fn subtract(rt: &mut Runtime, set: Ptr<Set>, other: Ptr<Set>) -> R<()> {
    if set == other {
        return set.map.clear(rt);
    }
    let mut at = 0;
    while let Some((i, item, _)) = other.map.next_from(at) {
        set.map.remove(rt, item)?;
        at = i + 1;
    }
    Ok(())
}

fn intersect(rt: &mut Runtime, set: Ptr<Set>, other: Ptr<Set>) -> R<()> {
    let mut at = 0;
    while let Some((i, item, _)) = set.map.next_from(at) {
        if other.map.find(rt, item)?.is_none() && set.map.key_at(i) == item.raw() {
            set.map.remove_at(i);
        }
        at = i + 1;
    }
    Ok(())
}

fn exclusive(rt: &mut Runtime, set: Ptr<Set>, other: Ptr<Set>) -> R<()> {
    if set == other {
        return set.map.clear(rt);
    }
    let mut at = 0;
    while let Some((i, item, _)) = other.map.next_from(at) {
        if set.map.remove(rt, item)?.is_none() {
            set.map.store(rt, item, Obj::NONE)?;
        }
        at = i + 1;
    }
    Ok(())
}

fn is_subset(rt: &mut Runtime, a: Ptr<Set>, b: Ptr<Set>) -> R<bool> {
    if a.map.len() > b.map.len() {
        return Ok(false);
    }
    let mut at = 0;
    while let Some((i, item, _)) = a.map.next_from(at) {
        if b.map.find(rt, item)?.is_none() {
            return Ok(false);
        }
        at = i + 1;
    }
    Ok(true)
}

// ---- methods ----

fn either(rt: &mut Runtime, obj: Obj) -> R<Ptr<Set>> {
    match of(obj) {
        Some(set) => Ok(set),
        None => Err(wrong_self(rt, &SET, obj)),
    }
}

fn changeable(rt: &mut Runtime, obj: Obj) -> R<Ptr<Set>> {
    match of(obj) {
        Some(set) if set.obj().ty().same(&SET) => Ok(set),
        _ => Err(wrong_self(rt, &SET, obj)),
    }
}

fn copy_of(rt: &mut Runtime, set: Ptr<Set>) -> R<Ptr<Set>> {
    let map = set.map.copy(rt)?;
    dict::of_type(rt, set.obj().ty(), map)
}

fn copy(rt: &mut Runtime, obj: Obj) -> R<Obj> {
    let set = either(rt, obj)?;
    Ok(copy_of(rt, set)?.obj())
}

fn new_by(rt: &mut Runtime, obj: Obj, other: Obj, change: Change) -> R<Obj> {
    let (set, other) = (either(rt, obj)?, as_map(rt, other)?);
    let set = copy_of(rt, set)?;
    change(rt, set, other)?;
    Ok(set.obj())
}

fn update_by(rt: &mut Runtime, obj: Obj, other: Obj, change: Change) -> R<Obj> {
    let (set, other) = (changeable(rt, obj)?, as_map(rt, other)?);
    change(rt, set, other)?;
    Ok(Obj::NONE)
}

/// Removes the items of each iterable from the set.
fn remove_all(rt: &mut Runtime, set: Ptr<Set>, sources: &[Obj]) -> R<()> {
    for source in sources {
        if let Some(other) = of(*source) {
            subtract(rt, set, other)?;
            continue;
        }
        let iter = rt.get_iter(*source)?;
        while let Some(item) = rt.next(iter)? {
            set.map.remove(rt, item)?;
        }
    }
    Ok(())
}

fn difference(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    let set = either(rt, args.pos()[0])?;
    let set = copy_of(rt, set)?;
    remove_all(rt, set, args.skip(1).pos())?;
    Ok(set.obj())
}

fn difference_update(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    let set = changeable(rt, args.pos()[0])?;
    remove_all(rt, set, args.skip(1).pos())?;
    Ok(Obj::NONE)
}

fn update(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    let set = changeable(rt, args.pos()[0])?;
    for source in args.skip(1).pos() {
        match of(*source) {
            Some(other) => unite(rt, set, other)?,
            None => add_all(rt, set, *source)?,
        }
    }
    Ok(Obj::NONE)
}

fn isdisjoint(rt: &mut Runtime, obj: Obj, other: Obj) -> R<Obj> {
    let set = either(rt, obj)?;
    let iter = rt.get_iter(other)?;
    while let Some(item) = rt.next(iter)? {
        if set.map.find(rt, item)?.is_some() {
            return Ok(Obj::FALSE);
        }
    }
    Ok(Obj::TRUE)
}

fn pop(rt: &mut Runtime, obj: Obj) -> R<Obj> {
    match changeable(rt, obj)?.map.pop_last(rt)? {
        Some((item, _)) => Ok(item),
        None => Err(rt.raise_msg(&crate::exc::KEY_ERROR, "pop from an empty set")),
    }
}

fn remove(rt: &mut Runtime, obj: Obj, item: Obj) -> R<Obj> {
    match changeable(rt, obj)?.map.remove(rt, item)? {
        Some(_) => Ok(Obj::NONE),
        None => Err(rt.key_error(item)),
    }
}
