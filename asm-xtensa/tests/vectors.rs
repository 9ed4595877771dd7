//! What stock mpy-cross does with inline-assembler functions, outcome by outcome.

#[path = "../../asm/tests/support/python.rs"]
mod python;
#[path = "../../asm/tests/support/vectors.rs"]
mod vectors;

use ferlance_abi::arch::Arch;
use ferlance_asm::AsmError;
use ferlance_asm::inline::{Body, Dialect, Function};
use ferlance_asm_xtensa::inline::{Options, assemble};
use vectors::{Outcome, Vector};

fn options(vector: &Vector, dialect: Dialect, tight: bool) -> Options {
    let arch = Arch::from_name(vector.text("march")).unwrap();
    let options = Options::for_arch(arch, dialect).unwrap();
    Options { tight, ..options }
}

fn run<'a>(vector: &Vector, body: &Body<'a>, dialect: Dialect) -> Result<Function, AsmError<'a>> {
    assemble(body, &options(vector, dialect, false))
}

fn run_tight<'a>(
    vector: &Vector,
    body: &Body<'a>,
    dialect: Dialect,
) -> Result<Function, AsmError<'a>> {
    let mut options = options(vector, dialect, true);
    // The 2-byte branches on zero have other names for GNU as.
    options.features &= !ferlance_asm_xtensa::inst::DENSITY;
    assemble(body, &options)
}

fn wrap(vector: &Vector, code: &[u8]) -> Vec<u8> {
    if vector.text("march") == "xtensawin" {
        [
            &[0x36, 0x61, 0x00, 0x09, 0x01],
            code,
            &[0x08, 0x01, 0x1d, 0xf0],
        ]
        .concat()
    } else {
        let enter = vectors::unhex("12c1e00901c911d921e931f941");
        let leave = vectors::unhex("f841e831d821c811080112c1200df0");
        [enter, code.to_vec(), leave].concat()
    }
}

/// Where we do not follow stock: our bytes, or our message.
fn better(vector: &Vector) -> Option<Result<String, String>> {
    let lines = vector.lines();
    let last = lines.last().unwrap().as_str();
    let op = last.split('(').next().unwrap();
    if vector.text("note").starts_with("misaligned offset") && vector.text("outcome") == "ok" {
        let offset = last.trim_end_matches(')').rsplit(' ').next().unwrap();
        let of = if op.contains("16") { 2 } else { 4 };
        return Some(Err(format!("{offset} is not a multiple of {of}")));
    }
    let ours = match last {
        "addi_n(a2, a3, -1)" | "addi_n(a12, a1, -1)" => Ok(vector.text("gnu_code").to_owned()),
        "addi_n(a2, a3, 0)" | "addi_n(a12, a1, 0)" => {
            Err("'addi_n' does not take these operands".to_owned())
        }
        // Stock takes it at some places only.
        "call0(L)" if lines.len() == 3 => Ok("000000c5ffff".to_owned()),
        "call0(L)" if lines.len() == 8 => Ok("c600000df00000f0200085ffff".to_owned()),
        _ => return None,
    };
    Some(ours)
}

#[test]
fn stock_outcomes_are_reproduced() {
    let judged = vectors::check_outcomes("xtensa.json", run, wrap, better, false);
    assert!(judged > 950, "only {judged} vectors");
}

/// Forward branches, which stock always makes of an inverted branch and a jump, are as GNU as
/// makes them if the assembler is told to be tight.
#[test]
fn tight_branches_are_as_short_as_gnu_as_makes_them() {
    let mut judged = 0;
    for vector in vectors::read("xtensa.json") {
        if !vector
            .text("note")
            .starts_with("a forward conditional branch")
        {
            continue;
        }
        let Some(Outcome::Code(code, _)) = vector.assemble(&run_tight, Dialect::Full) else {
            panic!("{} is refused", vector.text("id"));
        };
        let expected = wrap(&vector, &vectors::unhex(vector.text("gnu_code")));
        assert_eq!(
            vectors::hex(&code),
            vectors::hex(&expected),
            "{}",
            vector.text("id")
        );
        judged += 1;
    }
    assert_eq!(judged, 30);
}

#[test]
fn what_stock_accepts_means_the_same_in_the_full_dialect() {
    let judged = vectors::check_dialects("xtensa.json", run, |_| false);
    assert!(judged > 480, "{judged}");
}
