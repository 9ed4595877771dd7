//! `fuzz`: the targets of `fuzz/`, by cargo-fuzz on the stable toolchain.

use std::process::Command;

use anyhow::Result;
use clap::Args;

use crate::{
    asan,
    workspace::{root, run, stem},
};

/// Run the fuzz targets.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask setup --fuzz && cargo xtask fuzz
  cargo xtask fuzz --target lexer --seconds 60
A crash is stored under fuzz/artifacts; make it a named file in tests/ when it is mended.")]
pub(crate) struct Fuzz {
    /// Targets; all by default.
    #[arg(long = "target")]
    targets: Vec<String>,
    /// Seconds for each.
    #[arg(long, default_value_t = 600)]
    seconds: u32,
}

impl Fuzz {
    pub(crate) fn run(self) -> Result<()> {
        let targets = if self.targets.is_empty() {
            all()?
        } else {
            self.targets
        };
        for target in targets {
            // What it finds goes into the first folder; the others are only read.
            let found = root().join("fuzz/corpus").join(&target);
            std::fs::create_dir_all(&found)?;
            let mut command = Command::new("cargo");
            command
                .args(["fuzz", "run", &target])
                .arg(found)
                .args(seeds(&target));
            command
                .args(["--", &format!("-max_total_time={}", self.seconds)])
                .args(["-rss_limit_mb=4096", timeout(&target)])
                .current_dir(root())
                // cargo-fuzz wants sanitizers and coverage, which are nightly features of the same compiler.
                .env("RUSTC_BOOTSTRAP", "1")
                .env("RUSTFLAGS", asan::CFG)
                .env("ASAN_OPTIONS", asan::OPTIONS);
            run(&mut command)?;
        }
        Ok(())
    }
}

/// How long an input may take. All back ends, with their checks and the sanitizer's, take their time.
fn timeout(target: &str) -> &'static str {
    match target {
        "native" => "-timeout=120",
        _ => "-timeout=20",
    }
}

/// Folders of good inputs.
fn seeds(target: &str) -> &'static [&'static str] {
    match target {
        "mpy_read" | "verify" => &["tests/vectors/mpy"],
        "native" => &["tests/native", "tests/lang", "tests/crash"],
        _ => &["tests/lang", "tests/vectors/behaviour", "tests/crash"],
    }
}

/// One target per file.
fn all() -> Result<Vec<String>> {
    let mut targets = Vec::new();
    for entry in std::fs::read_dir(root().join("fuzz/fuzz_targets"))? {
        targets.push(stem(&entry?.path()));
    }
    targets.sort();
    Ok(targets)
}
