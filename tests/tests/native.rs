//! Native code of the stock compiler under our runtime: x64 files import, run, and print what they should.
//!
//! | trials | what runs |
//! | --- | --- |
//! | `mpy` | the x64 files of `tests/vectors/mpy` |
//! | `emit` | the tests of `tests/vectors/natmod/emit` |
//! | `own`, `gc`, `oom` | `tests/native`: programs stored with what the stock compiler made of them; also with a collection at each allocation, and with failing ones |
//! | `linked` | C modules: the sources of `tests/vectors/natmod/src`, made into x64 files by `tests/native/linked/link.py`; also with a collection at each allocation |
//! | `stock` | every behaviour vector, compiled to machine code now |
//! | `viper` | the calls of `tests/vectors/viper/runtime.json`, compiled now |
//! | `memory` | code memory is given back with the last function, and is never writable and executable at a time |
//! | `damage` | files cut short or with damaged framing are refused before anything runs |
//!
//! Trials that need the stock compiler show as ignored where it is not installed (`cargo xtask setup`).

use std::{
    ffi::OsString,
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use ferlance_tests::{
    interpreter::{End, Interpreter, LIMIT, Outcome},
    oracle::mpy_cross,
    programs, scope, text_diff, workspace,
};
use libtest_mimic::{Arguments, Failed, Trial};

/// Vectors whose stock native code does not do what bytecode does: upstream's limits, not ours. They have to end in
/// an orderly way all the same.
const UPSTREAM_LIMITS: [(&str, &str); 2] = [
    (
        "closures.emit_native.x64",
        "machine code does not check whether a captured variable is bound",
    ),
    (
        "try_finally.emit_native.x64",
        "upstream stops with the same MemoryError",
    ),
];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    if !cfg!(all(target_arch = "x86_64", unix)) {
        // There is no machine code to run.
        return ExitCode::SUCCESS;
    }
    let vectors = workspace::root().join("tests/vectors");
    let mut trials = Vec::new();
    for path in mpy_files(&vectors.join("mpy")) {
        trials.push(Trial::test(format!("mpy::{}", stem(&path)), move || {
            mpy_vector(&path)
        }));
    }
    for name in ["nat_emit", "nat_whole"] {
        trials.push(Trial::test(format!("emit::{name}"), move || emitted(name)));
    }
    for name in LINKED {
        trials.push(Trial::test(format!("linked::{name}"), move || {
            linked(name, &Interpreter::ferlance())
        }));
        trials.push(Trial::test(format!("linked_gc::{name}"), move || {
            let stressed = Interpreter::ferlance().with_env("FERLANCE_GC_STRESS", "1");
            linked(name, &stressed)
        }));
    }
    let own = programs::list(&workspace::root().join("tests/native")).expect("they are readable");
    for program in own {
        let name = program.name.clone();
        let (a, b, c, d) = (
            program.path.clone(),
            program.path.clone(),
            program.path.clone(),
            program.path.clone(),
        );
        trials.push(Trial::test(format!("own::{name}"), move || own_program(&a)));
        trials.push(Trial::test(format!("gc::{name}"), move || {
            collect_always(&b)
        }));
        trials.push(Trial::test(format!("oom::{name}"), move || {
            fail_allocations(&c)
        }));
        let stored = Trial::test(format!("own::{name} is what the stock compiler makes"), {
            move || is_up_to_date(&d)
        });
        trials.push(stored.with_ignored_flag(mpy_cross::find().is_none()));
    }
    stock_trials(&mut trials);
    trials.push(
        Trial::test("viper::runtime", viper_calls).with_ignored_flag(mpy_cross::find().is_none()),
    );
    trials.push(Trial::test("memory::given_back", given_back));
    trials.push(Trial::test("damage::truncated", truncated));
    trials.push(Trial::test("damage::framing", damaged_framing));
    trials.push(Trial::test("damage::foreign", foreign));
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn mpy_files(folder: &Path) -> Vec<PathBuf> {
    workspace::files(folder, &|path| path.to_string_lossy().ends_with(".x64.mpy"))
        .expect("the vectors are readable")
}

/// The name without `.mpy`.
fn stem(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.trim_end_matches(".mpy").to_owned()
}

fn words(words: &[&str]) -> Vec<OsString> {
    words.iter().map(OsString::from).collect()
}

fn compare(outcome: &Outcome, expected: &[u8]) -> Result<(), Failed> {
    if let Some(disorder) = outcome.disorder() {
        return Err(disorder.into());
    }
    if outcome.stdout != expected {
        let stderr = String::from_utf8_lossy(&outcome.stderr);
        return Err(format!("{}{stderr}", text_diff::unified(expected, &outcome.stdout)).into());
    }
    match outcome.end {
        End::Exit(0) => Ok(()),
        end => Err(format!("the output is right, but the end is {end:?}").into()),
    }
}

fn mpy_vector(path: &Path) -> Result<(), Failed> {
    let stem = stem(path);
    let module = stem.split('.').next().unwrap_or_default();
    let scratch = tempfile::tempdir()?;
    fs::copy(path, scratch.path().join(format!("{module}.mpy")))?;
    let outcome = Interpreter::ferlance().run_in(
        scratch.path(),
        &words(&["-c", &format!("import {module}")]),
        LIMIT,
    )?;
    let expected = fs::read(path.with_file_name(format!("{module}.exp")))?;
    let result = compare(&outcome, &expected);
    if UPSTREAM_LIMITS.iter().any(|(name, _)| *name == stem) {
        if let Some(disorder) = outcome.disorder() {
            return Err(disorder.into());
        }
        return match result {
            Err(_) => Ok(()),
            Ok(()) => Err("passes now: take it off the list of upstream's limits".into()),
        };
    }
    result
}

fn emitted(name: &str) -> Result<(), Failed> {
    let folder = workspace::root().join("tests/vectors/natmod/emit");
    let scratch = tempfile::tempdir()?;
    let script = format!("test_{name}.py");
    fs::copy(folder.join(&script), scratch.path().join(&script))?;
    let module = format!("{name}.mpy");
    fs::copy(
        folder.join("x64").join(&module),
        scratch.path().join(&module),
    )?;
    let outcome = Interpreter::ferlance().run_in(scratch.path(), &words(&[&script]), LIMIT)?;
    compare(
        &outcome,
        &fs::read(folder.join(format!("test_{name}.out")))?,
    )
}

const LINKED: [&str; 8] = [
    "nm_ints",
    "nm_float",
    "nm_point",
    "nm_buf",
    "nm_state",
    "nm_call",
    "nm_exc",
    "nm_stream",
];

fn linked(name: &str, interpreter: &Interpreter) -> Result<(), Failed> {
    let root = workspace::root();
    let tests = root.join("tests/vectors/natmod/tests");
    let scratch = tempfile::tempdir()?;
    let script = format!("test_{name}.py");
    fs::copy(tests.join(&script), scratch.path().join(&script))?;
    fs::copy(
        root.join(format!("tests/native/linked/{name}.x64.mpy")),
        scratch.path().join(format!("{name}.mpy")),
    )?;
    let outcome = interpreter.run_in(scratch.path(), &words(&[&script]), LIMIT)?;
    let mut expected = tests.join(format!("test_{name}.out"));
    if !expected.exists() {
        expected = tests.join(format!("test_{name}.double.out"));
    }
    compare(&outcome, &fs::read(expected)?)
}

/// Runs the stored machine code of a program as the main module.
fn run_stored(source: &Path, interpreter: &Interpreter) -> io::Result<Outcome> {
    let scratch = tempfile::tempdir()?;
    let name = source.file_stem().unwrap_or_default().to_string_lossy();
    fs::copy(
        source.with_extension("x64.mpy"),
        scratch.path().join(format!("{name}.mpy")),
    )?;
    interpreter.run_in(scratch.path(), &words(&["-m", &name]), LIMIT)
}

/// As bytecode and as machine code, a program prints what is stored beside it.
fn own_program(source: &Path) -> Result<(), Failed> {
    let expected = fs::read(programs::with_suffix(source, ".exp"))?;
    compare(
        &Interpreter::ferlance().run_alone(source, LIMIT)?,
        &expected,
    )?;
    compare(&run_stored(source, &Interpreter::ferlance())?, &expected)
}

fn collect_always(source: &Path) -> Result<(), Failed> {
    let expected = fs::read(programs::with_suffix(source, ".exp"))?;
    let stressed = Interpreter::ferlance().with_env("FERLANCE_GC_STRESS", "1");
    compare(&run_stored(source, &stressed)?, &expected)
}

/// The n-th allocation fails: the program ends in an orderly way, whatever it printed.
fn fail_allocations(source: &Path) -> Result<(), Failed> {
    let plain = run_stored(source, &Interpreter::ferlance())?;
    let (mut n, mut same) = (1u64, 0);
    let mut noticed = false;
    while same < 4 {
        let failing = Interpreter::ferlance().with_env("FERLANCE_FAIL_ALLOC", n.to_string());
        let outcome = run_stored(source, &failing)?;
        if let Some(disorder) = outcome.disorder() {
            return Err(format!("allocation {n} fails: {disorder}").into());
        }
        let undisturbed = outcome.stdout == plain.stdout && outcome.end == plain.end;
        noticed |= !undisturbed;
        same = if undisturbed { same + 1 } else { 0 };
        n += 1 + n / 8;
    }
    if noticed {
        Ok(())
    } else {
        Err("no failed allocation shows: the build lacks the switch".into())
    }
}

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

fn is_up_to_date(source: &Path) -> Result<(), Failed> {
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
fn stock_trials(trials: &mut Vec<Trial>) {
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
            let result = stock_vector(&vector.path, &expected);
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

fn stock_vector(source: &Path, expected: &[u8]) -> Result<(), Failed> {
    let scratch = tempfile::tempdir()?;
    let name = source.file_stem().unwrap_or_default().to_string_lossy();
    let made = scratch.path().join(format!("{name}.mpy"));
    compile(source, &["-X", "emit=native"], &made)??;
    let outcome = Interpreter::ferlance().run_in(scratch.path(), &words(&["-m", &name]), LIMIT)?;
    compare(&outcome, expected)
}

/// Every call of the viper vectors, in one process.
fn viper_calls() -> Result<(), Failed> {
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
    let outcome = Interpreter::ferlance().run_in(scratch.path(), &words(&["driver.py"]), LIMIT)?;
    compare(&outcome, wanted.as_bytes())
}

/// Imports a module of machine code again and again, and looks at the mappings of the process.
fn given_back() -> Result<(), Failed> {
    let scratch = tempfile::tempdir()?;
    let vector = workspace::root().join("tests/vectors/natmod/emit/x64/nat_emit.mpy");
    fs::copy(vector, scratch.path().join("m.mpy"))?;
    let script = r#"
import gc, sys

def once():
    import m
    kept = m.arith
    del sys.modules["m"]
    return kept

def code():
    gc.collect()
    both = run = 0
    for line in open("/proc/self/maps"):
        words = line.split()
        both += words[1].startswith("rwx")
        run += words[1] == "r-xp" and len(words) == 5
    return run, both

def clean(n):
    # Overwrites what a call left on the machine stack.
    return n and clean(n - 1)

kept = once()
clean(50)
few = code()
for i in range(200):
    once()
clean(50)
many = code()
print(few, many[0] <= few[0] + 3, many[1], kept(2, 3)[0])
kept = None
"#;
    fs::write(scratch.path().join("driver.py"), script)?;
    let outcome = Interpreter::ferlance().run_in(scratch.path(), &words(&["driver.py"]), LIMIT)?;
    compare(&outcome, b"(1, 0) True 0 5\n")
}

/// A script that imports many modules and says how each went; it must come to its end.
fn import_all(scratch: &Path, names: &[String]) -> Result<Vec<String>, Failed> {
    let mut script = String::from(
        "def go(name):\n try:\n  __import__(name)\n  return 'imported'\n except Exception as e:\n  return type(e).__name__ + ': ' + str(e)\n",
    );
    for name in names {
        writeln!(script, "print(go({name:?}))")?;
    }
    fs::write(scratch.join("all.py"), script)?;
    let outcome = Interpreter::ferlance().run_in(scratch, &words(&["all.py"]), LIMIT)?;
    if let Some(disorder) = outcome.disorder() {
        return Err(disorder.into());
    }
    let text = String::from_utf8(outcome.stdout)?;
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    if lines.len() != names.len() {
        return Err(format!("{} answers for {} files: {text}", lines.len(), names.len()).into());
    }
    Ok(lines)
}

const REFUSED: &str = "ValueError: incompatible .mpy file";

/// Cut anywhere, a file is refused.
fn truncated() -> Result<(), Failed> {
    let file = workspace::root().join("tests/vectors/mpy/native.x64.mpy");
    let data = fs::read(file)?;
    let scratch = tempfile::tempdir()?;
    let mut names = Vec::new();
    for len in (0..data.len()).step_by(3) {
        let name = format!("t{len}");
        fs::write(scratch.path().join(format!("{name}.mpy")), &data[..len])?;
        names.push(name);
    }
    let answers = import_all(scratch.path(), &names)?;
    for (name, answer) in names.iter().zip(answers) {
        if answer != REFUSED {
            return Err(format!("cut to {name}: {answer}").into());
        }
    }
    Ok(())
}

/// `def f(a, b): return a + b` and a generator, as one would write their records by hand, with one thing wrong.
fn damaged_framing() -> Result<(), Failed> {
    let scratch = tempfile::tempdir()?;
    let good = Record::default();
    let cases: Vec<(&str, Record)> = vec![
        (
            "index_of_children",
            Record {
                index: 1,
                ..good.clone()
            },
        ),
        (
            "index_far_away",
            Record {
                index: u64::MAX,
                ..good.clone()
            },
        ),
        (
            "prelude_behind_the_end",
            Record {
                prelude_offset: 1000,
                ..good.clone()
            },
        ),
        (
            "prelude_in_the_index",
            Record {
                prelude_offset: 0,
                ..good.clone()
            },
        ),
        (
            "no_code",
            Record {
                prelude_offset: 8,
                ..good.clone()
            },
        ),
        (
            "name_out_of_range",
            Record {
                prelude: vec![0x00, 0x02, 9],
                ..good.clone()
            },
        ),
        (
            "more_arguments_than_slots",
            Record {
                prelude: vec![0x03, 0x08, 1, 1, 1, 1],
                ..good.clone()
            },
        ),
        (
            "cell_out_of_range",
            Record {
                prelude: vec![0x00, 0x03, 1, 77],
                ..good.clone()
            },
        ),
        (
            "names_cut",
            Record {
                prelude: vec![0x01, 0x02, 1],
                ..good.clone()
            },
        ),
        (
            "endless_prelude",
            Record {
                prelude: vec![0xff; 40],
                ..good.clone()
            },
        ),
        (
            "generator_starts_outside",
            Record {
                prelude: vec![0x80, 0x40, 0x02, 1],
                start: Some(500),
                ..good.clone()
            },
        ),
        (
            "generator_starts_in_the_head",
            Record {
                prelude: vec![0x80, 0x40, 0x02, 1],
                start: Some(8),
                ..good.clone()
            },
        ),
        (
            "generator_without_head",
            Record {
                prelude: vec![0x80, 0x40, 0x02, 1],
                code: vec![0xc3],
                prelude_offset: 9,
                ..good.clone()
            },
        ),
        (
            "assembler_of_nine_arguments",
            Record {
                asm_args: Some(9),
                ..good.clone()
            },
        ),
        (
            "assembler_of_no_bytes",
            Record {
                asm_args: Some(0),
                code: vec![],
                index_bytes: false,
                ..good.clone()
            },
        ),
    ];
    let mut names = vec!["good".to_owned()];
    fs::write(scratch.path().join("good.mpy"), good.file())?;
    for (name, record) in cases {
        fs::write(scratch.path().join(format!("{name}.mpy")), record.file())?;
        names.push(name.to_owned());
    }
    let answers = import_all(scratch.path(), &names)?;
    for (name, answer) in names.iter().zip(answers) {
        let right = if name == "good" {
            answer == "imported"
        } else {
            answer == REFUSED
        };
        if !right {
            return Err(format!("{name}: {answer}").into());
        }
    }
    Ok(())
}

/// A file with one native (or assembler) child that its body, which is bytecode, never makes a function of.
#[derive(Clone)]
struct Record {
    index: u64,
    index_bytes: bool,
    start: Option<u64>,
    code: Vec<u8>,
    prelude_offset: usize,
    prelude: Vec<u8>,
    asm_args: Option<u8>,
}

impl Default for Record {
    fn default() -> Self {
        Record {
            index: 0,
            index_bytes: true,
            start: None,
            code: vec![0x90; 16],
            prelude_offset: 24,
            // No arguments, one slot; the name.
            prelude: vec![0x00, 0x02, 1],
            asm_args: None,
        }
    }
}

impl Record {
    fn file(&self) -> Vec<u8> {
        let mut out = vec![0x4d, 6, 0x0b, 0x1f, 2, 0, 8];
        out.extend(b"a.py\0");
        // One more name: f.
        out.extend([2, b'f', 0]);
        // The body returns None; it has a child.
        let body = [0x00, 0x02, 0x01, 0x51, 0x63];
        out.extend(number(body.len() << 3 | 4));
        out.extend(body);
        out.push(1);
        let mut data = Vec::new();
        if self.index_bytes {
            data.extend(self.index.to_le_bytes());
        }
        data.extend(self.start.into_iter().flat_map(u64::to_le_bytes));
        data.extend(&self.code);
        if let Some(args) = self.asm_args {
            out.extend(number(data.len() << 3 | 3));
            out.extend(data);
            out.extend([0, args, 2]);
            return out;
        }
        data.extend(&self.prelude);
        out.extend(number(data.len() << 3 | 1));
        out.extend(data);
        out.extend(number(self.prelude_offset));
        out
    }
}

/// A number of the format: groups of seven bits, the highest first.
fn number(value: usize) -> Vec<u8> {
    let mut groups = vec![(value & 0x7f) as u8];
    let mut rest = value >> 7;
    while rest > 0 {
        groups.insert(0, (rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    groups
}

/// Machine code for other machines is refused with the stock text, and whoever started the program is told what to do.
fn foreign() -> Result<(), Failed> {
    let hinted = tempfile::tempdir()?;
    let vector = workspace::root().join("tests/vectors/mpy/native.armv7m.mpy");
    fs::copy(vector, hinted.path().join("m.mpy"))?;
    let outcome =
        Interpreter::ferlance().run_in(hinted.path(), &words(&["-c", "import m"]), LIMIT)?;
    let hint = "hint: m.mpy holds machine code for armv7m; this program runs x64. `mpy-cross -march=x64 m.py` makes one that does.\n";
    if outcome.stderr != hint.as_bytes() {
        return Err(String::from_utf8_lossy(&outcome.stderr).into());
    }
    let scratch = tempfile::tempdir()?;
    let mut names = Vec::new();
    for arch in ["armv7m", "rv32imc", "xtensawin", "x86", "armv6m"] {
        let from = workspace::root().join(format!("tests/vectors/mpy/native.{arch}.mpy"));
        fs::copy(from, scratch.path().join(format!("{arch}.mpy")))?;
        names.push(arch.to_owned());
    }
    for (name, answer) in names.iter().zip(import_all(scratch.path(), &names)?) {
        if answer != "ValueError: incompatible .mpy arch" {
            return Err(format!("{name}: {answer}").into());
        }
    }
    Ok(())
}
