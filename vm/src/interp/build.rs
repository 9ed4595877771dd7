//! Building objects from the stack, and taking them apart onto it.

use core::cell::Cell as Slots;

use ferlance_abi::{CodeKind, ScopeFlags};

use super::code::Code;
use super::frame::Slot;
use crate::exc;
use crate::obj::dict::{self, Dict};
use crate::obj::fun::Fun;
use crate::obj::list::{self, List};
use crate::obj::module::Module;
use crate::obj::ptr::Ptr;
use crate::obj::tuple::{self, Tuple};
use crate::obj::ty::Type;
use crate::obj::word::Obj;
use crate::obj::{closure, generator, set};
use crate::runtime::{R, Runtime};
use crate::text::print::Dec;

/// The words at `at` as objects.
///
/// # Safety
/// `n` words that are not null stand at `at`, and stay while the slice is used.
#[cfg_attr(not(feature = "small"), inline(always))]
pub(super) unsafe fn objects<'a>(at: *const Slot, n: usize) -> &'a [Obj] {
    // SAFETY: the caller's; `Option<Obj>` and `Obj` have one layout.
    unsafe { core::slice::from_raw_parts(at.cast(), n) }
}

/// A function of `code`, with defaults: a tuple of positional ones and a dict of keyword ones.
pub fn function(
    rt: &mut Runtime,
    context: Ptr<Module>,
    code: Ptr<Code>,
    defs: Slot,
    kwdefs: Slot,
) -> R<Obj> {
    if code.kind() != Some(CodeKind::Bytecode) {
        #[cfg(feature = "native")]
        return crate::native::make(rt, context, code, defs, kwdefs);
    }
    let ty = if code.flags.has(ScopeFlags::GENERATOR) {
        &generator::GENERATOR_FUN
    } else {
        &crate::obj::fun::FUN
    };
    function_of_type(rt, ty, context, code, defs, kwdefs)
}

/// The same of a type whose objects are like those of functions.
pub(crate) fn function_of_type(
    rt: &mut Runtime,
    ty: &'static Type,
    context: Ptr<Module>,
    code: Ptr<Code>,
    defs: Slot,
    kwdefs: Slot,
) -> R<Obj> {
    let defaults = defs.and_then(Obj::cast::<Tuple>);
    let n_def = defaults.map_or(0, |d| d.len());
    if n_def != code.n_def_pos as usize {
        // Binding will look for as many as the code says.
        return Err(rt.raise_msg(&exc::VALUE_ERROR, "incompatible .mpy file"));
    }
    let n_kw = usize::from(code.flags.has(ScopeFlags::KW_DEFAULTS));
    let head = size_of::<Fun>() / size_of::<usize>();
    let at = rt.alloc_words(head + n_def + n_kw, false)?;
    // SAFETY: the block holds the head and the extra words; all are written here.
    unsafe {
        at.cast::<Fun>()
            .write(Fun::new(ty, context, code.children, code));
        let extra = at.add(head).cast::<Obj>();
        if let Some(defaults) = defaults {
            for (i, item) in defaults.items().iter().enumerate() {
                extra.add(i).write(item.get());
            }
        }
        if n_kw != 0 {
            extra.add(n_def).write(kwdefs.unwrap_or(Obj::NONE));
        }
        Ok(Ptr::<Fun>::from_non_null(at.cast()).obj())
    }
}

/// A closure of `code` over the `n` cells at `cells`.
///
/// # Safety
/// As [`objects`].
pub(super) unsafe fn closure(
    rt: &mut Runtime,
    context: Ptr<Module>,
    code: Ptr<Code>,
    defs: Slot,
    kwdefs: Slot,
    cells: *const Slot,
    n: usize,
) -> R<Obj> {
    let fun = function(rt, context, code, defs, kwdefs)?;
    // SAFETY: the caller's.
    closure::new(rt, fun, unsafe { objects(cells, n) })
}

/// # Safety
/// As [`objects`].
pub(super) unsafe fn tuple(rt: &mut Runtime, at: *const Slot, n: usize) -> R<Obj> {
    // SAFETY: the caller's.
    Ok(tuple::from_slice(rt, unsafe { objects(at, n) })?.obj())
}

/// # Safety
/// As [`objects`].
pub(super) unsafe fn list(rt: &mut Runtime, at: *const Slot, n: usize) -> R<Obj> {
    // SAFETY: the caller's.
    Ok(list::from_slice(rt, unsafe { objects(at, n) })?.obj())
}

