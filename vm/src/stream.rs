//! The stream protocol: what files, sockets and their like give to `read`, `write`, `readline`, `print(file=)`.

use crate::hal::Errno;
use crate::obj::word::Obj;
use crate::runtime::{R, Runtime};

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
}

/// The result of a stream operation: a count, or an error number.
pub type IoResult = Result<usize, Errno>;

/// Functions of a stream type. The outer result is for Python exceptions (streams written in Python).
pub struct StreamVTable {
    /// Reads at most `into.len()` bytes; 0 at the end.
    pub read: Option<fn(&mut Runtime, Obj, &mut [u8]) -> R<IoResult>>,
    /// Writes; how many bytes went.
    pub write: Option<fn(&mut Runtime, Obj, &[u8]) -> R<IoResult>>,
    /// Everything else.
    pub ioctl: Option<fn(&mut Runtime, Obj, Ioctl) -> R<IoResult>>,
    /// Whether reads give str.
    pub is_text: bool,
}
