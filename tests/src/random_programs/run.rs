//! Many programs in one process: each text of a program runs in a namespace of its own, and what both log must agree.

use std::{ffi::OsString, fmt::Write as _, fs, io};

use ferlance_abi::{Arch, qstr::Pool};
use ferlance_compiler::{Options, Target, compile};

use super::tree::{Program, Text};
use crate::calls::python_string;
use crate::interpreter::{End, Interpreter, LIMIT};

/// Programs of one process.
const BATCH: usize = 100;
/// Smaller programs that are tried at a time.
const TRIES: usize = 150;

/// What the programs know.
const PRELUDE: &str = r#"
import sys, env
from array import array
BITS = 64 if sys.maxsize > 1 << 32 else 32
MASK = (1 << BITS) - 1
def U(x): return x & MASK
def W(x):
    x &= MASK
    return x - MASK - 1 if x >> (BITS - 1) else x
def few(x): return list(x)[:6]
def cut(x): return x[:12] if isinstance(x, (str, bytes, list, tuple)) else x
def take(g):
    r = []
    for v in g:
        r.append(v)
        if len(r) > 20:
            g.close()
            break
    return r
def names(out):
    def log(*values):
        if len(out) < 300:
            try: out.append(repr(values))
            except RuntimeError: out.append('deep')
    class C:
        total = 0
        def __init__(self, x): self.x = x
        def __enter__(self):
            log('enter', self.x)
            return self.x
        def __exit__(self, t, v, tb):
            log('exit', t)
            return t is KeyError
        def __repr__(self): return 'C(%r)' % self.x
        def __add__(self, y): return ('add', self.x, y)
        def __bool__(self): return self.x != 0
    A = [
        array('I', (0xFFFFFFFF, 0x40000000, 0x3FFFFFFF, 5)),
        bytearray(b'\x00\xff\x7f\x01'),
        array('i', (1, 0x7FFFFFFF, -1, 3)),
        [0xEDB88320, 7, 0x3FFFFFFF],
        b'bytes',
        array('H', (1, 65535)),
        (0x80000000, 1 << 40),
        {0: 0x80000000, 1: -5},
        [1, 'a', None],
    ]
    return {'log': log, 'A': A, 'C': C, 'W': W, 'U': U, 'few': few, 'cut': cut, 'take': take, 'B': b'bytes!!!'}
def answer(text):
    out = []
    ns = names(out)
    if 'micropython.bytecode' in text: ns['uint'] = U
    try: exec(text, ns)
    except Exception as e: out.append('module: %s %s' % (type(e).__name__, e))
    return out
def answer_file(name):
    out = []
    for key, value in names(out).items(): setattr(env, key, value)
    try: __import__(name)
    except Exception as e: out.append('module: %s %s' % (type(e).__name__, e))
    return out
def compare(number, tested, reference, says):
    print('begin', number)
    a = answer_file(tested[5:]) if tested.startswith('file:') else answer(tested)
    b = answer(reference)
    if says: print('said', number, b)
    if a == b: return
    i = 0
    while i < len(a) and i < len(b) and a[i] == b[i]: i += 1
    print('differ', number, 'tested:', a[i:i + 1], 'reference:', b[i:i + 1])
"#;

/// What says that a size is too large.
const SIZE_ERRORS: [&str; 2] = ["OverflowError", "MemoryError"];

/// A program whose two texts do not agree.
#[derive(Debug)]
pub struct Difference {
    /// Its number; see [`super::program`].
    pub number: u64,
    /// As small as it could be made.
    pub program: Program,
    /// What differs in it.
    pub what: String,
}

/// What came of many programs.
#[derive(Debug, Default)]
pub struct Report {
    /// Programs that ran.
    pub ran: u64,
    /// Those that differ.
    pub differences: Vec<Difference>,
}

/// Runs the programs with these numbers; gives up after `most` differences.
pub fn compare(
    interpreter: &Interpreter,
    numbers: std::ops::Range<u64>,
    most: usize,
) -> io::Result<Report> {
    compare_by(
        Places::one(interpreter),
        Way::Text { dropped: "" },
        numbers,
        most,
    )
}

/// The same on a board whose bytecode must log what that of this machine logs, unless the words of machines are what
/// a program is about.
pub fn compare_board(
    board: &Interpreter,
    numbers: std::ops::Range<u64>,
    most: usize,
) -> io::Result<Report> {
    let here = Interpreter::ferlance();
    let places = Places {
        tested: board,
        here: Some(&here),
    };
    compare_by(places, Way::Text { dropped: "" }, numbers, most)
}

/// The same of files for any firmware of that architecture, by our cross compiler.
pub fn compare_files(
    interpreter: &Interpreter,
    arch: Arch,
    numbers: std::ops::Range<u64>,
    most: usize,
) -> io::Result<Report> {
    compare_by(Places::one(interpreter), Way::File(arch), numbers, most)
}

