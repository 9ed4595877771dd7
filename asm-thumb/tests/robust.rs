//! Nonsense is refused, not panicked at, and every failing allocation is reported.

#[path = "../../asm/tests/support/garbage.rs"]
mod garbage;

use std::collections::BTreeSet;

use ferlance_asm::Message;
use ferlance_asm::inline::{Dialect, Operand};
use ferlance_asm_thumb::TABLES;
use ferlance_asm_thumb::inline::{Options, assemble};
use ferlance_asm_thumb::level;
use ferlance_collections::oom::failing;

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
fn operations() -> Vec<String> {
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
                level::ARMV6M
            } else {
                level::ARMV7EMDP
            },
            dialect: if round % 2 == 0 {
                Dialect::Stock
            } else {
                Dialect::Full
            },
            from_arm_state: round % 5 == 0,
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
    body.set(data, 0, Operand::Int(100));
    body.set(data, 1, Operand::Int(1));
    body.push("b", far, 3).unwrap();
    for line in 4..20 {
        body.push("data", data, line).unwrap();
    }
    body.push("label", far, 20).unwrap();
    let round = 1;
    let options = Options {
        features: if round % 3 == 0 {
            level::ARMV6M
        } else {
            level::ARMV7EMDP
        },
        dialect: if round % 2 == 0 {
            Dialect::Stock
        } else {
            Dialect::Full
        },
        from_arm_state: round % 5 == 0,
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
