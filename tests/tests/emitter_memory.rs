//! The memory that compiling one function of 100 lines takes on a 32-bit board: `cargo xtask emitter-memory` prints it.
//!
//! The figures are bytes asked for, which depend on nothing but the compiler. They may fall; what makes them rise is to
//! be looked at.

use ferlance_abi::Arch;
use ferlance_tests::{board, workspace};

/// File, options, most bytes that the emitter may take.
const ROWS: [(&str, &[&str], usize); 4] = [
    ("native", &[], 350_000),
    ("native", &["-X", "native=small"], 158_000),
    // The bar is 48 KiB: for native functions of what the runtime takes where there is no more.
    ("native", &["-X", "native=pieces"], 35_000),
    ("viper", &[], 48_000),
];

#[test]
fn one_function_of_100_lines_takes_no_more_memory_than_it_did() {
    let arch = Arch::Armv7m;
    if !board::is_there(arch) {
        eprintln!("no emulator: cargo xtask setup");
        return;
    }
    let board = board::interpreter(arch).expect("a board");
    for (name, options, most) in ROWS {
        let path = workspace::root().join(format!("benches/emitter_memory/{name}.py"));
        let mut command = board.to_command();
        command
            .args(options)
            .args(["-X", "compile-memory"])
            .arg(&path);
        let outcome = command.output().expect("a run");
        let printed = String::from_utf8_lossy(&outcome.stdout);
        let words: Vec<&str> = printed.split_whitespace().collect();
        let at = words.iter().position(|word| *word == "emitter");
        let figure = at.and_then(|at| words.get(at + 1)?.parse::<usize>().ok());
        let figure = figure.unwrap_or_else(|| panic!("no figure: {printed}"));
        assert!(figure > 10_000, "{name}: {figure} is not much");
        assert!(figure <= most, "{name} {options:?}: {figure}, not {most}");
    }
}
