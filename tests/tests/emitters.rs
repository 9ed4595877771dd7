//! The same program as bytecode, native and viper code of our own compiler gives the same answers.
//!
//! | trials | what runs |
//! | --- | --- |
//! | `viper` | the calls of `tests/vectors/viper/runtime.json`, compiled when they run |
//! | `kernels` | the kernels of `tests/vectors/kernels` by each emitter |
//! | `lang`, `own`, `vector` | programs of `tests/lang`, `tests/native`, `tests/vectors/behaviour` with `-X emit=native` |
//! | `poll` | loops of machine code let callbacks and the keyboard interrupt in |
//! | `file` | `tests/native` through `mpy-cross -march=x64 -X emit=native`, loaded as a module |

use std::{
    ffi::OsString,
    fmt::Write as _,
    fs,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
    time::Duration,
};

use ferlance_abi::{arch::Arch, code_kind::CodeKind, qstr::Pool};
use ferlance_compiler::{Options, Target, compile};
use ferlance_tests::{
    interpreter::{End, Interpreter, Outcome},
    programs, scope, text_diff, workspace,
};
use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::Value;
use wait_timeout::ChildExt;

const LIMIT: Duration = Duration::from_secs(60);

/// Where ours is meant to differ from stock: a default value is used, a deleted local is unbound.
const DIFFERS: [(&str, &str); 2] = [
    ("vrun-0237", "7"),
    (
        "vrun-0276",
        "NameError: local variable referenced before assignment",
    ),
];

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
    let list = fs::read_to_string(root.join("tests/native/differs_own.txt")).expect("it exists");
    let mut list = scope::parse(&list).expect("the list has a reason for each");
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
            let differs = list.remove(&program.name);
            let path = program.path.clone();
            trials.push(Trial::test(
                format!("{group}::{}", program.name),
                move || {
                    let outcome = run(&["-X", "emit=native"], &path)?;
                    match (compare(&outcome, &expected(&path)?), differs) {
                        (result, None) => result,
                        (Err(_), Some(_)) => match outcome.disorder() {
                            Some(disorder) => Err(disorder.into()),
                            None => Ok(()),
                        },
                        (Ok(()), Some(reason)) => Err(format!(
                            "passes now: take it off tests/native/differs_own.txt ({reason})"
                        )
                        .into()),
                    }
                },
            ));
        }
    }
    trials.push(Trial::test(
        "differs_own.txt names programs",
        move || match list.keys().next() {
            None => Ok(()),
            Some(name) => Err(format!("no such program: {name}").into()),
        },
    ));
    for program in programs::list(&root.join("tests/native")).expect("the programs are readable") {
        trials.push(Trial::test(format!("file::{}", program.name), move || {
            from_file(&program.path)
        }));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn expected(source: &Path) -> Result<Vec<u8>, Failed> {
    let ours = programs::with_suffix(source, ".ferlance.exp");
    let vector = source.with_extension("exp");
    let beside = programs::with_suffix(source, ".exp");
    let found = [ours, beside, vector]
        .into_iter()
        .find(|path| path.exists());
    Ok(fs::read(found.ok_or("no expected output")?)?)
}

fn run(options: &[&str], script: &Path) -> Result<Outcome, Failed> {
    let scratch = tempfile::tempdir()?;
    let name = script.file_name().unwrap_or_default();
    fs::copy(script, scratch.path().join(name))?;
    let mut args: Vec<OsString> = options.iter().map(OsString::from).collect();
    args.push(name.to_owned());
    Ok(Interpreter::ferlance().run_in(scratch.path(), &args, LIMIT)?)
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

/// Our own compiler's file for stock x64 firmware, in our runtime.
fn from_file(source: &Path) -> Result<(), Failed> {
    let text = fs::read(source)?;
    let name = source.file_stem().unwrap_or_default().to_string_lossy();
    let shown = format!("{name}.py");
    let mut pool = Pool::new();
    let options = Options {
        input_name: shown.as_bytes(),
        source_name: shown.as_bytes(),
        emit: CodeKind::Native,
        arch: Arch::X64,
        target: Some(Target::stock(Arch::X64, 0)),
        ..Options::default()
    };
    let module = compile(&text, &mut pool, &options).map_err(|diag| diag.to_string())?;
    let bytes = ferlance_bytecode::mpy::write(&module, &pool).map_err(|_| "it is not written")?;
    let scratch = tempfile::tempdir()?;
    fs::write(scratch.path().join(format!("{name}.mpy")), bytes)?;
    let args: Vec<OsString> = vec!["-m".into(), (&*name).into()];
    let outcome = Interpreter::ferlance().run_in(scratch.path(), &args, LIMIT)?;
    compare(&outcome, &expected(source)?)
}

fn python_string(text: &str) -> String {
    // JSON's strings are Python's.
    Value::from(text).to_string()
}

fn run_text(name: &str, text: &str) -> Result<Outcome, Failed> {
    let scratch = tempfile::tempdir()?;
    let path: PathBuf = scratch.path().join(name);
    fs::write(&path, text)?;
    run(&[], &path)
}

/// Every call of the viper vectors, in one process.
fn viper_calls() -> Result<(), Failed> {
    let text = fs::read(workspace::root().join("tests/vectors/viper/runtime.json"))?;
    let records: Vec<Value> = serde_json::from_slice(&text)?;
    let mut driver = String::from(
        "def load(source):\n global ns, failed\n ns, failed = {}, None\n try: exec(source, ns)\n except Exception as e: failed = e\ndef show(i, ns, call):\n if failed is not None:\n  print(i, type(failed).__name__ + ':', failed)\n  return\n try:\n  print(i, repr(eval(call, ns)))\n except Exception as e:\n  print(i, type(e).__name__ + ':', e)\n",
    );
    let mut wanted = String::new();
    let mut last = "";
    for record in &records {
        let field = |value: &'_ Value, name: &str| value[name].as_str().map(str::to_owned);
        let id = record["id"].as_str().unwrap_or("");
        let source = record["source"].as_str().unwrap_or("");
        let call = record["call"].as_str().unwrap_or("");
        let outcome = match (record.get("all"), record.get("word64")) {
            (Some(outcome), _) | (None, Some(outcome)) => outcome,
            // Stock stops with a signal.
            (None, None) => continue,
        };
        if source != last {
            last = source;
            writeln!(driver, "load({})", python_string(source))?;
        }
        writeln!(driver, "show('{id}', ns, {})", python_string(call))?;
        let stock = match field(outcome, "value") {
            Some(value) => value,
            None => format!(
                "{}: {}",
                field(outcome, "exception").unwrap_or_default(),
                field(outcome, "message").unwrap_or_default()
            ),
        };
        let ours = DIFFERS.iter().find(|(differs, _)| *differs == id);
        let ours = ours.map_or(stock.as_str(), |(_, value)| value);
        writeln!(wanted, "{id} {ours}")?;
    }
    compare(&run_text("calls.py", &driver)?, wanted.as_bytes())
}

/// How each kernel is called. The names of casts that bytecode lacks are given to it.
const CALLS: &str = r#"
def crc_table():
    t = array.array('I', range(256))
    for i in range(256):
        c = i
        for j in range(8):
            c = (c >> 1) ^ 0xedb88320 if c & 1 else c >> 1
        t[i] = c
    return t
class O: pass
def attr(f):
    o = O()
    o.x = 1
    f(o, 50)
    return o.x
def words(n): return array.array('I', [(i * 2654435761) & 0xffffff for i in range(n)])
def matmul(f):
    c = array.array('I', bytes(4 * 36))
    f(array.array('I', range(36)), array.array('I', range(36, 72)), c, 6)
    return list(c)
CALLS = {
    'k01': lambda f: f(1000),
    'k02_8': lambda f: f(bytes(range(200)), 200),
    'k02_16': lambda f: f(array.array('H', range(300)), 300),
    'k02_32': lambda f: f(words(100), 100),
    'k03': lambda f: f(0x12345678),
    'k04': lambda f: f(b'123456789', 9, crc_table(), 0xffffffff),
    'k05': lambda f: f(12),
    'k05v': lambda f: f(12),
    'k06': lambda f: f(100),
    'k07': lambda f: f([5, 6, 1 << 70, 7]),
    'k08': attr,
    'k09': lambda f: f(40),
    'k10': lambda f: [f(x * 300, y * 300, 60) for x in range(-9, 4) for y in range(-5, 5)],
    'k11': lambda f: f(bytearray(2000), 2000),
    'k12': matmul,
}
"#;

fn kernels() -> Result<(), Failed> {
    let folder = workspace::root().join("tests/vectors/kernels");
    let mut files: Vec<PathBuf> = fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    files.retain(|path| path.extension().is_some_and(|ext| ext == "py"));
    files.sort();
    let mut driver = format!("import array\n{CALLS}\nSOURCES = [\n");
    for file in &files {
        writeln!(driver, "  {},", python_string(&fs::read_to_string(file)?))?;
    }
    driver.push_str(
        r#"]
same = 0
for source in SOURCES:
    typed = 'viper' in source
    answers = {}
    for emit in ['bytecode', 'native', 'viper']:
        if emit == 'viper' and not typed: continue
        text = source.replace('micropython.viper', 'micropython.' + emit)
        if emit != 'viper': text = text.replace('micropython.native', 'micropython.' + emit)
        ns = {'uint': int, 'ptr8': lambda p: p}
        exec(text, ns)
        for name, call in CALLS.items():
            if name in ns:
                answers.setdefault(name, {})[emit] = call(ns[name])
    for name, by in answers.items():
        first = by['bytecode']
        for emit, answer in by.items():
            if answer != first: print(name, emit, answer, first)
            else: same += 1
print(same)
"#,
    );
    compare(&run_text("kernels.py", &driver)?, b"41\n")
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
                import sys\nprint('on')\n\
                try:\n loops(1)\n\
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
