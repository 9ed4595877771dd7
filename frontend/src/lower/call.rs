//! Trailers: attributes, items and calls behind an atom; arguments of calls.

use ferlance_abi::qstr;
use ferlance_abi::qstr::Qstr;
use ferlance_bytecode::Op;
use ferlance_bytecode::op::CallArgs;

use super::{Lower, Walk};
use crate::ast::{ExprId, ExprKind, List};
use crate::diag::Code as Message;
use crate::hir::ScopeKind;
use crate::source::Pos;

/// What a call finds below its arguments.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Callee {
    /// A function.
    Function,
    /// A function and self.
    Method,
    /// The class builder, a body and a name, of which the last two are arguments.
    ClassBuilder,
}

impl Lower<'_> {
    /// An atom and its trailers. Chains may be long, so this does not recurse along them.
    pub(super) fn trailers(&mut self, outermost: ExprId) -> Walk {
        self.mark(self.ast.first(outermost))?;
        self.unmarked_trailers(outermost)
    }

    /// The same without noting the first token: behind `await`, which is the first token then.
    pub(super) fn unmarked_trailers(&mut self, outermost: ExprId) -> Walk {
        let (start, atom) = self.unchain(outermost)?;
        if !self.super_without_arguments(atom, start)? {
            self.expr(atom)?;
        }
        while self.chain.len() > start {
            let Some(trailer) = self.chain.pop() else {
                break;
            };
            let node = self.ast[trailer];
            if let ExprKind::Attr { name, .. } = node.kind
                && let Some(args) = self.pop_call(start)
            {
                self.load_method(name)?;
                self.call(args, Callee::Method)?;
                continue;
            }
            self.trailer(node.kind, node.pos)?;
        }
        Ok(())
    }

    /// An atom and its trailers one by one, as upstream compiles what stands before the last trailer of a target.
    pub(super) fn target_base(&mut self, outermost: ExprId) -> Walk {
        let (start, atom) = self.unchain(outermost)?;
        self.expr(atom)?;
        while self.chain.len() > start {
            let Some(trailer) = self.chain.pop() else {
                break;
            };
            let node = self.ast[trailer];
            self.trailer(node.kind, node.pos)?;
        }
        Ok(())
    }

    /// The name that an atom is, in brackets or not.
    pub(super) fn callee_name(&self, mut atom: ExprId) -> Option<Qstr> {
        if let ExprKind::Paren(inner) = self.ast[atom].kind {
            atom = inner;
        }
        match self.ast[atom].kind {
            ExprKind::Name(name) => Some(name),
            _ => None,
        }
    }

    /// Pushes the trailers on the chain, outermost first; gives where they start, and the atom.
    fn unchain(&mut self, outermost: ExprId) -> Walk<(usize, ExprId)> {
        let start = self.chain.len();
        let mut at = outermost;
        loop {
            let base = match self.ast[at].kind {
                ExprKind::Attr { base, .. } | ExprKind::Index { base, .. } => base,
                ExprKind::Call { func, .. } => func,
                _ => return Ok((start, at)),
            };
            self.chain.push(at)?;
            at = base;
        }
    }

    /// Takes the next trailer off the chain if it is a call.
    fn pop_call(&mut self, start: usize) -> Option<List<ExprId>> {
        if self.chain.len() <= start {
            return None;
        }
        let ExprKind::Call { args, .. } = self.ast[*self.chain.last()?].kind else {
            return None;
        };
        self.chain.pop();
        Some(args)
    }

    fn trailer(&mut self, kind: ExprKind, pos: Pos) -> Walk {
        self.at = pos;
        self.mark(pos)?;
        match kind {
            ExprKind::Attr { name, .. } => self.load_attr(name),
            ExprKind::Index { index, .. } => {
                self.expr(index)?;
                self.op(Op::LoadSubscr)
            }
            ExprKind::Call { args, .. } => self.call(args, Callee::Function),
            _ => Ok(()), // the chain holds nothing else
        }
    }

    /// `super()` in a function, which means `super(__class__, self)`; takes the trailers that it stands for.
    fn super_without_arguments(&mut self, atom: ExprId, start: usize) -> Walk<bool> {
        let node = self.ast[atom];
        if self.callee_name(atom) != Some(qstr!("super"))
            || self.scopes[self.scope].kind != ScopeKind::Function
        {
            return Ok(false);
        }
        let call = match self.chain.last() {
            Some(&trailer) if self.chain.len() > start => self.ast[trailer],
            _ => return Ok(false),
        };
        match call.kind {
            ExprKind::Call { args, .. } if self.ast.items(args).is_empty() => {}
            _ => return Ok(false),
        }
        self.chain.pop();
        self.load_name(qstr!("super"))?;
        self.load_name(qstr!("__class__"))?;
        let mut names = self.scopes[self.scope].names().iter();
        let first = names.find(|name| name.param != crate::hir::scope::ParamKind::No);
        let Some(first) = first.map(|name| name.qstr) else {
            return self.refuse(Message::SuperNoSelf, node.pos);
        };
        self.load_name(first)?;
        let attr = match self.chain.last() {
            Some(&trailer) if self.chain.len() > start => Some(self.ast[trailer].kind),
            _ => None,
        };
        if let Some(ExprKind::Attr { name, .. }) = attr {
            let trailer = self.chain.pop();
            if let Some(args) = self.pop_call(start) {
                self.name_op(Op::LoadSuperMethod(name), name)?;
                self.call(args, Callee::Method)?;
                return Ok(true);
            }
            if let Some(trailer) = trailer {
                self.chain.push(trailer)?;
            }
        }
        self.op(Op::CallFunction(CallArgs::new(2, 0)))?;
        Ok(true)
    }

    /// The arguments of a call and the call.
    pub(super) fn call(&mut self, list: List<ExprId>, callee: Callee) -> Walk {
        let mut positional = 0;
        let mut keyword = 0;
        let mut stars = 0_i64;
        let mut starred = false;
        let mut double_starred = false;
        for arg in self.ast.items(list) {
            let node = self.ast[arg];
            let pos = node.pos;
            match node.kind {
                ExprKind::Star(iterable) => {
                    if double_starred {
                        return self.refuse(Message::StarAfterDoubleStar, pos);
                    }
                    if keyword > 0 {
                        return self.refuse(Message::StarAfterKeyword, pos);
                    }
                    // The bitmap must be a small int.
                    let bits = u32::from(self.options.small_int_bits).min(63);
                    if positional + 1 >= bits {
                        return self.refuse(Message::TooManyArgs, pos);
                    }
                    starred = true;
                    stars |= 1 << positional;
                    self.expr(iterable)?;
                    positional += 1;
                }
                ExprKind::DoubleStar(mapping) => {
                    double_starred = true;
                    self.op(Op::LoadNull)?;
                    self.expr(mapping)?;
                    keyword += 1;
                }
                ExprKind::Keyword { name, value } => {
                    self.load_str(name)?;
                    self.expr(value)?;
                    keyword += 1;
                }
                ExprKind::KeywordExpr { .. } => {
                    return self.refuse(Message::KeywordNotName, pos);
                }
                _ => {
                    if double_starred {
                        return self.refuse_expr(Message::PositionalAfterDoubleStar, arg);
                    }
                    if keyword > 0 {
                        return self.refuse_expr(Message::PositionalAfterKeyword, arg);
                    }
                    match node.kind {
                        // Unlike elsewhere, it notes no line of its own.
                        ExprKind::Named { target, value } => self.named(target, value, pos)?,
                        _ => self.expr(arg)?,
                    }
                    positional += 1;
                }
            }
            // The operand counts to 255 of each; upstream does not notice.
            let hidden = 2 * u32::from(callee == Callee::ClassBuilder);
            if positional + hidden > 255 || keyword > 255 {
                return self.refuse(Message::TooManyArgs, pos);
            }
        }
        if callee == Callee::ClassBuilder {
            // Upstream does not count the two hidden arguments in the bitmap; see bytecode.md section 12.
            positional += 2;
        }
        let args = CallArgs::new(positional, keyword);
        let method = callee == Callee::Method;
        if !starred && !double_starred {
            return self.op(match method {
                true => Op::CallMethod(args),
                false => Op::CallFunction(args),
            });
        }
        self.load_small_int(stars)?;
        self.op(match method {
            true => Op::CallMethodVarKw(args),
            false => Op::CallFunctionVarKw(args),
        })
    }
}
