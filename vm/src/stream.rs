//! The stream protocol: what files, sockets and their like give to `read`, `write`, `readline`, `print(file=)`.
//!
//! A native type has a [`StreamVTable`]; a Python class becomes a stream by deriving from `io.IOBase`. The methods
//! of native streams are the same for all: the `BuiltinFun`s below.

use ferlance_abi::qstr;
use ferlance_collections::TryVec;

use crate::call::Args;
use crate::exc;
use crate::hal::Errno;
use crate::modules::io::IO_BASE;
use crate::obj::builtin_fun::BuiltinFun;
use crate::obj::ty::Type;
use crate::obj::word::Obj;
use crate::obj::{bytes, class, int, list};
use crate::runtime::{R, Raised, Runtime};
use crate::text::print::TextBuf;
use crate::text::unicode::{char_len, is_text};

/// Requests to [`StreamVTable::ioctl`] (spec native-abi 3.9).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ioctl {
    /// Write out what is buffered.
    Flush,
    /// Move; answers the new offset.
    Seek {
        /// Distance.
        offset: i64,
        /// 0 start, 1 here, 2 end.
        whence: i32,
    },
    /// Which of these poll bits hold.
    Poll(usize),
    /// Close.
    Close,
    /// Descriptor of the host.
    FileNo,
    /// Any other request, by number.
    Other {
        /// The number.
        request: usize,
        /// Its argument.
        arg: isize,
    },
}

/// The result of a stream operation: a count, or an error number.
pub type IoResult = Result<usize, Errno>;

/// "Would block": nothing is ready now.
pub const EAGAIN: Errno = 11;
/// "Invalid argument".
pub const EINVAL: Errno = 22;

/// Reads into the bytes.
pub type ReadFn = fn(&mut Runtime, Obj, &mut [u8]) -> R<IoResult>;
/// Writes the bytes.
pub type WriteFn = fn(&mut Runtime, Obj, &[u8]) -> R<IoResult>;
/// Does everything else.
pub type IoctlFn = fn(&mut Runtime, Obj, Ioctl) -> R<IoResult>;

/// Functions of a stream type. The outer result is for Python exceptions (streams written in Python).
pub struct StreamVTable {
    /// Reads at most `into.len()` bytes; 0 at the end.
    pub read: Option<ReadFn>,
    /// Writes; how many bytes went.
    pub write: Option<WriteFn>,
    /// Everything else.
    pub ioctl: Option<IoctlFn>,
    /// Whether reads give str.
    pub is_text: bool,
}

/// The stream behind an object: its functions, and the object to give them.
pub fn of(obj: Obj) -> Option<(Obj, &'static StreamVTable)> {
    let ty = obj.ty();
    let Some(class) = ty.class_data() else {
        return Some((obj, ty.stream()?));
    };
    match class.native {
        Some(native) if native.same(&IO_BASE) => Some((obj, native.stream()?)),
        _ => {
            let native = class::native_base(obj)?;
            Some((native, native.ty().stream()?))
        }
    }
}

/// `OSError: stream operation not supported`.
#[cold]
pub fn not_supported(rt: &mut Runtime) -> Raised {
    rt.raise_msg(&exc::OS_ERROR, "stream operation not supported")
}

fn expect(rt: &mut Runtime, obj: Obj) -> R<(Obj, &'static StreamVTable)> {
    match of(obj) {
        Some(stream) => Ok(stream),
        None => Err(not_supported(rt)),
    }
}

/// Reads once.
pub fn read_some(rt: &mut Runtime, obj: Obj, into: &mut [u8]) -> R<IoResult> {
    let (stream, vt) = expect(rt, obj)?;
    match vt.read {
        Some(read) => read(rt, stream, into),
        None => Err(not_supported(rt)),
    }
}

/// Asks something else of a stream.
pub fn ioctl(rt: &mut Runtime, obj: Obj, request: Ioctl) -> R<IoResult> {
    let (stream, vt) = expect(rt, obj)?;
    match vt.ioctl {
        Some(ioctl) => ioctl(rt, stream, request),
        None => Err(not_supported(rt)),
    }
}

