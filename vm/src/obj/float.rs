//! `float`: a double on the heap.

use ferlance_abi::ops::{BinaryOp, UnaryOp};
use ferlance_abi::qstr;
use ferlance_num::{floor_divmod, format_float, parse_float};

use super::ptr::PyType;
use super::ty::{Header, PrintKind, Type, TypeFlags, VTable};
use super::word::Obj;
use super::{complex, int, tuple};
use crate::call::Args;
use crate::exc;
use crate::obj::builtin_fun::expect_args;
use crate::runtime::{R, Raised, Runtime};
use crate::text::print::Print;

/// `float`.
pub static FLOAT: Type = Type::builtin(
    qstr!("float"),
    TypeFlags::EQ_NOT_REFLEXIVE | TypeFlags::EQ_CHECKS_OTHER_TYPE,
    &VT,
);
static VT: VTable = VTable {
    make_new: Some(make_new),
    print: Some(print),
    unary: Some(unary),
    binary: Some(binary),
    ..VTable::NEW
};

/// A float on the heap.
#[repr(C)]
pub struct Float {
    base: Header,
    /// The value.
    pub value: f64,
}

// Machine code of our own looks there.
#[cfg(target_pointer_width = "64")]
const _: () = assert!(
    core::mem::offset_of!(Float, value) == ferlance_abi::layout::FLOAT_VALUE * size_of::<usize>()
);

// SAFETY: every structure of type FLOAT is a `Float`.
unsafe impl PyType for Float {
    fn ty() -> &'static Type {
        &FLOAT
    }
}

/// The float `value`.
#[inline]
pub fn new(rt: &mut Runtime, value: f64) -> R<Obj> {
    Ok(rt
        .new_leaf(Float {
            base: Header::new(&FLOAT),
            value,
        })?
        .obj())
}

impl Obj {
    /// The value, if this is exactly a float.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn as_float(self) -> Option<f64> {
        Some(self.cast::<Float>()?.value)
    }
}

/// Is a float of this int the int itself, and not one near it?
#[inline]
pub fn is_exact(value: isize) -> bool {
    value.unsigned_abs() as u64 >> f64::MANTISSA_DIGITS == 0
}

/// The value of a float, int or bool; `None` for other objects.
#[inline]
pub fn value_of(obj: Obj) -> Option<f64> {
    if let Some(value) = obj.as_float() {
        return Some(value);
    }
    match int::small_value(obj) {
        Some(value) => Some(value as f64),
        None => int::value(obj).map(|value| value.as_ref().to_f64()),
    }
}

impl Runtime {
    /// The value of a number, or of an object that converts itself with `__float__`.
    ///
    /// # Errors
    /// `TypeError: can't convert T to float`.
    pub fn float(&mut self, obj: Obj) -> R<f64> {
        match self.float_maybe(obj)? {
            Some(value) => Ok(value),
            None => Err(self.type_error_of("can't convert {} to float", obj)),
        }
    }

    /// [`Runtime::float`] without the error.
    pub fn float_maybe(&mut self, obj: Obj) -> R<Option<f64>> {
        if let Some(value) = value_of(obj) {
            return Ok(Some(value));
        }
        if !obj.is_ptr() || !obj.ty().is_class() {
            return Ok(None);
        }
        Ok(self
            .unary_maybe(UnaryOp::FloatMaybe, obj)?
            .and_then(value_of))
    }
}

fn make_new(rt: &mut Runtime, _: &'static Type, args: Args<'_>) -> R<Obj> {
    expect_args(rt, args, 0, 1, false)?;
    let Some(arg) = args.get(0) else {
        return new(rt, 0.0);
    };
    if arg.is::<Float>() {
        return Ok(arg);
    }
    let plain = super::class::unwrap_native(arg);
    let text = match rt.str_bytes(plain) {
        Some(text) => Some(text),
        None => match plain.ty().vt().buffer {
            Some(buffer) => buffer(rt, plain, false).map(|buffer| buffer.bytes()),
            None => None,
        },
    };
    match text {
        Some(text) => {
            let value = from_text(rt, text)?;
            new(rt, value)
        }
        None => {
            let value = rt.float(arg)?;
            new(rt, value)
        }
    }
}

/// The value that a text writes.
pub fn from_text(rt: &mut Runtime, text: &[u8]) -> R<f64> {
    match parse_float::parse_float(text) {
        Ok(value) => Ok(value),
        Err(parse_float::ParseFloatError::Syntax) => {
            Err(rt.value_error("invalid syntax for number"))
        }
        Err(parse_float::ParseFloatError::OutOfMemory) => Err(rt.no_memory(text.len())),
    }
}

fn print(rt: &mut Runtime, obj: Obj, _: PrintKind, out: &mut dyn Print) -> R<()> {
    let Some(value) = obj.as_float() else {
        return Ok(());
    };
    out.write(rt, format_float::repr(value).as_bytes())
}