/// The same without decorators that ask for native code, so that it is made where functions turn out to be hot.
pub fn compare_hot(
    interpreter: &Interpreter,
    numbers: std::ops::Range<u64>,
    most: usize,
) -> io::Result<Report> {
    let interpreter = interpreter.clone().with_options(&["-X", "emit=native"]);
    let dropped = "@micropython.native\n";
    compare_by(
        Places::one(&interpreter),
        Way::Text { dropped },
        numbers,
        most,
    )
}

/// Where programs run.
#[derive(Clone, Copy)]
struct Places<'a> {
    tested: &'a Interpreter,
    /// Another machine that has to log the same.
    here: Option<&'a Interpreter>,
}

impl<'a> Places<'a> {
    fn one(tested: &'a Interpreter) -> Self {
        Self { tested, here: None }
    }
}

/// How the tested programs come to the runtime.
#[derive(Clone, Copy)]
enum Way<'a> {
    /// As text, without the lines that read `dropped`, with their line breaks.
    Text { dropped: &'a str },
    /// As files for this architecture.
    File(Arch),
}

/// The file of a program.
fn file_of(text: &str, arch: Arch) -> Result<Vec<u8>, String> {
    let mut pool = Pool::new();
    let options = Options {
        input_name: b"program.py",
        source_name: b"program.py",
        arch,
        target: Some(Target::stock(arch, 0)),
        small_int_bits: 31,
        ..Options::default()
    };
    let text = format!("from env import *\n{text}");
    let module = compile(text.as_bytes(), &mut pool, &options).map_err(|diag| diag.to_string())?;
    let bytes = ferlance_bytecode::mpy::write(&module, &pool).map_err(|_| "not written")?;
    Ok(bytes.to_vec())
}

/// Runs programs.
fn compare_by(
    places: Places<'_>,
    way: Way<'_>,
    numbers: std::ops::Range<u64>,
    most: usize,
) -> io::Result<Report> {
    let mut report = Report::default();
    let mut at = numbers.start;
    while at < numbers.end && report.differences.len() < most {
        let end = numbers.end.min(at + BATCH as u64);
        let programs: Vec<Program> = (at..end).map(super::program).collect();
        let mut done = 0;
        while done < programs.len() {
            let outcomes = run(places, way, &programs[done..])?;
            for (i, what) in outcomes.differ {
                let program = programs[done + i].clone();
                let (program, what) = shrink(places, way, program, what)?;
                report.differences.push(Difference {
                    number: at + (done + i) as u64,
                    program,
                    what,
                });
            }
            // One that ended the process is the last that ran.
            done += outcomes.begun;
        }
        report.ran += programs.len() as u64;
        at = end;
    }
    Ok(report)
}

struct Outcomes {
    /// Programs that began.
    begun: usize,
    differ: Vec<(usize, String)>,
}

fn run(places: Places<'_>, way: Way<'_>, programs: &[Program]) -> io::Result<Outcomes> {
    let scratch = tempfile::tempdir()?;
    fs::write(scratch.path().join("env.py"), "")?;
    let mut script = PRELUDE.to_owned();
    let mut elsewhere = PRELUDE.to_owned();
    for (number, program) in programs.iter().enumerate() {
        let tested = program.source(Text::Tested);
        let tested = match way {
            Way::File(arch) if program.emit == "native" => {
                match file_of(&tested, arch) {
                    Ok(bytes) => {
                        let name = format!("p{number}");
                        fs::write(scratch.path().join(&name).with_extension("mpy"), bytes)?;
                        format!("file:{name}")
                    }
                    // Programs that have been made smaller may be no programs; any other refusal is a difference.
                    Err(refusal) if refusal.contains("SyntaxError") => tested,
                    Err(refusal) => format!("raise Exception({})", python_string(&refusal)),
                }
            }
            Way::File(_) => tested,
            Way::Text { dropped } => without(dropped, tested),
        };
        let tested = python_string(&tested);
        let reference = python_string(&program.source(Text::Reference));
        let is_said = places.here.is_some() && !program.depends_on_machine;
        let says = if is_said { "True" } else { "False" };
        let _ = writeln!(script, "compare({number}, {tested}, {reference}, {says})");
        if is_said {
            let _ = writeln!(elsewhere, "print('said', {number}, answer({reference}))");
        }
    }
    let run_one = |interpreter: &Interpreter, name: &str, script: &str| {
        fs::write(scratch.path().join(name), script)?;
        interpreter.run_in(scratch.path(), &[OsString::from(name)], LIMIT)
    };
    let outcome = run_one(places.tested, "programs.py", &script)?;
    let text = String::from_utf8_lossy(&outcome.stdout);
    let here = match places.here {
        Some(here) => run_one(here, "here.py", &elsewhere)?.stdout,
        None => Vec::new(),
    };
    let here = String::from_utf8_lossy(&here);
    let mut here = here.lines();
    let mut outcomes = Outcomes {
        begun: 0,
        differ: Vec::new(),
    };
    for line in text.lines() {
        if line.starts_with("begin ") {
            outcomes.begun += 1;
        } else if line.starts_with("said ") {
            let here = here.next().unwrap_or("nothing");
            // Which sizes are refused, and how, depends on the width of words and on memory.
            let is_refused = |text: &str| SIZE_ERRORS.iter().any(|error| text.contains(error));
            if line != here && !is_refused(line) && !is_refused(here) {
                let what = format!("machines: {line}\nhere: {here}");
                outcomes.differ.push((outcomes.begun - 1, what));
            }
        } else if let Some(rest) = line.strip_prefix("differ ") {
            let (number, what) = rest.split_once(' ').unwrap_or((rest, ""));
            if let Ok(number) = number.parse() {
                outcomes.differ.push((number, what.to_owned()));
            }
        }
    }
    if outcome.end != End::Exit(0) || outcomes.begun != programs.len() {
        if outcomes.begun == 0 {
            let said = String::from_utf8_lossy(&outcome.stderr);
            return Err(io::Error::other(format!("{:?}: {text}{said}", outcome.end)));
        }
        let last = text.lines().next_back().unwrap_or("");
        let what = format!("{:?}: {last}", outcome.end);
        outcomes.differ.push((outcomes.begun - 1, what));
    }
    Ok(outcomes)
}

