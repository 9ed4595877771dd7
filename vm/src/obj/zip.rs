//! `zip`.

use ferlance_abi::qstr;

use super::builtin_fun::expect_args;
use super::iter;
use super::ptr::Ptr;
use super::tuple::{self, Tuple};
use super::ty::{Header, Type, VTable};
use super::word::Obj;
use crate::call::Args;
use crate::runtime::{R, Runtime};

/// `zip`.
pub static ZIP: Type = Type::builtin(qstr!("zip"), 0, &VT);
static VT: VTable = VTable {
    make_new: Some(make_new),
    next: Some(next),
    ..iter::VT
};

#[repr(C)]
struct Zip {
    base: Header,
    iters: Ptr<Tuple>,
}

/// A tuple of the iterators of these objects.
pub(super) fn iterators(rt: &mut Runtime, iterables: &[Obj]) -> R<Ptr<Tuple>> {
    let iters = tuple::of_len(rt, iterables.len())?;
    for (slot, iterable) in iters.items().iter().zip(iterables) {
        slot.set(rt.get_iter(*iterable)?);
    }
    Ok(iters)
}

/// A tuple of the next item of each iterator; `None` when the first of them ends.
pub(super) fn next_items(rt: &mut Runtime, iters: Ptr<Tuple>) -> R<Option<Ptr<Tuple>>> {
    if iters.is_empty() {
        return Ok(None);
    }
    let items = tuple::of_len(rt, iters.len())?;
    for (slot, iter) in items.items().iter().zip(iters.items()) {
        match rt.next(iter.get())? {
            Some(item) => slot.set(item),
            None => return Ok(None),
        }
    }
    Ok(Some(items))
}

fn make_new(rt: &mut Runtime, _: &'static Type, args: Args<'_>) -> R<Obj> {
    expect_args(rt, args, 0, usize::MAX, false)?;
    let this = Zip {
        base: Header::new(&ZIP),
        iters: iterators(rt, args.pos())?,
    };
    Ok(rt.new_obj(this)?.obj())
}

fn next(rt: &mut Runtime, obj: Obj) -> R<Option<Obj>> {
    // SAFETY: reached through the vtable of ZIP only.
    let this = unsafe { obj.cast_unchecked::<Zip>() };
    Ok(next_items(rt, this.iters)?.map(Ptr::obj))
}
