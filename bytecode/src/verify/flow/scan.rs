//! Pass 1: everything that does not depend on control.

use super::{JOIN, Join, NO_BLOCK, START, Scratch};
use crate::decode::Decoder;
use crate::module::{CompiledModule, RawCode};
use crate::op::Op;
use crate::prelude::PreludeParts;
use crate::verify::{CodeInfo, Problem};

/// Decodes all instructions in order; fills in `marks` and `joins`.
pub(super) fn scan(
    module: &CompiledModule<'_>,
    raw: &RawCode<'_>,
    parts: &PreludeParts<'_>,
    scratch: &mut Scratch,
) -> Result<CodeInfo, Problem> {
    let Scratch {
        marks,
        targets,
        joins,
        ..
    } = scratch;
    let prelude = &parts.prelude;
    let code = parts.code;
    if code.is_empty() || u32::try_from(code.len()).is_err() {
        return Err(Problem::End);
    }
    marks.clear();
    marks.resize(code.len(), 0)?;
    targets.clear();

    let mut cells = [0u32; 8];
    let mut n_locals = prelude.n_bound_slots();
    for slot in parts.cells {
        if let Some(word) = cells.get_mut(*slot as usize / 32) {
            *word |= 1 << (slot % 32);
        }
        n_locals = n_locals.max(*slot as u64 + 1);
    }
    let in_cell_list = |slot: u32| match cells.get(slot as usize / 32) {
        Some(word) => word >> (slot % 32) & 1 != 0,
        None => false,
    };
    let mut n_free = 0;
    // The lowest slot that is stored to, and where.
    let mut lowest_store = (u32::MAX, 0);

    for instr in Decoder::new(code, &module.names) {
        let instr = instr.map_err(Problem::Decode)?;
        let at = instr.offset;
        if let Some(mark) = marks.get_mut(at as usize) {
            *mark = START;
        }
        if let Some(to) = instr.op.target() {
            targets.push(to.0)?;
        }
        let in_range = match instr.op {
            Op::LoadFast(local) => {
                n_locals = n_locals.max(local.0 as u64 + 1);
                true
            }
            Op::StoreFast(local) | Op::DeleteFast(local) => {
                n_locals = n_locals.max(local.0 as u64 + 1);
                lowest_store = lowest_store.min((local.0, at));
                if in_cell_list(local.0) {
                    return Err(Problem::Cell(at));
                }
                true
            }
            Op::LoadDeref(local) | Op::StoreDeref(local) | Op::DeleteDeref(local) => {
                if !in_cell_list(local.0) {
                    if local.0 >= prelude.n_pos_args {
                        return Err(Problem::Cell(at));
                    }
                    n_free = n_free.max(local.0 + 1);
                }
                true
            }
            Op::LoadConstObj(object) => object.index() < module.consts.len(),
            Op::MakeFunction(child)
            | Op::MakeFunctionDefargs(child)
            | Op::MakeClosure(child, _)
            | Op::MakeClosureDefargs(child, _) => child.index() < raw.children.len(),
            Op::CallFunction(args)
            | Op::CallFunctionVarKw(args)
            | Op::CallMethod(args)
            | Op::CallMethodVarKw(args) => args.0 <= 0xffff,
            Op::UnpackEx(counts) => counts.0 <= 0xffff,
            Op::BuildSlice(count) => count == 2 || count == 3,
            Op::StoreComp(comp) => comp.kind().is_some(),
            _ => true,
        };
        if !in_range {
            return Err(Problem::Operand(at));
        }
    }
    if lowest_store.0 < n_free {
        return Err(Problem::Cell(lowest_store.1));
    }
    if (0..n_free.min(256)).any(in_cell_list) {
        return Err(Problem::Prelude);
    }
    if n_locals > prelude.n_state as u64 {
        return Err(Problem::Prelude);
    }

    targets.sort_unstable();
    joins.clear();
    for target in targets.iter() {
        if joins
            .last()
            .is_some_and(|join: &Join| join.offset == *target)
        {
            continue;
        }
        match marks.get_mut(*target as usize) {
            Some(mark) if *mark & START != 0 => *mark |= JOIN,
            _ => return Err(Problem::Target(*target)),
        }
        joins.push(Join {
            offset: *target,
            stack: 0,
            len: 0,
            block: NO_BLOCK,
            reached: false,
            dirty: false,
        })?;
    }
    Ok(CodeInfo {
        n_locals: n_locals as u32,
        n_free,
        ..CodeInfo::default()
    })
}
