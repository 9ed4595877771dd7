//! Machine code: from the code of a scope to a raw code.

use ferlance_abi::qstr::Qstr;
use ferlance_bytecode::Code;
use ferlance_collections::OutOfMemory;
use ferlance_frontend::Diag;
use ferlance_frontend::diag::Code as Message;
use ferlance_frontend::hir::ScopeId;
use ferlance_frontend::lower::Lower;
use ferlance_native_emitter::nir::Func;
use ferlance_viper::error::Stop;

use crate::options::Options;
use crate::typing;

/// Lowers a viper function.
pub(crate) fn viper(
    lower: &mut Lower<'_>,
    scope: ScopeId,
    code: &Code,
    options: &Options<'_>,
) -> Result<Func, Diag> {
    let Some(target) = &options.target else {
        return Err(lower.scope_error(scope, Message::NoNativeEmitter));
    };
    let types = typing::infer(lower, scope, code, options)?;
    let (pool, _, consts) = lower.pool_and_tables();
    let env = ferlance_viper::Env {
        target,
        name: &|name: Qstr| pool.text(name),
        consts,
    };
    let lowered = ferlance_viper::lower(code, &types, env);
    let func = lowered.map_err(|stop| match stop {
        Stop::OutOfMemory => Diag::from(OutOfMemory),
        Stop::Refused(error) => typing::refusal(lower, scope, code, &error, options),
    })?;
    debug_assert!(
        ferlance_native_emitter::nir::verify(&func, target.word()).is_ok(),
        "{:?}",
        ferlance_native_emitter::nir::verify(&func, target.word())
    );
    Ok(func)
}
