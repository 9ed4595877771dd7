//! The command compiles functions on threads; what it writes is what one thread writes.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use ferlance_abi::Arch;
use ferlance_abi::code_kind::CodeKind;
use ferlance_abi::qstr::Pool;
use ferlance_compiler::{Options, Target, compile};

fn command(folder: &Path, input: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mpy-cross"))
        .args(["-march=armv7m", "-X", "emit=native", "-o", "-", input])
        .current_dir(folder)
        .output()
        .expect("it runs")
}

fn one_by_one(input: &str, source: &[u8]) -> Vec<u8> {
    let mut pool = Pool::new();
    let options = Options {
        input_name: input.as_bytes(),
        source_name: input.as_bytes(),
        emit: CodeKind::Native,
        arch: Arch::Armv7m,
        target: Some(Target::stock(Arch::Armv7m, 0)),
        float_power: f64::powf,
        ..Options::default()
    };
    let module = compile(source, &mut pool, &options).expect("it compiles");
    let bytes = ferlance_bytecode::mpy::write(&module, &pool);
    bytes.expect("there is memory").into_vec()
}

#[test]
fn the_bytes_are_those_of_one_thread() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../benches/py"));
    let programs = fs::read_dir(folder).expect("there are programs");
    let mut count = 0;
    for program in programs {
        let path = program.expect("it is there").path();
        let name = path.file_name().and_then(|name| name.to_str());
        let Some(name) = name.filter(|name| name.ends_with(".py")) else {
            continue;
        };
        let source = fs::read(&path).expect("it can be read");
        let made = command(folder, name);
        assert_eq!(made.status.code(), Some(0), "{name}");
        assert!(made.stdout == one_by_one(name, &source), "{name}");
        count += 1;
    }
    assert!(count > 10);
}

#[test]
fn many_functions_wait_for_few_threads() {
    let folder = tempfile::tempdir().expect("a folder");
    let functions: String = (0..300)
        .map(|i| {
            format!("def f{i}(a, b):\n    while a < b:\n        a = a * {i} + 1\n    return [a]\n")
        })
        .collect();
    fs::write(folder.path().join("t.py"), &functions).expect("it is written");
    let made = command(folder.path(), "t.py");
    assert!(made.stdout == one_by_one("t.py", functions.as_bytes()));
}

#[test]
fn errors_behind_functions_in_work_are_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let source = "def f(a):\n    return a + 1\n\ndef g():\n    nonlocal x\n";
    fs::write(folder.path().join("t.py"), source).expect("it is written");
    let made = command(folder.path(), "t.py");
    assert_eq!(made.status.code(), Some(1));
    let text = String::from_utf8_lossy(&made.stderr);
    assert!(text.contains("SyntaxError"), "{text}");
    assert!(made.stdout.is_empty());
}
