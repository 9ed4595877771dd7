//! What `--explain` says, and whether its machine code is what an independent disassembler reads in the same bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use ferlance_abi::arch::Arch;
use ferlance_abi::code_kind::CodeKind;
use ferlance_abi::qstr::Pool;
use ferlance_bytecode::disasm::Disassembler;
use ferlance_bytecode::module::RawCode;
use ferlance_compiler::explain::{Explained, Listing, explain, write_explained};
use ferlance_compiler::{Options, Target, compile};
use ferlance_tests::workspace;
use mpy_cross::listing::listing;
use mpy_cross::machine::Machines;

fn options(arch: Arch) -> Options<'static> {
    Options {
        arch,
        target: Some(Target::stock(arch, 0)),
        small_int_bits: 31,
        ..Options::default()
    }
}

fn explained(source: &str, arch: Arch, pool: &mut Pool) -> Vec<Explained> {
    let functions = explain(source.as_bytes(), pool, &options(arch));
    functions.map_or_else(|_| Vec::new(), |found| found.into_iter().collect())
}

fn report(source: &str, arch: Arch, asm: bool) -> String {
    let mut pool = Pool::new();
    let functions = explained(source, arch, &mut pool);
    let mut text = String::new();
    let target = Target::stock(arch, 0);
    let list = |target: &Target, code: &[u8], at, out: &mut dyn std::fmt::Write| {
        listing(&Machines, target, code, at, out)
    };
    let list: Option<Listing<'_>> = if asm { Some(&list) } else { None };
    write_explained(&mut text, source, &functions, &pool, &target, list)
        .expect("strings take any text");
    text
}

/// Without how many bytes there are, which each better emitter changes.
fn without_sizes(text: &str) -> String {
    let (mut out, mut words) = (String::new(), text.split(' ').peekable());
    while let Some(word) = words.next() {
        let is_size = words.peek().is_some_and(|next| *next == "bytes");
        out.push_str(if is_size { "N" } else { word });
        out.push(' ');
    }
    out
}

/// The example of the README is what comes out.
#[test]
fn the_readme_shows_real_output() {
    let readme = std::fs::read_to_string(workspace::root().join("README.md")).expect("it is there");
    let source = "@micropython.viper\n\
                  def total(samples: ptr16, n: int) -> int:\n    \
                  sum = 0\n    \
                  for i in range(n):\n        \
                  sum += samples[i]\n    \
                  return sum\n";
    let report = report(source, Arch::Armv7m, false);
    let shown = readme
        .split("```")
        .find_map(|part| part.strip_prefix("text\n"))
        .expect("the README has an example");
    assert_eq!(without_sizes(shown), without_sizes(&report));
}

/// Each remark stands under the line that it is about, and so does the code of what happens seldom.
#[test]
fn seldom_run_code_belongs_to_its_line() {
    let source = "@micropython.native\ndef f(a, b):\n    for i in range(9):\n        c = a + b\n    return [c]\n";
    let text = report(source, Arch::X64, true);
    let (_, text) = text.split_once("c = a + b\n").expect("line 4");
    let (sum, rest) = text.split_once("    5 |     return [c]\n").expect("line 5");
    // Entry 18, an operator on objects, is asked there only; 20 makes a list.
    let (operator, list) = ("+90h]", "+0A0h]");
    assert!(
        sum.contains(operator) && !rest.contains(operator),
        "{sum}{rest}"
    );
    assert!(rest.contains(list) && !sum.contains(list), "{sum}{rest}");
}

/// Instructions of inline assembler stand under the statements that they were made of, data as bytes, and what surrounds them under
/// the line of the function.
#[test]
fn assembler_functions_are_listed_by_statement() {
    let source = "@micropython.asm_xtensa\n\
                  def x(a2):\n    \
                  movi(a3, 99999)\n    \
                  j(END)\n    \
                  data(2, 1, 2)\n    \
                  label(END)\n    \
                  add(a2, a2, a3)\n";
    let listed = "    1 | @micropython.asm_xtensa\n    \
                  2 | def x(a2):\n      \
                  |   == assembler `x`: 30 bytes of xtensawin\n      \
                  |       0008  entry a1, 48\n      \
                  |       000b  s32i.n a0, a1, 0\n      \
                  |       001a  l32i.n a0, a1, 0\n      \
                  |       001c  retw.n\n    \
                  3 |     movi(a3, 99999)\n      \
                  |       000d  l32r a3, 0x4\n    \
                  4 |     j(END)\n      \
                  |       0010  j 0x17\n    \
                  5 |     data(2, 1, 2)\n      \
                  |   0013  01 00 02 00\n    \
                  6 |     label(END)\n    \
                  7 |     add(a2, a2, a3)\n      \
                  |       0017  add a2, a2, a3\n";
    assert_eq!(report(source, Arch::Xtensawin, true), listed);
}

