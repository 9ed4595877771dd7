//! Instructions as text, the way the manual and GNU as write them.

use core::fmt::{self, Write};

use ferlance_asm::RegSet;
use ferlance_asm::listing::InstructionSet;
use ferlance_asm::row::{self, Row, Slot};

use crate::encode::{Class, Lsb};
use crate::inst::{Inst, POST, PRE, TABLES};
use crate::reg::{COND_NAMES, Reg};

/// Thumb, for [`write_listing`](ferlance_asm::listing::write_listing).
#[derive(Debug, Clone, Copy)]
pub struct Thumb;

/// Special registers of `mrs` and `msr` by number.
pub const SPECIAL_REGISTERS: [(&str, i32); 14] = [
    ("APSR", 0),
    ("IAPSR", 1),
    ("EAPSR", 2),
    ("XPSR", 3),
    ("IPSR", 5),
    ("EPSR", 6),
    ("IEPSR", 7),
    ("MSP", 8),
    ("PSP", 9),
    ("PRIMASK", 16),
    ("BASEPRI", 17),
    ("BASEPRI_MAX", 18),
    ("FAULTMASK", 19),
    ("CONTROL", 20),
];

impl InstructionSet for Thumb {
    fn fetch(bytes: &[u8]) -> Option<(u32, usize)> {
        let [a, b, rest @ ..] = bytes else {
            return None;
        };
        let first = u32::from(u16::from_le_bytes([*a, *b]));
        if first < 0xe800 {
            return Some((first, 2));
        }
        let [c, d, ..] = rest else { return None };
        let second = u32::from(u16::from_le_bytes([*c, *d]));
        Some((first << 16 | second, 4))
    }

    fn write(word: u32, at: u32, out: &mut dyn Write) -> Result<bool, fmt::Error> {
        match row::find(&TABLES, word, u16::MAX) {
            Some(row) => write_row(row, word, Some(at), out).map(|()| true),
            None => Ok(false),
        }
    }
}

impl fmt::Display for Inst {
    /// The instruction at an unknown place: targets are written from `.`, the instruction itself.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match row::find(&TABLES, self.0, u16::MAX) {
            Some(row) => write_row(row, self.0, None, f),
            None => write!(f, ".inst {self:?}"),
        }
    }
}

/// Writes `word` as an instruction of `row`.
pub fn write_row(row: &Row<Class>, word: u32, at: Option<u32>, out: &mut dyn Write) -> fmt::Result {
    write_mnemonic(row, word, out)?;
    let mut separator = " ";
    let mut inside = false;
    for kind in row.operands {
        let value = kind.take(word);
        let left_out = match kind.class {
            Class::Cond | Class::ItMask => true,
            Class::Shift | Class::Lsl | Class::LslAmount | Class::Ror => value == 0,
            _ => false,
        };
        if left_out {
            continue;
        }
        out.write_str(separator)?;
        separator = ", ";
        if kind.class == Class::Base {
            write!(out, "[{}", register(value))?;
            inside = row.flags & POST == 0;
            if !inside {
                out.write_char(']')?;
            }
            continue;
        }
        write_operand(kind.class, value, word, at, out)?;
    }
    if inside {
        out.write_char(']')?;
    }
    if row.flags & PRE != 0 {
        out.write_char('!')?;
    }
    Ok(())
}

fn register(number: i32) -> Reg {
    Reg::new(number as u8 & 15)
}

/// The mnemonic with its braces opened and its condition in place.
fn write_mnemonic(row: &Row<Class>, word: u32, out: &mut dyn Write) -> fmt::Result {
    let mut condition = None;
    for kind in row.operands {
        let value = kind.take(word);
        match kind.class {
            Class::Cond => condition = COND_NAMES.get(value as usize).copied(),
            Class::ItMask => {
                out.write_str(row.name)?;
                return write_it_pattern(word >> 4 & 15, value as u32, out);
            }
            _ => {}
        }
    }
    for byte in row.name.chars() {
        if byte == '.'
            && let Some(name) = condition.take()
        {
            out.write_str(name)?;
        }
        if byte != '{' && byte != '}' {
            out.write_char(byte)?;
        }
    }
    out.write_str(condition.unwrap_or(""))
}

/// The letters after `it`: bit 3 on down to the last one, each compared with the condition's lowest bit.
fn write_it_pattern(condition: u32, mask: u32, out: &mut dyn Write) -> fmt::Result {
    for bit in (mask.trailing_zeros() + 1..4).rev() {
        let then = mask >> bit & 1 == condition & 1;
        out.write_char(if then { 't' } else { 'e' })?;
    }
    Ok(())
}