/// A hash that agrees with that of equal ints. Of others, it is the odd number that the value is a multiple of, by
/// a power of two: values at regular distances have hashes that are, too, and are neighbours in a table.
fn hash(value: f64) -> Obj {
    if value == value.trunc_exact() && value.abs() < (1u64 << 61) as f64 {
        return Obj::int(value as i64 as isize);
    }
    let bits = value.to_bits();
    let mantissa = bits & ((1 << 52) - 1) | 1 << 52;
    let zeros = mantissa.trailing_zeros();
    let power = (bits >> 52) as usize + zeros as usize;
    let mixed = ((mantissa >> zeros) as usize)
        .wrapping_add(power.wrapping_mul(0x9e37_79b1_85eb_ca87_u64 as usize));
    Obj::int((mixed << 2) as isize >> 2)
}

trait Trunc {
    fn trunc_exact(self) -> Self;
}

impl Trunc for f64 {
    fn trunc_exact(self) -> f64 {
        if self.abs() < (1u64 << 52) as f64 {
            self as i64 as f64
        } else {
            self
        }
    }
}

fn unary(rt: &mut Runtime, op: UnaryOp, obj: Obj) -> R<Option<Obj>> {
    let Some(v) = obj.as_float() else {
        return Ok(None);
    };
    Ok(Some(match op {
        UnaryOp::Positive | UnaryOp::FloatMaybe => obj,
        UnaryOp::Negative => return new(rt, -v).map(Some),
        UnaryOp::Abs => return new(rt, v.abs()).map(Some),
        UnaryOp::Bool => Obj::bool(v != 0.0),
        UnaryOp::Hash => hash(v),
        UnaryOp::IntMaybe => return int::from_f64(rt, v).map(Some),
        UnaryOp::ComplexMaybe => return complex::new(rt, v, 0.0).map(Some),
        UnaryOp::Invert | UnaryOp::Not | UnaryOp::Len | UnaryOp::SizeOf => return Ok(None),
    }))
}

#[cold]
fn zero_division(rt: &mut Runtime) -> Raised {
    rt.raise_msg(&exc::ZERO_DIVISION_ERROR, "divide by zero")
}

/// `base ** exponent`: a complex number for a fractional power of a negative base.
pub fn power(rt: &mut Runtime, base: f64, exponent: f64) -> R<Obj> {
    if base == 0.0 && exponent < 0.0 {
        return Err(zero_division(rt));
    }
    if base < 0.0 && exponent.is_finite() && base.is_finite() && exponent != exponent.trunc_exact()
    {
        return complex::power(rt, (base, 0.0), (exponent, 0.0));
    }
    let value = crate::modules::math::pow(base, exponent);
    new(rt, value)
}

/// Binary operators with a number on each side, at least one of them a float.
pub fn binary(rt: &mut Runtime, op: BinaryOp, lhs: Obj, rhs: Obj) -> R<Option<Obj>> {
    use BinaryOp as B;
    let Some(a) = value_of(lhs) else {
        return Ok(None);
    };
    if rhs.is::<complex::Complex>() {
        return complex::binary(rt, op, lhs, rhs);
    }
    let Some(b) = rt.float_maybe(rhs)? else {
        return Ok(None);
    };
    // An int of more bits than a double is rounded first, as in stock.
    if let B::Less | B::More | B::LessEqual | B::MoreEqual | B::Equal | B::NotEqual = op {
        let order = a.partial_cmp(&b);
        let hit = match op {
            B::Less => order.is_some_and(|o| o.is_lt()),
            B::More => order.is_some_and(|o| o.is_gt()),
            B::LessEqual => order.is_some_and(|o| o.is_le()),
            B::MoreEqual => order.is_some_and(|o| o.is_ge()),
            B::Equal => order.is_some_and(|o| o.is_eq()),
            _ => order.is_none_or(|o| o.is_ne()),
        };
        return Ok(Some(Obj::bool(hit)));
    }
    let value = match op {
        B::Add | B::InplaceAdd => a + b,
        B::Subtract | B::InplaceSubtract => a - b,
        B::Multiply | B::InplaceMultiply => a * b,
        B::TrueDivide | B::InplaceTrueDivide if b == 0.0 => return Err(zero_division(rt)),
        B::FloorDivide | B::InplaceFloorDivide if b == 0.0 => return Err(zero_division(rt)),
        B::Modulo | B::InplaceModulo | B::DivMod if b == 0.0 => return Err(zero_division(rt)),
        B::TrueDivide | B::InplaceTrueDivide => a / b,
        B::FloorDivide | B::InplaceFloorDivide => floor_divmod(a, b).0,
        B::Modulo | B::InplaceModulo => floor_divmod(a, b).1,
        B::Power | B::InplacePower => return power(rt, a, b).map(Some),
        B::DivMod => {
            let (q, r) = floor_divmod(a, b);
            let (q, r) = (new(rt, q)?, new(rt, r)?);
            return Ok(Some(tuple::from_slice(rt, &[q, r])?.obj()));
        }
        _ => return Ok(None),
    };
    new(rt, value).map(Some)
}
