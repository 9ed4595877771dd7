//! Parses each file named on standard input and prints one line: the path, a tab, and `ok` or the error.
//!
//! `parse --time FILE` parses one file repeatedly and prints lines per second.

use std::io::BufRead;
use std::time::Instant;

use ferlance_abi::qstr::Pool;
use ferlance_frontend::{ParseOptions, parse};

fn main() {
    let args: Vec<String> = std::env::args().collect();
    if let [_, flag, path] = &args[..]
        && flag == "--time"
    {
        return time(path);
    }
    for path in std::io::stdin().lock().lines() {
        let path = path.expect("text on standard input");
        let source = std::fs::read(&path).expect("a file that can be read");
        let mut pool = Pool::new();
        match parse(&source, &mut pool, &ParseOptions::default()) {
            Ok(_) => println!("{path}\tok"),
            Err(diag) => println!("{path}\t{diag}"),
        }
    }
}

fn time(path: &str) {
    let source = std::fs::read(path).expect("a file that can be read");
    let lines = source.iter().filter(|&&b| b == b'\n').count();
    let mut best = f64::MAX;
    for _ in 0..20 {
        let mut pool = Pool::new();
        let start = Instant::now();
        let ast =
            parse(&source, &mut pool, &ParseOptions::default()).expect("a source that parses");
        best = best.min(start.elapsed().as_secs_f64());
        std::hint::black_box(ast);
    }
    println!("{:.2} M lines/s", lines as f64 / best / 1e6);
}
