//! `asan`: the suite under AddressSanitizer.

use anyhow::Result;
use clap::Args;

use crate::{
    peers::path_text,
    workspace::{cargo, run, target_dir},
};

/// Run the suite under AddressSanitizer.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  cargo xtask asan
The unit tests of the crates with unsafe code, then whole programs under an instrumented ferlance.")]
pub(crate) struct Asan {
    /// Packages whose unit tests run.
    #[arg(long, default_values_t = ["ferlance-vm".to_owned(), "ferlance-bytecode".to_owned()])]
    package: Vec<String>,
}

/// Needed even on the host, so that build scripts and macros stay as they are.
const TARGET: &str = "x86_64-unknown-linux-gnu";

/// Tells the collector that the sanitizer watches.
pub(crate) const CFG: &str = "--cfg=ferlance_asan";

/// What lives to the end of the process is not a leak that hurts. Variables stay on the machine stack, where the
/// collector looks for them. What is too large is refused, not the end.
pub(crate) const OPTIONS: &str =
    "detect_leaks=0:detect_stack_use_after_return=0:allocator_may_return_null=1";

impl Asan {
    pub(crate) fn run(self) -> Result<()> {
        let folder = target_dir()?.join("asan");
        let instrumented = |arguments: &[&str]| {
            let mut command = cargo(arguments.iter().copied());
            command
                .args(["--target", TARGET, "--target-dir"])
                .arg(&folder)
                .env("RUSTC_BOOTSTRAP", "1")
                .env("RUSTFLAGS", format!("-Zsanitizer=address {CFG}"))
                .env("ASAN_OPTIONS", OPTIONS);
            command
        };
        for package in &self.package {
            run(&mut instrumented(&["test", "--package", package]))?;
        }
        run(&mut instrumented(&[
            "build",
            "--quiet",
            "--package",
            "ferlance-unix",
        ]))?;
        let ferlance = folder.join(TARGET).join("debug/ferlance");
        let mut suite = cargo(["test", "--package", "ferlance-tests", "--no-fail-fast"]);
        suite.args([
            "--test",
            "behaviour",
            "--test",
            "lang",
            "--test",
            "crash",
            "--test",
            "native",
            "--test",
            "emitters",
        ]);
        run(suite
            // The address space cannot be limited, as the sanitizer takes most of it.
            .env(
                "FERLANCE",
                format!("{} -X heapsize=64M", path_text(ferlance)),
            )
            .env("ASAN_OPTIONS", OPTIONS))
    }
}
