//! `native-size`: bytes of `@native` machine code, ours and the stock compiler's, of the same sources.
//!
//! Every file of `tests/vectors/mpy` and `benches/py` is compiled with `-X emit=native` by our cross compiler, as it is
//! and with `-X native=small`, and by the stock one. What counts is the machine code of all functions, the module's
//! own among them: what stands before the prelude in a `.mpy`. Files that the stock compiler refuses are left out.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;

use crate::workspace;

/// Compare the bytes of machine code with the stock compiler's.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask native-size
  cargo xtask native-size --march armv7m --files")]
pub(crate) struct NativeSize {
    /// Architectures: armv6m, armv7m, armv7emsp, rv32imc and so on.
    #[arg(long, value_delimiter = ',', default_value = "armv7m,rv32imc")]
    march: Vec<String>,
    /// Only files whose names contain this.
    #[arg(long)]
    only: Option<String>,
    /// A line for each file.
    #[arg(long)]
    files: bool,
    /// Write down the stock compiler's bytes, which a test compares with.
    #[arg(long)]
    store: bool,
    /// Fail if a bar is missed.
    #[arg(long)]
    check: bool,
}

/// Where the stock compiler's bytes are written down.
const LIST: &str = "tests/native/stock_bytes.txt";
const LIST_HEAD: &str = "# Bytes of machine code that the stock compiler makes of each source: architecture, bytes, \
source.\n# Written by `cargo xtask native-size --store`.\n";

/// Ours over stock's, at most: as it is, and with `-X native=small`.
const BARS: [f64; 2] = [1.2, 0.8];

/// Bytes: the stock compiler's, ours, ours with `-X native=small`.
#[derive(Debug, Clone, Copy, Default)]
struct Bytes {
    stock: usize,
    ours: usize,
    small: usize,
}

impl Bytes {
    fn ratios(self) -> [f64; 2] {
        let stock = self.stock.max(1) as f64;
        [self.ours as f64 / stock, self.small as f64 / stock]
    }
}

impl NativeSize {
    pub(crate) fn run(self) -> Result<()> {
        let splitter = workspace::build("ferlance-tests", "native_bytes", "dev")?;
        let ours = workspace::build("mpy-cross", "mpy-cross", "dev")?;
        let root = workspace::root();
        let mut sources = Vec::new();
        for folder in ["tests/vectors/mpy", "benches/py"] {
            let mut found = workspace::python_files(&root.join(folder))?;
            // What is there to be refused.
            found.retain(|path| !path.components().any(|part| part.as_os_str() == "bad"));
            sources.extend(found);
        }
        let mut missed = Vec::new();
        let mut list = LIST_HEAD.to_owned();
        println!("| architecture | files | stock | ours | ours / stock | small | small / stock |");
        println!("| --- | ---: | ---: | ---: | ---: | ---: | ---: |");
        for march in &self.march {
            let mut sum = Bytes::default();
            let mut count = 0;
            for source in &sources {
                let name = workspace::stem(source);
                if self.only.as_ref().is_some_and(|part| !name.contains(part)) {
                    continue;
                }
                let Some(bytes) = measure(&splitter, &ours, march, source)? else {
                    continue;
                };
                if self.files {
                    row(&name, 1, bytes);
                }
                let path = source.strip_prefix(root)?.display();
                list += &format!("{march} {} {path}\n", bytes.stock);
                count += 1;
                sum.stock += bytes.stock;
                sum.ours += bytes.ours;
                sum.small += bytes.small;
            }
            row(march, count, sum);
            for (ratio, bar) in sum.ratios().into_iter().zip(BARS) {
                if ratio > bar {
                    missed.push(format!("{march}: {ratio:.3}, not {bar}"));
                }
            }
        }
        if self.store {
            std::fs::write(root.join(LIST), list)?;
        }
        for miss in &missed {
            println!("missed: {miss}");
        }
        ensure!(!self.check || missed.is_empty(), "bars missed");
        Ok(())
    }
}

fn row(name: &str, files: usize, bytes: Bytes) {
    let [ours, small] = bytes.ratios();
    println!(
        "| {name} | {files} | {} | {} | {ours:.3} | {} | {small:.3} |",
        bytes.stock, bytes.ours, bytes.small
    );
}

/// The bytes of one file's functions; none if the stock compiler refuses it.
fn measure(splitter: &Path, ours: &Path, march: &str, source: &Path) -> Result<Option<Bytes>> {
    let Some(stock) = code_bytes(splitter, Path::new("mpy-cross"), march, &[], source)? else {
        return Ok(None);
    };
    let compile = |options: &[&str]| {
        code_bytes(splitter, ours, march, options, source)?
            .with_context(|| format!("{}: refused", source.display()))
    };
    let (plain, small) = (compile(&[])?, compile(&["-X", "native=small"])?);
    ensure!(
        plain.1 == stock.1 && small.1 == stock.1,
        "{}: functions differ in number",
        source.display()
    );
    Ok(Some(Bytes {
        stock: stock.0,
        ours: plain.0,
        small: small.0,
    }))
}

/// Bytes and number of the functions that `compiler` makes of a file; none if it refuses the file.
fn code_bytes(
    splitter: &Path,
    compiler: &Path,
    march: &str,
    options: &[&str],
    source: &Path,
) -> Result<Option<(usize, usize)>> {
    let folder = tempfile::tempdir()?;
    let mpy = folder.path().join("it.mpy");
    let output = Command::new(compiler)
        .args(options)
        .arg(format!("-march={march}"))
        .args(["-X", "emit=native", "-o"])
        .arg(&mpy)
        .arg(source)
        .output()
        .with_context(|| compiler.display().to_string())?;
    if !output.status.success() {
        return Ok(None);
    }
    let parts = folder.path().join("parts");
    std::fs::create_dir(&parts)?;
    let output = Command::new(splitter).arg(&mpy).arg(&parts).output()?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr).trim_end());
    }
    let (mut bytes, mut count) = (0, 0);
    for entry in std::fs::read_dir(&parts)? {
        bytes += entry?.metadata()?.len() as usize;
        count += 1;
    }
    Ok(Some((bytes, count)))
}
