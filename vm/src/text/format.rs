//! `str.format`, which f-strings are compiled to.

use super::format_spec::{Align, Spec, write_float, write_int, write_text};
use super::print::TextBuf;
use super::unicode::encode_char;
use crate::call::Args;
use crate::exc;
use crate::obj::str::{StrData, find};
use crate::obj::ty::PrintKind;
use crate::obj::word::Obj;
use crate::obj::{bytes, int};
use crate::runtime::{R, Raised, Runtime};
use crate::text::print::Letter;

/// `format_text.format(*args, **kwargs)`
pub fn method(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    let this = crate::obj::class::unwrap_native(args.pos()[0]);
    let is_str = rt.str_bytes(this).is_some();
    let text = match rt.str_bytes(this) {
        Some(text) => text,
        None if this.ty().same(&bytes::BYTES)
            || this.ty().same(&crate::obj::bytearray::BYTEARRAY) =>
        {
            rt.buffer_of(this, false)?.bytes()
        }
        None => return Err(crate::call::wrong_self(rt, &crate::obj::str::STR, this)),
    };
    // Printing an argument may run Python code that changes a bytearray.
    let copy;
    let text = if this.ty().same(&crate::obj::bytearray::BYTEARRAY) {
        copy = bytes::new(rt, text)?;
        rt.buffer_of(copy, false)?.bytes()
    } else {
        text
    };
    let mut out = TextBuf::take(rt);
    let mut fields = Fields {
        args: args.skip(1),
        next: 0,
        manual: false,
    };
    fields.format(rt, text, &mut out)?;
    out.into_object(rt, is_str)
}

/// The arguments, and how fields have been numbered so far.
struct Fields<'a> {
    args: Args<'a>,
    /// Number of the next automatic field.
    next: usize,
    /// Fields have been numbered by hand.
    manual: bool,
}

#[cold]
fn unmatched(rt: &mut Runtime) -> Raised {
    rt.value_error("unmatched '{' in format")
}

#[cold]
fn invalid(rt: &mut Runtime) -> Raised {
    rt.value_error("invalid format specifier")
}

impl Fields<'_> {
    /// Appends `text` with its fields replaced.
    fn format(&mut self, rt: &mut Runtime, text: &[u8], out: &mut TextBuf) -> R<()> {
        rt.check_stack()?;
        let mut rest = text;
        loop {
            let plain = rest
                .iter()
                .take_while(|b| !matches!(b, b'{' | b'}'))
                .count();
            let (head, tail) = rest.split_at_checked(plain).unwrap_or((rest, &[]));
            out.push_bytes(rt, head)?;
            rest = match tail {
                [] => return Ok(()),
                [b'{', b'{', rest @ ..] | [b'}', b'}', rest @ ..] => {
                    out.push_bytes(rt, &tail[..1])?;
                    rest
                }
                [b'}', ..] => {
                    return Err(rt.value_error("single '}' encountered in format string"));
                }
                [_, rest @ ..] => self.field(rt, rest, out)?,
            };
        }
    }

    /// Appends the field that `text` begins with, behind its brace; gives what comes behind the field.
    fn field<'t>(&mut self, rt: &mut Runtime, text: &'t [u8], out: &mut TextBuf) -> R<&'t [u8]> {
        // The commonest of all: `{}`.
        if let [b'}', rest @ ..] = text {
            let value = self.automatic(rt)?;
            print(rt, value, out)?;
            return Ok(rest);
        }
        let n = text
            .iter()
            .take_while(|b| !matches!(b, b'!' | b':' | b'}'))
            .count();
        let (name, mut rest) = text.split_at_checked(n).unwrap_or((text, &[]));
        let mut conversion = 0;
        if let [b'!', tail @ ..] = rest {
            let [what, tail @ ..] = tail else {
                return Err(rt.value_error("end of format while looking for conversion specifier"));
            };
            if !matches!(what, b'r' | b's') {
                let what = Letter(*what);
                return Err(rt.value_error_fmt(format_args!("unknown conversion specifier {what}")));
            }
            conversion = *what;
            rest = tail;
            match rest {
                [] => return Err(unmatched(rt)),
                [b':' | b'}', ..] => {}
                _ => return Err(rt.value_error("expected ':' after format specifier")),
            }
        }
        let mut spec: &[u8] = &[];
        if let [b':', tail @ ..] = rest {
            let mut depth = 0usize;
            let mut n = 0;
            for byte in tail {
                match byte {
                    b'{' => depth += 1,
                    b'}' if depth == 0 => break,
                    b'}' => depth -= 1,
                    _ => {}
                }
                n += 1;
            }
            (spec, rest) = tail.split_at_checked(n).unwrap_or((tail, &[]));
        }
        let [b'}', rest @ ..] = rest else {
            return Err(unmatched(rt));
        };
        let mut value = if name.is_empty() {
            self.automatic(rt)?
        } else {
            self.named(rt, name)?
        };
        if conversion != 0 {
            let kind = if conversion == b'r' {
                PrintKind::Repr
            } else {
                PrintKind::Str
            };
            if spec.is_empty() {
                rt.print(value, kind, out)?;
                return Ok(rest);
            }
            let text = rt.text_of(value, kind)?;
            value = text.into_str(rt)?;
        } else if spec.is_empty() {
            print(rt, value, out)?;
            return Ok(rest);
        }
        if find::find_byte(spec, b'{').is_some() || find::find_byte(spec, b'}').is_some() {
            let mut nested = TextBuf::default();
            self.format(rt, spec, &mut nested)?;
            let spec = parse(rt, nested.bytes())?;
            write_value(rt, out, &spec, value)?;
        } else {
            let spec = parse(rt, spec)?;
            write_value(rt, out, &spec, value)?;
        }
        Ok(rest)
    }

    fn automatic(&mut self, rt: &mut Runtime) -> R<Obj> {
        if self.manual {
            return Err(rt.value_error(
                "can't switch from manual field specification to automatic field numbering",
            ));
        }
        self.next += 1;
        self.at(rt, self.next - 1)
    }

    fn at(&self, rt: &mut Runtime, i: usize) -> R<Obj> {
        match self.args.get(i) {
            Some(value) => Ok(value),
            None => Err(rt.index_error("tuple index out of range")),
        }
    }

    fn named(&mut self, rt: &mut Runtime, name: &[u8]) -> R<Obj> {
        let (value, rest) = if name.first().is_some_and(u8::is_ascii_digit) {
            if self.next > 0 {
                return Err(rt.value_error(
                    "can't switch from automatic field numbering to manual field specification",
                ));
            }
            self.manual = true;
            let (index, rest) = number(name);
            (self.at(rt, index)?, rest)
        } else {
            let n = name
                .iter()
                .take_while(|b| !matches!(b, b'.' | b'['))
                .count();
            let (name, rest) = name.split_at_checked(n).unwrap_or((name, &[]));
            let found = self
                .args
                .kw()
                .find(|(key, _)| rt.str_bytes(*key) == Some(name));
            match found {
                Some((_, value)) => (value, rest),
                None => {
                    let name = rt.new_str(name)?;
                    return Err(rt.key_error(name));
                }
            }
        };
        if !rest.is_empty() {
            return Err(rt.raise_msg(&exc::NOT_IMPLEMENTED_ERROR, "attributes not supported"));
        }
        Ok(value)
    }
}

