//! Machine code as text.

use core::fmt::{self, Write};

/// What a listing asks of an architecture.
pub trait InstructionSet {
    /// The first instruction of `bytes` as a number, and its length. `None` at a torn end.
    fn fetch(bytes: &[u8]) -> Option<(u32, usize)>;

    /// Writes the instruction `word` that stands at `at`; returns `Ok(false)` and writes nothing
    /// if no row of the tables knows it.
    fn write(word: u32, at: u32, out: &mut dyn Write) -> Result<bool, fmt::Error>;
}

/// Writes one line for each instruction: offset, bytes, text.
///
/// ```text
///    0: f2b5      push {r1, r4, r5, r6, r7, lr}
///    2: 0138      subs r0, #1
/// ```
pub fn write_listing<A: InstructionSet>(code: &[u8], out: &mut dyn Write) -> fmt::Result {
    let mut at = 0usize;
    while let Some(rest) = code.get(at..).filter(|rest| !rest.is_empty()) {
        let (word, len) = match A::fetch(rest) {
            Some((word, len)) if len <= rest.len() => (Some(word), len.max(1)),
            _ => (None, 1),
        };
        write!(out, "{at:6x}: ")?;
        let bytes = rest.get(..len).unwrap_or(rest);
        for byte in bytes {
            write!(out, "{byte:02x}")?;
        }
        write!(out, "{:1$} ", "", 9usize.saturating_sub(2 * len))?;
        let known = match word {
            Some(word) => A::write(word, at as u32, out)?,
            None => false,
        };
        if !known {
            out.write_str(".byte")?;
            for (index, byte) in bytes.iter().enumerate() {
                write!(out, "{}{byte:#04x}", if index == 0 { " " } else { ", " })?;
            }
        }
        out.write_char('\n')?;
        at += len;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::String;

    struct Toy;

    impl InstructionSet for Toy {
        fn fetch(bytes: &[u8]) -> Option<(u32, usize)> {
            let first = *bytes.first()?;
            let len = if first >= 0x80 { 2 } else { 1 };
            Some((u32::from(first), len))
        }
        fn write(word: u32, at: u32, out: &mut dyn Write) -> Result<bool, fmt::Error> {
            if word == 0 {
                return Ok(false);
            }
            write!(out, "op{word} @{at}")?;
            Ok(true)
        }
    }

    #[test]
    fn unknown_words_and_torn_ends_are_listed_as_bytes() {
        let mut text = String::new();
        write_listing::<Toy>(&[1, 0, 0x80, 2, 0x81], &mut text).unwrap();
        let expected = "     0: 01        op1 @0\n     1: 00        .byte 0x00\n     \
                        2: 8002      op128 @2\n     4: 81        .byte 0x81\n";
        assert_eq!(text, expected);
    }
}
