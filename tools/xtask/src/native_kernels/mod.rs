//! `native-kernels`: the machine code of the kernels beside what gcc makes of their C twins and what stock
//! `mpy-cross` makes of the same source.
//!
//! Two figures for each function: the instructions of its innermost loop, read from a disassembler's listing, and its
//! bytes. C gets its arguments ready-made; what Python has to do for that, checking and converting, gcc is given to
//! compile as well ([`twin::with_conversion`]), so that bytes compare like with like.
//!
//! gcc's and the stock compiler's figures are kept in a file, with which `--stored` compares where they are not installed.
mod listing;
mod peers;
mod twin;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail, ensure};
use clap::Args;

use crate::workspace;
use listing::Isa;
use peers::{Peers, Stored};

/// Compare the machine code of kernels with gcc's and the stock compiler's.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask native-kernels
  cargo xtask native-kernels --isa thumb --kernel k12 --show
  cargo xtask native-kernels --stored --check    without compilers of others, as in CI")]
pub(crate) struct NativeKernels {
    /// Only these instruction sets.
    #[arg(long)]
    isa: Vec<Isa>,
    /// Only functions whose names contain this.
    #[arg(long)]
    kernel: Option<String>,
    /// Print the innermost loops, ours and gcc's.
    #[arg(long, conflicts_with = "stored")]
    show: bool,
    /// Compare with the figures that were written down, not with what the other compilers make now.
    #[arg(long)]
    stored: bool,
    /// Write the other compilers' figures down.
    #[arg(long, conflicts_with_all = ["stored", "isa", "kernel"])]
    store: bool,
    /// Fail if a bar is missed.
    #[arg(long)]
    check: bool,
}

/// Loops may have this many times gcc's instructions: geometric mean, and each.
const LOOP_BARS: [f64; 2] = [1.25, 1.8];
/// Functions may have this many times gcc's bytes.
const BYTES_BAR: f64 = 2.0;

/// What one compiler made of one function.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Size {
    /// Instructions of the innermost loop; 0 if there is no loop.
    inner: usize,
    bytes: usize,
}

/// One function of one kernel.
struct Row {
    name: String,
    viper: bool,
    ours: Size,
    peers: Peers,
}

impl NativeKernels {
    /// The bars, against the stored figures.
    pub(crate) fn bars() -> NativeKernels {
        NativeKernels {
            isa: Vec::new(),
            kernel: None,
            show: false,
            stored: true,
            store: false,
            check: true,
        }
    }

    pub(crate) fn run(self) -> Result<()> {
        let splitter = workspace::build("ferlance-tests", "native_bytes", "dev")?;
        let isas = match self.isa.is_empty() {
            true => Isa::ALL.to_vec(),
            false => self.isa.clone(),
        };
        let stored = match self.stored {
            true => Some(Stored::read()?),
            false => None,
        };
        let mut missed = Vec::new();
        let mut written = Stored::default();
        for isa in isas {
            let mut rows = Vec::new();
            for (python, c) in kernels()? {
                rows.extend(self.kernel(&splitter, isa, &python, &c, stored.as_ref())?);
            }
            missed.extend(print(isa, &rows));
            for row in rows {
                written.note(isa, &row.name, row.peers);
            }
        }
        if self.store {
            written.write()?;
        }
        for miss in &missed {
            println!("missed: {miss}");
        }
        ensure!(!self.check || missed.is_empty(), "bars missed");
        Ok(())
    }

    /// The rows of one file's functions.
    fn kernel(
        &self,
        splitter: &Path,
        isa: Isa,
        python: &Path,
        c: &Path,
        stored: Option<&Stored>,
    ) -> Result<Vec<Row>> {
        let source = std::fs::read_to_string(python)?;
        let signatures = twin::signatures(&source, &workspace::stem(python));
        let wanted = |name: &str| self.kernel.as_ref().is_none_or(|part| name.contains(part));
        if !signatures.iter().any(|signature| wanted(&signature.shown)) {
            return Ok(Vec::new());
        }
        let folder = tempfile::tempdir()?;
        let ours = split(splitter, isa, python, &folder.path().join("ours"))?;
        let stock = match stored {
            Some(_) => Vec::new(),
            None => peers::stock(splitter, isa, python, folder.path())?,
        };
        ensure!(
            ours.len() == signatures.len(),
            "{}: {} functions, not {}",
            python.display(),
            ours.len(),
            signatures.len()
        );
        let mut rows = Vec::new();
        for (at, signature) in signatures.iter().enumerate() {
            if !wanted(&signature.shown) {
                continue;
            }
            let (ours, inner) = figures(isa, &ours[at])?;
            let peers = match stored {
                Some(stored) => stored.of(isa, &signature.shown)?,
                None => {
                    let (mut peers, gcc) = peers::gcc(isa, c, signature, folder.path())?;
                    if let Some(path) = stock.get(at) {
                        peers.stock = figures(isa, path)?.0;
                    }
                    if self.show {
                        for (whose, inner) in [("ours", inner), ("gcc", gcc)] {
                            println!("{}, {whose}:", signature.shown);
                            inner.iter().for_each(|inst| println!("    {inst}"));
                        }
                    }
                    peers
                }
            };
            rows.push(Row {
                name: signature.shown.clone(),
                viper: signature.viper,
                ours,
                peers,
            });
        }
        Ok(rows)
    }
}

