//! Addition and subtraction, of magnitudes and of signed numbers.

use core::cmp::Ordering;

use super::limb::{Limb, join, split};
use super::{BigInt, BigRef, cmp_mag};
use crate::NumError;

/// `acc += b`, returns the carry. `b` is not longer than `acc`.
#[inline]
pub(super) fn add_in_place(acc: &mut [Limb], b: &[Limb]) -> bool {
    let (low, high) = acc.split_at_mut(b.len());
    let mut carry = false;
    for (x, &y) in low.iter_mut().zip(b) {
        (*x, carry) = x.carrying_add(y, carry);
    }
    carry && increment(high)
}

/// `acc += 1`, returns the carry.
#[inline]
pub(super) fn increment(acc: &mut [Limb]) -> bool {
    for x in acc {
        let carry;
        (*x, carry) = x.overflowing_add(1);
        if !carry {
            return false;
        }
    }
    true
}

/// `acc -= b`, returns the borrow. `b` is not longer than `acc`.
#[inline]
pub(super) fn sub_in_place(acc: &mut [Limb], b: &[Limb]) -> bool {
    let (low, high) = acc.split_at_mut(b.len());
    let mut borrow = false;
    for (x, &y) in low.iter_mut().zip(b) {
        (*x, borrow) = x.borrowing_sub(y, borrow);
    }
    borrow && decrement(high)
}

/// `acc -= 1`, returns the borrow.
#[inline]
pub(super) fn decrement(acc: &mut [Limb]) -> bool {
    for x in acc {
        let borrow;
        (*x, borrow) = x.overflowing_sub(1);
        if !borrow {
            return false;
        }
    }
    true
}

/// `acc = a - acc`, returns the borrow. `a` is not longer than `acc` and stands for zeros beyond.
#[inline]
pub(super) fn sub_from_in_place(acc: &mut [Limb], a: &[Limb]) -> bool {
    let (low, high) = acc.split_at_mut(a.len());
    let mut borrow = false;
    for (x, &y) in low.iter_mut().zip(a) {
        (*x, borrow) = y.borrowing_sub(*x, borrow);
    }
    for x in high {
        let (flipped, more) = (0 as Limb).borrowing_sub(*x, borrow);
        (*x, borrow) = (flipped, more);
    }
    borrow
}

/// `acc = -acc` in two's complement.
#[inline]
pub(super) fn negate_in_place(acc: &mut [Limb]) {
    let mut carry = true;
    for x in acc {
        (*x, carry) = (!*x).overflowing_add(Limb::from(carry));
    }
}

impl BigRef<'_> {
    /// `out = self + other`.
    #[inline]
    pub fn add_into(self, other: BigRef<'_>, out: &mut BigInt) -> Result<(), NumError> {
        signed_sum(self, other, out)
    }

    /// `out = self - other`.
    #[inline]
    pub fn sub_into(self, other: BigRef<'_>, out: &mut BigInt) -> Result<(), NumError> {
        signed_sum(self, other.negated(), out)
    }
}

fn signed_sum(a: BigRef<'_>, b: BigRef<'_>, out: &mut BigInt) -> Result<(), NumError> {
    if let ([x0, x1 @ ..], [y0, y1 @ ..]) = (a.mag, b.mag)
        && x1.len() <= 1
        && y1.len() <= 1
    {
        // Most big integers of real programs: two limbs at most.
        let x = join(x1.first().copied().unwrap_or(0), *x0);
        let y = join(y1.first().copied().unwrap_or(0), *y0);
        let (neg, low, high) = if a.neg == b.neg {
            let (sum, carry) = x.overflowing_add(y);
            (a.neg, sum, carry)
        } else if x >= y {
            (a.neg, x - y, false)
        } else {
            (b.neg, y - x, false)
        };
        let (limb1, limb0) = split(low);
        return Ok(out.set_limbs(neg, [limb0, limb1, Limb::from(high)])?);
    }
    if a.neg == b.neg {
        let (long, short) = if a.mag.len() >= b.mag.len() {
            (a, b)
        } else {
            (b, a)
        };
        out.set_zero();
        out.mag.reserve(long.mag.len() + 1)?;
        out.set(long)?;
        if add_in_place(&mut out.mag, short.mag) {
            out.mag.push(1)?;
        }
        return Ok(());
    }
    let (long, short) = match cmp_mag(a.mag, b.mag) {
        Ordering::Equal => {
            out.set_zero();
            return Ok(());
        }
        Ordering::Greater => (a, b),
        Ordering::Less => (b, a),
    };
    out.set(long)?;
    sub_in_place(&mut out.mag, short.mag);
    out.trim();
    Ok(())
}

impl BigInt {
    /// `self += other`, in place: no copy unless it outgrows its room.
    pub fn add_assign(&mut self, other: BigRef<'_>) -> Result<(), NumError> {
        if self.mag.is_empty() {
            return Ok(self.set(other)?);
        }
        if self.neg == other.neg || other.is_zero() {
            if other.mag.len() > self.mag.len() {
                self.mag.resize(other.mag.len(), 0)?;
            }
            // A sum that cannot get its last limb must not be left behind half done.
            self.mag.reserve(1)?;
            if add_in_place(&mut self.mag, other.mag) {
                self.mag.push(1)?;
            }
            return Ok(());
        }
        if cmp_mag(&self.mag, other.mag) == Ordering::Less {
            self.mag.resize(other.mag.len(), 0)?;
            sub_from_in_place(&mut self.mag, other.mag);
            self.neg = other.neg;
        } else {
            sub_in_place(&mut self.mag, other.mag);
        }
        self.trim();
        Ok(())
    }

    /// `self -= other`, in place.
    pub fn sub_assign(&mut self, other: BigRef<'_>) -> Result<(), NumError> {
        self.add_assign(other.negated())
    }

    /// `self += small`, in place, on the magnitude: keeps the sign.
    pub(crate) fn add_limb(&mut self, small: Limb) -> Result<(), NumError> {
        if small == 0 {
            return Ok(());
        }
        self.mag.reserve(1)?;
        if self.mag.is_empty() {
            self.mag.push(small)?;
        } else if add_in_place(&mut self.mag, &[small]) {
            self.mag.push(1)?;
        }
        Ok(())
    }
}
