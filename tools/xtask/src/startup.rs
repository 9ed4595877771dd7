//! `startup`: what a program that does nothing costs.

use anyhow::Result;
use clap::Args;

use crate::{
    callgrind,
    measure::{self, with},
    peers::PeerOptions,
    stats, stock,
};

/// Measure start-up: instructions and memory of a program that does nothing.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  cargo xtask startup --only-given")]
pub(crate) struct Startup {
    #[command(flatten)]
    peers: PeerOptions,
}

impl Startup {
    pub(crate) fn run(self) -> Result<()> {
        let nothing = callgrind::instructions(&["true".to_owned()], 60)?.1;
        println!(
            "{:<34}{:>14}{:>10}{:>14}",
            "command", "instructions", "CPU ms", "resident KB"
        );
        println!(
            "{:<34}{nothing:>14}{:>10.2}{:>14}",
            "true",
            1e3 * cpu(&["true".to_owned()])?,
            "-"
        );
        for peer in self.peers.find()? {
            // The wasm build has no -c, and node's own start-up would be what is measured.
            if peer.name == "upstream-wasm" {
                continue;
            }
            let pass = with(&peer.command, ["-c", "pass"]);
            let count = if peer.name == "pypy3" {
                None
            } else {
                Some(callgrind::instructions(&pass, 600)?.1)
            };
            let wait = with(&peer.command, ["-c", "import sys; sys.stdin.read()"]);
            let resident = measure::resident_while_waiting(&wait)? / 1024;
            let count = count.map_or("-".to_owned(), |count| count.to_string());
            println!(
                "{:<34}{count:>14}{:>10.2}{resident:>14}",
                format!("{} -c pass", peer.name),
                1e3 * cpu(&pass)?
            );
        }
        for (variant, count) in stock::STARTUP {
            println!(
                "{:<34}{count:>14}{:>10}{:>14}",
                format!("stock, {variant}"),
                "-",
                stock::RESIDENT / 1024
            );
        }
        Ok(())
    }
}

/// Median CPU seconds of 21 runs.
fn cpu(command: &[String]) -> Result<f64> {
    let costs = (0..21)
        .map(|_| Ok(measure::run(command, 60)?.cpu))
        .collect::<Result<Vec<f64>>>()?;
    Ok(stats::median(&costs))
}
