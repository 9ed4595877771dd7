//! What objects of a type can do, as Rust functions that return `Result`.

use ferlance_abi::ops::{BinaryOp, UnaryOp};
use ferlance_abi::qstr::Qstr;

use super::{Members, Type};
use crate::call::Args;
use crate::obj::word::Obj;
use crate::runtime::{R, Runtime};
use crate::text::print::Print;

/// How an object is printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PrintKind {
    /// `str(x)`, `print(x)`.
    Str,
    /// `repr(x)`.
    Repr,
    /// The text of an exception after `Type: `.
    Exc,
    /// JSON text.
    Json,
}

/// Answer to an attribute read.
#[derive(Clone, Copy, Debug)]
pub enum Attr {
    /// No such attribute.
    None,
    /// The value.
    Value(Obj),
    /// A function to be called with `this` in front; becomes a bound method when it is not called at once.
    Method {
        /// The function.
        fun: Obj,
        /// Its first argument.
        this: Obj,
    },
}

/// What is done to `object[index]`.
#[derive(Clone, Copy, Debug)]
pub enum Access {
    /// Read it.
    Load,
    /// Replace it by this value.
    Store(Obj),
    /// Remove it.
    Delete,
}

/// A view of an object's bytes.
#[derive(Clone, Copy)]
pub struct Buffer {
    /// First byte.
    pub data: *mut u8,
    /// Number of bytes.
    pub len: usize,
    /// Type code as in `array`; `b'B'` for str and bytes, 1 for bytearray.
    pub typecode: u8,
}

impl Buffer {
    /// What is left behind the first `n` bytes.
    pub fn after(self, n: usize) -> Buffer {
        let n = n.min(self.len);
        Buffer {
            data: self.data.wrapping_add(n),
            len: self.len - n,
            typecode: self.typecode,
        }
    }

    /// The bytes, until the next call that can run Python.
    pub fn bytes<'a>(self) -> &'a [u8] {
        if self.len == 0 {
            return &[];
        }
        // SAFETY: the buffer's owner is alive (interior addresses on native stacks are roots) and the
        // borrow-short rule forbids resizing it meanwhile.
        unsafe { core::slice::from_raw_parts(self.data, self.len) }
    }

    /// The bytes for writing, until the next call that can run Python.
    ///
    /// The buffer was asked for with `write`; no other slice of it is in use.
    pub fn bytes_mut<'a>(self) -> &'a mut [u8] {
        if self.len == 0 {
            return &mut [];
        }
        // SAFETY: as in `bytes`; the caller holds no other slice of it.
        unsafe { core::slice::from_raw_parts_mut(self.data, self.len) }
    }
}

/// `(runtime, type, arguments)`: makes an instance. `ty` is the type called, perhaps a subclass.
pub type MakeNewFn = fn(&mut Runtime, &'static Type, Args<'_>) -> R<Obj>;
/// Prints an object.
pub type PrintFn = fn(&mut Runtime, Obj, PrintKind, &mut dyn Print) -> R<()>;
/// Calls an object.
pub type CallFn = fn(&mut Runtime, Obj, Args<'_>) -> R<Obj>;
/// Applies a unary operator; `Ok(None)` = not supported.
pub type UnaryFn = fn(&mut Runtime, UnaryOp, Obj) -> R<Option<Obj>>;
/// Applies a binary operator with this type's object on the left; `Ok(None)` = not supported.
/// For `BinaryOp::Contains` the container is on the left.
pub type BinaryFn = fn(&mut Runtime, BinaryOp, Obj, Obj) -> R<Option<Obj>>;
/// Reads an attribute before the members are looked at.
pub type AttrFn = fn(&mut Runtime, Obj, Qstr) -> R<Attr>;
/// Stores (or deletes, for `None`) an attribute; `Ok(false)` = not possible.
pub type SetAttrFn = fn(&mut Runtime, Obj, Qstr, Option<Obj>) -> R<bool>;
/// Reads, stores or deletes an item; `Ok(None)` = not supported. A store or delete answers any object.
pub type SubscrFn = fn(&mut Runtime, Obj, Obj, Access) -> R<Option<Obj>>;
/// Makes an iterator.
pub type IterFn = fn(&mut Runtime, Obj) -> R<Obj>;
/// Next item; `Ok(None)` at the end.
pub type NextFn = fn(&mut Runtime, Obj) -> R<Option<Obj>>;
/// The bytes of an object; `None` = no buffer, or not writable.
pub type BufferFn = fn(&mut Runtime, Obj, bool) -> Option<Buffer>;

/// Behaviour of a type. `VTable::NEW` supports nothing; fill in what is there:
///
/// ```ignore
/// static VT: VTable = VTable { print: Some(print), members: &MEMBERS, ..VTable::NEW };
/// ```
pub struct VTable {
    /// Call of the type.
    pub make_new: Option<MakeNewFn>,
    /// Printing; without it `<T>`.
    pub print: Option<PrintFn>,
    /// Call of an instance.
    pub call: Option<CallFn>,
    /// Unary operators, `bool`, `len`, `hash`, `abs`.
    pub unary: Option<UnaryFn>,
    /// Binary operators and comparisons.
    pub binary: Option<BinaryFn>,
    /// Computed attributes, asked before `members`.
    pub attr: Option<AttrFn>,
    /// Attribute stores and deletes.
    pub set_attr: Option<SetAttrFn>,
    /// `object[index]`.
    pub subscr: Option<SubscrFn>,
    /// `iter(object)`; a type with only `next` is its own iterator.
    pub iter: Option<IterFn>,
    /// `next(object)`.
    pub next: Option<NextFn>,
    /// The buffer protocol.
    pub buffer: Option<BufferFn>,
    /// Methods and constants.
    pub members: &'static Members,
    /// Stream protocol, for files and their like.
    pub stream: Option<&'static crate::stream::StreamVTable>,
}

impl VTable {
    /// Supports nothing.
    pub const NEW: VTable = VTable {
        make_new: None,
        print: None,
        call: None,
        unary: None,
        binary: None,
        attr: None,
        set_attr: None,
        subscr: None,
        iter: None,
        next: None,
        buffer: None,
        members: &Members::EMPTY,
        stream: None,
    };
}
