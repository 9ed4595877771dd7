//! f-strings and t-strings: fields, and the tokens made up around them.
//!
//! ```text
//! f"a{x}b{y!r:>3}"   "a{}b{!r:>3}" . format ( ( x ) , ( y ) )
//! t"p{x}q{y!r:s}"    __template__ ( ( "p" , "q" , "" , ) , ( x ) , "x" , None , "" , ( y ) , "y" , "r" , "s" )
//! ```
//!
//! The text of a field ends at a `:` or `}`, or at `!r` or `!s` before one of them, outside square and curly brackets.
//! Nothing else is understood there, neither strings nor round brackets: programs depend on what that makes of them.

use ferlance_abi::qstr;
use ferlance_abi::qstr::{Pool, Qstr};
use ferlance_collections::{OutOfMemory, TryVec};

use super::string::{Bad, Kind, Prefix, Quote};
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
    /// A str with a text in `parts`.
    Part { start: u32, len: u32, pos: Pos },
    /// A range of the source.
    Range { start: u32, end: u32 },
    /// The rest of the range that a string interrupted.
    Resume { at: u32, end: u32 },
}

/// A field of the f-string being read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    start: u32,
    end: u32,
}

/// A field of a t-string.
#[derive(Debug, Clone, Copy)]
struct TemplateField {
    value: Field,
    /// The text of the expression; none if it spans lines, which upstream cannot quote.
    text: Option<Part>,
    /// `r`, `s`, or 0.
    conversion: u8,
    /// The specification.
    spec: Part,
    /// Whether the specification has braces: then it is an f-string with fields `inner.0..inner.1`.
    braces: bool,
    inner: (usize, usize),
}

/// A piece of `Lexer::parts`.
#[derive(Debug, Clone, Copy)]
struct Part {
    start: u32,
    len: u32,
}

/// The text of a field and what ends it.
struct FieldText {
    /// Where the text begins.
    start: usize,
    /// Where it ends, without a `=` that ends it.
    end: usize,
    /// Whether it ended with `=`.
    debug: bool,
    /// `r`, `s`, or 0; the bytes `!r` are still ahead.
    conversion: u8,
}

