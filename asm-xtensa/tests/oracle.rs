//! All encodings against LLVM's assembler for the ESP32; what it does not know against QEMU.
//! See `asm/tests/support/oracle.rs`.

#[path = "../../asm/tests/support/oracle.rs"]
mod oracle;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use ferlance_asm::row::{Kind, Row};
use ferlance_asm_xtensa::encode::Class;
use ferlance_asm_xtensa::listing::write_row;
use ferlance_asm_xtensa::reg::{SPECIAL_REGISTERS, USER_REGISTERS};
use ferlance_asm_xtensa::{Inst, TABLES};
use oracle::{Case, Tool};

const LLVM: Tool<'_> = Tool {
    assembler: &[
        "llvm-mc-22",
        "--triple=xtensa",
        "--mcpu=esp32",
        "-filetype=obj",
    ],
    objcopy: "llvm-objcopy-22",
    head: ".text",
    slot: 4,
};

/// What LLVM's assembler does not know. QEMU's disassembler, which has the cores' own tables, does.
const UNKNOWN_TO_LLVM: &[&str] = &[
    "ssa8b", "l32ai", "s32ri", "rer", "wer", "simcall", "dpfr", "dpfw", "dpfro", "dpfwo", "dhwb",
    "dhwbi", "dhi", "dii", "ipf", "ihi", "iii", "dpfl", "dhu", "diu", "diwb", "diwbi", "ipfl",
    "ihu", "iiu",
];

/// Accesses that a core may not have: LLVM refuses them by name.
const NO_ACCESS: &[&str] = &[
    "litbase",
    "rsr intclear",
    "wsr configid1",
    "wsr interrupt",
    "wsr debugcause",
    "wsr prid",
    "xsr configid0",
    "xsr configid1",
    "xsr interrupt",
    "xsr intclear",
    "xsr debugcause",
    "xsr prid",
];

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(name)
}

fn rest(at: usize, kind: &Kind<Class>) -> i32 {
    match kind.class {
        Class::LabelLiteral => -16,
        Class::Label | Class::LabelCall => 16,
        Class::Special => 3,
        Class::User => 232,
        _ if kind.encode(at as i32 + 1).is_some() => at as i32 + 1,
        _ => kind.edges().next().unwrap(),
    }
}

fn case(row: &Row<Class>, word: u32) -> Case {
    let mut text = String::new();
    write_row(row, word, None, &mut text).unwrap();
    let bytes = word.to_le_bytes()[..Inst(word).size() as usize].to_vec();
    Case { text, bytes }
}

fn cases(here: impl Fn(&Row<Class>) -> bool) -> Vec<Case> {
    let mut cases = Vec::new();
    for row in TABLES.into_iter().flatten().filter(|row| here(row)) {
        for (_, word) in oracle::combinations(row, rest, |_| true) {
            cases.push(case(row, word));
        }
    }
    cases
}

fn size(slot: &[u8]) -> usize {
    if slot[0] & 8 == 0 { 3 } else { 2 }
}

fn unknown(row: &Row<Class>) -> bool {
    UNKNOWN_TO_LLVM.contains(&row.name)
}

/// Special and user registers have names for some numbers only, and some access for some.
fn is_named(case: &Case) -> bool {
    let (op, operands) = case.text.split_once(' ').unwrap_or((&case.text, ""));
    let last = operands.rsplit(' ').next().unwrap();
    if !["rsr", "wsr", "xsr", "rur", "wur"].contains(&op) {
        return true;
    }
    let access = format!("{op} {last}");
    let refused = NO_ACCESS
        .iter()
        .any(|&refused| refused == last || refused == access);
    last.parse::<u32>().is_err() && !refused
}

fn known_cases() -> Vec<Case> {
    let mut cases = cases(|row| !unknown(row));
    for row in TABLES.into_iter().flatten() {
        let names = match row.operands {
            [_, kind] if kind.class == Class::Special => SPECIAL_REGISTERS,
            [_, kind] if kind.class == Class::User => USER_REGISTERS,
            _ => continue,
        };
        cases.extend(
            names
                .iter()
                .map(|&(_, number)| case(row, row.encode(&[5, number]).unwrap())),
        );
    }
    cases.retain(is_named);
    cases
}

/// Has QEMU translate each case and compares its text. Only for blessing: a program a case.
fn disassemble(cases: &[Case]) -> Vec<Vec<u8>> {
    let scratch = oracle::scratch();
    let file = |name: &str| scratch.join(name);
    let run = |program: &str, args: &[&str]| {
        let status = Command::new(program)
            .args(args)
            .current_dir(&scratch)
            .output()
            .unwrap();
        assert!(
            program.starts_with("qemu") || status.status.success(),
            "{program}"
        );
    };
    let mut theirs = Vec::new();
    for case in cases {
        let bytes: Vec<String> = case.bytes.iter().map(u8::to_string).collect();
        let source = format!(
            ".global _start\n_start: .byte {}, 0xf0, 0x20, 0\n",
            bytes.join(",")
        );
        fs::write(file("a.s"), source).unwrap();
        run("xtensa-lx106-elf-as", &["a.s", "-o", "a.o"]);
        run("xtensa-lx106-elf-ld", &["a.o", "-o", "a.elf"]);
        let agrees = ["dc233c", "de233_fpu"].iter().any(|cpu| {
            run(
                "qemu-xtensa",
                &["-cpu", cpu, "-d", "in_asm", "-D", "log", "./a.elf"],
            );
            let log = fs::read_to_string(file("log")).unwrap();
            let first = log
                .lines()
                .find(|line| line.starts_with("0x"))
                .unwrap_or("");
            let text = first.split_once(':').map_or("", |(_, text)| text.trim());
            text.replace('\t', " ") == case.text
        });
        theirs.push(if agrees {
            case.bytes.clone()
        } else {
            Vec::new()
        });
    }
    fs::remove_dir_all(&scratch).unwrap();
    theirs
}

#[test]
fn every_row_agrees_with_a_foreign_assembler() {
    oracle::compare(&golden("golden.txt"), &known_cases(), |cases| {
        LLVM.assemble(size, cases)
    });
}

#[test]
fn every_row_unknown_to_llvm_is_what_a_disassembler_says() {
    // Some of each row: QEMU runs a program for each.
    let mut cases = cases(unknown);
    let mut seen = std::collections::HashMap::new();
    cases.retain(|case| {
        let op = case.text.split(' ').next().unwrap().to_owned();
        let count = seen.entry(op).or_insert(0);
        *count += 1;
        *count % 4 == 1
    });
    oracle::compare(&golden("golden-qemu.txt"), &cases, disassemble);
}

#[test]
fn the_golden_bytes_are_llvms() {
    if oracle::installed(LLVM.assembler[0]) {
        oracle::check_live(&golden("golden.txt"), |cases| LLVM.assemble(size, cases));
    }
}
