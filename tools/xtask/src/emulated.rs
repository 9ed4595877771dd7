//! `emulated`: the runtime as on a board (`ports/emulated`), and how to run it.
//!
//! Thumb and RISC-V are built by the workspace's own toolchain. It has no back end for Xtensa; Debian's `rustc-web`
//! has, with two work-arounds: our own target files, since those that come with it want another LLVM, and assembly in
//! between, since LLVM's object writer misplaces literals (`ports/emulated/xtensa/`).

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;

use crate::cross_check::add_target;
use crate::workspace::{root, run, target_dir};

/// A kind of board: name of the architecture whose machine code it takes, build, emulator, its CPU.
struct Board {
    arch: &'static str,
    target: &'static str,
    emulator: &'static str,
    cpu: Option<&'static str>,
}

const fn board(
    arch: &'static str,
    target: &'static str,
    emulator: &'static str,
    cpu: Option<&'static str>,
) -> Board {
    Board {
        arch,
        target,
        emulator,
        cpu,
    }
}

/// Several architectures share a build: what the one takes, the other takes too.
const BOARDS: [Board; 9] = [
    board("armv6m", "thumbv6m-none-eabi", "qemu-arm", None),
    board("armv7m", "thumbv6m-none-eabi", "qemu-arm", None),
    board("armv7emsp", "thumbv7em-none-eabihf", "qemu-arm", None),
    board("armv7emdp", "thumbv7em-none-eabihf", "qemu-arm", None),
    board(
        "rv32imc",
        "riscv32imc-unknown-none-elf",
        "qemu-riscv32",
        None,
    ),
    board(
        "rv64imc",
        "riscv64imac-unknown-none-elf",
        "qemu-riscv64",
        None,
    ),
    board("x86", "i686-unknown-linux-gnu", "qemu-i386", None),
    board("xtensa", "xtensa-lx106", "qemu-xtensa", Some("lx106")),
    board("xtensawin", "xtensa-dc233c", "qemu-xtensa", Some("dc233c")),
];

/// Targets that nothing else needs.
pub(crate) const BUILT_HERE_ONLY: [&str; 2] =
    ["riscv64imac-unknown-none-elf", "i686-unknown-linux-gnu"];

/// Debian's toolchain: it can make code for Xtensa.
const DEBIAN_CARGO: &str = "/usr/bin/cargo";
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const NATIVE_EMITTER_IS_SMALL: &str =
    "profile.release.package.ferlance-native-emitter.opt-level='z'";

/// Build the runtime as on a board and print how it is run, or run it.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask emulated                                    build all, print the commands
  cargo xtask emulated --board rv32imc -- -c 'print(6 * 7)'")]
pub(crate) struct Emulated {
    /// armv6m, armv7m, armv7emsp, armv7emdp, rv32imc, rv64imc, x86, xtensa or xtensawin; all by default.
    #[arg(long = "board")]
    boards: Vec<String>,
    /// Arguments of the runtime, to run it.
    #[arg(last = true)]
    args: Vec<String>,
}

impl Emulated {
    pub(crate) fn run(self) -> Result<()> {
        for name in &self.boards {
            let known = BOARDS.iter().any(|board| board.arch == name);
            ensure!(known, "no board is called {name}: see --help");
        }
        let wanted = |board: &&Board| {
            self.boards.is_empty() || self.boards.iter().any(|name| name == board.arch)
        };
        for board in BOARDS.iter().filter(wanted) {
            let words = command(board)?;
            let Some((program, rest)) = words.split_first() else {
                bail!("an empty command");
            };
            if self.args.is_empty() {
                println!("{}", words.join(" "));
            } else {
                run(Command::new(program).args(rest).args(&self.args))?;
            }
        }
        Ok(())
    }
}

/// As [`command`], by the name of the architecture.
pub(crate) fn board_command(arch: &str) -> Result<Vec<String>> {
    let board = BOARDS.iter().find(|board| board.arch == arch);
    command(board.with_context(|| format!("no board is called {arch}"))?)
}

