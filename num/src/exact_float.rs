//! Float text in both directions with little code and no tables: digits of `mantissa * 2^exponent` by exact long
//! division, and reading by comparing the text's digits with those half way between two floats.
//!
//! For boards (feature `small`): a tenth of the core library's bytes, and slower. The answers are the same, which
//! the tests compare.

use core::cmp::Ordering;
use core::fmt;

use ferlance_collections::{OutOfMemory, TryVec};

use crate::mpy_float::approximate;

/// Limbs for the largest number: 2^1075 with the shifts of its margins, times ten.
const LIMBS: usize = 36;

/// A natural number of limited size. Its limbs above `len` are zero.
#[derive(Clone)]
struct Big {
    limbs: [u32; LIMBS],
    len: usize,
}

impl Big {
    fn new(value: u64) -> Big {
        let mut limbs = [0; LIMBS];
        limbs[0] = value as u32;
        limbs[1] = (value >> 32) as u32;
        Big { limbs, len: 2 }
    }

    fn times(&mut self, factor: u32) {
        let mut carry = 0u64;
        for limb in self.limbs.iter_mut().take(self.len) {
            carry += u64::from(*limb) * u64::from(factor);
            *limb = carry as u32;
            carry >>= 32;
        }
        if carry != 0
            && let Some(limb) = self.limbs.get_mut(self.len)
        {
            *limb = carry as u32;
            self.len += 1;
        }
    }

    fn times_power_of_two(&mut self, by: u32) {
        for _ in 0..by / 31 {
            self.times(1 << 31);
        }
        self.times(1 << (by % 31));
    }

    fn times_power_of_ten(&mut self, by: u32) {
        for _ in 0..by / 9 {
            self.times(1_000_000_000);
        }
        for _ in 0..by % 9 {
            self.times(10);
        }
    }

    fn compare(&self, other: &Big) -> Ordering {
        let len = self.len.max(other.len);
        self.limbs
            .iter()
            .zip(&other.limbs)
            .take(len)
            .rev()
            .map(|(a, b)| a.cmp(b))
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    }

    /// `self + other` or, with `minus`, `self - other`, which is not negative then.
    fn add(&mut self, other: &Big, minus: bool) {
        let len = (self.len.max(other.len) + 1).min(LIMBS);
        let mut carry = 0i64;
        for (limb, other) in self.limbs.iter_mut().zip(&other.limbs).take(len) {
            let other = i64::from(*other);
            carry += i64::from(*limb) + if minus { -other } else { other };
            *limb = carry as u32;
            carry >>= 32;
        }
        self.len = len;
        while self.len > 1 && self.limbs.get(self.len - 1) == Some(&0) {
            self.len -= 1;
        }
    }
}

/// The decimal digits of a positive number, one after the other: what is left is `rest / unit`, below ten.
struct Digits {
    rest: Big,
    unit: Big,
    /// Place of the next digit, as a power of ten.
    place: i32,
    /// For the shortest text: half the distances to the neighbours, in units of `rest`.
    margins: Option<(Big, Big)>,
}

impl Digits {
    /// Of `mantissa * 2^exponent`; `margins` as multiples of `2^exponent`.
    fn of(mantissa: u64, exponent: i32, margins: Option<(u64, u64)>) -> Digits {
        let mut made = Digits {
            rest: Big::new(mantissa),
            unit: Big::new(1),
            place: 0,
            margins: margins.map(|(low, high)| (Big::new(low), Big::new(high))),
        };
        // At most two below the truth: log10(2) is a bit more than 1233 / 4096.
        let bits = exponent + 63 - mantissa.leading_zeros() as i32;
        made.place = ((bits * 1233) >> 12) - 1;
        if exponent >= 0 {
            made.each(|big| big.times_power_of_two(exponent.unsigned_abs()));
        } else {
            made.unit.times_power_of_two(exponent.unsigned_abs());
        }
        if made.place >= 0 {
            made.unit.times_power_of_ten(made.place.unsigned_abs());
        } else {
            let up = made.place.unsigned_abs();
            made.each(|big| big.times_power_of_ten(up));
        }
        loop {
            let mut ten = made.unit.clone();
            ten.times(10);
            if made.rest.compare(&ten).is_lt() {
                return made;
            }
            made.unit = ten;
            made.place += 1;
        }
    }

