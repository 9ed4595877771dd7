//! Numbers and texts laid out: what `str.format` specifiers and `%` conversions have in common.

use ferlance_collections::TryVec;
use ferlance_num::format_float::{self, FloatForm, FloatFormat, PlusSign};

use crate::obj::int;
use crate::obj::word::Obj;
use crate::runtime::{R, Runtime};
use crate::text::print::TextBuf;

/// Where the filling goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Align {
    /// As suits the value.
    Default,
    /// Behind it.
    Left,
    /// Before it.
    Right,
    /// On both sides, more behind.
    Center,
    /// Between sign (or base prefix) and digits.
    Sign,
}

/// How a value is laid out.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    /// The filling.
    pub fill: u8,
    /// Where it goes.
    pub align: Align,
    /// `+`, space, `-`, or 0 for none written.
    pub sign: u8,
    /// `#`
    pub alternate: bool,
    /// Least number of bytes.
    pub width: usize,
    /// `,` or `_`, or 0.
    pub group: u8,
    /// Digits of a float, bytes of a text, least digits of a `%` integer.
    pub precision: Option<usize>,
    /// The conversion letter, or 0.
    pub kind: u8,
}

impl Spec {
    /// Nothing asked for.
    pub const PLAIN: Spec = Spec {
        fill: b' ',
        align: Align::Default,
        sign: 0,
        alternate: false,
        width: 0,
        group: 0,
        precision: None,
        kind: 0,
    };
}

/// Fills what was appended behind `start` up to the width. `prefix` bytes of sign and base stay in front of the
/// filling for [`Align::Sign`].
pub fn pad(
    rt: &mut Runtime,
    out: &mut TextBuf,
    spec: &Spec,
    start: usize,
    prefix: usize,
    default: Align,
) -> R<()> {
    let len = out.bytes().len() - start;
    if len >= spec.width {
        return Ok(());
    }
    let n = spec.width - len;
    let align = if spec.align == Align::Default {
        default
    } else {
        spec.align
    };
    match align {
        Align::Left => out.push_fill(rt, spec.fill, n),
        Align::Right | Align::Default => out.insert_fill(rt, start, spec.fill, n),
        Align::Center => {
            out.insert_fill(rt, start, spec.fill, n / 2)?;
            out.push_fill(rt, spec.fill, n - n / 2)
        }
        Align::Sign => out.insert_fill(rt, start + prefix, spec.fill, n),
    }
}

/// Appends a text, cut to the precision and filled to the width.
pub fn write_text(
    rt: &mut Runtime,
    out: &mut TextBuf,
    spec: &Spec,
    text: &[u8],
    default: Align,
) -> R<()> {
    let text = match spec.precision {
        Some(most) if most < text.len() => {
            let mut end = most;
            // No part of a character.
            while end > 0 && text.get(end).is_some_and(|b| b & 0xc0 == 0x80) {
                end -= 1;
            }
            text.get(..end).unwrap_or(text)
        }
        _ => text,
    };
    let start = out.bytes().len();
    out.push_bytes(rt, text)?;
    pad(rt, out, spec, start, 0, default)
}

