//! Listings of modules: every byte of a `.mpy` file with its meaning.
//!
//! ```text
//! 82 04                             raw code: kind 0, has children, length 32
//!   20                              signature: n_state 5, exc 0, flags 0, pos 0, kwonly 0, defaults 0
//!   04                              n_info 2, n_cell 0
//!   01                              names: <module>
//!   68                              lines: +8/3
//!   82                                0  LOAD_CONST_SMALL_INT 2
//! ```
//!
//! The bytes shown are those that `mpy::write` writes. Machine code is shown as instructions if somebody here knows them.
mod show;

use core::fmt::{self, Write};

use ferlance_abi::arch::Arch;
use ferlance_abi::qstr::Pool;
use ferlance_collections::TryVec;

use crate::decode::Decoder;
use crate::line_info;
use crate::module::{CodeId, CompiledModule, Linked, RawCode, RawKind};
use crate::mpy;
use crate::prelude::{Prelude, PreludeParts};
use show::{Constant, Instruction, Joined, Name, PreludeNames, Repr, ShownInstr, Steps};

/// What a listing shows besides the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// A line before the first instruction of each source line.
    pub source_lines: bool,
}

/// Displays a module as a listing.
pub struct Listing<'a> {
    /// The module.
    pub module: &'a CompiledModule<'a>,
    /// Where its names are.
    pub pool: &'a Pool,
    /// What to show.
    pub options: Options,
    /// Who knows instructions of processors, if anybody.
    pub machine: Option<&'a dyn Disassembler>,
}

/// Somebody who knows instructions of processors.
pub trait Disassembler {
    /// How many bytes the first instruction takes; 0 if `arch` is unknown.
    fn length(&self, arch: Arch, bytes: &[u8]) -> usize;

    /// How many bytes of constants the instruction at the start of a function jumps over.
    fn jumps_over(&self, arch: Arch, first: &[u8]) -> usize;

    /// Writes the instruction that `bytes` are, which stands at `at`.
    fn write(&self, arch: Arch, bytes: &[u8], at: u32, out: &mut dyn Write) -> fmt::Result;
}

/// Bytes per line.
const PER_LINE: usize = 10;
/// Where the meaning begins.
const MEANING: usize = 34;

impl fmt::Display for Listing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Listing { module, pool, .. } = self;
        let mut out = Out {
            f,
            bytes: TryVec::new(),
        };
        out.put(|bytes| mpy::write_header(bytes, &module.header))?;
        out.line(0, format_args!("header"))?;
        out.number(
            module.names.len(),
            format_args!("{} qstrs", module.names.len()),
        )?;
        out.number(
            module.consts.len(),
            format_args!("{} objects", module.consts.len()),
        )?;
        for (i, name) in module.names.iter().enumerate() {
            out.put(|bytes| mpy::write_name(bytes, *name, pool))?;
            let text = Name(pool.text(*name));
            match name.is_static() {
                true => out.line(
                    0,
                    format_args!("qstr {i}: {text} (static {})", name.number()),
                )?,
                false => out.line(0, format_args!("qstr {i}: {text}"))?,
            }
        }
        for (i, object) in module.consts.iter().enumerate() {
            out.put(|bytes| mpy::write_const(bytes, object))?;
            out.line(0, format_args!("object {i}: {}", Repr(object)))?;
        }
        self.codes(&mut out)
    }
}

