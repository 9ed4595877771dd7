//! Expressions in value position, and conditions.

use ferlance_abi::ops::{BinaryOp, UnaryOp};
use ferlance_bytecode::{Label, Op};

use super::{Lower, Walk};
use crate::ast::{
    BinaryStep, CompKind, DictItem, Expr, ExprId, ExprKind, IfElse, Items, List, Rec, Slice,
};
use crate::diag::Code as Message;
use crate::error::Arg;
use crate::hir::ScopeKind;
use crate::source::Pos;

impl Lower<'_> {
    /// Leaves the value of `id` on the stack.
    pub(super) fn expr(&mut self, id: ExprId) -> Walk {
        let node = self.ast[id];
        let outer = core::mem::replace(&mut self.at, node.pos);
        self.value(id, node)?;
        self.at = outer;
        Ok(())
    }

    fn value(&mut self, id: ExprId, node: Expr) -> Walk {
        let pos = node.pos;
        match node.kind {
            ExprKind::Name(name) => return self.load_name(name),
            ExprKind::Str(text) => return self.load_str(text),
            ExprKind::None => return self.load_none(),
            ExprKind::True => return self.op(Op::LoadConstTrue),
            ExprKind::False => return self.op(Op::LoadConstFalse),
            ExprKind::Ellipsis => return self.load_ellipsis(),
            ExprKind::Int { value, noted } => {
                let value = value.get();
                if noted && !self.is_small_int(value) {
                    self.mark(pos)?;
                }
                return self.load_int(value);
            }
            ExprKind::Const { id, noted } => {
                if noted {
                    self.mark(pos)?;
                }
                return self.load_object(id);
            }
            _ => {}
        }
        self.deeper(pos)?;
        self.compound(id, node.kind, pos)?;
        self.nesting -= 1;
        Ok(())
    }

    fn compound(&mut self, id: ExprId, kind: ExprKind, pos: Pos) -> Walk {
        match kind {
            ExprKind::Attr { .. } | ExprKind::Index { .. } | ExprKind::Call { .. } => {
                return self.trailers(id);
            }
            ExprKind::Paren(inner) => return self.expr(inner),
            ExprKind::Star(_) | ExprKind::DoubleStar(_) => {
                return self.refuse(Message::StarNotTarget, pos);
            }
            ExprKind::Keyword { .. } | ExprKind::KeywordExpr { .. } => {
                return self.refuse(Message::InvalidSyntax, pos);
            }
            _ => {}
        }
        if !matches!(
            kind,
            ExprKind::Comp {
                kind: CompKind::BareGenerator,
                ..
            }
        ) {
            self.mark(pos)?;
        }
        match kind {
            ExprKind::Tuple { items, .. } => {
                let count = self.exprs(items)?;
                self.op(Op::BuildTuple(count))
            }
            ExprKind::List(items) => {
                let count = self.exprs(items)?;
                self.op(Op::BuildList(count))
            }
            ExprKind::Set(items) => {
                let count = self.exprs(items)?;
                self.op(Op::BuildSet(count))
            }
            ExprKind::Dict(items) => self.dict(items),
            ExprKind::MixedDisplay { dict, items } => self.mixed_display(dict, items, pos),
            ExprKind::Comp { kind, comp } => self.comprehension(id, kind, comp, pos),
            ExprKind::Slice(slice) => self.slice(slice),
            ExprKind::Unary { op, operand } => {
                self.expr(operand)?;
                self.op(Op::Unary(op))
            }
            ExprKind::Binary { op, left, right } => {
                self.expr(left)?;
                self.expr(right)?;
                self.op(Op::Binary(op))
            }
            ExprKind::BinaryChain { first, rest } => {
                self.expr(first)?;
                for step in self.ast.items(rest) {
                    self.expr(step.right)?;
                    self.op(Op::Binary(step.op))?;
                }
                Ok(())
            }
            ExprKind::Compare { op, left, right } => {
                self.expr(left)?;
                self.expr(right)?;
                self.compare_op(op)
            }
            ExprKind::CompareChain { first, rest } => self.compare_chain(first, rest),
            ExprKind::And(operands) => self.and_or(operands, Op::JumpIfFalseOrPop),
            ExprKind::Or(operands) => self.and_or(operands, Op::JumpIfTrueOrPop),
            ExprKind::IfElse(parts) => self.if_else(parts),
            ExprKind::Lambda { params, .. } => self.lambda(id, params, pos),
            ExprKind::Named { target, value } => self.named(target, value, pos),
            ExprKind::Await(awaited) => {
                self.require_function(Message::AwaitOutside, pos)?;
                match self.ast[awaited].kind {
                    ExprKind::Attr { .. } | ExprKind::Index { .. } | ExprKind::Call { .. } => {
                        self.unmarked_trailers(awaited)?;
                    }
                    _ => self.expr(awaited)?,
                }
                self.yield_from()
            }
            ExprKind::Yield(value) => {
                self.require_function(Message::YieldOutside, pos)?;
                match value {
                    Some(value) => self.expr(value)?,
                    None => self.load_none()?,
                }
                self.op(Op::YieldValue)
            }
            ExprKind::YieldFrom(iterable) => {
                self.require_function(Message::YieldOutside, pos)?;
                self.expr(iterable)?;
                self.yield_from()
            }
            // Dealt with above or in `expr`.
            ExprKind::Name(_)
            | ExprKind::Str(_)
            | ExprKind::None
            | ExprKind::True
            | ExprKind::False
            | ExprKind::Int { .. }
            | ExprKind::Const { .. }
            | ExprKind::Attr { .. }
            | ExprKind::Index { .. }
            | ExprKind::Call { .. }
            | ExprKind::Paren(_)
            | ExprKind::Star(_)
            | ExprKind::DoubleStar(_)
            | ExprKind::Keyword { .. }
            | ExprKind::KeywordExpr { .. }
            | ExprKind::Ellipsis => Ok(()),
        }
    }

    /// Each in turn; gives their number.
    fn exprs(&mut self, list: List<ExprId>) -> Walk<u32> {
        let items = self.ast.items(list);
        let count = items.len() as u32; // the tree counts in 32 bits
        for item in items {
            self.expr(item)?;
        }
        Ok(count)
    }

    fn dict(&mut self, list: List<DictItem>) -> Walk {
        let items = self.ast.items(list);
        self.op(Op::BuildMap(items.len() as u32))?;
        for DictItem { pos, key, value } in items {
            self.mark(pos)?;
            self.expr(value)?;
            self.expr(key)?;
            self.op(Op::StoreMap)?;
        }
        Ok(())
    }

    /// A display of pairs and values up to the first misfit, then the error.
    fn mixed_display(&mut self, dict: bool, list: List<DictItem>, pos: Pos) -> Walk {
        let items = self.ast.items(list);
        let misfit = items.len().saturating_sub(1);
        let mut at_fault = pos;
        for (at, item) in items.enumerate() {
            // A pair is the misfit among values, and the other way round.
            if dict != (at == misfit) {
                self.expr(item.value)?;
            }
            self.expr(item.key)?;
            at_fault = item.pos;
        }
        let message = match dict {
            true => Message::ExpectingPair,
            false => Message::ExpectingValue,
        };
        self.refuse_at_line(message, at_fault, pos, Arg::None)
    }

    fn slice(&mut self, slice: Rec<Slice>) -> Walk {
        let Slice { lower, upper, step } = self.ast.get(slice);
        for part in [lower, upper] {
            match part {
                Some(part) => self.expr(part)?,
                None => self.load_none()?,
            }
        }
        let Some(step) = step else {
            return self.op(Op::BuildSlice(2));
        };
        self.expr(step)?;
        self.op(Op::BuildSlice(3))
    }

    fn compare_op(&mut self, op: BinaryOp) -> Walk {
        let (op, negate) = match op {
            BinaryOp::NotIn => (BinaryOp::In, true),
            BinaryOp::IsNot => (BinaryOp::Is, true),
            op => (op, false),
        };
        self.op(Op::Binary(op))?;
        if negate {
            self.op(Op::Unary(UnaryOp::Not))?;
        }
        Ok(())
    }

    fn compare_chain(&mut self, first: ExprId, rest: List<BinaryStep>) -> Walk {
        let on_false = self.label();
        let end = self.label();
        self.expr(first)?;
        let mut steps = self.ast.items(rest);
        while let Some(step) = steps.next() {
            self.expr(step.right)?;
            let last = steps.is_empty();
            if !last {
                self.op(Op::DupTop)?;
                self.op(Op::RotThree)?;
            }
            self.compare_op(step.op)?;
            if !last {
                self.op(Op::JumpIfFalseOrPop(on_false))?;
            }
        }
        self.jump(end)?;
        self.place(on_false)?;
        self.adjust(1)?;
        self.op(Op::RotTwo)?;
        self.op(Op::PopTop)?;
        self.place(end)
    }

    fn and_or(&mut self, list: List<ExprId>, jump: fn(Label) -> Op) -> Walk {
        let end = self.label();
        let mut operands = self.ast.items(list);
        while let Some(operand) = operands.next() {
            self.expr(operand)?;
            if !operands.is_empty() {
                self.op(jump(end))?;
            }
        }
        self.place(end)
    }

    fn if_else(&mut self, parts: Rec<IfElse>) -> Walk {
        let IfElse { test, then, other } = self.ast.get(parts);
        let on_false = self.label();
        let end = self.label();
        self.condition(test, false, on_false)?;
        self.expr(then)?;
        self.jump(end)?;
        self.place(on_false)?;
        self.adjust(-1)?;
        self.expr(other)?;
        self.place(end)
    }

    pub(super) fn named(&mut self, target: ExprId, value: ExprId, pos: Pos) -> Walk {
        self.expr(value)?;
        self.op(Op::DupTop)?;
        let ExprKind::Name(name) = self.ast[target].kind else {
            return self.refuse_expr(Message::CantAssign, target);
        };
        if !self.emitting && self.scopes[self.scope].kind.is_comprehension() {
            let declared = self.scopes.declare_walrus(self.scope, name);
            self.declared(declared, pos)?;
        }
        self.store_name(name)
    }

    /// Delegates to the iterable on top.
    pub(super) fn yield_from(&mut self) -> Walk {
        self.op(Op::GetIter)?;
        self.load_none()?;
        self.op(Op::YieldFrom)
    }

    /// `yield` and `await` need a function or lambda, and make it a generator.
    fn require_function(&mut self, otherwise: Message, pos: Pos) -> Walk {
        let scope = &mut self.scopes[self.scope];
        if !matches!(scope.kind, ScopeKind::Function | ScopeKind::Lambda) {
            return self.refuse(otherwise, pos);
        }
        scope.flags |= ferlance_abi::ScopeFlags::GENERATOR;
        Ok(())
    }

    /// Jumps to `to` if the truth of `id` is `sense`, else goes on. Leaves nothing on the stack.
    pub(super) fn condition(&mut self, id: ExprId, sense: bool, to: Label) -> Walk {
        if let Some(truth) = self.truth(id) {
            return match truth == sense {
                true => self.jump(to),
                false => Ok(()),
            };
        }
        let node = self.ast[id];
        self.deeper(node.pos)?;
        match node.kind {
            ExprKind::Unary {
                op: UnaryOp::Not,
                operand,
            } => self.condition(operand, !sense, to)?,
            ExprKind::And(operands) => {
                let operands = self.ast.items(operands);
                self.junction(operands, false, sense, to)?;
            }
            ExprKind::Or(operands) => {
                let operands = self.ast.items(operands);
                self.junction(operands, true, sense, to)?;
            }
            _ => {
                self.expr(id)?;
                self.pop_jump_if(sense, to)?;
            }
        }
        self.nesting -= 1;
        Ok(())
    }

    /// Operands of `and` (`decider` false) or `or` (`decider` true) as a condition.
    fn junction(
        &mut self,
        mut operands: Items<'_, ExprId>,
        decider: bool,
        sense: bool,
        to: Label,
    ) -> Walk {
        if decider == sense {
            for operand in operands {
                self.condition(operand, sense, to)?;
            }
            return Ok(());
        }
        let after = self.label();
        while let Some(operand) = operands.next() {
            match operands.is_empty() {
                false => self.condition(operand, !sense, after)?,
                true => self.condition(operand, sense, to)?,
            }
        }
        self.place(after)
    }
}
