//! `scaling`: how the cost of one operation grows with n.
//!
//! `benches/scaling/scale.py NAME N 0` does the set-up of a workload, `… 1` the set-up and the work; the one is
//! taken from the other (least of the runs each, repeated until it has come twice). A fourth argument repeats either, so that small sizes can be told.
//! The growth exponent is the slope of log(time) over log(n) between the last two sizes long enough to tell: 1 is
//! linear, 2 quadratic.

use std::{collections::BTreeMap, fs, path::PathBuf};

use anyhow::Result;
use clap::Args;
use serde_json::json;

use crate::{
    measure::{self, with},
    peers::{Peer, PeerOptions, path_text},
    workspace,
};

/// Show how the cost of one operation grows with n, per interpreter.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask scaling
  cargo xtask scaling --only dict_tuple,str_concat --sizes 1000,8000,64000
Cells are nanoseconds per element; `.` too short to tell, `x` not run after a step above the limit, `!` failed.")]
pub(crate) struct Scaling {
    #[command(flatten)]
    peers: PeerOptions,
    /// Workloads, by name.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Values of n.
    #[arg(long, value_delimiter = ',', default_values_t = [1_000, 4_000, 16_000, 64_000, 256_000, 1_000_000])]
    sizes: Vec<u64>,
    /// Seconds after which larger sizes are not tried.
    #[arg(long, default_value_t = 6)]
    limit: u32,
    /// Exit with an error if a slope of ferlance's exceeds this.
    #[arg(long)]
    max_slope: Option<f64>,
    /// File for the raw figures, JSON.
    #[arg(long)]
    json: Option<PathBuf>,
}

/// Less than this many seconds says nothing.
const FLOOR: f64 = 0.004;

/// Runs of each command: more until the least time has come twice.
const LEAST_RUNS: u32 = 3;
const MOST_RUNS: u32 = 12;
/// Seconds after which one run is enough.
const LONG: f64 = 2.0;

/// Smaller sizes are repeated until they add up to this one.
const REPEAT_TO: u64 = 256_000;

impl Scaling {
    pub(crate) fn run(self) -> Result<()> {
        let script = path_text(workspace::root().join("benches/scaling/scale.py"));
        let peers: Vec<Peer> = self.peers.find()?.into_iter().map(roomy).collect();
        let names = if self.only.is_empty() {
            names(&script)?
        } else {
            self.only.clone()
        };
        print!("{:<18} {:<14}", "workload", "peer");
        self.sizes.iter().for_each(|n| print!("{n:>10}"));
        println!("{:>8}", "slope");
        let mut raw = BTreeMap::new();
        let mut steep = Vec::new();
        let mut steeper = Vec::new();
        for name in names {
            let mut answers = BTreeMap::new();
            let mut seen: Vec<(&str, Vec<(f64, f64)>)> = Vec::new();
            for peer in &peers {
                let points = self.measure(peer, &script, &name, &mut answers)?;
                let slope = print(&name, &peer.name, &points);
                seen.push((&peer.name, told(&points)));
                if let (Some(slope), Some(limit)) = (slope, self.max_slope)
                    && peer.name == "ferlance"
                    && slope > limit
                {
                    steep.push(format!("{name}: {slope:.2}"));
                }
                let cells: Vec<_> = points
                    .iter()
                    .map(|(n, time)| json!([n, time.as_ref().ok()]))
                    .collect();
                raw.entry(name.clone())
                    .or_insert_with(BTreeMap::new)
                    .insert(peer.name.clone(), cells);
            }
            let find = |name: &str| seen.iter().find(|(peer, _)| *peer == name);
            if let (Some((_, ours)), Some((_, theirs))) = (find("ferlance"), find("cpython")) {
                steeper.extend(compare(&name, ours, theirs));
            }
        }
        if let Some(path) = &self.json {
            fs::write(path, serde_json::to_string_pretty(&raw)?)?;
        }
        println!(
            "\nsteeper than CPython from size to size (their ns, our ns): {}",
            steeper.len()
        );
        steeper.iter().for_each(|line| println!("  {line}"));
        anyhow::ensure!(steep.is_empty(), "too steep: {}", steep.join(", "));
        Ok(())
    }

    /// Seconds of the work per size, or the sign for why not.
    fn measure(
        &self,
        peer: &Peer,
        script: &str,
        name: &str,
        answers: &mut BTreeMap<u64, String>,
    ) -> Result<Vec<(u64, Result<f64, char>)>> {
        let mut points = Vec::new();
        let mut stop = None;
        for &n in &self.sizes {
            if let Some(sign) = stop {
                points.push((n, Err(sign)));
                continue;
            }
            let time = match self.work(peer, script, name, n)? {
                Some((time, answer))
                    if *answers.entry(n).or_insert_with(|| answer.clone()) == answer =>
                {
                    Ok(time)
                }
                _ => Err('!'),
            };
            match time {
                Ok(time) if time > f64::from(self.limit) => stop = Some('x'),
                Err(sign) => stop = Some(sign),
                Ok(_) => {}
            }
            points.push((n, time));
        }
        Ok(points)
    }

