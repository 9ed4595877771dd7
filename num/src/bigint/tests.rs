//! Big integers against 128-bit ones, against each other, and against Python.

use std::format;
use std::string::String;
use std::vec::Vec;

use ferlance_collections::oom::failing;

use super::*;

/// A small generator of numbers with long runs of equal bits, where carries go far.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(super) fn word(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.word() >> 16) as usize % limit
    }

    /// A number of at most `bits` bits, its runs as long as `kind` says.
    fn big(&mut self, bits: usize) -> BigInt {
        let mut bytes = Vec::new();
        while bytes.len() * 8 < bits {
            let run = match self.below(4) {
                0 => [0; 8],
                1 => [0xff; 8],
                _ => self.word().to_le_bytes(),
            };
            bytes.extend_from_slice(&run[..1 + self.below(8)]);
        }
        let big = BigInt::from_bytes(&bytes, ByteOrder::Little, false).unwrap();
        let mut cut = BigInt::new();
        big.as_ref()
            .shr_into(big.as_ref().bit_length().saturating_sub(bits), &mut cut)
            .unwrap();
        if self.word() & 8 == 0 {
            cut.negate();
        }
        cut
    }

    fn i128(&mut self) -> i128 {
        let wide = (self.word() as i128) << 64 | self.word() as i128;
        match self.below(4) {
            0 => [
                0,
                1,
                -1,
                i64::MAX as i128,
                i64::MIN as i128,
                u64::MAX as i128,
                1 << 32,
                1 << 64,
                i128::MAX,
                i128::MIN,
            ][self.below(10)],
            _ => wide >> self.below(128),
        }
    }
}

fn text(value: &BigInt) -> String {
    String::from_utf8(value.as_ref().to_text(10).unwrap().into_vec()).unwrap()
}

fn big(text: &str) -> BigInt {
    let (neg, digits) = text
        .strip_prefix('-')
        .map_or((false, text), |digits| (true, digits));
    let mut made = BigInt::from_digits(digits.as_bytes(), 10).unwrap();
    if neg {
        made.negate();
    }
    made
}

/// Invariants of a number that came out of an operation.
fn checked(value: BigInt) -> BigInt {
    assert!(value.mag.last() != Some(&0), "leading zero limb");
    assert!(!(value.mag.is_empty() && value.neg), "negative zero");
    value
}

/// Floor division of machine integers, where the result fits.
fn floor_divmod(a: i128, b: i128) -> Option<(i128, i128)> {
    let (q, r) = (a.checked_div(b)?, a.checked_rem(b)?);
    Some(if r != 0 && (r < 0) != (b < 0) {
        (q - 1, r + b)
    } else {
        (q, r)
    })
}

