//! Division.
//!
//! One limb divides by multiplying with a precomputed inverse (Möller and Granlund). Longer
//! divisors go through Knuth's algorithm D, whose quotient digits come from the top three limbs by
//! two and are almost always right, and long ones through recursive division, which turns the work
//! into multiplications (Burnikel and Ziegler; Brent and Zimmermann 1.4.3).

use core::cmp::Ordering;

use ferlance_collections::TryVec;

use super::add::{add_in_place, decrement, increment, sub_in_place};
use super::limb::{BITS, DoubleLimb, Limb, join, mul_add2, split, trimmed_len};
use super::mul::{SIMPLE, mul_any, sub_mul_limb};
use super::shift::{shl_small, shr_small_in_place};
use super::{BigInt, BigRef, cmp_mag};
use crate::NumError;

/// From this many limbs of divisor and quotient on, recursive division wins.
const RECURSIVE: usize = 64;

/// Divisors up to this length are normalised on the stack.
const INLINE: usize = 32;

/// A divisor of one limb, its top bit set, with its inverse.
#[derive(Clone, Copy)]
pub(super) struct Divisor1 {
    divisor: Limb,
    inverse: Limb,
}

impl Divisor1 {
    /// `divisor` must have its top bit set.
    #[inline]
    pub(super) const fn new(divisor: Limb) -> Self {
        let inverse = (join(!divisor, Limb::MAX) / divisor as DoubleLimb) as Limb;
        Divisor1 { divisor, inverse }
    }

    /// Quotient and remainder of `high * 2^BITS + low`, where `high` is less than the divisor.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(super) fn div(self, high: Limb, low: Limb) -> (Limb, Limb) {
        let estimate = DoubleLimb::from(self.inverse) * DoubleLimb::from(high);
        let (q1, q0) = split(estimate.wrapping_add(join(high, low)));
        let mut quotient = q1.wrapping_add(1);
        let mut rest = low.wrapping_sub(quotient.wrapping_mul(self.divisor));
        if rest > q0 {
            quotient = quotient.wrapping_sub(1);
            rest = rest.wrapping_add(self.divisor);
        }
        if rest >= self.divisor {
            quotient = quotient.wrapping_add(1);
            rest -= self.divisor;
        }
        (quotient, rest)
    }
}

/// A divisor's top two limbs, the top bit set, with their inverse.
#[derive(Clone, Copy)]
struct Divisor2 {
    high: Limb,
    low: Limb,
    inverse: Limb,
}

impl Divisor2 {
    fn new(high: Limb, low: Limb) -> Self {
        let mut inverse = Divisor1::new(high).inverse;
        let mut p = high.wrapping_mul(inverse).wrapping_add(low);
        if p < low {
            inverse = inverse.wrapping_sub(1);
            if p >= high {
                inverse = inverse.wrapping_sub(1);
                p = p.wrapping_sub(high);
            }
            p = p.wrapping_sub(high);
        }
        let (t1, t0) = mul_add2(inverse, low, 0, 0);
        let carry;
        (p, carry) = p.overflowing_add(t1);
        if carry {
            inverse = inverse.wrapping_sub(1);
            if join(p, t0) >= join(high, low) {
                inverse = inverse.wrapping_sub(1);
            }
        }
        Divisor2 { high, low, inverse }
    }

    /// Quotient and remainder of three limbs; the upper two are less than the divisor.
    #[cfg_attr(not(feature = "small"), inline(always))]
    fn div(self, u2: Limb, u1: Limb, u0: Limb) -> (Limb, DoubleLimb) {
        let divisor = join(self.high, self.low);
        let estimate = DoubleLimb::from(self.inverse) * DoubleLimb::from(u2);
        let (q1, q0) = split(estimate.wrapping_add(join(u2, u1)));
        let r1 = u1.wrapping_sub(q1.wrapping_mul(self.high));
        let taken = DoubleLimb::from(self.low) * DoubleLimb::from(q1);
        let mut rest = join(r1, u0).wrapping_sub(taken).wrapping_sub(divisor);
        let mut quotient = q1.wrapping_add(1);
        if split(rest).0 >= q0 {
            quotient = quotient.wrapping_sub(1);
            rest = rest.wrapping_add(divisor);
        }
        if rest >= divisor {
            quotient = quotient.wrapping_add(1);
            rest -= divisor;
        }
        (quotient, rest)
    }
}

/// `acc /= divisor`, returns the remainder. `divisor` is not zero.
pub(super) fn div_limb_in_place(acc: &mut [Limb], divisor: Limb) -> Limb {
    let shift = divisor.leading_zeros() as usize;
    let by = Divisor1::new(divisor << shift);
    div_normalised_in_place(acc, by, shift)
}

