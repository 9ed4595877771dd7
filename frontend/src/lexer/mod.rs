//! Source text to tokens, one at a time.
//!
//! The parser sees one token; nothing is stored but that token. Names and short strings are interned here, in
//! source order, because whether a longer string is a name depends on what was interned before it.
//!
//! An f-string is a string followed by `.format((field), …)`: its fields are ranges of the same source, which are
//! lexed next, between tokens made up for them (`fstring.rs`). So the lexer works on a *range* of the source and keeps a
//! stack of what comes after it:
//!
//! ```text
//!   f"{a}-{b}" + c          "{}-{}"  . format ( ( a ) , ( b ) ,? ) + c
//!                           token    `---- segments, `a` and `b` are ranges ----´ then the rest of the source
//! ```
//!
//! Lines are counted as upstream does: line ends within a field count when the string is read and again when the
//! field is. [`LineMap`] learns of the difference.

mod escape;
mod fstring;
mod indent;
mod number;
mod string;
mod template;
#[cfg(test)]
mod tests;

use ferlance_abi::qstr::{Pool, Qstr, hash_bytes, rom};
use ferlance_collections::{BitSet, OutOfMemory, TryVec};

use crate::source::{LineMap, Pos};
use crate::token::{Token, keyword};
use fstring::{Field, Segment};
pub(crate) use number::{Number, NumberError};
use string::Fault;

/// Longest name upstream can intern, in bytes.
pub(crate) const MAX_NAME: usize = 255;
/// A str of at most this many bytes is always a qstr.
const SHORT_STR: usize = 10;

/// What stops the lexer at once, whatever the parser expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// A `\N{…}` escape.
    UnicodeName,
    /// Memory ran out.
    OutOfMemory,
}

impl From<OutOfMemory> for Stop {
    fn from(_: OutOfMemory) -> Stop {
        Stop::OutOfMemory
    }
}

/// A token.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tok {
    /// Its kind.
    pub(crate) kind: Token,
    /// Its first byte.
    pub(crate) pos: Pos,
    /// The line upstream counts for it.
    pub(crate) line: u32,
    /// `Name`, `Str`: the qstr (0 for a name that is too long). `Int`: the value. `Number`: length in bytes.
    pub(crate) value: u64,
}

/// The text of the current `LongStr` or `Bytes`.
#[derive(Debug, Clone, Copy)]
enum Text {
    /// A piece of the source.
    Source { start: usize, len: usize },
    /// What stands in `Lexer::scratch`.
    Scratch,
}

/// The lexer. `tok` is the current token.
pub(crate) struct Lexer<'s> {
    /// All of the source.
    source: &'s [u8],
    /// The source up to the end of the current range.
    text: &'s [u8],
    /// The next byte.
    at: usize,
    /// The line of the next byte, as upstream counts.
    line: u32,
    /// Open brackets.
    brackets: u32,
    /// The current token.
    pub(crate) tok: Tok,
    /// Columns of the open blocks.
    indents: TryVec<u32>,
    /// `Indent` (if positive) or `Dedent` (if negative) tokens to come.
    pending: i32,
    /// What comes after the current range, last first.
    segments: TryVec<Segment>,
    /// Whether `segments` was ever used since the last token of the outermost range: lines may differ then.
    moved: bool,
    long: Text,
    scratch: TryVec<u8>,
    /// Texts of template strings, until their tokens are taken.
    parts: TryVec<u8>,
    /// Names of the ROM list that upstream's tool does not know, once the source has used them.
    seen: BitSet,
    lines: LineMap,
    /// Offset after the last line end found.
    last_line_start: usize,
    /// Whether the line end that upstream supplies at the end of the source was used, or is not needed.
    supplied: bool,
    /// Whether the source begins with a line that is joined and blank.
    pub(crate) blank_start: bool,
    /// The fields of the f-string being read.
    fields: TryVec<Field>,
    /// What is wrong in the literal being read.
    fault: Fault,
    /// Whether there are t-strings.
    templates: bool,
}