#[test]
fn small_numbers_agree_with_the_machine() {
    let mut random = Random::new(1);
    for _ in 0..20_000 {
        let (a, b) = (random.i128(), random.i128());
        let (sa, sb) = (SmallBig::from(a), SmallBig::from(b));
        let (x, y) = (sa.as_ref(), sb.as_ref());
        let same = |name: &str, ours: Result<BigInt, NumError>, theirs: Option<i128>| {
            if let Some(theirs) = theirs {
                let ours = checked(ours.unwrap());
                assert_eq!(
                    ours.as_ref().to_i128(),
                    Some(theirs),
                    "{a} {name} {b} gave {ours:?}"
                );
            }
        };
        same("+", x.try_add(y), a.checked_add(b));
        same("-", x.try_sub(y), a.checked_sub(b));
        same("*", x.try_mul(y), a.checked_mul(b));
        same("&", x.try_and(y), Some(a & b));
        same("|", x.try_or(y), Some(a | b));
        same("^", x.try_xor(y), Some(a ^ b));
        same("~", x.try_not(), Some(!a));
        if b == 0 {
            assert_eq!(x.try_divmod(y).unwrap_err(), NumError::DivideByZero);
            assert_eq!(x.try_modulo(y).unwrap_err(), NumError::DivideByZero);
        } else if let Some((q, r)) = floor_divmod(a, b) {
            same("//", x.try_floordiv(y), Some(q));
            same("%", x.try_modulo(y), Some(r));
            let (ours_q, ours_r) = x.try_divmod(y).unwrap();
            same("divmod", Ok(ours_q), Some(q));
            same("divmod", Ok(ours_r), Some(r));
        }
        let shift = random.below(140);
        let mut out = BigInt::new();
        x.shr_into(shift, &mut out).unwrap();
        same(">>", Ok(out), Some(a >> shift.min(127)));
        if shift < 127 && a << shift >> shift == a {
            let mut out = BigInt::new();
            x.shl_into(shift, &mut out).unwrap();
            same("<<", Ok(out), Some(a << shift));
            let mut out = x.to_big().unwrap();
            out.shl_assign(shift).unwrap();
            same("<<=", Ok(out), Some(a << shift));
        }
        let mut sum = x.to_big().unwrap();
        sum.add_assign(y).unwrap();
        same("+=", Ok(sum), a.checked_add(b));
        let mut difference = x.to_big().unwrap();
        difference.sub_assign(y).unwrap();
        same("-=", Ok(difference), a.checked_sub(b));
        let mut product = x.to_big().unwrap();
        product.mul_small(b as i32).unwrap();
        same("*=", Ok(product), a.checked_mul(i128::from(b as i32)));
        if b as u32 != 0 {
            let mut quotient = x.to_big().unwrap();
            let rest = quotient.div_small(b as u32).unwrap();
            same(
                "div_small",
                Ok(quotient),
                a.checked_div(i128::from(b as u32)),
            );
            assert_eq!(u128::from(rest), a.unsigned_abs() % u128::from(b as u32));
        }
        assert_eq!(x.cmp(&y), a.cmp(&b));
        assert_eq!(
            x.bit_length() as u32,
            128 - a.unsigned_abs().leading_zeros()
        );
        assert_eq!(text(&x.to_big().unwrap()), format!("{a}"));
        assert_eq!(big(&format!("{a}")).as_ref(), x);
        assert_eq!(x.to_i64(), i64::try_from(a).ok());
        assert_eq!(x.to_u64(), u64::try_from(a).ok());
        assert_eq!(x.to_u64_wrapping(), a as u64);
        assert_eq!(x.to_f64(), a as f64);
        assert_eq!(x.to_f32(), a as f32);
        assert_eq!(SmallBig::from(a as i64).as_ref().to_i64(), Some(a as i64));
        assert_eq!(SmallBig::from(a as u64).as_ref().to_u64(), Some(a as u64));
        let hashed = if BITS == 64 {
            (1 << 61) - 1
        } else {
            (1i128 << 31) - 1
        };
        assert_eq!(x.hash() as i128, a % hashed);
    }
}

#[test]
fn products_of_all_lengths_agree_with_the_schoolbook() {
    // Every split, rounding and lopsided shape of Karatsuba and Toom-3, with carries everywhere.
    let mut random = Random::new(2);
    let number = |random: &mut Random, len: usize| -> Vec<Limb> {
        let fill = random.below(3);
        (0..len)
            .map(|_| match fill {
                0 => Limb::MAX,
                1 => random.word() as Limb,
                _ if random.below(2) == 0 => 0,
                _ => Limb::MAX,
            })
            .collect()
    };
    let slow = |a: &[Limb], b: &[Limb]| {
        let mut out = std::vec![0; a.len() + b.len()];
        for (at, &m) in b.iter().enumerate() {
            out[at + a.len()] = mul::add_mul_limb(&mut out[at..at + a.len()], a, m);
        }
        out
    };
    let mut lens: Vec<(usize, usize)> = (0..3000)
        .map(|_| (1 + random.below(520), 1 + random.below(520)))
        .collect();
    lens.extend((1..600).map(|n| (n, n)));
    lens.extend((100..400).map(|n| (n, 2 * n / 3 + 1)));
    lens.extend((60..300).map(|n| (n, n / 2 + 1)));
    lens.extend((60..300usize).map(|n| (n, n.div_ceil(2))));
    for (n, m) in lens {
        let (a, b) = (number(&mut random, n), number(&mut random, m));
        let mut out = TryVec::new();
        mul::mul_vec(&mut out, &a, &b).unwrap();
        assert!(out[..] == slow(&a, &b), "{n} by {m} limbs");
        if n < 520 {
            mul::mul_vec(&mut out, &a, &a).unwrap();
            assert!(out[..] == slow(&a, &a), "square of {n} limbs");
        }
    }
}

