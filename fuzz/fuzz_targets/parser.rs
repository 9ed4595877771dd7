//! Any bytes as a source: a tree or an error.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| ferlance_frontend::fuzz::parser(data));
