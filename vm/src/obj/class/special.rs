//! Names of special methods by operator, and the behaviour of metaclasses.

use ferlance_abi::ops::{BinaryOp, UnaryOp};
use ferlance_abi::qstr::Qstr;

use crate::obj::ty::VTable;
use crate::obj::type_type;
use crate::runtime::Runtime;
use crate::text::print::Word;

macro_rules! unary_names {
    ($($(#[$doc:meta])* $op:ident = $number:literal, $symbol:literal, $method:literal;)*) => {
        static UNARY: &[u16] = &[$(rom($method)),*];
    };
}
macro_rules! binary_names {
    ($($(#[$doc:meta])* $op:ident = $number:literal, $symbol:literal, $method:literal;)*) => {
        static BINARY: &[u16] = &[$(rom($method)),*];
    };
}

/// The number of the ROM name, or 0 for operators without a method.
const fn rom(name: &str) -> u16 {
    if name.is_empty() || name.as_bytes()[0] == b'<' {
        return 0;
    }
    let number = Qstr::from_rom(name).number();
    assert!(number <= 0xffff);
    number as u16
}

fn name(table: &[u16], op: u8) -> Option<Qstr> {
    match table.get(usize::from(op)) {
        None | Some(0) => None,
        Some(number) => Some(Qstr::new(u32::from(*number))),
    }
}

/// What messages call a unary operator.
pub(crate) fn unary_text<'a>(rt: &Runtime, op: UnaryOp) -> Word<'a> {
    name(UNARY, op.number()).map_or(Word(""), |name| rt.name_str(name))
}

/// What messages call a binary operator.
pub(crate) fn binary_text<'a>(rt: &Runtime, op: BinaryOp) -> Word<'a> {
    name(BINARY, op.number()).map_or(Word(""), |name| rt.name_str(name))
}

ferlance_abi::for_each_unary_op!(unary_names);
ferlance_abi::for_each_binary_op!(binary_names);

/// The special method behind a unary operator.
pub(super) fn unary_name(op: UnaryOp) -> Option<Qstr> {
    name(UNARY, op.number())
}

/// The special method behind a binary operator. In-place methods other than `__iadd__` and `__isub__` belong to
/// a feature level above ours.
pub(super) fn binary_name(op: BinaryOp) -> Option<Qstr> {
    if op.from_inplace().is_some()
        && !matches!(op, BinaryOp::InplaceAdd | BinaryOp::InplaceSubtract)
    {
        return None;
    }
    name(BINARY, op.number())
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
