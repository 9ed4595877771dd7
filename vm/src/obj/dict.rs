//! `dict` and what `OrderedDict` shares with it. Both keep the order of insertion.

use core::mem::offset_of;

use ferlance_abi::layout;
use ferlance_abi::ops::{BinaryOp, UnaryOp};
use ferlance_abi::qstr;

use super::builtin_fun::BuiltinFun;
use super::dict_view::{self, Kind};
use super::map::Map;
use super::ordered_dict::ORDERED_DICT;
use super::ptr::{Ptr, PyType};
use super::ty::{Access, Header, Members, PrintKind, Type, VTable};
use super::word::Obj;
use super::{class, seq, tuple};
use crate::call::{Args, wrong_self};
use crate::members;
use crate::runtime::{R, Runtime};
use crate::text::print::{Dec, Print};

/// `dict`.
pub static DICT: Type = Type::builtin(qstr!("dict"), 0, &VT);
/// Behaviour of dicts.
pub const VT: VTable = VTable {
    make_new: Some(make_new),
    print: Some(print),
    unary: Some(unary),
    binary: Some(binary),
    subscr: Some(subscr),
    iter: Some(iter),
    members: &MEMBERS,
    ..VTable::NEW
};
static MEMBERS: Members = members! {
    "__delitem__" => Fun(&DELITEM),
    "__getitem__" => Fun(&GETITEM),
    "__setitem__" => Fun(&SETITEM),
    "clear" => Fun(&CLEAR),
    "copy" => Fun(&COPY),
    "fromkeys" => Class(&FROMKEYS),
    "get" => Fun(&GET),
    "items" => Fun(&ITEMS),
    "keys" => Fun(&KEYS),
    "pop" => Fun(&POP),
    "popitem" => Fun(&POPITEM),
    "setdefault" => Fun(&SETDEFAULT),
    "update" => Fun(&UPDATE),
    "values" => Fun(&VALUES),
};
static DELITEM: BuiltinFun = BuiltinFun::f2(qstr!("__delitem__"), delitem);
static GETITEM: BuiltinFun = BuiltinFun::f2(qstr!("__getitem__"), getitem);
static SETITEM: BuiltinFun = BuiltinFun::f3(qstr!("__setitem__"), setitem);
static CLEAR: BuiltinFun = BuiltinFun::f1(qstr!("clear"), clear);
static COPY: BuiltinFun = BuiltinFun::f1(qstr!("copy"), copy);
static FROMKEYS: BuiltinFun = BuiltinFun::var(qstr!("fromkeys"), 2, 3, fromkeys);
static GET: BuiltinFun = BuiltinFun::var(qstr!("get"), 2, 3, get);
static ITEMS: BuiltinFun = BuiltinFun::f1(qstr!("items"), |rt, obj| view(rt, obj, Kind::Items));
static KEYS: BuiltinFun = BuiltinFun::f1(qstr!("keys"), |rt, obj| view(rt, obj, Kind::Keys));
static POP: BuiltinFun = BuiltinFun::var(qstr!("pop"), 2, 3, pop);
static POPITEM: BuiltinFun = BuiltinFun::f1(qstr!("popitem"), popitem);
static SETDEFAULT: BuiltinFun = BuiltinFun::var(qstr!("setdefault"), 2, 3, setdefault);
static UPDATE: BuiltinFun = BuiltinFun::kw(qstr!("update"), 1, 2, update);
static VALUES: BuiltinFun = BuiltinFun::f1(qstr!("values"), |rt, obj| view(rt, obj, Kind::Values));

/// A dict. Sets have the same layout.
#[repr(C)]
pub struct Dict {
    base: Header,
    /// The entries.
    pub map: Map,
}

const _: () = assert!(offset_of!(Dict, map) == layout::DICT_MAP * size_of::<usize>());

// SAFETY: every structure of type DICT is a `Dict`.
unsafe impl PyType for Dict {
    fn ty() -> &'static Type {
        &DICT
    }
}

