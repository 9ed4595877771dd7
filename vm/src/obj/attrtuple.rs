//! Tuples whose items have names known at build time: `sys.implementation`, `os.uname()` …
//!
//! Their type is called `tuple`; a word behind the items points to the list of names.

use ferlance_abi::qstr;
use ferlance_abi::qstr::Qstr;

use super::namedtuple::print_fields;
use super::ptr::Ptr;
use super::tuple::{self, TUPLE, Tuple};
use super::ty::{Attr, PrintKind, Type, VTable};
use super::word::Obj;
use crate::runtime::{R, Runtime};
use crate::text::print::Print;

/// The type of these tuples.
pub static ATTRTUPLE: Type = Type::builtin(qstr!("tuple"), tuple::FLAGS, &VT).with_parent(&TUPLE);
static VT: VTable = VTable {
    print: Some(print),
    attr: Some(attr),
    ..tuple::VT
};

/// Names of an attrtuple's items.
pub struct Fields(pub &'static [Qstr]);

/// A tuple of `items` with these names.
pub fn new(rt: &mut Runtime, fields: &'static Fields, items: &[Obj]) -> R<Obj> {
    let tuple = tuple::of_type(rt, &ATTRTUPLE, items.len(), 1)?;
    for (slot, item) in tuple.items().iter().zip(items) {
        slot.set(*item);
    }
    // SAFETY: one word was asked for behind the items.
    unsafe { names_slot(tuple).write(fields) };
    Ok(tuple.obj())
}

/// The word behind the items.
fn names_slot(tuple: Ptr<Tuple>) -> *mut &'static Fields {
    let items = tuple.items();
    // Points one past the items, into the same block.
    items.as_ptr().wrapping_add(items.len()).cast_mut().cast()
}

fn this(obj: Obj) -> (Ptr<Tuple>, &'static [Qstr]) {
    // SAFETY: reached through the vtable of ATTRTUPLE only, and `new` wrote the names.
    unsafe {
        let tuple = obj.cast_unchecked::<Tuple>();
        (tuple, names_slot(tuple).read().0)
    }
}

fn print(rt: &mut Runtime, obj: Obj, _: PrintKind, out: &mut dyn Print) -> R<()> {
    let (_, names) = this(obj);
    print_fields(rt, obj, |i| names.get(i).copied(), out)
}

fn attr(_: &mut Runtime, obj: Obj, name: Qstr) -> R<Attr> {
    let (tuple, names) = this(obj);
    let item = names
        .iter()
        .position(|field| *field == name)
        .and_then(|at| tuple.item(at));
    Ok(item.map_or(Attr::None, Attr::Value))
}
