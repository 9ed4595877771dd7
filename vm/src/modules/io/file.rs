//! Files of the host, and the standard streams: `open`, `TextIOWrapper`, `FileIO`.

use core::cell::Cell;

use ferlance_abi::qstr;
use ferlance_abi::qstr::Qstr;

use super::memory::closed;
use crate::call::{Args, named};
use crate::members;
use crate::obj::builtin_fun::BuiltinFun;
use crate::obj::ptr::Ptr;
use crate::obj::ty::{Attr, Header, Members, PrintKind, Type, VTable};
use crate::obj::word::Obj;
use crate::runtime::{R, Runtime};
use crate::stream::{self, EINVAL, IoResult, Ioctl, StreamVTable};
use crate::text::print::{Dec, Print, write_fmt};

/// A file that gives str.
pub static TEXT_IO: Type = Type::builtin(qstr!("TextIOWrapper"), 0, &TEXT_VT);
static TEXT_VT: VTable = VTable {
    attr: Some(attr),
    stream: Some(&TEXT_STREAM),
    ..VT
};
/// A file that gives bytes.
pub static FILE_IO: Type = Type::builtin(qstr!("FileIO"), 0, &FILE_VT);
static FILE_VT: VTable = VTable {
    stream: Some(&FILE_STREAM),
    ..VT
};
const VT: VTable = VTable {
    print: Some(print),
    next: Some(stream::next_line),
    members: &MEMBERS,
    ..VTable::NEW
};
static MEMBERS: Members = members! {
    "__del__" => Fun(&stream::CLOSE),
    "__enter__" => Fun(&stream::ENTER),
    "__exit__" => Fun(&stream::EXIT),
    "__next__" => Fun(&crate::obj::iter::NEXT),
    "close" => Fun(&stream::CLOSE),
    "fileno" => Fun(&stream::FILENO),
    "flush" => Fun(&stream::FLUSH),
    "read" => Fun(&stream::READ),
    "readinto" => Fun(&stream::READINTO),
    "readline" => Fun(&stream::READLINE),
    "readlines" => Fun(&stream::READLINES),
    "seek" => Fun(&stream::SEEK),
    "tell" => Fun(&stream::TELL),
    "write" => Fun(&stream::WRITE),
};
const STREAM: StreamVTable = StreamVTable {
    read: Some(read),
    write: Some(write),
    ioctl: Some(ioctl),
    is_text: false,
};
static FILE_STREAM: StreamVTable = STREAM;
static TEXT_STREAM: StreamVTable = StreamVTable {
    is_text: true,
    ..STREAM
};

/// An open file, or (descriptors 0, 1 and 2 of the statics below) a standard stream of the port.
#[repr(C)]
pub(super) struct File {
    base: Header,
    /// Descriptor; negative when closed.
    fd: Cell<i32>,
    /// Reads and writes go to the port's console.
    console: bool,
}

// SAFETY: the statics are never written: closing a standard stream does nothing.
unsafe impl Sync for File {}

const fn console(ty: &'static Type, fd: i32) -> File {
    File {
        base: Header::new(ty),
        fd: Cell::new(fd),
        console: true,
    }
}

static TEXT: [File; 3] = [
    console(&TEXT_IO, 0),
    console(&TEXT_IO, 1),
    console(&TEXT_IO, 2),
];
static BINARY: [File; 3] = [
    console(&FILE_IO, 0),
    console(&FILE_IO, 1),
    console(&FILE_IO, 2),
];

/// `sys.stdin`, `sys.stdout`, `sys.stderr`, by their descriptors.
pub fn standard(fd: usize) -> Obj {
    match TEXT.get(fd) {
        Some(file) => Ptr::from_ref(file).obj(),
        None => Obj::NONE,
    }
}

fn this(obj: Obj) -> Ptr<File> {
    // SAFETY: reached through the vtables of both types only.
    unsafe { obj.cast_unchecked() }
}

/// `sys.stdin.buffer`
fn attr(_: &mut Runtime, obj: Obj, name: Qstr) -> R<Attr> {
    let file = this(obj);
    if name == qstr!("buffer")
        && file.console
        && let Some(binary) = BINARY.get(file.fd.get() as usize)
    {
        return Ok(Attr::Value(Ptr::from_ref(binary).obj()));
    }
    Ok(Attr::None)
}

fn print(rt: &mut Runtime, obj: Obj, _: PrintKind, out: &mut dyn Print) -> R<()> {
    let (name, fd) = (rt.type_name(obj), Dec(this(obj).fd.get() as isize));
    write_fmt(rt, out, format_args!("<io.{name} {fd}>"))
}

/// "Bad file number".
const EBADF: i32 = 9;

