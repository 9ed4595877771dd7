//! Operators of the loop: fast paths for small ints and floats, then the general protocol.

use ferlance_abi::ops::{BinaryOp, UnaryOp};
use ferlance_bytecode::op::opcode;

use crate::obj::float;
use crate::obj::list::List;
use crate::obj::word::Obj;
use crate::obj::{array, bytearray, bytes, tuple};
use crate::runtime::{R, Runtime};

/// `lhs + rhs` of small ints, if it is one.
#[cfg_attr(not(feature = "small"), inline(always))]
pub(super) fn add_small(lhs: Obj, rhs: Obj) -> Option<Obj> {
    if lhs.is_small() & rhs.is_small() {
        // The tag of one operand is taken off first: (2a) + (2b + 1) = 2(a + b) + 1.
        let (sum, over) = ((lhs.raw() - 1) as isize).overflowing_add(rhs.raw() as isize);
        if !over {
            // SAFETY: an odd word is a small int.
            return unsafe { Obj::from_raw(sum as usize) };
        }
    }
    None
}

/// `lhs - rhs` of small ints, if it is one.
#[cfg_attr(not(feature = "small"), inline(always))]
pub(super) fn sub_small(lhs: Obj, rhs: Obj) -> Option<Obj> {
    if lhs.is_small() & rhs.is_small() {
        let (difference, over) = (lhs.raw() as isize).overflowing_sub((rhs.raw() - 1) as isize);
        if !over {
            // SAFETY: an odd word is a small int.
            return unsafe { Obj::from_raw(difference as usize) };
        }
    }
    None
}

/// Compares two floats.
#[cfg_attr(not(feature = "small"), inline(always))]
pub(super) fn compare_floats(lhs: Obj, rhs: Obj, f: impl Fn(f64, f64) -> bool) -> Option<bool> {
    Some(f(lhs.as_float()?, rhs.as_float()?))
}

/// `obj[index] = value` once lists are ruled out.
#[inline(never)]
pub(crate) fn set_item(rt: &mut Runtime, obj: Obj, index: Obj, value: Obj) -> R<()> {
    if let (Some(i), Some(small)) = (index.as_small(), value.as_small())
        && i >= 0
        && obj.is_ptr()
    {
        let i = i as usize;
        let done = if let Some(array) = obj.cast::<array::Array>() {
            array.set_small_item(i, small)
        } else if let Some(data) = obj.cast::<bytearray::ByteArray>() {
            data.set(i, small as u8)
        } else {
            false
        };
        if done {
            return Ok(());
        }
    }
    rt.set_item(obj, index, value)
}

/// The commonest operators on small ints. `op` is the opcode byte.
#[cfg_attr(not(feature = "small"), inline(always))]
pub(crate) fn fast(op: u8, lhs: Obj, rhs: Obj) -> Option<Obj> {
    const BASE: u8 = opcode::BINARY_OP;
    const ADD: u8 = BASE + BinaryOp::Add.number();
    const IADD: u8 = BASE + BinaryOp::InplaceAdd.number();
    const SUB: u8 = BASE + BinaryOp::Subtract.number();
    const ISUB: u8 = BASE + BinaryOp::InplaceSubtract.number();
    const AND: u8 = BASE + BinaryOp::And.number();
    const OR: u8 = BASE + BinaryOp::Or.number();
    const XOR: u8 = BASE + BinaryOp::Xor.number();
    const MUL: u8 = BASE + BinaryOp::Multiply.number();
    const SHR: u8 = BASE + BinaryOp::ShiftRight.number();
    const SHL: u8 = BASE + BinaryOp::ShiftLeft.number();
    const MOD: u8 = BASE + BinaryOp::Modulo.number();
    const DIV: u8 = BASE + BinaryOp::FloorDivide.number();
    match op {
        ADD | IADD => add_small(lhs, rhs),
        SUB | ISUB => sub_small(lhs, rhs),
        _ if !(lhs.is_small() & rhs.is_small()) => None,
        // Tags and all: both words end in a one bit.
        // SAFETY: odd words are small ints.
        AND => unsafe { Obj::from_raw(lhs.raw() & rhs.raw()) },
        // SAFETY: as above.
        OR => unsafe { Obj::from_raw(lhs.raw() | rhs.raw()) },
        // SAFETY: as above.
        XOR => unsafe { Obj::from_raw((lhs.raw() ^ rhs.raw()) | 1) },
        MUL => {
            let (product, over) =
                ((lhs.raw() - 1) as isize).overflowing_mul(rhs.raw() as isize >> 1);
            if over {
                None
            } else {
                // SAFETY: as above.
                unsafe { Obj::from_raw(product as usize | 1) }
            }
        }
        SHR => {
            let by = rhs.raw() >> 1;
            if by >= usize::BITS as usize - 1 {
                return None;
            }
            // SAFETY: as above.
            unsafe { Obj::from_raw(((lhs.raw() as isize) >> by) as usize | 1) }
        }
        SHL => {
            let (value, by) = ((lhs.raw() - 1) as isize, rhs.raw() >> 1);
            if by >= usize::BITS as usize - 1 || (value << by) >> by != value {
                return None;
            }
            // SAFETY: as above.
            unsafe { Obj::from_raw((value << by) as usize | 1) }
        }
        // For operands that are not negative, truncation and flooring agree.
        MOD | DIV if (lhs.raw() | rhs.raw()) as isize >= 0 && rhs.raw() > 1 => {
            let (a, b) = (lhs.raw() >> 1, rhs.raw() >> 1);
            Some(Obj::int((if op == MOD { a % b } else { a / b }) as isize))
        }
        _ => None,
    }
}

