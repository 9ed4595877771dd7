//! `io.StringIO` and `io.BytesIO`.

use core::cell::Cell;

use ferlance_abi::qstr;

use crate::call::{Args, wrong_self};
use crate::members;
use crate::obj::builtin_fun::{BuiltinFun, expect_args};
use crate::obj::bytearray::{self, ByteArray};
use crate::obj::bytes;
use crate::obj::ptr::Ptr;
use crate::obj::str::StrData;
use crate::obj::ty::{Header, Members, PrintKind, Type, VTable};
use crate::obj::word::Obj;
use crate::runtime::{R, Raised, Runtime};
use crate::stream::{self, EINVAL, IoResult, Ioctl, StreamVTable};
use crate::text::print::{Hex, Print, write_fmt};

/// `io.StringIO`. Positions count bytes.
pub static STRING_IO: Type = Type::builtin(qstr!("StringIO"), 0, &STRING_VT);
static STRING_VT: VTable = VTable {
    stream: Some(&STRING_STREAM),
    ..VT
};
/// `io.BytesIO`.
pub static BYTES_IO: Type = Type::builtin(qstr!("BytesIO"), 0, &BYTES_VT);
static BYTES_VT: VTable = VTable {
    stream: Some(&BYTES_STREAM),
    ..VT
};
const VT: VTable = VTable {
    make_new: Some(make_new),
    print: Some(print),
    next: Some(stream::next_line),
    members: &MEMBERS,
    ..VTable::NEW
};
static MEMBERS: Members = members! {
    "__enter__" => Fun(&stream::ENTER),
    "__exit__" => Fun(&stream::EXIT),
    "close" => Fun(&stream::CLOSE),
    "flush" => Fun(&stream::FLUSH),
    "getvalue" => Fun(&GETVALUE),
    "read" => Fun(&stream::READ),
    "readinto" => Fun(&stream::READINTO),
    "readline" => Fun(&stream::READLINE),
    "seek" => Fun(&stream::SEEK),
    "tell" => Fun(&stream::TELL),
    "write" => Fun(&stream::WRITE),
};
static GETVALUE: BuiltinFun = BuiltinFun::f1(qstr!("getvalue"), getvalue);
static STRING_STREAM: StreamVTable = StreamVTable {
    is_text: true,
    ..BYTES_STREAM_FUNCTIONS
};
const BYTES_STREAM_FUNCTIONS: StreamVTable = StreamVTable {
    read: Some(read),
    write: Some(write),
    ioctl: Some(ioctl),
    is_text: false,
};
static BYTES_STREAM: StreamVTable = BYTES_STREAM_FUNCTIONS;

/// A stream in memory.
#[repr(C)]
struct MemoryStream {
    base: Header,
    /// The text: what the stream was made of, or once it has been written to a bytearray of its own; `None` when
    /// closed.
    text: Cell<Option<Obj>>,
    at: Cell<usize>,
}

fn this(obj: Obj) -> Ptr<MemoryStream> {
    // SAFETY: reached through the vtables of both types only, or after a test.
    unsafe { obj.cast_unchecked() }
}

fn make_new(rt: &mut Runtime, ty: &'static Type, args: Args<'_>) -> R<Obj> {
    expect_args(rt, args, 0, 1, false)?;
    let text = match args.get(0) {
        // Room that a number asks for is made when it is needed.
        None => bytearray::new_zeroed(rt, 0)?.obj(),
        Some(size) if size.is_small() => bytearray::new_zeroed(rt, 0)?.obj(),
        Some(text) => {
            let buffer = rt.buffer_of(text, false)?;
            let fixed = text.is_qstr() || text.is::<StrData>() || text.ty().same(&bytes::BYTES);
            if fixed {
                text
            } else {
                bytearray::new(rt, buffer.bytes())?
            }
        }
    };
    let stream = MemoryStream {
        base: Header::new(ty),
        text: Cell::new(Some(text)),
        at: Cell::new(0),
    };
    Ok(rt.new_obj(stream)?.obj())
}

