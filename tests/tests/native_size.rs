//! Bytes of `@native` machine code for boards, against what the stock compiler makes of the same sources.
//!
//! `tests/native/stock_bytes.txt` has the stock compiler's bytes of each source; `cargo xtask native-size --store` writes
//! it. Sources that are not in the list do not count.
use ferlance_abi::qstr::Pool;
use ferlance_abi::{Arch, CodeKind};
use ferlance_bytecode::module::RawKind;
use ferlance_compiler::{Options, Target, compile};
use ferlance_tests::workspace;

/// Ours over stock's, at most: as it is, and with `-X native=small`.
const BARS: [(bool, f64); 2] = [(false, 1.2), (true, 0.8)];

/// Bytes of a file's functions, preludes not counted.
fn bytes(arch: Arch, small: bool, path: &str) -> usize {
    let source = std::fs::read(workspace::root().join(path)).expect(path);
    let options = Options {
        emit: CodeKind::Native,
        arch,
        target: Some(Target {
            small,
            ..Target::stock(arch, 0)
        }),
        small_int_bits: 31,
        ..Options::default()
    };
    let module = compile(&source, &mut Pool::new(), &options)
        .unwrap_or_else(|diag| panic!("{path}: {diag}"));
    let functions = module.codes.iter().map(|code| match code.kind {
        RawKind::Native { prelude_offset } => prelude_offset as usize - 4,
        RawKind::Viper { .. } => code.bytes.len(),
        _ => 0,
    });
    functions.sum()
}

#[test]
fn machine_code_for_boards_is_hardly_longer_than_stocks_and_shorter_if_asked_for() {
    let list = workspace::root().join("tests/native/stock_bytes.txt");
    let list = std::fs::read_to_string(list).expect("the list");
    for arch in [Arch::Armv7m, Arch::Rv32imc] {
        let rows: Vec<(&str, usize)> = list
            .lines()
            .filter_map(|line| line.strip_prefix(arch.name())?.trim().split_once(' '))
            .map(|(bytes, path)| (path, bytes.parse().expect("bytes")))
            .collect();
        assert!(rows.len() > 50, "{arch:?}: {} files", rows.len());
        let stock: usize = rows.iter().map(|(_, bytes)| bytes).sum();
        for (small, bar) in BARS {
            let ours: usize = rows.iter().map(|(path, _)| bytes(arch, small, path)).sum();
            let ratio = ours as f64 / stock as f64;
            assert!(
                ratio <= bar,
                "{arch:?}, small {small}: {ratio:.3}, not {bar}"
            );
        }
    }
}
