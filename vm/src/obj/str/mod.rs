//! `str`: UTF-8 text. Interned strings are words ([`Obj::qstr`]); others are structures ([`StrData`]).
//!
//! `str` and `bytes` share their structure, and with `bytearray` most of their methods: those are written once, for a
//! [`Text`].

mod case;
mod data;
pub mod find;
pub mod index;
mod join;
mod methods;
mod operator;
mod search;
mod split;

use ferlance_abi::ops::BinaryOp;
use ferlance_abi::qstr;
use ferlance_abi::qstr::Qstr;
use ferlance_abi::qstr::rom::CHARS;

use super::ptr::Ptr;
use super::ty::{Buffer, Members, PrintKind, Type, VTable};
use super::word::Obj;
use crate::call::Args;
use crate::exc;
use crate::obj::builtin_fun::expect_args;
use crate::runtime::{R, Raised, Runtime};
use crate::text::print::Print;
use crate::text::print::Word;
use crate::text::{repr, unicode};

pub use data::{StrData, new_data, new_data_uninit};
pub use index::CharCache;
pub use join::hex_text;
pub(crate) use methods::{BYTEARRAY_MEMBERS, BYTES_MEMBERS};
pub(crate) use operator::{bytes_binary, compare_bytes};

/// `str`.
pub static STR: Type = Type::builtin(qstr!("str"), 0, &VT);
static VT: VTable = VTable {
    make_new: Some(make_new),
    print: Some(print),
    unary: Some(operator::unary),
    binary: Some(operator::str_binary),
    subscr: Some(index::subscr),
    iter: Some(index::iter),
    buffer: Some(buffer),
    members: &MEMBERS,
    ..VTable::NEW
};
static MEMBERS: Members = crate::members! {
    "center" => Fun(&methods::CENTER),
    "count" => Fun(&methods::COUNT),
    "encode" => Fun(&methods::ENCODE),
    "endswith" => Fun(&methods::ENDSWITH),
    "find" => Fun(&methods::FIND),
    "format" => Fun(&methods::FORMAT),
    "index" => Fun(&methods::INDEX),
    "isalpha" => Fun(&methods::ISALPHA),
    "isdigit" => Fun(&methods::ISDIGIT),
    "islower" => Fun(&methods::ISLOWER),
    "isspace" => Fun(&methods::ISSPACE),
    "isupper" => Fun(&methods::ISUPPER),
    "join" => Fun(&methods::JOIN),
    "lower" => Fun(&methods::LOWER),
    "lstrip" => Fun(&methods::LSTRIP),
    "partition" => Fun(&methods::PARTITION),
    "replace" => Fun(&methods::REPLACE),
    "rfind" => Fun(&methods::RFIND),
    "rindex" => Fun(&methods::RINDEX),
    "rpartition" => Fun(&methods::RPARTITION),
    "rsplit" => Fun(&methods::RSPLIT),
    "rstrip" => Fun(&methods::RSTRIP),
    "split" => Fun(&methods::SPLIT),
    "splitlines" => Fun(&methods::SPLITLINES),
    "startswith" => Fun(&methods::STARTSWITH),
    "strip" => Fun(&methods::STRIP),
    "upper" => Fun(&methods::UPPER),
};

/// The text of a str object with what is known about it.
#[derive(Clone, Copy)]
pub struct Text<'a> {
    /// UTF-8 (surrogates included).
    pub bytes: &'a [u8],
    /// Whether it is all ASCII.
    pub ascii: bool,
}

impl Runtime {
    /// The str `text` (UTF-8): the interned one if it is short and there is one, else a copy.
    #[inline]
    pub fn new_str(&mut self, text: &[u8]) -> R<Obj> {
        if text.len() <= 1 {
            match text.first() {
                None => return Ok(Obj::qstr(Qstr::EMPTY)),
                Some(ch) => {
                    if let Some(name) = char_name(*ch) {
                        return Ok(name);
                    }
                }
            }
        } else if text.len() <= SHORT {
            let hash = ferlance_abi::qstr::hash_bytes(text);
            if let Some(name) = self.pool.find_hashed(text, hash) {
                return Ok(Obj::qstr(name));
            }
        }
        Ok(new_data(self, &STR, text)?.obj())
    }

    /// The text of a str object.
    #[inline]
    pub fn str_bytes<'a>(&self, obj: Obj) -> Option<&'a [u8]> {
        if let Some(name) = obj.as_qstr() {
            return Some(self.name(name));
        }
        Some(obj.cast::<StrData>()?.get().bytes())
    }

    /// The text of a str object, and whether it is ASCII.
    #[inline]
    pub fn str_text<'a>(&self, obj: Obj) -> Option<Text<'a>> {
        if let Some(name) = obj.as_qstr() {
            let bytes = self.name(name);
            let ascii = bytes.is_ascii();
            return Some(Text { bytes, ascii });
        }
        let data = obj.cast::<StrData>()?.get();
        Some(Text {
            bytes: data.bytes(),
            ascii: data.is_ascii(),
        })
    }

