//! Random programs: bytecode, native and viper code of our compiler agree, in place.
//! `cargo xtask random-programs` runs more of them, also on emulated boards.

use ferlance_tests::{
    interpreter::Interpreter,
    random_programs::{Report, Text, compare, compare_hot},
};

/// How many run.
const COUNT: u64 = 2000;

fn agree(interpreter: &Interpreter, name: &str, numbers: std::ops::Range<u64>) {
    let count = numbers.end - numbers.start;
    let report = compare(interpreter, numbers, 3).expect("the programs run");
    judge(report, name, count);
}

fn judge(report: Report, name: &str, count: u64) {
    for difference in &report.differences {
        eprintln!(
            "{name}, program {}: {}\n{}",
            difference.number,
            difference.what,
            difference.program.source(Text::Tested)
        );
    }
    assert!(report.differences.is_empty(), "emitters differ");
    assert_eq!(report.ran, count);
}

#[test]
#[cfg(all(target_arch = "x86_64", unix))]
fn emitters_agree_here() {
    agree(&Interpreter::ferlance(), "x64", 0..COUNT);
}

#[test]
#[cfg(all(target_arch = "x86_64", unix))]
fn emitters_agree_here_when_functions_turn_hot() {
    let report = compare_hot(&Interpreter::ferlance(), 0..COUNT, 3).expect("the programs run");
    judge(report, "x64, hot", COUNT);
}

#[test]
#[cfg(all(target_arch = "x86_64", unix))]
fn emitters_agree_here_piece_by_piece() {
    let interpreter = Interpreter::ferlance().with_options(&["-X", "native=pieces"]);
    agree(&interpreter, "x64, native=pieces", 0..COUNT);
}
