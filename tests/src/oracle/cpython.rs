//! CPython 3: `python3` on the path.

use std::{process::Command, sync::OnceLock};

use crate::interpreter::Interpreter;

/// The command, if there is one.
///
/// The program is asked for its own path, since what is on the path may be a script that needs the environment.
pub fn find() -> Option<Interpreter> {
    static FOUND: OnceLock<Option<Interpreter>> = OnceLock::new();
    FOUND
        .get_or_init(|| {
            let output = Command::new("python3")
                .args(["-c", "import sys; print(sys.executable)"])
                .output()
                .ok()?;
            let path = String::from_utf8(output.stdout).ok()?.trim().to_owned();
            // Without the deep recursion of the crash tests, which CPython need not survive.
            (output.status.success() && !path.is_empty()).then(|| {
                Interpreter::new([path, "-I".to_owned()]).with_env("PYTHONIOENCODING", "utf-8")
            })
        })
        .clone()
}
