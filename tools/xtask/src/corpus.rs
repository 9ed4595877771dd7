//! `corpus`: our cross compiler against the stock one, byte for byte, over every Python file at hand.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::{
    measure::{self, Words, with},
    peers::path_text,
    setup, workspace,
};

/// Compile every Python file of the workspace with our cross compiler and the stock one; the bytes must agree.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask corpus
  cargo xtask corpus /usr/lib/python3.11
  cargo xtask corpus --option=-O2 --option=-march=armv7m
Sources that the stock compiler refuses must be refused with the same message.")]
pub(crate) struct Corpus {
    /// Folders or files; the workspace by default.
    paths: Vec<PathBuf>,
    /// An option for both compilers.
    #[arg(long, allow_hyphen_values = true)]
    option: Vec<String>,
    /// Cargo profile of our compiler.
    #[arg(long, default_value = "release")]
    profile: String,
}

/// What a compiler made of a source.
#[derive(PartialEq)]
enum Made {
    Bytes(Vec<u8>),
    Refused(String),
}

impl Corpus {
    pub(crate) fn run(self) -> Result<()> {
        let stock =
            setup::stock_mpy_cross().context("no stock mpy-cross: run `cargo xtask setup`")?;
        let ours = path_text(workspace::build("mpy-cross", "mpy-cross", &self.profile)?);
        // A small default heap of the stock compiler is not what is compared.
        let stock = with(&[stock], ["-X", "heapsize=512M"]);
        let folder = tempfile::tempdir()?;
        let (mut same, mut refused, mut differing) = (0, 0, Vec::new());
        for path in self.sources()? {
            let theirs = self.compile(&stock, &path, folder.path())?;
            let made = self.compile(std::slice::from_ref(&ours), &path, folder.path())?;
            match (&theirs, &made) {
                (Made::Bytes(a), Made::Bytes(b)) if a == b => same += 1,
                (Made::Refused(a), Made::Refused(b)) if a == b => refused += 1,
                _ => {
                    println!(
                        "differs: {}\n  stock: {}\n  ours:  {}",
                        path.display(),
                        shown(&theirs),
                        shown(&made)
                    );
                    differing.push(path);
                }
            }
        }
        println!(
            "{same} the same, {refused} refused alike, {} differ",
            differing.len()
        );
        ensure!(differing.is_empty(), "the compilers differ");
        Ok(())
    }

    fn sources(&self) -> Result<Vec<PathBuf>> {
        let root = workspace::root();
        let folders = ["tests", "benches", "tools", "examples"].map(|folder| root.join(folder));
        let paths = if self.paths.is_empty() {
            folders.to_vec()
        } else {
            self.paths.clone()
        };
        let mut sources = Vec::new();
        for path in paths.iter().filter(|path| path.exists()) {
            if path.is_dir() {
                sources.extend(workspace::python_files(path)?)
            } else {
                sources.push(path.clone())
            }
        }
        sources.retain(|path| {
            !path
                .components()
                .any(|part| part.as_os_str() == "node_modules" || part.as_os_str() == "venv")
        });
        Ok(sources)
    }

    fn compile(&self, compiler: &[String], source: &Path, folder: &Path) -> Result<Made> {
        let object = folder.join("out.mpy");
        let _ = fs::remove_file(&object);
        let mut command: Words = with(compiler, &self.option);
        // The source's name goes into the file: the same for both.
        command.extend(["-s", "name.py", "-o"].map(str::to_owned));
        command.extend([path_text(&object), path_text(source)]);
        let run = measure::run(&command, 120)?;
        Ok(if run.ok {
            Made::Bytes(fs::read(&object).with_context(|| command.join(" "))?)
        } else {
            Made::Refused(run.text.trim_end().to_owned())
        })
    }
}

fn shown(made: &Made) -> String {
    match made {
        Made::Bytes(bytes) => format!("{} bytes", bytes.len()),
        Made::Refused(why) => why
            .lines()
            .last()
            .unwrap_or("refused without a word")
            .to_owned(),
    }
}
