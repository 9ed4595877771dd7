//! Shifts.

use super::limb::{BITS, Limb};
use super::{BigInt, BigRef};
use crate::NumError;

/// `out = a << shift`, less than a limb; what leaves `out` at the top is lost, what is missing is zero.
#[inline]
pub(super) fn shl_small(out: &mut [Limb], a: &[Limb], shift: usize) {
    let (low, high) = out.split_at_mut(a.len());
    if shift == 0 {
        low.copy_from_slice(a);
        high.fill(0);
        return;
    }
    let mut carry = 0;
    for (o, &x) in low.iter_mut().zip(a) {
        *o = x << shift | carry;
        carry = x >> (BITS - shift);
    }
    if let Some((next, rest)) = high.split_first_mut() {
        *next = carry;
        rest.fill(0);
    }
}

/// `acc >>= shift`, less than a limb.
#[inline]
pub(super) fn shr_small_in_place(acc: &mut [Limb], shift: usize) {
    if shift == 0 {
        return;
    }
    let mut carry = 0;
    for x in acc.iter_mut().rev() {
        (*x, carry) = (*x >> shift | carry, *x << (BITS - shift));
    }
}

impl BigRef<'_> {
    /// `out = self << bits`.
    pub fn shl_into(self, bits: usize, out: &mut BigInt) -> Result<(), NumError> {
        out.set_zero();
        if self.is_zero() {
            return Ok(());
        }
        let (limbs, shift) = (bits / BITS, bits % BITS);
        let len = self
            .mag
            .len()
            .checked_add(limbs + 1)
            .ok_or(NumError::TooLarge)?;
        let mag = out.start(self.neg, len)?;
        shl_small(&mut mag[limbs..], self.mag, shift);
        out.trim();
        Ok(())
    }

    /// `out = self >> bits`, rounded towards minus infinity.
    pub fn shr_into(self, bits: usize, out: &mut BigInt) -> Result<(), NumError> {
        let (limbs, shift) = (bits / BITS, bits % BITS);
        let Some((lost, kept)) = self.mag.split_at_checked(limbs) else {
            // Every bit goes: 0, or -1 from below.
            return Ok(out.set_limbs(self.neg, [Limb::from(self.neg)])?);
        };
        out.set_zero();
        out.mag.reserve(kept.len() + 1)?;
        out.mag.extend_from_slice(kept)?;
        out.neg = self.neg;
        let low = kept.first().copied().unwrap_or(0);
        shr_small_in_place(&mut out.mag, shift);
        out.trim();
        let lost = low & !(Limb::MAX << shift) != 0 || lost.iter().any(|&x| x != 0);
        if self.neg && lost {
            out.add_limb(1)?;
            out.neg = true;
        }
        Ok(())
    }

    /// `out = self << by`. A shift that no memory can hold is [`NumError::TooLarge`].
    pub fn shl_big_into(self, by: BigRef<'_>, out: &mut BigInt) -> Result<(), NumError> {
        if by.is_negative() {
            return Err(NumError::NegativeShift);
        }
        match by.to_usize() {
            Some(bits) => self.shl_into(bits, out),
            None if self.is_zero() => {
                out.set_zero();
                Ok(())
            }
            None => Err(NumError::TooLarge),
        }
    }

    /// `out = self >> by`.
    pub fn shr_big_into(self, by: BigRef<'_>, out: &mut BigInt) -> Result<(), NumError> {
        if by.is_negative() {
            return Err(NumError::NegativeShift);
        }
        self.shr_into(by.to_usize().unwrap_or(usize::MAX), out)
    }
}

impl BigInt {
    /// `self <<= bits`, in place.
    pub fn shl_assign(&mut self, bits: usize) -> Result<(), NumError> {
        if self.mag.is_empty() {
            return Ok(());
        }
        let (limbs, shift) = (bits / BITS, bits % BITS);
        let old = self.mag.len();
        let len = old.checked_add(limbs + 1).ok_or(NumError::TooLarge)?;
        self.mag.resize(len, 0)?;
        if limbs > 0 {
            self.mag.copy_within(..old, limbs);
            self.mag[..limbs].fill(0);
        }
        if shift > 0 {
            let mut below = 0;
            for x in &mut self.mag[limbs..] {
                (*x, below) = (*x << shift | below, *x >> (BITS - shift));
            }
        }
        self.trim();
        Ok(())
    }
}
