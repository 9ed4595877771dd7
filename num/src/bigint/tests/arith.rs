//! Products, quotients, powers.
use super::*;

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
