//! `sin`, `cos`, `tan` for small builds: one reduction for all arguments, by integers, and Taylor series. Results are
//! within an ulp of libm's.

use core::f64::consts::FRAC_PI_4;

/// 64 zero bits, then those of 2/π, as many as the largest double has use for.
static TWO_OVER_PI: [u32; 39] = [
    0x0000_0000,
    0x0000_0000,
    0xa2f9_836e,
    0x4e44_1529,
    0xfc27_57d1,
    0xf534_ddc0,
    0xdb62_9599,
    0x3c43_9041,
    0xfe51_63ab,
    0xdebb_c561,
    0xb724_6e3a,
    0x424d_d2e0,
    0x0649_2eea,
    0x09d1_921c,
    0xfe1d_eb1c,
    0xb129_a73e,
    0xe882_35f5,
    0x2ebb_4484,
    0xe99c_7026,
    0xb45f_7e41,
    0x3991_d639,
    0x8353_39f4,
    0x9c84_5f8b,
    0xbdf9_283b,
    0x1ff8_97ff,
    0xde05_980f,
    0xef2f_118b,
    0x5a0a_6d1f,
    0x6d36_7ecf,
    0x27cb_09b7,
    0x4f46_3f66,
    0x9e5f_ea2d,
    0x7527_bac7,
    0xebe5_f17b,
    0x3d07_39f7,
    0x8a52_92ea,
    0x6bfb_5fb1,
    0x1f8d_5d08,
    0x5603_3046,
];

/// π/2 in units of 2^-63.
const HALF_PI: u64 = 0xc90f_daa2_2168_c234;

/// The sine.
pub(crate) fn sin(x: f64) -> f64 {
    if x == 0.0 {
        return x;
    }
    let turned = Turned::new(x);
    let (high, low) = turned.sin_or_cos(0);
    high + low
}

/// The cosine.
pub(crate) fn cos(x: f64) -> f64 {
    let turned = Turned::new(x);
    let (high, low) = turned.sin_or_cos(1);
    high + low
}

/// The tangent.
pub(crate) fn tan(x: f64) -> f64 {
    if x == 0.0 {
        return x;
    }
    let turned = Turned::new(x);
    let (a, a_low) = sum(turned.sin_or_cos(0));
    let (b, b_low) = sum(turned.sin_or_cos(1));
    // The quotient of the leading parts, and what its remainder and the rest add.
    let quotient = a / b;
    let ((q1, q2), (b1, b2)) = (halves(quotient), halves(b));
    let remainder = ((a - q1 * b1) - q1 * b2 - q2 * b1) - q2 * b2;
    quotient + (remainder + a_low - quotient * b_low) / b
}

/// The same number with its leading part rounded.
fn sum((high, low): (f64, f64)) -> (f64, f64) {
    let rounded = high + low;
    (rounded, (high - rounded) + low)
}

/// Two parts of 26 and 27 bits, whose products are exact.
fn halves(x: f64) -> (f64, f64) {
    let high = f64::from_bits(x.to_bits() & !0x7ff_ffff);
    (high, x - high)
}

/// An angle as quarter turns and a rest of at most an eighth of a turn, in two parts.
#[derive(Clone, Copy)]
struct Turned {
    quarters: u32,
    x: f64,
    y: f64,
}

impl Turned {
    fn new(x: f64) -> Turned {
        if x.abs() <= FRAC_PI_4 {
            return Turned {
                quarters: 0,
                x,
                y: 0.0,
            };
        }
        if !x.is_finite() {
            return Turned {
                quarters: 0,
                x: f64::NAN,
                y: 0.0,
            };
        }
        reduce(x)
    }

    /// The sine of the angle, or of a quarter turn more, in two parts.
    fn sin_or_cos(self, more: u32) -> (f64, f64) {
        let Turned { quarters, x, y } = self;
        let turn = quarters.wrapping_add(more);
        let square = x * x;
        let (high, low) = if turn & 1 == 0 {
            // x (1 - r) + y cos x
            (x, y * (1.0 - square * 0.5) - x * series(square, 2))
        } else {
            let half = square * 0.5;
            let high = 1.0 - half;
            (
                high,
                ((1.0 - high) - half) + (half * series(square, 3) - x * y),
            )
        };
        if turn & 2 == 0 {
            (high, low)
        } else {
            (-high, -low)
        }
    }
}

/// s/(n (n+1)) - s²/(n … (n+3)) + …
fn series(square: f64, n: u32) -> f64 {
    let mut sum = 0.0;
    for n in (n..n + 16).step_by(2).rev() {
        sum = square * (1.0 - sum) / f64::from(n * (n + 1));
    }
    sum
}

