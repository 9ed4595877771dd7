//! Writes the machine code of each native and viper function of a Python file, or of a `.mpy` file, into files of
//! their own, for disassemblers; with `--time N`, compiles the file N times and tells how long that takes.
//!
//! ```text
//! cargo run -p ferlance-tests --bin native_bytes -- [-march NAME] [--time N] FILE FOLDER
//! ```
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use ferlance_abi::Arch;
use ferlance_abi::qstr::Pool;
use ferlance_bytecode::module::{CompiledModule, RawKind};
use ferlance_bytecode::mpy::{Host, read};
use ferlance_compiler::{Options, Target, compile};

fn main() -> ExitCode {
    let (mut arch, mut times, mut paths) = (Arch::X64, 0u32, Vec::new());
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "-march" => match args.next().and_then(|name| Arch::from_name(&name)) {
                Some(named) => arch = named,
                None => return ExitCode::FAILURE,
            },
            "--time" => times = args.next().and_then(|n| n.parse().ok()).unwrap_or(1),
            _ => paths.push(PathBuf::from(arg)),
        }
    }
    let [file, folder] = &paths[..] else {
        eprintln!("native_bytes [-march NAME] [--time N] FILE FOLDER");
        return ExitCode::FAILURE;
    };
    match split(arch, times, file, folder) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}: {error}", file.display());
            ExitCode::FAILURE
        }
    }
}

fn split(arch: Arch, times: u32, file: &Path, folder: &Path) -> Result<(), String> {
    let source = std::fs::read(file).map_err(|error| error.to_string())?;
    let mut pool = Pool::new();
    if file.extension().is_some_and(|extension| extension == "mpy") {
        let module = read(&source, &mut pool, &Host::TOOL).map_err(|error| format!("{error:?}"))?;
        return write(&module, module.header.arch, folder);
    }
    let options = Options {
        arch,
        target: Some(Target::stock(arch, 0)),
        ..Options::default()
    };
    let start = Instant::now();
    for _ in 0..times {
        let made = compile(&source, &mut Pool::new(), &options);
        std::hint::black_box(made.is_ok());
    }
    if times > 0 {
        let seconds = start.elapsed().as_secs_f64() / f64::from(times);
        println!("{:.3} MB/s", source.len() as f64 / seconds / 1e6);
    }
    let module = compile(&source, &mut pool, &options).map_err(|diag| diag.to_string())?;
    write(&module, arch, folder)
}

fn write(module: &CompiledModule<'_>, arch: Arch, folder: &Path) -> Result<(), String> {
    for (at, code) in module.codes.iter().enumerate() {
        let (skip, end) = match code.kind {
            RawKind::Native { prelude_offset } => (arch.word_bytes(), prelude_offset as usize),
            RawKind::Viper { .. } => (0, code.bytes.len()),
            _ => continue,
        };
        let path = folder.join(format!("{at:03}.bin"));
        let bytes = code.bytes.get(skip..end).unwrap_or(&[]);
        std::fs::write(&path, bytes).map_err(|error| error.to_string())?;
    }
    Ok(())
}
