//! UTF-8: counting, decoding and encoding characters; the encodings Python code can name.
//!
//! Texts of `str` objects are UTF-8 in which surrogates may stand; nothing here trusts that.

use crate::exc;
use crate::obj::str::unicode_error;
use crate::obj::word::Obj;
use crate::runtime::{R, Runtime};
use crate::text::print::Word;

/// Number of characters: bytes that do not continue one.
pub fn count_chars(text: &[u8]) -> usize {
    // Eight bytes at a time: of each byte the bit that tells whether it begins a character.
    let (words, tail) = text.as_chunks::<8>();
    let mut count = 0;
    for word in words {
        let word = u64::from_le_bytes(*word);
        count += ((!word >> 7 | word >> 6) & 0x0101_0101_0101_0101).count_ones() as usize;
    }
    count + tail.iter().filter(|byte| **byte & 0xc0 != 0x80).count()
}

/// Where character `at` begins; the end for positions behind the last.
pub fn offset_of_char(text: &[u8], at: usize) -> usize {
    let mut left = at;
    let mut offset = 0;
    while let Some(word) = text.get(offset..).and_then(<[u8]>::first_chunk::<8>) {
        let word = u64::from_le_bytes(*word);
        let n = ((!word >> 7 | word >> 6) & 0x0101_0101_0101_0101).count_ones() as usize;
        if n > left {
            break;
        }
        left -= n;
        offset += 8;
    }
    while let Some(byte) = text.get(offset) {
        if byte & 0xc0 != 0x80 {
            if left == 0 {
                return offset;
            }
            left -= 1;
        }
        offset += 1;
    }
    offset
}

/// Bytes of the character that begins with `first`.
#[inline]
pub fn char_len(first: u8) -> usize {
    match first {
        0..0xc0 => 1,
        0xc0..0xe0 => 2,
        0xe0..0xf0 => 3,
        _ => 4,
    }
}

/// The first character's code and length; of nothing, 0 and 0.
pub fn decode_char(text: &[u8]) -> (u32, usize) {
    let Some(first) = text.first() else {
        return (0, 0);
    };
    if *first < 0xc0 {
        return (u32::from(*first), 1);
    }
    let len = char_len(*first).min(text.len());
    let mut code = u32::from(*first) & (0x7f >> char_len(*first));
    for byte in text.get(1..len).unwrap_or(&[]) {
        code = code << 6 | u32::from(byte & 0x3f);
    }
    (code, len)
}

/// The UTF-8 form of a code point below 0x110000 (surrogates as three bytes), and its length.
pub fn encode_char(code: u32) -> ([u8; 4], usize) {
    let cont = |shift: u32| (code >> shift & 0x3f) as u8 | 0x80;
    match code {
        0..0x80 => ([code as u8, 0, 0, 0], 1),
        0x80..0x800 => ([(code >> 6) as u8 | 0xc0, cont(0), 0, 0], 2),
        0x800..0x1_0000 => ([(code >> 12) as u8 | 0xe0, cont(6), cont(0), 0], 3),
        _ => ([(code >> 18) as u8 | 0xf0, cont(12), cont(6), cont(0)], 4),
    }
}

/// An encoding that Python code can name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Encoding {
    /// `'utf-8'`, `'utf8'`
    Utf8,
    /// `'ascii'`
    Ascii,
}

/// The encoding named by an argument.
pub fn encoding(rt: &mut Runtime, name: Option<Obj>) -> R<Encoding> {
    let Some(name) = name else {
        return Ok(Encoding::Utf8);
    };
    match rt.expect_str(name)? {
        b"utf-8" | b"utf8" => Ok(Encoding::Utf8),
        b"ascii" => Ok(Encoding::Ascii),
        other => {
            let other = Word(core::str::from_utf8(other).unwrap_or("?"));
            Err(rt.raise_fmt(
                &exc::LOOKUP_ERROR,
                format_args!("unknown encoding: {other}"),
            ))
        }
    }
}

/// The length of the valid character at the begin of `bytes`, which begin with a byte above 0x7f; surrogates
/// count as valid, as they do upstream.
fn valid_len(bytes: &[u8]) -> Option<usize> {
    let first = *bytes.first()?;
    if !(0xc0..0xf8).contains(&first) {
        return None;
    }
    let len = char_len(first);
    let rest = bytes.get(1..len)?;
    rest.iter().all(|byte| byte & 0xc0 == 0x80).then_some(len)
}

/// Whether bytes are text.
pub fn is_text(bytes: &[u8]) -> bool {
    if core::str::from_utf8(bytes).is_ok() {
        return true;
    }
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        if *byte < 0x80 {
            at += 1;
            continue;
        }
        match valid_len(bytes.get(at..).unwrap_or(&[])) {
            Some(len) => at += len,
            None => return false,
        }
    }
    true
}

/// The str that `bytes` encode.
///
/// # Errors
/// `UnicodeError` without text; `LookupError`.
pub fn decode(rt: &mut Runtime, bytes: &[u8], name: Option<Obj>, errors: Option<Obj>) -> R<Obj> {
    let encoding = encoding(rt, name)?;
    let good = match encoding {
        Encoding::Utf8 => is_text(bytes),
        Encoding::Ascii => bytes.is_ascii(),
    };
    if good {
        return rt.new_str(bytes);
    }
    let replace: &[u8] = match errors {
        None => return Err(unicode_error(rt)),
        Some(errors) => match rt.expect_str(errors)? {
            b"ignore" => b"",
            b"replace" => "\u{fffd}".as_bytes(),
            _ => return Err(unicode_error(rt)),
        },
    };
    let mut text = crate::text::print::TextBuf::default();
    let (mut at, mut plain) = (0, 0);
    while let Some(byte) = bytes.get(at) {
        let rest = bytes.get(at..).unwrap_or(&[]);
        let valid = match *byte {
            0..0x80 => Some(1),
            _ if encoding == Encoding::Utf8 => valid_len(rest),
            _ => None,
        };
        match valid {
            Some(len) => at += len,
            None => {
                text.push_bytes(rt, bytes.get(plain..at).unwrap_or(&[]))?;
                text.push_bytes(rt, replace)?;
                at += 1;
                plain = at;
            }
        }
    }
    text.push_bytes(rt, bytes.get(plain..).unwrap_or(&[]))?;
    text.into_str(rt)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_counted_and_found_by_position() {
        let text = "aé€😀zéééé€€€€😀😀 plain again".as_bytes();
        let chars: alloc::vec::Vec<_> =
            core::str::from_utf8(text).unwrap().char_indices().collect();
        assert_eq!(count_chars(text), chars.len());
        for (i, (offset, ch)) in chars.iter().enumerate() {
            assert_eq!(offset_of_char(text, i), *offset);
            assert_eq!(decode_char(&text[*offset..]), (*ch as u32, ch.len_utf8()));
            let (bytes, len) = encode_char(*ch as u32);
            assert_eq!(&bytes[..len], ch.encode_utf8(&mut [0; 4]).as_bytes());
        }
        assert_eq!(offset_of_char(text, chars.len()), text.len());
        assert_eq!(offset_of_char(text, 1000), text.len());
    }

    #[test]
    fn broken_text_is_seen() {
        for bad in [&b"\xff"[..], b"\xc3", b"a\x80", b"\xe2\x82", b"\xc3("] {
            assert!(!is_text(bad), "{bad:?}");
        }
        assert!(is_text("aé€😀".as_bytes()));
        assert!(is_text(b"\xed\xa0\x80"));
    }
}
