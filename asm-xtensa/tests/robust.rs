//! Nonsense is refused, not panicked at, and every failing allocation is reported.

#[path = "../../asm/tests/support/garbage.rs"]
mod garbage;

use std::collections::BTreeSet;

use ferlance_asm::Message;
use ferlance_asm::inline::{Dialect, Operand};
use ferlance_asm_xtensa::TABLES;
use ferlance_asm_xtensa::inline::{Options, assemble};
use ferlance_asm_xtensa::level;
use ferlance_collections::oom::failing;

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
fn operations() -> Vec<String> {
    let mut ops: BTreeSet<String> = ["label", "align", "data", "beqz_n", "bnez_n"]
        .map(String::from)
        .into();
    for row in TABLES.into_iter().flatten() {
        let name = row.name.replace('.', "_");
        ops.insert(name.replace(['{', '}'], ""));
        ops.insert(name.split('{').next().unwrap().to_owned());
    }
    ops.into_iter().collect()
}

#[test]
fn nonsense_is_refused_politely() {
    let operations = operations();
    let ops: Vec<&str> = operations.iter().map(String::as_str).collect();
    let mut dice = garbage::Dice::new(1);
    let (mut accepted, mut refused) = (0, 0);
    for round in 0..40_000 {
        let body = garbage::body(&ops, NAMES, &mut dice);
        let options = Options {
            features: if round % 3 == 0 {
                level::LX106
            } else {
                level::LX6
            },
            dialect: if round % 2 == 0 {
                Dialect::Stock
            } else {
                Dialect::Full
            },
            windowed: round % 5 == 0,
            tight: round % 7 == 0,
        };
        match assemble(&body, &options) {
            Ok(_) => accepted += 1,
            Err(error) => {
                assert!(!error.to_string().is_empty());
                refused += 1;
            }
        }
    }
    assert!(
        accepted > 100 && refused > 10_000,
        "{accepted} accepted, {refused} refused"
    );
}

#[test]
fn every_failing_allocation_is_a_memory_error() {
    let mut body = ferlance_asm::inline::Body::new();
    let far = body.reserve(1).unwrap();
    body.set(far, 0, Operand::Name("FAR"));
    let data = body.reserve(2).unwrap();
    body.set(data, 0, Operand::Int(200));
    body.set(data, 1, Operand::Int(1));
    body.push("j", far, 3).unwrap();
    for line in 4..20 {
        body.push("data", data, line).unwrap();
    }
    body.push("label", far, 20).unwrap();
    let round = 1;
    let options = Options {
        features: if round % 3 == 0 {
            level::LX106
        } else {
            level::LX6
        },
        dialect: if round % 2 == 0 {
            Dialect::Stock
        } else {
            Dialect::Full
        },
        windowed: round % 5 == 0,
        tight: round % 7 == 0,
    };
    let allocations = failing::sweep(|| match assemble(&body, &options) {
        Ok(_) => Ok(()),
        Err(error) => {
            assert_eq!(error.message, Message::OutOfMemory);
            Err(())
        }
    });
    assert!(allocations > 3, "{allocations}");
}