/// Builds the board's program; the words that run it.
fn command(board: &Board) -> Result<Vec<String>> {
    let program = if board.target.starts_with("xtensa") {
        build_xtensa(board.target)?
    } else {
        build(board.target)?
    };
    let mut words = vec![emulator(board.emulator)?.display().to_string()];
    if let Some(cpu) = board.cpu {
        words.extend(["-cpu".to_owned(), cpu.to_owned()]);
    }
    words.push(program.display().to_string());
    words.extend(["-X".to_owned(), format!("arch={}", board.arch)]);
    Ok(words)
}

/// The words that run a board whose runtime is built for speed, and on Thumb for Cortex-M3.
pub(crate) fn fast(arch: &str) -> Result<Vec<String>> {
    let (target, program) = match arch {
        "armv7m" => ("thumbv7m-none-eabi", "qemu-arm"),
        "rv32imc" => ("riscv32imc-unknown-none-elf", "qemu-riscv32"),
        _ => bail!("no such board: armv7m or rv32imc"),
    };
    add_target(target)?;
    let out = target_dir()?.join("emulated-fast");
    run(Command::new("cargo")
        .args(["build", "--quiet", "--release", "--target", target])
        .arg("--target-dir")
        .arg(&out)
        .current_dir(folder())
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "2")
        .env("CARGO_PROFILE_RELEASE_LTO", "thin")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "1"))?;
    let built = out.join(target).join("release/ferlance-emulated");
    Ok(vec![
        emulator(program)?.display().to_string(),
        built.display().to_string(),
        "-X".to_owned(),
        format!("arch={arch}"),
    ])
}

/// The full path: tests run programs in an empty environment.
fn emulator(name: &str) -> Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|path| path.exists())
        .with_context(|| format!("{name} is not installed: cargo xtask setup"))
}

fn folder() -> PathBuf {
    root().join("ports/emulated")
}

fn build(target: &str) -> Result<PathBuf> {
    let out = target_dir()?.join("emulated");
    if BUILT_HERE_ONLY.contains(&target) {
        add_target(target)?;
    }
    run(Command::new("cargo")
        .args(["build", "--quiet", "--release", "--target", target])
        .arg("--target-dir")
        .arg(&out)
        .env(
            "CARGO_TARGET_I686_UNKNOWN_LINUX_GNU_RUSTFLAGS",
            "-C linker=rust-lld -C linker-flavor=ld.lld -C relocation-model=static",
        )
        .current_dir(folder()))?;
    Ok(out.join(target).join("release/ferlance-emulated"))
}

