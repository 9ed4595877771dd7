//! The methods of `str`, `bytes` and `bytearray`: one function for all three, which asks what kind of text its
//! self is and makes results of that kind.

use ferlance_abi::qstr;

use super::index::{byte_offset, char_count, sub_str};
use super::{STR, Text, case, find, join, search, split};
use crate::call::Args;
use crate::obj::builtin_fun::BuiltinFun;
use crate::obj::bytearray::{self, BYTEARRAY};
use crate::obj::bytes::{self, BYTES};
use crate::obj::slice::clamp_index;
use crate::obj::ty::{Members, Type};
use crate::obj::word::Obj;
use crate::runtime::{R, Runtime};
use crate::text::{format, unicode};

pub(super) static CENTER: BuiltinFun = BuiltinFun::f2(qstr!("center"), case::center);
pub(super) static COUNT: BuiltinFun = BuiltinFun::var(qstr!("count"), 2, 4, search::count);
pub(super) static DECODE: BuiltinFun = BuiltinFun::var(qstr!("decode"), 1, 3, decode);
pub(super) static ENCODE: BuiltinFun = BuiltinFun::var(qstr!("encode"), 1, 3, encode);
pub(super) static ENDSWITH: BuiltinFun = BuiltinFun::var(qstr!("endswith"), 2, 2, search::endswith);
pub(super) static FIND: BuiltinFun = BuiltinFun::var(qstr!("find"), 2, 4, search::find);
pub(super) static FORMAT: BuiltinFun = BuiltinFun::kw(qstr!("format"), 1, u16::MAX, format::method);
pub(super) static FROMHEX: BuiltinFun = BuiltinFun::f2(qstr!("fromhex"), join::fromhex);
pub(super) static HEX: BuiltinFun = BuiltinFun::var(qstr!("hex"), 1, 2, join::hex);
pub(super) static INDEX: BuiltinFun = BuiltinFun::var(qstr!("index"), 2, 4, search::index);
pub(super) static ISALPHA: BuiltinFun = BuiltinFun::f1(qstr!("isalpha"), case::isalpha);
pub(super) static ISDIGIT: BuiltinFun = BuiltinFun::f1(qstr!("isdigit"), case::isdigit);
pub(super) static ISLOWER: BuiltinFun = BuiltinFun::f1(qstr!("islower"), case::islower);
pub(super) static ISSPACE: BuiltinFun = BuiltinFun::f1(qstr!("isspace"), case::isspace);
pub(super) static ISUPPER: BuiltinFun = BuiltinFun::f1(qstr!("isupper"), case::isupper);
pub(super) static JOIN: BuiltinFun = BuiltinFun::f2(qstr!("join"), join::join);
pub(super) static LOWER: BuiltinFun = BuiltinFun::f1(qstr!("lower"), case::lower);
pub(super) static LSTRIP: BuiltinFun = BuiltinFun::var(qstr!("lstrip"), 1, 2, case::lstrip);
pub(super) static PARTITION: BuiltinFun = BuiltinFun::f2(qstr!("partition"), split::partition);
pub(super) static REPLACE: BuiltinFun = BuiltinFun::var(qstr!("replace"), 3, 4, search::replace);
pub(super) static RFIND: BuiltinFun = BuiltinFun::var(qstr!("rfind"), 2, 4, search::rfind);
pub(super) static RINDEX: BuiltinFun = BuiltinFun::var(qstr!("rindex"), 2, 4, search::rindex);
pub(super) static RPARTITION: BuiltinFun = BuiltinFun::f2(qstr!("rpartition"), split::rpartition);
pub(super) static RSPLIT: BuiltinFun = BuiltinFun::var(qstr!("rsplit"), 1, 3, split::rsplit);
pub(super) static RSTRIP: BuiltinFun = BuiltinFun::var(qstr!("rstrip"), 1, 2, case::rstrip);
pub(super) static SPLIT: BuiltinFun = BuiltinFun::var(qstr!("split"), 1, 3, split::split);
pub(super) static SPLITLINES: BuiltinFun =
    BuiltinFun::kw(qstr!("splitlines"), 1, u16::MAX, split::splitlines);
