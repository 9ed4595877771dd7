//! `split`, `rsplit`, `splitlines`, `partition`.

use ferlance_abi::qstr;

use super::find::{self, Places};
use super::methods::This;
use crate::call::{Args, named};
use crate::exc;
use crate::obj::list;
use crate::obj::tuple;
use crate::obj::word::Obj;
use crate::runtime::{R, Raised, Runtime};
use crate::text::unicode::char_len;

/// White space as `split`, `strip` and `isspace` see it.
#[cfg_attr(not(feature = "small"), inline(always))]
pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | 9..=13)
}

/// The character at byte `at`, and where the next one begins.
pub(super) fn at_char<'a>(this: This<'_>, text: &'a [u8], at: usize) -> Option<(&'a [u8], usize)> {
    let first = *text.get(at)?;
    let len = if this.text.ascii { 1 } else { char_len(first) };
    let end = (at + len).min(text.len());
    Some((text.get(at..end)?, end))
}

#[cold]
fn empty_separator(rt: &mut Runtime) -> Raised {
    rt.value_error("empty separator")
}

/// The optional greatest number of splits; negative = no limit.
fn limit(rt: &mut Runtime, arg: Option<Obj>) -> R<usize> {
    match arg {
        None => Ok(usize::MAX),
        Some(most) => Ok(usize::try_from(rt.int(most)?).unwrap_or(usize::MAX)),
    }
}

pub(super) fn split(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    let this = This::of(rt, args.pos()[0])?;
    let sep = args.get(1).filter(|sep| !sep.is_none());
    let most = limit(rt, args.get(2))?;
    let text = this.text.bytes;
    let parts = list::with_capacity(rt, 0)?;
    match sep {
        None => {
            let mut at = 0;
            let mut splits = 0;
            loop {
                at += text.iter().skip(at).take_while(|b| is_space(**b)).count();
                if at >= text.len() {
                    break;
                }
                let end = if splits == most {
                    text.len()
                } else {
                    at + text.iter().skip(at).take_while(|b| !is_space(**b)).count()
                };
                let part = this.part(rt, text.get(at..end).unwrap_or(&[]))?;
                parts.push(rt, part)?;
                splits += 1;
                at = end;
            }
        }
        Some(sep) => {
            let sep = this.other(rt, sep)?;
            if sep.is_empty() {
                return Err(empty_separator(rt));
            }
            let mut done = 0;
            for at in Places::new(text, sep).take(most) {
                let part = this.part(rt, text.get(done..at).unwrap_or(&[]))?;
                parts.push(rt, part)?;
                done = at + sep.len();
            }
            let part = this.part(rt, text.get(done..).unwrap_or(&[]))?;
            parts.push(rt, part)?;
        }
    }
    Ok(parts.obj())
}

pub(super) fn rsplit(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    if args.get(2).is_none() {
        return split(rt, args);
    }
    let this = This::of(rt, args.pos()[0])?;
    let most = limit(rt, args.get(2))?;
    if most == usize::MAX {
        return split(rt, args);
    }
    let sep = args.pos()[1];
    if sep.is_none() {
        return Err(rt.raise_msg(&exc::NOT_IMPLEMENTED_ERROR, "rsplit(None,n)"));
    }
    let sep = this.other(rt, sep)?;
    if sep.is_empty() {
        return Err(empty_separator(rt));
    }
    let parts = list::with_capacity(rt, 0)?;
    let mut text = this.text.bytes;
    for _ in 0..most {
        let Some(at) = find::rfind(text, sep) else {
            break;
        };
        let part = this.part(rt, text.get(at + sep.len()..).unwrap_or(&[]))?;
        parts.push(rt, part)?;
        text = text.get(..at).unwrap_or(&[]);
    }
    let part = this.part(rt, text)?;
    parts.push(rt, part)?;
    let items = parts.items();
    for i in 0..items.len() / 2 {
        items[i].swap(&items[items.len() - 1 - i]);
    }
    Ok(parts.obj())
}

pub(super) fn splitlines(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    let this = This::of(rt, args.pos()[0])?;
    let [keepends] = named(rt, args.skip(1), [qstr!("keepends")], 1, 0)?;
    let keep = match keepends {
        Some(keep) => rt.is_true(keep)?,
        None => false,
    };
    // Only now, as the truth of an object may be Python code that changes a bytearray.
    let this = This::of(rt, this.obj)?;
    let text = this.text.bytes;
    let parts = list::with_capacity(rt, 0)?;
    let mut at = 0;
    while at < text.len() {
        let rest = text.get(at..).unwrap_or(&[]);
        let line = rest
            .iter()
            .take_while(|b| !matches!(b, b'\n' | b'\r'))
            .count();
        let end = match rest.get(line..).unwrap_or(&[]) {
            [b'\r', b'\n', ..] => 2,
            [] => 0,
            _ => 1,
        };
        let shown = if keep { line + end } else { line };
        let part = this.part(rt, rest.get(..shown).unwrap_or(&[]))?;
        parts.push(rt, part)?;
        at += line + end;
    }
    Ok(parts.obj())
}

fn partition_at(rt: &mut Runtime, this: Obj, sep: Obj, from_end: bool) -> R<Obj> {
    let this = This::of(rt, this)?;
    let sep_bytes = this.other(rt, sep)?;
    if sep_bytes.is_empty() {
        return Err(empty_separator(rt));
    }
    let text = this.text.bytes;
    let place = if from_end {
        find::rfind(text, sep_bytes)
    } else {
        find::find(text, sep_bytes)
    };
    let (before, mid, after) = match place {
        Some(at) => (
            text.get(..at).unwrap_or(&[]),
            sep_bytes,
            text.get(at + sep_bytes.len()..).unwrap_or(&[]),
        ),
        None if from_end => (&[][..], &[][..], text),
        None => (text, &[][..], &[][..]),
    };
    let parts = [
        this.part(rt, before)?,
        this.make(rt, mid)?,
        this.part(rt, after)?,
    ];
    Ok(tuple::from_slice(rt, &parts)?.obj())
}

pub(super) fn partition(rt: &mut Runtime, this: Obj, sep: Obj) -> R<Obj> {
    partition_at(rt, this, sep, false)
}

pub(super) fn rpartition(rt: &mut Runtime, this: Obj, sep: Obj) -> R<Obj> {
    partition_at(rt, this, sep, true)
}
