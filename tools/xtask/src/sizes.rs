//! `sizes`: bytes of flash and RAM of an image with the virtual machine and the compiler, for boards.
//!
//! `tools/size-probe` is a program without a board: it links what a firmware would link, compiles a source at an
//! address it cannot know, and runs it. So nothing is optimised away and nothing of a board is counted.
//!
//! Rust's thumb targets keep a frame pointer in every function, which costs 4 % and which no option of rustc takes back.
//! LLVM can give functions other attributes, by name; so those images are built three times: for the names, without
//! frame pointers in these, and again with the names of functions that only then were not inlined.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};
use clap::Args;
use object::{Object, ObjectSection, ObjectSymbol, SectionFlags, SectionKind, SymbolKind, elf};

use crate::{
    cross_check,
    workspace::{root, target_dir},
};

/// The bar for the virtual machine with the compiler, in bytes, and where it holds.
const BAR: u64 = 256 * 1024;
const BAR_TARGET: &str = "thumbv7em-none-eabihf";
const BAR_LEVEL: &str = "z";
const BAR_IMAGE: &str = "vm+compiler";

/// Count the bytes of the device crates in an image for boards. The images without native code have the virtual machine
/// of the smallest boards: no verifier, no erf and gamma, the algorithms that take the fewest bytes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask sizes
  cargo xtask sizes --target thumbv7em-none-eabihf --opt-level z --crates
  cargo xtask sizes --target thumbv7em-none-eabihf --opt-level z --image vm+compiler --check")]
pub(crate) struct Sizes {
    /// Targets.
    #[arg(long = "target", default_values_t = ["thumbv6m-none-eabi".to_owned(), "thumbv7em-none-eabihf".to_owned(), "riscv32imc-unknown-none-elf".to_owned()])]
    targets: Vec<String>,
    /// Optimisation levels.
    #[arg(long, value_delimiter = ',', default_values_t = ["s".to_owned(), "z".to_owned()])]
    opt_level: Vec<String>,
    /// What is in the image.
    #[arg(long, value_delimiter = ',', default_values_t = ["vm".to_owned(), "vm+compiler".to_owned(), "vm+compiler+native".to_owned()])]
    image: Vec<String>,
    /// Keep the frame pointers of thumb targets, as a plain build does.
    #[arg(long)]
    frame_pointers: bool,
    /// Also show the bytes by crate and the largest functions.
    #[arg(long)]
    crates: bool,
    /// Fail if the virtual machine with the compiler is over its bar.
    #[arg(long)]
    check: bool,
}

/// Bytes that a linker would place.
#[derive(Debug, Default, Clone, Copy)]
struct Bytes {
    text: u64,
    rodata: u64,
    data: u64,
    bss: u64,
}

impl Sizes {
    /// Only the image that has a bar, and fail if it is over.
    pub(crate) fn bar() -> Sizes {
        Sizes {
            targets: vec![BAR_TARGET.to_owned()],
            opt_level: vec![BAR_LEVEL.to_owned()],
            image: vec![BAR_IMAGE.to_owned()],
            frame_pointers: false,
            crates: false,
            check: true,
        }
    }

    pub(crate) fn run(self) -> Result<()> {
        println!(
            "{:<30}{:<20}{:>5}{:>10}{:>10}{:>10}{:>8}{:>8}",
            "target", "image", "opt", "flash", "text", "rodata", "data", "bss"
        );
        let mut over = false;
        for target in &self.targets {
            cross_check::add_target(target)?;
            for image in &self.image {
                for level in &self.opt_level {
                    let file = self.build(target, image, level)?;
                    let bytes = fs::read(&file).with_context(|| file.display().to_string())?;
                    let object = object::File::parse(bytes.as_slice())?;
                    let size = measure(&object);
                    let flash = size.text + size.rodata + size.data;
                    println!(
                        "{target:<30}{image:<20}{level:>5}{flash:>10}{:>10}{:>10}{:>8}{:>8}",
                        size.text, size.rodata, size.data, size.bss
                    );
                    if image == BAR_IMAGE && flash > BAR {
                        println!("    {} over the bar of {BAR}", flash - BAR);
                        over |= target == BAR_TARGET && level == BAR_LEVEL;
                    }
                    if self.crates {
                        print_crates(&object);
                    }
                }
            }
        }
        if over && self.check {
            bail!("virtual machine and compiler take more than {BAR} bytes");
        }
        Ok(())
    }

    /// Build the probe, without frame pointers unless they are wanted, and return the linked file.
    fn build(&self, target: &str, image: &str, level: &str) -> Result<PathBuf> {
        let mut file = build(target, image, level, None)?;
        if self.frame_pointers || !target.starts_with("thumb") {
            return Ok(file);
        }
        let mut names = BTreeSet::new();
        for round in 1..=2 {
            names.extend(functions(&file)?);
            let mut lines = String::new();
            for name in &names {
                writeln!(lines, "{name},frame-pointer=none")?;
            }
            // A file of its own for each round: cargo builds again if the option changes, not if the file does.
            let list = format!("sizes/{target}-{image}-{level}-{round}.csv");
            let list = target_dir()?.join(list);
            fs::write(&list, lines).with_context(|| list.display().to_string())?;
            file = build(target, image, level, Some(&list))?;
        }
        Ok(file)
    }
}

