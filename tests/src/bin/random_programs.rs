//! Compares what the emitters make of random programs, in place or on an emulated board.
//!
//! ```text
//! cargo xtask random-programs --count 100000
//! cargo xtask random-programs --board rv32imc --count 2000
//! cargo xtask random-programs --native pieces
//! ```

use std::io::Write as _;
use std::process::ExitCode;

use ferlance_abi::Arch;
use ferlance_tests::{board, interpreter::Interpreter, random_programs};

fn main() -> ExitCode {
    let (mut count, mut first, mut board, mut most) = (2000, 0, None, 10);
    let mut native = None;
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let value = args.next().unwrap_or_default();
        let number = value.parse::<u64>().ok();
        match (arg.as_str(), number) {
            ("--count", Some(number)) => count = number,
            ("--first", Some(number)) => first = number,
            ("--most", Some(number)) => most = number as usize,
            ("--board", None) => board = Some(value),
            ("--native", None) => native = Some(value),
            _ => {
                eprintln!(
                    "random_programs [--count N] [--first N] [--most N] [--board ARCH] [--native MODE]"
                );
                return ExitCode::from(2);
            }
        }
    }
    let board = board.as_deref().map(Arch::from_name);
    let interpreter = match board {
        None => Ok(Interpreter::ferlance()),
        Some(Some(arch)) => board::interpreter(arch),
        Some(None) => Err("no such architecture".to_owned()),
    };
    let report = interpreter.and_then(|mut interpreter| {
        let numbers = first..first + count;
        let report = match native.as_deref() {
            Some("hot") => random_programs::compare_hot(&interpreter, numbers, most),
            Some("file") => {
                let arch = board.flatten().unwrap_or(Arch::X64);
                random_programs::compare_files(&interpreter, arch, numbers, most)
            }
            native => {
                if let Some(native) = native {
                    interpreter = interpreter.with_options(&["-X", &format!("native={native}")]);
                }
                match board {
                    Some(_) => random_programs::compare_board(&interpreter, numbers, most),
                    None => random_programs::compare(&interpreter, numbers, most),
                }
            }
        };
        report.map_err(|error| error.to_string())
    });
    let report = match report {
        Ok(report) => report,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let mut text = String::new();
    for difference in &report.differences {
        let source = difference.program.source(random_programs::Text::Tested);
        text += &format!(
            "program {}: {}\n{source}\n",
            difference.number, difference.what
        );
    }
    text += &format!(
        "{} programs, {} differ\n",
        report.ran,
        report.differences.len()
    );
    // Who closes a pipe has read enough.
    let _ = std::io::stdout().write_all(text.as_bytes());
    if report.differences.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
