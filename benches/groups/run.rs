//! What single things cost in the interpreter: the same job in several spellings, 10,000 times each.
#![expect(missing_docs, reason = "the macros make public functions")]
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ferlance_benches::{run, with_runtime};

/// Group, name, statements before, statement to repeat.
const JOBS: &[(&str, &str, &str, &str)] = &[
    ("vm/loop", "range", "", "pass"),
    ("vm/arith", "int_add", "a = 3", "a + i"),
    ("vm/arith", "int_mixed", "a = 3", "(a * i ^ a) & 255"),
    ("vm/arith", "float_add", "a = 3.5", "a + 1.25"),
    ("vm/arith", "big_add", "a = 1 << 80", "a + i"),
    ("vm/call", "function", "def f(x): return x", "f(i)"),
    ("vm/call", "defaults", "def f(x, y=1): return x", "f(i)"),
    (
        "vm/call",
        "keywords",
        "def f(x, y): return x",
        "f(x=i, y=1)",
    ),
    ("vm/call", "star", "def f(*x): return x", "f(i, 1)"),
    ("vm/call", "builtin", "a = [1]", "len(a)"),
    (
        "vm/call",
        "method",
        "class C:\n def m(self): return 1\na = C()",
        "a.m()",
    ),
    (
        "vm/call",
        "closure",
        "def g(x):\n def f(): return x\n return f\nf = g(1)",
        "f()",
    ),
    (
        "vm/call",
        "generator",
        "def g():\n while True: yield 1\na = g()",
        "next(a)",
    ),
    ("vm/attr", "load", "class C: pass\na = C()\na.x = 1", "a.x"),
    ("vm/attr", "store", "class C: pass\na = C()", "a.x = i"),
    ("vm/item", "list_load", "a = [0] * 10000", "a[i]"),
    ("vm/item", "list_store", "a = [0] * 10000", "a[i] = i"),
    ("vm/item", "bytearray_load", "a = bytearray(10000)", "a[i]"),
    (
        "vm/item",
        "dict_int",
        "a = {i: i for i in range(10000)}",
        "a[i]",
    ),
    ("vm/item", "dict_str", "a = {'x': 1}", "a['x']"),
    ("vm/build", "tuple", "", "(i, i)"),
    ("vm/build", "list", "", "[i, i]"),
    ("vm/build", "dict", "", "{'a': i}"),
    (
        "vm/build",
        "instance",
        "class C:\n def __init__(self): self.x = 1",
        "C()",
    ),
    ("vm/text", "format", "", "f'{i}:{i}'"),
    ("vm/text", "percent", "", "'%d' % i"),
    ("vm/text", "concat", "a = 'abc'", "a + 'def'"),
    (
        "vm/raise",
        "try_no_raise",
        "",
        "\n  try: i\n  except ValueError: pass",
    ),
    (
        "vm/raise",
        "raise_catch",
        "",
        "\n  try: raise ValueError\n  except ValueError: pass",
    ),
];
const TIMES: u64 = 10_000;

fn groups(criterion: &mut Criterion) {
    for (group, name, before, statement) in JOBS {
        with_runtime(|rt| {
            let before = before.replace('\n', "\n ");
            run(
                rt,
                format!("def job():\n {before}\n for i in range({TIMES}): {statement}\n")
                    .as_bytes(),
            );
            let mut group = criterion.benchmark_group(*group);
            group.throughput(Throughput::Elements(TIMES));
            group.bench_function(*name, |bencher| bencher.iter(|| run(rt, b"job()")));
            group.finish();
        });
    }
}

criterion_group!(running, groups);
criterion_main!(running);
