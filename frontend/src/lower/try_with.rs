//! `try`, `with`, `async with`.

use ferlance_abi::ops::BinaryOp;
use ferlance_abi::qstr;
use ferlance_bytecode::Op;
use ferlance_bytecode::op::CallArgs;

use super::{Lower, Walk};
use crate::ast::{Handler, Items, Rec, Suite, Try, WithItem};
use crate::diag::Code as Message;

impl Lower<'_> {
    pub(super) fn try_(&mut self, parts: Rec<Try>) -> Walk {
        let parts = self.ast.get(parts);
        let Some(finalbody) = parts.finalbody else {
            return self.try_except(&parts);
        };
        let on_leave = self.label();
        self.op(Op::SetupFinally(on_leave))?;
        self.enter_block();
        if self.ast.items(parts.handlers).is_empty() {
            self.reserve(3);
            self.suite(parts.body)?;
            self.reserve(-3);
        } else {
            self.try_except(&parts)?;
        }
        self.load_none()?;
        self.place(on_leave)?;
        self.reserve(1);
        self.suite(finalbody)?;
        self.reserve(-1);
        self.leave_block();
        self.op(Op::EndFinally)
    }

    fn try_except(&mut self, parts: &Try) -> Walk {
        let on_raise = self.label();
        let no_raise = self.label();
        let end = self.label();
        self.op(Op::SetupExcept(on_raise))?;
        self.enter_block();
        self.suite(parts.body)?;
        self.op(Op::PopExceptJump(no_raise))?;
        self.place(on_raise)?;
        self.adjust(4)?;
        let mut handlers = self.ast.items(parts.handlers);
        while let Some(handler) = handlers.next() {
            if handler.exc.is_none() && !handlers.is_empty() {
                return self.refuse(Message::DefaultExceptLast, handler.pos);
            }
            self.handler(&handler, end)?;
        }
        self.leave_block();
        self.op(Op::EndFinally)?;
        self.adjust(-3)?;
        self.place(no_raise)?;
        if let Some(orelse) = parts.orelse {
            self.suite(orelse)?;
        }
        self.place(end)
    }

    /// One `except` clause; the exception is on top.
    fn handler(&mut self, handler: &Handler, end: ferlance_bytecode::Label) -> Walk {
        let no_match = self.label();
        if let Some(exc) = handler.exc {
            self.op(Op::DupTop)?;
            self.expr(exc)?;
            self.op(Op::Binary(BinaryOp::ExceptionMatch))?;
            self.pop_jump_if(false, no_match)?;
        }
        match handler.name {
            None => {
                self.op(Op::PopTop)?;
                self.suite(handler.body)?;
            }
            Some(name) => {
                let on_leave = self.label();
                self.store_name(name)?;
                self.op(Op::SetupFinally(on_leave))?;
                self.enter_block();
                self.suite(handler.body)?;
                self.load_none()?;
                self.place(on_leave)?;
                self.reserve(1);
                self.load_none()?;
                self.store_name(name)?;
                self.delete_name(name)?;
                self.reserve(-1);
                self.leave_block();
                self.op(Op::EndFinally)?;
            }
        }
        self.op(Op::PopExceptJump(end))?;
        self.place(no_match)?;
        self.adjust(1)?;
        Ok(())
    }

    /// The remaining items of a `with` and its block.
    pub(super) fn with(&mut self, mut items: Items<'_, WithItem>, body: Suite) -> Walk {
        let Some(WithItem { context, target }) = items.next() else {
            return self.suite(body);
        };
        self.deeper(self.ast[context].pos)?;
        let on_leave = self.label();
        self.expr(context)?;
        self.op(Op::SetupWith(on_leave))?;
        self.enter_block();
        match target {
            Some(target) => self.assign(target)?,
            None => self.op(Op::PopTop)?,
        }
        self.with(items, body)?;
        self.load_none()?;
        self.place(on_leave)?;
        self.op(Op::WithCleanup)?;
        self.leave_block();
        self.op(Op::EndFinally)?;
        self.nesting -= 1;
        Ok(())
    }

    /// The remaining items of an `async with` and its block.
    pub(super) fn async_with(&mut self, mut items: Items<'_, WithItem>, body: Suite) -> Walk {
        let Some(WithItem { context, target }) = items.next() else {
            return self.suite(body);
        };
        self.deeper(self.ast[context].pos)?;
        let on_leave = self.label();
        let jumped = self.label();
        let normal = self.label();
        let end = self.label();
        self.expr(context)?;
        self.op(Op::DupTop)?;
        self.call_method(qstr!("__aenter__"), 0)?;
        self.yield_from()?;
        match target {
            Some(target) => self.assign(target)?,
            None => self.op(Op::PopTop)?,
        }
        self.op(Op::SetupFinally(on_leave))?;
        self.enter_block();
        self.adjust(3)?;
        self.async_with(items, body)?;
        self.adjust(-3)?;
        self.load_none()?;
        self.op(Op::RotTwo)?;
        self.jump(normal)?;

        self.place(on_leave)?;
        self.op(Op::DupTop)?;
        self.load_fixed_global(qstr!("BaseException"))?;
        self.op(Op::Binary(BinaryOp::ExceptionMatch))?;
        self.pop_jump_if(false, jumped)?;
        self.op(Op::DupTop)?;
        self.op(Op::RotThree)?;
        self.op(Op::RotTwo)?;
        self.load_method(qstr!("__aexit__"))?;
        self.op(Op::RotThree)?;
        self.op(Op::RotThree)?;
        self.op(Op::DupTop)?;
        self.load_attr(qstr!("__class__"))?;
        self.op(Op::RotTwo)?;
        self.load_none()?;
        self.op(Op::CallMethod(CallArgs::new(3, 0)))?;
        self.yield_from()?;
        self.pop_jump_if(false, end)?;
        self.op(Op::PopTop)?;
        self.load_none()?;
        self.jump(end)?;
        self.adjust(2)?;

        self.place(jumped)?;
        self.op(Op::RotThree)?;
        self.op(Op::RotThree)?;
        self.place(normal)?;
        self.load_method(qstr!("__aexit__"))?;
        self.load_none()?;
        self.op(Op::DupTop)?;
        self.op(Op::DupTop)?;
        self.op(Op::CallMethod(CallArgs::new(3, 0)))?;
        self.yield_from()?;
        self.op(Op::PopTop)?;
        self.adjust(-1)?;
        self.place(end)?;
        self.leave_block();
        self.op(Op::EndFinally)?;
        self.nesting -= 1;
        Ok(())
    }
}
