//! Every message of the compiler, from a source that earns it: the table of `docs/errors.md`, held from outside.

use ferlance_abi::arch::Arch;
use ferlance_abi::qstr::Pool;
use ferlance_compiler::{Options, Target, compile};
use ferlance_frontend::diag::Code;

/// The message, the line, and the text in the source where the caret stands.
fn refused(source: &str, arch: Arch) -> Option<(Code, u32, String)> {
    let mut pool = Pool::new();
    let options = Options {
        input_name: b"t.py",
        source_name: b"t.py",
        arch,
        target: (arch != Arch::None).then(|| Target::stock(arch, 0)),
        ..Options::default()
    };
    let diag = compile(source.as_bytes(), &mut pool, &options).err()?;
    let at = source.get(diag.pos.0 as usize..).unwrap_or("");
    Some((diag.code, diag.line, at.to_owned()))
}

/// A message, where it is found: line, beginning of the text there. And the source.
type Row = (Code, u32, &'static str, &'static str);

use Code::*;

#[rustfmt::skip]
const PYTHON: &[Row] = &[
    (InvalidSyntax, 1, "b", "a b\n"),
    (UnexpectedIndent, 2, "b", "a\n  b\n"),
    (UnindentMismatch, 2, "\n  c", "if a:\n    b\n  c\n"),
    (MalformedFString, 1, "f'{}'", "f'{}'\n"),
    (IntSyntax, 1, "09", "x = 09\n"),
    (NumberSyntax, 1, "1.2.3", "x = 1.2.3\n"),
    (UnicodeNameEscape, 0, "", "x = '\\N{DASH}'\n"),
    (NotAConstant, 1, "const(x)", "A = const(x)\n"),
    (CantAssign, 1, "f()", "f() = 1\n"),
    (CantDelete, 1, "f()", "del f()\n"),
    (MultipleStars, 1, "*b", "*a, *b = c\n"),
    (StarNotTarget, 1, "*b", "a = *b\n"),
    (OutsideLoop, 1, "break", "break\n"),
    (ReturnOutside, 1, "return", "return 1\n"),
    (YieldOutside, 1, "yield", "yield\n"),
    (AwaitOutside, 1, "await", "await x\n"),
    (AsyncOutside, 2, "async", "def f():\n    async with a: pass\n"),
    (ImportStarNotModule, 2, "from", "def f():\n    from a import *\n"),
    (RedefinedGlobal, 3, "global", "def f():\n    a = 1\n    global a\n"),
    (RedefinedNonlocal, 3, "nonlocal", "def f():\n    a = 1\n    nonlocal a\n"),
    (NoNonlocal, 2, "nonlocal", "def f():\n    nonlocal a\n"),
    (NonlocalInModule, 1, "nonlocal", "nonlocal a\n"),
    (DefaultExceptLast, 2, "except: b", "try: a\nexcept: b\nexcept C: d\n"),
    (ArgNameReused, 1, "a):", "def f(a, a):\n    pass\n"),
    (NonDefaultAfterDefault, 1, "b):", "def f(a=1, b):\n    pass\n"),
    (SuperNoSelf, 2, "super", "def f():\n    super().a\n"),
    (StarAfterDoubleStar, 1, "*b", "f(**a, *b)\n"),
    (StarAfterKeyword, 1, "*b", "f(a=1, *b)\n"),
    (PositionalAfterDoubleStar, 1, "b", "f(**a, b)\n"),
    (PositionalAfterKeyword, 1, "b", "f(a=1, b)\n"),
    (KeywordNotName, 1, "a.b", "f(a.b=1)\n"),
    (ExpectingPair, 1, "b", "{1: a, b}\n"),
    (ExpectingValue, 1, "b", "{a, b: c}\n"),
    (InvalidDecorator, 1, "micropython.quick", "@micropython.quick\ndef f(): pass\n"),
    (InvalidArch, 1, "micropython.native", "@micropython.native\ndef f(): pass\n"),
];

