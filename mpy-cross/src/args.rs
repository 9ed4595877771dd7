//! The command line, as stock `mpy-cross` reads it.
//!
//! Stock's reader has two passes: `-X` is looked for among all arguments first, then options and files in order.
//! Whatever it does not understand prints the usage on standard output and ends with status 1.

use std::ffi::OsString;

use ferlance_abi::arch::Arch;
use ferlance_abi::code_kind::CodeKind;
use ferlance_compiler::{Target, ViperDialect};

/// One row per option: how it is written, what it takes, what it does. Usage, help and completions are made from it.
#[derive(Debug)]
pub(crate) struct OptionRow {
    /// As typed, up to the value.
    pub name: &'static str,
    /// The value, with the sign between; empty if there is none.
    pub value: &'static str,
    /// One line.
    pub help: &'static str,
    /// Values to offer.
    pub choices: &'static [&'static str],
}

/// Names of `-march`.
pub(crate) const ARCHS: &[&str] = &[
    "x86",
    "x64",
    "armv6",
    "armv6m",
    "armv7m",
    "armv7em",
    "armv7emsp",
    "armv7emdp",
    "xtensa",
    "xtensawin",
    "rv32imc",
    "rv64imc",
    "host",
    "debug",
];

/// Every option.
#[rustfmt::skip]
pub(crate) const OPTIONS: &[OptionRow] = &[
    OptionRow { name: "--version", value: "", help: "Show the version and the version of the .mpy format.", choices: &[] },
    OptionRow { name: "--help", value: "", help: "Show this text.", choices: &[] },
    OptionRow { name: "--completions", value: "=SHELL", help: "Write completions for a shell.", choices: &["bash", "zsh", "fish"] },
    OptionRow { name: "--explain", value: "", help: "Show the source with what its machine code leaves to the runtime, and why.", choices: &[] },
    OptionRow { name: "--asm", value: "", help: "With --explain: show the machine code too.", choices: &[] },
    OptionRow { name: "--lines", value: "", help: "Write the lines of native functions to PATH.lines, for tracebacks.", choices: &[] },
    OptionRow { name: "--each", value: "", help: "Compile several FILEs, each to its own output, on all processors.", choices: &[] },
    OptionRow { name: "-o", value: " PATH", help: "Output file; - is standard output.", choices: &[] },
    OptionRow { name: "-s", value: " NAME", help: "Source name to store, for tracebacks.", choices: &[] },
    OptionRow { name: "-v", value: "", help: "Accepted, without effect.", choices: &[] },
    OptionRow { name: "-O", value: "[N]", help: "Optimise: 1 and 2 drop asserts, 3 drops line numbers too.", choices: &["0", "1", "2", "3"] },
    OptionRow { name: "-msmall-int-bits", value: "=N", help: "Bits of a small int of the target (31 unless given).", choices: &["31", "63"] },
    OptionRow { name: "-march", value: "=ARCH", help: "Architecture of native code.", choices: ARCHS },
    OptionRow { name: "-march-flags", value: "=FLAGS", help: "Extensions that native code may use: a number or names.", choices: &["zba", "zcmp", "zba,zcmp"] },
    OptionRow { name: "-X", value: " emit=EMITTER", help: "Emitter for code without a decorator: bytecode, native, viper.",
                choices: &["emit=bytecode", "emit=native", "emit=viper", "native=fast", "native=small", "native=pieces", "viper=sound", "viper=stock", "source-lines", "no-source-lines", "heapsize="] },
];

/// What the command line asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Command {
    /// Compile.
    Compile(Box<Job>),
    /// `--version`
    Version,
    /// `--help`
    Help,
    /// `--completions=SHELL`
    Completions(Shell),
}

/// A shell that completions can be made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shell {
    /// bash
    Bash,
    /// zsh
    Zsh,
    /// fish
    Fish,
}

/// A compilation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Job {
    /// The input; `-` is standard input. With `--each` any number but none.
    pub inputs: Vec<OsString>,
    /// `-o`
    pub output: Option<OsString>,
    /// `--lines`
    pub lines: bool,
    /// `-s`
    pub source_name: Option<OsString>,
    /// `-O`
    pub optimise: u8,
    /// `-msmall-int-bits`, its lowest byte: what the header holds.
    pub small_int_bits: u8,
    /// `-march`
    pub arch: Arch,
    /// `-march=debug`
    pub debug_listing: bool,
    /// `-march-flags`
    pub arch_flags: u32,
    /// `-X emit=`
    pub emit: CodeKind,
    /// `-X native=small`
    pub native_small: bool,
    /// `-X native=pieces`
    pub native_pieces: bool,
    /// `-X viper=sound`
    pub sound: bool,
    /// `-X viper=stock`
    pub viper: ViperDialect,
    /// `-X source-lines`
    pub source_lines: bool,
    /// `--explain`
    pub explain: bool,
    /// `--asm`
    pub asm: bool,
}

