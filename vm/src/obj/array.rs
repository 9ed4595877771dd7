//! `array.array`: machine values in one block (layout: spec native-abi 3.8, shared with `bytearray`).

use core::cell::Cell;
use core::mem::offset_of;
use core::ptr::NonNull;

use ferlance_abi::ops::{BinaryOp, UnaryOp};
use ferlance_abi::qstr;

use super::builtin_fun::{BuiltinFun, expect_args};
use super::iter::{self, SeqIter};
use super::ptr::{Ptr, PyType};
use super::slice::Slice;
use super::str::{compare_bytes, find};
use super::tuple::step_not_supported;
use super::ty::{Access, Buffer, Header, Members, PrintKind, Type, TypeFlags, VTable};
use super::typecode;
use super::word::Obj;
use crate::call::{Args, wrong_self};
use crate::exc;
use crate::members;
use crate::runtime::{R, Raised, Runtime};
use crate::text::print::Print;

/// `array`.
pub static ARRAY: Type = Type::builtin(qstr!("array"), TypeFlags::EQ_CHECKS_OTHER_TYPE, &VT);
static VT: VTable = VTable {
    make_new: Some(make_new),
    print: Some(print),
    unary: Some(unary),
    binary: Some(binary),
    subscr: Some(subscr),
    iter: Some(iter_array),
    buffer: Some(buffer),
    members: &MEMBERS,
    ..VTable::NEW
};
static MEMBERS: Members = members! { "append" => Fun(&APPEND), "extend" => Fun(&EXTEND) };
static APPEND: BuiltinFun = BuiltinFun::f2(qstr!("append"), append);
static EXTEND: BuiltinFun = BuiltinFun::f2(qstr!("extend"), extend);

/// An array. The low byte of `head` is the type code, the rest counts the free items behind `len`. In an
/// array of objects the free words are zero.
#[repr(C)]
pub struct Array {
    base: Header,
    head: Cell<usize>,
    len: Cell<usize>,
    data: Cell<NonNull<u8>>,
}

const _: () = {
    let word = size_of::<usize>();
    assert!(offset_of!(Array, head) == word);
    assert!(offset_of!(Array, len) == 2 * word);
    assert!(offset_of!(Array, data) == 3 * word);
};

// SAFETY: every structure of type ARRAY is an `Array`.
unsafe impl PyType for Array {
    fn ty() -> &'static Type {
        &ARRAY
    }
}

/// Most bytes: the free count has to fit beside the type code.
const MOST: usize = isize::MAX as usize >> 8;

impl Array {
    /// The type code.
    pub fn code(&self) -> u8 {
        self.head.get() as u8
    }

    /// Bytes of an item.
    pub fn item_size(&self) -> usize {
        typecode::native_size(self.code()).map_or(1, |(size, _)| size)
    }

    fn is_leaf(&self) -> bool {
        self.code() != b'O'
    }

    fn free(&self) -> usize {
        self.head.get() >> 8
    }

    fn set_free(&self, free: usize) {
        self.head.set(free << 8 | usize::from(self.code()));
    }

    /// The items' bytes, until the next call that can run Python or change the array.
    pub fn bytes<'a>(&self) -> &'a [u8] {
        // SAFETY: `len` items are at `data`; see the module header of `obj::ptr`.
        unsafe {
            core::slice::from_raw_parts(self.data.get().as_ptr(), self.len.get() * self.item_size())
        }
    }

    /// Makes room for `more` items.
    fn grow(&self, rt: &mut Runtime, more: usize) -> R<()> {
        if more <= self.free() {
            return Ok(());
        }
        let (len, size) = (self.len.get(), self.item_size());
        let want = match len.checked_add(more) {
            Some(want) if want <= MOST / size / 2 => want,
            _ => return Err(rt.no_memory(usize::MAX)),
        };
        let room = want + want / 8 + 4;
        let old = (len + self.free()) * size;
        let data = if old == 0 {
            rt.alloc_block(room * size, self.is_leaf())?
        } else {
            rt.realloc_block(self.data.get(), old, room * size, self.is_leaf())?
        };
        if !self.is_leaf() {
            // SAFETY: the words behind the items lie in the block.
            unsafe {
                let end = data.add(len * size).as_ptr();
                core::ptr::write_bytes(end, 0, (room - len) * size);
            }
        }
        self.data.set(data);
        self.set_free(room - len);
        Ok(())
    }

