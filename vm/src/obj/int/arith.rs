//! Operators of `int` and `bool`.

use core::cmp::Ordering;

use ferlance_abi::ops::{BinaryOp, UnaryOp};
use ferlance_num::NumError;
use ferlance_num::bigint::{BigInt, BigRef};

use super::{BigObj, Wide, from_big, from_wide, raise, small_value, value};
use crate::obj::word::Obj;
use crate::obj::{complex, float};
use crate::runtime::{R, Runtime};

/// Unary operators.
pub fn unary(rt: &mut Runtime, op: UnaryOp, obj: Obj) -> R<Option<Obj>> {
    if let Some(v) = small_value(obj) {
        return Ok(Some(match op {
            UnaryOp::Positive | UnaryOp::IntMaybe | UnaryOp::Hash => Obj::int(v),
            UnaryOp::Negative => return from_wide(rt, -(v as Wide)).map(Some),
            UnaryOp::Abs => return from_wide(rt, (v as Wide).abs()).map(Some),
            UnaryOp::Invert => Obj::int(!v),
            UnaryOp::Bool | UnaryOp::Not => Obj::bool((v != 0) == (op == UnaryOp::Bool)),
            UnaryOp::FloatMaybe => return float::new(rt, v as f64).map(Some),
            UnaryOp::ComplexMaybe => return complex::new(rt, v as f64, 0.0).map(Some),
            UnaryOp::Len | UnaryOp::SizeOf => return Ok(None),
        }));
    }
    let Some(big) = obj.cast::<BigObj>() else {
        return Ok(None);
    };
    let v = big.value();
    Ok(Some(match op {
        UnaryOp::Positive | UnaryOp::IntMaybe => obj,
        UnaryOp::Hash => Obj::int(v.hash() >> 1 << 1 >> 1),
        UnaryOp::Negative => return from_big(rt, v.negated()).map(Some),
        UnaryOp::Abs => return from_big(rt, v.abs()).map(Some),
        UnaryOp::Invert => return finish(rt, |out| v.not_into(out)).map(Some),
        UnaryOp::Bool | UnaryOp::Not => Obj::bool(op == UnaryOp::Bool),
        UnaryOp::FloatMaybe => return float::new(rt, v.to_f64()).map(Some),
        UnaryOp::ComplexMaybe => return complex::new(rt, v.to_f64(), 0.0).map(Some),
        UnaryOp::Len | UnaryOp::SizeOf => return Ok(None),
    }))
}

/// Computes into the runtime's scratch number and makes an object of it.
fn finish(rt: &mut Runtime, f: impl FnOnce(&mut BigInt) -> Result<(), NumError>) -> R<Obj> {
    let mut out = core::mem::take(&mut rt.state.scratch);
    let result = match f(&mut out) {
        Ok(()) => from_big(rt, out.as_ref()),
        Err(error) => Err(raise(rt, error)),
    };
    // A huge buffer is not kept.
    if out.as_ref().limbs().len() <= 1024 {
        rt.state.scratch = out;
    }
    result
}

/// Binary operators with an int or bool on the left.
pub fn binary(rt: &mut Runtime, op: BinaryOp, lhs: Obj, rhs: Obj) -> R<Option<Obj>> {
    if let (Some(a), Some(b)) = (small_value(lhs), small_value(rhs))
        && let Some(value) = small_op(rt, op, a, b)?
    {
        return Ok(Some(value));
    }
    let Some(a) = value(lhs) else { return Ok(None) };
    let Some(b) = value(rhs) else {
        if rhs.is::<float::Float>() {
            return float::binary(rt, op, lhs, rhs);
        }
        if rhs.is::<complex::Complex>() {
            return complex::binary(rt, op, lhs, rhs);
        }
        return Ok(None);
    };
    big_op(rt, op, a.as_ref(), b.as_ref())
}

