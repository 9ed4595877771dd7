//! `micropython.RingIO`: a queue of bytes between one producer, which may be an interrupt, and one consumer.
//!
//! ```text
//!   │ x y . . . . a b c │     bytes from `get` on are waiting; `put` is where the next one goes;
//!         put     get         get == put: empty, so one byte of the room is never used
//! ```
//! Each side changes its own index only, after it is done with the bytes.

use core::cell::Cell;

use ferlance_abi::qstr;

use crate::call::{Args, wrong_self};
use crate::exc;
use crate::members;
use crate::obj::builtin_fun::{BuiltinFun, expect_args};
use crate::obj::bytearray;
use crate::obj::class::unwrap_native;
use crate::obj::ptr::{Ptr, PyType};
use crate::obj::ty::{Header, Members, Type, VTable};
use crate::obj::word::Obj;
use crate::runtime::{R, Runtime};
use crate::stream::{self, EINVAL, IoResult, Ioctl, StreamVTable};

/// `micropython.RingIO`.
pub(super) static RING_IO: Type = Type::builtin(qstr!("RingIO"), 0, &VT);
static VT: VTable = VTable {
    make_new: Some(make_new),
    stream: Some(&STREAM),
    members: &MEMBERS,
    ..VTable::NEW
};
static MEMBERS: Members = members! {
    "any" => Fun(&ANY),
    "close" => Fun(&stream::CLOSE),
    "read" => Fun(&stream::READ),
    "readinto" => Fun(&stream::READINTO),
    "readline" => Fun(&stream::READLINE),
    "write" => Fun(&stream::WRITE),
};
static ANY: BuiltinFun = BuiltinFun::f1(qstr!("any"), any);
static STREAM: StreamVTable = StreamVTable {
    read: Some(read),
    write: Some(write),
    ioctl: Some(ioctl),
    is_text: false,
};

/// Most bytes of room.
const MOST: usize = u16::MAX as usize;

/// The queue.
#[repr(C)]
struct RingIo {
    base: Header,
    /// Owner of the room: a bytearray of its own, or what it was made of.
    room: Obj,
    /// Bytes of room; more than can wait by one.
    size: usize,
    get: Cell<usize>,
    put: Cell<usize>,
}

// SAFETY: every structure of type RING_IO is a `RingIo`.
unsafe impl PyType for RingIo {
    fn ty() -> &'static Type {
        &RING_IO
    }
}

impl RingIo {
    /// How many bytes wait.
    fn waiting(&self) -> usize {
        (self.put.get() + self.size - self.get.get()) % self.size
    }

    /// The room, which its owner may have made shorter.
    fn bytes<'a>(&self, rt: &mut Runtime) -> R<&'a mut [u8]> {
        let whole = rt.buffer_of(self.room, true)?.bytes_mut();
        match whole.get_mut(..self.size) {
            Some(bytes) => Ok(bytes),
            None => Err(rt.value_error("buffer too small")),
        }
    }
}

fn this(rt: &mut Runtime, obj: Obj) -> R<Ptr<RingIo>> {
    match unwrap_native(obj).cast::<RingIo>() {
        Some(ring) => Ok(ring),
        None => Err(wrong_self(rt, &RING_IO, obj)),
    }
}

fn make_new(rt: &mut Runtime, _: &'static Type, args: Args<'_>) -> R<Obj> {
    expect_args(rt, args, 1, 1, false)?;
    let arg = args.pos()[0];
    let view = match arg.ty().vt().buffer {
        Some(buffer) => buffer(rt, arg, true),
        None => None,
    };
    let size = match view {
        Some(view) => view.len,
        None => usize::try_from(rt.int(arg)?).map_or(0, |n| n.saturating_add(1)),
    };
    if !(2..=MOST).contains(&size) {
        return Err(rt.raise(&exc::VALUE_ERROR, &[]));
    }
    let room = match view {
        Some(_) => arg,
        None => bytearray::new_zeroed(rt, size)?.obj(),
    };
    let ring = RingIo {
        base: Header::of::<RingIo>(),
        room,
        size,
        get: Cell::new(0),
        put: Cell::new(0),
    };
    Ok(rt.new_obj(ring)?.obj())
}

fn any(rt: &mut Runtime, obj: Obj) -> R<Obj> {
    let waiting = this(rt, obj)?.waiting();
    Ok(Obj::int(waiting as isize))
}

fn read(rt: &mut Runtime, obj: Obj, into: &mut [u8]) -> R<IoResult> {
    let ring = this(rt, obj)?;
    let room = ring.bytes(rt)?;
    let n = ring.waiting().min(into.len());
    let from = room.iter().cycle().skip(ring.get.get());
    for (to, from) in into.iter_mut().take(n).zip(from) {
        *to = *from;
    }
    ring.get.set((ring.get.get() + n) % ring.size);
    Ok(Ok(n))
}

fn write(rt: &mut Runtime, obj: Obj, data: &[u8]) -> R<IoResult> {
    let ring = this(rt, obj)?;
    let n = (ring.size - 1 - ring.waiting()).min(data.len());
    let mut at = ring.put.get();
    // Byte by byte: the data may be the room itself.
    for i in 0..n {
        let byte = data.get(i).copied().unwrap_or(0);
        if let Some(to) = ring.bytes(rt)?.get_mut(at) {
            *to = byte;
        }
        at = (at + 1) % ring.size;
    }
    ring.put.set(at);
    Ok(Ok(n))
}

fn ioctl(rt: &mut Runtime, obj: Obj, request: Ioctl) -> R<IoResult> {
    const READABLE: usize = 1;
    const WRITABLE: usize = 4;
    let ring = this(rt, obj)?;
    Ok(match request {
        Ioctl::Poll(wanted) => {
            let waiting = ring.waiting();
            let mut ready = 0;
            if waiting > 0 {
                ready |= READABLE;
            }
            if waiting < ring.size - 1 {
                ready |= WRITABLE;
            }
            Ok(ready & wanted)
        }
        Ioctl::Close => Ok(0),
        _ => Err(EINVAL),
    })
}
