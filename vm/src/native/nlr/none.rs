//! Machines for which there is no native code format: `ARCH` is `None`, so no native code is ever loaded and
//! nothing gets here.

use super::{Buf, link};

/// There is none.
pub(in crate::native) const SP: usize = 0;
use crate::obj::word::Obj;

/// Links the buffer.
pub(in crate::native) unsafe extern "C" fn push(buf: *mut Buf) -> usize {
    // SAFETY: the caller's.
    unsafe { link(buf) }
}

/// There is no place to go back to.
pub(in crate::native) unsafe extern "C" fn jump(_: *mut Buf) -> ! {
    panic!("no native code on this architecture")
}

/// The result is None.
pub(in crate::native) unsafe extern "C" fn call(
    buf: *mut Buf,
    _: usize,
    _: usize,
    _: usize,
    _: usize,
    _: usize,
) -> usize {
    // SAFETY: the caller's buffer.
    unsafe { (*buf).value = Obj::NONE.raw() };
    0
}
