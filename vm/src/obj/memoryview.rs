//! `memoryview`: a window on another object's bytes (layout: spec native-abi 3.8).
//!
//! A view holds the object it looks at, and asks it for its bytes at each access: if a bytearray has shrunk
//! meanwhile, the view shows less, never memory that is no longer the bytearray's.

use core::cell::Cell;
use core::mem::offset_of;
use core::ptr::NonNull;

use ferlance_abi::ops::{BinaryOp, UnaryOp};
use ferlance_abi::qstr;
use ferlance_abi::qstr::Qstr;

use super::array::{compare, incompatible, load_native, native, same_items};
use super::builtin_fun::{BuiltinFun, expect_args};
use super::iter::{self, SeqIter};
use super::ptr::{Ptr, PyType};
use super::slice::Slice;
use super::tuple::step_not_supported;
use super::ty::{Access, Attr, Buffer, Header, Members, Type, TypeFlags, VTable};
use super::word::Obj;
use super::{bytearray, bytes, typecode};
use crate::call::{Args, wrong_self};
use crate::members;
use crate::runtime::{R, Runtime};

/// `memoryview`.
pub static MEMORYVIEW: Type =
    Type::builtin(qstr!("memoryview"), TypeFlags::EQ_CHECKS_OTHER_TYPE, &VT);
static VT: VTable = VTable {
    make_new: Some(make_new),
    unary: Some(unary),
    binary: Some(binary),
    attr: Some(attr),
    subscr: Some(subscr),
    iter: Some(iter_view),
    buffer: Some(buffer),
    members: &MEMBERS,
    ..VTable::NEW
};
static MEMBERS: Members = members! { "hex" => Fun(&HEX) };
static HEX: BuiltinFun = BuiltinFun::var(qstr!("hex"), 1, 2, hex);

/// Flag beside the type code: the bytes may be written.
const WRITABLE: usize = 0x80;

/// A view. The low byte of `head` is the type code and [`WRITABLE`], the rest the offset in items.
#[repr(C)]
struct View {
    base: Header,
    head: usize,
    len: usize,
    /// Where the owner's bytes were when last looked at; for native code.
    data: Cell<NonNull<u8>>,
    owner: Obj,
}

const _: () = {
    let word = size_of::<usize>();
    assert!(offset_of!(View, head) == word);
    assert!(offset_of!(View, len) == 2 * word);
    assert!(offset_of!(View, data) == 3 * word);
};

// SAFETY: every structure of type MEMORYVIEW is a `View`.
unsafe impl PyType for View {
    fn ty() -> &'static Type {
        &MEMORYVIEW
    }
}

impl View {
    fn code(&self) -> u8 {
        (self.head & 0x7f) as u8
    }

    fn offset(&self) -> usize {
        self.head >> 8
    }

    fn item_size(&self) -> usize {
        typecode::native_size(self.code()).map_or(1, |(size, _)| size)
    }

    /// The bytes as they are now, cut to whole items that the owner still has.
    fn live(&self, rt: &mut Runtime) -> Buffer {
        let size = self.item_size();
        let whole = self
            .owner
            .ty()
            .vt()
            .buffer
            .and_then(|buffer| buffer(rt, self.owner, false));
        let mut view = Buffer {
            data: self.data.get().as_ptr(),
            len: 0,
            typecode: self.code(),
        };
        let Some(whole) = whole else { return view };
        if let Some(data) = NonNull::new(whole.data) {
            self.data.set(data);
        }
        let all = whole.bytes();
        let from = (self.offset() * size).min(all.len());
        let len = (self.len * size).min((all.len() - from) / size * size);
        // SAFETY: `from` is at most the length.
        view.data = unsafe { whole.data.add(from) };
        view.len = len;
        view
    }
}

fn new(rt: &mut Runtime, head: usize, len: usize, data: NonNull<u8>, owner: Obj) -> R<Obj> {
    Ok(rt
        .new_obj(View {
            base: Header::new(&MEMORYVIEW),
            head,
            len,
            data: Cell::new(data),
            owner,
        })?
        .obj())
}

fn make_new(rt: &mut Runtime, _: &'static Type, args: Args<'_>) -> R<Obj> {
    expect_args(rt, args, 1, 1, false)?;
    let owner = args.pos()[0];
    if let Some(view) = owner.cast::<View>() {
        return new(rt, view.head, view.len, view.data.get(), view.owner);
    }
    let buffer = rt.buffer_of(owner, false)?;
    // A bytearray's own code stays: native modules can tell.
    let code = buffer.typecode;
    let writable = owner
        .ty()
        .vt()
        .buffer
        .is_some_and(|buffer| buffer(rt, owner, true).is_some());
    let size = typecode::native_size(code).map_or(1, |(size, _)| size);
    let head = usize::from(code) | if writable { WRITABLE } else { 0 };
    let data = NonNull::new(buffer.data).unwrap_or(NonNull::dangling());
    new(rt, head, buffer.len / size, data, owner)
}

#[cfg_attr(not(feature = "small"), inline(always))]
fn this(obj: Obj) -> Ptr<View> {
    // SAFETY: reached through the vtable of MEMORYVIEW, or after a test of the type.
    unsafe { obj.cast_unchecked() }
}

