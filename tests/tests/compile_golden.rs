//! The compiler against golden files: every bytecode `.mpy` of `vectors/mpy` byte for byte, and every refusal.

use std::fs;
use std::path::{Path, PathBuf};

use ferlance_abi::arch::Arch;
use ferlance_abi::qstr::Pool;
use ferlance_compiler::{Options, compile, write_report};
use ferlance_tests::workspace;

fn vectors() -> PathBuf {
    workspace::root().join("tests/vectors/mpy")
}

fn compiled(source: &[u8], options: &Options<'_>) -> Result<Vec<u8>, String> {
    let mut pool = Pool::new();
    match compile(source, &mut pool, options) {
        Ok(module) => Ok(ferlance_bytecode::mpy::write(&module, &pool)
            .expect("memory suffices")
            .into_vec()),
        Err(diag) => {
            let name = |bytes| std::str::from_utf8(bytes).expect("the tests' names are UTF-8");
            let (input, source) = (name(options.input_name), name(options.source_name));
            let mut report = String::new();
            write_report(&mut report, &diag, &pool, input, source).expect("strings take any text");
            Err(report)
        }
    }
}

fn check(source: &str, golden: &str, options: &Options<'_>, failed: &mut Vec<String>) {
    let text = fs::read(vectors().join(source)).expect("the source is there");
    let expected = fs::read(vectors().join(golden)).expect("the golden file is there");
    match compiled(&text, options) {
        Ok(bytes) if bytes == expected => {}
        Ok(bytes) => {
            let at = bytes
                .iter()
                .zip(&expected)
                .take_while(|(a, b)| a == b)
                .count();
            failed.push(format!(
                "{golden}: differs at {at:#x}; ours {} bytes, golden {}",
                bytes.len(),
                expected.len()
            ));
        }
        Err(report) => failed.push(format!("{golden}: {report}")),
    }
}

fn named(name: &str) -> Options<'_> {
    Options {
        input_name: name.as_bytes(),
        source_name: name.as_bytes(),
        float_power: f64::powf,
        ..Options::default()
    }
}

fn report(failed: &[String]) {
    assert!(
        failed.is_empty(),
        "{} differ:\n{}",
        failed.len(),
        failed.join("\n")
    );
}

#[test]
fn default_options_give_the_golden_bytes() {
    let files = workspace::files(&vectors(), &|path| workspace::has_extension(path, "py"))
        .expect("the vectors are there");
    let mut failed = Vec::new();
    let mut compared = 0;
    for file in files {
        let golden = file.with_extension("mpy");
        if !golden.exists() {
            continue; // only with native code
        }
        let relative = |path: &Path| {
            let path = path.strip_prefix(vectors()).expect("it was found there");
            path.to_str().expect("the names are ASCII").to_owned()
        };
        let source = relative(&file);
        check(&source, &relative(&golden), &named(&source), &mut failed);
        compared += 1;
    }
    assert!(compared > 60, "only {compared} golden files found");
    report(&failed);
}

#[test]
fn other_options_give_the_golden_bytes() {
    let mut failed = Vec::new();
    let mut check_with = |source: &str, variant: &str, change: &dyn Fn(&mut Options<'static>)| {
        let leaked: &'static str = Box::leak(source.to_owned().into_boxed_str());
        let mut options = named(leaked);
        change(&mut options);
        let stem = source.strip_suffix(".py").expect("a source");
        check(
            source,
            &format!("{stem}.{variant}.mpy"),
            &options,
            &mut failed,
        );
    };
    for (level, variant) in [(0, "O0"), (1, "O1"), (2, "O2"), (3, "O3")] {
        check_with("asserts.py", variant, &|o| o.optimise = level);
    }
    check_with("line_numbers.py", "O3", &|o| o.optimise = 3);
    check_with("if_else.py", "O3", &|o| o.optimise = 3);
    check_with("try_finally.py", "O2", &|o| o.optimise = 2);
    check_with("line_numbers.py", "nolines", &|o| o.source_lines = false);
    check_with("classes.py", "nolines", &|o| o.source_lines = false);
    check_with("empty.py", "renamed", &|o| {
        o.source_name = b"other/place.py"
    });
    check_with("empty.py", "backslash", &|o| o.source_name = b"dir/back.py");
    check_with("empty.py", "stdin", &|o| {
        (o.input_name, o.source_name) = (b"<stdin>", b"<stdin>");
    });
    check_with("empty.py", "armv7m", &|o| o.arch = Arch::Armv7m);
    check_with("empty.py", "rv32flags", &|o| {
        (o.arch, o.arch_flags) = (Arch::Rv32imc, 3);
    });
    for bits in [14, 15, 30, 32, 47, 63] {
        check_with("small_ints.py", &format!("bits{bits}"), &|o| {
            o.small_int_bits = bits
        });
    }
    check_with("bigints.py", "bits63", &|o| o.small_int_bits = 63);
    check_with("algorithms.py", "emit_bytecode", &|_| {});
    check_with("functions.py", "emit_bytecode.armv7m", &|o| {
        o.arch = Arch::Armv7m
    });
    report(&failed);
}

#[test]
fn refusals_have_the_golden_text() {
    let text = fs::read_to_string(vectors().join("compile_errors.json")).expect("it is there");
    let cases: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
    let mut failed = Vec::new();
    for case in cases.as_array().expect("a list") {
        let field = |name: &str| case[name].as_str().expect("a string");
        let ours = match compiled(field("source").as_bytes(), &named("t.py")) {
            Ok(_) => String::new(),
            Err(report) => report,
        };
        if ours != field("stderr") {
            failed.push(format!(
                "{:?}\n  ours   {ours:?}\n  golden {:?}",
                field("source"),
                field("stderr")
            ));
        }
    }
    report(&failed);
}

#[test]
fn floats_have_the_golden_text() {
    let text = fs::read_to_string(vectors().join("float_text.json")).expect("it is there");
    let cases: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
    let mut failed = Vec::new();
    for case in cases.as_array().expect("a list") {
        let (literal, golden) = (&case[0], &case[1]);
        let literal = literal.as_str().expect("a string");
        let value = ferlance_num::parse_float::<f64>(literal.as_bytes()).expect("a float");
        let ours = ferlance_num::mpy_text(value);
        if Some(ours.as_str()) != golden.as_str() {
            failed.push(format!("{literal}: ours {ours}, golden {golden}"));
        }
    }
    report(&failed);
}

#[test]
fn float_literals_in_files_are_rounded_as_upstream_rounds_them() {
    let literals = [
        ("30.033722386570469", "30.033722386570467"),
        ("42.766320595957378", "42.76632059595738"),
        ("8.3e+26", "8.300000000000001e+26"),
    ];
    for (literal, golden) in literals {
        let source = format!("x = {literal}\n");
        let bytes = compiled(source.as_bytes(), &named("t.py")).expect("it is right");
        let text = String::from_utf8_lossy(&bytes);
        assert!(text.contains(golden), "{literal}");
    }
}