pub(super) static STARTSWITH: BuiltinFun =
    BuiltinFun::var(qstr!("startswith"), 2, 3, search::startswith);
pub(super) static STRIP: BuiltinFun = BuiltinFun::var(qstr!("strip"), 1, 2, case::strip);
pub(super) static UPPER: BuiltinFun = BuiltinFun::f1(qstr!("upper"), case::upper);

macro_rules! bytes_members {
    ($($more:tt)*) => {
        crate::members! {
            "center" => Fun(&CENTER),
            "count" => Fun(&COUNT),
            "decode" => Fun(&DECODE),
            "endswith" => Fun(&ENDSWITH),
            "find" => Fun(&FIND),
            "format" => Fun(&FORMAT),
            "fromhex" => Class(&FROMHEX),
            "hex" => Fun(&HEX),
            "index" => Fun(&INDEX),
            "isalpha" => Fun(&ISALPHA),
            "isdigit" => Fun(&ISDIGIT),
            "islower" => Fun(&ISLOWER),
            "isspace" => Fun(&ISSPACE),
            "isupper" => Fun(&ISUPPER),
            "join" => Fun(&JOIN),
            "lower" => Fun(&LOWER),
            "lstrip" => Fun(&LSTRIP),
            "partition" => Fun(&PARTITION),
            "replace" => Fun(&REPLACE),
            "rfind" => Fun(&RFIND),
            "rindex" => Fun(&RINDEX),
            "rpartition" => Fun(&RPARTITION),
            "rsplit" => Fun(&RSPLIT),
            "rstrip" => Fun(&RSTRIP),
            "split" => Fun(&SPLIT),
            "splitlines" => Fun(&SPLITLINES),
            "startswith" => Fun(&STARTSWITH),
            "strip" => Fun(&STRIP),
            "upper" => Fun(&UPPER),
            $($more)*
        }
    };
}

/// Methods of `bytes`.
pub(crate) static BYTES_MEMBERS: Members = bytes_members! {};
/// Methods of `bytearray`.
pub(crate) static BYTEARRAY_MEMBERS: Members = bytes_members! {
    "append" => Fun(&bytearray::APPEND),
    "extend" => Fun(&bytearray::EXTEND),
};

/// The self of a method.
#[derive(Clone, Copy)]
pub(super) struct This<'a> {
    /// The bytes, and for a str whether they are ASCII (bytes count as such: a position is a byte).
    pub text: Text<'a>,
    /// `str`, `bytes` or `bytearray`.
    pub ty: &'static Type,
    /// The object.
    pub obj: Obj,
}

