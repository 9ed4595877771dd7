//! `%` formatting of `str` and `bytes`.

use super::format::number;
use super::format_spec::{Align, Spec, write_float, write_int, write_text};
use super::print::TextBuf;
use super::unicode::encode_char;
use crate::exc;
use crate::obj::bytes::BYTES;
use crate::obj::dict::Dict;
use crate::obj::tuple::Tuple;
use crate::obj::ty::PrintKind;
use crate::obj::word::Obj;
use crate::obj::{class, float, int};
use crate::runtime::{R, Raised, Runtime};
use crate::text::print::{Dec, Hex, Letter};

/// `format % args`.
pub fn format(rt: &mut Runtime, format: Obj, args: Obj) -> R<Obj> {
    let (text, is_str) = match rt.str_bytes(format) {
        Some(text) => (text, true),
        None => (rt.buffer_of(format, false)?.bytes(), false),
    };
    let mut out = TextBuf::take(rt);
    let one = [args];
    let values = match args.cast::<Tuple>() {
        Some(tuple) => tuple.get().slice(),
        None => &one[..],
    };
    let mut conversions = Conversions {
        text,
        values,
        args,
        used: 0,
        is_str,
    };
    conversions.run(rt, &mut out)?;
    out.into_object(rt, is_str)
}

struct Conversions<'a> {
    text: &'a [u8],
    /// The items of the tuple, or what else stands on the right.
    values: &'a [Obj],
    args: Obj,
    used: usize,
    is_str: bool,
}

#[cold]
fn incomplete(rt: &mut Runtime) -> Raised {
    rt.value_error("incomplete format")
}

