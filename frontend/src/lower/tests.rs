//! Snapshots of the code of each construct, and of refusals: source in, text out. `bytecode::text` describes the
//! format. The bytes are tested by golden files of whole modules; these show which construct changed.

use alloc::format;
use alloc::string::{String, ToString};

use ferlance_abi::qstr;
use ferlance_abi::qstr::Pool;
use ferlance_bytecode::text::Display;

use super::{Code, Lower, Options};
use crate::hir::ScopeId;
use crate::parser::{Mode, ParseOptions, parse};

fn lowered_with(source: &str, mode: Mode, options: &Options) -> String {
    let mut pool = Pool::new();
    let parse_options = ParseOptions {
        mode,
        ..ParseOptions::default()
    };
    let ast = match parse(source.as_bytes(), &mut pool, &parse_options) {
        Ok(ast) => ast,
        Err(diag) => return format!("{diag}\n"),
    };
    let mut text = String::new();
    let mut code = Code::new();
    let mut next = Some(ScopeId::MODULE);
    let lower = Lower::new(&ast, &mut pool, qstr!("main"), options);
    let mut lower = lower.expect("memory suffices");
    if let Err(diag) = lower.resolve() {
        return format!("{diag}\n");
    }
    while let Some(scope) = next {
        lower
            .lower_scope(scope, &mut code)
            .expect("walk 1 finds all errors");
        text.push_str(
            &Display {
                code: &code,
                pool: lower.pool,
            }
            .to_string(),
        );
        next = lower.scopes().after(scope);
    }
    text
}

fn lowered(source: &str) -> String {
    lowered_with(source, Mode::File, &Options::default())
}

macro_rules! constructs {
    ($($name:ident: $source:literal;)*) => {
        $(
            #[test]
            fn $name() {
                let shown = format!("{}\n----\n{}", $source, lowered($source));
                insta::assert_snapshot!(stringify!($name), shown);
            }
        )*
    };
}