/// Operations whose operands are machine integers; `None` = do it with big ones.
fn small_op(rt: &mut Runtime, op: BinaryOp, a: isize, b: isize) -> R<Option<Obj>> {
    use BinaryOp as B;
    Ok(match op {
        B::Less => Some(Obj::bool(a < b)),
        B::More => Some(Obj::bool(a > b)),
        B::LessEqual => Some(Obj::bool(a <= b)),
        B::MoreEqual => Some(Obj::bool(a >= b)),
        B::Equal => Some(Obj::bool(a == b)),
        B::NotEqual => Some(Obj::bool(a != b)),
        B::Add | B::InplaceAdd => return from_wide(rt, a as Wide + b as Wide).map(Some),
        B::Subtract | B::InplaceSubtract => return from_wide(rt, a as Wide - b as Wide).map(Some),
        B::Multiply | B::InplaceMultiply => return from_wide(rt, a as Wide * b as Wide).map(Some),
        B::And | B::InplaceAnd => Obj::small(a & b),
        B::Or | B::InplaceOr => Obj::small(a | b),
        B::Xor | B::InplaceXor => Obj::small(a ^ b),
        B::ShiftRight | B::InplaceShiftRight if b >= 0 => {
            Obj::small(a >> b.min(isize::BITS as isize - 1))
        }
        B::FloorDivide | B::InplaceFloorDivide if b != 0 => {
            let q = (a as Wide).div_euclid(b as Wide)
                - Wide::from(b < 0 && (a as Wide).rem_euclid(b as Wide) != 0);
            return from_wide(rt, q).map(Some);
        }
        B::Modulo | B::InplaceModulo if b != 0 => {
            let r = a.wrapping_rem(b);
            Obj::small(if r != 0 && (r < 0) != (b < 0) {
                r + b
            } else {
                r
            })
        }
        B::TrueDivide | B::InplaceTrueDivide
            if b != 0 && float::is_exact(a) && float::is_exact(b) =>
        {
            return float::new(rt, a as f64 / b as f64).map(Some);
        }
        _ => None,
    })
}

fn big_op(rt: &mut Runtime, op: BinaryOp, a: BigRef<'_>, b: BigRef<'_>) -> R<Option<Obj>> {
    use BinaryOp as B;
    let compare = |f: fn(Ordering) -> bool| Ok(Some(Obj::bool(f(a.cmp(&b)))));
    match op {
        B::Less => return compare(Ordering::is_lt),
        B::More => return compare(Ordering::is_gt),
        B::LessEqual => return compare(Ordering::is_le),
        B::MoreEqual => return compare(Ordering::is_ge),
        B::Equal => return compare(Ordering::is_eq),
        B::NotEqual => return compare(Ordering::is_ne),
        B::TrueDivide | B::InplaceTrueDivide => {
            return match a.true_div(b) {
                Ok(value) => float::new(rt, value).map(Some),
                Err(error) => Err(raise(rt, error)),
            };
        }
        B::Power | B::InplacePower if b.is_negative() => {
            let (base, exponent) = (a.to_f64(), b.to_f64());
            return float::power(rt, base, exponent).map(Some);
        }
        B::Power | B::InplacePower | B::ShiftLeft | B::InplaceShiftLeft
            if fewest_bits(op, a, b) / 8 > rt.heap.capacity() =>
        {
            // Otherwise the host would calculate for long what no heap of this size takes.
            return Err(rt.no_memory(fewest_bits(op, a, b) / 8));
        }
        B::DivMod => {
            let (mut q, mut r) = (BigInt::new(), BigInt::new());
            if let Err(error) = a.divmod_into(b, &mut q, &mut r) {
                return Err(raise(rt, error));
            }
            let q = from_big(rt, q.as_ref())?;
            let r = from_big(rt, r.as_ref())?;
            return Ok(Some(crate::obj::tuple::from_slice(rt, &[q, r])?.obj()));
        }
        _ => {}
    }
    let f: fn(_, BigRef<'_>, &mut BigInt) -> Result<(), NumError> = match op {
        B::Add | B::InplaceAdd => BigRef::add_into,
        B::Subtract | B::InplaceSubtract => BigRef::sub_into,
        B::Multiply | B::InplaceMultiply => BigRef::mul_into,
        B::And | B::InplaceAnd => BigRef::and_into,
        B::Or | B::InplaceOr => BigRef::or_into,
        B::Xor | B::InplaceXor => BigRef::xor_into,
        B::ShiftLeft | B::InplaceShiftLeft => BigRef::shl_big_into,
        B::ShiftRight | B::InplaceShiftRight => BigRef::shr_big_into,
        B::FloorDivide | B::InplaceFloorDivide => BigRef::floordiv_into,
        B::Modulo | B::InplaceModulo => BigRef::modulo_into,
        B::Power | B::InplacePower => BigRef::pow_into,
        _ => return Ok(None),
    };
    finish(rt, |out| f(a, b, out)).map(Some)
}

