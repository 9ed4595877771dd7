//! `bless`: rewrite stored outputs.
//!
//! A program of `tests/lang` or `examples` that names oracles is blessed from the first of them; one that names none, and our
//! own output of a vector listed in `docs/differences.md`, from ferlance. Upstream's outputs of the behaviour
//! vectors are never rewritten.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::{
    measure::Words,
    peers::{self, path_text},
    workspace,
};

/// Rewrite stored outputs from the oracles and from ferlance. Read the diff before you commit it.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask bless && git diff tests
  cargo xtask bless --only strings")]
pub(crate) struct Bless {
    /// Programs, by name.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
}

impl Bless {
    pub(crate) fn run(self) -> Result<()> {
        let root = workspace::root();
        let mut programs = workspace::python_files(&root.join("tests/lang"))?;
        programs.extend(workspace::python_files(&root.join("examples"))?);
        for program in programs {
            if self.wants(&program) {
                let command = oracle(&fs::read_to_string(&program)?)?;
                store(&output(&command, &program)?, &with_suffix(&program, ".exp"))?;
            }
        }
        for vector in workspace::python_files(&root.join("tests/vectors/behaviour"))? {
            let ours = with_suffix(&vector, ".ferlance.exp");
            if ours.exists() && self.wants(&vector) {
                store(&output(&peers::ferlance("dev")?.command, &vector)?, &ours)?;
            }
        }
        Ok(())
    }

    fn wants(&self, program: &Path) -> bool {
        self.only.is_empty() || self.only.contains(&workspace::stem(program))
    }
}

/// The command that knows the answer of a program with this header.
fn oracle(source: &str) -> Result<Words> {
    let agree = source
        .lines()
        .find_map(|line| line.strip_prefix("#! agree: "))
        .unwrap_or("");
    match agree.split_whitespace().next() {
        Some("cpython") => Ok([
            peers::cpython().context("no python3")?.command,
            vec!["-I".to_owned()],
        ]
        .concat()),
        Some("upstream") => Ok(vec![
            "node".to_owned(),
            path_text(workspace::root().join("tools/upstream/run.mjs")),
        ]),
        _ => Ok(peers::ferlance("dev")?.command),
    }
}

/// What a program prints when it runs alone in an empty folder, as the tests run it.
fn output(command: &[String], program: &Path) -> Result<Vec<u8>> {
    let scratch = tempfile::tempdir()?;
    let name = program.file_name().context("a program has a name")?;
    fs::copy(program, scratch.path().join(name))?;
    let output = std::process::Command::new(&command[0])
        .args(&command[1..])
        .arg(name)
        .current_dir(scratch.path())
        .env("TZ", "UTC")
        .stdin(std::process::Stdio::null())
        .output()?;
    ensure!(
        output.status.success(),
        "{}: {}",
        program.display(),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(output.stdout)
}

fn store(bytes: &[u8], path: &Path) -> Result<()> {
    if fs::read(path).ok().as_deref() != Some(bytes) {
        println!("changed: {}", path.display());
        fs::write(path, bytes)?;
    }
    Ok(())
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
