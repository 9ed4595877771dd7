//! `bench`: every program of `benches/py` under every interpreter, round after round.
//!
//! The figure is the child's CPU time less the interpreter's own start-up (the median of an empty script); a
//! ratio is taken within a round, and the table shows the median of the rounds. With `--callgrind` it is the
//! number of instructions, which does not depend on what else the machine does; stock MicroPython's counts are
//! built in (`stock.rs`), since its unix port is not to be had as a package.
//!
//! The last line a program prints is its checksum: it must be the same for everybody.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use clap::Args;
use serde_json::json;

use crate::{
    callgrind,
    measure::{self, with},
    peers::{Peer, PeerOptions, path_text},
    plot, stats, stock, workspace,
};

/// Compare speed with other interpreters over benches/py.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask bench                              all programs, all interpreters found
  cargo xtask bench --only gc_churn,text_scan --rounds 9
  cargo xtask bench --callgrind                  instruction counts against stock MicroPython's
  cargo xtask bench --peer micropython=/opt/mpy/micropython --only-given")]
pub(crate) struct Bench {
    #[command(flatten)]
    peers: PeerOptions,
    /// Programs to run, by name.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Counted rounds, after one that is not counted.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Size of the work, in units of each program's own N; more where ferlance is through too soon for start-up not to
    /// blur it.
    #[arg(long, default_value_t = 3.0)]
    mult: f64,
    /// Count instructions under valgrind instead of time, with N / 10 + 1; one run each.
    #[arg(long)]
    callgrind: bool,
    /// Limit for one run, seconds.
    #[arg(long, default_value_t = 300)]
    limit: u32,
    /// Folder for the JSON and SVG files; the build folder by default.
    #[arg(long)]
    out: Option<PathBuf>,
}

/// Figures of one program: per interpreter the rounds, or why there are none.
struct Row {
    name: String,
    figures: Vec<Result<Vec<f64>, String>>,
}

/// Below this many seconds beyond start-up a time says little.
const FLOOR: f64 = 0.02;

/// Seconds beyond start-up that ferlance is given work for, as others may be faster by several times.
const WORTHWHILE: f64 = 5.0 * FLOOR;

/// Seconds that nothing is quicker than, as a time less start-up may come out below zero.
const SHORTEST: f64 = 1e-4;

impl Bench {
    pub(crate) fn run(self) -> Result<()> {
        let mut peers = self.peers.find()?;
        if self.callgrind {
            // Only these run under valgrind in bearable time.
            peers.retain(|peer| {
                !matches!(peer.name.as_str(), "upstream-wasm" | "pypy3" | "rustpython")
            });
        }
        let programs = self.programs()?;
        let startup = peers
            .iter()
            .map(|peer| self.startup(peer))
            .collect::<Result<Vec<f64>>>()?;
        let mut rows = Vec::new();
        self.print_head(&peers);
        for program in programs {
            let row = self.measure(&program, &peers, &startup)?;
            self.print_row(&row);
            rows.push(row);
        }
        self.print_mean(&peers, &rows);
        self.write(&peers, &startup, &rows)
    }

    fn programs(&self) -> Result<Vec<PathBuf>> {
        let mut programs = workspace::python_files(&workspace::root().join("benches/py"))?;
        if !self.only.is_empty() {
            programs.retain(|path| self.only.contains(&workspace::stem(path)));
        }
        anyhow::ensure!(
            !programs.is_empty(),
            "no program of that name in benches/py"
        );
        Ok(programs)
    }

    /// What an empty script costs.
    fn startup(&self, peer: &Peer) -> Result<f64> {
        let empty = tempfile::Builder::new().suffix(".py").tempfile()?;
        fs::write(empty.path(), "pass\n")?;
        let command = with(&peer.command, [path_text(empty.path())]);
        let rounds = if self.callgrind { 1 } else { 5 };
        let costs = (0..rounds)
            .map(|_| Ok(self.cost(&command)?.1))
            .collect::<Result<Vec<f64>>>()?;
        Ok(stats::median(&costs))
    }

