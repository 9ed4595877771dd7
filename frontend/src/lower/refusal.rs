//! Refusing a source: the message and the line upstream gives.
//!
//! Names and small constants have no line in upstream's tree. When one of them is at fault, upstream goes on
//! compiling and takes the line of what next has one: the first statement of the next block of several statements
//! within the current statement, or else the current statement, if its block has several, or else the scope.

use ferlance_abi::small_int;

use super::{Lower, Stop, Walk};
use crate::ast::{Expr, ExprId, ExprKind, Param, ParamKind, Root, StmtId, StmtKind, Suite};
use crate::diag::Code as Message;
use crate::error::{Arg, Diag};
use crate::hir::{Body, ScopeId};
use crate::source::Pos;

/// How deeply single statements are searched for blocks.
const MAX_SEARCH: u32 = 200;

/// What is being walked, as far as it has a line for errors.
#[derive(Debug, Clone, Copy)]
pub(super) enum Around {
    /// A scope, and the block that is its body.
    Scope(Pos, Suite),
    /// A statement of a block of several.
    Stmt(StmtId),
}

impl Lower<'_> {
    /// What is around the start of `scope`.
    pub(super) fn around_scope(&self, scope: ScopeId) -> Around {
        let pos = self.scope_pos(scope);
        match self.scopes[scope].body {
            Body::Module => match self.ast.root() {
                Root::File(body) | Root::Single(body) => {
                    let first = self.ast.items(body).first();
                    Around::Scope(first.map_or(pos, |stmt| self.ast[stmt].pos), body)
                }
                Root::Eval(_) => Around::Scope(pos, Suite::EMPTY),
            },
            Body::Class(class) => Around::Scope(pos, self.ast.get(class).body),
            Body::Function(function) => Around::Scope(pos, self.ast.get(function).body),
            Body::Lambda(_) | Body::Comp(_) => Around::Scope(pos, Suite::EMPTY),
        }
    }

    /// Refuses the source at `pos`.
    #[cold]
    pub(super) fn refuse<T>(&mut self, message: Message, pos: Pos) -> Walk<T> {
        self.refuse_with(message, pos, Arg::None)
    }

    /// Refuses the source at `pos`, with what stands for `{}` in the message.
    #[cold]
    pub(super) fn refuse_with<T>(&mut self, message: Message, pos: Pos, arg: Arg) -> Walk<T> {
        self.refuse_at_line(message, pos, pos, arg)
    }

    /// Refuses the source at `pos`, for something that has no line of its own.
    #[cold]
    pub(super) fn refuse_lineless<T>(&mut self, message: Message, pos: Pos) -> Walk<T> {
        let line = match self.around {
            Around::Scope(start, body) => self.block_behind(body, pos, MAX_SEARCH).unwrap_or(start),
            Around::Stmt(stmt) => {
                let behind = self.block_within(stmt, pos, MAX_SEARCH);
                behind.unwrap_or(self.ast[stmt].pos)
            }
        };
        self.refuse_at_line(message, pos, line, Arg::None)
    }

    /// Refuses the source at `expr`.
    #[cold]
    pub(super) fn refuse_expr<T>(&mut self, message: Message, expr: ExprId) -> Walk<T> {
        let Expr { kind, pos } = self.ast[expr];
        let lineless = match kind {
            // What upstream's parser keeps as an immediate on a 64-bit host.
            ExprKind::Int { value, noted } => !noted || small_int::fits(value.get(), 63),
            ExprKind::Const { noted, .. } => !noted,
            ExprKind::Name(_)
            | ExprKind::Str(_)
            | ExprKind::None
            | ExprKind::True
            | ExprKind::False
            | ExprKind::Ellipsis => true,
            _ => false,
        };
        match lineless {
            true => self.refuse_lineless(message, pos),
            false => {
                let first = self.ast.first(expr);
                self.refuse_at_line(message, first, first, Arg::None)
            }
        }
    }

    /// Refuses a parameter. A name alone has no line.
    #[cold]
    pub(super) fn refuse_param<T>(&mut self, message: Message, param: &Param) -> Walk<T> {
        let plain = param.kind == ParamKind::Plain;
        match plain && param.annotation.is_none() && param.default.is_none() {
            true => self.refuse_lineless(message, param.pos),
            false => self.refuse(message, param.pos),
        }
    }

    /// Refuses the source at `pos`, with the line of another place.
    pub(super) fn refuse_at_line<T>(
        &mut self,
        message: Message,
        pos: Pos,
        line: Pos,
        arg: Arg,
    ) -> Walk<T> {
        let mut diag = Diag::new(message, pos, self.ast.line(line));
        diag.arg = arg;
        diag.scope = Some(self.scopes[self.scope].name);
        self.refusal = Some(diag);
        Err(Stop)
    }

    /// The first statement of the first block of several behind `pos`, in `suite` or its only statement.
    fn block_behind(&self, suite: Suite, pos: Pos, depth: u32) -> Option<Pos> {
        let stmts = self.ast.items(suite);
        let first = stmts.first()?;
        if stmts.len() == 1 {
            return self.block_within(first, pos, depth.checked_sub(1)?);
        }
        Some(self.ast[first].pos).filter(|first| *first > pos)
    }

    /// The same in the blocks of `stmt`.
    fn block_within(&self, stmt: StmtId, pos: Pos, depth: u32) -> Option<Pos> {
        let ast = self.ast;
        let find = |suite: Option<Suite>| self.block_behind(suite?, pos, depth);
        match ast[stmt].kind {
            StmtKind::If { arms, orelse } => {
                let arms = ast.items(arms);
                arms.clone()
                    .find_map(|arm| find(Some(arm.body)))
                    .or_else(|| find(orelse))
            }
            StmtKind::While(parts) => {
                let parts = ast.get(parts);
                find(Some(parts.body)).or_else(|| find(parts.orelse))
            }
            StmtKind::For(parts) | StmtKind::AsyncFor(parts) => {
                let parts = ast.get(parts);
                find(Some(parts.body)).or_else(|| find(parts.orelse))
            }
            StmtKind::Try(parts) => {
                let parts = ast.get(parts);
                let mut handlers = ast.items(parts.handlers);
                find(Some(parts.body))
                    .or_else(|| handlers.find_map(|handler| find(Some(handler.body))))
                    .or_else(|| find(parts.orelse))
                    .or_else(|| find(parts.finalbody))
            }
            StmtKind::With { body, .. } | StmtKind::AsyncWith { body, .. } => find(Some(body)),
            // Functions and classes are scopes of their own; other statements have no blocks.
            _ => None,
        }
    }
}