impl<'a> This<'a> {
    /// The text that a method was called on.
    #[inline]
    pub(super) fn of(rt: &mut Runtime, obj: Obj) -> R<This<'a>> {
        if let Some(text) = rt.str_text(obj) {
            return Ok(This {
                text,
                ty: &STR,
                obj,
            });
        }
        let native = crate::obj::class::unwrap_native(obj);
        let ty = native.ty();
        if ty.same(&BYTES) || ty.same(&BYTEARRAY) {
            let bytes = rt.buffer_of(native, false)?.bytes();
            let text = Text { bytes, ascii: true };
            return Ok(This {
                text,
                ty,
                obj: native,
            });
        }
        match rt.str_text(native) {
            Some(text) => Ok(This {
                text,
                ty: &STR,
                obj: native,
            }),
            None => Err(crate::call::wrong_self(rt, &STR, obj)),
        }
    }

    /// The bytes of another text that goes with this one: a str for a str, any buffer but a str otherwise.
    #[inline]
    pub(super) fn other<'b>(self, rt: &mut Runtime, obj: Obj) -> R<&'b [u8]> {
        match self.other_maybe(rt, obj) {
            Some(bytes) => Ok(bytes),
            None => Err(super::no_implicit(
                rt,
                obj,
                if self.is_str() { "str" } else { "bytes" },
            )),
        }
    }

    /// [`This::other`] without the error.
    #[inline]
    pub(super) fn other_maybe<'b>(self, rt: &mut Runtime, obj: Obj) -> Option<&'b [u8]> {
        let text = rt.str_bytes(obj);
        if self.is_str() {
            return text;
        }
        match text {
            Some(_) => None,
            None => Some(obj.ty().vt().buffer?(rt, obj, false)?.bytes()),
        }
    }

    #[inline]
    pub(super) fn is_str(self) -> bool {
        self.ty.same(&STR)
    }

    /// A text of the same kind.
    pub(super) fn make(self, rt: &mut Runtime, bytes: &[u8]) -> R<Obj> {
        if self.is_str() {
            rt.new_str(bytes)
        } else if self.ty.same(&BYTES) {
            bytes::new(rt, bytes)
        } else {
            bytearray::new(rt, bytes)
        }
    }

    /// A text of the same kind that is a part of this one; the whole of it is this object, if it cannot change.
    #[inline]
    pub(super) fn part(self, rt: &mut Runtime, part: &[u8]) -> R<Obj> {
        if self.is_str() {
            if part.len() == self.text.bytes.len() {
                return Ok(self.obj);
            }
            return sub_str(rt, self.text, part);
        }
        if self.ty.same(&BYTES) && part.len() == self.text.bytes.len() {
            return Ok(self.obj);
        }
        self.make(rt, part)
    }

    /// The part of the text between the positions that optional arguments give, and where it begins, in bytes.
    /// `None` when the positions do not lie in the text in that order.
    pub(super) fn window(
        self,
        rt: &mut Runtime,
        start: Option<Obj>,
        end: Option<Obj>,
    ) -> R<Option<(usize, &'a [u8])>> {
        let start = start.filter(|start| !start.is_none());
        let end = end.filter(|end| !end.is_none());
        if start.is_none() && end.is_none() {
            return Ok(Some((0, self.text.bytes)));
        }
        let len = char_count(rt, self.text);
        let what = if self.is_str() { "string" } else { "bytes" };
        let from = match start {
            Some(start) => {
                // A start behind the end finds nothing, not even the empty text.
                if rt.int_maybe(start)?.is_some_and(|at| at > len as isize) {
                    return Ok(None);
                }
                clamp_index(rt, what, len, start)?
            }
            None => 0,
        };
        let to = match end {
            Some(end) => clamp_index(rt, what, len, end)?,
            None => len,
        };
        if from > to {
            return Ok(None);
        }
        let from = byte_offset(rt, self.text, from);
        let to = byte_offset(rt, self.text, to);
        Ok(self.text.bytes.get(from..to).map(|part| (from, part)))
    }
}

fn encode(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    let this = This::of(rt, args.pos()[0])?;
    let encoding = unicode::encoding(rt, args.get(1))?;
    if encoding == unicode::Encoding::Ascii && !this.text.bytes.is_ascii() {
        return Err(super::unicode_error(rt));
    }
    bytes::new(rt, this.text.bytes)
}

fn decode(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    let this = This::of(rt, args.pos()[0])?;
    unicode::decode(rt, this.text.bytes, args.get(1), args.get(2))
}

/// Where `needle` is in the part of a text between two positions.
pub(super) fn locate(
    rt: &mut Runtime,
    args: Args<'_>,
    from_end: bool,
) -> R<(This<'static>, Option<usize>)> {
    let this = This::of(rt, args.pos()[0])?;
    let needle = this.other(rt, args.pos()[1])?;
    let Some((start, part)) = this.window(rt, args.get(2), args.get(3))? else {
        return Ok((this, None));
    };
    let found = if from_end {
        find::rfind(part, needle)
    } else {
        find::find(part, needle)
    };
    Ok((this, found.map(|at| start + at)))
}