/// Appends `str(value)`.
#[inline]
fn print(rt: &mut Runtime, value: Obj, out: &mut TextBuf) -> R<()> {
    if let Some(text) = rt.str_bytes(value) {
        return out.push_bytes(rt, text);
    }
    if let Some(value) = value.as_small() {
        let mut buf = [0; 24];
        return out.push_bytes(rt, int::decimal(value, &mut buf));
    }
    rt.print(value, PrintKind::Str, out)
}

/// The number that `text` begins with, as large as fits, and what comes behind it.
pub(crate) fn number(text: &[u8]) -> (usize, &[u8]) {
    let mut value = 0usize;
    let mut rest = text;
    while let [digit @ b'0'..=b'9', tail @ ..] = rest {
        value = value
            .saturating_mul(10)
            .saturating_add(usize::from(digit - b'0'));
        rest = tail;
    }
    (value, rest)
}

fn align_of(byte: u8) -> Option<Align> {
    Some(match byte {
        b'<' => Align::Left,
        b'>' => Align::Right,
        b'^' => Align::Center,
        b'=' => Align::Sign,
        _ => return None,
    })
}

/// `[[fill]align][sign][#][0][width][,|_][.precision][type]`
fn parse(rt: &mut Runtime, text: &[u8]) -> R<Spec> {
    let mut spec = Spec::PLAIN;
    let mut rest = text;
    let mut fill = None;
    // A character that aligns is never a filling.
    match rest {
        [first, tail @ ..] if align_of(*first).is_some() => {
            spec.align = align_of(*first).unwrap_or(Align::Default);
            rest = tail;
        }
        [first, second, tail @ ..] if align_of(*second).is_some() => {
            fill = Some(*first);
            spec.align = align_of(*second).unwrap_or(Align::Default);
            rest = tail;
        }
        _ => {}
    }
    if let [sign @ (b'+' | b'-' | b' '), tail @ ..] = rest {
        spec.sign = *sign;
        rest = tail;
    }
    if let [b'#', tail @ ..] = rest {
        spec.alternate = true;
        rest = tail;
    }
    if let [b'0', tail @ ..] = rest {
        if fill.is_none() {
            fill = Some(b'0');
        }
        if spec.align == Align::Default {
            spec.align = Align::Sign;
            // Texts take it as `<`.
            spec.fill = b'0';
        }
        rest = tail;
    }
    let zero = spec.fill == b'0';
    spec.fill = fill.unwrap_or(b' ');
    (spec.width, rest) = number(rest);
    if let [group @ (b',' | b'_'), tail @ ..] = rest {
        spec.group = *group;
        rest = tail;
    }
    if let [b'.', tail @ ..] = rest {
        let (precision, tail) = number(tail);
        spec.precision = Some(precision);
        rest = tail;
    }
    if let [
        kind @ (b'b' | b'c' | b'd' | b'e' | b'E' | b'f' | b'F' | b'g' | b'G' | b'n' | b'o' | b's'
        | b'x' | b'X' | b'%'),
        tail @ ..,
    ] = rest
    {
        spec.kind = *kind;
        rest = tail;
    }
    if !rest.is_empty() {
        return Err(invalid(rt));
    }
    if zero {
        spec.align = Align::Default;
    }
    Ok(spec)
}