constructs! {
    constants: "f(0, -16, 47, 48, 'short', 'longer than ten', b'x', 1.5, 2j, 1 << 70, None, True, False, ..., (1, 'a'))";
    constant_statements_leave_nothing: "'doc'\n1\nNone\n";
    tuple_list_set: "(x, y); [x, y]; {x, y}; (); []; x,";
    dict_items_are_value_first: "{a: b, c: d}; {}";
    operators: "a + b - c; a ** b; -a; not a; ~+a; a @ b";
    comparison: "a < b; a not in b; a is not b";
    chained_comparison_evaluates_the_middle_once: "a < b < c == d";
    and_or: "a and b and c; a or b";
    conditional_expression: "x if c else y";
    conditions_jump: "if a and (b or not c): x";
    conditions_of_constants: "if 0: a\nelif 1: b\nelse: c\nwhile '': d\nassert 1";
    trailers: "a.b; a[b]; a[b:c]; a[b:c:d]; a[::]; a[b, c:d]; f(x).g(y).h";
    brackets_separate_attribute_and_call: "(a.b)(x)";
    calls: "f(x, y, k=v); f(*a, x, *b, k=v, **d); a.m(*x); f(x for x in y)";
    super_calls: "def f(self):\n super().m(1)\n super().a\n super().b = 1\n lambda: super()\n";
    lambda: "lambda a, b=1, *c, d=2, **e: a";
    generator_lambda: "lambda: (yield)";
    walrus: "if (n := f()): n\ndef g():\n return [y := x for x in z]\n";
    walrus_at_module_level: "[y := x for x in z]; y";
    generators: "def f():\n x = yield\n yield x, y\n z = yield from g()\nasync def h():\n await x\n";
    comprehensions: "[x for x in a if b if c for y in d]; {x for x in a}; {k: v for k, v in a}; (x for x in a)";
    assignment: "t = e; t = u = e; o.a = e; o[i] = e; x.f().a = 1";
    swaps: "a, b = x, y; a, b, c = x, y, z; (a, b) = x, y; a, b = 1, 2";
    unpacking: "a, b = e; a, *b, c = e; [a] = e; [] = e; (a, (b, *c)) = e";
    augmented: "n += e; o.a -= e; o[i] @= e; n **= e";
    annotated: "t: T = e\nt: T\ndef f():\n x: int\n return x\n";
    delete: "del n, o.a, o[i], (a, b)\ndef f():\n x = 1\n del x\n";
    return_: "def f():\n return\ndef g():\n return x if c else y\ndef h():\n return 1,\n";
    raise: "raise\nraise e\nraise e from f";
    assert: "assert c, m";
    global_and_nonlocal: "x = 1\ndef f():\n global x\n x = 2\n y = 1\n def g():\n  nonlocal y\n  y = x\n  del y\n";
    import: "import a, b.c, b.c.d as e";
    import_from: "from a import x, y as z\nfrom . import w\nfrom ..p.q import r\nfrom s import *\n";
    if_elif_else: "if a: b\nelif c: d\nelse: e\nif f: g\nelif h: i\n";
    while_: "while a:\n b\n if c: break\n if d: continue\nelse: e\nwhile 1: f\n";
    for_: "for t in e:\n if c: break\n continue\nelse: x\n";
    counted_for: "for i in range(n): x\nfor i in range(1, 9, -2):\n break\nelse: y\nfor j in range(a, b, c): z\n";
    try_except: "try: a\nexcept T as n: b\nexcept: c\nelse: d\n";
    try_finally: "try: a\nexcept B: c\nfinally: d\n";
    leaving_blocks: "for x in y:\n try:\n  with a: break\n finally:\n  continue\n";
    with: "with a as t, b: c";
    async_for: "async def f():\n async for t in e: a\n else: b\n";
    async_with: "async def f():\n async with e as t: a\n";
    functions: "def f(a, b=1, *c, d, e=2, **g):\n return b, c, d, e, g\ndef h(*, k): pass\n";
    closures: "def f(a, b):\n def g(c=a):\n  return lambda: (a, b, c)\n b = 1\n";
    class_: "class C(B, *d, k=v):\n x = 1\n def m(self): return __class__\n@a.b\n@c(1)\nclass D: pass\n";
    decorators: "@micropython.bytecode\n@a.b(c)\n@d\ndef f(): pass\n";
    f_strings: "f'a{x}b{y!r:>{w}}c'";
    dead_code_keeps_its_names: "def f():\n return 1\n a.dead('names')\n lambda: x\n";
    lines: "x\n\ny = [\n a +\n b.c(\n  d),\n]\nif z:\n f(1.5,\n  'longer than ten')\n";
}

#[test]
fn interactive_statements_print_their_values() {
    let text = lowered_with("a.b", Mode::Single, &Options::default());
    insta::assert_snapshot!("interactive", text);
}

#[test]
fn eval_returns_the_value() {
    let text = lowered_with("a + 1", Mode::Eval, &Options::default());
    insta::assert_snapshot!("eval", text);
}

#[test]
fn higher_levels_drop_asserts() {
    let options = Options {
        optimise: 1,
        ..Options::default()
    };
    let text = lowered_with("assert f(), m\n", Mode::File, &options);
    assert!(!text.contains("LOAD_NAME"), "{text}");
}

#[test]
fn ints_beyond_the_targets_small_ints_are_objects() {
    let options = Options {
        small_int_bits: 14,
        ..Options::default()
    };
    let text = lowered_with("f(8191, 8192, -8192, -8193)\n", Mode::File, &options);
    let loads = |op: &str| text.lines().filter(|line| line.contains(op)).count();
    assert_eq!(
        (loads("LOAD_CONST_SMALL_INT"), loads("LOAD_CONST_OBJ")),
        (2, 2),
        "{text}"
    );
}

