//! Integer text to integers: `int(text, base)` and number tokens.
//!
//! White space may stand around, one sign before, underscores anywhere among the digits (they are
//! dropped), and the prefix `0b`, `0o` or `0x` where it agrees with the base. Base 0 takes the base
//! from the prefix; without one it is 10, and then a leading zero is refused unless all digits are.

use ferlance_collections::TryVec;

use crate::bigint::{BigInt, digit_value};
use crate::error::NumError;

/// What an integer's text means.
#[derive(Debug, PartialEq, Eq)]
pub enum ParsedInt {
    /// It fits a machine integer.
    Small(i64),
    /// It does not.
    Big(BigInt),
}

/// Why a text is no integer. The text's fault, or the base's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParseIntError {
    /// The base is neither 0 nor between 2 and 36.
    Base,
    /// The text from byte `at` to its end is no integer in base `base`.
    Syntax {
        /// The base found or asked for; 0 for a decimal number with a leading zero.
        base: u32,
        /// Where the text to be shown begins: after white space, sign and prefix.
        at: usize,
    },
    /// Not enough memory for the number.
    Num(NumError),
}

impl core::fmt::Display for ParseIntError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            ParseIntError::Base => f.write_str("int() arg 2 must be >= 2 and <= 36"),
            ParseIntError::Syntax { base, .. } => {
                write!(f, "invalid syntax for integer with base {base}")
            }
            ParseIntError::Num(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for ParseIntError {}

impl From<NumError> for ParseIntError {
    fn from(error: NumError) -> Self {
        ParseIntError::Num(error)
    }
}

/// White space around numbers: the ASCII characters, not NUL and not what Unicode adds.
#[inline]
pub(crate) fn is_space(c: u8) -> bool {
    matches!(c, b' ' | b'\t'..=b'\r')
}

/// The end of the white space that begins at `at`.
#[inline]
pub(crate) fn skip_space(text: &[u8], mut at: usize) -> usize {
    while text.get(at).is_some_and(|&c| is_space(c)) {
        at += 1;
    }
    at
}

/// A sign at `at`: whether it is a minus, and where it ends.
#[inline]
pub(crate) fn skip_sign(text: &[u8], at: usize) -> (bool, usize) {
    match text.get(at) {
        Some(b'-') => (true, at + 1),
        Some(b'+') => (false, at + 1),
        _ => (false, at),
    }
}

/// The integer that `text` writes in `base`, which may be 0 for "as the prefix says".
pub fn parse_int(text: &[u8], base: u32) -> Result<ParsedInt, ParseIntError> {
    if base == 1 || base > 36 {
        return Err(ParseIntError::Base);
    }
    let (neg, at) = skip_sign(text, skip_space(text, 0));
    let (digit_base, shown_base, start) = prefix(text, at, base);

    // Digits up to where a machine integer overflows; most numbers end before.
    let mut value: u64 = 0;
    let mut end = start;
    let mut fits = true;
    while let Some(&c) = text.get(end) {
        let digit = digit_value(c);
        if digit < digit_base {
            match value
                .checked_mul(digit_base.into())
                .and_then(|v| v.checked_add(digit.into()))
            {
                Some(more) if fits => value = more,
                _ => fits = false,
            }
        } else if c != b'_' {
            break;
        }
        end += 1;
    }
    let zero_led = shown_base == 0 && !(fits && value == 0);
    if end == start || zero_led || skip_space(text, end) != text.len() {
        return Err(ParseIntError::Syntax {
            base: shown_base,
            at: start,
        });
    }
    if fits {
        let small = if neg {
            0i64.checked_sub_unsigned(value)
        } else {
            i64::try_from(value).ok()
        };
        if let Some(small) = small {
            return Ok(ParsedInt::Small(small));
        }
    }
    let digits = &text[start..end];
    let mut number = BigInt::new();
    if digits.contains(&b'_') {
        let mut plain = TryVec::with_capacity(digits.len()).map_err(NumError::from)?;
        plain
            .extend(digits.iter().copied().filter(|&c| c != b'_'))
            .map_err(NumError::from)?;
        number.set_digits(&plain, digit_base)?;
    } else {
        number.set_digits(digits, digit_base)?;
    }
    if neg {
        number.negate();
    }
    Ok(ParsedInt::Big(number))
}

/// The base of the digits, the base for messages, and where the digits begin.
fn prefix(text: &[u8], at: usize, base: u32) -> (u32, u32, usize) {
    if text.get(at) != Some(&b'0') {
        let base = if base == 0 { 10 } else { base };
        return (base, base, at);
    }
    let named = match text.get(at + 1).map(u8::to_ascii_lowercase) {
        Some(b'b') => 2,
        Some(b'o') => 8,
        Some(b'x') => 16,
        _ => 0,
    };
    if named != 0 && (base == 0 || base == named) {
        (named, named, at + 2)
    } else if base == 0 {
        (10, 0, at)
    } else {
        (base, base, at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;
    use std::string::String;

    fn parsed(text: &str, base: u32) -> String {
        match parse_int(text.as_bytes(), base) {
            Ok(ParsedInt::Small(value)) => format!("{value}"),
            Ok(ParsedInt::Big(value)) => {
                assert_eq!(
                    value.as_ref().to_i64(),
                    None,
                    "a small number came back as a big one"
                );
                String::from_utf8(value.as_ref().to_text(10).unwrap().into_vec()).unwrap()
            }
            Err(ParseIntError::Syntax { base, at }) => format!("base {base}: '{}'", &text[at..]),
            Err(error) => format!("{error}"),
        }
    }

    #[test]
    fn text_is_read_as_upstream_reads_it() {
        for (text, base, expected) in [
            ("12", 10, "12"),
            (" \t\n\r\x0b\x0c12 \x0c", 10, "12"),
            ("+12", 10, "12"),
            ("-12", 16, "-18"),
            ("- 12", 0, "base 10: ' 12'"),
            ("--1", 10, "base 10: '-1'"),
            ("_12", 10, "12"),
            ("1__2_", 10, "12"),
            ("_", 10, "0"),
            ("", 10, "base 10: ''"),
            ("  ", 0, "base 10: ''"),
            ("-", 10, "base 10: ''"),
            ("0x10", 0, "16"),
            ("-0X1f", 16, "-31"),
            ("0x10", 10, "base 10: '0x10'"),
            ("0x1", 8, "base 8: '0x1'"),
            ("0b11", 16, "2833"),
            ("0b11", 2, "3"),
            ("0b12", 2, "base 2: '12'"),
            ("0B1", 0, "1"),
            ("0b1 ", 0, "1"),
            ("+0b2 ", 0, "base 2: '2 '"),
            ("0O7", 0, "7"),
            ("0o8", 8, "base 8: '8'"),
            ("0x", 0, "base 16: ''"),
            ("0x ", 0, "base 16: ' '"),
            ("0x_1", 0, "1"),
            ("0x0x1", 0, "base 16: '0x1'"),
            ("012", 0, "base 0: '012'"),
            ("+007", 0, "base 0: '007'"),
            (" 0_7", 0, "base 0: '0_7'"),
            ("0_x1", 0, "base 0: '0_x1'"),
            ("_0x1", 0, "base 10: '_0x1'"),
            ("00", 0, "0"),
            ("0_0", 0, "0"),
            ("0_", 0, "0"),
            ("007", 10, "7"),
            ("1 2  ", 10, "base 10: '1 2  '"),
            (" 1a  ", 0, "base 10: '1a  '"),
            ("1.5", 10, "base 10: '1.5'"),
            ("12\0", 10, "base 10: '12\0'"),
            (" \u{a0}12", 10, "base 10: '\u{a0}12'"),
            ("1e3", 16, "483"),
            ("zZ", 36, "1295"),
            ("0xzz", 36, "44063"),
            ("0b", 16, "11"),
            ("12", 1, "int() arg 2 must be >= 2 and <= 36"),
            ("12", 37, "int() arg 2 must be >= 2 and <= 36"),
            (
                "111111111111111111111111111111z",
                10,
                "base 10: '111111111111111111111111111111z'",
            ),
            (
                "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
                36,
                "48873677980689257489322752273774603865660850175",
            ),
        ] {
            assert_eq!(parsed(text, base), expected, "int({text:?}, {base})");
        }
    }

    #[test]
    fn the_ends_of_the_machine_integer_are_small() {
        assert_eq!(
            parse_int(b"9223372036854775807", 10),
            Ok(ParsedInt::Small(i64::MAX))
        );
        assert_eq!(
            parse_int(b"-9223372036854775808", 10),
            Ok(ParsedInt::Small(i64::MIN))
        );
        for text in [
            "9223372036854775808",
            "-9223372036854775809",
            "18446744073709551616",
            "1844674407370955161599",
        ] {
            assert!(
                matches!(parse_int(text.as_bytes(), 10), Ok(ParsedInt::Big(_))),
                "{text}"
            );
            assert_eq!(parsed(text, 10), text);
        }
        assert_eq!(
            parsed("1_000_000_000_000_000_000_000", 10),
            "1000000000000000000000"
        );
        assert_eq!(parsed("00000000000000000000000000000000", 0), "0");
        assert_eq!(parsed("0000000000000000000000000000000012", 10), "12");
    }
}
