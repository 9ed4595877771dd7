//! `bytearray`: bytes that can change (layout: spec native-abi 3.8, shared with `array` and `memoryview`).

use core::cell::Cell;
use core::mem::offset_of;
use core::ptr::NonNull;

use ferlance_abi::ops::{BinaryOp, UnaryOp};
use ferlance_abi::qstr;

use super::builtin_fun::BuiltinFun;
use super::bytes::{Source, source};
use super::iter::{self, SeqIter};
use super::ptr::{Ptr, PyType};
use super::slice::Slice;
use super::str::{BYTEARRAY_MEMBERS, compare_bytes, find};
use super::tuple::step_not_supported;
use super::ty::{Access, Buffer, Header, PrintKind, Type, TypeFlags, VTable};
use super::word::Obj;
use crate::call::{Args, wrong_self};
use crate::exc;
use crate::runtime::{R, Runtime};
use crate::text::print::Print;
use crate::text::repr;

/// `bytearray`.
pub static BYTEARRAY: Type =
    Type::builtin(qstr!("bytearray"), TypeFlags::EQ_CHECKS_OTHER_TYPE, &VT);
static VT: VTable = VTable {
    make_new: Some(make_new),
    print: Some(print),
    unary: Some(unary),
    binary: Some(binary),
    subscr: Some(subscr),
    iter: Some(iter_bytearray),
    buffer: Some(buffer),
    members: &BYTEARRAY_MEMBERS,
    ..VTable::NEW
};
/// `bytearray.append(byte)`
pub static APPEND: BuiltinFun = BuiltinFun::f2(qstr!("append"), append);
/// `bytearray.extend(bytes)`
pub static EXTEND: BuiltinFun = BuiltinFun::f2(qstr!("extend"), extend);

/// Type code that a bytearray has in the shared layout and in buffers.
pub const TYPECODE: u8 = 1;

/// A bytearray. The low byte of `head` is the type code, the rest counts the free bytes behind `len`.
#[repr(C)]
pub struct ByteArray {
    base: Header,
    head: Cell<usize>,
    len: Cell<usize>,
    data: Cell<NonNull<u8>>,
}

const _: () = {
    let word = size_of::<usize>();
    assert!(offset_of!(ByteArray, head) == word);
    assert!(offset_of!(ByteArray, len) == 2 * word);
    assert!(offset_of!(ByteArray, data) == 3 * word);
};

// SAFETY: every structure of type BYTEARRAY is a `ByteArray`.
unsafe impl PyType for ByteArray {
    fn ty() -> &'static Type {
        &BYTEARRAY
    }
}

/// Longest bytearray: its free count has to fit beside the type code.
const MOST: usize = isize::MAX as usize >> 8;

