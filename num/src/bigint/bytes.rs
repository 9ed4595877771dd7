//! Big integers from and to bytes.

use super::limb::{BITS, Limb};
use super::{BigInt, BigRef};
use crate::NumError;

/// Which byte comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ByteOrder {
    /// The least significant one.
    Little,
    /// The most significant one.
    Big,
}

const LIMB_BYTES: usize = BITS / 8;

impl BigRef<'_> {
    /// Whether the value fits `len` bytes, as a two's complement number if `signed`.
    pub fn fits_bytes(self, len: usize, signed: bool) -> bool {
        let room = len.saturating_mul(8);
        let bits = self.bit_length();
        match (self.neg, signed) {
            (false, false) => bits <= room,
            (true, false) => false,
            (false, true) => bits < room || bits == 0,
            // -2^(room - 1) is the one that fits with all bits.
            (true, true) => {
                bits < room || (bits == room && self.trailing_zeros() == Some(bits - 1))
            }
        }
    }

    /// Fills `out` with the value's lowest bytes in two's complement: modulo 2^(8 `out.len()`).
    pub fn to_bytes_wrapping(self, out: &mut [u8], order: ByteOrder) {
        let mut digits = self.mag.iter();
        let (mask, mut carry) = if self.neg {
            (Limb::MAX, true)
        } else {
            (0, false)
        };
        let mut next = || {
            let limb = digits.next().copied().unwrap_or(0);
            let value;
            (value, carry) = (limb ^ mask).overflowing_add(Limb::from(carry));
            value
        };
        match order {
            ByteOrder::Little => {
                for chunk in out.chunks_mut(LIMB_BYTES) {
                    chunk.copy_from_slice(&next().to_le_bytes()[..chunk.len()]);
                }
            }
            ByteOrder::Big => {
                for chunk in out.rchunks_mut(LIMB_BYTES) {
                    chunk.copy_from_slice(&next().to_be_bytes()[LIMB_BYTES - chunk.len()..]);
                }
            }
        }
    }

    /// Fills `out` with the value. Refuses one that does not fit: [`NumError::NegativeUnsigned`] or
    /// [`NumError::Overflow`].
    pub fn to_bytes(self, out: &mut [u8], order: ByteOrder, signed: bool) -> Result<(), NumError> {
        if self.neg && !signed {
            return Err(NumError::NegativeUnsigned);
        }
        if !self.fits_bytes(out.len(), signed) {
            return Err(NumError::Overflow);
        }
        self.to_bytes_wrapping(out, order);
        Ok(())
    }
}

impl BigInt {
    /// Makes it the value that `bytes` hold, in two's complement if `signed`.
    pub fn set_bytes(
        &mut self,
        bytes: &[u8],
        order: ByteOrder,
        signed: bool,
    ) -> Result<(), NumError> {
        self.set_zero();
        let top = match order {
            ByteOrder::Little => bytes.last(),
            ByteOrder::Big => bytes.first(),
        };
        let neg = signed && top.is_some_and(|&top| top >= 0x80);
        let fill = if neg { 0xff } else { 0 };
        self.mag.reserve(bytes.len().div_ceil(LIMB_BYTES))?;
        match order {
            ByteOrder::Little => self.mag.extend(bytes.chunks(LIMB_BYTES).map(|chunk| {
                let mut limb = [fill; LIMB_BYTES];
                limb[..chunk.len()].copy_from_slice(chunk);
                Limb::from_le_bytes(limb)
            }))?,
            ByteOrder::Big => self.mag.extend(bytes.rchunks(LIMB_BYTES).map(|chunk| {
                let mut limb = [fill; LIMB_BYTES];
                limb[LIMB_BYTES - chunk.len()..].copy_from_slice(chunk);
                Limb::from_be_bytes(limb)
            }))?,
        }
        if neg {
            super::add::negate_in_place(&mut self.mag);
        }
        self.neg = neg;
        self.trim();
        Ok(())
    }

    /// The value that `bytes` hold, in two's complement if `signed`.
    pub fn from_bytes(bytes: &[u8], order: ByteOrder, signed: bool) -> Result<Self, NumError> {
        let mut made = BigInt::new();
        made.set_bytes(bytes, order, signed)?;
        Ok(made)
    }
}
