//! Constants: what `li` becomes.

use crate::base::{addi, lui, slli_64};
use crate::compressed::{c_addi, c_li, c_lui};
use crate::encode::C6;
use crate::fixup::split;
use crate::inst::Inst;
use crate::reg::Reg;
use ferlance_asm::row::Slot;

/// Loads a 32-bit constant the way stock tools do: one instruction or two.
///
/// For `sp`, stock's `c.lui` would be `c.addi16sp`, so it takes the long form. For `zero` the
/// compressed ones are hints, as they are in stock.
pub fn li(rd: Reg, value: i32) -> (Inst, Option<Inst>) {
    // Typed encoders do not make hints: take `ra` and put the register in.
    let into = |inst: Inst| Inst(inst.0 & !(31 << 7) | u32::from(rd.number()) << 7);
    if C6::KIND.encode(value).is_some() {
        return (into(c_li(Reg::RA, value)), None);
    }
    if (-2048..2048).contains(&value) {
        return (addi(rd, Reg::ZERO, value), None);
    }
    let (upper, low) = split(value);
    let short = rd != Reg::SP && !(0x10..0xf_fff0).contains(&upper) && upper != 0;
    let first = if short {
        into(c_lui(Reg::RA, upper as i32))
    } else {
        lui(rd, upper as i32)
    };
    let second = match low {
        0 => None,
        1..=31 => Some(into(c_addi(Reg::RA, low))),
        _ => Some(addi(rd, rd, low)),
    };
    (first, second)
}

/// Loads a constant into a 64-bit register. Returns how many of `out` are used.
///
/// Takes the upper bits, which end above the lowest twelve, shifts them into place and adds the
/// rest, over and over (so a 32-bit constant takes two, and none takes more than eight).
pub fn li64(rd: Reg, value: i64, out: &mut [Inst; 8]) -> usize {
    let mut value = value;
    // What is left to do after a part, last first: shift by, then add.
    let mut later = [(0u32, 0i32); 4];
    let mut steps = 0;
    while i32::try_from(value).is_err() {
        let low = (value << 52 >> 52) as i32;
        let rest = value.wrapping_sub(i64::from(low));
        // Not zero: a value whose upper bits are zero fits 32 bits.
        let shift = rest.trailing_zeros().min(63);
        value = rest >> shift;
        if let Some(step) = later.get_mut(steps) {
            *step = (shift, low);
            steps += 1;
        }
    }
    let mut used = 0;
    let mut put = |inst: Inst| {
        if let Some(slot) = out.get_mut(used) {
            *slot = inst;
            used += 1;
        }
    };
    let (upper, low) = split(value as i32);
    if (-2048..2048).contains(&value) {
        put(addi(rd, Reg::ZERO, value as i32));
    } else {
        put(lui(rd, upper as i32));
        if low != 0 {
            // The word form, so that bit 31 is extended once more after the addition.
            put(crate::base::addiw(rd, rd, low));
        }
    }
    for &(shift, low) in later[..steps].iter().rev() {
        put(slli_64(rd, rd, shift as i32));
        if low != 0 {
            put(addi(rd, rd, low));
        }
    }
    used
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs a sequence of `lui`, `addi`, `addiw` and `slli`.
    fn run(code: &[Inst]) -> i64 {
        code.iter().fold(0i64, |value, inst| {
            let word = inst.0;
            let imm = i64::from(word as i32 >> 20);
            let from = if word >> 15 & 31 == 0 { 0 } else { value };
            match (word & 0x7f, word >> 12 & 7) {
                (0x37, _) => i64::from(word as i32 & !0xfff),
                (0x13, 0) => from.wrapping_add(imm),
                (0x1b, 0) => i64::from(from.wrapping_add(imm) as i32),
                (0x13, 1) => from << (word >> 20 & 63),
                other => panic!("{other:?}"),
            }
        })
    }

    #[test]
    fn any_64_bit_constant_is_made_in_at_most_eight_steps() {
        let mut value = 0x9e37_79b9_7f4a_7c15u64;
        let mut cases = std::vec![0, 1, -1, 2047, 2048, -2048, -2049, i64::MIN, i64::MAX];
        for bit in 0..64 {
            cases.extend([1 << bit, (1i64 << bit).wrapping_sub(1), -1 << bit]);
        }
        for _ in 0..2000 {
            value = value.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
            cases.extend([value as i64, value as i64 >> (value & 63)]);
        }
        for value in cases {
            let mut out = [Inst(0); 8];
            let used = li64(Reg::A0, value, &mut out);
            assert_eq!(run(&out[..used]), value, "{value:#x}");
        }
    }

    #[test]
    fn short_constants_are_short() {
        let count = |value| li64(Reg::A0, value, &mut [Inst(0); 8]);
        assert_eq!(count(5), 1);
        assert_eq!(count(0x12345), 2);
        assert_eq!(count(1 << 40), 2);
        assert_eq!(count(i64::MIN), 2);
        let (first, second) = li(Reg::A0, 0x10000);
        assert_eq!((first.size(), second), (4, None));
    }
}
