//! `io`: streams in memory, files, and the base class of streams written in Python.

mod file;
mod memory;

use ferlance_abi::qstr;

use crate::call::Args;
use crate::members;
use crate::obj::builtin_fun::expect_args;
use crate::obj::module::ModuleDef;
use crate::obj::ty::{Header, Type, VTable};
use crate::obj::word::Obj;
use crate::obj::{bytearray, int};
use crate::runtime::{R, Runtime};
use crate::stream::{EAGAIN, EINVAL, IoResult, Ioctl, StreamVTable};

pub use file::{FILE_IO, OPEN, TEXT_IO, standard};
pub use memory::{BYTES_IO, STRING_IO};

/// `io`.
pub static MODULE: ModuleDef = ModuleDef {
    name: qstr!("io"),
    members: members! {
        "BytesIO" => Type(&BYTES_IO),
        "IOBase" => Type(&IO_BASE),
        "StringIO" => Type(&STRING_IO),
        "open" => Fun(&OPEN),
    },
    extensible: true,
    attr: None,
    set_attr: None,
};

/// `io.IOBase`: a Python class that derives from it is a stream through its methods `readinto`, `write` and `ioctl`.
pub static IO_BASE: Type = Type::builtin(qstr!("IOBase"), 0, &VT);
static VT: VTable = VTable {
    make_new: Some(make_new),
    stream: Some(&STREAM),
    ..VTable::NEW
};
static STREAM: StreamVTable = StreamVTable {
    read: Some(read),
    write: Some(write),
    ioctl: Some(ioctl),
    is_text: false,
};

#[repr(C)]
struct IoBase {
    base: Header,
}

fn make_new(rt: &mut Runtime, _: &'static Type, args: Args<'_>) -> R<Obj> {
    expect_args(rt, args, 0, usize::MAX, true)?;
    let base = Header::new(&IO_BASE);
    Ok(rt.new_leaf(IoBase { base })?.obj())
}

/// What a Python method answered: a count, a negative error number, or `None` for "would block".
fn answer(rt: &mut Runtime, value: Obj) -> R<IoResult> {
    if value.is_none() {
        return Ok(Err(EAGAIN));
    }
    let value = rt.int(value)?;
    Ok(usize::try_from(value).map_err(|_| i32::try_from(value.unsigned_abs()).unwrap_or(EINVAL)))
}

fn read(rt: &mut Runtime, stream: Obj, into: &mut [u8]) -> R<IoResult> {
    let buffer = bytearray::new_zeroed(rt, into.len())?;
    let value = rt.call_method(stream, qstr!("readinto"), &[buffer.obj()])?;
    let result = answer(rt, value)?;
    if let Ok(n) = result {
        for (to, from) in into.iter_mut().zip(buffer.bytes()).take(n) {
            *to = *from;
        }
    }
    Ok(result)
}

fn write(rt: &mut Runtime, stream: Obj, bytes: &[u8]) -> R<IoResult> {
    let buffer = bytearray::new(rt, bytes)?;
    let value = rt.call_method(stream, qstr!("write"), &[buffer])?;
    answer(rt, value)
}

fn ioctl(rt: &mut Runtime, stream: Obj, request: Ioctl) -> R<IoResult> {
    let (number, arg) = match request {
        Ioctl::Flush => (1, 0),
        Ioctl::Seek { .. } => return Ok(Err(EINVAL)),
        Ioctl::Poll(events) => (3, events as isize),
        Ioctl::Close => (4, 0),
        Ioctl::FileNo => (10, 0),
        Ioctl::Other { request, arg } => (request as isize, arg),
    };
    let arg = int::from_i64(rt, arg as i64)?;
    let value = rt.call_method(stream, qstr!("ioctl"), &[Obj::int(number), arg])?;
    answer(rt, value)
}
