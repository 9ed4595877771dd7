//! `bytes`: the same structure as `str`.

use ferlance_abi::ops::UnaryOp;
use ferlance_abi::qstr;

use super::bytearray::ByteArray;
use super::int;
use super::iter::{self, SeqIter};
use super::slice::Slice;
use super::str::{data_of, new_data};
use super::tuple::step_not_supported;
use super::ty::{Access, Buffer, PrintKind, Type, TypeFlags, VTable};
use super::word::Obj;
use crate::call::Args;
use crate::obj::builtin_fun::expect_args;
use crate::runtime::{R, Runtime};
use crate::text::print::{Print, TextBuf};
use crate::text::{repr, unicode};

/// `bytes`.
pub static BYTES: Type = {
    let ty = Type::builtin(qstr!("bytes"), TypeFlags::EQ_CHECKS_OTHER_TYPE, &VT);
    // Linked modules borrow the constructor.
    #[cfg(feature = "native")]
    let ty = ty.with_slot(
        ferlance_abi::layout::TypeSlot::MakeNew,
        0,
        crate::native::c_type::bytes_make_new as *const (),
    );
    ty
};
static VT: VTable = VTable {
    make_new: Some(make_new),
    print: Some(print),
    unary: Some(unary),
    binary: Some(super::str::bytes_binary),
    subscr: Some(subscr),
    iter: Some(iter_bytes),
    buffer: Some(buffer),
    members: &super::str::BYTES_MEMBERS,
    ..VTable::NEW
};

/// The bytes object with a copy of `data`.
pub fn new(rt: &mut Runtime, data: &[u8]) -> R<Obj> {
    Ok(new_data(rt, &BYTES, data)?.obj())
}

/// A bytes object of `len` bytes, and the bytes, to be filled before anyone sees it.
pub fn new_uninit<'a>(rt: &mut Runtime, len: usize) -> R<(Obj, &'a mut [u8])> {
    super::str::new_data_uninit(rt, &BYTES, len)
}

/// The bytes that the arguments of `bytes()` and `bytearray()` mean.
pub(super) enum Source {
    /// So many zeros.
    Zeros(usize),
    /// A copy of the bytes of this object.
    Of(Obj),
    /// These.
    Collected(TextBuf),
}

/// What the arguments of `bytes()` (`strict`) or `bytearray()` mean.
pub(super) fn source(rt: &mut Runtime, args: Args<'_>, strict: bool) -> R<Source> {
    expect_args(rt, args, 0, 3, false)?;
    let Some(arg) = args.get(0) else {
        return Ok(Source::Zeros(0));
    };
    if let Some(text) = rt.str_text(arg) {
        let Some(encoding) = args.get(1) else {
            return Err(rt.type_error("string argument without an encoding"));
        };
        if unicode::encoding(rt, Some(encoding))? == unicode::Encoding::Ascii && !text.ascii {
            return Err(super::str::unicode_error(rt));
        }
        return Ok(Source::Of(arg));
    }
    if args.n_pos() > 1 {
        return Err(rt.type_error("wrong number of arguments"));
    }
    if int::is_int(arg) {
        let n = rt.int(arg)?;
        return match usize::try_from(n) {
            Ok(n) => Ok(Source::Zeros(n)),
            Err(_) => Err(rt.raise(&crate::exc::VALUE_ERROR, &[])),
        };
    }
    if arg.ty().vt().buffer.is_some() && rt.buffer_of(arg, false).is_ok() {
        return Ok(Source::Of(arg));
    }
    let mut bytes = TextBuf::default();
    rt.clear_exception();
    rt.for_each(arg, |rt, item| {
        let value = rt.int(item)?;
        if strict && u8::try_from(value).is_err() {
            return Err(rt.value_error("bytes value out of range"));
        }
        bytes.push_bytes(rt, &[value as u8])
    })?;
    Ok(Source::Collected(bytes))
}

