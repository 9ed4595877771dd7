//! The stream protocol as C code sees it: for linked modules that read and write streams of ours
//! (spec native-abi 3.9).

use super::{current, nlr};
use crate::obj::word::Obj;
use crate::stream::{self, IoResult, Ioctl, StreamVTable};

/// Functions of a stream type.
#[repr(C)]
pub(crate) struct Protocol {
    pub(super) read: Option<unsafe extern "C" fn(Obj, *mut u8, usize, *mut i32) -> usize>,
    pub(super) write: Option<unsafe extern "C" fn(Obj, *const u8, usize, *mut i32) -> usize>,
    pub(super) ioctl: Option<unsafe extern "C" fn(Obj, usize, usize, *mut i32) -> usize>,
    /// Bit 0: reads give str.
    pub(super) is_text: usize,
}

const _: () = {
    use core::mem::offset_of;
    use ferlance_abi::layout;
    assert!(offset_of!(Protocol, is_text) == layout::STREAM_IS_TEXT_WORD * size_of::<usize>());
};

/// What a stream function answers when it failed.
pub(super) const ERROR: usize = usize::MAX;

static TEXT: Protocol = Protocol {
    read: Some(read),
    write: Some(write),
    ioctl: Some(ioctl),
    is_text: 1,
};
static BINARY: Protocol = Protocol { is_text: 0, ..TEXT };

/// The C functions for a stream.
pub(super) fn protocol(_: Obj, vt: &'static StreamVTable) -> *const Protocol {
    if vt.is_text { &TEXT } else { &BINARY }
}

/// Ends a stream function with a result.
///
/// # Safety
/// Called last in such a function; `err` is the caller's word.
unsafe fn answer(result: crate::R<IoResult>, err: *mut i32) -> usize {
    match result {
        Ok(Ok(n)) => n,
        Ok(Err(errno)) => {
            // SAFETY: the caller's.
            unsafe { err.write(errno) };
            ERROR
        }
        // SAFETY: nothing is left to drop.
        Err(raised) => unsafe { nlr::throw(raised) },
    }
}

unsafe extern "C" fn read(obj: Obj, into: *mut u8, n: usize, err: *mut i32) -> usize {
    // SAFETY: native code gives `n` bytes of room and a word for the error.
    unsafe {
        let rt = current::runtime();
        let into: &mut [u8] = if n == 0 {
            &mut []
        } else {
            core::slice::from_raw_parts_mut(into, n)
        };
        answer(stream::read_some(rt, obj, into), err)
    }
}

unsafe extern "C" fn write(obj: Obj, from: *const u8, n: usize, err: *mut i32) -> usize {
    // SAFETY: native code gives `n` bytes and a word for the error.
    unsafe {
        let rt = current::runtime();
        let from: &[u8] = if n == 0 {
            &[]
        } else {
            core::slice::from_raw_parts(from, n)
        };
        answer(stream::write_some(rt, obj, from), err)
    }
}

/// What `ioctl` is given to seek.
#[repr(C)]
pub(super) struct Seek {
    pub(super) offset: isize,
    pub(super) whence: i32,
}

/// A request by number: `arg` is a number, or for a seek the address of a [`Seek`].
///
/// # Safety
/// `arg` is what the request wants.
pub(super) unsafe fn request(number: usize, arg: usize) -> Ioctl {
    match number {
        1 => Ioctl::Flush,
        2 => {
            // SAFETY: the caller's.
            let seek = unsafe { core::ptr::with_exposed_provenance::<Seek>(arg).read() };
            Ioctl::Seek {
                offset: seek.offset as i64,
                whence: seek.whence,
            }
        }
        3 => Ioctl::Poll(arg),
        4 => Ioctl::Close,
        10 => Ioctl::FileNo,
        _ => Ioctl::Other {
            request: number,
            arg: arg as isize,
        },
    }
}

unsafe extern "C" fn ioctl(obj: Obj, number: usize, arg: usize, err: *mut i32) -> usize {
    // SAFETY: native code gives an argument of the request's kind and a word for the error.
    unsafe {
        let rt = current::runtime();
        let what = request(number, arg);
        let result = stream::ioctl(rt, obj, what);
        if let (2, Ok(Ok(at))) = (number, result) {
            // A seek answers in its argument.
            let seek = core::ptr::with_exposed_provenance_mut::<Seek>(arg);
            (&raw mut (*seek).offset).write(at as isize);
            return 0;
        }
        answer(result, err)
    }
}
