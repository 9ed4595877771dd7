//! The `ferlance` program.

mod compile;
mod hal;
mod memory;

use std::process::ExitCode;

use ferlance_vm::config::Settings;
use ferlance_vm::exc::{self, traceback};
use ferlance_vm::gc::{Heap, Policy};
use ferlance_vm::import::hook::{self, Mode};
use ferlance_vm::text::print::Stdout;
use ferlance_vm::{R, Runtime};

fn main() -> ExitCode {
    let host = hal::Host::new();
    let args: Vec<String> = std::env::args().collect();
    let Some(region) = memory::region(None) else {
        eprintln!("ferlance: no memory for the heap");
        return ExitCode::FAILURE;
    };
    let Some(heap) = Heap::new(region, Policy::GROWING) else {
        eprintln!("ferlance: the heap is too small");
        return ExitCode::FAILURE;
    };
    let Ok(mut rt) = Runtime::new(heap, Box::new(host), Settings::default()) else {
        eprintln!("ferlance: the heap is too small");
        return ExitCode::FAILURE;
    };
    rt.imports.compile = Some(compile::compile);
    let (source, name) = match args.get(1).map(String::as_str) {
        Some("-c") => (
            args.get(2).cloned().unwrap_or_default().into_bytes(),
            "<stdin>".to_owned(),
        ),
        Some(file) => match std::fs::read(file) {
            Ok(source) => (source, file.to_owned()),
            Err(error) => {
                eprintln!("ferlance: can't open file '{file}': {error}");
                return ExitCode::from(2);
            }
        },
        None => return ExitCode::FAILURE,
    };
    match run(&mut rt, &source, &name) {
        Ok(()) => ExitCode::SUCCESS,
        Err(raised) => {
            let exc = rt.take_exception(raised);
            if exc::is_instance(exc, &exc::SYSTEM_EXIT) {
                return ExitCode::SUCCESS;
            }
            let _ = traceback::print(&mut rt, exc, &mut Stdout);
            ExitCode::FAILURE
        }
    }
}

fn run(rt: &mut Runtime, source: &[u8], name: &str) -> R<()> {
    let name = rt.intern(name.as_bytes())?;
    hook::run_main(rt, source, name, Mode::Exec)
}
