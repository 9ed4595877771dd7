//! The bodies of the fuzz targets, for a moment each, on damaged copies of the golden files. The targets in
//! `fuzz/` call the same bodies for as long as one likes.

#[path = "../../ports/unix/src/exec.rs"]
#[cfg(all(target_arch = "x86_64", unix))]
mod exec;

use std::{fs, path::Path};

use ferlance_tests::{
    mutations::{Random, damaged},
    workspace::{files, has_extension, root},
};

/// The files of these folders with this extension, and the corpus of the target.
fn seeds(folders: &[&str], extension: &str, target: &str) -> Vec<Vec<u8>> {
    let wanted = |path: &Path| has_extension(path, extension);
    let paths = folders
        .iter()
        .flat_map(|folder| files(&root().join(folder), &wanted).unwrap());
    let corpus = root().join("fuzz/corpus").join(target);
    let corpus = files(&corpus, &|_| true).unwrap_or_default();
    let seeds: Vec<Vec<u8>> = paths
        .chain(corpus)
        .map(|path| fs::read(path).unwrap())
        .collect();
    assert!(seeds.len() > 20, "{folders:?} holds {} files", seeds.len());
    seeds
}

/// The body on every seed, and on so many damaged ones. An input that breaks it is shown.
fn try_out(body: fn(&[u8]), seeds: &[Vec<u8>], words: bool, rounds: u64) {
    for seed in seeds {
        let broken = std::panic::catch_unwind(|| body(seed)).is_err();
        assert!(!broken, "{}", String::from_utf8_lossy(seed));
    }
    for round in 0..rounds {
        let input = damaged(seeds, &mut Random::new(round), words);
        let broken = std::panic::catch_unwind(|| body(&input)).is_err();
        assert!(
            !broken,
            "round {round}: {:?}",
            String::from_utf8_lossy(&input)
        );
    }
}

const SOURCES: [&str; 3] = ["tests/lang", "tests/vectors/behaviour", "tests/crash"];

#[test]
fn lexer_reads_or_refuses() {
    try_out(
        ferlance_frontend::fuzz::lexer,
        &seeds(&SOURCES, "py", "lexer"),
        true,
        100_000,
    );
}

#[test]
fn parser_reads_or_refuses() {
    try_out(
        ferlance_frontend::fuzz::parser,
        &seeds(&SOURCES, "py", "parser"),
        true,
        50_000,
    );
}

#[test]
fn compiled_modules_verify() {
    try_out(
        ferlance_compiler::fuzz::compiles,
        &seeds(&SOURCES, "py", "compile"),
        true,
        4_000,
    );
}

#[test]
fn mpy_files_are_read_or_refused() {
    try_out(
        ferlance_bytecode::fuzz::mpy_read,
        &seeds(&["tests/vectors/mpy"], "mpy", "mpy_read"),
        false,
        100_000,
    );
}

#[test]
fn verifier_answers_for_any_file() {
    try_out(
        ferlance_bytecode::fuzz::verifier,
        &seeds(&["tests/vectors/mpy"], "mpy", "verify"),
        false,
        100_000,
    );
}

#[test]
fn programs_end_or_raise() {
    try_out(
        ferlance_port::fuzz::runs,
        &seeds(&["tests/crash", "tests/lang"], "py", "run"),
        true,
        500,
    );
}

#[test]
fn back_ends_compile_or_refuse() {
    try_out(
        ferlance_compiler::fuzz::machine_code,
        &seeds(&["tests/crash", "tests/native"], "py", "native"),
        true,
        1_000,
    );
}

#[test]
#[cfg(all(target_arch = "x86_64", unix))]
fn programs_in_machine_code_end_or_raise() {
    fn body(data: &[u8]) {
        ferlance_port::fuzz::runs_as_machine_code(data, || Box::new(exec::Exec::new()));
    }
    try_out(
        body,
        &seeds(&["tests/crash", "tests/native"], "py", "native"),
        true,
        100,
    );
}
