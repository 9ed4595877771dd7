//! Writes the machine code of each native and viper function of a Python file into files of their own, for
//! disassemblers; with `--time N`, compiles the file N times and tells how long that takes.
//!
//! ```text
//! cargo run -p ferlance-tests --bin native_bytes -- [-march NAME] [--time N] FILE.py FOLDER
//! ```
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use ferlance_abi::Arch;
use ferlance_abi::qstr::Pool;
use ferlance_bytecode::module::RawKind;
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
        eprintln!("native_bytes [-march NAME] [--time N] FILE.py FOLDER");
        return ExitCode::FAILURE;
    };
    let source = match std::fs::read(file) {
        Ok(source) => source,
        Err(error) => {
            eprintln!("{}: {error}", file.display());
            return ExitCode::FAILURE;
        }
    };
    let options = Options {
        arch,
        target: Some(Target::stock(arch, 0)),
        ..Options::default()
    };
    let start = Instant::now();
    for _ in 0..times {
        let mut pool = Pool::new();
        let made = compile(&source, &mut pool, &options);
        std::hint::black_box(made.is_ok());
    }
    if times > 0 {
        let seconds = start.elapsed().as_secs_f64() / f64::from(times);
        println!("{:.3} MB/s", source.len() as f64 / seconds / 1e6);
    }
    let mut pool = Pool::new();
    let module = match compile(&source, &mut pool, &options) {
        Ok(module) => module,
        Err(diag) => {
            eprintln!("{diag}");
            return ExitCode::FAILURE;
        }
    };
    for (at, code) in module.codes.iter().enumerate() {
        let skip = match code.kind {
            RawKind::Native { .. } => arch.word_bytes(),
            RawKind::Viper { .. } => 0,
            _ => continue,
        };
        let path = folder.join(format!("{at:03}.bin"));
        let bytes = code.bytes.get(skip..).unwrap_or(&[]);
        if let Err(error) = std::fs::write(&path, bytes) {
            eprintln!("{}: {error}", path.display());
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
