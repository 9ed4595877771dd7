//! `fuzz`: the targets of `fuzz/`, by cargo-fuzz on the stable toolchain.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Result;
use clap::Args;

use crate::{
    asan,
    workspace::{root, run, stem, target_dir},
};

/// Run the fuzz targets.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask setup --fuzz && cargo xtask fuzz
  cargo xtask fuzz --target lexer --seconds 60
  cargo xtask fuzz --keep
A crash is stored under fuzz/artifacts; make it a named file in tests/ when it is mended. What was found stays in
fuzz/found, which is not committed; --keep takes the few inputs of it that cover something new into fuzz/corpus, which
is.")]
pub(crate) struct Fuzz {
    /// Targets; all by default.
    #[arg(long = "target")]
    targets: Vec<String>,
    /// Seconds for each.
    #[arg(long, default_value_t = 600)]
    seconds: u32,
    /// Take what was found, as far as it covers something new, into fuzz/corpus, and fuzz nothing.
    #[arg(long)]
    keep: bool,
}

impl Fuzz {
    pub(crate) fn run(self) -> Result<()> {
        let targets = if self.targets.is_empty() {
            all()?
        } else {
            self.targets
        };
        for target in targets {
            let found = root().join("fuzz/found").join(&target);
            let corpus = root().join("fuzz/corpus").join(&target);
            for folder in [&found, &corpus] {
                std::fs::create_dir_all(folder)?;
            }
            if self.keep {
                keep(&target, &found, &corpus)?;
                continue;
            }
            // What it finds goes into the first folder; the others are only read.
            let mut command = fuzzer(&target);
            command.args([&found, &corpus]).args(seeds(&target));
            command.args(["--", &format!("-max_total_time={}", self.seconds)]);
            run(command.args(LIMITS).arg(timeout(&target)))?;
        }
        Ok(())
    }
}

const LIMITS: [&str; 1] = ["-rss_limit_mb=4096"];

/// The corpus takes no inputs of more bytes.
const KEPT_BYTES: u64 = 400;

fn fuzzer(target: &str) -> Command {
    let mut command = Command::new("cargo");
    command
        .args(["fuzz", "run", target])
        .current_dir(root())
        // cargo-fuzz wants sanitizers and coverage, which are nightly features of the same compiler.
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTFLAGS", asan::CFG)
        .env("ASAN_OPTIONS", asan::OPTIONS);
    command
}

/// Copies into the corpus the least of what was found that covers what neither the good inputs nor the corpus does.
fn keep(target: &str, found: &Path, corpus: &Path) -> Result<()> {
    let all = target_dir()?.join("fuzz-keep").join(target);
    if all.exists() {
        std::fs::remove_dir_all(&all)?;
    }
    std::fs::create_dir_all(&all)?;
    let known = seeds(target).iter().map(|folder| root().join(folder));
    for folder in known.chain([corpus.to_owned()]) {
        for path in files(&folder)? {
            std::fs::copy(&path, all.join(path.file_name().unwrap_or_default()))?;
        }
    }
    let before = files(&all)?;
    let mut command = fuzzer(target);
    command
        .arg(&all)
        .arg(found)
        .args(["--", "-set_cover_merge=1"]);
    run(command.args(LIMITS).arg(timeout(target)))?;
    for path in files(&all)? {
        if !before.contains(&path) && std::fs::metadata(&path)?.len() <= KEPT_BYTES {
            std::fs::copy(&path, corpus.join(path.file_name().unwrap_or_default()))?;
        }
    }
    Ok(())
}

/// The files of a folder.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_file() {
            files.push(path);
        }
    }
    Ok(files)
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
