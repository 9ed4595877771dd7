//! A refused source, shown in its line with the reason and a hint, as `mpy-cross` shows it: for people at a terminal.

use ferlance_abi::qstr::Pool;
use ferlance_frontend::Diag;
use ferlance_port::compile;
use ferlance_vm::Runtime;
use mpy_cross::render::render;

use crate::args::What;
use crate::{prompt, sys};

/// The name of a program that is no file.
pub(crate) const NO_FILE: &[u8] = b"<stdin>";

/// What the exception that is being raised is about, if it came of compiling the program or a module: text for standard
/// error; none for other exceptions, and where nobody looks.
pub(crate) fn of(rt: &mut Runtime, what: &What) -> Option<String> {
    if !is_read() {
        return None;
    }
    let exc = rt.exception()?;
    let file = rt.name(compile::place_of(exc)?.file);
    let source = match what {
        What::Text(source) if file == NO_FILE => source.to_vec(),
        _ => sys::read_file(file).ok()?,
    };
    let diag = compile::diagnose(rt, exc, &source)?;
    Some(shown(&diag, &rt.pool, &source, file))
}

/// An error in its line, for standard error; empty where nobody looks.
pub(crate) fn shown(diag: &Diag, pool: &Pool, source: &[u8], file: &[u8]) -> String {
    if !is_read() {
        return String::new();
    }
    let file = String::from_utf8_lossy(file);
    let is_coloured = prompt::is_coloured(libc::STDERR_FILENO);
    render(diag, pool, source, &file, is_coloured)
}

/// Whether a person reads standard error. Programs get what stock writes and nothing else.
fn is_read() -> bool {
    sys::is_terminal(libc::STDERR_FILENO)
}
