//! Numbers as text, in every base.
use super::*;

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
