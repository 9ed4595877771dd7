//! Cells: variables shared between a function and the functions inside it (layout: spec native-abi 3.5).

use core::cell::Cell as Slot;

use ferlance_abi::qstr;

use super::ptr::PyType;
use super::ty::{Header, PrintKind, Type, VTable};
use super::word::Obj;
use crate::runtime::{R, Runtime};
use crate::text::print::{Hex, Print, write_fmt};

/// The type of cells.
pub static CELL: Type = Type::builtin(qstr!("cell"), 0, &VT);
static VT: VTable = VTable {
    print: Some(print),
    ..VTable::NEW
};

fn print(rt: &mut Runtime, obj: Obj, _: PrintKind, out: &mut dyn Print) -> R<()> {
    write_fmt(rt, out, format_args!("<cell {} ", Hex(obj.raw())))?;
    match obj.cast::<Cell>().and_then(|cell| cell.value.get()) {
        Some(value) => rt.print(value, PrintKind::Repr, out)?,
        None => out.write(rt, b"(nil)")?,
    }
    out.write(rt, b">")
}

/// A cell; empty until its variable is bound.
#[repr(C)]
pub struct Cell {
    base: Header,
    /// The variable's value.
    pub value: Slot<Option<Obj>>,
}

// SAFETY: every structure of type CELL is a `Cell`.
unsafe impl PyType for Cell {
    fn ty() -> &'static Type {
        &CELL
    }
}

impl Cell {
    /// A cell.
    pub fn new(value: Option<Obj>) -> Cell {
        Cell {
            base: Header::new(&CELL),
            value: Slot::new(value),
        }
    }
}
