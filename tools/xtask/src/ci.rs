//! `ci`: what must hold before a change lands.

use anyhow::Result;
use clap::Args;

use crate::{
    cross_check::CrossCheck,
    native_kernels::NativeKernels,
    sizes::Sizes,
    small::Small,
    test,
    workspace::{cargo, run},
};

/// Format check, clippy, build, tests, cross-check, bytes of flash, loops of kernels: what must hold before a change lands.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  cargo xtask setup && cargo xtask ci
The last line is `N passed, N failed`.")]
pub(crate) struct Ci {}

impl Ci {
    pub(crate) fn run(self) -> Result<()> {
        // Each step runs whatever became of the ones before it: one run shows all there is to mend.
        let mut broken = Vec::new();
        let mut step = |name: &'static str, result: Result<()>| {
            if let Err(error) = result {
                println!("{name}: {error:#}");
                broken.push(name);
            }
        };
        step("format", run(&mut cargo(["fmt", "--all", "--check"])));
        let lint = [
            "clippy",
            "--quiet",
            "--workspace",
            "--all-targets",
            "--",
            "--deny",
            "warnings",
        ];
        step("clippy", run(&mut cargo(lint)));
        step(
            "build",
            run(&mut cargo(["build", "--quiet", "--workspace"])),
        );
        step(
            "cross-check",
            CrossCheck {
                targets: Vec::new(),
            }
            .run(),
        );
        step("sizes", Sizes::bar().run());
        step("kernels", NativeKernels::bars().run());
        step("small", Small {}.run());
        let (totals, ok) = test::count(&mut cargo(["test", "--workspace", "--no-fail-fast"]))?;
        if !ok {
            broken.push("tests");
        }
        if !broken.is_empty() {
            println!("broken: {}", broken.join(", "));
        }
        // Nothing may follow this line.
        println!("{} passed, {} failed", totals.passed, totals.failed);
        std::process::exit(i32::from(!broken.is_empty()))
    }
}