impl ByteArray {
    /// Number of bytes.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn len(&self) -> usize {
        self.len.get()
    }

    /// Whether there are none.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn is_empty(&self) -> bool {
        self.len.get() == 0
    }

    /// The bytes, until the next call that can run Python or change the bytearray.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn bytes<'a>(&self) -> &'a [u8] {
        // SAFETY: `len` initialised bytes are at `data`; see the module header of `obj::ptr`.
        unsafe { core::slice::from_raw_parts(self.data.get().as_ptr(), self.len.get()) }
    }

    /// The byte at `i`.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn byte(&self, i: usize) -> Option<u8> {
        self.bytes().get(i).copied()
    }

    /// Replaces the byte at `i`; `false` when there is none.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn set(&self, i: usize, byte: u8) -> bool {
        if i >= self.len.get() {
            return false;
        }
        // SAFETY: within the buffer; no slice of it is held here.
        unsafe { self.data.get().add(i).write(byte) };
        true
    }

    fn free(&self) -> usize {
        self.head.get() >> 8
    }

    fn set_free(&self, free: usize) {
        self.head.set(free << 8 | usize::from(TYPECODE));
    }

    /// Makes room for `more` bytes behind the end.
    fn grow(&self, rt: &mut Runtime, more: usize) -> R<()> {
        if more <= self.free() {
            return Ok(());
        }
        let len = self.len.get();
        let want = match len.checked_add(more) {
            Some(want) if want <= MOST => want,
            _ => return Err(rt.no_memory(usize::MAX)),
        };
        // An eighth more than needed, and a little: growth costs a constant per byte.
        let room = (want + want / 8 + 16).min(MOST);
        let data = if len + self.free() == 0 {
            rt.alloc_block(room, true)?
        } else {
            rt.realloc_block(self.data.get(), len + self.free(), room, true)?
        };
        self.data.set(data);
        self.set_free(room - len);
        Ok(())
    }

    /// Appends bytes; they may be the bytearray's own.
    pub fn push(&self, rt: &mut Runtime, bytes: &[u8]) -> R<()> {
        let (at, len) = (self.len.get(), bytes.len());
        let own = self.offset_of(bytes);
        self.grow(rt, len)?;
        // SAFETY: `grow` made room; own bytes lie before it, wherever the buffer is now.
        unsafe {
            let from = match own {
                Some(offset) => self.data.get().add(offset).as_ptr().cast_const(),
                None => bytes.as_ptr(),
            };
            core::ptr::copy(from, self.data.get().add(at).as_ptr(), len);
        }
        self.len.set(at + len);
        self.set_free(self.free() - len);
        Ok(())
    }

    /// Appends zeros until there are `len` bytes.
    pub fn fill_to(&self, rt: &mut Runtime, len: usize) -> R<()> {
        let Some(more) = len.checked_sub(self.len.get()).filter(|more| *more > 0) else {
            return Ok(());
        };
        self.grow(rt, more)?;
        // SAFETY: `grow` made room.
        unsafe { core::ptr::write_bytes(self.data.get().add(self.len.get()).as_ptr(), 0, more) };
        self.set_free(self.free() - more);
        self.len.set(len);
        Ok(())
    }

    /// Where `bytes` lie in this bytearray, if they do.
    fn offset_of(&self, bytes: &[u8]) -> Option<usize> {
        let offset = bytes
            .as_ptr()
            .addr()
            .wrapping_sub(self.data.get().as_ptr().addr());
        (offset < self.len.get() && !bytes.is_empty()).then_some(offset)
    }

    /// Replaces the bytes `from..to` by others, which are not the bytearray's own.
    fn replace(&self, rt: &mut Runtime, from: usize, to: usize, with: &[u8]) -> R<()> {
        let len = self.len.get();
        let (from, to) = (from.min(len), to.clamp(from.min(len), len));
        let old = to - from;
        if with.len() > old {
            self.grow(rt, with.len() - old)?;
        }
        // SAFETY: the buffer has room for the new length.
        unsafe {
            let data = self.data.get().as_ptr();
            core::ptr::copy(data.add(to), data.add(from + with.len()), len - to);
            core::ptr::copy(with.as_ptr(), data.add(from), with.len());
        }
        let room = len + self.free();
        self.len.set(len - old + with.len());
        self.set_free(room - self.len.get());
        Ok(())
    }
}

/// A bytearray of `len` zeros.
pub fn new_zeroed(rt: &mut Runtime, len: usize) -> R<Ptr<ByteArray>> {
    if len > MOST {
        return Err(rt.no_memory(usize::MAX));
    }
    let data = if len == 0 {
        NonNull::dangling()
    } else {
        let data = rt.alloc_block(len, true)?;
        // SAFETY: the block is new and large enough.
        unsafe { core::ptr::write_bytes(data.as_ptr(), 0, len) };
        data
    };
    rt.new_obj(ByteArray {
        base: Header::new(&BYTEARRAY),
        head: Cell::new(usize::from(TYPECODE)),
        len: Cell::new(len),
        data: Cell::new(data),
    })
}

/// A bytearray with a copy of `bytes`.
pub fn new(rt: &mut Runtime, bytes: &[u8]) -> R<Obj> {
    let made = new_zeroed(rt, bytes.len())?;
    // SAFETY: just made with this length; `bytes` are others.
    unsafe {
        core::ptr::copy(bytes.as_ptr(), made.data.get().as_ptr(), bytes.len());
    }
    Ok(made.obj())
}

