//! The argument area: what a call takes from memory, and what it gives there.
//!
//! In short code what is computed for a call is stored where the call wants it at once: a value on the stack has its
//! own word of the area, by its depth. Stores into the area are put right behind what makes the value, so that it need not
//! be kept over the calls that make the next ones; and a value that a call has left in its word is not stored there again.
use ferlance_collections::{IndexVec, OutOfMemory, TryVec};

use super::{Done, Lowering};
use crate::nir::{Func, Inst, Op, Slot, Type, Vreg};

impl Lowering<'_, '_> {
    /// Puts values into the argument area and gives its address.
    pub(super) fn area(&mut self, values: &[Vreg]) -> Done<Vreg> {
        let first = self.area_offset();
        for (at, value) in values.iter().enumerate() {
            let offset = first + at as i64 * self.word();
            self.b.slot_store(self.args, offset, *value)?;
        }
        self.area_of(values.len() as u32)
    }

    /// The address of the argument area, with room for so many words.
    pub(super) fn area_of(&mut self, words: u32) -> Done<Vreg> {
        let first = self.area_offset();
        let before = (first / self.word()) as u32;
        self.args_words = self.args_words.max(before + words);
        Ok(self.b.slot_addr(self.args, first)?)
    }

    /// Where in the argument area the words of the op at hand begin: in short code each depth of the stack has its own.
    pub(super) fn area_offset(&self) -> i64 {
        match self.target.small && self.pieces.is_none() {
            true => i64::from(self.depth) * self.word(),
            false => 0,
        }
    }

    /// Word `at` of the argument area, after a call that fills it.
    pub(super) fn area_word(&mut self, at: u32) -> Done<Vreg> {
        let offset = self.area_offset() + i64::from(at) * self.word();
        Ok(self.b.slot_load(Type::Obj, self.args, offset)?)
    }
}

/// Moves and drops stores into `area`, block by block.
pub(super) fn settle(func: &mut Func, area: Slot) -> Result<(), OutOfMemory> {
    let mut uses: IndexVec<Vreg, u32> = IndexVec::filled(0, func.vregs.len())?;
    let mut starts: IndexVec<Vreg, Option<i64>> = IndexVec::filled(None, func.vregs.len())?;
    for data in &func.blocks {
        for inst in &data.insts {
            for vreg in inst.operands().chain(func.items(inst.args).iter().copied()) {
                uses[vreg] += 1;
            }
            if let (Op::SlotAddr(slot), Some(dst)) = (inst.op, inst.dst)
                && slot == area
            {
                starts[dst] = Some(inst.imm);
            }
        }
        for vreg in data.term.operands() {
            uses[vreg] += 1;
        }
        for edge in data.term.edges() {
            for vreg in func.items(edge.args) {
                uses[*vreg] += 1;
            }
        }
    }
    for at in 0..func.blocks.len() {
        let block = crate::nir::Block::from_index(at);
        let mut insts = core::mem::take(&mut func.blocks[block].insts);
        let mut at = 0;
        while at < insts.len() {
            let found = match insts[at].op {
                Op::SlotStore(slot) if slot == area => {
                    place(func, &insts, at, area, &uses, &starts)
                }
                _ => None,
            };
            match found {
                Some(Settled::Is) => {
                    insts.remove(at);
                    continue;
                }
                Some(Settled::Behind(def)) => {
                    let store = insts.remove(at);
                    insts.insert(def + 1, store)?;
                }
                None => {}
            }
            at += 1;
        }
        func.blocks[block].insts = insts;
    }
    Ok(())
}

enum Settled {
    /// The value is there already.
    Is,
    /// It may be stored behind this instruction, which makes it.
    Behind(usize),
}

/// Where the store at `at` may go.
fn place(
    func: &Func,
    insts: &TryVec<Inst>,
    at: usize,
    area: Slot,
    uses: &IndexVec<Vreg, u32>,
    starts: &IndexVec<Vreg, Option<i64>>,
) -> Option<Settled> {
    let (value, word) = (insts[at].c?, insts[at].imm);
    let mut calls = false;
    for (before, inst) in insts[..at].iter().enumerate().rev() {
        if inst.dst == Some(value) {
            return match inst.op {
                Op::SlotLoad(slot) if slot == area && inst.imm == word => Some(Settled::Is),
                Op::Call(_) | Op::Load(..) | Op::SlotLoad(_) if calls && uses[value] == 1 => {
                    Some(Settled::Behind(before))
                }
                _ => None,
            };
        }
        match inst.op {
            // The word is in use for something else.
            Op::SlotStore(slot) | Op::SlotLoad(slot) if slot == area && inst.imm == word => {
                return None;
            }
            op if op.is_call() => {
                calls = true;
                // Whoever gets an address looks at the words from there on.
                let reaches = |arg: &Vreg| starts[*arg].is_some_and(|start| start <= word);
                if func.items(inst.args).iter().any(reaches) {
                    return None;
                }
            }
            _ => {}
        }
    }
    None
}
