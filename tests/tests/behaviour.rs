//! The behaviour vectors: upstream's output, byte for byte.
//!
//! A vector is in one of three states. In scope, it must give the stored output. Listed in
//! `docs/differences.md`, it must give our own stored output, which must differ from upstream's exactly in the
//! lines of the table. Listed in `tests/behaviour/out_of_scope.txt`, it must not pass: else the line is stale.

use std::{
    collections::BTreeMap,
    fs,
    process::ExitCode,
    sync::{Arc, Mutex},
    time::Duration,
};

use ferlance_tests::{
    differences::{self, Difference},
    interpreter::{End, Interpreter, LIMIT, Outcome, compare},
    programs::{self, Program, with_suffix},
    scope, workspace,
};
use libtest_mimic::{Arguments, Failed, Trial};

/// Vectors out of scope are expected to fail; they need not fail slowly.
const LIMIT_OUT_OF_SCOPE: Duration = Duration::from_secs(5);

/// These take the first free one of a few ports, so they run one after the other.
const NETWORK: [&str; 6] = [
    "lib_socket_tcp",
    "lib_socket_udp",
    "lib_select_poll",
    "lib_asyncio_streams",
    "lib_ssl_context",
    "lib_ssl_loopback_objects",
];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let root = workspace::root();
    let vectors =
        programs::list(&root.join("tests/vectors/behaviour")).expect("the vectors are readable");
    let mut differences = differences::load(root).expect("docs/differences.md is a table");
    let mut out_of_scope = scope::load(root).expect("out_of_scope.txt is a list");
    let network = Arc::new(Mutex::new(()));

    let mut trials = Vec::new();
    for vector in vectors {
        let rows = differences.remove(&vector.name);
        let need = out_of_scope.remove(&vector.name);
        let network = NETWORK
            .contains(&vector.name.as_str())
            .then(|| network.clone());
        let kind = match (&rows, &need) {
            (Some(_), _) => "differs",
            (None, Some(_)) => "out_of_scope",
            (None, None) => "",
        };
        let trial = Trial::test(vector.name.clone(), move || {
            // A failed network test must not fail the others: the lock only keeps them apart.
            let _lock = network
                .as_ref()
                .map(|lock| lock.lock().unwrap_or_else(|error| error.into_inner()));
            match (rows, need) {
                (Some(rows), None) => differs(&vector, &rows),
                (None, Some(need)) => must_not_pass(&vector, &need),
                (None, None) => must_pass(&vector),
                (Some(_), Some(_)) => {
                    Err("the vector is both out of scope and in docs/differences.md".into())
                }
            }
        });
        trials.push(trial.with_kind(kind));
    }
    trials.push(no_leftovers("docs/differences.md", differences));
    trials.push(no_leftovers(
        "tests/behaviour/out_of_scope.txt",
        out_of_scope,
    ));
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// A list must name vectors that exist.
fn no_leftovers<T>(list: &'static str, left: BTreeMap<String, T>) -> Trial {
    let names: Vec<String> = left.into_keys().collect();
    Trial::test(format!("{list} names vectors that exist"), move || {
        if names.is_empty() {
            Ok(())
        } else {
            Err(format!("no such vector: {}", names.join(", ")).into())
        }
    })
}

fn run(vector: &Program, limit: Duration) -> Result<Outcome, Failed> {
    Ok(Interpreter::ferlance().run_alone(&vector.path, limit)?)
}

fn must_pass(vector: &Program) -> Result<(), Failed> {
    compare(&run(vector, LIMIT)?, &vector.expected()?)
}

fn must_not_pass(vector: &Program, need: &str) -> Result<(), Failed> {
    let outcome = run(vector, LIMIT_OUT_OF_SCOPE)?;
    // Missing a module is no excuse for crashing.
    if let (Some(disorder), false) = (outcome.disorder(), outcome.end == End::TimedOut) {
        return Err(disorder.into());
    }
    match compare(&outcome, &vector.expected()?) {
        Err(_) => Ok(()),
        Ok(()) => Err(format!(
            "passes now: remove its line (`{}: {need}`) from tests/behaviour/out_of_scope.txt",
            vector.name
        )
        .into()),
    }
}

fn differs(vector: &Program, rows: &[Difference]) -> Result<(), Failed> {
    let ours = with_suffix(&vector.path, ".ferlance.exp");
    let ours = fs::read(&ours).map_err(|error| format!("{}: {error}", ours.display()))?;
    differences::check(rows, &vector.expected()?, &ours)?;
    compare(&run(vector, LIMIT)?, &ours)
}
