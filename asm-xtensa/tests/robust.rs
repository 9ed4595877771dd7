//! Nonsense is refused, not panicked at, and every failing allocation is reported.

#[path = "../../asm/tests/support/garbage.rs"]
mod garbage;

use std::collections::BTreeSet;

use ferlance_asm::AsmError;
use ferlance_asm::inline::{Body, Dialect, Function};
use ferlance_asm_xtensa::TABLES;
use ferlance_asm_xtensa::inline::{Options, assemble};
use ferlance_asm_xtensa::level;

const NAMES: &[&str] = &[
    "L",
    "M",
    "a0",
    "a1",
    "a2",
    "a3",
    "a8",
    "a15",
    "f0",
    "f3",
    "f15",
    "b0",
    "b4",
    "b15",
    "m0",
    "m3",
    "sar",
    "threadptr",
    "ps",
];

/// Every mnemonic as programs write it.
fn operations() -> BTreeSet<String> {
    let mut ops: BTreeSet<String> = ["label", "align", "data", "beqz_n", "bnez_n"]
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
            level::LX106
        } else {
            level::LX6
        },
        dialect,
        windowed: round.is_multiple_of(5),
        tight: round.is_multiple_of(7),
    };
    assemble(body, &options)
}

#[test]
fn nonsense_is_refused_politely() {
    garbage::check_refusals(&operations(), NAMES, assemble_round);
}

#[test]
fn every_failing_allocation_is_a_memory_error() {
    garbage::check_failing_allocations("j", assemble_round);
}
