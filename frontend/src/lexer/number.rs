//! Number tokens and their values.
//!
//! A number token swallows every letter, digit, dot and underscore that follows it. What it means is
//! decided only when the parser takes it, so `x 08` is a plain syntax error and `08` is an integer error.

use ferlance_collections::{OutOfMemory, TryVec};
use ferlance_num::{BigInt, ParseFloatError, parse_float, scan_as_upstream};

use super::{Lexer, NAME, is};
use crate::source::Pos;
use crate::token::Token;

/// The value of a number token.
#[derive(Debug)]
pub(crate) enum Number {
    Int(i64),
    BigInt(BigInt),
    Float(f64),
    Imaginary(f64),
}

/// Why a number token is none.
#[derive(Debug)]
pub(crate) enum NumberError {
    /// Not an integer: what upstream calls the base, and the text after the prefix.
    Int {
        base: u8,
        text: TryVec<u8>,
    },
    /// Not a number.
    Number,
    OutOfMemory,
}

impl From<OutOfMemory> for NumberError {
    fn from(_: OutOfMemory) -> NumberError {
        NumberError::OutOfMemory
    }
}

/// The text of a number token without its underscores.
pub(crate) struct Digits {
    text: TryVec<u8>,
    /// Whether the source begins with `0x`, `0o` or `0b`: then an `e` does not make a float. `0_x1e5` does not, and is none.
    based: bool,
}

impl Lexer<'_> {
    /// Reads a number token.
    pub(super) fn number(&mut self) -> Token {
        let start = self.at;
        let rest = self.text.get(start..).unwrap_or(&[]);
        // Most numbers are a few decimal digits.
        let mut value = 0u64;
        let mut n = 0;
        while let Some(&digit @ b'0'..=b'9') = rest.get(n) {
            if n == 18 {
                break;
            }
            value = value * 10 + u64::from(digit - b'0');
            n += 1;
        }
        let next = rest.get(n).copied().unwrap_or(0);
        if next != b'.'
            && (next >= 0x80 || !is(next, NAME))
            && (rest.first() != Some(&b'0') || n == 1)
        {
            self.at = start + n;
            self.tok.value = value;
            return Token::Int;
        }
        let based = is_based(rest);
        let mut n = 0;
        while let Some(&byte) = rest.get(n) {
            n += 1;
            match byte {
                b'e' | b'E' if !based => {
                    if let Some(b'+' | b'-') = rest.get(n) {
                        n += 1;
                    }
                }
                b'.' => {}
                _ if byte < 0x80 && is(byte, NAME) => {}
                _ => {
                    n -= 1;
                    break;
                }
            }
        }
        self.at = start + n;
        self.tok.value = n as u64;
        Token::Number
    }

    /// The text of the current `Number`.
    pub(crate) fn digits(&self) -> Result<Digits, OutOfMemory> {
        let Pos(start) = self.tok.pos;
        let start = start as usize;
        let text = self
            .source
            .get(start..start.saturating_add(self.tok.value as usize))
            .unwrap_or(&[]);
        let based = is_based(text);
        let text = TryVec::from_items(text.iter().copied().filter(|&b| b != b'_'))?;
        Ok(Digits { text, based })
    }
}

impl Digits {
    /// The value; floats are the nearest ones, or those that upstream's compiler of files takes.
    pub(crate) fn value(&self, upstream_floats: bool) -> Result<Number, NumberError> {
        let text = &self.text[..];
        let float = text.iter().any(|&b| match b {
            b'.' | b'j' | b'J' => true,
            b'e' | b'E' => !self.based,
            _ => false,
        });
        if float {
            float_value(text, upstream_floats)
        } else {
            int_value(text)
        }
    }
}

fn is_based(text: &[u8]) -> bool {
    matches!(text, [b'0', b'x' | b'X' | b'o' | b'O' | b'b' | b'B', ..])
}

fn int_value(text: &[u8]) -> Result<Number, NumberError> {
    let (radix, shown, digits) = match text {
        [b'0', b'x' | b'X', rest @ ..] => (16, 16, rest),
        [b'0', b'o' | b'O', rest @ ..] => (8, 8, rest),
        [b'0', b'b' | b'B', rest @ ..] => (2, 2, rest),
        // A decimal that begins with 0 is nothing but zeros.
        [b'0', ..] if text.iter().all(|&b| b == b'0') => return Ok(Number::Int(0)),
        [b'0', ..] => return Err(int_error(0, text)),
        _ => (10, 10, text),
    };
    if digits.is_empty() {
        return Err(int_error(shown, digits));
    }
    let mut value = 0i64;
    for (i, &byte) in digits.iter().enumerate() {
        let Some(digit) = (byte as char).to_digit(radix) else {
            return Err(int_error(shown, digits));
        };
        let next = value
            .checked_mul(i64::from(radix))
            .and_then(|v| v.checked_add(i64::from(digit)));
        match next {
            Some(next) => value = next,
            None => return big_value(digits, i, radix, shown),
        }
    }
    Ok(Number::Int(value))
}

/// The value of digits that overflow 64 bits at index `i`; those before it are known to be digits.
fn big_value(digits: &[u8], i: usize, radix: u32, shown: u8) -> Result<Number, NumberError> {
    let rest = digits.get(i..).unwrap_or(&[]);
    if !rest.iter().all(|&b| (b as char).is_digit(radix)) {
        return Err(int_error(shown, digits));
    }
    match BigInt::from_digits(digits, radix) {
        Ok(value) => Ok(Number::BigInt(value)),
        Err(_) => Err(NumberError::OutOfMemory),
    }
}

fn int_error(base: u8, text: &[u8]) -> NumberError {
    match TryVec::from_slice(text) {
        Ok(text) => NumberError::Int { base, text },
        Err(OutOfMemory) => NumberError::OutOfMemory,
    }
}

/// `digits [. digits] [e [sign] digits] [j]`, with a digit before or after the dot. Upstream takes an exponent without
/// digits for 0 if a `j` follows.
fn float_value(text: &[u8], as_upstream: bool) -> Result<Number, NumberError> {
    let (imaginary, text) = match text {
        [rest @ .., b'j' | b'J'] => (true, rest),
        _ => (false, text),
    };
    let skip = |mut at: usize| {
        while text.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        at
    };
    let whole = skip(0);
    let mut mantissa = whole;
    if text.get(whole) == Some(&b'.') {
        mantissa = skip(whole + 1);
        if mantissa == 1 {
            return Err(NumberError::Number);
        }
    }
    let mut end = mantissa;
    let mut used = text.len();
    if let Some(b'e' | b'E') = text.get(mantissa) {
        let sign = usize::from(matches!(text.get(mantissa + 1), Some(b'+' | b'-')));
        let digits = mantissa + 1 + sign;
        end = skip(digits);
        if end == digits {
            if !imaginary {
                return Err(NumberError::Number);
            }
            used = mantissa;
        }
    }
    if end != text.len() {
        return Err(NumberError::Number);
    }
    let text = text.get(..used).unwrap_or(&[]);
    let value = match cfg!(feature = "files") && as_upstream {
        true => scan_as_upstream(text).map(|(value, _)| value),
        false => parse_float::<f64>(text),
    };
    let value = match value {
        Ok(value) => value,
        Err(ParseFloatError::OutOfMemory) => return Err(NumberError::OutOfMemory),
        Err(_) => return Err(NumberError::Number),
    };
    Ok(if imaginary {
        Number::Imaginary(value)
    } else {
        Number::Float(value)
    })
}