/// Appends an int (or bool) in `base` with sign, prefix, grouping and filling. `digits` is the least number of
/// digits.
pub fn write_int(
    rt: &mut Runtime,
    out: &mut TextBuf,
    spec: &Spec,
    value: Obj,
    base: u32,
    upper: bool,
    digits: usize,
) -> R<()> {
    let start = out.bytes().len();
    let mut small = [0u8; 66];
    let (negative, text): (bool, &[u8]);
    let big;
    match int::small_value(value) {
        Some(value) => {
            negative = value < 0;
            text = small_digits(value.unsigned_abs(), base, upper, &mut small);
        }
        None => {
            let mut all = TryVec::new();
            if let Some(value) = int::value(value)
                && let Err(error) = value.as_ref().write_text(base, upper, &mut all)
            {
                return Err(int::raise(rt, error));
            }
            big = all;
            negative = big.first() == Some(&b'-');
            text = big.get(usize::from(negative)..).unwrap_or(&[]);
        }
    }
    if negative {
        out.push_bytes(rt, b"-")?;
    } else if matches!(spec.sign, b'+' | b' ') {
        out.push_bytes(rt, &[spec.sign])?;
    }
    if spec.alternate {
        let prefix: &[u8] = match (base, upper) {
            (2, _) => b"0b",
            (8, _) => b"0o",
            (16, false) => b"0x",
            (16, true) => b"0X",
            _ => b"",
        };
        out.push_bytes(rt, prefix)?;
    }
    let prefix = out.bytes().len() - start;
    if spec.group == 0 {
        out.push_fill(rt, b'0', digits.saturating_sub(text.len()))?;
        out.push_bytes(rt, text)?;
    } else {
        let every = if base == 10 { 3 } else { 4 };
        let mut len = text.len();
        if spec.fill == b'0' && matches!(spec.align, Align::Sign | Align::Default) {
            // Zeros are grouped like the other digits; a separator never comes first.
            let room = spec.width.saturating_sub(prefix);
            len = len.max(room - room / (every + 1));
        }
        for i in 0..len {
            let left = len - i;
            if i > 0 && left.is_multiple_of(every) {
                out.push_bytes(rt, &[spec.group])?;
            }
            let digit = left
                .checked_sub(1)
                .and_then(|n| text.len().checked_sub(n + 1));
            let digit = digit.and_then(|at| text.get(at)).copied().unwrap_or(b'0');
            out.push_bytes(rt, &[digit])?;
        }
    }
    pad(rt, out, spec, start, prefix, Align::Right)
}

fn small_digits(mut value: usize, base: u32, upper: bool, room: &mut [u8; 66]) -> &[u8] {
    let mut at = room.len();
    let letters: &[u8; 16] = if upper {
        b"0123456789ABCDEF"
    } else {
        b"0123456789abcdef"
    };
    let base = base as usize;
    loop {
        at -= 1;
        room[at] = letters[(value % base) & 15];
        value /= base;
        if value == 0 || at == 0 {
            return room.get(at..).unwrap_or(&[]);
        }
    }
}

/// Longest text of a float in fixed form; longer ones are written with an exponent, as upstream does.
const FIXED_ROOM: i32 = 32;

/// Appends a float. `kind` is one of `eEfFgG`.
pub fn write_float(
    rt: &mut Runtime,
    out: &mut TextBuf,
    spec: &Spec,
    value: f64,
    kind: u8,
    percent: bool,
) -> R<()> {
    let start = out.bytes().len();
    let mut precision = spec.precision.unwrap_or(6);
    if precision > rt.heap.capacity() {
        return Err(rt.no_memory(precision));
    }
    let value = if percent { value * 100.0 } else { value };
    let mut form = match kind {
        b'e' | b'E' => FloatForm::Exponent,
        b'f' | b'F' => FloatForm::Fixed,
        _ => FloatForm::General,
    };
    let size = value.abs();
    if form == FloatForm::Fixed && size >= 1e3 && size.is_finite() {
        let exponent = decimal_exponent(size);
        if exponent + precision.min(29) as i32 >= FIXED_ROOM {
            form = FloatForm::General;
        } else if exponent + 2 >= FIXED_ROOM - precision as i32 {
            precision = (FIXED_ROOM - 3 - exponent).max(0) as usize;
        }
    }
    let places = match form {
        FloatForm::Fixed => Some(precision as i64),
        _ if !size.is_finite() || size == 0.0 => None,
        FloatForm::Exponent => Some(precision as i64 - i64::from(decimal_exponent(size))),
        FloatForm::General => Some(precision.max(1) as i64 - 1 - i64::from(decimal_exponent(size))),
    };
    let value = match places {
        Some(places) => half_up(value, places),
        None => value,
    };
    let format = FloatFormat {
        form,
        precision,
        alternate: false,
        upper: kind.is_ascii_uppercase(),
        plus: match spec.sign {
            b'+' => PlusSign::Plus,
            b' ' => PlusSign::Space,
            _ => PlusSign::None,
        },
    };
    let mut text = TryVec::new();
    if format_float::write_float(value, &format, &mut text).is_err() {
        return Err(rt.no_memory(precision));
    }
    out.push_bytes(rt, &text)?;
    if percent {
        out.push_bytes(rt, b"%")?;
    }
    let prefix = usize::from(matches!(text.first(), Some(b'-' | b'+' | b' ')));
    pad(rt, out, spec, start, prefix, Align::Right)
}

