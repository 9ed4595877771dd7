//! Two operations that the machine does as one: a product added, an operand shifted.
//!
//! Last of all, since no other pass knows these operations. What is fused must not be wanted by anything else, and stay
//! in its block: the operands of the first live on up to the second.
use ferlance_collections::{IndexVec, OutOfMemory};

use super::uses::{counts, homes};
use crate::arch::Arch;
use crate::nir::{Alu, Block, Func, Inst, Op, Shift, Type, Vreg};

/// Fuses in all blocks. What was fused is left to be dropped.
pub(super) fn fuse(func: &mut Func, arch: &dyn Arch) -> Result<(), OutOfMemory> {
    let can_mul = arch.has(Op::MulAdd);
    let can_shift = arch.has(Op::Shifted(Alu::Add, Shift::Shl));
    if !can_mul && !can_shift {
        return Ok(());
    }
    let uses = counts(func)?;
    let homes = homes(func)?;
    let mut defs: IndexVec<Vreg, Option<Inst>> = IndexVec::filled(None, func.vregs.len())?;
    for block in func.blocks.indices() {
        for at in 0..func.blocks[block].insts.len() {
            let inst = func.blocks[block].insts[at];
            let is_word = |vreg: Option<Vreg>| vreg.is_some_and(|vreg| func.ty(vreg) == Type::Word);
            let found = is_word(inst.dst)
                .then(|| {
                    fused(&inst, arch, &|vreg| {
                        single(&defs, &uses, &homes, block, vreg)
                    })
                })
                .flatten()
                .filter(|new| new.operands().all(|vreg| func.ty(vreg) == Type::Word));
            if let Some(new) = found {
                func.blocks[block].insts[at] = new;
            }
            if let Some(dst) = inst.dst {
                defs[dst] = Some(found.unwrap_or(inst));
            }
        }
    }
    Ok(())
}

/// The instruction that makes a value, if it is in this block and nobody else wants the value.
fn single(
    defs: &IndexVec<Vreg, Option<Inst>>,
    uses: &IndexVec<Vreg, u32>,
    homes: &IndexVec<Vreg, Option<Block>>,
    block: Block,
    vreg: Vreg,
) -> Option<Inst> {
    defs[vreg].filter(|_| uses[vreg] == 1 && homes[vreg] == Some(block))
}

fn fused(inst: &Inst, arch: &dyn Arch, def: &dyn Fn(Vreg) -> Option<Inst>) -> Option<Inst> {
    let (a, b) = (inst.a?, inst.b?);
    let orders = [(a, b), (b, a)];
    let orders = orders
        .into_iter()
        .take(1 + usize::from(inst.op.is_commutative()));
    for (one, two) in orders {
        let Some(inner) = def(two) else { continue };
        if let (Op::Add, Op::Mul, Some(factor), true) =
            (inst.op, inner.op, inner.b, arch.has(Op::MulAdd))
        {
            return Some(Inst {
                op: Op::MulAdd,
                a: inner.a,
                b: Some(factor),
                c: Some(one),
                imm: 0,
                ..*inst
            });
        }
        if let (Some(alu), Some(shift), None) = (Alu::of(inst.op), Shift::of(inner.op), inner.b) {
            let op = Op::Shifted(alu, shift);
            if arch.has(op) && inner.imm > 0 && arch.fits(op, inner.imm) {
                return Some(Inst {
                    op,
                    a: Some(one),
                    b: inner.a,
                    imm: inner.imm,
                    ..*inst
                });
            }
        }
    }
    None
}