#[test]
fn quotient_times_divisor_plus_rest_is_the_dividend() {
    let mut random = Random::new(3);
    for round in 0..4000 {
        let size = if round % 8 == 0 { 400 } else { 12 };
        let (a_bits, b_bits) = (random.below(size * BITS), 1 + random.below(size * BITS));
        let (a, b) = (random.big(a_bits), random.big(b_bits));
        if b.as_ref().is_zero() {
            continue;
        }
        let (q, r) = a.as_ref().try_divmod(b.as_ref()).unwrap();
        let (q, r) = (checked(q), checked(r));
        let mut back = q.as_ref().try_mul(b.as_ref()).unwrap();
        back.add_assign(r.as_ref()).unwrap();
        assert_eq!(back, a);
        assert!(cmp_mag(&r.mag, &b.mag).is_lt(), "rest too large");
        assert!(
            r.as_ref().is_zero() || r.neg == b.neg,
            "rest has the divisor's sign"
        );
        assert_eq!(a.as_ref().try_modulo(b.as_ref()).unwrap(), r);
        assert_eq!(a.as_ref().try_floordiv(b.as_ref()).unwrap(), q);
        // An exact division, and one short of it.
        let product = q.as_ref().try_mul(b.as_ref()).unwrap();
        let (q2, r2) = product.as_ref().try_divmod(b.as_ref()).unwrap();
        assert!(q2 == q && r2.as_ref().is_zero());
    }
}

#[test]
fn division_at_its_hardest_digits() {
    // Dividends whose upper limbs equal the divisor's, so that an estimated digit is the largest
    // one or too large: (B^n - 1) * B^m, B^n and neighbours, at all lengths around the thresholds.
    let power = |limbs: usize| {
        let mut out = BigInt::new();
        BigRef::ONE.shl_into(limbs * BITS, &mut out).unwrap();
        out
    };
    for n in [
        1, 2, 3, 4, 31, 32, 33, 63, 64, 65, 66, 127, 128, 129, 130, 200,
    ] {
        for m in [1, 2, 3, 63, 64, 65, 100, 128, 129, 257] {
            for (dn, dm) in [(-1, 0), (1, -1), (-1, -1), (0, 1), (1, 1), (-2, -1)] {
                let mut b = power(n);
                b.add_assign(SmallBig::from(dn).as_ref()).unwrap();
                let mut top = power(n);
                top.add_assign(SmallBig::from(-2).as_ref()).unwrap();
                for factor in [b.try_clone().unwrap(), top, power(n)] {
                    let mut a = BigInt::new();
                    factor.as_ref().shl_into(m * BITS, &mut a).unwrap();
                    a.add_assign(SmallBig::from(dm).as_ref()).unwrap();
                    let (q, r) = a.as_ref().try_divmod(b.as_ref()).unwrap();
                    let mut back = q.as_ref().try_mul(b.as_ref()).unwrap();
                    back.add_assign(r.as_ref()).unwrap();
                    assert!(
                        back == a && r < b && !r.as_ref().is_negative(),
                        "{n} {m} {dn} {dm}"
                    );
                }
            }
        }
    }
}

#[test]
fn text_comes_back_in_every_base() {
    let mut random = Random::new(4);
    for base in 2..=36 {
        for bits in [
            0, 1, 31, 32, 33, 63, 64, 65, 127, 128, 129, 500, 1900, 1921, 2500, 9000, 40_000,
        ] {
            let value = random.big(bits);
            let text = value.as_ref().to_text(base).unwrap();
            let digits = text.strip_prefix(b"-").unwrap_or(&text);
            assert!(digits.len() == 1 || digits[0] != b'0', "leading zero");
            let mut back = BigInt::from_digits(digits, base).unwrap();
            if value.neg {
                back.negate();
            }
            assert_eq!(checked(back), value, "base {base}, {bits} bits");
        }
    }
}