impl Job {
    /// For whom machine code is made, if for anyone: for any firmware of the architecture.
    pub(crate) fn target(&self) -> Option<Target> {
        match self.arch {
            Arch::None => None,
            arch => Some(Target {
                small: self.native_small,
                lines: self.lines,
                ..Target::stock(arch, self.arch_flags as u8)
            }),
        }
    }
}

/// Why a command line is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Not understood: show the usage.
    Usage,
    /// A line for standard error.
    Message(&'static str),
}

const USAGE: Refusal = Refusal::Usage;

/// Reads the arguments, without the program's name.
pub(crate) fn parse(args: &[OsString]) -> Result<Command, Refusal> {
    let mut job = Job {
        inputs: Vec::new(),
        output: None,
        lines: false,
        source_name: None,
        optimise: 0,
        small_int_bits: 31,
        arch: Arch::None,
        debug_listing: false,
        arch_flags: 0,
        emit: CodeKind::Bytecode,
        native_small: false,
        native_pieces: false,
        sound: false,
        viper: ViperDialect::Full,
        source_lines: true,
        explain: false,
        asm: false,
    };
    implementation_options(args, &mut job)?;

    let each = args
        .iter()
        .take_while(|arg| *arg != "--")
        .any(|arg| arg == "--each");
    let mut flags: Option<String> = None;
    let mut options = true;
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        let text = arg.to_string_lossy();
        if !options || text == "-" || !text.starts_with('-') {
            if !each && !job.inputs.is_empty() {
                return Err(Refusal::Message("multiple input files"));
            }
            job.inputs.push(arg.clone());
            continue;
        }
        match &*text {
            "--" => options = false,
            "-X" => drop(rest.next()),
            "--version" => return Ok(Command::Version),
            "--help" => return Ok(Command::Help),
            "--explain" => job.explain = true,
            "--asm" => job.asm = true,
            "--lines" => job.lines = true,
            // Known already.
            "--each" => {}
            "-v" => {}
            "-o" => job.output = Some(rest.next().ok_or(USAGE)?.clone()),
            "-s" => job.source_name = Some(rest.next().ok_or(USAGE)?.clone()),
            _ => {
                if let Some(shell) = text.strip_prefix("--completions=") {
                    return Ok(Command::Completions(match shell {
                        "bash" => Shell::Bash,
                        "zsh" => Shell::Zsh,
                        "fish" => Shell::Fish,
                        _ => return Err(USAGE),
                    }));
                } else if let Some(level) = text.strip_prefix("-O") {
                    job.optimise = optimise_level(level);
                } else if let Some(bits) = text.strip_prefix("-msmall-int-bits=") {
                    job.small_int_bits = c_integer(bits).ok_or(USAGE)? as u8;
                } else if let Some(arch) = text.strip_prefix("-march=") {
                    job.debug_listing = arch == "debug";
                    job.arch = named_arch(arch)?;
                } else if let Some(given) = text.strip_prefix("-march-flags=") {
                    flags = Some(given.to_owned());
                } else {
                    return Err(USAGE);
                }
            }
        }
    }

    if let Some(flags) = flags
        && (job.arch != Arch::None || job.debug_listing)
    {
        let bits = match job.arch {
            Arch::Rv32imc => arch_flags(&flags),
            _ => None,
        };
        job.arch_flags = bits.ok_or(Refusal::Message("unrecognised arch flags"))?;
    }
    if job.explain && job.arch == Arch::None {
        job.arch = Arch::X64;
    }
    let no_arch = job.arch == Arch::None && !job.debug_listing;
    if job.emit != CodeKind::Bytecode && no_arch {
        return Err(Refusal::Message("arch not specified"));
    }
    if job.inputs.is_empty() {
        return Err(Refusal::Message("no input file"));
    }
    let for_one = job.output.is_some() || job.source_name.is_some() || job.explain;
    if each && (for_one || job.inputs.iter().any(|input| input == "-")) {
        return Err(Refusal::Message(
            "--each writes each output beside its source: it takes no -o, -s, --explain or -",
        ));
    }
    let is_to_stdout = match &job.output {
        Some(path) => path == "-",
        None => job.inputs.iter().any(|input| input == "-"),
    };
    if job.lines && is_to_stdout {
        return Err(Refusal::Message(
            "--lines writes a file beside the output: it needs an output file",
        ));
    }
    Ok(Command::Compile(Box::new(job)))
}

