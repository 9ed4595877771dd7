//! Small integers: their range per target, and the division that Python asks for.

/// Lowest and highest small int of a target whose range has `bits` bits (1..=64).
///
/// Word-tagged runtimes have 31 bits (32-bit words) and 63 (64-bit words); a `.mpy` header tells the bits that
/// its code was made for, which may be any number.
pub const fn range(bits: u32) -> (i64, i64) {
    let bits = if bits == 0 {
        return (0, 0);
    } else if bits > 64 {
        64
    } else {
        bits
    };
    let max = ((1u64 << (bits - 1)) - 1) as i64;
    (-max - 1, max)
}

/// Bits of the small int range of a word-tagged runtime on this machine.
pub const BITS: u32 = usize::BITS - 1;
/// Lowest small int of a word-tagged runtime on this machine.
pub const MIN: isize = isize::MIN >> 1;
/// Highest small int of a word-tagged runtime on this machine.
pub const MAX: isize = isize::MAX >> 1;

/// Does `value` fit the range with `bits` bits?
#[inline]
pub const fn fits(value: i64, bits: u32) -> bool {
    let (min, max) = range(bits);
    min <= value && value <= max
}

/// Does `value` fit a small int of this machine?
#[inline]
pub const fn fits_word(value: isize) -> bool {
    MIN <= value && value <= MAX
}

/// Quotient rounded down. `None` for division by zero and for the one quotient that overflows.
#[inline]
pub const fn floor_div(a: isize, b: isize) -> Option<isize> {
    let Some(quotient) = a.checked_div(b) else {
        return None;
    };
    // Truncation rounded up when the signs differ and something was left.
    if (a ^ b) < 0 && quotient.wrapping_mul(b) != a {
        Some(quotient - 1)
    } else {
        Some(quotient)
    }
}

/// Remainder with the sign of the divisor. `None` for division by zero.
#[inline]
pub const fn floor_mod(a: isize, b: isize) -> Option<isize> {
    if b == 0 {
        return None;
    }
    let rest = a.wrapping_rem(b);
    if rest != 0 && (rest ^ b) < 0 {
        Some(rest + b)
    } else {
        Some(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_by_bits() {
        assert_eq!(range(31), (-(1 << 30), (1 << 30) - 1));
        assert_eq!(range(63), (-(1 << 62), (1 << 62) - 1));
        assert_eq!(range(1), (-1, 0));
        assert_eq!(range(64), (i64::MIN, i64::MAX));
        assert_eq!(range(BITS), (MIN as i64, MAX as i64));
    }

    #[test]
    fn division_rounds_down_and_the_remainder_has_the_divisors_sign() {
        for (a, b, q, r) in [
            (7, 2, 3, 1),
            (-7, 2, -4, 1),
            (7, -2, -4, -1),
            (-7, -2, 3, -1),
            (6, -3, -2, 0),
        ] {
            assert_eq!(
                (floor_div(a, b), floor_mod(a, b)),
                (Some(q), Some(r)),
                "{a} {b}"
            );
        }
        assert_eq!((floor_div(1, 0), floor_mod(1, 0)), (None, None));
        assert_eq!(
            (floor_div(isize::MIN, -1), floor_mod(isize::MIN, -1)),
            (None, Some(0))
        );
    }
}
