//! `native-calls`: instructions that a turn of a loop, and a call in it, execute on an emulated board.
//!
//! Each program has one function `run(n)` whose loop turns n times. A plugin of the emulator counts the instructions
//! that it executes; the difference between two runs, divided by the difference of their n, is what one turn costs, helpers
//! of the runtime included. What a call costs is the difference between a loop with it and a loop without it. The
//! runtime is built for speed (level 2), on Thumb for Cortex-M3.
//!
//! ```text
//! on the board   our runtime compiles the source itself: its machine code may know the runtime
//! ours, small    our cross compiler's file for any firmware, as it is and with -X native=small
//! stock          the stock compiler's file of the same source
//! ```
//!
//! The integer kernels of `benches/kernels` are run once and not at all, in thousands of instructions.
//!
//! All four run in our runtime, so helpers cost the same. Under stock's own helpers, in stock firmware, the stock
//! compiler's kernels are dearer: these figures come from `stock.rs`, and the bar is a quarter of them.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;

use crate::{emulated, setup, stock, workspace};

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
/// Kernels may have so many of the stock compiler's instructions.
const KERNEL_BAR: f64 = 0.25;

/// A program that runs the kernel `name` as often as it is told.
fn kernel(name: &str) -> Result<String> {
    let path = workspace::root().join(format!("benches/kernels/{name}_plain.py"));
    let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let (text, _) = text.split_once("def main(").context("no main")?;
    let text = text.replace("def kernel(", "@micropython.native\ndef kernel(");
    Ok(format!(
        "{text}
def run(n):
    arguments = setup()
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
        let folder = tempfile::tempdir()?;
        let mut missed = Vec::new();
        for march in &self.march {
            let emulator = Emulator::new(march, folder.path())?;
            println!(
                "| {march} | on the board | ours | small | stock | stock firmware | ours ÷ that |"
            );
            println!("| --- | ---: | ---: | ---: | ---: | ---: | ---: |");
            for stock in &stock::NATIVE_KERNELS {
                let name = stock.name;
                let turns = program(&emulator, compilers, march, &kernel(name)?, [0, 1])
                    .with_context(|| format!("{march}: {name}"))?;
                let [board, ours, small, here] = turns.map(|turns| turns * 1e-3);
                let there = stock.on(march).context("no figure of stock's")?;
                let ratio = ours / there;
                println!(
                    "| {name} | {board:.0} | {ours:.0} | {small:.0} | {here:.0} | {there:.0} | {ratio:.3} |"
                );
                if ratio > KERNEL_BAR {
                    missed.push(format!("{march}: {name} {ratio:.3}, not {KERNEL_BAR}"));
                }
            }
            println!();
            if self.kernels {
                continue;
            }
            println!("| {march} | on the board | ours | small | stock |");
            println!("| --- | ---: | ---: | ---: | ---: |");
            let mut all = Vec::new();
            for (name, source) in PROGRAMS {
                let turns = program(&emulator, compilers, march, source, TURNS)
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
    emulator: &Emulator,
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
    turns[0] = turn(emulator, folder.path(), &["source.py"], often)?;
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
        turns[at + 1] = turn(emulator, folder.path(), &["-m", &name], often)?;
    }
    Ok(turns)
}

/// Instructions of one turn.
fn turn(
    emulator: &Emulator,
    folder: &Path,
    program: &[&str],
    [few, many]: [u32; 2],
) -> Result<f64> {
    let count = |n: u32| emulator.executed(folder, program, n);
    Ok((count(many)? as f64 - count(few)? as f64) / f64::from(many - few))
}

/// What runs programs and counts.
struct Emulator {
    /// The words that run the board.
    runtime: Vec<String>,
    plugin: PathBuf,
}

impl Emulator {
    fn new(march: &str, folder: &Path) -> Result<Emulator> {
        let runtime = emulated::fast(march)?;
        let (source, plugin) = (folder.join("count.c"), folder.join("count.so"));
        std::fs::write(&source, include_str!("count.c"))?;
        let output = Command::new("gcc")
            .args(["-shared", "-fPIC", "-o"])
            .args([&plugin, &source])
            .output()
            .context("gcc")?;
        ensure!(
            output.status.success(),
            "gcc: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(Emulator { runtime, plugin })
    }

    /// Instructions that the board executes, all told.
    fn executed(&self, folder: &Path, program: &[&str], n: u32) -> Result<u64> {
        let (emulator, rest) = self.runtime.split_first().context("an empty command")?;
        let output = Command::new(emulator)
            .arg("-plugin")
            .arg(format!("file={}", self.plugin.display()))
            .args(rest)
            .args(program)
            .arg(n.to_string())
            .current_dir(folder)
            .stdout(Stdio::null())
            .output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{said}");
        let count = said.trim_end().rsplit_once("instructions ");
        let (_, count) = count.with_context(|| format!("no count: {said}"))?;
        Ok(count.parse()?)
    }
}