fn read(rt: &mut Runtime, obj: Obj, into: &mut [u8]) -> R<IoResult> {
    let file = this(obj);
    if file.console {
        return Ok(match file.fd.get() {
            0 => rt.hal.console().read(into),
            _ => Err(EBADF),
        });
    }
    with_files(rt, file, |files, fd| files.read(fd, into))
}

fn write(rt: &mut Runtime, obj: Obj, bytes: &[u8]) -> R<IoResult> {
    let file = this(obj);
    if file.console {
        let done = match file.fd.get() {
            0 => Err(EBADF),
            1 => rt.hal.console().write_out(bytes),
            _ => rt.hal.console().write_err(bytes),
        };
        return Ok(done.map(|()| bytes.len()));
    }
    with_files(rt, file, |files, fd| files.write(fd, bytes))
}

/// Does something with an open file.
fn with_files(
    rt: &mut Runtime,
    file: Ptr<File>,
    f: impl FnOnce(&mut dyn crate::hal::Files, i32) -> IoResult,
) -> R<IoResult> {
    let fd = file.fd.get();
    if fd < 0 {
        return Err(closed(rt));
    }
    Ok(match rt.hal.files() {
        Some(files) => f(files, fd),
        None => Err(EBADF),
    })
}

fn ioctl(rt: &mut Runtime, obj: Obj, request: Ioctl) -> R<IoResult> {
    let file = this(obj);
    if file.console {
        return Ok(match request {
            Ioctl::Flush | Ioctl::Close => Ok(0),
            Ioctl::FileNo => Ok(file.fd.get() as usize),
            Ioctl::Poll(events) => Ok(events & if file.fd.get() == 0 { 1 } else { 4 }),
            Ioctl::Seek { .. } | Ioctl::Other { .. } => Err(EINVAL),
        });
    }
    match request {
        Ioctl::Close => {
            let fd = file.fd.replace(-1);
            Ok(match rt.hal.files() {
                Some(files) if fd >= 0 => files.close(fd).map(|()| 0),
                _ => Ok(0),
            })
        }
        Ioctl::Flush => with_files(rt, file, |files, fd| files.flush(fd).map(|()| 0)),
        Ioctl::Seek { offset, whence } => with_files(rt, file, |files, fd| {
            let at = files.seek(fd, offset, whence)?;
            usize::try_from(at).map_err(|_| EINVAL)
        }),
        Ioctl::FileNo => with_files(rt, file, |_, fd| Ok(fd as usize)),
        Ioctl::Poll(events) => with_files(rt, file, |_, _| Ok(events & 5)),
        Ioctl::Other { .. } => Ok(Err(EINVAL)),
    }
}

/// `open(file, mode='r', buffering=-1, encoding=None)`
pub static OPEN: BuiltinFun = BuiltinFun::kw(qstr!("open"), 0, u16::MAX, open);

fn open(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    let names = [
        qstr!("file"),
        qstr!("mode"),
        qstr!("buffering"),
        qstr!("encoding"),
    ];
    let [file, mode, ..] = named(rt, args, names, 4, 1)?;
    let file = file.unwrap_or(Obj::NONE);
    let mode = match mode {
        Some(mode) => rt.expect_str(mode)?,
        None => b"r",
    };
    let ty: &'static Type = if mode.contains(&b'b') {
        &FILE_IO
    } else {
        &TEXT_IO
    };
    // Made first, so that a failure leaves no open descriptor behind.
    let made = rt.new_leaf(File {
        base: Header::new(ty),
        fd: Cell::new(-1),
        console: false,
    })?;
    if let Some(fd) = crate::obj::int::small_value(file) {
        made.fd.set(i32::try_from(fd).unwrap_or(-1));
        return Ok(made.obj());
    }
    let path = rt.expect_str(file)?;
    let mut opened = open_fd(rt, path, mode);
    if matches!(opened, Err(EMFILE | ENFILE)) {
        // Files that nothing refers to are closed by a collection.
        rt.collect();
        opened = open_fd(rt, path, mode);
    }
    match opened {
        Ok(fd) => made.fd.set(fd),
        Err(errno) => return Err(rt.os_error(errno)),
    }
    // SAFETY: a block of the heap, which is neither freed nor resized by hand.
    if !unsafe { rt.heap.register_finaliser(made.as_non_null().cast()) } {
        stream::finalise(rt, made.obj());
        return Err(rt.no_memory(size_of::<usize>()));
    }
    Ok(made.obj())
}

/// "Too many open files", of a process and of the system.
const EMFILE: i32 = 24;
const ENFILE: i32 = 23;

fn open_fd(rt: &mut Runtime, path: &[u8], mode: &[u8]) -> Result<i32, i32> {
    const ENODEV: i32 = 19;
    match rt.hal.files() {
        Some(files) => files.open(path, mode),
        None => Err(ENODEV),
    }
}
