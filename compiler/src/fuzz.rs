//! Bodies of the fuzz targets `compile` and `native`: any bytes are a source; what is made of it passes the verifier,
//! and no back end loses its way.

use ferlance_abi::CodeKind;
use ferlance_abi::arch::Arch;
use ferlance_abi::qstr::Pool;
use ferlance_bytecode::mpy::{Host, read, write};
use ferlance_bytecode::verify;

use crate::{Mode, Options, Target, compile, target};

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

/// Who machine code is for, and how it is made.
const NATIVE: [(Arch, target::Host, CodeKind); 12] = {
    use target::Host::{Ferlance, Stock};
    [
        (Arch::X64, Ferlance, CodeKind::Native),
        (Arch::X64, Ferlance, CodeKind::Viper),
        (Arch::X64, Stock, CodeKind::Native),
        (Arch::Armv6m, Stock, CodeKind::Native),
        (Arch::Armv6m, Stock, CodeKind::Viper),
        (Arch::Armv7emdp, Ferlance, CodeKind::Native),
        (Arch::Armv7emsp, Stock, CodeKind::Viper),
        (Arch::Rv32imc, Stock, CodeKind::Native),
        (Arch::Rv32imc, Ferlance, CodeKind::Viper),
        (Arch::Xtensa, Stock, CodeKind::Native),
        (Arch::Xtensawin, Ferlance, CodeKind::Native),
        (Arch::Xtensawin, Stock, CodeKind::Viper),
    ]
};

/// Sources are compiled to machine code or refused, for stock firmware and for our runtime. The verifiers of the
/// native IR and of register allocation, which builds with debug assertions run after each pass, find nothing; what is
/// made can be written and read.
///
/// The input's bytes choose one of the back ends: all of them would take seconds for an input.
pub fn machine_code(data: &[u8]) {
    let sum = data.iter().fold(0u32, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(u32::from(*byte))
    });
    let Some(&(arch, host, emit)) = NATIVE.get(sum as usize % NATIVE.len()) else {
        return;
    };
    let options = Options {
        emit,
        arch,
        target: Some(Target {
            host,
            small: host == target::Host::Stock && emit == CodeKind::Native,
            ..Target::stock(arch, 0)
        }),
        ..Options::default()
    };
    let mut pool = Pool::new();
    let Ok(module) = compile(data, &mut pool, &options) else {
        return;
    };
    let Ok(written) = write(&module, &pool) else {
        return;
    };
    if let Err(error) = verify(module) {
        panic!("{arch:?} {emit:?}: the module does not verify: {error}");
    }
    if core::str::from_utf8(data).is_err() {
        return; // As above.
    }
    let mut pool = Pool::new();
    match read(&written, &mut pool, &Host::TOOL) {
        Ok(module) => assert!(verify(module).is_ok(), "from a file it does not verify"),
        Err(error) => panic!("{arch:?} {emit:?}: the file is refused: {error:?}"),
    }
}
