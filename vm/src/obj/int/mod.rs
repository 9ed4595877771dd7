//! `int`: small ints in the word, others on the heap with their limbs behind the header.

mod arith;
mod methods;

use ferlance_abi::qstr;
use ferlance_num::NumError;
use ferlance_num::bigint::{BigInt, BigRef, Limb, SmallBig};

use super::ptr::{Ptr, PyType};
use super::ty::{Header, PrintKind, Type, VTable};
use super::word::Obj;
use crate::exc;
use crate::runtime::{R, Raised, Runtime};
use crate::text::print::{Dec, Print};

pub use arith::{binary, pow_mod, unary};

/// `int`.
pub static INT: Type = Type::builtin(qstr!("int"), 0, &VT);
static VT: VTable = VTable {
    make_new: Some(methods::make_new),
    print: Some(print),
    unary: Some(unary),
    binary: Some(binary),
    members: &methods::MEMBERS,
    ..VTable::NEW
};

/// An int that is no small int. The limbs follow, least significant first.
#[repr(C)]
pub struct BigObj {
    base: Header,
    /// Number of limbs, shifted left by one; bit 0 = negative.
    head: usize,
}

// SAFETY: every structure of type INT is a `BigObj`; small ints are no structures.
unsafe impl PyType for BigObj {
    fn ty() -> &'static Type {
        &INT
    }
}

impl BigObj {
    /// The value.
    #[inline]
    pub fn value<'a>(&self) -> BigRef<'a> {
        // SAFETY: `head >> 1` limbs follow the structure; they never change.
        let limbs = unsafe {
            core::slice::from_raw_parts((&raw const *self).add(1).cast::<Limb>(), self.head >> 1)
        };
        BigRef::new(self.head & 1 != 0, limbs)
    }
}

const _: () = assert!(size_of::<Limb>() == size_of::<usize>());

/// The value of an int or bool, borrowed or in a few limbs of its own.
pub enum IntValue {
    /// A machine integer.
    Small(SmallBig),
    /// A big one.
    Big(BigRef<'static>),
}

impl IntValue {
    /// The value.
    #[inline]
    pub fn as_ref(&self) -> BigRef<'_> {
        match self {
            IntValue::Small(small) => small.as_ref(),
            IntValue::Big(big) => *big,
        }
    }
}

/// The value of an int or bool; `None` for other objects.
#[inline]
pub fn value(obj: Obj) -> Option<IntValue> {
    if let Some(small) = small_value(obj) {
        return Some(IntValue::Small(SmallBig::from(small as i64)));
    }
    Some(IntValue::Big(obj.cast::<BigObj>()?.value()))
}

/// The value of a small int or bool.
#[cfg_attr(not(feature = "small"), inline(always))]
pub fn small_value(obj: Obj) -> Option<isize> {
    match obj.as_small() {
        Some(value) => Some(value),
        None => obj.as_bool().map(isize::from),
    }
}

/// Whether an object is an int (bools are not).
#[inline]
pub fn is_int(obj: Obj) -> bool {
    obj.is_small() || obj.is::<BigObj>()
}

/// The int of this value.
pub fn from_big(rt: &mut Runtime, value: BigRef<'_>) -> R<Obj> {
    if let Some(small) = value.to_isize().and_then(Obj::small) {
        return Ok(small);
    }
    let limbs = value.limbs();
    let at = rt.alloc_words(size_of::<BigObj>() / size_of::<usize>() + limbs.len(), true)?;
    // SAFETY: the block holds the header and the limbs.
    unsafe {
        let head = limbs.len() << 1 | usize::from(value.is_negative());
        at.cast::<BigObj>().write(BigObj {
            base: Header::new(&INT),
            head,
        });
        let to = at.cast::<BigObj>().add(1).cast::<Limb>();
        core::ptr::copy_nonoverlapping(limbs.as_ptr(), to.as_ptr(), limbs.len());
        Ok(Ptr::<BigObj>::from_non_null(at.cast()).obj())
    }
}

/// The int `value`.
#[inline]
pub fn from_i64(rt: &mut Runtime, value: i64) -> R<Obj> {
    match isize::try_from(value).ok().and_then(Obj::small) {
        Some(obj) => Ok(obj),
        None => from_big(rt, SmallBig::from(value).as_ref()),
    }
}

/// Twice a machine word: has room for sums, products and differences.
#[cfg(target_pointer_width = "64")]
pub type Wide = i128;
/// Twice a machine word: has room for sums, products and differences.
#[cfg(not(target_pointer_width = "64"))]
pub type Wide = i64;

/// The int `value`.
pub fn from_wide(rt: &mut Runtime, value: Wide) -> R<Obj> {
    from_big(rt, SmallBig::from(value).as_ref())
}

/// The int `value`.
pub fn from_u64(rt: &mut Runtime, value: u64) -> R<Obj> {
    from_big(rt, SmallBig::from(value).as_ref())
}

