//! Building objects and taking them apart: entries 19 to 26, 38 to 40, 43.

use crate::call;
use crate::config::QUICKEN;
use crate::interp::build;
use crate::interp::code::Code;
use crate::interp::frame::Slot;
use crate::obj::module::Module;
use crate::obj::ptr::Ptr;
use crate::obj::tuple::Tuple;
use crate::obj::word::Obj;
use crate::obj::{closure, dict, list, set, slice, tuple};
use crate::runtime::{R, Runtime};

use super::objects;

pub(crate) fn new_tuple(rt: &mut Runtime, n: usize, items: *mut Slot) -> R<Obj> {
    if items.is_null() {
        return Ok(tuple::of_len(rt, n)?.obj());
    }
    // SAFETY: native code says that `n` items stand there.
    let items = unsafe { objects(rt, items, n)? };
    Ok(tuple::from_slice(rt, items)?.obj())
}

pub(crate) fn new_list(rt: &mut Runtime, n: usize, items: *mut Slot) -> R<Obj> {
    if items.is_null() {
        let list = list::with_capacity(rt, n)?;
        for _ in 0..n {
            list.push(rt, Obj::NONE)?;
        }
        return Ok(list.obj());
    }
    // SAFETY: as above.
    let items = unsafe { objects(rt, items, n)? };
    Ok(list::from_slice(rt, items)?.obj())
}

pub(crate) fn new_dict(rt: &mut Runtime, n: usize) -> R<Obj> {
    Ok(dict::with_capacity(rt, n)?.obj())
}

pub(crate) fn new_set(rt: &mut Runtime, n: usize, items: *mut Slot) -> R<Obj> {
    // SAFETY: as above.
    let items = unsafe { objects(rt, items, if items.is_null() { 0 } else { n })? };
    set::from_slice(rt, items)
}

pub(crate) fn set_store(rt: &mut Runtime, set: Obj, item: Obj) -> R<()> {
    build::set_add(rt, set, item)
}

pub(crate) fn list_append(rt: &mut Runtime, list: Obj, item: Obj) -> R<Obj> {
    build::list_append(rt, list, item)?;
    Ok(Obj::NONE)
}

pub(crate) fn dict_store(rt: &mut Runtime, dict: Obj, key: Obj, value: Obj) -> R<Obj> {
    build::store_map(rt, dict, key, value)?;
    Ok(dict)
}

/// `raw` is one of our own descriptors, or a header that a linked module built on its stack.
pub(crate) fn make_function_from_proto_fun(
    rt: &mut Runtime,
    raw: *mut Code,
    context: *mut Module,
    defs: *mut Slot,
) -> R<Obj> {
    let (Some(raw), Some(context)) = (
        core::ptr::NonNull::new(raw),
        core::ptr::NonNull::new(context),
    ) else {
        return Err(super::unbound(rt));
    };
    // SAFETY: native code has contexts and descriptors from its function object only; defaults are two words.
    unsafe {
        let context = Ptr::from_non_null(context);
        let (pos, kw) = if defs.is_null() {
            (None, None)
        } else {
            (*defs, *defs.add(1))
        };
        crate::native::fun_obj::make_raw(rt, context, raw, pos, kw)
    }
}

pub(crate) fn new_slice(rt: &mut Runtime, start: Obj, stop: Obj, step: Obj) -> R<Obj> {
    slice::new(rt, start, stop, step)
}

pub(crate) fn unpack_sequence(rt: &mut Runtime, sequence: Obj, n: usize, dest: *mut Slot) -> R<()> {
    // SAFETY: native code gives room for `n` words.
    unsafe {
        if QUICKEN && let Some(tuple) = sequence.cast::<Tuple>() {
            // The first one highest.
            match (n, tuple.slice()) {
                (2, [a, b]) => {
                    dest.write(Some(*b));
                    dest.add(1).write(Some(*a));
                    return Ok(());
                }
                (3, [a, b, c]) => {
                    dest.write(Some(*c));
                    dest.add(1).write(Some(*b));
                    dest.add(2).write(Some(*a));
                    return Ok(());
                }
                _ => {}
            }
        }
        build::unpack(rt, sequence, n, dest)
    }
}

pub(crate) fn unpack_ex(rt: &mut Runtime, sequence: Obj, counts: usize, dest: *mut Slot) -> R<()> {
    let (left, right) = call::counts(counts);
    // SAFETY: native code gives room for the left ones, the list and the right ones.
    unsafe { build::unpack_ex(rt, sequence, left, right, dest) }
}

pub(crate) fn new_closure(rt: &mut Runtime, fun: Obj, n: usize, cells: *mut Slot) -> R<Obj> {
    // SAFETY: native code says that `n` cells stand there.
    let cells = unsafe { objects(rt, cells, n)? };
    closure::new(rt, fun, cells)
}
