//! A refusal as stock tools report it: a traceback of one entry and the message.
//!
//! ```text
//! Traceback (most recent call last):
//!   File "FILE", line N, in SCOPE
//! SyntaxError: invalid syntax
//! ```
//!
//! The lexer and the parser know no scope, and name the file by its path; what comes later names it as the module does.

use core::fmt::{self, Write};

use ferlance_abi::qstr::Pool;
use ferlance_frontend::Diag;
use ferlance_frontend::diag::{Code, ExcType};

/// Writes the report of `diag`, with a line break at its end.
pub fn write_report(
    out: &mut dyn Write,
    diag: &Diag,
    pool: &Pool,
    input_path: &str,
    source_name: &str,
) -> fmt::Result {
    // Errors that are not about the source's syntax are raised without a traceback.
    let placed = match diag.exc_type() {
        ExcType::SyntaxError | ExcType::IndentationError | ExcType::ViperTypeError => true,
        ExcType::NotImplementedError if diag.code == Code::NoNativeEmitter => true,
        ExcType::NotImplementedError | ExcType::RuntimeError | ExcType::MemoryError => false,
    };
    if placed {
        out.write_str("Traceback (most recent call last):\n")?;
        match diag.scope {
            None => write!(out, "  File \"{input_path}\", line {}", diag.line)?,
            Some(scope) => write!(
                out,
                "  File \"{source_name}\", line {}, in {}",
                diag.line,
                pool.str(scope)
            )?,
        }
        out.write_char('\n')?;
    }
    write!(out, "{}: ", diag.exc_type().name())?;
    diag.write_text(out, &|name| pool.text(name))?;
    out.write_char('\n')
}
