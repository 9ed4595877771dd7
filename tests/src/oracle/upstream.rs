//! The released WebAssembly build of MicroPython, under node: `tools/upstream`, installed by `cargo xtask setup`.

use std::{process::Command, sync::OnceLock};

use crate::{interpreter::Interpreter, workspace};

/// The command, if node and the package are here.
pub fn find() -> Option<Interpreter> {
    static FOUND: OnceLock<Option<Interpreter>> = OnceLock::new();
    FOUND
        .get_or_init(|| {
            let tool = workspace::root().join("tools/upstream");
            if !tool.join("node_modules/@micropython").is_dir() {
                return None;
            }
            let output = Command::new("node")
                .args(["-p", "process.execPath"])
                .output()
                .ok()?;
            let node = String::from_utf8(output.stdout).ok()?.trim().to_owned();
            Some(Interpreter::new([
                node.into(),
                tool.join("run.mjs").into_os_string(),
            ]))
        })
        .clone()
}
