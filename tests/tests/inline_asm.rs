//! Inline assembler through the whole compiler: every outcome of `vectors/inlineasm`, and every golden file with
//! assembler functions, byte for byte.
//!
//! Where we differ on purpose, `vectors/inlineasm/differences.txt` has our outcome, one a line: vector, outcome, reason.
//! `FERLANCE_BLESS=1` writes our outcomes anew and keeps the reasons; a row without one fails.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use ferlance_abi::arch::Arch;
use ferlance_abi::qstr::Pool;
use ferlance_bytecode::module::RawKind;
use ferlance_compiler::{Dialect, Options, compile, write_report};
use ferlance_tests::workspace;
use serde_json::Value;

fn vectors() -> PathBuf {
    workspace::root().join("tests/vectors")
}

fn unhex(text: &str) -> Vec<u8> {
    let digit = |at| u8::from_str_radix(&text[at..at + 2], 16).expect("hexadecimal");
    (0..text.len()).step_by(2).map(digit).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("strings take any text");
        text
    })
}

/// What a compiler makes of a source: machine code, parameters and result type; or the text on standard error.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Outcome {
    Code(Vec<u8>, u8, u32),
    Refused(String),
}

impl Outcome {
    fn text(&self) -> String {
        match self {
            Outcome::Code(code, ..) => hex(code),
            Outcome::Refused(report) => report.lines().last().unwrap_or_default().to_owned(),
        }
    }
}

/// A vector.
struct Vector(Value);

impl Vector {
    fn text(&self, field: &str) -> &str {
        self.0[field].as_str().unwrap_or("")
    }

    fn has(&self, field: &str) -> bool {
        !self.0[field].is_null()
    }

    fn number(&self, field: &str) -> Option<u64> {
        self.0[field].as_u64()
    }

    /// The source; its decorator is the file's unless the vector has its own.
    fn source(&self, decorator: &str) -> String {
        let mut source = self.text("before").to_owned();
        let decorator = match self.text("decorator") {
            "" => decorator,
            own => own,
        };
        writeln!(source, "@micropython.{decorator}").expect("strings take any text");
        write!(source, "def f({})", self.text("params")).expect("strings take any text");
        if self.has("returns") {
            write!(source, " -> {}", self.text("returns")).expect("strings take any text");
        }
        source.push_str(":\n");
        for line in self.0["body"].as_array().expect("a list") {
            let line = line.as_str().expect("a string");
            match line.strip_prefix("@zeros ") {
                None => writeln!(source, "    {line}").expect("strings take any text"),
                Some(count) => {
                    let mut left: usize = count.parse().expect("a number");
                    while left > 0 {
                        let now = left.min(200);
                        left -= now;
                        writeln!(source, "    data(1{})", ", 0".repeat(now)).expect("as above");
                    }
                }
            }
        }
        source
    }

    fn flags(&self) -> u32 {
        match self.text("march_flags") {
            "" | "0" => 0,
            "zba" | "zba," | "1" | "0x1" | "0b01" => 1,
            "zcmp" | "2" => 2,
            "zba,zcmp" | "zcmp,zba" | "3" | "0x3" | "0b11" => 3,
            other => panic!("{other}"),
        }
    }

    fn arch(&self) -> Arch {
        match self.text("march") {
            "" => Arch::None,
            name => Arch::from_name(name).expect("an architecture"),
        }
    }

    /// Is it what stock has?
    fn is(&self, outcome: &Outcome) -> bool {
        match (outcome, self.text("outcome")) {
            (Outcome::Code(code, n_args, type_sig), "ok") => {
                let function = if self.has("function_len") {
                    let (head, tail) = (self.text("function_head"), self.text("function_tail"));
                    return self.number("function_len") == Some(code.len() as u64)
                        && code.starts_with(&unhex(head))
                        && code.ends_with(&unhex(tail));
                } else if self.has("function") {
                    unhex(self.text("function"))
                } else {
                    let (before, behind) = frame(self.arch());
                    unhex(&[before, self.text("code"), behind].concat())
                };
                let same =
                    |field, ours: u64| self.number(field).is_none_or(|theirs| theirs == ours);
                *code == function
                    && same("n_args", u64::from(*n_args))
                    && same("type_sig", u64::from(*type_sig))
            }
            (Outcome::Refused(report), "error") => *report == self.report(),
            _ => false,
        }
    }

