//! Files of machine code that are cut, damaged, or for other machines.

use std::{fmt::Write as _, fs, path::Path};

use ferlance_tests::{
    interpreter::{End, Interpreter, LIMIT},
    workspace,
};
use libtest_mimic::Failed;

/// A script that imports many modules and says how each went; it must come to its end.
fn import_all(scratch: &Path, names: &[String]) -> Result<Vec<String>, Failed> {
    let mut script = String::from(
        "def go(name):\n try:\n  __import__(name)\n  return 'imported'\n except Exception as e:\n  return type(e).__name__ + ': ' + str(e)\n",
    );
    for name in names {
        writeln!(script, "print(go({name:?}))")?;
    }
    fs::write(scratch.join("all.py"), script)?;
    let outcome = Interpreter::ferlance().run_in(scratch, &["all.py"], LIMIT)?;
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
pub(crate) fn truncated() -> Result<(), Failed> {
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
pub(crate) fn framing() -> Result<(), Failed> {
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
pub(crate) fn foreign() -> Result<(), Failed> {
    let hinted = tempfile::tempdir()?;
    let vector = workspace::root().join("tests/vectors/mpy/native.armv7m.mpy");
    fs::copy(vector, hinted.path().join("m.mpy"))?;
    let outcome = Interpreter::ferlance().run_in(hinted.path(), &["-c", "import m"], LIMIT)?;
    let hint = "hint: m.mpy holds machine code for armv7m; this program runs x64. `mpy-cross -march=x64 m.py` makes one that does.\n";
    if outcome.stderr != hint.as_bytes() {
        return Err(String::from_utf8_lossy(&outcome.stderr).into());
    }
    // The header: letter, version, architecture and sub-version, bits of small ints.
    let good = fs::read(workspace::root().join("tests/vectors/mpy/native.x64.mpy"))?;
    for (at, byte, hint) in [
        (
            3,
            80,
            "m.mpy needs small ints of 80 bits; this program has 63. `mpy-cross -msmall-int-bits=63 -march=x64 m.py` makes one that does with these.",
        ),
        (
            1,
            5,
            "m.mpy has version 5 of the format; this program reads 6. `mpy-cross -march=x64 m.py` of Ferlance, or of MicroPython 1.23 and later, makes one that has it.",
        ),
        (
            2,
            0x0a,
            "m.mpy holds machine code for sub-version 2 of the interface; this program has 3. `mpy-cross -march=x64 m.py` of Ferlance, or of MicroPython 1.23 and later, makes one for it.",
        ),
    ] {
        let mut data = good.clone();
        data[at] = byte;
        fs::write(hinted.path().join("m.mpy"), data)?;
        let outcome = Interpreter::ferlance().run_in(hinted.path(), &["-c", "import m"], LIMIT)?;
        let said = String::from_utf8_lossy(&outcome.stderr);
        if said != format!("hint: {hint}\n") || outcome.end != End::Exit(1) {
            return Err(format!("{at}: {said}").into());
        }
    }
    fs::write(hinted.path().join("m.mpy"), &good[..good.len() / 2])?;
    let outcome = Interpreter::ferlance().run_in(hinted.path(), &["-c", "import m"], LIMIT)?;
    let hint = "hint: m.mpy is cut or damaged; `mpy-dump m.mpy` shows where. `mpy-cross -march=x64 m.py` makes it anew.\n";
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