    /// Appends whole items' bytes; they may be the array's own.
    fn push_bytes(&self, rt: &mut Runtime, bytes: &[u8]) -> R<()> {
        let size = self.item_size();
        let n = bytes.len() / size;
        let own = self.offset_of(bytes);
        self.grow(rt, n)?;
        // SAFETY: `grow` made room; own bytes lie before it, wherever the buffer is now.
        unsafe {
            let from = match own {
                Some(offset) => self.data.get().add(offset).as_ptr().cast_const(),
                None => bytes.as_ptr(),
            };
            let to = self.data.get().add(self.len.get() * size);
            core::ptr::copy(from, to.as_ptr(), n * size);
        }
        self.len.set(self.len.get() + n);
        self.set_free(self.free() - n);
        Ok(())
    }

    fn offset_of(&self, bytes: &[u8]) -> Option<usize> {
        let offset = bytes
            .as_ptr()
            .addr()
            .wrapping_sub(self.data.get().as_ptr().addr());
        (!bytes.is_empty() && offset < self.len.get() * self.item_size()).then_some(offset)
    }

    /// Appends an item.
    pub fn push(&self, rt: &mut Runtime, value: Obj) -> R<()> {
        if self.code() == b'O' {
            return self.push_bytes(rt, &value.raw().to_ne_bytes());
        }
        let bytes = typecode::to_bytes(rt, self.code(), value)?;
        self.push_bytes(rt, native(&bytes, self.item_size()))
    }

    /// Item `i`.
    pub fn item(&self, rt: &mut Runtime, i: usize) -> R<Option<Obj>> {
        let size = self.item_size();
        let Some(bytes) = self
            .bytes()
            .get(i * size..)
            .and_then(|rest| rest.get(..size))
        else {
            return Ok(None);
        };
        load_native(rt, self.code(), bytes).map(Some)
    }
}

/// The bytes of an item as the machine orders them, from those with the least significant first.
pub(super) fn native(bytes: &[u8; 8], size: usize) -> &[u8] {
    const { assert!(cfg!(target_endian = "little")) };
    bytes.get(..size).unwrap_or(bytes)
}

/// The item that `bytes` of an array hold.
pub(super) fn load_native(rt: &mut Runtime, code: u8, bytes: &[u8]) -> R<Obj> {
    if code == b'O' {
        let mut word = [0; size_of::<usize>()];
        for (to, from) in word.iter_mut().zip(bytes) {
            *to = *from;
        }
        // SAFETY: arrays of objects hold what `push` and stores put in, and show their bytes read-only.
        return Ok(unsafe { Obj::from_raw(usize::from_ne_bytes(word)) }.unwrap_or(Obj::NONE));
    }
    typecode::load(rt, code, bytes, false)
}

#[cold]
fn bad_typecode(rt: &mut Runtime) -> Raised {
    rt.value_error("bad typecode")
}

/// An empty array.
fn new_empty(rt: &mut Runtime, code: u8) -> R<Ptr<Array>> {
    rt.new_obj(Array {
        base: Header::new(&ARRAY),
        head: Cell::new(usize::from(code)),
        len: Cell::new(0),
        data: Cell::new(NonNull::<u64>::dangling().cast()),
    })
}

fn make_new(rt: &mut Runtime, _: &'static Type, args: Args<'_>) -> R<Obj> {
    expect_args(rt, args, 1, 2, false)?;
    let code = match rt.expect_str(args.pos()[0])? {
        [code] if *code != b'e' && typecode::native_size(*code).is_some() => *code,
        _ => return Err(bad_typecode(rt)),
    };
    let array = new_empty(rt, code)?;
    let Some(from) = args.get(1) else {
        return Ok(array.obj());
    };
    // A str is an iterable of characters here, and an array one of items.
    if code != b'O'
        && rt.str_bytes(from).is_none()
        && !from.is::<Array>()
        && let Some(buffer) = from
            .ty()
            .vt()
            .buffer
            .and_then(|buffer| buffer(rt, from, false))
    {
        array.push_bytes(rt, buffer.bytes())?;
        return Ok(array.obj());
    }
    rt.for_each(from, |rt, item| array.push(rt, item))?;
    Ok(array.obj())
}

