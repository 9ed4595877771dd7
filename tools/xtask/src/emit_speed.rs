//! `emit-speed`: how fast sources become machine code, in bytes of source per second and instructions per byte.
//!
//! Only the compiler runs (`-X compile-only`), in the process that would run the program, and start-up is taken off. As
//! `native`: the programs of `benches/py` and `benches/loops`, and the vectors that the stock compiler has made native
//! code of. As `viper`: the kernels whose functions are decorated, where what is not decorated is bytecode.

use std::{fs, path::PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::{
    callgrind,
    measure::{self, Words, with},
    peers::{self, path_text},
    stats, workspace,
};

/// Measure the emission of machine code on the host: bytes of source per second, instructions per byte.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask emit-speed
  cargo xtask emit-speed --only sensor_fusion,sieve_viper --rounds 0")]
pub(crate) struct EmitSpeed {
    /// Sources, by name.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Runs of which the median CPU time counts; none for instructions alone.
    #[arg(long, default_value_t = 15)]
    rounds: usize,
    /// Cargo profile of ferlance.
    #[arg(long, default_value = "release")]
    profile: String,
}

/// Bytes, instructions, seconds.
type Cost = [f64; 3];

impl EmitSpeed {
    pub(crate) fn run(self) -> Result<()> {
        let ferlance = peers::ferlance(&self.profile)?.command;
        let options = ["-X", "compile-only"];
        let bytecode = with(&ferlance, options);
        let native = with(&bytecode, ["-X", "emit=native"]);
        let start = self.cost(&with(&ferlance, ["-c", "pass"]))?;
        println!("| source | bytes | 10^6 instructions | instructions per byte | kB/s |");
        println!("| --- | ---: | ---: | ---: | ---: |");
        for (kind, command, sources) in [
            ("native", native, native_sources()?),
            ("viper", bytecode, viper_sources()?),
        ] {
            let mut all = [0.0; 3];
            for source in sources {
                let name = workspace::stem(&source);
                if !self.only.is_empty() && !self.only.contains(&name) {
                    continue;
                }
                let [count, seconds] = self.cost(&with(&command, [path_text(&source)]))?;
                let cost = [
                    fs::metadata(&source)?.len() as f64,
                    count - start[0],
                    seconds - start[1],
                ];
                for (all, cost) in all.iter_mut().zip(cost) {
                    *all += cost;
                }
                print(&name, cost);
            }
            print(&format!("**{kind}, all**"), all);
        }
        Ok(())
    }

    /// Instructions and seconds of CPU.
    fn cost(&self, command: &Words) -> Result<[f64; 2]> {
        let (run, count) = callgrind::instructions(command, 300)?;
        ensure!(run.ok, "{}: {}", command.join(" "), run.last_line());
        let times = (0..self.rounds)
            .map(|_| Ok(measure::run(command, 300)?.cpu))
            .collect::<Result<Vec<f64>>>()?;
        let seconds = if times.is_empty() {
            0.0
        } else {
            stats::median(&times)
        };
        Ok([count as f64, seconds])
    }
}

fn print(name: &str, [bytes, count, seconds]: Cost) {
    // The kernel counts in steps that are too long for less.
    let speed = if seconds > 2e-3 {
        format!("{:.0}", bytes / seconds * 1e-3)
    } else {
        String::new()
    };
    println!(
        "| {name} | {bytes:.0} | {:.2} | {:.0} | {speed} |",
        count * 1e-6,
        count / bytes
    );
}

fn native_sources() -> Result<Vec<PathBuf>> {
    let root = workspace::root();
    let mut sources = workspace::python_files(&root.join("benches/loops"))?;
    sources.extend(workspace::python_files(&root.join("benches/py"))?);
    for source in workspace::python_files(&root.join("tests/vectors/mpy"))? {
        if source.with_extension("emit_native.x64.mpy").exists() {
            sources.push(source);
        }
    }
    Ok(sources)
}

fn viper_sources() -> Result<Vec<PathBuf>> {
    let root = workspace::root();
    let mut sources = Vec::new();
    for folder in [
        "benches/kernels",
        "benches/emitter_memory",
        "tests/vectors/kernels",
    ] {
        for source in workspace::python_files(&root.join(folder))? {
            let text = fs::read_to_string(&source).with_context(|| path_text(&source))?;
            if text.contains("@micropython.viper") {
                sources.push(source);
            }
        }
    }
    Ok(sources)
}