#[test]
fn text_around_powers_of_ten_is_exact() {
    for digits in (1..60).chain([100, 289, 290, 570, 571, 1000, 2000, 4096, 10_000]) {
        let nines: String = core::iter::repeat_n('9', digits).collect();
        let mut value = big(&nines);
        assert_eq!(text(&value), nines);
        value.add_assign(BigRef::ONE).unwrap();
        let power = format!("1{:0<1$}", "", digits);
        assert_eq!(text(&value), power);
        assert_eq!(big(&power), value);
        assert_eq!(big(&format!("000{power}")), value);
    }
}

#[test]
fn capitals_only_when_asked_for() {
    let value = SmallBig::from(-0xdead_beef_i64);
    let mut out = TryVec::new();
    value.as_ref().write_text(16, true, &mut out).unwrap();
    value.as_ref().write_text(36, false, &mut out).unwrap();
    assert_eq!(&out[..], b"-DEADBEEF-1ps9wxb");
}

#[test]
fn bits_follow_twos_complement() {
    let mut random = Random::new(5);
    for _ in 0..2000 {
        let bits = random.below(300);
        let (a, b) = (random.big(bits), random.big(200));
        let (x, y) = (a.as_ref(), b.as_ref());
        let (and, or, xor) = (
            x.try_and(y).unwrap(),
            x.try_or(y).unwrap(),
            x.try_xor(y).unwrap(),
        );
        // a + b = (a ^ b) + 2 (a & b) and a | b = (a ^ b) + (a & b), endlessly many bits or not.
        let mut sum = checked(xor)
            .as_ref()
            .try_add(checked(and).as_ref())
            .unwrap();
        assert_eq!(sum, checked(or));
        sum.add_assign(x.try_and(y).unwrap().as_ref()).unwrap();
        assert_eq!(sum, x.try_add(y).unwrap());
        assert_eq!(
            x.try_and(x.try_not().unwrap().as_ref()).unwrap(),
            BigInt::new()
        );
    }
}

#[test]
fn right_shift_is_floor_division_by_a_power_of_two() {
    let mut random = Random::new(6);
    for _ in 0..2000 {
        let bits = random.below(400);
        let value = random.big(bits);
        let by = random.below(450);
        let mut power = BigInt::new();
        BigRef::ONE.shl_into(by, &mut power).unwrap();
        let mut shifted = BigInt::new();
        value.as_ref().shr_into(by, &mut shifted).unwrap();
        assert_eq!(
            checked(shifted),
            value.as_ref().try_floordiv(power.as_ref()).unwrap()
        );
        let mut up = BigInt::new();
        value.as_ref().shl_into(by, &mut up).unwrap();
        assert_eq!(checked(up), value.as_ref().try_mul(power.as_ref()).unwrap());
    }
}

#[test]
fn shifts_by_big_numbers() {
    let huge = big("100000000000000000000000000000000");
    let (one, minus) = (SmallBig::from(1), SmallBig::from(-1));
    assert_eq!(
        one.as_ref().try_shl(minus.as_ref()).unwrap_err(),
        NumError::NegativeShift
    );
    assert_eq!(
        one.as_ref().try_shr(minus.as_ref()).unwrap_err(),
        NumError::NegativeShift
    );
    assert_eq!(
        one.as_ref().try_shl(huge.as_ref()).unwrap_err(),
        NumError::TooLarge
    );
    assert_eq!(BigRef::ZERO.try_shl(huge.as_ref()).unwrap(), BigInt::new());
    assert_eq!(huge.as_ref().try_shr(huge.as_ref()).unwrap(), BigInt::new());
    assert_eq!(
        huge.as_ref()
            .negated()
            .try_shr(huge.as_ref())
            .unwrap()
            .as_ref(),
        minus.as_ref()
    );
    let max = SmallBig::from(usize::MAX);
    assert!(one.as_ref().try_shl(max.as_ref()).is_err());
}