fn write_operand(
    class: Class,
    value: i32,
    word: u32,
    at: Option<u32>,
    out: &mut dyn Write,
) -> fmt::Result {
    match class {
        Class::R | Class::Base => write!(out, "{}", register(value)),
        Class::Bang => write!(out, "{}!", register(value)),
        Class::BangUnlessListed if word >> value & 1 != 0 => write!(out, "{}", register(value)),
        Class::BangUnlessListed => write!(out, "{}!", register(value)),
        Class::One => write!(out, "{{{}}}", register(value)),
        Class::List => {
            for (index, number) in RegSet(value as u32).iter().enumerate() {
                let opening = if index == 0 { "{" } else { ", " };
                write!(out, "{opening}{}", Reg::new(number))?;
            }
            out.write_char('}')
        }
        Class::S => write!(out, "s{value}"),
        Class::SPair => write!(out, "s{value}, s{}", value + 1),
        Class::D => write!(out, "d{value}"),
        Class::DLane => write!(out, "d{}[{}]", value >> 1, value & 1),
        Class::SList => write_run('s', value, out),
        Class::DList => write_run('d', value, out),
        Class::Int => write!(out, "#{value}"),
        Class::Float => write!(out, "#{:?}", f32::from_bits(value as u32)),
        Class::FloatZero => out.write_str("#0.0"),
        Class::ItCond => out.write_str(COND_NAMES.get(value as usize).copied().unwrap_or("?")),
        Class::Cond | Class::ItMask => Ok(()),
        Class::Sys => {
            let known = SPECIAL_REGISTERS
                .iter()
                .find(|(_, number)| *number == value);
            match known {
                // `msr` writes the flags by fields.
                Some((name, 0..=3)) if word & 0x0020_0000 == 0 => write!(out, "{name}_nzcvq"),
                Some((name, _)) => out.write_str(name),
                None => write!(out, "{value}"),
            }
        }
        Class::Iflags => out.write_str(["", "f", "i", "if"][value as usize & 3]),
        Class::Barrier if value == 15 => out.write_str("sy"),
        Class::Barrier => write!(out, "#{value}"),
        Class::Label => write_target(4, 0, value, at, out),
        Class::LabelWord => write_target(4, 3, value, at, out),
        Class::Shift => match (value & 3, value >> 2) {
            (0, by) => write!(out, "lsl #{by}"),
            (1, 0) => out.write_str("lsr #32"),
            (1, by) => write!(out, "lsr #{by}"),
            (2, 0) => out.write_str("asr #32"),
            (2, by) => write!(out, "asr #{by}"),
            (_, 0) => out.write_str("rrx"),
            (_, by) => write!(out, "ror #{by}"),
        },
        Class::Lsl | Class::LslOne | Class::LslAmount => write!(out, "lsl #{value}"),
        Class::AsrAmount => write!(out, "asr #{value}"),
        Class::Ror => write!(out, "ror #{value}"),
        Class::WidthTo => write!(out, "#{}", value - Lsb::KIND.take(word) + 1),
        Class::Width => write!(out, "#{value}"),
        Class::P => write!(out, "p{value}"),
        Class::C => write!(out, "c{value}"),
        Class::Fpscr => out.write_str("fpscr"),
        Class::Apsr => out.write_str("APSR_nzcv"),
    }
}

/// Registers in a row: `{s3-s7}`.
fn write_run(letter: char, value: i32, out: &mut dyn Write) -> fmt::Result {
    let (first, count) = (value & 0xff, value >> 8);
    if count == 1 {
        write!(out, "{{{letter}{first}}}")
    } else {
        write!(out, "{{{letter}{first}-{letter}{}}}", first + count - 1)
    }
}

/// A place, `value` bytes after the instruction plus `ahead`, rounded down by `mask`.
fn write_target(
    ahead: u32,
    mask: u32,
    value: i32,
    at: Option<u32>,
    out: &mut dyn Write,
) -> fmt::Result {
    match at {
        Some(at) => {
            let from = at.wrapping_add(ahead) & !mask;
            write!(out, "{:#x}", from.wrapping_add_signed(value))
        }
        None => {
            let distance = value + ahead as i32;
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
            0xf2, 0xb5, 0x01, 0x38, 0xfd, 0xd1, 0x0c, 0xbf, 0x31, 0xea, 0x82, 0x10, 0xf2, 0xbd,
            0xff, 0xff,
        ];
        let mut text = String::new();
        write_listing::<Thumb>(&code, &mut text).unwrap();
        let expected = [
            "     0: f2b5      push {r1, r4, r5, r6, r7, lr}",
            "     2: 0138      subs r0, #1",
            "     4: fdd1      bne.n 0x2",
            "     6: 0cbf      ite eq",
            "     8: 31ea8210  bics.w r0, r1, r2, lsl #6",
            "     c: f2bd      pop {r1, r4, r5, r6, r7, pc}",
            "     e: ff        .byte 0xff",
            "     f: ff        .byte 0xff",
            "",
        ];
        assert_eq!(text, expected.join("\n"));
    }
}
