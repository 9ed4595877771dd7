//! Operators of `str` and `bytes`.

use core::cmp::Ordering;

use ferlance_abi::ops::{BinaryOp, UnaryOp};

use super::index::char_count;
use super::{STR, StrData, data, data_of, find};
use crate::obj::bytes::BYTES;
use crate::obj::seq;
use crate::obj::ty::Type;
use crate::obj::word::Obj;
use crate::runtime::{R, Runtime};

/// Unary operators of `str`.
pub(super) fn unary(rt: &mut Runtime, op: UnaryOp, obj: Obj) -> R<Option<Obj>> {
    let Some(text) = rt.str_text(obj) else {
        return Ok(None);
    };
    Ok(Some(match op {
        UnaryOp::Bool => Obj::bool(!text.bytes.is_empty()),
        UnaryOp::Len => Obj::int(char_count(rt, text) as isize),
        UnaryOp::Hash => match obj.cast::<StrData>() {
            Some(data) => Obj::int(data.hash() as isize),
            None => Obj::int(ferlance_abi::qstr::hash_bytes(text.bytes) as isize),
        },
        _ => return Ok(None),
    }))
}

/// The answer to a comparison.
pub(crate) fn ordered(op: BinaryOp, order: Ordering) -> Option<bool> {
    Some(match op {
        BinaryOp::Equal => order.is_eq(),
        BinaryOp::Less => order.is_lt(),
        BinaryOp::LessEqual => order.is_le(),
        BinaryOp::More => order.is_gt(),
        BinaryOp::MoreEqual => order.is_ge(),
        _ => return None,
    })
}

/// `a op b` for texts.
#[inline]
pub(crate) fn compare_bytes(op: BinaryOp, a: &[u8], b: &[u8]) -> Option<bool> {
    if op == BinaryOp::Equal {
        return Some(a == b);
    }
    ordered(op, a.cmp(b))
}

/// Binary operators of `str`.
pub(super) fn str_binary(rt: &mut Runtime, op: BinaryOp, obj: Obj, other: Obj) -> R<Option<Obj>> {
    if op == BinaryOp::Equal
        && let (Some(a), Some(b)) = (obj.cast::<StrData>(), other.cast::<StrData>())
    {
        return Ok(Some(Obj::bool(a.same(b.get()))));
    }
    let Some(a) = rt.str_bytes(obj) else {
        return Ok(None);
    };
    match op {
        BinaryOp::Modulo | BinaryOp::InplaceModulo => {
            return crate::text::percent::format(rt, obj, other).map(Some);
        }
        BinaryOp::Multiply | BinaryOp::InplaceMultiply | BinaryOp::ReverseMultiply => {
            return repeat(rt, &STR, obj, a, other);
        }
        _ => {}
    }
    let Some(b) = rt.str_bytes(other) else {
        if op == BinaryOp::Contains {
            return Err(super::no_implicit(rt, other, "str"));
        }
        return Ok(None);
    };
    Ok(match op {
        BinaryOp::Add | BinaryOp::InplaceAdd => {
            if b.is_empty() {
                return Ok(Some(obj));
            }
            if a.is_empty() {
                return Ok(Some(other));
            }
            let inplace = op == BinaryOp::InplaceAdd;
            Some(data::concat(rt, &STR, obj, a, b, inplace)?)
        }
        BinaryOp::Contains => Some(Obj::bool(find::find(a, b).is_some())),
        _ => compare_bytes(op, a, b).map(Obj::bool),
    })
}

/// Binary operators of `bytes`.
pub(crate) fn bytes_binary(rt: &mut Runtime, op: BinaryOp, obj: Obj, other: Obj) -> R<Option<Obj>> {
    // SAFETY: reached through the vtable of `bytes` only.
    let data = unsafe { data_of(obj) };
    let a = data.get().bytes();
    match op {
        BinaryOp::Modulo | BinaryOp::InplaceModulo => {
            return crate::text::percent::format(rt, obj, other).map(Some);
        }
        BinaryOp::Multiply | BinaryOp::InplaceMultiply | BinaryOp::ReverseMultiply => {
            return repeat(rt, &BYTES, obj, a, other);
        }
        BinaryOp::Equal if rt.str_bytes(other).is_some() => {
            let warning = b"Warning: Comparison between bytes and str\n";
            let _ = rt.hal.console().write_err(warning);
            return Ok(Some(Obj::FALSE));
        }
        BinaryOp::Contains => {
            if let Some(item) = crate::obj::int::small_value(other) {
                let hit = u8::try_from(item).is_ok_and(|item| a.contains(&item));
                return Ok(Some(Obj::bool(hit)));
            }
            if rt.str_bytes(other).is_some() {
                return Err(super::no_implicit(rt, other, "bytes"));
            }
        }
        _ => {}
    }
    let Some(b) = other
        .ty()
        .vt()
        .buffer
        .and_then(|buffer| buffer(rt, other, false))
    else {
        if op == BinaryOp::Contains {
            return Err(super::no_implicit(rt, other, "bytes"));
        }
        return Ok(None);
    };
    let b = b.bytes();
    Ok(match op {
        BinaryOp::Add | BinaryOp::InplaceAdd => {
            if b.is_empty() {
                return Ok(Some(obj));
            }
            if a.is_empty() && other.ty().same(&BYTES) {
                return Ok(Some(other));
            }
            let inplace = op == BinaryOp::InplaceAdd;
            Some(data::concat(rt, &BYTES, obj, a, b, inplace)?)
        }
        BinaryOp::Contains => Some(Obj::bool(find::find(a, b).is_some())),
        _ => compare_bytes(op, a, b).map(Obj::bool),
    })
}

/// `text * times`.
fn repeat(
    rt: &mut Runtime,
    ty: &'static Type,
    obj: Obj,
    text: &[u8],
    times: Obj,
) -> R<Option<Obj>> {
    let Some(times) = seq::repeats(rt, text.len(), times)? else {
        return Ok(None);
    };
    if times == 1 {
        return Ok(Some(obj));
    }
    if times == 0 || text.is_empty() {
        return super::new_of(rt, ty, &[]).map(Some);
    }
    let (made, bytes) = data::new_data_uninit(rt, ty, text.len() * times)?;
    fill(bytes, text);
    Ok(Some(made))
}

/// Fills `into` with copies of `with`.
fn fill(into: &mut [u8], with: &[u8]) {
    if let [byte] = with {
        into.fill(*byte);
        return;
    }
    // What is there already is copied behind itself, so that long results take few copies.
    let mut done = with.len().min(into.len());
    into[..done].copy_from_slice(&with[..done]);
    while done < into.len() {
        let n = done.min(into.len() - done);
        into.copy_within(..n, done);
        done += n;
    }
}