/// The dict that `obj` is or carries: a dict, an `OrderedDict`, an instance of a Python subclass of one.
#[inline]
pub fn of(obj: Obj) -> Option<Ptr<Dict>> {
    match obj.cast::<Dict>() {
        Some(dict) => Some(dict),
        None => of_other(obj),
    }
}

fn of_other(obj: Obj) -> Option<Ptr<Dict>> {
    let ty = obj.as_ptr()?.get().ty();
    if ty.is_class() {
        return class::native_base(obj).and_then(of);
    }
    // SAFETY: an `OrderedDict` is laid out as a dict.
    ty.same(&ORDERED_DICT)
        .then(|| unsafe { obj.cast_unchecked() })
}

/// An empty dict.
pub fn new(rt: &mut Runtime) -> R<Ptr<Dict>> {
    of_type(rt, &DICT, Map::new())
}

/// An empty dict with room for `n` entries.
pub fn with_capacity(rt: &mut Runtime, n: usize) -> R<Ptr<Dict>> {
    let dict = new(rt)?;
    // Room for four comes with the first key, which also says whether the keys are names.
    if n > 4 {
        dict.map.reserve(rt, n)?;
    }
    Ok(dict)
}

/// A dict or set of type `ty` with these entries.
pub(super) fn of_type(rt: &mut Runtime, ty: &'static Type, map: Map) -> R<Ptr<Dict>> {
    let base = Header::new(ty);
    rt.new_obj(Dict { base, map })
}

/// A copy of a map as a dict that Python code cannot change: `__dict__`.
pub fn read_only_copy(rt: &mut Runtime, map: &Map) -> R<Obj> {
    let copy = map.copy(rt)?;
    let copy = of_type(rt, &DICT, copy)?;
    copy.map.fix();
    Ok(copy.obj())
}

fn make_new(rt: &mut Runtime, ty: &'static Type, args: Args<'_>) -> R<Obj> {
    if args.n_pos() > 1 {
        // Upstream counts the new dict.
        let n = args.n_pos() + 1;
        return Err(rt.type_error_fmt(format_args!(
            "function expected at most 2 arguments, got {}",
            Dec(n as isize)
        )));
    }
    let ty = if ty.same(&ORDERED_DICT) { ty } else { &DICT };
    let dict = of_type(rt, ty, Map::new())?;
    fill(rt, dict, args)?;
    Ok(dict.obj())
}

/// Adds what the arguments of `dict(…)` and `update(…)` say.
fn fill(rt: &mut Runtime, dict: Ptr<Dict>, args: Args<'_>) -> R<()> {
    if let Some(source) = args.get(0) {
        add_all(rt, dict, source)?;
    }
    for (key, value) in args.kw() {
        dict.map.store(rt, key, value)?;
    }
    Ok(())
}

/// `dict.update(source)`: a dict, or an iterable of pairs.
///
/// # Errors
/// `ValueError: dict update sequence has wrong length`; not iterable; what keys raise.
pub fn add_all(rt: &mut Runtime, dict: Ptr<Dict>, source: Obj) -> R<()> {
    if let Some(source) = of(source) {
        if dict.map.entry_count() == 0 && !source.map.is_fixed() && !dict.map.is_fixed() {
            let copy = source.map.copy(rt)?;
            dict.map.take(rt, &copy);
            return Ok(());
        }
        let mut at = 0;
        while let Some((i, key, value)) = source.map.next_from(at) {
            dict.map.store(rt, key, value)?;
            at = i + 1;
        }
        return Ok(());
    }
    let iter = rt.get_iter(source)?;
    while let Some(pair) = rt.next(iter)? {
        let (key, value) = pair_of(rt, pair)?;
        dict.map.store(rt, key, value)?;
    }
    Ok(())
}