/// What a byte can be part of.
const CLASS: [u8; 256] = {
    let mut table = [0; 256];
    let mut b = 0;
    while b < 256 {
        let byte = b as u8;
        table[b] = if byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80 {
            NAME_START | NAME
        } else if byte.is_ascii_digit() {
            NAME
        } else if matches!(byte, b' ' | b'\t' | 0x0b | 0x0c) {
            SPACE
        } else {
            0
        };
        b += 1;
    }
    table
};
const NAME_START: u8 = 1;
const NAME: u8 = 2;
const SPACE: u8 = 4;

#[inline]
fn is(byte: u8, class: u8) -> bool {
    CLASS[byte as usize] & class != 0
}

impl<'s> Lexer<'s> {
    /// A lexer at the first token of `source`.
    pub(crate) fn new(
        source: &'s [u8],
        pool: &mut Pool,
        templates: bool,
    ) -> Result<Lexer<'s>, Stop> {
        if u32::try_from(source.len()).is_err() {
            return Err(Stop::OutOfMemory);
        }
        let mut lines = LineMap::default();
        lines.start_line(0)?;
        let mut lexer = Lexer {
            source,
            text: source,
            at: 0,
            line: 1,
            brackets: 0,
            tok: Tok {
                kind: Token::End,
                pos: Pos(0),
                line: 1,
                value: 0,
            },
            indents: TryVec::new(),
            pending: 0,
            segments: TryVec::new(),
            moved: false,
            long: Text::Scratch,
            scratch: TryVec::new(),
            parts: TryVec::new(),
            seen: BitSet::new(),
            lines,
            last_line_start: 0,
            supplied: matches!(source.last(), None | Some(b'\n' | b'\r')),
            blank_start: false,
            fields: TryVec::new(),
            fault: Fault::None,
            templates,
        };
        lexer.indents.push(0)?;
        // A first line that is joined and blank is a line end to upstream; all other blank lines are nothing.
        lexer.skip_space()?;
        let blank = matches!(lexer.text.get(lexer.at), None | Some(b'\n' | b'\r'));
        lexer.blank_start = lexer.line > 1 && blank;
        if !lexer.blank_start {
            lexer.at = 0;
            lexer.line = 1;
            lexer.start_of_line()?;
        }
        lexer.advance(pool)?;
        Ok(lexer)
    }

    /// The table of lines, when the source is done.
    pub(crate) fn into_lines(self) -> LineMap {
        self.lines
    }

    /// The line upstream notes for a token that was read.
    pub(crate) fn line_of(&self, pos: Pos) -> u32 {
        self.lines.line(pos)
    }

    /// The text of the current `LongStr` or `Bytes`.
    pub(crate) fn long_text(&self) -> &[u8] {
        match self.long {
            Text::Source { start, len } => self
                .source
                .get(start..start.saturating_add(len))
                .unwrap_or(&[]),
            Text::Scratch => &self.scratch,
        }
    }

    /// Goes to the next token.
    pub(crate) fn advance(&mut self, pool: &mut Pool) -> Result<(), Stop> {
        if self.pending != 0 {
            self.pending_block();
            return Ok(());
        }
        loop {
            self.skip_space()?;
            self.tok.pos = Pos(self.at as u32);
            self.tok.line = self.line;
            let Some(&first) = self.text.get(self.at) else {
                if self.segments.is_empty() {
                    self.end_of_source()?;
                    return Ok(());
                }
                if self.next_segment(pool)? {
                    return Ok(());
                }
                continue;
            };
            if self.moved {
                self.note_line()?;
            }
            self.tok.kind = self.token(first, pool)?;
            return Ok(());
        }
    }

    /// Tells the table of lines if this token is not counted where it stands.
    fn note_line(&mut self) -> Result<(), OutOfMemory> {
        self.moved = !self.segments.is_empty();
        self.lines.set_line(self.tok.pos, self.tok.line)
    }

    fn peek(&self, ahead: usize) -> u8 {
        self.text.get(self.at + ahead).copied().unwrap_or(0)
    }

    /// Skips spaces, comments, joined lines, and line ends in brackets.
    #[inline]
    fn skip_space(&mut self) -> Result<(), OutOfMemory> {
        while let Some(&byte) = self.text.get(self.at) {
            if byte > b'#' && byte != b'\\' {
                return Ok(());
            }
            match byte {
                b' ' | b'\t' | 0x0b | 0x0c => self.at += 1,
                b'#' => self.skip_comment(),
                b'\n' | b'\r' if self.brackets != 0 => {
                    self.at += 1;
                    self.line_end(byte)?;
                }
                b'\\' => {
                    if !self.join_lines()? {
                        return Ok(());
                    }
                }
                _ => return Ok(()),
            }
        }
        if self.brackets != 0 && !self.supplied && self.segments.is_empty() {
            self.supply_line_end();
        }
        Ok(())
    }

    /// Skips a backslash and the line end after it; false if there is none.
    fn join_lines(&mut self) -> Result<bool, OutOfMemory> {
        match self.text.get(self.at + 1) {
            Some(&next @ (b'\n' | b'\r')) => {
                self.at += 2;
                self.line_end(next)?;
                Ok(true)
            }
            None if self.segments.is_empty() && !self.supplied => {
                self.at += 1;
                self.supply_line_end();
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// Passes the line end that upstream supplies at the end of the source.
    fn supply_line_end(&mut self) {
        self.supplied = true;
        self.line = self.line.saturating_add(1);
    }

    /// Skips to the line end. A comment that a field does not end also hides what was made up to follow the field.
    fn skip_comment(&mut self) {
        loop {
            let rest = self.text.get(self.at..).unwrap_or(&[]);
            match rest.iter().position(|&b| b == b'\n' || b == b'\r') {
                Some(n) => {
                    self.at += n;
                    return;
                }
                None => self.at = self.text.len(),
            }
            if !self.drop_made_up() {
                return;
            }
        }
    }

    /// A line end whose first byte, `byte`, lies just before here.
    #[inline]
    fn line_end(&mut self, byte: u8) -> Result<(), OutOfMemory> {
        if byte == b'\r' && self.text.get(self.at) == Some(&b'\n') {
            self.at += 1;
        }
        self.line = self.line.saturating_add(1);
        if self.at > self.last_line_start {
            self.last_line_start = self.at;
            self.lines.start_line(self.at as u32)?;
        }
        Ok(())
    }

    /// Reads the token that begins with `first`, which is at `at`.
    #[inline]
    fn token(&mut self, first: u8, pool: &mut Pool) -> Result<Token, Stop> {
        use Token::*;
        let class = CLASS[first as usize];
        if class & NAME_START != 0 {
            return self.name(pool);
        }
        if class & NAME != 0 {
            return Ok(self.number());
        }
        if first == b'"' || first == b'\'' {
            return self.string(pool);
        }
        let (kind, len) = match first {
            b'(' => {
                self.brackets = self.brackets.saturating_add(1);
                (LParen, 1)
            }
            b'[' => {
                self.brackets = self.brackets.saturating_add(1);
                (LBracket, 1)
            }
            b'{' => {
                self.brackets = self.brackets.saturating_add(1);
                (LBrace, 1)
            }
            b')' => {
                self.brackets = self.brackets.saturating_sub(1);
                (RParen, 1)
            }
            b']' => {
                self.brackets = self.brackets.saturating_sub(1);
                (RBracket, 1)
            }
            b'}' => {
                self.brackets = self.brackets.saturating_sub(1);
                (RBrace, 1)
            }
            b',' => (Comma, 1),
            b':' => self.pick(Colon, &[(b'=', Walrus)]),
            b';' => (Semicolon, 1),
            b'.' => {
                if self.peek(1).is_ascii_digit() {
                    return Ok(self.number());
                }
                if self.peek(1) == b'.' && self.peek(2) == b'.' {
                    (Ellipsis, 3)
                } else {
                    (Dot, 1)
                }
            }
            b'=' => self.pick(Assign, &[(b'=', EqualEqual)]),
            b'~' => (Tilde, 1),
            b'@' => self.pick(At, &[(b'=', AtAssign)]),
            b'+' => self.pick(Plus, &[(b'=', PlusAssign)]),
            b'-' => self.pick(Minus, &[(b'=', MinusAssign), (b'>', Arrow)]),
            b'%' => self.pick(Percent, &[(b'=', PercentAssign)]),
            b'|' => self.pick(Pipe, &[(b'=', PipeAssign)]),
            b'^' => self.pick(Caret, &[(b'=', CaretAssign)]),
            b'&' => self.pick(Ampersand, &[(b'=', AmpersandAssign)]),
            b'*' => self.pick_twice(Star, StarAssign, DoubleStar, DoubleStarAssign),
            b'/' => self.pick_twice(Slash, SlashAssign, DoubleSlash, DoubleSlashAssign),
            b'<' => self.pick_twice(Less, LessEqual, ShiftLeft, ShiftLeftAssign),
            b'>' => self.pick_twice(Greater, GreaterEqual, ShiftRight, ShiftRightAssign),
            b'!' => self.pick(Invalid, &[(b'=', NotEqual)]),
            b'\n' | b'\r' => {
                self.at += 1;
                self.line_end(first)?;
                return Ok(self.newline()?);
            }
            _ => (Invalid, 1),
        };
        self.at += len;
        Ok(kind)
    }

    /// `one`, or the token its second byte makes of it.
    #[inline]
    fn pick(&self, one: Token, two: &[(u8, Token)]) -> (Token, usize) {
        let next = self.peek(1);
        for &(byte, token) in two {
            if next == byte {
                return (token, 2);
            }
        }
        (one, 1)
    }

    /// `x`, `x=`, `xx` or `xx=`.
    fn pick_twice(
        &self,
        one: Token,
        one_assign: Token,
        two: Token,
        two_assign: Token,
    ) -> (Token, usize) {
        if self.peek(1) == b'=' {
            (one_assign, 2)
        } else if self.peek(1) != self.peek(0) {
            (one, 1)
        } else if self.peek(2) == b'=' {
            (two_assign, 3)
        } else {
            (two, 2)
        }
    }

    /// A name, a keyword, or a string with a prefix.
    #[inline]
    fn name(&mut self, pool: &mut Pool) -> Result<Token, Stop> {
        let start = self.at;
        let rest = self.text.get(start..).unwrap_or(&[]);
        let len = rest
            .iter()
            .position(|&b| !is(b, NAME))
            .unwrap_or(rest.len());
        let name = rest.get(..len).unwrap_or(&[]);
        if len <= 2
            && let Some(b'"' | b'\'') = rest.get(len)
            && self.is_prefix(name)
        {
            return self.string(pool);
        }
        self.at = start + len;
        let hash = hash_bytes(name);
        if let Some(keyword) = keyword(name, hash) {
            return Ok(keyword);
        }
        if len > MAX_NAME {
            self.tok.value = 0;
            return Ok(Token::Name);
        }
        let qstr = pool.intern_hashed(name, hash)?;
        self.tok.value = u64::from(qstr.number());
        if len > SHORT_STR {
            self.mark_seen(qstr)?;
        }
        Ok(Token::Name)
    }

    /// Notes the use of a name that upstream's tool would not know before.
    #[inline]
    fn mark_seen(&mut self, name: Qstr) -> Result<(), OutOfMemory> {
        if name.is_rom() && !name.is_known_to_stock_tool() {
            self.seen.insert(name.number() as usize)?;
        }
        Ok(())
    }

    /// The token of a str with this text: a qstr if it is short or the same text was interned before.
    fn str_token(&mut self, text: Text, pool: &mut Pool) -> Result<Token, Stop> {
        self.long = text;
        let bytes = self.long_text();
        let qstr = if bytes.len() <= SHORT_STR {
            Some(pool.intern(bytes)?)
        } else if bytes.len() <= MAX_NAME {
            pool.find(bytes).filter(|q| {
                !q.is_rom() || q.is_known_to_stock_tool() || self.seen.contains(q.number() as usize)
            })
        } else {
            None
        };
        match qstr {
            Some(name) => {
                self.tok.value = u64::from(name.number());
                Ok(Token::Str)
            }
            None => Ok(Token::LongStr),
        }
    }
}

const _: () = assert!(rom::ROM_COUNT < u16::MAX as usize);
