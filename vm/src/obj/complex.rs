//! `complex`.

use ferlance_abi::ops::{BinaryOp, UnaryOp};
use ferlance_abi::qstr;
use ferlance_abi::qstr::Qstr;
use ferlance_num::{format_float, parse_float};

use super::float;
use super::ptr::PyType;
use super::ty::{Attr, Header, PrintKind, Type, TypeFlags, VTable};
use super::word::Obj;
use crate::call::Args;
use crate::exc;
use crate::modules::math;
use crate::obj::builtin_fun::expect_args;
use crate::runtime::{R, Runtime};
use crate::text::print::Print;

/// `complex`.
pub static COMPLEX: Type = Type::builtin(
    qstr!("complex"),
    TypeFlags::EQ_NOT_REFLEXIVE | TypeFlags::EQ_CHECKS_OTHER_TYPE,
    &VT,
);
static VT: VTable = VTable {
    make_new: Some(make_new),
    print: Some(print),
    unary: Some(unary),
    binary: Some(binary),
    attr: Some(attr),
    ..VTable::NEW
};

/// A complex number on the heap.
#[repr(C)]
pub struct Complex {
    base: Header,
    /// The real part.
    pub re: f64,
    /// The imaginary part.
    pub im: f64,
}

// SAFETY: every structure of type COMPLEX is a `Complex`.
unsafe impl PyType for Complex {
    fn ty() -> &'static Type {
        &COMPLEX
    }
}

/// The number `re + im j`.
pub fn new(rt: &mut Runtime, re: f64, im: f64) -> R<Obj> {
    Ok(rt
        .new_leaf(Complex {
            base: Header::new(&COMPLEX),
            re,
            im,
        })?
        .obj())
}

/// Real and imaginary part.
pub type Parts = (f64, f64);

/// The parts of any number; `None` for other objects.
pub fn parts_of(obj: Obj) -> Option<Parts> {
    match obj.cast::<Complex>() {
        Some(c) => Some((c.re, c.im)),
        None => Some((float::value_of(obj)?, 0.0)),
    }
}

impl Runtime {
    /// The parts of a number, or of an object that converts itself.
    pub fn complex(&mut self, obj: Obj) -> R<Parts> {
        if let Some(parts) = parts_of(obj) {
            return Ok(parts);
        }
        if obj.is_ptr() && obj.ty().is_class() {
            for op in [UnaryOp::ComplexMaybe, UnaryOp::FloatMaybe] {
                if let Some(parts) = self.unary_maybe(op, obj)?.and_then(parts_of) {
                    return Ok(parts);
                }
            }
        }
        Err(self.type_error_of("can't convert {} to complex", obj))
    }
}

fn make_new(rt: &mut Runtime, _: &'static Type, args: Args<'_>) -> R<Obj> {
    expect_args(rt, args, 0, 2, false)?;
    match *args.pos() {
        [] => new(rt, 0.0, 0.0),
        [arg] => {
            if let Some(text) = rt.str_bytes(arg) {
                let (re, im) = parse(rt, text)?;
                return new(rt, re, im);
            }
            if arg.is::<Complex>() {
                return Ok(arg);
            }
            let (re, im) = rt.complex(arg)?;
            new(rt, re, im)
        }
        [re, im, ..] => {
            let (a, b) = part(rt, re)?;
            let (c, d) = part(rt, im)?;
            new(rt, a - d, b + c)
        }
    }
}

/// One of two arguments: a complex number, or anything that is a float.
fn part(rt: &mut Runtime, arg: Obj) -> R<Parts> {
    if arg.is::<Complex>() {
        return rt.complex(arg);
    }
    Ok((rt.float(arg)?, 0.0))
}

/// The number that a text writes: `re`, `imj`, `re+imj`. Stock also takes a space between the parts.
fn parse(rt: &mut Runtime, text: &[u8]) -> R<Parts> {
    let bad = |rt: &mut Runtime| rt.value_error("invalid syntax for number");
    let scan = |text: &[u8]| parse_float::scan_float::<f64>(text).ok();
    let Some((first, at)) = scan(text) else {
        return Err(bad(rt));
    };
    let rest = &text[at.min(text.len())..];
    let blank = |text: &[u8]| text.iter().all(|b| b.is_ascii_whitespace());
    if let [b'j' | b'J', tail @ ..] = rest
        && blank(tail)
    {
        return Ok((0.0, first));
    }
    if blank(rest) {
        return Ok((first, 0.0));
    }
    let Some((second, at)) = scan(rest) else {
        return Err(bad(rt));
    };
    match rest.get(at..) {
        Some([b'j' | b'J', tail @ ..]) if blank(tail) => Ok((first, second)),
        _ => Err(bad(rt)),
    }
}

