//! Random programs: bytecode, native and viper code of our compiler agree, in place.
//! `cargo xtask random-programs` runs more of them, also on emulated boards.

use ferlance_tests::{
    interpreter::Interpreter,
    random_programs::{Text, compare},
};

/// How many run.
const COUNT: u64 = 2000;

/// Programs that differ for a reason that is known: the list shrinks when it is fixed.
const KNOWN: [(u64, &str); 3] = [(709, DEAD_LOOP), (1725, DEAD_LOOP), (1840, DEAD_LOOP)];
const DEAD_LOOP: &str =
    "viper refuses a counted loop in code that is never run: native code overflow";

fn agree(interpreter: &Interpreter, name: &str, numbers: std::ops::Range<u64>) {
    let count = numbers.end - numbers.start;
    let known = |number: u64| KNOWN.iter().any(|(known, _)| *known == number);
    let listed = numbers.clone().filter(|number| known(*number)).count();
    let report = compare(interpreter, numbers, listed + 3).expect("the programs run");
    let (expected, differences): (Vec<_>, Vec<_>) = report
        .differences
        .iter()
        .partition(|difference| known(difference.number));
    assert_eq!(expected.len(), listed, "take what passes off the list");
    for difference in &differences {
        eprintln!(
            "{name}, program {}: {}\n{}",
            difference.number,
            difference.what,
            difference.program.source(Text::Tested)
        );
    }
    assert!(differences.is_empty(), "emitters differ");
    assert_eq!(report.ran, count);
}

#[test]
#[cfg(all(target_arch = "x86_64", unix))]
fn emitters_agree_here() {
    agree(&Interpreter::ferlance(), "x64", 0..COUNT);
}
