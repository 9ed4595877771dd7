//! Multiplication and squaring of magnitudes: schoolbook, Karatsuba, Toom-3.
//!
//! The internal functions write a product of exactly `a.len() + b.len()` limbs and take their
//! working space as one slice, sized beforehand by [`scratch_len`], so that only the entry allocates.

use ferlance_collections::TryVec;

use super::add::{add_in_place, increment, sub_from_in_place, sub_in_place};
use super::limb::{BITS, DoubleLimb, Limb, mul_add2, split};
use super::{BigInt, BigRef};
use crate::NumError;

/// Small builds have the schoolbook's methods only: here, in division, in text and in powers.
pub(super) const SIMPLE: bool = cfg!(feature = "small");

/// From this many limbs on, Karatsuba's method wins (`benches/bigint.rs`).
const KARATSUBA: usize = 32;
/// From this many limbs on, Karatsuba's method wins for squares.
const KARATSUBA_SQUARE: usize = 48;
/// From this many limbs on, Toom-3 wins.
const TOOM3: usize = 128;

/// `out = a * m`, returns the top limb. `out` is as long as `a`.
#[inline]
pub(super) fn mul_limb(out: &mut [Limb], a: &[Limb], m: Limb) -> Limb {
    let mut carry = 0;
    for (o, &x) in out.iter_mut().zip(a) {
        (carry, *o) = mul_add2(x, m, carry, 0);
    }
    carry
}

/// `acc = acc * m + add`, returns the top limb.
#[inline]
pub(super) fn mul_limb_in_place(acc: &mut [Limb], m: Limb, add: Limb) -> Limb {
    let mut carry = add;
    for x in acc {
        (carry, *x) = mul_add2(*x, m, carry, 0);
    }
    carry
}

/// `acc += a * m`, returns the top limb. `acc` is as long as `a`.
#[inline]
pub(super) fn add_mul_limb(acc: &mut [Limb], a: &[Limb], m: Limb) -> Limb {
    let mut carry = 0;
    for (o, &x) in acc.iter_mut().zip(a) {
        (carry, *o) = mul_add2(x, m, *o, carry);
    }
    carry
}

/// `acc -= a * m`, returns the borrowed limb. `acc` is as long as `a`.
#[inline]
pub(super) fn sub_mul_limb(acc: &mut [Limb], a: &[Limb], m: Limb) -> Limb {
    let mut carry = 0;
    for (o, &x) in acc.iter_mut().zip(a) {
        let (high, low) = mul_add2(x, m, carry, 0);
        let borrow;
        (*o, borrow) = o.overflowing_sub(low);
        carry = high + Limb::from(borrow);
    }
    carry
}

fn schoolbook(out: &mut [Limb], a: &[Limb], b: &[Limb]) {
    let n = a.len();
    let Some((&first, rest)) = b.split_first() else {
        return out.fill(0);
    };
    out[n] = mul_limb(&mut out[..n], a, first);
    for (at, &m) in (1..).zip(rest) {
        out[at + n] = add_mul_limb(&mut out[at..at + n], a, m);
    }
}

fn schoolbook_square(out: &mut [Limb], a: &[Limb]) {
    let n = a.len();
    // Products of different limbs once, then doubled while the squares are added.
    out[0] = 0;
    out[2 * n - 1] = 0;
    if n > 1 {
        out[n] = mul_limb(&mut out[1..n], &a[1..], a[0]);
        for at in 1..n - 1 {
            let row = &mut out[2 * at + 1..];
            let len = n - at - 1;
            row[len] = add_mul_limb(&mut row[..len], &a[at + 1..], a[at]);
        }
    }
    let (mut shifted, mut carry) = (0, false);
    for (pair, &x) in out.as_chunks_mut::<2>().0.iter_mut().zip(a) {
        let (high, low) = split(DoubleLimb::from(x) * DoubleLimb::from(x));
        let doubled = [pair[0] << 1 | shifted, pair[1] << 1 | pair[0] >> (BITS - 1)];
        shifted = pair[1] >> (BITS - 1);
        (pair[0], carry) = doubled[0].carrying_add(low, carry);
        (pair[1], carry) = doubled[1].carrying_add(high, carry);
    }
}