#[cfg_attr(not(feature = "small"), inline(always))]
fn this(obj: Obj) -> Ptr<Array> {
    // SAFETY: reached through the vtable of ARRAY, or after a test of the type.
    unsafe { obj.cast_unchecked() }
}

fn print(rt: &mut Runtime, obj: Obj, kind: PrintKind, out: &mut dyn Print) -> R<()> {
    let array = this(obj);
    let json = kind == PrintKind::Json;
    if !json {
        out.write(rt, b"array('")?;
        out.write(rt, &[array.code()])?;
        out.write(rt, b"'")?;
        if array.len.get() == 0 {
            return out.write(rt, b")");
        }
        out.write(rt, b", ")?;
    }
    out.write(rt, b"[")?;
    let mut i = 0;
    while let Some(item) = array.item(rt, i)? {
        if i > 0 {
            out.write(rt, b", ")?;
        }
        rt.print(item, if json { kind } else { PrintKind::Repr }, out)?;
        i += 1;
    }
    out.write(rt, b"]")?;
    if json { Ok(()) } else { out.write(rt, b")") }
}

fn unary(_: &mut Runtime, op: UnaryOp, obj: Obj) -> R<Option<Obj>> {
    Ok(super::seq::truth_or_len(op, this(obj).len.get()))
}

fn not_implemented(rt: &mut Runtime) -> Raised {
    rt.raise(&exc::NOT_IMPLEMENTED_ERROR, &[])
}

/// Type codes whose items are bytes count as one.
pub(super) fn same_items(a: u8, b: u8) -> bool {
    let byte = |code: u8| matches!(code, 1 | b'B');
    a == b || (byte(a) && byte(b))
}

/// Comparing and searching of arrays and memoryviews.
pub(super) fn compare(rt: &mut Runtime, op: BinaryOp, a: Buffer, other: Obj) -> R<Option<Obj>> {
    let found = match rt.str_bytes(other) {
        Some(_) => None,
        None => other
            .ty()
            .vt()
            .buffer
            .and_then(|buffer| buffer(rt, other, false)),
    };
    match op {
        BinaryOp::Contains => match found {
            Some(b) if same_items(a.typecode, b.typecode) && same_items(a.typecode, 1) => {
                Ok(Some(Obj::bool(find::find(a.bytes(), b.bytes()).is_some())))
            }
            _ => Err(not_implemented(rt)),
        },
        BinaryOp::Equal
        | BinaryOp::Less
        | BinaryOp::LessEqual
        | BinaryOp::More
        | BinaryOp::MoreEqual => {
            let Some(b) = found else {
                return Ok(None);
            };
            let bytes = same_items(a.typecode, 1);
            if !same_items(a.typecode, b.typecode) || (op != BinaryOp::Equal && !bytes) {
                return Err(not_implemented(rt));
            }
            Ok(compare_bytes(op, a.bytes(), b.bytes()).map(Obj::bool))
        }
        _ => Ok(None),
    }
}

fn view(array: Ptr<Array>) -> Buffer {
    let bytes = array.bytes();
    Buffer {
        data: array.data.get().as_ptr(),
        len: bytes.len(),
        typecode: array.code(),
    }
}

fn binary(rt: &mut Runtime, op: BinaryOp, obj: Obj, other: Obj) -> R<Option<Obj>> {
    let array = this(obj);
    match op {
        BinaryOp::Add => {
            let b = rt.buffer_of(other, false)?;
            check_objects(rt, array, other)?;
            let sum = new_empty(rt, array.code())?;
            sum.push_bytes(rt, array.bytes())?;
            sum.push_bytes(rt, b.bytes())?;
            Ok(Some(sum.obj()))
        }
        BinaryOp::InplaceAdd => {
            extend(rt, obj, other)?;
            Ok(Some(obj))
        }
        _ => compare(rt, op, view(array), other),
    }
}

/// Bytes become objects only if they come from an array of objects.
fn check_objects(rt: &mut Runtime, array: Ptr<Array>, other: Obj) -> R<()> {
    let from_objects = other
        .cast::<Array>()
        .is_some_and(|other| other.code() == b'O');
    if (array.code() == b'O') != from_objects && (array.code() == b'O' || from_objects) {
        return Err(incompatible(rt));
    }
    Ok(())
}

