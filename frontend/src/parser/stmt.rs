//! Simple statements, blocks, and `const()`.

use ferlance_abi::qstr;
use ferlance_abi::qstr::Qstr;

use super::{Block, Mode, Parse, Parser};
use crate::ast::{
    ExprId, ExprKind, ImportFrom, ImportModule, ImportName, List, StmtId, StmtKind, Suite,
};
use crate::diag::Code;
use crate::source::Pos;
use crate::token::Token;

impl Parser<'_, '_> {
    /// Any statement; pushes what it makes.
    pub(super) fn statement(&mut self) -> Parse<()> {
        if self.compound()? {
            Ok(())
        } else {
            self.simple_line()
        }
    }

    /// Simple statements up to the line end; pushes what they make.
    fn simple_line(&mut self) -> Parse<()> {
        let first = self.pos();
        let mut joined = false;
        loop {
            self.simple()?;
            if !self.eat(Token::Semicolon)? {
                break;
            }
            if !joined {
                joined = true;
                self.tree.join_line(first)?;
            }
            if self.at(Token::Newline) {
                break;
            }
        }
        self.expect(Token::Newline)
    }

    /// The block of a compound statement, from its colon on.
    pub(super) fn suite(&mut self) -> Parse<Suite> {
        self.expect(Token::Colon)?;
        let outer = self.begin_block();
        if self.eat(Token::Newline)? {
            self.enter()?;
            self.expect(Token::Indent)?;
            loop {
                self.statement()?;
                if self.eat(Token::Dedent)? {
                    break;
                }
            }
            self.leave();
        } else {
            self.simple_line()?;
        }
        self.end_block(outer)
    }

    /// Begins a block; gives the one around it.
    pub(super) fn begin_block(&mut self) -> Block {
        let inner = Block {
            from: self.tree.begin(),
            ..Block::default()
        };
        core::mem::replace(&mut self.block, inner)
    }

    /// Makes a block of the statements pushed since it began, and goes back to the one around it.
    pub(super) fn end_block(&mut self, outer: Block) -> Parse<Suite> {
        let block = core::mem::replace(&mut self.block, outer);
        let count = self.tree.pushed::<StmtId>(block.from);
        if block.dropped_first && count == 1 && !block.dropped_more {
            self.tree.abandon(block.from);
        }
        Ok(self.tree.end(block.from)?)
    }

    /// Notes the line end or the end of the source here as if it were a statement.
    pub(super) fn note_nothing(&mut self) -> Parse<()> {
        self.block.dropped_first = self.at(Token::Newline);
        self.push_stmt(StmtKind::Mark, self.pos())
    }

    /// Leaves out a statement at `pos`.
    fn drop_stmt(&mut self, pos: Pos) -> Parse<()> {
        if self.tree.pushed::<StmtId>(self.block.from) == 0 {
            self.block.dropped_first = true;
            return self.push_stmt(StmtKind::Mark, pos);
        }
        self.block.dropped_more = true;
        Ok(())
    }

    fn push_stmt(&mut self, kind: StmtKind, pos: Pos) -> Parse<()> {
        let stmt: StmtId = self.tree.stmt(kind, pos)?;
        Ok(self.tree.push(stmt)?)
    }

    fn simple(&mut self) -> Parse<()> {
        let pos = self.pos();
        let kind = match self.kind() {
            Token::Pass => self.word(StmtKind::Pass)?,
            Token::Break => self.word(StmtKind::Break)?,
            Token::Continue => self.word(StmtKind::Continue)?,
            Token::Return => {
                self.advance()?;
                let value = if self.starts_expr() {
                    Some(self.expr_list()?)
                } else {
                    None
                };
                StmtKind::Return(value)
            }
            Token::Raise => self.raise()?,
            Token::Global => {
                self.advance()?;
                StmtKind::Global(self.names()?)
            }
            Token::Nonlocal => {
                self.advance()?;
                StmtKind::Nonlocal(self.names()?)
            }
            Token::Del => {
                self.advance()?;
                StmtKind::Del(self.del_targets()?)
            }
            Token::Assert => {
                self.advance()?;
                let test = self.expr()?;
                let message = if self.eat(Token::Comma)? {
                    Some(self.expr()?)
                } else {
                    None
                };
                StmtKind::Assert { test, message }
            }
            Token::Import => self.import()?,
            Token::From => self.import_from()?,
            Token::Yield => StmtKind::Expr(self.yield_expr()?),
            _ => return self.expr_stmt(),
        };
        self.push_stmt(kind, pos)
    }