/// The comparison `number` once small ints are ruled out, as a truth value.
#[inline(never)]
pub(super) fn compare(rt: &mut Runtime, number: u8, lhs: Obj, rhs: Obj) -> R<bool> {
    if let (Some(a), Some(b)) = (lhs.as_float(), rhs.as_float()) {
        return Ok(match number {
            0 => a < b,
            1 => a > b,
            2 => a == b,
            3 => a <= b,
            4 => a >= b,
            _ => a != b,
        });
    }
    match number {
        2 => return rt.equal(lhs, rhs),
        5 => {
            let value = rt.equal_or_not(BinaryOp::NotEqual, lhs, rhs)?;
            return rt.is_true(value);
        }
        _ => {}
    }
    let value = binary_slow(rt, opcode::BINARY_OP + number, lhs, rhs)?;
    rt.is_true(value)
}

/// `list[i]` for a list and a small int in range.
#[cfg_attr(not(feature = "small"), inline(always))]
pub(crate) fn list_item(obj: Obj, index: Obj) -> Option<Obj> {
    let list = obj.cast::<List>()?;
    let i = index.as_small()?;
    let i = if i < 0 {
        i.wrapping_add_unsigned(list.len())
    } else {
        i
    };
    list.item(i as usize)
}

/// `obj[index]` once lists are ruled out: tuples, bytes and their like with a small int in range, then the protocol.
#[inline(never)]
pub(crate) fn item(rt: &mut Runtime, obj: Obj, index: Obj) -> R<Obj> {
    if let (Some(head), Some(i)) = (obj.as_ptr(), index.as_small())
        && i >= 0
    {
        let ty = head.get().ty();
        let i = i as usize;
        let found = if ty.same(&tuple::TUPLE) {
            obj.cast::<tuple::Tuple>().and_then(|tuple| tuple.item(i))
        } else if ty.same(&array::ARRAY) {
            obj.cast::<array::Array>()
                .and_then(|array| array.small_item(i))
        } else if ty.same(&bytes::BYTES) {
            let data = bytes::data(obj);
            data.and_then(|data| data.get(i))
                .map(|byte| Obj::int(isize::from(*byte)))
        } else if ty.same(&bytearray::BYTEARRAY) {
            let data = obj.cast::<bytearray::ByteArray>();
            data.and_then(|data| data.byte(i))
                .map(|byte| Obj::int(isize::from(byte)))
        } else {
            None
        };
        if let Some(found) = found {
            return Ok(found);
        }
    }
    rt.get_item(obj, index)
}

/// `list[i] = value` for a list and a small int in range.
#[cfg_attr(not(feature = "small"), inline(always))]
pub(crate) fn set_list_item(obj: Obj, index: Obj, value: Obj) -> bool {
    let (Some(list), Some(i)) = (obj.cast::<List>(), index.as_small()) else {
        return false;
    };
    let i = if i < 0 {
        i.wrapping_add_unsigned(list.len())
    } else {
        i
    };
    list.set(i as usize, value)
}

/// `+` once small ints are ruled out.
#[inline(never)]
pub(crate) fn add(rt: &mut Runtime, op: u8, lhs: Obj, rhs: Obj) -> R<Obj> {
    if let (Some(a), Some(b)) = (lhs.as_float(), rhs.as_float()) {
        return float::new(rt, a + b);
    }
    binary_slow(rt, op, lhs, rhs)
}