/// `ValueError: lhs and rhs should be compatible`.
#[cold]
pub(super) fn incompatible(rt: &mut Runtime) -> Raised {
    rt.value_error("lhs and rhs should be compatible")
}

fn subscr(rt: &mut Runtime, obj: Obj, index: Obj, access: Access) -> R<Option<Obj>> {
    let array = this(obj);
    let size = array.item_size();
    if let Access::Delete = access {
        return Ok(None);
    }
    if let Some(slice) = index.cast::<Slice>() {
        let span = slice.span(rt, array.len.get())?;
        let Some((from, to)) = span.simple() else {
            return Err(step_not_supported(rt));
        };
        if let Access::Store(value) = access {
            store_slice(rt, array, from, to, value)?;
            return Ok(Some(Obj::NONE));
        }
        let part = new_empty(rt, array.code())?;
        let bytes = array.bytes().get(from * size..to * size).unwrap_or(&[]);
        part.push_bytes(rt, bytes)?;
        return Ok(Some(part.obj()));
    }
    let i = rt.index_of("array", array.len.get(), index)?;
    let Access::Store(value) = access else {
        return array.item(rt, i);
    };
    let bytes = if array.code() == b'O' {
        (value.raw() as u64).to_le_bytes()
    } else {
        typecode::to_bytes(rt, array.code(), value)?
    };
    // The conversion may have run Python code that shortened the array.
    if i >= array.len.get() {
        return Err(rt.index_error("array index out of range"));
    }
    // SAFETY: the item lies in the buffer.
    unsafe {
        let to = array.data.get().add(i * size).as_ptr();
        core::ptr::copy_nonoverlapping(native(&bytes, size).as_ptr(), to, size);
    }
    Ok(Some(Obj::NONE))
}

fn store_slice(rt: &mut Runtime, array: Ptr<Array>, from: usize, to: usize, value: Obj) -> R<()> {
    let Some(with) = value
        .ty()
        .vt()
        .buffer
        .and_then(|buffer| buffer(rt, value, false))
    else {
        return Err(rt.raise_msg(
            &exc::NOT_IMPLEMENTED_ERROR,
            "array/bytes required on right side",
        ));
    };
    if !same_items(array.code(), with.typecode) {
        return Err(incompatible(rt));
    }
    check_objects(rt, array, value)?;
    let mut with = with.bytes();
    if array.offset_of(with).is_some() {
        // A part of itself, perhaps through a memoryview; a copy of objects keeps nothing alive, but they stay in
        // the array until they are copied back.
        let copy = super::bytes::new(rt, with)?;
        with = rt.buffer_of(copy, false)?.bytes();
    }
    let size = array.item_size();
    let n = with.len() / size;
    let old = to - from;
    if n > old {
        array.grow(rt, n - old)?;
    }
    let len = array.len.get();
    // SAFETY: the buffer has room for the new length.
    unsafe {
        let data = array.data.get().as_ptr();
        core::ptr::copy(
            data.add(to * size),
            data.add((from + n) * size),
            (len - to) * size,
        );
        core::ptr::copy(with.as_ptr(), data.add(from * size), n * size);
        if n < old && !array.is_leaf() {
            core::ptr::write_bytes(data.add((len + n - old) * size), 0, (old - n) * size);
        }
    }
    let room = len + array.free();
    array.len.set(len + n - old);
    array.set_free(room - array.len.get());
    Ok(())
}

/// The bytes of an array of objects are shown to nobody.
fn buffer(_: &mut Runtime, obj: Obj, _: bool) -> Option<Buffer> {
    let array = this(obj);
    array.is_leaf().then(|| view(array))
}

fn method_self(rt: &mut Runtime, obj: Obj) -> R<Ptr<Array>> {
    let native = super::class::unwrap_native(obj);
    match native.cast::<Array>() {
        Some(array) => Ok(array),
        None => Err(wrong_self(rt, &ARRAY, obj)),
    }
}

fn append(rt: &mut Runtime, obj: Obj, value: Obj) -> R<Obj> {
    method_self(rt, obj)?.push(rt, value)?;
    Ok(Obj::NONE)
}

