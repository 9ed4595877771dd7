//! Random programs: bytecode, native and viper code of our compiler agree, in place and on emulated boards.
//! `cargo xtask random-programs` runs more of them.

use ferlance_abi::Arch;
use ferlance_tests::{
    board,
    interpreter::Interpreter,
    random_programs::{Text, compare},
};

/// Programs that run here, and on each board.
const HERE: u64 = 2000;
const ON_BOARDS: u64 = 100;

fn agree(interpreter: &Interpreter, name: &str, numbers: std::ops::Range<u64>) {
    let count = numbers.end - numbers.start;
    let report = compare(interpreter, numbers, 3).expect("the programs run");
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
    agree(&Interpreter::ferlance(), "x64", 0..HERE);
}

#[test]
fn emitters_agree_on_boards() {
    for arch in board::ARCHS {
        if !board::is_there(arch) {
            eprintln!("{}: no emulator, nothing was run", arch.name());
            continue;
        }
        let interpreter = board::interpreter(arch).expect("the board's program builds");
        let first = 10_000 * u64::from(arch.number());
        agree(&interpreter, arch.name(), first..first + ON_BOARDS);
    }
}
