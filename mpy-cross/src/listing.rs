//! Machine code as text.

use std::fmt::{self, Write};

use ferlance_abi::arch::Arch;
use ferlance_compiler::{Target, explain};
use iced_x86::{Decoder, DecoderOptions, Formatter, IntelFormatter};

/// Instructions where there is a disassembler, else bytes.
pub(crate) fn listing(
    target: &Target,
    code: &[u8],
    offset: u32,
    out: &mut dyn Write,
) -> fmt::Result {
    if target.arch != Arch::X64 {
        return explain::hexadecimal(target, code, offset, out);
    }
    let mut formatter = IntelFormatter::new();
    let mut text = String::new();
    for instruction in &mut Decoder::with_ip(64, code, u64::from(offset), DecoderOptions::NONE) {
        text.clear();
        formatter.format(&instruction, &mut text);
        writeln!(out, "      |       {:04x}  {text}", instruction.ip())?;
    }
    Ok(())
}
