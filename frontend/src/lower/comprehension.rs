//! Comprehensions: the call in the enclosing scope, and the body.

use ferlance_abi::qstr;
use ferlance_bytecode::op::{self, CallArgs};
use ferlance_bytecode::{Local, Op};

use super::{Lower, Walk};
use crate::ast::{Comp, CompClause, CompKind, ExprId, Items, Rec};
use crate::hir::{Body, ScopeKind};
use crate::source::Pos;

impl Lower<'_> {
    /// Makes the comprehension's function and calls it with its outermost iterable.
    pub(super) fn comprehension(
        &mut self,
        id: ExprId,
        kind: CompKind,
        comp: Rec<Comp>,
        pos: Pos,
    ) -> Walk {
        let (scope_kind, name) = match kind {
            CompKind::List => (ScopeKind::ListComp, qstr!("<listcomp>")),
            CompKind::Set => (ScopeKind::SetComp, qstr!("<setcomp>")),
            CompKind::Dict => (ScopeKind::DictComp, qstr!("<dictcomp>")),
            CompKind::Generator | CompKind::BareGenerator => {
                (ScopeKind::GenExpr, qstr!("<genexpr>"))
            }
        };
        let child = self.open_scope(scope_kind, Body::Comp(id), name, None)?;
        self.make_function(child, false, pos)?;
        let Comp { clauses, .. } = self.ast.get(comp);
        if let Some(CompClause::For { iter, .. }) = self.ast.items(clauses).first() {
            self.expr(iter)?;
        }
        if scope_kind == ScopeKind::GenExpr {
            self.op(Op::GetIter)?;
        }
        self.op(Op::CallFunction(CallArgs::new(1, 0)))
    }

    /// The body of a comprehension's scope.
    pub(super) fn comprehension_body(&mut self, kind: ScopeKind, comp: Rec<Comp>) -> Walk {
        let comp = self.ast.get(comp);
        self.mark(comp.scope_pos)?;
        self.op(match kind {
            ScopeKind::ListComp => Op::BuildList(0),
            ScopeKind::DictComp => Op::BuildMap(0),
            ScopeKind::SetComp => Op::BuildSet(0),
            _ => Op::LoadNull,
        })?;
        // The hidden argument stands after the free variables.
        let hidden = u32::from(self.scopes[self.scope].n_free);
        self.op(Op::LoadFast(Local(hidden)))?;
        if kind == ScopeKind::GenExpr {
            self.op(Op::LoadNull)?;
            self.op(Op::LoadNull)?;
        } else {
            self.op(Op::GetIterStack)?;
        }
        let mut clauses = self.ast.items(comp.clauses);
        if let Some(CompClause::For { target, .. }) = clauses.next() {
            self.comprehension_loop(kind, &comp, target, clauses, 0)?;
        }
        if kind == ScopeKind::GenExpr {
            self.load_none()?;
        }
        self.op(Op::ReturnValue)
    }

    /// One `for`, whose iterator is on the stack; `clauses` are those inside it, `depth` counts those around it.
    fn comprehension_loop(
        &mut self,
        kind: ScopeKind,
        comp: &Comp,
        target: ExprId,
        mut clauses: Items<'_, CompClause>,
        depth: u32,
    ) -> Walk {
        self.deeper(self.ast[target].pos)?;
        let top = self.label();
        let end = self.label();
        self.place(top)?;
        self.op(Op::ForIter(end))?;
        self.assign(target)?;
        let inner = loop {
            match clauses.next() {
                Some(CompClause::If(test)) => self.condition(test, false, top)?,
                Some(CompClause::For { target, iter }) => break Some((target, iter)),
                None => break None,
            }
        };
        match inner {
            Some((target, iter)) => {
                self.expr(iter)?;
                self.op(Op::GetIterStack)?;
                self.comprehension_loop(kind, comp, target, clauses, depth + 1)?;
            }
            None => self.comprehension_element(kind, comp, depth)?,
        }
        self.jump(top)?;
        self.place(end)?;
        self.adjust(-(op::ITER_SLOTS as i32))?;
        self.nesting -= 1;
        Ok(())
    }

    fn comprehension_element(&mut self, kind: ScopeKind, comp: &Comp, depth: u32) -> Walk {
        if let Some(value) = comp.value {
            self.expr(value)?;
        }
        self.expr(comp.element)?;
        // From the top: the value or the pair, an iterator for each loop, the collection.
        let below = depth * op::ITER_SLOTS + op::ITER_SLOTS;
        let store = |kind, extra| Op::StoreComp(op::Comp::new(kind, below + extra));
        match kind {
            ScopeKind::ListComp => self.op(store(op::CompKind::List, 1)),
            ScopeKind::DictComp => self.op(store(op::CompKind::Dict, 2)),
            ScopeKind::SetComp => self.op(store(op::CompKind::Set, 1)),
            _ => {
                self.op(Op::YieldValue)?;
                self.op(Op::PopTop)
            }
        }
    }
}
