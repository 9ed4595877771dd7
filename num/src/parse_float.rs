//! Float text to floats: `float(text)`, number tokens, parts of complex numbers.
//!
//! The language here is wider than most: `.`, `e5` and `_` are zero, underscores may stand among the
//! digits of mantissa and exponent (`1_e5`, `1e_5`); an exponent must hold something, and a text of
//! nothing but a sign is no number. `inf`, `infinity` and `nan` come in any case. The digits go to the
//! core library's reader or, in small builds, to our own; both round correctly. Too large is infinite, too small is zero.

use core::str::FromStr;

use ferlance_collections::OutOfMemory;
#[cfg(not(feature = "small"))]
use ferlance_collections::TryVec;

use crate::parse_int::{skip_sign, skip_space};

/// Why a text is no float.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParseFloatError {
    /// The text is not written as a number.
    Syntax,
    /// Not enough memory for dropping underscores.
    OutOfMemory,
}

impl core::fmt::Display for ParseFloatError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            ParseFloatError::Syntax => "invalid syntax for number",
            ParseFloatError::OutOfMemory => "memory allocation failed",
        })
    }
}

impl core::error::Error for ParseFloatError {}

impl From<OutOfMemory> for ParseFloatError {
    fn from(_: OutOfMemory) -> Self {
        ParseFloatError::OutOfMemory
    }
}

/// A float type of the language: `f64`, or `f32` on boards with single precision.
pub trait Float: Copy + FromStr + core::ops::Neg<Output = Self> + Bits {
    /// Zero.
    const ZERO: Self;
    /// Infinity.
    const INFINITY: Self;
    /// "Not a number".
    const NAN: Self;
}

/// What reading needs to know of a float type.
pub trait Bits: Sized {
    /// The nearest to digits and exponent.
    #[cfg(feature = "small")]
    fn nearest(mantissa: &[u8], exponent: &[u8]) -> Self;
}

impl Bits for f64 {
    #[cfg(feature = "small")]
    fn nearest(mantissa: &[u8], exponent: &[u8]) -> Self {
        use crate::exact_float::{Layout, read};
        f64::from_bits(read(mantissa, exponent, Layout::F64))
    }
}

impl Bits for f32 {
    #[cfg(feature = "small")]
    fn nearest(mantissa: &[u8], exponent: &[u8]) -> Self {
        use crate::exact_float::{Layout, read};
        f32::from_bits(read(mantissa, exponent, Layout::F32) as u32)
    }
}

impl Float for f64 {
    const ZERO: Self = 0.0;
    const INFINITY: Self = f64::INFINITY;
    const NAN: Self = f64::NAN;
}

impl Float for f32 {
    const ZERO: Self = 0.0;
    const INFINITY: Self = f32::INFINITY;
    const NAN: Self = f32::NAN;
}

/// The float that the whole of `text` writes, white space around it aside.
pub fn parse_float<F: Float>(text: &[u8]) -> Result<F, ParseFloatError> {
    let start = skip_space(text, 0);
    let (value, len) = scan_float(&text[start..])?;
    if skip_space(text, start + len) == text.len() {
        Ok(value)
    } else {
        Err(ParseFloatError::Syntax)
    }
}

/// The float at the start of `text`, and how many bytes it takes: for the parts of complex numbers.
pub fn scan_float<F: Float>(text: &[u8]) -> Result<(F, usize), ParseFloatError> {
    let shape = Shape::scan(text)?;
    let value = match shape.kind {
        Kind::Infinity => F::INFINITY,
        Kind::Nan => F::NAN,
        Kind::Digits { mantissa, exponent } => {
            #[cfg(feature = "small")]
            let value = F::nearest(mantissa, exponent);
            #[cfg(not(feature = "small"))]
            let value = {
                let has_digit = |part: &[u8]| part.iter().any(u8::is_ascii_digit);
                if !has_digit(mantissa) {
                    F::ZERO
                } else {
                    let start = usize::from(text.first().is_some_and(|c| matches!(c, b'+' | b'-')));
                    let end = if has_digit(exponent) {
                        shape.end
                    } else {
                        start + mantissa.len()
                    };
                    read(&text[start..end])?
                }
            };
            value
        }
    };
    Ok((if shape.neg { -value } else { value }, shape.end))
}

/// How a float at the start of a text is written.
pub(crate) struct Shape<'a> {
    pub(crate) neg: bool,
    pub(crate) kind: Kind<'a>,
    /// How many bytes it takes.
    pub(crate) end: usize,
}

pub(crate) enum Kind<'a> {
    Infinity,
    Nan,
    /// Digits, underscores and at most one point; then, after the letter, a sign and digits and
    /// underscores. Either may be without digits, but not both be empty.
    Digits {
        mantissa: &'a [u8],
        exponent: &'a [u8],
    },
}

