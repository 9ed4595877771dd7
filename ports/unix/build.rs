//! How the program is linked.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=startup.ld");
    let target = |name: &str| env::var(format!("CARGO_CFG_TARGET_{name}")).unwrap_or_default();
    if target("OS") == "linux" && target("ENV") == "gnu" {
        // At a fixed address nothing has to be relocated at each start, and no page of tables is our own copy.
        println!("cargo::rustc-link-arg-bins=-no-pie");
        let is_release = env::var("PROFILE").is_ok_and(|profile| profile == "release");
        // Not every linker that somebody may have chosen reads such scripts.
        let flags = env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
        if is_release && !flags.contains("link") {
            let folder = env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
            println!("cargo::rustc-link-arg-bins=-Wl,-T,{folder}/startup.ld");
        }
    }
}
