//! Floats to text: the shortest that reads back equal, and C's `%e`, `%f`, `%g`.
//!
//! Digits come from the core library or, in small builds, from long division; both are exact at any length and round
//! half to even where the decimal expansion ends there. This module lays them out.

use core::fmt::{self, Write};
use core::ops::Deref;

use ferlance_collections::{OutOfMemory, TryVec};

#[cfg(feature = "small")]
use crate::exact_float;

/// A double has no more decimal places than this, so that more digits asked for are zeros.
const MOST_PLACES: usize = 1074;

/// Text of limited length on the stack.
#[derive(Clone, Copy)]
pub struct FloatText {
    bytes: [u8; FloatText::ROOM],
    len: u8,
}

impl FloatText {
    const ROOM: usize = 32;

    pub(crate) const EMPTY: FloatText = FloatText {
        bytes: [0; FloatText::ROOM],
        len: 0,
    };

    /// The text.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len as usize).unwrap_or(&[])
    }

    /// The text.
    #[inline]
    pub fn as_str(&self) -> &str {
        // Only ASCII is ever put in.
        core::str::from_utf8(self.as_bytes()).unwrap_or("")
    }

    /// Appends what fits. The forms written here have at most 26 characters.
    #[inline]
    pub(crate) fn put(&mut self, text: &[u8]) {
        let start = self.len as usize;
        if let Some(room) = self.bytes.get_mut(start..start + text.len()) {
            room.copy_from_slice(text);
            self.len += text.len() as u8;
        }
    }

    fn put_zeros(&mut self, count: usize) {
        self.put(&[b'0'; FloatText::ROOM][..count.min(FloatText::ROOM)]);
    }
}

impl Deref for FloatText {
    type Target = str;
    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl Write for FloatText {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.put(text.as_bytes());
        Ok(())
    }
}

impl fmt::Debug for FloatText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

impl fmt::Display for FloatText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The text of `repr(value)`: shortest, with a point or an exponent.
pub fn repr(value: f64) -> FloatText {
    shortest_f64(value, true)
}

/// The text of `repr(value)` in single precision.
pub fn repr_f32(value: f32) -> FloatText {
    shortest_f32(value, true)
}

/// As [`repr`], but whole numbers have no point: `2`, `2.5`, `1e+16`. For the parts of complex numbers.
pub fn repr_bare(value: f64) -> FloatText {
    shortest_f64(value, false)
}

/// As [`repr_bare`] in single precision.
pub fn repr_bare_f32(value: f32) -> FloatText {
    shortest_f32(value, false)
}

#[cfg(feature = "small")]
fn shortest_f64(value: f64, point: bool) -> FloatText {
    let neg = value.is_sign_negative();
    if !value.is_finite() {
        return not_finite(value.is_nan(), neg);
    }
    let bits = value.abs().to_bits();
    let (digits, count, exponent) = exact_float::shortest(bits, exact_float::Layout::F64);
    lay_out(&digits[..count], exponent, neg, point)
}

#[cfg(feature = "small")]
fn shortest_f32(value: f32, point: bool) -> FloatText {
    let neg = value.is_sign_negative();
    if !value.is_finite() {
        return not_finite(value.is_nan(), neg);
    }
    let bits = value.abs().to_bits().into();
    let (digits, count, exponent) = exact_float::shortest(bits, exact_float::Layout::F32);
    lay_out(&digits[..count], exponent, neg, point)
}

#[cfg(not(feature = "small"))]
fn shortest_f64(value: f64, point: bool) -> FloatText {
    shortest(value, value.is_sign_negative(), value.is_finite(), point)
}

#[cfg(not(feature = "small"))]
fn shortest_f32(value: f32, point: bool) -> FloatText {
    shortest(value, value.is_sign_negative(), value.is_finite(), point)
}

