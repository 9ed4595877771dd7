//! Paths of the workspace, and cargo as a child process.

use std::{
    env,
    ffi::OsStr,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};

/// The folder with the workspace's `Cargo.toml`.
pub(crate) fn root() -> &'static Path {
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    tools
        .and_then(Path::parent)
        .expect("tools/xtask lies in the workspace")
}

/// Where cargo puts what it builds.
pub(crate) fn target_dir() -> Result<PathBuf> {
    let output = Command::new(cargo_program())
        .args(["metadata", "--format-version=1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .context("cargo metadata")?;
    let metadata: serde_json::Value =
        serde_json::from_slice(&output.stdout).context("cargo metadata")?;
    Ok(metadata["target_directory"]
        .as_str()
        .context("cargo names its target directory")?
        .into())
}

/// The packages of the workspace that run on boards: those whose folders the architecture page calls "device".
pub(crate) fn device_crates() -> Result<Vec<String>> {
    let page = std::fs::read_to_string(root().join("docs/architecture.md"))?;
    let (_, section) = page
        .split_once("## The crates")
        .context("the page lists the crates")?;
    let rows = section
        .lines()
        .skip_while(|line| !line.starts_with("| ---"))
        .skip(1);
    let cells = rows
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.split('|').map(str::trim));
    let mut crates = Vec::new();
    for mut row in cells {
        if let (Some(folder), Some("device")) = (row.nth(1), row.next()) {
            crates.push(package(folder.trim_matches('`'))?);
        }
    }
    ensure!(!crates.is_empty(), "the page lists no device crates");
    Ok(crates)
}

/// The name of the package in a folder.
fn package(folder: &str) -> Result<String> {
    let path = root().join(folder).join("Cargo.toml");
    let manifest = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let name = manifest
        .lines()
        .find_map(|line| line.strip_prefix("name = "))
        .with_context(|| format!("{} names no package", path.display()))?;
    Ok(name.trim_matches('"').to_owned())
}

fn cargo_program() -> impl AsRef<OsStr> {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// Cargo with arguments, in the workspace.
pub(crate) fn cargo<'a>(args: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = Command::new(cargo_program());
    command.args(args).current_dir(root());
    command
}

/// Run a command that must succeed; what it prints goes where ours goes.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    eprintln!("$ {}", shown(command));
    let status = command.status().with_context(|| shown(command))?;
    ensure!(status.success(), "{}: {status}", shown(command));
    Ok(())
}

/// A command as one would type it.
pub(crate) fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words
        .map(|word| word.to_string_lossy().into_owned())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Build a binary of the workspace and return its path.
pub(crate) fn build(package: &str, binary: &str, profile: &str) -> Result<PathBuf> {
    run(&mut cargo([
        "build",
        "--quiet",
        "--package",
        package,
        "--bin",
        binary,
        "--profile",
        profile,
    ]))?;
    let folder = if profile == "dev" { "debug" } else { profile };
    Ok(target_dir()?.join(folder).join(binary))
}

/// The Python files under a folder, sorted by path.
pub(crate) fn python_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(python_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "py") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// File name without extension.
pub(crate) fn stem(path: &Path) -> String {
    path.file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}
