//! Any bytes as a source: a module that verifies, or an error.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| ferlance_compiler::fuzz::compiles(data));
