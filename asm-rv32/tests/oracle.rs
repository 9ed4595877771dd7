//! All encodings against GNU as, and against LLVM those that it is too old for. See
//! `asm/tests/support/oracle.rs`.

#[path = "../../asm/tests/support/oracle.rs"]
mod oracle;

use std::path::{Path, PathBuf};

use ferlance_asm::row::{Kind, Row};
use ferlance_asm_rv32::encode::{Class, is_legal};
use ferlance_asm_rv32::inst::{C, F, M, RV32, RV64, ZBA, ZBB, ZCB, ZCMP, ZICOND};
use ferlance_asm_rv32::listing::write_row;
use ferlance_asm_rv32::{Features, Inst, TABLES, shortest};
use oracle::{Case, Tool};

const GNU_32: Tool<'_> = Tool {
    assembler: &[
        "riscv64-unknown-elf-as",
        "-mno-relax",
        "-march=rv32imafdc_zba_zbb_zbs_zicsr_zifencei",
        "-mabi=ilp32",
    ],
    objcopy: "riscv64-unknown-elf-objcopy",
    head: ".text",
    slot: 8,
};

const GNU_64: Tool<'_> = Tool {
    assembler: &[
        "riscv64-unknown-elf-as",
        "-mno-relax",
        "-march=rv64imafdc_zba_zbb_zbs_zicsr_zifencei",
        "-mabi=lp64",
    ],
    ..GNU_32
};

const LLVM_32: Tool<'_> = Tool {
    assembler: &[
        "llvm-mc-22",
        "--triple=riscv32",
        "-mattr=+m,+c,+zba,+zbb,+zcb,+zcmp,+zicond",
        "-filetype=obj",
    ],
    objcopy: "llvm-objcopy-22",
    head: ".text",
    slot: 8,
};

const LLVM_64: Tool<'_> = Tool {
    assembler: &[
        "llvm-mc-22",
        "--triple=riscv64",
        "-mattr=+m,+c,+zba,+zbb,+zcb,+zcmp,+zicond",
        "-filetype=obj",
    ],
    ..LLVM_32
};

/// Extensions that GNU as 2.40 does not know.
const NEW: Features = ZCB | ZCMP | ZICOND;

/// The golden files: name, tool, width, whether for new extensions.
const FILES: [(&str, Tool<'_>, Features, bool); 4] = [
    ("golden-rv32.txt", GNU_32, RV32, false),
    ("golden-rv64.txt", GNU_64, RV64, false),
    ("golden-rv32-new.txt", LLVM_32, RV32, true),
    ("golden-rv64-new.txt", LLVM_64, RV64, true),
];

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(name)
}

fn rest(at: usize, kind: &Kind<Class>) -> i32 {
    match kind.class {
        Class::Label => 16,
        Class::Fence | Class::Csr => 3,
        Class::Rounding => 7,
        Class::R | Class::F | Class::Base | Class::Address => (at as i32 + 9..)
            .find(|&number| kind.encode(number).is_some())
            .unwrap(),
        _ => kind.edges().find(|&value| value != 0).unwrap_or(0),
    }
}

/// Hints and what the foreign assemblers spell otherwise.
fn is_comparable(row: &Row<Class>, word: u32) -> bool {
    let by_zero = ["c.slli", "c.srli", "c.srai"].contains(&row.name) && word & 0x107c == 0;
    is_legal(word) && !by_zero
}

fn case(row: &Row<Class>, word: u32, width: Features) -> Case {
    let mut text = String::new();
    write_row(row, word, None, width, &mut text).unwrap();
    let inst = Inst(word);
    let bytes = word.to_le_bytes()[..inst.size() as usize].to_vec();
    Case { text, bytes }
}

fn cases(width: Features, new: bool) -> Vec<Case> {
    let mut cases = Vec::new();
    for row in TABLES.into_iter().flatten() {
        // Rows of both widths are compared with the narrow tool, and new ones whose stack
        // adjustment depends on the width with both.
        let here = match row.need & (RV32 | RV64) {
            0 if row.need & ZCMP == ZCMP => true,
            0 => width == RV32,
            only => only == width,
        };
        if here && (row.need & NEW != 0) == new {
            for (_, word) in oracle::combinations(row, rest, |word| is_comparable(row, word)) {
                cases.push(case(row, word, width));
            }
        }
    }
    cases
}

fn size(slot: &[u8]) -> usize {
    if slot[0] & 3 == 3 { 4 } else { 2 }
}