    fn each(&mut self, mut change: impl FnMut(&mut Big)) {
        change(&mut self.rest);
        if let Some((low, high)) = &mut self.margins {
            change(low);
            change(high);
        }
    }

    /// Takes the next digit; what is left is `rest / unit`, below one.
    fn digit(&mut self) -> u8 {
        let mut digit = 0;
        while self.rest.compare(&self.unit).is_ge() {
            self.rest.add(&self.unit, true);
            digit += 1;
        }
        digit
    }

    /// Goes on to the next place.
    fn next_place(&mut self) {
        self.each(|big| big.times(10));
        self.place -= 1;
    }

    /// What is left before the next digit against one half of the place before: `rest / unit` against five.
    fn against_half(&self) -> Ordering {
        let mut half = self.unit.clone();
        half.times(5);
        self.rest.compare(&half)
    }
}

/// A float type, by its bits.
#[derive(Clone, Copy)]
pub(crate) struct Layout {
    /// Stored bits of the mantissa.
    mantissa_bits: u32,
    /// The exponent of the lowest bit of the smallest float.
    lowest: i32,
    /// The bits of infinity.
    infinity: u64,
}

impl Layout {
    pub(crate) const F64: Layout = Layout {
        mantissa_bits: 52,
        lowest: -1074,
        infinity: 0x7ff << 52,
    };
    pub(crate) const F32: Layout = Layout {
        mantissa_bits: 23,
        lowest: -149,
        infinity: 0xff << 23,
    };

    /// Mantissa and exponent of a float that is not negative. (Of infinity, those of what would come next.)
    fn split(self, bits: u64) -> (u64, i32) {
        let hidden = 1 << self.mantissa_bits;
        let (mantissa, biased) = (bits & (hidden - 1), (bits >> self.mantissa_bits) as i32);
        match biased {
            0 => (mantissa, self.lowest),
            _ => (mantissa | hidden, self.lowest + biased - 1),
        }
    }
}

/// Most digits of a shortest text.
pub(crate) const SHORTEST: usize = 17;

/// The fewest digits that read back as the float, the nearest of those, and the exponent of the first; of zero, one
/// zero. The float is finite and not negative.
pub(crate) fn shortest(bits: u64, layout: Layout) -> ([u8; SHORTEST], usize, i32) {
    let mut text = [b'0'; SHORTEST];
    if bits == 0 {
        return (text, 1, 0);
    }
    let (mantissa, exponent) = layout.split(bits);
    // Below a power of two the floats are twice as close, but for the smallest.
    let hidden = 1 << layout.mantissa_bits;
    let lowest_of_its_exponent = mantissa == hidden && exponent > layout.lowest;
    let margins = if lowest_of_its_exponent {
        (1, 2)
    } else {
        (1, 1)
    };
    let shift = 1 + u32::from(lowest_of_its_exponent);
    let mut digits = Digits::of(mantissa << shift, exponent - shift as i32, Some(margins));
    // A text half way to a neighbour reads as the even one of both.
    let within = |order: Ordering| order.is_lt() || (mantissa % 2 == 0 && order.is_eq());
    let above = |digits: &Digits, of: u32| {
        let mut sum = digits.rest.clone();
        if let Some((_, high)) = &digits.margins {
            sum.add(high, false);
        }
        let mut unit = digits.unit.clone();
        unit.times(of);
        within(unit.compare(&sum))
    };
    if above(&digits, 10) {
        // The next power of ten reads back.
        digits.unit.times(10);
        digits.place += 1;
    }
    let first = digits.place;
    let mut len = 0;
    loop {
        let digit = digits.digit();
        let down = digits
            .margins
            .as_ref()
            .is_some_and(|(low, _)| within(digits.rest.compare(low)));
        let up = above(&digits, 1);
        if let Some(place) = text.get_mut(len) {
            *place = b'0' + digit;
        }
        len = (len + 1).min(SHORTEST);
        if down || up {
            let mut twice = digits.rest.clone();
            twice.times(2);
            if up && (!down || twice.compare(&digits.unit).is_ge()) {
                let carried = round_up(&mut text[..len]);
                return (text, len, first + i32::from(carried));
            }
            return (text, len, first);
        }
        digits.next_place();
    }
}