    /// The text of a str object.
    ///
    /// # Errors
    /// `TypeError: can't convert 'T' object to str implicitly`.
    pub fn expect_str<'a>(&mut self, obj: Obj) -> R<&'a [u8]> {
        match self.str_bytes(obj) {
            Some(text) => Ok(text),
            None => Err(no_implicit(self, obj, "str")),
        }
    }
}

/// A str or bytes object with this text.
pub fn new_of(rt: &mut Runtime, ty: &'static Type, text: &[u8]) -> R<Obj> {
    if ty.same(&STR) {
        rt.new_str(text)
    } else {
        Ok(new_data(rt, ty, text)?.obj())
    }
}

/// Longest text that is looked for among the names before a structure is made.
const SHORT: usize = 10;

/// The str of one ASCII character that is a name.
#[cfg_attr(not(feature = "small"), inline(always))]
pub fn char_name(ch: u8) -> Option<Obj> {
    match CHARS.get(ch as usize) {
        Some(0) | None => None,
        Some(name) => Some(Obj::qstr(Qstr::new(u32::from(*name)))),
    }
}

/// Character `i` of a str that is no name, if all its characters are ASCII and this one is a name.
#[inline]
pub fn ascii_char(obj: Obj, i: usize) -> Option<Obj> {
    let data = obj.cast::<StrData>()?;
    if !data.is_ascii() {
        return None;
    }
    char_name(*data.get().bytes().get(i)?)
}

/// The answer to `==`, `!=` and `in` of two texts.
#[inline]
pub fn quick_answer(rt: &Runtime, op: BinaryOp, lhs: Obj, rhs: Obj) -> Option<bool> {
    match op {
        BinaryOp::Equal | BinaryOp::NotEqual => {
            let same = lhs == rhs;
            if lhs.is_qstr() && rhs.is_qstr() {
                return Some(same == (op == BinaryOp::Equal));
            }
            let (a, b) = (rt.str_bytes(lhs)?, rt.str_bytes(rhs)?);
            Some((a == b) == (op == BinaryOp::Equal))
        }
        BinaryOp::In => {
            let (part, whole) = (rt.str_bytes(lhs)?, rt.str_bytes(rhs)?);
            match part {
                [byte] if whole.len() <= MOST_BYTE_BY_BYTE => Some(whole.contains(byte)),
                _ => Some(find::find(whole, part).is_some()),
            }
        }
        _ => None,
    }
}

/// Longer texts are searched by what has a beginning.
const MOST_BYTE_BY_BYTE: usize = 32;

/// `TypeError: can't convert 'T' object to str implicitly`.
#[cold]
pub fn no_implicit(rt: &mut Runtime, obj: Obj, to: &str) -> Raised {
    let ty = rt.type_name(obj);
    rt.type_error_fmt(format_args!(
        "can't convert '{ty}' object to {} implicitly",
        Word(to)
    ))
}

fn make_new(rt: &mut Runtime, _: &'static Type, args: Args<'_>) -> R<Obj> {
    if args.n_kw() != 0 {
        return Err(rt.raise_msg(
            &crate::exc::NOT_IMPLEMENTED_ERROR,
            "keyword argument(s) not implemented - use normal args instead",
        ));
    }
    expect_args(rt, args, 0, 3, false)?;
    let Some(arg) = args.get(0) else {
        return Ok(Obj::qstr(Qstr::EMPTY));
    };
    if let Some(encoding) = args.get(1) {
        let bytes = rt.buffer_of(arg, false)?.bytes();
        return unicode::decode(rt, bytes, Some(encoding), args.get(2));
    }
    rt.to_str(arg)
}

impl Runtime {
    /// `str(obj)`.
    pub fn to_str(&mut self, obj: Obj) -> R<Obj> {
        if obj.is_qstr() || obj.is::<StrData>() {
            return Ok(obj);
        }
        if let Some(value) = obj.as_small() {
            let mut buf = [0; 24];
            return self.new_str(super::int::decimal(value, &mut buf));
        }
        let text = self.text_of(obj, PrintKind::Str)?;
        text.into_str(self)
    }
}

fn print(rt: &mut Runtime, obj: Obj, kind: PrintKind, out: &mut dyn Print) -> R<()> {
    let text = rt.str_bytes(obj).unwrap_or(&[]);
    match kind {
        PrintKind::Str | PrintKind::Exc => out.write(rt, text),
        PrintKind::Repr => repr::write_str(rt, text, out),
        PrintKind::Json => repr::write_json(rt, text, out),
    }
}

fn buffer(rt: &mut Runtime, obj: Obj, write: bool) -> Option<Buffer> {
    let text = rt.str_bytes(obj)?;
    (!write).then_some(Buffer {
        data: text.as_ptr().cast_mut(),
        len: text.len(),
        typecode: b'B',
    })
}

/// The structure of an object of type str or bytes that is no name.
///
/// # Safety
/// The object came through the vtable of `str` or `bytes`.
#[cfg_attr(not(feature = "small"), inline(always))]
pub(crate) unsafe fn data_of(obj: Obj) -> Ptr<StrData> {
    // SAFETY: the caller's.
    unsafe { obj.cast_unchecked() }
}

/// `UnicodeError` without text.
#[cold]
pub fn unicode_error(rt: &mut Runtime) -> Raised {
    rt.raise(&exc::UNICODE_ERROR, &[])
}