/// For a Cortex-M4, but for the ones with a row of another architecture.
#[rustfmt::skip]
const ASSEMBLER: &[Row] = &[
    (AsmNotFunction, 2, "class", "@micropython.asm_thumb\nclass A: pass\n"),
    (AsmTooManyParameters, 2, "def", "@micropython.asm_thumb\ndef f(r0, r1, r2, r3, r4): nop()\n"),
    (AsmParameterNames, 2, "def", "@micropython.asm_thumb\ndef f(r1): nop()\n"),
    (AsmReturnNotName, 2, "", "@micropython.asm_thumb\ndef f() -> 1: nop()\n"),
    (AsmUnknownType, 2, "def", "@micropython.asm_thumb\ndef f() -> ptr: nop()\n"),
    (AsmExpectingInstruction, 3, "x", "@micropython.asm_thumb\ndef f():\n    x = 1\n    nop()\n"),
    (AsmLabel, 3, "label", "@micropython.asm_thumb\ndef f():\n    label()\n    nop()\n"),
    (AsmLabelRedefined, 4, "label", "@micropython.asm_thumb\ndef f():\n    label(A)\n    label(A)\n"),
    (AsmAlign, 3, "align", "@micropython.asm_thumb\ndef f():\n    align()\n    nop()\n"),
    (AsmAlignPower, 3, "align", "@micropython.asm_thumb\ndef f():\n    align(3)\n    nop()\n"),
    (AsmData, 3, "data", "@micropython.asm_thumb\ndef f():\n    data(1)\n    nop()\n"),
    (AsmDataIntegers, 3, "data", "@micropython.asm_thumb\ndef f():\n    data(1, 1.5)\n    nop()\n"),
    (AsmLabelNotDefined, 3, "b", "@micropython.asm_thumb\ndef f():\n    b(A)\n    nop()\n"),
    (AsmUnknownInstruction, 3, "jump", "@micropython.asm_thumb\ndef f():\n    jump(r0)\n    nop()\n"),
    (AsmOperandKind, 3, "and_", "@micropython.asm_thumb\ndef f():\n    and_(r1, foo)\n    nop()\n"),
    (AsmOperandRegister, 3, "neg", "@micropython.asm_thumb\ndef f():\n    neg(r9, r1)\n    nop()\n"),
    (AsmOperandRange, 3, "mov", "@micropython.asm_thumb\ndef f():\n    movw(r1, 0x10000)\n    nop()\n"),
];
const ASSEMBLER_RV32: &[Row] = &[(
    AsmOperandCount,
    3,
    "add",
    "@micropython.asm_rv32\ndef f():\n    add(a0, a1)\n    c_nop()\n",
)];
const ASSEMBLER_XTENSA: &[Row] = &[(
    AsmTargetPlace,
    4,
    "l32r",
    "@micropython.asm_xtensa\ndef f():\n    label(D)\n    l32r(a2, D)\n",
)];

/// The statement stands in line 3, behind four spaces, in `def f(o, i: int, u: uint, p: ptr8)`.
#[rustfmt::skip]
const VIPER: &[(Code, &str)] = &[
    (UntypedLocal, "print(x); x = i"),
    (LocalType, "i = o"),
    (ViperCondition, "if p: pass"),
    (ViperReturn, "return i"),
    (ViperUnary, "-p"),
    (ViperNot, "x = not i"),
    (ViperBinary, "o + i"),
    (MixedCompare, "i < u"),
    (UnsignedDivision, "u // u"),
    (ViperBinaryOp, "i / i"),
    (ViperLoadFrom, "i[0]"),
    (ViperLoadIndex, "p[o]"),
    (ViperStoreTo, "i[0] = 1"),
    (ViperStoreIndex, "p[o] = 1"),
    (ViperStoreValue, "p[0] = o"),
    (RaiseNative, "raise i"),
    (NativeRaise, "raise"),
    (NativeYield, "yield o"),
    (NativeConversion, "print(ptr(1))"),
    (NativeCasting, "x = int(int)"),
    (ViperAttr, "i.x"),
    (ViperCall, "i()"),
    (ViperStarCall, "o(*i)"),
    (ViperIterate, "for x in i: pass"),
    (ViperSliceBound, "o[i:i]"),
    (ViperDelete, "del o[i]"),
    (ViperDictItem, "{i: o}"),
    (ViperCastArgs, "int()"),
];
#[rustfmt::skip]
const VIPER_FUNCTIONS: &[Row] = &[
    (AnnotationNotName, 2, "", "@micropython.viper\ndef f(a: 1): pass\n"),
    (UnknownType, 2, "", "@micropython.viper\ndef f(a: float32): pass\n"),
    (ViperClassVariable, 3, "x", "@micropython.viper\nclass A:\n    x = 1\n    y = 2\n"),
    (ViperParameters, 2, "", "@micropython.viper\ndef f(*a): pass\n"),
    (ViperCast, 3, "", "@micropython.viper\ndef f(a: float):\n    x = ptr8(a)\n    pass\n"),
];

