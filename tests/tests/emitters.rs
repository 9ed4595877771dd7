//! The same program as bytecode, native and viper code of our own compiler gives the same answers.
//!
//! | trials | what runs |
//! | --- | --- |
//! | `viper` | the calls of `tests/vectors/viper/runtime.json`, compiled when they run |
//! | `typed` | programs of `tests/viper`, compiled when they run, and through `mpy-cross` for stock x64 |
//! | `kernels` | the kernels of `tests/vectors/kernels` by each emitter |
//! | `lang`, `own`, `vector` | programs of `tests/lang`, `tests/native`, `tests/vectors/behaviour` with `-X native=once`: all of them |
//! | `hot` | the same programs with `-X emit=native`, whose functions begin as bytecode |
//! | `pieces` | the same programs with `-X native=pieces` |
//! | `poll` | loops of machine code let callbacks and the keyboard interrupt in |
//! | `bench` | programs of `benches/py` and `benches/loops`, a fiftieth of their work, against bytecode |
//! | `file`, `small_file`, `pieces_file` | `tests/native` and some of `tests/lang`, compiled for stock x64 to a file with its lines beside it, loaded as a module |

use std::{
    ffi::OsString,
    fs,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
};

use ferlance_abi::{arch::Arch, code_kind::CodeKind};
use ferlance_tests::{
    calls,
    interpreter::{Interpreter, LIMIT, Outcome, compare},
    own_files::{self, How},
    programs::{self, expected},
    scope, workspace,
};
use libtest_mimic::{Arguments, Failed, Trial};
use wait_timeout::ChildExt;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    if !cfg!(all(target_arch = "x86_64", unix)) {
        // There is no machine code to run.
        return ExitCode::SUCCESS;
    }
    let root = workspace::root();
    let mut trials = vec![
        Trial::test("viper::runtime", viper_calls),
        Trial::test("kernels::agree", kernels),
        Trial::test("poll::callback", callback),
        Trial::test("poll::interrupt", interrupt),
    ];
    let out_of_scope = scope::load(root).expect("out_of_scope.txt is a list");
    for (group, folder) in [
        ("lang", "tests/lang"),
        ("own", "tests/native"),
        ("vector", "tests/vectors/behaviour"),
    ] {
        for program in programs::list(&root.join(folder)).expect("the programs are readable") {
            if out_of_scope.contains_key(&program.name) {
                continue;
            }
            let path = program.path.clone();
            let ways: [(&str, &[&str]); 3] = [
                (group, &["native=once"]),
                ("hot", &[]),
                ("pieces", &["native=eager", "native=pieces"]),
            ];
            for (way, options) in ways {
                let path = path.clone();
                trials.push(Trial::test(format!("{way}::{}", program.name), move || {
                    let mut all = vec!["-X", "emit=native"];
                    all.extend(options.iter().flat_map(|option| ["-X", option]));
                    compare(&run(&all, &path)?, &expected(&path)?)
                }));
            }
        }
    }
    for program in programs::list(&root.join("tests/viper")).expect("the programs are readable") {
        let path = program.path.clone();
        trials.push(Trial::test(format!("typed::{}", program.name), move || {
            let sound = path.ends_with("sound.py");
            let options: &[&str] = match sound {
                true => &["-X", "viper=sound"],
                false => &[],
            };
            compare(&run(options, &path)?, &expected(&path)?)?;
            from_file(&path, CodeKind::Bytecode, How::Fast)?;
            from_file(&path, CodeKind::Bytecode, How::Small)
        }));
    }
    for folder in ["benches/py", "benches/loops"] {
        for program in programs::list(&root.join(folder)).expect("the programs are readable") {
            trials.push(Trial::test(format!("bench::{}", program.name), move || {
                bench(&program.path)
            }));
        }
    }
    let own = programs::list(&root.join("tests/native")).expect("the programs are readable");
    let in_files = own.into_iter().map(|program| (program.name, program.path));
    for (name, path) in in_files.chain(own_files::of_language(root)) {
        for (group, how) in [
            ("file", How::Fast),
            ("small_file", How::Small),
            ("pieces_file", How::Pieces),
        ] {
            let path = path.clone();
            trials.push(Trial::test(format!("{group}::{name}"), move || {
                from_file(&path, CodeKind::Native, how)
            }));
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn run(options: &[&str], script: &Path) -> Result<Outcome, Failed> {
    let scratch = tempfile::tempdir()?;
    let name = script.file_name().unwrap_or_default();
    fs::copy(script, scratch.path().join(name))?;
    let mut args: Vec<OsString> = options.iter().map(OsString::from).collect();
    args.push(name.to_owned());
    Ok(Interpreter::ferlance().run_in(scratch.path(), &args, LIMIT)?)
}

/// Our own compiler's file for stock x64 firmware, in our runtime.
fn from_file(source: &Path, emit: CodeKind, how: How) -> Result<(), Failed> {
    own_files::run(&Interpreter::ferlance(), Arch::X64, (emit, how), source)
}

fn run_text(name: &str, text: &str) -> Result<Outcome, Failed> {
    let scratch = tempfile::tempdir()?;
    let path: PathBuf = scratch.path().join(name);
    fs::write(&path, text)?;
    run(&[], &path)
}

/// Every call of the viper vectors, in one process.
fn viper_calls() -> Result<(), Failed> {
    let calls = calls::viper(&["all", "word64"]);
    assert_eq!(calls.count, 286);
    compare(
        &run_text("calls.py", &calls.program)?,
        calls.expected.as_bytes(),
    )
}

fn kernels() -> Result<(), Failed> {
    let calls = calls::kernels(64);
    compare(
        &run_text("kernels.py", &calls.program)?,
        calls.expected.as_bytes(),
    )
}

/// A loop that waits for a callback.
fn callback() -> Result<(), Failed> {
    let text = "import micropython\n\
                @micropython.native\n\
                def waits(seen):\n micropython.schedule(seen.append, 1)\n while not seen: pass\n return seen\n\
                @micropython.native\n\
                def counts(seen):\n micropython.schedule(seen.append, 2)\n for i in range(3): pass\n return seen\n\
                print(waits([]), counts([]))\n";
    compare(&run_text("callback.py", text)?, b"[1] [2]\n")
}

/// A loop that only the keyboard ends.
fn interrupt() -> Result<(), Failed> {
    let text = "import micropython\n\
                @micropython.native\n\
                def loops(n):\n while n: n += 2\n\
                try:\n print('on')\n loops(1)\n\
                except KeyboardInterrupt:\n print('off')\n";
    let scratch = tempfile::tempdir()?;
    let path = scratch.path().join("loops.py");
    fs::write(&path, text)?;
    let mut child = Interpreter::ferlance()
        .to_command()
        .arg(&path)
        .stdout(Stdio::piped())
        .spawn()?;
    let mut lines = BufReader::new(child.stdout.take().ok_or("no output")?);
    let mut said = String::new();
    lines.read_line(&mut said)?;
    // It may still be on its way into the loop: that is all the same.
    let pid = child.id().to_string();
    Command::new("kill").args(["-INT", &pid]).status()?;
    let ended = child.wait_timeout(LIMIT)?;
    child.kill()?;
    lines.read_to_string(&mut said)?;
    match (said.as_str(), ended) {
        ("on\noff\n", Some(status)) if status.success() => Ok(()),
        other => Err(format!("{other:?}").into()),
    }
}

/// A benchmark with machine code prints what it prints without.
fn bench(source: &Path) -> Result<(), Failed> {
    let text = fs::read_to_string(source)?;
    let n = text
        .lines()
        .find_map(|line| line.strip_prefix("N = "))
        .ok_or("a benchmark has a line `N = …`")?;
    let n: u64 = n.trim().parse()?;
    let size = (n / 50 + 1).to_string();
    let scratch = tempfile::tempdir()?;
    let run = |options: &[&str]| -> Result<Outcome, Failed> {
        let mut args: Vec<OsString> = options.iter().map(OsString::from).collect();
        args.extend([source.into(), OsString::from(&size)]);
        Ok(Interpreter::ferlance().run_in(scratch.path(), &args, LIMIT)?)
    };
    let bytecode = run(&[])?.stdout;
    compare(&run(&["-X", "emit=native"])?, &bytecode)?;
    compare(
        &run(&["-X", "emit=native", "-X", "native=eager"])?,
        &bytecode,
    )
}