/// The `-X` options, wherever they stand.
fn implementation_options(args: &[OsString], job: &mut Job) -> Result<(), Refusal> {
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        if arg != "-X" {
            continue;
        }
        let value = rest.next().ok_or(USAGE)?.to_string_lossy();
        match &*value {
            "emit=bytecode" => job.emit = CodeKind::Bytecode,
            "emit=native" => job.emit = CodeKind::Native,
            "emit=viper" => job.emit = CodeKind::Viper,
            "native=fast" => job.native_small = false,
            "native=small" => job.native_small = true,
            "native=pieces" => job.native_pieces = true,
            "viper=sound" => job.sound = true,
            "viper=stock" => job.viper = ViperDialect::Stock,
            "source-lines" => job.source_lines = true,
            "no-source-lines" => job.source_lines = false,
            // The heap grows as it must here; the size is accepted for the sake of build scripts.
            _ if value.starts_with("heapsize=") => {}
            _ => return Err(USAGE),
        }
    }
    Ok(())
}

/// What follows `-O`: a digit, or more of the same letter.
fn optimise_level(rest: &str) -> u8 {
    match rest.bytes().next() {
        Some(digit @ b'0'..=b'9') => digit - b'0',
        _ => {
            let more = rest.bytes().take_while(|&letter| letter == b'O').count();
            u8::try_from(more + 1).unwrap_or(u8::MAX)
        }
    }
}

/// An integer as C's `strtol` reads it with base 0; empty is 0, junk behind it is refused.
fn c_integer(text: &str) -> Option<i64> {
    let (negative, digits) = signed(text);
    let lower = digits.to_ascii_lowercase();
    let (base, digits) = match lower.strip_prefix("0x") {
        Some(hex) if !hex.is_empty() => (16, hex),
        _ if lower.starts_with('0') => (8, &*lower),
        _ => (10, &*lower),
    };
    if text.is_empty() {
        return Some(0);
    }
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(base)) {
        return None;
    }
    let value = i64::from_str_radix(digits, base).unwrap_or(i64::MAX);
    Some(if negative { -value } else { value })
}

fn named_arch(name: &str) -> Result<Arch, Refusal> {
    match name {
        "debug" => Ok(Arch::None),
        "host" => host_arch().ok_or(Refusal::Message(
            "unable to determine host architecture for -march=host",
        )),
        name => Arch::from_name(name).ok_or(USAGE),
    }
}

fn host_arch() -> Option<Arch> {
    match std::env::consts::ARCH {
        "x86" => Some(Arch::X86),
        "x86_64" => Some(Arch::X64),
        "arm" => Some(Arch::Armv6),
        "riscv32" => Some(Arch::Rv32imc),
        "riscv64" => Some(Arch::Rv64imc),
        _ => None,
    }
}

/// `-march-flags` for RV32: a number in several notations, or names.
fn arch_flags(text: &str) -> Option<u32> {
    const NAMES: [(&str, u32); 2] = [("zba", 1), ("zcmp", 2)];
    const ALL: u32 = 3;
    if let Some(number) = flags_number(text) {
        return u32::try_from(number).ok().filter(|bits| bits & !ALL == 0);
    }
    let names = text.strip_suffix(',').unwrap_or(text);
    let mut bits = 0;
    for name in names.split(',') {
        bits |= NAMES.iter().find(|(known, _)| *known == name)?.1;
    }
    Some(bits)
}

/// A prefix that names the base, then what C's `strtoul` takes, except that a `+` may not come first.
fn flags_number(text: &str) -> Option<u64> {
    let lower = text.to_ascii_lowercase();
    let (base, rest) = match lower.as_bytes() {
        [b'0', b'x', ..] => (16, &lower[2..]),
        [b'0', b'o', ..] => (8, &lower[2..]),
        [b'0', b'b', ..] => (2, &lower[2..]),
        [b'0', _, ..] => return None,
        _ => (10, &*lower),
    };
    if rest.starts_with('+') {
        return None;
    }
    let (negative, digits) = signed(rest);
    let digits = match base {
        16 => digits.strip_prefix("0x").unwrap_or(digits),
        _ => digits,
    };
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(base)) {
        return None;
    }
    let value = u64::from_str_radix(digits, base).unwrap_or(u64::MAX);
    Some(if negative {
        value.wrapping_neg()
    } else {
        value
    })
}