/// Quarter turns and rest of a finite number of more than an eighth of a turn: its mantissa times those bits of 2/π
/// that make neither whole turns nor less than the result can hold.
fn reduce(value: f64) -> Turned {
    let bits = value.to_bits();
    let exponent = (bits >> 52) as usize & 0x7ff;
    let mantissa = bits & ((1 << 52) - 1) | 1 << 52;
    // The first bit that counts stands for half a turn: 2^1 of what 2^(exponent - 1075) is multiplied with.
    let first = exponent.saturating_sub(1075 - 62);
    let mut product = [0u32; 6];
    for (low, digit) in [mantissa as u32, (mantissa >> 32) as u32]
        .into_iter()
        .enumerate()
    {
        let mut carry = 0;
        for (at, place) in product.iter_mut().enumerate().skip(low) {
            let at = first / 32 + 5 + low - at;
            let word = |at: usize| u64::from(TWO_OVER_PI.get(at).copied().unwrap_or(0));
            let window = (word(at) << 32 | word(at + 1)) >> (32 - first % 32) & 0xffff_ffff;
            carry += u64::from(digit) * window + u64::from(*place);
            *place = carry as u32;
            carry >>= 32;
        }
    }
    let [_, a, b, c, d, e] = product;
    let pair = |high: u32, low: u32| u64::from(high) << 32 | u64::from(low);
    let (mut high, mut low) = (
        pair(e, d) << 2 | u64::from(c >> 30),
        pair(c, b) << 2 | u64::from(a >> 30),
    );
    let mut quarters = e >> 30;
    let mut negative = false;
    if high >> 63 != 0 {
        // More than half a quarter: as much less than the next one.
        (high, low, negative) = (!high, !low, true);
        quarters += 1;
    }
    let shift = high.leading_zeros().min(63);
    let fraction = high << shift | low >> 1 >> (63 - shift);
    let rest = high_half(fraction, HALF_PI);
    let mut scale = f64::from_bits(u64::from(1023 - 63 - shift) << 52);
    if value < 0.0 {
        quarters = quarters.wrapping_neg();
        negative = !negative;
    }
    if negative {
        scale = -scale;
    }
    let (x, y) = sum(((rest & !0xfff) as f64, (rest & 0xfff) as f64));
    Turned {
        quarters,
        x: x * scale,
        y: y * scale,
    }
}

/// The upper word of a product.
fn high_half(a: u64, b: u64) -> u64 {
    let (a1, a0) = (a >> 32, a & 0xffff_ffff);
    let (b1, b0) = (b >> 32, b & 0xffff_ffff);
    let middle = a1 * b0 + ((a0 * b0) >> 32);
    let other = a0 * b1 + (middle & 0xffff_ffff);
    a1 * b1 + (middle >> 32) + (other >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ulps(a: f64, b: f64) -> u64 {
        if a == b || (a.is_nan() && b.is_nan()) {
            return 0;
        }
        if a.is_sign_negative() != b.is_sign_negative() {
            return u64::MAX;
        }
        a.to_bits().abs_diff(b.to_bits())
    }

    #[test]
    fn results_are_within_an_ulp_of_libms() {
        let mut seed = 1u64;
        let (mut apart, mut n) = ([0u32; 3], 0);
        for i in 0..200_000 {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let x = match i % 4 {
                0 => f64::from_bits(seed),
                1 => (seed >> 11) as f64 / 2f64.powi(50),
                2 => (seed >> 60) as f64 * core::f64::consts::FRAC_PI_2,
                _ => (seed as i64 >> 20) as f64 / 1e6,
            };
            for (kind, (ours, libms)) in [
                (sin(x), libm::sin(x)),
                (cos(x), libm::cos(x)),
                (tan(x), libm::tan(x)),
            ]
            .into_iter()
            .enumerate()
            {
                let ulps = ulps(ours, libms);
                assert!(ulps <= 1, "{kind} of {x:e}: {ours:e}, {libms:e}");
                apart[kind] += ulps as u32;
            }
            n += 1;
        }
        // Both round nearly always alike.
        assert!(
            apart.iter().all(|&apart| apart < n / 10),
            "{apart:?} of {n}"
        );
    }

    #[test]
    fn zeros_keep_their_signs() {
        assert_eq!(sin(-0.0).to_bits(), (-0.0f64).to_bits());
        assert_eq!(tan(-0.0).to_bits(), (-0.0f64).to_bits());
        assert_eq!(cos(0.0), 1.0);
    }

    #[test]
    fn what_nearly_cancels_keeps_its_digits() {
        // The double next to a multiple of a quarter turn.
        let x = f64::from_bits(0x6bae_39a3_4b2c_2d9f & 0x7fff_ffff_ffff_ffff);
        assert!(ulps(cos(x), libm::cos(x)) <= 1);
        let x = 6_381_956_970_095_103.0 * 2f64.powi(797);
        assert!(ulps(cos(x), libm::cos(x)) <= 1);
        assert!(ulps(sin(core::f64::consts::PI), libm::sin(core::f64::consts::PI)) <= 1);
    }
}
