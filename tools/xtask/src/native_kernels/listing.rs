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
            // Padding bytes in the code would be taken for instructions.
            Isa::Xtensa | Isa::Xtensawin => (
                "xtensa-lx106-elf-gcc",
                &[
                    "-mlongcalls",
                    "-Wa,--no-target-align",
                    "-fno-align-loops",
                    "-fno-align-jumps",
                    "-fno-align-labels",
                ],
            ),
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
    let options = options.iter().filter(|option| option.starts_with("-m"));
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

/// The instructions of the innermost loop: of several that contain no other, the one in most others counts, then the
/// longest. Loops are found by where control can go, since compilers lay them out in pieces.
pub(super) fn innermost(isa: Isa, code: &[Line]) -> Vec<String> {
    let next = successors(isa, code);
    let mut best: (usize, Vec<usize>) = (0, Vec::new());
    let all: Vec<usize> = (0..code.len()).collect();
    descend(&next, &all, &[], 0, &mut best);
    let text = |at: &usize| code[*at].text.clone();
    best.1.iter().map(text).collect()
}

/// Looks for loops among `nodes`, without the jumps to `headers`, and for loops in these.
fn descend(
    next: &[Vec<usize>],
    nodes: &[usize],
    headers: &[usize],
    depth: usize,
    best: &mut (usize, Vec<usize>),
) {
    let inside = |to: &usize| nodes.contains(to) && !headers.contains(to);
    let reached = |from: usize| {
        let mut seen = vec![false; next.len()];
        let mut waiting = vec![from];
        while let Some(at) = waiting.pop() {
            for to in next[at].iter().filter(|to| inside(to)) {
                if !std::mem::replace(&mut seen[*to], true) {
                    waiting.push(*to);
                }
            }
        }
        seen
    };
    let reach: Vec<(usize, Vec<bool>)> = nodes.iter().map(|at| (*at, reached(*at))).collect();
    let mut done = vec![false; next.len()];
    for (at, from_here) in &reach {
        if done[*at] || !from_here[*at] {
            continue;
        }
        let body: Vec<usize> = reach
            .iter()
            .filter(|(other, from_there)| from_here[*other] && from_there[*at])
            .map(|(other, _)| *other)
            .collect();
        body.iter().for_each(|at| done[*at] = true);
        let rank = (depth + 1, body.len());
        if rank > (best.0, best.1.len()) {
            *best = (depth + 1, body.clone());
        }
        // Where control comes in.
        let is_header = |at: &&usize| {
            let mut froms = (0..next.len()).filter(|from| !body.contains(from));
            froms.any(|from| next[from].contains(at))
        };
        let header = body.iter().find(is_header).or(body.first()).copied();
        let headers: Vec<usize> = headers.iter().copied().chain(header).collect();
        descend(next, &body, &headers, depth + 1, best);
    }
}

/// By instruction: where control goes from it.
fn successors(isa: Isa, code: &[Line]) -> Vec<Vec<usize>> {
    let find = |address: u64| code.iter().position(|line| line.at == address);
    let mut next: Vec<Vec<usize>> = Vec::new();
    for (at, line) in code.iter().enumerate() {
        let name = line.text.split_whitespace().next().unwrap_or("");
        let target = isa.target(&line.text).and_then(find);
        let thumb_return = isa == Isa::Thumb
            && (line.text == "bx lr" || line.text.contains("pc") && name.contains("pop"));
        let jumps = matches!(
            name,
            "b" | "b.n" | "b.w" | "j" | "jmp" | "ret" | "ret.n" | "retw.n"
        );
        let goes_on = !jumps && !thumb_return;
        let mut to: Vec<usize> = target.into_iter().collect();
        if goes_on && at + 1 < code.len() {
            to.push(at + 1);
        }
        next.push(to);
    }
    // Loops of the machine: the instruction before the end leads back behind the one that set the loop up.
    for (at, line) in code.iter().enumerate() {
        if let (true, Some(end)) = (
            line.text.starts_with("loop"),
            isa.target(&line.text).and_then(find),
        ) && let Some(last) = end.checked_sub(1)
        {
            next[last].push(at + 1);
        }
    }
    next
}
