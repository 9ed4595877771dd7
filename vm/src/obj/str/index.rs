//! Characters by position: indexing, slicing and iterating.
//!
//! ASCII text is indexed directly. For other text the runtime remembers where one character of one text stands
//! ([`CharCache`]), so that going through a text by position is linear, too.

use ferlance_abi::qstr;

use super::{Text, char_name};
use crate::obj::iter::{self, SeqIter};
use crate::obj::slice::Slice;
use crate::obj::tuple::step_not_supported;
use crate::obj::ty::{Access, Type, VTable};
use crate::obj::word::Obj;
use crate::runtime::{R, Runtime};
use crate::text::unicode::{char_len, count_chars, offset_of_char};

/// Where a character of one text stands. Forgotten when the collector runs, as addresses may then be used anew.
#[derive(Clone, Copy, Default)]
pub struct CharCache {
    /// Address of the text; 0 = nothing is remembered.
    addr: usize,
    bytes: usize,
    /// Characters in all.
    chars: usize,
    /// Character `at` begins at `offset`.
    at: usize,
    offset: usize,
}

/// Texts shorter than this are counted each time.
const CACHED_FROM: usize = 32;

impl CharCache {
    fn of<'a>(rt: &'a mut Runtime, text: &[u8]) -> &'a mut CharCache {
        let cache = &mut rt.state.chars;
        if cache.addr != text.as_ptr().addr() || cache.bytes != text.len() {
            *cache = CharCache {
                addr: text.as_ptr().addr(),
                bytes: text.len(),
                chars: count_chars(text),
                at: 0,
                offset: 0,
            };
        }
        cache
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.addr = 0;
    }
}

/// Number of characters.
#[inline]
pub fn char_count(rt: &mut Runtime, text: Text<'_>) -> usize {
    if text.ascii {
        text.bytes.len()
    } else if text.bytes.len() < CACHED_FROM {
        count_chars(text.bytes)
    } else {
        CharCache::of(rt, text.bytes).chars
    }
}

/// Where character `at` begins; the end for positions behind the last.
#[inline]
pub fn byte_offset(rt: &mut Runtime, text: Text<'_>, at: usize) -> usize {
    if text.ascii {
        return at.min(text.bytes.len());
    }
    if text.bytes.len() < CACHED_FROM {
        return offset_of_char(text.bytes, at);
    }
    let cache = CharCache::of(rt, text.bytes);
    let offset = if at >= cache.at {
        let rest = text.bytes.get(cache.offset..).unwrap_or(&[]);
        cache.offset + offset_of_char(rest, at - cache.at)
    } else if cache.at - at <= cache.at / 2 {
        // Nearer to the remembered place than to the begin.
        let mut offset = cache.offset;
        for _ in at..cache.at {
            offset = before(text.bytes, offset);
        }
        offset
    } else {
        offset_of_char(text.bytes, at)
    };
    let at = at.min(cache.chars);
    (cache.at, cache.offset) = (at, offset);
    offset
}

/// Where the character before `offset` begins.
fn before(text: &[u8], offset: usize) -> usize {
    let mut offset = offset.saturating_sub(1);
    while offset > 0 && text.get(offset).is_some_and(|b| b & 0xc0 == 0x80) {
        offset -= 1;
    }
    offset
}

/// The position, in characters, of byte `offset`.
pub fn char_position(text: Text<'_>, offset: usize) -> usize {
    if text.ascii {
        offset
    } else {
        count_chars(text.bytes.get(..offset).unwrap_or(text.bytes))
    }
}

/// The character that begins at `offset`, and where the next one does.
#[inline]
pub fn char_at(rt: &mut Runtime, bytes: &[u8], offset: usize) -> R<Option<(Obj, usize)>> {
    let Some(first) = bytes.get(offset) else {
        return Ok(None);
    };
    if let Some(name) = char_name(*first) {
        return Ok(Some((name, offset + 1)));
    }
    let end = (offset + char_len(*first)).min(bytes.len());
    let ch = rt.new_str(bytes.get(offset..end).unwrap_or(&[]))?;
    Ok(Some((ch, end)))
}

pub(super) fn subscr(rt: &mut Runtime, obj: Obj, index: Obj, access: Access) -> R<Option<Obj>> {
    let Access::Load = access else {
        return Ok(None);
    };
    let Some(text) = rt.str_text(obj) else {
        return Ok(None);
    };
    if let Some(slice) = index.cast::<Slice>() {
        for part in [slice.start, slice.stop, slice.step] {
            if !part.is_small() && !part.is_none() && rt.int_maybe(part)?.is_none() {
                return Err(rt.type_error_of("string indices must be integers, not {}", part));
            }
        }
        let len = char_count(rt, text);
        let span = slice.span(rt, len)?;
        let Some((from, to)) = span.simple() else {
            return Err(step_not_supported(rt));
        };
        if to - from == len {
            return Ok(Some(obj));
        }
        let from = byte_offset(rt, text, from);
        let to = byte_offset(rt, text, to);
        let part = text.bytes.get(from..to).unwrap_or(&[]);
        return sub_str(rt, text, part).map(Some);
    }
    if text.ascii
        && let Some(i) = index.as_small()
        && let Some(ch) = text.bytes.get(i as usize)
        && let Some(name) = char_name(*ch)
    {
        return Ok(Some(name));
    }
    let len = char_count(rt, text);
    let i = rt.index_of("string", len, index)?;
    let offset = byte_offset(rt, text, i);
    Ok(char_at(rt, text.bytes, offset)?.map(|(ch, _)| ch))
}

/// The str `part`, which is a part of `text`.
#[inline]
pub fn sub_str(rt: &mut Runtime, text: Text<'_>, part: &[u8]) -> R<Obj> {
    let made = rt.new_str(part)?;
    if text.ascii
        && let Some(data) = made.cast::<super::StrData>()
    {
        data.set_ascii(true);
    }
    Ok(made)
}

static STR_ITER: Type = Type::builtin(qstr!("iterator"), 0, &STR_VT);
static STR_VT: VTable = VTable {
    next: Some(next),
    ..iter::VT
};

pub(super) fn iter(rt: &mut Runtime, obj: Obj) -> R<Obj> {
    iter::new(rt, &STR_ITER, obj)
}

/// The position of a str iterator is in bytes.
fn next(rt: &mut Runtime, obj: Obj) -> R<Option<Obj>> {
    // SAFETY: iterators of this type are made by `iter` only.
    let iter = unsafe { SeqIter::of(obj) };
    let bytes = rt.str_bytes(iter.seq).unwrap_or(&[]);
    let Some((ch, at)) = char_at(rt, bytes, iter.at.get())? else {
        return Ok(None);
    };
    iter.at.set(at);
    Ok(Some(ch))
}
