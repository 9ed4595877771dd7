//! Texts as they are written in source and in JSON.

use crate::runtime::{R, Runtime};
use crate::text::print::Print;
use crate::text::unicode::decode_char;

const HEX: &[u8; 16] = b"0123456789abcdef";

/// The quote that needs fewer escapes.
fn quote_for(text: &[u8]) -> u8 {
    if text.contains(&b'\'') && !text.contains(&b'"') {
        b'"'
    } else {
        b'\''
    }
}

/// The escape of an ASCII byte, if it has one of its own.
fn short_escape(byte: u8, quote: u8) -> Option<[u8; 2]> {
    Some(match byte {
        b'\n' => *b"\\n",
        b'\r' => *b"\\r",
        b'\t' => *b"\\t",
        b'\\' => *b"\\\\",
        byte if byte == quote => [b'\\', quote],
        _ => return None,
    })
}

fn hex_escape(byte: u8) -> [u8; 4] {
    let digit = |n: u8| HEX[usize::from(n & 15)];
    [b'\\', b'x', digit(byte >> 4), digit(byte)]
}

/// `repr` of a str.
pub fn write_str(rt: &mut Runtime, text: &[u8], out: &mut dyn Print) -> R<()> {
    let quote = quote_for(text);
    out.write(rt, &[quote])?;
    let (mut at, mut plain) = (0, 0);
    while let Some(byte) = text.get(at) {
        let (n, surrogate) = match *byte {
            // Surrogates have the first bytes ED A0 to ED BF.
            0xed if text.get(at + 1).is_some_and(|b| *b >= 0xa0) => (3, true),
            byte if byte >= 0x80 => {
                at += 1;
                continue;
            }
            _ => (1, false),
        };
        let short = short_escape(*byte, quote);
        if !surrogate && short.is_none() && (0x20..0x7f).contains(byte) {
            at += 1;
            continue;
        }
        out.write(rt, text.get(plain..at).unwrap_or(&[]))?;
        if surrogate {
            let code = decode_char(text.get(at..).unwrap_or(&[])).0;
            let digit = |shift: u32| HEX[(code >> shift & 15) as usize];
            out.write(rt, &[b'\\', b'u', digit(12), digit(8), digit(4), digit(0)])?;
        } else if let Some(escape) = short {
            out.write(rt, &escape)?;
        } else {
            out.write(rt, &hex_escape(*byte))?;
        }
        at += n;
        plain = at;
    }
    out.write(rt, text.get(plain..).unwrap_or(&[]))?;
    out.write(rt, &[quote])
}

/// `repr` of a bytes, without what stands around the quotes but the `b`.
pub fn write_bytes(rt: &mut Runtime, bytes: &[u8], out: &mut dyn Print) -> R<()> {
    let quote = quote_for(bytes);
    out.write(rt, &[b'b', quote])?;
    let mut plain = 0;
    for (at, byte) in bytes.iter().enumerate() {
        let short = short_escape(*byte, quote);
        if short.is_none() && (0x20..0x7f).contains(byte) {
            continue;
        }
        out.write(rt, bytes.get(plain..at).unwrap_or(&[]))?;
        match short {
            Some(escape) => out.write(rt, &escape)?,
            None => out.write(rt, &hex_escape(*byte))?,
        }
        plain = at + 1;
    }
    out.write(rt, bytes.get(plain..).unwrap_or(&[]))?;
    out.write(rt, &[quote])
}

/// A JSON string.
pub fn write_json(rt: &mut Runtime, text: &[u8], out: &mut dyn Print) -> R<()> {
    out.write(rt, b"\"")?;
    let mut plain = 0;
    for (at, byte) in text.iter().enumerate() {
        if *byte >= 0x20 && *byte != b'"' && *byte != b'\\' {
            continue;
        }
        out.write(rt, text.get(plain..at).unwrap_or(&[]))?;
        plain = at + 1;
        match *byte {
            b'\n' => out.write(rt, b"\\n")?,
            b'\r' => out.write(rt, b"\\r")?,
            b'\t' => out.write(rt, b"\\t")?,
            b'"' | b'\\' => out.write(rt, &[b'\\', *byte])?,
            byte => {
                let digit = |n: u8| HEX[usize::from(n & 15)];
                out.write(
                    rt,
                    &[b'\\', b'u', b'0', b'0', digit(byte >> 4), digit(byte)],
                )?;
            }
        }
    }
    out.write(rt, text.get(plain..).unwrap_or(&[]))?;
    out.write(rt, b"\"")
}
