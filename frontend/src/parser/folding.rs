//! The parser's calls of `fold.rs`.

use ferlance_num::NumError;

use super::{Failed, Parse, Parser};
use crate::ast::{BinaryOp, BinaryStep, Const, ConstId, ExprId, ExprKind, Int64, UnaryOp};
use crate::fold;
use crate::lexer::Number;
use crate::source::Pos;

impl Parser<'_, '_> {
    pub(super) fn is_number(&self, expr: ExprId) -> bool {
        fold::is_number(&self.tree.ast, expr)
    }

    pub(super) fn is_constant(&self, expr: ExprId) -> bool {
        fold::constant(&self.tree.ast, expr).is_some()
    }

    pub(super) fn truth(&self, expr: ExprId) -> Option<bool> {
        fold::truth(&self.tree.ast, expr)
    }

    /// The object of a constant expression.
    pub(super) fn constant_of(&mut self, expr: ExprId) -> Parse<ConstId> {
        if let ExprKind::Const { id, .. } = self.kind_of(expr) {
            return Ok(id);
        }
        let value = fold::constant(&self.tree.ast, expr).unwrap_or(Const::None);
        Ok(self.tree.constant(value)?)
    }

    pub(super) fn number_expr(&mut self, value: Number, pos: Pos, noted: bool) -> Parse<ExprId> {
        let value = match value {
            Number::Int(value) => {
                let value = Int64::new(value);
                return Ok(self.tree.expr(ExprKind::Int { value, noted }, pos)?);
            }
            Number::BigInt(value) => self.tree.big_int(value)?,
            Number::Float(value) => Const::Float(value),
            Number::Imaginary(value) => Const::Imaginary(value),
        };
        let id = self.tree.constant(value)?;
        Ok(self.tree.expr(ExprKind::Const { id, noted }, pos)?)
    }

    fn number_of(&self, expr: ExprId) -> Parse<Option<Number>> {
        folded(Number::of(&self.tree.ast, expr))
    }

    pub(super) fn fold_unary(&self, op: UnaryOp, operand: ExprId) -> Parse<Option<Number>> {
        match self.number_of(operand)? {
            Some(value) => folded(fold::unary(op, &value)),
            None => Ok(None),
        }
    }

    pub(super) fn fold_binary(
        &self,
        op: BinaryOp,
        left: ExprId,
        right: ExprId,
    ) -> Parse<Option<Number>> {
        if !self.is_number(left) || !self.is_number(right) {
            return Ok(None);
        }
        match (self.number_of(left)?, self.number_of(right)?) {
            (Some(left), Some(right)) => {
                folded(fold::binary(op, &left, &right, self.options.float_power))
            }
            _ => Ok(None),
        }
    }

    /// The value of `first` and the steps pushed since `from`, all of them numbers.
    pub(super) fn fold_chain(&self, first: ExprId, from: usize) -> Parse<Option<Number>> {
        let Some(mut value) = self.number_of(first)? else {
            return Ok(None);
        };
        for BinaryStep { op, right } in self.tree.pending::<BinaryStep>(from) {
            let Some(right) = self.number_of(right)? else {
                return Ok(None);
            };
            match folded(fold::binary(op, &value, &right, self.options.float_power))? {
                Some(next) => value = next,
                None => return Ok(None),
            }
        }
        Ok(Some(value))
    }
}

/// Folding fails for want of memory only.
fn folded<T>(result: Result<T, NumError>) -> Parse<T> {
    result.map_err(|_| Failed)
}
