//! Any bytes as a `.mpy` file: verified or refused.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| ferlance_bytecode::fuzz::verifier(data));