    /// What stock prints.
    fn report(&self) -> String {
        let last = format!("{}: {}\n", self.text("exception"), self.text("message"));
        let Some(mut line) = self.number("line") else {
            return last;
        };
        // Ours names the statement's line for Xtensa, too.
        if let Some(statement) = self.number("statement_line") {
            line = statement;
        }
        let place = match self.text("message") {
            "invalid arch" | "invalid micropython decorator" => ", in <module>",
            "invalid syntax" => "",
            _ => ", in f",
        };
        format!("Traceback (most recent call last):\n  File \"t.py\", line {line}{place}\n{last}")
    }
}

/// What stock puts before and behind a body.
fn frame(arch: Arch) -> (&'static str, &'static str) {
    match arch {
        Arch::Armv6 => ("10402de909e08fe23eff2fe11040bde81eff2fe1f2b5", "f2bd"),
        Arch::Xtensa => (
            "12c1e00901c911d921e931f941",
            "f841e831d821c811080112c1200df0",
        ),
        Arch::Xtensawin => ("3661000901", "08011df0"),
        Arch::Rv32imc => ("", "8280"),
        _ => ("f2b5", "f2bd"),
    }
}

fn outcome(source: &str, options: &Options<'_>) -> Outcome {
    let mut pool = Pool::new();
    match compile(source.as_bytes(), &mut pool, options) {
        Err(diag) => {
            let mut report = String::new();
            write_report(&mut report, &diag, &pool, "t.py", "t.py").expect("strings take any text");
            Outcome::Refused(report)
        }
        Ok(module) => {
            let written = ferlance_bytecode::mpy::write(&module, &pool).expect("memory suffices");
            assert_eq!(written[2] >> 2 & 15, options.arch.number(), "{source}");
            let mut functions = module.codes.iter().filter_map(|code| match code.kind {
                RawKind::Asm {
                    n_pos_args,
                    type_sig,
                } => Some(Outcome::Code(code.bytes.to_vec(), n_pos_args, type_sig)),
                _ => None,
            });
            let function = functions.next().expect("an assembler function");
            assert!(functions.next().is_none());
            function
        }
    }
}

/// Rows of `differences.txt`: vector, our outcome, reason.
fn differences() -> BTreeMap<String, (String, String)> {
    let path = vectors().join("inlineasm/differences.txt");
    let text = fs::read_to_string(path).unwrap_or_default();
    text.lines()
        .map(|row| {
            let mut cells = row.split('\t').map(str::to_owned);
            let mut cell = || cells.next().unwrap_or_default();
            (cell(), (cell(), cell()))
        })
        .collect()
}

/// The line of the statement that is refused: for these vectors, stock says the `def` line.
fn statement_line(vector: &Vector, ours: &Outcome) -> Option<u64> {
    let Outcome::Refused(report) = ours else {
        return None;
    };
    let def = vector.text("before").lines().count() as u64 + 2;
    let is_signature =
        vector.text("message").contains("parameters") || vector.text("message") == "unknown type";
    if vector.number("line") != Some(def) || is_signature {
        return None;
    }
    let (_, line) = report.split_once(", line ")?;
    let digits = line.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok().filter(|line| *line > def)
}