#[cold]
fn unknown_code(rt: &mut Runtime, spec: &Spec, value: Obj) -> Raised {
    let (kind, ty) = (Letter(spec.kind), rt.type_name(value));
    rt.value_error_fmt(format_args!(
        "unknown format code '{kind}' for object of type '{ty}'"
    ))
}

/// Appends `value` as a specifier says.
pub fn write_value(rt: &mut Runtime, out: &mut TextBuf, spec: &Spec, value: Obj) -> R<()> {
    let mut spec = *spec;
    let is_bool = value.as_bool().is_some();
    if int::is_int(value) || is_bool {
        if spec.fill == b'0' && spec.align == Align::Default {
            spec.align = Align::Sign;
        }
        let (base, upper) = match spec.kind {
            0 | b'd' | b'n' => (10, false),
            b'b' => (2, false),
            b'o' => (8, false),
            b'x' => (16, false),
            b'X' => (16, true),
            b'c' => return write_char(rt, out, &spec, value),
            b'e' | b'E' | b'f' | b'F' | b'g' | b'G' | b'%' => {
                let value = rt.float(value)?;
                return write_float_kind(rt, out, &spec, value);
            }
            _ => return Err(unknown_code(rt, &spec, value)),
        };
        return write_int(rt, out, &spec, value, base, upper, 1);
    }
    if let Some(number) = value.as_float() {
        if spec.fill == b'0' && spec.align == Align::Default {
            spec.align = Align::Sign;
        }
        return match spec.kind {
            0 | b'n' | b'e' | b'E' | b'f' | b'F' | b'g' | b'G' | b'%' => {
                write_float_kind(rt, out, &spec, number)
            }
            _ => Err(unknown_code(rt, &spec, value)),
        };
    }
    if spec.sign != 0 {
        return Err(rt.value_error("sign not allowed in string format specifier"));
    }
    if spec.align == Align::Sign {
        return Err(rt.value_error("'=' alignment not allowed in string format specifier"));
    }
    if !matches!(spec.kind, 0 | b's') {
        return Err(unknown_code(rt, &spec, value));
    }
    let text = match value.ty().vt().buffer {
        _ if value.is_qstr() || value.is::<StrData>() => rt.str_bytes(value),
        Some(_) if value.ty().is_class() => None,
        Some(buffer) => buffer(rt, value, false).map(|buffer| buffer.bytes()),
        None => None,
    };
    match text {
        Some(text) => write_text(rt, out, &spec, text, Align::Left),
        None => Err(crate::obj::str::no_implicit(rt, value, "str")),
    }
}

fn write_float_kind(rt: &mut Runtime, out: &mut TextBuf, spec: &Spec, value: f64) -> R<()> {
    match spec.kind {
        0 | b'n' => write_float(rt, out, spec, value, b'g', false),
        b'%' => write_float(rt, out, spec, value, b'f', true),
        kind => write_float(rt, out, spec, value, kind, false),
    }
}

fn write_char(rt: &mut Runtime, out: &mut TextBuf, spec: &Spec, value: Obj) -> R<()> {
    if spec.sign != 0 {
        return Err(rt.value_error("sign not allowed with integer format specifier 'c'"));
    }
    let code = rt
        .int_maybe(value)?
        .and_then(|code| u32::try_from(code).ok());
    match code {
        Some(code @ 0..0x11_0000) => {
            let (bytes, len) = encode_char(code);
            let spec = Spec {
                precision: None,
                ..*spec
            };
            write_text(
                rt,
                out,
                &spec,
                bytes.get(..len).unwrap_or(&[]),
                Align::Right,
            )
        }
        _ => Err(rt.raise_msg(&exc::OVERFLOW_ERROR, "char not in range(0x110000)")),
    }
}

/// The text of an int in another base, with its prefix, as `bin`, `hex` and `oct` give it.
pub fn int_text(rt: &mut Runtime, value: Obj, kind: u8) -> R<Obj> {
    let spec = Spec {
        alternate: true,
        kind,
        ..Spec::PLAIN
    };
    let mut out = TextBuf::take(rt);
    write_value(rt, &mut out, &spec, value)?;
    let made = rt.new_str(out.bytes());
    out.give_back(rt);
    made
}
