//! `miri`: unit tests of the crates with unsafe code, interpreted by Miri.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::workspace::{root, run};

/// Run unit tests of the heap and of the bytecode reader under Miri.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  cargo xtask miri
Needs a nightly compiler with the components miri and rust-src, which are installed if they are not there.
Whole programs are for `cargo xtask asan`: Miri would take days for them, and knows no machine stack to scan.")]
pub(crate) struct Miri {
    /// Toolchain with Miri.
    #[arg(long, default_value = "nightly")]
    toolchain: String,
}

/// A package, which of its tests run, and which of those do not: they would take hours, or read machine registers.
const TESTS: [(&str, &str, &[&str]); 2] = [
    (
        "ferlance-bytecode",
        "",
        &[
            "every_allocation_may_fail",
            "overlong_and_misdirected_jumps",
            "made_to_be_slow",
        ],
    ),
    (
        "ferlance-vm",
        "gc::tests::",
        &[
            "gc::tests::cost",
            "a_list_of_a_million_needs_one_stack_entry",
            "registers",
        ],
    ),
];

/// Words may be addresses, which is what a conservative collector lives on.
const FLAGS: &str = "-Zmiri-disable-isolation -Zmiri-permissive-provenance";

impl Miri {
    pub(crate) fn run(self) -> Result<()> {
        self.install()?;
        for (package, filter, skipped) in TESTS {
            let mut command = Command::new("rustup");
            command
                .args(["run", &self.toolchain, "cargo", "miri", "test"])
                .args(["--package", package, "--lib", "--", filter])
                .args(skipped.iter().flat_map(|name| ["--skip", name]))
                .env("MIRIFLAGS", FLAGS)
                .current_dir(root());
            // Those of this run's own toolchain would come before.
            for name in ["CARGO", "RUSTC", "RUSTUP_TOOLCHAIN"] {
                command.env_remove(name);
            }
            run(&mut command)?;
        }
        Ok(())
    }

    fn install(&self) -> Result<()> {
        let there = Command::new("rustup")
            .args(["run", &self.toolchain, "cargo", "miri", "--version"])
            .output()
            .context("rustup")?;
        if there.status.success() {
            return Ok(());
        }
        let status = Command::new("rustup")
            .args(["toolchain", "install", &self.toolchain])
            .args(["--profile", "minimal", "--no-self-update"])
            .args(["--component", "miri", "--component", "rust-src"])
            .status()
            .context("rustup")?;
        ensure!(
            status.success(),
            "rustup has no Miri for {}; another day's nightly may have it: --toolchain nightly-YYYY-MM-DD",
            self.toolchain
        );
        Ok(())
    }
}
