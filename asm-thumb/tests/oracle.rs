//! All encodings against GNU as. See `asm/tests/support/oracle.rs`.

#[path = "../../asm/tests/support/oracle.rs"]
mod oracle;

use std::path::{Path, PathBuf};

use ferlance_asm::row::Kind;
use ferlance_asm_thumb::encode::{Class, is_predictable};
use ferlance_asm_thumb::listing::write_row;
use ferlance_asm_thumb::reg::COND_NAMES;
use ferlance_asm_thumb::{Cond, Inst, TABLES};
use oracle::{Case, Tool};

const GNU: Tool<'_> = Tool {
    assembler: &["arm-none-eabi-as"],
    objcopy: "arm-none-eabi-objcopy",
    head: ".syntax unified\n.thumb\n.arch armv7e-m\n.fpu fpv5-d16\n.text",
    slot: 16,
};

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden.txt")
}

fn rest(at: usize, kind: &Kind<Class>) -> i32 {
    match kind.class {
        Class::List if kind.max == 0xff => 0x1a,
        Class::List => 0x32,
        Class::SList => 0x305,
        Class::DList => 0x305,
        Class::Sys => 16,
        Class::WidthTo => 17,
        Class::Int if kind.min == i32::MIN => 0x4400,
        Class::Float => 1.0f32.to_bits() as i32,
        Class::DLane => 7,
        Class::ItMask => 8,
        Class::Iflags | Class::Barrier => kind.max,
        Class::Label | Class::LabelWord => kind.edges().find(|&to| to % 4 == 0 && to != 0).unwrap(),
        _ if kind.encode(at as i32 + 1).is_some() => at as i32 + 1,
        _ => kind.edges().next().unwrap(),
    }
}

/// Whether the manual has a second encoding of the same text, which GNU as prefers: an addition
/// to the same register has a bigger immediate, a comparison of low registers has its own form.
fn has_twin(word: u32) -> bool {
    match word {
        0x1c00..=0x1fff => word & 7 == word >> 3 & 7,
        0x4500..=0x45ff => word & 0xc0 == 0,
        _ => false,
    }
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for row in TABLES.into_iter().flatten() {
        for (_, word) in oracle::combinations(row, rest, is_predictable) {
            if has_twin(word) {
                continue;
            }
            let mut text = String::new();
            write_row(row, word, None, &mut text).unwrap();
            let inst = Inst(word);
            let bytes = inst.to_memory().to_le_bytes()[..inst.size() as usize].to_vec();
            cases.push(Case { text, bytes });
        }
    }
    cases
}

/// An `it` needs its block behind it, or GNU as takes the next case into it.
fn with_block(text: &str) -> String {
    let Some((pattern, condition)) = text.split_once(' ').filter(|(op, _)| op.starts_with("it"))
    else {
        return text.to_owned();
    };
    let then = Cond::from_name(condition).unwrap();
    let mut block = text.to_owned();
    for letter in pattern[1..].chars() {
        let cond = if letter == 'e' { then.inverted() } else { then };
        block += &format!("; nop{}", COND_NAMES[cond as usize]);
    }
    block
}

fn assemble(cases: &[Case]) -> Vec<Vec<u8>> {
    let size = |slot: &[u8]| if slot[1] >= 0xe8 { 4 } else { 2 };
    let cases: Vec<Case> = cases
        .iter()
        .map(|case| Case {
            text: with_block(&case.text),
            bytes: Vec::new(),
        })
        .collect();
    GNU.assemble(size, &cases)
}

#[test]
fn every_row_agrees_with_gnu_as() {
    oracle::compare(&golden(), &cases(), assemble);
}

#[test]
fn the_golden_bytes_are_gnu_as_s() {
    if oracle::installed(GNU.assembler[0]) {
        oracle::check_live(&golden(), assemble);
    }
}