impl Lexer<'_> {
    /// Reads the text of a field; `at` is after its `{`, and afterwards at what ends the text.
    fn field_text(&mut self) -> Result<FieldText, Bad> {
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
            self.malformed = true;
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
    fn copy_source(&mut self, start: usize, end: usize) -> Result<(), OutOfMemory> {
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
    fn interrupt(&mut self) -> Result<(), OutOfMemory> {
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
    fn push_format_segments(&mut self, pos: Pos, first: usize) -> Result<(), OutOfMemory> {
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
    fn push_bracketed(&mut self, field: Field) -> Result<(), OutOfMemory> {
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
            Segment::Part { start, len, pos } => {
                self.tok.pos = pos;
                self.tok.kind = self.part(start, len, pool)?;
            }
        }
        self.lines.set_line(self.tok.pos, self.tok.line)?;
        Ok(true)
    }

    fn part(&mut self, start: u32, len: u32, pool: &mut Pool) -> Result<Token, Stop> {
        let start = start as usize;
        let part = self
            .parts
            .get(start..start.saturating_add(len as usize))
            .unwrap_or(&[]);
        self.scratch.clear();
        self.scratch.extend_from_slice(part)?;
        self.str_token(Text::Scratch, pool)
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

    /// Reads a t-string and what stands beside it; `at` is after its opening quote.
    ///
    /// Upstream does not join t-strings. What it makes of two of them at best lacks a closing bracket; beside a str, the
    /// made-up call follows the str, which nothing accepts.
    pub(super) fn template(
        &mut self,
        prefix: Prefix,
        quote: Quote,
        pool: &mut Pool,
    ) -> Result<Token, Bad> {
        if self.segments.is_empty() {
            self.parts.clear();
        }
        let mut template = self.template_literal(prefix, quote)?;
        self.skip_space()?;
        while let Some(next) = self.next_literal() {
            match next.kind {
                Kind::Bytes => break,
                Kind::Template => {
                    let Some((next, quote)) = self.open_literal() else {
                        break;
                    };
                    self.template_literal(next, quote)?;
                    self.skip_space()?;
                    template.joined = template.joined.saturating_add(1);
                }
                Kind::Str | Kind::Format => return self.join_after_template(pool),
            }
        }
        self.push_template(&template)?;
        self.tok.value = u64::from(qstr!("__template__").number());
        Ok(Token::Name)
    }

    /// Reads one t-string.
    pub(super) fn template_literal(
        &mut self,
        prefix: Prefix,
        quote: Quote,
    ) -> Result<Template, Bad> {
        let mut template = Template::default();
        self.scratch.clear();
        self.fields.clear();
        while !self.at_end(quote) {
            match (self.peek(0), self.peek(1)) {
                (brace @ (b'{' | b'}'), next) if next == brace => {
                    self.scratch.push(brace)?;
                    self.at += 2;
                }
                (b'}', _) => return Err(Bad::Field),
                (b'{', _) => self.template_field(prefix, quote, &mut template)?,
                _ => self.item(prefix, quote)?,
            }
        }
        let last = self.take_scratch()?;
        template.strings.push(last)?;
        Ok(template)
    }

    /// Makes up what follows a str that stands beside a t-string.
    pub(super) fn push_misplaced_template(&mut self) -> Result<(), OutOfMemory> {
        self.interrupt()?;
        self.made_up(Token::Invalid, Pos(self.tok.pos.0.saturating_add(1)))
    }

    /// Moves `scratch` to `parts`.
    fn take_scratch(&mut self) -> Result<Part, OutOfMemory> {
        let start = self.parts.len() as u32;
        self.parts.extend_from_slice(&self.scratch)?;
        let len = self.scratch.len() as u32;
        self.scratch.clear();
        Ok(Part { start, len })
    }

    /// Reads a field of a t-string, at its `{`.
    fn template_field(
        &mut self,
        prefix: Prefix,
        quote: Quote,
        template: &mut Template,
    ) -> Result<(), Bad> {
        self.at += 1;
        let text = self.field_text().map_err(|_| Bad::Field)?;
        let mut end = text.end;
        while end > text.start
            && self
                .source
                .get(end - 1)
                .is_some_and(u8::is_ascii_whitespace)
        {
            end -= 1;
        }
        if text.start == end {
            return Err(Bad::Field);
        }
        if text.debug {
            self.copy_source(text.start, text.end + 1)?;
        }
        let string = self.take_scratch()?;
        template.strings.push(string)?;
        self.copy_source(text.start, end)?;
        let one_line = !self.scratch.contains(&b'\n');
        let shown = self.take_scratch()?;

        let mut conversion = text.conversion;
        if conversion != 0 {
            self.at += 2;
        } else if text.debug && self.peek(0) == b'}' {
            conversion = b'r';
        }
        let first = self.fields.len();
        let mut braces = false;
        if self.peek(0) == b':' {
            self.at += 1;
            braces = self.template_spec(prefix, quote)?;
        }
        // The closing brace: `field_text` or `template_spec` stopped at it.
        self.at += 1;
        let spec = self.take_scratch()?;
        template.fields.push(TemplateField {
            value: Field {
                start: text.start as u32,
                end: text.end as u32,
            },
            text: one_line.then_some(shown),
            conversion,
            spec,
            braces,
            inner: (first, self.fields.len()),
        })?;
        Ok(())
    }

    /// Reads a specification up to the `}` that ends it; true if it has braces of its own.
    fn template_spec(&mut self, prefix: Prefix, quote: Quote) -> Result<bool, Bad> {
        let mut depth = 0u32;
        let mut braces = false;
        loop {
            if self.at_end(quote) {
                return Err(Bad::Field);
            }
            match (self.peek(0), self.peek(1)) {
                (b'\n' | b'\r', _) if !quote.triple => return Err(Bad::Field),
                (0, _) if self.at >= self.text.len() => return Err(Bad::Field),
                (b'{', b'{') => {
                    braces = true;
                    depth = depth.saturating_add(2);
                    self.scratch.extend_from_slice(b"{{")?;
                    self.at += 2;
                }
                (b'{', _) => {
                    braces = true;
                    depth = depth.saturating_add(1);
                    let start = self.at + 1;
                    self.field()?;
                    if self.malformed {
                        return Err(Bad::Field);
                    }
                    // Unlike in an f-string, the quote ends the literal here.
                    let text = self.source.get(start..self.at).unwrap_or(&[]);
                    let ends =
                        |&b: &u8| b == quote.byte || !quote.triple && matches!(b, b'\n' | b'\r');
                    if text.iter().any(ends) {
                        return Err(Bad::Field);
                    }
                }
                (b'}', _) if depth == 0 => return Ok(braces),
                (b'}', _) => {
                    depth -= 1;
                    self.scratch.push(b'}')?;
                    self.at += 1;
                }
                _ => self.item(prefix, quote)?,
            }
        }
    }

    /// Makes the call of `__template__` the token and what follows.
    fn push_template(&mut self, template: &Template) -> Result<(), OutOfMemory> {
        let pos = Pos(self.tok.pos.0.saturating_add(1));
        self.interrupt()?;
        // Upstream counts arguments in a byte.
        let wrapped = 1 + 4 * template.fields.len() > MAX_ARGS;
        if wrapped {
            self.made_up(Token::RParen, pos)?;
        }
        if template.joined == 0 {
            self.made_up(Token::RParen, pos)?;
        } else if template.joined > 1 || !template.fields.is_empty() {
            return self.made_up(Token::Invalid, pos);
        }
        for field in template.fields.iter().rev() {
            self.push_template_field(field, pos)?;
        }
        self.made_up(Token::RParen, pos)?;
        for string in template.strings.iter().rev() {
            self.made_up(Token::Comma, pos)?;
            self.segments.push(Segment::Part {
                start: string.start,
                len: string.len,
                pos,
            })?;
        }
        self.made_up(Token::LParen, pos)?;
        if wrapped {
            self.made_up(Token::LParen, pos)?;
        }
        self.made_up(Token::LParen, pos)?;
        self.fields.clear();
        Ok(())
    }

    /// `, ( value ) , "text" , conversion , spec`, last first.
    fn push_template_field(&mut self, field: &TemplateField, pos: Pos) -> Result<(), OutOfMemory> {
        if field.braces {
            let keep = self.fields.len();
            let (first, last) = field.inner;
            for i in first..last {
                if let Some(&inner) = self.fields.get(i) {
                    self.fields.push(inner)?;
                }
            }
            self.push_format_segments(pos, keep)?;
        }
        self.segments.push(Segment::Part {
            start: field.spec.start,
            len: field.spec.len,
            pos,
        })?;
        self.made_up(Token::Comma, pos)?;
        match field.conversion {
            0 => self.made_up(Token::None, pos)?,
            letter => {
                let start = self.parts.len() as u32;
                self.parts.push(letter)?;
                self.segments.push(Segment::Part { start, len: 1, pos })?;
            }
        }
        self.made_up(Token::Comma, pos)?;
        match field.text {
            Some(text) => self.segments.push(Segment::Part {
                start: text.start,
                len: text.len,
                pos,
            })?,
            None => self.made_up(Token::Invalid, pos)?,
        }
        self.made_up(Token::Comma, pos)?;
        self.push_bracketed(field.value)?;
        self.made_up(Token::Comma, pos)
    }

    fn made_up(&mut self, token: Token, pos: Pos) -> Result<(), OutOfMemory> {
        self.segments.push(Segment::Token(token, pos))
    }
}

/// Most arguments of a call.
const MAX_ARGS: usize = 255;

/// A t-string that was read: one string more than fields.
#[derive(Debug, Default)]
pub(super) struct Template {
    strings: TryVec<Part>,
    fields: TryVec<TemplateField>,
    /// How many t-strings follow.
    joined: u32,
}
