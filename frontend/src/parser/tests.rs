//! Trees as text, for each construct; refusals; limits; memory.

use alloc::format;
use alloc::string::{String, ToString};
use core::fmt::Write;

use ferlance_abi::qstr::Pool;

use super::{Mode, ParseOptions, parse};
use crate::ast::dump::Dump;
use crate::diag::Code;

fn parsed_in(mode: Mode, source: &str) -> String {
    let mut pool = Pool::new();
    let options = ParseOptions {
        mode,
        ..ParseOptions::default()
    };
    match parse(source.as_bytes(), &mut pool, &options) {
        Ok(ast) => Dump {
            ast: &ast,
            pool: &pool,
        }
        .to_string(),
        Err(diag) => format!("{diag}\n"),
    }
}

/// Each source, and its tree.
fn shown(mode: Mode, sources: &[&str]) -> String {
    let mut text = String::new();
    for source in sources {
        let _ = writeln!(text, "{source:?}\n{}", parsed_in(mode, source));
    }
    text
}

macro_rules! trees_of {
    ($($name:ident: [$($source:literal),* $(,)?];)*) => {
        $(
            #[test]
            fn $name() {
                insta::assert_snapshot!(stringify!($name), shown(Mode::File, &[$($source),*]));
            }
        )*
    };
}

trees_of! {
    operators: ["a + b", "a + b - c", "a - b * c // d % e", "a | b ^ c & d << e", "a ** -b ** c", "-a ** b", "~a @ b"];
    comparisons: ["a < b", "a < b == c", "a in b", "a not in b", "a is b", "a is not b", "not a == b"];
    logic: ["a and b and c or d", "not not a", "a if b else c if d else e", "a := b", "(a := b)"];
    numbers_fold: [
        "x = 1 + 2 * 3", "x = 1 + 2 + y", "x = y + (1 + 2)", "x = -5", "x = ~5", "x = 7 // -2, 7 % -2", "x = 1 / 4",
        "x = 2 ** 100", "x = 1 << 64", "x = -(1 << 63)", "x = 0x7fffffffffffffff + 1", "x = 2 ** -1", "x = 1.5 + 1",
        "x = 7.5 // -2, 7.5 % -2", "x = 1 // .1",
    ];
    what_would_raise_or_is_complex_is_left: [
        "x = 1 // 0", "x = 1 % 0", "x = 1.0 / 0", "x = 1 << -1", "x = 0 ** -1", "x = (-8) ** 0.5", "x = 2j * 2", "x = -2j",
        "x = 1 @ 2", "x = ~1.5", "x = 1 << 10000000000", "x = True + 1", "x = 'a' + 'b'", "x = 1 < 2",
    ];
    logic_of_constants_folds: [
        "x = not 1, not '', not (), not 0.0, not None", "x = 1 and y", "x = 0 and y", "x = y and 1", "x = y or 1 or z",
        "x = y or 0 or z", "x = 0 or ''", "x = 1 if 2 else 3",
    ];
    constant_tuples: ["x = (1, 'a', None)", "x = 1, 2", "x = ()", "x = ((), (1, 2))", "x = (1, y)", "x[1, 2]", "x = [1, 2]"];
    math_constants: ["x = math.pi", "x = math.pi * 2", "x = math.pi.y", "x = math.nan, math.inf", "x = y.math.pi"];
    const_names: [
        "X = const(1)\ny = X + 1", "_X = const(1)\ny = _X", "X = const('a')\ny = X", "X: int = const(2)\ny = X",
        "X = const(1)\nX = 2", "X = const(1)\nf(X=2)\nx.X = 3", "X = const(y)", "X = const(1, 2)", "X = Y = const(1)",
        "x.y = const(1)", "X = const(1) + 1", "_A = const(1)\n_B = const(2)",
    ];
    displays: ["[]; [a]; [a, b]", "(); (a,); (a, b)", "{}; {a}; {a, b}", "{a: b, c: d}", "{a: b, c}", "{a, b: c}", "[*a, b]"];
    comprehensions: [
        "[a for b in c]", "{a for b in c if d if e}", "{a: b for c, d in e}", "(a for b in c for d in e)", "f(a for b in c)",
        "f(a for b in c, d)", "[a for b in c if lambda: d]", "[(yield) for a in b]",
    ];
    trailers: ["a.b.c", "a[b]", "a[b:c]", "a[b:c:d]", "a[:]", "a[b:c:]", "a[b, c:d]", "a(b)(c)", "(a.b)(c)", "'a'.b"];
    calls: ["f()", "f(a, b)", "f(*a, **b)", "f(a=b)", "f((a)=b)", "f(a.b=c)", "f(a := b)", "f(a,)", "f((*a))"];
    lambdas: ["lambda: a", "lambda a, b=1, *c, d, **e: a", "lambda *: a", "lambda **k,: a"];
    assignments: [
        "a = b", "a = b = c", "a, b = c", "a, *b = c", "[a, b] = c", "a += b", "a //= b, c", "a: b", "a: b = c", "f(a): b",
        "a = yield b", "a = *b, c", "1 = a",
    ];
    simple_statements: [
        "pass; break; continue", "del a, b[c]; del (a, b)", "return\nreturn a, b", "raise; raise a; raise a from b",
        "global a, b; nonlocal c", "assert a; assert a, b", "yield; yield a, b; yield from a", "await a.b(c) ** d",
    ];
    constant_statements_leave_marks: ["'doc'", "1\n...\nNone", "()"];
    imports: [
        "import a", "import a.b as c, d", "from a import b", "from .a.b import c as d, e,", "from ... import (a, b,)",
        "from . import *",
    ];
    conditions: ["if a: b", "if a:\n b\nelif c:\n d\nelse:\n e", "if a := b: c", "while a: b\nelse: c"];
    loops: ["for a in b: c", "for a, *b in c, d:\n e\nelse:\n f", "async for a in b: c"];
    exceptions: ["try: a\nexcept: b", "try: a\nexcept b as c: d\nexcept e: f\nelse: g\nfinally: h", "try: a\nfinally: b"];
    contexts: ["with a: b", "with a as b, c as d.e: f", "with (a, b) as c: d", "async with a as b: c"];
    functions: [
        "def f(): pass", "def f(a, b: c = 1, *d, e=2, **g) -> h: pass", "async def f(): await a",
        "@a.b(c)\n@d\ndef f(): pass",
    ];
    classes: ["class A: pass", "class A(b, c=d): x = 1; y = 2", "@a\nclass A:\n  def f(self): pass"];
    f_strings: ["f'{a}-{b:>{c}}'", "x = f'{a!r}' 'b'", "t'{a:{b}}'"];
    lines: [
        "x = (a +\n b)", "x = (\na.b\n.c)", "x = (1,\n2,\n3)", "x = (1,\n2)", "x = (\n1,\n2,)", "f(\n(a)\n.b)", "f(a,\n b=c)",
        "x = [\na\nfor b in c]", "f(\na for b in c)", "x = ((\na\n).b)", "(f'''\n{a}''')", "x = (lambda:\na)",
    ];
    refused_where_the_parser_stops: [
        "a b", "a = ", "(a\n\n", "if a:\nb", "a\n  b", "if a:\n    b\n  c", "f'{}'", "x 08", "08", "'a", "else: a", "x = (\n1 1)",
        "def f(a b): c", "try: a", "try: a\nelse: b", "@a\nb", "import a,", "from a import ()", "a if b", "not", "{**a}", "x[*a]",
        "with a as b or c: d", "async a", "class A.b: c", "'\\N{x}'", "del", "a :=", "f(a=b=c)", "x = (1]",
    ];
}

