//! `asan`: the suite under AddressSanitizer.

use anyhow::Result;
use clap::Args;

use crate::{
    peers::path_text,
    workspace::{cargo, run, target_dir},
};

/// Run the suite under AddressSanitizer.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  cargo xtask asan
The unit tests of the crates with unsafe code, then whole programs under an instrumented ferlance.")]
pub(crate) struct Asan {
    /// Packages whose unit tests run.
    #[arg(long, default_values_t = ["ferlance-vm".to_owned(), "ferlance-bytecode".to_owned()])]
    package: Vec<String>,
}

/// Needed even on the host, so that build scripts and macros stay as they are.
const TARGET: &str = "x86_64-unknown-linux-gnu";

impl Asan {
    pub(crate) fn run(self) -> Result<()> {
        let folder = target_dir()?.join("asan");
        let instrumented = |arguments: &[&str]| {
            let mut command = cargo(arguments.iter().copied());
            command
                .args(["--target", TARGET, "--target-dir"])
                .arg(&folder)
                .env("RUSTC_BOOTSTRAP", "1")
                .env("RUSTFLAGS", "-Zsanitizer=address")
                // What lives to the end of the process is not a leak that hurts.
                .env("ASAN_OPTIONS", "detect_leaks=0");
            command
        };
        for package in &self.package {
            run(&mut instrumented(&["test", "--package", package]))?;
        }
        run(&mut instrumented(&[
            "build",
            "--quiet",
            "--package",
            "ferlance-unix",
        ]))?;
        let ferlance = folder.join(TARGET).join("debug/ferlance");
        let mut suite = cargo(["test", "--package", "ferlance-tests", "--no-fail-fast"]);
        suite.args(["--test", "behaviour", "--test", "lang", "--test", "crash"]);
        run(suite
            .env("FERLANCE", path_text(ferlance))
            .env("ASAN_OPTIONS", "detect_leaks=0"))
    }
}
