//! Big integers against 128-bit ones, against each other, and against Python.

use std::format;
use std::string::String;
use std::vec::Vec;

use ferlance_collections::oom::failing;

use super::*;

mod arith;
mod bits;
mod floats;
mod text;

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
