//! Operands: names, literals, displays, comprehensions, and the trailers behind them.

use ferlance_abi::qstr;
use ferlance_abi::qstr::Qstr;

use super::{Parse, Parser};
use crate::ast::{
    Comp, CompClause, CompKind, Const, ConstId, DictItem, ExprId, ExprKind, Int64, List, Mark,
    Slice,
};
use crate::source::Pos;
use crate::token::Token;

impl Parser<'_, '_> {
    /// An atom and its trailers.
    pub(super) fn primary(&mut self) -> Parse<ExprId> {
        let bracketed = self.at(Token::LParen);
        let first = self.pos();
        let mut base = self.atom()?;
        if !matches!(self.kind(), Token::Dot | Token::LParen | Token::LBracket) {
            return Ok(base);
        }
        if let ExprKind::Name(name) = self.kind_of(base)
            && self.at(Token::Dot)
            && name == qstr!("math")
        {
            return self.math_constant(base, first);
        }
        if bracketed {
            // Trailers count from the bracket, and `(a.b)(x)` is not a method call.
            base = self.tree.expr(ExprKind::Paren(base), first)?;
        }
        self.trailers(base)
    }

    fn trailers(&mut self, mut base: ExprId) -> Parse<ExprId> {
        loop {
            let pos = self.pos();
            let kind = match self.kind() {
                Token::Dot => {
                    self.advance()?;
                    ExprKind::Attr {
                        base,
                        name: self.expect_name()?,
                    }
                }
                Token::LParen => {
                    self.advance()?;
                    self.enter()?;
                    let args = self.args()?;
                    self.leave();
                    ExprKind::Call { func: base, args }
                }
                Token::LBracket => {
                    self.advance()?;
                    self.enter()?;
                    let index = self.subscripts()?;
                    self.leave();
                    self.expect(Token::RBracket)?;
                    ExprKind::Index { base, index }
                }
                _ => return Ok(base),
            };
            base = self.tree.expr(kind, pos)?;
        }
    }

    /// `math.pi` and the like, if nothing follows, or any other trailers of the name `math`.
    fn math_constant(&mut self, base: ExprId, first: Pos) -> Parse<ExprId> {
        let pos = self.pos();
        self.advance()?;
        let name = self.expect_name()?;
        if self.options.math_constants
            && !matches!(self.kind(), Token::Dot | Token::LParen | Token::LBracket)
            && let Some(value) = math_value(name)
        {
            let id = self.math_object(value)?;
            return Ok(self
                .tree
                .expr(ExprKind::Const { id, noted: false }, first)?);
        }
        let attr = self.tree.expr(ExprKind::Attr { base, name }, pos)?;
        self.trailers(attr)
    }

    /// The object of a math constant. Nan is equal to no other object, so there is one of it.
    fn math_object(&mut self, value: f64) -> Parse<ConstId> {
        if let Some(nan) = self.math_nan.filter(|_| value.is_nan()) {
            return Ok(nan);
        }
        let id = self.tree.constant(Const::Float(value))?;
        if value.is_nan() {
            self.math_nan = Some(id);
        }
        Ok(id)
    }

    fn atom(&mut self) -> Parse<ExprId> {
        let tok = self.tok();
        let kind = match tok.kind {
            Token::Name => {
                let name = self.name_here()?;
                self.consts.get(name).unwrap_or(ExprKind::Name(name))
            }
            Token::Int => ExprKind::Int {
                value: Int64::new(tok.value as i64),
                noted: true,
            },
            Token::Number => return self.number(),
            Token::Str => ExprKind::Str(Qstr::new(tok.value as u32)),
            Token::LongStr => {
                let text = self.tree.text(self.lexer.long_text())?;
                self.object(Const::Str(text))?
            }
            Token::Bytes => {
                let text = self.tree.text(self.lexer.long_text())?;
                self.object(Const::Bytes(text))?
            }
            Token::None => ExprKind::None,
            Token::True => ExprKind::True,
            Token::False => ExprKind::False,
            Token::Debug if self.options.debug => ExprKind::True,
            Token::Debug => ExprKind::False,
            Token::Ellipsis => ExprKind::Ellipsis,
            Token::LParen => return self.deeper(Self::brackets),
            Token::LBracket => return self.deeper(Self::list_display),
            Token::LBrace => return self.deeper(Self::braces),
            _ => return Err(self.unexpected()),
        };
        self.advance()?;
        Ok(self.tree.expr(kind, tok.pos)?)
    }