fn unary(rt: &mut Runtime, op: UnaryOp, obj: Obj) -> R<Option<Obj>> {
    let view = this(obj);
    let len = view.live(rt).len / view.item_size();
    Ok(match op {
        UnaryOp::Bool => Some(Obj::bool(len != 0)),
        UnaryOp::Len => Some(Obj::int(len as isize)),
        _ => None,
    })
}

fn binary(rt: &mut Runtime, op: BinaryOp, obj: Obj, other: Obj) -> R<Option<Obj>> {
    let view = this(obj).live(rt);
    compare(rt, op, view, other)
}

fn attr(_: &mut Runtime, obj: Obj, name: Qstr) -> R<Attr> {
    Ok(match name {
        n if n == qstr!("itemsize") => Attr::Value(Obj::int(this(obj).item_size() as isize)),
        _ => Attr::None,
    })
}

fn subscr(rt: &mut Runtime, obj: Obj, index: Obj, access: Access) -> R<Option<Obj>> {
    let view = this(obj);
    let size = view.item_size();
    match access {
        Access::Delete => return Ok(None),
        Access::Store(_) if view.head & WRITABLE == 0 => return Ok(None),
        _ => {}
    }
    let len = view.live(rt).len / size;
    if let Some(slice) = index.cast::<Slice>() {
        let span = slice.span(rt, len)?;
        let Some((from, to)) = span.simple() else {
            return Err(step_not_supported(rt));
        };
        if let Access::Store(value) = access {
            let with = rt.buffer_of(value, false)?;
            if !same_items(view.code(), with.typecode) || with.len != (to - from) * size {
                return Err(incompatible(rt));
            }
            // Looked at anew, as the indices may have run Python code.
            let live = view.live(rt);
            if to * size > live.len {
                return Err(rt.index_error("memoryview index out of range"));
            }
            // SAFETY: both lie within live buffers; they may overlap.
            unsafe { core::ptr::copy(with.data, live.data.add(from * size), with.len) };
            return Ok(Some(Obj::NONE));
        }
        let offset = view.offset() + from;
        if offset > usize::MAX >> 8 {
            return Err(rt.no_memory(usize::MAX));
        }
        let head = offset << 8 | view.head & 0xff;
        return new(rt, head, to - from, view.data.get(), view.owner).map(Some);
    }
    let i = rt.index_of("memoryview", len, index)?;
    let Access::Store(value) = access else {
        return item(rt, view, i);
    };
    let bytes = typecode::to_bytes(rt, view.code(), value)?;
    let live = view.live(rt);
    if (i + 1) * size > live.len {
        return Err(rt.index_error("memoryview index out of range"));
    }
    // SAFETY: the item lies in the live buffer.
    unsafe {
        let to = live.data.add(i * size);
        core::ptr::copy_nonoverlapping(native(&bytes, size).as_ptr(), to, size);
    }
    Ok(Some(Obj::NONE))
}

fn item(rt: &mut Runtime, view: Ptr<View>, i: usize) -> R<Option<Obj>> {
    let size = view.item_size();
    let live = view.live(rt).bytes();
    match live.get(i * size..).and_then(|rest| rest.get(..size)) {
        Some(bytes) => load_native(rt, view.code(), bytes).map(Some),
        None => Ok(None),
    }
}

/// Item `i` of a view.
pub fn item_at(rt: &mut Runtime, obj: Obj, i: usize) -> R<Option<Obj>> {
    match obj.cast::<View>() {
        Some(view) => item(rt, view, i),
        None => Ok(None),
    }
}

/// Item `i` of a view of the bytes of a bytes object or a bytearray; `None` = ask [`item_at`].
#[inline]
pub fn quick_byte(obj: Obj, i: usize) -> Option<u8> {
    let view = obj.cast::<View>()?;
    if !matches!(view.code(), bytearray::TYPECODE | b'B') || i >= view.len {
        return None;
    }
    bytes::any_byte(view.owner, view.offset() + i)
}

fn buffer(rt: &mut Runtime, obj: Obj, write: bool) -> Option<Buffer> {
    let view = this(obj);
    if write && view.head & WRITABLE == 0 {
        return None;
    }
    Some(view.live(rt))
}

fn hex(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    let Some(view) = args.pos()[0].cast::<View>() else {
        return Err(wrong_self(rt, &MEMORYVIEW, args.pos()[0]));
    };
    let bytes = view.live(rt).bytes();
    super::str::hex_text(rt, bytes, args.get(1))
}

static VIEW_ITER: Type = Type::builtin(qstr!("iterator"), 0, &ITER_VT);
static ITER_VT: VTable = VTable {
    next: Some(next),
    ..iter::VT
};

fn iter_view(rt: &mut Runtime, obj: Obj) -> R<Obj> {
    iter::new(rt, &VIEW_ITER, obj)
}

fn next(rt: &mut Runtime, obj: Obj) -> R<Option<Obj>> {
    // SAFETY: iterators of this type are made over memoryviews only.
    let iter = unsafe { SeqIter::of(obj) };
    let found = item(rt, this(iter.seq), iter.at.get())?;
    if found.is_some() {
        iter.at.set(iter.at.get() + 1);
    }
    Ok(found)
}