fn build_xtensa(target: &str) -> Result<PathBuf> {
    for tool in [
        DEBIAN_CARGO,
        DEBIAN_RUSTC,
        "/usr/bin/llvm-mc-22",
        "/usr/bin/xtensa-lx106-elf-ld",
    ] {
        ensure!(
            Path::new(tool).exists(),
            "{tool} is not installed: cargo xtask setup"
        );
    }
    // One for each target: both can be built at a time, and each build keeps one processor busy.
    let target_folder = target_dir()?.join("emulated-xtensa").join(target);
    let assembly = folder().join("xtensa");
    run(Command::new(DEBIAN_CARGO)
        .args(["build", "--quiet", "--release"])
        .args(["-Z", "build-std=core,alloc"])
        .args(["-Z", "build-std-features=compiler-builtins-mem"])
        .args(["-Z", "json-target-spec", "--target"])
        .arg(assembly.join(format!("{target}.json")))
        // One assembly file for all but `compiler_builtins`; the back end gives up on parts of core at level 2.
        .args(["--config", "profile.release.lto='fat'"])
        .args(["--config", "profile.release.codegen-units=1"])
        .args(["--config", "profile.release.opt-level='s'"])
        // More inlined into the functions of this crate, and it cannot spill in their frames.
        .args(["--config", NATIVE_EMITTER_IS_SMALL])
        .arg("--target-dir")
        .arg(&target_folder)
        .current_dir(folder())
        .env("RUSTC", DEBIAN_RUSTC)
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTFLAGS", "--emit=asm")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env_remove("RUSTUP_TOOLCHAIN"))?;
    let out = target_folder.join(target).join("release");
    let program = out.join("ferlance-emulated.elf");
    let runtime = newest(&out.join("deps"), "ferlance_emulated-")?;
    // Cargo would compile it anew each time: it expects a program of its own beside the assembly.
    fs::write(runtime.with_extension(""), "")?;
    let compiled = [runtime, newest(&out.join("deps"), "compiler_builtins-")?];
    if is_newer(&program, &compiled) {
        return Ok(program);
    }
    let nlr = root().join("vm/src/native/nlr");
    let (features, sources) = if target == "xtensa-lx106" {
        let sources = [assembly.join("call0.S"), nlr.join("xtensa.S")];
        ("-mcpu=esp8266", sources)
    } else {
        let sources = [assembly.join("windowed.S"), nlr.join("xtensa_windowed.S")];
        (
            "-mattr=+density,+windowed,+mul32,+nsa,+sext,+s32c1i,+exception",
            sources,
        )
    };
    let mut objects = Vec::new();
    for source in sources {
        let object = out
            .join(source.file_stem().unwrap_or_default())
            .with_extension("o");
        assemble(features, &source, &object)?;
        objects.push(object);
    }
    for source in compiled {
        let ordered = out.join(source.file_name().unwrap_or_default());
        fs::write(&ordered, literals_in_place(&fs::read_to_string(&source)?))?;
        let object = ordered.with_extension("o");
        assemble(features, &ordered, &object)?;
        objects.push(object);
    }
    run(Command::new("xtensa-lx106-elf-ld")
        .args(["-N", "--no-warn-rwx-segments", "--gc-sections", "-o"])
        .arg(&program)
        .args(objects))?;
    Ok(program)
}

fn assemble(features: &str, source: &Path, object: &Path) -> Result<()> {
    run(Command::new("llvm-mc-22")
        .args(["--triple=xtensa", features, "-filetype=obj", "-o"])
        .arg(object)
        .arg(source))
}

/// The newest assembly file whose name starts so.
fn newest(folder: &Path, start: &str) -> Result<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with(start) && name.ends_with(".s") {
            found.push((fs::metadata(&path)?.modified()?, path));
        }
    }
    let newest = found.into_iter().max();
    let (_, path) = newest.with_context(|| format!("{start}*.s in {}", folder.display()))?;
    Ok(path)
}

/// Whether `made` is newer than all that it is made of.
fn is_newer(made: &Path, of: &[PathBuf]) -> bool {
    let time = |path: &Path| fs::metadata(path).and_then(|data| data.modified()).ok();
    let Some(made) = time(made) else {
        return false;
    };
    let assembly = [
        folder().join("xtensa/call0.S"),
        folder().join("xtensa/windowed.S"),
        root().join("vm/src/native/nlr/xtensa.S"),
        root().join("vm/src/native/nlr/xtensa_windowed.S"),
    ];
    let mut all = of.iter().chain(&assembly);
    all.all(|path| time(path).is_some_and(|time| time < made))
}

/// LLVM 22 prints a function's `.literal` lines before the lines that switch to its section, and its assembler would
/// put them there, unaligned. They become words of a section of their own before the function's.
fn literals_in_place(assembly: &str) -> String {
    let mut out = String::with_capacity(assembly.len() * 5 / 4);
    let mut held: Vec<&str> = Vec::new();
    let mut section = None;
    for line in assembly.lines() {
        if line.starts_with("\t.literal_position") {
            continue;
        }
        if let Some(literal) = line.strip_prefix("\t.literal") {
            held.push(literal.trim_start());
            continue;
        }
        if line.starts_with("\t.section\t") {
            section = Some(line);
        } else if let (Some(text), false) = (section.take(), held.is_empty()) {
            out.push_str(&text.replacen(".text", ".literal", 1));
            out.push_str("\n\t.p2align\t2\n");
            for literal in held.drain(..) {
                if let Some((label, value)) = literal.split_once(", ") {
                    out.push_str(&format!("{label}:\n\t.long\t{value}\n"));
                }
            }
            out.push_str(text);
            out.push('\n');
        }
        out.push_str(line);
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_precede_their_function() {
        let printed = "\t.literal .L1, f\n\t.section\t.text.f\n\t.section\t.text.g\ng:\n";
        let wanted = "\t.section\t.text.f\n\t.section\t.text.g\n\t.section\t.literal.g\n\t.p2align\t2\n.L1:\n\t.long\tf\n\t.section\t.text.g\ng:\n";
        assert_eq!(literals_in_place(printed), wanted);
    }
}