#[test]
fn an_expression_is_a_list_and_line_ends() {
    let sources = ["1 + a", "a, b\n\n", "a = b", " a", "", "a\nb", "*a"];
    insta::assert_snapshot!(shown(Mode::Eval, &sources));
}

#[test]
fn an_interactive_statement_keeps_constants() {
    let sources = [
        "1",
        "",
        "\n",
        "a; b",
        "if a:\n  b\n",
        "if a:\n  b\n\n",
        "a\nb",
        "'doc'",
    ];
    insta::assert_snapshot!(shown(Mode::Single, &sources));
}

#[test]
fn debug_is_a_constant() {
    let value = |debug| {
        let mut pool = Pool::new();
        let options = ParseOptions {
            debug,
            ..ParseOptions::default()
        };
        let ast = parse(b"x = __debug__", &mut pool, &options).unwrap();
        Dump {
            ast: &ast,
            pool: &pool,
        }
        .to_string()
    };
    assert_eq!(value(true), "assign x True\n");
    assert_eq!(value(false), "assign x False\n");
}

/// One source nested `depth` deep per construct that nests.
fn nested(depth: usize) -> impl Iterator<Item = String> {
    let around = [
        ("(", "a", ")"),
        ("[", "a", "]"),
        ("{", "a", "}"),
        ("f(", "a", ")"),
        ("a[", "a", "]"),
        ("-", "a", ""),
        ("not ", "a", ""),
        ("a ** ", "a", ""),
        ("lambda: ", "a", ""),
        ("a if b else ", "a", ""),
        ("[a for a in ", "a", "]"),
        ("f'{", "a", "}'"),
        ("x = (", "yield", ")"),
        ("a + (b * ", "c", ")"),
        ("(*", "a", ")"),
        ("[a for (", "a", ") in b]"),
        ("[a for a in b if ", "c", "]"),
        ("(a := ", "b", ")"),
        ("f(a=", "b", ")"),
        ("f(*", "a", ")"),
        ("a[b:", "c", "]"),
        ("(yield ", "a", ")"),
        ("{a: ", "b", "}"),
        ("(await ", "b", ")"),
        ("a if ", "b", " else c"),
        ("(lambda a=", "b", ": c)"),
        ("a < b[", "c", "]"),
    ];
    let brackets = around.map(|(before, middle, after)| {
        format!("{}{middle}{}", before.repeat(depth), after.repeat(depth))
    });
    let blocks = [
        "if a:",
        "while a:",
        "for a in b:",
        "with a:",
        "def f():",
        "class A:",
    ]
    .map(|head| {
        let mut text = String::new();
        for level in 0..depth {
            let _ = writeln!(text, "{:level$}{head}", "");
        }
        let _ = writeln!(text, "{:depth$}pass", "");
        text
    });
    brackets.into_iter().chain(blocks)
}