    /// One run and its cost: seconds of CPU, or instructions.
    fn cost(&self, command: &[String]) -> Result<(measure::Run, f64)> {
        if self.callgrind {
            let (run, count) = callgrind::instructions(command, self.limit * 10)?;
            Ok((run, count as f64))
        } else {
            let run = measure::run(command, self.limit)?;
            let cpu = run.cpu;
            Ok((run, cpu))
        }
    }

    /// The program's argument: what `--mult` says, or as many times that as make a time worth comparing.
    fn size(&self, program: &Path, ferlance: &Peer, startup: f64) -> Result<u64> {
        let text = fs::read_to_string(program)?;
        let n = text
            .lines()
            .find_map(|line| line.strip_prefix("N = "))
            .context("a benchmark has a line `N = …`")?;
        let n: u64 = n.trim().parse()?;
        if self.callgrind {
            return Ok(n / 10 + 1);
        }
        let size = ((n as f64 * self.mult) as u64).max(1);
        let command = with(&ferlance.command, [path_text(program), size.to_string()]);
        let cost = (self.cost(&command)?.1 - startup).max(SHORTEST);
        Ok(size * (WORTHWHILE / cost).ceil() as u64)
    }

    fn measure(&self, program: &Path, peers: &[Peer], startup: &[f64]) -> Result<Row> {
        let size = self.size(program, &peers[0], startup[0])?.to_string();
        let mut figures: Vec<Result<Vec<f64>, String>> =
            peers.iter().map(|_| Ok(Vec::new())).collect();
        let mut answer: Option<String> = None;
        let rounds = if self.callgrind { 1 } else { self.rounds + 1 };
        for round in 0..rounds {
            for (at, peer) in peers.iter().enumerate() {
                let Ok(seen) = &mut figures[at] else { continue };
                let (run, cost) =
                    self.cost(&with(&peer.command, [path_text(program), size.clone()]))?;
                let last = run.last_line().to_owned();
                if !run.ok {
                    figures[at] = Err(format!("fails: {last}"));
                } else if *answer.get_or_insert_with(|| last.clone()) != last {
                    figures[at] = Err(format!("differs: {last}"));
                } else if round > 0 || self.callgrind {
                    seen.push((cost - startup[at]).max(SHORTEST));
                }
            }
        }
        Ok(Row {
            name: workspace::stem(program),
            figures,
        })
    }

    fn print_head(&self, peers: &[Peer]) {
        let unit = if self.callgrind {
            "instructions"
        } else {
            "seconds"
        };
        print!("{:<18}{unit:>14}", "ferlance ÷ …");
        if self.callgrind {
            print!("{:>14}{:>14}", "stock", "stock native");
        }
        for peer in &peers[1..] {
            print!("{:>14}", peer.name);
        }
        println!();
    }

    fn print_row(&self, row: &Row) {
        print!("{:<18}", row.name);
        match &row.figures[0] {
            Ok(own) if self.callgrind => print!("{:>14.4e}", stats::median(own)),
            Ok(own) => print!("{:>14.3}", stats::median(own)),
            Err(why) => print!("{:>14}", short(why)),
        }
        for ratio in self.ratios(row) {
            match ratio {
                Ok((ratio, certain)) => print!(
                    "{:>14}",
                    format!("{}{ratio:.2}", if certain { "" } else { "~" })
                ),
                Err(why) => print!("{:>14}", short(&why)),
            }
        }
        println!();
        for why in row
            .figures
            .iter()
            .filter_map(|figure| figure.as_ref().err())
        {
            println!("  {why}");
        }
    }

    /// Ferlance's figure divided by everybody else's, with whether it is long enough to tell.
    fn ratios(&self, row: &Row) -> Vec<Result<(f64, bool), String>> {
        let own = match &row.figures[0] {
            Ok(own) => own,
            Err(why) => return vec![Err(why.clone()); row.figures.len() - 1],
        };
        let mut ratios = Vec::new();
        if self.callgrind {
            let anchor = stock::find(&row.name);
            for stock in [
                anchor.map(|anchor| anchor.bytecode),
                anchor.map(|anchor| anchor.bytecode * anchor.native),
            ] {
                ratios.push(
                    stock
                        .map(|stock| (own[0] / stock, true))
                        .ok_or_else(|| "-".to_owned()),
                );
            }
        }
        for figure in &row.figures[1..] {
            ratios.push(figure.clone().map(|other| {
                let by_round: Vec<f64> = own
                    .iter()
                    .zip(&other)
                    .map(|(own, other)| own / other)
                    .collect();
                (
                    stats::median(&by_round),
                    self.callgrind || stats::median(&other) >= FLOOR,
                )
            }));
        }
        ratios
    }

