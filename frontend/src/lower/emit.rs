//! What both walks do with ops, names, objects, children and jumps.

use ferlance_abi::qstr::Qstr;
use ferlance_bytecode::module::CodeId;
use ferlance_bytecode::op::{Child, SmallInt};
use ferlance_bytecode::{Label, Local, Op};
use ferlance_collections::{OutOfMemory, TryVec};

use super::{Lower, Walk};
use crate::diag::Code as Message;
use crate::hir::{NameKind, Scope, ScopeId};
use crate::source::Pos;

impl Lower<'_> {
    /// Emits an op in walk 2.
    #[inline]
    fn push(&mut self, op: Op) -> Result<(), OutOfMemory> {
        self.code.mark_spot(self.at.0)?;
        self.code.push(op)
    }

    /// Emits an op.
    #[inline]
    pub(super) fn op(&mut self, op: Op) -> Walk {
        if self.emitting {
            self.push(op)?;
        }
        Ok(())
    }

    /// Emits an op whose name counts in walk 1: attributes, methods, imports, strings.
    #[inline]
    pub(super) fn name_op(&mut self, op: Op, name: Qstr) -> Walk {
        match self.emitting {
            true => self.push(op)?,
            false => {
                self.names.index_of(name)?;
            }
        }
        Ok(())
    }

    pub(super) fn load_str(&mut self, text: Qstr) -> Walk {
        self.name_op(Op::LoadConstString(text), text)
    }

    pub(super) fn load_attr(&mut self, name: Qstr) -> Walk {
        self.name_op(Op::LoadAttr(name), name)
    }

    pub(super) fn load_method(&mut self, name: Qstr) -> Walk {
        self.name_op(Op::LoadMethod(name), name)
    }

    /// A global that the compiler itself asks for.
    pub(super) fn load_fixed_global(&mut self, name: Qstr) -> Walk {
        self.name_op(Op::LoadGlobal(name), name)
    }

    pub(super) fn load_small_int(&mut self, value: i64) -> Walk {
        if self.emitting {
            match SmallInt::inline(value) {
                Some(value) => self.push(Op::LoadConstSmallInt(value))?,
                None => self.code.push_small_int(value)?,
            }
        }
        Ok(())
    }

    pub(super) fn load_none(&mut self) -> Walk {
        self.op(Op::LoadConstNone)
    }

    /// Notes the line of `pos`.
    #[inline]
    pub(super) fn mark(&mut self, pos: Pos) -> Walk {
        if self.emitting && self.options.lines {
            let line = self.ast.line(pos);
            self.code.mark_line(line)?;
        }
        Ok(())
    }

    /// Corrects the running stack depth.
    #[inline]
    pub(super) fn adjust(&mut self, delta: i32) -> Walk {
        if self.emitting {
            self.code.adjust_stack(delta)?;
        }
        Ok(())
    }

    /// Reserves stack slots for what the run time puts there.
    pub(super) fn reserve(&mut self, delta: i32) {
        if self.emitting {
            self.code.reserve_stack(delta);
        }
    }

    /// An exception block begins.
    pub(super) fn enter_block(&mut self) {
        self.blocks += 1;
        if self.emitting {
            self.code.enter_block();
        }
    }

    /// The innermost exception block ends.
    pub(super) fn leave_block(&mut self) {
        self.blocks = self.blocks.saturating_sub(1);
        if self.emitting {
            self.code.leave_block();
        }
    }

    /// A new label.
    #[inline]
    pub(super) fn label(&mut self) -> Label {
        match self.emitting {
            true => self.code.new_label(),
            false => Label(0),
        }
    }

    /// Makes `label` stand here.
    #[inline]
    pub(super) fn place(&mut self, label: Label) -> Walk {
        if self.emitting {
            self.code.place(label)?;
        }
        Ok(())
    }

    pub(super) fn jump(&mut self, to: Label) -> Walk {
        self.op(Op::Jump(to))
    }

    pub(super) fn pop_jump_if(&mut self, sense: bool, to: Label) -> Walk {
        self.op(match sense {
            true => Op::PopJumpIfTrue(to),
            false => Op::PopJumpIfFalse(to),
        })
    }

    /// Loads a variable.
    #[inline]
    pub(super) fn load_name(&mut self, name: Qstr) -> Walk {
        if !self.emitting {
            return Ok(self.scopes.note_load(self.scope, name)?);
        }
        let op = match self.place_of(name) {
            Variable::Slot(slot) => Op::LoadFast(slot),
            Variable::Cell(slot) => Op::LoadDeref(slot),
            Variable::Global => Op::LoadGlobal(name),
            Variable::Dict => Op::LoadName(name),
        };
        Ok(self.push(op)?)
    }

    /// Pops into a variable.
    #[inline]
    pub(super) fn store_name(&mut self, name: Qstr) -> Walk {
        if !self.emitting {
            self.scopes.note_store(self.scope, name)?;
            return Ok(());
        }
        let op = match self.place_of(name) {
            Variable::Slot(slot) => Op::StoreFast(slot),
            Variable::Cell(slot) => Op::StoreDeref(slot),
            Variable::Global => Op::StoreGlobal(name),
            Variable::Dict => Op::StoreName(name),
        };
        Ok(self.push(op)?)
    }

    /// Deletes a variable.
    pub(super) fn delete_name(&mut self, name: Qstr) -> Walk {
        if !self.emitting {
            self.scopes.note_store(self.scope, name)?;
            return Ok(());
        }
        let op = match self.place_of(name) {
            Variable::Slot(slot) => Op::DeleteFast(slot),
            Variable::Cell(slot) => Op::DeleteDeref(slot),
            Variable::Global => Op::DeleteGlobal(name),
            Variable::Dict => Op::DeleteName(name),
        };
        Ok(self.push(op)?)
    }

    #[inline]
    fn place_of(&self, name: Qstr) -> Variable {
        let scope = &self.scopes[self.scope];
        let Some(known) = scope.get(name) else {
            return Variable::unresolved(scope);
        };
        match known.kind {
            NameKind::Local => Variable::Slot(Local(u32::from(known.slot))),
            NameKind::Cell | NameKind::Free => Variable::Cell(Local(u32::from(known.slot))),
            NameKind::ExplicitGlobal => Variable::Global,
            NameKind::ImplicitGlobal | NameKind::Assigned => Variable::unresolved(scope),
        }
    }

    /// Makes a function of `child`, whose defaults are on the stack if `with_defaults`.
    pub(super) fn make_function(&mut self, child: ScopeId, with_defaults: bool, pos: Pos) -> Walk {
        if !self.emitting {
            return Ok(());
        }
        let number = Child(u32::try_from(self.code.children.len()).map_err(|_| OutOfMemory)?);
        let code_id = CodeId(u32::try_from(child.index()).map_err(|_| OutOfMemory)?);
        self.code.children.push(code_id)?;
        let n_free = self.scopes[child].n_free;
        if n_free == 0 {
            return self.op(match with_defaults {
                true => Op::MakeFunctionDefargs(number),
                false => Op::MakeFunction(number),
            });
        }
        let Ok(cells) = u8::try_from(n_free) else {
            return self.refuse(Message::BytecodeOverflow, pos);
        };
        // The child's free variables are numbered in the order of our names.
        let mut wanted = TryVec::filled(Qstr::NONE, usize::from(n_free))?;
        for name in self.scopes[child].names() {
            if name.kind == NameKind::Free
                && let Some(slot) = wanted.get_mut(usize::from(name.slot))
            {
                *slot = name.qstr;
            }
        }
        for name in wanted {
            let ours = self.scopes[self.scope].get(name);
            let slot = ours.map_or(0, |name| name.slot);
            self.op(Op::LoadFast(Local(u32::from(slot))))?;
        }
        self.op(match with_defaults {
            true => Op::MakeClosureDefargs(number, cells),
            false => Op::MakeClosure(number, cells),
        })
    }
}

/// Where a variable lives.
enum Variable {
    Slot(Local),
    Cell(Local),
    Global,
    Dict,
}

impl Variable {
    fn unresolved(scope: &Scope) -> Variable {
        match scope.kind.is_function_like() {
            true => Variable::Global,
            false => Variable::Dict,
        }
    }
}
