//! Command lines under our `mpy-cross` and the released one: the same status, output, complaints and files.
//!
//! Without the released tool they show as ignored; `cargo xtask setup` brings it.

mod command_lines;

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use ferlance_tests::oracle::mpy_cross;
use libtest_mimic::{Arguments, Failed, Trial};

use command_lines::{FILES, LINES, NATIVE, NO_TEXT};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let stock = mpy_cross::find();
    let mut trials = Vec::new();
    for line in LINES {
        let args: Vec<Vec<u8>> = line.iter().map(|arg| arg.as_bytes().to_vec()).collect();
        trials.push(trial(format!("{line:?}"), args, stock));
    }
    for line in NO_TEXT {
        let args: Vec<Vec<u8>> = line.iter().map(|arg| arg.to_vec()).collect();
        let name: Vec<String> = line
            .iter()
            .map(|arg| arg.escape_ascii().to_string())
            .collect();
        trials.push(trial(format!("{name:?}"), args, stock));
    }
    for line in NATIVE {
        let args: Vec<Vec<u8>> = line.iter().map(|arg| arg.as_bytes().to_vec()).collect();
        let test = move || {
            let stock = stock.ok_or("the released tool is not on this machine")?;
            let header = |tool: &Path| header(&outcome(tool, &args)?);
            let ours = header(Path::new(env!("CARGO_BIN_EXE_mpy-cross")))?;
            let theirs = header(stock)?;
            match ours == theirs {
                true => Ok(()),
                false => Err(Failed::from(format!("ours:  {ours}\nstock: {theirs}"))),
            }
        };
        let trial = Trial::test(format!("header {line:?}"), test);
        trials.push(trial.with_ignored_flag(stock.is_none()));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// What stands before the names in the file that a tool made of `n.py`: format, architecture, bits of a small int, and
/// flags if the architecture's byte says that there are some.
fn header(outcome: &Outcome) -> Result<String, Failed> {
    let bytes = outcome.raw.get("n.mpy").ok_or("there is no file")?;
    let flags = bytes.get(2).is_some_and(|feature| feature & 0x40 != 0);
    let header = bytes.get(..if flags { 5 } else { 4 });
    Ok(format!("{:02x?}", header.ok_or("the file is short")?))
}

fn trial(name: String, args: Vec<Vec<u8>>, stock: Option<&'static Path>) -> Trial {
    let test = move || {
        let stock =
            stock.ok_or("the released tool is not on this machine: run `cargo xtask setup`")?;
        let ours = outcome(Path::new(env!("CARGO_BIN_EXE_mpy-cross")), &args)?;
        let theirs = outcome(stock, &args)?;
        match ours == theirs {
            true => Ok(()),
            false => Err(Failed::from(format!("ours:  {ours:?}\nstock: {theirs:?}"))),
        }
    };
    Trial::test(name, test).with_ignored_flag(stock.is_none())
}

#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    status: Option<i32>,
    stdout: String,
    stderr: String,
    /// Every file of the folder afterwards.
    files: BTreeMap<String, String>,
    /// Their bytes.
    raw: BTreeMap<String, Vec<u8>>,
}

/// Runs a tool in a new folder with [`FILES`].
fn outcome(tool: &Path, args: &[Vec<u8>]) -> io::Result<Outcome> {
    let folder = tempfile::tempdir()?;
    fs::create_dir(folder.path().join("dir"))?;
    for (name, text) in FILES {
        fs::write(folder.path().join(name), text)?;
    }
    let mut command = Command::new(tool);
    #[cfg(unix)]
    {
        use std::ffi::OsStr;
        use std::os::unix::{ffi::OsStrExt, process::CommandExt};
        command.arg0("mpy-cross");
        command.args(args.iter().map(|arg| OsStr::from_bytes(arg)));
        fs::write(folder.path().join(OsStr::from_bytes(b"\xff.py")), "x = 1\n")?;
    }
    let mut child = command
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // It may end without reading.
        let _ = stdin.write_all(b"x = 1\n");
    }
    let output = child.wait_with_output()?;
    let mut raw = BTreeMap::new();
    collect(folder.path(), "", &mut raw)?;
    let text = |bytes: &Vec<u8>| bytes.escape_ascii().to_string();
    let files = raw.iter().map(|(name, bytes)| (name.clone(), text(bytes)));
    let stdout = output.stdout.escape_ascii().to_string();
    Ok(Outcome {
        status: output.status.code(),
        stdout: without_date(&stdout),
        stderr: output.stderr.escape_ascii().to_string(),
        files: files.collect(),
        raw,
    })
}

fn collect(folder: &Path, prefix: &str, files: &mut BTreeMap<String, Vec<u8>>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!(
            "{prefix}{}",
            entry.file_name().as_encoded_bytes().escape_ascii()
        );
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), &format!("{name}/"), files)?;
        } else {
            files.insert(name, fs::read(entry.path())?);
        }
    }
    Ok(())
}

/// The line of `--version` without the day of the build.
fn without_date(text: &str) -> String {
    match (text.split_once(" on "), text.split_once("; ")) {
        (Some((version, _)), Some((_, format))) if text.starts_with("MicroPython v") => {
            format!("{version}; {format}")
        }
        _ => text.to_owned(),
    }
}
