//! What the criterion groups share: the programs, and a runtime to run them in.
//!
//! `cargo bench -p ferlance-benches -- vm/call` runs the groups whose names contain the text. Comparisons with other
//! interpreters are not here but in `cargo xtask bench`.
#![forbid(unsafe_code)]

use std::path::PathBuf;

use ferlance_abi::qstr;
use ferlance_abi::qstr::Pool;
use ferlance_bytecode::CompiledModule;
use ferlance_compiler::{Mode, Options, compile};
use ferlance_vm::import::hook;
use ferlance_vm::{Runtime, testing};

/// A Python source and its file name.
pub struct Program {
    /// The name without extension.
    pub name: String,
    /// The text.
    pub source: Vec<u8>,
}

/// The programs of `py/`, by name.
///
/// # Panics
/// If there are none: the groups would measure nothing.
pub fn programs() -> Vec<Program> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("py");
    let entries = std::fs::read_dir(&folder).expect("the folder of programs");
    let mut programs: Vec<Program> = entries
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            (path.extension()? == "py").then_some(())?;
            Some(Program {
                name: path.file_stem()?.to_str()?.to_owned(),
                source: std::fs::read(&path).ok()?,
            })
        })
        .collect();
    assert!(!programs.is_empty(), "no programs in {}", folder.display());
    programs.sort_by(|a, b| a.name.cmp(&b.name));
    programs
}

/// Compiles as for a file.
///
/// # Panics
/// If the source is refused.
pub fn compiled(source: &[u8], pool: &mut Pool) -> CompiledModule<'static> {
    let options = Options {
        mode: Mode::File,
        ..Options::default()
    };
    compile(source, pool, &options).expect("a program that compiles")
}

/// Lends `f` a runtime with a heap of 64 MB that can compile.
pub fn with_runtime<T>(f: impl FnOnce(&mut Runtime) -> T) -> T {
    testing::with_runtime(64 << 20, |rt| {
        rt.imports.compile = Some(ferlance_port::compile::compile);
        f(rt)
    })
}

/// Runs a text in the main module.
///
/// # Panics
/// If it raises.
pub fn run(rt: &mut Runtime, source: &[u8]) {
    let run = hook::run_main(rt, source, qstr!("<stdin>"), hook::Mode::Exec);
    assert!(run.is_ok(), "{} raised", String::from_utf8_lossy(source));
}
