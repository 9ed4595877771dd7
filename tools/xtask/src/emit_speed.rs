//! `emit-speed`: how fast sources become machine code, in bytes of source per second and instructions per byte.
//!
//! Only compilers run, and start-up is taken off. Sources of `native` are the programs of `benches/py` and `benches/loops`
//! and the vectors that the stock compiler has made native code of, one by one, and all of these in one file. `native` is
//! `mpy-cross` with `-X emit=native`, which spreads the functions of a source over the processors; `native, to run` the
//! compiler of `ferlance`, in the process that would run the program (`-X compile-only`); `native, together` is one
//! `mpy-cross --each` for all, which spreads the sources over the processors and writes its outputs to files. `viper` is
//! `ferlance` over the kernels whose functions are decorated, where what is not decorated is bytecode.

use std::{
    fs,
    path::{Path, PathBuf},
    slice,
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
        let cross = [&cross, "-march=x64", "-X", "emit=native"].map(str::to_owned);
        let one = with(&cross, ["-o", "-"]);
        let each = with(&cross, ["--each"]);
        let ferlance = with(
            &peers::ferlance(&self.profile)?.command,
            ["-X", "compile-only"],
        );
        let to_run = with(&ferlance, ["-X", "emit=native", "-X", "native=eager"]);
        let folder = tempfile::tempdir()?;
        let empty = folder.path().join("empty.py");
        fs::write(&empty, "pass\n")?;
        let mut natives = native_sources()?;
        let in_one = in_one(&natives, &folder.path().join("all_in_one.py"))?;
        natives.retain(|source| self.is_asked(source));
        let together = copies(&natives, folder.path())?;
        natives.extend(Some(in_one).filter(|source| self.is_asked(source)));
        let mut vipers = viper_sources()?;
        vipers.retain(|source| self.is_asked(source));
        println!(
            "| source | bytes | 10^6 instructions | instructions per byte | kB per s of CPU | kB/s |"
        );
        println!("| --- | ---: | ---: | ---: | ---: | ---: |");
        for (kind, command, sources) in [
            ("native", one, natives.clone()),
            ("native, to run", to_run, natives),
            ("viper", ferlance, vipers),
        ] {
            let start = self.cost(&command, slice::from_ref(&empty))?;
            let mut all = [0.0; 4];
            for source in sources {
                let cost = self.cost(&command, slice::from_ref(&source))?;
                let cost = without(cost, start);
                print(&workspace::stem(&source), cost);
                if !source.starts_with(folder.path()) {
                    for (all, cost) in all.iter_mut().zip(cost) {
                        *all += cost;
                    }
                }
            }
            print(&format!("**{kind}, all**"), all);
        }
        if together.is_empty() {
            return Ok(());
        }
        let start = self.cost(&each, slice::from_ref(&empty))?;
        let cost = without(self.cost(&each, &together)?, start);
        print("**native, together**", cost);
        Ok(())
    }

    fn is_asked(&self, source: &Path) -> bool {
        self.only.is_empty() || self.only.contains(&workspace::stem(source))
    }

    fn cost(&self, compiler: &Words, sources: &[PathBuf]) -> Result<Cost> {
        let command = &with(compiler, sources.iter().map(path_text));
        let (run, count) = callgrind::instructions(command, 300)?;
        ensure!(run.ok, "{}: {}", command.join(" "), run.last_line());
        let runs = (0..self.rounds)
            .map(|_| measure::run(command, 300))
            .collect::<Result<Vec<measure::Run>>>()?;
        let median = |of: fn(&measure::Run) -> f64| match runs.is_empty() {
            true => 0.0,
            false => stats::median(&runs.iter().map(of).collect::<Vec<f64>>()),
        };
        let mut bytes = 0.0;
        for source in sources {
            bytes += fs::metadata(source)?.len() as f64;
        }
        let (cpu, elapsed) = (median(|run| run.cpu), median(|run| run.elapsed));
        Ok([bytes, count as f64, cpu, elapsed])
    }
}

/// A cost with start-up taken off.
fn without(cost: Cost, start: Cost) -> Cost {
    std::array::from_fn(|at| cost[at] - start[at])
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

/// `sources` in one folder, under names of their own.
fn copies(sources: &[PathBuf], folder: &Path) -> Result<Vec<PathBuf>> {
    let copy = |(number, source): (usize, &PathBuf)| {
        let to = folder.join(format!("{number}_{}.py", workspace::stem(source)));
        fs::copy(source, &to).with_context(|| path_text(source))?;
        Ok(to)
    };
    sources.iter().enumerate().map(copy).collect()
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
