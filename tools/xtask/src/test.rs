//! `test`: the tests, with one line of totals at the end.

use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::workspace::{cargo, shown};

/// Run the tests, all or of one package.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask test
  cargo xtask test --package ferlance-vm
  cargo xtask test --package ferlance-tests -- --test behaviour lang_")]
pub(crate) struct Test {
    /// Packages; the workspace by default.
    #[arg(long)]
    package: Vec<String>,
    /// Arguments for `cargo test`.
    #[arg(last = true)]
    arguments: Vec<String>,
}

/// Tests that passed and failed.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Totals {
    pub passed: u64,
    pub failed: u64,
}

impl Test {
    pub(crate) fn run(self) -> Result<()> {
        let mut command = cargo(["test", "--no-fail-fast"]);
        if self.package.is_empty() {
            command.arg("--workspace");
        }
        command.args(
            self.package
                .iter()
                .flat_map(|package| ["--package", package]),
        );
        command.args(&self.arguments);
        let (totals, ok) = count(&mut command)?;
        println!("{} passed, {} failed", totals.passed, totals.failed);
        ensure!(ok && totals.failed == 0, "tests failed");
        Ok(())
    }
}

/// Run a test command, pass on what it prints, add up its `test result:` lines; whether it succeeded.
pub(crate) fn count(command: &mut Command) -> Result<(Totals, bool)> {
    eprintln!("$ {}", shown(command));
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| shown(command))?;
    let mut totals = Totals::default();
    let out = child
        .stdout
        .take()
        .context("the child has a standard output")?;
    for line in BufReader::new(out).split(b'\n') {
        let line = String::from_utf8_lossy(&line?).into_owned();
        add(&mut totals, &line);
        println!("{line}");
    }
    Ok((totals, child.wait()?.success()))
}

/// `test result: ok. 13 passed; 0 failed; …`
fn add(totals: &mut Totals, line: &str) {
    let Some(result) = line.strip_prefix("test result: ") else {
        return;
    };
    let number = |what: &str| -> u64 {
        let words: Vec<&str> = result
            .split([' ', ';'])
            .filter(|word| !word.is_empty())
            .collect();
        let at = words.iter().position(|word| *word == what).unwrap_or(0);
        at.checked_sub(1)
            .and_then(|at| words[at].parse().ok())
            .unwrap_or(0)
    };
    totals.passed += number("passed");
    totals.failed += number("failed");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_add_up() {
        let mut totals = Totals::default();
        add(
            &mut totals,
            "test result: ok. 13 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out",
        );
        add(
            &mut totals,
            "test result: FAILED. 128 passed; 21 failed; 0 ignored",
        );
        add(&mut totals, "running 5 tests");
        assert_eq!(
            totals,
            Totals {
                passed: 141,
                failed: 21
            }
        );
    }
}
