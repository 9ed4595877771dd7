//! Every construct that nests or repeats, a hundred thousand deep: a refusal or a file, never a crash.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Output, Stdio};

const DEPTH: usize = 100_000;
/// Blocks take a line with its indentation for each level.
const BLOCKS: usize = 2_000;

fn compile(source: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_mpy-cross"))
        .args(["-o", "-", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    // It reads all of it before it writes.
    let _ = child
        .stdin
        .take()
        .expect("it is piped")
        .write_all(source.as_bytes());
    child.wait_with_output().expect("it ends")
}

/// The last line of standard error, empty for a compiled source.
fn verdict(source: &str, shown: &str) -> String {
    let output = compile(source);
    let report = String::from_utf8_lossy(&output.stderr).into_owned();
    match output.status.code() {
        Some(0) => String::new(),
        Some(1) => report.lines().last().unwrap_or("no report").to_owned(),
        _ => panic!("{shown}: {:?}\n{report}", output.status),
    }
}

const TOO_DEEP: &str = "RuntimeError: maximum recursion depth exceeded";

/// What stands before, in, and behind the nest.
const NESTING: &[(&str, &str, &str)] = &[
    ("(", "a", ")"),
    ("(", "a", ",)"),
    ("(*", "a", ",)"),
    ("[", "a", "]"),
    ("{", "a", "}"),
    ("{1: ", "a", "}"),
    ("f(", "a", ")"),
    ("f(a=", "b", ")"),
    ("f(*", "a", ")"),
    ("f(**", "a", ")"),
    ("f(a for a in ", "b", ")"),
    ("a[", "a", "]"),
    ("a[b:", "c", "]"),
    ("a[b, ", "c", "]"),
    ("-", "a", ""),
    ("- ~", "a", ""),
    ("not ", "a", ""),
    ("a ** ", "a", ""),
    ("1 ** ", "1", ""),
    ("a ** -", "a", ""),
    ("a ** (", "a", ")"),
    ("a + b * (", "a", ")"),
    ("a < (", "b", ")"),
    ("a or b and (", "c", ")"),
    ("lambda: ", "a", ""),
    ("lambda a=", "b", ": c"),
    ("lambda *, a=", "b", ": c"),
    ("a if b else ", "a", ""),
    ("[a for a in ", "a", "]"),
    ("[a for a in b if ", "c", "]"),
    ("[a for (", "a", ") in b]"),
    ("[", "a", " for a in b]"),
    ("{", "a", " for a in b}"),
    ("{a: ", "b", " for a in c}"),
    ("(", "a", " for a in b)"),
    ("(a := ", "b", ")"),
    ("(yield ", "a", ")"),
    ("(yield from ", "a", ")"),
    ("(await ", "a", ")"),
    ("f'{", "a", "}'"),
    ("f'{a:{", "b", "}}'"),
    ("(", "", ""),
    ("([{", "", ""),
];

#[test]
fn nested_expressions_are_refused() {
    for (before, middle, after) in NESTING {
        let source = format!("{}{middle}{}\n", before.repeat(DEPTH), after.repeat(DEPTH));
        assert_eq!(
            verdict(&source, before),
            TOO_DEEP,
            "{before}{middle}{after}"
        );
    }
}

#[test]
fn nested_expressions_are_refused_wherever_they_stand() {
    let tuple = format!("{}a{}", "(".repeat(DEPTH), ",)".repeat(DEPTH));
    let sign = format!("{}a", "-".repeat(DEPTH));
    for source in [
        format!("del {tuple}\n"),
        format!("for {tuple} in b: pass\n"),
        format!("{tuple} = b\n"),
        format!("with a as {tuple}: pass\n"),
        format!("[a for a in b for {tuple} in c]\n"),
        format!("def f(a: {tuple}): pass\n"),
        format!("def f() -> {sign}: pass\n"),
        format!("def f(a={sign}): pass\n"),
        format!("class A({tuple}): pass\n"),
        format!("assert {sign}\n"),
        format!("raise {sign}\n"),
        format!("def f():\n return {sign}\n"),
        format!("a += {sign}\n"),
        format!("a = {sign}\n"),
        format!("_A = const({sign})\n"),
        format!("[a{}]\n", " for a in b".repeat(DEPTH)),
        format!("with {}a: pass\n", "a, ".repeat(DEPTH)),
    ] {
        let shown = &source[..20];
        assert_eq!(verdict(&source, shown), TOO_DEEP, "{shown}");
    }
}

#[test]
fn nested_blocks_are_refused() {
    for head in [
        "if a:",
        "while a:",
        "for a in b:",
        "with a:",
        "try:",
        "def f():",
        "async def f():",
        "class A:",
        "if a: pass\nelse:",
        "@a\ndef f():",
    ] {
        let mut source = String::new();
        for level in 0..BLOCKS {
            for line in head.lines() {
                let _ = writeln!(source, "{:level$}{line}", "");
            }
        }
        let _ = writeln!(source, "{:BLOCKS$}pass", "");
        assert_eq!(verdict(&source, head), TOO_DEEP, "{head}");
    }
}

/// What repeats without nesting compiles; jumps and counts have their limits.
#[test]
fn long_chains_are_no_nests() {
    const FAR: &str = "RuntimeError: bytecode overflow";
    const MANY: &str = "SyntaxError: too many args";
    for (before, link, after, expected) in [
        ("a", ".b", "\n", ""),
        ("a", "[b]", "\n", ""),
        ("a", "(b)", "\n", ""),
        ("a", ".b(c)[d]", "\n", ""),
        ("", "a, ", "b\n", ""),
        ("", "a = ", "b\n", ""),
        ("", "a; ", "b\n", ""),
        ("", "a + ", "b\n", ""),
        ("", "a | b ^ c & d << e + f * -", "g\n", ""),
        ("", "'a' ", "'b'\n", ""),
        ("f'", "{{", "'\n", ""),
        ("", "@a\n", "def f(): pass\n", ""),
        ("import a", ".b", "\n", ""),
        ("from ", ".", "a import b\n", ""),
        ("global a", ", b", "\n", ""),
        ("", "\\\n", "a\n", ""),
        ("", "a < ", "b\n", FAR),
        ("", "a and ", "b\n", FAR),
        ("if a: b\n", "elif a: b\n", "", FAR),
        ("try: a\n", "except b: c\n", "", FAR),
        ("[a for a in b", " if c", "]\n", FAR),
        ("", "f'{a}' ", "f'{b}'\n", MANY),
        ("", ")", "\n", "SyntaxError: invalid syntax"),
        ("", " ", "a\n", "IndentationError: unexpected indent"),
    ] {
        let source = format!("{before}{}{after}", link.repeat(DEPTH));
        assert_eq!(verdict(&source, link), expected, "{before}{link}{after}");
    }
}
