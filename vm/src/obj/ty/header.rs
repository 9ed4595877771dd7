//! Layout of structures' first word and of type objects.

use core::cell::Cell;

use ferlance_abi::layout;
#[cfg(feature = "native")]
use ferlance_abi::layout::TypeSlot;
use ferlance_abi::qstr::Qstr;

use super::VTable;
use crate::obj::class::Class;
use crate::obj::ptr::{Ptr, PyType};
use crate::obj::word::Obj;

/// First word of every structure: its type.
#[repr(C)]
pub struct Header {
    ty: Cell<&'static Type>,
}

impl Header {
    /// A header for a structure of type `ty`.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub const fn new(ty: &'static Type) -> Header {
        Header { ty: Cell::new(ty) }
    }

    /// A header for a `T`.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn of<T: PyType>() -> Header {
        Header::new(T::ty())
    }

    /// The type.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn ty(&self) -> &'static Type {
        self.ty.get()
    }

    /// Makes this a structure of another type with the same layout.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn set_ty(&self, ty: &'static Type) {
        self.ty.set(ty);
    }
}

/// The flag bits of a type (spec native-abi 3.1; [`TypeFlags::RUST`] is a bit that stock leaves free).
#[derive(Clone, Copy)]
pub struct TypeFlags;

impl TypeFlags {
    /// Has been subclassed.
    pub const SUBCLASSED: u16 = 0x0001;
    /// Attribute lookup has to look for descriptors and special accessors.
    pub const SPECIAL_ACCESSORS: u16 = 0x0002;
    /// `==` is not reflexive.
    pub const EQ_NOT_REFLEXIVE: u16 = 0x0004;
    /// `==` may compare with other types.
    pub const EQ_CHECKS_OTHER_TYPE: u16 = 0x0008;
    /// Has its own `!=`.
    pub const EQ_HAS_NE: u16 = 0x0010;
    /// Instances bind self when found as a class attribute.
    pub const BINDS_SELF: u16 = 0x0020;
    /// Built-in function type.
    pub const BUILTIN_FUN: u16 = 0x0040;
    /// The iter slot is the next function; the type is its own iterator.
    pub const ITER_IS_NEXT: u16 = 0x0080;
    /// The iter slot points to {getiter, iternext}.
    pub const ITER_CUSTOM: u16 = 0x0100;
    /// Class defined in Python.
    pub const INSTANCE: u16 = 0x0200;
    /// Ours: as [`TypeFlags::OWN_ATTRS`], and no class above has `__setattr__`.
    pub const STORES_OWN: u16 = layout::type_flags::STORES_OWN;
    /// Ours: its objects are instances with a map of their own attributes.
    pub const OWN_ATTRS: u16 = layout::type_flags::OWN_ATTRS;
    /// Ours: the Rust part follows.
    pub const RUST: u16 = 0x4000;
    /// Ours: programs see the parent in its place.
    pub const AS_PARENT: u16 = 0x1000;
}

/// A type object. The fields up to the slots are what native code knows of it.
#[repr(C)]
pub struct Type {
    base: Header,
    flags: Cell<u16>,
    #[cfg(feature = "native")]
    name16: Cell<u16>,
    #[cfg(feature = "native")]
    slot_index: [u8; 12],
    #[cfg(feature = "native")]
    slots: [*const (); 11],
    vtable: &'static VTable,
    name: Cell<Qstr>,
    up: Cell<Up>,
}

/// What is above a type in the hierarchy.
#[derive(Clone, Copy)]
union Up {
    /// Of types with the flag [`TypeFlags::INSTANCE`]: namespace and bases.
    class: Ptr<Class>,
    /// Of others: the base type; `None` means `object`.
    parent: Option<&'static Type>,
}

// SAFETY: built-in types are statics that are never written after construction except for flags that are
// set to the same value by any runtime; classes belong to one runtime.
unsafe impl Sync for Type {}

#[cfg(feature = "native")]
const _: () = {
    use core::mem::offset_of;
    let word = size_of::<usize>();
    assert!(offset_of!(Type, flags) == word);
    assert!(offset_of!(Type, slot_index) == word + 4);
    assert!(offset_of!(Type, slots) == word + 16);
    assert!(offset_of!(Type, vtable) == word + 16 + 11 * word);
};

impl Type {
    /// A built-in type.
    pub const fn builtin(name: Qstr, flags: u16, vtable: &'static VTable) -> Type {
        Type {
            base: Header::new(&TYPE),
            // Only `class` makes classes.
            flags: Cell::new(flags & !TypeFlags::INSTANCE | TypeFlags::RUST),
            #[cfg(feature = "native")]
            name16: Cell::new(if name.number() <= 0xffff {
                name.number() as u16
            } else {
                0
            }),
            #[cfg(feature = "native")]
            slot_index: [0; 12],
            #[cfg(feature = "native")]
            slots: [core::ptr::null(); 11],
            vtable,
            name: Cell::new(name),
            up: Cell::new(Up { parent: None }),
        }
    }

    /// The same type with a parent other than `object`.
    pub const fn with_parent(mut self, parent: &'static Type) -> Type {
        self.up = Cell::new(Up {
            parent: Some(parent),
        });
        self
    }

