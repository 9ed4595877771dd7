//! Bytecode that runs often becomes machine code while its program runs.
//!
//! ```text
//! raw code ─▶ lift ─▶ Code ─▶ lower, optimise, emit ─▶ a module of one function
//! ```
//!
//! What the functions of a module have in common is there already: new constants are numbered behind its own.

use ferlance_abi::CodeKind;
use ferlance_abi::qstr::{Pool, Qstr};
use ferlance_bytecode::CompiledModule;
use ferlance_bytecode::lift::{label_at, lift};
use ferlance_bytecode::module::{Const, Header, RawCode};
use ferlance_bytecode::tables::{ConstTable, NameTable};
use ferlance_collections::{IndexVec, TryVec};
use ferlance_native_emitter::lower::{Midway, Tables};

use crate::native;
use crate::options::Options;

/// A function of bytecode that is to be machine code.
pub struct Function<'a> {
    /// Its raw code.
    pub raw: &'a RawCode<'a>,
    /// The qstr table of its module.
    pub names: &'a [Qstr],
    /// The object table of its module; only of floats does it matter which they are.
    pub consts: TryVec<Const<'static>>,
    /// Its local slots.
    pub n_locals: u32,
    /// Where the loop begins at which it is to have a second way in, for a frame of bytecode that has come there: a loop
    /// in no block. And whether any frame is good enough for it.
    pub midway: Option<(u32, bool)>,
}

/// Compiles it: a module with the machine code alone and all constants. Nothing if there is no memory or no emitter for it.
pub fn compile(
    function: Function<'_>,
    pool: &Pool,
    options: &Options<'_>,
) -> Option<CompiledModule<'static>> {
    let Function {
        raw,
        names,
        consts,
        n_locals,
        midway,
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
    let raw = native::again(&code, &mut tables, options, midway).ok()?;
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
