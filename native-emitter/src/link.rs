//! Distances of calls inside one block of code, written when both ends have their places.
use ferlance_abi::Arch;

use crate::target::Target;

/// Writes the distance of the direct call at offset `at` to offset `to`, both in `code`. False if it is too far, or if
/// there is no such call.
#[must_use]
pub fn link(target: &Target, code: &mut [u8], at: u32, to: u32) -> bool {
    let bytes = match target.arch {
        Arch::X64 | Arch::X86 => 5,
        Arch::Xtensa | Arch::Xtensawin => 3,
        _ => 4,
    };
    let start = at as usize;
    let Some(call) = start
        .checked_add(bytes)
        .and_then(|end| code.get_mut(start..end))
    else {
        return false;
    };
    let distance = i64::from(to) - i64::from(at);
    let linked = match target.arch {
        Arch::X64 | Arch::X86 => x86(call, distance - 5),
        Arch::Rv32imc | Arch::Rv64imc => jal(call, distance),
        // Distances count from the next word.
        Arch::Xtensa | Arch::Xtensawin => xtensa(call, i64::from(to) - (i64::from(at & !3) + 4)),
        _ => bl(call, distance - 4),
    };
    linked.is_some()
}

fn fits(distance: i64, bits: u32) -> Option<i64> {
    let limit = 1i64 << (bits - 1);
    (-limit..limit).contains(&distance).then_some(distance)
}

/// `call rel32`
fn x86(call: &mut [u8], distance: i64) -> Option<()> {
    let (0xe8, field) = call.split_first_mut().map(|(op, field)| (*op, field))? else {
        return None;
    };
    field.copy_from_slice(&i32::try_from(distance).ok()?.to_le_bytes());
    Some(())
}

/// `bl`, the long form that all Thumb has.
fn bl(call: &mut [u8], distance: i64) -> Option<()> {
    let [_, a, _, b] = call else { return None };
    if *a & 0xf8 != 0xf0 || *b & 0xd0 != 0xd0 {
        return None;
    }
    let distance = fits(distance, 25)? as u32;
    let sign = distance >> 24 & 1;
    let j = |bit: u32| 1 ^ sign ^ (distance >> bit & 1);
    let first = 0xf000 | sign << 10 | distance >> 12 & 0x3ff;
    let second = 0xd000 | j(23) << 13 | j(22) << 11 | distance >> 1 & 0x7ff;
    call.copy_from_slice(&(first | second << 16).to_le_bytes());
    Some(())
}

/// `jal ra, distance`
fn jal(call: &mut [u8], distance: i64) -> Option<()> {
    let known = u32::from_le_bytes(call.try_into().ok()?);
    if known & 0xfff != 0xef {
        return None;
    }
    let distance = fits(distance, 21)? as u32;
    let word = 0xef
        | (distance >> 20 & 1) << 31
        | (distance >> 1 & 0x3ff) << 21
        | (distance >> 11 & 1) << 20
        | (distance >> 12 & 0xff) << 12;
    call.copy_from_slice(&word.to_le_bytes());
    Some(())
}

/// `call0` and `call8`; targets are at words.
fn xtensa(call: &mut [u8], distance: i64) -> Option<()> {
    let [low, middle, high] = call else {
        return None;
    };
    if *low & 0xf != 5 || distance & 3 != 0 {
        return None;
    }
    let words = (fits(distance, 20)? >> 2) as u32 & 0x3_ffff;
    let word = u32::from(*low & 0x3f) | words << 6;
    [*low, *middle, *high] = [word as u8, (word >> 8) as u8, (word >> 16) as u8];
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn linked(arch: Arch, call: &[u8], at: usize, to: u32) -> std::vec::Vec<u8> {
        let mut code = std::vec![0; at];
        code.extend_from_slice(call);
        assert!(link(&Target::stock(arch, 0), &mut code, at as u32, to));
        code.split_off(at)
    }

    // Expected bytes are GNU as's.
    #[test]
    fn distances_are_written_as_the_assembler_does() {
        // call .+0x105; call .-0xb
        assert_eq!(
            linked(Arch::X64, &[0xe8, 0, 0, 0, 0], 16, 0x115),
            [0xe8, 0, 1, 0, 0]
        );
        assert_eq!(
            linked(Arch::X64, &[0xe8, 0, 0, 0, 0], 16, 5),
            [0xe8, 0xf0, 0xff, 0xff, 0xff]
        );
        // bl .+0x104; bl .-8
        assert_eq!(
            linked(Arch::Armv6m, &[0, 0xf0, 0, 0xf8], 12, 0x110),
            [0, 0xf0, 0x80, 0xf8]
        );
        assert_eq!(
            linked(Arch::Armv7m, &[0, 0xf0, 0, 0xf8], 12, 4),
            [0xff, 0xf7, 0xfa, 0xff]
        );
        // jal ra, .+0x100; jal ra, .-12
        assert_eq!(
            linked(Arch::Rv32imc, &[0xef, 0, 0, 0], 12, 0x10c),
            [0xef, 0, 0, 0x10]
        );
        assert_eq!(
            linked(Arch::Rv32imc, &[0xef, 0, 0, 0], 12, 0),
            [0xef, 0xf0, 0x5f, 0xff]
        );
        // call0 to 0x20 from 5; call8 to 0 from 10
        assert_eq!(linked(Arch::Xtensa, &[5, 0, 0], 5, 0x20), [0x85, 1, 0]);
        assert_eq!(
            linked(Arch::Xtensawin, &[0x25, 0, 0], 10, 0),
            [0x65, 0xff, 0xff]
        );
    }

    #[test]
    fn what_is_no_call_or_too_far_is_refused() {
        let mut code = [0; 8];
        for arch in [Arch::X64, Arch::Armv7m, Arch::Rv32imc, Arch::Xtensa] {
            assert!(!link(&Target::stock(arch, 0), &mut code, 0, 4));
            assert!(!link(&Target::stock(arch, 0), &mut code, 6, 4));
        }
        let mut call = [0xef, 0, 0, 0];
        assert!(!link(
            &Target::stock(Arch::Rv32imc, 0),
            &mut call,
            0,
            1 << 20
        ));
    }
}
