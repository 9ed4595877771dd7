//! `bool`: not a subclass of `int` here, but it computes like 0 and 1.

use ferlance_abi::qstr;

use super::int;
use super::ty::{PrintKind, Type, TypeFlags, VTable};
use super::word::Obj;
use crate::call::Args;
use crate::obj::builtin_fun::expect_args;
use crate::runtime::{R, Runtime};
use crate::text::print::Print;

/// `bool`.
pub static BOOL: Type = Type::builtin(qstr!("bool"), TypeFlags::EQ_CHECKS_OTHER_TYPE, &VT);
static VT: VTable = VTable {
    make_new: Some(make_new),
    print: Some(print),
    unary: Some(int::unary),
    binary: Some(int::binary),
    ..VTable::NEW
};

fn make_new(rt: &mut Runtime, _: &'static Type, args: Args<'_>) -> R<Obj> {
    expect_args(rt, args, 0, 1, false)?;
    match args.get(0) {
        Some(arg) => Ok(Obj::bool(rt.is_true(arg)?)),
        None => Ok(Obj::FALSE),
    }
}

fn print(rt: &mut Runtime, obj: Obj, kind: PrintKind, out: &mut dyn Print) -> R<()> {
    let text: &[u8] = match (obj == Obj::TRUE, kind == PrintKind::Json) {
        (true, false) => b"True",
        (false, false) => b"False",
        (true, true) => b"true",
        (false, true) => b"false",
    };
    out.write(rt, text)
}