impl Listing<'_> {
    /// The root and all below it, each before its children.
    fn codes(&self, out: &mut Out<'_, '_>) -> fmt::Result {
        let mut open: TryVec<(CodeId, usize)> = TryVec::new();
        let mut next = Some((CodeId::ROOT, None));
        loop {
            if let Some((id, number)) = next.take() {
                let Some(code) = self.module.codes.get(id) else {
                    return Ok(());
                };
                self.code(out, code, number)?;
                open.push((id, 0)).map_err(|_| fmt::Error)?;
            }
            let Some((id, done)) = open.last_mut() else {
                return Ok(());
            };
            let Some(code) = self.module.codes.get(*id) else {
                return Ok(());
            };
            match code.children.get(*done) {
                Some(child) => {
                    next = Some((*child, Some(*done)));
                    *done += 1;
                }
                None => {
                    if let Some(linked) = self.linked(code)
                        && !linked.relocs.is_empty()
                    {
                        out.put(|bytes| bytes.extend_from_slice(&linked.relocs))?;
                        out.line(
                            0,
                            format_args!("relocations, {} bytes", linked.relocs.len()),
                        )?;
                    }
                    open.pop();
                }
            }
        }
    }

    fn linked(&self, code: &RawCode<'_>) -> Option<&Linked<'_>> {
        match code.kind {
            RawKind::Viper { linked: Some(at) } => self.module.linked.get(at as usize),
            _ => None,
        }
    }

    fn code(
        &self,
        out: &mut Out<'_, '_>,
        code: &RawCode<'_>,
        number: Option<usize>,
    ) -> fmt::Result {
        out.put(|bytes| mpy::write_code_head(bytes, code))?;
        let kind = code.kind.code_kind() as u8;
        let has = if code.children.is_empty() {
            "no"
        } else {
            "has"
        };
        let length = code.bytes.len();
        match number {
            None => out.line(
                0,
                format_args!("raw code: kind {kind}, {has} children, length {length}"),
            )?,
            Some(i) => out.line(
                0,
                format_args!("child {i}: kind {kind}, {has} children, length {length}"),
            )?,
        }
        match code.kind {
            RawKind::Bytecode => match Prelude::split(&code.bytes) {
                Some(parts) => {
                    self.prelude(out, &parts)?;
                    self.instructions(out, &parts)?;
                }
                None => out.block(2, &code.bytes, format_args!("damaged prelude"))?,
            },
            RawKind::Native { prelude_offset } => self.native(out, code, prelude_offset)?,
            RawKind::Viper { .. } => {
                self.machine(out, &code.bytes, 0)?;
                self.viper_extra(out, code)?;
            }
            RawKind::Asm {
                n_pos_args,
                type_sig,
            } => {
                match self.machine {
                    Some(_) => self.machine(out, &code.bytes, 0)?,
                    None => out.block(2, &code.bytes, format_args!("machine code"))?,
                }
                out.number(0, format_args!("flags 00"))?;
                out.number(
                    n_pos_args as usize,
                    format_args!("positional arguments {n_pos_args}"),
                )?;
                out.number(type_sig as usize, format_args!("return type {type_sig}"))?;
            }
        }
        if !code.children.is_empty() {
            out.number(
                code.children.len(),
                format_args!("children: {}", code.children.len()),
            )?;
        }
        Ok(())
    }

    fn native(
        &self,
        out: &mut Out<'_, '_>,
        code: &RawCode<'_>,
        prelude_offset: u32,
    ) -> fmt::Result {
        let word = self.module.header.arch.word_bytes();
        let prelude = code.bytes.get(prelude_offset as usize..).unwrap_or(&[]);
        let mut rest = code
            .bytes
            .get(..prelude_offset as usize)
            .unwrap_or(&code.bytes);
        let parts = Prelude::split(prelude);
        let is_generator =
            parts.is_some_and(|parts| parts.prelude.flags.has(ferlance_abi::ScopeFlags::GENERATOR));
        let words: &[&str] = if is_generator {
            &["index word", "start point"]
        } else {
            &["index word"]
        };
        for what in words {
            let Some((bytes, after)) = rest.split_at_checked(word) else {
                break;
            };
            let value = bytes
                .iter()
                .rev()
                .fold(0u64, |value, byte| value << 8 | *byte as u64);
            out.block(2, bytes, format_args!("{what}: {value}"))?;
            rest = after;
        }
        let code_at = (prelude_offset as usize).saturating_sub(rest.len());
        self.machine(out, rest, code_at)?;
        match parts {
            Some(parts) => self.prelude(out, &parts)?,
            None => out.block(2, prelude, format_args!("damaged prelude"))?,
        }
        out.number(
            prelude_offset as usize,
            format_args!("prelude offset {prelude_offset}"),
        )
    }

    /// Machine code that begins `at` bytes behind the start of its function.
    fn machine(&self, out: &mut Out<'_, '_>, code: &[u8], at: usize) -> fmt::Result {
        let arch = self.module.header.arch;
        let known = |bytes: &[u8]| match self.machine {
            Some(machine) => machine.length(arch, bytes).min(bytes.len()),
            None => 0,
        };
        let whole = format_args!("machine code, {} bytes", code.len());
        let Some(machine) = self.machine.filter(|_| known(code) > 0) else {
            return out.block(2, code, whole);
        };
        out.line(2, whole)?;
        let first = code.get(..known(code)).unwrap_or(code);
        let constants = first.len()..first.len().saturating_add(machine.jumps_over(arch, first));
        let mut done = 0;
        while let Some(rest) = code.get(done..).filter(|rest| !rest.is_empty()) {
            let place = at.saturating_add(done) as u32;
            if constants.contains(&done) {
                // Words, behind what fills up to the first of them.
                let length = (4 - done % 4).min(constants.end - done).min(rest.len());
                let bytes = rest.get(..length).unwrap_or(rest);
                out.block(4, bytes, format_args!("{place:4x}  {}", Constant(bytes)))?;
                done += length;
                continue;
            }
            let length = known(rest).max(1);
            let bytes = rest.get(..length).unwrap_or(rest);
            let text = Instruction {
                machine,
                arch,
                bytes,
                place,
            };
            out.block(4, bytes, format_args!("{place:4x}  {text}"))?;
            done += length;
        }
        Ok(())
    }

    fn viper_extra(&self, out: &mut Out<'_, '_>, code: &RawCode<'_>) -> fmt::Result {
        let Some(linked) = self.linked(code) else {
            return out.number(0, format_args!("flags 00"));
        };
        out.number(
            linked.flags as usize,
            format_args!("flags {:02X}", linked.flags),
        )?;
        let rodata = linked.rodata.len();
        if linked.flags & Linked::HAS_RODATA != 0 {
            out.number(rodata, format_args!("length of read-only data: {rodata}"))?;
        }
        if linked.flags & Linked::HAS_BSS != 0 {
            out.number(
                linked.bss_len as usize,
                format_args!("length of zeroed data: {}", linked.bss_len),
            )?;
        }
        out.block(
            0,
            &linked.rodata,
            format_args!("read-only data, {rodata} bytes"),
        )
    }

    fn prelude(&self, out: &mut Out<'_, '_>, parts: &PreludeParts<'_>) -> fmt::Result {
        let Prelude {
            n_state,
            n_exc_stack,
            flags,
            n_pos_args,
            n_kwonly_args,
            n_def_pos_args,
            n_info,
            n_cell,
        } = parts.prelude;
        let flags = flags.bits();
        let mut bytes = TryVec::new();
        parts.prelude.write(&mut bytes).map_err(|_| fmt::Error)?;
        let split = 1 + bytes.iter().take_while(|byte| **byte & 0x80 != 0).count();
        let (signature, sizes) = bytes.split_at_checked(split).unwrap_or((&bytes, &[]));
        out.block(
            2,
            signature,
            format_args!(
                "signature: n_state {n_state}, exc {n_exc_stack}, flags {flags}, pos {n_pos_args}, \
                 kwonly {n_kwonly_args}, defaults {n_def_pos_args}"
            ),
        )?;
        out.block(2, sizes, format_args!("n_info {n_info}, n_cell {n_cell}"))?;

        let lines = parts.line_table().unwrap_or(&[]);
        let names = parts
            .info
            .get(..parts.info.len() - lines.len())
            .unwrap_or(&[]);
        out.block(
            2,
            names,
            format_args!("names: {}", PreludeNames(self, parts)),
        )?;
        if !lines.is_empty() {
            out.block(2, lines, format_args!("lines:{}", Steps(lines)))?;
        }
        if !parts.cells.is_empty() {
            out.block(
                2,
                parts.cells,
                format_args!("cells: slot {}", Joined(parts.cells)),
            )?;
        }
        Ok(())
    }

    fn instructions(&self, out: &mut Out<'_, '_>, parts: &PreludeParts<'_>) -> fmt::Result {
        let lines = parts.line_table().unwrap_or(&[]);
        let mut line = 0;
        for instr in Decoder::new(parts.code, &self.module.names) {
            let instr = match instr {
                Ok(instr) => instr,
                Err(error) => {
                    out.line(2, format_args!("    {error:?}"))?;
                    break;
                }
            };
            let now = line_info::line_of(lines, instr.offset as usize);
            if self.options.source_lines && now != line {
                line = now;
                out.line(2, format_args!("line {line}"))?;
            }
            let bytes = parts
                .code
                .get(instr.offset as usize..instr.next as usize)
                .unwrap_or(&[]);
            let shown = ShownInstr {
                listing: self,
                instr: &instr,
                opcode: bytes.first().copied().unwrap_or(0),
            };
            out.block(2, bytes, format_args!("{:>3}  {shown}", instr.offset))?;
        }
        Ok(())
    }
}

