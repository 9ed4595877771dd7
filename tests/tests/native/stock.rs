//! What the stock compiler makes when it is asked.

use std::{fmt::Write as _, fs, path::Path, process::Command};

use ferlance_tests::{
    interpreter::{Interpreter, LIMIT, compare},
    oracle::mpy_cross,
    programs, scope, workspace,
};
use libtest_mimic::{Failed, Trial};

/// Compiles `source` to machine code with the stock tool; its complaint if it refuses.
fn compile(source: &Path, options: &[&str], to: &Path) -> Result<Result<(), String>, Failed> {
    let tool = mpy_cross::find().ok_or("the stock compiler is not on this machine")?;
    let name = source.file_name().unwrap_or_default();
    let output = Command::new(tool)
        .current_dir(source.parent().unwrap_or(Path::new(".")))
        .arg("-march=x64")
        .args(options)
        .arg("-s")
        .arg(name)
        .arg(name)
        .arg("-o")
        .arg(to)
        .output()?;
    if output.status.success() {
        return Ok(Ok(()));
    }
    Ok(Err(String::from_utf8_lossy(&output.stderr).into_owned()))
}

pub(crate) fn is_up_to_date(source: &Path) -> Result<(), Failed> {
    let scratch = tempfile::tempdir()?;
    let made = scratch.path().join("made.mpy");
    compile(source, &["-X", "emit=native"], &made)??;
    if fs::read(&made)? == fs::read(source.with_extension("x64.mpy"))? {
        return Ok(());
    }
    Err("stale: `mpy-cross -march=x64 -X emit=native -s NAME.py NAME.py -o NAME.x64.mpy`".into())
}

/// One trial for each behaviour vector. `tests/native/differs.txt` says which print something else as stock machine
/// code, and why; those must not pass.
pub(crate) fn trials(trials: &mut Vec<Trial>) {
    let root = workspace::root();
    let vectors =
        programs::list(&root.join("tests/vectors/behaviour")).expect("the vectors are readable");
    let out_of_scope = scope::load(root).expect("out_of_scope.txt is a list");
    let list = fs::read_to_string(root.join("tests/native/differs.txt")).expect("the list exists");
    let mut list = scope::parse(&list).expect("the list has a reason for each");
    for vector in vectors {
        let differs = list.remove(&vector.name);
        if out_of_scope.contains_key(&vector.name) {
            continue;
        }
        let ours = programs::with_suffix(&vector.path, ".ferlance.exp");
        let trial = Trial::test(format!("stock::{}", vector.name), move || {
            let expected = fs::read(if ours.exists() {
                ours
            } else {
                vector.expected_path()
            })?;
            let result = vector_passes(&vector.path, &expected);
            match (result, differs) {
                (result, None) => result,
                (Err(_), Some(_)) => Ok(()),
                (Ok(()), Some(reason)) => Err(format!(
                    "passes now: take it off tests/native/differs.txt ({reason})"
                )
                .into()),
            }
        });
        trials.push(trial.with_ignored_flag(mpy_cross::find().is_none()));
    }
    trials.push(Trial::test(
        "tests/native/differs.txt names vectors",
        move || match list.keys().next() {
            None => Ok(()),
            Some(name) => Err(format!("no such vector: {name}").into()),
        },
    ));
}

fn vector_passes(source: &Path, expected: &[u8]) -> Result<(), Failed> {
    let scratch = tempfile::tempdir()?;
    let name = source.file_stem().unwrap_or_default().to_string_lossy();
    let made = scratch.path().join(format!("{name}.mpy"));
    compile(source, &["-X", "emit=native"], &made)??;
    let outcome = Interpreter::ferlance().run_in(scratch.path(), &["-m", &name], LIMIT)?;
    compare(&outcome, expected)
}

/// Every call of the viper vectors, in one process.
pub(crate) fn viper_calls() -> Result<(), Failed> {
    let text = fs::read(workspace::root().join("tests/vectors/viper/runtime.json"))?;
    let records: Vec<serde_json::Value> = serde_json::from_slice(&text)?;
    let scratch = tempfile::tempdir()?;
    let mut driver = String::from(
        "def show(i, ns, call):\n try:\n  print(i, 'value', repr(eval(call, ns)))\n except Exception as e:\n  print(i, type(e).__name__, e)\n",
    );
    let mut wanted = String::new();
    let mut sources: Vec<&str> = Vec::new();
    let field = |value: &serde_json::Value, name: &str| {
        value
            .get(name)
            .and_then(|field| field.as_str())
            .map(str::to_owned)
    };
    let mut calls = 0;
    for (i, record) in records.iter().enumerate() {
        let source = record["source"].as_str().ok_or("a record has a source")?;
        let outcome = record.get("all").or(record.get("word64"));
        let outcome = outcome.ok_or("a record has an outcome")?;
        let module = sources.iter().position(|known| *known == source);
        let number = module.unwrap_or(sources.len());
        if module.is_none() {
            sources.push(source);
            let path = scratch.path().join(format!("v{number}.py"));
            fs::write(&path, source)?;
            let made = compile(&path, &[], &scratch.path().join(format!("v{number}.mpy")))?;
            fs::remove_file(&path)?;
            if let Err(complaint) = made {
                // The vector is about the compiler.
                let exception = field(outcome, "exception").unwrap_or_default();
                if exception.is_empty() || !complaint.contains(&exception) {
                    return Err(complaint.into());
                }
                continue;
            }
            writeln!(driver, "import v{number}")?;
        } else if !scratch.path().join(format!("v{number}.mpy")).exists() {
            continue;
        }
        let call = record["call"].as_str().ok_or("a record has a call")?;
        writeln!(driver, "show({i}, v{number}.__dict__, {call:?})")?;
        match field(outcome, "value") {
            Some(value) => writeln!(wanted, "{i} value {value}")?,
            None => {
                let exception = field(outcome, "exception").unwrap_or_default();
                let message = field(outcome, "message").unwrap_or_default();
                writeln!(wanted, "{i} {exception} {message}")?;
            }
        }
        calls += 1;
    }
    if calls < 200 {
        return Err(format!("only {calls} calls").into());
    }
    fs::write(scratch.path().join("driver.py"), driver)?;
    let outcome = Interpreter::ferlance().run_in(scratch.path(), &["driver.py"], LIMIT)?;
    compare(&outcome, wanted.as_bytes())
}