/// One more in the last place. If that carries out of the first, the digits are those of a power of ten.
fn round_up(digits: &mut [u8]) -> bool {
    for digit in digits.iter_mut().rev() {
        if *digit < b'9' {
            *digit += 1;
            return false;
        }
        *digit = b'0';
    }
    if let Some(first) = digits.first_mut() {
        *first = b'1';
    }
    true
}

/// How many digits to write.
#[derive(Clone, Copy)]
enum Places {
    /// This many in all, at least one.
    Total(usize),
    /// This many after the point.
    AfterPoint(usize),
}

/// Appends the digits of a double, rounded half to even, and answers the exponent of the first. There may be none: then
/// the value rounds to zero. The value is finite and not negative.
fn push_digits(value: f64, places: Places, out: &mut TryVec<u8>) -> Result<i32, OutOfMemory> {
    let start = out.len();
    let zero = value == 0.0;
    let (mantissa, exponent) = Layout::F64.split(value.to_bits());
    let mut digits = Digits::of(mantissa.max(1), exponent, None);
    let first = if zero { 0 } else { digits.place };
    let wanted = match places {
        Places::Total(n) => n as i32,
        Places::AfterPoint(n) => first + 1 + n as i32,
    };
    let mut odd = false;
    for _ in 0..wanted {
        let digit = if zero { 0 } else { digits.digit() };
        out.push(b'0' + digit)?;
        odd = digit % 2 != 0;
        digits.next_place();
    }
    let up = match digits.against_half() {
        _ if zero || wanted < 0 => false,
        Ordering::Less => false,
        Ordering::Equal => odd,
        Ordering::Greater => true,
    };
    if !up {
        return Ok(first);
    }
    if wanted == 0 {
        out.push(b'1')?;
    } else if round_up(out.get_mut(start..).unwrap_or_default()) {
        if let Places::AfterPoint(_) = places {
            out.push(b'0')?;
        }
    } else {
        return Ok(first);
    }
    Ok(first + 1)
}

/// Appends `value` with `places` digits after the point.
pub(crate) fn write_fixed(value: f64, places: usize, out: &mut TryVec<u8>) -> fmt::Result {
    let mut digits = TryVec::new();
    let exponent = push_digits(value, Places::AfterPoint(places), &mut digits).map_err(no_room)?;
    // From the place of the ones, or of the first digit if that is higher, to the last place.
    let mut place = exponent.max(0);
    let mut digits = digits.iter().copied();
    while place >= -(places as i32) {
        if place == -1 {
            out.push(b'.').map_err(no_room)?;
        }
        let digit = if place <= exponent {
            digits.next()
        } else {
            None
        };
        out.push(digit.unwrap_or(b'0')).map_err(no_room)?;
        place -= 1;
    }
    Ok(())
}

/// Appends one digit, a point and `places` digits; answers the exponent.
pub(crate) fn write_mantissa(
    value: f64,
    places: usize,
    out: &mut TryVec<u8>,
) -> Result<i32, fmt::Error> {
    let start = out.len();
    let exponent = push_digits(value, Places::Total(places + 1), out).map_err(no_room)?;
    if places > 0 {
        out.push(b'.').map_err(no_room)?;
        if let Some(fraction) = out.get_mut(start + 1..) {
            fraction.rotate_right(1);
        }
    }
    Ok(exponent)
}

