//! `random-programs`: the emitters compared on random programs.

use anyhow::Result;
use clap::Args;

use crate::workspace::{cargo, run};

/// Compare bytecode, native and viper on random programs; what differs is made smaller and shown.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask random-programs --count 100000              a night's run
  cargo xtask random-programs --count 1000 --board armv7m
  cargo xtask random-programs --first 4711 --count 1      one program again")]
pub(crate) struct RandomPrograms {
    /// How many.
    #[arg(long, default_value_t = 2000)]
    count: u64,
    /// The number of the first.
    #[arg(long, default_value_t = 0)]
    first: u64,
    /// Give up after so many differences.
    #[arg(long, default_value_t = 10)]
    most: u64,
    /// On an emulated board instead of in place; its bytecode must log what bytecode logs here.
    #[arg(long)]
    board: Option<String>,
    /// How native code is made: `small`, `pieces`; `hot`, of functions without decorators; `file`, by the cross compiler
    /// for any firmware.
    #[arg(long)]
    native: Option<String>,
}

impl RandomPrograms {
    pub(crate) fn run(self) -> Result<()> {
        let mut command = cargo(["run", "--quiet", "--profile", "fast"]);
        command.args([
            "--package",
            "ferlance-tests",
            "--bin",
            "random_programs",
            "--",
        ]);
        for (name, value) in [
            ("--count", self.count),
            ("--first", self.first),
            ("--most", self.most),
        ] {
            command.args([name, &value.to_string()]);
        }
        if let Some(board) = self.board {
            command.args(["--board", &board]);
        }
        if let Some(native) = self.native {
            command.args(["--native", &native]);
        }
        run(&mut command)
    }
}
