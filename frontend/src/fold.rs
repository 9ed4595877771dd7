//! Folding: arithmetic on number literals, truth of constants, constants out of expressions.
//!
//! Numbers fold while they are parsed, so a long chain of them never takes more room than its result. What would raise is
//! left to run time, as are results that are complex. True, False and None are not numbers here.

use ferlance_abi::small_int;
use ferlance_num::{BigInt, NumError};

use crate::ast::{Ast, BinaryOp, Const, ExprId, ExprKind, Int64, List, UnaryOp};
use crate::lexer::Number;
use crate::parser::FloatPower;

/// Longest result of `<<` and `**`, in bits: a board would not want the time or the memory, and upstream's tool runs out of
/// it somewhere above.
const MAX_BITS: u64 = 1 << 22;

impl Number {
    /// The number that `expr` is.
    pub(crate) fn of(ast: &Ast, expr: ExprId) -> Result<Option<Number>, NumError> {
        Ok(match ast[expr].kind {
            ExprKind::Int { value, .. } => Some(Number::Int(value.get())),
            ExprKind::Const { id, .. } => match ast[id] {
                Const::Int(value) => Some(Number::Int(value)),
                Const::BigInt(index) => Some(Number::BigInt(ast.big_int(index).try_clone()?)),
                Const::Float(value) => Some(Number::Float(value)),
                _ => None,
            },
            _ => None,
        })
    }

    fn to_f64(&self) -> f64 {
        match self {
            Number::Int(value) => *value as f64,
            Number::BigInt(value) => value.as_ref().to_f64(),
            Number::Float(value) | Number::Imaginary(value) => *value,
        }
    }

    fn to_big(&self) -> Result<BigInt, NumError> {
        match self {
            Number::Int(value) => BigInt::from_i64(*value),
            Number::BigInt(value) => Ok(value.try_clone()?),
            Number::Float(_) | Number::Imaginary(_) => Err(NumError::NotANumber),
        }
    }

    fn from_big(value: BigInt) -> Number {
        match value.as_ref().to_i64() {
            Some(small) => Number::Int(small),
            None => Number::BigInt(value),
        }
    }

    fn is_float(&self) -> bool {
        matches!(self, Number::Float(_) | Number::Imaginary(_))
    }
}

/// `op a`, if it is a number and needs no run time.
pub(crate) fn unary(op: UnaryOp, a: &Number) -> Result<Option<Number>, NumError> {
    let folded = match (op, a) {
        (UnaryOp::Positive, Number::Int(a)) => Number::Int(*a),
        (UnaryOp::Negative, Number::Int(a)) if *a != i64::MIN => Number::Int(-*a),
        (UnaryOp::Invert, Number::Int(a)) => Number::Int(!*a),
        (UnaryOp::Positive, Number::Float(a)) => Number::Float(*a),
        (UnaryOp::Negative, Number::Float(a)) => Number::Float(-*a),
        (UnaryOp::Positive, Number::BigInt(a)) => Number::BigInt(a.try_clone()?),
        (UnaryOp::Negative, Number::Int(_) | Number::BigInt(_)) => {
            let mut value = a.to_big()?;
            value.negate();
            Number::from_big(value)
        }
        (UnaryOp::Invert, Number::BigInt(a)) => Number::from_big(a.as_ref().try_not()?),
        _ => return Ok(None),
    };
    Ok(Some(folded))
}

/// `a op b`, if it is a number and needs no run time.
pub(crate) fn binary(
    op: BinaryOp,
    a: &Number,
    b: &Number,
    power: FloatPower,
) -> Result<Option<Number>, NumError> {
    if a.is_float() || b.is_float() || op == BinaryOp::TrueDivide {
        return Ok(float_binary(op, a, b, power)?.map(Number::Float));
    }
    if let (Number::Int(a), Number::Int(b)) = (a, b)
        && let Some(value) = int_binary(op, *a, *b)
    {
        return Ok(Some(Number::Int(value)));
    }
    if op == BinaryOp::Power
        && let Number::Int(exponent @ ..=-1) = b
    {
        let value = power(a.to_f64(), *exponent as f64);
        return Ok(if a.to_f64() == 0.0 {
            None
        } else {
            Some(Number::Float(value))
        });
    }
    match big_binary(op, a, b) {
        Ok(value) => Ok(value.map(Number::from_big)),
        Err(NumError::OutOfMemory) => Err(NumError::OutOfMemory),
        // It raises: left to run time.
        Err(_) => Ok(None),
    }
}

/// Within 64 bits; `None` if the result, or an operand, does not fit.
fn int_binary(op: BinaryOp, a: i64, b: i64) -> Option<i64> {
    match op {
        BinaryOp::Or => Some(a | b),
        BinaryOp::Xor => Some(a ^ b),
        BinaryOp::And => Some(a & b),
        BinaryOp::ShiftLeft => {
            let shifted = a.checked_shl(u32::try_from(b).ok()?)?;
            (shifted >> b == a).then_some(shifted)
        }
        BinaryOp::ShiftRight => u64::try_from(b).ok().map(|b| a >> b.min(63)),
        BinaryOp::Add => a.checked_add(b),
        BinaryOp::Subtract => a.checked_sub(b),
        BinaryOp::Multiply => a.checked_mul(b),
        BinaryOp::FloorDivide => {
            let quotient = a.checked_div(b)?;
            Some(if (a ^ b) < 0 && quotient.wrapping_mul(b) != a {
                quotient - 1
            } else {
                quotient
            })
        }
        BinaryOp::Modulo => {
            let rest = a.checked_rem(b)?;
            Some(if rest != 0 && (rest ^ b) < 0 {
                rest + b
            } else {
                rest
            })
        }
        BinaryOp::Power => a.checked_pow(u32::try_from(b).ok()?),
        _ => None,
    }
}

