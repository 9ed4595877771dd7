//! Where values come from and how often they are used.
use ferlance_collections::{IndexVec, OutOfMemory};

pub(super) use crate::analysis::homes;
use crate::nir::{Func, Inst, Op, Vreg};

/// The instruction that defines each value; none for parameters and results of terminators.
#[inline(never)]
pub(super) fn definitions(func: &Func) -> Result<IndexVec<Vreg, Option<Inst>>, OutOfMemory> {
    let mut defs = IndexVec::filled(None, func.vregs.len())?;
    for block in func.blocks.iter() {
        for inst in &block.insts {
            if let Some(dst) = inst.dst {
                defs[dst] = Some(*inst);
            }
        }
    }
    Ok(defs)
}

/// Block and place of the instruction that defines each value; beyond all of them for parameters and results of
/// terminators.
pub(super) fn places(func: &Func) -> Result<IndexVec<Vreg, (u32, u32)>, OutOfMemory> {
    let mut places = IndexVec::filled((u32::MAX, u32::MAX), func.vregs.len())?;
    for (block, data) in func.blocks.iter_enumerated() {
        for (at, inst) in data.insts.iter().enumerate() {
            if let Some(dst) = inst.dst {
                places[dst] = (block.index() as u32, at as u32);
            }
        }
    }
    Ok(places)
}

/// How often each value is used, as operand or argument.
pub(super) fn counts(func: &Func) -> Result<IndexVec<Vreg, u32>, OutOfMemory> {
    let mut counts = IndexVec::filled(0, func.vregs.len())?;
    for_each_use(func, |vreg| counts[vreg] += 1);
    Ok(counts)
}

/// Calls `each` for every use.
pub(super) fn for_each_use(func: &Func, mut each: impl FnMut(Vreg)) {
    for block in func.blocks.iter() {
        for inst in &block.insts {
            inst.operands().for_each(&mut each);
            for arg in func.items(inst.args) {
                each(*arg);
            }
        }
        block.term.operands().for_each(&mut each);
        for edge in block.term.edges() {
            for arg in func.items(edge.args) {
                each(*arg);
            }
        }
    }
}

/// The constant that a definition is.
pub(super) fn constant(def: Option<Inst>) -> Option<i64> {
    match def {
        Some(inst) if inst.op == Op::Const => Some(inst.imm),
        _ => None,
    }
}
