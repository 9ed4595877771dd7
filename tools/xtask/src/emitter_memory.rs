//! `emitter-memory`: what compiling one function of 100 lines takes from the allocator of a 32-bit board.
//!
//! The board's own program compiles `benches/emitter_memory` as the runtime would and tells the bytes that were asked
//! for: the most before the function became machine code, what the front end still held then, and the most that the
//! emitter had on top of that.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::{emulated, workspace};

/// Measure the memory that the compiler takes on 32-bit boards.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  cargo xtask emitter-memory --march armv7m")]
pub(crate) struct EmitterMemory {
    /// Boards: armv7m, rv32imc and so on.
    #[arg(long, value_delimiter = ',', default_value = "armv7m,rv32imc")]
    march: Vec<String>,
    /// Fail if the bar is missed.
    #[arg(long)]
    check: bool,
}

/// The emitter's bytes, at most.
const BAR: u64 = 48 << 10;

/// File and options.
const ROWS: [(&str, &[&str]); 4] = [
    ("native", &[]),
    ("native", &["-X", "native=small"]),
    ("native", &["-X", "native=pieces"]),
    ("viper", &[]),
];

impl EmitterMemory {
    pub(crate) fn run(self) -> Result<()> {
        println!("| board | function | front end | held by it | emitter | machine code |");
        println!("| --- | --- | ---: | ---: | ---: | ---: |");
        let mut missed = 0;
        for march in &self.march {
            let board = emulated::board_command(march)?;
            let (program, rest) = board.split_first().context("an empty command")?;
            for (name, options) in ROWS {
                let file = workspace::root().join(format!("benches/emitter_memory/{name}.py"));
                let output = Command::new(program)
                    .args(rest)
                    .args(options)
                    .args(["-X", "compile-memory"])
                    .arg(&file)
                    .output()?;
                let text = String::from_utf8_lossy(&output.stdout);
                let figures: Vec<u64> = text
                    .split_whitespace()
                    .filter_map(|word| word.parse().ok())
                    .collect();
                let [front_end, held, emitter, code] = figures[..] else {
                    let errors = String::from_utf8_lossy(&output.stderr);
                    anyhow::bail!("{march}, {name}: {text}{errors}");
                };
                let option = options.last().map_or(String::new(), |it| format!(", {it}"));
                println!(
                    "| {march} | {name}{option} | {front_end} | {held} | {emitter} | {code} |"
                );
                missed += usize::from(emitter > BAR);
            }
        }
        ensure!(!self.check || missed == 0, "{missed} above {BAR} bytes");
        Ok(())
    }
}
