//! Escapes in literals: what stands behind a backslash.

use ferlance_collections::{OutOfMemory, TryVec};

use super::Stop;

/// What an escape gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Escape {
    /// How many bytes behind the backslash it takes.
    pub(super) taken: usize,
    /// Whether it is one; the literal is none otherwise, but is read to its end.
    pub(super) valid: bool,
}

/// Reads the escape whose backslash stands before `rest`, which is not empty and begins with no line end. What it stands
/// for goes to `out`.
pub(super) fn read(rest: &[u8], bytes: bool, out: &mut TryVec<u8>) -> Result<Escape, Stop> {
    let first = rest.first().copied().unwrap_or(b'\\');
    let plain = match first {
        b'\\' | b'\'' | b'"' => first,
        b'a' => 7,
        b'b' => 8,
        b't' => 9,
        b'n' => 10,
        b'v' => 11,
        b'f' => 12,
        b'r' => 13,
        b'0'..=b'7' => return octal(rest, bytes, out),
        b'x' => return hex(rest, 2, bytes, out),
        b'u' if !bytes => return hex(rest, 4, bytes, out),
        b'U' if !bytes => return hex(rest, 8, bytes, out),
        b'N' => return Err(Stop::UnicodeName),
        // Not an escape: both bytes stay.
        _ => return both(first, bytes, out),
    };
    out.push(plain)?;
    Ok(Escape {
        taken: 1,
        valid: true,
    })
}

/// A backslash and the byte behind it. Upstream takes that for a code point, also where it begins a longer one.
pub(super) fn both(byte: u8, bytes: bool, out: &mut TryVec<u8>) -> Result<Escape, Stop> {
    out.push(b'\\')?;
    Ok(Escape {
        taken: 1,
        valid: push_code_point(u32::from(byte), bytes, out)?,
    })
}

/// Up to three octal digits.
fn octal(rest: &[u8], bytes: bool, out: &mut TryVec<u8>) -> Result<Escape, Stop> {
    let digits = rest.iter().take(3).take_while(|b| matches!(b, b'0'..=b'7'));
    let (mut value, mut taken) = (0, 0);
    for digit in digits {
        value = value * 8 + u32::from(digit - b'0');
        taken += 1;
    }
    Ok(Escape {
        taken,
        valid: push_code_point(value, bytes, out)?,
    })
}

/// A letter and exactly `count` hexadecimal digits, at most eight. What stands where a digit is missing is passed with
/// them, also a quote.
fn hex(rest: &[u8], count: usize, bytes: bool, out: &mut TryVec<u8>) -> Result<Escape, Stop> {
    let mut value = 0u32;
    for (n, &byte) in rest.iter().enumerate().skip(1).take(count) {
        let Some(digit) = (byte as char).to_digit(16) else {
            return Ok(Escape {
                taken: n + 1,
                valid: false,
            });
        };
        value = value << 4 | digit;
    }
    let valid = rest.len() > count && push_code_point(value, bytes, out)?;
    Ok(Escape {
        taken: rest.len().min(count + 1),
        valid,
    })
}

/// Adds a byte, or a code point as UTF-8; surrogates are taken for what they are. False if there is none such.
fn push_code_point(value: u32, bytes: bool, out: &mut TryVec<u8>) -> Result<bool, OutOfMemory> {
    let low = |shift: u32| 0x80 | (value >> shift & 0x3f) as u8;
    match value {
        _ if bytes => match u8::try_from(value) {
            Ok(byte) => out.push(byte)?,
            Err(_) => return Ok(false),
        },
        0..0x80 => out.push(value as u8)?,
        0x80..0x800 => out.extend_from_slice(&[0xc0 | (value >> 6) as u8, low(0)])?,
        0x800..0x1_0000 => {
            out.extend_from_slice(&[0xe0 | (value >> 12) as u8, low(6), low(0)])?;
        }
        0x1_0000..0x11_0000 => {
            out.extend_from_slice(&[0xf0 | (value >> 18) as u8, low(12), low(6), low(0)])?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}
