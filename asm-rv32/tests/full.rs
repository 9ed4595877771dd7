//! The full dialect: every encoding under its manual's mnemonic, against foreign assemblers' bytes.

#[path = "../../asm/tests/support/python.rs"]
mod python;

use std::collections::HashMap;
use std::path::Path;

use ferlance_asm::inline::Dialect;
use ferlance_asm_rv32::Features;
use ferlance_asm_rv32::inline::{Options, assemble};
use ferlance_asm_rv32::inst::{RV32, RV64};

/// The code before the epilogue, as hexadecimal text, or the message.
fn assembled(width: Features, lines: &[&str]) -> Result<String, String> {
    let options = Options {
        features: !(RV32 | RV64) | width,
        dialect: Dialect::Full,
    };
    let lines: Vec<String> = lines.iter().map(|&line| line.to_owned()).collect();
    let calls = python::statements(&lines, 3, &HashMap::new())?;
    let body = python::body("", &calls);
    let function = assemble(&body, &options).map_err(|error| error.to_string())?;
    let code = &function.code[..function.code.len() - 2];
    Ok(code.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A line for a foreign assembler in the spelling that programs use.
fn spelled(text: &str) -> String {
    let (op, operands) = text.split_once(' ').unwrap_or((text, ""));
    let op = match op {
        "and" | "or" | "not" => format!("{op}_"),
        _ => op.replace('.', "_"),
    };
    // A base without a constant is a list.
    let operands = match operands.split_once(", (") {
        Some((before, base)) => format!("{before}, [{}]", base.trim_end_matches(')')),
        None => operands.to_owned(),
    };
    format!("{op}({operands})")
}

#[test]
fn every_row_is_found_by_its_manuals_mnemonic() {
    let mut wrong = Vec::new();
    let mut judged = 0;
    for (name, width) in [
        ("golden-rv32.txt", RV32),
        ("golden-rv64.txt", RV64),
        ("golden-rv32-new.txt", RV32),
        ("golden-rv64-new.txt", RV64),
    ] {
        let golden = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests")
            .join(name);
        for line in std::fs::read_to_string(golden).unwrap().lines() {
            let (bytes, text) = line.split_once('\t').unwrap();
            // Places need labels: see below.
            if text.contains(". +") || text.contains(". -") {
                continue;
            }
            judged += 1;
            let python = spelled(text);
            match assembled(width, &[&python]) {
                Ok(code) if code == bytes => {}
                other => wrong.push(format!("{text}: {python}: {bytes}, ours {other:?}")),
            }
        }
    }
    let some = wrong[..wrong.len().min(60)].join("\n");
    assert!(wrong.is_empty(), "{} of {judged}:\n{some}", wrong.len());
    assert!(judged > 8000);
}

#[test]
fn places_are_addresses_branches_and_data() {
    let body = [
        "label(a)",
        "beqz(a0, e)",
        "bgt(a1, a2, a)",
        "j(e)",
        "lw(a0, t)",
        "la(a1, t)",
        "call(e)",
        "label(e)",
        "csrr(a2, mcycle)",
        "csrrw(a0, mscratch, a1)",
        "csrrw(a0, a1, 0x340)",
        "ret()",
        "align(4)",
        "label(t)",
        "data(4, t - a, e)",
    ];
    // GNU as's bytes of the same.
    let expected = "63020502e34eb6fe6f00c00117050000032585029705000093850502\
                    97000000e7808000732600b073950534739505346780000034000000\
                    24000000";
    let code = assembled(RV32, &body).unwrap();
    assert_eq!(code, expected);
}

#[test]
fn branches_grow_when_their_target_is_far() {
    let far: Vec<&str> = std::iter::repeat_n("nop()", 1100).collect();
    let code = |op: &str| {
        let body = [&[op], &far[..], &["label(END)"]].concat();
        assembled(RV32, &body).map(|code| code[..16].to_owned())
    };
    assert_eq!(code("beq(a0, a1, END)").unwrap(), "6314b5006f104013");
    assert_eq!(code("bltu(a0, a1, END)").unwrap(), "6374b5006f104013");
    let message = code("c_beqz(a0, END)").unwrap_err();
    assert_eq!(message, "opcode 'c_beqz' argument 2: out of range");
}

#[test]
fn what_the_manual_forbids_is_refused() {
    for line in [
        "c_addi16sp(sp, 0)",
        "c_lui(sp, 1)",
        "cm_push({ra, s0-s3}, -8)",
        "cm_push({ra, s0-s3}, -96)",
        "cm_mvsa01(s0, s0)",
        "slli(a0, a0, 32)",
        "amoadd_w(a0, a1, 4(a2))",
        "fadd_s(fa0, fa1, a2)",
        "csrr(a0, nosuch)",
        "fence(x, w)",
    ] {
        assert!(assembled(RV32, &[line]).is_err(), "{line}");
    }
    assert!(assembled(RV32, &["ld(a0, 0(a1))"]).is_err());
    assert!(assembled(RV64, &["ld(a0, 0(a1))"]).is_ok());
    assert!(assembled(RV64, &["slli(a0, a0, 32)"]).is_ok());
}

#[test]
fn stack_adjustments_are_whole_as_in_the_manual() {
    let code = |line| assembled(RV32, &[line]).unwrap();
    assert_eq!(code("cm_push({ra, s0-s3}, -32)"), "82b8");
    assert_eq!(code("cm_push({ra, s0-s3}, -80)"), "8eb8");
    assert_eq!(code("cm_popret({ra, s0-s11}, 112)"), "febe");
    assert_eq!(code("c_addi16sp(-32)"), "3d71");
}

#[test]
fn constants_without_sign_are_judged_whole() {
    for (line, message) in [
        (
            "slli(a0, a0, 1099511627776)",
            "opcode 'slli' argument 3: out of range",
        ),
        (
            "srai(a0, a0, 4294967297)",
            "opcode 'srai' argument 3: out of range",
        ),
        (
            "csrrw(a0, a1, 4294967297)",
            "opcode 'csrrw' argument 3: out of range",
        ),
        (
            "c_slli(a1, 1099511627776)",
            "opcode 'c_slli' argument 2: out of range",
        ),
        (
            "c_addi4spn(a0, 4294967300)",
            "opcode 'c_addi4spn' argument 2: out of range",
        ),
    ] {
        assert_eq!(assembled(RV32, &[line]), Err(message.to_owned()), "{line}");
    }
}