/// The names of functions in a linked file, as the compiler has them.
fn functions(file: &Path) -> Result<BTreeSet<String>> {
    let bytes = fs::read(file).with_context(|| file.display().to_string())?;
    let object = object::File::parse(bytes.as_slice())?;
    let mut names = BTreeSet::new();
    for symbol in object
        .symbols()
        .filter(|symbol| symbol.kind() == SymbolKind::Text)
    {
        let name = symbol.name()?;
        // Two crates may have a local function of the same name: link-time optimisation numbers them.
        let plain = name.trim_end_matches(|c: char| c.is_ascii_digit());
        names.insert(plain.strip_suffix('.').unwrap_or(name).to_owned());
    }
    Ok(names)
}

/// Build the probe with attributes for functions, and return the linked file.
fn build(target: &str, image: &str, level: &str, attributes: Option<&Path>) -> Result<PathBuf> {
    let folder = target_dir()?.join("sizes");
    let mut command = Command::new("cargo");
    command
        .args([
            "build",
            "--quiet",
            "--release",
            "--target",
            target,
            "--target-dir",
        ])
        .arg(&folder)
        .current_dir(root().join("tools/size-probe"))
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", level);
    match image {
        "vm" => {}
        "vm+compiler" => {
            command.args(["--features", "compiler"]);
        }
        "vm+compiler+native" => {
            command.args(["--features", "native"]);
        }
        _ => bail!("no image is called {image}: vm, vm+compiler, vm+compiler+native"),
    }
    if let Some(list) = attributes {
        command.arg("--config").arg(format!(
            "build.rustflags=[\"-Cllvm-args=-forceattrs-csv-path={}\"]",
            list.display()
        ));
    }
    // LLVM says of each name that a crate does not have it.
    let output = command
        .stderr(Stdio::piped())
        .output()
        .with_context(|| format!("{command:?}"))?;
    for line in String::from_utf8_lossy(&output.stderr).lines() {
        if !line.starts_with("Function in CSV file") {
            eprintln!("{line}");
        }
    }
    if !output.status.success() {
        bail!("{command:?} failed");
    }
    Ok(Path::new(&folder).join(target).join("release/size-probe"))
}

fn measure(object: &object::File<'_>) -> Bytes {
    let mut bytes = Bytes::default();
    for section in object.sections() {
        let SectionFlags::Elf { sh_flags, .. } = section.flags() else {
            continue;
        };
        let flag = |mask: elf::SectionFlags| sh_flags.0 & mask.0 != 0;
        if !flag(elf::SHF_ALLOC) {
            continue;
        }
        let is_bss = section.kind() == SectionKind::UninitializedData;
        let place = if is_bss {
            &mut bytes.bss
        } else if flag(elf::SHF_EXECINSTR) {
            &mut bytes.text
        } else if flag(elf::SHF_WRITE) {
            &mut bytes.data
        } else {
            &mut bytes.rodata
        };
        *place += section.size();
    }
    bytes
}

fn print_crates(object: &object::File<'_>) {
    let mut by_crate: BTreeMap<String, u64> = BTreeMap::new();
    let mut largest: Vec<(u64, String)> = Vec::new();
    for symbol in object
        .symbols()
        .filter(|symbol| matches!(symbol.kind(), SymbolKind::Text | SymbolKind::Data))
    {
        let section = symbol
            .section_index()
            .and_then(|index| object.section_by_index(index).ok());
        if section.is_none_or(|section| section.kind() == SectionKind::UninitializedData) {
            continue;
        }
        let name = format!(
            "{:#}",
            rustc_demangle::demangle(symbol.name().unwrap_or("?"))
        );
        *by_crate.entry(crate_of(&name)).or_default() += symbol.size();
        largest.push((symbol.size(), name));
    }
    let mut by_crate: Vec<(u64, String)> = by_crate
        .into_iter()
        .map(|(name, size)| (size, name))
        .collect();
    by_crate.sort_unstable_by(|a, b| b.cmp(a));
    largest.sort_unstable_by(|a, b| b.cmp(a));
    for (size, name) in by_crate.iter().filter(|(size, _)| *size > 0) {
        println!("    {size:>8}  {name}");
    }
    println!("    largest:");
    for (size, name) in largest.iter().take(25) {
        println!("    {size:>8}  {name}");
    }
}

/// The crate that a demangled name belongs to: the first path in it, of the trait's implementor if there is one.
fn crate_of(name: &str) -> String {
    let name = name.trim_start_matches(['<', '&', '[', '(']);
    let name = name.strip_prefix("mut ").unwrap_or(name);
    let first = name.split("::").next().unwrap_or(name);
    let plain = first.chars().all(|c| c.is_alphanumeric() || c == '_');
    if plain && name.contains("::") {
        first.to_owned()
    } else {
        "(no crate)".to_owned()
    }
}

#[cfg(test)]
#[path = "../../size-probe/src/division.rs"]
mod division;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_short_division_of_the_probe_divides() {
        let mut values = vec![
            1,
            2,
            3,
            10,
            1000,
            (1 << 32) - 1,
            1 << 32,
            u64::MAX - 1,
            u64::MAX,
        ];
        let mut state = 1u64;
        for shift in 0..64 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            values.push((state >> shift).max(1));
        }
        for &n in values.iter().chain([&0]) {
            for &d in &values {
                assert_eq!(division::divide(n, d), (n / d, n % d), "{n} / {d}");
            }
        }
    }

    #[test]
    fn names_belong_to_the_crate_of_their_first_path() {
        assert_eq!(
            crate_of("ferlance_vm::gc::heap::Heap::alloc"),
            "ferlance_vm"
        );
        assert_eq!(
            crate_of("<ferlance_num::BigInt as core::fmt::Display>::fmt"),
            "ferlance_num"
        );
        assert_eq!(crate_of("memcpy"), "(no crate)");
    }
}