/// Limbs of working space for a product of `long` and `short` limbs.
pub(super) fn scratch_len(long: usize, short: usize) -> usize {
    if SIMPLE || short < KARATSUBA {
        0
    } else if 2 * short > long + 1 {
        // Each level takes at most 8/3 of its length and hands a third (or 1 and a half) on; what
        // rounding adds stays below the logarithm's part. The tests walk through all lengths.
        4 * long + 32 * long.ilog2() as usize
    } else {
        // One partial product beside the work for it.
        2 * short + 4 * short + 32 * short.ilog2() as usize
    }
}

/// `out = a * b`, where `a` is not shorter than `b` and `out` exactly as long as both.
pub(super) fn mul(out: &mut [Limb], a: &[Limb], b: &[Limb], scratch: &mut [Limb]) {
    debug_assert!(a.len() >= b.len() && out.len() == a.len() + b.len());
    if SIMPLE || b.len() < KARATSUBA {
        schoolbook(out, a, b);
    } else if 2 * b.len() <= a.len() + 1 {
        unbalanced(out, a, b, scratch);
    } else if b.len() >= TOOM3 && b.len() > 2 * a.len().div_ceil(3) {
        toom3(out, a, Some(b), scratch);
    } else {
        karatsuba(out, a, b, scratch);
    }
}

/// `out = a * a`, `out` exactly twice as long.
pub(super) fn square(out: &mut [Limb], a: &[Limb], scratch: &mut [Limb]) {
    debug_assert!(out.len() == 2 * a.len());
    if SIMPLE {
        schoolbook(out, a, a);
    } else if a.is_empty() {
    } else if a.len() < KARATSUBA_SQUARE {
        schoolbook_square(out, a);
    } else if a.len() >= TOOM3 {
        toom3(out, a, None, scratch);
    } else {
        karatsuba_square(out, a, scratch);
    }
}

/// As [`mul`], the operands in any order.
pub(super) fn mul_any(out: &mut [Limb], a: &[Limb], b: &[Limb], scratch: &mut [Limb]) {
    if a.len() >= b.len() {
        mul(out, a, b, scratch)
    } else {
        mul(out, b, a, scratch)
    }
}

/// A long number times a short one: the long one in pieces as long as the short one.
fn unbalanced(out: &mut [Limb], a: &[Limb], b: &[Limb], scratch: &mut [Limb]) {
    let n = b.len();
    let (part, scratch) = scratch.split_at_mut(2 * n);
    let mut pieces = a.chunks(n);
    if let Some(first) = pieces.next() {
        mul(&mut out[..2 * n], first, b, scratch);
    }
    for (at, piece) in (1..).zip(pieces) {
        let part = &mut part[..n + piece.len()];
        mul(part, b, piece, scratch);
        let out = &mut out[at * n..at * n + part.len()];
        out[n..].copy_from_slice(&part[n..]);
        add_in_place(out, &part[..n]);
    }
}

/// `out = |a - b|` where `b` is not longer; says whether the difference is negative.
fn abs_diff(out: &mut [Limb], a: &[Limb], b: &[Limb]) -> bool {
    out.copy_from_slice(a);
    let less = sub_in_place(out, b);
    if less {
        super::add::negate_in_place(out);
    }
    less
}

/// Adds `part` to `out` from `at` on. What does not fit is zero.
fn add_at(out: &mut [Limb], at: usize, part: &[Limb]) {
    let out = &mut out[at..];
    let len = part.len().min(out.len());
    add_in_place(out, &part[..len]);
}

/// With `a = a1 x + a0`, `b = b1 x + b0`:
/// `a b = a1 b1 x² + (a0 b0 + a1 b1 - (a0 - a1)(b0 - b1)) x + a0 b0`.
fn karatsuba(out: &mut [Limb], a: &[Limb], b: &[Limb], scratch: &mut [Limb]) {
    let half = a.len().div_ceil(2);
    let (a0, a1) = a.split_at(half);
    let (b0, b1) = b.split_at(half);
    let (middle, scratch) = scratch.split_at_mut(2 * half + 1);
    let (da, db) = out[..2 * half].split_at_mut(half);
    let negative = abs_diff(da, a0, a1) != abs_diff(db, b0, b1);
    mul(&mut middle[..2 * half], da, db, scratch);
    middle[2 * half] = 0;
    let (low, high) = out.split_at_mut(2 * half);
    mul(low, a0, b0, scratch);
    mul(high, a1, b1, scratch);
    if negative {
        add_in_place(middle, low);
    } else {
        // May be below zero until `high` is added.
        sub_from_in_place(middle, low);
    }
    add_in_place(middle, high);
    add_at(out, half, middle);
}

