//! t-strings: two readings and the call made up of them.
//!
//! ```text
//! t"p{x}q{y!r:s}"    __template__ ( ( "p" , "q" , "" , ) , ( x ) , "x" , None , "" , ( y ) , "y" , "r" , "s" )
//! ```
//!
//! Upstream finds the fields first and lexes the rest again, as literals, when the parser comes to them. So escapes are
//! read late, and not at all in what is refused before; a raw text has its backslashes doubled in between, while the
//! text of `{x=}` is taken as it stands, quotes and line ends included.

use ferlance_abi::qstr;
use ferlance_abi::qstr::Pool;
use ferlance_collections::{OutOfMemory, TryVec};

use super::fstring::{Field, Part, Segment};
use super::string::{Bad, Fault, Kind, Prefix, Quote};
use super::{Lexer, Stop, Text, escape};
use crate::source::Pos;
use crate::token::Token;

/// A t-string after the first reading: one string more than fields.
#[derive(Debug)]
struct Template {
    quote: Quote,
    /// The strings, and places that stand for their lines.
    strings: TryVec<(Part, Pos)>,
    fields: TryVec<TemplateField>,
    /// The closing quote, which stands for what follows the strings.
    end: Pos,
}

/// A field of a t-string.
#[derive(Debug, Clone, Copy)]
struct TemplateField {
    value: Field,
    /// The text of the expression; none if it spans lines, which upstream cannot quote.
    text: Option<Part>,
    /// `r`, `s`, or 0.
    conversion: u8,
    /// The specification; none if a field in it spans lines.
    spec: Option<Part>,
    /// Whether the specification has braces: then it is an f-string with fields `inner.0..inner.1`.
    braces: bool,
    inner: (usize, usize),
}

/// A specification after the first reading.
struct Spec {
    braces: bool,
    one_line: bool,
}

/// Most arguments of a call.
const MAX_ARGS: usize = 255;

