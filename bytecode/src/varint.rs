//! Numbers in seven-bit groups, most significant group first; bit 7 means "more".
//!
//! Unsigned: the shortest form; readers accept leading `80` bytes. Signed (one opcode only): bit 6 of the first
//! byte is the sign, the value is extended from there.
use ferlance_collections::{OutOfMemory, TryVec};

/// Most bytes of a 64-bit number.
pub const MAX_BYTES: usize = 10;

/// Appends `value`.
#[inline]
pub fn write_uint(out: &mut TryVec<u8>, value: u64) -> Result<(), OutOfMemory> {
    if value < 0x80 {
        return out.push(value as u8);
    }
    write_groups(out, value, groups(value), 0)
}

/// Appends `value` in the shortest form whose first byte has the right sign bit.
#[inline]
pub fn write_sint(out: &mut TryVec<u8>, value: i64) -> Result<(), OutOfMemory> {
    let mut count = 1;
    // Enough groups when shifting all but one sign bit away leaves only signs.
    while count < MAX_BYTES && !matches!(value >> (7 * count - 1).min(63), 0 | -1) {
        count += 1;
    }
    let sign = (value >> 63) as u64;
    write_groups(out, value as u64, count, sign << 57)
}

/// How many bytes `value` takes.
#[inline]
pub const fn uint_len(value: u64) -> usize {
    groups(value)
}

const fn groups(value: u64) -> usize {
    let bits = 64 - value.leading_zeros() as usize;
    if bits == 0 { 1 } else { bits.div_ceil(7) }
}

/// `fill` is what is shifted in from above.
fn write_groups(
    out: &mut TryVec<u8>,
    value: u64,
    count: usize,
    fill: u64,
) -> Result<(), OutOfMemory> {
    let mut bytes = [0u8; MAX_BYTES];
    let mut rest = value;
    for (i, byte) in bytes.iter_mut().take(count).rev().enumerate() {
        *byte = rest as u8 & 0x7f | if i == 0 { 0 } else { 0x80 };
        rest = rest >> 7 | fill;
    }
    out.extend_from_slice(bytes.get(..count).unwrap_or(&[]))
}

/// Reads a number from the front of `bytes`; gives it and how many bytes it took.
///
/// `None` if the bytes end first or if the number does not fit 64 bits.
#[inline]
pub fn read_uint(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut value = 0u64;
    for (i, byte) in bytes.iter().enumerate() {
        if value >> 57 != 0 {
            return None;
        }
        value = value << 7 | (byte & 0x7f) as u64;
        if byte & 0x80 == 0 {
            return Some((value, i + 1));
        }
    }
    None
}

/// Reads a signed number from the front of `bytes`; gives it and how many bytes it took.
///
/// `None` if the bytes end first or if the number does not fit 64 bits.
pub fn read_sint(bytes: &[u8]) -> Option<(i64, usize)> {
    let mut value = if bytes.first()? & 0x40 == 0 { 0i64 } else { -1 };
    for (i, byte) in bytes.iter().enumerate() {
        if !matches!(value >> 56, 0 | -1) {
            return None;
        }
        value = value << 7 | (byte & 0x7f) as i64;
        if byte & 0x80 == 0 {
            return Some((value, i + 1));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uint(value: u64) -> TryVec<u8> {
        let mut out = TryVec::new();
        write_uint(&mut out, value).unwrap();
        out
    }

    fn sint(value: i64) -> TryVec<u8> {
        let mut out = TryVec::new();
        write_sint(&mut out, value).unwrap();
        out
    }

    #[test]
    fn examples_of_the_manual() {
        assert_eq!(uint(0), [0]);
        assert_eq!(uint(127), [0x7f]);
        assert_eq!(uint(128), [0x81, 0]);
        assert_eq!(uint(16383), [0xff, 0x7f]);
        assert_eq!(uint(16384), [0x81, 0x80, 0]);
        assert_eq!(sint(63), [0x3f]);
        assert_eq!(sint(64), [0x80, 0x40]);
        assert_eq!(sint(-64), [0x40]);
        assert_eq!(sint(-65), [0xff, 0x3f]);
    }

    #[test]
    fn reading_undoes_writing() {
        for shift in 0..64 {
            for value in [1u64 << shift, (1 << shift) - 1, !(1 << shift)] {
                let bytes = uint(value);
                assert_eq!(read_uint(&bytes), Some((value, bytes.len())));
                assert_eq!(uint_len(value), bytes.len());
                for value in [value as i64, (value as i64).wrapping_neg()] {
                    let bytes = sint(value);
                    assert_eq!(read_sint(&bytes), Some((value, bytes.len())), "{value}");
                }
            }
        }
    }

    #[test]
    fn cut_and_oversized_numbers_are_refused() {
        assert_eq!(read_uint(&[]), None);
        assert_eq!(read_uint(&[0x81]), None);
        assert_eq!(read_uint(&[0x80, 0x80, 0x05]), Some((5, 3)));
        assert_eq!(read_uint(&[0xff; 11]), None);
        assert_eq!(
            read_sint(&[
                0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0
            ]),
            None
        );
    }
}
