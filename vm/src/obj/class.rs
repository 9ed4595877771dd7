//! Classes made by Python code, and their instances.
//!
//! A class is a [`Type`] on the heap whose `class_data` is a [`Class`]: namespace, bases, the built-in type
//! among its ancestors, and a version that changes whenever an attribute found through the class may have.

use core::cell::Cell;

use super::dict::Dict;
use super::map::Map;
use super::ptr::Ptr;
use super::tuple::Tuple;
use super::ty::{Header, Type};
use super::word::Obj;

/// What a Python class has beyond its type header.
#[repr(C)]
pub struct Class {
    /// The namespace.
    pub locals: Cell<Ptr<Dict>>,
    /// The bases, at least one (`object` when none was written).
    pub bases: Cell<Option<Ptr<Tuple>>>,
    /// The built-in type among the ancestors, other than `object`, whose native object instances carry.
    pub native: Cell<Option<&'static Type>>,
    /// Changes whenever a lookup through this class may give another answer; never reused.
    pub version: Cell<usize>,
    /// Direct subclasses to be told when the namespace changes (a list of types), if any.
    pub subclasses: Cell<Option<Obj>>,
}

/// An instance of a Python class (layout: spec native-abi 3.8): attributes, then native base objects.
#[repr(C)]
pub struct Instance {
    base: Header,
    /// The instance's own attributes.
    pub attrs: Map,
    // The native base object follows when the class has one.
}

/// Whether `meta` is a Python subclass of `type`.
pub fn is_metaclass(meta: &'static Type) -> bool {
    meta.class_data().is_some_and(|class| {
        class
            .native
            .get()
            .is_some_and(|native| native.same(&super::type_type::TYPE))
    })
}

/// Whether `ty` is `base` or a subclass of it.
pub fn is_subclass(ty: &'static Type, base: &'static Type) -> bool {
    if ty.same(base) {
        return true;
    }
    match ty.class_data() {
        Some(class) => class.bases.get().is_some_and(|bases| {
            bases
                .items()
                .iter()
                .any(|b| b.get().as_type().is_some_and(|b| is_subclass(b, base)))
        }),
        None => match ty.vt().parent {
            Some(parent) => is_subclass(parent, base),
            None => base.same(&super::object::OBJECT),
        },
    }
}

/// The native base object that an instance of a Python class carries, if its class has a built-in ancestor.
pub fn native_base(obj: Obj) -> Option<Obj> {
    let class = obj.ty().class_data()?;
    class.native.get()?;
    // SAFETY: an instance of a class with a native ancestor has one word behind its attributes.
    unsafe {
        let instance: Ptr<Instance> = obj.cast_unchecked();
        instance.as_non_null().add(1).cast::<Option<Obj>>().read()
    }
}

/// What calling the class `ty` does when it is nothing special: `Some(init)` = make an instance and call `init`
/// (if it has one) with it; `None` = the class has its own `__new__`, a built-in base or a metaclass.
pub fn plain_init(ty: &'static Type) -> Option<Option<Obj>> {
    let _ = ty;
    None
}

/// A new instance of a class without a built-in base.
pub fn new_instance(rt: &mut crate::Runtime, ty: &'static Type) -> crate::R<Obj> {
    Ok(rt
        .new_obj(Instance {
            base: Header::new(ty),
            attrs: Map::new(),
        })?
        .obj())
}

/// What a call of a class without `__init__` gives; stock accepts any arguments.
pub fn no_init_args(
    _rt: &mut crate::Runtime,
    _ty: &'static Type,
    this: Obj,
    _n_pos: usize,
    _n_kw: usize,
) -> crate::R<Obj> {
    Ok(this)
}
