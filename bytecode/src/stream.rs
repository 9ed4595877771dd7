//! A cursor over instruction bytes.
//!
//! The interpreter's loop has its own, which trusts the verifier; this one checks where the bytes end.

/// The bytes ended in the middle of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EndOfBytes;

/// A place in instruction bytes.
#[derive(Debug, Clone, Copy)]
pub struct Stream<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Stream<'a> {
    /// At offset `at` of `bytes`.
    #[inline]
    pub const fn new(bytes: &'a [u8], at: usize) -> Stream<'a> {
        Stream { bytes, at }
    }

    /// Offset of the next byte from the first instruction.
    #[inline]
    pub const fn offset(&self) -> usize {
        self.at
    }

    /// The next byte.
    #[inline]
    pub fn byte(&mut self) -> Result<u8, EndOfBytes> {
        let byte = *self.bytes.get(self.at).ok_or(EndOfBytes)?;
        self.at += 1;
        Ok(byte)
    }

    /// A number. Bits beyond 64 are lost.
    #[inline]
    pub fn uint(&mut self) -> Result<u64, EndOfBytes> {
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
    pub fn sint(&mut self) -> Result<i64, EndOfBytes> {
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
    pub fn signed_offset(&mut self) -> Result<i32, EndOfBytes> {
        let low = self.byte()?;
        if low & 0x80 == 0 {
            return Ok(low as i32 - 64);
        }
        let high = self.byte()?;
        Ok(((low & 0x7f) as i32 | (high as i32) << 7) - 16384)
    }

    /// A forward jump offset, relative to the byte behind it.
    #[inline]
    pub fn unsigned_offset(&mut self) -> Result<i32, EndOfBytes> {
        let low = self.byte()?;
        if low & 0x80 == 0 {
            return Ok(low as i32);
        }
        let high = self.byte()?;
        Ok((low & 0x7f) as i32 | (high as i32) << 7)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_offsets_are_read_as_the_manual_says() {
        let bytes = [
            0x7f, 0x81, 0x00, 0x40, 0xff, 0x3f, 0x3f, 0x80, 0x40, 0x00, 0xff, 0xff, 0x05,
        ];
        let mut stream = Stream::new(&bytes, 0);
        assert_eq!(stream.uint(), Ok(127));
        assert_eq!(stream.uint(), Ok(128));
        assert_eq!(stream.sint(), Ok(-64));
        assert_eq!(stream.sint(), Ok(-65));
        assert_eq!(stream.sint(), Ok(63));
        assert_eq!(stream.signed_offset(), Ok((0x40 << 7) - 16384));
        assert_eq!(stream.signed_offset(), Ok(-64));
        assert_eq!(stream.unsigned_offset(), Ok(32767));
        assert_eq!(stream.byte(), Ok(5));
        assert_eq!(stream.offset(), bytes.len());
        assert_eq!(stream.byte(), Err(EndOfBytes));
    }
}
