//! String literals: prefixes, escapes, joining of adjacent ones.
//!
//! A literal without escapes is used where it stands in the source; anything else is put together in `scratch`.
//! After a literal the lexer looks for another one to join, so it stands at the next token afterwards.

use super::{Lexer, Stop, Text, escape};
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

/// What is wrong in a literal that is read on: an escape or a quote behind it may change that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    None,
    /// A malformed escape.
    Invalid,
    /// A field without expression.
    Field,
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

    /// Whether it is a t-string, which only a compiler of files reads.
    pub(super) fn is_template(self) -> bool {
        cfg!(feature = "files") && self == Kind::Template
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
        self.fault = Fault::None;
        self.scratch.clear();
        self.fields.clear();
        if kind.is_template() {
            return self.templates(Some((first, quote)), false, pool);
        }
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
        while let Some(next) = self.next_literal() {
            if !kind.joins(next.kind) || self.fault != Fault::None {
                break;
            }
            if next.kind.is_template() {
                let text = kind == Kind::Format || !self.scratch.is_empty();
                return self.templates(None, text, pool);
            }
            if kind == Kind::Str {
                kind = next.kind;
            }
            let Some((next, quote)) = self.open_literal() else {
                break;
            };
            self.body(next, quote)?;
            self.skip_space()?;
        }
        self.finish(kind, Text::Scratch, pool)
    }

    fn finish(&mut self, kind: Kind, text: Text, pool: &mut Pool) -> Result<Token, Bad> {
        self.faultless()?;
        if kind == Kind::Bytes {
            if self
                .next_literal()
                .is_some_and(|next| next.kind.is_template())
            {
                // Upstream does not look into a t-string here.
                self.push_misplaced()?;
            }
            self.long = text;
            return Ok(Token::Bytes);
        }
        let token = self.str_token(text, pool).map_err(Bad::Stop)?;
        if kind == Kind::Format {
            self.push_format_call()?;
        }
        Ok(token)
    }

    /// Gives up on a literal that was read to its end in spite of a fault.
    pub(super) fn faultless(&self) -> Result<(), Bad> {
        match self.fault {
            Fault::None => Ok(()),
            Fault::Invalid => Err(Bad::Invalid),
            Fault::Field => Err(Bad::Field),
        }
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
        let templates = cfg!(feature = "files") && self.templates;
        prefix(letters).filter(|prefix| templates || prefix.kind != Kind::Template)
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

    pub(super) fn closes(&self, quote: Quote) -> bool {
        let q = quote.byte;
        self.peek(0) == q && (!quote.triple || self.peek(1) == q && self.peek(2) == q)
    }

    /// Reads the rest of a literal into `scratch`, and its fields into `fields`.
    pub(super) fn body(&mut self, prefix: Prefix, quote: Quote) -> Result<(), Bad> {
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
    fn item(&mut self, prefix: Prefix, quote: Quote) -> Result<(), Bad> {
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
        let rest = self.text.get(self.at + 1..).unwrap_or(&[]);
        let Some(&byte) = rest.first() else {
            return Err(Bad::Invalid);
        };
        if byte == b'\n' || byte == b'\r' {
            self.at += 2;
            self.line_end(byte)?;
            if prefix.raw {
                self.scratch.extend_from_slice(b"\\\n")?;
            }
            return Ok(());
        }
        let bytes = prefix.kind == Kind::Bytes;
        let escape = match prefix.raw {
            true => escape::both(byte, bytes, &mut self.scratch),
            false => escape::read(rest, bytes, &mut self.scratch),
        };
        let escape = escape.map_err(Bad::Stop)?;
        self.at += 1 + escape.taken;
        // Behind a malformed field any escape is one too many.
        if !escape.valid || self.fault != Fault::None {
            self.fault = Fault::Invalid;
        }
        Ok(())
    }
}