/// No remark says merely that something is called.
#[test]
fn each_call_of_the_runtime_says_why() {
    let root = workspace::root();
    let python = |path: &std::path::Path| workspace::has_extension(path, "py");
    let mut all = sources();
    for folder in ["benches/py", "benches/loops", "tests/native", "tests/lang"] {
        all.extend(workspace::files(&root.join(folder), &python).expect("they are readable"));
    }
    for path in all {
        let source = std::fs::read_to_string(&path).expect("it is readable");
        for arch in [Arch::Armv7m, Arch::Armv7emsp, Arch::X64] {
            let options = Options {
                emit: CodeKind::Native,
                ..options(arch)
            };
            let functions = explain(source.as_bytes(), &mut Pool::new(), &options);
            for function in functions.unwrap_or_default() {
                for remark in &function.remarks {
                    let text = remark.to_string();
                    assert!(
                        !text.contains("calls the runtime"),
                        "{}: {text}",
                        path.display()
                    );
                }
            }
        }
    }
}

fn sources() -> Vec<PathBuf> {
    let root = workspace::root();
    let python = |path: &std::path::Path| workspace::has_extension(path, "py");
    ["tests/vectors/kernels", "tests/viper"]
        .into_iter()
        .flat_map(|folder| {
            workspace::files(&root.join(folder), &python).expect("they are readable")
        })
        .collect()
}

/// The instructions of all sources: bytes, and our text.
fn instructions(arch: Arch) -> BTreeMap<Vec<u8>, String> {
    let mut found = BTreeMap::new();
    for path in sources() {
        let source = std::fs::read_to_string(&path).expect("it is readable");
        for function in explained(&source, arch, &mut Pool::new()) {
            let code: &[u8] = &function.code;
            let skipped = Machines.jumps_over(arch, code.get(..3).unwrap_or(code));
            let mut rest = code.get(skipped.next_multiple_of(4)..).unwrap_or(code);
            if skipped == 0 {
                rest = code;
            }
            while !rest.is_empty() {
                let length = Machines.length(arch, rest).clamp(1, rest.len());
                let (bytes, after) = rest.split_at(length);
                let mut text = String::new();
                Machines
                    .write(arch, bytes, 0, &mut text)
                    .expect("strings take any text");
                // What stands behind `it` is read another way there; constants between functions are no instructions.
                if !text.starts_with("it") && !text.starts_with(".byte") {
                    found.insert(bytes.to_vec(), text);
                }
                rest = after;
            }
        }
    }
    found
}

/// What LLVM reads in them, by bytes.
fn llvm(flags: &[&str], instructions: &BTreeMap<Vec<u8>, String>) -> BTreeMap<Vec<u8>, String> {
    let mut input = String::new();
    for bytes in instructions.keys() {
        for byte in bytes {
            write!(input, "{byte:#04x} ").expect("strings take any text");
        }
        input.push('\n');
    }
    let mut child = Command::new("llvm-mc-22")
        .args(["--disassemble", "-show-encoding"])
        .args(flags)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("llvm-mc-22 runs");
    let mut to = child.stdin.take().expect("it is piped");
    // Its output may fill a pipe before it has read all.
    let writer = std::thread::spawn(move || to.write_all(input.as_bytes()));
    let output = child.wait_with_output().expect("it ends");
    writer.join().expect("no panic").expect("it reads all");
    let text = String::from_utf8_lossy(&output.stdout);
    let mut found = BTreeMap::new();
    for line in text.lines() {
        let Some((text, encoding)) = line.split_once("encoding: [") else {
            continue;
        };
        let bytes = encoding.trim_end_matches(']').split(',');
        let byte = |text: &str| u8::from_str_radix(text.trim().trim_start_matches("0x"), 16);
        let bytes: Result<Vec<u8>, _> = bytes.map(byte).collect();
        let text = text.trim_end_matches(['@', '#', ' ', '\t', '/']);
        found.insert(bytes.expect("hexadecimal"), text.trim().to_owned());
    }
    found
}