/// Prints the table of one instruction set; gives the bars that are missed.
fn print(isa: Isa, rows: &[Row]) -> Vec<String> {
    println!(
        "\n{:<12} {:>5} {:>5} {:>6} {:>6}   {:>6} {:>6} {:>6} {:>6} {:>6}",
        isa.name(),
        "loop",
        "gcc",
        "ratio",
        "stock",
        "bytes",
        "gcc",
        "ratio",
        "bare",
        "stock",
    );
    let mut missed = Vec::new();
    let (mut loops, mut bytes, mut stocks) = (Vec::new(), Vec::new(), Vec::new());
    for row in rows {
        let Peers {
            gcc,
            converting,
            stock,
        } = row.peers;
        // k05 has no loop of its own.
        let has_loop = row.viper && row.ours.inner > 0 && gcc.inner > 0;
        if row.viper && !has_loop && row.ours.inner != gcc.inner {
            missed.push(format!("{} {}: one loop, not two", isa.name(), row.name));
        }
        let loop_ratio = row.ours.inner as f64 / gcc.inner as f64;
        let byte_ratio = row.ours.bytes as f64 / converting as f64;
        let ratio = |shown: bool, ratio: f64| match shown {
            true => format!("{ratio:.2}"),
            false => "-".to_owned(),
        };
        println!(
            "{:<12} {:>5} {:>5} {:>6} {:>6}   {:>6} {:>6} {:>6} {:>6} {:>6}",
            row.name,
            row.ours.inner,
            gcc.inner,
            ratio(has_loop, loop_ratio),
            stock.inner,
            row.ours.bytes,
            converting,
            ratio(row.viper, byte_ratio),
            gcc.bytes,
            stock.bytes,
        );
        if has_loop {
            loops.push(loop_ratio);
            if stock.inner > 0 {
                stocks.push(stock.inner as f64 / gcc.inner as f64);
            }
            if loop_ratio > LOOP_BARS[1] {
                missed.push(format!("{} {}: loop {loop_ratio:.2}", isa.name(), row.name));
            }
        }
        if row.viper {
            bytes.push(byte_ratio);
            if byte_ratio > BYTES_BAR {
                missed.push(format!(
                    "{} {}: bytes {byte_ratio:.2}",
                    isa.name(),
                    row.name
                ));
            }
            if stock.bytes > 0 && row.ours.bytes > stock.bytes {
                missed.push(format!("{} {}: bytes above stock's", isa.name(), row.name));
            }
        }
    }
    let mean = geometric_mean(&loops);
    println!(
        "{:<12} {:>5} {:>5} {:>6.2} {:>6.2}   {:>6} {:>6} {:>6.2}",
        "geo. mean",
        "",
        "",
        mean,
        geometric_mean(&stocks),
        "",
        "",
        geometric_mean(&bytes)
    );
    if mean > LOOP_BARS[0] {
        missed.push(format!("{}: geometric mean of loops {mean:.2}", isa.name()));
    }
    missed
}

fn geometric_mean(items: &[f64]) -> f64 {
    let logs: f64 = items.iter().map(|item| item.ln()).sum();
    (logs / items.len().max(1) as f64).exp()
}

/// Python files with the C files of their twins.
fn kernels() -> Result<Vec<(PathBuf, PathBuf)>> {
    let vectors = workspace::root().join("tests/vectors/kernels");
    let benches = workspace::root().join("benches/kernels");
    let mut pairs = Vec::new();
    for python in workspace::python_files(&vectors)? {
        let c = python.with_extension("c");
        pairs.push((python, c));
    }
    for python in workspace::python_files(&benches)? {
        if workspace::stem(&python).ends_with("_viper") {
            pairs.push((python, benches.join("c/kernels.c")));
        }
    }
    Ok(pairs)
}

/// The machine code of a file's functions, one file each, in the order of the source.
fn split(splitter: &Path, isa: Isa, file: &Path, folder: &Path) -> Result<Vec<PathBuf>> {
    std::fs::create_dir_all(folder)?;
    let output = Command::new(splitter)
        .args(["-march", isa.march()])
        .arg(file)
        .arg(folder)
        .output()?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr).trim_end());
    }
    let mut files = std::fs::read_dir(folder)?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>>>()?;
    files.sort();
    Ok(files)
}

/// The size of a function whose code is the whole file, and the instructions of its innermost loop.
fn figures(isa: Isa, path: &Path) -> Result<(Size, Vec<String>)> {
    let code = listing::of_bytes(isa, path)?;
    let inner = listing::innermost(isa, &code);
    let size = Size {
        inner: inner.len(),
        bytes: std::fs::metadata(path)?.len() as usize,
    };
    Ok((size, inner))
}
