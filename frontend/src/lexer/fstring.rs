//! f-strings: fields, and the tokens made up around them.
//!
//! ```text
//! f"a{x}b{y!r:>3}"   "a{}b{!r:>3}" . format ( ( x ) , ( y ) )
//! ```
//!
//! The text of a field ends at a `:` or `}`, or at `!r` or `!s` before one of them, outside square and curly brackets.
//! Nothing else is understood there, neither strings nor round brackets: programs depend on what that makes of them.

use ferlance_abi::qstr;
use ferlance_abi::qstr::{Pool, Qstr};
use ferlance_collections::OutOfMemory;

use super::string::{Bad, Fault, Quote};
use super::{Lexer, Stop, Text};
use crate::source::Pos;
use crate::token::Token;

/// Something that comes after the current range.
#[derive(Debug, Clone, Copy)]
pub(super) enum Segment {
    /// A token.
    Token(Token, Pos),
    /// A name.
    Name(Qstr, Pos),
    /// A str whose text is in `parts`.
    Part(Part, Pos),
    /// A str whose literal, without quotes, is in `parts`.
    Literal(Part, Quote, Pos),
    /// A range of the source.
    Range { start: u32, end: u32 },
    /// The rest of the range that a string interrupted.
    Resume { at: u32, end: u32 },
}

/// A field of the f-string being read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    pub(super) start: u32,
    pub(super) end: u32,
}

/// A piece of `Lexer::parts`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    pub(super) start: u32,
    pub(super) len: u32,
}

impl Part {
    /// Its bytes.
    pub(super) fn of(self, parts: &[u8]) -> &[u8] {
        let start = self.start as usize;
        parts
            .get(start..start.saturating_add(self.len as usize))
            .unwrap_or(&[])
    }
}

/// The text of a field and what ends it.
pub(super) struct FieldText {
    /// Where the text begins.
    pub(super) start: usize,
    /// Where it ends, without a `=` that ends it.
    pub(super) end: usize,
    /// Whether it ended with `=`.
    pub(super) debug: bool,
    /// `r`, `s`, or 0; the bytes `!r` are still ahead.
    pub(super) conversion: u8,
}

