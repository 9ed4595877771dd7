//! Integers of any size: sign and magnitude.
//!
//! A magnitude is a slice of [`Limb`]s, least significant first, without leading zero limbs; zero
//! is the empty slice and never negative. [`BigRef`] borrows a magnitude from wherever it lives (an
//! object on the heap, say), [`BigInt`] owns one. Bit operators and shifts behave as if numbers
//! were written in endless two's complement; division rounds towards minus infinity.
//!
//! Operations write into a [`BigInt`] that the caller lends (`add_into`), so that a loop, or an
//! interpreter with one spare number, allocates only when a result outgrows all earlier ones. The
//! `try_` forms make a new one. An output never aliases an input; what it holds after an error is
//! some valid number.
//!
//! | operation | n-bit cost |
//! | --- | --- |
//! | add, subtract, compare, shift, bits, bytes | n |
//! | multiply | n² → n^1.58 (Karatsuba) → n^1.46 (Toom-3) |
//! | divide, decimal text both ways | as multiply, times log n |
//!
//! Sources: Knuth 4.3.1 (algorithms M, D), 4.3.3; Brent and Zimmermann, Modern Computer Arithmetic
//! 1.3, 1.4; Möller and Granlund, Improved division by invariant integers.

mod add;
mod bits;
mod bytes;
mod convert;
mod div;
mod limb;
mod mul;
mod pow;
mod shift;
mod text;

#[cfg(test)]
mod tests;

use core::cmp::Ordering;
use core::fmt;

use ferlance_collections::{OutOfMemory, TryVec};

use crate::NumError;
pub use bytes::ByteOrder;
pub use limb::{BITS, DoubleLimb, Limb};
use limb::{LIMBS_PER_128, trimmed, trimmed_len};
pub(crate) use text::digit_value;

/// A borrowed integer.
#[derive(Clone, Copy)]
pub struct BigRef<'a> {
    neg: bool,
    mag: &'a [Limb],
}

/// An owned integer.
#[derive(Default)]
pub struct BigInt {
    neg: bool,
    mag: TryVec<Limb>,
}

/// An integer of at most 128 bits that lives on the stack: for lending a machine integer to an
/// operation on big ones.
#[derive(Clone, Copy)]
pub struct SmallBig {
    neg: bool,
    len: u8,
    mag: [Limb; LIMBS_PER_128],
}

impl<'a> BigRef<'a> {
    /// Zero.
    pub const ZERO: BigRef<'static> = BigRef {
        neg: false,
        mag: &[],
    };
    /// One.
    pub const ONE: BigRef<'static> = BigRef {
        neg: false,
        mag: &[1],
    };

    /// The integer with this sign and these limbs, least significant first. Leading zeros are allowed.
    #[inline]
    pub fn new(neg: bool, limbs: &'a [Limb]) -> Self {
        let mag = trimmed(limbs);
        BigRef {
            neg: neg && !mag.is_empty(),
            mag,
        }
    }

    /// Whether it is below zero.
    #[inline]
    pub fn is_negative(self) -> bool {
        self.neg
    }

    /// Whether it is zero.
    #[inline]
    pub fn is_zero(self) -> bool {
        self.mag.is_empty()
    }

    /// Whether it is odd.
    #[inline]
    pub fn is_odd(self) -> bool {
        self.mag.first().is_some_and(|low| low & 1 != 0)
    }

    /// The limbs of the absolute value, least significant first, the last one not zero.
    #[inline]
    pub fn limbs(self) -> &'a [Limb] {
        self.mag
    }

    /// How many bits the absolute value has; 0 for zero.
    #[inline]
    pub fn bit_length(self) -> usize {
        limb::bit_length(self.mag)
    }

    /// How many bits of the absolute value are one.
    pub fn count_ones(self) -> usize {
        self.mag.iter().map(|limb| limb.count_ones() as usize).sum()
    }

    /// How many zero bits lie below the lowest one; `None` for zero.
    pub fn trailing_zeros(self) -> Option<usize> {
        let at = self.mag.iter().position(|&limb| limb != 0)?;
        Some(at * BITS + self.mag[at].trailing_zeros() as usize)
    }

    /// The number with the other sign: free.
    #[inline]
    #[must_use]
    pub fn negated(self) -> Self {
        BigRef {
            neg: !self.neg && !self.mag.is_empty(),
            mag: self.mag,
        }
    }

    /// The number without sign: free.
    #[inline]
    #[must_use]
    pub fn abs(self) -> Self {
        BigRef {
            neg: false,
            mag: self.mag,
        }
    }

    /// An owned copy.
    pub fn to_big(self) -> Result<BigInt, OutOfMemory> {
        Ok(BigInt {
            neg: self.neg,
            mag: TryVec::from_slice(self.mag)?,
        })
    }

    /// A hash: equal integers have equal hashes. The value modulo the Mersenne prime just below
    /// the word (2^61 − 1, or 2^31 − 1), with the sign, so that a float can be hashed to agree.
    pub fn hash(self) -> isize {
        const SPARE: u32 = if BITS == 64 { 3 } else { 1 };
        const PRIME: Limb = Limb::MAX >> SPARE;
        let mut hash: Limb = 0;
        for &limb in self.mag.iter().rev() {
            // 2^BITS is 2^SPARE modulo the prime, so this rotates within its bits.
            hash = (hash << SPARE & PRIME) | hash >> (BITS as u32 - 2 * SPARE);
            hash += (limb & PRIME) + (limb >> (BITS as u32 - SPARE));
            while hash >= PRIME {
                hash -= PRIME;
            }
        }
        if self.neg {
            -(hash as isize)
        } else {
            hash as isize
        }
    }
}