fn pair_of(rt: &mut Runtime, pair: Obj) -> R<(Obj, Obj)> {
    if let Some([key, value]) = seq::items_of(pair) {
        return Ok((key.get(), value.get()));
    }
    let iter = rt.get_iter(pair)?;
    if let Some(key) = rt.next(iter)?
        && let Some(value) = rt.next(iter)?
        && rt.next(iter)?.is_none()
    {
        return Ok((key, value));
    }
    Err(rt.value_error("dict update sequence has wrong length"))
}

#[cfg_attr(not(feature = "small"), inline(always))]
fn this(obj: Obj) -> Ptr<Dict> {
    // SAFETY: reached through the vtables of DICT and ORDERED_DICT only.
    unsafe { obj.cast_unchecked() }
}

fn print(rt: &mut Runtime, obj: Obj, kind: PrintKind, out: &mut dyn Print) -> R<()> {
    let ordered = kind != PrintKind::Json && obj.ty().same(&ORDERED_DICT);
    if ordered {
        out.write(rt, b"OrderedDict(")?;
    }
    print_entries(rt, this(obj), kind, out)?;
    if ordered {
        out.write(rt, b")")?;
    }
    Ok(())
}

fn print_entries(rt: &mut Runtime, dict: Ptr<Dict>, kind: PrintKind, out: &mut dyn Print) -> R<()> {
    let json = kind == PrintKind::Json;
    let kind = if json { kind } else { PrintKind::Repr };
    out.write(rt, b"{")?;
    let mut at = 0;
    while let Some((i, key, value)) = dict.map.next_from(at) {
        if at != 0 {
            out.write(rt, b", ")?;
        }
        // JSON has no keys but text.
        let quote = json && rt.str_bytes(key).is_none();
        if quote {
            out.write(rt, b"\"")?;
        }
        rt.print(key, kind, out)?;
        if quote {
            out.write(rt, b"\"")?;
        }
        out.write(rt, b": ")?;
        rt.print(value, kind, out)?;
        at = i + 1;
    }
    out.write(rt, b"}")
}

fn unary(_: &mut Runtime, op: UnaryOp, obj: Obj) -> R<Option<Obj>> {
    Ok(super::seq::truth_or_len(op, this(obj).get().map.len()))
}

fn binary(rt: &mut Runtime, op: BinaryOp, obj: Obj, other: Obj) -> R<Option<Obj>> {
    let dict = this(obj);
    match op {
        BinaryOp::Contains => Ok(Some(Obj::bool(dict.map.find(rt, other)?.is_some()))),
        BinaryOp::Equal => match of(other) {
            Some(other) => Ok(Some(Obj::bool(equal(rt, dict, other)?))),
            None => Ok(None),
        },
        BinaryOp::Or => {
            let copy = copy_of(rt, dict)?;
            add_all(rt, copy, other)?;
            Ok(Some(copy.obj()))
        }
        BinaryOp::InplaceOr => {
            add_all(rt, dict, other)?;
            Ok(Some(obj))
        }
        _ => Ok(None),
    }
}

/// Order counts between two `OrderedDict`s. A dict never equals an `OrderedDict`.
fn equal(rt: &mut Runtime, a: Ptr<Dict>, b: Ptr<Dict>) -> R<bool> {
    let ordered = a.base.ty().same(&ORDERED_DICT);
    if ordered != b.base.ty().same(&ORDERED_DICT) || a.map.len() != b.map.len() {
        return Ok(false);
    }
    let (mut at, mut other) = (0, 0);
    while let Some((i, key, value)) = a.map.next_from(at) {
        at = i + 1;
        let twin = if ordered {
            let Some((j, twin_key, twin)) = b.map.next_from(other) else {
                return Ok(false);
            };
            other = j + 1;
            if !rt.equal(key, twin_key)? {
                return Ok(false);
            }
            Some(twin)
        } else {
            b.map.lookup(rt, key)?
        };
        match twin {
            Some(twin) if rt.equal(value, twin)? => {}
            _ => return Ok(false),
        }
    }
    Ok(true)
}

