//! `filter`.

use ferlance_abi::qstr;

use super::builtin_fun::expect_args;
use super::iter;
use super::ty::{Header, Type, VTable};
use super::word::Obj;
use crate::call::Args;
use crate::runtime::{R, Runtime};

/// `filter`.
pub static FILTER: Type = Type::builtin(qstr!("filter"), 0, &VT);
static VT: VTable = VTable {
    make_new: Some(make_new),
    next: Some(next),
    ..iter::VT
};

#[repr(C)]
struct Filter {
    base: Header,
    fun: Obj,
    iter: Obj,
}

fn make_new(rt: &mut Runtime, _: &'static Type, args: Args<'_>) -> R<Obj> {
    expect_args(rt, args, 2, 2, false)?;
    let this = Filter {
        base: Header::new(&FILTER),
        fun: args.pos()[0],
        iter: rt.get_iter(args.pos()[1])?,
    };
    Ok(rt.new_obj(this)?.obj())
}

fn next(rt: &mut Runtime, obj: Obj) -> R<Option<Obj>> {
    // SAFETY: reached through the vtable of FILTER only.
    let this = unsafe { obj.cast_unchecked::<Filter>() };
    while let Some(item) = rt.next(this.iter)? {
        let wanted = if this.fun.is_none() {
            item
        } else {
            rt.call(this.fun, &[item])?
        };
        if rt.is_true(wanted)? {
            return Ok(Some(item));
        }
    }
    Ok(None)
}
