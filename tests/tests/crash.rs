//! Programs in `tests/crash` do what breaks interpreters: change what is being walked, overflow sizes, nest to
//! the limit, use what is closed or half built. Any exception or sane result is right, and each program asserts
//! what "sane" is; an abort, a panic, a hang or a failed assertion is not.
//!
//! Each also runs with a collection at every allocation, which turns a missed root into a wrong answer; and, where
//! there is an emitter for this machine, as machine code, at once and when it is hot.

use std::process::ExitCode;

use ferlance_tests::{
    interpreter::{End, Interpreter, LIMIT},
    programs::{self, Program},
    workspace,
};
use libtest_mimic::{Arguments, Failed, Trial};

/// Prefixes of trials, and what the program is run with.
const EMITTERS: &[(&str, &[&str])] = &[
    ("", &[]),
    #[cfg(all(target_arch = "x86_64", unix))]
    ("native::", &["-X", "emit=native", "-X", "native=eager"]),
    #[cfg(all(target_arch = "x86_64", unix))]
    ("hot::", &["-X", "emit=native"]),
];

/// Programs that compile deep sources all the time; as machine code that takes minutes in builds with assertions, and
/// the fuzz target `native` does it anyway.
const ABOUT_COMPILING: [&str; 2] = ["limit_compile_depth", "limit_nesting"];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let programs =
        programs::list(&workspace::root().join("tests/crash")).expect("tests/crash is readable");
    let mut trials = Vec::new();
    for program in programs {
        // The programs that run into limits on purpose are about depth and size, not about roots.
        let rooted = !program.name.starts_with("limit_");
        for (prefix, options) in EMITTERS {
            if !options.is_empty() && ABOUT_COMPILING.contains(&program.name.as_str()) {
                continue;
            }
            let plain = program.clone();
            trials.push(Trial::test(
                format!("{prefix}{}", program.name),
                move || survive(&plain, options, Interpreter::ferlance()),
            ));
            if rooted {
                let stressed = program.clone();
                trials.push(Trial::test(
                    format!("{prefix}gc_stress::{}", program.name),
                    move || {
                        let always = Interpreter::ferlance().with_env("FERLANCE_GC_STRESS", "1");
                        survive(&stressed, options, always)
                    },
                ));
            }
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// The program's last line must be `survived`.
fn survive(program: &Program, options: &[&str], interpreter: Interpreter) -> Result<(), Failed> {
    let outcome = interpreter.run_alone_with(options, &program.path, LIMIT)?;
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
