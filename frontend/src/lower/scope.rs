//! Whole scopes: the order of the walks, parameters, bodies.

use ferlance_abi::code_kind::CodeKind;
use ferlance_abi::native_type::NativeType;
use ferlance_abi::qstr;
use ferlance_abi::qstr::Qstr;
use ferlance_abi::scope_flags::ScopeFlags;
use ferlance_bytecode::Op;
use ferlance_collections::{OutOfMemory, TryVec};

use super::{Lower, MACHINE, Walk};
use crate::ast::{self, ExprKind, List, Param, Root};
use crate::diag::Code as Message;
use crate::error::Arg;
use crate::hir::scope::ParamKind;
use crate::hir::{Body, NameKind, ScopeId, ScopeKind};
use crate::source::Pos;

impl Lower<'_> {
    /// Walk 1 over all scopes, then slots.
    pub(super) fn walk_all_scopes(&mut self) -> Walk {
        self.scopes.add(
            ScopeKind::Module,
            None,
            Body::Module,
            qstr!("<module>"),
            self.options.emit,
        )?;
        let mut next = Some(ScopeId::MODULE);
        while let Some(scope) = next {
            self.scope = scope;
            // The assembler reads its functions from the tree, and names nothing.
            if !MACHINE || self.scopes[scope].emit != CodeKind::Asm {
                self.names.index_of(self.scopes[scope].name)?;
                self.walk_scope()?;
                self.scopes.close(scope)?;
            }
            next = self.scopes.after(scope);
        }
        let mut next = Some(ScopeId::MODULE);
        while let Some(scope) = next {
            self.scopes.assign_slots(scope)?;
            next = self.scopes.after(scope);
        }
        self.emitting = true;
        self.next_scope = self
            .scopes
            .after(ScopeId::MODULE)
            .unwrap_or(ScopeId::MODULE);
        Ok(())
    }

    /// Walk 2 of one scope.
    pub(super) fn emit_scope(&mut self, id: ScopeId) -> Walk {
        self.scope = id;
        let pos = self.scope_pos(id);
        let line = self.ast.line(pos);
        let scope = &self.scopes[id];
        let code = &mut self.code;
        code.kind = scope.emit;
        code.trace.on = matches!(scope.emit, CodeKind::Native | CodeKind::Viper);
        code.name = scope.name;
        code.line = line;
        code.flags = scope.flags;
        code.n_pos_args = u32::from(scope.n_pos_args);
        code.n_kwonly_args = u32::from(scope.n_kwonly_args);
        code.n_def_pos_args = u32::from(scope.n_def_pos_args);
        code.n_free = u32::from(scope.n_free);
        code.n_locals = u32::from(scope.n_locals);
        let n_named = usize::from(scope.n_pos_args) + usize::from(scope.n_kwonly_args);
        code.param_names.resize(n_named, qstr!("*"))?;
        let mut far_cell = false;
        if code.trace.is_on() {
            code.local_names
                .resize(usize::from(scope.n_locals), Qstr::NONE)?;
        }
        for name in scope.names() {
            let has_slot = matches!(name.kind, NameKind::Local | NameKind::Cell | NameKind::Free);
            if has_slot && let Some(slot) = code.local_names.get_mut(usize::from(name.slot)) {
                *slot = name.qstr;
            }
            if name.param == ParamKind::Plain
                && !name.qstr.is_none()
                && let Some(slot) = code.param_names.get_mut(usize::from(name.slot))
            {
                *slot = name.qstr;
            }
            if name.kind == NameKind::Cell {
                match u8::try_from(name.slot) {
                    Ok(slot) => code.cells.push(slot)?,
                    Err(_) => far_cell = true,
                }
            }
        }
        if far_cell {
            return self.refuse(Message::BytecodeOverflow, pos);
        }
        if MACHINE && self.scopes[id].emit == CodeKind::Viper {
            self.annotate(id)?;
        }
        self.walk_scope()
    }

    /// The first token of a scope.
    pub(super) fn scope_pos(&self, scope: ScopeId) -> Pos {
        match self.scopes[scope].body {
            Body::Module => Pos(0),
            Body::Class(class) => self.ast.get(class).pos,
            Body::Function(function) => self.ast.get(function).pos,
            Body::Lambda(expr) => self.ast[expr].pos,
            Body::Comp(expr) => match self.ast[expr].kind {
                ExprKind::Comp { comp, .. } => self.ast.get(comp).scope_pos,
                _ => self.ast[expr].pos,
            },
        }
    }

    /// Either walk over the current scope.
    fn walk_scope(&mut self) -> Walk {
        self.current_loop = None;
        self.blocks = 0;
        self.nesting = 0;
        self.blocks_of_several = 0;
        self.at = self.scope_pos(self.scope);
        self.around = self.around_scope(self.scope);
        match self.scopes[self.scope].body {
            Body::Module => self.module_body(),
            Body::Class(class) => self.class_body(class),
            Body::Function(function) => {
                let def = self.ast.get(function);
                if MACHINE && self.scopes[self.scope].emit == CodeKind::Viper {
                    self.check_annotations(def.params, def.returns)?;
                }
                self.params(def.params)?;
                self.suite(def.body)?;
                self.load_none()?;
                self.op(Op::ReturnValue)
            }
            Body::Lambda(expr) => self.lambda_body(expr),
            Body::Comp(expr) => {
                let kind = self.scopes[self.scope].kind;
                if !self.emitting {
                    let scope = &mut self.scopes[self.scope];
                    let hidden = scope.add(Qstr::NONE, NameKind::Local)?;
                    scope.n_pos_args = 1;
                    if let Some(name) = scope.name_mut(hidden) {
                        name.param = ParamKind::Plain;
                    }
                }
                match self.ast[expr].kind {
                    ExprKind::Comp { comp, .. } => self.comprehension_body(kind, comp),
                    _ => Ok(()),
                }
            }
        }
    }

    fn module_body(&mut self) -> Walk {
        match self.ast.root() {
            Root::File(suite) => self.suite(suite)?,
            Root::Single(suite) => {
                self.prints = true;
                self.suite(suite)?;
            }
            Root::Eval(expr) => {
                self.expr(expr)?;
                return self.op(Op::ReturnValue);
            }
        }
        self.load_none()?;
        self.op(Op::ReturnValue)
    }

    fn lambda_body(&mut self, expr: ast::ExprId) -> Walk {
        let node = self.ast[expr];
        let ExprKind::Lambda { params, body } = node.kind else {
            return Ok(());
        };
        self.params(params)?;
        self.mark(node.pos)?;
        self.expr(body)?;
        if self.scopes[self.scope].flags.has(ScopeFlags::GENERATOR) {
            self.op(Op::PopTop)?;
            self.load_none()?;
        }
        self.op(Op::ReturnValue)
    }

    /// Walk 1: enters the parameters among the names.
    fn params(&mut self, params: List<Param>) -> Walk {
        if self.emitting {
            return Ok(());
        }
        let mut starred = false;
        let mut double_starred = false;
        for param in self.ast.items(params) {
            if double_starred || starred && param.kind == ast::ParamKind::Star {
                return self.refuse_param(Message::InvalidSyntax, &param);
            }
            let kind = match param.kind {
                ast::ParamKind::Plain => ParamKind::Plain,
                ast::ParamKind::Star => ParamKind::Star,
                ast::ParamKind::DoubleStar => ParamKind::DoubleStar,
            };
            let scope = &mut self.scopes[self.scope];
            match param.kind {
                ast::ParamKind::Plain => {
                    let count = match starred {
                        true => &mut scope.n_kwonly_args,
                        false => &mut scope.n_pos_args,
                    };
                    *count = count.checked_add(1).ok_or(OutOfMemory)?;
                }
                ast::ParamKind::Star => {
                    starred = true;
                    if param.name.is_some() {
                        scope.flags |= ScopeFlags::VAR_ARGS;
                    }
                }
                ast::ParamKind::DoubleStar => {
                    double_starred = true;
                    scope.flags |= ScopeFlags::VAR_KEYWORDS;
                }
            }
            let Some(name) = param.name else { continue };
            let (at, new) = scope.find_or_add(name, NameKind::Local)?;
            if !new {
                return self.refuse_param(Message::ArgNameReused, &param);
            }
            if let Some(name) = scope.name_mut(at) {
                name.param = kind;
            }
        }
        Ok(())
    }

    /// Viper: every annotation must be a type. Upstream reports the last one that is not.
    fn check_annotations(&mut self, params: List<Param>, returns: Option<ast::ExprId>) -> Walk {
        let mut checked = Ok(());
        let annotations = self.ast.items(params).map(|param| param.annotation);
        for annotation in annotations.chain([returns]) {
            match self.annotated_type(annotation) {
                Ok(_) => {}
                Err(stop) => checked = Err(stop),
            }
        }
        checked
    }

    /// Viper: notes the annotated types by slot. Walk 1 has checked them.
    fn annotate(&mut self, id: ScopeId) -> Walk {
        let Body::Function(function) = self.scopes[id].body else {
            return Ok(());
        };
        let def = self.ast.get(function);
        let mut types = TryVec::filled(NativeType::Object, self.code.param_names.len())?;
        for param in self.ast.items(def.params) {
            let Some(name) = param.name else { continue };
            let ty = self.annotated_type(param.annotation)?;
            let slot = self.scopes[id].get(name).map(|name| usize::from(name.slot));
            if let Some(slot) = slot.and_then(|slot| types.get_mut(slot)) {
                *slot = ty;
            }
        }
        self.code.param_types = types;
        if def.returns.is_some() {
            self.code.return_type = Some(self.annotated_type(def.returns)?);
        }
        Ok(())
    }

    fn annotated_type(&mut self, annotation: Option<ast::ExprId>) -> Walk<NativeType> {
        let Some(expr) = annotation else {
            return Ok(NativeType::Object);
        };
        let node = self.ast[expr];
        let ExprKind::Name(name) = node.kind else {
            return self.refuse(Message::AnnotationNotName, node.pos);
        };
        match NativeType::from_name(self.pool.text(name)) {
            Some(ty) if self.options.wide_types || !ty.is_wide() => Ok(ty),
            _ => self.refuse_with(Message::UnknownType, node.pos, Arg::Name(name)),
        }
    }
}