/// `acc /= divisor >> shift`, returns the remainder: for dividing by the same number again and again.
#[inline]
pub(super) fn div_normalised_in_place(acc: &mut [Limb], by: Divisor1, shift: usize) -> Limb {
    if shift == 0 {
        let mut rest = 0;
        for x in acc.iter_mut().rev() {
            (*x, rest) = by.div(rest, *x);
        }
        return rest;
    }
    // The dividend is shifted on the way: each digit's upper bits belong to the digit above.
    let mut digits = acc.iter_mut().rev();
    let Some(mut digit) = digits.next() else {
        return 0;
    };
    let mut rest = *digit >> (BITS - shift);
    for below in digits {
        (*digit, rest) = by.div(rest, *digit << shift | *below >> (BITS - shift));
        digit = below;
    }
    (*digit, rest) = by.div(rest, *digit << shift);
    rest >> shift
}

/// The remainder of dividing by one limb, which is not zero.
pub(super) fn rem_limb(mag: &[Limb], divisor: Limb) -> Limb {
    let shift = divisor.leading_zeros() as usize;
    let by = Divisor1::new(divisor << shift);
    let mut rest = 0;
    for &x in mag.iter().rev() {
        let (high, low) = split(join(rest, x) << shift);
        rest = by.div(high, low).1 >> shift;
    }
    rest
}

/// Knuth's algorithm D. `u` has `q.len()` limbs more than `d`; its upper `d.len()` limbs are less than
/// `d`, which has two limbs or more and its top bit set. Leaves the remainder in `u`.
fn schoolbook(u: &mut [Limb], d: &[Limb], q: &mut [Limb]) {
    let n = d.len();
    let [lower @ .., d0, d1] = d else { return };
    let by = Divisor2::new(*d1, *d0);
    for (at, digit) in q.iter_mut().enumerate().rev() {
        let [window @ .., u0, u1, u2] = &mut u[at..at + n + 1] else {
            return;
        };
        if *u2 == *d1 && *u1 == *d0 {
            // The digit would not fit three by two; it is the largest one.
            *digit = Limb::MAX;
            let window = &mut u[at..at + n + 1];
            let borrow = sub_mul_limb(&mut window[..n], d, Limb::MAX);
            window[n] = window[n].wrapping_sub(borrow);
            continue;
        }
        let (mut quotient, rest) = by.div(*u2, *u1, *u0);
        let borrow = sub_mul_limb(window, lower, quotient);
        let (rest, under) = rest.overflowing_sub(DoubleLimb::from(borrow));
        (*u1, *u0) = split(rest);
        *u2 = 0;
        if under {
            quotient = quotient.wrapping_sub(1);
            add_in_place(&mut u[at..at + n], d);
        }
        *digit = quotient;
    }
}

/// As [`schoolbook`], for a quotient of any length; `scratch` as [`division_scratch`] says.
fn divide(u: &mut [Limb], d: &[Limb], q: &mut [Limb], scratch: &mut [Limb]) {
    let n = d.len();
    if SIMPLE || n < RECURSIVE || q.len() < RECURSIVE {
        return schoolbook(u, d, q);
    }
    // From the top: first the odd part of the quotient, then pieces as long as the divisor.
    let mut end = q.len();
    while end > 0 {
        let len = if end.is_multiple_of(n) { n } else { end % n };
        let start = end - len;
        divide_short(&mut u[start..end + n], d, &mut q[start..end], scratch);
        end = start;
    }
}

/// Quotient not longer than the divisor: divides by the divisor's top half of that length, then puts right.
fn divide_short(u: &mut [Limb], d: &[Limb], q: &mut [Limb], scratch: &mut [Limb]) {
    let (n, m) = (d.len(), q.len());
    if m < RECURSIVE {
        return schoolbook(u, d, q);
    }
    let rest = n - m;
    let (d_low, d_high) = d.split_at(rest);
    let top = &mut u[rest..];
    if cmp_mag(&top[m..], d_high) == Ordering::Less {
        divide_even(top, d_high, q, scratch);
    } else {
        // The upper parts are equal, so the quotient would need another limb: take the largest.
        q.fill(Limb::MAX);
        top[m..].fill(0);
        if add_in_place(&mut top[..m], d_high) {
            top[m] = 1;
        }
    }
    if rest == 0 {
        return;
    }
    let (product, scratch) = scratch.split_at_mut(n);
    mul_any(product, q, d_low, scratch);
    // `u[n]` is the remainder's top limb: 0 or 1, and -1 while the quotient is too large.
    let borrow = sub_in_place(&mut u[..n], product);
    u[n] = u[n].wrapping_sub(Limb::from(borrow));
    while u[n] == Limb::MAX {
        decrement(q);
        let carry = add_in_place(&mut u[..n], d);
        u[n] = u[n].wrapping_add(Limb::from(carry));
    }
}

/// Quotient as long as the divisor: one half after the other.
fn divide_even(u: &mut [Limb], d: &[Limb], q: &mut [Limb], scratch: &mut [Limb]) {
    let n = d.len();
    let half = n / 2;
    let (q_low, q_high) = q.split_at_mut(half);
    divide_short(&mut u[half..], d, q_high, scratch);
    divide_short(&mut u[..n + half], d, q_low, scratch);
}

