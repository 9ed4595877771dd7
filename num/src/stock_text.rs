//! Floats to the text that stock compilers store in `.mpy` files.
//!
//! It is not the shortest: 16 digits, zeros at the end dropped; if that does not read back equal, 17, then up
//! to 19. The double nearest a power of ten is always written as that power. Stock tools compute this in extended
//! precision and differ from exact arithmetic in the last digit of about one double in two thousand; we are exact.

use core::fmt::Write;

use crate::format_float::{FloatText, lay_out, repr};
use crate::parse_float::parse_float;

/// The text of `value`; `point` forces `.0` on whole numbers (complex literals have none).
pub fn stock_text(value: f64, point: bool) -> FloatText {
    if !value.is_finite() {
        return repr(value);
    }
    let negative = value.is_sign_negative();
    let magnitude = value.abs();
    let (mut digits, mut count, mut exponent) = ([b'0'; 24], 1, 0);
    for wanted in 16..=19 {
        (digits, count, exponent) = rounded(magnitude, wanted);
        if count == 1 || reads_back(magnitude, digits.get(..count).unwrap_or(&[]), exponent) {
            break;
        }
    }
    // The next power of ten, if this is the double nearest to it.
    if digits
        .get(..count)
        .is_some_and(|d| d.first() == Some(&b'9'))
        && reads_back(magnitude, b"1", exponent.saturating_add(1))
    {
        (digits[0], count, exponent) = (b'1', 1, exponent + 1);
    } else if reads_back(magnitude, b"1", exponent) {
        (digits[0], count) = (b'1', 1);
    }
    lay_out(
        digits.get(..count).unwrap_or(&[]),
        exponent,
        negative,
        point,
    )
}

/// The first `wanted` significant digits, without zeros at the end, and the decimal exponent of the first.
fn rounded(magnitude: f64, wanted: usize) -> ([u8; 24], usize, i32) {
    let mut text = FloatText::empty();
    // At most 19 digits, a point and an exponent: it fits, and this sink never fails.
    let _ = write!(text, "{magnitude:.places$e}", places = wanted - 1);
    let (mantissa, exponent) = text.split_once('e').unwrap_or(("0", "0"));
    let mut digits = [b'0'; 24];
    let mut count = 0;
    for digit in mantissa.bytes().filter(u8::is_ascii_digit) {
        if let Some(slot) = digits.get_mut(count) {
            *slot = digit;
            count += 1;
        }
    }
    while count > 1 && digits.get(count - 1) == Some(&b'0') {
        count -= 1;
    }
    (digits, count, exponent.parse().unwrap_or(0))
}

fn reads_back(magnitude: f64, digits: &[u8], exponent: i32) -> bool {
    let mut text = FloatText::empty();
    let (first, rest) = digits.split_first().unwrap_or((&b'0', &[]));
    // As above.
    let _ = write!(text, "{}.", char::from(*first));
    for digit in rest {
        let _ = text.write_char(char::from(*digit));
    }
    let _ = write!(text, "e{exponent}");
    parse_float::<f64>(text.as_bytes()) == Ok(magnitude)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: f64) -> String {
        stock_text(value, true).as_str().into()
    }
    use alloc::string::String;

    #[test]
    fn sixteen_digits_are_enough_or_more_are_taken() {
        assert_eq!(text(8.41e21), "8.409999999999999e+21");
        assert_eq!(text(123456789012345678.0), "1.2345678901234568e+17");
        assert_eq!(text(0.1), "0.1");
        assert_eq!(text(1e15), "1000000000000000.0");
        assert_eq!(text(-1e-5), "-1e-05");
        assert_eq!(text(5e-324), "4.940656458412465e-324");
        assert_eq!(text(0.0), "0.0");
        assert_eq!(text(f64::INFINITY), "inf");
    }

    #[test]
    fn powers_of_ten_look_like_it() {
        assert_eq!(text(1e23), "1e+23");
        assert_eq!(text(9.999999999999999e22), "1e+23");
        assert_eq!(text(1e22), "1e+22");
    }

    #[test]
    fn imaginary_parts_need_no_point() {
        assert_eq!(stock_text(2.0, false).as_str(), "2");
        assert_eq!(stock_text(2.5, false).as_str(), "2.5");
    }
}