/// Writes bytes until all are gone, the stream takes no more, or fails; how many went.
pub fn write_some(rt: &mut Runtime, obj: Obj, bytes: &[u8]) -> R<IoResult> {
    let (stream, vt) = expect(rt, obj)?;
    let Some(write) = vt.write else {
        return Err(not_supported(rt));
    };
    let mut done = 0;
    while let Some(rest) = bytes.get(done..).filter(|rest| !rest.is_empty()) {
        match write(rt, stream, rest)? {
            Ok(0) => break,
            Ok(n) => done += n.min(rest.len()),
            Err(_) if done > 0 => break,
            Err(errno) => return Ok(Err(errno)),
        }
    }
    Ok(Ok(done))
}

/// Writes all bytes to a stream object.
pub fn write_all(rt: &mut Runtime, stream: Obj, bytes: &[u8]) -> R<()> {
    match write_some(rt, stream, bytes)? {
        Ok(_) => Ok(()),
        Err(errno) => Err(rt.os_error(errno)),
    }
}

/// Everything that is still to be read from a stream object.
///
/// # Errors
/// `OSError: stream operation not supported`; what the stream raises.
pub fn read_all(rt: &mut Runtime, stream: Obj) -> R<TryVec<u8>> {
    let mut all = TryVec::new();
    let mut chunk = [0; CHUNK];
    loop {
        match read_some(rt, stream, &mut chunk)? {
            Ok(0) => return Ok(all),
            Ok(n) => {
                let read = chunk.get(..n).unwrap_or(&chunk);
                if all.extend_from_slice(read).is_err() {
                    return Err(rt.no_memory(all.len()));
                }
            }
            Err(errno) => return Err(rt.os_error(errno)),
        }
    }
}

/// What a read came to.
enum Got {
    /// Bytes; fewer than wanted at the end or when no more are ready.
    Bytes,
    /// Nothing was ready.
    NotReady,
}

/// Bytes read at once when it is not known how many there are.
const CHUNK: usize = 256;

/// Appends bytes until `most` more are there, or the end.
fn read_bytes(rt: &mut Runtime, stream: Obj, out: &mut TextBuf, most: usize) -> R<Got> {
    let mut chunk = [0; CHUNK];
    let mut left = most;
    let mut any = false;
    while left > 0 {
        let room = chunk.get_mut(..left.min(CHUNK)).unwrap_or(&mut []);
        match read_some(rt, stream, room)? {
            Ok(0) => break,
            Ok(n) => {
                let n = n.min(room.len());
                out.push_bytes(rt, room.get(..n).unwrap_or(&[]))?;
                left -= n;
                any = true;
            }
            Err(EAGAIN) if any => break,
            Err(EAGAIN) => return Ok(Got::NotReady),
            Err(errno) => return Err(rt.os_error(errno)),
        }
    }
    Ok(Got::Bytes)
}

/// What was read, as the stream's kind has it.
fn made(rt: &mut Runtime, is_text: bool, out: &TextBuf) -> R<Obj> {
    if !is_text {
        return bytes::new(rt, out.bytes());
    }
    if !self::is_text(out.bytes()) {
        return Err(crate::obj::str::unicode_error(rt));
    }
    rt.new_str(out.bytes())
}

