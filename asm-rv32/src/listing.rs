//! Instructions as text, the way the manual and GNU as write them.

use core::fmt::{self, Write};

use ferlance_asm::listing::InstructionSet;
use ferlance_asm::row::{Row, Slot};

use crate::encode::{Class, DYNAMIC, List4, list_bytes};
use crate::inst::{ALIAS, Features, Inst, RV32, RV64, TABLES};
use crate::reg::{FLOAT_NAMES, REGISTER_NAMES};

/// RV32 with all extensions, for [`write_listing`](ferlance_asm::listing::write_listing).
#[derive(Debug, Clone, Copy)]
pub struct Rv32;

/// RV64 with all extensions.
#[derive(Debug, Clone, Copy)]
pub struct Rv64;

fn fetch(bytes: &[u8]) -> Option<(u32, usize)> {
    let [a, b, rest @ ..] = bytes else {
        return None;
    };
    if a & 3 != 3 {
        return Some((u32::from(u16::from_le_bytes([*a, *b])), 2));
    }
    let [c, d, ..] = rest else { return None };
    Some((u32::from_le_bytes([*a, *b, *c, *d]), 4))
}

fn write(word: u32, at: u32, features: Features, out: &mut dyn Write) -> Result<bool, fmt::Error> {
    match find(word, features) {
        Some(row) => write_row(row, word, Some(at), features, out).map(|()| true),
        None => Ok(false),
    }
}

/// The row that a listing shows: the one with most fixed bits, so pseudo-instructions first.
fn find(word: u32, features: Features) -> Option<&'static Row<Class>> {
    let have = !(RV32 | RV64) | features;
    let mut found: Option<&'static Row<Class>> = None;
    for row in TABLES.into_iter().flatten() {
        let fixed = |row: &Row<Class>| row.fixed().count_ones();
        let closer = found.is_none_or(|known| fixed(row) > fixed(known));
        if closer && row.flags & ALIAS == 0 && row.is_in(have) && row.matches(word) {
            found = Some(row);
        }
    }
    found
}

impl InstructionSet for Rv32 {
    fn fetch(bytes: &[u8]) -> Option<(u32, usize)> {
        fetch(bytes)
    }
    fn write(word: u32, at: u32, out: &mut dyn Write) -> Result<bool, fmt::Error> {
        write(word, at, RV32, out)
    }
}

impl InstructionSet for Rv64 {
    fn fetch(bytes: &[u8]) -> Option<(u32, usize)> {
        fetch(bytes)
    }
    fn write(word: u32, at: u32, out: &mut dyn Write) -> Result<bool, fmt::Error> {
        write(word, at, RV64, out)
    }
}

impl fmt::Display for Inst {
    /// The RV32 instruction at an unknown place: targets are written from `.`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match find(self.0, RV32) {
            Some(row) => write_row(row, self.0, None, RV32, f),
            None => write!(f, ".insn {self:?}"),
        }
    }
}

/// Writes `word` as an instruction of `row`, for registers as wide as `features` says.
pub fn write_row(
    row: &Row<Class>,
    word: u32,
    at: Option<u32>,
    features: Features,
    out: &mut dyn Write,
) -> fmt::Result {
    out.write_str(row.name)?;
    let mut separator = " ";
    for kind in row.operands {
        let value = kind.take(word);
        if kind.class == Class::Rounding && value == DYNAMIC {
            continue;
        }
        if kind.class != Class::Base {
            out.write_str(separator)?;
            separator = ", ";
        }
        write_operand(kind.class, value, word, at, features, out)?;
    }
    Ok(())
}

fn register(number: i32) -> &'static str {
    REGISTER_NAMES[number as usize & 31]
}

fn write_operand(
    class: Class,
    value: i32,
    word: u32,
    at: Option<u32>,
    features: Features,
    out: &mut dyn Write,
) -> fmt::Result {
    match class {
        Class::R | Class::Sp => out.write_str(register(value)),
        Class::F => out.write_str(FLOAT_NAMES[value as usize & 31]),
        Class::Int | Class::Offset => write!(out, "{value}"),
        Class::Upper | Class::Csr => write!(out, "{value:#x}"),
        Class::Base | Class::Address => write!(out, "({})", register(value)),
        Class::OffsetSp => write!(out, "{value}(sp)"),
        Class::Label => match at {
            Some(at) => write!(out, "{:#x}", at.wrapping_add_signed(value)),
            None if value < 0 => write!(out, ". - {}", value.unsigned_abs()),
            None => write!(out, ". + {value}"),
        },
        Class::Fence => {
            for (bit, letter) in [(8, 'i'), (4, 'o'), (2, 'r'), (1, 'w')] {
                if value & bit != 0 {
                    out.write_char(letter)?;
                }
            }
            Ok(())
        }
        Class::Rounding => {
            let names = ["rne", "rtz", "rdn", "rup", "rmm", "?", "?", "dyn"];
            out.write_str(names[value as usize & 7])
        }
        Class::List => match value {
            4 => out.write_str("{ra}"),
            5 => out.write_str("{ra, s0}"),
            15 => out.write_str("{ra, s0-s11}"),
            _ => write!(out, "{{ra, s0-s{}}}", value - 5),
        },
        Class::Adjust => {
            let bytes = list_bytes(List4::KIND.take(word) as u32, features & RV64 != 0);
            let sign = if word & 0xff00 == 0xb800 { "-" } else { "" };
            write!(out, "{sign}{}", bytes as i32 + 16 * value)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferlance_asm::listing::write_listing;
    use std::string::String;

    #[test]
    fn a_function_is_listed() {
        let code = [
            0x41, 0x11, 0x06, 0xc2, 0x83, 0xa5, 0xc5, 0x00, 0x33, 0x05, 0xb0, 0x40, 0xe3, 0x1c,
            0x05, 0xfe, 0x82, 0xb8, 0x82, 0x80, 0x00, 0x00,
        ];
        let mut text = String::new();
        write_listing::<Rv32>(&code, &mut text).unwrap();
        let expected = [
            "     0: 4111      c.addi sp, -16",
            "     2: 06c2      c.swsp ra, 4(sp)",
            "     4: 83a5c500  lw a1, 12(a1)",
            "     8: 3305b040  neg a0, a1",
            "     c: e31c05fe  bnez a0, 0x4",
            "    10: 82b8      cm.push {ra, s0-s3}, -32",
            "    12: 8280      c.jr ra",
            "    14: 0000      .byte 0x00, 0x00",
            "",
        ];
        assert_eq!(text, expected.join("\n"));
    }
}
