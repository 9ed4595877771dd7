//! `find`, `index`, `count`, `startswith`, `replace` and their like.

use super::find::{self as bytes_find, Places};
use super::index::{char_count, char_position};
use super::methods::{This, locate};
use super::split::at_char;
use crate::call::Args;
use crate::obj::seq;
use crate::obj::tuple::Tuple;
use crate::obj::word::Obj;
use crate::runtime::{R, Runtime};
use crate::text::print::TextBuf;

fn position(this: This<'_>, at: Option<usize>) -> Option<Obj> {
    Some(Obj::int(char_position(this.text, at?) as isize))
}

pub(super) fn find(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    let (this, at) = locate(rt, args, false)?;
    Ok(position(this, at).unwrap_or(Obj::int(-1)))
}

pub(super) fn rfind(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    let (this, at) = locate(rt, args, true)?;
    Ok(position(this, at).unwrap_or(Obj::int(-1)))
}

pub(super) fn index(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    let (this, at) = locate(rt, args, false)?;
    position(this, at).ok_or_else(|| rt.value_error("substring not found"))
}

pub(super) fn rindex(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    let (this, at) = locate(rt, args, true)?;
    position(this, at).ok_or_else(|| rt.value_error("substring not found"))
}

pub(super) fn count(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    let this = This::of(rt, args.pos()[0])?;
    let needle = this.other(rt, args.pos()[1])?;
    let Some((_, part)) = this.window(rt, args.get(2), args.get(3))? else {
        return Ok(Obj::int(0));
    };
    let n = if needle.is_empty() {
        let text = super::Text {
            bytes: part,
            ascii: this.text.ascii,
        };
        char_count(rt, text) + 1
    } else {
        bytes_find::count(part, needle)
    };
    Ok(Obj::int(n as isize))
}

/// Whether `test` holds of a text or of one of a tuple of texts.
fn any_of(rt: &mut Runtime, this: This<'_>, what: Obj, test: impl Fn(&[u8]) -> bool) -> R<Obj> {
    if let Some(tuple) = what.cast::<Tuple>() {
        for item in seq::Items::all(tuple) {
            let text = this.other(rt, item.get())?;
            if test(text) {
                return Ok(Obj::TRUE);
            }
        }
        return Ok(Obj::FALSE);
    }
    let text = this.other(rt, what)?;
    Ok(Obj::bool(test(text)))
}

pub(super) fn startswith(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    let this = This::of(rt, args.pos()[0])?;
    let Some((_, text)) = this.window(rt, args.get(2), None)? else {
        return Ok(Obj::FALSE);
    };
    any_of(rt, this, args.pos()[1], |start| text.starts_with(start))
}

pub(super) fn endswith(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    let this = This::of(rt, args.pos()[0])?;
    any_of(rt, this, args.pos()[1], |end| {
        this.text.bytes.ends_with(end)
    })
}

pub(super) fn replace(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    let this = This::of(rt, args.pos()[0])?;
    let old = this.other(rt, args.pos()[1])?;
    let new = this.other(rt, args.pos()[2])?;
    let most = match args.get(3) {
        None => usize::MAX,
        Some(most) => usize::try_from(rt.int(most)?).unwrap_or(usize::MAX),
    };
    let text = this.text.bytes;
    let mut out = TextBuf::take(rt);
    let mut done = 0;
    if old.is_empty() {
        for _ in 0..most {
            out.push_bytes(rt, new)?;
            let Some((ch, _)) = at_char(this, text, done) else {
                break;
            };
            out.push_bytes(rt, ch)?;
            done += ch.len();
        }
    } else {
        for at in Places::new(text, old).take(most) {
            out.push_bytes(rt, text.get(done..at).unwrap_or(&[]))?;
            out.push_bytes(rt, new)?;
            done = at + old.len();
        }
        if done == 0 {
            out.give_back(rt);
            return this.part(rt, text);
        }
    }
    out.push_bytes(rt, text.get(done..).unwrap_or(&[]))?;
    let made = this.make(rt, out.bytes());
    out.give_back(rt);
    made
}
