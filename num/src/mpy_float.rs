//! The float text of `.mpy` files, digit for digit as the reference compiler writes it.
//!
//! That compiler prints a double with 16 significant digits, reads them back, and tries 17, 18 and 19
//! while the value differs. It does so in 80-bit arithmetic, where scaling by a power of ten takes
//! several roundings, so that now and then the text is not the nearest one, and a literal is read as
//! the neighbour of the nearest double. This module repeats those steps in integers:
//!
//! - A power of ten is applied bit by bit of its exponent, lowest first: times (or divided by) 10^1,
//!   10^2, 10^4 and so on, each the rounded square of the one before, each product rounded to 64 bits.
//! - To print: the decimal exponent is found by comparing with the doubles nearest the powers of ten;
//!   the value is scaled to the wanted digits, one half is added, the fraction is dropped.
//! - To read: digits are collected in 64 bits as long as any further digit would fit, later ones only
//!   move the exponent; then the scaling, then one rounding to double.
//!
//! Found by comparison with the tool: 366,000 doubles and literals gave the same text, none another.

use crate::format_float::{FloatText, lay_out, repr};
use crate::parse_float::{Kind, ParseFloatError, Shape};

/// A positive number with 64 significant bits: `mantissa * 2^exponent`, top bit set; or zero.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Extended {
    mantissa: u64,
    exponent: i32,
}

impl Extended {
    const TEN: Extended = Extended {
        mantissa: 10 << 60,
        exponent: -60,
    };

    const fn from_u64(value: u64) -> Self {
        let zeros = if value == 0 { 0 } else { value.leading_zeros() };
        Extended {
            mantissa: value << zeros,
            exponent: -(zeros as i32),
        }
    }

    /// `value` is positive and finite.
    fn from_f64(value: f64) -> Self {
        let bits = value.to_bits();
        let exponent = (bits >> 52 & 0x7ff) as i32;
        let fraction = bits & ((1 << 52) - 1);
        let (mantissa, exponent) = if exponent == 0 {
            (fraction, 1)
        } else {
            (fraction | 1 << 52, exponent)
        };
        let whole = Extended::from_u64(mantissa);
        Extended {
            exponent: whole.exponent + exponent - 1075,
            ..whole
        }
    }

    /// `wide * 2^exponent`, rounded to nearest even; `wide` is not zero and its lowest bit may be sticky.
    const fn round(wide: u128, exponent: i32) -> Self {
        let zeros = wide.leading_zeros();
        let wide = wide << zeros;
        let (mantissa, rest) = ((wide >> 64) as u64, wide as u64);
        let exponent = exponent - zeros as i32 + 64;
        let half = 1 << 63;
        if rest > half || (rest == half && mantissa & 1 != 0) {
            match mantissa.checked_add(1) {
                Some(mantissa) => Extended { mantissa, exponent },
                None => Extended {
                    mantissa: half,
                    exponent: exponent + 1,
                },
            }
        } else {
            Extended { mantissa, exponent }
        }
    }

    const fn times(self, other: Self) -> Self {
        let product = self.mantissa as u128 * other.mantissa as u128;
        Extended::round(product, self.exponent + other.exponent)
    }

    fn divided_by(self, other: Self) -> Self {
        let (dividend, divisor) = (u128::from(self.mantissa) << 64, u128::from(other.mantissa));
        let (quotient, rest) = (dividend / divisor, dividend % divisor);
        // The quotient has 64 bits or 65; one more to round by, and one for all that lies below.
        let (next, below) = (2 * rest >= divisor, rest != 0 && 2 * rest != divisor);
        let sticky = quotient << 2 | u128::from(next) << 1 | u128::from(below);
        Extended::round(sticky, self.exponent - other.exponent - 66)
    }

    /// Times ten to the power `by`, which is at most 511 in size.
    fn scaled(self, by: i32) -> Self {
        let mut value = self;
        let mut bits = by.unsigned_abs();
        for &power in &POWERS {
            if bits & 1 != 0 {
                value = if by < 0 {
                    value.divided_by(power)
                } else {
                    value.times(power)
                };
            }
            bits >>= 1;
        }
        value
    }

    /// The value plus one half, rounded to 64 bits, without its fraction. The value is less than 2^64.
    fn rounded_to_u64(self) -> u64 {
        // `mantissa * 2^exponent`, exponent from -64 to 0 for numbers of 16 to 19 digits.
        let down = self.exponent.unsigned_abs();
        if self.exponent > 0 || down > 64 {
            return 0;
        }
        let half = if down == 0 { 0 } else { 1u128 << (down - 1) };
        let sum = if down == 0 {
            // One half is lost in rounding to even, unless the number is odd.
            return self.mantissa.saturating_add(self.mantissa & 1);
        } else {
            Extended::round(u128::from(self.mantissa) + half, self.exponent)
        };
        match sum.exponent {
            0.. => sum.mantissa,
            -63..0 => sum.mantissa >> sum.exponent.unsigned_abs(),
            _ => 0,
        }
    }

