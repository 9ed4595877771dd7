//! Big integers from and to digits, in any base from 2 to 36.
//!
//! A power of two needs only bits moved. Other bases work in chunks of as many digits as a limb
//! holds, quadratically for short numbers. Long ones are split at a power of the base near the
//! middle and the halves done alike, so that the cost is that of a few long multiplications or
//! divisions: the powers are the chunk base squared again and again.

use ferlance_collections::{OutOfMemory, TryVec};

use super::div::{Divisor1, div_normalised_in_place, div_rem_mag};
use super::limb::{BITS, Limb, bit_length, trimmed, trimmed_len};
use super::mul::{SIMPLE, mul_limb_in_place, mul_vec};
use super::{BigInt, BigRef, cmp_mag};
use crate::NumError;

/// Up to this many limbs, digits are taken off one chunk at a time.
const SHORT_OUT: usize = 30;
/// Up to this many chunks, digits are taken in one chunk at a time.
const SHORT_IN: usize = 40;

/// A base that is no power of two, and the largest power of it that fits a limb.
struct Chunk {
    base: Limb,
    /// Digits in a chunk.
    digits: usize,
    /// `base` to the power `digits`.
    power: Limb,
    /// For dividing by `power`, shifted up by `shift`.
    by: Divisor1,
    shift: usize,
}

impl Chunk {
    const fn of(base: Limb) -> Chunk {
        let (mut power, mut digits) = (base, 1);
        while let Some(next) = power.checked_mul(base) {
            (power, digits) = (next, digits + 1);
        }
        let shift = power.leading_zeros() as usize;
        Chunk {
            base,
            digits,
            power,
            by: Divisor1::new(power << shift),
            shift,
        }
    }

    /// Digits that suffice for a short number of `bits` bits.
    fn digits_at_most(&self, bits: usize) -> usize {
        bits * self.digits / self.power.ilog2() as usize + 1
    }

    fn of_base(base: u32) -> Chunk {
        const DECIMAL: Chunk = Chunk::of(10);
        if base == 10 {
            DECIMAL
        } else {
            Chunk::of(base as Limb)
        }
    }
}

/// The character of a digit; for bases above ten in lower or upper case.
#[inline]
fn digit_char(digit: u8, upper: bool) -> u8 {
    match digit {
        0..10 => b'0' + digit,
        _ if upper => b'A' + (digit - 10),
        _ => b'a' + (digit - 10),
    }
}

/// The value of a digit's character, in any case; 36 or more for other characters.
#[inline]
pub(crate) fn digit_value(c: u8) -> u32 {
    match c {
        b'0'..=b'9' => u32::from(c - b'0'),
        b'a'..=b'z' => u32::from(c - b'a') + 10,
        b'A'..=b'Z' => u32::from(c - b'A') + 10,
        _ => u32::MAX,
    }
}

/// The digits 00 to 99, for two at a step.
const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[0; 2]; 100];
    let mut n = 0;
    while n < 100 {
        pairs[n] = [b'0' + (n / 10) as u8, b'0' + (n % 10) as u8];
        n += 1;
    }
    pairs
};

/// Fills `out` with the last digits of `value`, from the right, zeros in front.
#[inline]
fn write_digits(mut value: Limb, base: Limb, upper: bool, out: &mut [u8]) {
    if base == 10 {
        let (odd, pairs) = out.as_rchunks_mut::<2>();
        for pair in pairs.iter_mut().rev() {
            *pair = PAIRS[(value % 100) as usize];
            value /= 100;
        }
        if let [first] = odd {
            *first = b'0' + (value % 10) as u8;
        }
        return;
    }
    for place in out.iter_mut().rev() {
        *place = digit_char((value % base) as u8, upper);
        value /= base;
    }
}