fn no_room(_: OutOfMemory) -> fmt::Error {
    fmt::Error
}

/// The float nearest to digits with at most one point (underscores are skipped) and an exponent, ties to even; its
/// bits. The sign is the caller's affair.
pub(crate) fn read(mantissa: &[u8], exponent: &[u8], layout: Layout) -> u64 {
    let point = mantissa.iter().position(|c| *c == b'.');
    let digits = || {
        mantissa
            .iter()
            .filter(|c| c.is_ascii_digit())
            .map(|c| c - b'0')
    };
    // Place of the first digit that is not zero.
    let count = |part: &[u8]| part.iter().filter(|c| c.is_ascii_digit()).count() as i64;
    let whole = count(point.map_or(mantissa, |at| mantissa.get(..at).unwrap_or(mantissa)));
    let Some(zeros) = digits().position(|digit| digit != 0) else {
        return 0;
    };
    let (nearby, written) = approximate(mantissa, exponent);
    let place = (whole - 1 - zeros as i64).saturating_add(written);
    let mut bits = if layout.mantissa_bits == 52 {
        nearby.to_bits()
    } else {
        u64::from((nearby as f32).to_bits())
    };
    // Beyond these the approximation says what there is to say: nothing, or infinity.
    if !(-400..=400).contains(&place) {
        return bits;
    }
    // The text against the middle between the float of these bits and the next one.
    let against_middle = |bits: u64| {
        let (mantissa, exponent) = layout.split(bits);
        let mut middle = Digits::of(2 * mantissa + 1, exponent - 1, None);
        let order = place.cmp(&i64::from(middle.place));
        if order.is_ne() {
            return order;
        }
        let mut text = digits().skip(zeros);
        loop {
            let own = text.next();
            if own.is_none() && middle.rest.compare(&Big::new(0)).is_eq() {
                return Ordering::Equal;
            }
            let order = own.unwrap_or(0).cmp(&middle.digit());
            if order.is_ne() {
                return order;
            }
            middle.next_place();
        }
    };
    loop {
        let odd = bits % 2 != 0;
        if bits != layout.infinity {
            let above = against_middle(bits);
            if above.is_gt() || (above.is_eq() && odd) {
                bits += 1;
                continue;
            }
        }
        if bits != 0 {
            let below = against_middle(bits - 1);
            if below.is_lt() || (below.is_eq() && odd) {
                bits -= 1;
                continue;
            }
        }
        return bits;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;
    use std::string::String;
    use std::vec::Vec;

    /// Bits of doubles: the edges of each kind and exponent, short decimals, and anything.
    fn samples() -> Vec<u64> {
        let mut samples: Vec<u64> = (0..0x7ffu64)
            .flat_map(|exponent| {
                let at = exponent << 52;
                [at, at + 1, at + (1 << 52) - 1]
            })
            .collect();
        let mut state = 0x9e37_79b9_7f4a_7c15u64;
        for i in 0..800u64 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            samples.push(state & !(1 << 63));
            samples.push(((state % 100_000) as f64 / 1000.0).to_bits());
            samples.push(i as f64 as u64);
            samples.push((i as f64).to_bits());
        }
        samples.retain(|bits| f64::from_bits(*bits).is_finite());
        samples
    }

    fn scientific(text: &[u8], exponent: i32) -> String {
        let (first, others) = text.split_at(1);
        let point = if others.is_empty() { "" } else { "." };
        let text = |part: &[u8]| String::from_utf8(part.to_vec()).unwrap();
        format!("{}{point}{}e{exponent}", text(first), text(others))
    }

    #[test]
    fn the_shortest_digits_are_those_of_the_core_library() {
        for bits in samples() {
            let value = f64::from_bits(bits);
            let (text, len, exponent) = shortest(bits, Layout::F64);
            assert_eq!(scientific(&text[..len], exponent), format!("{value:e}"));
            let single = value as f32;
            if single.is_finite() {
                let (text, len, exponent) = shortest(single.to_bits().into(), Layout::F32);
                assert_eq!(scientific(&text[..len], exponent), format!("{single:e}"));
            }
        }
    }

    #[test]
    fn digits_of_any_number_are_those_of_the_core_library() {
        for (i, bits) in samples().into_iter().enumerate() {
            let value = f64::from_bits(bits);
            let places = [0, 1, 2, 3, 5, 17, 25, 330][i % 8];
            let mut out = TryVec::new();
            write_fixed(value, places, &mut out).unwrap();
            let text = String::from_utf8(out.into_vec()).unwrap();
            assert_eq!(text, format!("{value:.places$}"), "{value:e}");
            let mut out = TryVec::new();
            let exponent = write_mantissa(value, places, &mut out).unwrap();
            let text = String::from_utf8(out.into_vec()).unwrap();
            assert_eq!(format!("{text}e{exponent}"), format!("{value:.places$e}"));
        }
    }

    /// `read` against the core library, from the text `d.ddde±x`.
    fn reads_alike(text: &str) {
        let (mantissa, exponent) = text.split_once('e').unwrap_or((text, ""));
        let (mantissa, exponent) = (mantissa.as_bytes(), exponent.as_bytes());
        let double: f64 = text.parse().unwrap();
        assert_eq!(
            read(mantissa, exponent, Layout::F64),
            double.to_bits(),
            "{text}"
        );
        let single: f32 = text.parse().unwrap();
        let bits = read(mantissa, exponent, Layout::F32);
        assert_eq!(bits, single.to_bits().into(), "{text}");
    }

    #[test]
    fn texts_read_as_by_the_core_library() {
        for (i, bits) in samples().into_iter().enumerate() {
            let value = f64::from_bits(bits);
            let places = i % 23;
            reads_alike(&format!("{value:e}"));
            reads_alike(&format!("{value:.places$e}"));
            // The middle to the next float, and what is next to the middle.
            if i % 5 == 0 && bits < 0x7fe << 52 {
                let (mantissa, exponent) = Layout::F64.split(bits);
                let mut middle = Digits::of(2 * mantissa + 1, exponent - 1, None);
                let mut text = String::new();
                let place = middle.place;
                while middle.rest.compare(&Big::new(0)).is_ne() {
                    text.push(char::from(b'0' + middle.digit()));
                    middle.next_place();
                }
                let shift = place + 1 - text.len() as i32;
                reads_alike(&format!("{text}e{shift}"));
                reads_alike(&format!("{text}0000000000000001e{}", shift - 16));
                let below = text.trim_end_matches('5');
                reads_alike(&format!(
                    "{below}49999999e{}",
                    shift + (text.len() - below.len()) as i32 - 8
                ));
            }
        }
        for text in [
            "0",
            "0.0",
            "0e5",
            "1e400",
            "1e-400",
            "1e308",
            "1.7976931348623158e308",
            "1.7976931348623159e308",
            "2.47e-324",
            "2.4703282292062327e-324",
            "2.4703282292062328e-324",
            "123456789012345678901234567890",
            "0.000000000000000000000000000000123456789",
            "3.4028235677973366e38",
            "3.4028235677973367e38",
            "7.006492321624085e-46",
            "7.0064923216240854e-46",
            "1e99999999999999",
            "1e-99999999999999",
        ] {
            reads_alike(text);
        }
        reads_alike(&format!("1{}e-500", "0".repeat(500)));
        reads_alike(&format!("0.{}1e501", "0".repeat(500)));
        reads_alike(&format!("1.{}1", "0".repeat(800)));
    }
}
