//! Bits, shifts, bytes.
use super::*;

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
