//! `native-kernels`: the machine code of the kernels beside what gcc makes of their C twins and what stock
//! `mpy-cross` makes of the same source.
//!
//! Two figures for each function: the instructions of its innermost loop, read from a disassembler's listing, and its
//! bytes. C gets its arguments ready-made; what Python has to do for that, checking and converting, gcc is given to
//! compile as well ([`twin::with_conversion`]), so that bytes compare like with like.
mod listing;
mod twin;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;

use crate::workspace;
use listing::Isa;
use twin::Signature;

/// Compare the machine code of kernels with gcc's and the stock compiler's.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask native-kernels
  cargo xtask native-kernels --isa thumb --kernel k12 --show")]
pub(crate) struct NativeKernels {
    /// Only these instruction sets.
    #[arg(long)]
    isa: Vec<Isa>,
    /// Only functions whose names contain this.
    #[arg(long)]
    kernel: Option<String>,
    /// Print the innermost loops, ours and gcc's.
    #[arg(long)]
    show: bool,
    /// Fail if a bar is missed.
    #[arg(long)]
    check: bool,
}

/// Loops may have this many times gcc's instructions: geometric mean, and each.
const LOOP_BARS: [f64; 2] = [1.25, 1.8];
/// Functions may have this many times gcc's bytes.
const BYTES_BAR: f64 = 2.0;

/// What one compiler made of one function.
#[derive(Debug, Clone, Default)]
struct Figures {
    bytes: usize,
    /// Instructions of the innermost loop; none if there is no loop.
    inner: Vec<String>,
}

/// One function of one kernel.
struct Row {
    name: String,
    viper: bool,
    ours: Figures,
    gcc: Figures,
    /// Bytes of gcc's function with arguments checked and converted.
    converting: usize,
    stock: Option<Figures>,
}

impl NativeKernels {
    pub(crate) fn run(self) -> Result<()> {
        let splitter = workspace::build("ferlance-tests", "native_bytes", "dev")?;
        let isas = match self.isa.is_empty() {
            true => Isa::ALL.to_vec(),
            false => self.isa.clone(),
        };
        let mut missed = Vec::new();
        for isa in isas {
            let mut rows = Vec::new();
            for (python, c) in kernels()? {
                rows.extend(self.kernel(&splitter, isa, &python, &c)?);
            }
            missed.extend(self.print(isa, &rows));
        }
        for miss in &missed {
            println!("missed: {miss}");
        }
        ensure!(!self.check || missed.is_empty(), "bars missed");
        Ok(())
    }

    fn kernel(&self, splitter: &Path, isa: Isa, python: &Path, c: &Path) -> Result<Vec<Row>> {
        let source = std::fs::read_to_string(python)?;
        let signatures = twin::signatures(&source, &workspace::stem(python));
        let wanted = |name: &str| self.kernel.as_ref().is_none_or(|part| name.contains(part));
        if !signatures.iter().any(|signature| wanted(&signature.shown)) {
            return Ok(Vec::new());
        }
        let folder = tempfile::tempdir()?;
        let ours = split(splitter, isa, python, &folder.path().join("ours"))?;
        let mpy = folder.path().join("stock.mpy");
        let march = format!("-march={}", isa.march());
        let stock = Command::new("mpy-cross")
            .args([
                march.as_ref(),
                python.as_os_str(),
                "-o".as_ref(),
                mpy.as_os_str(),
            ])
            .output();
        let stock = match stock {
            Ok(output) if output.status.success() => {
                split(splitter, isa, &mpy, &folder.path().join("stock"))?
            }
            _ => Vec::new(),
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
            let (gcc, converting) = twins(isa, c, signature, folder.path())?;
            let figures = |path: &PathBuf| raw(isa, path);
            rows.push(Row {
                name: signature.shown.clone(),
                viper: signature.viper,
                ours: figures(&ours[at])?,
                gcc,
                converting,
                stock: stock.get(at).map(figures).transpose()?,
            });
        }
        Ok(rows)
    }

    fn print(&self, isa: Isa, rows: &[Row]) -> Vec<String> {
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
            let count = |figures: &Figures| figures.inner.len();
            let (ours, gcc) = (count(&row.ours), count(&row.gcc));
            // k05 has no loop of its own.
            let has_loop = row.viper && ours > 0 && gcc > 0;
            let loop_ratio = ours as f64 / gcc as f64;
            let byte_ratio = row.ours.bytes as f64 / row.converting as f64;
            let stock = row.stock.clone().unwrap_or_default();
            println!(
                "{:<12} {:>5} {:>5} {:>6} {:>6}   {:>6} {:>6} {:>6} {:>6} {:>6}",
                row.name,
                ours,
                gcc,
                if has_loop {
                    format!("{loop_ratio:.2}")
                } else {
                    "-".to_owned()
                },
                count(&stock),
                row.ours.bytes,
                row.converting,
                if row.viper {
                    format!("{byte_ratio:.2}")
                } else {
                    "-".to_owned()
                },
                row.gcc.bytes,
                stock.bytes,
            );
            if self.show {
                println!("    ours:");
                row.ours
                    .inner
                    .iter()
                    .for_each(|inst| println!("        {inst}"));
                println!("    gcc:");
                row.gcc
                    .inner
                    .iter()
                    .for_each(|inst| println!("        {inst}"));
            }
            if has_loop {
                loops.push(loop_ratio);
                if count(&stock) > 0 {
                    stocks.push(count(&stock) as f64 / gcc as f64);
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

/// Figures of a function whose code is the whole file.
fn raw(isa: Isa, path: &Path) -> Result<Figures> {
    let bytes = std::fs::metadata(path)?.len() as usize;
    let code = listing::of_bytes(isa, path)?;
    Ok(Figures {
        bytes,
        inner: listing::innermost(isa, &code),
    })
}

/// What gcc makes of the C twin, and the bytes of it with arguments converted.
fn twins(isa: Isa, c: &Path, signature: &Signature, folder: &Path) -> Result<(Figures, usize)> {
    let object = folder.join("twin.o");
    compile(isa, c, &object, &[])?;
    let code = listing::of_function(isa, &object, &signature.c_name)?;
    let bare = Figures {
        bytes: listing::function_bytes(&object, &signature.c_name)?,
        inner: listing::innermost(isa, &code),
    };
    // Native functions work on objects, which the twins know nothing of.
    if !signature.viper {
        return Ok((bare, 0));
    }
    let wrapper = folder.join("wrapper.c");
    std::fs::write(&wrapper, twin::with_conversion(c, signature))?;
    compile(isa, &wrapper, &object, &["-I", &folder_of(c)])?;
    let converting = listing::function_bytes(&object, twin::WRAPPER)?;
    Ok((bare, converting))
}

fn folder_of(path: &Path) -> String {
    let folder = path.parent().unwrap_or(Path::new("."));
    folder.display().to_string()
}

fn compile(isa: Isa, source: &Path, object: &Path, more: &[&str]) -> Result<()> {
    let (program, options) = isa.gcc();
    let output = Command::new(program)
        .args([
            "-O2",
            "-std=gnu11",
            "-ffreestanding",
            "-ffunction-sections",
            "-w",
            "-c",
        ])
        // One function, not copies of it for the only caller's constants. Kernels are called from Python.
        .args(["-fno-ipa-cp", "-fno-ipa-sra", "-fno-ipa-ra"])
        .args(options)
        .args(more)
        .arg(source)
        .arg("-o")
        .arg(object)
        .output()
        .with_context(|| {
            format!("{program}: is it installed? (docs/testing.md names the packages)")
        })?;
    ensure!(
        output.status.success(),
        "{program}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}
