//! `int(…)`, `from_bytes`, `to_bytes`.

use ferlance_abi::ops::UnaryOp;
use ferlance_abi::qstr;
use ferlance_num::NumError;
use ferlance_num::bigint::{BigInt, ByteOrder};

use super::{from_big, from_f64, from_text, is_int, raise, value};
use crate::call::Args;
use crate::exc;
use crate::members;
use crate::obj::builtin_fun::{BuiltinFun, expect_args};
use crate::obj::bytes;
use crate::obj::ty::{Members, Type};
use crate::obj::word::Obj;
use crate::runtime::{R, Runtime};
use crate::text::print::Dec;

pub(super) static MEMBERS: Members = members! {
    "from_bytes" => Class(&FROM_BYTES),
    "to_bytes" => Fun(&TO_BYTES),
};
static FROM_BYTES: BuiltinFun = BuiltinFun::kw(qstr!("from_bytes"), 2, 4, from_bytes);
static TO_BYTES: BuiltinFun = BuiltinFun::kw(qstr!("to_bytes"), 1, u16::MAX, to_bytes);

/// `int()`, `int(x)`, `int(text, base)`.
pub(super) fn make_new(rt: &mut Runtime, _: &'static Type, args: Args<'_>) -> R<Obj> {
    expect_args(rt, args, 0, 2, false)?;
    match *args.pos() {
        [] => Ok(Obj::int(0)),
        [obj] => to_int(rt, obj),
        [text, base, ..] => {
            let base = rt.int(base)?;
            let Some(bytes) = text_of(rt, text) else {
                return Err(rt.type_error_of("can't convert {} to int", text));
            };
            from_text(rt, bytes, u32::try_from(base).unwrap_or(1))
        }
    }
}

/// The text of a str, or the bytes of an object with a buffer.
fn text_of<'a>(rt: &mut Runtime, obj: Obj) -> Option<&'a [u8]> {
    let obj = crate::obj::class::unwrap_native(obj);
    match rt.str_bytes(obj) {
        Some(text) => Some(text),
        None => Some(obj.ty().vt().buffer?(rt, obj, false)?.bytes()),
    }
}

/// `int(obj)`.
fn to_int(rt: &mut Runtime, obj: Obj) -> R<Obj> {
    if is_int(obj) {
        return Ok(obj);
    }
    if let Some(value) = obj.as_float() {
        return from_f64(rt, value);
    }
    if let Some(text) = text_of(rt, obj) {
        return from_text(rt, text, 10);
    }
    match rt.unary_maybe(UnaryOp::IntMaybe, obj)? {
        Some(value) => Ok(value),
        None => Err(rt.type_error_of("can't convert {} to int", obj)),
    }
}

fn byte_order(rt: &Runtime, order: Option<Obj>) -> ByteOrder {
    match order.and_then(|order| rt.str_bytes(order)) {
        Some(b"little") => ByteOrder::Little,
        _ => ByteOrder::Big,
    }
}

fn from_bytes(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    let data = rt.buffer_of(args.pos()[1], false)?;
    let order = byte_order(rt, args.get(2));
    match BigInt::from_bytes(data.bytes(), order, false) {
        Ok(value) => from_big(rt, value.as_ref()),
        Err(error) => Err(raise(rt, error)),
    }
}

fn to_bytes(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    let this = args.pos()[0];
    if args.n_pos() > 3 {
        return Err(rt.type_error("extra positional arguments given"));
    }
    let len = match args.get(1).or_else(|| args.keyword(qstr!("length"))) {
        Some(len) => rt.int(len)?,
        None => 1,
    };
    let order = byte_order(rt, args.get(2).or_else(|| args.keyword(qstr!("byteorder"))));
    let signed = match args.keyword(qstr!("signed")) {
        Some(signed) => rt.is_true(signed)?,
        None => false,
    };
    let Ok(len) = usize::try_from(len) else {
        return Err(rt.raise(&exc::VALUE_ERROR, &[]));
    };
    let Some(value) = value(this) else {
        return Err(rt.type_error_of("argument should be a 'int' not a '{}'", this));
    };
    if len > isize::MAX as usize / 2 {
        return Err(rt.no_memory(len));
    }
    let (made, out) = bytes::new_uninit(rt, len)?;
    match value.as_ref().to_bytes(out, order, signed) {
        Ok(()) => Ok(made),
        Err(NumError::Overflow) => Err(rt.raise_fmt(
            &exc::OVERFLOW_ERROR,
            format_args!("value would overflow a {} byte buffer", Dec(len as isize)),
        )),
        Err(error) => Err(raise(rt, error)),
    }
}