pub(super) fn dict(rt: &mut Runtime, n: usize) -> R<Obj> {
    Ok(dict::with_capacity(rt, n)?.obj())
}

/// # Safety
/// As [`objects`].
pub(super) unsafe fn set(rt: &mut Runtime, at: *const Slot, n: usize) -> R<Obj> {
    // SAFETY: the caller's.
    set::from_slice(rt, unsafe { objects(at, n) })
}

/// `dict[key] = value` in a display or comprehension.
pub(crate) fn store_map(rt: &mut Runtime, dict: Obj, key: Obj, value: Obj) -> R<()> {
    match dict.cast::<Dict>() {
        Some(dict) => dict.map.store(rt, key, value),
        // The compiler also writes `OrderedDict({…})` as stores into an OrderedDict.
        None => rt.set_item(dict, key, value),
    }
}

pub(crate) fn list_append(rt: &mut Runtime, list: Obj, item: Obj) -> R<()> {
    match list.cast::<List>() {
        Some(list) => list.push(rt, item),
        None => Ok(()),
    }
}

pub(crate) fn set_add(rt: &mut Runtime, set: Obj, item: Obj) -> R<()> {
    set::add(rt, set, item)
}

#[cold]
fn too_few(rt: &mut Runtime, found: usize) -> crate::Raised {
    rt.value_error_fmt(format_args!(
        "need more than {} values to unpack",
        Dec(found as isize)
    ))
}

#[cold]
fn too_many(rt: &mut Runtime, expected: usize) -> crate::Raised {
    rt.value_error_fmt(format_args!(
        "too many values to unpack (expected {})",
        Dec(expected as isize)
    ))
}

/// The items of a list or tuple.
#[inline]
pub(crate) fn sequence_items<'a>(seq: Obj) -> Option<&'a [Slots<Obj>]> {
    if let Some(tuple) = seq.cast::<Tuple>() {
        Some(tuple.items())
    } else {
        Some(seq.cast::<List>()?.items())
    }
}

/// Puts the `n` items of `seq` at `to`, the first one highest.
///
/// # Safety
/// `n` words of the frame stand at `to`.
pub(crate) unsafe fn unpack(rt: &mut Runtime, seq: Obj, n: usize, to: *mut Slot) -> R<()> {
    if let Some(items) = sequence_items(seq) {
        if items.len() < n {
            return Err(too_few(rt, items.len()));
        }
        if items.len() > n {
            return Err(too_many(rt, n));
        }
        for (i, item) in items.iter().enumerate() {
            // SAFETY: the caller's; `i < n`.
            unsafe { to.add(n - 1 - i).write(Some(item.get())) };
        }
        return Ok(());
    }
    let iter = rt.get_iter(seq)?;
    for i in 0..n {
        let Some(item) = rt.next(iter)? else {
            return Err(too_few(rt, i));
        };
        // SAFETY: the caller's. Words not written yet hold what was there, which is harmless to the collector.
        unsafe { to.add(n - 1 - i).write(Some(item)) };
    }
    if rt.next(iter)?.is_some() {
        return Err(too_many(rt, n));
    }
    Ok(())
}

/// Puts `left` items, a list of the middle, and `right` items at `to`: the first item highest.
///
/// # Safety
/// `left + right + 1` words of the frame stand at `to`.
pub(crate) unsafe fn unpack_ex(
    rt: &mut Runtime,
    seq: Obj,
    left: usize,
    right: usize,
    to: *mut Slot,
) -> R<()> {
    let all = match seq.cast::<List>() {
        Some(_) => seq,
        None => list::from_iterable(rt, seq)?.obj(),
    };
    let Some(all) = all.cast::<List>() else {
        return Ok(());
    };
    let n = all.len();
    if n < left + right {
        return Err(too_few(rt, n));
    }
    let middle = list::with_capacity(rt, n - left - right)?;
    for i in left..n - right {
        if let Some(item) = all.item(i) {
            middle.push(rt, item)?;
        }
    }
    let item = |i: usize| all.item(i);
    // SAFETY: the caller's.
    unsafe {
        for i in 0..right {
            to.add(right - 1 - i).write(item(n - right + i));
        }
        to.add(right).write(Some(middle.obj()));
        for i in 0..left {
            to.add(right + 1 + left - 1 - i).write(item(i));
        }
    }
    Ok(())
}
