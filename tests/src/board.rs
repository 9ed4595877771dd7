//! The runtime as on a board, under an emulator: `cargo xtask emulated` builds it and says how it is run.

use std::process::{Command, Stdio};
use std::sync::OnceLock;

use ferlance_abi::Arch;

use crate::{interpreter::Interpreter, workspace};

/// Architectures whose boards are emulated.
pub const ARCHS: [Arch; 9] = [
    Arch::Armv6m,
    Arch::Armv7m,
    Arch::Armv7emsp,
    Arch::Armv7emdp,
    Arch::Rv32imc,
    Arch::Rv64imc,
    Arch::X86,
    Arch::Xtensa,
    Arch::Xtensawin,
];

/// Whether what the board needs is installed: its emulator; for Xtensa a compiler as well.
pub fn is_there(arch: Arch) -> bool {
    let emulator = match arch {
        Arch::Rv32imc => "qemu-riscv32",
        Arch::Rv64imc => "qemu-riscv64",
        Arch::X86 => "qemu-i386",
        Arch::Xtensa | Arch::Xtensawin => "qemu-xtensa",
        _ => "qemu-arm",
    };
    let tools = match arch {
        Arch::Xtensa | Arch::Xtensawin => &["rustc", "cargo", "llvm-mc-22", "xtensa-lx106-elf-ld"],
        _ => &[][..],
    };
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders = std::env::split_paths(&path);
    folders.any(|folder| folder.join(emulator).exists())
        && tools
            .iter()
            .all(|tool| std::path::Path::new("/usr/bin").join(tool).exists())
}

/// The runtime on a board of that architecture, built when it is first asked for.
pub fn interpreter(arch: Arch) -> Result<Interpreter, String> {
    static BUILT: [OnceLock<Result<Interpreter, String>>; ARCHS.len()] =
        [const { OnceLock::new() }; ARCHS.len()];
    let at = ARCHS.iter().position(|known| *known == arch);
    let place = at.and_then(|at| BUILT.get(at));
    let place = place.ok_or_else(|| format!("no board is emulated for {arch:?}"))?;
    place.get_or_init(|| build(arch)).clone()
}

fn build(arch: Arch) -> Result<Interpreter, String> {
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["run", "--quiet", "--package", "xtask", "--", "emulated"])
        .args(["--board", arch.name()])
        .current_dir(workspace::root())
        .stderr(Stdio::piped())
        .output()
        .map_err(|error| error.to_string())?;
    let printed = String::from_utf8_lossy(&output.stdout);
    match printed.lines().next_back() {
        Some(command) if output.status.success() => {
            Ok(Interpreter::new(command.split_whitespace()))
        }
        _ => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}
