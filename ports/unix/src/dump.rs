//! `ferlance dump FILE`: what is in `.mpy` files, as `mpy-dump` shows it.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::process::ExitCode;

use mpy_cross::dump;
use mpy_cross::machine::Boards;

use crate::args::Invocation;

/// Shows the files that follow the word `dump`; the exit code. Machine code of x86 is shown as bytes here: `mpy-dump`
/// brings the tables for that.
pub(crate) fn dump(invocation: &Invocation) -> u8 {
    let words = invocation.argv.get(1..).unwrap_or(&[]);
    let args = words.iter().map(|word| OsString::from_vec(word.to_vec()));
    let status = dump::run("ferlance dump", args, &Boards);
    u8::from(status != ExitCode::SUCCESS)
}
