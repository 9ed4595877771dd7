//! Any bytes as a `.mpy` file: what is read can be written and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| ferlance_bytecode::fuzz::mpy_read(data));
