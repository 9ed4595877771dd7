//! Ties the front end to the emitters: source in, compiled module out.
//!
//! ```text
//! source ─▶ parse ─▶ Ast ─▶ resolve ─▶ per scope: lower ─▶ Code ─▶ assemble ─▶ RawCode ─▶ CompiledModule
//!                              inline assembler: assemble of the architecture ─┘
//! ```
//!
//! [`compile`] holds no state between calls and may be called while another compilation's result runs. The same
//! function serves `mpy-cross` and, through a hook, the runtime's `exec`, `eval`, `compile` and `import`.
#![no_std]
#![forbid(unsafe_code)]
extern crate alloc;

#[cfg(feature = "native")]
mod direct;
#[cfg(feature = "native")]
pub mod explain;
#[cfg(feature = "native")]
mod function_data;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzz;
#[cfg(feature = "native")]
pub mod hot;
mod inline_asm;
#[cfg(feature = "native")]
mod native;
mod options;
mod report;
mod scope_driver;
#[cfg(test)]
mod tests;
#[cfg(feature = "native")]
mod typing;
#[cfg(feature = "native")]
pub mod workers;

pub use ferlance_asm::inline::Dialect;
pub use ferlance_frontend::StackLimit;
pub use ferlance_frontend::parser::Mode;
#[cfg(feature = "native")]
pub use ferlance_native_emitter::target::{self, Target};
#[cfg(feature = "native")]
pub use ferlance_viper::Dialect as ViperDialect;
pub use options::Options;
pub use report::write_report;

use ferlance_abi::qstr::Pool;
use ferlance_bytecode::CompiledModule;
use ferlance_frontend::Diag;
use ferlance_frontend::parser::parse;

/// Compiles `source`. New names go to `pool`, also if it is refused.
pub fn compile(
    source: &[u8],
    pool: &mut Pool,
    options: &Options<'_>,
) -> Result<CompiledModule<'static>, Diag> {
    compile_noting(source, pool, options, None)
}

/// The same, noting what machine code is like.
fn compile_noting(
    source: &[u8],
    pool: &mut Pool,
    options: &Options<'_>,
    notes: Option<&mut scope_driver::Notes>,
) -> Result<CompiledModule<'static>, Diag> {
    pool.intern(options.input_name)?;
    let source_name = pool.intern(options.source_name)?;
    let ast = parse(source, pool, &options.parse_options())?;
    scope_driver::compile_tree(&ast, pool, source_name, options, notes)
}
