//! Constants and addresses that a machine has no room for become values of their own.
//!
//! Runs before code moves out of loops, so that what a loop needs each time is made once in front of it.
use ferlance_collections::{OutOfMemory, TryVec};

use super::Arch;
use crate::nir::shape::Shape;
use crate::nir::{Block, Func, Inst, Op, Term, Type, Vreg};

/// Makes every instruction of `func` one that `arch` has. Ops it lacks altogether are the lowering's to avoid.
pub fn legalise(func: &mut Func, arch: &dyn Arch) -> Result<(), OutOfMemory> {
    let mut pass = Pass {
        func,
        arch,
        out: TryVec::new(),
    };
    for at in 0..pass.func.blocks.len() {
        pass.block(Block::from_index(at))?;
    }
    Ok(())
}

struct Pass<'a> {
    func: &'a mut Func,
    arch: &'a dyn Arch,
    out: TryVec<Inst>,
}

impl Pass<'_> {
    fn block(&mut self, block: Block) -> Result<(), OutOfMemory> {
        let insts = core::mem::take(&mut self.func.blocks[block].insts);
        self.out = TryVec::with_capacity(insts.len())?;
        for mut inst in insts {
            match inst.op {
                Op::Load(..) | Op::Store(..) => self.address(&mut inst)?,
                op if op.shape() == Shape::Binary && inst.b.is_none() => {
                    let fits = self.arch.fits(op, inst.imm);
                    self.second(&mut inst, fits)?;
                }
                // Read the other way round if the constant has no room.
                Op::RevSub if inst.imm != 0 && !self.arch.fits(Op::RevSub, inst.imm) => {
                    let left = self.constant(inst.imm)?;
                    inst = Inst {
                        op: Op::Sub,
                        b: inst.a,
                        a: Some(left),
                        imm: 0,
                        ..inst
                    };
                }
                _ => {}
            }
            self.out.push(inst)?;
        }
        let mut term = self.func.blocks[block].term;
        match &mut term {
            Term::Branch { cond, b, imm, .. } if b.is_none() => {
                if !self.arch.fits(Op::Cmp(*cond), *imm) {
                    *b = Some(self.constant(*imm)?);
                    *imm = 0;
                }
            }
            Term::Checked { op, b, imm, .. } if b.is_none() => {
                if !self.arch.fits_checked(*op, *imm) {
                    *b = Some(self.constant(*imm)?);
                    *imm = 0;
                }
            }
            _ => {}
        }
        self.func.blocks[block].term = term;
        self.func.blocks[block].insts = core::mem::take(&mut self.out);
        Ok(())
    }

    fn constant(&mut self, imm: i64) -> Result<Vreg, OutOfMemory> {
        let dst = self.func.vreg(Type::Word)?;
        self.out.push(Inst {
            dst: Some(dst),
            imm,
            ..Inst::new(Op::Const)
        })?;
        Ok(dst)
    }

    /// Puts the constant second operand into a value unless it fits.
    fn second(&mut self, inst: &mut Inst, fits: bool) -> Result<(), OutOfMemory> {
        if !fits {
            inst.b = Some(self.constant(inst.imm)?);
            inst.imm = 0;
        }
        Ok(())
    }

    /// A new word of two operands or of one and a constant.
    fn word(
        &mut self,
        op: Op,
        a: Option<Vreg>,
        b: Option<Vreg>,
        imm: i64,
    ) -> Result<Vreg, OutOfMemory> {
        let dst = self.func.vreg(Type::Word)?;
        let mut inst = Inst {
            dst: Some(dst),
            a,
            b,
            imm,
            ..Inst::new(op)
        };
        if b.is_none() {
            let fits = self.arch.fits(op, imm);
            self.second(&mut inst, fits)?;
        }
        self.out.push(inst)?;
        Ok(dst)
    }

    fn address(&mut self, inst: &mut Inst) -> Result<(), OutOfMemory> {
        let (Op::Load(width, shift) | Op::Store(width, shift)) = inst.op else {
            return Ok(());
        };
        let with = |op, shift| match op {
            Op::Load(..) => Op::Load(width, shift),
            _ => Op::Store(width, shift),
        };
        let index = inst.b.map(|_| shift);
        if self.arch.address(width, index, inst.imm) {
            return Ok(());
        }
        if let Some(shift) = index {
            if self.arch.address(width, index, 0) {
                // Only the offset is too much.
                inst.a = Some(self.word(Op::Add, inst.a, None, inst.imm)?);
                inst.imm = 0;
                return Ok(());
            }
            let mut scaled = inst.b;
            if shift > 0 {
                scaled = Some(self.word(Op::Shl, inst.b, None, i64::from(shift))?);
            }
            inst.op = with(inst.op, 0);
            if self.arch.address(width, Some(0), inst.imm) {
                inst.b = scaled;
                return Ok(());
            }
            inst.a = Some(self.word(Op::Add, inst.a, scaled, 0)?);
            inst.b = None;
            if self.arch.address(width, None, inst.imm) {
                return Ok(());
            }
        }
        if self.arch.address(width, Some(0), 0) {
            inst.b = Some(self.constant(inst.imm)?);
        } else {
            inst.a = Some(self.word(Op::Add, inst.a, None, inst.imm)?);
        }
        inst.imm = 0;
        Ok(())
    }
}