/// A bytearray over memory that is not the heap's (peripherals, `uctypes`); growing it copies.
///
/// # Safety
/// `len` bytes at `data` stay valid for as long as the object lives.
pub unsafe fn over(rt: &mut Runtime, data: NonNull<u8>, len: usize) -> R<Obj> {
    Ok(rt
        .new_obj(ByteArray {
            base: Header::new(&BYTEARRAY),
            head: Cell::new(usize::from(TYPECODE)),
            len: Cell::new(len),
            data: Cell::new(data),
        })?
        .obj())
}

fn make_new(rt: &mut Runtime, _: &'static Type, args: Args<'_>) -> R<Obj> {
    match source(rt, args, false)? {
        Source::Zeros(n) => Ok(new_zeroed(rt, n)?.obj()),
        Source::Of(obj) => {
            let buffer = rt.buffer_of(obj, false)?;
            new(rt, buffer.bytes())
        }
        Source::Collected(bytes) => new(rt, bytes.bytes()),
    }
}

#[cfg_attr(not(feature = "small"), inline(always))]
fn this(obj: Obj) -> Ptr<ByteArray> {
    // SAFETY: reached through the vtable of BYTEARRAY, or after a test of the type.
    unsafe { obj.cast_unchecked() }
}

fn print(rt: &mut Runtime, obj: Obj, kind: PrintKind, out: &mut dyn Print) -> R<()> {
    if kind == PrintKind::Json {
        return repr::write_json(rt, this(obj).bytes(), out);
    }
    out.write(rt, b"bytearray(")?;
    // A stream written in Python may change the bytearray while it is printed.
    let copy = super::bytes::new(rt, this(obj).bytes())?;
    rt.print(copy, PrintKind::Repr, out)?;
    out.write(rt, b")")
}

fn unary(_: &mut Runtime, op: UnaryOp, obj: Obj) -> R<Option<Obj>> {
    Ok(super::seq::truth_or_len(op, this(obj).len()))
}

fn binary(rt: &mut Runtime, op: BinaryOp, obj: Obj, other: Obj) -> R<Option<Obj>> {
    let array = this(obj);
    match op {
        BinaryOp::Add => {
            let b = rt.buffer_of(other, false)?;
            let sum = new(rt, array.bytes())?;
            this(sum).push(rt, b.bytes())?;
            Ok(Some(sum))
        }
        BinaryOp::InplaceAdd => {
            extend(rt, obj, other)?;
            Ok(Some(obj))
        }
        BinaryOp::Contains => {
            if super::int::is_int(other) || other.as_bool().is_some() {
                return Err(rt.raise(&exc::NOT_IMPLEMENTED_ERROR, &[]));
            }
            match other
                .ty()
                .vt()
                .buffer
                .and_then(|buffer| buffer(rt, other, false))
            {
                Some(b) => Ok(Some(Obj::bool(
                    find::find(array.bytes(), b.bytes()).is_some(),
                ))),
                None => Ok(Some(Obj::FALSE)),
            }
        }
        BinaryOp::Equal
        | BinaryOp::Less
        | BinaryOp::LessEqual
        | BinaryOp::More
        | BinaryOp::MoreEqual => {
            if rt.str_bytes(other).is_some() {
                return Ok(Some(Obj::FALSE).filter(|_| op == BinaryOp::Equal));
            }
            let Some(b) = other
                .ty()
                .vt()
                .buffer
                .and_then(|buffer| buffer(rt, other, false))
            else {
                return Ok(None);
            };
            Ok(compare_bytes(op, array.bytes(), b.bytes()).map(Obj::bool))
        }
        _ => Ok(None),
    }
}

fn subscr(rt: &mut Runtime, obj: Obj, index: Obj, access: Access) -> R<Option<Obj>> {
    let array = this(obj);
    if let Some(slice) = index.cast::<Slice>() {
        if matches!(access, Access::Delete) {
            return Ok(None);
        }
        let span = slice.span(rt, array.len())?;
        let Some((from, to)) = span.simple() else {
            return Err(step_not_supported(rt));
        };
        return match access {
            Access::Load => new(rt, array.bytes().get(from..to).unwrap_or(&[])).map(Some),
            Access::Store(value) => {
                store_slice(rt, array, from, to, value)?;
                Ok(Some(Obj::NONE))
            }
            Access::Delete => Ok(None),
        };
    }
    match access {
        Access::Load => {
            let i = rt.index_of("bytearray", array.len(), index)?;
            Ok(array.byte(i).map(|byte| Obj::int(isize::from(byte))))
        }
        Access::Store(value) => {
            let i = rt.index_of("bytearray", array.len(), index)?;
            let byte = byte_of(rt, value)?;
            // The conversion may have run Python code that shortened the bytearray.
            if !array.set(i, byte) {
                return Err(rt.index_error("bytearray index out of range"));
            }
            Ok(Some(Obj::NONE))
        }
        Access::Delete => Ok(None),
    }
}

