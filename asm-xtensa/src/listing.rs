//! Instructions as text, the way the manual and the assemblers write them.

use core::fmt::{self, Write};

use ferlance_asm::listing::InstructionSet;
use ferlance_asm::row::{self, Row};

use crate::encode::Class;
use crate::inst::{Inst, TABLES};
use crate::reg::{SPECIAL_REGISTERS, USER_REGISTERS};

/// Xtensa, for [`write_listing`](ferlance_asm::listing::write_listing).
#[derive(Debug, Clone, Copy)]
pub struct Xtensa;

impl InstructionSet for Xtensa {
    fn fetch(bytes: &[u8]) -> Option<(u32, usize)> {
        match *bytes {
            [a, b, ..] if a & 8 != 0 => Some((u32::from_le_bytes([a, b, 0, 0]), 2)),
            [a, b, c, ..] => Some((u32::from_le_bytes([a, b, c, 0]), 3)),
            _ => None,
        }
    }

    fn write(word: u32, at: u32, out: &mut dyn Write) -> Result<bool, fmt::Error> {
        match row::find(&TABLES, word, u16::MAX) {
            Some(row) => write_row(row, word, Some(at), out).map(|()| true),
            None => Ok(false),
        }
    }
}

impl fmt::Display for Inst {
    /// The instruction at an unknown place, taken for a multiple of 4: targets are written from `.`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match row::find(&TABLES, self.0, u16::MAX) {
            Some(row) => write_row(row, self.0, None, f),
            None => write!(f, ".byte {self:?}"),
        }
    }
}

/// Writes `word` as an instruction of `row`.
pub fn write_row(row: &Row<Class>, word: u32, at: Option<u32>, out: &mut dyn Write) -> fmt::Result {
    out.write_str(row.name)?;
    let mut separator = " ";
    for kind in row.operands {
        out.write_str(separator)?;
        separator = ", ";
        let value = kind.take(word);
        match kind.class {
            Class::R => write!(out, "a{value}")?,
            Class::F => write!(out, "f{value}")?,
            Class::B => write!(out, "b{value}")?,
            Class::M => write!(out, "m{value}")?,
            Class::Int => write!(out, "{value}")?,
            Class::Special => write_named(SPECIAL_REGISTERS, value, out)?,
            Class::User => write_named(USER_REGISTERS, value, out)?,
            Class::Label => write_target(at, |at| at.wrapping_add(4), value, out)?,
            Class::LabelCall => write_target(at, |at| (at & !3).wrapping_add(4), value, out)?,
            Class::LabelLiteral => write_target(at, |at| at.wrapping_add(3) & !3, value, out)?,
        }
    }
    Ok(())
}

fn write_named(names: &[(&str, i32)], number: i32, out: &mut dyn Write) -> fmt::Result {
    match names.iter().find(|(_, known)| *known == number) {
        Some((name, _)) => out.write_str(name),
        None => write!(out, "{number}"),
    }
}

fn write_target(
    at: Option<u32>,
    from: fn(u32) -> u32,
    value: i32,
    out: &mut dyn Write,
) -> fmt::Result {
    match at {
        Some(at) => write!(out, "{:#x}", from(at).wrapping_add_signed(value)),
        None => {
            let distance = from(0) as i32 + value;
            let sign = if distance < 0 { '-' } else { '+' };
            write!(out, ". {sign} {}", distance.unsigned_abs())
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
            0x36, 0x61, 0x00, 0x09, 0x01, 0x37, 0x12, 0x03, 0x21, 0xff, 0xff, 0x30, 0x24, 0x03,
            0x1d, 0xf0,
        ];
        let mut text = String::new();
        write_listing::<Xtensa>(&code, &mut text).unwrap();
        let expected = [
            "     0: 366100    entry a1, 48",
            "     3: 0901      s32i.n a0, a1, 0",
            "     5: 371203    beq a2, a3, 0xc",
            "     8: 21ffff    l32r a2, 0x4",
            "     b: 302403    rsr a3, 36",
            "     e: 1df0      retw.n",
            "",
        ];
        assert_eq!(text, expected.join("\n"));
    }
}
