//! `map`, the iterator.

use ferlance_abi::qstr;

use super::builtin_fun::expect_args;
use super::ptr::Ptr;
use super::tuple::Tuple;
use super::ty::{Header, Type, VTable};
use super::word::Obj;
use super::{iter, zip};
use crate::call::Args;
use crate::runtime::{R, Runtime};

/// `map`.
pub static MAP: Type = Type::builtin(qstr!("map"), 0, &VT);
static VT: VTable = VTable {
    make_new: Some(make_new),
    next: Some(next),
    ..iter::VT
};

#[repr(C)]
struct MapIter {
    base: Header,
    fun: Obj,
    iters: Ptr<Tuple>,
}

fn make_new(rt: &mut Runtime, _: &'static Type, args: Args<'_>) -> R<Obj> {
    expect_args(rt, args, 2, usize::MAX, false)?;
    let this = MapIter {
        base: Header::new(&MAP),
        fun: args.pos()[0],
        iters: zip::iterators(rt, &args.pos()[1..])?,
    };
    Ok(rt.new_obj(this)?.obj())
}

fn next(rt: &mut Runtime, obj: Obj) -> R<Option<Obj>> {
    // SAFETY: reached through the vtable of MAP only.
    let this = unsafe { obj.cast_unchecked::<MapIter>() };
    if let [iter] = this.iters.items() {
        return match rt.next(iter.get())? {
            Some(item) => rt.call(this.fun, &[item]).map(Some),
            None => Ok(None),
        };
    }
    let Some(items) = zip::next_items(rt, this.iters)? else {
        return Ok(None);
    };
    rt.call(this.fun, items.slice()).map(Some)
}