#[cfg(not(feature = "small"))]
fn shortest(value: impl fmt::LowerExp, neg: bool, finite: bool, point: bool) -> FloatText {
    let mut raw = FloatText::EMPTY;
    // `d.ddde±x`, `inf`, `NaN`; this sink never fails.
    let _ = write!(raw, "{value:e}");
    if !finite {
        return not_finite(raw.as_bytes() == b"NaN", neg);
    }
    let raw = raw.as_bytes();
    let raw = raw.strip_prefix(b"-").unwrap_or(raw);
    let (mantissa, exponent) = split_exponent(raw);
    let (mut digits, mut count) = ([0; FloatText::ROOM], 0);
    for &c in mantissa {
        if c != b'.' {
            digits[count] = c;
            count += 1;
        }
    }
    lay_out(&digits[..count], exponent, neg, point)
}

fn not_finite(nan: bool, neg: bool) -> FloatText {
    let mut out = FloatText::EMPTY;
    out.put(match (nan, neg) {
        (true, _) => b"nan",
        (false, true) => b"-inf",
        (false, false) => b"inf",
    });
    out
}

/// `d.ddd` and `x` of `d.dddex`.
#[cfg(not(feature = "small"))]
fn split_exponent(raw: &[u8]) -> (&[u8], i32) {
    let e = raw.iter().position(|&c| c == b'e').unwrap_or(raw.len());
    let exponent = raw.get(e + 1..).unwrap_or(&[]);
    let (neg, digits) = match exponent.strip_prefix(b"-") {
        Some(digits) => (true, digits),
        None => (false, exponent),
    };
    let value = digits
        .iter()
        .fold(0, |value, c| value * 10 + i32::from(c - b'0'));
    (&raw[..e], if neg { -value } else { value })
}

/// Writes `0.digits * 10^(exponent + 1)` as Python does: with an exponent below 1e-4 and from 1e16 on.
pub(crate) fn lay_out(digits: &[u8], exponent: i32, neg: bool, point: bool) -> FloatText {
    let mut out = FloatText::EMPTY;
    if neg {
        out.put(b"-");
    }
    match exponent {
        -4..=-1 => {
            out.put(b"0.");
            out.put_zeros((-1 - exponent) as usize);
            out.put(digits);
        }
        0..=15 => {
            let whole = exponent as usize + 1;
            if digits.len() > whole {
                out.put(&digits[..whole]);
                out.put(b".");
                out.put(&digits[whole..]);
            } else {
                out.put(digits);
                out.put_zeros(whole - digits.len());
                if point {
                    out.put(b".0");
                }
            }
        }
        _ => {
            out.put(&digits[..1]);
            if digits.len() > 1 {
                out.put(b".");
                out.put(&digits[1..]);
            }
            out.put(if exponent < 0 { b"e-" } else { b"e+" });
            put_exponent(&mut out, exponent.unsigned_abs());
        }
    }
    out
}

/// At least two digits.
fn put_exponent(out: &mut FloatText, exponent: u32) {
    let digit = |n: u32| b'0' + (n % 10) as u8;
    if exponent >= 100 {
        out.put(&[digit(exponent / 100)]);
    }
    out.put(&[digit(exponent / 10), digit(exponent)]);
}

/// Which of C's three forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FloatForm {
    /// `%e`: one digit, point, `precision` digits, exponent.
    Exponent,
    /// `%f`: `precision` digits after the point.
    Fixed,
    /// `%g`: `precision` digits in all, in the form that suits the size, without zeros at the end.
    General,
}

/// What stands before a number that is not negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PlusSign {
    /// Nothing.
    #[default]
    None,
    /// A plus sign.
    Plus,
    /// A space.
    Space,
}

/// How to write a float; C's conversion specification without the width.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FloatFormat {
    /// The form.
    pub form: FloatForm,
    /// Digits, as the form counts them. C's default is 6.
    pub precision: usize,
    /// `#`: always a point, and `General` keeps its zeros.
    pub alternate: bool,
    /// `E`, `INF`, `NAN` instead of small letters.
    pub upper: bool,
    /// What stands before a number that is not negative.
    pub plus: PlusSign,
}

