//! Bodies of the fuzz targets `mpy_read` and `verify`: any bytes are a file; it is read or refused, never a panic.

use ferlance_abi::Arch;
use ferlance_abi::qstr::Pool;

use crate::mpy::{Host, read, write};
use crate::verify::verify;

/// What is read can be written, and what was written is read to the same bytes again.
pub fn mpy_read(data: &[u8]) {
    for host in [
        Host::TOOL,
        Host::running(Arch::None),
        Host::running(Arch::X64),
    ] {
        let mut pool = Pool::new();
        let Ok(module) = read(data, &mut pool, &host) else {
            continue;
        };
        let Ok(written) = write(&module, &pool) else {
            continue;
        };
        let mut pool = Pool::new();
        let again = read(&written, &mut pool, &Host::TOOL).map(|module| write(&module, &pool));
        match again {
            Ok(Ok(again)) => assert!(again[..] == written[..], "written otherwise"),
            other => panic!("what was written is refused: {:?}", other.err()),
        }
    }
}

/// The verifier answers for whatever the reader lets through.
pub fn verifier(data: &[u8]) {
    let mut pool = Pool::new();
    if let Ok(module) = read(data, &mut pool, &Host::TOOL) {
        let _ = verify(module);
    }
}
