//! What stock mpy-cross does with inline-assembler functions, outcome by outcome.

#[path = "../../asm/tests/support/python.rs"]
mod python;
#[path = "../../asm/tests/support/vectors.rs"]
mod vectors;

use ferlance_abi::arch::Arch;
use ferlance_asm::AsmError;
use ferlance_asm::inline::{Body, Dialect, Function};
use ferlance_asm_thumb::inline::{Options, assemble};
use vectors::Vector;

fn run<'a>(vector: &Vector, body: &Body<'a>, dialect: Dialect) -> Result<Function, AsmError<'a>> {
    let arch = Arch::from_name(vector.text("march")).unwrap();
    assemble(body, &Options::for_arch(arch, dialect).unwrap())
}

fn wrap(_: &Vector, code: &[u8]) -> Vec<u8> {
    [&[0xf2, 0xb5], code, &[0xf2, 0xbd]].concat()
}

/// Where we do not follow stock: our bytes, or our message.
fn better(vector: &Vector) -> Option<Result<String, String>> {
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
        "movw(pc, 1)" => Err("'movw' expects at most r14".to_owned()),
        "movt(pc, 1)" => Err("'movt' expects at most r14".to_owned()),
        // Stock rounds the offset down.
        "ldrex(r0, [r1, 255])" => Err("'ldrex' integer 0xff doesn't fit in mask 0xfc".to_owned()),
        "ldrex(r0, [r1, 1])" => Err("'ldrex' integer 0x1 doesn't fit in mask 0xfc".to_owned()),
        "ldrex(r0, [r1, 3])" => Err("'ldrex' integer 0x3 doesn't fit in mask 0xfc".to_owned()),
        "strex(r0, r1, [r2, 255])" => {
            Err("'strex' integer 0xff doesn't fit in mask 0xfc".to_owned())
        }
        "strex(r0, r1, [r2, 1])" => Err("'strex' integer 0x1 doesn't fit in mask 0xfc".to_owned()),
        "strex(r0, r1, [r2, 3])" => Err("'strex' integer 0x3 doesn't fit in mask 0xfc".to_owned()),
        // Stock misplaces or destroys the code.
        _ if lines.iter().any(|line| {
            ["align(3)", "align(0)", "align(-4)", "align(6)"].contains(&line.as_str())
        }) =>
        {
            Err("'align' requires a power of 2".to_owned())
        }
        "data(-1, 1)" => Err("'data' requires at least 2 arguments".to_owned()),
        _ => return None,
    };
    Some(ours)
}

#[test]
fn stock_outcomes_are_reproduced() {
    let judged = vectors::check_outcomes("thumb.json", run, wrap, better, true);
    assert!(judged > 1300, "only {judged} vectors");
}

#[test]
fn what_stock_accepts_means_the_same_in_the_full_dialect() {
    let judged = vectors::check_dialects("thumb.json", run, is_of_faults);
    assert!(judged > 700, "{judged}");
}

/// `cpsid(f)` masks faults only where the operand counts for something.
fn is_of_faults(vector: &Vector) -> bool {
    vector.lines() == ["cpsid(f)"]
}
