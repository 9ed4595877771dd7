//! String literals: prefixes, escapes, joining of adjacent ones.
//!
//! A literal without escapes is used where it stands in the source; anything else is put together in `scratch`.
//! After a literal the lexer looks for another one to join, so it stands at the next token afterwards.

use super::{Lexer, Stop, Text};
use crate::token::Token;
use ferlance_abi::qstr::Pool;
use ferlance_collections::OutOfMemory;

/// What the letters before a quote ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Prefix {
    pub(super) raw: bool,
    pub(super) kind: Kind,
}

/// What a literal makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Str,
    Bytes,
    Format,
    Template,
}

/// Why a literal is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bad {
    /// It is not closed, or has a malformed escape.
    Invalid,
    /// It has a malformed field.
    Field,
    Stop(Stop),
}

impl From<OutOfMemory> for Bad {
    fn from(_: OutOfMemory) -> Bad {
        Bad::Stop(Stop::OutOfMemory)
    }
}

/// How a literal ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Quote {
    pub(super) byte: u8,
    pub(super) triple: bool,
}

fn prefix(letters: &[u8]) -> Option<Prefix> {
    let (raw, kind) = match letters {
        b"" | b"u" => (false, Kind::Str),
        b"r" => (true, Kind::Str),
        b"b" => (false, Kind::Bytes),
        b"rb" | b"br" => (true, Kind::Bytes),
        b"f" => (false, Kind::Format),
        b"rf" | b"fr" => (true, Kind::Format),
        b"t" => (false, Kind::Template),
        b"rt" | b"tr" => (true, Kind::Template),
        _ => return None,
    };
    Some(Prefix { raw, kind })
}

impl Kind {
    /// Whether a literal of this kind joins one of kind `next` behind it.
    fn joins(self, next: Kind) -> bool {
        match (self, next) {
            (Kind::Bytes, Kind::Bytes) => true,
            (Kind::Bytes, _) | (_, Kind::Bytes) => false,
            _ => true,
        }
    }
}

