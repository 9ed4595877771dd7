//! Reading JSON, as leniently as stock does: commas and colons are white space wherever a value may begin, either
//! bracket closes either container, any scalar can be a key, and a NUL ends the text.
//!
//! There is no recursion: a container is put into the one around it as soon as it opens, so the way back is all
//! there is to remember, and the collector finds everything through the outermost one.

use ferlance_abi::qstr::Qstr;
use ferlance_collections::TryVec;
use ferlance_vm::obj::dict::{self, Dict};
use ferlance_vm::obj::list::{self, List};
use ferlance_vm::obj::ptr::Ptr;
use ferlance_vm::obj::str::unicode_error;
use ferlance_vm::obj::word::Obj;
use ferlance_vm::obj::{float, int};
use ferlance_vm::text::print::TextBuf;
use ferlance_vm::text::unicode::{encode_char, is_text};
use ferlance_vm::{R, Raised, Runtime};

/// Most digits that always fit an `i64`.
const I64_DIGITS: usize = 18;
/// Room in a list when it opens.
const FEW_ITEMS: usize = 4;

/// Where the next value goes.
enum Place {
    List(Ptr<List>),
    /// With the key, once it is known.
    Dict(Ptr<Dict>, Option<Obj>),
}

impl Place {
    /// Behind what `container` holds.
    fn in_container(container: Obj) -> Option<Place> {
        if let Some(list) = container.cast::<List>() {
            return Some(Place::List(list));
        }
        Some(Place::Dict(container.cast::<Dict>()?, None))
    }

    fn container(&self) -> Obj {
        match self {
            Place::List(list) => list.obj(),
            Place::Dict(dict, _) => dict.obj(),
        }
    }
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    /// Whether the text is known to be UTF-8.
    is_text: bool,
}

/// The value that `text` writes; `is_str` = it is known to be UTF-8.
///
/// # Errors
/// `ValueError: syntax error in JSON`, what numbers raise, `UnicodeError`.
pub(super) fn document(rt: &mut Runtime, text: &[u8], is_str: bool) -> R<Obj> {
    let mut reader = Reader {
        text,
        at: 0,
        is_text: is_str,
    };
    let value = reader.value(rt)?;
    while let b' ' | b'\t'..=b'\r' = reader.peek() {
        reader.at += 1;
    }
    match reader.peek() {
        0 => Ok(value),
        _ => Err(syntax_error(rt)),
    }
}

#[cold]
fn syntax_error(rt: &mut Runtime) -> Raised {
    rt.value_error("syntax error in JSON")
}

