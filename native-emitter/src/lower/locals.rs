//! Locals: variables of the builder, words that handlers find them in, and cells.
use ferlance_abi::{ScopeFlags, layout};
use ferlance_bytecode::code::Code;
use ferlance_bytecode::op::{Local, Op};
use ferlance_collections::BitSet;

use super::flow::{BlockInfo, Flow};
use super::{Complaint, Done, LowerError, Lowering};
use crate::nir::{Cond, Type, Var, Vreg, Width};

/// Locals that change where a handler protects. Of the others, a handler sees the value from before its block.
pub(super) fn homed_locals(
    code: &Code,
    flow: &Flow,
    in_pieces: bool,
) -> Result<BitSet, LowerError> {
    let mut homed = BitSet::with_limit(flow.n_locals as usize)?;
    if in_pieces || code.flags.has(ScopeFlags::GENERATOR) {
        for local in 0..flow.n_locals as usize {
            homed.insert(local)?;
        }
        return Ok(homed);
    }
    for block in flow.blocks.iter() {
        let same = |other: &&BlockInfo| {
            other.handler == block.handler && other.set_up_at < block.handler_at
        };
        let starts = flow.blocks.iter().filter(same).map(|other| other.set_up_at);
        let Some(start) = starts.max() else {
            continue;
        };
        let start = start as usize;
        for op in &code.ops()[start..block.handler_at as usize] {
            if let Op::StoreFast(local) | Op::DeleteFast(local) = op {
                homed.insert(local.index())?;
            }
        }
    }
    Ok(homed)
}

impl Lowering<'_, '_> {
    pub(super) fn local(&self, local: Local) -> Done<Var> {
        self.locals
            .get(local.index())
            .copied()
            .ok_or(LowerError::BadCode)
    }

    pub(super) fn store_local(&mut self, local: Local, value: Vreg) -> Done {
        self.write_local(local, value)?;
        if self.homed.contains(local.index()) {
            self.store_home(local.0, value)?;
        }
        Ok(())
    }

    /// Goes on only if `value` is there.
    pub(super) fn check_bound(&mut self, value: Vreg) -> Done {
        let raise = self.raise_block(Complaint::UnboundLocal)?;
        let go_on = self.b.block()?;
        self.b
            .branch(Cond::Eq, value, 0, (raise, &[]), (go_on, &[]))?;
        Ok(self.b.enter(go_on)?)
    }

    pub(super) fn cell_value(&mut self, local: Local) -> Done<(Vreg, Vreg)> {
        let var = self.local(local)?;
        let cell = self.b.read_local(var)?;
        let offset = layout::CELL_VALUE as i64 * self.word();
        let value = self.b.load(Type::Obj, Width::Word, cell, offset)?;
        self.check_bound(value)?;
        Ok((cell, value))
    }

    pub(super) fn store_cell(&mut self, cell: Vreg, value: Vreg) -> Done {
        let offset = layout::CELL_VALUE as i64 * self.word();
        Ok(self.b.store(Width::Word, cell, offset, value)?)
    }
}
