//! The source with, under each line, what its machine code leaves to the runtime and why.
//!
//! ```text
//!    3 | def f(a: int, b) -> int:                     viper, 214 bytes, frame of 40
//!      |   unboxed    an object becomes a number or an address; inline for small ints, this call for others
//!    4 |     return a + int(b)
//! ```

use core::fmt;

use ferlance_abi::code_kind::CodeKind;
use ferlance_abi::qstr::{Pool, Qstr};
use ferlance_asm::inline;
use ferlance_asm::lines::LineMark;
use ferlance_bytecode::Code;
use ferlance_collections::{OutOfMemory, TryVec};
use ferlance_frontend::Diag;
use ferlance_native_emitter::accesses::{Access, accesses};
use ferlance_native_emitter::nir::Func;
use ferlance_native_emitter::remark::{Remark, remarks};
use ferlance_native_emitter::{Machine, Target};

use crate::options::Options;

/// A function that is machine code.
#[derive(Debug)]
pub struct Explained {
    /// Its name.
    pub name: Qstr,
    /// Its emitter.
    pub kind: CodeKind,
    /// The line of its first token.
    pub line: u32,
    /// What it leaves to the runtime, by line.
    pub remarks: TryVec<Remark>,
    /// What memory it touches, as far as that belongs to the runtime.
    pub accesses: TryVec<Access>,
    /// Its machine code, with which line what is of.
    pub code: TryVec<u8>,
    /// Bytes of the code that a file gets. That is `code` to the byte unless marks of lines, which it is made without, have
    /// moved registers.
    pub n_bytes: usize,
    /// Is it `code`?
    pub is_exact: bool,
    /// From which offset on code belongs to which line.
    pub marks: TryVec<LineMark>,
    /// Offsets of those marks behind which there is data.
    pub data: TryVec<u32>,
    /// Bytes of machine stack.
    pub frame_bytes: u32,
}

impl Explained {
    /// Takes over what calls in `code`, which begins with this function's, have got for distances.
    pub(crate) fn link(&mut self, code: &[u8]) -> Result<(), OutOfMemory> {
        if let (true, Some(code)) = (self.is_exact, code.get(..self.n_bytes)) {
            self.code = TryVec::from_slice(code)?;
        }
        Ok(())
    }
}

/// Gathers what is known of functions while a source is compiled.
pub(crate) type Notes = TryVec<Explained>;

/// Notes a function: `machine` with marks of lines, as it is `written` without.
pub(crate) fn note(
    notes: &mut Notes,
    of: &Code,
    func: &Func,
    machine: &Machine,
    target: &Target,
    written: &Machine,
) -> Result<(), OutOfMemory> {
    notes.push(Explained {
        name: of.name,
        kind: of.kind,
        line: of.line,
        remarks: remarks(func)?,
        accesses: accesses(func, target.word())?,
        code: machine.bytes.try_clone()?,
        n_bytes: written.bytes.len(),
        is_exact: written.bytes == machine.bytes,
        marks: TryVec::from_items(machine.lines.iter().copied().filter(|mark| mark.line != 0))?,
        data: TryVec::new(),
        frame_bytes: written.frame_bytes,
    })
}

/// Notes a function in inline assembler, by name and line. Its marks have numbers of statements, from 1; those of `data` are no
/// instructions.
pub(crate) fn note_assembled(
    notes: &mut Notes,
    (name, line): (Qstr, u32),
    function: &inline::Function,
    line_of: &dyn Fn(u32) -> Option<u32>,
    data: &[u32],
) -> Result<(), OutOfMemory> {
    let lines = function.lines.iter();
    let data = lines.clone().filter(|mark| data.contains(&mark.line));
    let marks = lines.filter_map(|mark| {
        let line = line_of(mark.line)?;
        Some(LineMark { line, ..*mark })
    });
    notes.push(Explained {
        name,
        kind: CodeKind::Asm,
        line,
        remarks: TryVec::new(),
        accesses: TryVec::new(),
        code: function.code.try_clone()?,
        n_bytes: function.code.len(),
        is_exact: true,
        data: TryVec::from_items(data.map(|mark| mark.offset))?,
        marks: TryVec::from_items(marks)?,
        frame_bytes: 0,
    })
}

/// Compiles `source` for what its machine code is like.
pub fn explain(
    source: &[u8],
    pool: &mut Pool,
    options: &Options<'_>,
) -> Result<TryVec<Explained>, Diag> {
    let mut notes = Notes::new();
    crate::compile_noting(source, pool, options, Some(&mut notes))?;
    Ok(notes)
}

/// Writes machine code: bytes, the offset of the first, where to.
pub type Listing<'a> = &'a dyn Fn(&Target, &[u8], u32, &mut dyn fmt::Write) -> fmt::Result;

/// Writes the source with what `explain` found; with `listing`, machine code too.
pub fn write_explained(
    out: &mut dyn fmt::Write,
    source: &str,
    functions: &[Explained],
    pool: &Pool,
    target: &Target,
    listing: Option<Listing<'_>>,
) -> fmt::Result {
    for (at, text) in source.lines().enumerate() {
        let line = at as u32 + 1;
        writeln!(out, "{line:5} | {text}")?;
        for function in functions.iter().filter(|function| function.line == line) {
            write!(
                out,
                "      |   == {} `{}`: {} bytes of {}",
                emitter(function.kind),
                pool.str(function.name),
                function.n_bytes,
                target.arch.name(),
            )?;
            // What an assembler function does with the stack is its own business.
            match function.kind {
                CodeKind::Asm => writeln!(out)?,
                _ => writeln!(out, ", {} bytes of stack", function.frame_bytes)?,
            }
            if listing.is_some() && !function.is_exact {
                writeln!(
                    out,
                    "      |   (listed with marks of lines, without which a file has it: registers and {} bytes may differ)",
                    function.n_bytes.abs_diff(function.code.len()),
                )?;
            }
        }
        for function in functions {
            for remark in function.remarks.iter().filter(|remark| remark.line == line) {
                writeln!(out, "      |   {:9} {remark}", remark.group().name())?;
            }
            if let Some(listing) = listing {
                for (mark, end) in pieces(function) {
                    let piece = function.code.get(mark.offset as usize..end as usize);
                    if let (true, Some(piece)) = (mark.line == line, piece) {
                        match function.data.contains(&mark.offset) {
                            true => hexadecimal(target, piece, mark.offset, out)?,
                            false => listing(target, piece, mark.offset, out)?,
                        }
                    }
                }
            }
        }
    }
    Ok(())
}

const fn emitter(kind: CodeKind) -> &'static str {
    match kind {
        CodeKind::Bytecode => "bytecode",
        CodeKind::Native => "native",
        CodeKind::Viper => "viper",
        CodeKind::Asm => "assembler",
    }
}

/// Machine code as hexadecimal bytes: a [`Listing`] that knows no instructions.
pub fn hexadecimal(_: &Target, code: &[u8], offset: u32, out: &mut dyn fmt::Write) -> fmt::Result {
    for (row, bytes) in code.chunks(16).enumerate() {
        write!(out, "      |   {:04x} ", offset as usize + row * 16)?;
        for byte in bytes {
            write!(out, " {byte:02x}")?;
        }
        out.write_char('\n')?;
    }
    Ok(())
}

/// The marks of a function, each with where its code ends.
fn pieces(function: &Explained) -> impl Iterator<Item = (LineMark, u32)> {
    let ends = function.marks.iter().skip(1).map(|mark| mark.offset);
    let ends = ends.chain([function.code.len() as u32]);
    function.marks.iter().copied().zip(ends)
}