/// Passes what C calls space and a sign; whether that was a minus.
fn signed(text: &str) -> (bool, &str) {
    let text = text.trim_start_matches([' ', '\t', '\n', '\x0b', '\x0c', '\r']);
    match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Command, Refusal> {
        let args: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        parse(&args)
    }

    fn job(line: &str) -> Job {
        match read(line) {
            Ok(Command::Compile(job)) => *job,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn levels_are_counted_or_given() {
        let levels = [
            ("", 0),
            ("-O", 1),
            ("-OO", 2),
            ("-O3", 3),
            ("-O12", 1),
            ("-Ox", 1),
            ("-OO3", 2),
        ];
        for (option, level) in levels {
            assert_eq!(job(&format!("{option} t.py")).optimise, level, "{option}");
        }
    }

    #[test]
    fn small_int_bits_take_any_notation_of_c() {
        let bits = |text: &str| job(&format!("-msmall-int-bits={text} t.py")).small_int_bits;
        assert_eq!(
            (bits("0x1f"), bits("017"), bits(""), bits("-1")),
            (31, 15, 0, 255)
        );
        assert_eq!(read("-msmall-int-bits=4q t.py"), Err(USAGE));
        assert_eq!(read("-msmall-int-bits t.py"), Err(USAGE));
    }

    #[test]
    fn flags_are_numbers_or_names_of_rv32() {
        let flags = |text: &str| match read(&format!("-march=rv32imc -march-flags={text} t.py")) {
            Ok(Command::Compile(job)) => Some(job.arch_flags),
            _ => None,
        };
        assert_eq!(flags("zba,zcmp"), Some(3));
        assert_eq!(flags("zba,"), Some(1));
        for good in ["3", "0x3", "0X3", "0b11", "0B1", "0o3", "0"] {
            assert!(flags(good).is_some(), "{good}");
        }
        for bad in ["4", ",zba", "", "zba,,", "03", "00", "ZBA"] {
            assert_eq!(flags(bad), None, "{bad}");
        }
        assert_eq!(job("-march-flags=9 t.py").arch_flags, 0);
        assert!(read("-march=armv7m -march-flags=1 t.py").is_err());
    }

    #[test]
    fn x_options_are_read_first_even_behind_the_end_of_options() {
        assert_eq!(read("-- -X foo"), Err(USAGE));
        assert_eq!(
            read("-- t.py -X heapsize=1m"),
            Err(Refusal::Message("multiple input files"))
        );
        assert!(!job("t.py -X no-source-lines").source_lines);
        assert_eq!(
            read("-X emit=native t.py"),
            Err(Refusal::Message("arch not specified"))
        );
        assert_eq!(read("-X"), Err(USAGE));
    }

    #[test]
    fn each_takes_any_number_of_files_and_nothing_that_is_for_one() {
        assert_eq!(job("a.py --each -O2 b.py").inputs, ["a.py", "b.py"]);
        assert_eq!(job("--each a.py").inputs, ["a.py"]);
        assert_eq!(read("--each"), Err(Refusal::Message("no input file")));
        for line in ["-o x a b", "a -s x b", "--explain a b", "a -"] {
            let refused = read(&format!("--each {line}"));
            assert!(
                matches!(refused, Err(Refusal::Message(text)) if text.contains("beside its source")),
                "{line}"
            );
        }
        // Behind the end of options it is a file.
        assert_eq!(
            read("-- --each a"),
            Err(Refusal::Message("multiple input files"))
        );
    }

    #[test]
    fn lines_go_beside_a_file() {
        assert!(job("--lines a.py").lines && job("--lines -o x -").lines);
        for line in ["--lines -o - a.py", "--lines -"] {
            assert!(matches!(read(line), Err(Refusal::Message(_))), "{line}");
        }
    }

    #[test]
    fn what_is_not_known_shows_the_usage() {
        for line in [
            "-h",
            "-x t.py",
            "-vv t.py",
            "-o",
            "-s",
            "-march=foo t.py",
            "-march t.py",
            "--versionx",
        ] {
            assert_eq!(read(line), Err(USAGE), "{line}");
        }
        assert_eq!(read(""), Err(Refusal::Message("no input file")));
        assert_eq!(read("a b"), Err(Refusal::Message("multiple input files")));
        assert_eq!(job("-o - -- -x").inputs, ["-x"]);
        assert_eq!(job("-").inputs, ["-"]);
    }
}