    fn word(&mut self, kind: StmtKind) -> Parse<StmtKind> {
        self.advance()?;
        Ok(kind)
    }

    fn raise(&mut self) -> Parse<StmtKind> {
        self.advance()?;
        let exc = if self.starts_expr() {
            Some(self.expr()?)
        } else {
            None
        };
        let cause = if exc.is_some() && self.eat(Token::From)? {
            Some(self.expr()?)
        } else {
            None
        };
        Ok(StmtKind::Raise { exc, cause })
    }

    fn names(&mut self) -> Parse<List<Qstr>> {
        let from = self.tree.begin();
        loop {
            let name = self.expect_name()?;
            self.tree.push(name)?;
            if !self.eat(Token::Comma)? {
                break;
            }
        }
        Ok(self.tree.end(from)?)
    }

    fn del_targets(&mut self) -> Parse<List<ExprId>> {
        let targets = self.target_list()?;
        if let ExprKind::Tuple {
            items,
            bracketed: false,
        } = self.kind_of(targets)
        {
            return Ok(items);
        }
        let from = self.tree.begin();
        self.tree.push(targets)?;
        Ok(self.tree.end(from)?)
    }

    /// `yield`, with what it yields.
    pub(super) fn yield_expr(&mut self) -> Parse<ExprId> {
        let pos = self.pos();
        self.advance()?;
        let kind = if self.eat(Token::From)? {
            ExprKind::YieldFrom(self.expr()?)
        } else if self.starts_expr() {
            ExprKind::Yield(Some(self.expr_list()?))
        } else {
            ExprKind::Yield(None)
        };
        Ok(self.tree.expr(kind, pos)?)
    }

    fn yield_or_list(&mut self) -> Parse<ExprId> {
        if self.at(Token::Yield) {
            self.yield_expr()
        } else {
            self.star_list()
        }
    }

    /// An expression, an assignment, or an annotation.
    fn expr_stmt(&mut self) -> Parse<()> {
        let pos = self.pos();
        let target = self.star_list()?;
        match self.kind() {
            Token::Assign => {
                self.advance()?;
                let value = self.yield_or_list()?;
                if self.at(Token::Assign) {
                    return self.assign_chain(target, value, pos);
                }
                match self.const_value(target, value)? {
                    Some((name, value)) => self.define(name, target, value, pos),
                    None => self.push_stmt(StmtKind::Assign { target, value }, pos),
                }
            }
            Token::Colon => {
                self.advance()?;
                let mark = self.tree.mark();
                self.expr()?;
                self.tree.drop_since(mark);
                if !self.eat(Token::Assign)? {
                    return self.push_stmt(
                        StmtKind::AnnAssign {
                            target,
                            value: None,
                        },
                        pos,
                    );
                }
                let value = self.yield_or_list()?;
                match self.const_value(target, value)? {
                    Some((name, value)) => self.define(name, target, value, pos),
                    None => self.push_stmt(
                        StmtKind::AnnAssign {
                            target,
                            value: Some(value),
                        },
                        pos,
                    ),
                }
            }
            kind => match kind.augmented() {
                Some(op) => {
                    self.advance()?;
                    let value = self.yield_or_list()?;
                    self.push_stmt(StmtKind::AugAssign { op, target, value }, pos)
                }
                None => self.bare_expr(target, pos),
            },
        }
    }

    fn assign_chain(&mut self, first: ExprId, second: ExprId, pos: Pos) -> Parse<()> {
        let from = self.tree.begin();
        self.tree.push(first)?;
        let mut value = second;
        while self.eat(Token::Assign)? {
            self.tree.push(value)?;
            value = self.yield_or_list()?;
        }
        let targets = self.tree.end(from)?;
        self.push_stmt(StmtKind::AssignChain { targets, value }, pos)
    }

