//! Cursors over instruction bytes: checked, and unchecked for the interpreter's loop.
//!
//! This is the crate's only file with `unsafe`. [`Unchecked`] reads through a raw pointer; what makes that sound is
//! the verifier, which has followed the same bytes with the same formats beforehand.
#![allow(unsafe_code)]

use core::convert::Infallible;

/// Something instruction bytes can be read from.
pub trait Stream {
    /// What can go wrong: nothing for unchecked streams.
    type Error;

    /// The next byte.
    fn byte(&mut self) -> Result<u8, Self::Error>;

    /// Offset of the next byte from the first instruction.
    fn offset(&self) -> usize;

    /// A number. Bits beyond 64 are lost.
    #[inline]
    fn uint(&mut self) -> Result<u64, Self::Error> {
        let mut value = 0u64;
        loop {
            let byte = self.byte()?;
            value = value << 7 | (byte & 0x7f) as u64;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
    }

    /// A signed number. Bits beyond 64 are lost.
    #[inline]
    fn sint(&mut self) -> Result<i64, Self::Error> {
        let mut byte = self.byte()?;
        let mut value = if byte & 0x40 == 0 { 0i64 } else { -1 };
        loop {
            value = value << 7 | (byte & 0x7f) as i64;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
            byte = self.byte()?;
        }
    }

    /// A jump offset in both directions, relative to the byte behind it.
    #[inline]
    fn signed_offset(&mut self) -> Result<i32, Self::Error> {
        let low = self.byte()?;
        if low & 0x80 == 0 {
            return Ok(low as i32 - 64);
        }
        let high = self.byte()?;
        Ok(((low & 0x7f) as i32 | (high as i32) << 7) - 16384)
    }

    /// A forward jump offset, relative to the byte behind it.
    #[inline]
    fn unsigned_offset(&mut self) -> Result<i32, Self::Error> {
        let low = self.byte()?;
        if low & 0x80 == 0 {
            return Ok(low as i32);
        }
        let high = self.byte()?;
        Ok((low & 0x7f) as i32 | (high as i32) << 7)
    }
}

/// The bytes ended in the middle of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EndOfBytes;

/// A cursor that knows where the bytes end.
#[derive(Debug, Clone, Copy)]
pub struct Checked<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Checked<'a> {
    /// At offset `at` of `bytes`.
    #[inline]
    pub const fn new(bytes: &'a [u8], at: usize) -> Checked<'a> {
        Checked { bytes, at }
    }

    /// Is nothing left?
    #[inline]
    pub fn is_at_end(&self) -> bool {
        self.at >= self.bytes.len()
    }
}

impl Stream for Checked<'_> {
    type Error = EndOfBytes;

    #[inline]
    fn byte(&mut self) -> Result<u8, EndOfBytes> {
        let byte = *self.bytes.get(self.at).ok_or(EndOfBytes)?;
        self.at += 1;
        Ok(byte)
    }

    #[inline]
    fn offset(&self) -> usize {
        self.at
    }
}

/// A cursor that is a bare pointer: two words, no checks.
///
/// Making one is the unsafe step; it carries the promise for all later reads.
#[derive(Debug, Clone, Copy)]
pub struct Unchecked {
    start: *const u8,
    next: *const u8,
}

impl Unchecked {
    /// At byte `offset` of the instructions that begin at `start`.
    ///
    /// # Safety
    /// The instructions were verified, stay where they are and unchanged while the cursor is used, and `offset` is that of an
    /// instruction. The caller reads whole instructions in the formats of `Format::of`, and goes to offsets that a
    /// verified instruction jumps to.
    #[inline(always)]
    pub const unsafe fn new(start: *const u8, offset: usize) -> Unchecked {
        // SAFETY: the caller says that `offset` is that of an instruction, so inside the same bytes.
        Unchecked {
            start,
            next: unsafe { start.add(offset) },
        }
    }

    /// The next byte.
    #[inline(always)]
    pub fn next_byte(&mut self) -> u8 {
        // SAFETY: by `new`'s contract the cursor stands inside an instruction of bytes that are alive, and verified
        // code ends with a whole instruction that does not fall through.
        unsafe {
            let byte = self.next.read();
            self.next = self.next.add(1);
            byte
        }
    }

    /// A number of at most 32 bits, as all operands of verified code but small ints are.
    #[inline(always)]
    pub fn next_uint(&mut self) -> u32 {
        let byte = self.next_byte();
        if byte & 0x80 == 0 {
            return byte as u32;
        }
        self.long_uint(byte)
    }

    #[inline(never)]
    fn long_uint(&mut self, first: u8) -> u32 {
        let mut value = (first & 0x7f) as u32;
        loop {
            let byte = self.next_byte();
            value = value << 7 | (byte & 0x7f) as u32;
            if byte & 0x80 == 0 {
                return value;
            }
        }
    }

    /// Goes to `distance` bytes from here.
    #[inline(always)]
    pub fn jump(&mut self, distance: i32) {
        // SAFETY: by `new`'s contract the target is a verified instruction of the same bytes.
        self.next = unsafe { self.next.offset(distance as isize) };
    }

    /// The pointer to the next byte.
    #[inline(always)]
    pub const fn as_ptr(&self) -> *const u8 {
        self.next
    }
}

impl Stream for Unchecked {
    type Error = Infallible;

    #[inline(always)]
    fn byte(&mut self) -> Result<u8, Infallible> {
        Ok(self.next_byte())
    }

    #[inline(always)]
    fn offset(&self) -> usize {
        self.next.addr() - self.start.addr()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_cursors_read_the_same() {
        let bytes = [
            0x7f, 0x81, 0x00, 0x40, 0xff, 0x3f, 0x3f, 0x80, 0x40, 0x00, 0xff, 0xff, 0x05,
        ];
        let mut checked = Checked::new(&bytes, 0);
        // SAFETY: the reads below are those of the checked cursor, which stay inside the array.
        let mut unchecked = unsafe { Unchecked::new(bytes.as_ptr(), 0) };
        macro_rules! both {
            ($read:ident) => {{
                let (Ok(a), Ok(b)) = (checked.$read(), unchecked.$read()) else {
                    panic!("end")
                };
                assert_eq!(a, b);
                assert_eq!(checked.offset(), unchecked.offset());
                a
            }};
        }
        assert_eq!(both!(uint), 127);
        assert_eq!(both!(uint), 128);
        assert_eq!(both!(sint), -64);
        assert_eq!(both!(sint), -65);
        assert_eq!(both!(sint), 63);
        assert_eq!(both!(signed_offset), (0x40 << 7) - 16384);
        assert_eq!(both!(signed_offset), -64);
        assert_eq!(both!(unsigned_offset), 32767);
        assert_eq!(both!(byte), 5);
        assert_eq!(checked.byte(), Err(EndOfBytes));
    }
}
