//! `struct`: values packed into bytes as a format says.

use ferlance_abi::qstr;

use crate::call::Args;
use crate::members;
use crate::obj::builtin_fun::BuiltinFun;
use crate::obj::module::ModuleDef;
use crate::obj::ty::Buffer;
use crate::obj::word::Obj;
use crate::obj::{bytes, list, tuple, typecode};
use crate::runtime::{R, Raised, Runtime};

/// `struct`.
pub static MODULE: ModuleDef = ModuleDef {
    name: qstr!("struct"),
    members: members! {
        "calcsize" => Fun(&CALCSIZE),
        "pack" => Fun(&PACK),
        "pack_into" => Fun(&PACK_INTO),
        "unpack" => Fun(&UNPACK),
        "unpack_from" => Fun(&UNPACK_FROM),
    },
    extensible: true,
    attr: None,
    set_attr: None,
};
static CALCSIZE: BuiltinFun = BuiltinFun::f1(qstr!("calcsize"), calcsize);
static PACK: BuiltinFun = BuiltinFun::var(qstr!("pack"), 1, u16::MAX, pack);
static PACK_INTO: BuiltinFun = BuiltinFun::var(qstr!("pack_into"), 3, u16::MAX, pack_into);
static UNPACK: BuiltinFun = BuiltinFun::f2(qstr!("unpack"), |rt, format, data| {
    unpack_at(rt, format, data, None)
});
static UNPACK_FROM: BuiltinFun = BuiltinFun::var(qstr!("unpack_from"), 2, 3, |rt, args| {
    unpack_at(rt, args.pos()[0], args.pos()[1], args.get(2))
});

#[cold]
fn bad_typecode(rt: &mut Runtime) -> Raised {
    rt.value_error("bad typecode")
}

#[cold]
fn too_small(rt: &mut Runtime) -> Raised {
    rt.value_error("buffer too small")
}

/// A format, read from its begin.
#[derive(Clone, Copy)]
struct Format<'a> {
    rest: &'a [u8],
    /// Native sizes and alignment.
    native: bool,
    big: bool,
    /// Offset of the next item.
    at: usize,
}

/// What stands at one place of a format.
struct Part {
    code: u8,
    count: usize,
    /// Bytes of one item (of `s`, of all).
    size: usize,
}

impl<'a> Format<'a> {
    fn new(rt: &mut Runtime, format: Obj) -> R<Format<'a>> {
        let text = match rt.str_bytes(format) {
            Some(text) => text,
            None if format.ty().same(&bytes::BYTES) => rt.buffer_of(format, false)?.bytes(),
            None => return Err(crate::obj::str::no_implicit(rt, format, "str")),
        };
        let (mark, rest) = match text {
            [mark @ (b'<' | b'>' | b'!' | b'@'), rest @ ..] => (*mark, rest),
            _ => (b'@', text),
        };
        Ok(Format {
            rest,
            native: mark == b'@',
            big: matches!(mark, b'>' | b'!'),
            at: 0,
        })
    }

    /// The next part; its first item is aligned.
    fn next(&mut self, rt: &mut Runtime) -> R<Option<Part>> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let digits = self.rest.first().is_some_and(u8::is_ascii_digit);
        let (count, rest) = crate::text::format::number(self.rest);
        let count = if digits { count } else { 1 };
        let [code, rest @ ..] = rest else {
            return Err(bad_typecode(rt));
        };
        self.rest = rest;
        let (size, align) = match *code {
            b's' => (count, 1),
            b'x' => (1, 1),
            1 => return Err(bad_typecode(rt)),
            code if self.native => match typecode::native_size(code) {
                Some(layout) => layout,
                None => return Err(bad_typecode(rt)),
            },
            code => match typecode::standard_size(code) {
                Some(size) => (size, 1),
                None => return Err(bad_typecode(rt)),
            },
        };
        if count > 0 {
            self.at = self
                .at
                .checked_next_multiple_of(align)
                .unwrap_or(usize::MAX);
        }
        Ok(Some(Part {
            code: *code,
            count,
            size,
        }))
    }

    /// Passes over `size` bytes; where they began.
    fn skip(&mut self, rt: &mut Runtime, size: usize) -> R<usize> {
        let at = self.at;
        match at.checked_add(size) {
            Some(end) if end <= isize::MAX as usize => self.at = end,
            _ => return Err(rt.no_memory(usize::MAX)),
        }
        Ok(at)
    }

    /// Passes over a whole part.
    fn skip_part(&mut self, rt: &mut Runtime, part: &Part) -> R<usize> {
        let total = if part.code == b's' {
            Some(part.size)
        } else {
            part.size.checked_mul(part.count)
        };
        self.skip(rt, total.unwrap_or(usize::MAX))
    }
}

/// Bytes of a format.
fn size_of_format(rt: &mut Runtime, format: Format<'_>) -> R<usize> {
    let mut format = format;
    while let Some(part) = format.next(rt)? {
        format.skip_part(rt, &part)?;
    }
    Ok(format.at)
}

fn calcsize(rt: &mut Runtime, format: Obj) -> R<Obj> {
    let format = Format::new(rt, format)?;
    let size = size_of_format(rt, format)?;
    Ok(Obj::int(size as isize))
}