    /// What stands in brackets.
    fn deeper(&mut self, rule: fn(&mut Self) -> Parse<ExprId>) -> Parse<ExprId> {
        self.enter()?;
        let expr = rule(self)?;
        self.leave();
        Ok(expr)
    }

    fn object(&mut self, value: Const) -> Parse<ExprKind> {
        Ok(ExprKind::Const {
            id: self.tree.constant(value)?,
            noted: true,
        })
    }

    fn number(&mut self) -> Parse<ExprId> {
        let pos = self.pos();
        let value = match self
            .lexer
            .digits()
            .map_err(Into::into)
            .and_then(|d| d.value(self.options.upstream_floats))
        {
            Ok(value) => value,
            Err(error) => return Err(self.number_error(error)),
        };
        self.advance()?;
        self.number_expr(value, pos, true)
    }

    /// `( … )`
    fn brackets(&mut self) -> Parse<ExprId> {
        let pos = self.pos();
        let mark = self.tree.mark();
        self.advance()?;
        if self.eat(Token::RParen)? {
            let items = List::EMPTY;
            return Ok(self.tree.expr(
                ExprKind::Tuple {
                    items,
                    bracketed: true,
                },
                pos,
            )?);
        }
        if self.at(Token::Yield) {
            let value = self.yield_expr()?;
            self.expect(Token::RParen)?;
            return Ok(value);
        }
        let first_pos = self.pos();
        let first = self.display_item()?;
        match self.kind() {
            Token::For => {
                let comp = self.comp(CompKind::Generator, first, None, first_pos, pos)?;
                self.expect(Token::RParen)?;
                Ok(comp)
            }
            Token::Comma => {
                let from = self.tree.begin();
                self.tree.push(first)?;
                let (second_pos, trailing) = self.display_rest()?;
                self.expect(Token::RParen)?;
                // Upstream notes a constant tuple at its second element, but one of two without a comma behind them,
                // or of one, at the first.
                let noted = match second_pos {
                    Some(second) if trailing || self.tree.pushed::<ExprId>(from) > 2 => second,
                    _ => first_pos,
                };
                self.finish_tuple(from, pos, Some(noted), mark)
            }
            _ => {
                self.expect(Token::RParen)?;
                Ok(first)
            }
        }
    }

    fn display_item(&mut self) -> Parse<ExprId> {
        if self.at(Token::Star) {
            self.star()
        } else {
            self.named_expr()
        }
    }

    /// What follows the first item of a tuple or list: pushed. Gives where the second item is, and whether a comma
    /// ends them all.
    fn display_rest(&mut self) -> Parse<(Option<Pos>, bool)> {
        let mut second = None;
        while self.eat(Token::Comma)? {
            if !self.starts_expr() && !self.at(Token::Star) {
                return Ok((second, true));
            }
            second.get_or_insert(self.pos());
            let item = self.display_item()?;
            self.tree.push(item)?;
        }
        Ok((second, false))
    }

    /// `[ … ]`
    fn list_display(&mut self) -> Parse<ExprId> {
        let pos = self.pos();
        self.advance()?;
        if self.eat(Token::RBracket)? {
            return Ok(self.tree.expr(ExprKind::List(List::EMPTY), pos)?);
        }
        let first_pos = self.pos();
        let first = self.display_item()?;
        if self.at(Token::For) {
            let comp = self.comp(CompKind::List, first, None, first_pos, pos)?;
            self.expect(Token::RBracket)?;
            return Ok(comp);
        }
        let from = self.tree.begin();
        self.tree.push(first)?;
        self.display_rest()?;
        self.expect(Token::RBracket)?;
        let items = self.tree.end(from)?;
        Ok(self.tree.expr(ExprKind::List(items), pos)?)
    }

