//! The `mpy-dump` command, which is also `ferlance dump`: what is in `.mpy` files, byte by byte, and whether it is
//! safe to run.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Read, Write};
use std::process::ExitCode;

use ferlance_abi::arch::Arch;
use ferlance_abi::qstr::Pool;
use ferlance_bytecode::disasm::{Disassembler, Listing, Options};
use ferlance_bytecode::mpy::{self, Host};
use ferlance_bytecode::verify::verify;
use ferlance_bytecode::{CompiledModule, RawKind};

const HELP: &str = "\
Show what is in MicroPython .mpy files.

Usage: {program} [OPTIONS] FILE...

FILE is a .mpy file; - is standard input.

Options:
  -d, --disassemble   Every byte with its meaning (default)
  -l, --lines         With the source line before its instructions
  -s, --summary       Header, tables and sizes only
      --verify        Check that the code is safe to run; says nothing if all is well
      --help          Show this text

Exit status: 0 if every file could be read (and verified), 1 otherwise.
";

#[derive(Default)]
struct Job {
    lines: bool,
    summary: bool,
    verify: bool,
    files: Vec<OsString>,
}

/// Runs the command `program` with `args`, which follow its name. `machine` knows instructions of processors.
pub fn run(
    program: &str,
    args: impl Iterator<Item = OsString>,
    machine: &dyn Disassembler,
) -> ExitCode {
    let job = match parse(args) {
        Ok(Some(job)) => job,
        Ok(None) => {
            let help = HELP.replace("{program}", program);
            return finish(program, io::stdout().write_all(help.as_bytes()), true);
        }
        Err(complaint) => {
            // Standard error may be gone; the status still tells.
            let _ = writeln!(io::stderr(), "{program}: {complaint}; try --help");
            return ExitCode::FAILURE;
        }
    };
    let mut all_well = true;
    let mut out = io::BufWriter::new(io::stdout().lock());
    for file in &job.files {
        let name = file.to_string_lossy();
        match dump(&job, file, machine, &mut out) {
            Ok(()) => {}
            Err(Trouble::Output(error)) => return finish(program, Err(error), false),
            Err(Trouble::File(complaint)) => {
                // As above.
                let _ = writeln!(io::stderr(), "{name}: {complaint}");
                all_well = false;
            }
        }
    }
    finish(program, out.flush(), all_well)
}

fn parse(args: impl Iterator<Item = OsString>) -> Result<Option<Job>, String> {
    let mut job = Job::default();
    let mut options = true;
    for arg in args {
        let text = arg.to_string_lossy();
        if !options || text == "-" || !text.starts_with('-') {
            job.files.push(arg);
            continue;
        }
        match &*text {
            "--" => options = false,
            "-d" | "--disassemble" => job.summary = false,
            "-l" | "--lines" => job.lines = true,
            "-s" | "--summary" => job.summary = true,
            "--verify" => job.verify = true,
            "--help" | "-h" => return Ok(None),
            _ => return Err(format!("unknown option {text}")),
        }
    }
    match job.files.is_empty() {
        true => Err("no input file".to_owned()),
        false => Ok(Some(job)),
    }
}

enum Trouble {
    /// With the file.
    File(String),
    /// With standard output.
    Output(io::Error),
}

fn dump(
    job: &Job,
    file: &OsString,
    machine: &dyn Disassembler,
    out: &mut impl Write,
) -> Result<(), Trouble> {
    let data = read(file).map_err(|error| Trouble::File(error.to_string()))?;
    let mut pool = Pool::new();
    let module = mpy::read(&data, &mut pool, &Host::TOOL)
        .map_err(|error| Trouble::File(error.to_string()))?;
    if job.verify {
        verify(module).map_err(|error| Trouble::File(error.to_string()))?;
        return Ok(());
    }
    let shown = match job.summary {
        true => summary(&module, &pool, data.len()),
        false => {
            let options = Options {
                source_lines: job.lines,
            };
            Listing {
                module: &module,
                pool: &pool,
                options,
                machine: Some(machine),
            }
            .to_string()
        }
    };
    out.write_all(shown.as_bytes()).map_err(Trouble::Output)
}

fn read(file: &OsString) -> io::Result<Vec<u8>> {
    if file != "-" {
        return fs::read(file);
    }
    let mut data = Vec::new();
    io::stdin().lock().read_to_end(&mut data)?;
    Ok(data)
}

fn summary(module: &CompiledModule<'_>, pool: &Pool, size: usize) -> String {
    let mut kinds = [0_usize; 4];
    let mut bytes = [0_usize; 4];
    for code in module.codes.iter() {
        let kind = code.kind.code_kind() as usize; // 0 to 3
        kinds[kind] += 1;
        bytes[kind] += code.bytes.len();
    }
    let arch = match module.header.arch {
        Arch::None => "none",
        arch => arch.name(),
    };
    let mut text = format!(
        "source           {}\nsize             {size} bytes\nsmall int bits   {}\narchitecture     {arch}\n",
        pool.str(module.source_name()),
        module.header.small_int_bits,
    );
    if module.header.arch_flags != 0 {
        text.push_str(&format!(
            "arch flags       {:#x}\n",
            module.header.arch_flags
        ));
    }
    text.push_str(&format!(
        "names            {}\nobjects          {}\n",
        module.names.len(),
        module.consts.len()
    ));
    for (kind, name) in ["bytecode", "native", "viper", "assembler"]
        .iter()
        .enumerate()
    {
        if kinds[kind] != 0 {
            let line = format!(
                "{name:<16} {} functions, {} bytes\n",
                kinds[kind], bytes[kind]
            );
            text.push_str(&line);
        }
    }
    let linked = |kind: &RawKind| matches!(kind, RawKind::Viper { linked: Some(_) });
    if module.codes.iter().any(|code| linked(&code.kind)) {
        text.push_str("a linked C module\n");
    }
    text
}

/// The status of the command, given how the last write went.
fn finish(program: &str, written: io::Result<()>, all_well: bool) -> ExitCode {
    match written {
        Ok(()) if all_well => ExitCode::SUCCESS,
        Ok(()) => ExitCode::FAILURE,
        // A reader that has seen enough, such as `head`, is no failure worth a word.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::FAILURE,
        Err(error) => {
            let _ = writeln!(io::stderr(), "{program}: {error}");
            ExitCode::FAILURE
        }
    }
}
