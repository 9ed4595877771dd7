//! Big integers from and to the machine's integers and floats.

use super::limb::{BITS, DoubleLimb, LIMBS_PER_128, Limb, bit_length};
use super::{BigInt, BigRef, SmallBig};
use crate::NumError;

impl From<i128> for SmallBig {
    #[inline]
    fn from(value: i128) -> Self {
        SmallBig {
            neg: value < 0,
            ..SmallBig::from(value.unsigned_abs())
        }
    }
}

impl From<u128> for SmallBig {
    #[inline]
    fn from(value: u128) -> Self {
        let (mut mag, mut len, mut rest) = ([0; LIMBS_PER_128], 0, value);
        for limb in &mut mag {
            *limb = rest as Limb;
            len += u8::from(rest != 0);
            rest >>= BITS;
        }
        SmallBig {
            neg: false,
            len,
            mag,
        }
    }
}

impl From<i64> for SmallBig {
    #[inline]
    fn from(value: i64) -> Self {
        SmallBig {
            neg: value < 0,
            ..SmallBig::from(value.unsigned_abs())
        }
    }
}

impl From<u64> for SmallBig {
    #[inline]
    fn from(value: u64) -> Self {
        let mut mag = [0; LIMBS_PER_128];
        if BITS == 64 {
            mag[0] = value as Limb;
            return SmallBig {
                neg: false,
                len: u8::from(value != 0),
                mag,
            };
        }
        mag[0] = value as u32 as Limb;
        mag[1] = (value >> 32) as Limb;
        let len = u8::from(value != 0) + u8::from(value >> 32 != 0);
        SmallBig {
            neg: false,
            len,
            mag,
        }
    }
}

impl From<isize> for SmallBig {
    #[inline]
    fn from(value: isize) -> Self {
        SmallBig::from(value as i64)
    }
}

impl From<usize> for SmallBig {
    #[inline]
    fn from(value: usize) -> Self {
        SmallBig::from(value as u64)
    }
}

impl From<i32> for SmallBig {
    #[inline]
    fn from(value: i32) -> Self {
        SmallBig::from(i64::from(value))
    }
}

impl<'a> BigRef<'a> {
    /// The low 64 bits of the magnitude.
    #[inline]
    fn low_u64(self) -> u64 {
        let low = self.mag.iter().take(64 / BITS).rev();
        low.fold(0u64, |high, &limb| {
            high.checked_shl(BITS as u32).unwrap_or(0) | DoubleLimb::from(limb) as u64
        })
    }

    /// The value as an `i64`, if it fits.
    #[inline]
    pub fn to_i64(self) -> Option<i64> {
        if self.mag.len() > 64 / BITS {
            return None;
        }
        let low = self.low_u64();
        if self.neg {
            0i64.checked_sub_unsigned(low)
        } else {
            i64::try_from(low).ok()
        }
    }

    /// The value as an `isize`, if it fits.
    #[inline]
    pub fn to_isize(self) -> Option<isize> {
        self.to_i64().and_then(|value| isize::try_from(value).ok())
    }

    /// The value as a `u64`, if it fits.
    #[inline]
    pub fn to_u64(self) -> Option<u64> {
        if self.neg || self.mag.len() > 64 / BITS {
            None
        } else {
            Some(self.low_u64())
        }
    }

    /// The value as a `usize`, if it fits.
    #[inline]
    pub fn to_usize(self) -> Option<usize> {
        self.to_u64().and_then(|value| usize::try_from(value).ok())
    }

    /// The value as a `u128`, if it fits.
    pub fn to_u128(self) -> Option<u128> {
        if self.neg || self.mag.len() > LIMBS_PER_128 {
            return None;
        }
        Some(
            self.mag
                .iter()
                .rev()
                .fold(0, |high, &limb| high << BITS | u128::from(limb)),
        )
    }

    /// The value as an `i128`, if it fits.
    pub fn to_i128(self) -> Option<i128> {
        let low = self.abs().to_u128()?;
        if self.neg {
            0i128.checked_sub_unsigned(low)
        } else {
            i128::try_from(low).ok()
        }
    }

    /// The value modulo 2^64: its lowest 64 bits in two's complement, as C would cut it.
    #[inline]
    pub fn to_u64_wrapping(self) -> u64 {
        let low = self.low_u64();
        if self.neg { low.wrapping_neg() } else { low }
    }

    /// The nearest float, ties to even; infinite when too large.
    pub fn to_f64(self) -> f64 {
        let (top, exponent) = self.top_bits();
        let scaled = if exponent > 1023 {
            f64::INFINITY
        } else {
            // A power of two is exact, and so is the product, unless it is infinite.
            top as f64 * f64::from_bits((exponent as u64 + 1023) << 52)
        };
        if self.neg { -scaled } else { scaled }
    }

    /// The nearest single-precision float, ties to even; infinite when too large.
    pub fn to_f32(self) -> f32 {
        let (top, exponent) = self.top_bits();
        let scaled = if exponent > 127 {
            f32::INFINITY
        } else {
            top as f32 * f32::from_bits((exponent as u32 + 127) << 23)
        };
        if self.neg { -scaled } else { scaled }
    }

