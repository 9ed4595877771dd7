//! Making functions: defaults, decorators, lambdas.

use ferlance_abi::code_kind::CodeKind;
use ferlance_abi::qstr;
use ferlance_abi::qstr::Qstr;
use ferlance_abi::scope_flags::ScopeFlags;
use ferlance_bytecode::Op;
use ferlance_bytecode::op::CallArgs;
use ferlance_collections::OutOfMemory;

use super::call::Callee;
use super::{AsmDecorators, Lower, MACHINE, Walk};
use crate::ast::{Decorator, ExprId, FunctionDef, List, Param, ParamKind, Rec};
use crate::diag::Code as Message;
use crate::hir::annotation::{self, EmitDecorator};
use crate::hir::{Body, ScopeId, ScopeKind};
use crate::source::Pos;

impl Lower<'_> {
    pub(super) fn function_def(&mut self, function: Rec<FunctionDef>, pos: Pos) -> Walk {
        let def = self.ast.get(function);
        let (emit, calls) = self.decorators(def.decorators)?;
        let child = self.open_scope(
            ScopeKind::Function,
            Body::Function(function),
            def.name,
            emit,
        )?;
        if !self.emitting && def.is_async {
            self.scopes[child].flags |= ScopeFlags::GENERATOR;
        }
        self.defaults_and_function(child, def.params, pos)?;
        self.apply_decorators(calls)?;
        self.store_name(def.name)
    }

    pub(super) fn lambda(&mut self, id: ExprId, params: List<Param>, pos: Pos) -> Walk {
        let child =
            self.open_scope(ScopeKind::Lambda, Body::Lambda(id), qstr!("<lambda>"), None)?;
        self.defaults_and_function(child, params, pos)
    }

    /// Walk 1: appends a scope inside the current one, whose emitter it has if none is chosen. Walk 2: finds it again.
    pub(super) fn open_scope(
        &mut self,
        kind: ScopeKind,
        body: Body,
        name: Qstr,
        chosen: Option<CodeKind>,
    ) -> Walk<ScopeId> {
        if !self.emitting {
            let emit = chosen.unwrap_or(self.scopes[self.scope].emit);
            let child = self.scopes.add(kind, Some(self.scope), body, name, emit)?;
            self.scopes[child].is_chosen |= chosen.is_some();
            if kind == ScopeKind::GenExpr {
                self.scopes[child].flags |= ScopeFlags::GENERATOR;
            }
            return Ok(child);
        }
        let child = self.next_scope;
        self.next_scope = self.scopes.after(child).unwrap_or(child);
        Ok(child)
    }

    /// Evaluates the defaults of `params` and makes the function.
    fn defaults_and_function(&mut self, child: ScopeId, params: List<Param>, pos: Pos) -> Walk {
        let mut positional = 0_u32;
        let mut has_dict = false;
        let mut starred = false;
        for param in self.ast.items(params) {
            match (param.kind, param.default) {
                (ParamKind::Star, _) => starred = true,
                (ParamKind::DoubleStar, _) => {}
                (ParamKind::Plain, None) => {
                    if !starred && positional > 0 {
                        return self.refuse_param(Message::NonDefaultAfterDefault, &param);
                    }
                }
                (ParamKind::Plain, Some(default)) if !starred => {
                    self.expr(default)?;
                    positional += 1;
                }
                (ParamKind::Plain, Some(default)) => {
                    if !has_dict {
                        has_dict = true;
                        self.positional_defaults(positional)?;
                        self.op(Op::BuildMap(0))?;
                    }
                    self.expr(default)?;
                    self.load_str(param.name.unwrap_or(Qstr::EMPTY))?;
                    self.op(Op::StoreMap)?;
                }
            }
        }
        if positional > 0 && !has_dict {
            self.positional_defaults(positional)?;
            self.op(Op::LoadNull)?;
        }
        if !self.emitting {
            let child = &mut self.scopes[child];
            child.n_def_pos_args = u16::try_from(positional).map_err(|_| OutOfMemory)?;
            if has_dict {
                child.flags |= ScopeFlags::KW_DEFAULTS;
            }
        }
        self.make_function(child, positional > 0 || has_dict, pos)
    }

    fn positional_defaults(&mut self, count: u32) -> Walk {
        self.op(match count {
            0 => Op::LoadNull,
            count => Op::BuildTuple(count),
        })
    }

    /// Evaluates decorators; gives the emitter that they choose, if they do, and how many are to be called.
    pub(super) fn decorators(
        &mut self,
        decorators: List<Decorator>,
    ) -> Walk<(Option<CodeKind>, u32)> {
        let mut emit = None;
        let mut calls = 0;
        for decorator in self.ast.items(decorators) {
            match annotation::emit_decorator(self.ast.items(decorator.path)) {
                EmitDecorator::Ordinary => {
                    self.decorator(&decorator)?;
                    calls += 1;
                }
                EmitDecorator::Unknown => {
                    return self.refuse_lineless(Message::InvalidDecorator, decorator.pos);
                }
                EmitDecorator::Emit(kind) => {
                    let possible = match (kind, self.options.asm) {
                        (CodeKind::Bytecode, _) => true,
                        (CodeKind::Native | CodeKind::Viper, _) => MACHINE && self.options.native,
                        (CodeKind::Asm, AsmDecorators::Any) => MACHINE,
                        (CodeKind::Asm, AsmDecorators::InvalidArch) => false,
                        (CodeKind::Asm, AsmDecorators::Only(own)) => {
                            if self.ast.items(decorator.path).nth(1) != own {
                                return self
                                    .refuse_lineless(Message::InvalidDecorator, decorator.pos);
                            }
                            true
                        }
                    };
                    if !possible {
                        return self.refuse_lineless(Message::InvalidArch, decorator.pos);
                    }
                    emit = Some(kind);
                }
            }
        }
        Ok((emit, calls))
    }

    fn decorator(&mut self, decorator: &Decorator) -> Walk {
        let mut path = self.ast.items(decorator.path);
        if let Some(name) = path.next() {
            self.load_name(name)?;
        }
        for name in path {
            self.load_attr(name)?;
        }
        if let Some(args) = decorator.args {
            self.mark(decorator.paren)?;
            self.call(args, Callee::Function)?;
        }
        Ok(())
    }

    pub(super) fn apply_decorators(&mut self, calls: u32) -> Walk {
        for _ in 0..calls {
            self.op(Op::CallFunction(CallArgs::new(1, 0)))?;
        }
        Ok(())
    }
}
