//! What stock mpy-cross does with inline-assembler functions, outcome by outcome.

#[path = "../../asm/tests/support/python.rs"]
mod python;
#[path = "../../asm/tests/support/vectors.rs"]
mod vectors;

use ferlance_abi::arch::Arch;
use ferlance_asm::inline::{Body, Dialect};
use ferlance_asm_xtensa::inline::{Options, assemble};
use vectors::{Outcome, Vector};

/// Groups about decorators, annotations and Python's grammar, which is the front end's part.
const OTHERS: [&str; 3] = ["deco", "form", "ret"];

fn options(vector: &Vector, dialect: Dialect, tight: bool) -> Options {
    let arch = Arch::from_name(vector.text("march")).unwrap();
    let options = Options::for_arch(arch, dialect).unwrap();
    Options { tight, ..options }
}

fn run(body: &Body<'_>, options: &Options) -> Outcome {
    match assemble(body, options) {
        Ok(function) => Outcome::Code(function.code.to_vec(), function.parameters),
        Err(error) => {
            let exception = format!("{:?}", error.message.exception());
            Outcome::Refused(exception, error.to_string(), error.line)
        }
    }
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
    let mut wrong = Vec::new();
    let mut judged = 0;
    for vector in vectors::read("xtensa.json") {
        if OTHERS.contains(&vector.text("group")) || vector.text("message") == "invalid syntax" {
            continue;
        }
        let options = options(&vector, Dialect::Stock, false);
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
            // Stock gives the `def` line for most errors; we give the statement's.
            (None, outcome) => vector.judge(outcome, |code| wrap(&vector, code), false),
            (Some(Ok(code)), Outcome::Code(ours, _))
                if *ours == wrap(&vector, &vectors::unhex(&code)) =>
            {
                None
            }
            (Some(Err(message)), Outcome::Refused(_, ours, _)) if *ours == message => None,
            (Some(ours), Outcome::Code(code, _)) => Some(format!(
                "{:?} is {}, not {ours:?}",
                vector.lines(),
                vectors::hex(code)
            )),
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
        let mut options = options(&vector, Dialect::Full, true);
        // The 2-byte branches on zero have other names for GNU as.
        options.features &= !ferlance_asm_xtensa::inst::DENSITY;
        let Some(Outcome::Code(code, _)) = vector.assemble(|body| run(body, &options)) else {
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
    let mut judged = 0;
    for vector in vectors::read("xtensa.json") {
        if OTHERS.contains(&vector.text("group")) {
            continue;
        }
        let run_in = |dialect| vector.assemble(|body| run(body, &options(&vector, dialect, false)));
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
    assert!(judged > 480, "{judged}");
}
