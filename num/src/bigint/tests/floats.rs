//! To and from floats, and true division.
use super::*;

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
