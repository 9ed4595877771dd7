//! What locals hold when a function turns out to be hot.
use ferlance_bytecode::module::Seen;
use ferlance_collections::{OutOfMemory, TryVec};

use crate::interp::frame::Slot;
use crate::obj::array::Array;
use crate::obj::bytearray::ByteArray;
use crate::obj::int::BigObj;
use crate::obj::list::List;

/// The first locals of a call.
pub(super) struct Locals {
    /// What machine code is told of each.
    pub(super) seen: TryVec<Seen>,
    /// How many are big ints.
    n_big: usize,
}

impl Locals {
    /// Looks at these.
    pub(super) fn new(slots: impl Iterator<Item = Slot>) -> Result<Locals, OutOfMemory> {
        let mut locals = Locals {
            seen: TryVec::new(),
            n_big: 0,
        };
        for slot in slots {
            locals.seen.push(seen(slot))?;
            locals.n_big += usize::from(slot.is_some_and(|object| object.is::<BigObj>()));
        }
        Ok(locals)
    }

    /// Does the function seem to compute with big ints? The runtime does that, whoever calls it.
    pub(super) fn are_big(&self) -> bool {
        let is_quick = |seen: &&Seen| **seen != Seen::Other;
        self.n_big > 0 && self.n_big >= self.seen.iter().filter(is_quick).count()
    }
}

/// What a local holds.
fn seen(slot: Slot) -> Seen {
    let Some(object) = slot else {
        return Seen::Other;
    };
    if object.as_small().is_some() {
        Seen::Small
    } else if object.as_float().is_some() {
        Seen::Float
    } else if object.is::<List>() {
        Seen::List
    } else if object.is::<ByteArray>() {
        Seen::Bytearray
    } else if let Some(array) = object.cast::<Array>() {
        Seen::Array(array.code())
    } else {
        Seen::Other
    }
}
