//! What stock mpy-cross does with inline-assembler functions, outcome by outcome.

#[path = "../../asm/tests/support/python.rs"]
mod python;
#[path = "../../asm/tests/support/vectors.rs"]
mod vectors;

use ferlance_abi::arch::Arch;
use ferlance_asm::AsmError;
use ferlance_asm::inline::{Body, Dialect, Function};
use ferlance_asm_rv32::inline::{Options, assemble};
use vectors::Vector;

fn options(vector: &Vector, dialect: Dialect) -> Options {
    let flags = match vector.text("march_flags") {
        "" | "0" => 0,
        "zba" | "1" | "0x1" | "0b01" => 1,
        "zcmp" | "2" => 2,
        "zba,zcmp" | "3" => 3,
        other => panic!("{other}"),
    };
    Options::for_arch(Arch::Rv32imc, flags, dialect).unwrap()
}

fn run<'a>(vector: &Vector, body: &Body<'a>, dialect: Dialect) -> Result<Function, AsmError<'a>> {
    assemble(body, &options(vector, dialect))
}

fn wrap(_: &Vector, code: &[u8]) -> Vec<u8> {
    [code, &[0x82, 0x80]].concat()
}

/// Where we do not follow stock: our bytes, or our message.
fn better(vector: &Vector) -> Option<Result<String, String>> {
    let lines = vector.lines();
    let last = lines.last().unwrap().as_str();
    let op = last.split('(').next().unwrap();
    let note = vector.text("note");
    if vector.text("outcome") != "ok" {
        return None;
    }
    if note.contains("two of the three register bits") || note.contains("this is c.jr") {
        return Some(Ok(vector.text("gnu_code").to_owned()));
    }
    if note.contains("negative offset accepted") {
        return Some(Err(format!("opcode '{op}' argument 2: out of range")));
    }
    // `lui sp` is the same as stock's `li` of that value into another register, the register apart.
    match last {
        "li(sp, 0x1000)" => return Some(Ok("37110000".to_owned())),
        "li(sp, 0x8000)" => return Some(Ok("37810000".to_owned())),
        "li(sp, 0x1001)" => return Some(Ok("371100000501".to_owned())),
        _ => {}
    }
    if note.contains("zero stack adjustment") {
        // Adjustments beyond what the registers take.
        let extra = match last
            .split_once(", s0-s3}, ")
            .map(|(_, size)| size.trim_start_matches('-'))
        {
            Some("48)") => 1,
            _ => 0,
        };
        let code = vectors::unhex(vector.text("code"));
        return Some(Ok(vectors::hex(&[code[0] | extra << 2, code[1]])));
    }
    None
}

#[test]
fn stock_outcomes_are_reproduced() {
    let judged = vectors::check_outcomes("rv32.json", run, wrap, better, true);
    assert!(judged > 1850, "only {judged} vectors");
}

#[test]
fn what_stock_accepts_means_the_same_in_the_full_dialect() {
    let judged = vectors::check_dialects("rv32.json", run, |_| false);
    assert!(judged > 1000, "{judged}");
}