    /// `{ … }`
    fn braces(&mut self) -> Parse<ExprId> {
        let pos = self.pos();
        self.advance()?;
        if self.eat(Token::RBrace)? {
            return Ok(self.tree.expr(ExprKind::Dict(List::EMPTY), pos)?);
        }
        let first_pos = self.pos();
        let (key, value) = self.brace_item()?;
        let dict = value.is_some();
        if self.at(Token::For) {
            let kind = if dict { CompKind::Dict } else { CompKind::Set };
            let comp = self.comp(kind, key, value, first_pos, pos)?;
            self.expect(Token::RBrace)?;
            return Ok(comp);
        }
        let from = self.tree.begin();
        self.push_brace_item(dict, first_pos, key, value)?;
        let mut mixed: Option<List<DictItem>> = None;
        while self.eat(Token::Comma)? {
            if !self.starts_expr() {
                break;
            }
            let item_pos = self.pos();
            let (key, value) = self.brace_item()?;
            if mixed.is_some() {
                continue;
            }
            if value.is_some() == dict {
                self.push_brace_item(dict, item_pos, key, value)?;
            } else {
                mixed = Some(self.mixed_items(
                    from,
                    dict,
                    DictItem {
                        pos: item_pos,
                        key,
                        value: value.unwrap_or(key),
                    },
                )?);
            }
        }
        self.expect(Token::RBrace)?;
        let kind = match mixed {
            Some(items) => {
                self.tree.abandon(from);
                ExprKind::MixedDisplay { dict, items }
            }
            None if dict => ExprKind::Dict(self.tree.end(from)?),
            None => ExprKind::Set(self.tree.end(from)?),
        };
        Ok(self.tree.expr(kind, pos)?)
    }

    fn brace_item(&mut self) -> Parse<(ExprId, Option<ExprId>)> {
        let key = self.expr()?;
        let value = if self.eat(Token::Colon)? {
            Some(self.expr()?)
        } else {
            None
        };
        Ok((key, value))
    }

    fn push_brace_item(
        &mut self,
        dict: bool,
        pos: Pos,
        key: ExprId,
        value: Option<ExprId>,
    ) -> Parse<()> {
        match value {
            Some(value) if dict => self.tree.push(DictItem { pos, key, value })?,
            _ => self.tree.push(key)?,
        }
        Ok(())
    }

    /// The items pushed since `from`, and then `last`, as pairs.
    fn mixed_items(&mut self, from: usize, dict: bool, last: DictItem) -> Parse<List<DictItem>> {
        let pairs = self.tree.begin();
        if dict {
            for i in 0..self.tree.pushed::<DictItem>(from) {
                let Some(item) = self.tree.pending::<DictItem>(from).get(i) else {
                    break;
                };
                self.tree.push(item)?;
            }
        } else {
            for i in 0..self.tree.pushed::<ExprId>(from) {
                let Some(key) = self.tree.pending::<ExprId>(from).get(i) else {
                    break;
                };
                let pos = self.tree.ast[key].pos;
                self.tree.push(DictItem {
                    pos,
                    key,
                    value: key,
                })?;
            }
        }
        self.tree.push(last)?;
        Ok(self.tree.end(pairs)?)
    }

