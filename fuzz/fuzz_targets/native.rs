//! Any bytes as a source of machine code: each back end compiles or refuses it; on x86-64 it runs, too.
#![no_main]

#[path = "../../ports/unix/src/exec.rs"]
#[cfg(all(target_arch = "x86_64", unix))]
mod exec;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if data.len() > 4096 {
        return;
    }
    ferlance_compiler::fuzz::machine_code(data);
    #[cfg(all(target_arch = "x86_64", unix))]
    ferlance_port::fuzz::runs_as_machine_code(data, || Box::new(exec::Exec::new()));
});
