//! The `mpy-cross` command: Python source to `.mpy` files, with the command line, outputs and texts of the stock tool.
//!
//! On a terminal an error is also shown in its source line, with a hint; elsewhere standard error holds what the
//! stock tool would write and nothing else.
#![forbid(unsafe_code)]

mod args;
mod help;
mod output;
mod path;
mod render;
mod threads;

use std::ffi::OsString;
use std::fs;
use std::io::{self, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use ferlance_abi::qstr::Pool;
use ferlance_compiler::explain;
use ferlance_compiler::{Mode, Options, compile, write_report};
use mpy_cross::listing::listing;
use mpy_cross::machine::Machines;

use args::{Command, Job, Refusal};
use output::OutputError;
use threads::Threads;

fn main() -> ExitCode {
    let mut args = std::env::args_os();
    let program = args.next().unwrap_or_else(|| OsString::from("mpy-cross"));
    let program = program.to_string_lossy();
    let args: Vec<OsString> = args.collect();
    match args::parse(&args) {
        Ok(Command::Compile(job)) => run(&job),
        Ok(Command::Version) => say(&format!("{}\n", help::VERSION), ExitCode::SUCCESS),
        Ok(Command::Help) => say(&help::help(&program), ExitCode::SUCCESS),
        Ok(Command::Completions(shell)) => say(&help::completions(shell), ExitCode::SUCCESS),
        Err(Refusal::Usage) => say(&help::usage(&program), ExitCode::FAILURE),
        Err(Refusal::Message(line)) => complain(&format!("{line}\n")),
    }
}

/// Prints on standard output.
fn say(text: &str, status: ExitCode) -> ExitCode {
    match output::write_stdout(text.as_bytes()) {
        Ok(()) => status,
        Err(_) => ExitCode::FAILURE,
    }
}

/// Prints on standard error.
fn complain(text: &str) -> ExitCode {
    // If standard error is gone, the status still tells.
    let _ = io::stderr().write_all(text.as_bytes());
    ExitCode::FAILURE
}

fn run(job: &Job) -> ExitCode {
    let from_stdin = job.input == "-";
    let path = path::with_slashes(&job.input);
    let read = match from_stdin {
        true => read_stdin(),
        false => read_file(Path::new(&path)),
    };
    let source = match read {
        Ok(source) => source,
        Err(complaint) => return complain(&complaint),
    };
    let input_name = match from_stdin {
        true => b"<stdin>".to_vec(),
        false => path::bytes(&path),
    };
    let source_name = match &job.source_name {
        Some(name) => path::bytes(&path::with_slashes(name)),
        None => input_name.clone(),
    };

    let mut pool = Pool::new();
    let threads = Threads::default();
    // Long strings that are interned already become names; the path is.
    let options = Options {
        mode: Mode::File,
        input_name: &input_name,
        source_name: &source_name,
        optimise: job.optimise,
        small_int_bits: job.small_int_bits,
        source_lines: job.source_lines,
        emit: job.emit,
        sound: job.sound,
        native_pieces: job.native_pieces,
        viper: job.viper,
        arch: job.arch,
        arch_flags: job.arch_flags,
        target: job.target(),
        float_power: f64::powf,
        workers: Some(&threads),
        ..Options::default()
    };
    if job.explain {
        if ferlance_bytecode::mpy::is_one(&source) {
            let name = String::from_utf8_lossy(&input_name);
            return complain(&format!(
                "{name} is compiled; --explain takes the source that it is made of\n"
            ));
        }
        return explained(job, &source, &mut pool, &options);
    }
    let module = match compile(&source, &mut pool, &options) {
        Ok(module) => module,
        Err(diag) => {
            let mut report = String::new();
            let input_name = String::from_utf8_lossy(&input_name);
            let source_name = String::from_utf8_lossy(&source_name);
            // Strings take any text.
            let _ = write_report(&mut report, &diag, &pool, &input_name, &source_name);
            if io::stderr().is_terminal() {
                report.push_str(&render::render(&diag, &pool, &source, &input_name));
            }
            return complain(&report);
        }
    };
    drop(source);
    let Ok(bytes) = ferlance_bytecode::mpy::write(&module, &pool) else {
        return complain("MemoryError: \n");
    };
    drop(module);
    let output = match &job.output {
        Some(path) if path == "-" => None,
        Some(path) => Some(PathBuf::from(path)),
        None if from_stdin => None,
        None => Some(path::default_output(&path)),
    };
    write_output(output, &bytes)
}

/// `--explain`: the source with remarks, on standard output.
fn explained(job: &Job, source: &[u8], pool: &mut Pool, options: &Options<'_>) -> ExitCode {
    let Some(target) = options.target else {
        return complain("invalid arch\n");
    };
    match explain::explain(source, pool, options) {
        Ok(functions) => {
            let mut text = String::new();
            let listing: Option<explain::Listing<'_>> = match job.asm {
                true => Some(&|target, code, at, out| listing(&Machines, target, code, at, out)),
                false => None,
            };
            let source = String::from_utf8_lossy(source);
            // Strings take any text.
            let _ =
                explain::write_explained(&mut text, &source, &functions, pool, &target, listing);
            say(&text, ExitCode::SUCCESS)
        }
        Err(diag) => {
            let input = String::from_utf8_lossy(options.input_name);
            let stored = String::from_utf8_lossy(options.source_name);
            let mut report = String::new();
            let _ = write_report(&mut report, &diag, pool, &input, &stored);
            report.push_str(&render::render(&diag, pool, source, &input));
            complain(&report)
        }
    }
}

fn read_stdin() -> Result<Vec<u8>, String> {
    let mut source = Vec::new();
    match io::stdin().lock().read_to_end(&mut source) {
        Ok(_) => Ok(source),
        Err(error) => Err(format!("OSError: {}\n", errno(&error))),
    }
}

fn read_file(path: &Path) -> Result<Vec<u8>, String> {
    let mut file =
        fs::File::open(path).map_err(|error| cannot_open(&error, &path.to_string_lossy()))?;
    let mut source = Vec::new();
    match file.read_to_end(&mut source) {
        Ok(_) => Ok(source),
        Err(error) => Err(format!("OSError: {}\n", errno(&error))),
    }
}

/// Writes to the file, or to standard output if there is none.
fn write_output(path: Option<PathBuf>, bytes: &[u8]) -> ExitCode {
    let written = match &path {
        None => output::write_stdout(bytes),
        Some(path) => output::write_file(path, bytes),
    };
    let name = path.map_or("<stdout>".to_owned(), |path| {
        path.to_string_lossy().into_owned()
    });
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(OutputError::Open(error)) => complain(&cannot_open(&error, &name)),
        Err(OutputError::Write(error)) => complain(&format!(
            "OSError: ({}, \"can't write {name}\")\n",
            errno(&error)
        )),
    }
}

fn cannot_open(error: &io::Error, path: &str) -> String {
    format!("OSError: ({}, \"can't open {path}\")\n", errno(error))
}

fn errno(error: &io::Error) -> i32 {
    const EIO: i32 = 5;
    error.raw_os_error().unwrap_or(EIO)
}