/// The low byte of an integer.
fn byte_of(rt: &mut Runtime, value: Obj) -> R<u8> {
    if let Some(value) = value.as_small() {
        return Ok(value as u8);
    }
    let plain = super::class::unwrap_native(value);
    if super::int::is_int(plain) || plain.as_bool().is_some() {
        return Ok(super::int::low_word(plain) as u8);
    }
    Ok(rt.int(value)? as u8)
}

fn store_slice(
    rt: &mut Runtime,
    array: Ptr<ByteArray>,
    from: usize,
    to: usize,
    value: Obj,
) -> R<()> {
    let bytes = if rt.str_bytes(value).is_some() {
        None
    } else {
        value
            .ty()
            .vt()
            .buffer
            .and_then(|buffer| buffer(rt, value, false))
    };
    let Some(bytes) = bytes else {
        return Err(rt.raise_msg(
            &exc::NOT_IMPLEMENTED_ERROR,
            "array/bytes required on right side",
        ));
    };
    if array.offset_of(bytes.bytes()).is_some() {
        // A part of itself, perhaps through a memoryview.
        let copy = super::bytes::new(rt, bytes.bytes())?;
        let copy = rt.buffer_of(copy, false)?;
        return array.replace(rt, from, to, copy.bytes());
    }
    array.replace(rt, from, to, bytes.bytes())
}

fn buffer(_: &mut Runtime, obj: Obj, _: bool) -> Option<Buffer> {
    let array = this(obj);
    Some(Buffer {
        data: array.data.get().as_ptr(),
        len: array.len(),
        typecode: TYPECODE,
    })
}

/// The bytearray that a method was called on.
fn method_self(rt: &mut Runtime, obj: Obj) -> R<Ptr<ByteArray>> {
    let native = super::class::unwrap_native(obj);
    match native.cast::<ByteArray>() {
        Some(array) => Ok(array),
        None => Err(wrong_self(rt, &BYTEARRAY, obj)),
    }
}

fn append(rt: &mut Runtime, obj: Obj, value: Obj) -> R<Obj> {
    let array = method_self(rt, obj)?;
    let byte = byte_of(rt, value)?;
    array.push(rt, &[byte])?;
    Ok(Obj::NONE)
}

fn extend(rt: &mut Runtime, obj: Obj, with: Obj) -> R<Obj> {
    let array = method_self(rt, obj)?;
    if let Some(buffer) = with
        .ty()
        .vt()
        .buffer
        .and_then(|buffer| buffer(rt, with, false))
    {
        array.push(rt, buffer.bytes())?;
        return Ok(Obj::NONE);
    }
    if super::int::is_int(with) {
        return Err(rt.type_error("object with buffer protocol required"));
    }
    rt.for_each(with, |rt, item| {
        let byte = byte_of(rt, item)?;
        array.push(rt, &[byte])
    })?;
    Ok(Obj::NONE)
}

static BYTEARRAY_ITER: Type = Type::builtin(qstr!("iterator"), 0, &ITER_VT);
static ITER_VT: VTable = VTable {
    next: Some(next),
    ..iter::VT
};

fn iter_bytearray(rt: &mut Runtime, obj: Obj) -> R<Obj> {
    iter::new(rt, &BYTEARRAY_ITER, obj)
}

fn next(_: &mut Runtime, obj: Obj) -> R<Option<Obj>> {
    // SAFETY: iterators of this type are made over bytearrays only.
    let iter = unsafe { SeqIter::of(obj) };
    let Some(byte) = this(iter.seq).byte(iter.at.get()) else {
        return Ok(None);
    };
    iter.at.set(iter.at.get() + 1);
    Ok(Some(Obj::int(isize::from(byte))))
}
