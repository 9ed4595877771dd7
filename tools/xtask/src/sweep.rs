//! `sweep`: every allocation failure, without strides.

use anyhow::Result;
use clap::Args;

use crate::workspace::{cargo, run};

/// Fail every single allocation of the sweep programs in turn.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  cargo xtask sweep
`cargo test` does the same in strides.")]
pub(crate) struct Sweep {}

impl Sweep {
    pub(crate) fn run(self) -> Result<()> {
        let mut command = cargo(["test", "--package", "ferlance-tests", "--test", "sweeps"]);
        run(command.env("FERLANCE_SWEEP", "full"))
    }
}