impl FloatFormat {
    /// The form with six digits and nothing special.
    pub const fn new(form: FloatForm) -> Self {
        FloatFormat {
            form,
            precision: 6,
            alternate: false,
            upper: false,
            plus: PlusSign::None,
        }
    }
}

/// Appends `value` as `format` says, rounded correctly (halves to even) at any precision. A single-precision
/// value is written by widening it first.
pub fn write_float(
    value: f64,
    format: &FloatFormat,
    out: &mut TryVec<u8>,
) -> Result<(), OutOfMemory> {
    let start = out.len();
    let result = write_raw(value, format, out);
    if result.is_err() {
        out.truncate(start);
    }
    result.map_err(|_| OutOfMemory)
}

fn write_raw(value: f64, format: &FloatFormat, out: &mut TryVec<u8>) -> fmt::Result {
    if value.is_sign_negative() && !value.is_nan() {
        out.write_str("-")?;
    } else {
        match format.plus {
            PlusSign::None => {}
            PlusSign::Plus => out.write_str("+")?,
            PlusSign::Space => out.write_str(" ")?,
        }
    }
    let value = value.abs();
    if !value.is_finite() {
        return out.write_str(match (value.is_nan(), format.upper) {
            (false, false) => "inf",
            (false, true) => "INF",
            (true, false) => "nan",
            (true, true) => "NAN",
        });
    }
    match format.form {
        FloatForm::Fixed => write_fixed(value, format.precision, format.alternate, out),
        FloatForm::Exponent => {
            let exponent = write_mantissa(value, format.precision, out)?;
            if format.alternate && format.precision == 0 {
                out.write_str(".")?;
            }
            write_exponent(exponent, format.upper, out)
        }
        FloatForm::General => write_general(value, format, out),
    }
}

/// `precision` digits after the point, the ones that cannot be but zero added by hand.
fn write_fixed(value: f64, precision: usize, point: bool, out: &mut TryVec<u8>) -> fmt::Result {
    let places = precision.min(MOST_PLACES);
    #[cfg(feature = "small")]
    exact_float::write_fixed(value, places, out)?;
    #[cfg(not(feature = "small"))]
    write!(out, "{value:.places$}")?;
    if precision == 0 && point {
        out.write_str(".")?;
    }
    pad(precision - places, out)
}

fn pad(zeros: usize, out: &mut TryVec<u8>) -> fmt::Result {
    let len = out.len().checked_add(zeros).ok_or(fmt::Error)?;
    out.resize(len, b'0').map_err(|_| fmt::Error)
}

/// One digit, point, `precision` digits; returns the decimal exponent.
fn write_mantissa(value: f64, precision: usize, out: &mut TryVec<u8>) -> Result<i32, fmt::Error> {
    let places = precision.min(MOST_PLACES);
    #[cfg(feature = "small")]
    let exponent = exact_float::write_mantissa(value, places, out)?;
    #[cfg(not(feature = "small"))]
    let exponent = {
        let start = out.len();
        write!(out, "{value:.places$e}")?;
        let (mantissa, exponent) = split_exponent(&out[start..]);
        let end = start + mantissa.len();
        out.truncate(end);
        exponent
    };
    pad(precision - places, out)?;
    Ok(exponent)
}

fn write_exponent(exponent: i32, upper: bool, out: &mut TryVec<u8>) -> fmt::Result {
    let mut text = FloatText::EMPTY;
    text.put(if upper { b"E" } else { b"e" });
    text.put(if exponent < 0 { b"-" } else { b"+" });
    put_exponent(&mut text, exponent.unsigned_abs());
    out.write_str(text.as_str())
}

