//! `corpus` and `soup`: our compiler against the stock one, byte for byte.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use crate::workspace::{cargo, run};

/// Compile Python files with our compiler and the stock one; bytes and refusals must agree.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask corpus
  cargo xtask corpus -- -O 3 tests
  cargo xtask corpus -- /usr/lib/python3.11
What follows `--` goes to the program that does it: `cargo run -p ferlance-tests --bin corpus`. Without a folder it is
every Python file of the workspace, and of the library and tests of every CPython of the machine.")]
pub(crate) struct Corpus {
    /// Folders, files and options for the program.
    #[arg(last = true)]
    arguments: Vec<String>,
}

impl Corpus {
    pub(crate) fn run(self) -> Result<()> {
        let mut command = program("corpus");
        command.args(&self.arguments);
        if !self.arguments.iter().any(|argument| is_folder(argument)) {
            command.args(["tests", "benches", "examples", "tools"]);
            command.args(libraries());
        }
        run(&mut command)
    }
}

/// Not an option or its value.
fn is_folder(argument: &str) -> bool {
    !argument.starts_with('-') && argument.parse::<u8>().is_err()
}

/// The standard libraries of the CPythons that are installed: by the system, by hand, by pyenv.
fn libraries() -> Vec<PathBuf> {
    let mut places: Vec<PathBuf> = vec!["/usr/lib".into(), "/usr/local/lib".into()];
    let pyenv = std::env::var_os("PYENV_ROOT").map(PathBuf::from);
    let pyenv = pyenv.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".pyenv")));
    if let Some(pyenv) = pyenv {
        places.extend(folders(&pyenv.join("versions"), "").map(|version| version.join("lib")));
    }
    let mut found: Vec<PathBuf> = places
        .iter()
        .flat_map(|place| folders(place, "python"))
        .filter(|library| library.join("os.py").is_file())
        .collect();
    found.sort();
    found
}

/// Folders in `place` whose names begin so.
fn folders(place: &std::path::Path, start: &'static str) -> impl Iterator<Item = PathBuf> + use<> {
    let entries = std::fs::read_dir(place).into_iter().flatten().flatten();
    entries
        .filter(move |entry| entry.file_name().to_string_lossy().starts_with(start))
        .map(|entry| entry.path())
}

/// Compile sources of no meaning, made from seeds, with our compiler and the stock one.
#[derive(Debug, Args)]
pub(crate) struct Soup {
    /// How many.
    #[arg(default_value_t = 10_000)]
    count: u64,
    /// The first seed.
    #[arg(default_value_t = 0)]
    seed: u64,
}

impl Soup {
    pub(crate) fn run(self) -> Result<()> {
        run(program("soup").args([self.count.to_string(), self.seed.to_string()]))
    }
}

fn program(name: &str) -> std::process::Command {
    let mut command = cargo([
        "run",
        "--quiet",
        "--profile=fast",
        "--package=ferlance-tests",
    ]);
    command.args(["--bin", name, "--"]);
    command
}