    /// Seconds of the work alone, and what it printed; `None` if it failed.
    fn work(&self, peer: &Peer, script: &str, name: &str, n: u64) -> Result<Option<(f64, String)>> {
        let mut least = [Least::default(); 2];
        let mut answer = String::new();
        let rounds = rounds(n);
        for run_number in 1..=MOST_RUNS {
            for (mode, least) in least.iter_mut().enumerate() {
                let command = with(
                    &peer.command,
                    [
                        script,
                        name,
                        &n.to_string(),
                        &mode.to_string(),
                        &rounds.to_string(),
                    ],
                );
                let run = measure::run(&command, 10 * self.limit)?;
                if !run.ok {
                    return Ok(None);
                }
                least.add(run.cpu);
                if mode == 1 {
                    answer = run.last_line().to_owned();
                }
            }
            let long = least[1].time > LONG;
            if long || run_number >= LEAST_RUNS && least.iter().all(Least::is_sure) {
                break;
            }
        }
        let [setup, all] = least.map(|least| least.time);
        Ok(Some(((all - setup) / rounds as f64, answer)))
    }
}

/// The least time of several runs, and the next one.
#[derive(Clone, Copy)]
struct Least {
    time: f64,
    second: f64,
}

impl Default for Least {
    fn default() -> Self {
        Least {
            time: f64::INFINITY,
            second: f64::INFINITY,
        }
    }
}

impl Least {
    fn add(&mut self, time: f64) {
        self.second = self.second.min(time.max(self.time));
        self.time = self.time.min(time);
    }

    /// Has it been seen twice, so that it is no accident? A system that has to find memory takes several times longer.
    fn is_sure(&self) -> bool {
        self.second - self.time <= (0.03 * self.time).max(FLOOR / 4.0)
    }
}

/// The least time of one round that says something.
fn floor(n: u64) -> f64 {
    FLOOR / rounds(n) as f64
}

/// How often a size is repeated.
fn rounds(n: u64) -> u64 {
    (REPEAT_TO / n).max(1)
}

/// The sizes whose time is long enough to tell: n, seconds.
fn told(points: &[(u64, Result<f64, char>)]) -> Vec<(f64, f64)> {
    let long = points.iter().filter_map(|(n, time)| {
        let time = time.ok().filter(|time| *time >= floor(*n))?;
        Some((*n as f64, time))
    });
    long.collect()
}

/// The exponent of growth between two sizes: 1 is linear.
fn slope(from: (f64, f64), to: (f64, f64)) -> f64 {
    (to.1 / from.1).ln() / (to.0 / from.0).ln()
}

fn print(name: &str, peer: &str, points: &[(u64, Result<f64, char>)]) -> Option<f64> {
    print!("{name:<18} {peer:<14}");
    for (n, time) in points {
        match time {
            Ok(time) if *time >= floor(*n) => print!("{:>10.0}", time / *n as f64 * 1e9),
            Ok(_) => print!("{:>10}", '.'),
            Err(sign) => print!("{sign:>10}"),
        }
    }
    let slope = match told(points).as_slice() {
        [.., from, to] => Some(slope(*from, *to)),
        _ => None,
    };
    println!(
        "{:>8}",
        slope.map_or(String::new(), |slope| format!("{slope:.2}"))
    );
    slope
}

/// Where our time grows faster than theirs over the widest range of sizes that both can tell.
fn compare(name: &str, ours: &[(f64, f64)], theirs: &[(f64, f64)]) -> Option<String> {
    let at = |points: &[(f64, f64)], n: f64| points.iter().copied().find(|point| point.0 == n);
    let both: Vec<f64> = ours
        .iter()
        .map(|point| point.0)
        .filter(|n| at(theirs, *n).is_some())
        .collect();
    let (low, high) = (*both.first()?, *both.last()?);
    if low == high {
        return None;
    }
    let (ours, theirs) = (
        (at(ours, low)?, at(ours, high)?),
        (at(theirs, low)?, at(theirs, high)?),
    );
    let (our_slope, their_slope) = (slope(ours.0, ours.1), slope(theirs.0, theirs.1));
    // Less than this is noise.
    (our_slope > their_slope.max(1.0) + 0.05).then(|| {
        format!(
            "{name}: {our_slope:.2}, theirs {their_slope:.2}, {low} to {high}; at {high}: {:.0}, {:.0}",
            theirs.1.1 / high * 1e9,
            ours.1.1 / high * 1e9
        )
    })
}

/// With room for the largest sizes, where an interpreter's heap is fixed.
fn roomy(mut peer: Peer) -> Peer {
    match peer.name.as_str() {
        "ferlance" | "micropython" => peer
            .command
            .extend(["-X".to_owned(), "heapsize=512M".to_owned()]),
        "upstream-wasm" => peer
            .command
            .extend(["--heap".to_owned(), (512u64 << 20).to_string()]),
        _ => {}
    }
    peer
}

/// The workloads, from CPython, which is always there.
fn names(script: &str) -> Result<Vec<String>> {
    let run = measure::run(&with(&["python3".to_owned()], [script, "list"]), 60)?;
    Ok(run.text.split_whitespace().map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_is_compared_over_sizes_that_both_can_tell() {
        let linear = [(1e3, 1e-2), (1e4, 1e-1), (1e5, 1.0)];
        let square = [(1e4, 1e-3), (1e5, 1e-1)];
        assert!(
            compare("w", &square, &linear)
                .is_some_and(|line| line.starts_with("w: 2.00, theirs 1.00, 10000 to"))
        );
        assert_eq!(compare("w", &linear, &square), None);
        assert_eq!(compare("w", &linear[..1], &linear), None);
    }
}
