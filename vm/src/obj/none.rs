//! `None`.

use ferlance_abi::ops::UnaryOp;
use ferlance_abi::qstr;

use super::ty::{PrintKind, Type, VTable};
use super::word::Obj;

/// `NoneType`.
pub static NONE_TYPE: Type = Type::builtin(qstr!("NoneType"), 0, &VT);
static VT: VTable = VTable {
    print: Some(|rt, _, kind, out| {
        out.write(
            rt,
            if kind == PrintKind::Json {
                b"null"
            } else {
                b"None"
            },
        )
    }),
    unary: Some(|_, op, obj| {
        Ok(match op {
            UnaryOp::Bool => Some(Obj::FALSE),
            UnaryOp::Hash => Some(super::object::identity_hash(obj)),
            _ => None,
        })
    }),
    ..VTable::NEW
};