/// Integers of any size; `None` if it is left to run time.
fn big_binary(op: BinaryOp, a: &Number, b: &Number) -> Result<Option<BigInt>, NumError> {
    let (left, right) = (a.to_big()?, b.to_big()?);
    let (x, y) = (left.as_ref(), right.as_ref());
    let value = match op {
        BinaryOp::Or => x.try_or(y)?,
        BinaryOp::Xor => x.try_xor(y)?,
        BinaryOp::And => x.try_and(y)?,
        BinaryOp::Add => x.try_add(y)?,
        BinaryOp::Subtract => x.try_sub(y)?,
        BinaryOp::Multiply => x.try_mul(y)?,
        BinaryOp::FloorDivide => x.try_floordiv(y)?,
        BinaryOp::Modulo => x.try_modulo(y)?,
        // A shift or power by what is no small int raises, or takes for ever.
        BinaryOp::ShiftLeft | BinaryOp::ShiftRight | BinaryOp::Power => {
            let Number::Int(by) = b else { return Ok(None) };
            if !small_int::fits(*by, 63) {
                return Ok(None);
            }
            let bits = x.bit_length() as u64;
            let by = u64::try_from(*by).map_err(|_| NumError::NegativeShift)?;
            match op {
                BinaryOp::ShiftRight => x.try_shr(y)?,
                BinaryOp::ShiftLeft if bits.saturating_add(by) > MAX_BITS => return Ok(None),
                BinaryOp::ShiftLeft => x.try_shl(y)?,
                _ if bits > 1 && bits.saturating_mul(by) > MAX_BITS => return Ok(None),
                _ => x.try_pow(y)?,
            }
        }
        _ => return Ok(None),
    };
    Ok(Some(value))
}

/// Floats; `None` if it is left to run time.
fn float_binary(
    op: BinaryOp,
    a: &Number,
    b: &Number,
    power: FloatPower,
) -> Result<Option<f64>, NumError> {
    let (x, y) = (a.to_f64(), b.to_f64());
    Ok(match op {
        BinaryOp::Add => Some(x + y),
        BinaryOp::Subtract => Some(x - y),
        BinaryOp::Multiply => Some(x * y),
        _ if y == 0.0 && op != BinaryOp::Power => None,
        BinaryOp::TrueDivide => Some(x / y),
        BinaryOp::FloorDivide => Some(ferlance_num::floor_divmod(x, y).0),
        BinaryOp::Modulo => Some(ferlance_num::floor_divmod(x, y).1),
        BinaryOp::Power if x == 0.0 && y < 0.0 => None,
        // A fractional power of a negative number is complex.
        BinaryOp::Power if x < 0.0 && y.is_finite() && libm::floor(y) != y => None,
        BinaryOp::Power => Some(power(x, y)),
        _ => None,
    })
}

/// Whether `expr` is an int or float.
pub(crate) fn is_number(ast: &Ast, expr: ExprId) -> bool {
    match ast[expr].kind {
        ExprKind::Int { .. } => true,
        ExprKind::Const { id, .. } => {
            matches!(ast[id], Const::Int(_) | Const::BigInt(_) | Const::Float(_))
        }
        _ => false,
    }
}

/// Whether a constant is true; `None` if `expr` is not constant.
pub(crate) fn truth(ast: &Ast, expr: ExprId) -> Option<bool> {
    Some(match ast[expr].kind {
        ExprKind::Int { value, .. } => value.get() != 0,
        ExprKind::Str(text) => text != ferlance_abi::qstr::Qstr::EMPTY,
        ExprKind::None | ExprKind::False => false,
        ExprKind::True | ExprKind::Ellipsis => true,
        ExprKind::Const { id, .. } => match ast[id] {
            Const::None | Const::False => false,
            Const::True | Const::Ellipsis | Const::BigInt(_) => true,
            Const::Int(value) => value != 0,
            Const::Float(value) | Const::Imaginary(value) => value != 0.0,
            Const::Qstr(text) => text != ferlance_abi::qstr::Qstr::EMPTY,
            Const::Str(text) | Const::Bytes(text) => !ast.bytes(text).is_empty(),
            Const::Tuple(items) => !ast.items(items).is_empty(),
        },
        ExprKind::Tuple { items, .. } if ast.items(items).is_empty() => false,
        _ => return None,
    })
}

/// What a constant is as an object; `None` if `expr` is not constant.
pub(crate) fn constant(ast: &Ast, expr: ExprId) -> Option<Const> {
    Some(match ast[expr].kind {
        ExprKind::Int { value, .. } => Const::Int(Int64::get(value)),
        ExprKind::Str(text) => Const::Qstr(text),
        ExprKind::None => Const::None,
        ExprKind::True => Const::True,
        ExprKind::False => Const::False,
        ExprKind::Ellipsis => Const::Ellipsis,
        ExprKind::Const { id, .. } => ast[id],
        ExprKind::Tuple { items, .. } if ast.items(items).is_empty() => Const::Tuple(List::EMPTY),
        _ => return None,
    })
}