    /// A class made at run time; `meta` is its type, `class` holds its namespace and bases.
    pub fn class(
        meta: &'static Type,
        name: Qstr,
        flags: u16,
        vtable: &'static VTable,
        class: Ptr<Class>,
    ) -> Type {
        let ty = Type::builtin(name, flags, vtable);
        ty.base.set_ty(meta);
        ty.up.set(Up { class });
        ty.flags.set(ty.flags.get() | TypeFlags::INSTANCE);
        ty
    }

    /// The same type with a C function in a slot, for linked modules that borrow it.
    #[cfg(feature = "native")]
    pub const fn with_slot(mut self, kind: TypeSlot, number: usize, code: *const ()) -> Type {
        self.slots[number] = code;
        self.slot_index[kind as usize] = number as u8 + 1;
        self
    }

    /// What a slot of the C part holds; null if nothing.
    #[cfg(feature = "native")]
    pub(crate) fn c_slot(&self, kind: TypeSlot) -> *const () {
        let first = (&raw const self.slots).cast::<*const ()>();
        match self.slot_index[kind as usize] {
            0 => core::ptr::null(),
            // SAFETY: an index byte is unset or says which of the type's slots it is.
            number => unsafe { first.add(number as usize - 1).read() },
        }
    }

    /// The parent, but for `object`.
    pub fn parent(&self) -> Option<&'static Type> {
        #[cfg(feature = "native")]
        if !self.has(TypeFlags::RUST) {
            return crate::native::c_type::parent(self);
        }
        if self.is_class() {
            return None;
        }
        // SAFETY: types that are no classes have their parent there.
        unsafe { self.up.get().parent }
    }

    /// The type that programs see.
    pub fn shown(&'static self) -> &'static Type {
        match self.parent() {
            Some(parent) if self.has(TypeFlags::AS_PARENT) => parent,
            _ => self,
        }
    }

    /// The stream functions, if objects of this type are streams.
    pub fn stream(&self) -> Option<&'static crate::stream::StreamVTable> {
        #[cfg(feature = "native")]
        if !self.has(TypeFlags::RUST) {
            return crate::native::c_type::stream(self);
        }
        self.vtable.stream
    }

    /// Whether calling the type makes something.
    pub fn makes_instances(&self) -> bool {
        #[cfg(feature = "native")]
        if !self.has(TypeFlags::RUST) {
            return !self.c_slot(TypeSlot::MakeNew).is_null();
        }
        self.vtable.make_new.is_some()
    }

    /// The name.
    #[inline]
    pub fn name(&self) -> Qstr {
        #[cfg(feature = "native")]
        if !self.has(TypeFlags::RUST) {
            return Qstr::new(u32::from(self.name16.get()));
        }
        self.name.get()
    }

    /// The flags.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn flags(&self) -> u16 {
        self.flags.get()
    }

    /// Whether all bits of `flag` are set.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn has(&self, flag: u16) -> bool {
        self.flags.get() & flag == flag
    }

    /// Sets bits of the flags.
    #[inline]
    pub fn set_flags(&self, flags: u16) {
        self.flags.set(self.flags.get() | flags);
    }

    /// What objects of this type can do.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn vt(&self) -> &'static VTable {
        // A type that a linked module built has only the C part.
        #[cfg(feature = "native")]
        if !self.has(TypeFlags::RUST) {
            return &crate::native::c_type::VT;
        }
        self.vtable
    }

    /// Namespace and bases, if this is a class made at run time.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn class_data(&self) -> Option<Ptr<Class>> {
        // Types without the Rust part have no such field.
        if self.is_class() {
            // SAFETY: `class` wrote the field before it set the flag, which nothing else sets.
            Some(unsafe { self.up.get().class })
        } else {
            None
        }
    }

    /// Whether this is a class made at run time.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn is_class(&self) -> bool {
        self.has(TypeFlags::INSTANCE)
    }

    /// The type as an object.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn obj(&'static self) -> Obj {
        Obj::from_ptr(Ptr::from_ref(self))
    }

    /// Whether both are the same type object.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn same(&self, other: &Type) -> bool {
        core::ptr::eq(self, other)
    }
}

impl Obj {
    /// The type of an object.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn ty(self) -> &'static Type {
        match self.as_ptr() {
            Some(head) => head.get().ty(),
            None => self.ty_of_word(),
        }
    }

    fn ty_of_word(self) -> &'static Type {
        use crate::obj::{bool, int, none, str};
        if self.is_small() {
            &int::INT
        } else if self.is_qstr() {
            &str::STR
        } else if self.is_none() {
            &none::NONE_TYPE
        } else {
            &bool::BOOL
        }
    }

    /// The type object, if this is a type.
    #[inline]
    pub fn as_type(self) -> Option<&'static Type> {
        let head = self.as_ptr()?;
        let meta = head.get().ty();
        if meta.same(&TYPE) || crate::obj::class::is_metaclass(meta) {
            // SAFETY: an object whose type is `type` or a subclass of it is a type object.
            Some(unsafe { head.cast::<Type>() }.get())
        } else {
            None
        }
    }
}

use crate::obj::type_type::TYPE;