#[test]
fn nesting_is_limited() {
    for source in nested(5_000) {
        let mut pool = Pool::new();
        let diag =
            parse(source.as_bytes(), &mut pool, &ParseOptions::default()).expect_err(&source[..20]);
        let expected = diag.code == Code::TooDeep || diag.code == Code::InvalidSyntax;
        assert!(expected, "{diag} for {}", &source[..20]);
    }
    for source in nested(60) {
        let mut pool = Pool::new();
        if let Err(diag) = parse(source.as_bytes(), &mut pool, &ParseOptions::default()) {
            assert_eq!(diag.code, Code::InvalidSyntax, "{source}");
        }
    }
}

#[test]
fn long_chains_do_not_nest() {
    let mut pool = Pool::new();
    for (link, last) in [
        ("a + ", "a"),
        ("a < ", "a"),
        ("a and ", "a"),
        ("a = ", "a"),
        ("a, ", "a"),
        ("a; ", "a"),
    ] {
        let source = format!("{}{last}\n", link.repeat(20_000));
        assert!(
            parse(source.as_bytes(), &mut pool, &ParseOptions::default()).is_ok(),
            "{link}"
        );
    }
    let source = format!("a{}\n", ".b(c)[d]".repeat(20_000));
    assert!(parse(source.as_bytes(), &mut pool, &ParseOptions::default()).is_ok());
    let source = format!("if a: b\n{}", "elif a: b\n".repeat(20_000));
    assert!(parse(source.as_bytes(), &mut pool, &ParseOptions::default()).is_ok());
}

/// Uses every statement and most expressions.
const SAMPLE: &str = include_str!("sample.py");

#[test]
fn every_prefix_of_a_program_is_parsed_or_refused() {
    for end in 0..=SAMPLE.len() {
        let Some(prefix) = SAMPLE.as_bytes().get(..end) else {
            break;
        };
        let mut pool = Pool::new();
        if let Err(diag) = parse(prefix, &mut pool, &ParseOptions::default()) {
            assert!(diag.pos.0 as usize <= end, "{diag} at {}", diag.pos.0);
        }
    }
}

#[test]
fn every_byte_may_be_missing_or_wrong() {
    let mut text = SAMPLE.as_bytes().to_vec();
    for at in 0..text.len() {
        for wrong in [b'\n', b'(', b'\'', b'{', b'\\', 0, 0xff] {
            let right = core::mem::replace(&mut text[at], wrong);
            let mut pool = Pool::new();
            let _ = parse(&text, &mut pool, &ParseOptions::default());
            text[at] = right;
        }
    }
}

#[test]
fn each_failing_allocation_is_an_error() {
    let runs = ferlance_collections::oom::failing::sweep(|| {
        let mut pool = Pool::new();
        parse(SAMPLE.as_bytes(), &mut pool, &ParseOptions::default())
            .map(drop)
            .map_err(|diag| {
                assert_eq!(diag.code, Code::OutOfMemory);
            })
    });
    assert!(runs > 20, "{runs}");
}

#[test]
fn a_second_of_random_tokens_does_no_harm() {
    let words: &[&str] = &[
        "if", "else", ":", "\n", "\n  ", "(", ")", "[", "]", "{", "}", "a", "1", "1.5", "'s'",
        "f'{a}'", "f'{", "t'{b:c}'", ",", "=", "+", "-", "**", "not", "in", "for", "lambda", "def",
        "class", "yield", "await", "async", "import", "from", "as", "with", "try", "except",
        "finally", "*", ".", "...", ":=", "@", "\\\n", "#", "const", "08", "\"\"\"",
    ];
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 33) as usize % below
    };
    for _ in 0..40_000 {
        let mut source = String::new();
        for _ in 0..random(24) {
            source.push_str(words[random(words.len())]);
            if random(3) > 0 {
                source.push(' ');
            }
        }
        crate::fuzz::parser(source.as_bytes());
    }
}
