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
    /// An empty buffer; the runtime's own, if nobody else has it just now.
    #[inline]
    pub fn take(rt: &mut Runtime) -> TextBuf {
        TextBuf {
            bytes: core::mem::take(&mut rt.state.text),
        }
    }

    /// Returns the memory for the next one who takes a buffer, unless it is much.
    #[inline]
    pub fn give_back(mut self, rt: &mut Runtime) {
        if self.bytes.capacity() <= crate::config::KEPT_TEXT {
            self.bytes.clear();
            rt.state.text = self.bytes;
        }
    }

    /// Ends as a `str`, or as `bytes`.
    pub fn into_object(self, rt: &mut Runtime, is_str: bool) -> R<Obj> {
        let made = if is_str {
            rt.new_str(&self.bytes)
        } else {
            crate::obj::bytes::new(rt, &self.bytes)
        };
        self.give_back(rt);
        made
    }

    /// The text so far.
    #[inline]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The text so far, to be changed.
    #[inline]
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    /// Appends bytes.
    #[inline]
    pub fn push_bytes(&mut self, rt: &mut Runtime, text: &[u8]) -> R<()> {
        self.reserve(rt, text.len())?;
        self.bytes.extend_from_slice(text);
        Ok(())
    }

    /// Appends `n` bytes `fill`.
    pub fn push_fill(&mut self, rt: &mut Runtime, fill: u8, n: usize) -> R<()> {
        self.reserve(rt, n)?;
        self.bytes.resize(self.bytes.len() + n, fill);
        Ok(())
    }

    /// Inserts `n` bytes `fill` at `at`.
    pub fn insert_fill(&mut self, rt: &mut Runtime, at: usize, fill: u8, n: usize) -> R<()> {
        let len = self.bytes.len();
        self.push_fill(rt, fill, n)?;
        self.bytes.copy_within(at..len, at + n);
        self.bytes[at..at + n].fill(fill);
        Ok(())
    }

    /// Cuts the text off.
    pub fn truncate(&mut self, len: usize) {
        self.bytes.truncate(len);
    }

    #[inline]
    fn reserve(&mut self, rt: &mut Runtime, n: usize) -> R<()> {
        if n <= self.bytes.capacity() - self.bytes.len() {
            return Ok(());
        }
        // Text that could never become an object is refused before the host is asked for it.
        let limit = rt.heap.capacity();
        if n > limit.saturating_sub(self.bytes.len()) || self.bytes.try_reserve(n).is_err() {
            return Err(rt.no_memory(n));
        }
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

/// A text in a message. `str` itself would bring the code for padding along.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Word<'a>(pub &'a str);

impl core::ops::Deref for Word<'_> {
    type Target = str;
    fn deref(&self) -> &str {
        self.0
    }
}

impl core::fmt::Display for Word<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.0)
    }
}

/// A character in a message, likewise: bytes above 127 are those of Latin-1.
#[derive(Clone, Copy)]
pub struct Letter(pub u8);

impl core::fmt::Display for Letter {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(char::from(self.0).encode_utf8(&mut [0; 2]))
    }
}

/// An integer in a message, likewise.
#[derive(Clone, Copy)]
pub struct Dec(pub isize);

impl core::fmt::Display for Dec {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let mut buf = [0; 24];
        f.write_str(core::str::from_utf8(crate::obj::int::decimal(self.0, &mut buf)).unwrap_or(""))
    }
}

/// An address in a message, in hexadecimal digits, likewise.
#[derive(Clone, Copy)]
pub struct Hex(pub usize);

impl core::fmt::Display for Hex {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let mut digits = usize::BITS / 4;
        while digits > 1 && self.0 >> (4 * digits - 4) == 0 {
            digits -= 1;
        }
        while digits > 0 {
            digits -= 1;
            let digit = (self.0 >> (4 * digits)) as u8 & 15;
            let letter = digit + if digit < 10 { b'0' } else { b'a' - 10 };
            Letter(letter).fmt(f)?;
        }
        Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::with_runtime;

    #[test]
    fn numbers_in_messages_are_as_core_writes_them() {
        let texts = |n: isize| {
            (
                alloc::format!("{}", Dec(n)),
                alloc::format!("{}", Hex(n as usize)),
            )
        };
        for n in [0, 1, 9, 10, 15, 16, 255, 4096, -1, isize::MAX, isize::MIN] {
            assert_eq!(texts(n), (alloc::format!("{n}"), alloc::format!("{n:x}")));
        }
        assert_eq!(alloc::format!("{}{}", Letter(b'a'), Letter(0xe9)), "aé");
    }

    #[test]
    fn text_in_small_pieces_stops_at_the_size_of_the_heap() {
        with_runtime(1 << 16, |rt| {
            let mut text = TextBuf::default();
            while text.push_bytes(rt, &[b'x'; 256]).is_ok() {
                assert!(text.bytes().len() < 1 << 18);
            }
            assert!(text.bytes().len() > 1 << 14);
        });
    }
}
