//! Code for stock firmware touches only what stock firmware has: each call's table entry, read from the listing of the
//! finished bytes.
//!
//! On these machines each call through the fun table is a load of the entry and an indirect call of the register, so the
//! entry's number can be read without knowing how the code was made. (Armv6-M has the offset in a register.)
use std::collections::HashMap;
use std::path::{Path, PathBuf};

use ferlance_abi::CodeKind;
use ferlance_abi::arch::Arch;
use ferlance_abi::fun_table::STOCK_LEN;
use ferlance_abi::qstr::Pool;
use ferlance_asm::listing::write_listing;
use ferlance_bytecode::module::RawKind;
use ferlance_compiler::{Options, Target, compile};
use ferlance_tests::workspace;

/// How calls look on a machine.
struct Calls {
    arch: Arch,
    /// Start of an indirect call, before the register.
    call: &'static str,
    /// Start of a load.
    load: &'static str,
    listing: fn(&[u8]) -> String,
}

fn thumb(code: &[u8]) -> String {
    let mut text = String::new();
    write_listing::<ferlance_asm_thumb::listing::Thumb>(code, &mut text).unwrap();
    text
}

fn rv32(code: &[u8]) -> String {
    let mut text = String::new();
    write_listing::<ferlance_asm_rv32::listing::Rv32>(code, &mut text).unwrap();
    text
}

const MACHINES: [Calls; 3] = [
    Calls {
        arch: Arch::Armv7m,
        call: "blx ",
        load: "ldr",
        listing: thumb,
    },
    Calls {
        arch: Arch::Armv7emsp,
        call: "blx ",
        load: "ldr",
        listing: thumb,
    },
    Calls {
        arch: Arch::Rv32imc,
        call: "c.jalr ",
        load: "lw",
        listing: rv32,
    },
];

fn sources() -> Vec<PathBuf> {
    let folders = [
        "tests/vectors/mpy",
        "tests/vectors/kernels",
        "benches/kernels",
    ];
    let of = |folder: &str| {
        let entries = std::fs::read_dir(workspace::root().join(folder)).expect("a folder");
        entries.map(|entry| entry.expect("an entry").path())
    };
    let mut files: Vec<PathBuf> = folders.into_iter().flat_map(of).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "py"));
    // The large ones take long in unoptimised builds and call nothing else.
    files.retain(|path| path.metadata().is_ok_and(|data| data.len() < 3000));
    files.sort();
    files
}

/// The byte offset in an operand like `[r4, #12]` or `12(s0)`; 0 if there is none.
fn offset(operands: &str) -> Option<u32> {
    let number = match operands.split_once('[') {
        Some((_, memory)) => memory
            .split_once(',')
            .map_or("0", |(_, offset)| offset)
            .trim_end_matches(']')
            .trim()
            .trim_start_matches('#'),
        None => operands.split_once('(')?.0.rsplit([',', ' ']).next()?,
    };
    match number.strip_prefix("0x") {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => number.parse().ok(),
    }
}

/// Checks one function; returns how many calls it has.
fn check(calls: &Calls, code: &[u8], path: &Path) -> usize {
    let listing = (calls.listing)(code);
    let mut count = 0;
    // By register: the offset of the load that gave it its value.
    let mut loaded: HashMap<String, u32> = HashMap::new();
    for line in listing.lines() {
        let Some(text) = line.get(18..).map(str::trim) else {
            continue;
        };
        // What calls have in common ends with a jump, in short code.
        let jump = text
            .strip_prefix("bx ")
            .filter(|register| register.trim() != "lr");
        if let Some(register) = text.strip_prefix(calls.call).or(jump) {
            let offset = loaded.get(register.trim());
            let offset = offset
                .unwrap_or_else(|| panic!("{}: {text} of no entry\n{listing}", path.display()));
            let slot = *offset as usize / 4;
            assert!(
                offset.is_multiple_of(4) && slot < STOCK_LEN,
                "{}: entry {slot}\n{listing}",
                path.display()
            );
            count += 1;
        }
        let (name, operands) = text.split_once(' ').unwrap_or((text, ""));
        let register = operands.split(',').next().unwrap_or("").trim();
        loaded.remove(register);
        if name.trim_start_matches("c.").starts_with(calls.load)
            && let Some(offset) = offset(operands)
        {
            loaded.insert(register.to_owned(), offset);
        }
    }
    count
}

#[test]
fn calls_of_code_for_stock_firmware_are_of_stock_entries() {
    for (calls, small) in MACHINES.iter().flat_map(|it| [(it, false), (it, true)]) {
        let mut count = 0;
        for path in sources() {
            let source = std::fs::read(&path).expect("a file");
            let options = Options {
                arch: calls.arch,
                emit: CodeKind::Native,
                target: Some(Target {
                    small,
                    ..Target::stock(calls.arch, 0)
                }),
                ..Options::default()
            };
            // Inline assembler of another machine is refused.
            let Ok(module) = compile(&source, &mut Pool::new(), &options) else {
                continue;
            };
            for code in &module.codes {
                let (start, end) = match code.kind {
                    RawKind::Native { prelude_offset } => (4, prelude_offset as usize),
                    RawKind::Viper { linked: None } => (0, code.bytes.len()),
                    _ => continue,
                };
                count += check(calls, &code.bytes[start..end], &path);
            }
        }
        assert!(count > 500, "{:?}: {count} calls only", calls.arch);
    }
}
