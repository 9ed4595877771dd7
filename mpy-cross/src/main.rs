//! The `mpy-cross` command: Python source to `.mpy` files, with the command line, outputs and texts of the stock tool.
//!
//! On a terminal an error is also shown in its source line, with a hint; elsewhere standard error holds what the
//! stock tool would write and nothing else.
#![forbid(unsafe_code)]

mod args;
mod each;
mod help;
mod output;
mod path;
mod threads;

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use ferlance_abi::qstr::Pool;
use ferlance_bytecode::mpy;
use ferlance_compiler::explain;
use ferlance_compiler::workers::Workers;
use ferlance_compiler::{Mode, Options, compile, write_report};
use ferlance_frontend::Diag;
use mpy_cross::listing::listing;
use mpy_cross::machine::Machines;
use mpy_cross::render::render;

use args::{Command, Job, Refusal};
use output::OutputError;
use threads::Threads;

fn main() -> ExitCode {
    let mut args = std::env::args_os();
    let program = args.next().unwrap_or_else(|| OsString::from("mpy-cross"));
    let program = program.to_string_lossy();
    let args: Vec<OsString> = args.collect();
    match args::parse(&args) {
        Ok(Command::Compile(job)) => match run(&job) {
            Ok(()) => ExitCode::SUCCESS,
            Err(complaint) => complain(&complaint),
        },
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

/// What is wrong, as standard error tells it.
type Done = Result<(), String>;

fn run(job: &Job) -> Done {
    match job.inputs.as_slice() {
        // Its functions are spread over the processors; several sources are themselves.
        [input] => compile_one(job, input, Some(&Threads::default())),
        inputs => each::each(inputs, |input| compile_one(job, input, None)),
    }
}

/// Compiles one source, or explains it.
fn compile_one(job: &Job, input: &OsStr, workers: Option<&dyn Workers>) -> Done {
    let from_stdin = input == "-";
    let path = path::with_slashes(input);
    let source = match from_stdin {
        true => read_stdin()?,
        false => read_file(Path::new(&path))?,
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
        workers,
        ..Options::default()
    };
    if job.explain {
        if mpy::is_one(&source) {
            let name = String::from_utf8_lossy(&input_name);
            return Err(format!(
                "{name} is compiled; --explain takes the source that it is made of\n"
            ));
        }
        return explain_one(job, &source, &mut pool, &options);
    }
    let module = compile(&source, &mut pool, &options)
        .map_err(|diag| report(&diag, &pool, &source, &options))?;
    drop(source);
    let written = mpy::write(&module, &pool)
        .and_then(|bytes| Ok((mpy::write_lines(&module, &bytes)?, bytes)));
    let Ok((lines, bytes)) = written else {
        return Err("MemoryError: \n".to_owned());
    };
    drop(module);
    let output = match &job.output {
        Some(path) if path == "-" => None,
        Some(path) => Some(PathBuf::from(path)),
        None if from_stdin => None,
        None => Some(path::default_output(&path)),
    };
    let beside = output.as_ref().map(|path| {
        let mut path = path.clone().into_os_string();
        path.push(mpy::LINES_SUFFIX);
        PathBuf::from(path)
    });
    write_output(output, &bytes)?;
    match (beside, lines) {
        (Some(beside), Some(lines)) => write_output(Some(beside), &lines),
        _ => Ok(()),
    }
}

/// What the stock tool writes of an error; on a terminal the error in its source line, too.
fn report(diag: &Diag, pool: &Pool, source: &[u8], options: &Options<'_>) -> String {
    let input = String::from_utf8_lossy(options.input_name);
    let stored = String::from_utf8_lossy(options.source_name);
    let mut report = String::new();
    // Strings take any text.
    let _ = write_report(&mut report, diag, pool, &input, &stored);
    if io::stderr().is_terminal() {
        let is_coloured = std::env::var_os("NO_COLOR").is_none();
        report.push_str(&render(diag, pool, source, &input, is_coloured));
    }
    report
}

/// `--explain`: the source with remarks, on standard output.
fn explain_one(job: &Job, source: &[u8], pool: &mut Pool, options: &Options<'_>) -> Done {
    let Some(target) = options.target else {
        return Err("invalid arch\n".to_owned());
    };
    let functions = explain::explain(source, pool, options)
        .map_err(|diag| report(&diag, pool, source, options))?;
    let mut text = String::new();
    let listing: Option<explain::Listing<'_>> = match job.asm {
        true => Some(&|target, code, at, out| listing(&Machines, target, code, at, out)),
        false => None,
    };
    let source = String::from_utf8_lossy(source);
    // Strings take any text.
    let _ = explain::write_explained(&mut text, &source, &functions, pool, &target, listing);
    // Whoever reads no more has what it wants.
    output::write_stdout(text.as_bytes()).map_err(|_| String::new())
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
fn write_output(path: Option<PathBuf>, bytes: &[u8]) -> Done {
    let written = match &path {
        None => output::write_stdout(bytes),
        Some(path) => output::write_file(path, bytes),
    };
    let name = path.map_or("<stdout>".to_owned(), |path| {
        path.to_string_lossy().into_owned()
    });
    written.map_err(|error| match error {
        OutputError::Open(error) => cannot_open(&error, &name),
        OutputError::Write(error) => {
            format!("OSError: ({}, \"can't write {name}\")\n", errno(&error))
        }
    })
}

fn cannot_open(error: &io::Error, path: &str) -> String {
    format!("OSError: ({}, \"can't open {path}\")\n", errno(error))
}

fn errno(error: &io::Error) -> i32 {
    const EIO: i32 = 5;
    error.raw_os_error().unwrap_or(EIO)
}
