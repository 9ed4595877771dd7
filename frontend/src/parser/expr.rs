//! Operators, from the conditional expression down to the power.
//!
//! A chain of operators of one level is one node (`a + b - c`), folded only if every operand is a number.

use super::{Parse, Parser};
use crate::ast::{BinaryOp, BinaryStep, ExprId, ExprKind, IfElse, List, UnaryOp};
use crate::source::Pos;
use crate::token::Token;

impl Parser<'_, '_> {
    /// `expr`: a conditional expression or a lambda.
    pub(super) fn expr(&mut self) -> Parse<ExprId> {
        if self.at(Token::Lambda) {
            return self.lambda(true);
        }
        let pos = self.pos();
        let mut expr = self.or_expr()?;
        if self.at(Token::If) {
            self.advance()?;
            let test = self.or_expr()?;
            self.expect(Token::Else)?;
            self.enter()?;
            let other = self.expr()?;
            self.leave();
            let parts = self.tree.record(IfElse {
                test,
                then: expr,
                other,
            })?;
            expr = self.tree.expr(ExprKind::IfElse(parts), pos)?;
        }
        Ok(expr)
    }

    /// An expression without condition at its top: what follows `if` in a comprehension.
    pub(super) fn expr_no_cond(&mut self) -> Parse<ExprId> {
        if self.at(Token::Lambda) {
            self.lambda(false)
        } else {
            self.or_expr()
        }
    }

    /// `expr` or `NAME := expr`.
    pub(super) fn named_expr(&mut self) -> Parse<ExprId> {
        let pos = self.pos();
        let target = self.expr()?;
        self.named_rest(target, pos)
    }

    pub(super) fn named_rest(&mut self, target: ExprId, pos: Pos) -> Parse<ExprId> {
        if !self.eat(Token::Walrus)? {
            return Ok(target);
        }
        let value = self.expr()?;
        Ok(self.tree.expr(ExprKind::Named { target, value }, pos)?)
    }

    /// `expr` or `*expr`.
    pub(super) fn star_or_expr(&mut self) -> Parse<ExprId> {
        if self.at(Token::Star) {
            self.star()
        } else {
            self.expr()
        }
    }

    /// `*` and an operand without comparisons.
    pub(super) fn star(&mut self) -> Parse<ExprId> {
        let pos = self.pos();
        self.expect(Token::Star)?;
        let value = self.operand()?;
        Ok(self.tree.expr(ExprKind::Star(value), pos)?)
    }

    /// Expressions with commas between them: a tuple if there is a comma.
    pub(super) fn expr_list(&mut self) -> Parse<ExprId> {
        self.list_of(Self::expr, false)
    }

    /// As `expr_list`, with stars.
    pub(super) fn star_list(&mut self) -> Parse<ExprId> {
        self.list_of(Self::star_or_expr, true)
    }

    /// Targets of `for` and `del`: operands without comparisons, or stars.
    pub(super) fn target_list(&mut self) -> Parse<ExprId> {
        self.list_of(Self::target_item, true)
    }

    fn target_item(&mut self) -> Parse<ExprId> {
        if self.at(Token::Star) {
            self.star()
        } else {
            self.operand()
        }
    }

    #[inline]
    fn list_of(&mut self, item: fn(&mut Self) -> Parse<ExprId>, stars: bool) -> Parse<ExprId> {
        let pos = self.pos();
        let mark = self.tree.mark();
        let first = item(self)?;
        if !self.at(Token::Comma) {
            return Ok(first);
        }
        let from = self.tree.begin();
        self.tree.push(first)?;
        while self.eat(Token::Comma)? {
            if !(self.starts_expr() || stars && self.at(Token::Star)) {
                break;
            }
            let next = item(self)?;
            self.tree.push(next)?;
        }
        self.finish_tuple(from, pos, None, mark)
    }

    pub(super) fn or_expr(&mut self) -> Parse<ExprId> {
        let pos = self.pos();
        let first = self.and()?;
        if !self.at(Token::Or) {
            return Ok(first);
        }
        let from = self.tree.begin();
        self.tree.push(first)?;
        while self.eat(Token::Or)? {
            let next = self.and()?;
            self.tree.push(next)?;
        }
        self.finish_logic(from, pos, true)
    }

