//! What viper accepts, refuses and says, compared with stock: `vectors/viper/errors.json` and `optypes.json`.

use ferlance_abi::arch::Arch;
use ferlance_abi::qstr::Pool;
use ferlance_compiler::{Options, Target, ViperDialect, compile};
use ferlance_frontend::Diag;
use ferlance_frontend::diag::ExcType;
use serde_json::Value;

/// Stock compiles these to nonsense that crashes; we refuse them.
const REFUSED_ON_PURPOSE: [&str; 6] = [
    "viper-0050", // star and keyword-only parameters
    "viper-0051",
    "viper-0052",
    "viper-0053",
    "viper-1001", // `async def` without `await`
    "viper-1012",
];

/// One of each family; the outcome does not depend on it.
const ARCHS: [Arch; 5] = [
    Arch::X64,
    Arch::Armv6m,
    Arch::Armv7emsp,
    Arch::Rv32imc,
    Arch::Xtensawin,
];

fn vectors(name: &str) -> Vec<Value> {
    let path = format!("{}/vectors/viper/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read(path).expect("the vectors are there");
    serde_json::from_slice(&text).expect("the vectors are JSON")
}

fn field<'a>(case: &'a Value, name: &str) -> &'a str {
    case[name].as_str().unwrap_or("")
}

/// Stock refuses these, and we do in its dialect; beyond it they are programs.
const EXTENSIONS: [&str; 13] = [
    "viper-0017", // numbers that stock lacks
    "viper-0018",
    "viper-0066", // objects that are set to None or deleted
    "viper-0078",
    "viper-0086", // locals that inner functions use
    "viper-0087",
    "viper-0148", // objects that are compared with None
    "viper-0150",
    "viper-0839", // `except … as`
    "viper-0858",
    "viper-0937", // a bare `raise`, and `raise … from`, in native functions
    "viper-0938",
    "viper-0939",
];

/// Exception, message and line, or "ok".
fn outcome(source: &str, arch: Arch) -> (String, Option<Diag>) {
    outcome_in(ViperDialect::Stock, source, arch)
}

fn outcome_in(viper: ViperDialect, source: &str, arch: Arch) -> (String, Option<Diag>) {
    let mut pool = Pool::new();
    let options = Options {
        viper,
        sound: viper == ViperDialect::Full,
        arch,
        target: Some(Target::stock(arch, 0)),
        ..Options::default()
    };
    let Err(diag) = compile(source.as_bytes(), &mut pool, &options) else {
        return ("ok".to_owned(), None);
    };
    let mut text = format!("{}: ", diag.exc_type().name());
    diag.write_text(&mut text, &|name| pool.text(name)).unwrap();
    // What is not the syntax's fault is raised without a place.
    match diag.exc_type() {
        ExcType::NotImplementedError => {}
        _ => text.push_str(&format!(" ({})", diag.line)),
    }
    (text, Some(diag))
}

fn expected(case: &Value) -> String {
    let mut text = format!("{}: {}", field(case, "exception"), field(case, "message"));
    if let Some(line) = case["line"].as_u64() {
        text.push_str(&format!(" ({line})"));
    }
    text
}

