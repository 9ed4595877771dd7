//! What stock mpy-cross does with inline-assembler functions, outcome by outcome.

#[path = "../../asm/tests/support/python.rs"]
mod python;
#[path = "../../asm/tests/support/vectors.rs"]
mod vectors;

use ferlance_abi::arch::Arch;
use ferlance_asm::inline::{Body, Dialect};
use ferlance_asm_thumb::inline::{Options, assemble};
use vectors::{Outcome, Vector};

/// Groups about decorators, annotations and Python's grammar, which is the front end's part.
const OTHERS: [&str; 3] = ["deco", "form", "ret"];

fn options(march: &str, dialect: Dialect) -> Options {
    Options::for_arch(Arch::from_name(march).unwrap(), dialect).unwrap()
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
    [&[0xf2, 0xb5], code, &[0xf2, 0xbd]].concat()
}

/// Where we do not follow stock: our bytes, or our message.
fn better(vector: &Vector) -> Option<Result<String, &'static str>> {
    let lines = vector.lines();
    let last = lines.last().unwrap().as_str();
    let ours = match last {
        // The quiet comparison, as it is called.
        _ if last.starts_with("vcmp(") && vector.text("outcome") == "ok" => {
            Ok(vector.text("gnu_code").to_owned())
        }
        _ if vector.text("group") == "program" && lines.iter().any(|l| l.starts_with("vcmp(")) => {
            Ok(vector.text("code").replace("b4eee00a", "b4ee600a"))
        }
        // One high register is stored and loaded as such.
        "push({r8})" | "push({r12})" | "pop({lr})" | "pop({r8})" | "pop({r12})"
            if vector.has("gnu_code") =>
        {
            Ok(vector.text("gnu_code").to_owned())
        }
        // Stock stops on an assertion.
        "movw(pc, 1)" => Err("'movw' expects at most r14"),
        "movt(pc, 1)" => Err("'movt' expects at most r14"),
        // Stock rounds the offset down.
        "ldrex(r0, [r1, 255])" => Err("'ldrex' integer 0xff doesn't fit in mask 0xfc"),
        "ldrex(r0, [r1, 1])" => Err("'ldrex' integer 0x1 doesn't fit in mask 0xfc"),
        "ldrex(r0, [r1, 3])" => Err("'ldrex' integer 0x3 doesn't fit in mask 0xfc"),
        "strex(r0, r1, [r2, 255])" => Err("'strex' integer 0xff doesn't fit in mask 0xfc"),
        "strex(r0, r1, [r2, 1])" => Err("'strex' integer 0x1 doesn't fit in mask 0xfc"),
        "strex(r0, r1, [r2, 3])" => Err("'strex' integer 0x3 doesn't fit in mask 0xfc"),
        // Stock misplaces or destroys the code.
        _ if lines.iter().any(|line| {
            ["align(3)", "align(0)", "align(-4)", "align(6)"].contains(&line.as_str())
        }) =>
        {
            Err("'align' requires a power of 2")
        }
        "data(-1, 1)" => Err("'data' requires at least 2 arguments"),
        _ => return None,
    };
    Some(ours)
}

#[test]
fn stock_outcomes_are_reproduced() {
    let mut wrong = Vec::new();
    let mut judged = 0;
    for vector in vectors::read("thumb.json") {
        if OTHERS.contains(&vector.text("group")) || vector.text("message") == "invalid syntax" {
            continue;
        }
        let options = options(vector.text("march"), Dialect::Stock);
        let Some(outcome) = vector.assemble(|body| run(body, &options)) else {
            wrong.push(format!("{} does not parse", vector.text("id")));
            continue;
        };
        judged += 1;
        let fault = match (better(&vector), &outcome) {
            (None, outcome) => vector.judge(outcome, wrap, true),
            (Some(Ok(code)), Outcome::Code(ours, _)) if *ours == wrap(&vectors::unhex(&code)) => {
                None
            }
            (Some(Err(message)), Outcome::Refused(_, ours, _)) if ours == message => None,
            (Some(ours), _) => Some(format!("{} is not {ours:?}", vector.text("id"))),
        };
        wrong.extend(fault);
    }
    assert!(
        wrong.is_empty(),
        "{} of {judged}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(judged > 1300, "only {judged} vectors");
}

#[test]
fn what_stock_accepts_means_the_same_in_the_full_dialect() {
    let mut judged = 0;
    for vector in vectors::read("thumb.json") {
        if OTHERS.contains(&vector.text("group")) {
            continue;
        }
        let march = vector.text("march");
        let run_in = |dialect| vector.assemble(|body| run(body, &options(march, dialect)));
        let (Some(Outcome::Code(stock, _)), Some(full)) =
            (run_in(Dialect::Stock), run_in(Dialect::Full))
        else {
            continue;
        };
        judged += 1;
        // `cpsid(f)` masks faults only where the operand counts for something.
        if vector.lines() == ["cpsid(f)"] {
            continue;
        }
        let Outcome::Code(full, _) = full else {
            panic!("{} is refused", vector.text("id"));
        };
        assert_eq!(stock, full, "{}", vector.text("id"));
    }
    assert!(judged > 700);
}