/// Collects the bytes of an item, then writes them beside its meaning.
struct Out<'f, 'b> {
    f: &'f mut fmt::Formatter<'b>,
    bytes: TryVec<u8>,
}

impl Out<'_, '_> {
    fn put(
        &mut self,
        write: impl FnOnce(&mut TryVec<u8>) -> Result<(), ferlance_collections::OutOfMemory>,
    ) -> fmt::Result {
        write(&mut self.bytes).map_err(|_| fmt::Error)
    }

    fn number(&mut self, value: usize, meaning: fmt::Arguments<'_>) -> fmt::Result {
        self.put(|bytes| crate::varint::write_uint(bytes, value as u64))?;
        self.line(0, meaning)
    }

    fn block(&mut self, indent: usize, bytes: &[u8], meaning: fmt::Arguments<'_>) -> fmt::Result {
        if bytes.is_empty() {
            return Ok(());
        }
        self.put(|out| out.extend_from_slice(bytes))?;
        self.line(indent, meaning)
    }

    /// Writes the collected bytes and what they mean.
    fn line(&mut self, indent: usize, meaning: fmt::Arguments<'_>) -> fmt::Result {
        let bytes = core::mem::take(&mut self.bytes);
        let mut chunks = bytes.chunks(PER_LINE);
        let mut width = indent;
        let first = chunks.next().unwrap_or(&[]);
        self.hex(indent, first)?;
        width += (3 * first.len()).saturating_sub(1);
        writeln!(self.f, "{:1$}{meaning}", "", MEANING.saturating_sub(width))?;
        for chunk in chunks {
            self.hex(indent, chunk)?;
            self.f.write_char('\n')?;
        }
        Ok(())
    }

    fn hex(&mut self, indent: usize, bytes: &[u8]) -> fmt::Result {
        write!(self.f, "{:1$}", "", indent)?;
        for (i, byte) in bytes.iter().enumerate() {
            let gap = if i == 0 { "" } else { " " };
            write!(self.f, "{gap}{byte:02X}")?;
        }
        Ok(())
    }
}