#[test]
fn each_source_is_accepted_or_refused_as_by_stock() {
    let mut wrong = Vec::new();
    for case in vectors("errors.json") {
        let (id, source) = (field(&case, "id"), field(&case, "source"));
        let ours = ARCHS.map(|arch| outcome(source, arch).0);
        let theirs = match field(&case, "outcome") {
            "ok" => "ok".to_owned(),
            "error" => expected(&case),
            _ => continue, // stock aborts
        };
        let on_purpose = REFUSED_ON_PURPOSE.contains(&id);
        for (arch, ours) in ARCHS.iter().zip(&ours) {
            if (*ours != theirs) != on_purpose {
                let arch = arch.name();
                wrong.push(format!("{id} {arch}: {ours}\n  stock: {theirs}\n{source}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn beyond_the_stock_dialect_only_the_extensions_differ() {
    let differs = |case: &&Value| {
        let source = field(case, "source");
        let [stock, full] = [ViperDialect::Stock, ViperDialect::Full]
            .map(|dialect| outcome_in(dialect, source, Arch::Armv7emsp).0);
        stock != full
    };
    let cases = vectors("errors.json");
    let found: Vec<&str> = cases
        .iter()
        .filter(differs)
        .map(|case| field(case, "id"))
        .collect();
    assert_eq!(found, EXTENSIONS);
}

#[test]
fn extensions_compile_for_stock_firmware_of_each_architecture() {
    for program in [
        "calls_inside",
        "extensions",
        "float_numbers",
        "float_remainders",
        "long_numbers",
        "objects_let_go",
        "sound",
    ] {
        let path = format!("{}/viper/{program}.py", env!("CARGO_MANIFEST_DIR"));
        let source = std::fs::read_to_string(path).expect("the program is there");
        for arch in ARCHS.into_iter().chain([Arch::Xtensa, Arch::Armv7emdp]) {
            let (ours, diag) = outcome_in(ViperDialect::Full, &source, arch);
            assert!(diag.is_none(), "{program} {arch:?}: {ours}");
        }
    }
}

#[test]
fn what_stock_aborts_on_is_refused_with_place_reason_and_rewrite() {
    let mut count = 0;
    for case in vectors("errors.json") {
        if field(&case, "outcome") != "abort" {
            continue;
        }
        count += 1;
        let source = field(&case, "source");
        let (ours, diag) = outcome(source, Arch::Armv7emsp);
        let diag = diag.unwrap_or_else(|| panic!("accepted: {source}"));
        assert_eq!(diag.exc_type(), ExcType::ViperTypeError, "{source}{ours}");
        assert!(diag.line > 1 && diag.pos.0 > 0, "{source}{ours}");
        assert!(!diag.code.help().is_empty(), "{source}{ours}");
    }
    assert_eq!(count, 87);
}

#[test]
fn each_operator_has_the_types_of_stock() {
    let mut wrong = Vec::new();
    for case in vectors("optypes.json") {
        let (op, left, right) = (
            field(&case, "op"),
            field(&case, "left"),
            field(&case, "right"),
        );
        let (returns, body) = match case["result"].as_str() {
            Some(ty) => (ty, "return a"),
            None => ("object", "a"),
        };
        let source = format!(
            "@micropython.viper\ndef f(a: {left}, b: {right}) -> {returns}:\n    {body} {op} b\n"
        );
        let (ours, _) = outcome(&source, Arch::Armv7m);
        let theirs = match case["result"].as_str() {
            Some(_) => "ok".to_owned(),
            None => expected(&case) + " (2)",
        };
        if ours != theirs {
            wrong.push(format!("{left} {op} {right}: {ours}\n  stock: {theirs}"));
        }
    }
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong.join("\n"));
}

/// What a function with wide numbers gets, beyond the stock dialect; 32 and 64 bits.
fn wide(signature: &str, body: &str) -> [String; 2] {
    let source = format!("@micropython.viper\ndef f({signature}:\n    {body}\n");
    [Arch::Armv7emsp, Arch::X64].map(|arch| outcome_in(ViperDialect::Full, &source, arch).0)
}

#[test]
fn wide_numbers_have_the_wider_type() {
    for (signature, body) in [
        ("a: float, b: int) -> float", "return a + b"),
        ("a: float, b: uint) -> float", "return b / a"),
        ("a: float) -> float", "return a ** 2 // 3 % 0.5"),
        ("a: float) -> float", "return 1"),
        ("a: int) -> float", "x = 0.5; x = 1; return x"),
        ("a: int64, b: int) -> int64", "return b - a"),
        ("a: uint64, b: int) -> uint64", "return a << b"),
        ("a: int64) -> int64", "return a & 0xffffffffff"),
        ("a: int64) -> int", "return int(a) + int(float(a))"),
        ("a: int64) -> bool", "return a < 5"),
        ("a: uint64, b: uint) -> bool", "return a == b and a > 7"),
    ] {
        assert_eq!(wide(signature, body), ["ok", "ok"], "{signature}: {body}");
    }
}

#[test]
fn what_wide_numbers_lack_is_refused() {
    for (signature, body, message) in [
        (
            "a: float) -> int",
            "return a",
            "return expected 'int' but got 'float'",
        ),
        (
            "a: int64) -> int",
            "return a",
            "return expected 'int' but got 'int64'",
        ),
        ("a: float)", "x = a | a", "binary op  not implemented"),
        ("a: float)", "x = ~a", "can't do unary op of 'float'"),
        ("a: int64)", "x = a / a", "binary op  not implemented"),
        (
            "a: int64, b: uint)",
            "x = a < b",
            "comparison of int and uint",
        ),
        ("a: uint64)", "x = a < -1", "comparison of int and uint"),
        ("a: float, p: ptr8)", "p[0] = a", "can't store 'float'"),
        (
            "a: int64, p: ptr8)",
            "x = p[a]",
            "can't load with 'int64' index",
        ),
        (
            "a: float)",
            "x = ptr8(a)",
            "can't convert 'float' to 'ptr8'",
        ),
        (
            "a: float, b)",
            "x = a + b",
            "can't do binary op between 'float' and 'object'",
        ),
        (
            "a: float)",
            "a = b'x'",
            "local 'a' has type 'float' but source is 'object'",
        ),
    ] {
        let expected = format!("ViperTypeError: {message} (2)");
        let found = wide(signature, body);
        assert_eq!(found, [expected.clone(), expected], "{signature}: {body}");
    }
    // Without such a parameter or result the names are those of built-in functions, as in stock.
    assert_eq!(
        wide("a: int)", "x = float(a); x = 1.5; return x"),
        ["ok", "ok"]
    );
}
