//! Calls, and the moves that bring values to where calls, parameters and edges want them.
use ferlance_collections::OutOfMemory;

use super::Writer;
use crate::arch::{Callee, Emit, MAX_TEMPS, Operands, Place, PregSet};
use crate::nir::{Block, Inst, Op, Type, Width};
use crate::regalloc::moves::{Move, sequence};

impl<A: Emit> Writer<'_, A> {
    /// Brings the function's parameters to their places.
    pub(super) fn params(&mut self) -> Result<(), OutOfMemory> {
        let func = self.e.func;
        let params = func.items(func.blocks[Block::from_index(0)].params);
        let regs = self.arch.regs().params;
        self.moves.clear();
        for (at, param) in params.iter().enumerate() {
            let src = match regs.get(at) {
                Some(preg) => Place::Reg(*preg),
                None => Place::In((at - regs.len()) as u32),
            };
            self.moves.push(Move {
                dst: self.e.place(*param),
                src,
                ty: func.ty(*param),
            })?;
        }
        self.all_moves()
    }

    /// Does the collected moves.
    pub(super) fn all_moves(&mut self) -> Result<(), OutOfMemory> {
        let regs = self.arch.regs();
        let mut ready = core::mem::take(&mut self.ready);
        ready.clear();
        sequence(&mut self.moves, regs, &mut ready)?;
        for it in &ready {
            self.move_(it.dst, it.src, it.ty)?;
        }
        self.ready = ready;
        Ok(())
    }

    /// One move. What has just been stored is not loaded again.
    pub(super) fn move_(
        &mut self,
        dst: Place,
        mut src: Place,
        ty: Type,
    ) -> Result<(), OutOfMemory> {
        if let Some((place, preg, end)) = self.e.stored
            && place == src
            && end == self.e.buffer.offset()
        {
            src = Place::Reg(preg);
            if dst == src {
                return Ok(());
            }
        }
        self.arch.move_(&mut self.e, dst, src, ty)?;
        if let (Place::Spill(_), Place::Reg(preg)) = (dst, src)
            && !ty.is_float()
        {
            self.e.stored = Some((dst, preg, self.e.buffer.offset()));
        }
        Ok(())
    }

    /// Stores the line of the call that comes next.
    pub(super) fn tell(&mut self, inst: &Inst) -> Result<(), OutOfMemory> {
        let operands = self.operands([None, inst.a, None, None], 0);
        let room = operands.temps[0].map_or(Place::None, Place::Reg);
        self.tell_at(operands.a, inst.imm, room)
    }

    /// Stores a line: a constant, or one in a register, for which there is room where the machine wants that.
    pub(super) fn tell_at(
        &mut self,
        position: Place,
        line: i64,
        room: Place,
    ) -> Result<(), OutOfMemory> {
        let store = Inst::new(Op::Store(Width::U32, 0));
        let mut c = Place::Const(line);
        if !self.arch.constraints(self.e.func, &store).c.constant {
            self.arch.move_(&mut self.e, room, c, Type::Word)?;
            c = room;
        }
        let operands = Operands {
            dst: Place::None,
            a: position,
            b: Place::Const(0),
            c,
            temps: [None; MAX_TEMPS],
        };
        self.arch.inst(&mut self.e, &store, &operands)
    }

    /// Where the word that is number `at` of the arguments goes.
    pub(super) fn argument(&self, at: usize) -> Place {
        let list = self.arch.regs().args;
        match list.get(at) {
            Some(preg) => Place::Reg(*preg),
            None => Place::Out((at - list.len()) as u32),
        }
    }

    pub(super) fn call(&mut self, inst: &Inst) -> Result<(), OutOfMemory> {
        let kept = self.extra().map_or(PregSet::EMPTY, |extra| extra.kept);
        for preg in kept.iter() {
            self.arch.keep(&mut self.e, preg, false)?;
        }
        let regs = self.arch.regs();
        let func = self.e.func;
        self.moves.clear();
        let (mut words, mut floats) = (0, 0);
        for arg in func.items(inst.args) {
            let ty = func.ty(*arg);
            let dst = match ty.is_float() {
                true => {
                    floats += 1;
                    match regs.float_args.get(floats - 1) {
                        Some(preg) => Place::Reg(*preg),
                        None => Place::Out((floats - 1 - regs.float_args.len()) as u32),
                    }
                }
                false => {
                    words += 1;
                    self.argument(words - 1)
                }
            };
            let src = self.e.place(*arg);
            self.moves.push(Move { dst, src, ty })?;
        }
        let table = inst.a.map(|table| self.e.place(table));
        self.invoke(inst.op, inst.imm, table)?;
        if let Some(dst) = inst.dst {
            let ty = func.ty(dst);
            let result = Place::Reg(if ty.is_float() {
                regs.float_result
            } else {
                regs.result
            });
            let place = self.e.place(dst);
            if place != result && place != Place::None {
                self.move_(place, result, ty)?;
            }
        }
        for preg in kept.iter() {
            self.arch.keep(&mut self.e, preg, true)?;
        }
        Ok(())
    }

    /// A call, after the collected moves, which bring the arguments.
    pub(super) fn invoke(
        &mut self,
        op: Op,
        imm: i64,
        mut table: Option<Place>,
    ) -> Result<(), OutOfMemory> {
        let regs = self.arch.regs();
        if let Some(Place::Reg(preg)) = table
            && self.moves.iter().any(|it| it.dst == Place::Reg(preg))
        {
            let dst = Place::Reg(regs.callee);
            self.moves.push(Move {
                dst,
                src: Place::Reg(preg),
                ty: Type::Word,
            })?;
            table = Some(dst);
        }
        if self.arch.target().small {
            // What calls have in common comes last: see `outline`.
            self.moves
                .sort_by_key(|it| matches!(it.src, Place::Const(_)));
        }
        self.all_moves()?;
        let callee = match (op, table) {
            (Op::Call(fun), Some(table)) => Callee::Table {
                table,
                slot: fun.slot(),
            },
            (Op::CallDirect, _) => Callee::Direct(imm as u32),
            _ => Callee::Address(imm),
        };
        self.arch.call(&mut self.e, callee)?;
        self.called()
    }
}
