//! Every program of `tests/sweep` with its n-th allocation failing, and with a collection at every allocation. Those whose
//! names begin with `hot_` run with `-X emit=native`, the others also with collections as that.
//!
//! A failed allocation must end in a `MemoryError` that the program may catch, or in an orderly exit; a
//! collection must change nothing. The switches are environment variables of builds with debug assertions:
//! `FERLANCE_FAIL_ALLOC=n` and `FERLANCE_GC_STRESS=1`; the first test of each kind makes sure that the program
//! under test has them, so the sweep cannot pass by doing nothing.
//!
//! `cargo test` takes every n up to [`DENSE`] and then strides; `FERLANCE_SWEEP=full` takes them all.

use std::{env, process::ExitCode};

use ferlance_tests::{
    interpreter::{End, Interpreter, LIMIT, Outcome},
    programs::{self, Program},
    text_diff, workspace,
};
use libtest_mimic::{Arguments, Failed, Trial};

/// Up to here every n is tried; beyond, n grows by a sixteenth.
const DENSE: u64 = 128;

/// What makes machine code of functions that are hot.
const NATIVE: &[&str] = &["-X", "emit=native"];

/// So many undisturbed runs in a row mean that n is beyond the program's last allocation. More than one, since a
/// program may swallow a failure without a trace.
const UNDISTURBED_RUNS: u32 = 8;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let programs =
        programs::list(&workspace::root().join("tests/sweep")).expect("tests/sweep is readable");
    let mut trials = vec![Trial::test(
        "the switch FERLANCE_FAIL_ALLOC works",
        switch_works,
    )];
    for program in programs {
        let again = program.clone();
        trials.push(Trial::test(
            format!("fail_alloc::{}", program.name),
            move || fail_each_allocation(&program),
        ));
        #[cfg(all(target_arch = "x86_64", unix))]
        {
            let hot = again.clone();
            trials.push(Trial::test(
                format!("gc_stress::hot::{}", hot.name),
                move || collect_at_each_allocation(&hot, NATIVE),
            ));
        }
        trials.push(Trial::test(
            format!("gc_stress::{}", again.name),
            move || collect_at_each_allocation(&again, &[]),
        ));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn with_failure(program: &Program, n: u64) -> Result<Outcome, Failed> {
    let options = match program.name.starts_with("hot_") {
        true => NATIVE,
        false => &[],
    };
    Ok(Interpreter::ferlance()
        .with_env("FERLANCE_FAIL_ALLOC", n.to_string())
        .run_alone_with(options, &program.path, LIMIT)?)
}

/// Failing one of the first allocations of a program that allocates must be noticed.
fn switch_works() -> Result<(), Failed> {
    let program = programs::list(&workspace::root().join("tests/sweep"))?
        .into_iter()
        .next()
        .ok_or("no program")?;
    let plain = Interpreter::ferlance().run_alone(&program.path, LIMIT)?;
    for n in 1..=DENSE {
        let outcome = with_failure(&program, n)?;
        if outcome.stdout != plain.stdout || outcome.end != plain.end {
            return Ok(());
        }
    }
    Err("no failure among the first allocations shows: the build lacks the switch".into())
}

fn fail_each_allocation(program: &Program) -> Result<(), Failed> {
    let full = env::var_os("FERLANCE_SWEEP").is_some_and(|value| value == "full");
    let plain = Interpreter::ferlance().run_alone(&program.path, LIMIT)?;
    if plain.end != End::Exit(0) {
        return Err(format!("the program itself ends with {:?}", plain.end).into());
    }
    let mut n = 1;
    let mut undisturbed = 0;
    while undisturbed < UNDISTURBED_RUNS {
        let outcome = with_failure(program, n)?;
        if let Some(disorder) = outcome.disorder() {
            return Err(format!("allocation {n} fails: {disorder}").into());
        }
        let same = outcome.stdout == plain.stdout && outcome.end == plain.end;
        // A program that catches exceptions shows this one, and may go on.
        let shown = outcome
            .stdout
            .windows(11)
            .any(|part| part == b"MemoryError");
        if !same && outcome.end == End::Exit(0) && !shown {
            let diff = text_diff::unified(&plain.stdout, &outcome.stdout);
            return Err(
                format!("allocation {n} fails: no error, but another output\n{diff}").into(),
            );
        }
        undisturbed = if same { undisturbed + 1 } else { 0 };
        n += if full || n < DENSE { 1 } else { n / 16 };
    }
    Ok(())
}

fn collect_at_each_allocation(program: &Program, options: &[&str]) -> Result<(), Failed> {
    let plain = Interpreter::ferlance().run_alone(&program.path, LIMIT)?;
    let stressed = Interpreter::ferlance()
        .with_env("FERLANCE_GC_STRESS", "1")
        .run_alone_with(options, &program.path, LIMIT)?;
    if let Some(disorder) = stressed.disorder() {
        return Err(disorder.into());
    }
    if stressed.stdout != plain.stdout || stressed.end != plain.end {
        return Err(text_diff::unified(&plain.stdout, &stressed.stdout).into());
    }
    Ok(())
}
