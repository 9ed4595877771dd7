//! Reads, verifies and writes back `.mpy` files; prints what it cost.
//!
//!     cargo run --profile fast -p ferlance-bytecode --example verify_files -- FILE...
use std::time::{Duration, Instant};

use ferlance_abi::qstr::Pool;
use ferlance_bytecode::mpy::{self, Host};
use ferlance_bytecode::verify;

fn main() {
    let (mut files, mut bytes, mut refused) = (0, 0, 0);
    let (mut reading, mut verifying, mut writing) =
        (Duration::ZERO, Duration::ZERO, Duration::ZERO);
    for path in std::env::args().skip(1) {
        let Ok(data) = std::fs::read(&path) else {
            println!("{path}: cannot be read");
            continue;
        };
        let mut pool = Pool::new();
        let start = Instant::now();
        let module = match mpy::read(&data, &mut pool, &Host::TOOL) {
            Ok(module) => module,
            Err(error) => {
                println!("{path}: {error}");
                refused += 1;
                continue;
            }
        };
        reading += start.elapsed();
        let start = Instant::now();
        let verified = match verify(module) {
            Ok(verified) => verified,
            Err(error) => {
                println!("{path}: {error}");
                refused += 1;
                continue;
            }
        };
        verifying += start.elapsed();
        let start = Instant::now();
        let written = mpy::write(verified.module(), &pool);
        writing += start.elapsed();
        if !written.is_ok_and(|written| written[..] == data[..]) {
            println!("{path}: written back differently");
        }
        files += 1;
        bytes += data.len();
    }
    let rate = |time: Duration| bytes as f64 / 1e6 / time.as_secs_f64().max(1e-9);
    println!("{files} files, {bytes} bytes, {refused} refused");
    println!("read {reading:?} ({:.0} MB/s)", rate(reading));
    println!("verify {verifying:?} ({:.0} MB/s)", rate(verifying));
    println!("write {writing:?} ({:.0} MB/s)", rate(writing));
}