impl Conversions<'_> {
    fn run(&mut self, rt: &mut Runtime, out: &mut TextBuf) -> R<()> {
        let mut rest = self.text;
        loop {
            let plain = rest.iter().take_while(|b| **b != b'%').count();
            let (head, tail) = rest.split_at_checked(plain).unwrap_or((rest, &[]));
            out.push_bytes(rt, head)?;
            rest = match tail {
                [] => break,
                [_, b'%', rest @ ..] => {
                    out.push_bytes(rt, b"%")?;
                    rest
                }
                [_, rest @ ..] => self.one(rt, rest, out)?,
            };
        }
        if self.used < self.values.len() && !self.args.is::<Dict>() {
            return Err(rt.type_error("format string didn't convert all arguments"));
        }
        Ok(())
    }

    fn next(&mut self, rt: &mut Runtime) -> R<Obj> {
        match self.values.get(self.used) {
            Some(value) => {
                self.used += 1;
                Ok(*value)
            }
            None => Err(rt.type_error("format string needs more arguments")),
        }
    }

    /// A width or precision: digits, or `*` for an argument; negative ones count as none.
    fn size<'t>(&mut self, rt: &mut Runtime, text: &'t [u8]) -> R<(usize, &'t [u8])> {
        match text {
            [b'*', rest @ ..] => {
                let value = self.next(rt)?;
                Ok((usize::try_from(rt.int(value)?).unwrap_or(0), rest))
            }
            _ => Ok(number(text)),
        }
    }

    /// Appends the conversion that `text` begins with, behind its `%`; gives what comes behind it.
    fn one<'t>(&mut self, rt: &mut Runtime, text: &'t [u8], out: &mut TextBuf) -> R<&'t [u8]> {
        let mut rest = text;
        let mut keyed = None;
        if let [b'(', tail @ ..] = rest {
            let n = tail.iter().take_while(|b| **b != b')').count();
            let (key, tail) = tail.split_at_checked(n).unwrap_or((tail, &[]));
            let [_, tail @ ..] = tail else {
                return Err(rt.value_error("incomplete format key"));
            };
            if !self.args.is::<Dict>() {
                return Err(rt.type_error("format needs a dict"));
            }
            let key = rt.new_str(key)?;
            keyed = Some(rt.get_item(self.args, key)?);
            self.used = self.values.len();
            rest = tail;
        }
        let mut spec = Spec::PLAIN;
        let mut zero = false;
        loop {
            match rest.first() {
                Some(b'-') => spec.align = Align::Left,
                Some(b'+') => spec.sign = b'+',
                Some(b' ') => spec.sign = if spec.sign == 0 { b' ' } else { spec.sign },
                Some(b'#') => spec.alternate = true,
                Some(b'0') => zero = true,
                _ => break,
            }
            rest = rest.get(1..).unwrap_or(&[]);
        }
        (spec.width, rest) = self.size(rt, rest)?;
        if let [b'.', tail @ ..] = rest {
            let precision;
            (precision, rest) = self.size(rt, tail)?;
            spec.precision = Some(precision);
        }
        let [kind, tail @ ..] = rest else {
            return Err(incomplete(rt));
        };
        let value = match keyed {
            Some(value) => value,
            None => self.next(rt)?,
        };
        spec.kind = *kind;
        if zero && !matches!(kind, b's' | b'r' | b'c') {
            spec.fill = b'0';
            if spec.align == Align::Default {
                spec.align = Align::Sign;
            }
        }
        let at = self.text.len() - rest.len();
        self.convert(rt, out, &spec, value, at)?;
        Ok(tail)
    }

    fn convert(
        &self,
        rt: &mut Runtime,
        out: &mut TextBuf,
        spec: &Spec,
        value: Obj,
        at: usize,
    ) -> R<()> {
        match spec.kind {
            b's' | b'r' => self.text(rt, out, spec, value),
            b'd' | b'i' | b'u' => integer(rt, out, spec, value, 10, false),
            b'x' => integer(rt, out, spec, value, 16, false),
            b'X' => integer(rt, out, spec, value, 16, true),
            b'o' => integer(rt, out, spec, value, 8, false),
            b'e' | b'E' | b'f' | b'F' | b'g' | b'G' => {
                let value = rt.float(value)?;
                write_float(rt, out, spec, value, spec.kind, false)
            }
            b'c' => self.character(rt, out, spec, value),
            kind => {
                let ch = Letter(kind);
                let (kind, at) = (Hex(kind.into()), Dec(at as isize));
                Err(rt.value_error_fmt(format_args!(
                    "unsupported format character '{ch}' (0x{kind}) at index {at}"
                )))
            }
        }
    }

    fn text(&self, rt: &mut Runtime, out: &mut TextBuf, spec: &Spec, value: Obj) -> R<()> {
        let plain = spec.width == 0 && spec.precision.is_none();
        if spec.kind == b's' {
            // Bytes go into bytes as they are.
            let text = if !self.is_str && value.is_ptr() && value.ty().same(&BYTES) {
                Some(rt.buffer_of(value, false)?.bytes())
            } else {
                rt.str_bytes(value)
            };
            if let Some(text) = text {
                return if plain {
                    out.push_bytes(rt, text)
                } else {
                    write_text(rt, out, spec, text, Align::Right)
                };
            }
        }
        let kind = if spec.kind == b'r' {
            PrintKind::Repr
        } else {
            PrintKind::Str
        };
        if plain {
            return rt.print(value, kind, out);
        }
        let text = rt.text_of(value, kind)?;
        write_text(rt, out, spec, text.bytes(), Align::Right)
    }

    fn character(&self, rt: &mut Runtime, out: &mut TextBuf, spec: &Spec, value: Obj) -> R<()> {
        let spec = Spec {
            precision: None,
            ..*spec
        };
        if let Some(text) = rt.str_bytes(value) {
            if text.len() != 1 {
                return Err(rt.type_error("%c needs int or char"));
            }
            return write_text(rt, out, &spec, text, Align::Right);
        }
        let value = class::unwrap_native(value);
        if !int::is_int(value) && value.as_bool().is_none() {
            return Err(rt.type_error("integer needed"));
        }
        if !self.is_str {
            let byte = int::low_word(value) as u8;
            return write_text(rt, out, &spec, &[byte], Align::Right);
        }
        let code = rt
            .int_maybe(value)?
            .and_then(|code| u32::try_from(code).ok());
        match code {
            Some(code @ 0..0x11_0000) => {
                let (bytes, len) = encode_char(code);
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
}

fn integer(
    rt: &mut Runtime,
    out: &mut TextBuf,
    spec: &Spec,
    value: Obj,
    base: u32,
    upper: bool,
) -> R<()> {
    let mut number = class::unwrap_native(value);
    if base == 10
        && let Some(value) = number.as_float()
    {
        number = int::from_f64(rt, value)?;
    }
    if !int::is_int(number) && number.as_bool().is_none() {
        let made = if number.is::<float::Float>() {
            None
        } else {
            rt.unary_maybe(ferlance_abi::ops::UnaryOp::IntMaybe, number)?
        };
        match made {
            Some(made) if int::is_int(made) => number = made,
            _ => {
                return Err(rt.type_error_of("can't convert {} to int", value));
            }
        }
    }
    if spec.precision.is_none() && spec.width == 0 && base == 10 && spec.sign == 0 {
        // The plain form needs no layout.
        if let Some(value) = int::small_value(number) {
            let mut buf = [0; 24];
            return out.push_bytes(rt, int::decimal(value, &mut buf));
        }
    }
    write_int(
        rt,
        out,
        spec,
        number,
        base,
        upper,
        spec.precision.unwrap_or(1),
    )
}
