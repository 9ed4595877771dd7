//! Built-in exceptions: arguments and a traceback (layout: spec native-abi 3.7).

use core::cell::Cell;
use core::ptr::NonNull;

use super::ptr::Ptr;
use super::tuple::Tuple;
use super::ty::{Header, Type, VTable};
use super::word::Obj;

/// An exception instance.
#[repr(C)]
pub struct Exception {
    base: Header,
    /// Traceback words: allocated in the low half, used in the high half.
    counts: Cell<usize>,
    traceback: Cell<Option<NonNull<usize>>>,
    args: Cell<Option<Ptr<Tuple>>>,
}

const HALF: u32 = usize::BITS / 2;

impl Exception {
    /// Most traceback words.
    pub const MAX_TRACEBACK: usize = 0xffff;

    /// An instance without a traceback; no `args` = the empty tuple.
    pub fn new(ty: &'static Type, args: Option<Ptr<Tuple>>) -> Exception {
        Exception {
            base: Header::new(ty),
            counts: Cell::new(0),
            traceback: Cell::new(None),
            args: Cell::new(args),
        }
    }

    /// The arguments.
    pub fn args(&self) -> Option<Ptr<Tuple>> {
        self.args.get()
    }

    /// Replaces the arguments.
    pub fn set_args(&self, args: Option<Ptr<Tuple>>) {
        self.args.set(args);
    }

    /// Argument `i`.
    pub fn arg(&self, i: usize) -> Option<Obj> {
        self.args.get()?.get().item(i)
    }

    /// Words used and allocated.
    pub fn traceback_counts(&self) -> (usize, usize) {
        let counts = self.counts.get();
        (counts >> HALF, counts & ((1 << HALF) - 1))
    }

    /// The traceback's words.
    pub fn traceback_data(&self) -> Option<NonNull<usize>> {
        self.traceback.get()
    }

    /// Replaces the traceback.
    pub fn set_traceback(&self, data: Option<NonNull<usize>>, len: usize, alloc: usize) {
        self.traceback.set(data);
        self.counts.set((len << HALF) | alloc);
    }

    /// Forgets the traceback.
    pub fn clear_traceback(&self) {
        self.set_traceback(None, 0, 0);
    }
}

/// The `Exception` inside an exception object: itself, or the native part of a Python subclass's instance.
pub fn native_part(exc: Obj) -> Option<Ptr<Exception>> {
    let ty = exc.ty();
    if !crate::exc::is_subclass(ty, &crate::exc::BASE_EXCEPTION) {
        return None;
    }
    if ty.is_class() {
        return super::class::native_base(exc).and_then(native_part);
    }
    // SAFETY: a built-in type below BaseException has this layout.
    Some(unsafe { exc.cast_unchecked() })
}

/// Behaviour of all built-in exceptions; each type's vtable adds its parent.
pub const VT: VTable = VTable { ..VTable::NEW };
