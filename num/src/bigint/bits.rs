//! Bit operators, as if numbers were written in endless two's complement.

use super::limb::Limb;
use super::{BigInt, BigRef};
use crate::NumError;

impl BigRef<'_> {
    /// `out = self & other`.
    pub fn and_into(self, other: BigRef<'_>, out: &mut BigInt) -> Result<(), NumError> {
        if !self.neg && !other.neg {
            out.set_zero();
            let len = self.mag.len().min(other.mag.len());
            out.mag.extend_from_slice(&self.mag[..len])?;
            out.mag.iter_mut().zip(other.mag).for_each(|(x, y)| *x &= y);
            out.trim();
            return Ok(());
        }
        bitwise(self, other, out, |x, y| x & y)
    }

    /// `out = self | other`.
    pub fn or_into(self, other: BigRef<'_>, out: &mut BigInt) -> Result<(), NumError> {
        if !self.neg && !other.neg {
            return plain(self, other, out, |x, y| *x |= y);
        }
        bitwise(self, other, out, |x, y| x | y)
    }

    /// `out = self ^ other`.
    pub fn xor_into(self, other: BigRef<'_>, out: &mut BigInt) -> Result<(), NumError> {
        if !self.neg && !other.neg {
            return plain(self, other, out, |x, y| *x ^= y);
        }
        bitwise(self, other, out, |x, y| x ^ y)
    }

    /// `out = ~self`, that is `-self - 1`.
    pub fn not_into(self, out: &mut BigInt) -> Result<(), NumError> {
        self.negated().sub_into(BigRef::ONE, out)
    }

    /// `~self`.
    pub fn try_not(self) -> Result<BigInt, NumError> {
        let mut out = BigInt::new();
        self.not_into(&mut out)?;
        Ok(out)
    }

    /// The limbs of the two's complement, without end.
    #[inline]
    fn twos_complement(self) -> impl Iterator<Item = Limb> {
        let (mask, mut carry) = if self.neg {
            (Limb::MAX, true)
        } else {
            (0, false)
        };
        self.mag
            .iter()
            .copied()
            .chain(core::iter::repeat(0))
            .map(move |limb| {
                let value;
                (value, carry) = (limb ^ mask).overflowing_add(Limb::from(carry));
                value
            })
    }
}

/// Two numbers that are not negative, for operators that keep the longer one's upper limbs.
#[inline]
fn plain(
    a: BigRef<'_>,
    b: BigRef<'_>,
    out: &mut BigInt,
    apply: impl Fn(&mut Limb, Limb),
) -> Result<(), NumError> {
    let (long, short) = if a.mag.len() >= b.mag.len() {
        (a, b)
    } else {
        (b, a)
    };
    out.set(long)?;
    out.mag
        .iter_mut()
        .zip(short.mag)
        .for_each(|(x, &y)| apply(x, y));
    out.trim();
    Ok(())
}

#[inline]
fn bitwise(
    a: BigRef<'_>,
    b: BigRef<'_>,
    out: &mut BigInt,
    apply: impl Fn(Limb, Limb) -> Limb,
) -> Result<(), NumError> {
    // One limb more than the longer one holds only signs.
    let len = a.mag.len().max(b.mag.len()) + 1;
    out.set_zero();
    out.mag.reserve(len)?;
    out.mag.extend(
        a.twos_complement()
            .zip(b.twos_complement())
            .map(|(x, y)| apply(x, y))
            .take(len),
    )?;
    if out.mag.last().is_some_and(|&signs| signs != 0) {
        super::add::negate_in_place(&mut out.mag);
        out.neg = true;
    }
    out.trim();
    Ok(())
}
