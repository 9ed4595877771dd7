//! The digit of big integers: a machine word.

/// One digit, in base 2^[`BITS`]. A word of the target, so that a double one is cheap.
#[cfg(all(target_pointer_width = "64", not(feature = "limb32")))]
pub type Limb = u64;
/// The product of two digits.
#[cfg(all(target_pointer_width = "64", not(feature = "limb32")))]
pub type DoubleLimb = u128;

/// One digit, in base 2^[`BITS`]. A word of the target, so that a double one is cheap.
#[cfg(not(all(target_pointer_width = "64", not(feature = "limb32"))))]
pub type Limb = u32;
/// The product of two digits.
#[cfg(not(all(target_pointer_width = "64", not(feature = "limb32"))))]
pub type DoubleLimb = u64;

/// Bits in a limb.
pub const BITS: usize = Limb::BITS as usize;

/// Limbs in 128 bits.
pub(super) const LIMBS_PER_128: usize = 128 / BITS;

/// `high * 2^BITS + low`.
#[cfg_attr(not(feature = "small"), inline(always))]
pub(super) const fn join(high: Limb, low: Limb) -> DoubleLimb {
    (high as DoubleLimb) << BITS | low as DoubleLimb
}

/// The two limbs of a double limb, high one first.
#[cfg_attr(not(feature = "small"), inline(always))]
pub(super) const fn split(double: DoubleLimb) -> (Limb, Limb) {
    ((double >> BITS) as Limb, double as Limb)
}

/// `a * b + c + d`, high limb first. Cannot overflow.
#[cfg_attr(not(feature = "small"), inline(always))]
pub(super) const fn mul_add2(a: Limb, b: Limb, c: Limb, d: Limb) -> (Limb, Limb) {
    split(a as DoubleLimb * b as DoubleLimb + c as DoubleLimb + d as DoubleLimb)
}

/// How many limbs are left without leading zeros.
#[inline]
pub(super) fn trimmed_len(limbs: &[Limb]) -> usize {
    limbs
        .iter()
        .rposition(|&limb| limb != 0)
        .map_or(0, |top| top + 1)
}

/// The limbs without leading zeros.
#[inline]
pub(super) fn trimmed(limbs: &[Limb]) -> &[Limb] {
    &limbs[..trimmed_len(limbs)]
}

/// Bits of a magnitude; 0 for zero.
#[inline]
pub(super) fn bit_length(mag: &[Limb]) -> usize {
    match mag.last() {
        Some(top) => mag.len() * BITS - top.leading_zeros() as usize,
        None => 0,
    }
}