/// `stream.read([n])`
pub static READ: BuiltinFun = BuiltinFun::var(qstr!("read"), 1, 2, read);
/// `stream.readinto(buf[, n])`
pub static READINTO: BuiltinFun = BuiltinFun::var(qstr!("readinto"), 2, 3, readinto);
/// `stream.readline([most])`
pub static READLINE: BuiltinFun = BuiltinFun::var(qstr!("readline"), 1, 2, readline);
/// `stream.readlines()`
pub static READLINES: BuiltinFun = BuiltinFun::f1(qstr!("readlines"), readlines);
/// `stream.write(buf[, len | off, len])`
pub static WRITE: BuiltinFun = BuiltinFun::var(qstr!("write"), 2, 4, write);
/// `stream.seek(offset[, whence])`
pub static SEEK: BuiltinFun = BuiltinFun::var(qstr!("seek"), 2, 3, seek);
/// `stream.tell()`
pub static TELL: BuiltinFun = BuiltinFun::f1(qstr!("tell"), tell);
/// `stream.flush()`
pub static FLUSH: BuiltinFun = BuiltinFun::f1(qstr!("flush"), |rt, stream| {
    request(rt, stream, Ioctl::Flush).map(|_| Obj::NONE)
});
/// `stream.close()`
pub static CLOSE: BuiltinFun = BuiltinFun::f1(qstr!("close"), |rt, stream| {
    request(rt, stream, Ioctl::Close).map(|_| Obj::NONE)
});
/// `stream.fileno()`
pub static FILENO: BuiltinFun = BuiltinFun::f1(qstr!("fileno"), |rt, stream| {
    let number = request(rt, stream, Ioctl::FileNo)?;
    int::from_usize(rt, number)
});
/// `stream.ioctl(request, arg)`
pub static IOCTL: BuiltinFun = BuiltinFun::var(qstr!("ioctl"), 2, 3, ioctl_method);
/// `stream.__enter__()`
pub static ENTER: BuiltinFun = BuiltinFun::f1(qstr!("__enter__"), |_, stream| Ok(stream));
/// `stream.__exit__(…)`
pub static EXIT: BuiltinFun = BuiltinFun::var(qstr!("__exit__"), 4, 4, |rt, args| {
    request(rt, args.pos()[0], Ioctl::Close).map(|_| Obj::NONE)
});

/// An ioctl whose error number is raised.
pub fn request(rt: &mut Runtime, stream: Obj, what: Ioctl) -> R<usize> {
    match ioctl(rt, stream, what)? {
        Ok(answer) => Ok(answer),
        Err(errno) => Err(rt.os_error(errno)),
    }
}

/// A count that may be absent, `None` or negative: then there is no limit.
fn limit(rt: &mut Runtime, arg: Option<Obj>) -> R<usize> {
    match arg {
        Some(arg) if !arg.is_none() => Ok(usize::try_from(rt.int(arg)?).unwrap_or(usize::MAX)),
        _ => Ok(usize::MAX),
    }
}

fn read(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    let stream = args.pos()[0];
    let most = limit(rt, args.get(1))?;
    let (_, vt) = expect(rt, stream)?;
    let mut out = TextBuf::default();
    if let Got::NotReady = read_bytes(rt, stream, &mut out, most)? {
        return Ok(Obj::NONE);
    }
    if vt.is_text && most != usize::MAX {
        // So many bytes have been read, which may be fewer characters, the last of them in part.
        loop {
            let (chars, missing) = measure(out.bytes());
            let want = missing + most.saturating_sub(chars + usize::from(missing > 0));
            let before = out.bytes().len();
            if want == 0 {
                break;
            }
            read_bytes(rt, stream, &mut out, want)?;
            if out.bytes().len() == before {
                break;
            }
        }
    }
    made(rt, vt.is_text, &out)
}

/// The number of complete characters, and how many bytes the last one lacks.
fn measure(text: &[u8]) -> (usize, usize) {
    let (mut chars, mut at) = (0, 0);
    while let Some(first) = text.get(at) {
        let end = at + char_len(*first);
        if end > text.len() {
            return (chars, end - text.len());
        }
        chars += 1;
        at = end;
    }
    (chars, 0)
}

fn readinto(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    let (stream, buffer) = (args.pos()[0], args.pos()[1]);
    let most = limit(rt, args.get(2))?;
    let want = rt.buffer_of(buffer, true)?.len.min(most);
    let mut done = 0;
    let mut chunk = [0; CHUNK];
    while done < want {
        let room = chunk.get_mut(..(want - done).min(CHUNK)).unwrap_or(&mut []);
        let n = match read_some(rt, stream, room)? {
            Ok(0) => break,
            Ok(n) => n.min(room.len()),
            Err(EAGAIN) if done > 0 => break,
            Err(EAGAIN) => return Ok(Obj::NONE),
            Err(errno) => return Err(rt.os_error(errno)),
        };
        // Asked for anew: a stream written in Python may have resized it.
        let whole = rt.buffer_of(buffer, true)?.bytes_mut();
        if let Some(to) = whole.get_mut(done..).and_then(|to| to.get_mut(..n))
            && let Some(from) = room.get(..n)
        {
            to.copy_from_slice(from);
        }
        done += n;
    }
    Ok(Obj::int(done as isize))
}