/// Limbs of working space for [`divide`].
fn division_scratch(divisor_len: usize, quotient_len: usize) -> usize {
    if SIMPLE || divisor_len < RECURSIVE || quotient_len < RECURSIVE {
        0
    } else {
        // A product as long as the divisor, in any split, and the work for it.
        7 * divisor_len + 64 * divisor_len.ilog2() as usize
    }
}

/// `q = a / b`, `r = a % b` on magnitudes, `b` not zero. On error both hold anything.
pub(super) fn div_rem_mag(
    a: &[Limb],
    b: &[Limb],
    q: &mut TryVec<Limb>,
    r: &mut TryVec<Limb>,
) -> Result<(), NumError> {
    q.clear();
    r.clear();
    let Some(&top) = b.last() else {
        return Err(NumError::DivideByZero);
    };
    if cmp_mag(a, b) == Ordering::Less {
        r.extend_from_slice(a)?;
        return Ok(());
    }
    if let [divisor] = b {
        q.extend_from_slice(a)?;
        let rest = div_limb_in_place(q, *divisor);
        r.extend_from_slice(&[rest])?;
    } else {
        let n = b.len();
        let shift = top.leading_zeros() as usize;
        r.resize(a.len() + 1, 0)?;
        shl_small(r, a, shift);
        q.resize(a.len() + 1 - n, 0)?;
        let (mut inline, mut heap) = ([0; INLINE], TryVec::new());
        let divisor = if shift == 0 {
            b
        } else if n <= INLINE {
            shl_small(&mut inline[..n], b, shift);
            &inline[..n]
        } else {
            heap.resize(n, 0)?;
            shl_small(&mut heap, b, shift);
            &heap[..]
        };
        let mut scratch = TryVec::filled(0, division_scratch(n, q.len()))?;
        divide(r, divisor, q, &mut scratch);
        r.truncate(n);
        shr_small_in_place(r, shift);
    }
    q.truncate(trimmed_len(q));
    r.truncate(trimmed_len(r));
    Ok(())
}

impl BigRef<'_> {
    /// `q = self // other`, `r = self % other`: the quotient rounded towards minus infinity, the
    /// remainder with the sign of `other`.
    pub fn divmod_into(
        self,
        other: BigRef<'_>,
        q: &mut BigInt,
        r: &mut BigInt,
    ) -> Result<(), NumError> {
        let result = self.divmod_raw(other, q, r);
        if result.is_err() {
            q.set_zero();
            r.set_zero();
        }
        result
    }

    fn divmod_raw(self, other: BigRef<'_>, q: &mut BigInt, r: &mut BigInt) -> Result<(), NumError> {
        div_rem_mag(self.mag, other.mag, &mut q.mag, &mut r.mag)?;
        let opposite = self.neg != other.neg;
        if opposite && !r.mag.is_empty() {
            q.mag.reserve(1)?;
            if increment(&mut q.mag) {
                // All ones became zeros, or there was no limb.
                q.mag.push(1)?;
            }
            // |other| - rest
            r.mag.resize(other.mag.len(), 0)?;
            super::add::sub_from_in_place(&mut r.mag, other.mag);
        }
        q.neg = opposite;
        r.neg = other.neg;
        q.trim();
        r.trim();
        Ok(())
    }

    /// Quotient (rounded towards minus infinity) and remainder (with the sign of `other`).
    pub fn try_divmod(self, other: BigRef<'_>) -> Result<(BigInt, BigInt), NumError> {
        let (mut q, mut r) = (BigInt::new(), BigInt::new());
        self.divmod_into(other, &mut q, &mut r)?;
        Ok((q, r))
    }

    /// `out = self // other`, rounded towards minus infinity.
    pub fn floordiv_into(self, other: BigRef<'_>, out: &mut BigInt) -> Result<(), NumError> {
        self.divmod_into(other, out, &mut BigInt::new())
    }

    /// `out = self % other`, with the sign of `other`.
    pub fn modulo_into(self, other: BigRef<'_>, out: &mut BigInt) -> Result<(), NumError> {
        if let [divisor] = other.mag {
            let mut rest = rem_limb(self.mag, *divisor);
            if rest != 0 && self.neg != other.neg {
                rest = divisor - rest;
            }
            return Ok(out.set_limbs(other.neg, [rest])?);
        }
        self.divmod_into(other, &mut BigInt::new(), out)
    }
}

impl BigInt {
    /// Divides the magnitude by `divisor` in place, rounding towards zero; returns the remainder's
    /// magnitude.
    pub fn div_small(&mut self, divisor: u32) -> Result<u32, NumError> {
        if divisor == 0 {
            return Err(NumError::DivideByZero);
        }
        let rest = div_limb_in_place(&mut self.mag, Limb::from(divisor));
        self.trim();
        // Less than the divisor.
        Ok(rest as u32)
    }
}
