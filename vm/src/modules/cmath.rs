//! `cmath`: functions of complex numbers.

use ferlance_abi::qstr;

use super::math::{atan2, cos, exp, hypot, ln, sin, sqrt};
use crate::members;
use crate::obj::builtin_fun::BuiltinFun;
use crate::obj::module::ModuleDef;
use crate::obj::word::Obj;
use crate::obj::{complex, float, tuple};
use crate::runtime::{R, Runtime};

static COS: BuiltinFun = BuiltinFun::f1(qstr!("cos"), |rt, z| {
    let (re, im) = rt.complex(z)?;
    complex::new(rt, cos(re) * libm::cosh(im), -sin(re) * libm::sinh(im))
});
static SIN: BuiltinFun = BuiltinFun::f1(qstr!("sin"), |rt, z| {
    let (re, im) = rt.complex(z)?;
    complex::new(rt, sin(re) * libm::cosh(im), cos(re) * libm::sinh(im))
});
static EXP: BuiltinFun = BuiltinFun::f1(qstr!("exp"), |rt, z| {
    let (re, im) = rt.complex(z)?;
    complex::new(rt, exp(re) * cos(im), exp(re) * sin(im))
});
static LOG: BuiltinFun = BuiltinFun::f1(qstr!("log"), |rt, z| {
    let (re, im) = rt.complex(z)?;
    complex::new(rt, ln(hypot(re, im)), atan2(im, re))
});
static LOG10: BuiltinFun = BuiltinFun::f1(qstr!("log10"), |rt, z| {
    let (re, im) = rt.complex(z)?;
    let scale = core::f64::consts::LOG10_E;
    complex::new(rt, scale * ln(hypot(re, im)), scale * atan2(im, re))
});
static SQRT: BuiltinFun = BuiltinFun::f1(qstr!("sqrt"), |rt, z| {
    let (re, im) = rt.complex(z)?;
    let (size, half) = (sqrt(hypot(re, im)), atan2(im, re) * 0.5);
    complex::new(rt, size * cos(half), size * sin(half))
});
static PHASE: BuiltinFun = BuiltinFun::f1(qstr!("phase"), |rt, z| {
    let (re, im) = rt.complex(z)?;
    float::new(rt, atan2(im, re))
});
static POLAR: BuiltinFun = BuiltinFun::f1(qstr!("polar"), |rt, z| {
    let (re, im) = rt.complex(z)?;
    let size = float::new(rt, hypot(re, im))?;
    let phase = float::new(rt, atan2(im, re))?;
    Ok(tuple::from_slice(rt, &[size, phase])?.obj())
});
static RECT: BuiltinFun = BuiltinFun::f2(qstr!("rect"), rect);

fn rect(rt: &mut Runtime, size: Obj, phase: Obj) -> R<Obj> {
    let (size, phase) = (rt.float(size)?, rt.float(phase)?);
    complex::new(rt, size * cos(phase), size * sin(phase))
}

/// `cmath`.
pub static MODULE: ModuleDef = ModuleDef {
    name: qstr!("cmath"),
    members: members! {
        "e" => Get(|rt| float::new(rt, core::f64::consts::E)),
        "pi" => Get(|rt| float::new(rt, core::f64::consts::PI)),
        "cos" => Fun(&COS), "exp" => Fun(&EXP), "log" => Fun(&LOG), "log10" => Fun(&LOG10), "phase" => Fun(&PHASE),
        "polar" => Fun(&POLAR), "rect" => Fun(&RECT), "sin" => Fun(&SIN), "sqrt" => Fun(&SQRT),
    },
    extensible: false,
    attr: None,
    set_attr: None,
};
