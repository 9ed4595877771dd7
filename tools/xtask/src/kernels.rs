//! `kernels`: the integer kernels of `benches/kernels`, which time themselves.
//!
//! Each file prints `NAME checksum microseconds` for the kernel alone; the least of the rounds counts, and the
//! checksums of one kernel agree across all forms.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::{
    measure::{self, Words, with},
    peers::{Peer, PeerOptions, answers, path_text},
    workspace,
};

/// Compare speed over the integer kernels in benches/kernels.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask kernels
  cargo xtask kernels --rounds 25 --peer micropython=/opt/mpy/micropython")]
pub(crate) struct Kernels {
    #[command(flatten)]
    peers: PeerOptions,
    /// Runs of each, of which the quickest counts.
    #[arg(long, default_value_t = 9)]
    rounds: usize,
}

/// Microseconds by kernel, or why there are none.
type Column = BTreeMap<String, Result<f64, String>>;

impl Kernels {
    pub(crate) fn run(self) -> Result<()> {
        let folder = workspace::root().join("benches/kernels");
        let files = workspace::python_files(&folder)?;
        let plain: Vec<_> = files
            .iter()
            .filter(|path| workspace::stem(path).ends_with("_plain"))
            .collect();
        let mut checksums = BTreeMap::new();
        let mut columns: Vec<(String, Column)> = Vec::new();
        let mut runs: Vec<(usize, String, Words)> = Vec::new();
        for Peer { name, command } in self.peers.find()? {
            for file in &plain {
                let run = with(&command, [path_text(*file)]);
                runs.push((columns.len(), kernel_name(file), run));
            }
            columns.push((name, Column::new()));
        }
        for (program, script) in [("lua5.4", "kernels.lua"), ("luajit", "kernels_luajit.lua")] {
            if answers(program) {
                let script = path_text(folder.join("lua").join(script));
                let run = vec![program.to_owned(), script];
                runs.push((columns.len(), program.to_owned(), run));
                columns.push((program.to_owned(), Column::new()));
            }
        }
        // Everybody in each round, so that a busy spell of the machine meets all of them.
        for _ in 0..self.rounds {
            for (at, name, command) in &runs {
                measure_once(command, name, &mut columns[*at].1, &mut checksums)?;
            }
        }
        print(&columns);
        Ok(())
    }
}

/// Run a command that prints one line per kernel. `name`: the kernel to blame if it fails.
fn measure_once(
    command: &[String],
    name: &str,
    column: &mut Column,
    checksums: &mut BTreeMap<String, String>,
) -> Result<()> {
    let run = measure::run(command, 120)?;
    if !run.ok {
        column.insert(name.to_owned(), Err("fails".to_owned()));
        return Ok(());
    }
    for line in run.text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [kernel, checksum, time] = words.as_slice() else {
            continue;
        };
        let known = checksums
            .entry((*kernel).to_owned())
            .or_insert_with(|| (*checksum).to_owned());
        ensure!(
            known == checksum,
            "{}: {kernel} gives {checksum}, not {known}",
            command.join(" ")
        );
        let time: f64 = time.parse().context("microseconds")?;
        let best = column.entry((*kernel).to_owned()).or_insert(Ok(time));
        if let Ok(best) = best {
            *best = best.min(time);
        }
    }
    Ok(())
}

fn kernel_name(path: &std::path::Path) -> String {
    workspace::stem(path).trim_end_matches("_plain").to_owned()
}

fn print(columns: &[(String, Column)]) {
    print!("{:<10}", "kernel, µs");
    for (name, _) in columns {
        print!("{name:>14}");
    }
    println!("{:>14}", "÷ lua5.4");
    let kernels: std::collections::BTreeSet<&String> = columns
        .iter()
        .flat_map(|(_, column)| column.keys())
        .collect();
    for kernel in kernels {
        print!("{kernel:<10}");
        for (_, column) in columns {
            match column.get(kernel) {
                Some(Ok(time)) => print!("{time:>14.0}"),
                Some(Err(why)) => print!("{why:>14}"),
                None => print!("{:>14}", "-"),
            }
        }
        let time = |name: &str| {
            let (_, column) = columns.iter().find(|(peer, _)| peer == name)?;
            column.get(kernel)?.as_ref().ok().copied()
        };
        match time("ferlance").zip(time("lua5.4")) {
            Some((ours, theirs)) => println!("{:>14.2}", ours / theirs),
            None => println!("{:>14}", "-"),
        }
    }
}
