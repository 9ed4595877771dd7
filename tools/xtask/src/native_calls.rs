//! `native-calls`: instructions that a turn of a loop, and a call in it, execute on an emulated board.
//!
//! Each program has one function `run(n)` whose loop turns n times. The emulator logs every instruction that it
//! executes; the difference between two runs, divided by the difference of their n, is what one turn costs, helpers of
//! the runtime included. What a call costs is the difference between a loop with it and a loop without it. The
//! runtime is built for speed (level 2), on Thumb for Cortex-M3.
//!
//! ```text
//! on the board   our runtime compiles the source itself: its machine code may know the runtime
//! ours, small    our cross compiler's file for any firmware, as it is and with -X native=small
//! stock          the stock compiler's file of the same source
//! ```
//!
//! The integer kernels of `benches/kernels` are run once more and once less in the same way, over few data, in thousands of
//! instructions.
//!
//! All four run in our runtime, so helpers cost the same. Under stock's own helpers the stock compiler's loops are
//! dearer: `docs/measurements.md` quotes them.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;

use crate::{emulated, setup, workspace};

/// Count instructions of loops and calls in machine code on emulated boards.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask native-calls
  cargo xtask native-calls --march rv32imc")]
pub(crate) struct NativeCalls {
    /// armv7m, rv32imc.
    #[arg(long, value_delimiter = ',', default_value = "armv7m,rv32imc")]
    march: Vec<String>,
    /// The integer kernels only.
    #[arg(long)]
    kernels: bool,
    /// Fail if a bar is missed.
    #[arg(long)]
    check: bool,
}

/// Name and source.
const PROGRAMS: [(&str, &str); 5] = [
    (
        "empty loop",
        "@micropython.native
def run(n):
    i = 0
    while i < n:
        i += 1
",
    ),
    (
        "integer loop",
        "@micropython.native
def run(n):
    t = 0
    i = 0
    while i < n:
        t = (t + (i ^ 3) * 5) & 0xffff
        i += 1
    return t
",
    ),
    (
        "native call",
        "@micropython.native
def callee(x):
    return x
@micropython.native
def run(n):
    i = 0
    while i < n:
        callee(i)
        i += 1
",
    ),
    (
        "empty viper loop",
        "@micropython.viper
def run(n: int):
    i = 0
    while i < n:
        i += 1
",
    ),
    (
        "viper call",
        "@micropython.viper
def callee(x: int) -> int:
    return x
@micropython.viper
def run(n: int):
    i = 0
    while i < n:
        callee(i)
        i += 1
",
    ),
];

/// Turns of the two runs.
const TURNS: [u32; 2] = [10, 110];

/// A kernel of `benches/kernels`, and arguments for it that are quickly made.
const KERNELS: [(&str, &str); 5] = [
    ("sieve", "bytearray(256), 256"),
    (
        "crc32",
        "bytearray(b'viper' * 50), 250, array('I', [i * 0x01020305 for i in range(256)]), 1",
    ),
    (
        "fir",
        "array('i', [12, 40, 110, 240]), 4, array('i', [i * 77 & 0xfff for i in range(104)]), array('i', [0] * 100), 100",
    ),
    ("mandel", "6, 5, 16"),
    (
        "matmul",
        "array('i', [i - 15 for i in range(36)]), array('i', [14 - i for i in range(36)]), array('i', [0] * 36), 6",
    ),
];

