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
        ((Ty::Object, Some(native)), (right, None)) if native.is_number() && right.is_number() => {
            (native, right)
        }
        ((left, None), (Ty::Object, Some(native))) if native.is_number() && left.is_number() => {
            (left, native)
        }
        _ => (left.0, right.0),
    }
}

/// Operators on results of direct calls that may be nested and stay numbers if need be.
pub const MOST_SUMS: u8 = 8;

/// The number that `left op right` can be, of two objects that can be numbers themselves: where the low word of the result
/// takes no more than the low words of the operands. `nested` counts such operators in the operands.
pub fn sum(op: BinaryOp, left: Option<Ty>, right: Option<Ty>, nested: u8) -> Option<Ty> {
    let keeps = matches!(
        arith(op)?,
        Arith::Add | Arith::Sub | Arith::Mul | Arith::And | Arith::Or | Arith::Xor
    );
    let ty = left.filter(|ty| ty.is_int() && keeps && nested < MOST_SUMS)?;
    (right == Some(ty)).then_some(ty)
}

/// The type of `left op right`, and what is wrong with it. The type holds even then: checking goes on with it.
pub fn binary(op: BinaryOp, left: Ty, right: Ty) -> (Ty, Option<Problem>) {
    match (left, right) {
        (Ty::Object, Ty::Object) => (Ty::Object, None),
        (Ty::Cast(_), _) | (_, Ty::Cast(_)) => (Ty::Object, Some(Problem::Boxing)),
        (Ty::Int | Ty::Uint, Ty::Int | Ty::Uint) => numbers(op, left, right),
        _ if left.is_number() && right.is_number() => wide(op, left, right),
        _ => (left, Some(Problem::Binary(left, right))),
    }
}

/// The type of numbers of which one is wide, or both: that of floats, else the wide one, else the left one.
pub fn common(left: Ty, right: Ty) -> Ty {
    match (left, right) {
        (Ty::Float, _) | (_, Ty::Float) => Ty::Float,
        (left, _) if left.is_long() => left,
        (left, right) if !right.is_long() => left,
        (_, right) => right,
    }
}

fn wide(op: BinaryOp, left: Ty, right: Ty) -> (Ty, Option<Problem>) {
    use BinaryOp as B;
    let ty = common(left, right);
    let is_float = ty == Ty::Float;
    let is_signed = |ty| matches!(ty, Ty::Int | Ty::Int64);
    match (op, arith(op)) {
        (B::TrueDivide | B::InplaceTrueDivide | B::Power | B::InplacePower, _) if is_float => {
            (ty, None)
        }
        (_, None) => (ty, Some(Problem::BinaryOp(op))),
        (_, Some(Arith::And | Arith::Or | Arith::Xor | Arith::Shl | Arith::Shr)) if is_float => {
            (ty, Some(Problem::BinaryOp(op)))
        }
        (_, Some(arith)) if !arith.is_comparison() => (ty, None),
        _ if !is_float && is_signed(left) != is_signed(right) => {
            (Ty::Bool, Some(Problem::MixedCompare))
        }
        _ => (Ty::Bool, None),
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
        Ty::Float if op == UnaryOp::Invert => (operand, Some(Problem::Unary(operand))),
        number if number.is_number() && op == UnaryOp::Not => (operand, Some(Problem::Not)),
        number if number.is_number() => (operand, None),
        _ => (operand, Some(Problem::Unary(operand))),
    }
}

/// Can `ty` be tested?
pub const fn is_condition(ty: Ty) -> bool {
    ty.is_number() || matches!(ty, Ty::Object | Ty::Bool)
}