    /// An expression as a statement. A constant, such as a doc string, leaves only its line.
    fn bare_expr(&mut self, expr: ExprId, pos: Pos) -> Parse<()> {
        // The empty tuple is built even when nobody looks at it.
        let empty_tuple = matches!(self.kind_of(expr), ExprKind::Tuple { .. });
        if self.options.mode != Mode::File || !self.is_constant(expr) || empty_tuple {
            return self.push_stmt(StmtKind::Expr(expr), pos);
        }
        if let ExprKind::Const { id, .. } = self.kind_of(expr) {
            self.tree.drop_constant(id);
        }
        self.push_stmt(StmtKind::Mark, pos)
    }

    /// The name and the value of `name = const(value)`, if it is that. An error if the value is not constant.
    fn const_value(&mut self, target: ExprId, value: ExprId) -> Parse<Option<(Qstr, ExprId)>> {
        let ExprKind::Name(name) = self.kind_of(target) else {
            return Ok(None);
        };
        let ExprKind::Call { func, args } = self.kind_of(value) else {
            return Ok(None);
        };
        if self.kind_of(func) != ExprKind::Name(qstr!("const")) {
            return Ok(None);
        }
        let args = self.tree.ast.items(args);
        match args.first() {
            Some(arg) if args.len() == 1 && self.is_constant(arg) => Ok(Some((name, arg))),
            _ => {
                let pos = self.tree.ast[func].pos;
                let line = self.lexer.line_of(pos);
                Err(self.fail(Code::NotAConstant, pos, line))
            }
        }
    }

    /// `name = value` with a constant for all later uses of the name; dropped if the name is private.
    fn define(&mut self, name: Qstr, target: ExprId, value: ExprId, pos: Pos) -> Parse<()> {
        let stands = match self.kind_of(value) {
            ExprKind::Int { value, .. } => ExprKind::Int { value, noted: true },
            _ => ExprKind::Const {
                id: self.constant_of(value)?,
                noted: true,
            },
        };
        self.consts.define(name, stands)?;
        if self.pool.text(name).first() == Some(&b'_') {
            return self.drop_stmt(pos);
        }
        self.push_stmt(StmtKind::Assign { target, value }, pos)
    }

    fn dotted_name(&mut self) -> Parse<List<Qstr>> {
        let from = self.tree.begin();
        loop {
            let name = self.expect_name()?;
            self.tree.push(name)?;
            if !self.eat(Token::Dot)? {
                break;
            }
        }
        Ok(self.tree.end(from)?)
    }

    pub(super) fn decorator_name(&mut self) -> Parse<List<Qstr>> {
        self.dotted_name()
    }

    fn alias(&mut self) -> Parse<Option<Qstr>> {
        if self.eat(Token::As)? {
            Ok(Some(self.expect_name()?))
        } else {
            Ok(None)
        }
    }

    fn import(&mut self) -> Parse<StmtKind> {
        self.advance()?;
        let from = self.tree.begin();
        loop {
            let path = self.dotted_name()?;
            let alias = self.alias()?;
            self.tree.push(ImportModule { path, alias })?;
            if !self.eat(Token::Comma)? {
                break;
            }
        }
        Ok(StmtKind::Import(self.tree.end(from)?))
    }

    fn import_from(&mut self) -> Parse<StmtKind> {
        self.advance()?;
        let mut level = 0u32;
        loop {
            let dots = match self.kind() {
                Token::Dot => 1,
                Token::Ellipsis => 3,
                _ => break,
            };
            level = level.saturating_add(dots);
            self.advance()?;
        }
        let path = if level != 0 && self.at(Token::Import) {
            List::EMPTY
        } else {
            self.dotted_name()?
        };
        self.expect(Token::Import)?;
        let names = if self.eat(Token::Star)? {
            None
        } else if self.eat(Token::LParen)? {
            let names = self.import_names()?;
            self.expect(Token::RParen)?;
            Some(names)
        } else {
            Some(self.import_names()?)
        };
        Ok(StmtKind::ImportFrom(self.tree.record(ImportFrom {
            level,
            path,
            names,
        })?))
    }

    fn import_names(&mut self) -> Parse<List<ImportName>> {
        let from = self.tree.begin();
        loop {
            let name = self.expect_name()?;
            let alias = self.alias()?;
            self.tree.push(ImportName { name, alias })?;
            if !self.eat(Token::Comma)? || !self.at(Token::Name) {
                break;
            }
        }
        Ok(self.tree.end(from)?)
    }
}