/// A text without the lines that are `dropped`, which has its line break.
fn without(dropped: &str, text: String) -> String {
    let lines = text.split_inclusive('\n');
    lines.filter(|line| line.trim_start() != dropped).collect()
}

/// What has to stay the same while a program is made smaller: the refusal, or the end of the process, or that answers
/// are not the same.
fn nature(what: &str) -> &str {
    match what.split_once("tested: [") {
        Some((_, tested)) if tested.contains("module: ") => tested
            .split_once("] reference:")
            .map_or(tested, |(text, _)| text),
        Some(_) => "values",
        None => what.split_once(": ").map_or(what, |(end, _)| end),
    }
}

/// The smallest program found that still differs, step by step.
fn shrink(
    places: Places<'_>,
    way: Way<'_>,
    mut program: Program,
    mut what: String,
) -> io::Result<(Program, String)> {
    loop {
        let mut candidates = program.smaller(4000);
        candidates.retain(|candidate| candidate.size() < program.size());
        candidates.sort_by_key(Program::size);
        let mut found = None;
        for tries in candidates.chunks(TRIES) {
            let outcomes = run(places, way, tries)?;
            let mut same = outcomes.differ.into_iter();
            if let Some((i, now)) = same.find(|(_, now)| nature(now) == nature(&what)) {
                found = Some((tries[i].clone(), now));
                break;
            }
        }
        match found {
            Some((smaller, now)) => (program, what) = (smaller, now),
            None => return Ok((program, what)),
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::super::tree::{Expr, Kind, Stmt};
    use super::*;

    const TEXT: Way<'_> = Way::Text { dropped: "" };

    #[test]
    fn a_planted_difference_is_found_and_made_small() {
        let noise = || Stmt::line("log($)", vec![Expr::new(Kind::Int, "1 + 2")]);
        let planted = Stmt {
            clauses: vec![
                (
                    Expr::new(Kind::Cond, "if g > 2:"),
                    vec![
                        noise(),
                        Stmt {
                            clauses: vec![(
                                Expr::either("log(5)".into(), "log(6)".into()),
                                Vec::new(),
                            )],
                        },
                    ],
                ),
                (Expr::new(Kind::Cond, "else:"), vec![noise()]),
            ],
        };
        let program = Program {
            emit: "native",
            depends_on_machine: false,
            body: vec![Stmt::line("g = 3", Vec::new()), noise(), planted, noise()],
        };
        let here = Interpreter::ferlance();
        let places = Places::one(&here);
        let outcomes = run(places, TEXT, std::slice::from_ref(&program)).expect("it runs");
        let [(0, what)] = &outcomes.differ[..] else {
            panic!("{:?}", outcomes.differ);
        };
        let (small, what) = shrink(places, TEXT, program, what.clone()).expect("it runs");
        assert_eq!(small.source(Text::Tested), "log(5)\n");
        assert_eq!(what, "tested: ['(5,)'] reference: ['(6,)']");
    }

    #[test]
    fn what_another_machine_logs_is_compared_unless_it_depends_on_words() {
        let (tested, here) = (Interpreter::ferlance(), Interpreter::new(["echo", "said"]));
        let places = Places {
            tested: &tested,
            here: Some(&here),
        };
        for depends_on_machine in [false, true] {
            let program = Program {
                emit: "native",
                depends_on_machine,
                body: vec![Stmt::line("log(5)", Vec::new())],
            };
            let outcomes = run(places, TEXT, std::slice::from_ref(&program)).expect("it runs");
            match (depends_on_machine, &outcomes.differ[..]) {
                (true, []) => {}
                (false, [(0, what)]) => {
                    assert_eq!(what, "machines: said 0 ['(5,)']\nhere: said here.py");
                }
                other => panic!("{other:?}"),
            }
        }
    }
}