/// `-` once small ints are ruled out.
#[inline(never)]
pub(crate) fn sub(rt: &mut Runtime, op: u8, lhs: Obj, rhs: Obj) -> R<Obj> {
    if let (Some(a), Some(b)) = (lhs.as_float(), rhs.as_float()) {
        return float::new(rt, a - b);
    }
    binary_slow(rt, op, lhs, rhs)
}

/// The operators that have no arm of their own in the loop. `op` is the opcode byte.
#[inline(never)]
pub(crate) fn binary(rt: &mut Runtime, op: u8, lhs: Obj, rhs: Obj) -> R<Obj> {
    let Some(number) = BinaryOp::from_number(op - opcode::BINARY_OP) else {
        return Ok(Obj::NONE);
    };
    if let (Some(a), Some(b)) = (lhs.as_small(), rhs.as_small()) {
        let fast = match number {
            BinaryOp::Multiply | BinaryOp::InplaceMultiply => a.checked_mul(b).and_then(Obj::small),
            BinaryOp::And | BinaryOp::InplaceAnd => Obj::small(a & b),
            BinaryOp::Or | BinaryOp::InplaceOr => Obj::small(a | b),
            BinaryOp::Xor | BinaryOp::InplaceXor => Obj::small(a ^ b),
            BinaryOp::ShiftRight | BinaryOp::InplaceShiftRight if b >= 0 => {
                Obj::small(a >> b.min(isize::BITS as isize - 1))
            }
            BinaryOp::ShiftLeft | BinaryOp::InplaceShiftLeft
                if (0..isize::BITS as isize - 1).contains(&b) =>
            {
                let shifted = a << b;
                if shifted >> b == a {
                    Obj::small(shifted)
                } else {
                    None
                }
            }
            BinaryOp::FloorDivide | BinaryOp::InplaceFloorDivide if b != 0 => {
                let q = a.wrapping_div(b);
                Obj::small(if a % b != 0 && (a < 0) != (b < 0) {
                    q - 1
                } else {
                    q
                })
            }
            BinaryOp::Modulo | BinaryOp::InplaceModulo if b != 0 => {
                let r = a.wrapping_rem(b);
                Obj::small(if r != 0 && (r < 0) != (b < 0) {
                    r + b
                } else {
                    r
                })
            }
            BinaryOp::TrueDivide | BinaryOp::InplaceTrueDivide
                if b != 0 && float::is_exact(a) && float::is_exact(b) =>
            {
                return float::new(rt, a as f64 / b as f64);
            }
            _ => None,
        };
        if let Some(value) = fast {
            return Ok(value);
        }
    } else if let (Some(a), Some(b)) = (number_as_float(lhs), number_as_float(rhs)) {
        let fast = match number {
            BinaryOp::Multiply | BinaryOp::InplaceMultiply => Some(a * b),
            BinaryOp::TrueDivide | BinaryOp::InplaceTrueDivide if b != 0.0 => Some(a / b),
            _ => None,
        };
        if let Some(value) = fast {
            return float::new(rt, value);
        }
    }
    rt.binary_op(number, lhs, rhs)
}

/// The value of a float, or of a small int that a float holds exactly.
#[cfg_attr(not(feature = "small"), inline(always))]
fn number_as_float(obj: Obj) -> Option<f64> {
    match obj.as_small() {
        Some(value) if float::is_exact(value) => Some(value as f64),
        Some(_) => None,
        None => obj.as_float(),
    }
}

/// The general protocol. `op` is the opcode byte.
#[inline(never)]
pub(super) fn binary_slow(rt: &mut Runtime, op: u8, lhs: Obj, rhs: Obj) -> R<Obj> {
    match BinaryOp::from_number(op - opcode::BINARY_OP) {
        Some(number) => rt.binary_op(number, lhs, rhs),
        None => Ok(Obj::NONE),
    }
}

/// Unary operators. `op` is the opcode byte.
#[inline(never)]
pub(crate) fn unary(rt: &mut Runtime, op: u8, arg: Obj) -> R<Obj> {
    let Some(number) = UnaryOp::from_number(op - opcode::UNARY_OP) else {
        return Ok(Obj::NONE);
    };
    if let Some(value) = arg.as_small() {
        let fast = match number {
            UnaryOp::Positive => Some(arg),
            UnaryOp::Negative => Obj::small(-value),
            UnaryOp::Invert => Obj::small(!value),
            _ => None,
        };
        if let Some(value) = fast {
            return Ok(value);
        }
    }
    if number == UnaryOp::Not
        && let Some(value) = arg.as_bool()
    {
        return Ok(Obj::bool(!value));
    }
    rt.unary_op(number, arg)
}
