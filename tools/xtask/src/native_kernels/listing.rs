//! Disassembly, and the innermost loop in it.
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use object::{Object, ObjectSection};

/// An instruction set that kernels are compiled for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Isa {
    /// Armv7-M.
    Thumb,
    /// RV32IMC.
    Rv32,
    /// Xtensa with call0.
    Xtensa,
    /// Xtensa with windows, beside gcc's call0 code: Debian's compiler knows no other.
    Xtensawin,
    /// x86-64.
    X64,
}

/// An instruction: address, length, text.
#[derive(Debug, Clone)]
pub(super) struct Line {
    at: u64,
    text: String,
}

impl Isa {
    pub(super) const ALL: [Isa; 5] = [Isa::Thumb, Isa::Rv32, Isa::Xtensa, Isa::Xtensawin, Isa::X64];

    pub(super) fn name(self) -> &'static str {
        match self {
            Isa::Thumb => "thumb v7-M",
            Isa::Rv32 => "rv32imc",
            Isa::Xtensa => "xtensa",
            Isa::Xtensawin => "xtensawin",
            Isa::X64 => "x64",
        }
    }

    pub(super) fn march(self) -> &'static str {
        match self {
            Isa::Thumb => "armv7m",
            Isa::Rv32 => "rv32imc",
            Isa::Xtensa => "xtensa",
            Isa::Xtensawin => "xtensawin",
            Isa::X64 => "x64",
        }
    }

    /// The C compiler, and its options for this machine.
    pub(super) fn gcc(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Isa::Thumb => ("arm-none-eabi-gcc", &["-mcpu=cortex-m3", "-mthumb"]),
            Isa::Rv32 => (
                "riscv64-unknown-elf-gcc",
                &["-march=rv32imc", "-mabi=ilp32"],
            ),
            Isa::Xtensa | Isa::Xtensawin => ("xtensa-lx106-elf-gcc", &["-mlongcalls"]),
            Isa::X64 => ("gcc", &["-fno-pic", "-fcf-protection=none"]),
        }
    }

    /// GNU tools' prefix, and the disassembler's options for plain bytes.
    fn binutils(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Isa::Thumb => ("arm-none-eabi-", &["-m", "arm", "-M", "force-thumb"]),
            Isa::Rv32 => ("riscv64-unknown-elf-", &["-m", "riscv:rv32"]),
            Isa::Xtensa | Isa::Xtensawin => ("xtensa-lx106-elf-", &[]),
            Isa::X64 => ("", &["-m", "i386:x86-64"]),
        }
    }

    /// Where an instruction may go, if it is a branch or a jump.
    fn target(self, text: &str) -> Option<u64> {
        let (name, operands) = text.split_once(char::is_whitespace)?;
        let branches = match self {
            Isa::Thumb => {
                let name = name.trim_end_matches(".n").trim_end_matches(".w");
                let conditions = "eq ne cs cc mi pl vs vc hi ls ge lt gt le";
                let condition = name.strip_prefix('b').unwrap_or("none");
                condition.is_empty()
                    || conditions.split(' ').any(|known| known == condition)
                    || name == "cbz"
                    || name == "cbnz"
            }
            Isa::Rv32 => name.starts_with('b') || name == "j",
            Isa::Xtensa | Isa::Xtensawin => {
                name.starts_with('b') && name != "break" || name == "j" || name.starts_with("loop")
            }
            Isa::X64 => name.starts_with('j'),
        };
        let operand = operands
            .split('<')
            .next()?
            .split([',', ' '])
            .rfind(|part| !part.is_empty())?;
        let hex = operand.trim().trim_start_matches("0x");
        u64::from_str_radix(hex, 16).ok().filter(|_| branches)
    }
}

/// Disassembles a file of plain bytes.
pub(super) fn of_bytes(isa: Isa, path: &Path) -> Result<Vec<Line>> {
    let (prefix, options) = isa.binutils();
    if !matches!(isa, Isa::Xtensa | Isa::Xtensawin) {
        let text = run(Command::new(format!("{prefix}objdump"))
            .args(["-D", "-z", "-b", "binary", "--no-show-raw-insn"])
            .args(options)
            .arg(path))?;
        return Ok(lines(&text));
    }
    // GNU's disassembler for the lx106 knows no windows, LLVM's no plain bytes.
    let object = tempfile::NamedTempFile::new()?;
    run(Command::new(format!("{prefix}objcopy"))
        .args(["-I", "binary", "-O", "elf32-xtensa-le"])
        .args([
            "--rename-section",
            ".data=.text,contents,alloc,load,readonly,code",
        ])
        .args(["--wildcard", "--strip-symbol=_binary*"])
        .arg(path)
        .arg(object.path()))?;
    let text = run(Command::new("llvm-objdump-22")
        .args(["-d", "-z", "--mcpu=esp32", "--no-show-raw-insn"])
        .arg(format!(
            "--start-address={}",
            first_instruction(&std::fs::read(path)?)
        ))
        .arg(object.path()))?;
    Ok(lines(&text))
}

