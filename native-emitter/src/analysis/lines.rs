//! Which source line a block begins in.
use ferlance_collections::{IndexVec, OutOfMemory, TryVec};

use super::Cfg;
use crate::nir::{Block, Func, Inst, Op};

/// The line that each block begins in, 0 if unknown: what it says itself, or that of the first way in, in the order of
/// the text. Blocks that are laid out elsewhere do not belong to the line above them.
pub fn entry_lines(func: &Func, cfg: &Cfg) -> Result<IndexVec<Block, u32>, OutOfMemory> {
    let mut lines = IndexVec::from_items(TryVec::from_items(
        func.blocks.iter().map(|data| data.line),
    )?);
    for block in cfg.order.iter() {
        let line = last_line(&func.blocks[*block].insts).unwrap_or(lines[*block]);
        for to in func.successors(*block) {
            if lines[to] == 0 {
                lines[to] = line;
            }
        }
    }
    Ok(lines)
}

/// The line that was marked last.
pub fn last_line(insts: &[Inst]) -> Option<u32> {
    let last = insts.iter().rev().find(|inst| inst.op == Op::Line);
    last.map(|inst| inst.imm as u32)
}
