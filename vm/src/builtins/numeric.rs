//! Functions of numbers.

use ferlance_abi::ops::{BinaryOp, UnaryOp};
use ferlance_abi::qstr;

use crate::call::Args;
use crate::obj::builtin_fun::BuiltinFun;
use crate::obj::word::Obj;
use crate::obj::{float, int};
use crate::runtime::{R, Runtime};

/// `abs(x)`
pub static ABS: BuiltinFun = BuiltinFun::f1(qstr!("abs"), |rt, x| rt.unary_op(UnaryOp::Abs, x));
/// `divmod(a, b)`
pub static DIVMOD: BuiltinFun = BuiltinFun::f2(qstr!("divmod"), |rt, a, b| {
    rt.binary_op(BinaryOp::DivMod, a, b)
});
/// `pow(a, b[, m])`
pub static POW: BuiltinFun = BuiltinFun::var(qstr!("pow"), 2, 3, pow);
/// `round(x[, n])`
pub static ROUND: BuiltinFun = BuiltinFun::var(qstr!("round"), 1, 2, round);

fn pow(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    match *args.pos() {
        [a, b, m] => int::pow_mod(rt, a, b, m),
        [a, b, ..] => rt.binary_op(BinaryOp::Power, a, b),
        _ => Ok(Obj::NONE),
    }
}

/// Rounds to a whole number, halves to even.
fn round_even(x: f64) -> f64 {
    libm::rint(x)
}

fn round(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    let x = args.pos()[0];
    let digits = args.get(1).filter(|n| !n.is_none());
    if let Some(value) = int::value(x) {
        let Some(digits) = digits else {
            return rt.binary_op(BinaryOp::Add, x, Obj::int(0));
        };
        let digits = rt.int(digits)?;
        if digits >= 0 || value.as_ref().is_zero() {
            return rt.binary_op(BinaryOp::Add, x, Obj::int(0));
        }
        // n // m * m, then up when the rest is more than half, or exactly half of an odd multiple.
        let Some(power) = digits.checked_neg() else {
            return Ok(Obj::int(0));
        };
        let mult = rt.binary_op(BinaryOp::Power, Obj::int(10), Obj::int(power))?;
        let rest = rt.binary_op(BinaryOp::Modulo, x, mult)?;
        let half = rt.binary_op(BinaryOp::FloorDivide, mult, Obj::int(2))?;
        let down = rt.binary_op(BinaryOp::Subtract, x, rest)?;
        let up = if rt.equal(rest, half)? {
            let times = rt.binary_op(BinaryOp::FloorDivide, down, mult)?;
            rt.binary_op(BinaryOp::And, times, Obj::int(1))? == Obj::int(1)
        } else {
            rt.binary_op(BinaryOp::More, rest, half)? == Obj::TRUE
        };
        return if up {
            rt.binary_op(BinaryOp::Add, down, mult)
        } else {
            Ok(down)
        };
    }
    let value = rt.float(x)?;
    match digits {
        None => int::from_f64(rt, round_even(value)),
        Some(digits) => {
            let digits = rt.int(digits)?;
            let scale = libm::pow(10.0, digits as f64);
            float::new(rt, round_even(value * scale) / scale)
        }
    }
}
