//! Bytecode that runs often becomes machine code while its program runs.
//!
//! ```text
//! raw code ─▶ lift ─▶ Code ─▶ lower, optimise, emit ─▶ a module of one function
//! ```
//!
//! What the functions of a module have in common is there already: new constants are numbered behind its own.

use ferlance_abi::CodeKind;
use ferlance_abi::qstr::Pool;
use ferlance_bytecode::CompiledModule;
use ferlance_bytecode::lift::{label_at, lift};
use ferlance_bytecode::module::{Header, HotFunction};
use ferlance_bytecode::tables::{ConstTable, NameTable};
use ferlance_collections::{IndexVec, TryVec};
use ferlance_native_emitter::lower::{Hints, Midway, Tables};

use crate::native;
use crate::options::Options;

/// Compiles it: a module with the machine code alone and all constants. Nothing if there is no memory or no emitter for
/// it.
pub fn compile(
    function: HotFunction<'_>,
    pool: &Pool,
    options: &Options<'_>,
) -> Option<CompiledModule<'static>> {
    let HotFunction {
        raw,
        names,
        consts,
        n_locals,
        midway,
        seen,
    } = function;
    let mut code = lift(raw, names, n_locals, 0).ok()?;
    code.kind = CodeKind::Native;
    let midway = match midway {
        None => None,
        Some((offset, is_loose)) => Some(Midway {
            label: label_at(raw, names, offset).ok()??,
            is_loose,
        }),
    };
    let mut table = ConstTable::new();
    for object in consts {
        table.add_unshared(object).ok()?;
    }
    let mut names = NameTable::new(*names.first()?).ok()?;
    let mut tables = Tables {
        pool,
        names: &mut names,
        consts: &mut table,
    };
    options.tell_machine_code();
    let hints = Hints { midway, seen };
    let raw = native::again(&code, &mut tables, options, hints).ok()?;
    Some(CompiledModule {
        header: Header {
            arch: options.arch,
            arch_flags: options.arch_flags,
            small_int_bits: options.small_int_bits,
        },
        names: names.into_names(),
        consts: table.into_consts(),
        codes: IndexVec::from_items(TryVec::from_items([raw]).ok()?),
        linked: TryVec::new(),
        hot: TryVec::new(),
    })
}