impl BigRef<'_> {
    /// Appends the number's digits in `base`, after a minus sign if it is negative. Digits above 9
    /// are letters, capitals if `upper`.
    ///
    /// # Panics
    /// If `base` does not lie in 2..=36.
    pub fn write_text(self, base: u32, upper: bool, out: &mut TryVec<u8>) -> Result<(), NumError> {
        assert!((2..=36).contains(&base), "base {base}");
        let start = out.len();
        let result = self.write_text_raw(base, upper, out);
        if result.is_err() {
            out.truncate(start);
        }
        result
    }

    fn write_text_raw(self, base: u32, upper: bool, out: &mut TryVec<u8>) -> Result<(), NumError> {
        if self.neg {
            out.push(b'-')?;
        }
        if self.mag.is_empty() {
            return Ok(out.push(b'0')?);
        }
        if base.is_power_of_two() {
            return Ok(self.write_bits(base.trailing_zeros() as usize, upper, out)?);
        }
        let chunk = Chunk::of_base(base);
        let start = out.len();
        let writer = Writer {
            chunk: &chunk,
            upper,
            powers: Powers::for_size(&chunk, self.mag)?,
        };
        if SIMPLE {
            let mut copy = TryVec::from_slice(self.mag)?;
            let digits = chunk.digits_at_most(bit_length(&copy));
            writer.write_short(&mut copy, digits, out)?;
        } else if self.mag.len() <= SHORT_OUT {
            let mut copy = [0; SHORT_OUT];
            let copy = &mut copy[..self.mag.len()];
            copy.copy_from_slice(self.mag);
            let digits = chunk.digits_at_most(bit_length(copy));
            writer.write_short(copy, digits, out)?;
        } else {
            out.reserve(bit_length(self.mag) / chunk.base.ilog2() as usize + 2)?;
            let mut copy = TryVec::from_slice(self.mag)?;
            writer.write(&mut copy, writer.powers.squares.len(), out)?;
        }
        let zeros = out[start..]
            .iter()
            .take_while(|&&digit| digit == b'0')
            .count();
        out.drain(start..start + zeros);
        Ok(())
    }

    /// The number's digits in `base`, as [`BigRef::write_text`] writes them.
    pub fn to_text(self, base: u32) -> Result<TryVec<u8>, NumError> {
        let mut out = TryVec::new();
        self.write_text(base, false, &mut out)?;
        Ok(out)
    }

    /// Digits of `width` bits each.
    fn write_bits(
        self,
        width: usize,
        upper: bool,
        out: &mut TryVec<u8>,
    ) -> Result<(), OutOfMemory> {
        let start = out.len();
        out.resize(start + bit_length(self.mag).div_ceil(width), b'0')?;
        let places = &mut out[start..];
        let mask = (1 << width) - 1;
        if BITS.is_multiple_of(width) {
            for (&limb, places) in self.mag.iter().zip(places.rchunks_mut(BITS / width)) {
                let mut rest = limb;
                for place in places.iter_mut().rev() {
                    *place = digit_char((rest & mask) as u8, upper);
                    rest >>= width;
                }
            }
            return Ok(());
        }
        for (at, place) in places.iter_mut().rev().enumerate() {
            let (limb, shift) = (at * width / BITS, at * width % BITS);
            let mut bits = self.mag[limb] >> shift;
            if shift + width > BITS {
                // The digit straddles two limbs.
                let above = self.mag.get(limb + 1).copied().unwrap_or(0);
                bits |= above << (BITS - shift);
            }
            *place = digit_char((bits & mask) as u8, upper);
        }
        Ok(())
    }
}

/// The chunk base to the powers 1, 2, 4, 8 and so on.
struct Powers {
    /// The chunk base to the power `first * 2^i`.
    squares: TryVec<TryVec<Limb>>,
    /// Chunks in the first power.
    first: usize,
}

impl Powers {
    /// The powers that divide a number in halves, down to what is short.
    fn for_size(chunk: &Chunk, mag: &[Limb]) -> Result<Powers, NumError> {
        let mut powers = Powers {
            squares: TryVec::new(),
            first: SHORT_OUT / 2,
        };
        if !SIMPLE && mag.len() > SHORT_OUT {
            // The square of the largest one is surely larger than the number.
            powers.grow_until(chunk, |largest| largest.len() * 2 > mag.len() + 1)?;
        }
        Ok(powers)
    }

    fn grow_until(
        &mut self,
        chunk: &Chunk,
        enough: impl Fn(&[Limb]) -> bool,
    ) -> Result<(), NumError> {
        let mut power = TryVec::from_slice(&[1])?;
        for _ in 0..self.first {
            let top = mul_limb_in_place(&mut power, chunk.power, 0);
            if top != 0 {
                power.push(top)?;
            }
        }
        while !enough(&power) {
            let mut next = TryVec::new();
            mul_vec(&mut next, &power, &power)?;
            next.truncate(trimmed_len(&next));
            self.squares.push(power)?;
            power = next;
        }
        Ok(self.squares.push(power)?)
    }
}

struct Writer<'a> {
    chunk: &'a Chunk,
    upper: bool,
    powers: Powers,
}

impl Writer<'_> {
    /// Appends the digits of `mag`, which is used up; `level` counts the powers it may exceed. All but the
    /// outermost call write exactly as many digits as the power above has, zeros in front.
    fn write(
        &self,
        mag: &mut TryVec<Limb>,
        level: usize,
        out: &mut TryVec<u8>,
    ) -> Result<(), NumError> {
        let Some(lower) = level.checked_sub(1) else {
            return self.write_short(mag, self.powers.first * self.chunk.digits, out);
        };
        let power = &self.powers.squares[lower];
        if level == self.powers.squares.len() && cmp_mag(mag, power).is_lt() {
            // Outermost: there is no upper half.
            return self.write(mag, lower, out);
        }
        let (mut high, mut low) = (TryVec::new(), TryVec::new());
        div_rem_mag(mag, power, &mut high, &mut low)?;
        *mag = TryVec::new();
        self.write(&mut high, lower, out)?;
        drop(high);
        self.write(&mut low, lower, out)
    }

    /// Appends exactly `count` digits, zeros in front.
    fn write_short(
        &self,
        mag: &mut [Limb],
        count: usize,
        out: &mut TryVec<u8>,
    ) -> Result<(), NumError> {
        let start = out.len();
        out.resize(start + count, b'0')?;
        let mut len = mag.len();
        for places in out[start..].rchunks_mut(self.chunk.digits) {
            while len > 0 && mag[len - 1] == 0 {
                len -= 1;
            }
            if len == 0 {
                break;
            }
            let rest = div_normalised_in_place(&mut mag[..len], self.chunk.by, self.chunk.shift);
            write_digits(rest, self.chunk.base, self.upper, places);
        }
        Ok(())
    }
}