    /// The clauses behind the element of a comprehension, at the first `for`.
    pub(super) fn comp(
        &mut self,
        kind: CompKind,
        element: ExprId,
        value: Option<ExprId>,
        scope_pos: Pos,
        pos: Pos,
    ) -> Parse<ExprId> {
        let from = self.tree.begin();
        loop {
            // The sources and conditions are not whole expressions, which count for themselves.
            self.enter()?;
            let clause = match self.kind() {
                Token::For => {
                    self.advance()?;
                    let target = self.target_list()?;
                    self.expect(Token::In)?;
                    CompClause::For {
                        target,
                        iter: self.or_expr()?,
                    }
                }
                Token::If => {
                    self.advance()?;
                    CompClause::If(self.expr_no_cond()?)
                }
                _ => {
                    self.leave();
                    break;
                }
            };
            self.leave();
            self.tree.push(clause)?;
        }
        let clauses = self.tree.end(from)?;
        let comp = self.tree.record(Comp {
            element,
            value,
            scope_pos,
            clauses,
        })?;
        Ok(self.tree.expr(ExprKind::Comp { kind, comp }, pos)?)
    }

    /// What stands between the brackets of an index.
    fn subscripts(&mut self) -> Parse<ExprId> {
        let pos = self.pos();
        let mark = self.tree.mark();
        let first = self.subscript()?;
        if !self.at(Token::Comma) {
            return Ok(first);
        }
        let from = self.tree.begin();
        self.tree.push(first)?;
        while self.eat(Token::Comma)? {
            if !self.starts_expr() && !self.at(Token::Colon) {
                break;
            }
            let next = self.subscript()?;
            self.tree.push(next)?;
        }
        self.finish_tuple(from, pos, None, mark)
    }

    /// An expression or a slice.
    fn subscript(&mut self) -> Parse<ExprId> {
        let pos = self.pos();
        let lower = if self.at(Token::Colon) {
            None
        } else {
            Some(self.expr()?)
        };
        if !self.at(Token::Colon) {
            return lower.ok_or(super::Failed);
        }
        self.advance()?;
        let upper = self.slice_part()?;
        let step = if self.eat(Token::Colon)? {
            self.slice_part()?
        } else {
            None
        };
        let slice = self.tree.record(Slice { lower, upper, step })?;
        Ok(self.tree.expr(ExprKind::Slice(slice), pos)?)
    }

    fn slice_part(&mut self) -> Parse<Option<ExprId>> {
        if self.starts_expr() {
            Ok(Some(self.expr()?))
        } else {
            Ok(None)
        }
    }

    /// Makes a tuple of what was pushed since `from`: one constant if all of it is constant. Everything since `mark` belongs
    /// to the tuple. `noted` is given for one in brackets: where upstream notes it if it is constant. One without is noted
    /// at its start.
    pub(super) fn finish_tuple(
        &mut self,
        from: usize,
        pos: Pos,
        noted: Option<Pos>,
        mark: Mark,
    ) -> Parse<ExprId> {
        if !self
            .tree
            .pending::<ExprId>(from)
            .all(|item| self.is_constant(item))
        {
            let items = self.tree.end(from)?;
            let bracketed = noted.is_some();
            return Ok(self.tree.expr(ExprKind::Tuple { items, bracketed }, pos)?);
        }
        let count = self.tree.pushed::<ExprId>(from);
        let noted = noted.unwrap_or(pos);
        let ids = self.tree.begin();
        for i in 0..count {
            let Some(item) = self.tree.pending::<ExprId>(from).get(i) else {
                break;
            };
            let id = self.constant_of(item)?;
            self.tree.push(id)?;
        }
        self.tree.drop_exprs_since(mark);
        let items = self.tree.end(ids)?;
        self.tree.abandon(from);
        let id = self.tree.constant(Const::Tuple(items))?;
        Ok(self.tree.expr(ExprKind::Const { id, noted: true }, noted)?)
    }
}

/// The constants of the module `math`.
fn math_value(name: Qstr) -> Option<f64> {
    use core::f64::consts;
    match name {
        n if n == qstr!("pi") => Some(consts::PI),
        n if n == qstr!("e") => Some(consts::E),
        n if n == qstr!("tau") => Some(consts::TAU),
        n if n == qstr!("inf") => Some(f64::INFINITY),
        n if n == qstr!("nan") => Some(f64::NAN),
        _ => None,
    }
}