impl<'a> Shape<'a> {
    pub(crate) fn scan(text: &'a [u8]) -> Result<Self, ParseFloatError> {
        let (neg, start) = skip_sign(text, 0);
        for (name, kind) in [
            (&b"infinity"[..], Kind::Infinity),
            (b"inf", Kind::Infinity),
            (b"nan", Kind::Nan),
        ] {
            let end = start + name.len();
            if text
                .get(start..end)
                .is_some_and(|word| word.eq_ignore_ascii_case(name))
            {
                return Ok(Shape { neg, kind, end });
            }
        }
        let mut end = start;
        let mut point = false;
        while let Some(&c) = text.get(end) {
            match c {
                b'0'..=b'9' | b'_' => {}
                b'.' if !point => point = true,
                _ => break,
            }
            end += 1;
        }
        let mantissa = &text[start..end];
        let mut exponent = &text[end..end];
        if let Some(b'e' | b'E') = text.get(end) {
            let exponent_start = end + 1;
            let (_, digits_start) = skip_sign(text, exponent_start);
            end = digits_start;
            while let Some(b'0'..=b'9' | b'_') = text.get(end) {
                end += 1;
            }
            if end == digits_start {
                return Err(ParseFloatError::Syntax);
            }
            exponent = &text[exponent_start..end];
        }
        if end == start {
            return Err(ParseFloatError::Syntax);
        }
        Ok(Shape {
            neg,
            kind: Kind::Digits { mantissa, exponent },
            end,
        })
    }
}

#[cfg(not(feature = "small"))]
/// What the core library makes of the digits, which it wants without underscores.
fn read<F: Float>(written: &[u8]) -> Result<F, ParseFloatError> {
    let parse = |digits: &[u8]| core::str::from_utf8(digits).ok()?.parse().ok();
    let value = if written.contains(&b'_') {
        let mut plain = TryVec::with_capacity(written.len())?;
        plain.extend(written.iter().copied().filter(|&c| c != b'_'))?;
        parse(&plain)
    } else {
        parse(written)
    };
    value.ok_or(ParseFloatError::Syntax)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;
    use std::string::String;

    fn parsed(text: &str) -> String {
        match parse_float::<f64>(text.as_bytes()) {
            Ok(value) => format!("{value:?}"),
            Err(_) => String::from("error"),
        }
    }

    #[test]
    fn text_is_read_as_upstream_reads_it() {
        for (text, expected) in [
            ("1.5", "1.5"),
            (" 1.5 \n", "1.5"),
            ("\x0b1\x0c", "1.0"),
            ("+1.5", "1.5"),
            ("-1.5", "-1.5"),
            ("- 1.5", "error"),
            ("+-1", "error"),
            ("1_0", "10.0"),
            ("_1.5", "1.5"),
            ("1_.5", "1.5"),
            ("1._5_", "1.5"),
            ("1e1_0", "10000000000.0"),
            ("1_e5", "100000.0"),
            ("1e_5", "100000.0"),
            ("1e+_5", "100000.0"),
            ("1e_", "1.0"),
            ("1e+_", "1.0"),
            ("1e_+5", "error"),
            (".5", "0.5"),
            ("5.", "5.0"),
            (".", "0.0"),
            ("-.", "-0.0"),
            ("_", "0.0"),
            ("._", "0.0"),
            ("e5", "0.0"),
            ("_e_1", "0.0"),
            (".e5", "0.0"),
            ("e", "error"),
            ("", "error"),
            (" ", "error"),
            ("-", "error"),
            ("1e", "error"),
            ("1e+", "error"),
            ("1e++5", "error"),
            ("1E5", "100000.0"),
            ("1e0005", "100000.0"),
            ("inf", "inf"),
            ("-INFINITY", "-inf"),
            ("+Inf ", "inf"),
            ("infinit", "error"),
            ("infinity_", "error"),
            ("i_nf", "error"),
            ("nan", "NaN"),
            ("-NaN", "NaN"),
            ("nanx", "error"),
            ("1.5.5", "error"),
            ("1e5.5", "error"),
            ("0x10", "error"),
            ("1j", "error"),
            ("1 5", "error"),
            ("1.5\0", "error"),
            ("1e400", "inf"),
            ("-1e99999999999999999999", "-inf"),
            ("0e99999999999999999", "0.0"),
            ("1e-99999999999999999999", "0.0"),
            ("4.9e-324", "5e-324"),
            ("2.2250738585072011e-308", "2.225073858507201e-308"),
            ("9007199254740993", "9007199254740992.0"),
            ("\u{661}", "error"),
        ] {
            assert_eq!(parsed(text), expected, "float({text:?})");
        }
    }

    #[test]
    fn a_long_text_is_read_to_its_last_digit() {
        let zeros = "0".repeat(400);
        assert_eq!(parsed(&format!("{zeros}1")), "1.0");
        assert_eq!(parsed(&format!("1{zeros}e-400")), "1.0");
        // Half way between two floats, and a bit more after four hundred zeros.
        assert_eq!(
            parsed(&format!("9007199254740993.{zeros}")),
            "9007199254740992.0"
        );
        assert_eq!(
            parsed(&format!("9007199254740993.{zeros}1")),
            "9007199254740994.0"
        );
    }

    #[test]
    fn scanning_stops_where_the_number_does() {
        assert_eq!(scan_float(b"1+2j"), Ok((1.0f64, 1)));
        assert_eq!(scan_float(b"+2j"), Ok((2.0f64, 2)));
        assert_eq!(scan_float(b"infj"), Ok((f64::INFINITY, 3)));
        assert_eq!(scan_float(b"1_0.5e1j)"), Ok((105.0f64, 7)));
        assert_eq!(scan_float::<f64>(b"j"), Err(ParseFloatError::Syntax));
        assert_eq!(scan_float::<f64>(b"+j"), Err(ParseFloatError::Syntax));
    }

    #[test]
    fn single_precision_rounds_once() {
        // Rounding to double first would give 1.0.
        assert_eq!(
            parse_float::<f32>(b"1.00000005960464477540"),
            Ok(1.0 + f32::EPSILON)
        );
        assert_eq!(parse_float::<f32>(b"3.4e39"), Ok(f32::INFINITY));
    }
}
