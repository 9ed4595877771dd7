//! `emit-speed`: how fast sources become machine code, in bytes of source per second and instructions per byte.
//!
//! Only compilers run, and start-up is taken off. `native` is `mpy-cross` with `-X emit=native`, which uses as many
//! threads as there are processors; `native, to run` the compiler of `ferlance`, in the process that would run the program
//! (`-X compile-only`): both over the programs of `benches/py` and `benches/loops`, and the vectors that the stock
//! compiler has made native code of, and all of these in one file. `viper` is `ferlance` over the kernels whose functions
//! are decorated, where what is not decorated is bytecode.

use std::{
    fs,
    path::{Path, PathBuf},
};

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

/// Bytes of source, instructions, seconds of CPU, seconds.
type Cost = [f64; 4];

impl EmitSpeed {
    pub(crate) fn run(self) -> Result<()> {
        let cross = path_text(workspace::build("mpy-cross", "mpy-cross", &self.profile)?);
        let cross = [&cross, "-march=x64", "-o", "-", "-X", "emit=native"].map(str::to_owned);
        let ferlance = with(
            &peers::ferlance(&self.profile)?.command,
            ["-X", "compile-only"],
        );
        let to_run = with(&ferlance, ["-X", "emit=native", "-X", "native=eager"]);
        let folder = tempfile::tempdir()?;
        let empty = folder.path().join("empty.py");
        fs::write(&empty, "pass\n")?;
        let mut natives = native_sources()?;
        natives.push(in_one(&natives, &folder.path().join("all_in_one.py"))?);
        println!(
            "| source | bytes | 10^6 instructions | instructions per byte | kB per s of CPU | kB/s |"
        );
        println!("| --- | ---: | ---: | ---: | ---: | ---: |");
        for (kind, command, sources) in [
            ("native", cross.to_vec(), natives.clone()),
            ("native, to run", to_run, natives),
            ("viper", ferlance, viper_sources()?),
        ] {
            let start = self.cost(&command, &empty)?;
            let mut all = [0.0; 4];
            for source in sources {
                let name = workspace::stem(&source);
                if !self.only.is_empty() && !self.only.contains(&name) {
                    continue;
                }
                let mut cost = self.cost(&command, &source)?;
                for (cost, start) in cost.iter_mut().zip(start) {
                    *cost -= start;
                }
                print(&name, cost);
                if !source.starts_with(folder.path()) {
                    for (all, cost) in all.iter_mut().zip(cost) {
                        *all += cost;
                    }
                }
            }
            print(&format!("**{kind}, all**"), all);
        }
        Ok(())
    }

    fn cost(&self, compiler: &Words, source: &Path) -> Result<Cost> {
        let command = &with(compiler, [path_text(source)]);
        let (run, count) = callgrind::instructions(command, 300)?;
        ensure!(run.ok, "{}: {}", command.join(" "), run.last_line());
        let runs = (0..self.rounds)
            .map(|_| measure::run(command, 300))
            .collect::<Result<Vec<measure::Run>>>()?;
        let median = |of: fn(&measure::Run) -> f64| match runs.is_empty() {
            true => 0.0,
            false => stats::median(&runs.iter().map(of).collect::<Vec<f64>>()),
        };
        let bytes = fs::metadata(source)?.len() as f64;
        let (cpu, elapsed) = (median(|run| run.cpu), median(|run| run.elapsed));
        Ok([bytes, count as f64, cpu, elapsed])
    }
}

fn print(name: &str, [bytes, count, cpu, elapsed]: Cost) {
    // The kernel counts in steps that are too long for less.
    let speed = |seconds: f64| match seconds > 2e-3 {
        true => format!("{:.0}", bytes / seconds * 1e-3),
        false => String::new(),
    };
    println!(
        "| {name} | {bytes:.0} | {:.2} | {:.0} | {} | {} |",
        count * 1e-6,
        count / bytes,
        speed(cpu),
        speed(elapsed)
    );
}

/// All of `sources` behind each other in the file `to`.
fn in_one(sources: &[PathBuf], to: &Path) -> Result<PathBuf> {
    let mut all = String::new();
    for source in sources {
        all += &fs::read_to_string(source).with_context(|| path_text(source))?;
        all.push('\n');
    }
    fs::write(to, all)?;
    Ok(to.to_owned())
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
