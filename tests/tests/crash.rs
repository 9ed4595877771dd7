//! Programs in `tests/crash` do what breaks interpreters: change what is being walked, overflow sizes, nest to
//! the limit, use what is closed or half built. Any exception or sane result is right, and each program asserts
//! what "sane" is; an abort, a panic, a hang or a failed assertion is not.
//!
//! Each also runs with a collection at every allocation, which turns a missed root into a wrong answer.

use std::{process::ExitCode, time::Duration};

use ferlance_tests::{
    interpreter::{End, Interpreter},
    programs::{self, Program},
    workspace,
};
use libtest_mimic::{Arguments, Failed, Trial};

const LIMIT: Duration = Duration::from_secs(60);

/// Collecting at every allocation makes a program slower by orders of magnitude.
const LIMIT_STRESSED: Duration = Duration::from_secs(240);

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let programs =
        programs::list(&workspace::root().join("tests/crash")).expect("tests/crash is readable");
    let mut trials = Vec::new();
    for program in programs {
        let stressed = program.clone();
        trials.push(Trial::test(program.name.clone(), move || {
            survive(&program, Interpreter::ferlance(), LIMIT)
        }));
        // The programs that run into limits on purpose are about depth and size, not about roots.
        if !stressed.name.starts_with("limit_") {
            trials.push(Trial::test(
                format!("gc_stress::{}", stressed.name),
                move || {
                    survive(
                        &stressed,
                        Interpreter::ferlance().with_env("FERLANCE_GC_STRESS", "1"),
                        LIMIT_STRESSED,
                    )
                },
            ));
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// The program's last line must be `survived`.
fn survive(program: &Program, interpreter: Interpreter, limit: Duration) -> Result<(), Failed> {
    let outcome = interpreter.run_alone(&program.path, limit)?;
    let stdout = String::from_utf8_lossy(&outcome.stdout);
    if let Some(disorder) = outcome.disorder() {
        return Err(format!("{disorder}\nafter:\n{stdout}").into());
    }
    if outcome.end != End::Exit(0) || stdout.lines().last() != Some("survived") {
        return Err(format!(
            "{:?}\n{stdout}{}",
            outcome.end,
            String::from_utf8_lossy(&outcome.stderr)
        )
        .into());
    }
    Ok(())
}