/// Compares magnitudes.
#[inline]
pub(crate) fn cmp_mag(a: &[Limb], b: &[Limb]) -> Ordering {
    a.len()
        .cmp(&b.len())
        .then_with(|| a.iter().rev().cmp(b.iter().rev()))
}

impl Ord for BigRef<'_> {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.neg, other.neg) {
            (false, false) => cmp_mag(self.mag, other.mag),
            (true, true) => cmp_mag(other.mag, self.mag),
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
        }
    }
}

impl PartialOrd for BigRef<'_> {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for BigRef<'_> {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.neg == other.neg && self.mag == other.mag
    }
}

impl Eq for BigRef<'_> {}

impl fmt::Debug for BigRef<'_> {
    /// Hexadecimal, which needs no memory.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.neg { "-0x" } else { "0x" })?;
        match self.mag.split_last() {
            None => f.write_str("0"),
            Some((top, rest)) => {
                write!(f, "{top:x}")?;
                rest.iter()
                    .rev()
                    .try_for_each(|limb| write!(f, "{limb:0width$x}", width = BITS / 4))
            }
        }
    }
}

impl BigInt {
    /// Zero. Does not allocate.
    #[inline]
    pub const fn new() -> Self {
        BigInt {
            neg: false,
            mag: TryVec::new(),
        }
    }

    /// The integer with this sign and these limbs, least significant first. Leading zeros are allowed.
    pub fn from_limbs(neg: bool, limbs: TryVec<Limb>) -> Self {
        let mut made = BigInt { neg, mag: limbs };
        made.trim();
        made
    }

    /// The number, borrowed.
    #[inline]
    pub fn as_ref(&self) -> BigRef<'_> {
        BigRef {
            neg: self.neg,
            mag: &self.mag,
        }
    }

    /// Sign and limbs.
    pub fn into_limbs(self) -> (bool, TryVec<Limb>) {
        (self.neg, self.mag)
    }

    /// Makes it zero, keeps its room.
    #[inline]
    pub fn set_zero(&mut self) {
        self.neg = false;
        self.mag.clear();
    }

    /// Makes it equal to `value`.
    #[inline]
    pub fn set(&mut self, value: BigRef<'_>) -> Result<(), OutOfMemory> {
        self.set_zero();
        self.mag.extend_from_slice(value.mag)?;
        self.neg = value.neg;
        Ok(())
    }

    /// Changes the sign.
    #[inline]
    pub fn negate(&mut self) {
        self.neg = !self.neg && !self.mag.is_empty();
    }

    /// A copy.
    pub fn try_clone(&self) -> Result<Self, OutOfMemory> {
        self.as_ref().to_big()
    }

    /// Restores the invariants: no leading zeros, zero not negative.
    #[inline]
    fn trim(&mut self) {
        if self.mag.last().is_none_or(|&top| top == 0) {
            let len = trimmed_len(&self.mag);
            self.mag.truncate(len);
            self.neg &= len > 0;
        }
    }

    /// Makes it a number of `len` zero limbs, to be filled and trimmed.
    #[inline]
    fn start(&mut self, neg: bool, len: usize) -> Result<&mut [Limb], OutOfMemory> {
        self.set_zero();
        self.mag.resize(len, 0)?;
        self.neg = neg;
        Ok(&mut self.mag)
    }

    /// Makes it the number of these limbs, least significant first.
    #[inline]
    fn set_limbs<const N: usize>(
        &mut self,
        neg: bool,
        limbs: [Limb; N],
    ) -> Result<(), OutOfMemory> {
        self.set_zero();
        self.mag.extend_from_slice(&limbs)?;
        self.neg = neg;
        self.trim();
        Ok(())
    }
}

impl PartialEq for BigInt {
    fn eq(&self, other: &Self) -> bool {
        self.as_ref() == other.as_ref()
    }
}

impl Eq for BigInt {}

impl PartialOrd for BigInt {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for BigInt {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_ref().cmp(&other.as_ref())
    }
}

impl fmt::Debug for BigInt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_ref().fmt(f)
    }
}

impl SmallBig {
    /// The number, borrowed.
    #[inline]
    pub fn as_ref(&self) -> BigRef<'_> {
        // `len` counts limbs of `mag`; `get` spares the check a panic.
        BigRef {
            neg: self.neg,
            mag: self.mag.get(..self.len as usize).unwrap_or(&[]),
        }
    }
}

impl fmt::Debug for SmallBig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_ref().fmt(f)
    }
}

/// The form of each two-operand operation that makes a new number.
macro_rules! try_forms {
    ($($(#[$doc:meta])* $name:ident = $into:ident;)*) => {
        impl BigRef<'_> {$(
            $(#[$doc])*
            pub fn $name(self, other: BigRef<'_>) -> Result<BigInt, NumError> {
                let mut out = BigInt::new();
                self.$into(other, &mut out)?;
                Ok(out)
            }
        )*}
    };
}

try_forms! {
    /// `self + other`.
    try_add = add_into;
    /// `self - other`.
    try_sub = sub_into;
    /// `self * other`.
    try_mul = mul_into;
    /// `self // other`, rounded towards minus infinity.
    try_floordiv = floordiv_into;
    /// `self % other`, with the sign of `other`.
    try_modulo = modulo_into;
    /// `self & other`.
    try_and = and_into;
    /// `self | other`.
    try_or = or_into;
    /// `self ^ other`.
    try_xor = xor_into;
    /// `self << other`.
    try_shl = shl_big_into;
    /// `self >> other`, rounded towards minus infinity.
    try_shr = shr_big_into;
    /// `self ** other`.
    try_pow = pow_into;
}
