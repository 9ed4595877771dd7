//! Names of special methods by operator, and the behaviour of metaclasses.

use ferlance_abi::ops::{BinaryOp, UnaryOp};
use ferlance_abi::qstr::Qstr;

use crate::obj::ty::VTable;
use crate::obj::type_type;

macro_rules! unary_names {
    ($($(#[$doc:meta])* $op:ident = $number:literal, $symbol:literal, $method:literal;)*) => {
        const UNARY: &[Qstr] = &[$(rom($method)),*];
    };
}
macro_rules! binary_names {
    ($($(#[$doc:meta])* $op:ident = $number:literal, $symbol:literal, $method:literal;)*) => {
        const BINARY: &[Qstr] = &[$(rom($method)),*];
    };
}

/// The ROM name, or none for operators without a method.
const fn rom(name: &str) -> Qstr {
    if name.is_empty() || name.as_bytes()[0] == b'<' {
        Qstr::NONE
    } else {
        Qstr::from_rom(name)
    }
}

ferlance_abi::for_each_unary_op!(unary_names);
ferlance_abi::for_each_binary_op!(binary_names);

/// The special method behind a unary operator.
pub(super) fn unary_name(op: UnaryOp) -> Option<Qstr> {
    UNARY
        .get(op.number() as usize)
        .copied()
        .filter(|name| !name.is_none())
}

/// The special method behind a binary operator. In-place methods other than `__iadd__` and `__isub__` belong to
/// a feature level above ours.
pub(super) fn binary_name(op: BinaryOp) -> Option<Qstr> {
    if op.from_inplace().is_some()
        && !matches!(op, BinaryOp::InplaceAdd | BinaryOp::InplaceSubtract)
    {
        return None;
    }
    BINARY
        .get(op.number() as usize)
        .copied()
        .filter(|name| !name.is_none())
}

/// The plain operator behind a reflected one.
pub(super) fn from_reverse(op: BinaryOp) -> Option<BinaryOp> {
    (0..=BinaryOp::ReversePower.number())
        .filter_map(BinaryOp::from_number)
        .find(|plain| plain.to_reverse() == Some(op) && plain.from_inplace().is_none())
}

/// Behaviour of classes whose class is a Python subclass of `type`: that of types.
pub(super) static META_VT: VTable = VTable {
    make_new: Some(type_type::make_new_meta),
    ..type_type::VT
};
