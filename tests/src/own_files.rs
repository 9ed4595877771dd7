//! Files that our compiler makes for stock firmware, with the lines of their native functions beside them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use ferlance_abi::{Arch, CodeKind, qstr::Pool};
use ferlance_bytecode::mpy;
use ferlance_compiler::{Options, Target, compile};
use libtest_mimic::Failed;

use crate::interpreter::{Interpreter, LIMIT, compare};
use crate::programs::expected;

/// Programs of `tests/lang` about what differs between files for stock firmware and what a runtime makes for itself.
pub fn of_language(root: &Path) -> impl Iterator<Item = (String, PathBuf)> {
    ["other_globals", "raise_again", "raise_from", "tracebacks"]
        .into_iter()
        .map(|name| {
            let path = root.join(format!("tests/lang/{name}.py"));
            (name.to_owned(), path)
        })
}

/// What native code is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// Fast.
    Fast,
    /// Short.
    Small,
    /// Made piece by piece.
    Pieces,
}

/// A file, and the one beside it if there is machine code in it.
#[derive(Debug)]
pub struct OwnFile {
    bytes: Vec<u8>,
    lines: Option<Vec<u8>>,
}

impl OwnFile {
    /// Compiles a source.
    pub fn new(arch: Arch, emit: CodeKind, source: &Path, how: How) -> Result<OwnFile, Failed> {
        let text = fs::read(source)?;
        let shown = source.file_name().unwrap_or_default().to_string_lossy();
        let mut pool = Pool::new();
        let options = Options {
            input_name: shown.as_bytes(),
            source_name: shown.as_bytes(),
            emit,
            sound: source.ends_with("sound.py"),
            arch,
            target: Some(Target {
                small: how == How::Small,
                lines: true,
                ..Target::stock(arch, 0)
            }),
            native_pieces: how == How::Pieces,
            small_int_bits: 31,
            ..Options::default()
        };
        let module = compile(&text, &mut pool, &options).map_err(|diag| diag.to_string())?;
        let written = mpy::write(&module, &pool)
            .and_then(|bytes| Ok((mpy::write_lines(&module, &bytes)?, bytes)));
        let (lines, bytes) = written.map_err(|_| "it is not written")?;
        Ok(OwnFile {
            bytes: bytes.to_vec(),
            lines: lines.map(|lines| lines.to_vec()),
        })
    }

    /// Writes both.
    pub fn write(&self, to: &Path) -> Result<(), Failed> {
        fs::write(to, &self.bytes)?;
        if let Some(lines) = &self.lines {
            let mut beside = to.as_os_str().to_owned();
            beside.push(mpy::LINES_SUFFIX);
            fs::write(beside, lines)?;
        }
        Ok(())
    }
}

/// Compiles a program to a file and runs that; it has to print what the program prints.
pub fn run(
    interpreter: &Interpreter,
    arch: Arch,
    (emit, how): (CodeKind, How),
    source: &Path,
) -> Result<(), Failed> {
    let name = source.file_stem().unwrap_or_default().to_string_lossy();
    let scratch = tempfile::tempdir()?;
    let file = OwnFile::new(arch, emit, source, how)?;
    file.write(&scratch.path().join(format!("{name}.mpy")))?;
    let outcome = interpreter.run_in(scratch.path(), &["-m", &name], LIMIT)?;
    compare(&outcome, &expected(source)?)
}