#[test]
fn bytes_hold_twos_complement_in_both_orders() {
    let mut random = Random::new(7);
    for _ in 0..5000 {
        let value = random.i128();
        let small = SmallBig::from(value);
        let x = small.as_ref();
        let len = random.below(20);
        let (mut little, mut large) = (std::vec![0; len], std::vec![0; len]);
        x.to_bytes_wrapping(&mut little, ByteOrder::Little);
        x.to_bytes_wrapping(&mut large, ByteOrder::Big);
        let mut expected: Vec<u8> = value.to_le_bytes().to_vec();
        expected.resize(20, if value < 0 { 0xff } else { 0 });
        assert_eq!(little, expected[..len]);
        large.reverse();
        assert_eq!(large, little);
        let bits = 8 * len as u32;
        let signed =
            bits >= 128 || (bits > 0 && value >> (bits - 1).min(127) == value >> 127) || value == 0;
        let unsigned = value >= 0 && (bits >= 128 || value >> bits == 0);
        assert_eq!(x.fits_bytes(len, true), signed, "{value} in {len}");
        assert_eq!(x.fits_bytes(len, false), unsigned, "{value} in {len}");
        for order in [ByteOrder::Little, ByteOrder::Big] {
            if order == ByteOrder::Big {
                little.reverse();
            }
            if signed {
                assert_eq!(
                    checked(BigInt::from_bytes(&little, order, true).unwrap()).as_ref(),
                    x
                );
            }
            if unsigned {
                assert_eq!(
                    checked(BigInt::from_bytes(&little, order, false).unwrap()).as_ref(),
                    x
                );
            }
        }
    }
    let mut out = [0; 1];
    let put = |value: i64, signed, out: &mut [u8]| {
        SmallBig::from(value)
            .as_ref()
            .to_bytes(out, ByteOrder::Big, signed)
    };
    assert_eq!(put(-1, false, &mut out), Err(NumError::NegativeUnsigned));
    assert_eq!(put(256, false, &mut out), Err(NumError::Overflow));
    assert_eq!(put(128, true, &mut out), Err(NumError::Overflow));
    assert_eq!(put(-128, true, &mut out), Ok(()));
    assert_eq!(put(0, false, &mut []), Ok(()));
}

#[test]
fn powers_agree_with_repeated_multiplication() {
    for base in [-12, -10, -8, -3, -2, -1, 0, 1, 2, 3, 6, 7, 10, 16, 96] {
        let base = SmallBig::from(base);
        let mut expected = BigRef::ONE.to_big().unwrap();
        for exponent in 0..70 {
            let ours = base
                .as_ref()
                .try_pow(SmallBig::from(exponent).as_ref())
                .unwrap();
            assert_eq!(checked(ours), expected, "{base:?} ** {exponent}");
            expected = expected.as_ref().try_mul(base.as_ref()).unwrap();
        }
    }
    let huge = big("100000000000000000000000000000001");
    let pow =
        |base: i64, exponent: &BigInt| SmallBig::from(base).as_ref().try_pow(exponent.as_ref());
    assert_eq!(pow(-1, &huge).unwrap(), big("-1"));
    assert_eq!(pow(1, &huge).unwrap(), big("1"));
    assert_eq!(pow(0, &huge).unwrap(), big("0"));
    assert_eq!(pow(2, &huge).unwrap_err(), NumError::TooLarge);
    assert_eq!(pow(2, &big("-1")).unwrap_err(), NumError::NegativeExponent);
    assert!(pow(3, &BigInt::from_i64(i64::MAX).unwrap()).is_err());
}

#[test]
fn modular_powers_agree_with_powers() {
    let mut random = Random::new(8);
    for _ in 0..300 {
        let bits = 1 + random.below(200);
        let (base, modulus) = (random.big(150), random.big(bits));
        if modulus.as_ref().is_zero() {
            continue;
        }
        for exponent in [0, 1, 2, 3, 5, 16, 17, 31, 40, 63] {
            let exponent = SmallBig::from(exponent);
            let ours = base
                .as_ref()
                .try_pow_mod(exponent.as_ref(), modulus.as_ref())
                .unwrap();
            let power = base.as_ref().try_pow(exponent.as_ref()).unwrap();
            let theirs = power.as_ref().try_modulo(modulus.as_ref()).unwrap();
            assert_eq!(
                checked(ours),
                theirs,
                "{base:?} ** {exponent:?} % {modulus:?}"
            );
        }
    }
    let two = SmallBig::from(2);
    let ask = |exponent: i64, modulus: i64| {
        let (exponent, modulus) = (SmallBig::from(exponent), SmallBig::from(modulus));
        two.as_ref()
            .try_pow_mod(exponent.as_ref(), modulus.as_ref())
    };
    assert_eq!(ask(3, 0).unwrap_err(), NumError::DivideByZero);
    assert_eq!(ask(-3, 7).unwrap_err(), NumError::NegativeExponent);
    assert_eq!(ask(0, 1).unwrap(), BigInt::new());
    assert_eq!(ask(0, -7).unwrap(), big("-6"));
}