fn print(rt: &mut Runtime, obj: Obj, _: PrintKind, out: &mut dyn Print) -> R<()> {
    let Some((re, im)) = parts_of(obj) else {
        return Ok(());
    };
    if re == 0.0 {
        out.write(rt, format_float::repr_bare(im).as_bytes())?;
        return out.write(rt, b"j");
    }
    out.write(rt, b"(")?;
    out.write(rt, format_float::repr_bare(re).as_bytes())?;
    if im >= 0.0 || im.is_nan() {
        out.write(rt, b"+")?;
    }
    out.write(rt, format_float::repr_bare(im).as_bytes())?;
    out.write(rt, b"j)")
}

fn attr(rt: &mut Runtime, obj: Obj, name: Qstr) -> R<Attr> {
    let Some((re, im)) = parts_of(obj) else {
        return Ok(Attr::None);
    };
    if name == qstr!("real") {
        return float::new(rt, re).map(Attr::Value);
    }
    if name == qstr!("imag") {
        return float::new(rt, im).map(Attr::Value);
    }
    Ok(Attr::None)
}

fn unary(rt: &mut Runtime, op: UnaryOp, obj: Obj) -> R<Option<Obj>> {
    let Some((re, im)) = parts_of(obj) else {
        return Ok(None);
    };
    Ok(Some(match op {
        UnaryOp::Positive | UnaryOp::ComplexMaybe => obj,
        UnaryOp::Negative => return new(rt, -re, -im).map(Some),
        UnaryOp::Bool => Obj::bool(re != 0.0 || im != 0.0),
        UnaryOp::Abs => return float::new(rt, math::hypot(re, im)).map(Some),
        UnaryOp::Hash => {
            let mixed = (re.to_bits() ^ im.to_bits().rotate_left(21)) as usize;
            Obj::int((mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15_u64 as usize) >> 2) as isize)
        }
        _ => return Ok(None),
    }))
}

/// `a ** b`.
pub fn power(rt: &mut Runtime, a: Parts, b: Parts) -> R<Obj> {
    let size = math::hypot(a.0, a.1);
    if size == 0.0 {
        if b.1 == 0.0 && b.0 >= 0.0 {
            return new(rt, if b.0 == 0.0 { 1.0 } else { 0.0 }, 0.0);
        }
        return Err(rt.raise_msg(&exc::ZERO_DIVISION_ERROR, "0.0 to a complex power"));
    }
    let (log, angle) = (math::ln(size), math::atan2(a.1, a.0));
    let x = math::exp(b.0 * log - b.1 * angle);
    let y = b.1 * log + b.0 * angle;
    new(rt, x * math::cos(y), x * math::sin(y))
}

/// Binary operators with a number on each side, at least one of them complex.
pub fn binary(rt: &mut Runtime, op: BinaryOp, lhs: Obj, rhs: Obj) -> R<Option<Obj>> {
    use BinaryOp as B;
    let (Some(a), Some(b)) = (parts_of(lhs), parts_of(rhs)) else {
        return Ok(None);
    };
    let (re, im) = match op {
        B::Equal => return Ok(Some(Obj::bool(a == b))),
        B::Add | B::InplaceAdd => (a.0 + b.0, a.1 + b.1),
        B::Subtract | B::InplaceSubtract => (a.0 - b.0, a.1 - b.1),
        B::Multiply | B::InplaceMultiply => (a.0 * b.0 - a.1 * b.1, a.0 * b.1 + a.1 * b.0),
        B::FloorDivide | B::InplaceFloorDivide => {
            return Err(rt.type_error("can't truncate-divide a complex number"));
        }
        B::TrueDivide | B::InplaceTrueDivide => {
            if b.1 == 0.0 {
                if b.0 == 0.0 {
                    return Err(rt.raise_msg(&exc::ZERO_DIVISION_ERROR, "complex divide by zero"));
                }
                (a.0 / b.0, a.1 / b.0)
            } else {
                let norm = b.0 * b.0 + b.1 * b.1;
                (
                    (a.0 * b.0 + a.1 * b.1) / norm,
                    (a.1 * b.0 - a.0 * b.1) / norm,
                )
            }
        }
        B::Power | B::InplacePower => return power(rt, a, b).map(Some),
        _ => return Ok(None),
    };
    new(rt, re, im).map(Some)
}
