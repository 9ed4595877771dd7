//! The bytecode machine as data: ops, code, bytes, modules.
//!
//! [`op`] is the table that everything else is made from. Producers build a [`Code`] per scope, an [`Assembler`]
//! turns it into bytes, and a [`CompiledModule`] collects the bytes.
#![no_std]
#![forbid(unsafe_code)]

#[cfg(test)]
extern crate alloc;

pub mod assemble;
pub mod bytes;
pub mod code;
pub mod decode;
pub mod disasm;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzz;
pub mod lift;
pub mod line_info;
pub mod machine_lines;
pub mod module;
pub mod mpy;
pub mod op;
pub mod prelude;
pub mod stream;
pub mod tables;
pub mod text;
pub mod trace;
pub mod varint;
pub mod verify;

pub use assemble::{AssembleError, Assembler};
pub use bytes::Bytes;
pub use code::Code;
pub use module::{CodeId, CompiledModule, Const, RawCode, RawKind};
pub use op::{Child, ConstId, Label, Local, Op};
pub use prelude::Prelude;
pub use tables::{ConstTable, NameTable};
pub use verify::{CodeInfo, Verified, VerifyError, verify};

#[cfg(test)]
mod tests {
    use ferlance_abi::qstr::Pool;
    use ferlance_collections::oom::failing::sweep;

    use crate::assemble::{AssembleError, Assembler};
    use crate::lift::{LiftError, lift};
    use crate::mpy::{Host, MpyError, read, write};
    use crate::tables::NameTable;
    use crate::verify::{CodeInfo, Problem, verify};

    /// A function with a loop, a finally block and a few constants.
    const FILE: &[u8] = include_bytes!("../../tests/vectors/mpy/try_finally.mpy");

    #[derive(Debug)]
    struct NoMemory;

    #[test]
    fn every_allocation_may_fail() {
        let failures = sweep(|| {
            let mut pool = Pool::new();
            let module = read(FILE, &mut pool, &Host::TOOL).map_err(|error| match error {
                MpyError::OutOfMemory => NoMemory,
                error => panic!("{error}"),
            })?;
            write(&module, &pool).map_err(|_| NoMemory)?;
            let verified = verify(module).map_err(|error| match error.problem {
                Problem::OutOfMemory => NoMemory,
                problem => panic!("{problem:?}"),
            })?;
            let module = verified.module();
            let mut names = NameTable::default();
            let mut assembler = Assembler::new();
            for (id, raw) in module.codes.iter_enumerated() {
                let CodeInfo {
                    n_locals, n_free, ..
                } = verified.info(id);
                let code =
                    lift(raw, &module.names, n_locals, n_free).map_err(|error| match error {
                        LiftError::OutOfMemory => NoMemory,
                        error => panic!("{error:?}"),
                    })?;
                assembler
                    .assemble(&code, &mut names, true)
                    .map_err(|error| match error {
                        AssembleError::OutOfMemory => NoMemory,
                        error => panic!("{error:?}"),
                    })?;
            }
            Ok::<(), NoMemory>(())
        });
        assert!(failures > 100, "{failures}");
    }
}
