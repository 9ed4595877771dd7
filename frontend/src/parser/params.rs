//! Parameters of functions and lambdas, arguments of calls.

use super::{Parse, Parser};
use crate::ast::{CompKind, ExprId, ExprKind, List, Param, ParamKind};
use crate::token::Token;

impl Parser<'_, '_> {
    /// The parameters of a `def` (with annotations) or a lambda, up to what cannot be one. Their order is checked later.
    pub(super) fn params(&mut self, annotations: bool) -> Parse<List<Param>> {
        let from = self.tree.begin();
        loop {
            let pos = self.pos();
            let kind = match self.kind() {
                Token::Star => ParamKind::Star,
                Token::DoubleStar => ParamKind::DoubleStar,
                Token::Name => ParamKind::Plain,
                _ => break,
            };
            if kind != ParamKind::Plain {
                self.advance()?;
            }
            let bare = kind == ParamKind::Star && !self.at(Token::Name);
            let name = if bare {
                None
            } else {
                Some(self.expect_name()?)
            };
            let annotation = if annotations && !bare && self.eat(Token::Colon)? {
                Some(self.expr()?)
            } else {
                None
            };
            let default = if kind == ParamKind::Plain && self.eat(Token::Assign)? {
                Some(self.expr()?)
            } else {
                None
            };
            self.tree.push(Param {
                name,
                kind,
                pos,
                annotation,
                default,
            })?;
            if !self.eat(Token::Comma)? {
                break;
            }
        }
        Ok(self.tree.end(from)?)
    }

    /// `lambda params: body`; the body of one in the condition of a comprehension has no condition of its own.
    pub(super) fn lambda(&mut self, cond: bool) -> Parse<ExprId> {
        self.enter()?;
        let pos = self.pos();
        self.advance()?;
        let params = self.params(false)?;
        self.expect(Token::Colon)?;
        let body = if cond {
            self.expr()?
        } else {
            self.expr_no_cond()?
        };
        self.leave();
        Ok(self.tree.expr(ExprKind::Lambda { params, body }, pos)?)
    }

    /// The arguments of a call, after its opening bracket, and the closing bracket. Their order is checked later.
    pub(super) fn args(&mut self) -> Parse<List<ExprId>> {
        let from = self.tree.begin();
        while !self.at(Token::RParen) {
            let arg = self.arg()?;
            self.tree.push(arg)?;
            if !self.at(Token::RParen) {
                self.expect(Token::Comma)?;
            }
        }
        self.advance()?;
        Ok(self.tree.end(from)?)
    }

    fn arg(&mut self) -> Parse<ExprId> {
        let pos = self.pos();
        let star = self.kind();
        if matches!(star, Token::Star | Token::DoubleStar) {
            self.advance()?;
            let value = self.expr()?;
            let kind = match star {
                Token::Star => ExprKind::Star(value),
                _ => ExprKind::DoubleStar(value),
            };
            return Ok(self.tree.expr(kind, pos)?);
        }
        let mark = self.tree.mark();
        let mut left = self.expr()?;
        if let ExprKind::Star(_) | ExprKind::Named { .. } = self.kind_of(left) {
            // In brackets of its own: `f((*a))` does not spread, and `f((a := b))` notes its line.
            left = self.tree.expr(ExprKind::Paren(left), pos)?;
        }
        match self.kind() {
            Token::Assign => {
                self.advance()?;
                let kind = match self.kind_of(left) {
                    ExprKind::Name(name) => {
                        // The node of the name is not needed any more.
                        self.tree.drop_since(mark);
                        ExprKind::Keyword {
                            name,
                            value: self.expr()?,
                        }
                    }
                    _ => ExprKind::KeywordExpr {
                        left,
                        value: self.expr()?,
                    },
                };
                Ok(self.tree.expr(kind, pos)?)
            }
            Token::For => self.comp(CompKind::BareGenerator, left, None, pos, pos),
            _ => self.named_rest(left, pos),
        }
    }
}
