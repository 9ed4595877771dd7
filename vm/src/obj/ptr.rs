//! Typed handles of heap and static structures.
//!
//! A [`Ptr<T>`] is a word that may be copied freely. It derefs to `&T`, whose fields are `Cell`s, so two
//! handles of one object never make aliased `&mut`. What keeps this sound is the collector: native stacks
//! are scanned conservatively (interior addresses count), so a structure whose handle, reference or slice
//! is held by a running function is alive; structures never move.
//!
//! The borrow-short rule still holds: a slice of a *buffer* (list items, bytes) must not live across a call
//! that can run Python, since the buffer may be replaced.

use core::num::NonZeroUsize;
use core::ops::Deref;
use core::ptr::NonNull;

use super::ty::Type;
use super::word::Obj;

/// Handle of a structure in the heap or in static memory.
#[repr(transparent)]
pub struct Ptr<T>(NonNull<T>);

impl<T> Clone for Ptr<T> {
    #[cfg_attr(not(feature = "small"), inline(always))]
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Ptr<T> {}
impl<T> PartialEq for Ptr<T> {
    #[cfg_attr(not(feature = "small"), inline(always))]
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<T> Eq for Ptr<T> {}

impl<T> Ptr<T> {
    /// The handle of the structure at `addr`.
    ///
    /// # Safety
    /// `addr` is the address of an initialised `T` that is alive as the module header says.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub unsafe fn from_addr(addr: NonZeroUsize) -> Ptr<T> {
        Ptr(NonNull::with_exposed_provenance(addr))
    }

    /// The handle of a structure.
    ///
    /// # Safety
    /// As [`Ptr::from_addr`].
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub unsafe fn from_non_null(ptr: NonNull<T>) -> Ptr<T> {
        Ptr(ptr)
    }

    /// The handle of a static (or otherwise pinned) structure.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub const fn from_ref(r: &'static T) -> Ptr<T> {
        Ptr(NonNull::from_ref(r))
    }

    /// Address of the structure.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn addr(self) -> NonZeroUsize {
        self.0.expose_provenance()
    }

    /// The raw pointer.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn as_non_null(self) -> NonNull<T> {
        self.0
    }

    /// The object.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn obj(self) -> Obj {
        Obj::from_ptr(self)
    }

    /// The structure, for as long as the caller keeps to the rule in the module header.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn get<'a>(self) -> &'a T {
        // SAFETY: made from a live structure; see the module header for what keeps it alive.
        unsafe { self.0.as_ref() }
    }

    /// The same structure seen as `U`.
    ///
    /// # Safety
    /// The structure really begins with a `U`.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub unsafe fn cast<U>(self) -> Ptr<U> {
        Ptr(self.0.cast())
    }
}

impl<T> Deref for Ptr<T> {
    type Target = T;
    #[cfg_attr(not(feature = "small"), inline(always))]
    fn deref(&self) -> &T {
        // SAFETY: as in `get`.
        unsafe { self.0.as_ref() }
    }
}

/// A structure that begins with a [`super::ty::Header`] and has one type object.
///
/// # Safety
/// Every structure whose type is `Self::ty()` has the layout of `Self`.
pub unsafe trait PyType: Sized + 'static {
    /// The type object of these structures.
    fn ty() -> &'static Type;
}

impl Obj {
    /// The structure, if its type is exactly `T`'s.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn cast<T: PyType>(self) -> Option<Ptr<T>> {
        let head = self.as_ptr()?;
        if core::ptr::eq(head.ty(), T::ty()) {
            // SAFETY: `PyType` promises that this type object means this layout.
            Some(unsafe { head.cast() })
        } else {
            None
        }
    }

    /// Whether the type is exactly `T`'s.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn is<T: PyType>(self) -> bool {
        self.cast::<T>().is_some()
    }

    /// The structure, whatever its type object says.
    ///
    /// # Safety
    /// The object is a structure that begins with a `T` (for instance because its vtable was just used).
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub unsafe fn cast_unchecked<T>(self) -> Ptr<T> {
        debug_assert!(self.is_ptr());
        // SAFETY: the caller says so; the word is not zero.
        unsafe { Ptr::from_addr(NonZeroUsize::new_unchecked(self.raw())) }
    }
}