impl Lexer<'_> {
    /// Reads the literal at `at`, which is known to be one, and those it joins.
    #[inline]
    pub(super) fn string(&mut self, pool: &mut Pool) -> Result<Token, Stop> {
        match self.joined(pool) {
            Ok(token) => Ok(token),
            Err(Bad::Invalid) => Ok(Token::Invalid),
            Err(Bad::Field) => Ok(Token::MalformedFString),
            Err(Bad::Stop(stop)) => Err(stop),
        }
    }

    fn joined(&mut self, pool: &mut Pool) -> Result<Token, Bad> {
        let Some((first, quote)) = self.open_literal() else {
            return Err(Bad::Invalid);
        };
        let mut kind = first.kind;
        self.malformed = false;
        if kind == Kind::Template {
            return self.template(first, quote, pool);
        }
        self.scratch.clear();
        self.fields.clear();
        if kind != Kind::Format {
            if let Some(text) = self.plain_body(quote, first.raw)? {
                self.skip_space()?;
                match self.next_literal() {
                    Some(next) if kind.joins(next.kind) => self.copy_plain(text)?,
                    _ => return self.finish(kind, text, pool),
                }
            } else {
                self.body(first, quote)?;
                self.skip_space()?;
            }
        } else {
            self.body(first, quote)?;
            self.skip_space()?;
        }
        self.join(&mut kind)?;
        self.finish(kind, Text::Scratch, pool)
    }

    /// Reads the literals that join those read, into `scratch`.
    fn join(&mut self, kind: &mut Kind) -> Result<(), Bad> {
        while let Some(next) = self.next_literal() {
            if !kind.joins(next.kind) {
                break;
            }
            if *kind == Kind::Str || next.kind == Kind::Template {
                *kind = next.kind;
            }
            let Some((next, quote)) = self.open_literal() else {
                break;
            };
            if next.kind == Kind::Template {
                self.template_literal(next, quote)?;
            } else {
                self.body(next, quote)?;
            }
            self.skip_space()?;
        }
        Ok(())
    }

    /// Reads the strs that follow a t-string.
    pub(super) fn join_after_template(&mut self, pool: &mut Pool) -> Result<Token, Bad> {
        let mut kind = Kind::Template;
        self.scratch.clear();
        self.join(&mut kind)?;
        self.finish(kind, Text::Scratch, pool)
    }

    fn finish(&mut self, kind: Kind, text: Text, pool: &mut Pool) -> Result<Token, Bad> {
        if self.malformed {
            return Err(Bad::Field);
        }
        if kind == Kind::Bytes {
            self.long = text;
            return Ok(Token::Bytes);
        }
        let token = self.str_token(text, pool).map_err(Bad::Stop)?;
        match kind {
            Kind::Format => self.push_format_call()?,
            Kind::Template => self.push_misplaced_template()?,
            Kind::Str | Kind::Bytes => {}
        }
        Ok(token)
    }

    /// The prefix of the literal at `at`, if there is one.
    #[inline]
    pub(super) fn next_literal(&self) -> Option<Prefix> {
        let rest = self.text.get(self.at..)?;
        let letters = match rest {
            [b'"' | b'\'', ..] => 0,
            [_, b'"' | b'\'', ..] => 1,
            [_, _, b'"' | b'\'', ..] => 2,
            _ => return None,
        };
        self.prefix(rest.get(..letters)?)
    }

    /// What these letters before a quote make of a literal.
    fn prefix(&self, letters: &[u8]) -> Option<Prefix> {
        prefix(letters).filter(|prefix| self.templates || prefix.kind != Kind::Template)
    }

    /// Whether these letters before a quote make a literal.
    pub(super) fn is_prefix(&self, letters: &[u8]) -> bool {
        self.prefix(letters).is_some()
    }

    /// Passes the prefix and the opening quote.
    pub(super) fn open_literal(&mut self) -> Option<(Prefix, Quote)> {
        let prefix = self.next_literal()?;
        while !matches!(self.peek(0), b'"' | b'\'') {
            self.at += 1;
        }
        let byte = self.peek(0);
        let triple = self.peek(1) == byte && self.peek(2) == byte;
        self.at += if triple { 3 } else { 1 };
        Some((prefix, Quote { byte, triple }))
    }

    /// Reads the rest of a literal that needs no work and gives its place; else moves what was read into `scratch`
    /// and gives nothing, with `at` where work begins.
    #[inline]
    fn plain_body(&mut self, quote: Quote, raw: bool) -> Result<Option<Text>, Bad> {
        let start = self.at;
        loop {
            let rest = self.text.get(self.at..).unwrap_or(&[]);
            let special = |&b: &u8| b == quote.byte || b == b'\\' || b == b'\n' || b == b'\r';
            let Some(n) = rest.iter().position(special) else {
                return Err(Bad::Invalid);
            };
            self.at += n;
            match rest.get(n) {
                Some(&b) if b == quote.byte => {
                    if !quote.triple || self.closes(quote) {
                        let len = self.at - start;
                        self.at += if quote.triple { 3 } else { 1 };
                        return Ok(Some(Text::Source { start, len }));
                    }
                    self.at += 1;
                }
                Some(b'\n') if quote.triple => {
                    self.at += 1;
                    self.line_end(b'\n')?;
                }
                Some(b'\\') if raw && matches!(rest.get(n + 1), Some(0x20..=0x7e)) => {
                    self.at += 2;
                }
                _ => {
                    self.copy_plain(Text::Source {
                        start,
                        len: self.at - start,
                    })?;
                    return Ok(None);
                }
            }
        }
    }

    fn copy_plain(&mut self, text: Text) -> Result<(), OutOfMemory> {
        if let Text::Source { start, len } = text {
            let bytes = self
                .source
                .get(start..start.saturating_add(len))
                .unwrap_or(&[]);
            self.scratch.extend_from_slice(bytes)?;
        }
        Ok(())
    }

    fn closes(&self, quote: Quote) -> bool {
        let q = quote.byte;
        self.peek(0) == q && (!quote.triple || self.peek(1) == q && self.peek(2) == q)
    }

    /// Reads the rest of a literal into `scratch`, and its fields into `fields`.
    fn body(&mut self, prefix: Prefix, quote: Quote) -> Result<(), Bad> {
        let format = prefix.kind == Kind::Format;
        while !self.at_end(quote) {
            match self.peek(0) {
                b'{' if format && self.peek(1) == b'{' => {
                    self.scratch.extend_from_slice(b"{{")?;
                    self.at += 2;
                }
                b'{' if format => self.field()?,
                _ => self.item(prefix, quote)?,
            }
        }
        Ok(())
    }

    /// Passes the closing quote if it is here.
    pub(super) fn at_end(&mut self, quote: Quote) -> bool {
        let closes = self.closes(quote);
        if closes {
            self.at += if quote.triple { 3 } else { 1 };
        }
        closes
    }

    /// Reads one escape, line end, or run of ordinary bytes into `scratch`.
    pub(super) fn item(&mut self, prefix: Prefix, quote: Quote) -> Result<(), Bad> {
        let Some(&byte) = self.text.get(self.at) else {
            return Err(Bad::Invalid);
        };
        match byte {
            b'\n' | b'\r' => {
                if !quote.triple {
                    return Err(Bad::Invalid);
                }
                self.at += 1;
                self.line_end(byte)?;
                self.scratch.push(b'\n')?;
            }
            b'\\' => self.escape(prefix)?,
            _ => {
                let rest = self.text.get(self.at + 1..).unwrap_or(&[]);
                let stops =
                    |&b: &u8| b == quote.byte || matches!(b, b'\\' | b'\n' | b'\r' | b'{' | b'}');
                let n = 1 + rest.iter().position(stops).unwrap_or(rest.len());
                let run = self.text.get(self.at..self.at + n).unwrap_or(&[]);
                self.scratch.extend_from_slice(run)?;
                self.at += n;
            }
        }
        Ok(())
    }

    /// Reads a backslash and what it escapes.
    fn escape(&mut self, prefix: Prefix) -> Result<(), Bad> {
        let Some(&byte) = self.text.get(self.at + 1) else {
            return Err(Bad::Invalid);
        };
        self.at += 2;
        let bytes = prefix.kind == Kind::Bytes;
        if byte == b'\n' || byte == b'\r' {
            self.line_end(byte)?;
            if prefix.raw {
                self.scratch.extend_from_slice(b"\\\n")?;
            }
            return Ok(());
        }
        let plain = match byte {
            _ if prefix.raw => None,
            b'\\' | b'\'' | b'"' => Some(byte),
            b'a' => Some(7),
            b'b' => Some(8),
            b't' => Some(9),
            b'n' => Some(10),
            b'v' => Some(11),
            b'f' => Some(12),
            b'r' => Some(13),
            b'0'..=b'7' => {
                self.at -= 1;
                let value = self.octal();
                return self.push_code_point(value, bytes);
            }
            b'x' => {
                let value = self.hex(2)?;
                return self.push_code_point(value, bytes);
            }
            b'u' if !bytes => {
                let value = self.hex(4)?;
                return self.push_code_point(value, false);
            }
            b'U' if !bytes => {
                let value = self.hex(8)?;
                return self.push_code_point(value, false);
            }
            b'N' => return Err(Bad::Stop(Stop::UnicodeName)),
            _ => None,
        };
        match plain {
            Some(byte) => self.scratch.push(byte)?,
            // Not an escape: both bytes stay. Upstream takes the second for a code point, also where it begins a longer one.
            None => {
                self.scratch.push(b'\\')?;
                self.push_code_point(u32::from(byte), bytes)?;
            }
        }
        Ok(())
    }

    /// Up to three octal digits.
    fn octal(&mut self) -> u32 {
        let mut value = 0;
        for _ in 0..3 {
            let byte = self.peek(0);
            if !matches!(byte, b'0'..=b'7') {
                break;
            }
            value = value * 8 + u32::from(byte - b'0');
            self.at += 1;
        }
        value
    }

    /// Exactly `count` hexadecimal digits, at most eight.
    fn hex(&mut self, count: usize) -> Result<u32, Bad> {
        let mut value = 0u32;
        for _ in 0..count {
            let Some(digit) = (self.peek(0) as char).to_digit(16) else {
                return Err(Bad::Invalid);
            };
            value = value << 4 | digit;
            self.at += 1;
        }
        Ok(value)
    }

    /// Adds a byte, or a code point as UTF-8; surrogates are taken for what they are.
    fn push_code_point(&mut self, value: u32, bytes: bool) -> Result<(), Bad> {
        let low = |shift: u32| 0x80 | (value >> shift & 0x3f) as u8;
        if bytes {
            let byte = u8::try_from(value).map_err(|_| Bad::Invalid)?;
            self.scratch.push(byte)?;
        } else if value < 0x80 {
            self.scratch.push(value as u8)?;
        } else if value < 0x800 {
            self.scratch
                .extend_from_slice(&[0xc0 | (value >> 6) as u8, low(0)])?;
        } else if value < 0x1_0000 {
            self.scratch
                .extend_from_slice(&[0xe0 | (value >> 12) as u8, low(6), low(0)])?;
        } else if value < 0x11_0000 {
            self.scratch.extend_from_slice(&[
                0xf0 | (value >> 18) as u8,
                low(12),
                low(6),
                low(0),
            ])?;
        } else {
            return Err(Bad::Invalid);
        }
        Ok(())
    }
}
