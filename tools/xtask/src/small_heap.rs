//! `small-heap`: the smallest `-X heapsize` that runs a script, found by bisection.

use anyhow::{Result, bail};
use clap::Args;

use crate::{
    measure::{self, with},
    peers::{self, path_text},
    stock, workspace,
};

/// Find the smallest heap that runs a script.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  cargo xtask small-heap")]
pub(crate) struct SmallHeap {
    /// Cargo profile of ferlance.
    #[arg(long, default_value = "release")]
    profile: String,
}

impl SmallHeap {
    pub(crate) fn run(self) -> Result<()> {
        let ferlance = peers::ferlance(&self.profile)?;
        println!("{:<10}{:>12}{:>12}", "script", "bytes", "stock unix");
        for (script, stock) in stock::SMALLEST_HEAP {
            let path = path_text(workspace::root().join(format!("benches/small_heap/{script}.py")));
            let wanted = measure::run(&with(&ferlance.command, [path.as_str()]), 60)?;
            if !wanted.ok {
                bail!("{path}: {}", wanted.last_line());
            }
            let runs_in = |bytes: u64| -> Result<bool> {
                let option = format!("heapsize={bytes}");
                let run = measure::run(&with(&ferlance.command, ["-X", &option, &path]), 60)?;
                Ok(run.ok && run.text == wanted.text)
            };
            // Invariant: it does not run in `low`, it runs in `high`.
            let (mut low, mut high) = (0u64, 1u64 << 21);
            while high - low > 32 {
                let middle = low.midpoint(high) & !31;
                if runs_in(middle)? {
                    high = middle
                } else {
                    low = middle
                }
            }
            println!("{script:<10}{high:>12}{stock:>12}");
        }
        Ok(())
    }
}