/// Where Xtensa code begins: literals come before it, with a jump around them.
fn first_instruction(bytes: &[u8]) -> i32 {
    match *bytes {
        [low, mid, high, ..] if low & 0x3f == 0x06 => {
            let word = i32::from_le_bytes([0, low, mid, high]);
            4 + (word >> 14)
        }
        _ => 0,
    }
}

/// Disassembles a function of an object file, linked so that its branches have their distances.
pub(super) fn of_function(isa: Isa, object: &Path, name: &str) -> Result<Vec<Line>> {
    let (gcc, options) = isa.gcc();
    let linked = tempfile::NamedTempFile::new()?;
    let options = options.iter().filter(|option| !option.starts_with("-f"));
    run(Command::new(gcc)
        .args(options)
        .args(
            ["-nostdlib", "-static", "-no-pie"]
                .iter()
                .take(if isa == Isa::X64 { 3 } else { 2 }),
        )
        .args([
            "-Wl,--unresolved-symbols=ignore-all",
            "-Wl,-e,0",
            "-Wl,--build-id=none",
        ])
        .arg(object)
        .arg("-o")
        .arg(linked.path()))?;
    let text = match isa {
        // GNU's disassembler loses its way behind data.
        Isa::Xtensa | Isa::Xtensawin => run(Command::new("llvm-objdump-22")
            .args(["-d", "-z", "--mcpu=esp32", "--no-show-raw-insn"])
            .arg(format!("--disassemble-symbols={name}"))
            .arg(linked.path()))?,
        _ => run(Command::new(format!("{}objdump", isa.binutils().0))
            .args(["-d", "-z", "--no-show-raw-insn"])
            .arg(format!("--disassemble={name}"))
            .arg(linked.path()))?,
    };
    let lines = lines(&text);
    ensure!(!lines.is_empty(), "no function {name}");
    Ok(lines)
}

/// Bytes of a function in an object file, its literals included.
pub(super) fn function_bytes(object: &Path, name: &str) -> Result<usize> {
    let data = std::fs::read(object)?;
    let file = object::File::parse(&*data)?;
    let sections = file.sections().filter(|section| {
        let found = section.name().unwrap_or("");
        [".text.", ".literal.", ".text.unlikely."]
            .iter()
            .any(|prefix| {
                found
                    .strip_prefix(prefix)
                    .is_some_and(|rest| rest == name || rest.strip_suffix(".cold") == Some(name))
            })
    });
    let bytes = sections.map(|section| section.size() as usize).sum();
    ensure!(bytes > 0, "no section of {name}");
    Ok(bytes)
}

fn run(command: &mut Command) -> Result<String> {
    let shown = crate::workspace::shown(command);
    let output = command.output().with_context(|| shown.clone())?;
    ensure!(
        output.status.success(),
        "{shown}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Instructions of a listing: lines like `  1c:  adds r0, r1`.
fn lines(listing: &str) -> Vec<Line> {
    let line = |line: &str| {
        let (at, text) = line.split_once(':')?;
        let at = u64::from_str_radix(at.trim(), 16).ok()?;
        let text = text.trim().replace('\t', " ");
        (!text.is_empty()).then_some(Line { at, text })
    };
    listing.lines().filter_map(line).collect()
}

/// The instructions of the innermost loop. A loop is what lies between a jump back and its target; of several that
/// contain no other, the one in most others counts, then the longest.
pub(super) fn innermost(isa: Isa, code: &[Line]) -> Vec<String> {
    let mut loops: Vec<(u64, u64)> = Vec::new();
    for (at, line) in code.iter().enumerate() {
        let Some(to) = isa.target(&line.text) else {
            continue;
        };
        let span = if line.text.starts_with("loop") {
            // The loop of the machine: from behind this instruction to the one before its target.
            let inside = code[at + 1..].iter().take_while(|line| line.at < to);
            let ends: Vec<u64> = inside.map(|line| line.at).collect();
            match ends[..] {
                [first, .., last] => (first, last),
                [only] => (only, only),
                [] => continue,
            }
        } else if to <= line.at && code.iter().any(|line| line.at == to) {
            (to, line.at)
        } else {
            continue;
        };
        // Of several ways back to one place the nearest counts: an outer loop may enter the inner one that way.
        match loops.iter_mut().find(|known| known.0 == span.0) {
            Some(known) => known.1 = known.1.min(span.1),
            None => loops.push(span),
        }
    }
    let inside = |a: &(u64, u64), b: &(u64, u64)| a != b && b.0 <= a.0 && a.1 <= b.1;
    let depth = |it: &(u64, u64)| loops.iter().filter(|outer| inside(it, outer)).count();
    let innermost = loops
        .iter()
        .filter(|it| !loops.iter().any(|inner| inside(inner, it)));
    let best = innermost.max_by_key(|it| (depth(it), it.1 - it.0));
    let Some(&(from, to)) = best else {
        return Vec::new();
    };
    let body = code.iter().filter(|line| (from..=to).contains(&line.at));
    body.map(|line| line.text.clone()).collect()
}
