//! `frozenset`: a set that does not change and can be hashed.

use ferlance_abi::qstr;

use super::set;
use super::ty::{Members, Type, TypeFlags, VTable};
use crate::members;

/// `frozenset`.
pub static FROZENSET: Type = Type::builtin(
    qstr!("frozenset"),
    TypeFlags::EQ_CHECKS_OTHER_TYPE,
    &FROZENSET_VT,
);
static FROZENSET_VT: VTable = VTable {
    members: &MEMBERS,
    ..set::VT
};
static MEMBERS: Members = members! {
    "__contains__" => Fun(&set::CONTAINS),
    "copy" => Fun(&set::COPY),
    "difference" => Fun(&set::DIFFERENCE),
    "intersection" => Fun(&set::INTERSECTION),
    "isdisjoint" => Fun(&set::ISDISJOINT),
    "issubset" => Fun(&set::ISSUBSET),
    "issuperset" => Fun(&set::ISSUPERSET),
    "symmetric_difference" => Fun(&set::SYMMETRIC_DIFFERENCE),
    "union" => Fun(&set::UNION),
};