/// Sources that are long.
fn long() -> Vec<(Code, Arch, String)> {
    let names: Vec<String> = (0..300).map(|n| format!("a{n}")).collect();
    let arguments = names.join(", ");
    let asm = |first: &str, filler: &str, count: usize, last: &str| {
        format!(
            "    {first}\n{}    {last}\n",
            format!("    {filler}\n").repeat(count)
        )
    };
    let thumb = asm("b(A)", "data(4, 0)", 1000, "label(A)");
    let xtensa = asm("label(A)", "data(4, 0)", 80, "bbci(a2, 3, A)");
    vec![
        (
            NameTooLong,
            Arch::None,
            format!("{} = 1\n", "x".repeat(256)),
        ),
        (TooManyArgs, Arch::None, format!("f({arguments})\n")),
        (
            BytecodeOverflow,
            Arch::None,
            format!("if a:\n{}", "    f(a, b)\n".repeat(20_000)),
        ),
        (TooDeep, Arch::None, format!("{}x\n", "(".repeat(100_000))),
        (
            AsmOutOfReach,
            Arch::Armv6m,
            format!("@micropython.asm_thumb\ndef f():\n{thumb}"),
        ),
        (
            AsmTargetRange,
            Arch::Xtensa,
            format!("@micropython.asm_xtensa\ndef f():\n{xtensa}"),
        ),
    ]
}

/// What no source of decent length earns, and who tests it.
const ELSEWHERE: &[(Code, &str)] = &[
    (
        NoNativeEmitter,
        "the default emitter is native and there is no target, which command lines refuse first",
    ),
    (
        OutOfMemory,
        "the sweeps fail each allocation of the compiler in turn",
    ),
    (
        AsmTooLong,
        "4 GiB of code; asm/src/layout.rs has the unit test",
    ),
    (
        NativeMalformed,
        "4 GiB of code, or bytecode that our compiler does not make",
    ),
];

/// What is wrong with a row, if anything.
fn check(row: &Row, arch: Arch, wrong: &mut Vec<String>) {
    let (code, line, at, source) = *row;
    match refused(source, arch) {
        Some((found, found_line, text))
            if found == code && found_line == line && text.starts_with(at) => {}
        other => wrong.push(format!("{row:?}: {other:?}")),
    }
}

#[test]
fn each_message_has_a_source_that_earns_it() {
    let mut wrong = Vec::new();
    let mut earned: Vec<Code> = Vec::new();
    for (rows, arch) in [
        (PYTHON, Arch::None),
        (ASSEMBLER, Arch::Armv7em),
        (ASSEMBLER_RV32, Arch::Rv32imc),
        (ASSEMBLER_XTENSA, Arch::Xtensa),
        (VIPER_FUNCTIONS, Arch::X64),
    ] {
        for row in rows {
            check(row, arch, &mut wrong);
            earned.push(row.0);
        }
    }
    for (code, statement) in VIPER {
        let source = format!(
            "@micropython.viper\ndef f(o, i: int, u: uint, p: ptr8):\n    {statement}\n    pass\n"
        );
        match refused(&source, Arch::X64) {
            Some((found, ..)) if found == *code => earned.push(found),
            other => wrong.push(format!("{code:?}: {statement}: {other:?}")),
        }
    }
    for (code, arch, source) in long() {
        match refused(&source, arch) {
            Some((found, ..)) if found == code => earned.push(found),
            other => wrong.push(format!(
                "{code:?}: {:?}",
                other.map(|(found, line, _)| (found, line))
            )),
        }
    }
    assert!(wrong.is_empty(), "{}\n", wrong.join("\n"));
    let missing: Vec<_> = Code::ALL
        .iter()
        .filter(|code| !earned.contains(code) && !ELSEWHERE.iter().any(|(other, _)| other == *code))
        .collect();
    assert!(missing.is_empty(), "no source for {missing:?}");
}