fn subscr(rt: &mut Runtime, obj: Obj, key: Obj, access: Access) -> R<Option<Obj>> {
    let dict = this(obj);
    let value = match access {
        Access::Load => dict.map.lookup(rt, key)?,
        Access::Store(value) => {
            dict.map.store(rt, key, value)?;
            return Ok(Some(Obj::NONE));
        }
        Access::Delete => dict.map.remove(rt, key)?,
    };
    match value {
        Some(value) => Ok(Some(value)),
        None => Err(rt.key_error(key)),
    }
}

fn iter(rt: &mut Runtime, obj: Obj) -> R<Obj> {
    dict_view::iterator(rt, this(obj), Kind::Keys)
}

// ---- methods ----

#[inline]
fn method_self(rt: &mut Runtime, obj: Obj) -> R<Ptr<Dict>> {
    match of(obj) {
        Some(dict) => Ok(dict),
        None => Err(wrong_self(rt, &DICT, obj)),
    }
}

fn getitem(rt: &mut Runtime, obj: Obj, key: Obj) -> R<Obj> {
    let dict = method_self(rt, obj)?;
    match dict.map.lookup(rt, key)? {
        Some(value) => Ok(value),
        None => Err(rt.key_error(key)),
    }
}

fn setitem(rt: &mut Runtime, obj: Obj, key: Obj, value: Obj) -> R<Obj> {
    method_self(rt, obj)?.map.store(rt, key, value)?;
    Ok(Obj::NONE)
}

fn delitem(rt: &mut Runtime, obj: Obj, key: Obj) -> R<Obj> {
    let dict = method_self(rt, obj)?;
    match dict.map.remove(rt, key)? {
        Some(_) => Ok(Obj::NONE),
        None => Err(rt.key_error(key)),
    }
}

fn clear(rt: &mut Runtime, obj: Obj) -> R<Obj> {
    method_self(rt, obj)?.map.clear(rt)?;
    Ok(Obj::NONE)
}

fn copy_of(rt: &mut Runtime, dict: Ptr<Dict>) -> R<Ptr<Dict>> {
    let map = dict.map.copy(rt)?;
    of_type(rt, dict.base.ty(), map)
}

fn copy(rt: &mut Runtime, obj: Obj) -> R<Obj> {
    let dict = method_self(rt, obj)?;
    Ok(copy_of(rt, dict)?.obj())
}

fn fromkeys(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    let value = args.get(2).unwrap_or(Obj::NONE);
    let dict = new(rt)?;
    let iter = rt.get_iter(args.pos()[1])?;
    while let Some(key) = rt.next(iter)? {
        dict.map.store(rt, key, value)?;
    }
    Ok(dict.obj())
}

fn get(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    let dict = method_self(rt, args.pos()[0])?;
    let value = dict.map.lookup(rt, args.pos()[1])?;
    Ok(value.or(args.get(2)).unwrap_or(Obj::NONE))
}

fn pop(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    let dict = method_self(rt, args.pos()[0])?;
    let key = args.pos()[1];
    match dict.map.remove(rt, key)?.or(args.get(2)) {
        Some(value) => Ok(value),
        None => Err(rt.key_error(key)),
    }
}

fn popitem(rt: &mut Runtime, obj: Obj) -> R<Obj> {
    let dict = method_self(rt, obj)?;
    match dict.map.pop_last(rt)? {
        Some((key, value)) => Ok(tuple::from_slice(rt, &[key, value])?.obj()),
        None => Err(rt.raise_msg(&crate::exc::KEY_ERROR, "popitem(): dictionary is empty")),
    }
}

fn setdefault(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    let dict = method_self(rt, args.pos()[0])?;
    let value = args.get(2).unwrap_or(Obj::NONE);
    dict.map.get_or_insert(rt, args.pos()[1], value)
}

fn update(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    let dict = method_self(rt, args.pos()[0])?;
    fill(rt, dict, args.skip(1))?;
    Ok(Obj::NONE)
}

fn view(rt: &mut Runtime, obj: Obj, kind: Kind) -> R<Obj> {
    let dict = method_self(rt, obj)?;
    dict_view::new(rt, dict, kind)
}