#[test]
fn fermats_little_theorem_holds_for_long_exponents() {
    // 2^521 - 1, 2^1279 - 1 and 2^2203 - 1 are primes.
    for bits in [61, 521, 1279, 2203] {
        let mut prime = BigInt::new();
        BigRef::ONE.shl_into(bits, &mut prime).unwrap();
        prime.sub_assign(BigRef::ONE).unwrap();
        let mut exponent = prime.try_clone().unwrap();
        exponent.sub_assign(BigRef::ONE).unwrap();
        for base in [2, 3, 12_345] {
            let power = SmallBig::from(base)
                .as_ref()
                .try_pow_mod(exponent.as_ref(), prime.as_ref());
            assert_eq!(power.unwrap().as_ref(), BigRef::ONE);
        }
    }
}

#[test]
fn floats_round_to_the_nearest_even() {
    let up = |value: &str| big(value).as_ref().to_f64();
    assert_eq!(up("9007199254740993"), 9007199254740992.0);
    assert_eq!(up("9007199254740995"), 9007199254740996.0);
    assert_eq!(up("-9007199254740993"), -9007199254740992.0);
    let mut random = Random::new(9);
    for _ in 0..3000 {
        let bits = random.below(1100);
        let value = random.big(bits);
        // Rust's own reader rounds correctly.
        assert_eq!(
            value.as_ref().to_f64(),
            text(&value).parse::<f64>().unwrap()
        );
        assert_eq!(
            value.as_ref().to_f32(),
            text(&value).parse::<f32>().unwrap()
        );
    }
    let mut limit = BigInt::from_f64(f64::MAX).unwrap();
    assert_eq!(limit.as_ref().to_f64(), f64::MAX);
    let mut half_unit = BigInt::new();
    BigRef::ONE.shl_into(970, &mut half_unit).unwrap();
    limit.add_assign(half_unit.as_ref()).unwrap();
    assert_eq!(limit.as_ref().to_f64(), f64::INFINITY);
    limit.sub_assign(BigRef::ONE).unwrap();
    assert_eq!(limit.as_ref().to_f64(), f64::MAX);
}

#[test]
fn integers_from_floats_drop_the_fraction() {
    for (value, expected) in [
        (0.0, "0"),
        (-0.0, "0"),
        (0.99, "0"),
        (-0.99, "0"),
        (1.5, "1"),
        (-2.9, "-2"),
        (1e15 + 0.5, "1000000000000000"),
        (2251799813685249.5, "2251799813685249"),
        (1e22, "10000000000000000000000"),
        (-1e23, "-99999999999999991611392"),
        (5e-324, "0"),
    ] {
        assert_eq!(text(&BigInt::from_f64(value).unwrap()), expected);
    }
    assert_eq!(
        BigInt::from_f64(f64::INFINITY).unwrap_err(),
        NumError::Infinite
    );
    assert_eq!(
        BigInt::from_f64(f64::NEG_INFINITY).unwrap_err(),
        NumError::Infinite
    );
    assert_eq!(
        BigInt::from_f64(f64::NAN).unwrap_err(),
        NumError::NotANumber
    );
    let mut random = Random::new(10);
    for _ in 0..2000 {
        let value = f64::from_bits(random.word());
        if value.is_finite() {
            assert_eq!(
                BigInt::from_f64(value).unwrap().as_ref().to_f64(),
                value.trunc() + 0.0
            );
        }
    }
}

