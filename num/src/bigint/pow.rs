//! Powers, and powers modulo a number.
//!
//! Modular powers of an odd modulus use Montgomery's representation, which replaces each division by
//! a multiplication, and take the exponent four bits or more at a time (Brent and Zimmermann 2.4.2, 2.6).

use ferlance_collections::TryVec;

use super::add::sub_in_place;
use super::div::div_rem_mag;
use super::limb::{BITS, Limb, trimmed, trimmed_len};
use super::mul::{SIMPLE, add_mul_limb, mul_any, scratch_len, square};
use super::{BigInt, BigRef};
use crate::NumError;

impl BigRef<'_> {
    /// `out = self ** exponent`. A negative exponent is [`NumError::NegativeExponent`].
    pub fn pow_into(self, exponent: BigRef<'_>, out: &mut BigInt) -> Result<(), NumError> {
        if exponent.is_negative() {
            return Err(NumError::NegativeExponent);
        }
        let neg = self.neg && exponent.is_odd();
        if exponent.is_zero() || self.mag == [1] {
            out.set(BigRef::ONE)?;
            out.neg = neg;
            return Ok(());
        }
        let Some(zeros) = self.trailing_zeros() else {
            out.set_zero();
            return Ok(());
        };
        let exponent = exponent.to_usize().ok_or(NumError::TooLarge)?;
        // Twos are a shift; what is left is odd.
        let shift = zeros.checked_mul(exponent).ok_or(NumError::TooLarge)?;
        let mut odd = BigInt::new();
        self.abs().shr_into(zeros, &mut odd)?;
        let bits = (odd.as_ref().bit_length())
            .checked_mul(exponent)
            .ok_or(NumError::TooLarge)?;
        let room = bits.div_ceil(BITS) + 1;
        let (mut power, mut next) = (BigInt::new(), BigInt::new());
        if odd.mag != [1] {
            power.mag.reserve(room)?;
            next.mag.reserve(room)?;
        }
        power.set(BigRef::ONE)?;
        if odd.mag != [1] {
            for bit in (0..usize::BITS - exponent.leading_zeros()).rev() {
                power.as_ref().mul_into(power.as_ref(), &mut next)?;
                core::mem::swap(&mut power, &mut next);
                if exponent >> bit & 1 != 0 {
                    power.as_ref().mul_into(odd.as_ref(), &mut next)?;
                    core::mem::swap(&mut power, &mut next);
                }
            }
        }
        if shift == 0 {
            core::mem::swap(out, &mut power);
        } else {
            power.as_ref().shl_into(shift, out)?;
        }
        out.neg = neg;
        Ok(())
    }

    /// `out = self ** exponent % modulus`, with the sign of `modulus`.
    pub fn pow_mod_into(
        self,
        exponent: BigRef<'_>,
        modulus: BigRef<'_>,
        out: &mut BigInt,
    ) -> Result<(), NumError> {
        if modulus.is_zero() {
            return Err(NumError::DivideByZero);
        }
        if exponent.is_negative() {
            return Err(NumError::NegativeExponent);
        }
        out.set_zero();
        if modulus.mag == [1] {
            return Ok(());
        }
        let m = modulus.mag;
        let (mut quotient, mut base) = (TryVec::new(), TryVec::new());
        div_rem_mag(self.mag, m, &mut quotient, &mut base)?;
        let power = if exponent.is_zero() {
            TryVec::from_slice(&[1])?
        } else if base.is_empty() {
            TryVec::new()
        } else if !SIMPLE && modulus.is_odd() {
            let field = Montgomery::new(m);
            window_power(&field, &base, exponent.mag)?
        } else {
            window_power(&Plain { modulus: m }, &base, exponent.mag)?
        };
        out.mag = power;
        out.trim();
        out.neg = self.neg && exponent.is_odd() && !out.mag.is_empty();
        if out.neg != modulus.neg && !out.mag.is_empty() {
            out.add_assign(modulus)?;
        }
        Ok(())
    }

    /// `self ** exponent % modulus`, with the sign of `modulus`.
    pub fn try_pow_mod(
        self,
        exponent: BigRef<'_>,
        modulus: BigRef<'_>,
    ) -> Result<BigInt, NumError> {
        let mut out = BigInt::new();
        self.pow_mod_into(exponent, modulus, &mut out)?;
        Ok(out)
    }
}

/// Multiplication modulo a number, on values as long as the modulus, in some representation.
trait Residues {
    fn modulus(&self) -> &[Limb];

    /// The representation of `value`, which is less than the modulus, in `out`.
    fn enter(&self, value: &[Limb], out: &mut [Limb], work: &mut Work) -> Result<(), NumError>;

    /// Reduces the product in `work` into `out`.
    fn reduce(&self, work: &mut Work, out: &mut [Limb]) -> Result<(), NumError>;

    /// The value that `power` represents.
    fn leave(&self, power: &mut [Limb], work: &mut Work) -> Result<(), NumError>;
}

/// Room for a product, and for the work on it.
struct Work {
    product: TryVec<Limb>,
    scratch: TryVec<Limb>,
}

struct Montgomery<'a> {
    modulus: &'a [Limb],
    /// `-1 / modulus` modulo 2^BITS.
    inverse: Limb,
}

impl<'a> Montgomery<'a> {
    /// `modulus` is odd.
    fn new(modulus: &'a [Limb]) -> Self {
        let low = modulus.first().copied().unwrap_or(1);
        // Newton's iteration doubles the number of right bits; an odd number is its own inverse modulo 8.
        let mut inverse = low;
        for _ in 0..5 {
            inverse = inverse.wrapping_mul((2 as Limb).wrapping_sub(low.wrapping_mul(inverse)));
        }
        Montgomery {
            modulus,
            inverse: inverse.wrapping_neg(),
        }
    }
}

