//! Files of machine code that the stock compiler made: `tests/vectors/mpy/NAME.ARCH.mpy`, which print
//! `NAME.exp` when they are imported.

use std::{fs, path::Path};

use libtest_mimic::Failed;

use crate::interpreter::{Interpreter, LIMIT, compare};

/// Vectors whose stock native code does not do what bytecode does: upstream's limits, not ours. They have to end in
/// an orderly way all the same.
const UPSTREAM_LIMITS: [(&str, &str); 2] = [
    (
        "closures.emit_native",
        "machine code does not check whether a captured variable is bound",
    ),
    (
        "try_finally.emit_native",
        "upstream stops with the same MemoryError",
    ),
];

/// The name without `.mpy`: program, options, architecture.
pub fn stem(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.trim_end_matches(".mpy").to_owned()
}

/// Imports one.
pub fn import(interpreter: &Interpreter, path: &Path) -> Result<(), Failed> {
    let stem = stem(path);
    let module = stem.split('.').next().unwrap_or_default();
    let scratch = tempfile::tempdir()?;
    fs::copy(path, scratch.path().join(format!("{module}.mpy")))?;
    let import = format!("import {module}");
    let outcome = interpreter.run_in(scratch.path(), &["-c", &import], LIMIT)?;
    let expected = fs::read(path.with_file_name(format!("{module}.exp")))?;
    let result = compare(&outcome, &expected);
    let program = stem.rsplit_once('.').map_or(&*stem, |(program, _)| program);
    if !UPSTREAM_LIMITS.iter().any(|(name, _)| *name == program) {
        return result;
    }
    match (result, outcome.disorder()) {
        (_, Some(disorder)) => Err(disorder.into()),
        (Err(_), None) => Ok(()),
        (Ok(()), None) => Err("passes now: take it off the list of upstream's limits".into()),
    }
}
