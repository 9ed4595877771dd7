//! The stored outputs in `tests/lang` are what the oracles named in each header print.
//!
//! An oracle that is not on this machine shows as ignored; `cargo xtask setup` brings them.

use std::process::ExitCode;

use ferlance_tests::{interpreter::LIMIT, oracle::Oracle, programs, text_diff};
use libtest_mimic::{Arguments, Trial};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let programs = programs::of_language().expect("the programs are readable");
    let mut trials = Vec::new();
    for oracle in Oracle::ALL {
        let command = oracle.find();
        for program in programs
            .iter()
            .filter(|program| program.agree.contains(&oracle))
        {
            let (program, command) = (program.clone(), command.clone());
            let missing = command.is_none();
            let name = format!("{}::{}", oracle.name(), program.name);
            let trial = Trial::test(name, move || {
                let command =
                    command.ok_or("the oracle is not on this machine: run `cargo xtask setup`")?;
                let outcome = command.run_alone(&program.path, LIMIT)?;
                let expected = program.expected()?;
                if outcome.stdout != expected {
                    let stderr = String::from_utf8_lossy(&outcome.stderr);
                    return Err(format!(
                        "{}{stderr}",
                        text_diff::unified(&expected, &outcome.stdout)
                    )
                    .into());
                }
                Ok(())
            });
            trials.push(trial.with_ignored_flag(missing));
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}
