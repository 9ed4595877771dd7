//! `reversed`: from `obj[len(obj) - 1]` down to `obj[0]`, or what `__reversed__` says.

use core::cell::Cell;

use ferlance_abi::qstr;

use super::builtin_fun::expect_args;
use super::iter;
use super::list::List;
use super::ty::{Header, Type, VTable};
use super::word::Obj;
use crate::call::Args;
use crate::exc;
use crate::runtime::{R, Runtime};

/// `reversed`.
pub static REVERSED: Type = Type::builtin(qstr!("reversed"), 0, &VT);
static VT: VTable = VTable {
    make_new: Some(make_new),
    next: Some(next),
    ..iter::VT
};

#[repr(C)]
struct Reversed {
    base: Header,
    seq: Obj,
    left: Cell<usize>,
}

fn make_new(rt: &mut Runtime, _: &'static Type, args: Args<'_>) -> R<Obj> {
    expect_args(rt, args, 1, 1, false)?;
    let seq = args.pos()[0];
    if seq.ty().is_class()
        && let Some(own) = rt.load_attr_maybe(seq, qstr!("__reversed__"))?
    {
        return rt.call(own, &[]);
    }
    let len = rt.len(seq)?;
    let len = rt.int(len)?;
    let this = Reversed {
        base: Header::new(&REVERSED),
        seq,
        left: Cell::new(usize::try_from(len).unwrap_or(0)),
    };
    Ok(rt.new_obj(this)?.obj())
}

fn next(rt: &mut Runtime, obj: Obj) -> R<Option<Obj>> {
    // SAFETY: reached through the vtable of REVERSED only.
    let this = unsafe { obj.cast_unchecked::<Reversed>() };
    let Some(at) = this.left.get().checked_sub(1) else {
        return Ok(None);
    };
    this.left.set(at);
    if let Some(list) = this.seq.cast::<List>()
        && let Some(item) = list.item(at)
    {
        return Ok(Some(item));
    }
    let Some(index) = isize::try_from(at).ok().and_then(Obj::small) else {
        return Err(rt.raise(&exc::OVERFLOW_ERROR, &[]));
    };
    rt.get_item(this.seq, index).map(Some)
}
