//! The full dialect: every encoding under its manual's mnemonic, against GNU as's bytes.

#[path = "../../asm/tests/support/python.rs"]
mod python;

use std::collections::HashMap;
use std::path::Path;

use ferlance_asm::inline::Dialect;
use ferlance_asm_thumb::inline::{Options, assemble};
use ferlance_asm_thumb::level;

const FULL: Options = Options {
    features: level::ARMV7EMDP,
    dialect: Dialect::Full,
    from_arm_state: false,
};

/// The code between prologue and epilogue, as hexadecimal text, or the message.
fn assembled(lines: &[&str]) -> Result<String, String> {
    let lines: Vec<String> = lines.iter().map(|&line| line.to_owned()).collect();
    let calls = python::statements(&lines, 3, &HashMap::new())?;
    let body = python::body("", &calls);
    let function = assemble(&body, &FULL).map_err(|error| error.to_string())?;
    let code = &function.code[2..function.code.len() - 2];
    Ok(code.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A line for GNU as in the spelling that programs use.
fn spelled(text: &str) -> String {
    let (op, operands) = text.split_once(' ').unwrap_or((text, ""));
    let op = match op {
        "and" | "yield" => format!("{op}_"),
        _ => op.replace('.', "_"),
    };
    let mut operands = operands.replace('#', "").replace('!', ", \"!\"");
    for shift in ["lsl", "lsr", "asr", "ror"] {
        if let Some(at) = operands.find(&format!("{shift} ")) {
            let rest = &operands[at + 4..];
            let end = rest
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(rest.len());
            operands = format!(
                "{}{shift}({}){}",
                &operands[..at],
                &rest[..end],
                &rest[end..]
            );
        }
    }
    let operands = match operands.as_str() {
        "if" => "if_".to_owned(),
        _ => operands.replace("_nzcvq", ""),
    };
    format!("{op}({operands})")
}

#[test]
fn every_row_is_found_by_its_manuals_mnemonic() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden.txt");
    let golden = std::fs::read_to_string(golden).unwrap();
    let mut wrong = Vec::new();
    let mut judged = 0;
    for line in golden.lines() {
        let (bytes, text) = line.split_once('\t').unwrap();
        // Places need labels: see below.
        if text.contains(". +") || text.contains(". -") {
            continue;
        }
        judged += 1;
        let python = spelled(text);
        match assembled(&[&python]) {
            Ok(code) if code == bytes => {}
            other => wrong.push(format!("{text}: {python}: {bytes}, ours {other:?}")),
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {judged}:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(80)].join("\n")
    );
    assert!(judged > 9000);
}

#[test]
fn places_are_addresses_branches_and_data() {
    let body = [
        "label(a)",
        "cbz(r0, e)",
        "adr(r1, t)",
        "ldr(r2, t)",
        "ldr_w(r8, t)",
        "beq_w(a)",
        "b_w(e)",
        "bhi_n(e)",
        "bhs(e)",
        "tbb([pc, r0])",
        "data(1, c - b)",
        "align(2)",
        "label(b)",
        "bl(a)",
        "label(c)",
        "label(e)",
        "ldr(r3, 0x12345678)",
        "mov(r8, r8)",
        "pop({r1, r4-r7, pc})",
        "align(4)",
        "label(t)",
        "data(4, 1)",
    ];
    // GNU as's bytes of the same, the literal's distance apart: it comes after the epilogue.
    let expected = "70b108a1084adff81c803ff4f9af00f007b805d804d2dfe800f00400fff7f0ff034bc046f2bd\
                    01000000f2bd000078563412";
    let code = assembled(&body).unwrap();
    let end = expected.len() - 4;
    assert_eq!(code, expected[..end]);
}

#[test]
fn branches_grow_when_their_target_is_far() {
    let far: Vec<&str> = std::iter::repeat_n("nop()", 1200).collect();
    let code = |op: &str| {
        let branch = format!("{op}(END)");
        let body = [&[branch.as_str()], &far[..], &["label(END)"]].concat();
        assembled(&body).map(|code| code[..12].to_owned())
    };
    assert_eq!(code("b").unwrap(), "00f0b0bc00bf");
    assert_eq!(code("beq").unwrap(), "00f0b08400bf");
    assert_eq!(code("b_n").unwrap_err(), "branch not in range");
    assert_eq!(code("beq_n").unwrap_err(), "branch not in range");
}

#[test]
fn a_constant_may_stand_in_any_immediate() {
    let wide = |line| assembled(&[line]);
    assert_eq!(wide("add(r0, r1, 0x12000)").unwrap(), "01f59030");
    assert_eq!(wide("mov(r0, 0x1234)").unwrap(), "41f23420");
    assert_eq!(wide("and_(r0, r1, 0xff00ff00)").unwrap(), "01f0ff20");
    assert_eq!(wide("sub(sp, 8)").unwrap_err(), "'sub' expects at most r7");
    assert_eq!(wide("sub(sp, sp, 8)").unwrap(), "82b0");
}

#[test]
fn combinations_that_the_manual_forbids_are_refused() {
    let message = assembled(&["ubfx(r0, r1, 20, 13)"]).unwrap_err();
    let stocks = "unsupported Thumb instruction 'ubfx' with 4 arguments";
    assert_eq!(message, stocks);
    let message = assembled(&["add(r0, r1, r2, r3)"]).unwrap_err();
    let stocks = "unsupported Thumb instruction 'add' with 4 arguments";
    assert_eq!(message, stocks);
    for line in [
        "ldr(r1, [r1, 4], \"!\")",
        "ldrd(r1, r1, [r2, 0])",
        "bfi(r0, r1, 31, 2)",
        "umull(r0, r0, r1, r2)",
        "strexb(r0, r0, [r1])",
        "vpush({s30-s31, s0})",
        "vldmia(r0, \"!\", {s31-s32})",
        "and_w(sp, r0, r1)",
        "add_w(r0, r1, 0x101)",
        "vmov_f32(s0, 0.1)",
        "stmdb(r0, \"!\", {r0, r1})",
        "msr(BASEPRI, 5)",
    ] {
        assert!(assembled(&[line]).is_err(), "{line}");
    }
}

#[test]
fn levels_keep_what_they_lack_away() {
    let lines = ["smlad(r0, r1, r2, r3)".to_owned()];
    let calls = python::statements(&lines, 3, &HashMap::new()).unwrap();
    let body = python::body("", &calls);
    let without = Options {
        features: level::ARMV7M,
        ..FULL
    };
    let message = assemble(&body, &without).unwrap_err().to_string();
    assert_eq!(
        message,
        "unsupported Thumb instruction 'smlad' with 4 arguments"
    );
    assert!(assemble(&body, &FULL).is_ok());
}