/// Where an offset, which may count from the end, lies in `len` bytes.
fn offset_in(rt: &mut Runtime, offset: Option<Obj>, len: usize) -> R<usize> {
    let Some(offset) = offset else {
        return Ok(0);
    };
    let offset = rt.int(offset)?;
    let at = if offset < 0 {
        len.checked_sub(offset.unsigned_abs())
    } else {
        Some(offset as usize)
    };
    at.ok_or_else(|| too_small(rt))
}

fn unpack_at(rt: &mut Runtime, format: Obj, data: Obj, offset: Option<Obj>) -> R<Obj> {
    let mut format = Format::new(rt, format)?;
    let size = size_of_format(rt, format)?;
    let len = rt.buffer_of(data, false)?.len;
    let start = offset_in(rt, offset, len)?;
    let bytes = rt.buffer_of(data, false)?.bytes();
    let Some(bytes) = bytes.get(start..).and_then(|rest| rest.get(..size)) else {
        return Err(too_small(rt));
    };
    let values = list::with_capacity(rt, 4)?;
    while let Some(part) = format.next(rt)? {
        match part.code {
            b's' => {
                let at = format.skip(rt, part.size)?;
                let text = bytes.get(at..at + part.size).unwrap_or(&[]);
                let value = bytes::new(rt, text)?;
                values.push(rt, value)?;
            }
            b'x' => {
                format.skip_part(rt, &part)?;
            }
            code => {
                for _ in 0..part.count {
                    let at = format.skip(rt, part.size)?;
                    let item = bytes.get(at..at + part.size).unwrap_or(&[]);
                    // Objects and strings by address would be a way to forge objects: numbers.
                    let value = typecode::load(rt, code, item, format.big)?;
                    values.push(rt, value)?;
                }
            }
        }
    }
    Ok(tuple::from_iterable(rt, values.obj())?.obj())
}

/// Packs `values` into the bytes that `room` gives. The bytes are asked for anew for each item, as converting a
/// value may run Python code. Too few values leave zeros, surplus ones are ignored.
fn pack_to(
    rt: &mut Runtime,
    format: Format<'_>,
    values: &[Obj],
    room: &dyn Fn(&mut Runtime) -> R<Buffer>,
) -> R<()> {
    let mut format = format;
    let mut values = values.iter();
    while let Some(part) = format.next(rt)? {
        if part.code == b'x' {
            format.skip_part(rt, &part)?;
            continue;
        }
        if part.code == b's' {
            let at = format.skip(rt, part.size)?;
            let Some(value) = values.next() else { break };
            let text = rt.buffer_of(*value, false)?.bytes();
            let bytes = room(rt)?.bytes_mut();
            let Some(to) = bytes.get_mut(at..).and_then(|to| to.get_mut(..part.size)) else {
                return Err(too_small(rt));
            };
            let n = text.len().min(to.len());
            // The text may be part of the buffer it goes to.
            let to = to.as_mut_ptr();
            // SAFETY: `n` bytes are in both; overlapping is fine.
            unsafe {
                core::ptr::copy(text.as_ptr(), to, n);
                core::ptr::write_bytes(to.add(n), 0, part.size - n);
            }
            continue;
        }
        for _ in 0..part.count {
            let at = format.skip(rt, part.size)?;
            let Some(value) = values.next() else {
                return Ok(());
            };
            let mut item = typecode::to_bytes(rt, part.code, *value)?;
            let bytes = room(rt)?.bytes_mut();
            let Some(to) = bytes.get_mut(at..).and_then(|to| to.get_mut(..part.size)) else {
                return Err(too_small(rt));
            };
            if let Some(item) = item.get_mut(..part.size) {
                if format.big {
                    item.reverse();
                }
                to.copy_from_slice(item);
            }
        }
    }
    Ok(())
}

fn pack(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    let format = Format::new(rt, args.pos()[0])?;
    let size = size_of_format(rt, format)?;
    let (made, room) = bytes::new_uninit(rt, size)?;
    // Nobody else knows the new object's bytes yet.
    let whole = Buffer {
        data: room.as_mut_ptr(),
        len: size,
        typecode: b'B',
    };
    pack_to(rt, format, &args.pos()[1..], &|_| Ok(whole))?;
    Ok(made)
}

fn pack_into(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    let format = Format::new(rt, args.pos()[0])?;
    let size = size_of_format(rt, format)?;
    let target = args.pos()[1];
    let len = rt.buffer_of(target, true)?.len;
    let start = offset_in(rt, args.get(2), len)?;
    if len < start || len - start < size {
        return Err(too_small(rt));
    }
    // Bytes between items become zeros, as do those that no value is left for.
    let whole = rt.buffer_of(target, true)?.bytes_mut();
    if let Some(part) = whole.get_mut(start..start + size)
        && args.n_pos() == 3
    {
        part.fill(0);
    }
    pack_to(rt, format, &args.pos()[3..], &|rt| {
        Ok(rt.buffer_of(target, true)?.after(start))
    })?;
    Ok(Obj::NONE)
}
