//! Blocks and simple statements.

use ferlance_abi::qstr;
use ferlance_abi::qstr::Qstr;
use ferlance_bytecode::Op;
use ferlance_bytecode::op::CallArgs;

use super::refusal::Around;
use super::{Lower, Walk};
use crate::ast::{ExprId, ExprKind, IfArm, IfElse, List, StmtId, StmtKind, Suite};
use crate::diag::Code as Message;
use crate::hir::ScopeKind;
use crate::hir::resolve::Refusal;
use crate::source::Pos;

impl Lower<'_> {
    /// A block of statements.
    pub(super) fn suite(&mut self, suite: Suite) -> Walk {
        let outer = self.around;
        let several = self.ast.items(suite).len() > 1;
        if !several {
            for stmt in self.ast.items(suite) {
                self.stmt(stmt)?;
            }
            return Ok(());
        }
        self.blocks_of_several += 1;
        let depth = self.blocks_of_several;
        for stmt in self.ast.items(suite) {
            self.around = Around::Stmt(stmt);
            self.stmt(stmt)?;
            if self.emitting {
                self.code.mark_stmt_end(depth, Some(self.ast[stmt].pos.0))?;
            }
        }
        if self.emitting {
            self.code.mark_stmt_end(depth, None)?;
        }
        self.blocks_of_several -= 1;
        self.around = outer;
        Ok(())
    }

    fn stmt(&mut self, id: StmtId) -> Walk {
        let stmt = self.ast[id];
        let pos = stmt.pos;
        self.at = pos;
        self.mark(pos)?;
        match stmt.kind {
            StmtKind::Mark | StmtKind::Pass => Ok(()),
            StmtKind::Expr(value) => self.expr_stmt(value),
            StmtKind::Assign { target, value } => self.assignment(target, value),
            StmtKind::AssignChain { targets, value } => self.assignment_chain(targets, value),
            StmtKind::AugAssign { op, target, value } => self.augmented(op, target, value),
            StmtKind::AnnAssign { target, value } => self.annotated(target, value),
            StmtKind::Del(targets) => {
                for target in self.ast.items(targets) {
                    self.delete(target)?;
                }
                Ok(())
            }
            StmtKind::Break => self.break_(pos),
            StmtKind::Continue => self.continue_(pos),
            StmtKind::Return(value) => self.return_(value, pos),
            StmtKind::Raise { exc, cause } => self.raise(exc, cause),
            StmtKind::Global(names) => self.declare(names, pos, |scopes, scope, name| {
                scopes.declare_global(scope, name)
            }),
            StmtKind::Nonlocal(names) => self.declare(names, pos, |scopes, scope, name| {
                scopes.declare_nonlocal(scope, name)
            }),
            StmtKind::Assert { test, message } => self.assert(test, message),
            StmtKind::Import(modules) => self.import(modules),
            StmtKind::ImportFrom(import) => self.import_from(import, pos),
            _ => self.compound_stmt(stmt.kind, pos),
        }
    }

    fn compound_stmt(&mut self, kind: StmtKind, pos: Pos) -> Walk {
        self.deeper(pos)?;
        match kind {
            StmtKind::If { arms, orelse } => self.if_(arms, orelse)?,
            StmtKind::While(parts) => self.while_(parts)?,
            StmtKind::For(parts) => self.for_(parts)?,
            StmtKind::AsyncFor(parts) => self.async_for(parts, pos)?,
            StmtKind::Try(parts) => self.try_(parts)?,
            StmtKind::With { items, body } => self.with(self.ast.items(items), body)?,
            StmtKind::AsyncWith { items, body } => {
                self.require_generator(pos)?;
                self.async_with(self.ast.items(items), body)?;
            }
            StmtKind::FunctionDef(function) => self.function_def(function, pos)?,
            StmtKind::ClassDef(class) => self.class_def(class, pos)?,
            // Dealt with in `stmt`.
            StmtKind::Mark
            | StmtKind::Pass
            | StmtKind::Expr(_)
            | StmtKind::Assign { .. }
            | StmtKind::AssignChain { .. }
            | StmtKind::AugAssign { .. }
            | StmtKind::AnnAssign { .. }
            | StmtKind::Del(_)
            | StmtKind::Break
            | StmtKind::Continue
            | StmtKind::Return(_)
            | StmtKind::Raise { .. }
            | StmtKind::Global(_)
            | StmtKind::Nonlocal(_)
            | StmtKind::Assert { .. }
            | StmtKind::Import(_)
            | StmtKind::ImportFrom(_) => {}
        }
        self.nesting -= 1;
        Ok(())
    }

    fn expr_stmt(&mut self, value: ExprId) -> Walk {
        if self.prints && self.scope == crate::hir::ScopeId::MODULE {
            self.load_name(qstr!("__repl_print__"))?;
            self.expr(value)?;
            self.op(Op::CallFunction(CallArgs::new(1, 0)))?;
            return self.op(Op::PopTop);
        }
        if self.is_constant(value) {
            return Ok(());
        }
        self.expr(value)?;
        self.op(Op::PopTop)
    }

    fn return_(&mut self, value: Option<ExprId>, pos: Pos) -> Walk {
        if self.scopes[self.scope].kind != ScopeKind::Function {
            return self.refuse(Message::ReturnOutside, pos);
        }
        let Some(value) = value else {
            self.load_none()?;
            return self.op(Op::ReturnValue);
        };
        if let ExprKind::IfElse(parts) = self.ast[value].kind {
            let IfElse { test, then, other } = self.ast.get(parts);
            let on_false = self.label();
            self.condition(test, false, on_false)?;
            self.expr(then)?;
            self.op(Op::ReturnValue)?;
            self.place(on_false)?;
            self.expr(other)?;
        } else {
            self.expr(value)?;
        }
        self.op(Op::ReturnValue)
    }

    fn raise(&mut self, exc: Option<ExprId>, cause: Option<ExprId>) -> Walk {
        let Some(exc) = exc else {
            return self.op(Op::RaiseLast);
        };
        self.expr(exc)?;
        let Some(cause) = cause else {
            return self.op(Op::RaiseObj);
        };
        self.expr(cause)?;
        self.op(Op::RaiseFrom)
    }

    fn assert(&mut self, test: ExprId, message: Option<ExprId>) -> Walk {
        if self.options.optimise > 0 {
            return Ok(());
        }
        let end = self.label();
        self.condition(test, true, end)?;
        self.load_fixed_global(qstr!("AssertionError"))?;
        if let Some(message) = message {
            self.expr(message)?;
            self.op(Op::CallFunction(CallArgs::new(1, 0)))?;
        }
        self.op(Op::RaiseObj)?;
        self.place(end)
    }

    fn declare(
        &mut self,
        names: List<Qstr>,
        pos: Pos,
        declare: fn(&mut crate::hir::Scopes, crate::hir::ScopeId, Qstr) -> Result<(), Refusal>,
    ) -> Walk {
        if self.emitting {
            return Ok(());
        }
        for name in self.ast.items(names) {
            let declared = declare(&mut self.scopes, self.scope, name);
            self.declared(declared, pos)?;
        }
        Ok(())
    }

    /// Turns the refusal of a declaration into an error at `pos`.
    pub(super) fn declared(&mut self, declared: Result<(), Refusal>, pos: Pos) -> Walk {
        match declared {
            Ok(()) => Ok(()),
            Err(Refusal::Source(message)) => self.refuse(message, pos),
            Err(Refusal::OutOfMemory) => Err(super::Stop),
        }
    }

    fn if_(&mut self, arms: List<IfArm>, orelse: Option<Suite>) -> Walk {
        let end = self.label();
        let arms = self.ast.items(arms);
        // Behind the last `elif` block upstream jumps to the next op.
        let alone = arms.len() == 1 && orelse.is_none();
        for IfArm { test, body } in arms {
            let truth = self.truth(test);
            if truth == Some(false) {
                continue;
            }
            let on_false = self.label();
            self.condition(test, false, on_false)?;
            self.suite(body)?;
            if truth == Some(true) {
                // What follows can never run, and claims nothing.
                return self.place(end);
            }
            if !alone {
                self.jump(end)?;
            }
            self.place(on_false)?;
        }
        if let Some(orelse) = orelse {
            self.suite(orelse)?;
        }
        self.place(end)
    }
}