/// Mnemonic and registers, as all ways to write an instruction have them.
fn essence(text: &str) -> String {
    let text = text.to_lowercase().replace('\t', " ");
    let (name, operands) = text.split_once(' ').unwrap_or((&text, ""));
    let name = name.trim_end_matches(".n").trim_end_matches(".w");
    let name = match name {
        // Shorter names of the same.
        "bnez" | "beqz" => &name[..3],
        "seqz" => "sltiu",
        "snez" => "sltu",
        "sgtz" | "sltz" => "slt",
        "not" => "xori",
        "neg" => "sub",
        "j" => "jal",
        "bgez" | "blez" => "bge",
        "bltz" | "bgtz" => "blt",
        "negs" => "rsbs",
        "bcs" => "bhs",
        "bcc" => "blo",
        "ldmia" => "ldm",
        other => other,
    };
    // Lists are written with ranges or without.
    let operands = operands.split('{').next().unwrap_or("");
    let words = operands.split(|c: char| !c.is_alphanumeric() && c != '_');
    let is_register = |word: &&str| {
        let letters = word.trim_end_matches(|c: char| c.is_ascii_digit());
        let known = ["r", "s", "d", "a", "t", "sp", "lr"];
        known.contains(&letters) && !word.starts_with(|c: char| c.is_ascii_digit())
    };
    let registers: BTreeSet<&str> = words.filter(is_register).collect();
    let registers: Vec<&str> = registers.into_iter().collect();
    format!("{name} {}", registers.join(","))
}

#[test]
fn an_independent_disassembler_reads_the_same() {
    if Command::new("llvm-mc-22")
        .arg("--version")
        .output()
        .is_err()
    {
        return;
    }
    let xtensa =
        "-mattr=+windowed,+density,+mul32,+mul32high,+sext,+nsa,+bool,+loop,+mul16,+minmax,+div32";
    for (arch, flags) in [
        (
            Arch::Armv7emdp,
            &["-triple=thumbv7em-none-eabihf", "-mattr=+fp-armv8d16,+fp64"][..],
        ),
        (
            Arch::Rv32imc,
            &["-triple=riscv32", "-mattr=+c,+m", "-M", "no-aliases"],
        ),
        (Arch::Xtensa, &["-triple=xtensa", xtensa]),
        (Arch::Xtensawin, &["-triple=xtensa", xtensa]),
    ] {
        let ours = instructions(arch);
        assert!(ours.len() > 500, "{arch:?}: {} only", ours.len());
        let theirs = llvm(flags, &ours);
        let mut wrong = String::new();
        for (bytes, text) in &ours {
            let other = theirs.get(bytes).map_or("", String::as_str);
            if essence(text) != essence(other) {
                writeln!(wrong, "{bytes:02x?}: {text}; LLVM: {other}")
                    .expect("strings take any text");
            }
        }
        assert!(wrong.is_empty(), "{arch:?}\n{wrong}");
    }
}

/// What is shown is what a file would hold, or else it is said that it is not.
#[test]
fn the_code_shown_is_the_code_written() {
    let (mut wrong, mut exact, mut all) = (String::new(), 0, 0);
    for arch in [Arch::X64, Arch::Armv7m, Arch::Xtensawin] {
        for path in sources() {
            let source = std::fs::read(&path).expect("it is readable");
            for emit in [CodeKind::Bytecode, CodeKind::Native] {
                let options = Options {
                    emit,
                    ..options(arch)
                };
                let mut pool = Pool::new();
                let Ok(module) = compile(&source, &mut pool, &options) else {
                    continue;
                };
                let shown = explain(&source, &mut Pool::new(), &options).expect("it was compiled");
                for function in &shown {
                    all += 1;
                    exact += usize::from(function.is_exact);
                    let is_there = |raw: &RawCode<'_>| {
                        raw.bytes
                            .windows(function.code.len())
                            .any(|bytes| bytes == &*function.code)
                    };
                    if function.is_exact != module.codes.iter().any(is_there) {
                        writeln!(
                            wrong,
                            "{arch:?} {emit:?} {}: line {}",
                            path.display(),
                            function.line
                        )
                        .expect("strings take any text");
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(exact * 4 > all * 3, "{exact} of {all} are exact");
}
