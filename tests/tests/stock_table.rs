//! Code for stock firmware touches only what stock firmware has: each call's table entry, read from the listing of the
//! finished bytes; and each field of a structure, read from the last form before the bytes, in which pointers can be
//! followed. What there is to touch is one table, `abi::layout::STOCK_FIELDS`.
//!
//! On all machines each call through the fun table is an indirect call: of a register that was loaded with the entry, or
//! on x86 of the entry in memory. So the entry's number can be read without knowing how the code was made. Armv6-M has
//! larger offsets in registers, which are followed through the arithmetic that makes them.
use std::collections::HashMap;
use std::path::{Path, PathBuf};

use ferlance_abi::CodeKind;
use ferlance_abi::arch::Arch;
use ferlance_abi::fun_table::STOCK_LEN;
use ferlance_abi::qstr::Pool;
use ferlance_bytecode::disasm::Disassembler;
use ferlance_bytecode::module::RawKind;
use ferlance_compiler::explain::explain;
use ferlance_compiler::{Options, Target, compile};
use ferlance_tests::workspace;
use mpy_cross::machine::Machines;

/// The machines that have an emitter, with different code.
const MACHINES: [Arch; 9] = [
    Arch::X86,
    Arch::X64,
    Arch::Armv6m,
    Arch::Armv7m,
    Arch::Armv7emsp,
    Arch::Xtensa,
    Arch::Xtensawin,
    Arch::Rv32imc,
    Arch::Rv64imc,
];

/// The instructions, one a line.
fn listing(arch: Arch, code: &[u8]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut at = 0;
    while at < code.len() {
        let rest = &code[at..];
        let length = Machines.length(arch, rest).clamp(1, rest.len());
        let mut text = String::new();
        let bytes = &rest[..length];
        Machines.write(arch, bytes, at as u32, &mut text).unwrap();
        lines.push(text);
        // Literals are no instructions.
        at += length;
        if at == length {
            at += Machines.jumps_over(arch, bytes);
        }
    }
    lines
}

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

/// A number as listings write it: `12`, `#12`, `0x1c`, `1Ch`.
fn number(text: &str) -> Option<u32> {
    let text = text.trim().trim_start_matches('#');
    if let Some(hex) = text.strip_prefix("0x") {
        return u32::from_str_radix(hex, 16).ok();
    }
    match text.strip_suffix('h') {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    }
}

/// What is known of a register.
#[derive(Clone, Copy)]
enum Known {
    /// It was loaded from this byte of something.
    Loaded(u32),
    /// It is this number.
    Number(u32),
    /// It is so many bytes behind something.
    Behind(u32),
}

type Registers = HashMap<String, Known>;

/// The byte offset of a load's address: `[r4, #12]`, `[r4, r3]`, `12(s0)`, `a2, 12`.
fn offset(registers: &Registers, operands: &[&str]) -> Option<u32> {
    let behind = |name: &str| match registers.get(name) {
        Some(Known::Behind(offset)) => *offset,
        _ => 0,
    };
    match operands {
        [one] if one.contains('(') => {
            let (offset, base) = one.split_once('(')?;
            Some(number(offset)?.wrapping_add(behind(base.trim_end_matches(')'))))
        }
        [base, rest @ ..] => {
            let base = base.trim_start_matches('[').trim_end_matches(']');
            let index = rest
                .first()
                .map_or("0", |index| index.trim_end_matches(']'));
            let index = match (number(index), registers.get(index).copied()) {
                (Some(number), _) | (None, Some(Known::Number(number))) => number,
                _ => return None,
            };
            Some(index.wrapping_add(behind(base)))
        }
        [] => None,
    }
}

/// What an instruction leaves in its first operand, as far as calls go.
fn result(registers: &Registers, name: &str, operands: &[&str]) -> Option<Known> {
    let get = |name: &str| registers.get(name).copied();
    let value = |name: &str| match (number(name), get(name)) {
        (Some(number), _) | (None, Some(Known::Number(number))) => Some(number),
        _ => None,
    };
    let name = name.trim_start_matches("c.");
    match (name.split('.').next().unwrap_or(name), operands) {
        ("ldr" | "lw" | "lwsp" | "ld" | "ldsp" | "l32i", [_, address @ ..]) => {
            offset(registers, address).map(Known::Loaded)
        }
        ("movs" | "mov" | "movw", [_, from]) => number(from).map(Known::Number).or(get(from)),
        ("adds" | "add", [to, by]) => Some(match (get(to), value(by)?) {
            (Some(Known::Number(number)), by) => Known::Number(number.wrapping_add(by)),
            (Some(Known::Behind(offset)), by) => Known::Behind(offset.wrapping_add(by)),
            (_, by) => Known::Behind(by),
        }),
        ("adds" | "add", [_, a, b]) => match (value(a), value(b)) {
            (Some(a), Some(b)) => Some(Known::Number(a.wrapping_add(b))),
            (Some(offset), None) | (None, Some(offset)) => Some(Known::Behind(offset)),
            (None, None) => None,
        },
        ("lsls", [_, a, by]) => Some(Known::Number(value(a)?.checked_shl(value(by)?)?)),
        _ => None,
    }
}