fn karatsuba_square(out: &mut [Limb], a: &[Limb], scratch: &mut [Limb]) {
    let half = a.len().div_ceil(2);
    let (a0, a1) = a.split_at(half);
    let (middle, scratch) = scratch.split_at_mut(2 * half + 1);
    abs_diff(&mut out[..half], a0, a1);
    square(&mut middle[..2 * half], &out[..half], scratch);
    middle[2 * half] = 0;
    let (low, high) = out.split_at_mut(2 * half);
    square(low, a0, scratch);
    square(high, a1, scratch);
    sub_from_in_place(middle, low);
    add_in_place(middle, high);
    add_at(out, half, middle);
}

/// A number cut in three, as a polynomial, seen at 1, -1 and 2.
struct Thirds<'a> {
    low: &'a [Limb],
    mid: &'a [Limb],
    high: &'a [Limb],
}

impl<'a> Thirds<'a> {
    fn of(a: &'a [Limb], third: usize) -> Self {
        let (low, rest) = a.split_at(third);
        let (mid, high) = rest.split_at(third);
        Thirds { low, mid, high }
    }

    /// `out = low + high`; `out` has a limb more than `low`.
    fn outer(&self, out: &mut [Limb]) {
        let third = self.low.len();
        out[..third].copy_from_slice(self.low);
        out[third] = 0;
        add_in_place(out, self.high);
    }

    fn at_1(&self, out: &mut [Limb]) {
        self.outer(out);
        add_in_place(out, self.mid);
    }

    /// The absolute value; says whether the value is negative.
    fn at_minus_1(&self, out: &mut [Limb]) -> bool {
        self.outer(out);
        let negative = sub_in_place(out, self.mid);
        if negative {
            super::add::negate_in_place(out);
        }
        negative
    }

    fn at_2(&self, out: &mut [Limb]) {
        // (2 high + mid) 2 + low
        let third = self.low.len();
        out.fill(0);
        out[..self.high.len()].copy_from_slice(self.high);
        double_in_place(out);
        add_in_place(out, self.mid);
        double_in_place(out);
        let carry = add_in_place(&mut out[..third], self.low);
        if carry {
            increment(&mut out[third..]);
        }
    }
}

fn double_in_place(acc: &mut [Limb]) {
    let mut carry = 0;
    for x in acc {
        (*x, carry) = (*x << 1 | carry, *x >> (BITS - 1));
    }
}

fn halve_in_place(acc: &mut [Limb]) {
    let mut carry = 0;
    for x in acc.iter_mut().rev() {
        (*x, carry) = (*x >> 1 | carry, *x << (BITS - 1));
    }
}

/// Divides a multiple of three by three: from below, with the inverse of three modulo a limb.
fn third_in_place(acc: &mut [Limb]) {
    const INVERSE: Limb = Limb::MAX / 3 * 2 + 1;
    const { assert!(INVERSE.wrapping_mul(3) == 1) };
    let mut borrow = 0;
    for x in acc {
        let (rest, less) = x.overflowing_sub(borrow);
        *x = rest.wrapping_mul(INVERSE);
        // The high limb of three times the digit is what it takes from above.
        borrow =
            Limb::from(less) + Limb::from(*x > Limb::MAX / 3) + Limb::from(*x > Limb::MAX / 3 * 2);
    }
}