impl Lexer<'_> {
    /// Reads t-strings and what they join: the one `opened`, or those at `at`; `text` is whether something stands before
    /// them that is not empty.
    ///
    /// Upstream does not join t-strings. What it makes of two of them at best lacks a closing bracket; beside a str, the
    /// made-up call follows the str, which nothing accepts. An empty str is not seen at all.
    #[cold]
    pub(super) fn templates(
        &mut self,
        opened: Option<(Prefix, Quote)>,
        mut text: bool,
        pool: &mut Pool,
    ) -> Result<Token, Bad> {
        if self.segments.is_empty() {
            self.parts.clear();
        }
        let mut templates = TryVec::new();
        if let Some((prefix, quote)) = opened {
            templates.push(self.template(prefix, quote)?)?;
            self.faultless()?;
            self.skip_space()?;
        }
        while let Some(next) = self.next_literal() {
            if next.kind == Kind::Bytes {
                break;
            }
            let Some((prefix, quote)) = self.open_literal() else {
                break;
            };
            if next.kind == Kind::Template {
                templates.push(self.template(prefix, quote)?)?;
            } else {
                self.scratch.clear();
                self.body(prefix, quote)?;
                text |= next.kind == Kind::Format || !self.scratch.is_empty();
            }
            self.faultless()?;
            self.skip_space()?;
        }
        self.scratch.clear();
        if text {
            self.push_misplaced()?;
            if let (Some(_), Some(template)) = (opened, templates.first()) {
                self.push_strings(template)?;
            }
            return self.str_token(Text::Scratch, pool).map_err(Bad::Stop);
        }
        self.push_templates(&templates)?;
        self.tok.value = u64::from(qstr!("__template__").number());
        Ok(Token::Name)
    }

    /// Makes up something that is refused behind the literal just read.
    pub(super) fn push_misplaced(&mut self) -> Result<(), OutOfMemory> {
        self.interrupt()?;
        self.made_up(Token::Invalid, Pos(self.tok.pos.0.saturating_add(1)))
    }

    // The first reading.

    /// Reads the rest of a t-string. A field that is not closed matters at once, other faults when the literal is.
    fn template(&mut self, prefix: Prefix, quote: Quote) -> Result<Template, Bad> {
        let mut template = Template {
            quote,
            strings: TryVec::new(),
            fields: TryVec::new(),
            end: Pos(0),
        };
        self.scratch.clear();
        while !self.at_end(quote) {
            match (self.peek(0), self.peek(1)) {
                (brace @ (b'{' | b'}'), next) if next == brace => {
                    self.scratch.push(brace)?;
                    self.at += 2;
                }
                (b'}', _) => {
                    self.fault = Fault::Field;
                    self.at += 1;
                }
                (b'{', _) => self.template_field(prefix, quote, &mut template)?,
                _ => self.template_text(prefix, quote)?,
            }
        }
        let last = self.take_scratch()?;
        template.end = Pos(self.at.saturating_sub(1) as u32);
        template.strings.push((last, template.end))?;
        Ok(template)
    }

    /// Reads a byte, or a backslash and what it protects, into `scratch`, to be lexed again.
    fn template_text(&mut self, prefix: Prefix, quote: Quote) -> Result<(), Bad> {
        let Some(&byte) = self.text.get(self.at) else {
            return Err(Bad::Invalid);
        };
        self.at += 1;
        match byte {
            b'\n' | b'\r' if !quote.triple => return Err(Bad::Invalid),
            b'\n' | b'\r' => {
                self.line_end(byte)?;
                self.scratch.extend_from_slice(b"\\n")?;
            }
            b'\\' if prefix.raw => self.scratch.extend_from_slice(b"\\\\")?,
            b'\\' => match self.text.get(self.at) {
                None => return Err(Bad::Invalid),
                Some(&end @ (b'\n' | b'\r')) => {
                    self.at += 1;
                    self.line_end(end)?;
                    // Counted once more by the second reading.
                    self.scratch.extend_from_slice(b"\\\n")?;
                }
                Some(&protected) => {
                    self.scratch.extend_from_slice(&[b'\\', protected])?;
                    self.at += 1;
                }
            },
            _ => self.scratch.push(byte)?,
        }
        Ok(())
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
        let text = self.field_text().map_err(field_fault)?;
        let mut end = text.end;
        let is_space = |b: &u8| b.is_ascii_whitespace() || *b == 0x0b;
        while end > text.start && self.source.get(end - 1).is_some_and(is_space) {
            end -= 1;
        }
        if text.start == end {
            self.fault = Fault::Field;
        }
        let mut string_pos = text.start.saturating_sub(1);
        if text.debug {
            self.copy_source(text.start, text.end + 1)?;
            let shown = self.source.get(text.start..text.end).unwrap_or(&[]);
            if let Some(n) = shown.iter().position(|&b| b == b'\n' || b == b'\r') {
                // What follows is counted on later lines. No token stands for a line end, but the made-up bracket
                // behind the value may.
                string_pos = match text.start + n {
                    at if at == end => text.end,
                    at => at,
                };
            }
        }
        let string = self.take_scratch()?;
        template.strings.push((string, Pos(string_pos as u32)))?;
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
        let mut spec = Spec {
            braces: false,
            one_line: true,
        };
        if self.peek(0) == b':' {
            self.at += 1;
            spec = self.template_spec(prefix, quote).map_err(field_fault)?;
        }
        // The closing brace: `field_text` or `template_spec` stopped at it.
        self.at += 1;
        let spec_text = self.take_scratch()?;
        template.fields.push(TemplateField {
            value: Field {
                start: text.start as u32,
                end: end as u32,
            },
            text: one_line.then_some(shown),
            conversion,
            spec: spec.one_line.then_some(spec_text),
            braces: spec.braces,
            inner: (first, self.fields.len()),
        })?;
        Ok(())
    }

    /// Reads a specification up to the `}` that ends it.
    fn template_spec(&mut self, prefix: Prefix, quote: Quote) -> Result<Spec, Bad> {
        let mut depth = 0u32;
        let mut spec = Spec {
            braces: false,
            one_line: true,
        };
        loop {
            if self.closes(quote) {
                return Err(Bad::Field);
            }
            match (self.peek(0), self.peek(1)) {
                (b'{', b'{') => {
                    spec.braces = true;
                    depth = depth.saturating_add(2);
                    self.scratch.extend_from_slice(b"{{")?;
                    self.at += 2;
                }
                (b'{', _) => {
                    spec.braces = true;
                    depth = depth.saturating_add(1);
                    spec.one_line &= self.spec_field(quote)?;
                }
                (b'}', _) if depth == 0 => return Ok(spec),
                (b'}', _) => {
                    depth -= 1;
                    self.scratch.push(b'}')?;
                    self.at += 1;
                }
                _ => self.template_text(prefix, quote)?,
            }
        }
    }

    /// Reads the beginning of a field in a specification, at its `{`; true if it is on one line.
    fn spec_field(&mut self, quote: Quote) -> Result<bool, Bad> {
        let start = self.at + 1;
        self.field()?;
        // Unlike in an f-string, the quote ends the literal here.
        let end = core::mem::replace(&mut self.at, start);
        let mut one_line = true;
        while self.at < end {
            let line_end = matches!(self.peek(0), b'\n' | b'\r');
            if self.closes(quote) || line_end && !quote.triple {
                return Err(Bad::Field);
            }
            one_line &= !line_end;
            self.at += 1;
        }
        Ok(one_line)
    }

    // What follows.

    /// Makes up what follows the name `__template__`.
    fn push_templates(&mut self, templates: &[Template]) -> Result<(), OutOfMemory> {
        let pos = Pos(self.tok.pos.0.saturating_add(1));
        self.interrupt()?;
        let [template, joined @ ..] = templates else {
            return Ok(());
        };
        if !joined.is_empty() && !template.fields.is_empty() {
            return self.made_up(Token::Invalid, pos);
        }
        let end = template.end;
        // Upstream counts arguments in a byte.
        let wrapped = 1 + 4 * template.fields.len() > MAX_ARGS;
        match joined.len() {
            0 => {
                if wrapped {
                    self.made_up(Token::RParen, end)?;
                }
                self.made_up(Token::RParen, end)?;
            }
            // The last bracket is missing.
            1 => {}
            _ => self.made_up(Token::Invalid, end)?,
        }
        for field in template.fields.iter().rev() {
            self.push_template_field(field, template.quote, end)?;
        }
        self.made_up(Token::RParen, end)?;
        // What is joined is lexed, no more.
        for joined in joined.iter().rev() {
            for field in joined.fields.iter().rev() {
                self.made_up(Token::Comma, end)?;
                self.push_spec(field, joined.quote, end)?;
            }
            self.push_strings(joined)?;
        }
        self.push_strings(template)?;
        self.made_up(Token::LParen, pos)?;
        if wrapped {
            self.made_up(Token::LParen, pos)?;
        }
        self.made_up(Token::LParen, pos)?;
        self.fields.clear();
        Ok(())
    }

    /// `string , …`, last first.
    fn push_strings(&mut self, template: &Template) -> Result<(), OutOfMemory> {
        for &(string, pos) in template.strings.iter().rev() {
            self.made_up(Token::Comma, template.end)?;
            self.segments
                .push(Segment::Literal(string, template.quote, pos))?;
        }
        Ok(())
    }

    /// `, ( value ) , "text" , conversion , spec`, last first.
    fn push_template_field(
        &mut self,
        field: &TemplateField,
        quote: Quote,
        pos: Pos,
    ) -> Result<(), OutOfMemory> {
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
        self.push_spec(field, quote, pos)?;
        self.made_up(Token::Comma, pos)?;
        match field.conversion {
            0 => self.made_up(Token::None, pos)?,
            letter => {
                let start = self.parts.len() as u32;
                self.parts.push(letter)?;
                let part = Part { start, len: 1 };
                self.segments.push(Segment::Part(part, pos))?;
            }
        }
        self.made_up(Token::Comma, pos)?;
        match field.text {
            Some(text) => self.segments.push(Segment::Part(text, pos))?,
            None => self.made_up(Token::Invalid, pos)?,
        }
        self.made_up(Token::Comma, pos)?;
        self.push_bracketed(field.value)?;
        self.made_up(Token::Comma, pos)
    }

    fn push_spec(
        &mut self,
        field: &TemplateField,
        quote: Quote,
        pos: Pos,
    ) -> Result<(), OutOfMemory> {
        let Some(spec) = field.spec else {
            return self.made_up(Token::Invalid, pos);
        };
        // The first reading wrote line ends as escapes.
        let quote = Quote {
            triple: false,
            ..quote
        };
        self.segments.push(Segment::Literal(spec, quote, pos))
    }

    fn made_up(&mut self, token: Token, pos: Pos) -> Result<(), OutOfMemory> {
        self.segments.push(Segment::Token(token, pos))
    }

    // The second reading.

    /// The token of a literal between quotes.
    pub(super) fn inner_literal(
        &mut self,
        part: Part,
        quote: Quote,
        pool: &mut Pool,
    ) -> Result<Token, Stop> {
        let literal = part.of(&self.parts);
        self.scratch.clear();
        let mut valid = true;
        let mut at = 0;
        while let Some(&byte) = literal.get(at) {
            let rest = literal.get(at + 1..).unwrap_or(&[]);
            at += 1;
            match byte {
                b'\\' if rest.first().is_some_and(|&b| b != b'\n') => {
                    let escape = escape::read(rest, false, &mut self.scratch)?;
                    at += escape.taken;
                    valid &= escape.valid;
                }
                b'\\' | b'\n' => {
                    // Only the text of `{x=}` has line ends. Here they count once more.
                    valid &= quote.triple || byte == b'\\';
                    if byte == b'\n' {
                        self.scratch.push(byte)?;
                    } else {
                        at += 1;
                    }
                    self.line = self.line.saturating_add(1);
                }
                _ if byte == quote.byte && (!quote.triple || rest.starts_with(&[byte, byte])) => {
                    valid = false;
                    break;
                }
                _ => self.scratch.push(byte)?,
            }
        }
        match valid {
            true => self.str_token(Text::Scratch, pool),
            false => Ok(Token::Invalid),
        }
    }
}

/// What is wrong with a literal whose field is not closed.
fn field_fault(bad: Bad) -> Bad {
    match bad {
        Bad::Invalid => Bad::Field,
        other => other,
    }
}