/// The int `value`.
pub fn from_usize(rt: &mut Runtime, value: usize) -> R<Obj> {
    from_big(rt, SmallBig::from(value).as_ref())
}

/// The int with this decimal text.
pub fn from_decimal(rt: &mut Runtime, text: &[u8]) -> R<Obj> {
    from_text(rt, text, 10)
}

/// The int that a text writes in a base, as `int(text, base)` reads it.
pub fn from_text(rt: &mut Runtime, text: &[u8], base: u32) -> R<Obj> {
    use ferlance_num::parse_int::{ParseIntError, ParsedInt, parse_int};
    match parse_int(text, base) {
        Ok(ParsedInt::Small(value)) => from_i64(rt, value),
        Ok(ParsedInt::Big(value)) => from_big(rt, value.as_ref()),
        Err(ParseIntError::Base) => Err(rt.value_error("int() arg 2 must be >= 2 and <= 36")),
        Err(ParseIntError::Num(error)) => Err(raise(rt, error)),
        Err(ParseIntError::Syntax { base, at }) => {
            bad_text(rt, base, text.get(at..).unwrap_or(b""))
        }
    }
}

/// Raises that `text` is no int.
pub(crate) fn bad_text<T>(rt: &mut Runtime, base: u32, text: &[u8]) -> R<T> {
    let mut message = crate::text::print::TextBuf::default();
    crate::text::print::write_fmt(
        rt,
        &mut message,
        format_args!(
            "invalid syntax for integer with base {}: ",
            Dec(base as isize)
        ),
    )?;
    let shown = rt.new_str(text)?;
    rt.print(shown, PrintKind::Repr, &mut message)?;
    let message = message.into_str(rt)?;
    Err(rt.raise(&exc::VALUE_ERROR, &[message]))
}

/// The int nearest to zero of a float.
pub fn from_f64(rt: &mut Runtime, value: f64) -> R<Obj> {
    if value.abs() < (1u64 << 53) as f64 {
        return from_i64(rt, value as i64);
    }
    match BigInt::from_f64(value) {
        Ok(value) => from_big(rt, value.as_ref()),
        Err(error) => Err(raise(rt, error)),
    }
}

/// Raises what is wrong with an operation on numbers.
#[cold]
pub fn raise(rt: &mut Runtime, error: NumError) -> Raised {
    match error {
        NumError::OutOfMemory | NumError::TooLarge => rt.no_memory(0),
        NumError::DivideByZero => rt.raise_msg(&exc::ZERO_DIVISION_ERROR, "divide by zero"),
        NumError::NegativeShift => rt.value_error("negative shift count"),
        NumError::NegativeExponent => rt.value_error("negative power with no float support"),
        NumError::Overflow => rt.raise_msg(
            &exc::OVERFLOW_ERROR,
            "overflow converting long int to machine word",
        ),
        NumError::NegativeUnsigned => rt.raise_msg(
            &exc::OVERFLOW_ERROR,
            "can't convert negative int to unsigned",
        ),
        NumError::Infinite => rt.raise_msg(&exc::OVERFLOW_ERROR, "can't convert inf to int"),
        NumError::NotANumber => rt.value_error("can't convert NaN to int"),
    }
}

/// The low bits of an int, whatever its size; 0 for other objects.
pub fn low_word(obj: Obj) -> usize {
    match small_value(obj) {
        Some(value) => value as usize,
        None => obj
            .cast::<BigObj>()
            .map_or(0, |big| big.value().to_u64_wrapping() as usize),
    }
}

/// The value of an int or bool (of a Python subclass, too) as a machine integer; `None` for other objects.
///
/// # Errors
/// `OverflowError: overflow converting long int to machine word`.
pub fn word_maybe(rt: &mut Runtime, obj: Obj) -> R<Option<isize>> {
    let obj = super::class::unwrap_native(obj);
    if let Some(value) = small_value(obj) {
        return Ok(Some(value));
    }
    match obj.cast::<BigObj>() {
        None => Ok(None),
        Some(big) => match big.value().to_isize() {
            Some(value) => Ok(Some(value)),
            None => Err(raise(rt, NumError::Overflow)),
        },
    }
}

fn print(rt: &mut Runtime, obj: Obj, _: PrintKind, out: &mut dyn Print) -> R<()> {
    if let Some(value) = small_value(obj) {
        let mut buf = [0u8; 24];
        return out.write(rt, decimal(value, &mut buf));
    }
    let Some(value) = value(obj) else {
        return Ok(());
    };
    match value.as_ref().to_text(10) {
        Ok(text) => out.write(rt, &text),
        Err(error) => Err(raise(rt, error)),
    }
}

/// The decimal text of a machine integer.
pub fn decimal(value: isize, buf: &mut [u8; 24]) -> &[u8] {
    let mut rest = value.unsigned_abs();
    let mut at = buf.len();
    loop {
        at -= 1;
        buf[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if value < 0 {
        at -= 1;
        buf[at] = b'-';
    }
    &buf[at..]
}