impl Lexer<'_> {
    /// Reads the text of a field; `at` is after its `{`, and afterwards at what ends the text.
    pub(super) fn field_text(&mut self) -> Result<FieldText, Bad> {
        let start = self.at;
        let mut depth = 0i32;
        let mut conversion = 0;
        loop {
            let Some(&byte) = self.text.get(self.at) else {
                return Err(Bad::Invalid);
            };
            match byte {
                b'[' | b'{' => depth = depth.saturating_add(1),
                b':' | b'}' if depth == 0 => break,
                b']' | b'}' => depth = depth.saturating_sub(1),
                b'!' if depth == 0
                    && matches!(self.peek(1), b'r' | b's')
                    && matches!(self.peek(2), b':' | b'}') =>
                {
                    conversion = self.peek(1);
                    break;
                }
                b'\n' | b'\r' => {
                    self.at += 1;
                    self.line_end(byte)?;
                    continue;
                }
                _ => {}
            }
            self.at += 1;
        }
        let mut end = self.at;
        let debug = end > start && self.source.get(end - 1) == Some(&b'=');
        if debug {
            end -= 1;
        }
        Ok(FieldText {
            start,
            end,
            debug,
            conversion,
        })
    }

    /// Reads the beginning of a field of an f-string, at its `{`. What follows the text is literal text again.
    pub(super) fn field(&mut self) -> Result<(), Bad> {
        self.at += 1;
        let text = self.field_text()?;
        if text.start == text.end {
            // Reported when the literal is done: not being closed matters more.
            self.fault = Fault::Field;
        }
        if text.debug {
            self.copy_source(text.start, text.end + 1)?;
        }
        self.scratch.push(b'{')?;
        self.fields.push(Field {
            start: text.start as u32,
            end: text.end as u32,
        })?;
        Ok(())
    }

    /// Adds source text to `scratch`, each line end as one byte.
    pub(super) fn copy_source(&mut self, start: usize, end: usize) -> Result<(), OutOfMemory> {
        let mut before = 0;
        for &byte in self.source.get(start..end).unwrap_or(&[]) {
            match byte {
                b'\n' if before == b'\r' => {}
                b'\r' => self.scratch.push(b'\n')?,
                _ => self.scratch.push(byte)?,
            }
            before = byte;
        }
        Ok(())
    }

    /// Ends the current range here and puts its rest below what comes next.
    pub(super) fn interrupt(&mut self) -> Result<(), OutOfMemory> {
        self.segments.push(Segment::Resume {
            at: self.at as u32,
            end: self.text.len() as u32,
        })?;
        self.text = self.source.get(..self.at).unwrap_or(self.source);
        self.moved = true;
        if self.at >= self.source.len() {
            // Upstream looks for the end of the source again afterwards, and again supplies a line end.
            self.supplied = false;
        }
        Ok(())
    }

    /// Makes up the call of `format` that follows the string just read.
    pub(super) fn push_format_call(&mut self) -> Result<(), OutOfMemory> {
        self.interrupt()?;
        // The second byte of the literal is no token of its own.
        let pos = Pos(self.tok.pos.0.saturating_add(1));
        self.push_format_segments(pos, 0)
    }

    /// `. format ( fields )` with the fields from index `first` on, which are taken.
    pub(super) fn push_format_segments(
        &mut self,
        pos: Pos,
        first: usize,
    ) -> Result<(), OutOfMemory> {
        self.segments.push(Segment::Token(Token::RParen, pos))?;
        let mut last = true;
        while self.fields.len() > first {
            let Some(field) = self.fields.pop() else {
                break;
            };
            if !last {
                self.segments
                    .push(Segment::Token(Token::Comma, Pos(field.end)))?;
            }
            last = false;
            self.push_bracketed(field)?;
        }
        self.segments.push(Segment::Token(Token::LParen, pos))?;
        self.segments.push(Segment::Name(qstr!("format"), pos))?;
        self.segments.push(Segment::Token(Token::Dot, pos))
    }

    /// `( field )`
    pub(super) fn push_bracketed(&mut self, field: Field) -> Result<(), OutOfMemory> {
        self.segments
            .push(Segment::Token(Token::RParen, Pos(field.end)))?;
        self.segments.push(Segment::Range {
            start: field.start,
            end: field.end,
        })?;
        let before = Pos(field.start.saturating_sub(1));
        self.segments.push(Segment::Token(Token::LParen, before))
    }

    /// Takes the next segment. True if it is a token.
    pub(super) fn next_segment(&mut self, pool: &mut Pool) -> Result<bool, Stop> {
        let Some(segment) = self.segments.pop() else {
            return Ok(false);
        };
        match segment {
            Segment::Range { start, end } | Segment::Resume { at: start, end } => {
                self.text = self.source.get(..end as usize).unwrap_or(self.source);
                self.at = start as usize;
                return Ok(false);
            }
            Segment::Token(kind, pos) => {
                match kind {
                    Token::LParen => self.brackets = self.brackets.saturating_add(1),
                    Token::RParen => self.brackets = self.brackets.saturating_sub(1),
                    _ => {}
                }
                self.tok.kind = kind;
                self.tok.pos = pos;
            }
            Segment::Name(name, pos) => {
                self.tok.kind = Token::Name;
                self.tok.value = u64::from(name.number());
                self.tok.pos = pos;
            }
            Segment::Part(part, pos) => {
                self.tok.pos = pos;
                self.scratch.clear();
                self.scratch.extend_from_slice(part.of(&self.parts))?;
                self.tok.kind = self.str_token(Text::Scratch, pool)?;
            }
            Segment::Literal(part, quote, pos) => {
                self.tok.pos = pos;
                self.lines.pin_line(pos, self.tok.line)?;
                self.tok.kind = self.inner_literal(part, quote, pool)?;
            }
        }
        self.lines.set_line(self.tok.pos, self.tok.line)?;
        Ok(true)
    }

    /// Drops what was made up to follow the current range, up to the next piece of source. False if there is none.
    pub(super) fn drop_made_up(&mut self) -> bool {
        while let Some(segment) = self.segments.pop() {
            if let Segment::Range { start, end } | Segment::Resume { at: start, end } = segment {
                self.text = self.source.get(..end as usize).unwrap_or(self.source);
                self.at = start as usize;
                return true;
            }
        }
        false
    }
}