/// The entry's byte offset, if the instruction is an indirect call; `None` within: of something unknown.
fn called(registers: &Registers, name: &str, operands: &[&str]) -> Option<Option<u32>> {
    match (name, operands) {
        // `call qword ptr [rbx+28h]`; a number is a direct call.
        ("call", [target]) => {
            let Some((_, memory)) = target.split_once('[') else {
                return number(target).is_none().then_some(None);
            };
            let memory = memory.trim_end_matches(']');
            Some(memory.split_once('+').map_or(Some(0), |(_, at)| number(at)))
        }
        // What calls have in common ends with a jump, in short code.
        ("blx" | "bx" | "c.jalr" | "callx0" | "callx8", [register])
            if name != "bx" || *register != "lr" =>
        {
            Some(match registers.get(*register) {
                Some(Known::Loaded(offset)) => Some(*offset),
                _ => None,
            })
        }
        _ => None,
    }
}

/// Checks one function; returns how many calls it has.
fn check(arch: Arch, code: &[u8], path: &Path) -> usize {
    let listing = listing(arch, code);
    let mut count = 0;
    let mut registers = Registers::new();
    for text in &listing {
        let (name, operands) = text.split_once(' ').unwrap_or((text, ""));
        let operands: Vec<&str> = operands.split(',').map(str::trim).collect();
        if let Some(offset) = called(&registers, name, &operands) {
            let where_ = || {
                format!(
                    "{arch:?} {}: {text}\n{}",
                    path.display(),
                    listing.join("\n")
                )
            };
            let offset = offset.unwrap_or_else(|| panic!("a call of no entry: {}", where_()));
            let word = arch.word_bytes() as u32;
            let slot = (offset / word) as usize;
            assert!(
                offset.is_multiple_of(word) && slot < STOCK_LEN,
                "entry {slot}: {}",
                where_()
            );
            count += 1;
        }
        let known = result(&registers, name, &operands);
        let first = operands.first().copied().unwrap_or_default().to_owned();
        match known {
            Some(known) => registers.insert(first, known),
            None => registers.remove(&first),
        };
    }
    count
}

/// Options for stock firmware.
fn options(arch: Arch, small: bool) -> Options<'static> {
    Options {
        arch,
        emit: CodeKind::Native,
        target: Some(Target {
            small,
            ..Target::stock(arch, 0)
        }),
        ..Options::default()
    }
}

#[test]
fn fields_that_code_for_stock_firmware_touches_are_stock_fields() {
    let all = MACHINES.into_iter().enumerate();
    for (number, arch, small) in all.flat_map(|(n, arch)| [(n, arch, false), (n, arch, true)]) {
        let word = arch.word_bytes() as u32;
        let mut count = HashMap::new();
        for path in sources().into_iter().skip(number % 3).step_by(3) {
            let source = std::fs::read(&path).expect("a file");
            let mut pool = Pool::new();
            // Inline assembler of another machine is refused.
            let Ok(functions) = explain(&source, &mut pool, &options(arch, small)) else {
                continue;
            };
            for function in &functions {
                for access in &function.accesses {
                    let name = pool.str(function.name);
                    let place = || format!("{arch:?} {} {name}: {access:?}", path.display());
                    assert!(access.is_stock(word), "{}", place());
                    // Viper's pointers are the program's.
                    let is_viper = function.kind == CodeKind::Viper;
                    assert!(access.part.is_some() || is_viper, "unknown: {}", place());
                    *count.entry(format!("{:?}", access.part)).or_insert(0) += 1;
                }
            }
        }
        for part in ["Function", "Context", "ObjectTable", "Object"] {
            let found = count.get(&format!("Some({part})")).copied().unwrap_or(0);
            assert!(found > 20, "{arch:?} {small}: {part} {found} times only");
        }
    }
}

#[test]
fn calls_of_code_for_stock_firmware_are_of_stock_entries() {
    let all = MACHINES.into_iter().enumerate();
    for (number, arch, small) in all.flat_map(|(n, arch)| [(n, arch, false), (n, arch, true)]) {
        let mut count = 0;
        // Every third file, so that each is for several machines.
        for path in sources().into_iter().skip(number % 3).step_by(3) {
            let source = std::fs::read(&path).expect("a file");
            let options = options(arch, small);
            // Inline assembler of another machine is refused.
            let Ok(module) = compile(&source, &mut Pool::new(), &options) else {
                continue;
            };
            for code in &module.codes {
                let (start, end) = match code.kind {
                    // The index of the prelude is before the code; in generators, where it starts is too.
                    RawKind::Native { prelude_offset } => {
                        let word = arch.word_bytes();
                        let second = code.bytes[word..2 * word].iter().rev();
                        let second = second.fold(0, |value, byte| value << 8 | usize::from(*byte));
                        let words = if second == 2 * word { 2 } else { 1 };
                        (words * word, prelude_offset as usize)
                    }
                    RawKind::Viper { linked: None } => (0, code.bytes.len()),
                    _ => continue,
                };
                count += check(arch, &code.bytes[start..end], &path);
            }
        }
        assert!(count > 200, "{arch:?} {small}: {count} calls only");
    }
}
