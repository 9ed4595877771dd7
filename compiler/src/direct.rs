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
use ferlance_collections::{BitSet, OutOfMemory, TryVec};
use ferlance_frontend::hir::ScopeId;
use ferlance_viper::{Default, Dialect, Signature};

use crate::options::Options;

/// What is known of the functions of a module.
#[derive(Debug, core::default::Default)]
pub(crate) struct Module {
    /// Names that the body binds by `def`.
    defined: TryVec<Defined>,
    /// Names that are bound by other means, or deleted.
    rebound: TryVec<Qstr>,
    /// Defaults that the source tells, by function.
    defaults: TryVec<(CodeId, TryVec<Default>)>,
    /// A star import may bind anything.
    anything: bool,
    /// Viper functions to be compiled when all is known.
    pub waiting: TryVec<(ScopeId, Code)>,
    /// Those that are called directly; by name.
    pub signatures: TryVec<Signature>,
}

/// A name that the body binds by `def`.
#[derive(Debug, Clone, Copy)]
struct Defined {
    name: Qstr,
    child: CodeId,
    has_defaults: bool,
}

impl Module {
    /// Notes what a scope does to the names of the module.
    pub(crate) fn look(&mut self, scope: ScopeId, code: &Code) -> Result<(), OutOfMemory> {
        let is_body = scope == ScopeId::MODULE;
        let mut before = None;
        for (at, op) in code.ops().iter().enumerate() {
            match *op {
                Op::StoreName(name) if is_body => {
                    let (child, has_defaults) = match before {
                        Some(Op::MakeFunction(child)) => (Some(child), false),
                        Some(Op::MakeFunctionDefargs(child)) => (Some(child), true),
                        _ => (None, false),
                    };
                    let child = child.and_then(|child| code.children.get(child.0 as usize));
                    match child {
                        Some(child) if !self.defines(name) => self.defined.push(Defined {
                            name,
                            child: *child,
                            has_defaults,
                        })?,
                        _ => self.rebound.push(name)?,
                    }
                }
                Op::DeleteName(name) if is_body => self.rebound.push(name)?,
                Op::StoreGlobal(name) | Op::DeleteGlobal(name) => self.rebound.push(name)?,
                Op::MakeFunctionDefargs(child) | Op::MakeClosureDefargs(child, _) => {
                    let child = code.children.get(child.0 as usize);
                    if let (Some(child), Some(known)) = (child, defaults(code, at)?) {
                        self.defaults.push((*child, known))?;
                    }
                }
                Op::ImportStar => self.anything = true,
                _ => {}
            }
            if !matches!(op, Op::Line(_)) {
                before = Some(*op);
            }
        }
        Ok(())
    }

    fn defines(&self, name: Qstr) -> bool {
        self.defined.iter().any(|known| known.name == name)
    }

    /// Does a scope wait until all are lowered?
    pub(crate) fn defers(&self, code: &Code, options: &Options<'_>) -> bool {
        code.kind == CodeKind::Viper
            && options.target.is_some()
            && options.viper == Dialect::Full
            && !self.defined.is_empty()
    }

    /// Finds out who may be called directly, now that all scopes have been looked at.
    pub(crate) fn resolve(&mut self) -> Result<(), OutOfMemory> {
        if self.anything {
            return Ok(());
        }
        for known in &self.defined {
            let (name, child) = (known.name, known.child);
            if self.rebound.contains(&name) {
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
            self.signatures.push(Signature {
                name,
                callee: child.0,
                params,
                has_defaults: known.has_defaults,
                result: code.return_type.unwrap_or(NativeType::Object),
                recursive: false,
            })?;
        }
        self.find_rings()
    }

    /// Finds out which functions may come back to themselves by direct calls, and those between two such.
    fn find_rings(&mut self) -> Result<(), OutOfMemory> {
        let mut calls = TryVec::new();
        for (from, signature) in self.signatures.iter().enumerate() {
            let ops = self.code(signature.callee).map_or(&[][..], Code::ops);
            for op in ops {
                if let Op::LoadGlobal(name) = op {
                    let mut known = self.signatures.iter();
                    if let Some(to) = known.position(|known| known.name == *name) {
                        calls.push((from, to))?;
                    }
                }
            }
        }
        // Who is called by nobody, or calls nobody, is in no ring; and so on with those that are left.
        loop {
            let (mut callers, mut callees) = (BitSet::new(), BitSet::new());
            for (from, to) in &calls {
                callers.insert(*from)?;
                callees.insert(*to)?;
            }
            let before = calls.len();
            calls.retain(|(from, to)| callees.contains(*from) && callers.contains(*to));
            if calls.len() == before {
                break;
            }
        }
        for (from, _) in &calls {
            if let Some(signature) = self.signatures.get_mut(*from) {
                signature.recursive = true;
            }
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

    /// The defaults of a function, if the source tells all of them.
    pub(crate) fn defaults(&self, callee: u32) -> &[Default] {
        let mut known = self.defaults.iter();
        known
            .find(|(child, _)| child.0 == callee)
            .map_or(&[], |(_, defaults)| defaults)
    }

    /// The signature of a function that may be called directly.
    pub(crate) fn signature(&self, callee: u32) -> Option<&Signature> {
        self.signatures.iter().find(|known| known.callee == callee)
    }
}

/// The defaults that the op at `at` gives to a function, if all of them are constants:
/// loads, a tuple of them, null, the op.
fn defaults(code: &Code, at: usize) -> Result<Option<TryVec<Default>>, OutOfMemory> {
    let ops = code.ops();
    let mut before = ops.get(..at).unwrap_or(&[]).iter().rev();
    let mut before = before.by_ref().filter(|op| !matches!(op, Op::Line(_)));
    let (Some(Op::LoadNull), Some(Op::BuildTuple(count))) = (before.next(), before.next()) else {
        return Ok(None);
    };
    let mut found = TryVec::new();
    for _ in 0..*count {
        found.push(match before.next() {
            Some(Op::LoadConstSmallInt(value)) => Default::Int(code.int_value(*value)),
            Some(Op::LoadConstNone) => Default::None,
            Some(Op::LoadConstFalse) => Default::Bool(false),
            Some(Op::LoadConstTrue) => Default::Bool(true),
            Some(Op::LoadConstString(name)) => Default::Name(*name),
            Some(Op::LoadConstObj(object)) => Default::Obj(*object),
            _ => return Ok(None),
        })?;
    }
    found.reverse();
    Ok(Some(found))
}
