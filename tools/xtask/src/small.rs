//! `small`: the virtual machine of the smallest boards, tested on this machine.

use anyhow::Result;
use clap::Args;

use crate::workspace::{cargo, run, target_dir};

/// Programs of the behaviour tests that need what is not there: machine code, all of `math`, `help`.
const MISSING: [&str; 5] = [
    "lang_native_decorator",
    "lang_native_vs_bytecode",
    "lang_unsupported_features",
    "lang_viper_pointers",
    "lib_math_functions",
];

/// Run the language tests with the virtual machine of the smallest boards: without native code and the verifier, with
/// the algorithms that take the fewest bytes.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  cargo xtask small")]
pub(crate) struct Small {}

impl Small {
    pub(crate) fn run(self) -> Result<()> {
        let folder = target_dir()?.join("small");
        let mut build = cargo([
            "build",
            "--quiet",
            "--package",
            "ferlance-unix",
            "--no-default-features",
            "--features",
            "small",
            "--target-dir",
        ]);
        run(build.arg(&folder))?;
        let mut test = cargo(["test", "--quiet", "--package", "ferlance-tests"]);
        test.args(["--test", "lang", "--test", "behaviour", "--"]);
        test.args(MISSING.iter().flat_map(|name| ["--skip", name]));
        run(test.env("FERLANCE", folder.join("debug/ferlance")))
    }
}
