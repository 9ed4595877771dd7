//! Our own programs in `tests/lang`: each must print what is stored beside it.
//!
//! What is stored was printed by an oracle (see the header of each program) or read by a person;
//! `cargo xtask bless` rewrites it.

use std::process::ExitCode;

use ferlance_tests::{
    interpreter::{End, Interpreter, LIMIT},
    programs, text_diff,
};
use libtest_mimic::{Arguments, Trial};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let programs = programs::of_language().expect("the programs are readable");
    let trials = programs.into_iter().map(|program| {
        Trial::test(program.name.clone(), move || {
            let expected = program.expected()?;
            let outcome = Interpreter::ferlance().run_alone(&program.path, LIMIT)?;
            if let Some(disorder) = outcome.disorder() {
                return Err(disorder.into());
            }
            if outcome.stdout != expected {
                let stderr = String::from_utf8_lossy(&outcome.stderr);
                return Err(
                    format!("{}{stderr}", text_diff::unified(&expected, &outcome.stdout)).into(),
                );
            }
            if outcome.end != End::Exit(0) {
                return Err(
                    format!("the output is right, but the end is {:?}", outcome.end).into(),
                );
            }
            Ok(())
        })
    });
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}
