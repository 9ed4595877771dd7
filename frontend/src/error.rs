//! Why a source was refused.

use core::fmt;

use ferlance_collections::{OutOfMemory, TryVec};

use crate::ast::Qstr;
use crate::diag::{Code, ExcType};
use crate::source::Pos;

/// One error of the source, with its place. The source's fault, except [`Code::OutOfMemory`].
#[derive(Debug, PartialEq, Eq)]
pub struct Diag {
    /// Which message.
    pub code: Code,
    /// Where, for hosts that show the place.
    pub pos: Pos,
    /// The line upstream reports, from 1.
    pub line: u32,
    /// The scope upstream names in the traceback: none for errors of the lexer and parser.
    pub scope: Option<Qstr>,
    /// What stands for `{}` in the message.
    pub arg: Arg,
}

/// What stands for `{}` in a message.
#[derive(Debug, PartialEq, Eq, Default)]
pub enum Arg {
    /// The message has no `{}`.
    #[default]
    None,
    /// The base and the digits of a malformed integer.
    Int {
        /// 0, 2, 8, 10 or 16 as upstream counts it.
        base: u8,
        /// The text after the prefix.
        text: TryVec<u8>,
    },
    /// A name.
    Name(Qstr),
    /// Any other text.
    Text(TryVec<u8>),
    /// The whole message, of which the table has the pattern.
    Whole(TryVec<u8>),
    /// A message with up to three `{}`.
    Words([Word; 3]),
}

/// One of several arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// A name of the program.
    Name(Qstr),
    /// A fixed word, such as a type.
    Fixed(&'static str),
}

impl Diag {
    /// An error at `pos`, reported on `line`, without argument or scope.
    pub fn new(code: Code, pos: Pos, line: u32) -> Diag {
        Diag {
            code,
            pos,
            line,
            scope: None,
            arg: Arg::None,
        }
    }

    /// The type of exception a Python program sees.
    pub fn exc_type(&self) -> ExcType {
        self.code.exc_type()
    }

    /// Writes upstream's text; `name` gives the text of a qstr.
    pub fn write_text<'p>(
        &self,
        out: &mut dyn fmt::Write,
        name: &dyn Fn(Qstr) -> &'p [u8],
    ) -> fmt::Result {
        let text = self.code.text();
        match &self.arg {
            Arg::None => out.write_str(text),
            Arg::Int { base, text: digits } => {
                out.write_str("invalid syntax for integer with base ")?;
                let digit = |digit: u8| char::from(b'0' + digit % 10);
                if *base >= 10 {
                    out.write_char(digit(base / 10))?;
                }
                out.write_char(digit(*base))?;
                out.write_str(": '")?;
                write_lossy(out, digits)?;
                out.write_str("'")
            }
            Arg::Name(q) => write_with(out, text, name(*q)),
            Arg::Text(t) => write_with(out, text, t),
            Arg::Whole(message) => write_lossy(out, message),
            Arg::Words(words) => {
                let mut rest = text;
                for word in words {
                    let Some((before, after)) = at_field(rest) else {
                        break;
                    };
                    out.write_str(before)?;
                    match word {
                        Word::Name(q) => write_lossy(out, name(*q))?,
                        Word::Fixed(word) => out.write_str(word)?,
                    }
                    rest = after;
                }
                out.write_str(rest)
            }
        }
    }
}

impl From<OutOfMemory> for Diag {
    fn from(_: OutOfMemory) -> Diag {
        Diag::new(Code::OutOfMemory, Pos(0), 0)
    }
}

impl fmt::Display for Diag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}: ", self.line, self.exc_type().name())?;
        self.write_text(f, &|_| b"?")
    }
}

impl core::error::Error for Diag {}

/// What stands before and behind the first `{}`.
fn at_field(text: &str) -> Option<(&str, &str)> {
    let at = text.as_bytes().windows(2).position(|two| two == b"{}")?;
    Some((text.get(..at)?, text.get(at + 2..)?))
}

fn write_with(out: &mut dyn fmt::Write, text: &str, arg: &[u8]) -> fmt::Result {
    match at_field(text) {
        Some((before, after)) => {
            out.write_str(before)?;
            write_lossy(out, arg)?;
            out.write_str(after)
        }
        None => out.write_str(text),
    }
}

fn write_lossy(out: &mut dyn fmt::Write, bytes: &[u8]) -> fmt::Result {
    for chunk in bytes.utf8_chunks() {
        out.write_str(chunk.valid())?;
        if !chunk.invalid().is_empty() {
            out.write_char(char::REPLACEMENT_CHARACTER)?;
        }
    }
    Ok(())
}