    fn and(&mut self) -> Parse<ExprId> {
        let pos = self.pos();
        let first = self.not()?;
        if !self.at(Token::And) {
            return Ok(first);
        }
        let from = self.tree.begin();
        self.tree.push(first)?;
        while self.eat(Token::And)? {
            let next = self.not()?;
            self.tree.push(next)?;
        }
        self.finish_logic(from, pos, false)
    }

    /// Makes a chain of `or` or `and` of what was pushed, without the constants that do not matter.
    fn finish_logic(&mut self, from: usize, pos: Pos, is_or: bool) -> Parse<ExprId> {
        let kept = self.tree.begin();
        let count = self.tree.pushed::<ExprId>(from);
        for i in 0..count {
            let Some(operand) = self.tree.pending::<ExprId>(from).get(i) else {
                break;
            };
            let last = i + 1 == count;
            match self.truth(operand) {
                // `0 or x`, `1 and x`: the constant does not matter, unless it is the result.
                Some(truth) if truth != is_or => {
                    if last {
                        self.tree.push(operand)?;
                    }
                }
                // `1 or x`, `0 and x`: the rest does not matter.
                Some(_) => {
                    self.tree.push(operand)?;
                    break;
                }
                None => self.tree.push(operand)?,
            }
        }
        if self.tree.pushed::<ExprId>(kept) == 1 {
            let only = self.tree.pending::<ExprId>(kept).first();
            self.tree.abandon(from);
            return only.ok_or(super::Failed);
        }
        let operands: List<ExprId> = self.tree.end(kept)?;
        self.tree.abandon(from);
        let kind = if is_or {
            ExprKind::Or(operands)
        } else {
            ExprKind::And(operands)
        };
        Ok(self.tree.expr(kind, pos)?)
    }

    fn not(&mut self) -> Parse<ExprId> {
        if !self.at(Token::Not) {
            return self.comparison();
        }
        self.enter()?;
        let pos = self.pos();
        self.advance()?;
        let operand = self.not()?;
        self.leave();
        let kind = match self.truth(operand) {
            Some(true) => ExprKind::False,
            Some(false) => ExprKind::True,
            None => ExprKind::Unary {
                op: UnaryOp::Not,
                operand,
            },
        };
        Ok(self.tree.expr(kind, pos)?)
    }

    fn comparison(&mut self) -> Parse<ExprId> {
        let pos = self.pos();
        let left = self.operand()?;
        let Some(op) = self.compare_op()? else {
            return Ok(left);
        };
        let right = self.operand()?;
        let Some(second) = self.compare_op()? else {
            return Ok(self.tree.expr(ExprKind::Compare { op, left, right }, pos)?);
        };
        let from = self.tree.begin();
        self.tree.push(BinaryStep { op, right })?;
        let mut next = Some(second);
        while let Some(op) = next {
            let right = self.operand()?;
            self.tree.push(BinaryStep { op, right })?;
            next = self.compare_op()?;
        }
        let rest = self.tree.end(from)?;
        Ok(self
            .tree
            .expr(ExprKind::CompareChain { first: left, rest }, pos)?)
    }

    /// Passes a comparison operator.
    #[inline]
    fn compare_op(&mut self) -> Parse<Option<BinaryOp>> {
        let op = match self.kind() {
            Token::Less => BinaryOp::Less,
            Token::Greater => BinaryOp::More,
            Token::EqualEqual => BinaryOp::Equal,
            Token::LessEqual => BinaryOp::LessEqual,
            Token::GreaterEqual => BinaryOp::MoreEqual,
            Token::NotEqual => BinaryOp::NotEqual,
            Token::In => BinaryOp::In,
            Token::Not => {
                self.advance()?;
                self.expect_here(Token::In)?;
                BinaryOp::NotIn
            }
            Token::Is => {
                self.advance()?;
                if !self.at(Token::Not) {
                    return Ok(Some(BinaryOp::Is));
                }
                BinaryOp::IsNot
            }
            _ => return Ok(None),
        };
        self.advance()?;
        Ok(Some(op))
    }

