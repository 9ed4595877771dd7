//! How blocks end: jumps, branches, returns.
use ferlance_collections::{OutOfMemory, TryVec};

use super::{Writer, way};
use crate::arch::{Emit, Place};
use crate::nir::{Block, Edge, Term};
use crate::regalloc::moves::Move;

/// Bytes of an epilogue from which a jump to it, two bytes as a rule, is better than another.
const LONG_EPILOGUE: u32 = 8;

impl<A: Emit> Writer<'_, A> {
    /// Goes to a block, which may be what comes next.
    fn go(&mut self, to: Block, next: Option<Block>) -> Result<(), OutOfMemory> {
        let to = self.target(to);
        if Some(to) == next {
            return Ok(());
        }
        let label = self.e.labels[to];
        self.arch.jump(&mut self.e, label)
    }

    fn edge(&mut self, edge: Edge, next: Option<Block>) -> Result<(), OutOfMemory> {
        let func = self.e.func;
        self.moves.clear();
        let params = func.items(func.blocks[edge.block].params);
        for (param, arg) in params.iter().zip(func.items(edge.args)) {
            self.moves.push(Move {
                dst: self.e.place(*param),
                src: self.e.place(*arg),
                ty: func.ty(*param),
            })?;
        }
        self.all_moves()?;
        self.go(edge.block, next)
    }

    /// Returns to the caller: a long epilogue stands once.
    fn leave(&mut self) -> Result<(), OutOfMemory> {
        match self.epilogue {
            Some((label, bytes)) if bytes >= LONG_EPILOGUE => self.arch.jump(&mut self.e, label),
            Some(_) => self.arch.epilogue(&mut self.e),
            None => {
                let start = self.e.buffer.offset();
                let label = self.e.buffer.here()?;
                self.arch.epilogue(&mut self.e)?;
                self.epilogue = Some((label, self.e.buffer.offset() - start));
                Ok(())
            }
        }
    }

    pub(super) fn end(&mut self, term: &Term, next: Option<Block>) -> Result<(), OutOfMemory> {
        match *term {
            Term::Jump(edge) => self.edge(edge, next),
            Term::Branch {
                cond,
                a,
                b,
                imm,
                then,
                other,
            } => {
                let operands = self.operands([None, Some(a), b, None], imm);
                let (cond, then, other) = if Some(self.target(then.block)) == next {
                    (cond.negated(), other, then)
                } else {
                    (cond, then, other)
                };
                let to = self.label(then.block);
                self.arch.branch(&mut self.e, cond, &operands, to)?;
                self.go(other.block, next)
            }
            Term::FBranch {
                cond,
                a,
                b,
                then,
                other,
            } => {
                let operands = self.operands([None, Some(a), Some(b), None], 0);
                let ty = self.e.func.ty(a);
                let (holds, then, other) = if Some(self.target(then.block)) == next {
                    (false, other, then)
                } else {
                    (true, then, other)
                };
                let to = self.label(then.block);
                self.arch
                    .float_branch(&mut self.e, cond, holds, &operands, ty, to)?;
                self.go(other.block, next)
            }
            Term::Checked {
                op,
                dst,
                a,
                b,
                imm,
                fits,
                over,
            } => {
                let operands = self.operands([Some(dst), Some(a), b, None], imm);
                let to = self.label(over.block);
                self.arch.checked(&mut self.e, op, &operands, to)?;
                self.go(fits.block, next)
            }
            Term::NlrPush {
                table,
                slot,
                normal,
                caught,
            } => {
                let table = table.map_or(Place::None, |table| self.e.place(table));
                let to = self.label(caught.block);
                self.arch.nlr_push(&mut self.e, table, slot, to)?;
                self.go(normal.block, next)
            }
            Term::Switch { a, start, len } => {
                let operands = self.operands([None, Some(a), None, None], 0);
                let start = start as usize;
                let targets = self.e.func.targets.get(start..start + len as usize);
                let mut labels = TryVec::new();
                for target in targets.unwrap_or(&[]) {
                    labels.push(self.label(*target))?;
                }
                self.arch.switch(&mut self.e, &operands, &labels)
            }
            Term::Return { a } => {
                let (src, ty) = (self.e.place(a), self.e.func.ty(a));
                let ret = Place::Reg(self.arch.regs().ret);
                if src != ret {
                    self.arch.move_(&mut self.e, ret, src, ty)?;
                }
                self.leave()
            }
            // The next piece comes right behind the last block.
            Term::Leave(label) if next.is_none() && self.next == Some(label) => Ok(()),
            Term::Leave(label) => {
                let to = way(&mut self.ways, &mut self.e.buffer, label)?;
                self.arch.jump(&mut self.e, to)
            }
            // What never returns needs no trap behind it to be short.
            Term::Unreachable if self.arch.target().small => Ok(()),
            Term::Open | Term::Unreachable => self.arch.unreachable(&mut self.e),
        }
    }
}