impl BigInt {
    /// Makes it the number that `digits` write in `base`. Every character must be a digit of the base.
    ///
    /// # Panics
    /// If `base` does not lie in 2..=36, in debug builds also for a wrong digit.
    pub fn set_digits(&mut self, digits: &[u8], base: u32) -> Result<(), NumError> {
        assert!((2..=36).contains(&base), "base {base}");
        debug_assert!(digits.iter().all(|&c| digit_value(c) < base));
        self.set_zero();
        if base.is_power_of_two() {
            return self.read_bits(digits, base.trailing_zeros() as usize);
        }
        let chunk = Chunk::of_base(base);
        if SIMPLE || digits.len() <= SHORT_IN * chunk.digits {
            return read_short(&mut self.mag, digits, &chunk);
        }
        read_long(self, digits, &chunk)
    }

    /// The number that `digits` write in `base`, as [`BigInt::set_digits`] reads them.
    pub fn from_digits(digits: &[u8], base: u32) -> Result<Self, NumError> {
        let mut made = BigInt::new();
        made.set_digits(digits, base)?;
        Ok(made)
    }

    fn read_bits(&mut self, digits: &[u8], width: usize) -> Result<(), NumError> {
        let bits = digits.len().checked_mul(width).ok_or(NumError::TooLarge)?;
        self.mag.reserve(bits.div_ceil(BITS))?;
        let (mut limb, mut filled) = (0, 0);
        for &c in digits.iter().rev() {
            let digit = digit_value(c) as Limb;
            limb |= digit << filled;
            filled += width;
            if filled >= BITS {
                self.mag.push(limb)?;
                filled -= BITS;
                limb = digit >> (width - filled);
            }
        }
        self.mag.push(limb)?;
        self.trim();
        Ok(())
    }
}

/// `mag` = the number of these digits, quadratically.
fn read_short(mag: &mut TryVec<Limb>, digits: &[u8], chunk: &Chunk) -> Result<(), NumError> {
    mag.clear();
    let (first, rest) = digits.split_at(digits.len() % chunk.digits);
    mag.reserve(rest.len() / chunk.digits + 1)?;
    let value = |digits: &[u8]| {
        digits.iter().fold(0, |value: Limb, &c| {
            value * chunk.base + digit_value(c) as Limb
        })
    };
    let top = value(first);
    if top != 0 {
        mag.push(top)?;
    }
    for piece in rest.chunks_exact(chunk.digits) {
        let top = mul_limb_in_place(mag, chunk.power, value(piece));
        if top != 0 {
            mag.push(top)?;
        }
    }
    mag.truncate(trimmed_len(mag));
    Ok(())
}

/// Pieces of equal length, then pairs of neighbours joined until one is left.
fn read_long(number: &mut BigInt, digits: &[u8], chunk: &Chunk) -> Result<(), NumError> {
    let size = SHORT_IN / 2 * chunk.digits;
    // Least significant piece first.
    let mut pieces: TryVec<TryVec<Limb>> = TryVec::with_capacity(digits.len().div_ceil(size))?;
    for piece in digits.rchunks(size) {
        let mut mag = TryVec::new();
        read_short(&mut mag, piece, chunk)?;
        pieces.push(mag)?;
    }
    let mut powers = Powers {
        squares: TryVec::new(),
        first: SHORT_IN / 2,
    };
    powers.grow_until(chunk, |_| true)?;
    let Some(mut power) = powers.squares.pop() else {
        return Ok(());
    };
    let mut product = BigInt::new();
    while pieces.len() > 1 {
        let count = pieces.len().div_ceil(2);
        for at in 0..count {
            let (low, high) = pieces.split_at_mut(2 * at + 1);
            if let (Some(low), Some(high)) = (low.last_mut(), high.first()) {
                mul_vec(&mut product.mag, &power, trimmed(high))?;
                product.mag.truncate(trimmed_len(&product.mag));
                product.add_assign(BigRef::new(false, low))?;
                core::mem::swap(low, &mut product.mag);
            }
            pieces.swap(at, 2 * at);
        }
        pieces.truncate(count);
        if count > 1 {
            mul_vec(&mut product.mag, &power, &power)?;
            product.mag.truncate(trimmed_len(&product.mag));
            core::mem::swap(&mut power, &mut product.mag);
        }
    }
    if let Some(mag) = pieces.pop() {
        number.mag = mag;
    }
    Ok(())
}
