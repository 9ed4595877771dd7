//! Additions go into the addresses of loads and stores, where the machine adds for nothing.
use ferlance_collections::OutOfMemory;

use super::uses::definitions;
use crate::arch::Arch;
use crate::nir::{Func, Inst, Op};

/// Folds offsets, indices and shifts of indices into addresses.
pub(super) fn fold_addresses(func: &mut Func, arch: &dyn Arch) -> Result<bool, OutOfMemory> {
    let defs = definitions(func)?;
    let mut changed = false;
    for block in func.blocks.iter_mut() {
        for inst in block.insts.iter_mut() {
            // Each step takes one instruction into the address; chains are short.
            for _ in 0..4 {
                let Some(better) = step(inst, arch, &|vreg| defs[vreg]) else {
                    break;
                };
                *inst = better;
                changed = true;
            }
        }
    }
    Ok(changed)
}

fn step(
    inst: &Inst,
    arch: &dyn Arch,
    def: &dyn Fn(crate::nir::Vreg) -> Option<Inst>,
) -> Option<Inst> {
    let (Op::Load(width, shift) | Op::Store(width, shift)) = inst.op else {
        return None;
    };
    let with_shift = |shift| match inst.op {
        Op::Load(width, _) => Op::Load(width, shift),
        _ => Op::Store(width, shift),
    };
    // index = x << k
    if let Some(at) = inst.b {
        let index = def(at)?;
        if let (Op::Shl, None, 0..=4) = (index.op, index.b, index.imm) {
            let shift = shift + index.imm as u8;
            if arch.address(width, Some(shift), inst.imm) {
                return Some(Inst {
                    op: with_shift(shift),
                    b: index.a,
                    ..*inst
                });
            }
        }
        // index = x + k
        if let (Op::Add, None) = (index.op, index.b) {
            let offset = inst.imm.checked_add(index.imm.checked_shl(shift.into())?)?;
            if arch.address(width, Some(shift), offset) {
                return Some(Inst {
                    b: index.a,
                    imm: offset,
                    ..*inst
                });
            }
        }
    }
    let base = def(inst.a?)?;
    if base.op != Op::Add {
        return None;
    }
    match base.b {
        None => {
            let offset = inst.imm.checked_add(base.imm)?;
            arch.address(width, inst.b.map(|_| shift), offset)
                .then_some(Inst {
                    a: base.a,
                    imm: offset,
                    ..*inst
                })
        }
        Some(index) if inst.b.is_none() => arch.address(width, Some(0), inst.imm).then_some(Inst {
            op: with_shift(0),
            a: base.a,
            b: Some(index),
            ..*inst
        }),
        Some(_) => None,
    }
}