    fn print_mean(&self, peers: &[Peer], rows: &[Row]) {
        let columns = peers.len() - 1 + if self.callgrind { 2 } else { 0 };
        print!("{:<32}", "geometric mean");
        for column in 0..columns {
            let known: Vec<f64> = rows
                .iter()
                .filter_map(|row| self.ratios(row).get(column)?.as_ref().ok().map(|r| r.0))
                .collect();
            if known.is_empty() {
                print!("{:>14}", "-");
            } else {
                print!(
                    "{:>14}",
                    format!("{:.2}/{}", stats::geometric_mean(&known), known.len())
                );
            }
        }
        println!();
    }

    fn write(&self, peers: &[Peer], startup: &[f64], rows: &[Row]) -> Result<()> {
        let folder = match &self.out {
            Some(folder) => folder.clone(),
            None => workspace::target_dir()?.join("bench"),
        };
        fs::create_dir_all(&folder)?;
        let kind = if self.callgrind {
            "instructions"
        } else {
            "time"
        };
        let names: Vec<&str> = peers.iter().map(|peer| peer.name.as_str()).collect();
        let figures: BTreeMap<&str, serde_json::Value> = rows
            .iter()
            .map(|row| {
                let by_peer: BTreeMap<&str, serde_json::Value> = names
                    .iter()
                    .zip(&row.figures)
                    .map(|(name, figure)| {
                        (
                            *name,
                            figure
                                .as_ref()
                                .map_or_else(|why| json!({ "error": why }), |rounds| json!(rounds)),
                        )
                    })
                    .collect();
                (row.name.as_str(), json!(by_peer))
            })
            .collect();
        let start: BTreeMap<&&str, &f64> = names.iter().zip(startup).collect();
        let raw = json!({ "unit": if self.callgrind { "instructions" } else { "seconds of CPU" },
                          "startup": start, "programs": figures });
        let data = folder.join(format!("{kind}.json"));
        fs::write(&data, serde_json::to_string_pretty(&raw)?)?;
        let picture = folder.join(format!("{kind}.svg"));
        fs::write(&picture, self.picture(peers, rows))?;
        println!("\n{}\n{}", data.display(), picture.display());
        Ok(())
    }

    /// How fast everybody is in units of the reference: stock MicroPython, CPython, or whoever is there.
    fn picture(&self, peers: &[Peer], rows: &[Row]) -> String {
        let reference = peers.iter().position(|peer| peer.name == "micropython");
        let reference = reference
            .or_else(|| peers.iter().position(|peer| peer.name == "cpython"))
            .unwrap_or(0);
        let mut names: Vec<String> = peers.iter().map(|peer| peer.name.clone()).collect();
        let title = if self.callgrind {
            names.push("stock".to_owned());
            "Instructions, as a multiple of stock MicroPython's".to_owned()
        } else {
            format!("CPU time, as a multiple of {}'s", peers[reference].name)
        };
        let points = rows.iter().map(|row| {
            let mut values: Vec<Option<f64>> = row
                .figures
                .iter()
                .map(|figure| figure.as_ref().ok().map(|rounds| stats::median(rounds)))
                .collect();
            let unit = if self.callgrind {
                let stock = stock::find(&row.name).map(|anchor| anchor.bytecode);
                values.push(stock);
                stock
            } else {
                values[reference]
            };
            (
                row.name.clone(),
                values
                    .into_iter()
                    .map(|value| Some(value? / unit?))
                    .collect(),
            )
        });
        plot::dots(&title, &names, &points.collect::<Vec<_>>())
    }
}

/// What fits a column.
fn short(why: &str) -> &str {
    why.split(':').next().unwrap_or(why)
}
