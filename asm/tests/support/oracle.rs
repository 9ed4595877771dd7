//! Every row of an instruction table, at the edges of its operands, against a foreign assembler.
//!
//! The assembler's bytes are kept in a golden file, one case a line: bytes, tab, text. Tests
//! compare with that file, so they need no cross tools. `FERLANCE_BLESS=1` writes the file anew
//! from the tool; where the tool is installed, a test also checks that the file is what it says.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, process};

use ferlance_asm::row::{Kind, Row};

/// One instruction to compare.
pub(crate) struct Case {
    /// As the foreign assembler reads it.
    pub(crate) text: String,
    /// Our bytes.
    pub(crate) bytes: Vec<u8>,
}

/// Operand values that visit each edge of each operand once, the others at rest. `legal` says
/// whether a combination may occur; `rest` gives an operand's value at rest, by position.
pub(crate) fn combinations<C>(
    row: &Row<C>,
    rest: impl Fn(usize, &Kind<C>) -> i32,
    legal: impl Fn(u32) -> bool,
) -> Vec<(Vec<i32>, u32)> {
    let resting: Vec<i32> = row
        .operands
        .iter()
        .enumerate()
        .map(|(at, kind)| rest(at, kind))
        .collect();
    let mut seen = HashSet::new();
    let mut made = Vec::new();
    let mut add = |values: &[i32]| {
        if let Some(word) = row.encode(values)
            && legal(word)
            && seen.insert(word)
        {
            made.push((values.to_vec(), word));
        }
    };
    add(&resting);
    for (at, kind) in row.operands.iter().enumerate() {
        let mut values = resting.clone();
        for edge in kind.edges() {
            values[at] = edge;
            add(&values);
            // A row may name one register twice.
            if let Some(next) = row.operands.get(at + 1)
                && kind.bits() & next.bits() != 0
            {
                values[at + 1] = edge;
                add(&values);
                values[at + 1] = resting[at + 1];
            }
        }
    }
    assert!(!made.is_empty(), "{}: no legal operands", row.name);
    made
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Compares the cases with the golden file, or writes it.
pub(crate) fn compare(
    golden: &Path,
    cases: &[Case],
    assemble: impl FnOnce(&[Case]) -> Vec<Vec<u8>>,
) {
    if env::var_os("FERLANCE_BLESS").is_some() {
        let theirs = assemble(cases);
        let mut text = String::new();
        for (case, bytes) in cases.iter().zip(&theirs) {
            let _ = writeln!(text, "{}\t{}", hex(bytes), case.text);
        }
        fs::write(golden, text).unwrap();
    }
    let known = fs::read_to_string(golden).unwrap();
    let mut wrong = Vec::new();
    let mut lines = known.lines();
    for case in cases {
        let ours = format!("{}\t{}", hex(&case.bytes), case.text);
        match lines.next() {
            Some(line) if line == ours => {}
            Some(line) => wrong.push(format!("ours {ours}\ngold {line}")),
            None => wrong.push(format!("ours {ours}\ngold ends")),
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {} differ (FERLANCE_BLESS=1 writes the golden file anew):\n{}",
        wrong.len(),
        cases.len(),
        wrong[..wrong.len().min(60)].join("\n")
    );
    assert_eq!(
        lines.next(),
        None,
        "the golden file has more cases than the tables"
    );
}

/// The golden file's texts, assembled again by the installed tool, must give its bytes.
pub(crate) fn check_live(golden: &Path, assemble: impl FnOnce(&[Case]) -> Vec<Vec<u8>>) {
    let known = fs::read_to_string(golden).unwrap();
    let cases: Vec<Case> = known
        .lines()
        .map(|line| Case {
            text: line.split_once('\t').unwrap().1.to_owned(),
            bytes: Vec::new(),
        })
        .collect();
    for (line, bytes) in known.lines().zip(assemble(&cases)) {
        assert!(
            line.starts_with(&format!("{}\t", hex(&bytes))),
            "{line} is {}",
            hex(&bytes)
        );
    }
}

/// Whether a program can be started.
pub(crate) fn installed(program: &str) -> bool {
    Command::new(program)
        .arg("--version")
        .output()
        .is_ok_and(|out| out.status.success())
}

/// A foreign assembler and what takes the bytes out of its object files.
pub(crate) struct Tool<'t> {
    /// The assembler and its arguments; `-o`, the object and the source are added.
    pub(crate) assembler: &'t [&'t str],
    /// The object copier.
    pub(crate) objcopy: &'t str,
    /// Lines before the first case.
    pub(crate) head: &'t str,
    /// Each case is put at a multiple of this many bytes.
    pub(crate) slot: usize,
}

impl Tool<'_> {
    /// Assembles the cases. Those that the tool refuses give no bytes; `size` tells the length of
    /// the instruction that a slot begins with.
    pub(crate) fn assemble(&self, size: impl Fn(&[u8]) -> usize, cases: &[Case]) -> Vec<Vec<u8>> {
        let (slot, mut refused, mut source) = (self.slot, HashSet::new(), String::new());
        let scratch = scratch();
        let (input, object, output) = (
            scratch.join("in.s"),
            scratch.join("out.o"),
            scratch.join("out.bin"),
        );
        loop {
            source.clear();
            let _ = writeln!(source, "{}", self.head);
            for (index, case) in cases.iter().enumerate() {
                let text = if refused.contains(&index) {
                    ".long 0"
                } else {
                    &case.text
                };
                let _ = writeln!(source, ".balign {slot}\n{text}");
            }
            let _ = writeln!(source, ".balign {slot}");
            fs::write(&input, &source).unwrap();
            let run = Command::new(self.assembler[0])
                .args(&self.assembler[1..])
                .arg("-o")
                .args([&object, &input])
                .output()
                .unwrap();
            let messages = String::from_utf8_lossy(&run.stderr);
            let lines: Vec<&str> = source.lines().collect();
            let before = refused.len();
            for message in messages
                .lines()
                .filter(|message| message.contains("rror: "))
            {
                let line: usize = message.split(':').nth(1).unwrap().parse().unwrap();
                eprintln!("refused: {}: {message}", lines[line - 1]);
                refused.insert((line - 1 - self.head.lines().count()) / 2);
            }
            if run.status.success() && refused.len() == before {
                break;
            }
            assert!(refused.len() > before, "{messages}");
        }
        let done = Command::new(self.objcopy)
            .args(["-O", "binary", "-j", ".text"])
            .args([&object, &output])
            .status()
            .unwrap();
        assert!(done.success());
        let bytes = fs::read(&output).unwrap();
        fs::remove_dir_all(&scratch).unwrap();
        let taken = |index: usize| match bytes.get(index * slot..(index + 1) * slot) {
            Some(slot) if !refused.contains(&index) => slot[..size(slot)].to_vec(),
            _ => Vec::new(),
        };
        (0..cases.len()).map(taken).collect()
    }
}

/// A folder for temporary files.
pub(crate) fn scratch() -> PathBuf {
    let name = format!(
        "ferlance-oracle-{}-{:?}",
        process::id(),
        std::thread::current().id()
    );
    let path = env::temp_dir().join(name.replace(['(', ')'], ""));
    fs::create_dir_all(&path).unwrap();
    path
}
