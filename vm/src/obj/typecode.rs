//! Items of `array`, `memoryview` and `struct`: machine values by type code.

use super::int;
use super::word::Obj;
use crate::obj::float;
use crate::runtime::{R, Runtime};

const WORD: usize = size_of::<usize>();

/// Bytes and alignment of an item in native layout; `None` for a letter that is no type code.
pub fn native_size(code: u8) -> Option<(usize, usize)> {
    Some(match code {
        1 | b'b' | b'B' => (1, 1),
        b'h' | b'H' | b'e' => (2, 2),
        b'i' | b'I' | b'f' => (4, 4),
        b'l' | b'L' => (WORD, WORD),
        b'q' | b'Q' | b'd' => (8, 8),
        b'P' | b'O' | b'S' => (WORD, WORD),
        _ => return None,
    })
}

/// Bytes of an item in standard layout.
pub fn standard_size(code: u8) -> Option<usize> {
    match code {
        b'l' | b'L' => Some(4),
        _ => native_size(code).map(|(size, _)| size),
    }
}

/// Whether a type code stands for signed integers.
fn is_signed(code: u8) -> bool {
    matches!(code, b'b' | b'h' | b'i' | b'l' | b'q')
}

/// The item that `bytes` (at most 8) hold, most significant byte first if `big`.
pub fn load(rt: &mut Runtime, code: u8, bytes: &[u8], big: bool) -> R<Obj> {
    let mut raw = [0u8; 8];
    for (i, byte) in bytes.iter().enumerate() {
        let at = if big { bytes.len() - 1 - i } else { i };
        if let Some(slot) = raw.get_mut(at) {
            *slot = *byte;
        }
    }
    let value = u64::from_le_bytes(raw);
    match code {
        b'f' => return float::new(rt, f64::from(f32::from_bits(value as u32))),
        b'd' => return float::new(rt, f64::from_bits(value)),
        b'e' => return float::new(rt, half_to_float(value as u16)),
        _ => {}
    }
    if is_signed(code) {
        let shift = 64 - 8 * bytes.len().clamp(1, 8) as u32;
        return int::from_i64(rt, (value << shift) as i64 >> shift);
    }
    match isize::try_from(value).ok().and_then(Obj::small) {
        Some(small) => Ok(small),
        None => int::from_u64(rt, value),
    }
}

/// The bytes of an item, least significant first: integers are cut to their low bits.
///
/// # Errors
/// `TypeError: can't convert T to int` (or float).
pub fn to_bytes(rt: &mut Runtime, code: u8, value: Obj) -> R<[u8; 8]> {
    let bits = match code {
        b'f' => u64::from((rt.float(value)? as f32).to_bits()),
        b'd' => rt.float(value)?.to_bits(),
        b'e' => u64::from(float_to_half(rt.float(value)?)),
        _ => low_bits(rt, value)?,
    };
    Ok(bits.to_le_bytes())
}

/// The low 64 bits of an integer.
pub fn low_bits(rt: &mut Runtime, value: Obj) -> R<u64> {
    if let Some(value) = value.as_small() {
        return Ok(value as i64 as u64);
    }
    let plain = super::class::unwrap_native(value);
    match int::value(plain) {
        Some(value) => Ok(value.as_ref().to_u64_wrapping()),
        None => Ok(rt.int(value)? as i64 as u64),
    }
}

/// Half precision to double.
fn half_to_float(half: u16) -> f64 {
    let (exponent, fraction) = (half >> 10 & 0x1f, half & 0x3ff);
    let size = match exponent {
        0 => f64::from(fraction) / f64::from(1u32 << 24),
        0x1f if fraction == 0 => f64::INFINITY,
        0x1f => f64::NAN,
        _ => {
            let bits = (u64::from(exponent) + 1023 - 15) << 52 | u64::from(fraction) << 42;
            f64::from_bits(bits)
        }
    };
    if half & 0x8000 != 0 { -size } else { size }
}

/// Double to half precision, rounded half to even; too large becomes infinite.
fn float_to_half(value: f64) -> u16 {
    let sign = if value.is_sign_negative() { 0x8000 } else { 0 };
    let size = value.abs();
    if size.is_nan() {
        return sign | 0x7e00;
    }
    if size >= 65520.0 {
        return sign | 0x7c00;
    }
    // In units of the last place: that of the smallest normal number below it.
    let exponent = (size.to_bits() >> 52) as i32 - 1023;
    let exponent = exponent.max(-14);
    let units = size * f64::from_bits(((1023 + 10 - exponent) as u64) << 52);
    let floor = units as u32;
    let rest = units - f64::from(floor);
    let up = rest > 0.5 || (rest == 0.5 && floor & 1 == 1);
    let units = floor + u32::from(up);
    // A carry out of the fraction runs into the exponent, as it should.
    sign | (((exponent + 14) as u32) << 10).wrapping_add(units) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_half_comes_back() {
        for half in 0..=u16::MAX {
            let value = half_to_float(half);
            if !value.is_nan() {
                assert_eq!(float_to_half(value), half);
            }
        }
        assert_eq!(float_to_half(65519.0), 0x7bff);
        assert_eq!(float_to_half(1e9), 0x7c00);
        assert_eq!(float_to_half(1.0 + 1.0 / 2048.0), 0x3c00);
    }
}
