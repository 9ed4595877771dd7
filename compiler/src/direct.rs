//! Which functions of a module call each other directly.
//!
//! A name means one viper function if the body of the module binds it once, by the `def` of that function, and nothing
//! in the source binds it again or deletes it. That is known when all scopes are lowered, so viper functions wait
//! until then; see `ferlance_viper::direct`.

use ferlance_abi::code_kind::CodeKind;
use ferlance_abi::qstr::Qstr;
use ferlance_abi::{NativeType, ScopeFlags};
use ferlance_bytecode::module::CodeId;
use ferlance_bytecode::{Code, Op};
use ferlance_collections::{OutOfMemory, TryVec};
use ferlance_frontend::hir::ScopeId;
use ferlance_viper::{Dialect, Signature};

use crate::options::Options;

/// What is known of the functions of a module.
#[derive(Debug, Default)]
pub(crate) struct Module {
    /// Names that the body binds by `def`, with the scopes.
    defined: TryVec<(Qstr, CodeId)>,
    /// Names that are bound by other means, or deleted.
    rebound: TryVec<Qstr>,
    /// A star import may bind anything.
    anything: bool,
    /// Viper functions to be compiled when all is known.
    pub waiting: TryVec<(ScopeId, Code)>,
    /// Those that are called directly; by name.
    pub signatures: TryVec<Signature>,
}

impl Module {
    /// Notes what a scope does to the names of the module.
    pub(crate) fn look(&mut self, scope: ScopeId, code: &Code) -> Result<(), OutOfMemory> {
        let is_body = scope == ScopeId::MODULE;
        let mut before = None;
        for op in code.ops() {
            match *op {
                Op::StoreName(name) if is_body => {
                    let child = match before {
                        Some(Op::MakeFunction(child)) => code.children.get(child.0 as usize),
                        _ => None,
                    };
                    let known = self.defined.iter().any(|(known, _)| *known == name);
                    match child {
                        Some(child) if !known => self.defined.push((name, *child))?,
                        _ => self.rebound.push(name)?,
                    }
                }
                Op::DeleteName(name) if is_body => self.rebound.push(name)?,
                Op::StoreGlobal(name) | Op::DeleteGlobal(name) => self.rebound.push(name)?,
                Op::ImportStar => self.anything = true,
                _ => {}
            }
            if !matches!(op, Op::Line(_)) {
                before = Some(*op);
            }
        }
        Ok(())
    }

    /// Does a scope wait until all are lowered?
    pub(crate) fn defers(&self, code: &Code, options: &Options<'_>) -> bool {
        code.kind == CodeKind::Viper
            && options.target.is_some_and(|target| !target.small)
            && options.viper == Dialect::Full
            && !self.defined.is_empty()
    }

    /// Finds out who may be called directly, now that all scopes have been looked at.
    pub(crate) fn resolve(&mut self) -> Result<(), OutOfMemory> {
        if self.anything {
            return Ok(());
        }
        for (name, child) in &self.defined {
            if self.rebound.contains(name) {
                continue;
            }
            let Some(code) = self.code(child.0) else {
                continue;
            };
            if code.n_free > 0 || code.n_kwonly_args > 0 || code.flags != ScopeFlags::default() {
                continue;
            }
            let mut params = TryVec::from_slice(&code.param_types)?;
            params.resize(code.n_pos_args as usize, NativeType::Object)?;
            let calls = code.ops().iter().any(|op| match op {
                Op::LoadGlobal(name) => self.defined.iter().any(|(known, _)| known == name),
                _ => false,
            });
            self.signatures.push(Signature {
                name: *name,
                callee: child.0,
                params,
                result: code.return_type.unwrap_or(NativeType::Object),
                calls,
            })?;
        }
        Ok(())
    }

    /// The code of a viper function that waits.
    pub(crate) fn code(&self, callee: u32) -> Option<&Code> {
        let mut waiting = self.waiting.iter();
        waiting
            .find(|(scope, _)| scope.0 == callee)
            .map(|(_, code)| code)
    }

    /// The signature of a function that may be called directly.
    pub(crate) fn signature(&self, callee: u32) -> Option<&Signature> {
        self.signatures.iter().find(|known| known.callee == callee)
    }
}
