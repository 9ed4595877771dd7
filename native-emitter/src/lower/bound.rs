//! Which locals may be unbound where they are read.
//!
//! A forward analysis over the bytecode: a local is bound at a label if it is on every way there. In a handler only
//! what was bound before the block began counts, minus what is deleted inside.
use ferlance_bytecode::Code;
use ferlance_bytecode::op::Op;
use ferlance_collections::{BitSet, TryVec};

use super::flow::{Flow, LowerError, bound_slots};

/// By op: does a `LOAD_FAST` or `DELETE_FAST` here need a check?
pub(super) fn may_be_unbound(code: &Code, flow: &Flow) -> Result<BitSet, LowerError> {
    let ops = code.ops();
    let n = flow.n_locals as usize;
    let mut start = BitSet::with_limit(n)?;
    for slot in 0..bound_slots(code) as usize {
        start.insert(slot)?;
    }
    for slot in &code.cells {
        start.insert(*slot as usize)?;
    }
    let mut deleted = BitSet::with_limit(n)?;
    for op in ops {
        if let Op::DeleteFast(local) = op {
            deleted.insert(local.index())?;
        }
    }
    let n_labels = code.n_labels() as usize;
    let mut at_label: TryVec<Option<BitSet>> = TryVec::with_capacity(n_labels)?;
    for _ in 0..n_labels {
        at_label.push(None)?;
    }
    let mut unbound = BitSet::with_limit(ops.len())?;
    let mut now = BitSet::with_limit(n)?;
    let mut changed = true;
    while changed {
        changed = false;
        unbound.clear();
        now.copy_from(&start)?;
        let mut alive = true;
        for (at, op) in ops.iter().enumerate() {
            match *op {
                Op::Label(label) => {
                    if alive {
                        changed |= meet(&mut at_label[label.index()], &now)?;
                    }
                    alive = flow.state(label).is_some();
                    match &at_label[label.index()] {
                        Some(known) => now.copy_from(known)?,
                        // Reached by a jump back only, or by a transfer that has not been met yet: the next
                        // round knows.
                        None => alive = false,
                    }
                }
                _ if !alive => {}
                Op::LoadFast(local) if !now.contains(local.index()) => {
                    unbound.insert(at)?;
                    now.insert(local.index())?;
                }
                Op::StoreFast(local) => {
                    now.insert(local.index())?;
                }
                Op::DeleteFast(local) => {
                    if !now.contains(local.index()) {
                        unbound.insert(at)?;
                    }
                    now.remove(local.index());
                }
                Op::SetupExcept(to) | Op::SetupFinally(to) | Op::SetupWith(to) => {
                    let mut caught = now.try_clone()?;
                    caught.subtract(&deleted);
                    changed |= meet(&mut at_label[to.index()], &caught)?;
                }
                Op::ReturnValue | Op::UnwindJump(..) => {
                    // Handlers on the way are reached with at least what they have been given at their start. What
                    // a jump brings behind them is what their ends have; the target itself takes the least.
                    if let Op::UnwindJump(to, _) = *op {
                        let mut least = now.try_clone()?;
                        least.subtract(&deleted);
                        changed |= meet(&mut at_label[to.index()], &least)?;
                    }
                    alive = false;
                }
                op => {
                    if let Some(to) = op.target() {
                        changed |= meet(&mut at_label[to.index()], &now)?;
                    }
                    alive = !op.ends_flow();
                }
            }
        }
    }
    Ok(unbound)
}

fn meet(known: &mut Option<BitSet>, now: &BitSet) -> Result<bool, LowerError> {
    match known {
        Some(known) => Ok(known.intersect_with(now)),
        unknown => {
            *unknown = Some(now.try_clone()?);
            Ok(true)
        }
    }
}