/// A program that runs the kernel `name` as often as it is told.
fn kernel(name: &str, arguments: &str) -> Result<String> {
    let path = workspace::root().join(format!("benches/kernels/{name}_plain.py"));
    let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let (_, from) = text.split_once("def kernel(").context("no kernel")?;
    let (body, _) = from.split_once("\n\n").context("no end of the kernel")?;
    Ok(format!(
        "from array import array
@micropython.native
def kernel({body}

def run(n):
    arguments = {arguments}
    for _ in range(n):
        kernel(*arguments)
"
    ))
}

/// Instructions of one turn: on the board, ours, small, stock.
type Turns = [f64; 4];

impl NativeCalls {
    pub(crate) fn run(self) -> Result<()> {
        let ours = workspace::build("mpy-cross", "mpy-cross", "dev")?;
        let stock = setup::stock_mpy_cross().context("no stock mpy-cross: `cargo xtask setup`")?;
        let compilers = [ours.as_path(), Path::new(&stock)];
        let mut missed = Vec::new();
        for march in &self.march {
            let runtime = emulated::fast(march)?;
            println!("| {march} | on the board | ours | small | stock |");
            println!("| --- | ---: | ---: | ---: | ---: |");
            for (name, arguments) in KERNELS {
                let source = kernel(name, arguments)?;
                let turns = program(&runtime, compilers, march, &source, [1, 3])
                    .with_context(|| format!("{march}: {name}"))?;
                row(name, turns.map(|turns| turns * 1e-3));
                let (is, most) = (turns[1], turns[3] / 4.0);
                if is > most {
                    missed.push(format!("{march}: {name} {is:.0}, not {most:.0}"));
                }
            }
            if self.kernels {
                continue;
            }
            let mut all = Vec::new();
            for (name, source) in PROGRAMS {
                let turns = program(&runtime, compilers, march, source, TURNS)
                    .with_context(|| format!("{march}: {name}"))?;
                row(name, turns);
                all.push(turns);
            }
            let [empty, integers, native, viper_empty, viper] = all[..] else {
                bail!("a program is missing");
            };
            let less = |a: Turns, b: Turns| std::array::from_fn(|at| a[at] - b[at]);
            let (native, viper) = (less(native, empty), less(viper, viper_empty));
            row("a native call alone", native);
            row("a viper call alone", viper);
            println!();
            let mut bar = |name: &str, is: f64, most: f64| {
                if is > most {
                    missed.push(format!("{march}: {name} {is:.1}, not {most:.1}"));
                }
            };
            bar("a native call on the board", native[0], 100.0);
            bar("a viper call on the board", viper[0], 20.0);
            bar("a native call", native[1], native[3]);
            bar("a viper call", viper[1], viper[3]);
            bar("the integer loop", integers[1], integers[3] / 4.0);
        }
        for miss in &missed {
            println!("missed: {miss}");
        }
        ensure!(!self.check || missed.is_empty(), "bars missed");
        Ok(())
    }
}

fn row(name: &str, turns: Turns) {
    let [board, ours, small, stock] = turns;
    println!("| {name} | {board:.1} | {ours:.1} | {small:.1} | {stock:.1} |");
}

/// Instructions of one turn of a program, made in four ways.
fn program(
    runtime: &[String],
    [ours, stock]: [&Path; 2],
    march: &str,
    source: &str,
    often: [u32; 2],
) -> Result<Turns> {
    let folder = tempfile::tempdir()?;
    let text = format!("import sys\n{source}run(int(sys.argv[1]))\n");
    let path = folder.path().join("source.py");
    std::fs::write(&path, text)?;
    let march = format!("-march={march}");
    let mut turns = [0.0; 4];
    turns[0] = turn(runtime, folder.path(), &["source.py"], often)?;
    let compilers: [(&Path, &[&str]); 3] =
        [(ours, &[]), (ours, &["-X", "native=small"]), (stock, &[])];
    for (at, (compiler, options)) in compilers.into_iter().enumerate() {
        let name = format!("made{at}");
        let output = Command::new(compiler)
            .args(options)
            .args([&march, "-o"])
            .arg(folder.path().join(format!("{name}.mpy")))
            .arg(&path)
            .output()
            .with_context(|| compiler.display().to_string())?;
        ensure!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        turns[at + 1] = turn(runtime, folder.path(), &["-m", &name], often)?;
    }
    Ok(turns)
}

/// Instructions of one turn.
fn turn(runtime: &[String], folder: &Path, program: &[&str], [few, many]: [u32; 2]) -> Result<f64> {
    let count = |n: u32| executed(runtime, folder, program, n);
    Ok((count(many)? as f64 - count(few)? as f64) / f64::from(many - few))
}

/// Instructions that the board executes, all told.
fn executed(runtime: &[String], folder: &Path, program: &[&str], n: u32) -> Result<u64> {
    let (emulator, rest) = runtime.split_first().context("an empty command")?;
    let mut child = Command::new(emulator)
        // One instruction each time, and a line for each.
        .args(["-singlestep", "-d", "exec,nochain", "-D", "/dev/stderr"])
        .args(rest)
        .args(program)
        .arg(n.to_string())
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    let log = child.stderr.take().context("no log")?;
    let (mut count, mut last) = (0, String::new());
    for line in BufReader::new(log).lines() {
        let line = line?;
        match line.starts_with("Trace ") {
            true => count += 1,
            false => last = line,
        }
    }
    ensure!(child.wait()?.success(), "{last}");
    Ok(count)
}