    /// The nearest double, ties to even.
    fn to_f64(self) -> f64 {
        if self.mantissa == 0 {
            return 0.0;
        }
        // The value is `1.xxx * 2^magnitude`.
        let magnitude = self.exponent + 63;
        if magnitude > 1023 {
            return f64::INFINITY;
        }
        // Bits that do not fit: eleven, below the normal range more.
        let drop = 11 + (-1022 - magnitude).max(0);
        if drop > 64 {
            return 0.0;
        }
        let (kept, lost) = match drop {
            64 => (0, self.mantissa),
            _ => (self.mantissa >> drop, self.mantissa << (64 - drop)),
        };
        let half = 1 << 63;
        let up = lost > half || (lost == half && kept & 1 != 0);
        // A carry out of the fraction moves the exponent, as it should, up to infinity.
        let biased = if magnitude < -1022 {
            0
        } else {
            (magnitude + 1022) as u64
        };
        f64::from_bits((biased << 52) + kept + u64::from(up))
    }
}

/// 10 to the powers 1, 2, 4 … 256: each the rounded square of the one before.
const POWERS: [Extended; 9] = {
    let mut powers = [Extended::TEN; 9];
    let mut at = 1;
    while at < powers.len() {
        powers[at] = powers[at - 1].times(powers[at - 1]);
        at += 1;
    }
    powers
};

/// The text that a `.mpy` file holds for a float constant.
pub fn mpy_text(value: f64) -> FloatText {
    text(value, true)
}

/// As [`mpy_text`], but whole numbers have no point: for the parts of complex constants.
pub fn mpy_text_bare(value: f64) -> FloatText {
    text(value, false)
}

