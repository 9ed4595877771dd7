//! Times of big integer operations and float text beside CPython's, measured in the same run.
//!
//! `cargo bench -p ferlance-num [-- operation…]`. Each cell is nanoseconds, ours / Python's (which include its
//! interpreter's 30 ns or so); a dash where Python would take too long or is not there.

use std::collections::HashMap;
use std::hint::black_box;
use std::process::Command;
use std::time::{Duration, Instant};

use ferlance_collections::TryVec;
use ferlance_num::{BigInt, ByteOrder, SmallBig, parse_float, repr};

const SIZES: [usize; 12] = [
    64, 128, 256, 512, 1024, 2048, 4096, 16_384, 65_536, 262_144, 1_000_000, 4_000_000,
];

const OPERATIONS: [&str; 11] = [
    "add", "mul", "square", "divmod", "mod1", "str", "int", "hex", "powmod", "shift", "and",
];

const PYTHON: &str = r#"
import sys, time, random
try: sys.set_int_max_str_digits(0)
except AttributeError: pass
random.seed(1)
def best(f):
    n, took = 1, 0
    while True:
        t = time.perf_counter()
        for _ in range(n): f()
        took = time.perf_counter() - t
        if took > 0.002: break
        n *= 2
    for _ in range(min(40, int(0.5 / took))):
        t = time.perf_counter()
        for _ in range(n): f()
        took = min(took, time.perf_counter() - t)
    return took / n * 1e9
ops, sizes = sys.argv[1].split(','), map(int, sys.argv[2].split(','))
for n in sizes:
    a, b = random.getrandbits(n) | 1 << n - 1 | 1, random.getrandbits(n) | 1 << n - 1 | 1
    wide = a * b + a // 3
    if n <= 262144: text = str(a)
    for op in ops:
        if op == 'str' or op == 'int' or op == 'divmod':
            if n > 262144: continue
        if op == 'powmod' and n > 2048: continue
        f = {'add': lambda: a + b, 'mul': lambda: a * b, 'square': lambda: a * a,
             'divmod': lambda: divmod(wide, b), 'mod1': lambda: a % 1000000007,
             'str': lambda: str(a), 'int': lambda: int(text),
             'hex': lambda: hex(a), 'powmod': lambda: pow(a, b, b),
             'shift': lambda: a << 13, 'and': lambda: a & b}[op]
        print(op, n, best(f))
"#;

/// The shortest time of several runs, in nanoseconds.
fn best(mut run: impl FnMut()) -> f64 {
    let mut time = |count: u32| {
        let start = Instant::now();
        (0..count).for_each(|_| run());
        start.elapsed()
    };
    let mut count = 1;
    // Short slices: some of them run undisturbed on a busy machine.
    let mut least = time(count);
    while least < Duration::from_millis(2) {
        count *= 2;
        least = time(count);
    }
    let runs = (500 / least.as_millis()).min(40);
    for _ in 0..runs {
        least = least.min(time(count));
    }
    least.as_nanos() as f64 / f64::from(count)
}

fn number(bits: usize, seed: u64) -> BigInt {
    let mut state = seed | 1;
    let mut bytes: Vec<u8> = (0..bits / 8)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 56) as u8
        })
        .collect();
    bytes[0] |= 1;
    *bytes.last_mut().unwrap() |= 0x80;
    BigInt::from_bytes(&bytes, ByteOrder::Little, false).unwrap()
}

fn ours(operation: &str, bits: usize) -> Option<f64> {
    let (a, b) = (number(bits, 1), number(bits, 2));
    let (x, y) = (a.as_ref(), b.as_ref());
    let (mut out, mut rest) = (BigInt::new(), BigInt::new());
    Some(match operation {
        "add" => best(|| black_box(x).add_into(black_box(y), &mut out).unwrap()),
        "mul" => best(|| black_box(x).mul_into(black_box(y), &mut out).unwrap()),
        "square" => best(|| black_box(x).mul_into(black_box(x), &mut out).unwrap()),
        "and" => best(|| black_box(x).and_into(black_box(y), &mut out).unwrap()),
        "shift" => best(|| black_box(x).shl_into(13, &mut out).unwrap()),
        "mod1" => {
            let m = SmallBig::from(1_000_000_007i64);
            best(|| black_box(x).modulo_into(m.as_ref(), &mut out).unwrap())
        }
        "divmod" => {
            let wide = x.try_mul(y).unwrap();
            let wide = wide.as_ref();
            best(|| {
                black_box(wide)
                    .divmod_into(black_box(y), &mut out, &mut rest)
                    .unwrap()
            })
        }
        "str" | "hex" => {
            let base = if operation == "str" { 10 } else { 16 };
            let mut text = TryVec::new();
            best(|| {
                text.clear();
                black_box(x).write_text(base, false, &mut text).unwrap();
            })
        }
        "int" => {
            let text = x.to_text(10).unwrap();
            best(|| out.set_digits(black_box(&text), 10).unwrap())
        }
        "powmod" if bits <= 8192 => best(|| {
            black_box(x)
                .pow_mod_into(black_box(y), y, &mut out)
                .unwrap()
        }),
        _ => return None,
    })
}

/// What Python takes, by operation and size.
fn theirs(operations: &[&str]) -> HashMap<(String, usize), f64> {
    let sizes = SIZES.map(|size| size.to_string()).join(",");
    let Ok(output) = Command::new("python3")
        .args(["-c", PYTHON, &operations.join(","), &sizes])
        .output()
    else {
        return HashMap::new();
    };
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| {
            let mut words = line.split(' ');
            let key = (words.next()?.to_owned(), words.next()?.parse().ok()?);
            Some((key, words.next()?.parse().ok()?))
        })
        .collect()
}

fn main() {
    let asked: Vec<String> = std::env::args()
        .skip(1)
        .filter(|arg| !arg.starts_with('-'))
        .collect();
    let operations: Vec<&str> = OPERATIONS
        .into_iter()
        .filter(|operation| asked.is_empty() || asked.iter().any(|arg| arg == operation))
        .collect();
    let python = theirs(&operations);
    print!("{:>9}", "bits");
    operations
        .iter()
        .for_each(|operation| print!(" {operation:>22}"));
    println!();
    for bits in SIZES {
        print!("{bits:>9}");
        for operation in &operations {
            let cell = |value: Option<f64>| value.map_or("-".to_owned(), |ns| format!("{ns:.0}"));
            let other = python.get(&((*operation).to_owned(), bits)).copied();
            print!(
                " {:>22}",
                format!("{} / {}", cell(ours(operation, bits)), cell(other))
            );
        }
        println!();
    }
    if asked.is_empty() || asked.iter().any(|arg| arg == "float") {
        let values: Vec<f64> = (1..1000).map(|n| f64::from(n) * 1.237e-3 + 1e-9).collect();
        let texts: Vec<_> = values.iter().map(|value| repr(*value)).collect();
        let print = best(|| values.iter().for_each(|value| _ = black_box(repr(*value))));
        let read = best(|| {
            texts
                .iter()
                .for_each(|text| _ = black_box(parse_float::<f64>(text.as_bytes())))
        });
        println!(
            "float: repr {:.0} ns, parse {:.0} ns",
            print / 999.0,
            read / 999.0
        );
    }
}