pub(crate) fn make_new(rt: &mut Runtime, _: &'static Type, args: Args<'_>) -> R<Obj> {
    match source(rt, args, true)? {
        Source::Zeros(n) => Ok(new_uninit(rt, n)?.0),
        Source::Of(obj) if obj.ty().same(&BYTES) => Ok(obj),
        Source::Of(obj) => {
            let buffer = rt.buffer_of(obj, false)?;
            new(rt, buffer.bytes())
        }
        Source::Collected(bytes) => new(rt, bytes.bytes()),
    }
}

fn print(rt: &mut Runtime, obj: Obj, kind: PrintKind, out: &mut dyn Print) -> R<()> {
    // SAFETY: reached through the vtable of BYTES only.
    let bytes = unsafe { data_of(obj) }.get().bytes();
    match kind {
        PrintKind::Json => repr::write_json(rt, bytes, out),
        _ => repr::write_bytes(rt, bytes, out),
    }
}

fn unary(_: &mut Runtime, op: UnaryOp, obj: Obj) -> R<Option<Obj>> {
    // SAFETY: as in `print`.
    let data = unsafe { data_of(obj) };
    Ok(match op {
        UnaryOp::Hash => Some(Obj::int(data.hash() as isize)),
        _ => super::seq::truth_or_len(op, data.len()),
    })
}

fn subscr(rt: &mut Runtime, obj: Obj, index: Obj, access: Access) -> R<Option<Obj>> {
    let Access::Load = access else {
        return Ok(None);
    };
    // SAFETY: as in `print`.
    let bytes = unsafe { data_of(obj) }.get().bytes();
    if let Some(i) = index.as_small()
        && let Some(byte) = bytes.get(i as usize)
    {
        return Ok(Some(Obj::int(isize::from(*byte))));
    }
    if let Some(slice) = index.cast::<Slice>() {
        let span = slice.span(rt, bytes.len())?;
        let Some((from, to)) = span.simple() else {
            return Err(step_not_supported(rt));
        };
        if to - from == bytes.len() {
            return Ok(Some(obj));
        }
        return new(rt, bytes.get(from..to).unwrap_or(&[])).map(Some);
    }
    let i = rt.index_of("bytes", bytes.len(), index)?;
    Ok(bytes.get(i).map(|byte| Obj::int(isize::from(*byte))))
}

fn buffer(_: &mut Runtime, obj: Obj, write: bool) -> Option<Buffer> {
    // SAFETY: as in `print`.
    let bytes = unsafe { data_of(obj) }.get().bytes();
    (!write).then_some(Buffer {
        data: bytes.as_ptr().cast_mut(),
        len: bytes.len(),
        typecode: b'B',
    })
}

static BYTES_ITER: Type = Type::builtin(qstr!("iterator"), 0, &ITER_VT);
static ITER_VT: VTable = VTable {
    next: Some(next),
    ..iter::VT
};

fn iter_bytes(rt: &mut Runtime, obj: Obj) -> R<Obj> {
    iter::new(rt, &BYTES_ITER, obj)
}

fn next(_: &mut Runtime, obj: Obj) -> R<Option<Obj>> {
    // SAFETY: iterators of this type are made over bytes only.
    let (iter, bytes) = unsafe {
        let iter = SeqIter::of(obj);
        (iter, data_of(iter.seq).get().bytes())
    };
    let Some(byte) = bytes.get(iter.at.get()) else {
        return Ok(None);
    };
    iter.at.set(iter.at.get() + 1);
    Ok(Some(Obj::int(isize::from(*byte))))
}

/// The bytes of a bytes object.
#[inline]
pub fn data<'a>(obj: Obj) -> Option<&'a [u8]> {
    if obj.is_ptr() && obj.ty().same(&BYTES) {
        // SAFETY: the type was just tested.
        return Some(unsafe { data_of(obj) }.get().bytes());
    }
    None
}

/// Byte `i` of a bytes object or a bytearray.
#[inline]
pub fn any_byte(obj: Obj, i: usize) -> Option<u8> {
    match obj.cast::<ByteArray>() {
        Some(array) => array.byte(i),
        None => data(obj)?.get(i).copied(),
    }
}
