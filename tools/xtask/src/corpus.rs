//! `corpus`: our compiler against the stock one, byte for byte.

use anyhow::Result;
use clap::Args;

use crate::workspace::{cargo, run};

/// Compile Python files with our compiler and the stock one; bytes and refusals must agree.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask corpus
  cargo xtask corpus -- /usr/lib/python3.11
What follows `--` goes to the program that does it: `cargo run -p ferlance-tests --bin corpus`.")]
pub(crate) struct Corpus {
    /// Folders, files and options for the program; the tests, benches and examples by default.
    #[arg(last = true)]
    arguments: Vec<String>,
}

impl Corpus {
    pub(crate) fn run(self) -> Result<()> {
        let mut command = cargo(["run", "--quiet", "--release", "--package", "ferlance-tests"]);
        command.args(["--bin", "corpus", "--"]);
        if self.arguments.is_empty() {
            command.args(["tests", "benches", "examples", "tools"]);
        }
        run(command.args(&self.arguments))
    }
}
