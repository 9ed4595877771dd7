//! `cross-check`: the device crates build where there is no std.

use std::process::Command;

use anyhow::Result;
use clap::Args;

use crate::workspace::{self, cargo};

/// One target per kind of board: no atomics, a hardware float unit, RISC-V, a browser.
pub(crate) const TARGETS: [&str; 4] = [
    "thumbv6m-none-eabi",
    "thumbv7em-none-eabihf",
    "riscv32imc-unknown-none-elf",
    "wasm32-unknown-unknown",
];

/// Check that the device crates build for every kind of board.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask cross-check
  cargo xtask cross-check --target thumbv7em-none-eabihf")]
pub(crate) struct CrossCheck {
    /// Targets; all kinds by default.
    #[arg(long = "target")]
    pub targets: Vec<String>,
}

impl CrossCheck {
    pub(crate) fn run(self) -> Result<()> {
        let targets = if self.targets.is_empty() {
            TARGETS.map(str::to_owned).to_vec()
        } else {
            self.targets
        };
        let crates = workspace::device_crates()?;
        for target in targets {
            add_target(&target)?;
            let mut build = cargo(["build", "--quiet", "--lib", "--target", &target]);
            // Whether it builds is asked here, and not how well.
            build.env("CARGO_PROFILE_DEV_OPT_LEVEL", "0");
            build.env("CARGO_PROFILE_DEV_DEBUG", "false");
            build.args(
                crates
                    .iter()
                    .flat_map(|package| ["--package", package.as_str()]),
            );
            workspace::run(&mut build)?;
            println!("{target}: {} crates build", crates.len());
        }
        Ok(())
    }
}

/// Have rustup bring a target's core and alloc.
pub(crate) fn add_target(target: &str) -> Result<()> {
    workspace::run(
        Command::new("rustup")
            .args(["--quiet", "target", "add", target])
            .current_dir(workspace::root()),
    )
}
