//! Body of the fuzz target `compile`: any bytes are a source; what is made of it passes the verifier.

use ferlance_abi::arch::Arch;
use ferlance_abi::qstr::Pool;
use ferlance_bytecode::mpy::{Host, read, write};
use ferlance_bytecode::verify;

use crate::{Mode, Options, compile};

/// Sources are compiled or refused; a compiled module verifies, and survives the way through a file.
pub fn compiles(data: &[u8]) {
    for (mode, optimise, arch) in [
        (Mode::File, 0, Arch::None),
        (Mode::File, 3, Arch::Armv7emdp),
        (Mode::File, 3, Arch::Rv32imc),
        (Mode::File, 3, Arch::Xtensawin),
        (Mode::Eval, 0, Arch::None),
        (Mode::Single, 0, Arch::Armv6),
    ] {
        let options = Options {
            mode,
            optimise,
            arch,
            ..Options::default()
        };
        let mut pool = Pool::new();
        let Ok(module) = compile(data, &mut pool, &options) else {
            continue;
        };
        let Ok(written) = write(&module, &pool) else {
            continue;
        };
        if let Err(error) = verify(module) {
            panic!("the compiler's module does not verify: {error}");
        }
        if core::str::from_utf8(data).is_err() {
            continue; // Names are taken as they are, as upstream does; the reader refuses such names.
        }
        let mut pool = Pool::new();
        match read(&written, &mut pool, &Host::TOOL) {
            Ok(module) => assert!(verify(module).is_ok(), "from a file it does not verify"),
            Err(error) => panic!("the compiler's file is refused: {error:?}"),
        }
    }
}