impl Residues for Montgomery<'_> {
    fn modulus(&self) -> &[Limb] {
        self.modulus
    }

    /// `value * 2^(BITS n)` modulo the modulus.
    fn enter(&self, value: &[Limb], out: &mut [Limb], _: &mut Work) -> Result<(), NumError> {
        let n = self.modulus.len();
        let mut shifted = TryVec::filled(0, n + value.len())?;
        shifted[n..].copy_from_slice(value);
        let (mut quotient, mut rest) = (TryVec::new(), TryVec::new());
        div_rem_mag(trimmed(&shifted), self.modulus, &mut quotient, &mut rest)?;
        store(out, &rest);
        Ok(())
    }

    /// `out = product / 2^(BITS n)` modulo the modulus.
    fn reduce(&self, work: &mut Work, out: &mut [Limb]) -> Result<(), NumError> {
        let n = self.modulus.len();
        let product = &mut work.product[..2 * n];
        let mut top = false;
        for at in 0..n {
            let digit = product[at].wrapping_mul(self.inverse);
            let carry = add_mul_limb(&mut product[at..at + n], self.modulus, digit);
            // `product[at]` is zero now; the carry belongs `n` limbs above.
            (product[at + n], top) = product[at + n].carrying_add(carry, top);
        }
        let high = &mut product[n..];
        if top || high.iter().rev().cmp(self.modulus.iter().rev()).is_ge() {
            sub_in_place(high, self.modulus);
        }
        out.copy_from_slice(high);
        Ok(())
    }

    fn leave(&self, power: &mut [Limb], work: &mut Work) -> Result<(), NumError> {
        store(&mut work.product, power);
        self.reduce(work, power)
    }
}

/// Any modulus: reduction by division.
struct Plain<'a> {
    modulus: &'a [Limb],
}

impl Residues for Plain<'_> {
    fn modulus(&self) -> &[Limb] {
        self.modulus
    }

    fn enter(&self, value: &[Limb], out: &mut [Limb], _: &mut Work) -> Result<(), NumError> {
        store(out, value);
        Ok(())
    }

    fn reduce(&self, work: &mut Work, out: &mut [Limb]) -> Result<(), NumError> {
        let (mut quotient, mut rest) = (TryVec::new(), TryVec::new());
        div_rem_mag(
            trimmed(&work.product),
            self.modulus,
            &mut quotient,
            &mut rest,
        )?;
        store(out, &rest);
        Ok(())
    }

    fn leave(&self, _: &mut [Limb], _: &mut Work) -> Result<(), NumError> {
        Ok(())
    }
}

/// `out = value`, with leading zeros.
fn store(out: &mut [Limb], value: &[Limb]) {
    let (low, high) = out.split_at_mut(value.len());
    low.copy_from_slice(value);
    high.fill(0);
}

/// `base ** exponent`: sliding windows from the top. `base` is less than the modulus and not zero, nor is
/// `exponent`.
fn window_power(
    residues: &impl Residues,
    base: &[Limb],
    exponent: &[Limb],
) -> Result<TryVec<Limb>, NumError> {
    let n = residues.modulus().len();
    let mut work = Work {
        product: TryVec::filled(0, 2 * n)?,
        scratch: TryVec::filled(0, scratch_len(n, n))?,
    };
    let bits = super::limb::bit_length(exponent);
    let width = match bits {
        0..=7 => 1,
        8..=35 => 2,
        36..=139 => 3,
        140..=449 => 4,
        450..=1302 => 5,
        _ => 6,
    };
    // The odd powers 1, 3, 5 and so on below 2^width, side by side.
    let mut table = TryVec::filled(0, n << (width - 1))?;
    residues.enter(base, &mut table[..n], &mut work)?;
    let mut power = TryVec::filled(0, n)?;
    if width > 1 {
        square(&mut work.product, &table[..n], &mut work.scratch);
        residues.reduce(&mut work, &mut power)?;
        for at in 1..1 << (width - 1) {
            let (done, next) = table.split_at_mut(at * n);
            mul_any(
                &mut work.product,
                &done[(at - 1) * n..],
                &power,
                &mut work.scratch,
            );
            residues.reduce(&mut work, &mut next[..n])?;
        }
    }
    let bit = |at: usize| exponent[at / BITS] >> (at % BITS) & 1;
    let mut started = false;
    let mut left = bits;
    while left > 0 {
        if bit(left - 1) == 0 {
            // Not at the start: the top bit is one.
            square(&mut work.product, &power, &mut work.scratch);
            residues.reduce(&mut work, &mut power)?;
            left -= 1;
            continue;
        }
        // The longest window that ends in a one.
        let mut low = left.saturating_sub(width);
        while bit(low) == 0 {
            low += 1;
        }
        let value = (low..left)
            .rev()
            .fold(0, |value, at| value << 1 | bit(at) as usize);
        let factor = &table[value / 2 * n..][..n];
        if started {
            for _ in low..left {
                square(&mut work.product, &power, &mut work.scratch);
                residues.reduce(&mut work, &mut power)?;
            }
            mul_any(&mut work.product, &power, factor, &mut work.scratch);
            residues.reduce(&mut work, &mut power)?;
        } else {
            power.copy_from_slice(factor);
            started = true;
        }
        left = low;
    }
    residues.leave(&mut power, &mut work)?;
    power.truncate(trimmed_len(&power));
    Ok(power)
}
