//! The `mpy-dump` command.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use mpy_cross::dump;
use mpy_cross::machine::Machines;

fn main() -> ExitCode {
    dump::run("mpy-dump", std::env::args_os().skip(1), &Machines)
}
