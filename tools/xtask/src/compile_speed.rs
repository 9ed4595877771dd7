//! `compile-speed`: compilers on large sources.

use std::fs;

use anyhow::Result;
use clap::Args;

use crate::{
    measure::{self, Words, words},
    peers::{self, path_text},
    setup, stats, stock, workspace,
};

/// Measure compilers on large sources: lines per second and peak memory.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask compile-speed
  cargo xtask compile-speed --lines 1000,10000,100000")]
pub(crate) struct CompileSpeed {
    /// Lines of the generated sources.
    #[arg(long, value_delimiter = ',', default_values_t = [5_000, 100_000])]
    lines: Vec<u64>,
    /// Cargo profile of our compilers.
    #[arg(long, default_value = "release")]
    profile: String,
}

impl CompileSpeed {
    pub(crate) fn run(self) -> Result<()> {
        let folder = tempfile::tempdir()?;
        println!(
            "{:<12}{:<22}{:>10}{:>12}{:>14}",
            "lines", "compiler", "CPU s", "lines/s", "peak RSS KB"
        );
        for &lines in &self.lines {
            let source = folder.path().join("big.py");
            fs::write(&source, generate(lines)?)?;
            let object = path_text(folder.path().join("big.mpy"));
            for (name, command) in self.compilers(&path_text(&source), &object)? {
                let rounds = if lines > 20_000 { 1 } else { 3 };
                let runs = (0..rounds)
                    .map(|_| measure::run(&command, 300))
                    .collect::<Result<Vec<_>>>()?;
                if let Some(failed) = runs.iter().find(|run| !run.ok) {
                    println!(
                        "{lines:<12}{name:<22}{:>10}  {}",
                        "fails",
                        failed.last_line()
                    );
                    continue;
                }
                let cpu = stats::median(&runs.iter().map(|run| run.cpu).collect::<Vec<f64>>());
                let peak = runs.iter().map(|run| run.peak_rss).max().unwrap_or(0) / 1024;
                println!(
                    "{lines:<12}{name:<22}{cpu:>10.3}{:>12.0}{peak:>14}",
                    lines as f64 / cpu
                );
            }
        }
        for (lines, speed) in stock::MPY_CROSS_LINES {
            println!(
                "{lines:<12}{:<22}{:>10}{speed:>12}",
                "stock, as measured", ""
            );
        }
        Ok(())
    }

    fn compilers(&self, source: &str, object: &str) -> Result<Vec<(&'static str, Words)>> {
        let ours = path_text(workspace::build("mpy-cross", "mpy-cross", &self.profile)?);
        let ferlance = peers::ferlance(&self.profile)?.command.join(" ");
        let mut compilers = vec![
            (
                "mpy-cross, ours",
                words(&format!("{ours} -o {object} {source}")),
            ),
            (
                "ferlance compile-only",
                words(&format!(
                    "{ferlance} -X compile-only -X heapsize=1024M {source}"
                )),
            ),
        ];
        if let Some(stock) = setup::stock_mpy_cross() {
            compilers.push((
                "mpy-cross, stock",
                words(&format!("{stock} -X heapsize=2048M -o {object} {source}")),
            ));
        }
        if let Some(cpython) = peers::cpython() {
            let mut command = cpython.command;
            command.extend([
                "-c".to_owned(),
                format!("compile(open({source:?}).read(), 'x', 'exec')"),
            ]);
            compilers.push(("CPython", command));
        }
        Ok(compilers)
    }
}

/// A large source of varied shape.
fn generate(lines: u64) -> Result<String> {
    let script = path_text(workspace::root().join("tools/gen_large_source.py"));
    Ok(measure::run(&["python3".to_owned(), script, lines.to_string()], 60)?.text)
}
