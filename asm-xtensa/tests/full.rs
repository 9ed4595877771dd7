//! The full dialect: every encoding under its manual's mnemonic, against foreign bytes.

#[path = "../../asm/tests/support/python.rs"]
mod python;

use std::collections::HashMap;
use std::path::Path;

use ferlance_asm::inline::Dialect;
use ferlance_asm_xtensa::inline::{Options, assemble};
use ferlance_asm_xtensa::level;

/// The code between prologue and epilogue, as hexadecimal text, or the message.
fn assembled(options: &Options, lines: &[&str]) -> Result<String, String> {
    let lines: Vec<String> = lines.iter().map(|&line| line.to_owned()).collect();
    let calls = python::statements(&lines, 3, &HashMap::new())?;
    let body = python::body("", &calls);
    let function = assemble(&body, options).map_err(|error| error.to_string())?;
    let code = &function.code[5..function.code.len() - 4];
    Ok(code.iter().map(|byte| format!("{byte:02x}")).collect())
}

const FULL: Options = Options {
    features: level::LX6,
    dialect: Dialect::Full,
    windowed: true,
    tight: false,
};

/// A line for a foreign assembler in the spelling that programs use.
fn spelled(text: &str) -> String {
    let (op, operands) = text.split_once(' ').unwrap_or((text, ""));
    let op = match op {
        "and" | "or" | "abs" | "break" => format!("{op}_"),
        _ => op.replace('.', "_"),
    };
    format!("{op}({operands})")
}

#[test]
fn every_row_is_found_by_its_manuals_mnemonic() {
    let mut wrong = Vec::new();
    let mut judged = 0;
    for name in ["golden.txt", "golden-qemu.txt"] {
        let golden = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests")
            .join(name);
        for line in std::fs::read_to_string(golden).unwrap().lines() {
            let (bytes, text) = line.split_once('\t').unwrap();
            // Places need labels: see below. Stock has these three names for narrow forms, and
            // `movi` for a literal.
            let others = ["ret", "movi"].contains(&text.split(' ').next().unwrap());
            if text.contains(". +") || text.contains(". -") || others || text.starts_with("mov ") {
                continue;
            }
            judged += 1;
            let python = spelled(text);
            match assembled(&FULL, &[&python]) {
                Ok(code) if code == bytes => {}
                other => wrong.push(format!("{text}: {python}: {bytes}, ours {other:?}")),
            }
        }
    }
    let some = wrong[..wrong.len().min(60)].join("\n");
    assert!(wrong.is_empty(), "{} of {judged}:\n{some}", wrong.len());
    assert!(judged > 3600);
}

#[test]
fn places_are_branches_calls_loops_and_literals() {
    let body = [
        "j(m)",
        "align(4)",
        "label(d)",
        "data(4, 0x12345678)",
        "label(m)",
        "l32r(a2, d)",
        "nop_n()",
        "l32r(a3, d)",
        "loop(a4, e)",
        "beqi(a2, 10, e)",
        "bgeui(a3, 65536, m)",
        "label(e)",
        "bf(b1, f)",
        "align(4)",
        "label(f)",
        "call8(f)",
        "data(2, f - d)",
    ];
    // LLVM's bytes of the same from offset 5, where a windowed function's body begins.
    let expected = "c600007856341221ffff3df031fdff768405269202f613ee7601ffe5ffff1800";
    let code = assembled(&FULL, &body).unwrap();
    assert_eq!(code, expected);
}

#[test]
fn tight_functions_need_no_literals_for_small_constants() {
    let tight = Options {
        tight: true,
        ..FULL
    };
    let code = |lines: &[&str]| assembled(&tight, lines).unwrap();
    assert_eq!(code(&["movi(a2, -2048)"]), "22a800");
    assert_eq!(code(&["movi(a2, 2047)"]), "22a7ff");
    // Five bytes fewer are cut off in front: a jump, a blank and the literal come first.
    let literal = code(&["movi(a2, 2048)"]);
    assert!(literal.starts_with("080000366100"), "{literal}");
    assert_eq!(code(&["beqz(a2, L)", "nop()", "label(L)"]), "8c12f02000");
}

#[test]
fn options_that_a_core_lacks_are_refused() {
    let call0 = Options {
        features: level::LX106,
        windowed: false,
        ..FULL
    };
    for line in [
        "entry(a1, 32)",
        "loop(a2, L)",
        "add_s(f0, f1, f2)",
        "quou(a2, a3, a4)",
    ] {
        assert!(assembled(&call0, &["label(L)", line]).is_err(), "{line}");
    }
    assert!(assembled(&call0, &["mul16u(a2, a3, a4)"]).is_ok());
    for line in [
        "beqi(a2, 9, L)",
        "sext(a2, a3, 6)",
        "entry(a1, 36)",
        "rsr(a2, nosuch)",
    ] {
        assert!(assembled(&FULL, &["label(L)", line]).is_err(), "{line}");
    }
}

#[test]
fn of_several_mistakes_stocks_is_reported() {
    for (line, message) in [
        ("addi(a2, r1, -129)", "'addi' expects a register"),
        ("l8ui(sp, a2, 256)", "'l8ui' expects a register"),
        ("s32i(r1, a1, 3)", "'s32i' expects a register"),
        (
            "l8ui(a2, a3, 256)",
            "'l8ui' integer 256 isn't within range 0..255",
        ),
        ("addmi(r1, a2, 5)", "5 is not a multiple of 256"),
    ] {
        assert_eq!(assembled(&FULL, &[line]), Err(message.to_owned()), "{line}");
    }
}
