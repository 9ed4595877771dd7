//! Compound statements.

use super::{Parse, Parser};
use crate::ast::{
    ClassDef, Decorator, For, FunctionDef, Handler, IfArm, List, StmtId, StmtKind, Suite, Try,
    While, WithItem,
};
use crate::source::Pos;
use crate::token::Token;

impl Parser<'_, '_> {
    /// A compound statement, if one begins here; pushes it.
    pub(super) fn compound(&mut self) -> Parse<bool> {
        let pos = self.pos();
        let kind = match self.kind() {
            Token::If => self.if_stmt()?,
            Token::While => self.while_stmt()?,
            Token::For => StmtKind::For(self.for_parts()?),
            Token::Try => self.try_stmt()?,
            Token::With => {
                let (items, body) = self.with_parts()?;
                StmtKind::With { items, body }
            }
            Token::Def => self.function(pos, List::EMPTY)?,
            Token::Class => self.class(List::EMPTY)?,
            Token::At => self.decorated()?,
            Token::Async => self.async_stmt()?,
            _ => return Ok(false),
        };
        let stmt: StmtId = self.tree.stmt(kind, pos)?;
        self.tree.push(stmt)?;
        Ok(true)
    }

    fn if_stmt(&mut self) -> Parse<StmtKind> {
        let from = self.tree.begin();
        loop {
            self.advance()?;
            let test = self.named_expr()?;
            let body = self.suite()?;
            self.tree.push(IfArm { test, body })?;
            if !self.at(Token::Elif) {
                break;
            }
        }
        let orelse = self.optional_suite(Token::Else)?;
        let arms = self.tree.end(from)?;
        Ok(StmtKind::If { arms, orelse })
    }

    /// The block behind a keyword, if the keyword is here.
    fn optional_suite(&mut self, keyword: Token) -> Parse<Option<Suite>> {
        if self.eat(keyword)? {
            Ok(Some(self.suite()?))
        } else {
            Ok(None)
        }
    }

    fn while_stmt(&mut self) -> Parse<StmtKind> {
        self.advance()?;
        let test = self.named_expr()?;
        let body = self.suite()?;
        let orelse = self.optional_suite(Token::Else)?;
        Ok(StmtKind::While(self.tree.record(While {
            test,
            body,
            orelse,
        })?))
    }

    fn for_parts(&mut self) -> Parse<crate::ast::Rec<For>> {
        self.advance()?;
        let target = self.target_list()?;
        self.expect(Token::In)?;
        let iter = self.expr_list()?;
        let body = self.suite()?;
        let orelse = self.optional_suite(Token::Else)?;
        Ok(self.tree.record(For {
            target,
            iter,
            body,
            orelse,
        })?)
    }

    fn try_stmt(&mut self) -> Parse<StmtKind> {
        self.advance()?;
        let body = self.suite()?;
        let from = self.tree.begin();
        while self.at(Token::Except) {
            let handler = self.handler()?;
            self.tree.push(handler)?;
        }
        let any = self.tree.pushed::<Handler>(from) != 0;
        let handlers = self.tree.end(from)?;
        let orelse = if any {
            self.optional_suite(Token::Else)?
        } else {
            None
        };
        let finalbody = if any {
            self.optional_suite(Token::Finally)?
        } else {
            self.expect(Token::Finally)?;
            Some(self.suite()?)
        };
        Ok(StmtKind::Try(self.tree.record(Try {
            body,
            handlers,
            orelse,
            finalbody,
        })?))
    }

    fn handler(&mut self) -> Parse<Handler> {
        let pos = self.pos();
        self.advance()?;
        let mut exc = None;
        let mut name = None;
        if !self.at(Token::Colon) {
            exc = Some(self.expr()?);
            if self.eat(Token::As)? {
                name = Some(self.expect_name()?);
            }
        }
        let body = self.suite()?;
        Ok(Handler {
            pos,
            exc,
            name,
            body,
        })
    }

    fn with_parts(&mut self) -> Parse<(List<WithItem>, Suite)> {
        self.advance()?;
        let from = self.tree.begin();
        loop {
            let context = self.expr()?;
            let target = if self.eat(Token::As)? {
                Some(self.operand()?)
            } else {
                None
            };
            self.tree.push(WithItem { context, target })?;
            if !self.eat(Token::Comma)? {
                break;
            }
        }
        let items = self.tree.end(from)?;
        Ok((items, self.suite()?))
    }

    /// A function, at its `def`; `pos` is that or the `async` before it.
    fn function(&mut self, pos: Pos, decorators: List<Decorator>) -> Parse<StmtKind> {
        let is_async = pos != self.pos();
        self.expect(Token::Def)?;
        let name = self.expect_name()?;
        self.expect(Token::LParen)?;
        let params = self.params(true)?;
        self.expect(Token::RParen)?;
        let returns = if self.eat(Token::Arrow)? {
            Some(self.expr()?)
        } else {
            None
        };
        let body = self.suite()?;
        let def = FunctionDef {
            name,
            pos,
            is_async,
            params,
            returns,
            body,
            decorators,
        };
        Ok(StmtKind::FunctionDef(self.tree.record(def)?))
    }

    fn class(&mut self, decorators: List<Decorator>) -> Parse<StmtKind> {
        let pos = self.pos();
        self.advance()?;
        let name = self.expect_name()?;
        let args = if self.eat(Token::LParen)? {
            self.args()?
        } else {
            List::EMPTY
        };
        let body = self.suite()?;
        let class = ClassDef {
            name,
            pos,
            args,
            body,
            decorators,
        };
        Ok(StmtKind::ClassDef(self.tree.record(class)?))
    }

    fn decorated(&mut self) -> Parse<StmtKind> {
        let from = self.tree.begin();
        while self.eat(Token::At)? {
            let pos = self.pos();
            let path = self.decorator_name()?;
            let paren = self.pos();
            let args = if self.eat(Token::LParen)? {
                Some(self.args()?)
            } else {
                None
            };
            self.expect(Token::Newline)?;
            self.tree.push(Decorator {
                pos,
                path,
                args,
                paren,
            })?;
        }
        let decorators = self.tree.end(from)?;
        let pos = self.pos();
        match self.kind() {
            Token::Class => self.class(decorators),
            Token::Async => {
                self.advance()?;
                self.function(pos, decorators)
            }
            _ => self.function(pos, decorators),
        }
    }

    fn async_stmt(&mut self) -> Parse<StmtKind> {
        let pos = self.pos();
        self.advance()?;
        match self.kind() {
            Token::For => Ok(StmtKind::AsyncFor(self.for_parts()?)),
            Token::With => {
                let (items, body) = self.with_parts()?;
                Ok(StmtKind::AsyncWith { items, body })
            }
            _ => self.function(pos, List::EMPTY),
        }
    }
}
