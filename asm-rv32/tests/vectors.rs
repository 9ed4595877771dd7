//! What stock mpy-cross does with inline-assembler functions, outcome by outcome.

#[path = "../../asm/tests/support/python.rs"]
mod python;
#[path = "../../asm/tests/support/vectors.rs"]
mod vectors;

use ferlance_abi::arch::Arch;
use ferlance_asm::inline::{Body, Dialect};
use ferlance_asm_rv32::inline::{Options, assemble};
use vectors::{Outcome, Vector};

/// Groups about decorators, annotations and Python's grammar, which is the front end's part, and
/// about the command line.
const OTHERS: [&str; 4] = ["deco", "form", "ret", "flags"];

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

fn run(body: &Body<'_>, options: &Options) -> Outcome {
    match assemble(body, options) {
        Ok(function) => Outcome::Code(function.code.to_vec(), function.parameters),
        Err(error) => {
            let exception = format!("{:?}", error.message.exception());
            // The signature's line is the one before the body.
            let line = if error.line == 0 { 2 } else { error.line };
            Outcome::Refused(exception, error.to_string(), line)
        }
    }
}

fn wrap(code: &[u8]) -> Vec<u8> {
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
    let mut wrong = Vec::new();
    let mut judged = 0;
    for vector in vectors::read("rv32.json") {
        if OTHERS.contains(&vector.text("group")) || vector.text("message") == "invalid syntax" {
            continue;
        }
        let options = options(&vector, Dialect::Stock);
        let Some(outcome) = vector.assemble(|body| run(body, &options)) else {
            wrong.push(format!(
                "{} {:?} does not parse",
                vector.text("id"),
                vector.lines()
            ));
            continue;
        };
        judged += 1;
        let fault = match (better(&vector), &outcome) {
            (None, outcome) => vector.judge(outcome, wrap, true),
            (Some(Ok(code)), Outcome::Code(ours, _)) if *ours == wrap(&vectors::unhex(&code)) => {
                None
            }
            (Some(Err(message)), Outcome::Refused(_, ours, _)) if *ours == message => None,
            (Some(ours), _) => Some(format!(
                "{} {:?} is not {ours:?}",
                vector.text("id"),
                vector.lines()
            )),
        };
        wrong.extend(fault);
    }
    assert!(
        wrong.is_empty(),
        "{} of {judged}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(judged > 1850, "only {judged} vectors");
}

#[test]
fn what_stock_accepts_means_the_same_in_the_full_dialect() {
    let mut judged = 0;
    for vector in vectors::read("rv32.json") {
        if OTHERS.contains(&vector.text("group")) {
            continue;
        }
        let run_in = |dialect| vector.assemble(|body| run(body, &options(&vector, dialect)));
        let (Some(Outcome::Code(stock, _)), Some(full)) =
            (run_in(Dialect::Stock), run_in(Dialect::Full))
        else {
            continue;
        };
        judged += 1;
        let Outcome::Code(full, _) = full else {
            panic!("{} is refused", vector.text("id"));
        };
        assert_eq!(stock, full, "{}", vector.text("id"));
    }
    assert!(judged > 1000);
}