#[test]
fn every_outcome_is_stocks_or_a_listed_difference() {
    let known = differences();
    let mut found = BTreeMap::new();
    let mut wrong = Vec::new();
    let mut judged = 0;
    for (file, decorator) in [
        ("thumb.json", "asm_thumb"),
        ("rv32.json", "asm_rv32"),
        ("xtensa.json", "asm_xtensa"),
    ] {
        let text = fs::read_to_string(vectors().join("inlineasm").join(file)).expect("it is there");
        let records: Vec<Value> = serde_json::from_str(&text).expect("it is JSON");
        for record in records {
            let mut vector = Vector(record);
            if vector.has("stderr") {
                // About the command line: `mpy-cross/tests/cli.rs`.
                assert_eq!(vector.text("stderr"), "unrecognised arch flags");
                continue;
            }
            judged += 1;
            let source = vector.source(decorator);
            let run = |asm_dialect| {
                let options = Options {
                    input_name: b"t.py",
                    source_name: b"t.py",
                    arch: vector.arch(),
                    arch_flags: vector.flags(),
                    asm_dialect,
                    ..Options::default()
                };
                outcome(&source, &options)
            };
            let ours = run(Dialect::Stock);
            if let Outcome::Code(..) = &ours {
                let full = run(Dialect::Full);
                if full != ours && !source.contains("cpsid(f)") {
                    wrong.push(format!("{source}\n  stock {ours:?}\n  full  {full:?}"));
                }
            }
            if file == "xtensa.json"
                && let Some(line) = statement_line(&vector, &ours)
            {
                vector.0["statement_line"] = line.into();
            }
            if vector.is(&ours) {
                continue;
            }
            let id = vector.text("id").to_owned();
            let reason = known.get(&id).map(|(_, reason)| reason.clone());
            if known
                .get(&id)
                .is_none_or(|(ours_then, reason)| *ours_then != ours.text() || reason.is_empty())
            {
                wrong.push(format!(
                    "{id} {source}\n  ours   {}\n  stock  {}{} {}",
                    ours.text(),
                    vector.text("code"),
                    vector.text("message"),
                    vector.text("note"),
                ));
            }
            found.insert(id, (ours.text(), reason.unwrap_or_default()));
        }
    }
    if std::env::var_os("FERLANCE_BLESS").is_some() {
        let rows = found
            .iter()
            .map(|(id, (ours, reason))| format!("{id}\t{ours}\t{reason}\n"));
        let path = vectors().join("inlineasm/differences.txt");
        fs::write(path, rows.collect::<String>()).expect("it can be written");
    }
    for id in known.keys().filter(|id| !found.contains_key(*id)) {
        wrong.push(format!("{id} is listed and does not differ"));
    }
    assert!(
        wrong.is_empty(),
        "{} of {judged}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert_eq!(judged, 1448 + 1958 + 1022 - 9);
}

/// Compiles `source` as `name` and compares with `golden`.
fn check(folder: &str, name: &str, golden: &str, arch: Arch, failed: &mut Vec<String>) {
    let folder = vectors().join(folder);
    let source = fs::read(folder.join(name)).expect("the source is there");
    let expected = fs::read(folder.join(golden)).expect("the golden file is there");
    let mut pool = Pool::new();
    let options = Options {
        input_name: name.as_bytes(),
        source_name: name.as_bytes(),
        arch,
        ..Options::default()
    };
    let module = match compile(&source, &mut pool, &options) {
        Ok(module) => module,
        Err(diag) => return failed.push(format!("{golden}: {diag}")),
    };
    let bytes = ferlance_bytecode::mpy::write(&module, &pool).expect("memory suffices");
    if *bytes != *expected {
        failed.push(format!("{golden}: {} not {}", hex(&bytes), hex(&expected)));
    }
}

#[test]
fn files_with_assembler_functions_are_golden() {
    let mut failed = Vec::new();
    let mut compared = 0;
    for (folder, pattern) in [("mpy", "asm_"), ("natmod/emit", "nat_asm_")] {
        let files = workspace::files(&vectors().join(folder), &|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with(pattern) && workspace::has_extension(path, "mpy")
        })
        .expect("the vectors are there");
        for file in files {
            let golden = file
                .strip_prefix(vectors().join(folder))
                .expect("found there");
            let golden = golden.to_str().expect("the names are ASCII").to_owned();
            // `mpy` has `asm_thumb.ARCH.mpy`, `natmod` has `ARCH/nat_asm_thumb.mpy`.
            let (name, arch) = match golden.split_once('/') {
                Some((arch, name)) => (name.trim_end_matches(".mpy"), arch),
                None => golden
                    .trim_end_matches(".mpy")
                    .split_once('.')
                    .expect("a name and an architecture"),
            };
            let arch = Arch::from_name(arch).expect("an architecture");
            check(folder, &format!("{name}.py"), &golden, arch, &mut failed);
            compared += 1;
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert_eq!(compared, 21);
}

/// The compiler of a device knows its own assembler's decorator only.
#[test]
fn devices_know_their_own_decorator() {
    let run = |decorator: &str, arch| {
        let options = Options {
            arch,
            for_file: false,
            ..Options::default()
        };
        let source = format!("@micropython.{decorator}\ndef f(): pass\n");
        outcome(&source, &options).text()
    };
    let invalid = "SyntaxError: invalid micropython decorator";
    assert_eq!(run("asm_thumb", Arch::Armv7m), "f2b5f2bd");
    assert_eq!(run("asm_rv32", Arch::Armv7m), invalid);
    assert_eq!(run("asm_rv32", Arch::Rv32imc), "8280");
    assert_eq!(run("asm_xtensa", Arch::Xtensawin), "366100090108011df0");
    assert_eq!(run("asm_thumb", Arch::None), invalid);
    assert_eq!(run("asm_thumb", Arch::X64), invalid);
}

#[test]
fn what_stands_before_it_is_judged_first() {
    let run = |body: &str| {
        let options = Options {
            arch: Arch::Armv6m,
            input_name: b"t.py",
            source_name: b"t.py",
            ..Options::default()
        };
        let source = format!("@micropython.asm_thumb\ndef f(r0) -> int:\n{body}");
        match outcome(&source, &options) {
            Outcome::Refused(report) => report
                .lines()
                .skip(1)
                .map(|line| line.trim_start_matches("  File \"t.py\", "))
                .collect::<Vec<_>>()
                .join(" "),
            Outcome::Code(code, ..) => hex(&code),
        }
    };
    let no_instruction = "in f SyntaxError: expecting an assembler instruction";
    // A wrong operand, then what is no instruction: the first is told.
    assert_eq!(
        run("  mov(r0, 256)\n  x = 1\n"),
        "line 3, in f SyntaxError: 'mov' integer 0x100 doesn't fit in mask 0xff"
    );
    // Labels are looked up when everything else is good.
    assert_eq!(
        run("  b(L)\n  x = 1\n"),
        format!("line 4, {no_instruction}")
    );
    assert_eq!(
        run("  b(L)\n  nop()\n"),
        "line 3, in f SyntaxError: label 'L' not defined"
    );
    // Semicolons are not taken, wherever they stand.
    for body in [
        "nop();",
        "nop(\n); nop()",
        "1; nop()",
        "_X = const(1); nop()",
        "pass; pass",
    ] {
        assert_eq!(
            run(&format!("  nop()\n  {body}\n  nop()\n")),
            format!("line 4, {no_instruction}")
        );
    }
    assert_eq!(
        run("  nop()\n  x\n  nop()\n"),
        format!("line 4, {no_instruction}")
    );
    assert_eq!(run("  ()\n"), format!("line 3, {no_instruction}"));
    // Constants and brackets are.
    assert_eq!(
        run("  None\n  (1, 2)\n  'a'\n  _X = const(7)\n  (mov)(r0, _X)\n  ((nop()))\n"),
        "f2b5072000bff2bd"
    );
}