    /// An operand of a comparison.
    #[inline]
    pub(super) fn operand(&mut self) -> Parse<ExprId> {
        let pos = self.pos();
        let mark = self.tree.mark();
        let left = self.factor()?;
        if self.kind().infix().level == 0 {
            return Ok(left);
        }
        self.chain(left, pos, 1, mark)
    }

    /// Goes on behind `left`, which began at `pos` and `mark`, with operators of level `lowest` and above.
    fn chain(
        &mut self,
        mut left: ExprId,
        pos: Pos,
        lowest: u8,
        mark: crate::ast::Mark,
    ) -> Parse<ExprId> {
        loop {
            let level = self.kind().infix().level;
            if level < lowest || level == 0 {
                return Ok(left);
            }
            let from = self.tree.begin();
            let mut numbers = self.is_number(left);
            while self.kind().infix().level == level {
                let op = self.kind().infix().op;
                self.advance()?;
                let right_pos = self.pos();
                let right_mark = self.tree.mark();
                let mut right = self.factor()?;
                if self.kind().infix().level > level {
                    self.enter()?;
                    right = self.chain(right, right_pos, level + 1, right_mark)?;
                    self.leave();
                }
                numbers = numbers && self.is_number(right);
                self.tree.push(BinaryStep { op, right })?;
            }
            left = self.finish_chain(left, from, pos, numbers, mark)?;
        }
    }

    fn finish_chain(
        &mut self,
        first: ExprId,
        from: usize,
        pos: Pos,
        numbers: bool,
        mark: crate::ast::Mark,
    ) -> Parse<ExprId> {
        if numbers && let Some(value) = self.fold_chain(first, from)? {
            self.tree.abandon(from);
            self.tree.drop_since(mark);
            return self.number_expr(value, pos, false);
        }
        let steps = self.tree.pending::<BinaryStep>(from);
        if let (1, Some(step)) = (steps.len(), steps.first()) {
            self.tree.abandon(from);
            let kind = ExprKind::Binary {
                op: step.op,
                left: first,
                right: step.right,
            };
            return Ok(self.tree.expr(kind, pos)?);
        }
        let rest = self.tree.end(from)?;
        Ok(self.tree.expr(ExprKind::BinaryChain { first, rest }, pos)?)
    }

    /// An operand with its signs and its power.
    fn factor(&mut self) -> Parse<ExprId> {
        let op = match self.kind() {
            Token::Plus => UnaryOp::Positive,
            Token::Minus => UnaryOp::Negative,
            Token::Tilde => UnaryOp::Invert,
            _ => return self.power(),
        };
        self.enter()?;
        let pos = self.pos();
        let mark = self.tree.mark();
        self.advance()?;
        let operand = self.factor()?;
        self.leave();
        if let Some(value) = self.fold_unary(op, operand)? {
            self.tree.drop_since(mark);
            return self.number_expr(value, pos, false);
        }
        Ok(self.tree.expr(ExprKind::Unary { op, operand }, pos)?)
    }

    fn power(&mut self) -> Parse<ExprId> {
        let pos = self.pos();
        let mark = self.tree.mark();
        let left = if self.at(Token::Await) {
            self.advance()?;
            let awaited = self.primary()?;
            self.tree.expr(ExprKind::Await(awaited), pos)?
        } else {
            self.primary()?
        };
        if !self.at(Token::DoubleStar) {
            return Ok(left);
        }
        self.enter()?;
        self.advance()?;
        let right = self.factor()?;
        self.leave();
        if let Some(value) = self.fold_binary(BinaryOp::Power, left, right)? {
            self.tree.drop_since(mark);
            return self.number_expr(value, pos, false);
        }
        Ok(self.tree.expr(
            ExprKind::Binary {
                op: BinaryOp::Power,
                left,
                right,
            },
            pos,
        )?)
    }
}
