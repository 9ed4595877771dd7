//! One process and what it cost: CPU time and peak memory, from the kernel.

use std::{
    fs::{self, File},
    io::{Read, Seek},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use wait4::Wait4;

/// What a process printed and cost.
pub(crate) struct Run {
    /// Did it exit with 0?
    pub ok: bool,
    /// User and system time, seconds.
    pub cpu: f64,
    /// From its start to its end, seconds.
    pub elapsed: f64,
    /// Largest resident set, bytes. At least that of this program, whose memory a child holds until it starts.
    pub peak_rss: u64,
    /// Standard output and standard error together.
    pub text: String,
}

impl Run {
    /// The last line that is not empty.
    pub(crate) fn last_line(&self) -> &str {
        self.text.trim_end().lines().last().unwrap_or("")
    }
}

/// A command: a program and its arguments.
pub(crate) type Words = Vec<String>;

/// Words from text, at spaces.
pub(crate) fn words(text: &str) -> Words {
    text.split_whitespace().map(str::to_owned).collect()
}

/// `command` with more arguments.
pub(crate) fn with<S: AsRef<str>>(command: &[String], more: impl IntoIterator<Item = S>) -> Words {
    command
        .iter()
        .cloned()
        .chain(more.into_iter().map(|word| word.as_ref().to_owned()))
        .collect()
}

/// Run a command to its end, or kill it after `limit` seconds (then it is not `ok`).
pub(crate) fn run(command: &[String], limit: u32) -> Result<Run> {
    run_with_stderr(command, limit, true)
}

/// `stderr`: whether it belongs to the text.
pub(crate) fn run_with_stderr(command: &[String], limit: u32, stderr: bool) -> Result<Run> {
    let mut out = tempfile::tempfile()?;
    let errors = if stderr {
        Stdio::from(out.try_clone()?)
    } else {
        Stdio::null()
    };
    // `timeout` is a small process that only waits: what it costs is start-up, which the callers take off.
    let start = Instant::now();
    let child = Command::new("timeout")
        .args(["--signal=KILL", &limit.to_string()])
        .args(command)
        .stdin(Stdio::null())
        .stdout(out.try_clone()?)
        .stderr(errors)
        .spawn()
        .with_context(|| command.join(" "))?;
    let used = child.wait4()?;
    let elapsed = start.elapsed().as_secs_f64();
    out.rewind()?;
    Ok(Run {
        ok: used.status.success(),
        cpu: seconds(used.rusage.utime) + seconds(used.rusage.stime),
        elapsed,
        peak_rss: used.rusage.maxrss,
        text: read_lossy(&mut out)?,
    })
}

fn seconds(duration: Duration) -> f64 {
    duration.as_secs_f64()
}

fn read_lossy(file: &mut File) -> Result<String> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Peak resident set, in bytes, of a program that waits for its standard input: its own and no other's, unlike
/// [`Run::peak_rss`].
pub(crate) fn resident_while_waiting(command: &[String]) -> Result<u64> {
    let (program, arguments) = command.split_first().context("an empty command")?;
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| command.join(" "))?;
    // Long enough for every interpreter here to have come to its read.
    std::thread::sleep(Duration::from_millis(700));
    let status = fs::read_to_string(format!("/proc/{}/status", child.id()))?;
    drop(child.stdin.take());
    child.wait()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .context("the program ended early")?;
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kilobytes * 1024)
}