fn print(rt: &mut Runtime, obj: Obj, _: PrintKind, out: &mut dyn Print) -> R<()> {
    let (name, at) = (rt.type_name(obj), Hex(obj.raw()));
    write_fmt(rt, out, format_args!("<io.{name} 0x{at}>"))
}

/// `ValueError: I/O operation on closed file`.
#[cold]
pub(super) fn closed(rt: &mut Runtime) -> Raised {
    rt.value_error("I/O operation on closed file")
}

/// The text as it is now.
fn text_of(rt: &mut Runtime, obj: Obj) -> R<(Obj, &'static [u8])> {
    match this(obj).text.get() {
        Some(text) => Ok((text, rt.buffer_of(text, false)?.bytes())),
        None => Err(closed(rt)),
    }
}

fn read(rt: &mut Runtime, obj: Obj, into: &mut [u8]) -> R<IoResult> {
    let stream = this(obj);
    let (_, text) = text_of(rt, obj)?;
    let rest = text.get(stream.at.get()..).unwrap_or(&[]);
    let n = rest.len().min(into.len());
    for (to, from) in into.iter_mut().zip(rest) {
        *to = *from;
    }
    stream.at.set(stream.at.get() + n);
    Ok(Ok(n))
}

fn write(rt: &mut Runtime, obj: Obj, data: &[u8]) -> R<IoResult> {
    let stream = this(obj);
    let (text, before) = text_of(rt, obj)?;
    let array = match text.cast::<ByteArray>() {
        Some(array) => array,
        None => {
            let copy = bytearray::new(rt, before)?;
            stream.text.set(Some(copy));
            match copy.cast::<ByteArray>() {
                Some(array) => array,
                None => return Err(closed(rt)),
            }
        }
    };
    let at = stream.at.get();
    array.fill_to(rt, at)?;
    let over = (array.len() - at).min(data.len());
    let (first, rest) = data.split_at_checked(over).unwrap_or((data, &[]));
    for (i, byte) in first.iter().enumerate() {
        array.set(at + i, *byte);
    }
    array.push(rt, rest)?;
    stream.at.set(at + data.len());
    Ok(Ok(data.len()))
}

fn ioctl(rt: &mut Runtime, obj: Obj, request: Ioctl) -> R<IoResult> {
    let stream = this(obj);
    match request {
        Ioctl::Seek { offset, whence } => {
            let (_, text) = text_of(rt, obj)?;
            let from = match whence {
                1 => stream.at.get(),
                2 => text.len(),
                _ => 0,
            };
            let to = (from as i64).checked_add(offset);
            match to.and_then(|to| usize::try_from(to).ok()) {
                Some(to) if to <= isize::MAX as usize => {
                    stream.at.set(to);
                    Ok(Ok(to))
                }
                _ => Ok(Err(EINVAL)),
            }
        }
        Ioctl::Flush => Ok(Ok(0)),
        Ioctl::Close => {
            stream.text.set(None);
            Ok(Ok(0))
        }
        Ioctl::Poll(events) => Ok(Ok(events & 5)),
        Ioctl::FileNo | Ioctl::Other { .. } => Ok(Err(EINVAL)),
    }
}

fn getvalue(rt: &mut Runtime, obj: Obj) -> R<Obj> {
    let native = crate::obj::class::unwrap_native(obj);
    let is_text = native.ty().same(&STRING_IO);
    if !is_text && !native.ty().same(&BYTES_IO) {
        return Err(wrong_self(rt, &STRING_IO, obj));
    }
    let (text, all) = text_of(rt, native)?;
    if text.cast::<ByteArray>().is_none() && (text.ty().same(&bytes::BYTES) != is_text) {
        return Ok(text);
    }
    if !is_text {
        return bytes::new(rt, all);
    }
    if !crate::text::unicode::is_text(all) {
        return Err(crate::obj::str::unicode_error(rt));
    }
    rt.new_str(all)
}
