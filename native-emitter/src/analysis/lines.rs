//! Which source line a block begins in.
use ferlance_collections::{IndexVec, OutOfMemory};

use super::Cfg;
use crate::nir::{Block, Func, Op};

/// The line that each block begins in, 0 if unknown: that of the first way in, in the order of the text. Blocks that are
/// laid out elsewhere do not belong to the line above them.
pub fn entry_lines(func: &Func, cfg: &Cfg) -> Result<IndexVec<Block, u32>, OutOfMemory> {
    let mut lines: IndexVec<Block, u32> = IndexVec::filled(0, func.blocks.len())?;
    for block in cfg.order.iter() {
        let insts = func.blocks[*block].insts.iter();
        let last = insts.rev().find(|inst| inst.op == Op::Line);
        let line = last.map_or(lines[*block], |inst| inst.imm as u32);
        for to in func.successors(*block) {
            if lines[to] == 0 {
                lines[to] = line;
            }
        }
    }
    Ok(lines)
}
