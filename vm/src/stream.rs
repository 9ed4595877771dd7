//! The stream protocol: what files, sockets and their like give to `read`, `write`, `readline`, `print(file=)`.

use ferlance_collections::TryVec;

use crate::hal::Errno;
use crate::obj::word::Obj;
use crate::runtime::{R, Raised, Runtime};

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

/// Writes all bytes to a stream object: one of the runtime's own, or any object with a `write` method.
pub fn write_all(rt: &mut Runtime, stream: Obj, bytes: &[u8]) -> R<()> {
    let native = crate::obj::class::native_base(stream).unwrap_or(stream);
    let Some(write) = native.ty().vt().stream.and_then(|stream| stream.write) else {
        if stream.is_ptr() && stream.ty().is_class() {
            let text = rt.new_str(bytes)?;
            rt.call_method(stream, ferlance_abi::qstr!("write"), &[text])?;
            return Ok(());
        }
        return Err(not_supported(rt));
    };
    let mut rest = bytes;
    while !rest.is_empty() {
        match write(rt, native, rest)? {
            Ok(0) => break,
            Ok(n) => rest = rest.get(n..).unwrap_or(&[]),
            Err(errno) => return Err(rt.os_error(errno)),
        }
    }
    Ok(())
}

/// Everything that is still to be read from a stream object.
///
/// # Errors
/// `OSError: stream operation not supported`; what the stream raises.
pub fn read_all(rt: &mut Runtime, stream: Obj) -> R<TryVec<u8>> {
    let native = crate::obj::class::native_base(stream).unwrap_or(stream);
    let Some(read) = native.ty().vt().stream.and_then(|stream| stream.read) else {
        return Err(not_supported(rt));
    };
    let mut all = TryVec::new();
    let mut chunk = [0; 256];
    loop {
        match read(rt, native, &mut chunk)? {
            Ok(0) => return Ok(all),
            Ok(n) => {
                if all
                    .extend_from_slice(chunk.get(..n).unwrap_or(&chunk))
                    .is_err()
                {
                    return Err(rt.no_memory(all.len()));
                }
            }
            Err(errno) => return Err(rt.os_error(errno)),
        }
    }
}

#[cold]
fn not_supported(rt: &mut Runtime) -> Raised {
    rt.raise_msg(&crate::exc::OS_ERROR, "stream operation not supported")
}
