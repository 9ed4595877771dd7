//! Whether control gets to a label that nothing has led to yet.
//!
//! The top of a loop with its condition at the end comes before what leads to it; in code that is never run, nothing
//! that leads to it is ever run either.
use ferlance_bytecode::{Label, Op as CodeOp};
use ferlance_collections::{BitSet, TryVec};

use super::{Lower, Walk};

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
}
