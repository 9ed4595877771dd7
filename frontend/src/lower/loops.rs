//! `while`, `for`, `async for`, `break`, `continue`.

use ferlance_abi::ops::BinaryOp;
use ferlance_abi::qstr;
use ferlance_abi::qstr::Qstr;
use ferlance_bytecode::op::{self, CallArgs};
use ferlance_bytecode::{Label, Op};

use super::{Loop, Lower, Walk};
use crate::ast::{ExprId, ExprKind, For, Rec, While};
use crate::diag::Code as Message;
use crate::source::Pos;

/// A `for` over a `range(…)` that is compiled as counting.
struct Counted {
    variable: Qstr,
    start: Option<ExprId>,
    stop: ExprId,
    /// The stop is a small int, and loaded at each test.
    stop_is_constant: bool,
    step: i64,
}

impl Lower<'_> {
    pub(super) fn while_(&mut self, parts: Rec<While>) -> Walk {
        let While { test, body, orelse } = self.ast.get(parts);
        let on_break = self.label();
        let truth = self.truth(test);
        if truth != Some(false) {
            let top = self.label();
            let on_continue = self.label();
            let outer = self.enter_loop(on_break, on_continue, false);
            if truth.is_none() {
                self.jump(on_continue)?;
            }
            self.place(top)?;
            self.suite(body)?;
            self.place(on_continue)?;
            self.condition(test, true, top)?;
            self.current_loop = outer;
        }
        if let Some(orelse) = orelse {
            self.suite(orelse)?;
        }
        self.place(on_break)
    }

    pub(super) fn for_(&mut self, parts: Rec<For>) -> Walk {
        let parts = self.ast.get(parts);
        if let Some(counted) = self.counted(&parts) {
            return self.counted_for(&parts, &counted);
        }
        let on_break = self.label();
        let top = self.label();
        let end = self.label();
        self.expr(parts.iter)?;
        let outer = self.enter_loop(on_break, top, true);
        self.op(Op::GetIterStack)?;
        self.place(top)?;
        self.op(Op::ForIter(end))?;
        self.assign(parts.target)?;
        self.suite(parts.body)?;
        self.jump(top)?;
        self.place(end)?;
        self.adjust(-(op::ITER_SLOTS as i32))?;
        self.current_loop = outer;
        if let Some(orelse) = parts.orelse {
            self.suite(orelse)?;
        }
        self.place(on_break)
    }

    /// Is it `for name in range(…)` with a step known to be a small int other than 0?
    fn counted(&self, parts: &For) -> Option<Counted> {
        let ExprKind::Name(variable) = self.ast[parts.target].kind else {
            return None;
        };
        let ExprKind::Call { func, args } = self.ast[parts.iter].kind else {
            return None;
        };
        if self.callee_name(func) != Some(qstr!("range")) {
            return None;
        }
        let args = self.ast.items(args);
        let plain = |arg: ExprId| {
            !matches!(
                self.ast[arg].kind,
                ExprKind::Star(_)
                    | ExprKind::DoubleStar(_)
                    | ExprKind::Keyword { .. }
                    | ExprKind::KeywordExpr { .. }
                    | ExprKind::Named { .. }
                    | ExprKind::Comp {
                        kind: crate::ast::CompKind::BareGenerator,
                        ..
                    }
            )
        };
        if !args.clone().all(plain) {
            return None;
        }
        let (start, stop, step) = match args.len() {
            1 => (None, args.get(0)?, 1),
            2 => (args.get(0), args.get(1)?, 1),
            3 => (args.get(0), args.get(1)?, self.small_int_of(args.get(2)?)?),
            _ => return None,
        };
        if step == 0 {
            return None;
        }
        Some(Counted {
            variable,
            start,
            stop,
            stop_is_constant: self.small_int_of(stop).is_some(),
            step,
        })
    }

    fn counted_for(&mut self, parts: &For, counted: &Counted) -> Walk {
        let on_break = self.label();
        let on_continue = self.label();
        let top = self.label();
        let entry = self.label();
        let kept = match counted.stop_is_constant {
            true => 1,
            false => 2,
        };
        if !counted.stop_is_constant {
            self.expr(counted.stop)?;
        }
        match counted.start {
            Some(start) => self.expr(start)?,
            None => self.load_small_int(0)?,
        }
        self.jump(entry)?;
        self.place(top)?;
        self.op(Op::DupTop)?;
        self.store_name(counted.variable)?;
        let outer = self.enter_loop(on_break, on_continue, false);
        self.suite(parts.body)?;
        self.place(on_continue)?;
        self.load_small_int(counted.step)?;
        self.op(Op::Binary(BinaryOp::InplaceAdd))?;
        self.place(entry)?;
        if counted.stop_is_constant {
            self.op(Op::DupTop)?;
            self.expr(counted.stop)?;
        } else {
            self.op(Op::DupTopTwo)?;
            self.op(Op::RotTwo)?;
        }
        self.op(Op::Binary(match counted.step >= 0 {
            true => BinaryOp::Less,
            false => BinaryOp::More,
        }))?;
        self.pop_jump_if(true, top)?;
        self.current_loop = outer;
        let end = self.label();
        if let Some(orelse) = parts.orelse {
            self.pops(kept)?;
            self.suite(orelse)?;
            self.jump(end)?;
            self.adjust(kept)?;
        }
        self.place(on_break)?;
        self.pops(kept)?;
        self.place(end)
    }

    fn pops(&mut self, count: i32) -> Walk {
        for _ in 0..count {
            self.op(Op::PopTop)?;
        }
        Ok(())
    }

    pub(super) fn async_for(&mut self, parts: Rec<For>, pos: Pos) -> Walk {
        self.require_generator(pos)?;
        let parts = self.ast.get(parts);
        let on_break = self.label();
        let top = self.label();
        let on_stop = self.label();
        let no_match = self.label();
        let body = self.label();
        let orelse = self.label();
        self.expr(parts.iter)?;
        self.call_method(qstr!("__aiter__"), 0)?;
        let outer = self.enter_loop(on_break, top, false);
        self.place(top)?;
        self.op(Op::SetupExcept(on_stop))?;
        self.enter_block();
        self.op(Op::DupTop)?;
        self.call_method(qstr!("__anext__"), 0)?;
        self.yield_from()?;
        self.assign(parts.target)?;
        self.op(Op::PopExceptJump(body))?;
        self.place(on_stop)?;
        self.adjust(4)?;
        self.op(Op::DupTop)?;
        self.load_fixed_global(qstr!("StopAsyncIteration"))?;
        self.op(Op::Binary(BinaryOp::ExceptionMatch))?;
        self.pop_jump_if(false, no_match)?;
        self.op(Op::PopTop)?;
        self.op(Op::PopExceptJump(orelse))?;
        self.place(no_match)?;
        self.adjust(1)?;
        self.leave_block();
        self.op(Op::EndFinally)?;
        self.adjust(-3)?;
        self.place(body)?;
        self.suite(parts.body)?;
        self.jump(top)?;
        self.current_loop = outer;
        self.place(orelse)?;
        if let Some(orelse) = parts.orelse {
            self.suite(orelse)?;
        }
        self.place(on_break)?;
        self.op(Op::PopTop)
    }

    /// Calls a method of the object on top with `positional` arguments already above it.
    pub(super) fn call_method(&mut self, name: Qstr, positional: u32) -> Walk {
        self.load_method(name)?;
        self.op(Op::CallMethod(CallArgs::new(positional, 0)))
    }

    /// `async for` and `async with` need a scope that is a generator by now.
    pub(super) fn require_generator(&mut self, pos: Pos) -> Walk {
        let flags = self.scopes[self.scope].flags;
        match flags.has(ferlance_abi::ScopeFlags::GENERATOR) {
            true => Ok(()),
            false => self.refuse(Message::AsyncOutside, pos),
        }
    }

    /// Enters a loop; gives the outer one.
    fn enter_loop(&mut self, on_break: Label, on_continue: Label, iterator: bool) -> Option<Loop> {
        self.current_loop.replace(Loop {
            on_break,
            on_continue,
            blocks: self.blocks,
            iterator,
        })
    }

    pub(super) fn break_(&mut self, pos: Pos) -> Walk {
        let Some(current) = self.current_loop else {
            return self.refuse(Message::OutsideLoop, pos);
        };
        if current.iterator && self.blocks == current.blocks && self.emitting {
            // Not counted in the stack depth: behind the jump it is as it was.
            for _ in 0..op::ITER_SLOTS {
                self.code.push(Op::PopTop)?;
            }
            self.leave_loop(current.on_break, &current, current.iterator, pos)?;
            return self.adjust(op::ITER_SLOTS as i32);
        }
        self.leave_loop(current.on_break, &current, current.iterator, pos)
    }

    pub(super) fn continue_(&mut self, pos: Pos) -> Walk {
        let Some(current) = self.current_loop else {
            return self.refuse(Message::OutsideLoop, pos);
        };
        self.leave_loop(current.on_continue, &current, false, pos)
    }

    fn leave_loop(&mut self, to: Label, current: &Loop, drops: bool, pos: Pos) -> Walk {
        let crossed = self.blocks.saturating_sub(current.blocks);
        if crossed == 0 {
            return self.jump(to);
        }
        // The operand has seven bits for the count.
        if crossed > 127 {
            return self.refuse(Message::BytecodeOverflow, pos);
        }
        let flag = match drops {
            true => op::UNWIND_DROPS_LOOP,
            false => 0,
        };
        self.op(Op::UnwindJump(to, crossed as u8 | flag))
    }
}
