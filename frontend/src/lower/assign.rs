//! Assignments: targets of every kind, augmented and annotated ones, `del`.

use ferlance_abi::ops::BinaryOp;
use ferlance_bytecode::Op;
use ferlance_bytecode::op::Unpack;

use super::{Lower, Walk};
use crate::ast::{ExprId, ExprKind, List};
use crate::diag::Code as Message;
use crate::source::Pos;

impl Lower<'_> {
    /// `target = value`
    pub(super) fn assignment(&mut self, target: ExprId, value: ExprId) -> Walk {
        if let Some((targets, values, count)) = self.swap(target, value) {
            for value in self.ast.items(values) {
                self.expr(value)?;
            }
            if count == 3 {
                self.op(Op::RotThree)?;
            }
            self.op(Op::RotTwo)?;
            for target in self.ast.items(targets) {
                self.assign(target)?;
            }
            return Ok(());
        }
        self.expr(value)?;
        self.assign(target)
    }

    /// `a, b = x, y` and `a, b, c = x, y, z`, which make no tuple.
    fn swap(&self, target: ExprId, value: ExprId) -> Option<(List<ExprId>, List<ExprId>, usize)> {
        let bare = |expr: ExprId| match self.ast[expr].kind {
            ExprKind::Tuple {
                items,
                bracketed: false,
            } => Some((items, self.ast.items(items).len())),
            _ => None,
        };
        let (targets, n_targets) = bare(target)?;
        let (values, n_values) = bare(value)?;
        let starred = |expr: ExprId| matches!(self.ast[expr].kind, ExprKind::Star(_));
        let fits = n_targets == n_values
            && matches!(n_targets, 2 | 3)
            && !self.ast.items(targets).any(starred);
        fits.then_some((targets, values, n_targets))
    }

    /// `t = u = … = value`
    pub(super) fn assignment_chain(&mut self, targets: List<ExprId>, value: ExprId) -> Walk {
        self.expr(value)?;
        let mut targets = self.ast.items(targets);
        while let Some(target) = targets.next() {
            if !targets.is_empty() {
                self.op(Op::DupTop)?;
            }
            self.assign(target)?;
        }
        Ok(())
    }

    /// Pops the value on top into `target`.
    pub(super) fn assign(&mut self, target: ExprId) -> Walk {
        let node = self.ast[target];
        match node.kind {
            ExprKind::Name(name) => self.store_name(name),
            ExprKind::Attr { base, name } => {
                self.target_base(base)?;
                self.name_op(Op::StoreAttr(name), name)
            }
            ExprKind::Index { base, index } => {
                self.target_base(base)?;
                self.expr(index)?;
                self.op(Op::StoreSubscr)
            }
            ExprKind::Tuple { items, bracketed } => {
                if bracketed && self.ast.items(items).is_empty() {
                    return self.refuse(Message::CantAssign, node.pos);
                }
                self.assign_each(items, node.pos)
            }
            ExprKind::List(items) => self.assign_each(items, node.pos),
            _ => self.refuse_expr(Message::CantAssign, target),
        }
    }

    fn assign_each(&mut self, list: List<ExprId>, pos: Pos) -> Walk {
        self.deeper(pos)?;
        let targets = self.ast.items(list);
        let count = targets.len() as u32;
        let mut star = None;
        for (at, target) in targets.clone().enumerate() {
            if let ExprKind::Star(_) = self.ast[target].kind {
                if star.is_some() {
                    return self.refuse(Message::MultipleStars, self.ast[target].pos);
                }
                star = Some(at as u32);
            }
        }
        self.op(match star {
            None => Op::UnpackSequence(count),
            Some(left) => {
                let right = count - left - 1; // `left` is an index below `count`
                if left > 255 || right > 255 {
                    // Upstream does not notice.
                    return self.refuse(Message::TooManyArgs, pos);
                }
                Op::UnpackEx(Unpack::new(left, right))
            }
        })?;
        for target in targets {
            match self.ast[target].kind {
                ExprKind::Star(inner) => self.assign(inner)?,
                _ => self.assign(target)?,
            }
        }
        self.nesting -= 1;
        Ok(())
    }

    /// `target op= value`
    pub(super) fn augmented(&mut self, op: BinaryOp, target: ExprId, value: ExprId) -> Walk {
        let node = self.ast[target];
        let op = Op::Binary(in_place(op));
        match node.kind {
            ExprKind::Name(name) => {
                self.load_name(name)?;
                self.expr(value)?;
                self.op(op)?;
                self.store_name(name)
            }
            ExprKind::Attr { base, name } => {
                self.target_base(base)?;
                self.op(Op::DupTop)?;
                self.load_attr(name)?;
                self.expr(value)?;
                self.op(op)?;
                self.op(Op::RotTwo)?;
                self.name_op(Op::StoreAttr(name), name)
            }
            ExprKind::Index { base, index } => {
                self.target_base(base)?;
                self.expr(index)?;
                self.op(Op::DupTopTwo)?;
                self.op(Op::LoadSubscr)?;
                self.expr(value)?;
                self.op(op)?;
                self.op(Op::RotThree)?;
                self.op(Op::StoreSubscr)
            }
            _ => self.refuse_expr(Message::CantAssign, target),
        }
    }

    /// `target: T = value`, `target: T`
    pub(super) fn annotated(&mut self, target: ExprId, value: Option<ExprId>) -> Walk {
        if let Some(value) = value {
            self.expr(value)?;
            return self.assign(target);
        }
        // Without a value, a name becomes local in a function and nothing else happens.
        if let ExprKind::Name(name) = self.ast[target].kind {
            let scope = self.scope;
            if !self.emitting && self.scopes[scope].kind.is_function_like() {
                self.scopes.note_store(scope, name)?;
            }
        }
        Ok(())
    }

    /// `del target`
    pub(super) fn delete(&mut self, target: ExprId) -> Walk {
        let node = self.ast[target];
        match node.kind {
            ExprKind::Name(name) => self.delete_name(name),
            ExprKind::Attr { base, name } => {
                self.target_base(base)?;
                self.op(Op::LoadNull)?;
                self.op(Op::RotTwo)?;
                self.name_op(Op::StoreAttr(name), name)
            }
            ExprKind::Index { base, index } => {
                self.target_base(base)?;
                self.expr(index)?;
                self.op(Op::LoadNull)?;
                self.op(Op::RotThree)?;
                self.op(Op::StoreSubscr)
            }
            ExprKind::Tuple { items, .. } if !self.ast.items(items).is_empty() => {
                self.deeper(node.pos)?;
                for item in self.ast.items(items) {
                    self.delete(item)?;
                }
                self.nesting -= 1;
                Ok(())
            }
            ExprKind::Tuple { .. } => self.refuse_lineless(Message::CantDelete, node.pos),
            _ => self.refuse_expr(Message::CantDelete, target),
        }
    }
}

/// The in-place form of an operator that has one.
fn in_place(op: BinaryOp) -> BinaryOp {
    let distance = BinaryOp::Or as u8 - BinaryOp::InplaceOr as u8;
    (op as u8)
        .checked_sub(distance)
        .and_then(BinaryOp::from_number)
        .unwrap_or(op)
}
