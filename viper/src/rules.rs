//! Typing rules of operators: what inference and lowering both ask.
use ferlance_abi::{BinaryOp, UnaryOp};

use crate::error::Problem;
use crate::types::Ty;

/// What numbers do with a binary operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arith {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `&`
    And,
    /// `|`
    Or,
    /// `^`
    Xor,
    /// `<<`
    Shl,
    /// `>>`
    Shr,
    /// `//`
    Div,
    /// `%`
    Mod,
    /// `<`
    Less,
    /// `>`
    More,
    /// `==`
    Equal,
    /// `<=`
    LessEqual,
    /// `>=`
    MoreEqual,
    /// `!=`
    NotEqual,
}

impl Arith {
    /// A comparison?
    pub const fn is_comparison(self) -> bool {
        matches!(
            self,
            Arith::Less
                | Arith::More
                | Arith::Equal
                | Arith::LessEqual
                | Arith::MoreEqual
                | Arith::NotEqual
        )
    }
}

/// What numbers do with `op`; none if they lack it.
pub const fn arith(op: BinaryOp) -> Option<Arith> {
    use BinaryOp as B;
    Some(match op {
        B::Add | B::InplaceAdd => Arith::Add,
        B::Subtract | B::InplaceSubtract => Arith::Sub,
        B::Multiply | B::InplaceMultiply => Arith::Mul,
        B::And | B::InplaceAnd => Arith::And,
        B::Or | B::InplaceOr => Arith::Or,
        B::Xor | B::InplaceXor => Arith::Xor,
        B::ShiftLeft | B::InplaceShiftLeft => Arith::Shl,
        B::ShiftRight | B::InplaceShiftRight => Arith::Shr,
        B::FloorDivide | B::InplaceFloorDivide => Arith::Div,
        B::Modulo | B::InplaceModulo => Arith::Mod,
        B::Less => Arith::Less,
        B::More => Arith::More,
        B::Equal => Arith::Equal,
        B::LessEqual => Arith::LessEqual,
        B::MoreEqual => Arith::MoreEqual,
        B::NotEqual => Arith::NotEqual,
        _ => return None,
    })
}

/// The types that two operands have together: an object that can be a number is one beside a number.
pub fn agreed(left: (Ty, Option<Ty>), right: (Ty, Option<Ty>)) -> (Ty, Ty) {
    match (left, right) {
        ((Ty::Object, Some(native)), (right, None)) if native.is_int() && right.is_int() => {
            (native, right)
        }
        ((left, None), (Ty::Object, Some(native))) if native.is_int() && left.is_int() => {
            (left, native)
        }
        _ => (left.0, right.0),
    }
}

/// The type of `left op right`, and what is wrong with it. The type holds even then: checking goes on with it.
pub fn binary(op: BinaryOp, left: Ty, right: Ty) -> (Ty, Option<Problem>) {
    match (left, right) {
        (Ty::Object, Ty::Object) => (Ty::Object, None),
        (Ty::Cast(_), _) | (_, Ty::Cast(_)) => (Ty::Object, Some(Problem::Boxing)),
        (Ty::Int | Ty::Uint, Ty::Int | Ty::Uint) => numbers(op, left, right),
        _ => (left, Some(Problem::Binary(left, right))),
    }
}

fn numbers(op: BinaryOp, left: Ty, right: Ty) -> (Ty, Option<Problem>) {
    match arith(op) {
        None => (left, Some(Problem::BinaryOp(op))),
        Some(Arith::Div | Arith::Mod) if left == Ty::Uint => {
            (Ty::Int, Some(Problem::UnsignedDivision))
        }
        Some(arith) if !arith.is_comparison() => (left, None),
        Some(_) if left != right => (Ty::Bool, Some(Problem::MixedCompare)),
        Some(_) => (Ty::Bool, None),
    }
}

/// The type of `op operand`, and what is wrong with it.
pub fn unary(op: UnaryOp, operand: Ty) -> (Ty, Option<Problem>) {
    match operand {
        Ty::Object => (Ty::Object, None),
        Ty::Cast(_) => (Ty::Object, Some(Problem::Boxing)),
        Ty::Int | Ty::Uint if op == UnaryOp::Not => (operand, Some(Problem::Not)),
        Ty::Int | Ty::Uint => (operand, None),
        _ => (operand, Some(Problem::Unary(operand))),
    }
}

/// Can `ty` be tested?
pub const fn is_condition(ty: Ty) -> bool {
    matches!(ty, Ty::Object | Ty::Bool | Ty::Int | Ty::Uint)
}