/// The next line with its end; `None` when nothing was ready.
fn line(rt: &mut Runtime, stream: Obj, most: usize) -> R<Option<TextBuf>> {
    let mut out = TextBuf::default();
    let mut byte = [0];
    while out.bytes().len() < most {
        match read_some(rt, stream, &mut byte)? {
            Ok(0) => break,
            Ok(_) => out.push_bytes(rt, &byte)?,
            Err(EAGAIN) if out.bytes().is_empty() => return Ok(None),
            Err(EAGAIN) => break,
            Err(errno) => return Err(rt.os_error(errno)),
        }
        if byte == *b"\n" {
            break;
        }
    }
    Ok(Some(out))
}

fn readline(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    let stream = args.pos()[0];
    let most = limit(rt, args.get(1))?;
    let (_, vt) = expect(rt, stream)?;
    match line(rt, stream, most)? {
        Some(line) => made(rt, vt.is_text, &line),
        None => Ok(Obj::NONE),
    }
}

/// The next line of an iteration.
pub fn next_line(rt: &mut Runtime, stream: Obj) -> R<Option<Obj>> {
    let (_, vt) = expect(rt, stream)?;
    match line(rt, stream, usize::MAX)? {
        Some(line) if !line.bytes().is_empty() => made(rt, vt.is_text, &line).map(Some),
        _ => Ok(None),
    }
}

fn readlines(rt: &mut Runtime, stream: Obj) -> R<Obj> {
    let lines = list::with_capacity(rt, 0)?;
    while let Some(line) = next_line(rt, stream)? {
        lines.push(rt, line)?;
    }
    Ok(lines.obj())
}

fn write(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    let (stream, data) = (args.pos()[0], args.pos()[1]);
    let len = rt.buffer_of(data, false)?.len;
    let (from, most) = match (args.get(2), args.get(3)) {
        (Some(from), Some(most)) => (
            usize::try_from(rt.int(from)?).unwrap_or(0).min(len),
            limit(rt, Some(most))?,
        ),
        (most, _) => (0, limit(rt, most)?),
    };
    let bytes = rt.buffer_of(data, false)?.bytes();
    let bytes = bytes.get(from..).unwrap_or(&[]);
    let bytes = bytes.get(..most).unwrap_or(bytes);
    match write_some(rt, stream, bytes)? {
        Ok(n) => Ok(Obj::int(n as isize)),
        Err(EAGAIN) => Ok(Obj::NONE),
        Err(errno) => Err(rt.os_error(errno)),
    }
}

fn seek(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    let offset = rt.int(args.pos()[1])? as i64;
    let whence = match args.get(2) {
        Some(whence) => i32::try_from(rt.int(whence)?).unwrap_or(-1),
        None => 0,
    };
    if whence == 0 && offset < 0 {
        return Err(rt.os_error(EINVAL));
    }
    let at = request(rt, args.pos()[0], Ioctl::Seek { offset, whence })?;
    int::from_usize(rt, at)
}

fn tell(rt: &mut Runtime, stream: Obj) -> R<Obj> {
    let here = Ioctl::Seek {
        offset: 0,
        whence: 1,
    };
    let at = request(rt, stream, here)?;
    int::from_usize(rt, at)
}

fn ioctl_method(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    let number = rt.int(args.pos()[1])?;
    let arg = match args.get(2) {
        Some(arg) => rt.int(arg)?,
        None => 0,
    };
    let what = match number {
        1 => Ioctl::Flush,
        3 => Ioctl::Poll(arg as usize),
        4 => Ioctl::Close,
        10 => Ioctl::FileNo,
        _ => Ioctl::Other {
            request: number as usize,
            arg,
        },
    };
    let answer = request(rt, args.pos()[0], what)?;
    int::from_usize(rt, answer)
}

/// Closes a native stream that nothing refers to any more. Runs no Python and allocates nothing.
pub(crate) fn finalise(rt: &mut Runtime, stream: Obj) {
    let ty: &'static Type = stream.ty();
    if let Some(close) = ty.stream().and_then(|vt| vt.ioctl) {
        let _ = close(rt, stream, Ioctl::Close);
    }
}
