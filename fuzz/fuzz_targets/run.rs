//! Any bytes as a program: it ends, or raises.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| ferlance_port::fuzz::runs(data));
