//! Running one Python program in a process of its own, shut off from everything around it.
//!
//! The script is copied alone into an empty directory and run there by its bare name, because tracebacks contain
//! the name; the environment is empty but for `TZ=UTC`, standard input is empty. This is how the expected outputs
//! were made.

use std::{
    env,
    ffi::{OsStr, OsString},
    fs, io,
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
    time::Duration,
};

use libtest_mimic::Failed;
use wait_timeout::ChildExt;

use crate::{text_diff, workspace};

/// A command that runs a Python file given as its last argument.
#[derive(Debug, Clone)]
pub struct Interpreter {
    command: Vec<OsString>,
    env: Vec<(OsString, OsString)>,
}

/// Bytes of address space for the program under test, whose heap grows as long as there is some: programs that
/// fill it on purpose find its end, and find it soon.
const ADDRESS_SPACE: u64 = 256 << 20;

/// How long a program of the tests may run. None comes near it, also on a machine that has other things to do: what
/// runs into it hangs.
pub const LIMIT: Duration = Duration::from_secs(300);

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// By itself, with this exit code.
    Exit(i32),
    /// By this signal: an abort, a segmentation fault.
    Signal(i32),
    /// It was killed at the time limit.
    TimedOut,
}

/// What a program printed and how it ended.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Standard output, byte for byte.
    pub stdout: Vec<u8>,
    /// Standard error, for the reader of a failure only.
    pub stderr: Vec<u8>,
    /// How it ended.
    pub end: End,
}

impl Outcome {
    /// Why this is not an orderly end: a signal, a Rust panic, the time limit. `None` if all is well; an exit code
    /// other than zero is an orderly end.
    pub fn disorder(&self) -> Option<String> {
        let stderr = String::from_utf8_lossy(&self.stderr);
        match self.end {
            End::Signal(signal) => Some(format!("killed by signal {signal}\n{stderr}")),
            End::TimedOut => Some("ran into the time limit".to_owned()),
            End::Exit(_) if stderr.contains("panicked at") => Some(format!("a panic:\n{stderr}")),
            End::Exit(_) => None,
        }
    }
}

/// The output must be `expected` and the exit code 0.
pub fn compare(outcome: &Outcome, expected: &[u8]) -> Result<(), Failed> {
    if let Some(disorder) = outcome.disorder() {
        return Err(disorder.into());
    }
    if outcome.stdout != expected {
        let stderr = String::from_utf8_lossy(&outcome.stderr);
        return Err(format!("{}{stderr}", text_diff::unified(expected, &outcome.stdout)).into());
    }
    match outcome.end {
        End::Exit(0) => Ok(()),
        end => Err(format!("the output is right, but the end is {end:?}").into()),
    }
}

impl Interpreter {
    /// A command from its words.
    pub fn new(words: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        Self {
            command: words.into_iter().map(Into::into).collect(),
            env: Vec::new(),
        }
    }

    /// The command, for who wants to talk to the process.
    pub fn to_command(&self) -> Command {
        let mut words = self.command.iter();
        let mut command = Command::new(words.next().map_or("".as_ref(), OsString::as_os_str));
        command.args(words);
        command
    }

    /// The same command with one more environment variable.
    pub fn with_env(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    /// The same command, run by another one: `words`, whose last argument it becomes.
    pub fn through(mut self, words: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        self.command.splice(0..0, words.into_iter().map(Into::into));
        self
    }

    /// The same command with options before whatever else it is given.
    pub fn with_options(mut self, options: &[&str]) -> Self {
        self.command.extend(options.iter().map(OsString::from));
        self
    }

    /// The program under test: the words of `$FERLANCE`, or else `ferlance` of this workspace in the profile of
    /// the running test, built first.
    pub fn ferlance() -> Self {
        static FOUND: OnceLock<Interpreter> = OnceLock::new();
        FOUND
            .get_or_init(|| match env::var("FERLANCE") {
                Ok(words) => Self::new(words.split_whitespace()),
                Err(_) => {
                    let limit = format!("--as={ADDRESS_SPACE}");
                    Self::new([
                        "prlimit".into(),
                        limit.into(),
                        build_ferlance().into_os_string(),
                    ])
                }
            })
            .clone()
    }

    /// Run `script` alone in an empty directory.
    pub fn run_alone(&self, script: &Path, limit: Duration) -> io::Result<Outcome> {
        self.run_alone_with(&[], script, limit)
    }

    /// The same, with options before the script.
    pub fn run_alone_with(
        &self,
        options: &[&str],
        script: &Path,
        limit: Duration,
    ) -> io::Result<Outcome> {
        let scratch = tempfile::tempdir()?;
        let name = script
            .file_name()
            .ok_or_else(|| io::Error::other("a script needs a name"))?;
        fs::copy(script, scratch.path().join(name))?;
        let mut args: Vec<OsString> = options.iter().map(OsString::from).collect();
        args.push(name.to_owned());
        self.run_in(scratch.path(), &args, limit)
    }

    /// Run the command with `args` in `directory`.
    pub fn run_in(
        &self,
        directory: &Path,
        args: &[impl AsRef<OsStr>],
        limit: Duration,
    ) -> io::Result<Outcome> {
        let (program, words) = self
            .command
            .split_first()
            .ok_or_else(|| io::Error::other("an empty command"))?;
        // Files, not pipes: a program that prints much cannot block, and one that leaves children behind cannot
        // keep us waiting.
        let out = tempfile::NamedTempFile::new()?;
        let err = tempfile::NamedTempFile::new()?;
        let mut command = Command::new(program);
        command
            .args(words)
            .args(args)
            .current_dir(directory)
            .env_clear()
            .env("TZ", "UTC")
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(out.reopen()?)
            .stderr(err.reopen()?);
        if let Some(options) = env::var_os("ASAN_OPTIONS") {
            command.env("ASAN_OPTIONS", options);
        }
        let mut child = command
            .spawn()
            .map_err(|error| io::Error::other(format!("{}: {error}", program.to_string_lossy())))?;
        let end = match child.wait_timeout(limit)? {
            Some(status) => match (status.code(), status.signal()) {
                (Some(code), _) => End::Exit(code),
                (None, signal) => End::Signal(signal.unwrap_or(0)),
            },
            None => {
                child.kill()?;
                child.wait()?;
                End::TimedOut
            }
        };
        Ok(Outcome {
            stdout: fs::read(out.path())?,
            stderr: fs::read(err.path())?,
            end,
        })
    }
}

/// Build `ferlance` in the profile of the running test and return its path.
fn build_ferlance() -> PathBuf {
    // target/<profile>/deps/<test>-<hash>, or target/<profile>/<program>
    let exe = env::current_exe().expect("a running test has a path");
    let folder = exe.parent().expect("a file lies in a folder");
    let profile_dir = match folder.file_name() {
        Some(name) if name == "deps" => folder.parent().expect("deps lies in target/<profile>"),
        _ => folder,
    };
    let profile = match profile_dir.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => "dev",
        Some(name) => name,
    };
    let status = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        // With the features of the whole workspace it is most likely built already.
        .args(["build", "--quiet", "--workspace", "--bin", "ferlance"])
        .args(["--profile", profile])
        .current_dir(workspace::root())
        .status()
        .expect("cargo runs");
    assert!(status.success(), "ferlance does not build");
    profile_dir.join("ferlance")
}
