//! `enumerate`.

use core::cell::Cell;

use ferlance_abi::qstr;

use super::ty::{Header, Type, VTable};
use super::word::Obj;
use super::{int, iter, tuple};
use crate::call::{Args, named};
use crate::runtime::{R, Runtime};

/// `enumerate`.
pub static ENUMERATE: Type = Type::builtin(qstr!("enumerate"), 0, &VT);
static VT: VTable = VTable {
    make_new: Some(make_new),
    next: Some(next),
    ..iter::VT
};

#[repr(C)]
struct Enumerate {
    base: Header,
    iter: Obj,
    at: Cell<isize>,
}

fn make_new(rt: &mut Runtime, _: &'static Type, args: Args<'_>) -> R<Obj> {
    let [iterable, start] = named(rt, args, [qstr!("iterable"), qstr!("start")], 2, 1)?;
    let start = match start {
        Some(start) => rt.int(start)?,
        None => 0,
    };
    let this = Enumerate {
        base: Header::new(&ENUMERATE),
        iter: rt.get_iter(iterable.unwrap_or(Obj::NONE))?,
        at: Cell::new(start),
    };
    Ok(rt.new_obj(this)?.obj())
}

fn next(rt: &mut Runtime, obj: Obj) -> R<Option<Obj>> {
    // SAFETY: reached through the vtable of ENUMERATE only.
    let this = unsafe { obj.cast_unchecked::<Enumerate>() };
    let Some(item) = rt.next(this.iter)? else {
        return Ok(None);
    };
    let at = this.at.get();
    this.at.set(at.wrapping_add(1));
    let at = int::from_i64(rt, at as i64)?;
    Ok(Some(tuple::from_slice(rt, &[at, item])?.obj()))
}