/// What a power or a shift to the left has at least.
fn fewest_bits(op: BinaryOp, a: BigRef<'_>, b: BigRef<'_>) -> usize {
    let bits = a.bit_length();
    let by = b.to_usize().unwrap_or(usize::MAX);
    match op {
        _ if b.is_negative() || bits == 0 => 0,
        BinaryOp::ShiftLeft | BinaryOp::InplaceShiftLeft => bits.saturating_add(by),
        // Each factor adds the bits below its first.
        _ => (bits - 1).saturating_mul(by),
    }
}

/// `pow(base, exponent, modulus)`.
#[cfg(not(feature = "small"))]
pub fn pow_mod(rt: &mut Runtime, base: Obj, exponent: Obj, modulus: Obj) -> R<Obj> {
    let (Some(a), Some(b), Some(m)) = (value(base), value(exponent), value(modulus)) else {
        return Err(rt.type_error("pow() with 3 arguments requires integers"));
    };
    if m.as_ref().is_zero() {
        return Err(rt.value_error("divide by zero"));
    }
    finish(rt, |out| {
        a.as_ref().pow_mod_into(b.as_ref(), m.as_ref(), out)
    })
}

/// The same by the operators, for small builds: squares and multiplies, and reduces each time.
#[cfg(feature = "small")]
pub fn pow_mod(rt: &mut Runtime, base: Obj, exponent: Obj, modulus: Obj) -> R<Obj> {
    let (Some(_), Some(b), Some(m)) = (value(base), value(exponent), value(modulus)) else {
        return Err(rt.type_error("pow() with 3 arguments requires integers"));
    };
    if m.as_ref().is_zero() {
        return Err(rt.value_error("divide by zero"));
    }
    if b.as_ref().is_negative() {
        return Err(raise(rt, NumError::NegativeExponent));
    }
    let mut power = rt.binary_op(BinaryOp::Modulo, Obj::int(1), modulus)?;
    let (mut square, mut rest) = (base, exponent);
    while rt.is_true(rest)? {
        square = rt.binary_op(BinaryOp::Modulo, square, modulus)?;
        if rt.binary_op(BinaryOp::And, rest, Obj::int(1))? == Obj::int(1) {
            power = rt.binary_op(BinaryOp::Multiply, power, square)?;
            power = rt.binary_op(BinaryOp::Modulo, power, modulus)?;
        }
        square = rt.binary_op(BinaryOp::Multiply, square, square)?;
        rest = rt.binary_op(BinaryOp::ShiftRight, rest, Obj::int(1))?;
    }
    Ok(power)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// [`fewest_bits`] of two small ints.
    fn bits(op: BinaryOp, a: i64, b: i64) -> usize {
        let (a, b) = (BigInt::from_i64(a), BigInt::from_i64(b));
        fewest_bits(op, a.unwrap().as_ref(), b.unwrap().as_ref())
    }

    #[test]
    fn results_have_at_least_the_bits_that_are_asked_of_the_heap() {
        assert_eq!(bits(BinaryOp::Power, 10, 1_000_000_000), 3_000_000_000);
        assert_eq!(bits(BinaryOp::Power, 2, 70), 70);
        assert_eq!(bits(BinaryOp::ShiftLeft, -5, 100), 103);
        for none in [0, 1, -1] {
            assert_eq!(bits(BinaryOp::Power, none, i64::MAX), 0);
        }
        assert_eq!(bits(BinaryOp::ShiftLeft, 0, i64::MAX), 0);
        assert_eq!(bits(BinaryOp::ShiftLeft, 1, -1), 0);
        assert_eq!(bits(BinaryOp::Power, i64::MAX, i64::MAX), usize::MAX);
    }
}
