//! Reads, verifies, assembles again and writes back `.mpy` files; prints what it cost.
//!
//!     cargo run --profile fast -p ferlance-bytecode --example verify_files -- FILE...
use std::time::{Duration, Instant};

use ferlance_abi::qstr::Pool;
use ferlance_bytecode::lift::lift;
use ferlance_bytecode::mpy::{self, Host};
use ferlance_bytecode::{Assembler, NameTable, RawKind, Verified, verify};

fn main() {
    let (mut files, mut bytes, mut refused) = (0, 0, 0);
    let (mut assembling, mut code_bytes) = (Duration::ZERO, 0);
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
        if let Err(function) = assemble_again(&verified, &mut assembling, &mut code_bytes) {
            println!("{path}: function {function} assembled differently");
        }
        files += 1;
        bytes += data.len();
    }
    println!(
        "assemble {assembling:?} ({:.0} MB/s of code)",
        code_bytes as f64 / 1e6 / assembling.as_secs_f64().max(1e-9)
    );
    let rate = |time: Duration| bytes as f64 / 1e6 / time.as_secs_f64().max(1e-9);
    println!("{files} files, {bytes} bytes, {refused} refused");
    println!("read {reading:?} ({:.0} MB/s)", rate(reading));
    println!("verify {verifying:?} ({:.0} MB/s)", rate(verifying));
    println!("write {writing:?} ({:.0} MB/s)", rate(writing));
}

/// Lifts and assembles each function; gives the number of one that came out with other bytes.
fn assemble_again(
    verified: &Verified<'_>,
    time: &mut Duration,
    code_bytes: &mut usize,
) -> Result<(), u32> {
    let module = verified.module();
    let mut names = NameTable::default();
    for name in &module.names {
        names.index_of(*name).map_err(|_| 0u32)?;
    }
    let mut assembler = Assembler::new();
    for (id, raw) in module.codes.iter_enumerated() {
        if raw.kind != RawKind::Bytecode {
            continue;
        }
        let info = verified.info(id);
        let code = lift(raw, &module.names, info.n_locals, info.n_free).map_err(|_| id.0)?;
        let start = Instant::now();
        let bytes = assembler.assemble(&code, &mut names, true);
        *time += start.elapsed();
        *code_bytes += raw.bytes.len();
        if !bytes.is_ok_and(|bytes| bytes[..] == raw.bytes[..]) {
            return Err(id.0);
        }
    }
    Ok(())
}
