//! Where printed text goes.

use alloc::vec::Vec;

use crate::obj::word::Obj;
use crate::runtime::{R, Runtime};

/// A destination of text.
pub trait Print {
    /// Appends bytes.
    ///
    /// # Errors
    /// Out of memory, or the stream's write raised.
    fn write(&mut self, rt: &mut Runtime, text: &[u8]) -> R<()>;
}

/// Text collected in memory.
#[derive(Default)]
pub struct TextBuf {
    bytes: Vec<u8>,
}

impl TextBuf {
    /// The text so far.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Appends bytes.
    pub fn push_bytes(&mut self, rt: &mut Runtime, text: &[u8]) -> R<()> {
        if self.bytes.try_reserve(text.len()).is_err() {
            return Err(rt.no_memory(text.len()));
        }
        self.bytes.extend_from_slice(text);
        Ok(())
    }

    /// The text as a `str` object.
    pub fn into_str(self, rt: &mut Runtime) -> R<Obj> {
        rt.new_str(&self.bytes)
    }
}

impl Print for TextBuf {
    fn write(&mut self, rt: &mut Runtime, text: &[u8]) -> R<()> {
        self.push_bytes(rt, text)
    }
}

/// A bounded buffer for messages: what does not fit is cut off, at a character's end.
pub struct FmtBuf {
    bytes: [u8; 256],
    len: usize,
}

impl Default for FmtBuf {
    fn default() -> Self {
        FmtBuf {
            bytes: [0; 256],
            len: 0,
        }
    }
}

impl FmtBuf {
    /// The text so far.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

impl core::fmt::Write for FmtBuf {
    fn write_str(&mut self, s: &str) -> core::fmt::Result {
        let mut n = s.len().min(self.bytes.len() - self.len);
        while !s.is_char_boundary(n) {
            n -= 1;
        }
        self.bytes[self.len..self.len + n].copy_from_slice(&s.as_bytes()[..n]);
        self.len += n;
        Ok(())
    }
}

/// Formats through `core::fmt` into any destination; use sparingly, it costs flash.
pub fn write_fmt(rt: &mut Runtime, out: &mut dyn Print, text: core::fmt::Arguments<'_>) -> R<()> {
    let mut buf = FmtBuf::default();
    let _ = core::fmt::Write::write_fmt(&mut buf, text);
    out.write(rt, buf.bytes())
}

/// Standard output of the port.
pub struct Stdout;

impl Print for Stdout {
    fn write(&mut self, rt: &mut Runtime, text: &[u8]) -> R<()> {
        match rt.hal.console().write_out(text) {
            Ok(()) => Ok(()),
            Err(errno) => Err(rt.os_error(errno)),
        }
    }
}

/// Standard error of the port.
pub struct Stderr;

impl Print for Stderr {
    fn write(&mut self, rt: &mut Runtime, text: &[u8]) -> R<()> {
        match rt.hal.console().write_err(text) {
            Ok(()) => Ok(()),
            Err(errno) => Err(rt.os_error(errno)),
        }
    }
}
