//! Remainders and whole quotients of floats.

/// What is left of `x` when as many whole `y` are taken off as go, with the sign of `x`: C's `fmod`. Exact.
pub fn remainder(x: f64, y: f64) -> f64 {
    // The back end of LLVM 22 makes a wrong `fmod` of the one that comes with Rust.
    if cfg!(any(feature = "small", target_arch = "xtensa")) {
        by_shifts(x, y)
    } else {
        x % y
    }
}

/// `x // y` and `x % y`: the remainder has the sign of `y`, also if it is 0, and the quotient is that of what it leaves, as
/// `x / y` may be rounded up to a whole number. `y` is not 0.
pub fn floor_divmod(x: f64, y: f64) -> (f64, f64) {
    let mut rest = remainder(x, y);
    let mut quotient = (x - rest) / y;
    if rest == 0.0 {
        rest = libm::copysign(0.0, y);
    } else if (rest < 0.0) != (y < 0.0) {
        rest += y;
        quotient -= 1.0;
    }
    if quotient == 0.0 {
        return (libm::copysign(0.0, x / y), rest);
    }
    // Whole but for the rounding of the division.
    let whole = libm::floor(quotient);
    match quotient - whole > 0.5 {
        true => (whole + 1.0, rest),
        false => (whole, rest),
    }
}

/// Mantissa and exponent of a positive number.
fn parts(size: f64) -> (u64, i32) {
    let bits = size.to_bits();
    let (fraction, biased) = (bits & ((1 << 52) - 1), (bits >> 52) as i32);
    match biased {
        0 => (fraction, 1),
        _ => (fraction | 1 << 52, biased),
    }
}

/// Long division of the mantissas, one bit after the other.
fn by_shifts(x: f64, y: f64) -> f64 {
    if x.is_nan() || x.is_infinite() || y.is_nan() || y == 0.0 {
        return f64::NAN;
    }
    if x.abs() < y.abs() {
        return x;
    }
    let ((mut rest, from), (divisor, to)) = (parts(x.abs()), parts(y.abs()));
    rest %= divisor;
    for _ in to..from {
        rest <<= 1;
        if rest >= divisor {
            rest -= divisor;
        }
    }
    // `rest * 2^(to - 1075)`, normalised as far as the exponent goes.
    let up = (rest.leading_zeros() as i32 - 11).min(to - 1);
    let bits = if rest == 0 {
        0
    } else {
        // The hidden bit carries into the exponent.
        (rest << up) + (((to - up - 1) as u64) << 52)
    };
    f64::from_bits(bits).copysign(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotients_are_rounded_down_once() {
        let inf = f64::INFINITY;
        for (x, y, quotient, rest) in [
            (7.5, 2.0, 3.0, 1.5),
            (-7.5, 2.0, -4.0, 0.5),
            (1.0, 0.1, 9.0, 0.099_999_999_999_999_95),
            (1.0, -inf, -1.0, -inf),
            (-1.0, inf, -1.0, inf),
            (1.0, inf, 0.0, 1.0),
            (-1.0, -inf, 0.0, -1.0),
            (-1.0, -2.0, 0.0, -1.0),
            (0.0, -inf, -0.0, -0.0),
            (-0.0, inf, -0.0, 0.0),
            (-0.0, -2.0, 0.0, -0.0),
            // The sum of remainder and divisor would be rounded, and the difference once more.
            (
                7.267_541_164_959_496e17,
                -81.5,
                -8_917_228_423_263_184.0,
                -9.5,
            ),
        ] {
            let (q, r) = floor_divmod(x, y);
            let bits = |(q, r): (f64, f64)| (q.to_bits(), r.to_bits());
            assert_eq!(bits((q, r)), bits((quotient, rest)), "{x} // {y}: {q}, {r}");
        }
    }

    #[test]
    fn the_remainder_is_that_of_the_operator() {
        let edges = [
            0.0,
            1.0,
            0.1,
            3.0,
            1e-320,
            5e-324,
            f64::MIN_POSITIVE,
            2.2e-308,
            1e300,
            f64::MAX,
            7.25,
            f64::INFINITY,
            f64::NAN,
            1e16,
            0.3,
        ];
        let mut state = 0x9e37_79b9_7f4a_7c15u64;
        let mut random = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            f64::from_bits(state)
        };
        let same = |x: f64, y: f64| {
            let (own, core) = (by_shifts(x, y), x % y);
            assert!(
                own.to_bits() == core.to_bits() || (own.is_nan() && core.is_nan()),
                "{x:e} % {y:e}: {own:e}, not {core:e}"
            );
        };
        for x in edges {
            for y in edges {
                for (x, y) in [(x, y), (-x, y), (x, -y), (-x, -y)] {
                    same(x, y);
                }
            }
            for _ in 0..200 {
                let y = random();
                same(x, y);
                same(y, x);
                same(y, random());
            }
        }
    }
}
