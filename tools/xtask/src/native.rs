//! `native`: what machine code of our own gains over our own bytecode.
//!
//! Every program of `benches/py` and `benches/loops`, once as bytecode and once with `-X emit=native`, in turns. A ratio
//! is taken within a round, of CPU time less start-up, compilation included; the table shows the medians. With
//! `--callgrind` it is instructions, which do not depend on what else the machine does.
//!
//! `--shares` shows how much there is to gain: which part of the instructions of bytecode the interpreter executes, rather
//! than the types and functions that serve machine code as well.

use std::{fs, path::Path};

use anyhow::{Context, Result};
use clap::Args;

use crate::{
    callgrind,
    measure::{self, Words, with},
    peers::{self, path_text},
    stats, workspace,
};

/// Compare machine code with bytecode over benches/py and benches/loops.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask native                         all programs, nine rounds
  cargo xtask native --only integers,floats --mult 10
  cargo xtask native --callgrind             instructions instead of time
  cargo xtask native --shares                what machine code can gain at most")]
pub(crate) struct Native {
    /// Programs to run, by name.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Counted rounds, after one that is not counted.
    #[arg(long, default_value_t = 9)]
    rounds: usize,
    /// Size of the work, in units of each program's own N.
    #[arg(long, default_value_t = 4.0)]
    mult: f64,
    /// Count instructions under valgrind instead of time; one run each, with N itself.
    #[arg(long)]
    callgrind: bool,
    /// Show the interpreter's share of the instructions, and the ratio if machine code took none for that.
    #[arg(long, conflicts_with = "callgrind")]
    shares: bool,
    /// Limit for one run, seconds.
    #[arg(long, default_value_t = 300)]
    limit: u32,
    /// Cargo profile of ferlance.
    #[arg(long, default_value = "release")]
    profile: String,
}

/// In the names of the interpreter's functions: the loops over instructions, and how they enter and leave functions,
/// bind arguments and look up names.
const INTERPRETER: &str = "ferlance_vm::interp::";

impl Native {
    pub(crate) fn run(self) -> Result<()> {
        let bytecode = peers::ferlance(&self.profile)?.command;
        if self.shares {
            return self.print_shares(&bytecode);
        }
        let native = with(&bytecode, ["-X", "emit=native"]);
        let commands = [bytecode, native];
        let startup = self.startup(&commands[0])?;
        let unit = if self.callgrind {
            "10^6 instructions"
        } else {
            "ms"
        };
        println!("| program | bytecode, {unit} | native, {unit} | bytecode / native |");
        println!("| --- | ---: | ---: | ---: |");
        self.rows(|program, name| {
            let [one, two, ratio] = self.measure(program, &commands, startup)?;
            println!("| {name} | {one:.1} | {two:.1} | {ratio:.2} |");
            Ok(ratio)
        })
    }

    /// A row for each program that was asked for, which gives its ratio, and one for the mean of a folder.
    fn rows(&self, mut row: impl FnMut(&Path, &str) -> Result<f64>) -> Result<()> {
        for folder in ["benches/loops", "benches/py"] {
            let mut ratios = Vec::new();
            for program in workspace::python_files(&workspace::root().join(folder))? {
                let name = workspace::stem(&program);
                if self.only.is_empty() || self.only.contains(&name) {
                    ratios.push(row(&program, &name)?);
                }
            }
            if ratios.len() > 1 {
                let mean = stats::geometric_mean(&ratios);
                println!("| **{folder}, geometric mean** | | | **{mean:.2}** |");
            }
        }
        Ok(())
    }

    fn print_shares(&self, bytecode: &Words) -> Result<()> {
        println!("| program | bytecode, 10^6 instructions | interpreter | bytecode / rest |");
        println!("| --- | ---: | ---: | ---: |");
        self.rows(|program, name| {
            let command = with(bytecode, [path_text(program)]);
            let functions = callgrind::by_function(&command, self.limit * 10)?;
            let all: u64 = functions.values().sum();
            let interpreter = functions
                .iter()
                .filter(|(name, _)| name.contains(INTERPRETER));
            let interpreter: u64 = interpreter.map(|(_, count)| count).sum();
            let ratio = all as f64 / (all - interpreter) as f64;
            println!(
                "| {name} | {:.1} | {:.0} % | {ratio:.2} |",
                all as f64 * 1e-6,
                100.0 * interpreter as f64 / all as f64
            );
            Ok(ratio)
        })
    }

    /// Seconds of CPU, or instructions, and what was printed.
    fn cost(&self, command: &[String]) -> Result<(f64, String)> {
        let (run, cost) = if self.callgrind {
            let (run, count) = callgrind::instructions(command, self.limit * 10)?;
            (run, count as f64)
        } else {
            let run = measure::run(command, self.limit)?;
            let cpu = run.cpu;
            (run, cpu)
        };
        anyhow::ensure!(run.ok, "{}: {}", command.join(" "), run.last_line());
        let last = run.last_line().to_owned();
        Ok((cost, last))
    }

    /// What an empty script costs.
    fn startup(&self, command: &Words) -> Result<f64> {
        let rounds = if self.callgrind { 1 } else { 9 };
        let command = with(command, ["-c", "pass"]);
        let costs = (0..rounds)
            .map(|_| Ok(self.cost(&command)?.0))
            .collect::<Result<Vec<f64>>>()?;
        Ok(stats::median(&costs))
    }

    /// Both costs, in the table's unit, and their ratio.
    fn measure(&self, program: &Path, commands: &[Words; 2], startup: f64) -> Result<[f64; 3]> {
        let text = fs::read_to_string(program)?;
        let n = text.lines().find_map(|line| line.strip_prefix("N = "));
        let n: f64 = n.context("a line `N = …`")?.trim().parse()?;
        let mult = if self.callgrind { 1.0 } else { self.mult };
        let size = ((n * mult) as u64).max(1).to_string();
        let rounds = if self.callgrind { 1 } else { self.rounds + 1 };
        let mut costs = [Vec::new(), Vec::new()];
        let mut ratios = Vec::new();
        for round in 0..rounds {
            let mut now = [0.0; 2];
            let mut said = Vec::new();
            for (at, command) in commands.iter().enumerate() {
                let (cost, last) = self.cost(&with(command, [path_text(program), size.clone()]))?;
                now[at] = (cost - startup).max(f64::MIN_POSITIVE);
                said.push(last);
            }
            anyhow::ensure!(
                said[0] == said[1],
                "{}: {} is {} as machine code",
                program.display(),
                said[0],
                said[1]
            );
            if round > 0 || self.callgrind {
                for (costs, cost) in costs.iter_mut().zip(now) {
                    costs.push(cost);
                }
                ratios.push(now[0] / now[1]);
            }
        }
        let scale = if self.callgrind { 1e-6 } else { 1e3 };
        Ok([
            stats::median(&costs[0]) * scale,
            stats::median(&costs[1]) * scale,
            stats::median(&ratios),
        ])
    }
}
