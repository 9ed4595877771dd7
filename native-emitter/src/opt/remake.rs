//! Shorter code: words of tables and addresses of the frame are had anew wherever they are wanted.
//!
//! One short instruction makes each of them, which is less than to keep it over a call. The tables never change.
use ferlance_collections::{IndexVec, OutOfMemory, TryVec};

use crate::nir::{Block, Func, Inst, List, Op, Vreg};

struct Remaker<'a> {
    func: &'a mut Func,
    /// By value: the instruction that makes it, if that is short.
    defs: IndexVec<Vreg, Option<Inst>>,
    out: TryVec<Inst>,
    /// Of the instruction at work.
    made: TryVec<(Vreg, Vreg)>,
}

/// Puts what makes a word of a table, or an address of the frame, right before each of its uses.
pub(super) fn remake(func: &mut Func) -> Result<(), OutOfMemory> {
    let mut defs = IndexVec::filled(None, func.vregs.len())?;
    for data in &func.blocks {
        for inst in &data.insts {
            if let (true, Some(dst)) = (is_short(inst), inst.dst) {
                defs[dst] = Some(*inst);
            }
        }
    }
    let mut remaker = Remaker {
        func,
        defs,
        out: TryVec::new(),
        made: TryVec::new(),
    };
    for at in 0..remaker.func.blocks.len() {
        remaker.block(Block::from_index(at))?;
    }
    Ok(())
}

fn is_short(inst: &Inst) -> bool {
    match inst.op {
        Op::FunTableWord | Op::ConstObj | Op::Child | Op::QstrNumber(_) => inst.a.is_some(),
        Op::SlotAddr(_) => true,
        _ => false,
    }
}

impl Remaker<'_> {
    fn block(&mut self, block: Block) -> Result<(), OutOfMemory> {
        let insts = core::mem::take(&mut self.func.blocks[block].insts);
        self.out.reserve(insts.len())?;
        for mut inst in insts {
            if is_short(&inst) {
                continue;
            }
            self.made.clear();
            for operand in [&mut inst.a, &mut inst.b, &mut inst.c] {
                if let Some(vreg) = operand {
                    *operand = Some(self.of(*vreg)?);
                }
            }
            inst.args = self.list(inst.args)?;
            self.out.push(inst)?;
        }
        let mut term = self.func.blocks[block].term;
        self.made.clear();
        let operands = TryVec::from_items(term.operands())?;
        for operand in operands {
            self.of(operand)?;
        }
        let made = &self.made;
        term.map_operands(|vreg| {
            let made = made.iter().find(|(old, _)| *old == vreg);
            made.map_or(vreg, |(_, new)| *new)
        });
        for edge in term.edges_mut() {
            edge.args = self.list(edge.args)?;
        }
        self.func.blocks[block].term = term;
        self.func.blocks[block].insts = core::mem::take(&mut self.out);
        Ok(())
    }

    /// What to use for `vreg`.
    fn of(&mut self, vreg: Vreg) -> Result<Vreg, OutOfMemory> {
        let Some(&Some(inst)) = self.defs.get(vreg) else {
            return Ok(vreg);
        };
        if let Some((_, made)) = self.made.iter().find(|(old, _)| *old == vreg) {
            return Ok(*made);
        }
        let made = self.func.vregs.push(self.func.vregs[vreg])?;
        self.out.push(Inst {
            dst: Some(made),
            ..inst
        })?;
        self.made.push((vreg, made))?;
        Ok(made)
    }

    fn list(&mut self, list: List) -> Result<List, OutOfMemory> {
        let items = self.func.items(list);
        let is_short = |item: &Vreg| matches!(self.defs.get(*item), Some(Some(_)));
        if !items.iter().any(is_short) {
            return Ok(list);
        }
        let mut items = TryVec::from_slice(items)?;
        for item in items.iter_mut() {
            *item = self.of(*item)?;
        }
        self.func.list(&items)
    }
}