fn write_general(value: f64, format: &FloatFormat, out: &mut TryVec<u8>) -> fmt::Result {
    let digits = format.precision.max(1);
    let start = out.len();
    // Rounding may lift the exponent, so it is taken from the rounded digits.
    let exponent = write_mantissa(value, digits - 1, out)?;
    let fixed = exponent >= -4 && i64::from(exponent) < i64::try_from(digits).unwrap_or(i64::MAX);
    if fixed {
        out.truncate(start);
        let places = (digits - 1)
            .checked_add_signed(-exponent as isize)
            .ok_or(fmt::Error)?;
        write_fixed(value, places, format.alternate, out)?;
    } else if format.alternate && digits == 1 {
        out.write_str(".")?;
    }
    if !format.alternate && out[start..].contains(&b'.') {
        let zeros = out[start..]
            .iter()
            .rev()
            .take_while(|&&c| c == b'0')
            .count();
        out.truncate(out.len() - zeros);
        if out.last() == Some(&b'.') {
            out.pop();
        }
    }
    if fixed {
        Ok(())
    } else {
        write_exponent(exponent, format.upper, out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::String;

    #[test]
    fn repr_is_the_shortest_text_that_reads_back() {
        for (value, expected) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (-1.5, "-1.5"),
            (0.1, "0.1"),
            (0.1 + 0.2, "0.30000000000000004"),
            (1.0 / 3.0, "0.3333333333333333"),
            (100.0, "100.0"),
            (123456.789, "123456.789"),
            (1e15, "1000000000000000.0"),
            (1234567890123456.7, "1234567890123456.8"),
            // It is …37.25, half way between two texts of 17 digits: up, as upstream.
            (1659194795923737.2, "1659194795923737.3"),
            (9999999999999998.0, "9999999999999998.0"),
            (1e16, "1e+16"),
            (1.2345678901234568e17, "1.2345678901234568e+17"),
            (1e100, "1e+100"),
            (1e-4, "0.0001"),
            (0.00012345, "0.00012345"),
            (1e-5, "1e-05"),
            (1.5e-7, "1.5e-07"),
            (f64::MAX, "1.7976931348623157e+308"),
            (-f64::MIN_POSITIVE, "-2.2250738585072014e-308"),
            (5e-324, "5e-324"),
            (1e-320, "1e-320"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
            (f64::NAN, "nan"),
            (-f64::NAN, "nan"),
        ] {
            assert_eq!(repr(value).as_str(), expected);
            if !value.is_nan() {
                assert_eq!(expected.parse(), Ok(value));
            }
        }
    }

    #[test]
    fn single_precision_has_its_own_shortest_text() {
        for (value, expected) in [
            (core::f32::consts::PI, "3.1415927"),
            (0.1, "0.1"),
            (1e16, "1e+16"),
            (16_777_216.0, "16777216.0"),
            (1.0e-45, "1e-45"),
            (f32::MAX, "3.4028235e+38"),
            (-0.0, "-0.0"),
            (f32::NAN, "nan"),
        ] {
            assert_eq!(repr_f32(value).as_str(), expected);
        }
    }

    #[test]
    fn bare_text_has_a_point_only_before_digits() {
        let bare = |value: f64| String::from(repr_bare(value).as_str());
        assert_eq!(bare(2.0), "2");
        assert_eq!(bare(-0.0), "-0");
        assert_eq!(bare(2.5), "2.5");
        assert_eq!(bare(1e15), "1000000000000000");
        assert_eq!(bare(1e16), "1e+16");
        assert_eq!(repr_bare_f32(3.0).as_str(), "3");
    }

    fn formatted(spec: &str, value: f64) -> String {
        let mut format = FloatFormat::new(FloatForm::Fixed);
        let (flags, conversion) = spec[1..].split_at(spec.len() - 2);
        let (flags, precision) = flags.split_once('.').unwrap_or((flags, "6"));
        format.precision = precision.parse().unwrap();
        for flag in flags.chars() {
            match flag {
                '#' => format.alternate = true,
                '+' => format.plus = PlusSign::Plus,
                ' ' => format.plus = PlusSign::Space,
                _ => panic!("flag {flag}"),
            }
        }
        format.upper = conversion.chars().all(char::is_uppercase);
        format.form = match conversion {
            "e" | "E" => FloatForm::Exponent,
            "f" | "F" => FloatForm::Fixed,
            _ => FloatForm::General,
        };
        let mut out = TryVec::new();
        write_float(value, &format, &mut out).unwrap();
        String::from_utf8(out.into_vec()).unwrap()
    }

    #[test]
    fn the_three_forms_are_those_of_c() {
        for (spec, value, expected) in [
            ("%f", 1.0, "1.000000"),
            ("%.2f", 1e30, "1000000000000000019884624838656.00"),
            ("%.0f", 0.5, "0"),
            ("%.0f", 1.5, "2"),
            ("%.0f", 2.5, "2"),
            ("%#.0f", 2.5, "2."),
            ("%.1f", 0.25, "0.2"),
            ("%.2f", 2.675, "2.67"),
            ("%.3f", 2.0005, "2.001"),
            ("%.20f", 0.1, "0.10000000000000000555"),
            ("%+f", 0.0, "+0.000000"),
            ("% f", 1.5, " 1.500000"),
            ("%+f", -0.0, "-0.000000"),
            ("%f", 0.0000005, "0.000000"),
            ("%f", 0.0000015, "0.000002"),
            ("%e", 0.0, "0.000000e+00"),
            ("%e", 12345.678, "1.234568e+04"),
            ("%.0e", 12345.678, "1e+04"),
            ("%#.0E", 12345.678, "1.E+04"),
            ("%.3e", 9.9996e-101, "1.000e-100"),
            ("%.1e", 1e300, "1.0e+300"),
            ("%g", 0.0, "0"),
            ("%g", -0.0, "-0"),
            ("%g", 100000.0, "100000"),
            ("%g", 999999.5, "1e+06"),
            ("%g", 1234567.0, "1.23457e+06"),
            ("%g", 0.0001, "0.0001"),
            ("%g", 0.00001, "1e-05"),
            ("%g", 0.000099999995, "0.0001"),
            ("%#g", 1.0, "1.00000"),
            ("%#g", 1e-5, "1.00000e-05"),
            ("%.0g", 15.0, "2e+01"),
            ("%#.1g", 1e9, "1.e+09"),
            ("%.3G", 1e10, "1E+10"),
            ("%.17g", 0.1, "0.10000000000000001"),
            ("%.25g", 0.5, "0.5"),
            ("%#.10g", 0.5, "0.5000000000"),
            ("%f", f64::INFINITY, "inf"),
            ("%+E", f64::INFINITY, "+INF"),
            ("%g", f64::NEG_INFINITY, "-inf"),
            ("%F", f64::NAN, "NAN"),
            ("%g", -f64::NAN, "nan"),
        ] {
            assert_eq!(formatted(spec, value), expected, "{spec} of {value:e}");
        }
    }

    #[test]
    fn precision_beyond_the_last_digit_gives_zeros() {
        let smallest = formatted("%.1100f", 5e-324);
        assert_eq!(smallest.len(), 1102);
        assert!(smallest.ends_with(&std::format!("5{}", "0".repeat(26))));
        assert_eq!(formatted("%.2000e", 1.5).len(), 2002 + 4);
        assert_eq!(formatted("%.100000f", 1.5).len(), 100_002);
        assert_eq!(formatted("%.2000g", 0.1).len(), 57);
        assert_eq!(formatted("%#.2000g", 0.1).len(), 2002);
    }

    #[test]
    fn running_out_of_memory_leaves_no_half_text() {
        use ferlance_collections::oom::failing;
        let format = FloatFormat {
            precision: 3000,
            ..FloatFormat::new(FloatForm::General)
        };
        let mut runs = 0;
        for n in 0.. {
            let mut out = TryVec::from_slice(b"x").unwrap();
            let failing = failing::Failing::at(n);
            let result = write_float(1e300, &format, &mut out);
            drop(failing);
            if result.is_ok() {
                break;
            }
            assert_eq!(&out[..], b"x");
            runs += 1;
        }
        assert!(runs > 0);
        let huge = FloatFormat {
            precision: usize::MAX,
            ..FloatFormat::new(FloatForm::Fixed)
        };
        assert_eq!(
            write_float(1.0, &huge, &mut TryVec::new()),
            Err(OutOfMemory)
        );
    }
}
