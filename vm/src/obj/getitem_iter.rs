//! The iterator of objects that only have `__getitem__`: asks for 0, 1, 2 … until `IndexError`.

use core::cell::Cell;

use ferlance_abi::qstr;

use super::ptr::PyType;
use super::ty::{Header, Type, VTable};
use super::word::Obj;
use crate::exc;
use crate::runtime::{R, Runtime};

/// `iterator`.
pub static GETITEM_ITER: Type = Type::builtin(qstr!("iterator"), 0, &VT);
static VT: VTable = VTable {
    next: Some(next),
    ..super::iter::VT
};

/// Such an iterator.
#[repr(C)]
pub struct GetitemIter {
    base: Header,
    seq: Obj,
    at: Cell<isize>,
}

// SAFETY: every structure of type GETITEM_ITER is a `GetitemIter`.
unsafe impl PyType for GetitemIter {
    fn ty() -> &'static Type {
        &GETITEM_ITER
    }
}

/// An iterator over `seq`.
pub fn new(rt: &mut Runtime, seq: Obj) -> R<Obj> {
    Ok(rt
        .new_obj(GetitemIter {
            base: Header::new(&GETITEM_ITER),
            seq,
            at: Cell::new(0),
        })?
        .obj())
}

fn next(rt: &mut Runtime, obj: Obj) -> R<Option<Obj>> {
    let Some(iter) = obj.cast::<GetitemIter>() else {
        return Ok(None);
    };
    let at = iter.at.get();
    match rt.get_item(iter.seq, Obj::int(at)) {
        Ok(item) => {
            iter.at.set(at + 1);
            Ok(Some(item))
        }
        Err(raised) if rt.is_raised(&exc::INDEX_ERROR) || rt.is_raised(&exc::STOP_ITERATION) => {
            rt.take_exception(raised);
            Ok(None)
        }
        Err(raised) => Err(raised),
    }
}