/// The float nearest to a power of ten.
fn power_of_ten(exponent: i32) -> f64 {
    let mut text = [b'1', b'e', b'+', b'0', b'0', b'0'];
    let mut rest = exponent.unsigned_abs();
    for place in text[3..].iter_mut().rev() {
        *place += (rest % 10) as u8;
        rest /= 10;
    }
    if exponent < 0 {
        text[2] = b'-';
    }
    ferlance_num::parse_float(&text).unwrap_or(0.0)
}

/// The exponent of the first decimal digit of a positive number.
fn decimal_exponent(value: f64) -> i32 {
    // That of the power of two below it: its exponent times log10(2), which this fraction gives for all of them.
    let (_, above) = libm::frexp(value);
    let guess = ((above - 1) * 315_653) >> 20;
    guess + i32::from(value >= power_of_ten(guess + 1))
}

/// `value`, or the next one away from zero if it lies just between two numbers of `places` decimal places: text
/// is rounded half up, while the digits behind it are rounded half to even.
fn half_up(value: f64, places: i64) -> f64 {
    let size = value.abs();
    let tie = if places >= 0 {
        // n + 1/2 over a power of ten is an odd number over a power of two with one more place.
        places < 60 && {
            let scaled = size * (1u64 << (places + 1)) as f64;
            scaled < (1u64 << 53) as f64
                && (scaled as u64) as f64 == scaled
                && scaled as u64 & 1 == 1
        }
    } else {
        places > -16 && size < (1u64 << 53) as f64 && {
            let unit = 10u64.pow(places.unsigned_abs() as u32);
            (size as u64) as f64 == size && size as u64 % unit == unit / 2
        }
    };
    if tie {
        f64::from_bits(value.to_bits() + 1)
    } else {
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::runtime;

    fn float(value: f64, kind: u8, precision: usize) -> alloc::string::String {
        let rt = &mut runtime();
        let mut out = TextBuf::default();
        let spec = Spec {
            precision: Some(precision),
            ..Spec::PLAIN
        };
        write_float(rt, &mut out, &spec, value, kind, false).unwrap();
        alloc::string::String::from_utf8_lossy(out.bytes()).into_owned()
    }

    #[test]
    fn halves_are_rounded_up() {
        assert_eq!(float(1.25, b'f', 1), "1.3");
        assert_eq!(float(0.5, b'f', 0), "1");
        assert_eq!(float(-2.5, b'f', 0), "-3");
        assert_eq!(float(0.125, b'f', 2), "0.13");
        assert_eq!(float(25.0, b'e', 0), "3e+01");
        assert_eq!(float(1.25, b'g', 2), "1.3");
        assert_eq!(float(1.005, b'f', 2), "1.00");
        assert_eq!(float(0.35, b'f', 1), "0.3");
        assert_eq!(float(3.0, b'f', 0), "3");
    }

    #[test]
    fn fixed_form_gives_way_where_upstream_runs_out_of_room() {
        assert_eq!(float(1e30, b'f', 6), "1e+30");
        assert_eq!(float(1.2345e30, b'f', 2), "1.2e+30");
        assert_eq!(float(1e15, b'f', 6), "1000000000000000.000000");
    }
}