    /// The magnitude is about `.0 * 2^.1`, where `.0` has 64 bits if the number has, and its lowest
    /// bit also stands for everything below it: good for rounding once.
    fn top_bits(self) -> (u64, usize) {
        let bits = bit_length(self.mag);
        if bits <= 64 {
            return (self.low_u64(), 0);
        }
        let exponent = bits - 64;
        let (limbs, shift) = (exponent / BITS, exponent % BITS);
        let mut top: u128 = 0;
        for (at, &limb) in self.mag[limbs..].iter().enumerate() {
            // At most 64 + BITS - 1 bits are left here.
            top |= u128::from(limb) << (at * BITS);
        }
        let lost = top & ((1 << shift) - 1) != 0 || self.mag[..limbs].iter().any(|&limb| limb != 0);
        ((top >> shift) as u64 | u64::from(lost), exponent)
    }

    /// `self / other` as the nearest float, ties to even, however large both are; infinite when the
    /// quotient is too large.
    pub fn true_div(self, other: BigRef<'_>) -> Result<f64, NumError> {
        if other.is_zero() {
            return Err(NumError::DivideByZero);
        }
        let (a_bits, b_bits) = (self.bit_length(), other.bit_length());
        if a_bits <= 53 && b_bits <= 53 {
            return Ok(self.to_f64() / other.to_f64());
        }
        let neg = self.neg != other.neg;
        // Scale so that the quotient has 65 or 66 bits: enough to round once, the rest being sticky.
        let exponent = a_bits as i64 - b_bits as i64 - 65;
        let (mut scaled, mut quotient, mut rest) = (BigInt::new(), BigInt::new(), BigInt::new());
        let by = exponent.unsigned_abs() as usize;
        if exponent < 0 {
            self.abs().shl_into(by, &mut scaled)?;
            scaled
                .as_ref()
                .divmod_into(other.abs(), &mut quotient, &mut rest)?;
        } else {
            other.abs().shl_into(by, &mut scaled)?;
            self.abs()
                .divmod_into(scaled.as_ref(), &mut quotient, &mut rest)?;
        }
        let (top, more) = quotient.as_ref().top_bits();
        let top = top | u64::from(!rest.as_ref().is_zero());
        let value = scale_rounding_once(top, exponent + more as i64);
        Ok(if neg { -value } else { value })
    }
}

/// `top * 2^exponent`, rounded once to nearest even; the lowest bit of `top` may be sticky.
fn scale_rounding_once(top: u64, exponent: i64) -> f64 {
    if top == 0 {
        return 0.0;
    }
    let zeros = i64::from(top.leading_zeros());
    let (top, exponent) = (top << zeros, exponent - zeros);
    // The value is `1.xxx * 2^magnitude`.
    let magnitude = exponent + 63;
    if magnitude > 1023 {
        return f64::INFINITY;
    }
    if magnitude >= -1022 {
        let power = |e: i64| f64::from_bits(((e + 1023) as u64) << 52);
        // In two exact steps: 2^exponent alone may be too small.
        return top as f64 * power(-63) * power(magnitude);
    }
    // Subnormal: the unit is 2^-1074.
    let drop = -1074 - exponent;
    if drop > 64 {
        return 0.0;
    }
    let (kept, lost) = if drop == 64 {
        (0, top)
    } else {
        (top >> drop, top << (64 - drop))
    };
    let half = 1 << 63;
    let up = lost > half || (lost == half && kept & 1 != 0);
    f64::from_bits(kept + u64::from(up))
}

impl BigInt {
    /// Makes it `value` without its fraction.
    pub fn set_f64(&mut self, value: f64) -> Result<(), NumError> {
        if value.is_nan() {
            return Err(NumError::NotANumber);
        }
        if value.is_infinite() {
            return Err(NumError::Infinite);
        }
        let bits = value.to_bits();
        let exponent = (bits >> 52 & 0x7ff) as usize;
        let fraction = bits & ((1 << 52) - 1) | 1 << 52;
        self.set_zero();
        if exponent < 1023 {
            return Ok(());
        }
        let exponent = exponent - 1023;
        if exponent <= 52 {
            self.set(SmallBig::from(fraction >> (52 - exponent)).as_ref())?;
        } else {
            SmallBig::from(fraction)
                .as_ref()
                .shl_into(exponent - 52, self)?;
        }
        self.neg = value < 0.0;
        Ok(())
    }

    /// `value` without its fraction.
    pub fn from_f64(value: f64) -> Result<Self, NumError> {
        let mut made = BigInt::new();
        made.set_f64(value)?;
        Ok(made)
    }

    /// The integer `value`.
    pub fn from_i64(value: i64) -> Result<Self, NumError> {
        Ok(SmallBig::from(value).as_ref().to_big()?)
    }

    /// The integer `value`.
    pub fn from_i128(value: i128) -> Result<Self, NumError> {
        Ok(SmallBig::from(value).as_ref().to_big()?)
    }
}
