//! `join`, and hexadecimal text of bytes.

use super::methods::This;
use crate::call::Args;
use crate::obj::bytearray::{self, BYTEARRAY};
use crate::obj::word::Obj;
use crate::obj::{bytes, list, seq};
use crate::runtime::{R, Runtime};
use crate::text::print::TextBuf;

pub(super) fn join(rt: &mut Runtime, this: Obj, parts: Obj) -> R<Obj> {
    let this = This::of(rt, this)?;
    let items = match seq::items_of(parts) {
        Some(_) => parts,
        None => list::from_iterable(rt, parts)?.obj(),
    };
    // Nothing below runs Python, so the items stay as they are.
    let items = seq::items_of(items).unwrap_or(&[]);
    if let ([only], true) = (items, this.is_str())
        && rt.str_bytes(only.get()).is_some()
    {
        return Ok(only.get());
    }
    // Iterating may have run code that changed a bytearray.
    let this = This::of(rt, this.obj)?;
    let mut out = TextBuf::take(rt);
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            out.push_bytes(rt, this.text.bytes)?;
        }
        match this.other_maybe(rt, item.get()) {
            Some(part) => out.push_bytes(rt, part)?,
            None => {
                out.give_back(rt);
                return Err(rt.type_error(
                    "join expects a list of str/bytes objects consistent with self object",
                ));
            }
        }
    }
    let made = this.make(rt, out.bytes());
    out.give_back(rt);
    made
}

const DIGITS: &[u8; 16] = b"0123456789abcdef";

pub(super) fn hex(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    let this = This::of(rt, args.pos()[0])?;
    hex_text(rt, this.text.bytes, args.get(1))
}

/// The hexadecimal text of bytes, with a separator between them if there is one.
pub fn hex_text(rt: &mut Runtime, bytes: &[u8], sep: Option<Obj>) -> R<Obj> {
    let sep = match sep {
        Some(sep) => match rt.str_bytes(sep) {
            Some(sep) => sep,
            None => rt.buffer_of(sep, false)?.bytes(),
        },
        None => &[],
    };
    let mut out = TextBuf::take(rt);
    for (i, byte) in bytes.iter().enumerate() {
        if i > 0 {
            out.push_bytes(rt, sep)?;
        }
        let digit = |n: u8| DIGITS[usize::from(n & 15)];
        out.push_bytes(rt, &[digit(byte >> 4), digit(*byte)])?;
    }
    let made = rt.new_str(out.bytes());
    out.give_back(rt);
    made
}

pub(super) fn fromhex(rt: &mut Runtime, ty: Obj, text: Obj) -> R<Obj> {
    let text = match rt.str_bytes(text) {
        Some(text) => text,
        None => rt.buffer_of(text, false)?.bytes(),
    };
    let mut out = TextBuf::take(rt);
    let mut rest = text;
    let good = loop {
        match rest {
            [] => break true,
            [space, tail @ ..] if super::split::is_space(*space) => rest = tail,
            [high, low, tail @ ..] => {
                let digit = |byte: u8| char::from(byte).to_digit(16);
                let (Some(high), Some(low)) = (digit(*high), digit(*low)) else {
                    break false;
                };
                out.push_bytes(rt, &[(high << 4 | low) as u8])?;
                rest = tail;
            }
            [_] => break false,
        }
    };
    let made = if !good {
        Err(rt.value_error("non-hex digit"))
    } else if ty == BYTEARRAY.obj() {
        bytearray::new(rt, out.bytes())
    } else {
        bytes::new(rt, out.bytes())
    };
    out.give_back(rt);
    made
}