#[test]
fn true_division_rounds_once() {
    let mut random = Random::new(11);
    // Quotients known exactly: (f * 2^k * d) / (d * 2^j) for a float f.
    for _ in 0..2000 {
        let value = (random.word() >> 11) as f64;
        let divisor = random.big(300);
        if divisor.as_ref().is_zero() {
            continue;
        }
        let scale = random.below(1200);
        let mut a = BigInt::from_f64(value)
            .unwrap()
            .as_ref()
            .try_mul(divisor.as_ref())
            .unwrap();
        let mut b = divisor.try_clone().unwrap();
        a.shl_assign(100).unwrap();
        b.shl_assign(scale).unwrap();
        let mut exact = value;
        for _ in scale..100 {
            exact *= 2.0;
        }
        for _ in 100..scale {
            exact /= 2.0;
        }
        // Halving again and again rounds more than once only below the normal range.
        if exact == 0.0 || exact > 1e-300 {
            let ours = a.as_ref().true_div(b.as_ref()).unwrap();
            assert!(
                ours == exact || exact == 0.0,
                "{value} {scale}: {ours} {exact}"
            );
        }
    }
    let div = |a: &str, b: &str| big(a).as_ref().true_div(big(b).as_ref());
    assert_eq!(div("1", "0"), Err(NumError::DivideByZero));
    assert_eq!(div("0", "-7"), Ok(-0.0));
    assert_eq!(
        div("100000000000000000000000", "-3"),
        Ok(-3.333333333333333e22)
    );
    let huge = format!("1{:0<1$}", "", 400);
    assert_eq!(div(&huge, "3"), Ok(f64::INFINITY));
    assert_eq!(div("3", &huge), Ok(0.0));
    assert_eq!(div(&huge, &huge), Ok(1.0));
    let tiny = format!("1{:0<1$}", "", 320);
    assert_eq!(div("1", &tiny), Ok(1e-320));
    assert_eq!(
        div("12345678901234567890", &tiny),
        Ok(1.234_567_890_123_456_8e-301)
    );
}

#[test]
fn debug_text_is_hexadecimal() {
    assert_eq!(
        format!("{:?}", big("-340282366920938463463374607431768211457")),
        "-0x100000000000000000000000000000001"
    );
    assert_eq!(format!("{:?}", BigInt::new()), "0x0");
}

#[test]
fn every_failing_allocation_is_reported() {
    let mut random = Random::new(12);
    let (a, b, m) = (random.big(9000), random.big(5000), random.big(900));
    let (a, b) = (a.as_ref(), b.as_ref());
    let runs = failing::sweep(|| -> Result<(), NumError> {
        a.try_add(b)?;
        a.try_sub(b)?;
        a.try_mul(b)?;
        a.try_mul(a)?;
        a.try_divmod(b)?;
        a.try_xor(b)?;
        a.negated().try_or(b)?;
        b.try_pow(SmallBig::from(5).as_ref())?;
        b.try_pow_mod(m.as_ref().abs(), m.as_ref())?;
        let text = a.to_text(10)?;
        BigInt::from_digits(text.strip_prefix(b"-").unwrap_or(&text), 10)?;
        a.to_text(16)?;
        a.true_div(b)?;
        let mut sum = a.to_big()?;
        sum.add_assign(a)?;
        sum.shl_assign(1000)?;
        sum.mul_small(7)?;
        Ok(())
    });
    assert!(runs > 30, "{runs}");
}

#[test]
fn an_output_is_a_number_even_after_a_failure() {
    let mut random = Random::new(13);
    let (a, b) = (random.big(9000), random.big(5000));
    let (a, b) = (a.as_ref(), b.as_ref());
    for n in 0..12 {
        let mut out = BigInt::from_i64(-5).unwrap();
        let mut rest = BigInt::from_i64(-5).unwrap();
        let with = |run: &mut dyn FnMut() -> Result<(), NumError>| {
            let _failing = failing::Failing::at(n);
            let _ = run();
        };
        with(&mut || a.mul_into(b, &mut out));
        out = checked(out);
        with(&mut || a.divmod_into(b, &mut out, &mut rest));
        (out, rest) = (checked(out), checked(rest));
        with(&mut || a.shr_into(77, &mut out));
        out = checked(out);
        with(&mut || a.negated().xor_into(b, &mut out));
        out = checked(out);
        with(&mut || b.pow_mod_into(b.abs(), a, &mut rest));
        rest = checked(rest);
        with(&mut || rest.add_assign(a));
        checked(rest);
        with(&mut || out.set_digits(&[b'7'; 5000], 10));
        checked(out);
    }
}
