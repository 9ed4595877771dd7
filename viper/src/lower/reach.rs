//! Where control comes from: labels that nothing has led to yet, and loops.
//!
//! The top of a loop with its condition at the end comes before what leads to it; in code that is never run, nothing
//! that leads to it is ever run either.
use ferlance_bytecode::{Label, Op as CodeOp};
use ferlance_collections::{BitSet, OutOfMemory, TryVec};
use ferlance_native_emitter::nir;

use super::{Lower, Place, Walk};

impl Lower<'_, '_> {
    /// Do ops still to come lead to `label`, on a way from a label that ops so far have led to?
    pub(super) fn is_led_to_later(&self, label: Label) -> Walk<bool> {
        let ops = self.code.ops();
        let mut seen = BitSet::with_limit(ops.len())?;
        let mut open = TryVec::new();
        for number in (0..self.labels.len() as u32).rev() {
            if self.is_awaited(Label(number)) {
                open.push(Label(number))?;
            }
        }
        while let Some(from) = open.pop() {
            let start = self.position(from);
            for (at, op) in ops.iter().enumerate().skip(start) {
                if !seen.insert(at)? {
                    break;
                }
                match op.target() {
                    Some(to) if to == label => return Ok(true),
                    // What stands before is done.
                    Some(to) if self.position(to) > self.at as usize => open.push(to)?,
                    _ => {}
                }
                if op.ends_flow() && !matches!(op, CodeOp::EndFinally) {
                    break;
                }
            }
        }
        Ok(false)
    }

    /// At `label`, which ops still to come lead back to: tells the builder which locals the loop leaves as they are. The
    /// block at hand has ended.
    pub(super) fn keep_around(&mut self, label: Label, top: nir::Block) -> Walk {
        let ops = self.code.ops();
        let start = self.at as usize;
        let Some(end) = ops.iter().rposition(|op| op.target() == Some(label)) else {
            return Ok(());
        };
        let is_inside = |at: usize| (start..=end).contains(&at);
        let from = self.b.current();
        let mut entries = 0;
        for (at, op) in ops.iter().enumerate() {
            let Some(to) = op.target() else { continue };
            if !is_inside(self.position(to)) {
                continue;
            }
            // On its way through finally blocks, which may stand behind all of this, anything may be written.
            if matches!(op, CodeOp::UnwindJump(..)) {
                return Ok(());
            }
            entries += usize::from(!is_inside(at));
        }
        // Control falls in at the top, or jumps over the body to the condition.
        let jump = ops.get(..start).and_then(|before| {
            let mut before = before.iter().rev();
            before.find(|op| !matches!(op, CodeOp::Line(_)))
        });
        let leads_in = match jump {
            Some(CodeOp::Jump(to)) => {
                let block = self.labels.get(to.0 as usize).and_then(|state| state.block);
                let leads_there = block.is_some() && self.b.jumps_to(from) == block;
                entries == 1 && is_inside(self.position(*to)) && leads_there
            }
            _ => entries == 0 && self.b.jumps_to(from) == Some(top),
        };
        if !leads_in {
            return Ok(());
        }
        let mut kept = BitSet::new();
        for at in 0..self.locals.len() {
            self.set_kept(at, true, &mut kept)?;
        }
        for op in ops.get(start..=end).unwrap_or(&[]) {
            if let CodeOp::StoreFast(local) | CodeOp::DeleteFast(local) = op {
                self.set_kept(local.0 as usize, false, &mut kept)?;
            }
        }
        Ok(self.b.keep_around(top, from, kept)?)
    }

    fn set_kept(&self, local: usize, is_kept: bool, kept: &mut BitSet) -> Result<(), OutOfMemory> {
        let second = self.seconds.get(local).copied().flatten();
        for place in self.locals.get(local).copied().into_iter().chain(second) {
            if let Place::Var(var) = place {
                match is_kept {
                    true => kept.insert(var.index())?,
                    false => kept.remove(var.index()),
                };
            }
        }
        Ok(())
    }
}
