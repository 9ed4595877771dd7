//! Operators, subscripts, arithmetic of native words: entries 15 to 18, 46, 47.

use ferlance_abi::ops::{BinaryOp, UnaryOp};
use ferlance_abi::small_int;
use ferlance_bytecode::op::opcode;

use crate::config::QUICKEN;
use crate::exc;
use crate::interp::arith;
use crate::obj::array::{ARRAY, Array};
use crate::obj::dict::Dict;
use crate::obj::list::List;
use crate::obj::memoryview::{self, MEMORYVIEW};
use crate::obj::str::{self, STR};
use crate::obj::tuple::{TUPLE, Tuple};
use crate::obj::ty::Access;
use crate::obj::word::Obj;
use crate::runtime::{R, Raised, Runtime};

/// The word that stands for "load" where a value would be.
const SENTINEL: usize = 4;

/// Item of a tuple, an array, a list, a str or a view. Our own code sees to lists itself where it may be long.
#[inline(always)]
fn quick_item(base: Obj, index: Obj) -> Option<Obj> {
    if let (Some(head), Some(at)) = (base.as_ptr(), index.as_small())
        && let Ok(at) = usize::try_from(at)
    {
        let ty = head.get().ty();
        if ty.same(&TUPLE) {
            return base.cast::<Tuple>()?.item(at);
        }
        if ty.same(&ARRAY) {
            return base.cast::<Array>()?.small_item(at);
        }
        if QUICKEN && ty.same(&STR) {
            return str::ascii_char(base, at);
        }
        if QUICKEN && ty.same(&MEMORYVIEW) {
            return Some(Obj::int(isize::from(memoryview::quick_byte(base, at)?)));
        }
    }
    arith::list_item(base, index)
}

/// The sentinel as value loads, null deletes, another stores.
pub(crate) fn obj_subscr(rt: &mut Runtime, base: Obj, index: Obj, value: usize) -> R<Obj> {
    if value == SENTINEL {
        if let Some(item) = quick_item(base, index) {
            return Ok(item);
        }
        if QUICKEN && let Some(dict) = base.cast::<Dict>() {
            return match dict.map.lookup(rt, index)? {
                Some(value) => Ok(value),
                None => Err(rt.key_error(index)),
            };
        }
        return arith::item(rt, base, index);
    }
    // SAFETY: native code passes an object or null.
    match unsafe { Obj::from_raw(value) } {
        Some(value) => {
            if QUICKEN && let Some(dict) = base.cast::<Dict>() {
                dict.map.store(rt, index, value)?;
            } else if !arith::set_list_item(base, index, value) {
                arith::set_item(rt, base, index, value)?;
            }
        }
        None => {
            rt.subscr(base, index, Access::Delete)?;
        }
    }
    Ok(Obj::NONE)
}

pub(crate) fn obj_is_true(rt: &mut Runtime, value: Obj) -> R<bool> {
    if QUICKEN && let Some(list) = value.cast::<List>() {
        return Ok(!list.is_empty());
    }
    rt.is_true(value)
}

pub(crate) fn unary_op(rt: &mut Runtime, op: usize, value: Obj) -> R<Obj> {
    match u8::try_from(op).ok().and_then(UnaryOp::from_number) {
        Some(op) => arith::unary(rt, opcode::UNARY_OP + op.number(), value),
        None => Err(rt.type_error("unsupported operator")),
    }
}

pub(crate) fn binary_op(rt: &mut Runtime, op: usize, lhs: Obj, rhs: Obj) -> R<Obj> {
    let Some(op) = u8::try_from(op).ok().and_then(BinaryOp::from_number) else {
        return Err(rt.type_error("unsupported operator"));
    };
    if lhs.is_small() && rhs.is_small() {
        let (a, b) = (lhs.small_value(), rhs.small_value());
        let known = match op {
            BinaryOp::Less => Some(a < b),
            BinaryOp::More => Some(a > b),
            BinaryOp::Equal => Some(a == b),
            BinaryOp::LessEqual => Some(a <= b),
            BinaryOp::MoreEqual => Some(a >= b),
            BinaryOp::NotEqual => Some(a != b),
            _ => None,
        };
        if let Some(known) = known {
            return Ok(Obj::bool(known));
        }
        if let Some(value) = arith::fast(opcode::BINARY_OP + op.number(), lhs, rhs) {
            return Ok(value);
        }
    }
    if QUICKEN && let Some(known) = str::quick_answer(rt, op, lhs, rhs) {
        return Ok(Obj::bool(known));
    }
    let code = opcode::BINARY_OP + op.number();
    match op {
        BinaryOp::Add | BinaryOp::InplaceAdd => arith::add(rt, code, lhs, rhs),
        BinaryOp::Subtract | BinaryOp::InplaceSubtract => arith::sub(rt, code, lhs, rhs),
        BinaryOp::Is => Ok(Obj::bool(lhs == rhs)),
        _ => arith::binary(rt, code, lhs, rhs),
    }
}

#[cold]
fn zero(rt: &mut Runtime) -> Raised {
    rt.raise_msg(&exc::ZERO_DIVISION_ERROR, "divide by zero")
}

/// Stock traps or gives garbage when the divisor is zero; we raise.
pub(crate) fn small_int_floor_divide(rt: &mut Runtime, a: isize, b: isize) -> R<isize> {
    match small_int::floor_div(a, b) {
        Some(value) => Ok(value),
        None if b == 0 => Err(zero(rt)),
        // The one quotient that does not fit wraps, as the other operators of viper do.
        None => Ok(a.wrapping_neg()),
    }
}

/// As [`small_int_floor_divide`].
pub(crate) fn small_int_modulo(rt: &mut Runtime, a: isize, b: isize) -> R<isize> {
    match small_int::floor_mod(a, b) {
        Some(value) => Ok(value),
        None if b == 0 => Err(zero(rt)),
        None => Ok(0),
    }
}
