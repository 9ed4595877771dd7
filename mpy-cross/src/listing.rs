//! Machine code as text, for `--explain --asm` and `ferlance explain --asm`.

use std::fmt::{self, Write};

use ferlance_bytecode::disasm::Disassembler;
use ferlance_compiler::{Target, explain};

/// Instructions where `machine` knows them, else bytes.
pub fn listing(
    machine: &dyn Disassembler,
    target: &Target,
    code: &[u8],
    offset: u32,
    out: &mut dyn Write,
) -> fmt::Result {
    if machine.length(target.arch, code) == 0 {
        return explain::hexadecimal(target, code, offset, out);
    }
    let (mut rest, mut at) = (code, offset);
    while !rest.is_empty() {
        let length = machine.length(target.arch, rest).clamp(1, rest.len());
        let (bytes, after) = rest.split_at(length);
        write!(out, "      |       {at:04x}  ")?;
        machine.write(target.arch, bytes, at, out)?;
        out.write_char('\n')?;
        (rest, at) = (after, at.saturating_add(length as u32));
    }
    Ok(())
}