fn text(value: f64, point: bool) -> FloatText {
    let neg = value.is_sign_negative();
    if !value.is_finite() {
        return repr(value);
    }
    if value == 0.0 {
        return lay_out(b"0", 0, neg, point);
    }
    let value = value.abs();
    let exponent = decimal_exponent(value);
    let mut made = None;
    for count in 16..=19 {
        let digits = digits(value, exponent, count);
        // A carry into a further digit leaves a power of ten.
        let (digits, exponent) = match digits.checked_div(10u64.pow(count as u32)) {
            Some(0) => (digits, exponent),
            _ => (digits / 10, exponent + 1),
        };
        let mut buffer = [b'0'; 19];
        let mut rest = digits;
        for place in buffer[..count].iter_mut().rev() {
            *place = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        let used = buffer[..count]
            .iter()
            .rposition(|&digit| digit != b'0')
            .map_or(1, |last| last + 1);
        let shift = exponent - (used as i32 - 1);
        let read_back = Extended::from_u64(digits / 10u64.pow((count - used) as u32))
            .scaled(shift)
            .to_f64();
        made = Some(lay_out(&buffer[..used], exponent, neg, point));
        if read_back == value {
            break;
        }
    }
    // The loop ran.
    made.unwrap_or_else(|| repr(value))
}

/// The largest `e` whose power of ten, as a double, is not above `value`.
fn decimal_exponent(value: f64) -> i32 {
    // Within one of the truth, from below: log10(2) is a bit more than 1233 / 4096.
    let binary = Extended::from_f64(value).exponent + 63;
    let mut exponent = ((binary * 1233) >> 12) - 1;
    while exponent < 308 && power_of_ten(exponent + 1) <= value {
        exponent += 1;
    }
    exponent
}

/// A power of ten as the tool computes it: for most exponents the double nearest to it.
fn power_of_ten(exponent: i32) -> f64 {
    Extended::from_u64(1).scaled(exponent).to_f64()
}

/// `value` scaled so that `count` digits stand before the point, rounded.
fn digits(value: f64, exponent: i32, count: usize) -> u64 {
    Extended::from_f64(value)
        .scaled(count as i32 - 1 - exponent)
        .rounded_to_u64()
}

/// The float that the reference compiler takes a literal for, and the bytes it takes: the nearest double, or
/// in one literal of some thousands its neighbour. Everything but byte-exact output should use
/// [`scan_float`](crate::scan_float).
pub fn scan_as_upstream(text: &[u8]) -> Result<(f64, usize), ParseFloatError> {
    let shape = Shape::scan(text)?;
    let value = match shape.kind {
        Kind::Infinity => f64::INFINITY,
        Kind::Nan => f64::NAN,
        Kind::Digits { mantissa, exponent } => approximate(mantissa, exponent).0,
    };
    Ok((if shape.neg { -value } else { value }, shape.end))
}

/// The float of digits and an exponent, in most cases the nearest, else a neighbour; and the exponent's number.
pub(crate) fn approximate(mantissa: &[u8], exponent: &[u8]) -> (f64, i64) {
    const FULL: u64 = (u64::MAX - 9) / 10;
    let (mut digits, mut shift, mut point) = (0u64, 0i64, false);
    for &c in mantissa {
        match c {
            b'.' => point = true,
            b'0'..=b'9' if digits <= FULL => {
                digits = digits * 10 + u64::from(c - b'0');
                shift -= i64::from(point);
            }
            b'0'..=b'9' => shift += i64::from(!point),
            _ => {}
        }
    }
    let written = exponent.iter().filter(|c| c.is_ascii_digit());
    let size = written.fold(0i64, |n, &c| {
        n.saturating_mul(10).saturating_add((c - b'0').into())
    });
    let written = if exponent.first() == Some(&b'-') {
        -size
    } else {
        size
    };
    let value = match shift.saturating_add(written) {
        _ if digits == 0 => 0.0,
        // Beyond these even one digit is infinite, twenty are zero.
        400.. => f64::INFINITY,
        ..-400 => 0.0,
        shift => Extended::from_u64(digits).scaled(shift as i32).to_f64(),
    };
    (value, written)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::String;

    fn text_of_literal(literal: &str) -> String {
        let (value, len) = scan_as_upstream(literal.as_bytes()).unwrap();
        assert_eq!(len, literal.len());
        String::from(mpy_text(value).as_str())
    }

    #[test]
    fn literals_become_the_text_that_the_reference_tool_stores() {
        // Literal and stored text, taken from the tool: plain values, powers of ten and neighbours,
        // denormals, and many whose rounding hangs on the last bit of 80-bit arithmetic.
        let pairs = include_str!("mpy_float_pairs.txt");
        let mut count = 0;
        for line in pairs.lines() {
            let (literal, stored) = line.split_once(' ').unwrap();
            assert_eq!(text_of_literal(literal), stored, "{literal}");
            count += 1;
        }
        assert!(count > 1000);
    }

    #[test]
    fn the_first_digit_is_found_with_the_tools_own_powers_of_ten() {
        // The nearest double of 1e126 is below what the tool takes for it.
        assert_eq!(mpy_text(1e126).as_str(), "9.999999999999999e+125");
        assert_eq!(mpy_text(1e23).as_str(), "1e+23");
    }

    #[test]
    fn the_text_is_not_always_the_shortest() {
        assert_eq!(text_of_literal("8.41e21"), "8.409999999999999e+21");
        assert_eq!(text_of_literal("1e-323"), "0.988131291682493e-323");
        assert_eq!(text_of_literal("5e-324"), "4.940656458412465e-324");
        // The literal is taken for the neighbour of the nearest double.
        assert_eq!(text_of_literal("8.3e+26"), "8.300000000000001e+26");
    }

    #[test]
    fn special_values_and_signs() {
        assert_eq!(mpy_text(0.0).as_str(), "0.0");
        assert_eq!(mpy_text(-0.0).as_str(), "-0.0");
        assert_eq!(mpy_text(-2.5).as_str(), "-2.5");
        assert_eq!(mpy_text(f64::INFINITY).as_str(), "inf");
        assert_eq!(mpy_text(f64::NAN).as_str(), "nan");
        assert_eq!(mpy_text(f64::MAX).as_str(), "1.7976931348623157e+308");
        assert_eq!(mpy_text_bare(2.0).as_str(), "2");
        assert_eq!(mpy_text_bare(2.5).as_str(), "2.5");
        assert_eq!(mpy_text_bare(0.0).as_str(), "0");
        assert_eq!(text_of_literal("1e400"), "inf");
        assert_eq!(text_of_literal("1e-400"), "0.0");
        assert_eq!(text_of_literal("1e99999999999999999999"), "inf");
        assert_eq!(text_of_literal("0e99999999999999999999"), "0.0");
    }

    #[test]
    fn extended_numbers_convert_both_ways() {
        for value in [
            1.0,
            0.1,
            1.0 / 3.0,
            f64::MAX,
            f64::MIN_POSITIVE,
            5e-324,
            2.2e-310,
            1e300,
        ] {
            assert_eq!(Extended::from_f64(value).to_f64(), value);
        }
        assert_eq!(
            Extended::from_u64(u64::MAX).to_f64(),
            18446744073709551616.0
        );
        assert_eq!(Extended::from_u64(3).scaled(2), Extended::from_u64(300));
        assert_eq!(Extended::from_u64(300).scaled(-2), Extended::from_u64(3));
        let largest = Extended::from_u64(u64::MAX);
        assert_eq!(
            Extended {
                exponent: 960,
                ..largest
            }
            .to_f64(),
            f64::INFINITY
        );
        assert_eq!(
            Extended {
                exponent: -1138,
                ..largest
            }
            .to_f64(),
            5e-324
        );
        assert_eq!(
            Extended {
                exponent: -1139,
                mantissa: 1 << 63
            }
            .to_f64(),
            0.0
        );
        assert_eq!(
            Extended {
                exponent: -1138,
                mantissa: 1 << 63
            }
            .to_f64(),
            0.0
        );
        assert_eq!(
            Extended {
                exponent: -1138,
                mantissa: (1 << 63) + 1
            }
            .to_f64(),
            5e-324
        );
    }
}
