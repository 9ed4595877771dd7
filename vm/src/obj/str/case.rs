//! Case, classes of characters, stripping and centring: ASCII letters only.

use super::methods::This;
use super::split::is_space;
use crate::call::Args;
use crate::obj::word::Obj;
use crate::runtime::{R, Runtime};
use crate::text::print::TextBuf;

fn convert(rt: &mut Runtime, this: Obj, f: fn(&mut [u8])) -> R<Obj> {
    let this = This::of(rt, this)?;
    let mut out = TextBuf::take(rt);
    out.push_bytes(rt, this.text.bytes)?;
    f(out.bytes_mut());
    let made = if this.is_str() && out.bytes() == this.text.bytes {
        Ok(this.obj)
    } else {
        this.make(rt, out.bytes())
    };
    out.give_back(rt);
    made
}

pub(super) fn upper(rt: &mut Runtime, this: Obj) -> R<Obj> {
    convert(rt, this, <[u8]>::make_ascii_uppercase)
}

pub(super) fn lower(rt: &mut Runtime, this: Obj) -> R<Obj> {
    convert(rt, this, <[u8]>::make_ascii_lowercase)
}

fn all(rt: &mut Runtime, this: Obj, test: fn(&u8) -> bool) -> R<Obj> {
    let text = This::of(rt, this)?.text.bytes;
    Ok(Obj::bool(!text.is_empty() && text.iter().all(test)))
}

pub(super) fn isalpha(rt: &mut Runtime, this: Obj) -> R<Obj> {
    all(rt, this, u8::is_ascii_alphabetic)
}

pub(super) fn isdigit(rt: &mut Runtime, this: Obj) -> R<Obj> {
    all(rt, this, u8::is_ascii_digit)
}

pub(super) fn isspace(rt: &mut Runtime, this: Obj) -> R<Obj> {
    all(rt, this, |b| is_space(*b))
}

/// Whether there are letters, all of the case that is not `other`.
fn cased(rt: &mut Runtime, this: Obj, other: fn(&u8) -> bool) -> R<Obj> {
    let text = This::of(rt, this)?.text.bytes;
    let letters = text.iter().any(u8::is_ascii_alphabetic);
    Ok(Obj::bool(letters && !text.iter().any(other)))
}

pub(super) fn isupper(rt: &mut Runtime, this: Obj) -> R<Obj> {
    cased(rt, this, u8::is_ascii_lowercase)
}

pub(super) fn islower(rt: &mut Runtime, this: Obj) -> R<Obj> {
    cased(rt, this, u8::is_ascii_uppercase)
}

fn strip_ends(rt: &mut Runtime, args: Args<'_>, left: bool, right: bool) -> R<Obj> {
    let this = This::of(rt, args.pos()[0])?;
    let chars = match args.get(1) {
        Some(chars) if !chars.is_none() => this.other(rt, chars)?,
        _ => b" \t\n\r\x0b\x0c",
    };
    let mut text = this.text.bytes;
    if this.text.ascii || chars.is_ascii() {
        // A byte is a character, or none of those sought.
        if left {
            while let [first, rest @ ..] = text
                && chars.contains(first)
            {
                text = rest;
            }
        }
        if right {
            while let [rest @ .., last] = text
                && chars.contains(last)
            {
                text = rest;
            }
        }
    } else {
        let holds = |ch: &[u8]| super::find::find(chars, ch).is_some();
        if left {
            while let Some((ch, _)) = super::split::at_char(this, text, 0)
                && holds(ch)
            {
                text = text.get(ch.len()..).unwrap_or(&[]);
            }
        }
        if right {
            while let Some(start) = text.iter().rposition(|b| b & 0xc0 != 0x80)
                && holds(text.get(start..).unwrap_or(&[]))
            {
                text = text.get(..start).unwrap_or(&[]);
            }
        }
    }
    this.part(rt, text)
}

pub(super) fn strip(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    strip_ends(rt, args, true, true)
}

pub(super) fn lstrip(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    strip_ends(rt, args, true, false)
}

pub(super) fn rstrip(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    strip_ends(rt, args, false, true)
}

pub(super) fn center(rt: &mut Runtime, this: Obj, width: Obj) -> R<Obj> {
    let width = usize::try_from(rt.int(width)?).unwrap_or(0);
    let this = This::of(rt, this)?;
    let len = super::index::char_count(rt, this.text);
    if len >= width {
        return this.part(rt, this.text.bytes);
    }
    let pad = width - len;
    let mut out = TextBuf::take(rt);
    out.push_fill(rt, b' ', pad / 2)?;
    out.push_bytes(rt, this.text.bytes)?;
    out.push_fill(rt, b' ', pad - pad / 2)?;
    let made = this.make(rt, out.bytes());
    out.give_back(rt);
    made
}
