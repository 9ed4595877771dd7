//! Executed instructions, by valgrind's callgrind: figures that do not depend on what else the machine does.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context, Result, bail};

use crate::measure::{self, Run, with};

/// Instructions executed by a command, with what it printed.
pub(crate) fn instructions(command: &[String], limit: u32) -> Result<(Run, u64)> {
    let out = tempfile::NamedTempFile::new()?;
    let run = run(command, limit, out.path())?;
    let text = fs::read_to_string(out.path())?;
    Ok((run, total(&text)?))
}

/// Instructions of each function itself, without those that it calls.
pub(crate) fn by_function(command: &[String], limit: u32) -> Result<BTreeMap<String, u64>> {
    let out = tempfile::NamedTempFile::new()?;
    run(command, limit, out.path())?;
    let text = fs::read_to_string(out.path())?;
    let counts = functions(&text);
    let (found, expected) = (counts.values().sum::<u64>(), total(&text)?);
    anyhow::ensure!(
        found == expected,
        "the functions have {found} instructions of {expected}"
    );
    Ok(counts)
}

fn run(command: &[String], limit: u32, out: &Path) -> Result<Run> {
    let option = format!("--callgrind-out-file={}", out.display());
    let valgrind = ["valgrind".to_owned(), "--tool=callgrind".to_owned(), option];
    measure::run_with_stderr(&with(&valgrind, command), limit, false)
}

/// The total in callgrind's output.
fn total(text: &str) -> Result<u64> {
    for line in text.lines() {
        if let Some(count) = line
            .strip_prefix("summary:")
            .or_else(|| line.strip_prefix("totals:"))
        {
            let count = count.split_whitespace().next();
            return count.unwrap_or("").parse().context("callgrind's total");
        }
    }
    bail!("no total from callgrind: is valgrind installed? (`cargo xtask setup`)")
}

/// Reads callgrind's format: `fn=(number) name` begins a function, the name given the first time only; a line of
/// position and cost belongs to it, unless a line `calls=` stands before.
fn functions(text: &str) -> BTreeMap<String, u64> {
    let mut names: BTreeMap<&str, &str> = BTreeMap::new();
    let mut counts = BTreeMap::new();
    let (mut function, mut is_callee) = ("", false);
    for line in text.lines() {
        if let Some((key, value)) = line.split_once('=')
            && ["fn", "cfn", "calls"].contains(&key)
        {
            let (number, name) = value.split_once(' ').unwrap_or((value, ""));
            match key {
                "calls" => is_callee = true,
                _ if !name.is_empty() => _ = names.insert(number, name),
                _ => {}
            }
            if key == "fn" {
                function = number;
            }
        } else if line.starts_with(|c: char| c.is_ascii_digit() || "+-*".contains(c)) {
            let cost = line.split(' ').nth(1).and_then(|cost| cost.parse().ok());
            if !std::mem::take(&mut is_callee) {
                *counts.entry(function).or_insert(0) += cost.unwrap_or(0u64);
            }
        }
    }
    let mut named = BTreeMap::new();
    for (number, count) in counts {
        *named.entry(names[number].to_owned()).or_insert(0) += count;
    }
    named
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_function_calls_is_not_its_own() {
        let text = "positions: line\nevents: Ir\nfl=(1) a.rs\nfn=(1) main\n10 5\n+1 2\ncfn=(2) helper\ncalls=3 20\n12 30\n* 1\n\n\
            fn=(2)\n20 28\nfi=(2) b.rs\n7 2\n\nfn=(1)\n9 1\nsummary: 39\n";
        let expected = [("helper".to_owned(), 30), ("main".to_owned(), 9)];
        assert_eq!(functions(text), expected.into());
        assert_eq!(total(text).unwrap(), 39);
    }
}
