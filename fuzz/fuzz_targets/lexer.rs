//! Any bytes as a source: tokens or an error.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| ferlance_frontend::fuzz::lexer(data));
