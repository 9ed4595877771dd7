//! Bytes of `@native` machine code for boards, against what the stock compiler makes of the same sources.
//!
//! `tests/native/stock_bytes.txt` has the stock compiler's bytes of each source; `cargo xtask native-size --store` writes
//! it. Sources that are not in the list do not count.
use ferlance_abi::qstr::Pool;
use ferlance_abi::{Arch, CodeKind};
use ferlance_bytecode::module::RawKind;
use ferlance_compiler::{Options, Target, compile};
use ferlance_tests::workspace;

/// Ours over stock's, at most.
const FAST_BAR: f64 = 1.2;
/// The same with `-X native=small`.
const SMALL_BAR: f64 = 0.8;

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

/// Ours over stock's, over all files of the list.
fn ratio(arch: Arch, small: bool) -> f64 {
    let list = workspace::root().join("tests/native/stock_bytes.txt");
    let list = std::fs::read_to_string(list).expect("the list");
    let rows: Vec<(&str, usize)> = list
        .lines()
        .filter_map(|line| line.strip_prefix(arch.name())?.trim().split_once(' '))
        .map(|(bytes, path)| (path, bytes.parse().expect("bytes")))
        .collect();
    assert!(rows.len() > 50, "{} files", rows.len());
    let stock: usize = rows.iter().map(|(_, bytes)| bytes).sum();
    let ours: usize = rows.iter().map(|(path, _)| bytes(arch, small, path)).sum();
    ours as f64 / stock as f64
}

// One test for each of them, so that they run beside each other.

#[test]
fn thumb_code_is_hardly_longer_than_stocks() {
    let ratio = ratio(Arch::Armv7m, false);
    assert!(ratio <= FAST_BAR, "{ratio:.3}");
}

#[test]
fn riscv_code_is_hardly_longer_than_stocks() {
    let ratio = ratio(Arch::Rv32imc, false);
    assert!(ratio <= FAST_BAR, "{ratio:.3}");
}

#[test]
fn small_thumb_code_is_a_fifth_shorter_than_stocks() {
    let ratio = ratio(Arch::Armv7m, true);
    assert!(ratio <= SMALL_BAR, "{ratio:.3}");
}

#[test]
fn small_riscv_code_is_a_fifth_shorter_than_stocks() {
    let ratio = ratio(Arch::Rv32imc, true);
    assert!(ratio <= SMALL_BAR, "{ratio:.3}");
}
