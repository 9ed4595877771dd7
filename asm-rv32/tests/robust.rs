//! Nonsense is refused, not panicked at, and every failing allocation is reported.

#[path = "../../asm/tests/support/garbage.rs"]
mod garbage;

use std::collections::BTreeSet;

use ferlance_asm::AsmError;
use ferlance_asm::inline::{Body, Dialect, Function};
use ferlance_asm_rv32::TABLES;
use ferlance_asm_rv32::inline::{Options, assemble};
use ferlance_asm_rv32::inst::{RV32, RV64};

const NAMES: &[&str] = &[
    "L", "M", "zero", "ra", "sp", "a0", "a1", "a5", "s0", "s1", "s3", "s11", "t0", "t6", "x0",
    "x31", "fa0", "ft3", "mstatus", "rtz", "dyn", "rw", "iorw",
];

/// Every mnemonic as programs write it.
fn operations() -> BTreeSet<String> {
    let mut ops: BTreeSet<String> = ["label", "align", "data", "li", "la", "mv", "call", "tail"]
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
        features: !(RV32 | RV64) | if round.is_multiple_of(3) { RV64 } else { RV32 },
        dialect,
    };
    assemble(body, &options)
}

#[test]
fn nonsense_is_refused_politely() {
    garbage::check_refusals(&operations(), NAMES, assemble_round);
}

#[test]
fn every_failing_allocation_is_a_memory_error() {
    garbage::check_failing_allocations("c_j", assemble_round);
}
