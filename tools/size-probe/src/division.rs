//! Division of 64-bit integers in few bytes: what fits into a word is divided by the machine, the rest bit by bit.

/// `n / d`, and the remainder. Of 0 for `d` nobody asks.
pub(crate) fn divide(n: u64, d: u64) -> (u64, u64) {
    if let (Ok(n), Ok(d)) = (u32::try_from(n), u32::try_from(d)) {
        let quotient = n.checked_div(d).unwrap_or(0);
        return (
            quotient.into(),
            n.wrapping_sub(quotient.wrapping_mul(d)).into(),
        );
    }
    let (mut quotient, mut rest) = (0, n);
    let mut shift = d.leading_zeros().saturating_sub(n.leading_zeros());
    loop {
        let part = d << (shift & 63);
        quotient <<= 1;
        if rest >= part {
            rest -= part;
            quotient |= 1;
        }
        if shift == 0 {
            return (quotient, rest);
        }
        shift -= 1;
    }
}

/// What `__aeabi_uldivmod` calls.
#[cfg(target_arch = "arm")]
#[unsafe(no_mangle)]
extern "C" fn __udivmoddi4(n: u64, d: u64, rest: Option<&mut u64>) -> u64 {
    let (quotient, left) = divide(n, d);
    if let Some(rest) = rest {
        *rest = left;
    }
    quotient
}

/// What `__aeabi_ldivmod` calls.
#[cfg(target_arch = "arm")]
#[unsafe(no_mangle)]
extern "C" fn __divmoddi4(n: i64, d: i64, rest: &mut i64) -> i64 {
    let (quotient, left) = divide(n.unsigned_abs(), d.unsigned_abs());
    *rest = if n < 0 {
        (left as i64).wrapping_neg()
    } else {
        left as i64
    };
    if (n ^ d) < 0 {
        (quotient as i64).wrapping_neg()
    } else {
        quotient as i64
    }
}
