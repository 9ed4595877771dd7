//! `math`: functions of floats. The functions themselves come from libm, which is the same on every target.

use ferlance_abi::ops::BinaryOp;
use ferlance_abi::qstr;
#[cfg(not(feature = "small"))]
use libm::tan;
use libm::{acos, asin, atan, fabs, trunc};
#[cfg(feature = "special-math")]
use libm::{acosh, asinh, atanh, cosh, erf, erfc, expm1, lgamma, log2, log10, sinh, tanh, tgamma};
pub use libm::{atan2, ceil, exp, floor, hypot, log as ln, pow, sqrt};
#[cfg(not(feature = "small"))]
pub use libm::{cos, sin};

#[cfg(feature = "small")]
use super::trig::tan;
#[cfg(feature = "small")]
pub(crate) use super::trig::{cos, sin};
use crate::call::Args;
use crate::exc;
use crate::members;
use crate::obj::builtin_fun::BuiltinFun;
use crate::obj::module::ModuleDef;
use crate::obj::word::Obj;
use crate::obj::{float, int, tuple};
use crate::runtime::{R, Raised, Runtime};

macro_rules! one_argument {
    ($($(#[$when:meta])* $id:ident $name:literal $f:expr;)*) => {
        $($(#[$when])* static $id: BuiltinFun = BuiltinFun::f1(qstr!($name), |rt, x| {
            let x = rt.float(x)?;
            let f: fn(f64) -> f64 = $f;
            checked(rt, f(x), &[x])
        });)*
    };
}

one_argument! {
    ACOS "acos" acos;
    #[cfg(feature = "special-math")]
    ACOSH "acosh" acosh;
    ASIN "asin" asin;
    #[cfg(feature = "special-math")]
    ASINH "asinh" asinh;
    ATAN "atan" atan;
    #[cfg(feature = "special-math")]
    ATANH "atanh" atanh;
    COS "cos" cos;
    #[cfg(feature = "special-math")]
    COSH "cosh" cosh;
    DEGREES "degrees" |x| x * (180.0 / core::f64::consts::PI);
    #[cfg(feature = "special-math")]
    ERF "erf" erf;
    #[cfg(feature = "special-math")]
    ERFC "erfc" erfc;
    EXP "exp" exp;
    #[cfg(feature = "special-math")]
    EXPM1 "expm1" expm1;
    FABS "fabs" fabs;
    #[cfg(feature = "special-math")]
    GAMMA "gamma" gamma;
    #[cfg(feature = "special-math")]
    LGAMMA "lgamma" lgamma;
    #[cfg(feature = "special-math")]
    LOG10 "log10" |x| if x <= 0.0 { f64::NAN } else { log10(x) };
    #[cfg(feature = "special-math")]
    LOG2 "log2" |x| if x <= 0.0 { f64::NAN } else { log2(x) };
    RADIANS "radians" |x| x * (core::f64::consts::PI / 180.0);
    SIN "sin" sin;
    #[cfg(feature = "special-math")]
    SINH "sinh" sinh;
    SQRT "sqrt" sqrt;
    TAN "tan" tan;
    #[cfg(feature = "special-math")]
    TANH "tanh" tanh;
}

static ATAN2: BuiltinFun = BuiltinFun::f2(qstr!("atan2"), |rt, y, x| two(rt, y, x, atan2));
static COPYSIGN: BuiltinFun =
    BuiltinFun::f2(qstr!("copysign"), |rt, x, y| two(rt, x, y, f64::copysign));
static FMOD: BuiltinFun = BuiltinFun::f2(qstr!("fmod"), |rt, x, y| {
    two(rt, x, y, ferlance_num::remainder)
});
static POW: BuiltinFun = BuiltinFun::f2(qstr!("pow"), |rt, x, y| two(rt, x, y, pow));
static CEIL: BuiltinFun = BuiltinFun::f1(qstr!("ceil"), |rt, x| whole(rt, x, ceil));
static FLOOR: BuiltinFun = BuiltinFun::f1(qstr!("floor"), |rt, x| whole(rt, x, floor));
static TRUNC: BuiltinFun = BuiltinFun::f1(qstr!("trunc"), |rt, x| whole(rt, x, trunc));
static ISFINITE: BuiltinFun = BuiltinFun::f1(qstr!("isfinite"), |rt, x| {
    Ok(Obj::bool(rt.float(x)?.is_finite()))
});
static ISINF: BuiltinFun = BuiltinFun::f1(qstr!("isinf"), |rt, x| {
    Ok(Obj::bool(rt.float(x)?.is_infinite()))
});
static ISNAN: BuiltinFun =
    BuiltinFun::f1(qstr!("isnan"), |rt, x| Ok(Obj::bool(rt.float(x)?.is_nan())));
static ISCLOSE: BuiltinFun = BuiltinFun::kw(qstr!("isclose"), 2, 2, isclose);
static LOG: BuiltinFun = BuiltinFun::var(qstr!("log"), 1, 2, log);
static FREXP: BuiltinFun = BuiltinFun::f1(qstr!("frexp"), frexp);
static LDEXP: BuiltinFun = BuiltinFun::f2(qstr!("ldexp"), ldexp);
static MODF: BuiltinFun = BuiltinFun::f1(qstr!("modf"), modf);
static FACTORIAL: BuiltinFun = BuiltinFun::f1(qstr!("factorial"), factorial);

/// `math`.
pub static MODULE: ModuleDef = ModuleDef {
    name: qstr!("math"),
    members: members! {
        "e" => Get(|rt| float::new(rt, core::f64::consts::E)),
        "inf" => Get(|rt| float::new(rt, f64::INFINITY)),
        "nan" => Get(|rt| float::new(rt, f64::NAN)),
        "pi" => Get(|rt| float::new(rt, core::f64::consts::PI)),
        "tau" => Get(|rt| float::new(rt, core::f64::consts::TAU)),
        "acos" => Fun(&ACOS), #[cfg(feature = "special-math")]
        "acosh" => Fun(&ACOSH), "asin" => Fun(&ASIN), #[cfg(feature = "special-math")]
        "asinh" => Fun(&ASINH),
        "atan" => Fun(&ATAN), "atan2" => Fun(&ATAN2), #[cfg(feature = "special-math")]
        "atanh" => Fun(&ATANH), "ceil" => Fun(&CEIL),
        "copysign" => Fun(&COPYSIGN), "cos" => Fun(&COS), #[cfg(feature = "special-math")]
        "cosh" => Fun(&COSH), "degrees" => Fun(&DEGREES),
        #[cfg(feature = "special-math")]
        "erf" => Fun(&ERF), #[cfg(feature = "special-math")]
        "erfc" => Fun(&ERFC), "exp" => Fun(&EXP), #[cfg(feature = "special-math")]
        "expm1" => Fun(&EXPM1),
        "fabs" => Fun(&FABS), "factorial" => Fun(&FACTORIAL), "floor" => Fun(&FLOOR), "fmod" => Fun(&FMOD),
        "frexp" => Fun(&FREXP), #[cfg(feature = "special-math")]
        "gamma" => Fun(&GAMMA), "isclose" => Fun(&ISCLOSE), "isfinite" => Fun(&ISFINITE),
        "isinf" => Fun(&ISINF), "isnan" => Fun(&ISNAN), "ldexp" => Fun(&LDEXP), #[cfg(feature = "special-math")]
        "lgamma" => Fun(&LGAMMA),
        "log" => Fun(&LOG), #[cfg(feature = "special-math")]
        "log10" => Fun(&LOG10), #[cfg(feature = "special-math")]
        "log2" => Fun(&LOG2), "modf" => Fun(&MODF),
        "pow" => Fun(&POW), "radians" => Fun(&RADIANS), "sin" => Fun(&SIN), #[cfg(feature = "special-math")]
        "sinh" => Fun(&SINH),
        "sqrt" => Fun(&SQRT), "tan" => Fun(&TAN), #[cfg(feature = "special-math")]
        "tanh" => Fun(&TANH), "trunc" => Fun(&TRUNC),
    },
    extensible: false,
    attr: None,
    set_attr: None,
};

/// `ValueError: math domain error`.
#[cold]
pub fn domain(rt: &mut Runtime) -> Raised {
    rt.value_error("math domain error")
}

/// The result as an object; no number from numbers, or infinity from finite arguments, is an error.
fn checked(rt: &mut Runtime, value: f64, args: &[f64]) -> R<Obj> {
    let invented = value.is_nan() && !args.iter().any(|arg| arg.is_nan());
    let overflowed = value.is_infinite() && args.iter().all(|arg| arg.is_finite());
    if invented || overflowed {
        return Err(domain(rt));
    }
    float::new(rt, value)
}

fn two(rt: &mut Runtime, x: Obj, y: Obj, f: fn(f64, f64) -> f64) -> R<Obj> {
    let (x, y) = (rt.float(x)?, rt.float(y)?);
    checked(rt, f(x, y), &[x, y])
}

fn whole(rt: &mut Runtime, x: Obj, f: fn(f64) -> f64) -> R<Obj> {
    if int::is_int(x) {
        return Ok(x);
    }
    let x = rt.float(x)?;
    int::from_f64(rt, f(x))
}

#[cfg(feature = "special-math")]
/// The gamma function; its poles are outside the domain.
fn gamma(x: f64) -> f64 {
    if x == f64::NEG_INFINITY || (x <= 0.0 && x == floor(x)) {
        f64::NAN
    } else {
        tgamma(x)
    }
}

fn log(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    let x = rt.float(args.pos()[0])?;
    if x <= 0.0 {
        return Err(domain(rt));
    }
    let Some(base) = args.get(1) else {
        return float::new(rt, ln(x));
    };
    let base = rt.float(base)?;
    if base <= 0.0 {
        return Err(domain(rt));
    }
    if base == 1.0 {
        return Err(rt.raise_msg(&exc::ZERO_DIVISION_ERROR, "divide by zero"));
    }
    float::new(rt, ln(x) / ln(base))
}

fn isclose(rt: &mut Runtime, args: Args<'_>) -> R<Obj> {
    let (mut rel, mut abs) = (1e-9, 0.0);
    for (key, value) in args.kw() {
        match rt.str_bytes(key) {
            Some(b"rel_tol") => rel = rt.float(value)?,
            Some(b"abs_tol") => abs = rt.float(value)?,
            _ => return Err(rt.type_error("extra keyword arguments given")),
        }
    }
    if rel < 0.0 || abs < 0.0 {
        return Err(domain(rt));
    }
    let (a, b) = (rt.float(args.pos()[0])?, rt.float(args.pos()[1])?);
    if a == b {
        return Ok(Obj::TRUE);
    }
    let difference = (a - b).abs();
    let close =
        difference.is_finite() && (difference <= rel * a.abs().max(b.abs()) || difference <= abs);
    Ok(Obj::bool(close))
}

fn frexp(rt: &mut Runtime, x: Obj) -> R<Obj> {
    let x = rt.float(x)?;
    let (mantissa, exponent) = libm::frexp(x);
    let mantissa = float::new(rt, mantissa)?;
    Ok(tuple::from_slice(rt, &[mantissa, Obj::int(exponent as isize)])?.obj())
}

fn ldexp(rt: &mut Runtime, x: Obj, exponent: Obj) -> R<Obj> {
    let x = rt.float(x)?;
    let exponent = rt.int(exponent)?.clamp(-10_000, 10_000) as i32;
    float::new(rt, libm::ldexp(x, exponent))
}

fn modf(rt: &mut Runtime, x: Obj) -> R<Obj> {
    let x = rt.float(x)?;
    let (fraction, whole) = libm::modf(x);
    let fraction = float::new(
        rt,
        if x.is_infinite() {
            0.0f64.copysign(x)
        } else {
            fraction
        },
    )?;
    let whole = float::new(rt, whole)?;
    Ok(tuple::from_slice(rt, &[fraction, whole])?.obj())
}

fn factorial(rt: &mut Runtime, n: Obj) -> R<Obj> {
    let n = rt.int(n)?;
    if n < 0 {
        return Err(rt.value_error("negative factorial"));
    }
    product(rt, 1, n)
}

/// `low · (low + 1) · … · high`, by halves: the factors of each product have about the same length.
fn product(rt: &mut Runtime, low: isize, high: isize) -> R<Obj> {
    rt.check_stack()?;
    if high - low < 8 {
        let mut made = Obj::int(1);
        for i in low.max(2)..=high {
            made = rt.binary_op(BinaryOp::Multiply, made, Obj::int(i))?;
        }
        return Ok(made);
    }
    let middle = low + (high - low) / 2;
    let a = product(rt, low, middle)?;
    let b = product(rt, middle + 1, high)?;
    rt.binary_op(BinaryOp::Multiply, a, b)
}
