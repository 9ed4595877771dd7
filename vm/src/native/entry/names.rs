//! Names, attributes, imports: entries 5 to 14, 35 to 37, 41, 42.

use ferlance_abi::qstr::Qstr;

use crate::import;
use crate::interp::frame::Slot;
use crate::interp::names;
use crate::obj::dict::Dict;
use crate::obj::ptr::Ptr;
use crate::obj::super_type;
use crate::obj::word::Obj;
use crate::runtime::{R, Runtime};

fn globals(rt: &mut Runtime) -> R<Ptr<Dict>> {
    match rt.interp.globals() {
        Some(globals) => Ok(globals),
        None => crate::obj::dict::new(rt),
    }
}

/// Makes `new` the current globals; null if there is nothing to undo.
pub(crate) fn swap_globals(rt: &mut Runtime, new: *mut Dict) -> R<*mut Dict> {
    let Some(new) = core::ptr::NonNull::new(new) else {
        return Ok(core::ptr::null_mut());
    };
    // SAFETY: native code has such pointers only from contexts and from here.
    let new = unsafe { Ptr::from_non_null(new) };
    let before = rt.interp.globals();
    if before == Some(new) {
        return Ok(core::ptr::null_mut());
    }
    rt.interp.set_native_globals(Some(new));
    Ok(before.map_or(core::ptr::null_mut(), |dict| dict.as_non_null().as_ptr()))
}

pub(crate) fn load_name(rt: &mut Runtime, name: Qstr) -> R<Obj> {
    let globals = globals(rt)?;
    names::load_name(rt, globals, name)
}

pub(crate) fn load_global(rt: &mut Runtime, name: Qstr) -> R<Obj> {
    let globals = globals(rt)?;
    names::load_global(rt, globals, name)
}

pub(crate) fn load_build_class(rt: &mut Runtime) -> R<Obj> {
    names::build_class(rt)
}

pub(crate) fn load_attr(rt: &mut Runtime, base: Obj, name: Qstr) -> R<Obj> {
    rt.load_attr(base, name)
}

/// Writes function and self (or null) behind `dest`.
fn give_method(dest: *mut Slot, (fun, this): (Obj, Option<Obj>)) {
    // SAFETY: native code gives room for two words.
    unsafe {
        dest.write(Some(fun));
        dest.add(1).write(this);
    }
}

pub(crate) fn load_method(rt: &mut Runtime, base: Obj, name: Qstr, dest: *mut Slot) -> R<()> {
    let found = rt.load_method(base, name)?;
    give_method(dest, found);
    Ok(())
}

pub(crate) fn load_super_method(rt: &mut Runtime, name: Qstr, dest: *mut Slot) -> R<()> {
    // SAFETY: native code gives room for three words, of which the last two are class and object.
    let (class, this) = unsafe { (*dest.add(1), *dest.add(2)) };
    let (Some(class), Some(this)) = (class, this) else {
        return Err(super::unbound(rt));
    };
    let found = super_type::load_method(rt, class, this, name)?;
    give_method(dest, found);
    Ok(())
}

pub(crate) fn store_name(rt: &mut Runtime, name: Qstr, value: Obj) -> R<()> {
    let globals = globals(rt)?;
    names::store_name(rt, globals, name, value)
}

pub(crate) fn store_global(rt: &mut Runtime, name: Qstr, value: Obj) -> R<()> {
    let globals = globals(rt)?;
    globals.map.set_name(rt, name, value)
}

/// A null value deletes.
pub(crate) fn store_attr(rt: &mut Runtime, base: Obj, name: Qstr, value: Option<Obj>) -> R<()> {
    rt.store_attr(base, name, value)
}

pub(crate) fn delete_name(rt: &mut Runtime, name: Qstr) -> R<()> {
    let globals = globals(rt)?;
    names::delete_name(rt, globals, name)
}

pub(crate) fn delete_global(rt: &mut Runtime, name: Qstr) -> R<()> {
    let globals = globals(rt)?;
    names::delete_global(rt, globals, name)
}

pub(crate) fn import_name(rt: &mut Runtime, name: Qstr, fromlist: Obj, level: Obj) -> R<Obj> {
    import::import_name(rt, name, fromlist, level)
}

pub(crate) fn import_from(rt: &mut Runtime, module: Obj, name: Qstr) -> R<Obj> {
    import::import_from(rt, module, name)
}

pub(crate) fn import_all(rt: &mut Runtime, module: Obj) -> R<()> {
    import::import_star(rt, module)
}

/// As [`load_method`], with two null words when there is no such attribute.
pub(crate) fn load_method_maybe(rt: &mut Runtime, base: Obj, name: Qstr, dest: *mut Slot) -> R<()> {
    use crate::obj::ty::Attr;
    let found = match rt.find_attr(base, name) {
        Ok(Attr::Value(value)) => (Some(value), None),
        Ok(Attr::Method { fun, this }) => (Some(fun), Some(this)),
        Ok(Attr::None) => (None, None),
        Err(raised) if rt.is_raised(&crate::exc::ATTRIBUTE_ERROR) => {
            rt.take_exception(raised);
            (None, None)
        }
        Err(raised) => return Err(raised),
    };
    // SAFETY: native code gives room for two words.
    unsafe {
        dest.write(found.0);
        dest.add(1).write(found.1);
    }
    Ok(())
}
