//! Nonsense is refused, not panicked at, and every failing allocation is reported.

#[path = "../../asm/tests/support/garbage.rs"]
mod garbage;

use std::collections::BTreeSet;

use ferlance_asm::AsmError;
use ferlance_asm::inline::{Body, Dialect, Function};
use ferlance_asm_thumb::TABLES;
use ferlance_asm_thumb::inline::{Options, assemble};
use ferlance_asm_thumb::level;

const NAMES: &[&str] = &[
    "L",
    "M",
    "r0",
    "r1",
    "r2",
    "r3",
    "r7",
    "r8",
    "r10",
    "r12",
    "sp",
    "lr",
    "pc",
    "s0",
    "s1",
    "s3",
    "s31",
    "d0",
    "d1",
    "d15",
    "eq",
    "ne",
    "lsl",
    "lsr",
    "asr",
    "ror",
    "rrx",
    "APSR",
    "PRIMASK",
    "IPSR",
    "FPSCR",
    "APSR_nzcv",
    "sy",
    "i",
    "f",
    "p0",
    "c3",
];

/// Every mnemonic as programs write it.
fn operations() -> BTreeSet<String> {
    let mut ops: BTreeSet<String> = [
        "label", "align", "data", "movwt", "it", "itte", "beq", "bne_w", "bls_n",
    ]
    .map(String::from)
    .into();
    for row in TABLES.into_iter().flatten() {
        let name = row.name.replace('.', "_");
        ops.insert(name.replace(['{', '}'], ""));
        ops.insert(name.split('{').next().unwrap().to_owned());
    }
    ops
}

/// For one processor after the other.
fn assemble_round<'a>(
    body: &Body<'a>,
    dialect: Dialect,
    round: usize,
) -> Result<Function, AsmError<'a>> {
    let options = Options {
        features: if round.is_multiple_of(3) {
            level::ARMV6M
        } else {
            level::ARMV7EMDP
        },
        dialect,
        from_arm_state: round.is_multiple_of(5),
    };
    assemble(body, &options)
}

#[test]
fn nonsense_is_refused_politely() {
    garbage::check_refusals(&operations(), NAMES, assemble_round);
}

#[test]
fn every_failing_allocation_is_a_memory_error() {
    garbage::check_failing_allocations("b", assemble_round);
}
