//! Literal words that wait to be placed near the instructions that load them.

use ferlance_collections::TryVec;
use ferlance_collections::oom::OutOfMemory;

use crate::label::Label;

/// A word and the label that it will stand at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Literal {
    pub(crate) value: u32,
    pub(crate) label: Label,
}

/// Words that are asked for but not yet placed. Equal words are kept once.
///
/// `deadline` is in worst-case bytes: offsets as they would be if everything before them grew to
/// its longest form. A pool whose last word stands no later is in reach of each of its users,
/// whatever layout does.
#[derive(Debug)]
pub(crate) struct LiteralPool {
    words: TryVec<Literal>,
    deadline: u32,
}

impl LiteralPool {
    pub(crate) const fn new() -> Self {
        LiteralPool {
            words: TryVec::new(),
            deadline: u32::MAX,
        }
    }

    pub(crate) fn find(&self, value: u32) -> Option<Label> {
        self.words
            .iter()
            .find(|literal| literal.value == value)
            .map(|literal| literal.label)
    }

    pub(crate) fn add(&mut self, value: u32, label: Label) -> Result<(), OutOfMemory> {
        self.words.push(Literal { value, label })
    }

    /// Notes a user that can see no further than `limit`, in worst-case bytes.
    pub(crate) fn limit(&mut self, limit: u32) {
        self.deadline = self.deadline.min(limit);
    }

    /// Whether the pool must be placed before code grows to `end`, in worst-case bytes.
    pub(crate) fn is_due(&self, end: u32) -> bool {
        !self.words.is_empty() && end.saturating_add(self.size()) > self.deadline
    }

    /// Bytes that the pool takes at most, with its alignment.
    pub(crate) fn size(&self) -> u32 {
        3 + 4 * self.words.len() as u32
    }

    pub(crate) fn words(&self) -> &[Literal] {
        &self.words
    }

    pub(crate) fn clear(&mut self) {
        self.words.clear();
        self.deadline = u32::MAX;
    }
}
