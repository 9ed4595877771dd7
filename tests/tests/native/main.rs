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
//! | `memory` | code memory is given back with the last function, and is never writable and executable at a time; a system that refuses it is told of |
//! | `damage` | files cut short or with damaged framing are refused before anything runs |
//!
//! Trials that need the stock compiler show as ignored where it is not installed (`cargo xtask setup`).

mod damage;
mod stock;

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use ferlance_tests::{
    interpreter::{Interpreter, LIMIT, Outcome, compare},
    oracle::mpy_cross,
    programs, stock_files, workspace,
};
use libtest_mimic::{Arguments, Failed, Trial};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    if !cfg!(all(target_arch = "x86_64", unix)) {
        // There is no machine code to run.
        return ExitCode::SUCCESS;
    }
    let vectors = workspace::root().join("tests/vectors");
    let mut trials = Vec::new();
    for path in mpy_files(&vectors.join("mpy")) {
        let name = format!("mpy::{}", stock_files::stem(&path));
        trials.push(Trial::test(name, move || {
            stock_files::import(&Interpreter::ferlance(), &path)
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
            move || stock::is_up_to_date(&d)
        });
        trials.push(stored.with_ignored_flag(mpy_cross::find().is_none()));
    }
    stock::trials(&mut trials);
    trials.push(
        Trial::test("viper::runtime", stock::viper_calls)
            .with_ignored_flag(mpy_cross::find().is_none()),
    );
    trials.push(Trial::test("memory::given_back", given_back));
    trials.push(Trial::test("memory::refused", refused).with_ignored_flag(!can_refuse()));
    trials.push(Trial::test("damage::truncated", damage::truncated));
    trials.push(Trial::test("damage::framing", damage::framing));
    trials.push(Trial::test("damage::foreign", damage::foreign));
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn mpy_files(folder: &Path) -> Vec<PathBuf> {
    workspace::files(folder, &|path| path.to_string_lossy().ends_with(".x64.mpy"))
        .expect("the vectors are readable")
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
    let outcome = Interpreter::ferlance().run_in(scratch.path(), &[&script], LIMIT)?;
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
    let outcome = interpreter.run_in(scratch.path(), &[&script], LIMIT)?;
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
    interpreter.run_in(scratch.path(), &["-m", &name], LIMIT)
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

/// Asks the system never to make memory executable that has been writable, here and in what this process becomes.
const REFUSE: &str = "import ctypes, os, sys
if ctypes.CDLL(None).prctl(65, 1, 0, 0, 0): sys.exit('this system cannot refuse')
if sys.argv[1:]: os.execvp(sys.argv[1], sys.argv[1:])";

fn can_refuse() -> bool {
    let asked = Command::new("python3").args(["-c", REFUSE]).output();
    asked.is_ok_and(|asked| asked.status.success())
}

/// A system may refuse executable memory: machine code is a `MemoryError` with the reason then, and what was only to
/// become faster goes on as bytecode.
fn refused() -> Result<(), Failed> {
    let scratch = tempfile::tempdir()?;
    let vector = workspace::root().join("tests/vectors/natmod/emit/x64/nat_emit.mpy");
    fs::copy(vector, scratch.path().join("m.mpy"))?;
    let script = r#"
def attempt(text):
    try:
        exec(text)
    except MemoryError as e:
        print(e)

attempt("import m")
attempt("@micropython.native\ndef f():\n return 1\n")
attempt("@micropython.viper\ndef f() -> int:\n return 1\n")

def hot(n):
    total = 0
    for i in range(n):
        total += i
    return total

print(hot(100000))
"#;
    fs::write(scratch.path().join("t.py"), script)?;
    let interpreter = Interpreter::ferlance().through(["python3", "-c", REFUSE]);
    let args = ["-X", "emit=native", "t.py"];
    let outcome = interpreter.run_in(scratch.path(), &args, LIMIT)?;
    let reason = "the system refuses to make native code executable\n";
    compare(
        &outcome,
        format!("{}4999950000\n", reason.repeat(3)).as_bytes(),
    )
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
    let outcome = Interpreter::ferlance().run_in(scratch.path(), &["driver.py"], LIMIT)?;
    compare(&outcome, b"(1, 0) True 0 5\n")
}