impl Reader<'_> {
    /// The next byte; 0 at the end.
    #[inline(always)]
    fn peek(&self) -> u8 {
        self.text.get(self.at).copied().unwrap_or(0)
    }

    /// One value with all that is in it.
    fn value(&mut self, rt: &mut Runtime) -> R<Obj> {
        let Some(outermost) = self.scalar_or_open(rt)? else {
            return Err(syntax_error(rt));
        };
        let Some(mut place) = Place::in_container(outermost) else {
            return Ok(outermost);
        };
        let mut around: TryVec<Obj> = TryVec::new();
        loop {
            let Some(value) = self.scalar_or_open(rt)? else {
                match around.pop().and_then(Place::in_container) {
                    Some(outer) => place = outer,
                    None => return Ok(outermost),
                }
                continue;
            };
            let inner = Place::in_container(value);
            match &mut place {
                Place::List(list) => list.push(rt, value)?,
                Place::Dict(dict, key) => match key.take() {
                    Some(key) => dict.map.store(rt, key, value)?,
                    None if inner.is_some() => return Err(syntax_error(rt)),
                    None => *key = Some(value),
                },
            }
            if let Some(inner) = inner {
                if around.push(place.container()).is_err() {
                    return Err(rt.no_memory(around.len()));
                }
                place = inner;
            }
        }
    }

    /// A scalar, or a new empty container where one opens; `None` where one closes.
    #[inline]
    fn scalar_or_open(&mut self, rt: &mut Runtime) -> R<Option<Obj>> {
        while let b' ' | b',' | b':' | b'\n' | b'\t' | b'\r' = self.peek() {
            self.at += 1;
        }
        let value = match self.peek() {
            b'"' => self.string(rt)?,
            b'-' | b'0'..=b'9' => self.number(rt)?,
            b'{' => {
                self.at += 1;
                dict::new(rt)?.obj()
            }
            b'[' => {
                self.at += 1;
                list::with_capacity(rt, FEW_ITEMS)?.obj()
            }
            b']' | b'}' => {
                self.at += 1;
                return Ok(None);
            }
            b'n' => self.word(rt, b"null", Obj::NONE)?,
            b't' => self.word(rt, b"true", Obj::TRUE)?,
            b'f' => self.word(rt, b"false", Obj::FALSE)?,
            _ => return Err(syntax_error(rt)),
        };
        Ok(Some(value))
    }

    fn rest(&self) -> &[u8] {
        self.text.get(self.at..).unwrap_or(&[])
    }

    fn word(&mut self, rt: &mut Runtime, word: &[u8], value: Obj) -> R<Obj> {
        if !self.rest().starts_with(word) {
            return Err(syntax_error(rt));
        }
        self.at += word.len();
        Ok(value)
    }

    /// A number: small ints here, the rest as `int()` and `float()` read it.
    #[inline]
    fn number(&mut self, rt: &mut Runtime) -> R<Obj> {
        let start = self.at;
        let negative = self.peek() == b'-';
        self.at += usize::from(negative);
        let first = self.at;
        let mut value = 0i64;
        while let digit @ b'0'..=b'9' = self.peek() {
            value = value.wrapping_mul(10).wrapping_add(i64::from(digit - b'0'));
            self.at += 1;
        }
        let digits = self.at - first;
        let more = matches!(self.peek(), b'.' | b'e' | b'E' | b'+' | b'-');
        if more || digits == 0 || digits > I64_DIGITS {
            return self.other_number(rt, start);
        }
        int::from_i64(rt, if negative { -value } else { value })
    }

    #[inline(never)]
    fn other_number(&mut self, rt: &mut Runtime, start: usize) -> R<Obj> {
        while let b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-' = self.peek() {
            self.at += 1;
        }
        let text = self.text.get(start..self.at).unwrap_or(&[]);
        if text.iter().any(|byte| matches!(byte, b'.' | b'e' | b'E')) {
            let value = float::from_text(rt, text)?;
            return float::new(rt, value);
        }
        int::from_text(rt, text, 10)
    }

    /// A string; the quote is the next byte.
    #[inline]
    fn string(&mut self, rt: &mut Runtime) -> R<Obj> {
        self.at += 1;
        let start = self.at;
        let mut bits = 0;
        loop {
            let byte = self.peek();
            match byte {
                b'"' => break,
                b'\\' => return self.string_with_escapes(rt, start),
                0 => return Err(syntax_error(rt)),
                byte => bits |= byte,
            }
            self.at += 1;
        }
        let text = self.text.get(start..self.at).unwrap_or(&[]);
        self.at += 1;
        if bits >= 0x80 && !self.is_text && !is_text(text) {
            return Err(unicode_error(rt));
        }
        rt.new_str(text)
    }

    #[inline(never)]
    fn string_with_escapes(&mut self, rt: &mut Runtime, start: usize) -> R<Obj> {
        let mut out = TextBuf::take(rt);
        let mut plain = start;
        loop {
            let byte = self.peek();
            if !matches!(byte, b'"' | b'\\' | 0) {
                self.at += 1;
                continue;
            }
            out.push_bytes(rt, self.text.get(plain..self.at).unwrap_or(&[]))?;
            self.at += 1;
            match byte {
                b'"' => break,
                b'\\' => self.escape(rt, &mut out)?,
                _ => return Err(syntax_error(rt)),
            }
            plain = self.at;
        }
        if !self.is_text && !is_text(out.bytes()) {
            return Err(unicode_error(rt));
        }
        let value = match out.bytes() {
            [] => Obj::qstr(Qstr::EMPTY),
            text => rt.new_str(text)?,
        };
        out.give_back(rt);
        Ok(value)
    }

    /// What follows a backslash. Halves of surrogate pairs stay halves, as in stock.
    fn escape(&mut self, rt: &mut Runtime, out: &mut TextBuf) -> R<()> {
        let byte = match self.peek() {
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                let mut code = 0;
                for _ in 0..4 {
                    self.at += 1;
                    let Some(digit) = char::from(self.peek()).to_digit(16) else {
                        return Err(syntax_error(rt));
                    };
                    code = code << 4 | digit;
                }
                self.at += 1;
                let (text, len) = encode_char(code);
                return out.push_bytes(rt, text.get(..len).unwrap_or(&text));
            }
            0 => return Err(syntax_error(rt)),
            byte => byte,
        };
        self.at += 1;
        out.push_bytes(rt, &[byte])
    }
}
