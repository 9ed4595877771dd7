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
use core::fmt::{self, Write};

use ferlance_abi::arch::Arch;
use ferlance_abi::qstr::Pool;
use ferlance_collections::TryVec;

use crate::decode::{Decoder, Instr};
use crate::line_info;
use crate::module::{CodeId, CompiledModule, Const, Linked, RawCode, RawKind};
use crate::mpy;
use crate::op::{CompKind, Op, OperatorName, name_of, ops_with};
use crate::prelude::{Prelude, PreludeParts};

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

/// A word, or the bytes in front of the first word.
struct Constant<'a>(&'a [u8]);

impl fmt::Display for Constant<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self.0 {
            [a, b, c, d] => write!(f, ".word {:#010x}", u32::from_le_bytes([a, b, c, d])),
            _ => f.write_str(".align 4"),
        }
    }
}

struct Instruction<'a> {
    machine: &'a dyn Disassembler,
    arch: Arch,
    bytes: &'a [u8],
    place: u32,
}

impl fmt::Display for Instruction<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.machine.write(self.arch, self.bytes, self.place, f)
    }
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

/// A name as it is, but for line breaks and bytes that are not text.
struct Name<'a>(&'a [u8]);

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_text(f, self.0, None)
    }
}

/// Text with escapes; `quote` is escaped too.
fn write_text(f: &mut fmt::Formatter<'_>, text: &[u8], quote: Option<char>) -> fmt::Result {
    for chunk in text.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\n' => f.write_str("\\n")?,
                '\r' => f.write_str("\\r")?,
                '\t' => f.write_str("\\t")?,
                '\\' if quote.is_some() => f.write_str("\\\\")?,
                c if Some(c) == quote => write!(f, "\\{c}")?,
                c if c < ' ' || c == '\x7f' => write!(f, "\\x{:02x}", c as u32)?,
                c => f.write_char(c)?,
            }
        }
        for byte in chunk.invalid() {
            write!(f, "\\x{byte:02x}")?;
        }
    }
    Ok(())
}

/// The quote that Python would choose.
fn quote_for(text: &[u8]) -> char {
    if text.contains(&b'\'') && !text.contains(&b'"') {
        '"'
    } else {
        '\''
    }
}

/// A constant as Python shows it.
struct Repr<'a>(&'a Const<'a>);

impl fmt::Display for Repr<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Const::FunTable => f.write_str("native function table"),
            Const::Caches(_) => f.write_str("inline caches"),
            Const::None => f.write_str("None"),
            Const::False => f.write_str("False"),
            Const::True => f.write_str("True"),
            Const::Ellipsis => f.write_str("Ellipsis"),
            Const::Str(text) => {
                let quote = quote_for(text);
                f.write_char(quote)?;
                write_text(f, text, Some(quote))?;
                f.write_char(quote)
            }
            Const::Bytes(bytes) => {
                let quote = quote_for(bytes);
                write!(f, "b{quote}")?;
                for byte in bytes.iter() {
                    match byte {
                        b'\n' => f.write_str("\\n")?,
                        b'\r' => f.write_str("\\r")?,
                        b'\t' => f.write_str("\\t")?,
                        b'\\' => f.write_str("\\\\")?,
                        b' '..=b'~' if *byte as char == quote => write!(f, "\\{quote}")?,
                        b' '..=b'~' => f.write_char(*byte as char)?,
                        _ => write!(f, "\\x{byte:02x}")?,
                    }
                }
                f.write_char(quote)
            }
            Const::Int(text) => write!(f, "{}", Name(text)),
            Const::Float(number) => write!(f, "{}", Name(&number.text)),
            Const::Complex { im, .. } => write!(f, "{}", Name(&im.text)),
            Const::Tuple(items) => {
                f.write_char('(')?;
                for (i, item) in items.iter().enumerate() {
                    let gap = if i == 0 { "" } else { ", " };
                    write!(f, "{gap}{}", Repr(item))?;
                }
                f.write_str(if items.len() == 1 { ",)" } else { ")" })
            }
        }
    }
}

struct PreludeNames<'a>(&'a Listing<'a>, &'a PreludeParts<'a>);

impl fmt::Display for PreludeNames<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let PreludeNames(listing, parts) = self;
        for (i, index) in parts.names().enumerate() {
            let gap = if i == 0 { "" } else { ", " };
            match listing.module.names.get(index as usize) {
                Some(name) => write!(f, "{gap}{}", Name(listing.pool.text(*name)))?,
                None => write!(f, "{gap}no qstr {index}")?,
            }
        }
        Ok(())
    }
}

struct Steps<'a>(&'a [u8]);

impl fmt::Display for Steps<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        line_info::steps(self.0).try_for_each(|(bytes, lines)| write!(f, " +{bytes}/{lines}"))
    }
}

struct Joined<'a>(&'a [u8]);

impl fmt::Display for Joined<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, number) in self.0.iter().enumerate() {
            let gap = if i == 0 { "" } else { ", " };
            write!(f, "{gap}{number}")?;
        }
        Ok(())
    }
}

struct ShownInstr<'a> {
    listing: &'a Listing<'a>,
    instr: &'a Instr,
    opcode: u8,
}

impl fmt::Display for ShownInstr<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Listing { module, pool, .. } = self.listing;
        f.write_str(name_of(self.opcode).unwrap_or("?"))?;
        match self.instr.op {
            ops_with!(name name) => write!(f, " {}", Name(pool.text(name))),
            Op::MakeClosure(child, cells) | Op::MakeClosureDefargs(child, cells) => {
                write!(f, " {}, {cells}", child.0)
            }
            Op::LoadConstSmallInt(value) => write!(f, " {}", self.instr.int_value(value)),
            Op::LoadConstObj(object) => match module.consts.get(object.index()) {
                Some(object) => write!(f, " {}", Repr(object)),
                None => write!(f, " no object {}", object.0),
            },
            ops_with!(local local) => write!(f, " {}", local.0),
            ops_with!(count count) => write!(f, " {count}"),
            Op::StoreComp(comp) => {
                let kind = match comp.kind() {
                    Some(CompKind::List) => "list",
                    Some(CompKind::Dict) => "dict",
                    Some(CompKind::Set) => "set",
                    None => "?",
                };
                write!(f, " {kind} {}", comp.depth())
            }
            Op::UnpackEx(counts) => write!(f, " {} left, {} right", counts.left(), counts.right()),
            Op::MakeFunction(child) | Op::MakeFunctionDefargs(child) => write!(f, " {}", child.0),
            ops_with!(args args) => {
                write!(f, " {} pos, {} kw", args.positional(), args.keyword())
            }
            Op::UnwindJump(to, blocks) => write!(f, " to {}, {blocks}", to.0),
            ops_with!(signed target to) | ops_with!(forward target to) => write!(f, " to {}", to.0),
            op @ (Op::Unary(_) | Op::Binary(_)) => write!(f, " {}", OperatorName(op)),
            ops_with!(nothing) | Op::Label(_) | Op::Line(_) => Ok(()),
        }
    }
}