/// Toom and Cook's method in three parts: five products of a third of the length, at 0, 1, -1, 2
/// and infinity; `b` is `None` for a square. Interpolation after Bodrato.
fn toom3(out: &mut [Limb], a: &[Limb], b: Option<&[Limb]>, scratch: &mut [Limb]) {
    let third = a.len().div_ceil(3);
    let wide = 2 * third + 2;
    let (v1, rest) = scratch.split_at_mut(wide);
    let (vm1, rest) = rest.split_at_mut(wide);
    let (v2, rest) = rest.split_at_mut(wide);
    let (ea, rest) = rest.split_at_mut(third + 1);
    let (eb, scratch) = rest.split_at_mut(third + 1);

    let a = Thirds::of(a, third);
    let vm1_negative;
    let (low, high) = out.split_at_mut(4 * third);
    match b.map(|b| Thirds::of(b, third)) {
        Some(b) => {
            a.at_1(ea);
            b.at_1(eb);
            mul(v1, ea, eb, scratch);
            vm1_negative = a.at_minus_1(ea) != b.at_minus_1(eb);
            mul(vm1, ea, eb, scratch);
            a.at_2(ea);
            b.at_2(eb);
            mul(v2, ea, eb, scratch);
            mul(&mut low[..2 * third], a.low, b.low, scratch);
            mul(high, a.high, b.high, scratch);
        }
        None => {
            a.at_1(ea);
            square(v1, ea, scratch);
            a.at_minus_1(ea);
            vm1_negative = false;
            square(vm1, ea, scratch);
            a.at_2(ea);
            square(v2, ea, scratch);
            square(&mut low[..2 * third], a.low, scratch);
            square(high, a.high, scratch);
        }
    }
    low[2 * third..].fill(0);
    let v0 = &low[..2 * third];

    // The product is v0 + c1 x + c2 x² + c3 x³ + high x⁴.
    // v2 = (v2 - vm1) / 3 = c1 + c2 + 3 c3 + 5 c4
    // vm1 = (v1 - vm1) / 2 = c1 + c3
    if vm1_negative {
        add_in_place(v2, vm1);
        add_in_place(vm1, v1);
    } else {
        sub_in_place(v2, vm1);
        sub_from_in_place(vm1, v1);
    }
    third_in_place(v2);
    halve_in_place(vm1);
    // v1 = v1 - v0 = c1 + c2 + c3 + c4
    sub_in_place(v1, v0);
    // v2 = (v2 - v1) / 2 - 2 c4 = c3
    sub_in_place(v2, v1);
    halve_in_place(v2);
    sub_in_place(v2, high);
    sub_in_place(v2, high);
    // v1 = v1 - vm1 - c4 = c2
    sub_in_place(v1, vm1);
    sub_in_place(v1, high);
    // vm1 = vm1 - v2 = c1
    sub_in_place(vm1, v2);

    add_at(out, third, vm1);
    add_at(out, 2 * third, v1);
    add_at(out, 3 * third, v2);
}

/// `out = a * b`, with a leading zero limb at times; on error `out` is empty.
pub(super) fn mul_vec(out: &mut TryVec<Limb>, a: &[Limb], b: &[Limb]) -> Result<(), NumError> {
    let (long, short) = if a.len() >= b.len() { (a, b) } else { (b, a) };
    out.clear();
    if short.is_empty() {
        return Ok(());
    }
    let mut scratch = TryVec::filled(0, scratch_len(long.len(), short.len()))?;
    out.resize(long.len() + short.len(), 0)?;
    if a == b {
        square(out, a, &mut scratch);
    } else {
        mul(out, long, short, &mut scratch);
    }
    Ok(())
}

impl BigRef<'_> {
    /// `out = self * other`. Squaring is quicker.
    #[inline]
    pub fn mul_into(self, other: BigRef<'_>, out: &mut BigInt) -> Result<(), NumError> {
        let neg = self.neg != other.neg;
        if let ([a], [b]) = (self.mag, other.mag) {
            let (high, low) = split(DoubleLimb::from(*a) * DoubleLimb::from(*b));
            return Ok(out.set_limbs(neg, [low, high])?);
        }
        out.set_zero();
        mul_vec(&mut out.mag, self.mag, other.mag)?;
        out.neg = neg;
        out.trim();
        Ok(())
    }
}

impl BigInt {
    /// `self = self * factor + add` on the magnitude, in place: for reading digits.
    pub(crate) fn mul_add_limb(&mut self, factor: Limb, add: Limb) -> Result<(), NumError> {
        self.mag.reserve(1)?;
        let top = mul_limb_in_place(&mut self.mag, factor, add);
        if top != 0 {
            self.mag.push(top)?;
        }
        self.trim();
        Ok(())
    }

    /// `self *= factor`, in place.
    pub fn mul_small(&mut self, factor: i32) -> Result<(), NumError> {
        self.mul_add_limb(factor.unsigned_abs() as Limb, 0)?;
        self.neg = (self.neg != (factor < 0)) && !self.mag.is_empty();
        Ok(())
    }
}