#[test]
fn odd_numbers_of_small_int_bits_count_as_stock_counts_them() {
    let range = |bits| {
        let range = super::constant::small_ints(bits);
        (*range.start(), *range.end())
    };
    const OWN: i64 = (1 << 62) - 1;
    assert_eq!(range(31), (-(1 << 30), (1 << 30) - 1));
    assert_eq!(range(1), (-1, 0));
    assert_eq!(range(65), (-1, 0));
    for bits in [0, 63, 64, 255] {
        assert_eq!(range(bits), (-OWN, OWN), "{bits}");
    }
}

#[test]
fn more_arguments_than_the_operand_counts_are_refused() {
    let call = |n: usize| format!("f({})\n", "x,".repeat(n));
    assert!(lowered(&call(255)).contains("CALL_FUNCTION"));
    assert_eq!(lowered(&call(256)), "line 1: SyntaxError: too many args\n");
    let keywords = |n: usize| {
        let list: String = (0..n).map(|i| format!("k{i}=1,")).collect();
        format!("f({list})\n")
    };
    assert!(lowered(&keywords(255)).contains("CALL_FUNCTION"));
    assert_eq!(
        lowered(&keywords(256)),
        "line 1: SyntaxError: too many args\n"
    );
    assert_eq!(
        lowered(&format!("class C({}): pass\n", "x,".repeat(254))),
        "line 1: SyntaxError: too many args\n"
    );
}

#[test]
fn nesting_is_bounded() {
    let nested = |n: usize| format!("{}x{}\n", "(1, ".repeat(n), ")".repeat(n));
    assert!(lowered(&nested(100)).contains("BUILD_TUPLE"));
    assert!(lowered(&nested(100_000)).contains("maximum recursion depth exceeded"));
    // Chains of trailers and of operators of one level do not count.
    assert!(lowered(&format!("x{}\n", ".a".repeat(100_000))).contains("LOAD_ATTR"));
    assert!(lowered(&format!("x{}\n", " + x".repeat(100_000))).contains("BINARY_OP"));
}

#[test]
fn cells_beyond_slot_255_are_refused() {
    let mut source = String::from("def f():\n");
    for i in 0..300 {
        source.push_str(&format!(" a{i} = 1\n"));
    }
    assert!(lowered(&source).contains("STORE_FAST 299"));
    source.push_str(" return lambda: a299\n");
    assert!(matches!(
        refused_when_lowered(&source).as_deref(),
        Some("line 1: RuntimeError: bytecode overflow")
    ));
}

/// The refusal of the first scope that walk 2 refuses.
fn refused_when_lowered(source: &str) -> Option<String> {
    let mut pool = Pool::new();
    let ast = parse(source.as_bytes(), &mut pool, &ParseOptions::default()).ok()?;
    let options = Options::default();
    let mut lower = Lower::new(&ast, &mut pool, qstr!("main"), &options).ok()?;
    lower.resolve().ok()?;
    let mut code = Code::new();
    let mut next = Some(ScopeId::MODULE);
    while let Some(scope) = next {
        if let Err(diag) = lower.lower_scope(scope, &mut code) {
            return Some(diag.to_string());
        }
        next = lower.scopes().after(scope);
    }
    None
}

#[test]
fn native_functions_need_an_emitter() {
    let source = "@micropython.native\ndef f(): pass\n";
    assert_eq!(lowered(source), "line 1: SyntaxError: invalid arch\n");
    let options = Options {
        native: true,
        ..Options::default()
    };
    let text = lowered_with(source, Mode::File, &options);
    assert!(text.contains("code \"f\" native"), "{text}");
}

#[test]
fn viper_functions_keep_their_annotated_types() {
    let options = Options {
        native: true,
        ..Options::default()
    };
    let viper = |signature: &str| {
        let source = format!("@micropython.viper\ndef f({signature}: pass\n");
        lowered_with(&source, Mode::File, &options)
    };
    let text = viper("a: int, b, c: ptr8) -> uint");
    for word in ["int", "object", "ptr8", "uint"] {
        assert!(text.contains(word), "{text}");
    }
    assert!(viper("a: 1)").contains("annotation must be an identifier"));
    assert!(viper("a: foo)").contains("unknown type '?'"));
}