/// Assembles with compression only where the mnemonic asks for it.
fn assemble(tool: &Tool<'_>, cases: &[Case]) -> Vec<Vec<u8>> {
    // LLVM's `rvc` does not bring the extensions of C back; and none of its cases could shrink.
    if tool.assembler == LLVM_32.assembler || tool.assembler == LLVM_64.assembler {
        return tool.assemble(size, cases);
    }
    let uncompressed = |case: &Case| {
        let text = &case.text;
        let option = if text.starts_with("c.") {
            "rvc"
        } else {
            "norvc"
        };
        let text = format!(".option {option}; {text}; .option rvc");
        Case {
            text,
            bytes: Vec::new(),
        }
    };
    let cases: Vec<Case> = cases.iter().map(uncompressed).collect();
    tool.assemble(size, &cases)
}

#[test]
fn every_row_agrees_with_a_foreign_assembler() {
    for (name, tool, width, new) in &FILES {
        oracle::compare(&golden(name), &cases(*width, *new), |cases| {
            assemble(tool, cases)
        });
    }
}

#[test]
fn the_golden_bytes_are_the_foreign_assemblers() {
    for (name, tool, ..) in &FILES {
        if oracle::installed(tool.assembler[0]) {
            oracle::check_live(&golden(name), |cases| assemble(tool, cases));
        }
    }
}

/// Instructions of the base set and M whose registers and constants compress or just do not.
fn compressible(width: Features) -> Vec<Case> {
    let registers = |at: usize| [8, 9, 15, 10, 8, 0, 2, 16, 1][at % 9];
    let mut cases = Vec::new();
    for row in TABLES[..2].iter().copied().flatten() {
        let wide = row.need & (RV32 | RV64);
        let place = row.operands.iter().any(|kind| kind.class == Class::Label);
        if place || wide != 0 && wide != width {
            continue;
        }
        for variant in 0..81 {
            let rest = |at: usize, kind: &Kind<Class>| match kind.class {
                Class::R | Class::Base => registers(if at == 0 {
                    variant
                } else {
                    variant / 9 + at / 2
                }),
                Class::Fence | Class::Csr => 3,
                _ => rest(at, kind),
            };
            for (_, word) in oracle::combinations(row, rest, |_| true) {
                let mut case = case(row, word, width);
                let inst = shortest(Inst(word), width | C | M | F);
                case.bytes = inst.0.to_le_bytes()[..inst.size() as usize].to_vec();
                cases.push(case);
            }
        }
    }
    cases.sort_by(|a, b| a.text.cmp(&b.text));
    cases.dedup_by(|a, b| a.text == b.text);
    // A sample is enough, and evenly spread over the mnemonics.
    cases.into_iter().step_by(31).collect()
}

/// GNU as leaves some alone, `add rd, rs, zero` for one; LLVM compresses whatever it can.
#[test]
fn compressed_forms_are_chosen_as_llvm_chooses() {
    for (name, triple, width) in [
        ("golden-rvc32.txt", "--triple=riscv32", RV32),
        ("golden-rvc64.txt", "--triple=riscv64", RV64),
    ] {
        let assembler = ["llvm-mc-22", triple, "-mattr=+m,+c", "-filetype=obj"];
        let tool = Tool {
            assembler: &assembler,
            ..LLVM_32
        };
        let cases = compressible(width);
        oracle::compare(&golden(name), &cases, |cases| tool.assemble(size, cases));
        assert!(cases.iter().any(|case| case.bytes.len() == 2));
    }
}

#[test]
fn zcb_forms_expand_to_what_they_came_from() {
    let all = RV32 | C | M | ZCB | ZBB | ZBA;
    use ferlance_asm_rv32::Reg;
    use ferlance_asm_rv32::{base, bits, compressed, muldiv};
    let (a, b) = (Reg::A0, Reg::A1);
    for (long, short) in [
        (base::lbu(a, 3, b), compressed::c_lbu(a, 3, b)),
        (base::lhu(a, 2, b), compressed::c_lhu(a, 2, b)),
        (base::lh(a, 0, b), compressed::c_lh(a, 0, b)),
        (base::sb(a, 1, b), compressed::c_sb(a, 1, b)),
        (base::sh(a, 2, b), compressed::c_sh(a, 2, b)),
        (base::andi(a, a, 255), compressed::c_zext_b(a)),
        (base::not(a, a), compressed::c_not(a)),
        (bits::sext_b(a, a), compressed::c_sext_b(a)),
        (bits::sext_h(a, a), compressed::c_sext_h(a)),
        (bits::zext_h(a, a), compressed::c_zext_h(a)),
        (muldiv::mul(a, b, a), compressed::c_mul(a, b)),
    ] {
        assert_eq!(shortest(long, all), short);
        assert_eq!(shortest(long, RV32), long);
    }
}
