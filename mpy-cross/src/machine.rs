//! Machine code as text: the boards' from our own tables, x86 from a library.

use std::fmt::{self, Write};

use ferlance_abi::arch::Arch;
use ferlance_asm::listing::InstructionSet;
use ferlance_asm_rv32::listing::{Rv32, Rv64};
use ferlance_asm_thumb::listing::Thumb;
use ferlance_asm_xtensa::listing::Xtensa;
use ferlance_bytecode::disasm::Disassembler;
use iced_x86::{Decoder, DecoderOptions, Formatter, IntelFormatter};

/// The processors of boards.
#[derive(Debug, Clone, Copy)]
pub struct Boards;

/// Those and x86.
#[derive(Debug, Clone, Copy)]
pub struct Machines;

impl Disassembler for Boards {
    fn length(&self, arch: Arch, bytes: &[u8]) -> usize {
        let fetch = match set(arch) {
            Some(Set { fetch, .. }) => fetch,
            None => return 0,
        };
        // What is torn at the end is shown byte by byte.
        fetch(bytes).map_or(1, |(_, length)| length)
    }

    fn jumps_over(&self, arch: Arch, first: &[u8]) -> usize {
        // Code for Xtensa begins with its literals and a jump over them.
        match (arch, first) {
            (Arch::Xtensa | Arch::Xtensawin, &[a, b, c]) if a & 0x3f == 0x06 && c & 0x80 == 0 => {
                1 + (u32::from_le_bytes([a, b, c, 0]) >> 6) as usize
            }
            _ => 0,
        }
    }

    fn write(&self, arch: Arch, bytes: &[u8], at: u32, out: &mut dyn Write) -> fmt::Result {
        let known = match set(arch) {
            Some(Set { fetch, write }) => match fetch(bytes) {
                Some((word, _)) => write(word, at, out)?,
                None => false,
            },
            None => false,
        };
        match known {
            true => Ok(()),
            false => raw(bytes, out),
        }
    }
}

impl Disassembler for Machines {
    fn length(&self, arch: Arch, bytes: &[u8]) -> usize {
        match x86_bits(arch) {
            Some(bits) => Decoder::new(bits, bytes, DecoderOptions::NONE)
                .decode()
                .len(),
            None => Boards.length(arch, bytes),
        }
    }

    fn jumps_over(&self, arch: Arch, first: &[u8]) -> usize {
        Boards.jumps_over(arch, first)
    }

    fn write(&self, arch: Arch, bytes: &[u8], at: u32, out: &mut dyn Write) -> fmt::Result {
        let Some(bits) = x86_bits(arch) else {
            return Boards.write(arch, bytes, at, out);
        };
        let instruction =
            Decoder::with_ip(bits, bytes, u64::from(at), DecoderOptions::NONE).decode();
        if instruction.is_invalid() {
            return raw(bytes, out);
        }
        let mut text = String::new();
        IntelFormatter::new().format(&instruction, &mut text);
        out.write_str(&text)
    }
}

/// What is no instruction, in what stands between instructions: constants and addresses.
fn raw(bytes: &[u8], out: &mut dyn Write) -> fmt::Result {
    out.write_str(".byte")?;
    for (index, byte) in bytes.iter().enumerate() {
        write!(out, "{}{byte:#04x}", if index == 0 { " " } else { ", " })?;
    }
    Ok(())
}

fn x86_bits(arch: Arch) -> Option<u32> {
    match arch {
        Arch::X86 => Some(32),
        Arch::X64 => Some(64),
        _ => None,
    }
}

type Fetch = fn(&[u8]) -> Option<(u32, usize)>;
type WriteOne = fn(u32, u32, &mut dyn Write) -> Result<bool, fmt::Error>;

/// An instruction set as a value.
struct Set {
    fetch: Fetch,
    write: WriteOne,
}

fn set(arch: Arch) -> Option<Set> {
    fn of<A: InstructionSet>() -> Option<Set> {
        Some(Set {
            fetch: A::fetch,
            write: A::write,
        })
    }
    match arch {
        Arch::Armv6m | Arch::Armv7m | Arch::Armv7em | Arch::Armv7emsp | Arch::Armv7emdp => {
            of::<Thumb>()
        }
        Arch::Rv32imc => of::<Rv32>(),
        Arch::Rv64imc => of::<Rv64>(),
        Arch::Xtensa | Arch::Xtensawin => of::<Xtensa>(),
        // ARM code of the older kind is not in our tables.
        Arch::None | Arch::X86 | Arch::X64 | Arch::Armv6 => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(arch: Arch, code: &[u8]) -> Vec<String> {
        let mut lines = Vec::new();
        let mut rest = code;
        while !rest.is_empty() {
            let length = Machines.length(arch, rest).clamp(1, rest.len());
            let mut text = String::new();
            Machines
                .write(
                    arch,
                    &rest[..length],
                    (code.len() - rest.len()) as u32,
                    &mut text,
                )
                .unwrap();
            lines.push(text);
            rest = &rest[length..];
        }
        lines
    }

    #[test]
    fn each_architecture_has_its_instructions() {
        for (arch, code, wanted) in [
            (
                Arch::X64,
                &[0x55, 0x48, 0x89, 0xe5, 0xc3][..],
                &["push rbp", "mov rbp,rsp", "ret"][..],
            ),
            (Arch::X86, &[0x55, 0x89, 0xe5], &["push ebp", "mov ebp,esp"]),
            (
                Arch::Armv7m,
                &[0xf2, 0xb5, 0x01, 0x38],
                &["push {r1, r4, r5, r6, r7, lr}", "subs r0, #1"],
            ),
            (
                Arch::Rv32imc,
                &[0x33, 0x05, 0xb5, 0x00, 0x82, 0x80],
                &["add a0, a0, a1", "c.jr ra"],
            ),
            (
                Arch::Xtensawin,
                &[0x36, 0x41, 0x00, 0x1d, 0xf0],
                &["entry a1, 32", "retw.n"],
            ),
        ] {
            assert_eq!(listed(arch, code), wanted, "{arch:?}");
        }
        assert_eq!(Machines.length(Arch::None, &[0]), 0);
    }

    #[test]
    fn literals_behind_the_first_jump_are_no_instructions() {
        assert_eq!(Boards.jumps_over(Arch::Xtensa, &[0x06, 0x01, 0x00]), 5);
        assert_eq!(Boards.jumps_over(Arch::Xtensa, &[0x12, 0xc1, 0xe0]), 0);
        assert_eq!(Boards.jumps_over(Arch::Armv7m, &[0x06, 0x01, 0x00]), 0);
    }

    #[test]
    fn torn_code_is_shown_as_bytes() {
        assert_eq!(listed(Arch::X64, &[0x48]), [".byte 0x48"]);
        assert_eq!(listed(Arch::Armv7m, &[0x00]), [".byte 0x00"]);
    }
}