fn extend(rt: &mut Runtime, obj: Obj, with: Obj) -> R<Obj> {
    let array = method_self(rt, obj)?;
    let buffer = with
        .ty()
        .vt()
        .buffer
        .and_then(|buffer| buffer(rt, with, false));
    match buffer {
        Some(buffer) if array.is_leaf() => array.push_bytes(rt, buffer.bytes())?,
        _ => rt.for_each(with, |rt, item| array.push(rt, item))?,
    }
    Ok(Obj::NONE)
}

static ARRAY_ITER: Type = Type::builtin(qstr!("iterator"), 0, &ITER_VT);
static ITER_VT: VTable = VTable {
    next: Some(next),
    ..iter::VT
};

fn iter_array(rt: &mut Runtime, obj: Obj) -> R<Obj> {
    iter::new(rt, &ARRAY_ITER, obj)
}

fn next(rt: &mut Runtime, obj: Obj) -> R<Option<Obj>> {
    // SAFETY: iterators of this type are made over arrays only.
    let iter = unsafe { SeqIter::of(obj) };
    let item = this(iter.seq).item(rt, iter.at.get())?;
    if item.is_some() {
        iter.at.set(iter.at.get() + 1);
    }
    Ok(item)
}

impl Array {
    /// Item `i` of an array of integers, if the value is a small int.
    #[inline]
    pub fn small_item(&self, i: usize) -> Option<Obj> {
        if i >= self.len.get() {
            return None;
        }
        let at = self.data.get();
        // SAFETY: `i < len`, and the block is aligned for items of any size.
        let value = unsafe {
            match self.code() {
                b'b' => at.cast::<i8>().add(i).read() as i64,
                b'B' => at.add(i).read() as i64,
                b'h' => at.cast::<i16>().add(i).read() as i64,
                b'H' => at.cast::<u16>().add(i).read() as i64,
                b'i' => at.cast::<i32>().add(i).read() as i64,
                b'I' => at.cast::<u32>().add(i).read() as i64,
                b'q' => at.cast::<i64>().add(i).read(),
                b'l' => at.cast::<isize>().add(i).read() as i64,
                _ => return None,
            }
        };
        Obj::small(isize::try_from(value).ok()?)
    }

    /// Item `i` of an array of signed 32-bit items.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn i32_item(&self, i: usize) -> Option<Obj> {
        if self.code() != b'i' || i >= self.len.get() {
            return None;
        }
        // SAFETY: `i < len`, and the block is aligned for items of any size.
        let value = unsafe { self.data.get().cast::<i32>().add(i).read() };
        Obj::small(value as isize)
    }

    /// Item `i` of an array of unsigned 32-bit items.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn u32_item(&self, i: usize) -> Option<Obj> {
        if self.code() != b'I' || i >= self.len.get() {
            return None;
        }
        // SAFETY: as above.
        let value = unsafe { self.data.get().cast::<u32>().add(i).read() };
        Obj::small(isize::try_from(value).ok()?)
    }

    /// Replaces item `i` of an array of 32-bit items by a small int, cut to the item's bits; `false` = not done.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn set_32_bit_item(&self, i: usize, value: isize) -> bool {
        if !matches!(self.code(), b'i' | b'I') || i >= self.len.get() {
            return false;
        }
        // SAFETY: as above.
        unsafe { self.data.get().cast::<u32>().add(i).write(value as u32) };
        true
    }

    /// Replaces item `i` of an array of integers by a small int, cut to the item's bits; `false` = not done.
    #[inline]
    pub fn set_small_item(&self, i: usize, value: isize) -> bool {
        if i >= self.len.get() {
            return false;
        }
        let at = self.data.get();
        // SAFETY: as in `small_item`.
        unsafe {
            match self.code() {
                b'b' | b'B' => at.add(i).write(value as u8),
                b'h' | b'H' => at.cast::<u16>().add(i).write(value as u16),
                b'i' | b'I' => at.cast::<u32>().add(i).write(value as u32),
                b'q' | b'Q' => at.cast::<i64>().add(i).write(value as i64),
                b'l' | b'L' => at.cast::<isize>().add(i).write(value),
                _ => return false,
            }
        }
        true
    }
}
